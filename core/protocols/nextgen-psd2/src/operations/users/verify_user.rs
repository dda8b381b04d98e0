//! Verify user: POST `/v1/user/verification` (§1.2).

use bankchannel_foundation::prelude::*;

use crate::{
    NextGenPsd2Codec, NextGenPsd2Terms, declare,
    model::{HashedIdentifier, LinkedAnswer, PsuId, UnreadMember},
};

/// The customer and the hashed personal identifier.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyUserRequest {
    /// The customer, from the bank's redirect.
    #[boundary(wire = "PSU-ID")]
    pub psu_id: PsuId,
    /// The hash of the personal identifier, from `hash_identifier`.
    #[boundary(wire = "PSUPersonalIdentifier")]
    pub psu_personal_identifier: HashedIdentifier,
    /// The languages of the bank's texts, such as `nb,en;q=0.7`.
    #[boundary(wire = "@Accept-Language")]
    pub accept_language: Option<String>,
}

/// The result.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyUserResponse {
    /// Whether the customer has this personal identifier. False also for a customer that the bank does not know.
    #[boundary(wire = "exists")]
    pub exists: bool,
    /// The request's id, repeated by the bank.
    #[boundary(wire = "@X-Request-ID")]
    pub request_id: Option<String>,
    /// What of the bank's answer is in no other field, such as members of a later version of the standard. Does not
    /// travel: it is the rest of the answer. Absent if there is no rest.
    #[boundary(wire = "unread", off_wire)]
    pub unread: Option<Vec<UnreadMember>>,
}

impl LinkedAnswer for VerifyUserResponse {}

/// Check whether a customer of the bank has a personal identifier.
///
/// Only the hash of the identifier is sent. Name the customer by the identifier that the bank's redirect gave to this
/// third party. Dialect `era`.
#[derive(Debug, Operation)]
#[operation(VerifyUserRequest => VerifyUserResponse)]
#[declaration(..declare::exchange("nextgen_psd2.verify_user"))]
#[errors(..declare::SIGNED)]
#[route(..declare::route("verifyUser", Method::Post, "/v1/user/verification", 200))]
#[exchange(NextGenPsd2Codec, NextGenPsd2Terms { dialects: declare::ERA, roles: declare::AISP_OR_PISP })]
pub struct VerifyUser;
