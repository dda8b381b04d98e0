//! The result of a verification, in the form for users (§3.3).

use bankchannel_foundation::model::Boundary;

use crate::{
    model::CheckStatus,
    verify::{RequestCheck, VerifiedRequest},
};

/// One check of a request.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CheckResult {
    /// The check's id, such as `V30`.
    pub id: String,
    /// The result.
    pub status: CheckStatus,
    /// The rule that holds; or the fault and its fix.
    pub text: String,
}

impl From<&RequestCheck> for CheckResult {
    fn from(check: &RequestCheck) -> Self {
        Self { id: check.rule.id.to_owned(), status: check.status, text: check.text.clone().into_owned() }
    }
}

/// A bank's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Refused {
    /// The HTTP status.
    pub http_status: u32,
    /// The bank's code, such as `SIGNATURE_INVALID`.
    pub code: String,
    /// The check that failed first, and the reason.
    pub text: String,
}

impl From<&RequestCheck> for Refused {
    fn from(check: &RequestCheck) -> Self {
        let text = format!("{}: {}", check.rule.id, check.text);
        Self { http_status: check.http.into(), code: check.code.to_owned(), text }
    }
}

/// `ok`, or the check that failed first.
pub(super) fn verdict(verified: &VerifiedRequest) -> String {
    verified.refusal().map_or_else(|| "ok".to_owned(), |check| check.rule.id.to_owned())
}
