//! `ListKeys`: GET `/pgp` (§2.26).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method};

use crate::{Envelope, Terms, model::PgpKeyDescriptor, route};

/// The request has no fields.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListKeysRequest;

/// The keys.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ListKeysResponse {
    /// The registered keys.
    pub pgp_keys: Vec<PgpKeyDescriptor>,
    /// The service's text.
    pub response_text: String,
}

/// Lists the account's PGP keys.
#[derive(Debug)]
pub struct ListKeys;

impl Operation for ListKeys {
    type Request = ListKeysRequest;
    type Response = ListKeysResponse;
    const DECLARATION: Declaration = route::exchange(
        "ws_channel.list_keys",
        "pgp",
        "List the account's registered PGP keys",
        "Keys belong to the account: both users see and use them. The short id identifies a key; compare fingerprints \
         if it matters.",
        route::SESSION_ERRORS,
        route::session("ListKeys", Method::Get, "/pgp"),
    );
}

impl Exchange for ListKeys {
    type Codec = Envelope;
    const TERMS: Terms = Terms::SESSION;
}
