//! Verify the third party's own request (§7).

use bankchannel_foundation::{
    Boundary, Declaration, Error, Local, LocalContext, Operation,
    error::row,
    model::{Dialect, Timestamp, Value, Writer},
};

use crate::{
    client_jwt::{self, ClientJwtMode, Comparison},
    connector::errors,
    declare,
    model::{ConfirmationRequested, TokenRequested, keys},
};

/// A third party's request, and who it is. One of `token_request` and `confirmation` is given.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyClientJwtRequest {
    /// `original_request` of a request for a token, as `receive_request` has it.
    pub token_request: Option<TokenRequested>,
    /// `original_request` of an answer to an interactive step, as `receive_request` has it.
    pub confirmation: Option<ConfirmationRequested>,
    /// The third party's public key as PEM text: `public_key` of `get_client_info`.
    pub public_key: String,
    /// What the third party is admitted to: `scopes` of `get_client_info`. Left out, that is not compared.
    pub admitted_scopes: Option<Vec<String>>,
    /// What the JWT is worth; `warn` when left out.
    pub mode: Option<ClientJwtMode>,
    /// With `enforce`: whether a JWT that has expired on its way refuses the request. Left out, it is a warning.
    pub strict_expiry: Option<bool>,
    /// Whether a key of less than 2048 bits counts, of 1024 at least.
    pub allow_short_key: Option<bool>,
    /// The instant to check for; now when left out.
    pub at: Option<Timestamp>,
}

/// What came of it.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyClientJwtResponse {
    /// Whether to go on with the request.
    pub accepted: bool,
    /// The error's class, where not.
    pub error_class: Option<String>,
    /// Why, in words, where not.
    pub text: Option<String>,
    /// What else is wrong or odd.
    pub warnings: Vec<String>,
}

/// Verifies the third party's own request.
#[derive(Debug)]
pub struct VerifyClientJwt;

impl Operation for VerifyClientJwt {
    type Request = VerifyClientJwtRequest;
    type Response = VerifyClientJwtResponse;
    const DECLARATION: Declaration = declare::local(
        "requests",
        "salt_edge_connector.verify_client_jwt",
        "Verify a third party's own request, which Salt Edge hands on",
        "A bank may do so, and need not: Salt Edge has verified it. With `warn` everything that is wrong is a warning. With `enforce` the request is refused where the JWT does not verify, where scopes are not admitted, or where \
         the JWT and `client_payload` differ in `redirect_url`, `scopes`, `consent_period_days` or the customer's answers. Other differences are warnings.",
        errors::OF_KEYS,
    );
}

impl Local for VerifyClientJwt {
    fn run(asked: VerifyClientJwtRequest, with: LocalContext<'_>) -> Result<VerifyClientJwtResponse, Error> {
        let mode = asked.mode.unwrap_or_default();
        if mode == ClientJwtMode::Off {
            return Ok(VerifyClientJwtResponse { accepted: true, error_class: None, text: None, warnings: Vec::new() });
        }
        let (client_jwt, payload) = match (asked.token_request, asked.confirmation) {
            (Some(asked), None) => (asked.client_jwt, written(asked.client_payload)),
            (None, Some(asked)) => (asked.client_jwt, written(asked.client_payload)),
            (None, None) => {
                let why = "token_request is missing: give it, or confirmation";
                return Err(Error::because(&row::MISSING_FIELD, why).with("field", "token_request"));
            }
            (Some(_), Some(_)) => return Err(Error::invalid_field("confirmation", "excludes token_request")),
        };
        let verifier = keys::client_verifier(&asked.public_key, asked.allow_short_key.unwrap_or_default(), &with)?;
        let how = Comparison {
            mode,
            strict_expiry: asked.strict_expiry.unwrap_or_default(),
            admitted: asked.admitted_scopes.as_deref(),
            now_s: keys::instant_s(asked.at.as_ref(), &with),
        };
        let compared = client_jwt::compare(&verifier, client_jwt.expose(), &payload, how);
        let (class, text) = compared.refused.map(|(class, text)| (class.name.to_owned(), text)).unzip();
        Ok(VerifyClientJwtResponse { accepted: class.is_none(), error_class: class, text, warnings: compared.warnings })
    }
}

/// What Salt Edge has read, as it was sent.
fn written(payload: impl Boundary) -> Value<'static> {
    payload.write(&mut Writer::new(Dialect::Wire))
}
