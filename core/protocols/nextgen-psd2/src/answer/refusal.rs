//! A bank's refusal, in any of four formats (§1.5, §5).

use bankchannel_foundation::{
    Error,
    error::{Peer, row},
    json,
    model::Value,
    redact::redact_words,
};

use super::{Links, code, safe_redirect};
use crate::errors;

/// The UTF-8 byte order mark, which some programs write.
const BOM: &[u8] = b"\xef\xbb\xbf";
/// The maximum nesting depth of an answer (S-16).
const MAX_DEPTH: usize = 32;
/// The maximum length of an excerpt in an error, in characters, if the answer has no known format (§1.5).
const EXCERPT: usize = 2048;
/// The maximum length of a bank's text in an error, in characters.
const TEXT: usize = 500;
/// The maximum length of a bank's code or id in an error, in characters.
const WORD: usize = 100;

/// The format of an error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// `{"id", "system", "status", "code", "message"}`.
    Era,
    /// `{"tppMessages": […]}`.
    TppMessages,
    /// RFC 7807.
    Problem,
    /// JSON in another format.
    Json,
    /// Not JSON: a gateway's page, or an empty body.
    Other,
}

/// The content of a bank's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRefusal {
    /// The HTTP status. A status inside the body is not trusted: the banks' own examples are wrong.
    pub status: u16,
    /// The format.
    pub form: ErrorForm,
    /// The bank's code.
    pub code: Option<String>,
    /// The bank's text.
    pub text: Option<String>,
    /// The bank's id of this error, for its support.
    pub id: Option<String>,
    /// The field at fault, according to the bank.
    pub path: Option<String>,
    /// The links; an error may have `scaRedirect` (§4.5).
    pub links: Links,
}

impl BankRefusal {
    /// Reads an answer with a failure status. Never fails, whatever the body is.
    #[must_use]
    pub fn read(status: u16, body: &[u8]) -> Self {
        // Some banks write a byte order mark or text that is not UTF-8; a link in their answer must not be lost for
        // that.
        let body = body.strip_prefix(BOM).unwrap_or(body);
        let readable = String::from_utf8_lossy(body);
        let Ok(answer) = json::parse(readable.as_bytes(), MAX_DEPTH) else { return Self::other(status, body) };
        let links = Links::from_answer(&answer);
        let text = |value: &Value<'_>, name: &str| value.get(name).and_then(plain);
        let found = |form, from: &Value<'_>, message: &str| Self {
            status,
            form,
            code: text(from, "code"),
            text: text(from, message),
            id: text(from, "id"),
            path: text(from, "path"),
            links: links.clone(),
        };
        if answer.get("code").is_some() && answer.get("system").is_some() {
            return found(ErrorForm::Era, &answer, "message");
        }
        if let Some(Value::Array(messages)) = answer.get("tppMessages")
            && let Some(first) = first_error(messages)
        {
            return found(ErrorForm::TppMessages, first, "text");
        }
        if answer.get("type").is_some() || answer.get("code").is_some() || answer.get("additionalErrors").is_some() {
            let mut problem = found(ErrorForm::Problem, &answer, "detail");
            problem.text = problem.text.or_else(|| text(&answer, "title"));
            return problem;
        }
        Self { links, form: ErrorForm::Json, ..Self::other(status, body) }
    }

    fn other(status: u16, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT)]);
        let text = (!text.trim().is_empty()).then(|| shortened(&text, EXCERPT));
        Self { status, form: ErrorForm::Other, code: None, text, id: None, path: None, links: Links::default() }
    }

    /// Converts it to an error; the caller, which knows the operation, sets the outcome. The link for the bank's
    /// customer is in the error's context only if it is safe: at the host of this base URL, or at one of these hosts.
    #[must_use]
    pub fn to_error(&self, base_url: &str, allowed_hosts: &[String]) -> Error {
        let redirect = self.links.sca_redirect();
        let row = match (&self.code, self.status, redirect) {
            // A generic "wrong credentials" error would lose the link (P-30).
            (_, 401, Some(_)) => &errors::CONSENT_NEEDED,
            (Some(code), status, _) => code::row_of(status, code),
            // A bank answers in JSON: this page comes from another server.
            (None, 400..=428 | 430..=499, _) if self.form == ErrorForm::Other && self.text.is_some() => {
                &row::HTTP_STATUS
            }
            (None, status, _) => code::row_of_status(status),
        };
        let why = match (&self.code, &self.text, self.form) {
            (_, Some(text), form) if !matches!(form, ErrorForm::Json | ErrorForm::Other) => {
                format!("{} The bank says: {}", row.text, shortened(text, TEXT))
            }
            (Some(code), ..) => format!("{} The bank's code is {}.", row.text, shortened(code, WORD)),
            _ => format!("{} (HTTP {})", row.text, self.status),
        };
        let word = |text: &Option<String>| text.as_deref().map(|text| shortened(text, WORD));
        let mut error = Error::because(row, why).with_status(self.status).with_peer(Peer {
            code: word(&self.code),
            text: self.text.as_deref().map(|text| shortened(text, TEXT)),
            request_id: word(&self.id),
        });
        if let Some(path) = &self.path {
            error = error.with("field", shortened(path, WORD));
        }
        if let Some(link) = redirect {
            error = match safe_redirect(base_url, &link.href, allowed_hosts) {
                Ok(url) => error.with("sca_redirect", url),
                Err(why) => error.with("sca_redirect_refused", why),
            };
        }
        error
    }
}

