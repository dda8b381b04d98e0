//! Certificates of a customer, asked for at a bank.

pub mod get_bank_certificates;
pub mod list_own_certificates;
pub mod make_certificate_request;
pub mod renew_certificate;
pub mod request_certificate;
pub mod revoke_certificate;

use bankchannel_foundation::prelude::*;

use super::reading;
use crate::errors;

/// The errors of an exchange that asks for a certificate.
const ERRORS: &[&ErrorRow] = &[
    &errors::NOT_OFFERED,
    &errors::TOKEN_FAILED,
    &errors::FAULT,
    &errors::ANSWER_SIGNATURE,
    &errors::ANSWER_NOT_TRUSTED,
    &errors::ANSWER_NOT_DECRYPTED,
    &errors::BANK_CERTIFICATE_MISSING,
    &errors::REVOCATION_UNKNOWN,
    &errors::ANSWER_STALE,
    &errors::CERTIFICATE_NOT_OURS,
    &errors::CERTIFICATE_UNFIT,
    &errors::CERTIFICATE_REFUSED,
    &errors::SIGNATURE_REFUSED,
    &errors::AGREEMENT_REFUSED,
    &errors::REFUSED,
    &errors::BANK_FAILED,
];

/// The route of an exchange that a bank may not let happen twice.
const fn once(wire_name: &'static str) -> Route {
    Route { repeat: Repeat::Never, audited: true, ..reading(wire_name) }
}
