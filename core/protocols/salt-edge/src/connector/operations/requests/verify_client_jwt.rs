//! Verify the third party's own request (§7).

use bankchannel_foundation::{
    model::{Representation, Value, Writer},
    prelude::*,
};

use crate::{
    client_jwt::{self, ClientJwtMode, JwtComparison},
    connector::errors,
    declare,
    model::{ConfirmationRequested, TokenRequested, keys},
};

/// A third party's request and the third party's key. Give one of `token_request` and `confirmation`.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyClientJwtRequest {
    /// `original_request` of a request for a token, from `receive_request`.
    pub token_request: Option<TokenRequested>,
    /// `original_request` of an answer to an interactive step, from `receive_request`.
    pub confirmation: Option<ConfirmationRequested>,
    /// The third party's public key as PEM text: `public_key` of `get_client_info`.
    pub public_key: String,
    /// The third party's admitted scopes: `scopes` of `get_client_info`. If absent, scopes are not compared.
    pub admitted_scopes: Option<Vec<String>>,
    /// The strictness of the check. Default: `warn`.
    pub mode: Option<ClientJwtMode>,
    /// With `enforce`: whether a JWT that expired in transit refuses the request. By default it is a warning.
    pub strict_expiry: Option<bool>,
    /// Whether a key of less than 2048 bits is accepted; 1024 bits at least.
    pub allow_short_key: Option<bool>,
    /// The time of the check. Default: now.
    pub at: Option<Timestamp>,
}

/// The result of the check.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyClientJwtResponse {
    /// Whether to accept the request.
    pub accepted: bool,
    /// The error class of a refusal.
    pub error_class: Option<String>,
    /// The reason of a refusal, in words.
    pub text: Option<String>,
    /// Other faults and oddities.
    pub warnings: Vec<String>,
}

/// Verify a third party's own request, which Salt Edge forwards.
///
/// Optional for a bank: Salt Edge has verified the request. With `warn` every fault is a warning. With `enforce` the
/// request is refused if the JWT does not verify, if it expired or was issued more than 15 minutes ago, if scopes are
/// not admitted, or if `client_payload` has a `redirect_url`, `scopes`, `consent_period_days` or answers of the
/// customer that the JWT has not, or has otherwise. Other differences are warnings.
#[derive(Debug, Operation)]
#[operation(VerifyClientJwtRequest => VerifyClientJwtResponse)]
#[declaration(..declare::local("requests", "salt_edge_connector.verify_client_jwt"))]
#[errors(..errors::OF_KEYS)]
pub struct VerifyClientJwt;

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
                return Err(Error::missing_field("token_request", why));
            }
            (Some(_), Some(_)) => return Err(Error::invalid_field("confirmation", "excludes token_request")),
        };
        let verifier = keys::client_verifier(&asked.public_key, asked.allow_short_key.unwrap_or_default(), &with)?;
        let how = JwtComparison {
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

/// Salt Edge's reading of the request, in wire form.
fn written(payload: impl Boundary) -> Value<'static> {
    payload.write(&mut Writer::new(Representation::Wire))
}
