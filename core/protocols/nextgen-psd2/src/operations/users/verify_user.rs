//! Verify user: POST `/v1/user/verification` (§1.2).

use bankchannel_foundation::{Boundary, Declaration, Exchange, Operation, message::Method};

use crate::{
    Terms,
    codec::Psd2,
    declare,
    model::{HashedIdentifier, Linked, PsuId},
};

/// Whose identifier, and of which customer.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyUserRequest {
    /// The customer, as the bank's redirect named it.
    #[boundary(wire = "PSU-ID")]
    pub psu_id: PsuId,
    /// The hash of the personal identifier, as `hash_identifier` makes it.
    #[boundary(wire = "PSUPersonalIdentifier")]
    pub psu_personal_identifier: HashedIdentifier,
    /// The languages of the bank's texts, such as `nb,en;q=0.7`.
    #[boundary(wire = "@Accept-Language")]
    pub accept_language: Option<String>,
}

/// Whether they belong together.
#[derive(Debug, Clone, Boundary)]
pub struct VerifyUserResponse {
    /// Whether the customer is the one with this identifier. False also for a customer that the bank does not know.
    #[boundary(wire = "exists")]
    pub exists: bool,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
}

impl Linked for VerifyUserResponse {}

/// Tells whether a customer has a personal identifier.
#[derive(Debug)]
pub struct VerifyUser;

impl Operation for VerifyUser {
    type Request = VerifyUserRequest;
    type Response = VerifyUserResponse;
    const DECLARATION: Declaration = declare::exchange(
        "nextgen_psd2.verify_user",
        "Tell whether a customer of the bank has a personal identifier",
        "Only the hash of the identifier travels. The identifier of the customer is the one that the bank's redirect gave to this \
         third party. Dialect `era`.",
        declare::SIGNED,
        declare::route("verifyUser", Method::Post, "/v1/user/verification", 200),
    );
}

impl Exchange for VerifyUser {
    type Codec = Psd2;
    const TERMS: Terms = Terms { dialects: declare::ERA, roles: declare::AISP_OR_PISP };
}
