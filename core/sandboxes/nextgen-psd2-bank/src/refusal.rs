//! The bank's error responses, in the format of either dialect (§1.5, §5).

use std::borrow::Cow;

use bankchannel_nextgen_psd2::{
    model::CheckStatus,
    signing::SigningDialect,
    verify::{CheckRule, RequestCheck},
};
use serde_json::{Map, Value, json};

/// The longest text of a refusal, in characters (R1).
const TEXT_MAX: usize = 500;

/// The bank's own rules about customers, consents and accounts (§4).
pub(crate) static V38: CheckRule = CheckRule::new("V38", "customer, consent and account", 400, "FORMAT_ERROR");

/// The reason and details of a refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SandboxRefusal {
    /// The failed check, such as `V30`; empty if the request is not at fault.
    pub(crate) check: &'static str,
    /// The HTTP status.
    pub(crate) status: u16,
    /// The code, the same word in both dialects.
    pub(crate) code: &'static str,
    /// The problem and how to fix it, for a person; without personal data.
    pub(crate) text: Cow<'static, str>,
    /// The field or header at fault.
    pub(crate) path: Option<Box<str>>,
    /// The URL where the customer must go first (§4.5).
    pub(crate) sca_redirect: Option<Box<str>>,
    /// `Retry-After`, in seconds.
    pub(crate) retry_after_s: Option<u32>,
    /// `Allow`.
    pub(crate) allow: Option<Box<str>>,
}

impl SandboxRefusal {
    /// A refusal by one of the bank's own rules.
    pub(crate) fn new(status: u16, code: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self::by(V38.id, status, code, text)
    }

    /// A refusal by this check.
    pub(crate) fn by(check: &'static str, status: u16, code: &'static str, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            check,
            status,
            code,
            text: text.into(),
            path: None,
            sca_redirect: None,
            retry_after_s: None,
            allow: None,
        }
    }

    /// The refusal for a failed check.
    pub(crate) fn of_check(check: &RequestCheck) -> Self {
        Self::by(check.rule.id, check.http, check.code, check.text.clone())
    }

    /// An internal error of the bank.
    pub(crate) fn internal() -> Self {
        Self::by("", 500, SYSTEM_ERROR, "the sandbox bank has failed; its log says why")
    }

    /// Converts the refusal to a check, to be listed with those of the verifier.
    pub(crate) fn as_check(&self, rule: &'static CheckRule) -> RequestCheck {
        RequestCheck { rule, status: CheckStatus::Failed, text: self.text.clone(), http: self.status, code: self.code }
    }

    /// The text in the response: with the check's id, and truncated to the maximum length.
    pub(crate) fn message(&self) -> String {
        let text = match self.check {
            "" => self.text.to_string(),
            check => format!("{check}: {}", self.text),
        };
        match text.char_indices().nth(TEXT_MAX) {
            Some(_) => text.chars().take(TEXT_MAX - 1).chain(['…']).collect(),
            None => text,
        }
    }

    /// The code in this dialect.
    pub(crate) fn code_in(&self, dialect: SigningDialect) -> &'static str {
        match (self.code, dialect) {
            (SYSTEM_ERROR, SigningDialect::Bg) => "INTERNAL_SERVER_ERROR",
            (code, _) => code,
        }
    }

    /// The error body. `id` identifies this refusal in support cases.
    pub(crate) fn body(&self, dialect: SigningDialect, id: &str, always_400: bool, explain: Option<&Value>) -> Value {
        let mut body = Map::new();
        let code = self.code_in(dialect);
        match dialect {
            SigningDialect::Era => {
                body.insert("id".into(), id.into());
                body.insert("system".into(), "ERA-PSD2".into());
                body.insert("status".into(), if always_400 { 400 } else { self.status }.into());
                body.insert("code".into(), code.into());
                body.insert("message".into(), self.message().into());
            }
            SigningDialect::Bg => {
                let mut message = Map::new();
                message.insert("category".into(), "ERROR".into());
                message.insert("code".into(), code.into());
                if let Some(path) = &self.path {
                    message.insert("path".into(), (&**path).into());
                }
                message.insert("text".into(), self.message().into());
                body.insert("tppMessages".into(), json!([message]));
            }
        }
        if let Some(href) = &self.sca_redirect {
            let link = match dialect {
                SigningDialect::Era => json!({ "href": href, "verbs": ["GET"] }),
                SigningDialect::Bg => json!({ "href": href }),
            };
            body.insert("_links".into(), json!({ "scaRedirect": link }));
        }
        if let Some(explain) = explain {
            body.insert("explain".into(), explain.clone());
        }
        Value::Object(body)
    }
}

