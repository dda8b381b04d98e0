//! The result of a verification, in the form for users (§3.3).

use bankchannel_foundation::model::Boundary;

use crate::verify::{CheckVerdict, RequestCheck, VerifiedRequest};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CheckStatus {
    /// It holds.
    #[boundary("ok")]
    Ok,
    /// It holds, but another bank may see it differently.
    #[boundary("warning")]
    Warning,
    /// It does not hold.
    #[boundary("failed")]
    Failed,
    /// It could not be run, or does not apply.
    #[boundary("skipped")]
    Skipped,
}

impl From<CheckVerdict> for CheckStatus {
    fn from(status: CheckVerdict) -> Self {
        match status {
            CheckVerdict::Ok => Self::Ok,
            CheckVerdict::Warning => Self::Warning,
            CheckVerdict::Failed => Self::Failed,
            CheckVerdict::Skipped => Self::Skipped,
        }
    }
}

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
        Self { id: check.rule.id.to_owned(), status: check.status.into(), text: check.text.clone().into_owned() }
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

/// `ok`, or the check that failed first.
pub(super) fn verdict(verified: &VerifiedRequest) -> String {
    verified.refusal().map_or_else(|| "ok".to_owned(), |check| check.rule.id.to_owned())
}

/// The bank's answer, if it refuses.
pub(super) fn refused(verified: &VerifiedRequest) -> Option<Refused> {
    let check = verified.refusal()?;
    let text = format!("{}: {}", check.rule.id, check.text);
    Some(Refused { http_status: check.http.into(), code: check.code.to_owned(), text })
}

/// All checks.
pub(super) fn checks(verified: &VerifiedRequest) -> Vec<CheckResult> {
    verified.checks.iter().map(CheckResult::from).collect()
}
