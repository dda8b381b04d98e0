//! Verify a JWT (§1.4).

use bankchannel_foundation::{
    Boundary, Declaration, Error, Local, LocalContext, Operation, Secret,
    model::{JsonObject, Timestamp},
};

use crate::{connector::errors, declare, model::keys};

/// A JWT, and who must have signed it.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyJwtRequest {
    /// The JWT, without `Bearer`.
    pub jwt: Secret,
    /// The signer's public key as PEM text, or several.
    pub public_key: String,
    /// What `iss` must be, where there is one; left out, it may be anything.
    pub issuer: Option<String>,
    /// How many seconds later than `exp` it may be; 30 when left out.
    pub leeway_s: Option<u32>,
    /// Whether a key of less than 2048 bits counts, of 1024 at least.
    pub allow_short_key: Option<bool>,
    /// The instant to check for; now when left out.
    pub at: Option<Timestamp>,
}

/// What came of it.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyJwtResponse {
    /// Whether it is good.
    pub accepted: bool,
    /// The parameters that it carries, where it is good.
    pub data: Option<JsonObject>,
    /// The error's class, such as `JWTVerificationError`, where not.
    pub error_class: Option<String>,
    /// Why, in words, where not.
    pub text: Option<String>,
}

/// Verifies a JWT.
#[derive(Debug)]
pub struct VerifyJwt;

impl Operation for VerifyJwt {
    type Request = VerifyJwtRequest;
    type Response = VerifyJwtResponse;
    const DECLARATION: Declaration = declare::local(
        "jwt",
        "salt_edge_connector.verify_jwt",
        "Verify a JWT of either direction",
        "Only RS256 counts, whatever the JWT says of itself. Form, algorithm, signature, `exp`, `iss` and `data` are checked in that order. One that is refused is no error: the response says so.",
        errors::OF_KEYS,
    );
}

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