/// A text, or a number as text.
fn plain(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        other => Some(other.as_str().map_or_else(|| other.to_json(), str::to_owned)),
    }
}

/// The first error; a warning only if there is no error.
fn first_error<'a>(messages: &'a [Value<'a>]) -> Option<&'a Value<'a>> {
    let is_error = |message: &&Value<'_>| message.get("category").and_then(Value::as_str) != Some("WARNING");
    messages.iter().find(is_error).or_else(|| messages.first())
}

/// Makes text from outside safe to show. It is redacted before it is cut, so that no part of a secret remains.
fn shortened(text: &str, max: usize) -> String {
    redact_words(text).chars().filter(|c| !c.is_control()).take(max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://b.example/api";

    fn read(status: u16, body: &str) -> BankRefusal {
        BankRefusal::read(status, body.as_bytes())
    }

    /// The schema's example, which the page prints under 400, 404 and 500.
    const SCHEMA: &str = r#"{"id":"5884127160","system":"ERA-PSD2","status":400,"code":"ERROR_CODE","message":"error message appears here"}"#;

    /// T-125: the documented examples (§1.5), the schema's own also under statuses that do not match it, and one with a
    /// number as id.
    #[test]
    fn the_banks_own_form_is_read_and_the_http_status_counts() {
        for (status, body, code, row) in [
            (
                400,
                r#"{"id":"5615873375","status":400,"system":"ERA-PSD2","code":"FORMAT_ERROR"}"#,
                "FORMAT_ERROR",
                &errors::FORMAT_REFUSED,
            ),
            (
                404,
                r#"{"id":"5615873376","system":"ERA-PSD2","status":404,"code":"RESOURCE_UNKNOWN"}"#,
                "RESOURCE_UNKNOWN",
                &errors::RESOURCE_UNKNOWN,
            ),
            (
                500,
                r#"{"id":"5615873378","system":"ERA-PSD2","status":500,"code":"SYSTEM_ERROR"}"#,
                "SYSTEM_ERROR",
                &errors::BANK_FAILED,
            ),
            (
                500,
                r#"{"id":5615873378,"system":"ERA-PSD2","status":400,"code":"SYSTEM_ERROR","message":"m","more":[1]}"#,
                "SYSTEM_ERROR",
                &errors::BANK_FAILED,
            ),
            (400, SCHEMA, "ERROR_CODE", &errors::REFUSED),
            (404, SCHEMA, "ERROR_CODE", &errors::REFUSED),
            (500, SCHEMA, "ERROR_CODE", &errors::BANK_FAILED),
        ] {
            let refusal = read(status, body);
            assert_eq!((refusal.form, refusal.status, refusal.code.as_deref()), (ErrorForm::Era, status, Some(code)));
            let error = refusal.to_error(BASE, &[]);
            assert_eq!((error.code(), error.http_status()), (row.code, Some(status)));
            let id = error.peer().unwrap().request_id.clone().unwrap();
            assert!(body.contains(&id) && id.len() == 10, "{id}");
        }
    }

    /// T-126.
    #[test]
    fn every_other_form_is_read_or_kept_as_text() {
        let messages = read(
            401,
            r#"{"tppMessages":[{"category":"WARNING","code":"X"},{"category":"ERROR","code":"CERTIFICATE_REVOKE","text":"t","path":"p"}]}"#,
        );
        assert_eq!((messages.form, messages.path.as_deref()), (ErrorForm::TppMessages, Some("p")));
        assert_eq!(messages.to_error(BASE, &[]).code(), errors::CERTIFICATE_REFUSED.code);
        let problem = read(403, r#"{"type":"urn:x","title":"T","code":"SERVICE_BLOCKED"}"#);
        assert_eq!((problem.form, problem.text.as_deref()), (ErrorForm::Problem, Some("T")));
        let page = read(502, "<html>\u{7}Bad Gateway</html>");
        assert_eq!((page.form, page.text.as_deref()), (ErrorForm::Other, Some("<html>Bad Gateway</html>")));
        assert_eq!(page.to_error(BASE, &[]).code(), "peer.unavailable");
        assert_eq!(read(418, "").to_error(BASE, &[]).code(), errors::REFUSED.code);
        assert_eq!(read(418, r#"{"error":"teapot"}"#).to_error(BASE, &[]).code(), errors::REFUSED.code);
        assert_eq!(
            read(400, r#"{"code":"SOMETHING_NEW"}"#).to_error(BASE, &[]).peer().unwrap().code.as_deref(),
            Some("SOMETHING_NEW")
        );
    }

    #[test]
    fn what_stands_before_the_bank_is_not_the_bank() {
        for (status, body, row) in [
            (403, "<html>Access denied</html>", &row::HTTP_STATUS),
            (404, "404 page not found", &row::HTTP_STATUS),
            (429, "<html>slow down</html>", &row::RATE_LIMITED),
            (302, "", &row::REDIRECTED),
            (307, "{}", &row::REDIRECTED),
        ] {
            let error = read(status, body).to_error(BASE, &[]);
            assert_eq!((error.code(), error.http_status()), (row.code, Some(status)), "{status} {body}");
        }
        let page = read(403, "<html>Access denied</html>").to_error(BASE, &[]);
        assert_eq!(page.peer().and_then(|peer| peer.text.as_deref()), Some("<html>Access denied</html>"));
    }

    #[test]
    fn a_body_that_is_not_clean_utf_8_keeps_code_and_link() {
        let body = r#"{"code":"CONSENT_INVALID","system":"ERA-PSD2","message":"Samtykke m#","_links":{"scaRedirect":{"href":"https://b.example/tap"}}}"#;
        let latin1: Vec<u8> = body.bytes().map(|byte| if byte == b'#' { 0xe5 } else { byte }).collect();
        let marked = format!("\u{feff}{body}").into_bytes();
        for (body, text) in [(latin1, "Samtykke m\u{fffd}"), (marked, "Samtykke m#")] {
            let refusal = BankRefusal::read(401, &body);
            assert_eq!((refusal.form, refusal.text.as_deref()), (ErrorForm::Era, Some(text)));
            let error = refusal.to_error(BASE, &[]);
            assert_eq!(error.code(), errors::CONSENT_NEEDED.code);
            assert_eq!(error.detail("sca_redirect"), Some("https://b.example/tap"));
        }
        let page = BankRefusal::read(400, b"\xef\xbb\xbf<p>\xe5</p>");
        assert_eq!((page.form, page.text.as_deref()), (ErrorForm::Other, Some("<p>\u{fffd}</p>")));
    }

    /// T-127 and T-128.
    #[test]
    fn a_missing_consent_and_a_revoked_one_differ() {
        let needed_at = |href: &str| {
            read(
                401,
                &format!(
                    r#"{{"code":"CONSENT_INVALID","system":"ERA-PSD2","_links":{{"scaRedirect":{{"href":"{href}"}}}}}}"#
                ),
            )
        };
        let needed = needed_at("https://b.example/tap?a, b");
        let error = needed.to_error(BASE, &[]);
        assert_eq!(
            (error.code(), error.detail("sca_redirect")),
            (errors::CONSENT_NEEDED.code, Some("https://b.example/tap?a,%20b"))
        );
        for href in ["javascript:alert(1)", "https://evil.example/tap"] {
            let evil = needed_at(href).to_error(BASE, &[]);
            assert_eq!((evil.code(), evil.detail("sca_redirect")), (errors::CONSENT_NEEDED.code, None));
            assert!(evil.detail("sca_redirect_refused").is_some());
        }
        let revoked = read(403, r#"{"code":"CONSENT_UNKNOWN","system":"ERA-PSD2"}"#);
        assert_eq!(revoked.to_error(BASE, &[]).code(), errors::CONSENT_UNKNOWN.code);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(status in 300u16..600, body: Vec<u8>) {
            let _ = BankRefusal::read(status, &body).to_error(BASE, &[]);
        }
    }
}
