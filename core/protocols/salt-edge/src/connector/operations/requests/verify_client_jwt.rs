//! Verify the third party's own request (§7).

use bankchannel_foundation::{
    Boundary, Declaration, Error, Local, LocalContext, Operation, Secret,
    model::{JsonObject, Timestamp, Value},
};

use crate::{
    client_jwt::{self, ClientJwtMode},
    connector::errors,
    declare,
    model::keys,
};

/// A third party's request, and who it is.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyClientJwtRequest {
    /// `original_request.client_jwt` as it came: with `Bearer ` before it, or without.
    pub client_jwt: Secret,
    /// `original_request.client_payload` as it came: what it says is compared.
    pub client_payload: Option<JsonObject>,
    /// The third party's public key as PEM text: `public_key` of `get_client_info`.
    pub public_key: String,
    /// What the third party is admitted to: `scopes` of `get_client_info`. Left out, that is not compared.
    pub admitted_scopes: Option<Vec<String>>,
    /// What the JWT is worth; `warn` when left out.
    pub mode: Option<ClientJwtMode>,
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
    /// What is odd, and does not refuse the request.
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
        "A bank may do so, and need not: Salt Edge has verified it. The signature is checked and what it says compared with what Salt Edge has read. Only `redirect_url`, `scopes`, `consent_period_days` and the \
         customer's answers can refuse a request; a JWT that has expired on its way is a warning.",
        errors::OF_KEYS,
    );
}

impl Local for VerifyClientJwt {
    fn run(asked: VerifyClientJwtRequest, with: LocalContext<'_>) -> Result<VerifyClientJwtResponse, Error> {
        let mode = asked.mode.unwrap_or_default();
        if mode == ClientJwtMode::Off {
            return Ok(VerifyClientJwtResponse { accepted: true, error_class: None, text: None, warnings: Vec::new() });
        }
        let now_s = keys::instant_s(asked.at.as_ref(), &with);
        let verifier = keys::client_verifier(&asked.public_key, asked.allow_short_key.unwrap_or_default(), &with)?;
        let payload = asked.client_payload.map(|payload| Value::Object(payload.0));
        let scopes = asked.admitted_scopes.as_deref();
        let compared = client_jwt::compare(&verifier, asked.client_jwt.expose(), payload.as_ref(), scopes, mode, now_s);
        let (class, text) = compared.refused.map(|(class, text)| (class.name.to_owned(), text)).unzip();
        Ok(VerifyClientJwtResponse { accepted: class.is_none(), error_class: class, text, warnings: compared.warnings })
    }
}