/// The code of an internal error in dialect `era`. The Berlin Group defines none; its banks use another code.
pub(crate) const SYSTEM_ERROR: &str = "SYSTEM_ERROR";

/// The response to a request that the control interface was told to let fail.
pub(crate) fn told_to_fail(status: u16) -> SandboxRefusal {
    let code = match status {
        400 => "FORMAT_ERROR",
        401 => "CERTIFICATE_INVALID",
        403 => "SERVICE_BLOCKED",
        404 => "RESOURCE_UNKNOWN",
        405 => "SERVICE_INVALID",
        406 => "REQUESTED_FORMATS_INVALID",
        409 => "STATUS_INVALID",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        429 => "ACCESS_EXCEEDED",
        503 => "SERVICE_UNAVAILABLE",
        _ => SYSTEM_ERROR,
    };
    let retry_after_s = matches!(status, 429 | 503).then_some(1);
    SandboxRefusal { retry_after_s, ..SandboxRefusal::by("", status, code, "told to fail by the control interface") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// §1.5, §5: both formats; R1: the text has the check's id and at most 500 characters; R6: the status in the body.
    #[test]
    fn both_dialects() {
        let refusal = SandboxRefusal {
            path: Some("psu-id".into()),
            sca_redirect: Some("https://b.example/tap?state=1".into()),
            ..SandboxRefusal::by("V26", 401, "SIGNATURE_INVALID", "ø".repeat(600))
        };
        let text = format!("V26: {}…", "ø".repeat(494));
        assert_eq!(text.chars().count(), 500);
        let era = refusal.body(SigningDialect::Era, "5884127160", false, None);
        let expected = json!({"id": "5884127160", "system": "ERA-PSD2", "status": 401, "code": "SIGNATURE_INVALID",
            "message": text, "_links": {"scaRedirect": {"href": "https://b.example/tap?state=1", "verbs": ["GET"]}}});
        assert_eq!(era.to_string(), expected.to_string());
        assert_eq!(refusal.body(SigningDialect::Era, "1", true, None)["status"], 400);
        let bg = refusal.body(SigningDialect::Bg, "1", false, Some(&json!({"verdict": "V26"})));
        let expected = json!({"tppMessages": [{"category": "ERROR", "code": "SIGNATURE_INVALID", "path": "psu-id", "text": text}],
            "_links": {"scaRedirect": {"href": "https://b.example/tap?state=1"}}, "explain": {"verdict": "V26"}});
        assert_eq!(bg.to_string(), expected.to_string());
    }

    #[test]
    fn a_failure_of_the_bank_has_a_word_in_each_dialect() {
        let refusal = told_to_fail(500);
        assert_eq!(refusal.code_in(SigningDialect::Era), "SYSTEM_ERROR");
        assert_eq!(refusal.code_in(SigningDialect::Bg), "INTERNAL_SERVER_ERROR");
        assert_eq!(refusal.message(), "told to fail by the control interface");
        assert_eq!((told_to_fail(503).retry_after_s, told_to_fail(404).code), (Some(1), "RESOURCE_UNKNOWN"));
    }
}
