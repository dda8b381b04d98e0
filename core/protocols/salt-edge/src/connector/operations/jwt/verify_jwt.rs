//! Verify a JWT (§1.4).

use bankchannel_foundation::prelude::*;

use crate::{connector::errors, declare, model::keys};

/// A JWT and the key of its signer.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyJwtRequest {
    /// The JWT, without `Bearer`.
    pub jwt: Secret,
    /// The signer's public key as PEM text, or several keys.
    pub public_key: String,
    /// The required value of `iss` in a JWT that has one. Default: any value.
    pub issuer: Option<String>,
    /// Seconds after `exp` during which the JWT is still accepted. Default: 30.
    pub leeway_s: Option<u32>,
    /// Whether a key of less than 2048 bits is accepted; 1024 bits at least.
    pub allow_short_key: Option<bool>,
    /// The time of the check. Default: now.
    pub at: Option<Timestamp>,
}

/// The result of the check.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyJwtResponse {
    /// Whether the JWT is accepted.
    pub accepted: bool,
    /// The parameters in the JWT, if it is accepted.
    pub data: Option<JsonObject>,
    /// The error class of a refusal, such as `JWTVerificationError`.
    pub error_class: Option<String>,
    /// The reason of a refusal, in words.
    pub text: Option<String>,
}

/// Verify a JWT, sent or received.
///
/// Accepts RS256 only, whatever algorithm the JWT names. Checks form, algorithm, signature, `exp`, `iss` and `data`,
/// in that order. A refused JWT is no error: the response says so.
#[derive(Debug, Operation)]
#[operation(VerifyJwtRequest => VerifyJwtResponse)]
#[declaration(commands: COMMANDS, ..declare::local("jwt", "salt_edge_connector.verify_jwt"))]
#[errors(..errors::OF_KEYS)]
pub struct VerifyJwt;

const EXAMPLES: &str = "Examples:
  bankchannel salt-edge verify --public-key salt-edge.pem request.jwt
  bankchannel salt-edge verify --public-key tpp.pem --at 1574093150 - < client.jwt
  bankchannel salt-edge verify --public-key salt-edge.pem --issuer priora.saltedge.com --json request.jwt | jq .data

Exit code 0 when the JWT is accepted: its parameters are printed. 1 when it is refused: the error's class is printed.
`Bearer` before the JWT is ignored. The parameters may hold tokens: be careful where you store the output.";

const COMMANDS: &[Command] = &[Command::named("verify")
    .with_examples(EXAMPLES)
    .with_form(&CommandForm::new("Verify a JWT of either side: exit 0 when it is accepted, 1 when it is refused"))];

impl Local for VerifyJwt {
    fn run(asked: VerifyJwtRequest, with: LocalContext<'_>) -> Result<VerifyJwtResponse, Error> {
        let now_s = keys::instant_s(asked.at.as_ref(), &with);
        let verifier = keys::client_verifier(&asked.public_key, asked.allow_short_key.unwrap_or_default(), &with)?;
        let verifier = verifier.with(asked.issuer, asked.leeway_s);
        Ok(match verifier.open(asked.jwt.expose(), now_s) {
            Ok(data) => {
                VerifyJwtResponse { accepted: true, data: Some(JsonObject(data)), error_class: None, text: None }
            }
            Err(refusal) => VerifyJwtResponse {
                accepted: false,
                data: None,
                error_class: Some(refusal.class.name.to_owned()),
                text: Some(refusal.text),
            },
        })
    }
}
