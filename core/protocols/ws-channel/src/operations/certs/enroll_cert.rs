//! `EnrollCert`: POST `/certs/{Bank}` (§2.17, §6.2).

use bankchannel_foundation::prelude::*;

use crate::{
    WsChannelCodec, WsChannelTerms, declare, errors,
    model::{Bank, BankPin, Name, WsUserId},
};

/// The PIN and the names from the contract with the bank.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EnrollCertRequest {
    /// The bank (§6.1).
    #[boundary(profile)]
    pub bank: Bank,
    /// The full PIN from the bank. If it comes in parts: all parts in the right order.
    pub code: BankPin,
    /// The company's name exactly as in the contract with the bank.
    #[boundary(profile)]
    pub company: Name,
    /// The Web Services user id of the contract with the bank.
    pub ws_user_id: WsUserId,
}

/// The certificate exists.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EnrollCertResponse {
    /// The service's text.
    pub response_text: String,
}

/// The refusal for a data session (§1.7).
const ENROLLMENT_REFUSAL: &str = "Cert enrollment allowed for admin user only";

/// The client's time limit: a service waits up to 120 s for a bank's certificates (§6.2, §6.9).
const TIMEOUT_S: u32 = 150;

/// Enrol for a certificate at a bank with its PIN.
///
/// The service makes a key pair, lets the bank certify it, and stores both; it renews them automatically. With real
/// banks it may take minutes. It is never repeated automatically: a PIN is valid once, and a wrong PIN, or OP's two
/// halves in the wrong order, locks the enrolment at the bank. One certificate per bank: retire the old one first.
#[derive(Debug, Operation)]
#[operation(EnrollCertRequest => EnrollCertResponse)]
#[declaration(..declare::exchange("ws_channel.enroll_cert", "certs"))]
#[errors(
    ..declare::MODE_ERRORS, ..declare::BANK_ERRORS,
    errors::{CERTIFICATE_EXISTS, CODES_STOPPED, USER_ID_HELD, PARAMETER_REFUSED},
)]
#[route(
    success: 201,
    repeat: Repeat::Never,
    timeout_s: TIMEOUT_S,
    ..declare::at_bank(declare::session("EnrollCert", Method::Post, "/certs/{Bank}"))
)]
#[exchange(WsChannelCodec, WsChannelTerms::admin(ENROLLMENT_REFUSAL))]
pub struct EnrollCert;
