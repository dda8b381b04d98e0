//! `UnshareCerts`: DELETE `/certs/shared/{ExtEmail}` (§2.15, §6.5).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, error::Row, message::Method};

use crate::{Envelope, errors, model::Email, route};

/// With whom to stop sharing.
#[derive(Debug, Clone, Boundary)]
pub struct UnshareCertsRequest {
    /// The other account, under the same API key.
    pub ext_email: Email,
}

/// The links as they are now.
#[derive(Debug, Clone, Boundary)]
pub struct UnshareCertsResponse {
    /// The account whose certificates this one uses; none or one.
    pub shared_from: Vec<Email>,
    /// The accounts that use this account's certificates.
    pub shared_to: Vec<Email>,
    /// The service's text.
    pub response_text: String,
}

const ERRORS: &[&Row] = route::errors_of!(route::MODE_ERRORS; &errors::PARAMETER_REFUSED, &errors::NOT_IMPLEMENTED);

/// Ends the sharing of certificates with one account.
#[derive(Debug)]
pub struct UnshareCerts;

impl Operation for UnshareCerts {
    type Request = UnshareCertsRequest;
    type Response = UnshareCertsResponse;
    const DECLARATION: Declaration = route::exchange(
        "ws_channel.unshare_certs",
        "certs",
        "Stop another account from using this account's certificates",
        "Takes effect at once. The deployed service does not carry this out yet and answers `ws_channel.not_implemented`.",
        ERRORS,
        route::admin("UnshareCerts", Method::Delete, "/certs/shared/{ExtEmail}"),
    );
}

impl Exchange for UnshareCerts {
    type Codec = Envelope;
}
