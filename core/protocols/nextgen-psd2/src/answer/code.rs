//! A bank's error codes and their rows (§5). The list is open: an unknown code is a refusal like any other.

use bankchannel_foundation::error::{ErrorRow, row};

use crate::errors;

/// The code that says that the calls of the day are used up.
pub(super) const QUOTA: &str = "ACCESS_EXCEEDED";

/// The row for a code; the HTTP status decides if a code has two meanings.
#[must_use]
pub fn row_of(status: u16, code: &str) -> &'static ErrorRow {
    match code {
        code if is_quota(code) => &errors::ACCESS_EXCEEDED,
        "SIGNATURE_INVALID" | "SIGNATURE_MISSING" => &errors::SIGNATURE_REFUSED,
        // Two spellings of one code (§1.6).
        "CERTIFICATE_INVALID"
        | "CERTIFICATE_EXPIRED"
        | "CERTIFICATE_BLOCKED"
        | "CERTIFICATE_REVOKED"
        | "CERTIFICATE_REVOKE"
        | "CERTIFICATE_MISSING" => &errors::CERTIFICATE_REFUSED,
        "ROLE_INVALID" => &errors::ROLE_REFUSED,
        "TIMESTAMP_INVALID" => &errors::TIMESTAMP_REFUSED,
        "PSU_CREDENTIALS_INVALID" | "CORPORATE_ID_INVALID" => &errors::PSU_REFUSED,
        "CONSENT_UNKNOWN" => &errors::CONSENT_UNKNOWN,
        "CONSENT_INVALID" | "CONSENT_EXPIRED" => &errors::CONSENT_INVALID,
        "SERVICE_INVALID" | "SERVICE_BLOCKED" | "PRODUCT_INVALID" | "SESSIONS_NOT_SUPPORTED" => {
            &errors::SERVICE_REFUSED
        }
        "RESOURCE_UNKNOWN" | "RESOURCE_EXPIRED" | "RESOURCE_BLOCKED" | "PRODUCT_UNKNOWN" => &errors::RESOURCE_UNKNOWN,
        "FORMAT_ERROR"
        | "PARAMETER_NOT_CONSISTENT"
        | "PARAMETER_NOT_SUPPORTED"
        | "PERIOD_INVALID"
        | "UNSUPPORTED_MEDIA_TYPE"
        | "REQUESTED_FORMATS_INVALID" => &errors::FORMAT_REFUSED,
        _ => row_of_status(status),
    }
}

/// Whether a code says that the calls of the day are used up, which no later call of that day changes.
pub(super) fn is_quota(code: &str) -> bool {
    code.trim().eq_ignore_ascii_case(QUOTA)
}

/// The row for an answer that has only a status.
pub(super) fn row_of_status(status: u16) -> &'static ErrorRow {
    match status {
        300..=399 => &row::REDIRECTED,
        408 | 425 | 502..=504 => &row::UNAVAILABLE,
        429 => &row::RATE_LIMITED,
        500.. => &errors::BANK_FAILED,
        _ => &errors::REFUSED,
    }
}
