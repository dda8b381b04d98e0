//! `ShareCerts`: PUT `/certs/shared/{ExtEmail}` (§2.15, §6.5).

use bankchannel_foundation::{
    Boundary, Declaration, Exchange, Operation, error::Row, message::Method, operation::Route,
};

use crate::{Envelope, Terms, errors, model::Email, route};

/// With whom to share.
#[derive(Debug, Clone, Boundary)]
pub struct ShareCertsRequest {
    /// The other account, under the same API key.
    pub ext_email: Email,
    /// Whether this accepts what the other account has offered (`offered_from`), in place of sharing own certificates. Only for
    /// services that ask the borrower.
    pub accept: Option<bool>,
}

/// The links as they are now.
#[derive(Debug, Clone, Boundary)]
pub struct ShareCertsResponse {
    /// The account whose certificates this one uses; none or one.
    pub shared_from: Vec<Email>,
    /// The accounts that use this account's certificates.
    pub shared_to: Vec<Email>,
    /// Accounts that would lend this one their certificates (`share_certs` with `accept` accepts, `unshare_certs` declines). Only
    /// services that ask the borrower have it.
    pub offered_from: Option<Vec<Email>>,
    /// Accounts that have not accepted this one's certificates yet.
    pub offered_to: Option<Vec<Email>>,
    /// The service's text.
    pub response_text: String,
}

const ERRORS: &[&Row] = route::errors_of!(route::OWNER_ERRORS; &errors::PARAMETER_REFUSED);

/// Shares the account's certificates.
#[derive(Debug)]
pub struct ShareCerts;

impl Operation for ShareCerts {
    type Request = ShareCertsRequest;
    type Response = ShareCertsResponse;
    const DECLARATION: Declaration = route::exchange(
        "ws_channel.share_certs",
        "certs",
        "Let another account use this account's certificates",
        "All banks of this account, present and future; a certificate of the other account's own wins over a shared one. It may use the \
         certificates for files; it never sees or exports them. Nothing is handed on from there. Files it sends need its own authorize \
         keys. An account can use the certificates of one other only. Repeating it changes nothing. \
         A service of this library allows it to the owner of the API key alone, or asks the borrower: its setting `sharing`.",
        ERRORS,
        Route { success: 201, ..route::session("ShareCerts", Method::Put, "/certs/shared/{ExtEmail}") },
    );
}

impl Exchange for ShareCerts {
    type Codec = Envelope;
    const TERMS: Terms = Terms::ADMIN;
}
