//! The checks of §3.2: their ids, the bank's answer to a failure, and their results.

use std::borrow::Cow;

use crate::model::CheckStatus;

/// A check that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestCheck {
    /// The rule.
    pub rule: &'static CheckRule,
    /// The result.
    pub status: CheckStatus,
    /// The text for a person: the rule that holds, or the fault and its fix. Without personal data.
    pub text: Cow<'static, str>,
    /// The HTTP status of the bank's answer; the rule's own, with few exceptions.
    pub http: u16,
    /// The code of the bank's answer.
    pub code: &'static str,
}

/// A row of §3.2. Rules are ordered by their numbers, which is the order of the checks.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckRule {
    /// The number, such as 30 for `V30`.
    pub number: u8,
    /// The id, such as `V30`.
    pub id: &'static str,
    /// The requirement, in a few words.
    pub what: &'static str,
    /// The HTTP status of a failure.
    pub http: u16,
    /// The code of a failure.
    pub code: &'static str,
}

impl CheckRule {
    /// The rule with this id: `V` and two digits.
    #[must_use]
    pub const fn new(id: &'static str, what: &'static str, http: u16, code: &'static str) -> Self {
        let &[b'V', tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = id.as_bytes() else { panic!("an id is like V30") };
        Self { number: (tens - b'0') * 10 + ones - b'0', id, what, http, code }
    }
}

/// Generates the table: a constant for each row, and `RULES` with all of them.
macro_rules! rules {
    ($($name:ident $http:literal $code:ident $what:literal;)+) => {
        $(
            #[doc = concat!("`", stringify!($name), "`: ", $what, ".")]
            pub static $name: CheckRule = CheckRule::new(stringify!($name), $what, $http, stringify!($code));
        )+
        /// All rules, in the order of the checks.
        pub static RULES: &[&CheckRule] = &[$(&$name),+];
    };
}

rules! {
    V01 431 FORMAT_ERROR "size of the head, its fields and the body";
    V02 400 FORMAT_ERROR "header names and values are clean";
    V03 400 FORMAT_ERROR "single headers occur once";
    V04 404 RESOURCE_UNKNOWN "route and method exist";
    V05 400 FORMAT_ERROR "X-Request-ID is there";
    V06 400 FORMAT_ERROR "X-Request-ID is a UUID";
    V07 401 SIGNATURE_MISSING "Signature is there";
    V08 401 CERTIFICATE_MISSING "TPP-Signature-Certificate is there";
    V09 400 FORMAT_ERROR "Date is there";
    V10 400 FORMAT_ERROR "Digest is there";
    V11 400 FORMAT_ERROR "the Signature header's encoding (RFC 2047)";
    V12 400 FORMAT_ERROR "the parameters of the Signature header";
    V13 401 CERTIFICATE_INVALID "the certificate can be read";
    V14 401 CERTIFICATE_INVALID "the certificate's key and signature algorithm";
    V15 401 CERTIFICATE_INVALID "the certificate's validity has begun";
    V16 401 CERTIFICATE_EXPIRED "the certificate has not expired";
    V17 401 CERTIFICATE_INVALID "the certificate's issuer is trusted";
    V18 401 CERTIFICATE_REVOKED "the certificate is not revoked";
    V19 401 CERTIFICATE_BLOCKED "the certificate is not blocked";
    V20 401 CERTIFICATE_INVALID "the certificate is one for sealing";
    V21 401 CERTIFICATE_INVALID "the certificate's PSD2 statement and organisation";
    V22 401 CERTIFICATE_INVALID "the TLS certificate is a valid QWAC, of the signer's organisation";
    V23 401 SIGNATURE_INVALID "keyId names the certificate";
    V24 401 SIGNATURE_INVALID "the signature's algorithm";
    V25 401 SIGNATURE_INVALID "each signed header is well named, named once, and there";
    V26 401 SIGNATURE_INVALID "every header that must be signed is signed";
    V27 401 SIGNATURE_INVALID "no other header is signed";
    V28 400 FORMAT_ERROR "Digest is that of the body";
    V29 401 SIGNATURE_INVALID "the signature is base64 of the right length";
    V30 401 SIGNATURE_INVALID "the signature fits the signing string";
    V31 400 TIMESTAMP_INVALID "Date is now";
    V32 400 FORMAT_ERROR "X-Request-ID was not used before";
    V33 401 ROLE_INVALID "the certificate's role";
    V34 406 REQUESTED_FORMATS_INVALID "JSON is accepted";
    V35 415 UNSUPPORTED_MEDIA_TYPE "content type and body";
    V36 400 FORMAT_ERROR "values of the other headers";
    V37 400 FORMAT_ERROR "fields of the body";
}

/// The HTTP status of V01 for a body that is too large.
pub(crate) const BODY_TOO_LARGE: u16 = 413;

/// Finds the rule with this id.
#[must_use]
pub fn rule(id: &str) -> Option<&'static CheckRule> {
    RULES.iter().find(|rule| rule.id == id).copied()
}

/// The maximum length of a check's text, in characters.
const TEXT_MAX: usize = 499;

/// The finding of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CheckFinding {
    Holds,
    Warn(Cow<'static, str>),
    Fails(Cow<'static, str>),
    /// It does not hold, and the bank answers with a status or code other than the rule's own.
    FailsAs(u16, &'static str, Cow<'static, str>),
    Skip(Cow<'static, str>),
}

impl CheckFinding {
    pub(super) fn warn(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Warn(text.into())
    }

    pub(super) fn fails(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Fails(text.into())
    }

    pub(super) fn skip(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Skip(text.into())
    }

    /// The finding for a list of warnings.
    pub(super) fn of_warnings(warnings: &[String]) -> Self {
        if warnings.is_empty() { Self::Holds } else { Self::warn(warnings.join("; ")) }
    }

    /// Converts it to a check. Texts may quote the request, so they are shortened (R1).
    pub(super) fn into_check(self, rule: &'static CheckRule) -> RequestCheck {
        let cut = |text: Cow<'static, str>| {
            // A text never has more characters than bytes.
            let beyond = (text.len() > TEXT_MAX).then(|| text.char_indices().nth(TEXT_MAX)).flatten();
            match beyond {
                Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
                None => text,
            }
        };
        let (status, text, http, code) = match self {
            Self::Holds => (CheckStatus::Ok, Cow::Borrowed(rule.what), rule.http, rule.code),
            Self::Warn(text) => (CheckStatus::Warning, cut(text), rule.http, rule.code),
            Self::Fails(text) => (CheckStatus::Failed, cut(text), rule.http, rule.code),
            Self::FailsAs(http, code, text) => (CheckStatus::Failed, cut(text), http, code),
            Self::Skip(text) => (CheckStatus::Skipped, cut(text), rule.http, rule.code),
        };
        RequestCheck { rule, status, text, http, code }
    }
}
