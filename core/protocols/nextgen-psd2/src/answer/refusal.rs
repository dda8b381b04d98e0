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
    /// The bank's other messages, each as `CODE: text`.
    pub further: Vec<String>,
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
            further: Vec::new(),
            links: links.clone(),
        };
        if answer.get("code").is_some() && answer.get("system").is_some() {
            return found(ErrorForm::Era, &answer, "message");
        }
        let listed = messages(&answer);
        if let Some(first) = first_error(listed) {
            return Self { further: others(listed, first), ..found(ErrorForm::TppMessages, first, "text") };
        }
        if answer.get("type").is_some() || answer.get("code").is_some() || answer.get("additionalErrors").is_some() {
            let mut problem = found(ErrorForm::Problem, &answer, "detail");
            problem.text = problem.text.or_else(|| text(&answer, "title"));
            let listed = items(answer.get("additionalErrors"));
            if let Some(first) = first_error(listed) {
                problem.further = listed.iter().filter_map(summary).collect();
                if problem.code.is_none() || text(first, "code").is_some_and(|code| code::is_quota(&code)) {
                    problem.code = text(first, "code").or(problem.code);
                    problem.text = problem.text.or_else(|| text(first, "detail")).or_else(|| text(first, "title"));
                    problem.further = others(listed, first);
                }
            }
            return problem;
        }
        Self { links, form: ErrorForm::Json, ..Self::other(status, body) }
    }

    fn other(status: u16, body: &[u8]) -> Self {
        let text = excerpt(body);
        let (further, links) = (Vec::new(), Links::default());
        Self { status, form: ErrorForm::Other, code: None, text, id: None, path: None, further, links }
    }

    /// Whether the bank's own code says that it refuses, and would refuse the same request again. Statuses such as 429
    /// and 503 alone say that it may be asked later.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.code.as_deref().is_some_and(|code| !code::row_of(self.status, code).retryable)
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
        if !self.further.is_empty() {
            error = error.with("further_messages", shortened(&self.further.join("; "), TEXT));
        }
        if let Some(link) = redirect {
            error = match safe_redirect(base_url, &link.href, allowed_hosts) {
                Ok(url) => error.with("sca_redirect", url),
                Err(why) => error.with("sca_redirect_refused", why),
            };
        } else if self.links.customers_is_lost() {
            error = error.with("sca_redirect_refused", "the answer's `_links` cannot be read");
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

/// The messages of a refusal: a list, or one alone, or the whole answer is the list.
fn messages<'a>(answer: &'a Value<'a>) -> &'a [Value<'a>] {
    match answer {
        Value::Array(values) if values.iter().any(|message| message.get("code").is_some()) => values,
        _ => items(answer.get("tppMessages").or_else(|| answer.get("tppMessage"))),
    }
}

/// The objects of a list; programs that convert XML write a list of one as its object.
fn items<'a>(value: Option<&'a Value<'a>>) -> &'a [Value<'a>] {
    match value {
        Some(Value::Array(values)) => values,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// The message that counts: that a quota is used up, else the first error; a warning only if there is no error.
fn first_error<'a>(messages: &'a [Value<'a>]) -> Option<&'a Value<'a>> {
    let code = |message: &'a Value<'a>| message.get("code").and_then(Value::as_str);
    let is_error = |message: &&Value<'_>| message.get("category").and_then(Value::as_str) != Some("WARNING");
    let mut objects = messages.iter().filter(|message| message.as_object().is_some());
    let quota = objects.clone().find(|message| code(message).is_some_and(code::is_quota));
    quota.or_else(|| objects.clone().find(is_error)).or_else(|| objects.next())
}

/// The messages but this one, shortly.
fn others(messages: &[Value<'_>], first: &Value<'_>) -> Vec<String> {
    messages.iter().filter(|message| !std::ptr::eq(*message, first)).filter_map(summary).collect()
}

/// A message as `CODE: text`; `None` if it has neither.
fn summary(message: &Value<'_>) -> Option<String> {
    let text = |names: &[&str]| names.iter().find_map(|name| message.get(name).and_then(plain));
    match (text(&["code"]), text(&["text", "detail", "title"])) {
        (Some(code), Some(text)) => Some(format!("{code}: {text}")),
        (code, text) => code.or(text),
    }
}

/// The beginning of a page that is not the bank's, for an error.
pub(crate) fn page_text(body: &[u8]) -> Option<String> {
    excerpt(body).map(|text| shortened(&text, TEXT))
}

/// The beginning of an answer in no known form, safe to show.
fn excerpt(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * EXCERPT)]);
    (!text.trim().is_empty()).then(|| shortened(&text, EXCERPT))
}

/// Makes text from outside safe to show. It is redacted before it is cut, so that no part of a secret remains.
fn shortened(text: &str, max: usize) -> String {
    redact_words(text).chars().filter(|c| !c.is_control()).take(max).collect()
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
