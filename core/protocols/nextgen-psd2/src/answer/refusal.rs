//! A bank's refusal, in any of four formats (§1.5, §5).

use bankchannel_foundation::{
    Error,
    error::{Peer, row},
    json,
    model::{Object, Value},
    redact::shortened,
};

use super::{Links, code, safe_redirect, text::decoded};
use crate::errors;

/// The maximum nesting depth of an answer (S-16).
const MAX_DEPTH: usize = 32;
/// The maximum length of an excerpt in an error, in characters, if the answer has no known format (§1.5).
const EXCERPT: usize = 2048;
/// The maximum length of a bank's text in an error, in characters.
const TEXT: usize = 500;
/// The maximum length of a bank's code or id in an error, in characters.
const WORD: usize = 100;
/// The maximum number of the bank's other messages in an error.
const MAX_FURTHER: usize = 20;
/// The members with the text of a message, in the order in which they are looked for.
const TEXTS: [&str; 4] = ["text", "message", "detail", "title"];
/// The members of a message that are in other fields, or say nothing more.
const READ: [&str; 8] = ["code", "id", "path", "category", "system", "status", "type", "_links"];
/// The members that hold messages, so that one without a code is one, too.
const LISTS: [&str; 3] = ["tppMessages", "tppMessage", "additionalErrors"];

/// The format of an error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorForm {
    /// `{"id", "system", "status", "code", "message"}`.
    Era,
    /// `{"tppMessages": […]}`, or messages in a list or object of another name.
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
    /// The members of the message that are in no other field, each as `name: value`.
    pub further_members: Vec<String>,
    /// The links; an error may have `scaRedirect` (§4.5).
    pub links: Links,
}

impl BankRefusal {
    /// Reads an answer with a failure status. Never fails, whatever the body is.
    #[must_use]
    pub fn read(status: u16, body: &[u8]) -> Self {
        // In another encoding, too: neither a code nor a link may be lost for that.
        let body = decoded(body);
        let mut read = match json::parse(body.as_bytes(), MAX_DEPTH) {
            Ok(answer) => Self::from_json(status, &answer, &body),
            Err(_) => Self::other(status, &body),
        };
        // The last resort: each further request may count, too.
        if read.code.is_none() && body.to_ascii_uppercase().contains(code::QUOTA) {
            read.code = Some(code::QUOTA.to_owned());
        }
        read
    }

    fn from_json(status: u16, answer: &Value<'_>, body: &str) -> Self {
        let links = Links::from_answer(answer);
        let mut listed = Vec::new();
        for (name, value) in answer.as_object().into_iter().flat_map(Object::iter).filter(|(name, _)| *name != "_links")
        {
            collect(value, LISTS.contains(&name), &mut listed);
        }
        if let Value::Array(_) = answer {
            collect(answer, false, &mut listed);
        }
        let has = |names: &[&str]| names.iter().any(|name| answer.get(name).is_some());
        let first = first_error(&listed);
        let form = match first {
            _ if answer.get("code").is_some() && answer.get("system").is_some() => ErrorForm::Era,
            None if !has(&["type", "code", "additionalErrors"]) => ErrorForm::Json,
            Some(_) if !has(&["type", "code", "additionalErrors"]) || has(&["tppMessages", "tppMessage"]) => {
                ErrorForm::TppMessages
            }
            _ => ErrorForm::Problem,
        };
        let mut read = match (form, first) {
            (ErrorForm::Json, _) => return Self { links, form, ..Self::other(status, body) },
            (ErrorForm::TppMessages, Some(first)) => Self::of(status, form, first),
            _ => Self::of(status, form, answer),
        };
        // Beside its messages an answer may have a text and an id of its own.
        read.text = read.text.or_else(|| text_of(answer).map(|(_, text)| text));
        read.id = read.id.or_else(|| answer.get("id").and_then(plain));
        let mut chosen = (form == ErrorForm::TppMessages).then_some(first).flatten();
        if chosen.is_none()
            && let Some(first) = first
            && (read.code.is_none() || code_of(first).is_some_and(|code| code::is_quota(&code)))
        {
            read.code = code_of(first).or(read.code);
            read.text = read.text.or_else(|| text_of(first).map(|(_, text)| text));
            chosen = Some(first);
        }
        let others = || listed.iter().filter(|message| chosen.is_none_or(|chosen| !std::ptr::eq(**message, chosen)));
        read.further = others().filter_map(|message| summary(message)).take(MAX_FURTHER).collect();
        let count = others().count();
        if count > MAX_FURTHER {
            read.further.push(format!("… and {} more", count - MAX_FURTHER));
        }
        if read.code.is_none() && read.text.is_none() {
            read.form = ErrorForm::Json;
            read.text = excerpt(body);
        }
        Self { links, ..read }
    }

    /// The content of one message.
    fn of(status: u16, form: ErrorForm, message: &Value<'_>) -> Self {
        let text = text_of(message);
        let is_further = |(name, value): &(&str, &Value<'_>)| {
            let mut inside = Vec::new();
            collect(value, LISTS.contains(name), &mut inside);
            !READ.contains(name) && text.as_ref().is_none_or(|(from, _)| from != name) && inside.is_empty()
        };
        let members = message.as_object().into_iter().flat_map(Object::iter).filter(is_further);
        let own = |name: &str| message.get(name).and_then(plain);
        Self {
            status,
            form,
            code: code_of(message),
            id: own("id"),
            path: own("path"),
            further: Vec::new(),
            further_members: members
                .filter_map(|(name, value)| Some(format!("{name}: {}", plain(value).or_else(|| shown(value))?)))
                .take(MAX_FURTHER)
                .collect(),
            links: Links::default(),
            text: text.map(|(_, text)| text),
        }
    }

    fn other(status: u16, body: &str) -> Self {
        let (text, links) = (excerpt(body), Links::default());
        let (further, further_members) = (Vec::new(), Vec::new());
        let form = ErrorForm::Other;
        Self { status, form, code: None, text, id: None, path: None, further, further_members, links }
    }

    /// Whether the bank's own code says that it refuses, and would refuse the same request again. Statuses such as 429
    /// and 503 alone say that it may be asked later.
    #[must_use]
    pub fn is_final(&self) -> bool {
        // A code that is known says more than "too many requests"; of an unknown one this is all that is known.
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
        if !self.further_members.is_empty() {
            error = error.with("further_members", shortened(&self.further_members.join("; "), TEXT));
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

/// A text, or a number as text; `None` if it is empty.
fn plain(value: &Value<'_>) -> Option<String> {
    match value {
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        other => Some(other.as_str().map_or_else(|| other.to_json(), str::to_owned)).filter(|text| !text.is_empty()),
    }
}

/// A value that is no text, as JSON; `None` if it says nothing.
fn shown(value: &Value<'_>) -> Option<String> {
    let text = value.to_json();
    (!matches!(text.as_str(), "null" | "\"\"" | "[]" | "{}")).then(|| shortened(&text, TEXT))
}

/// Collects messages, wherever they are: objects with a code, and in lists of messages also texts and objects with a
/// text. Programs that convert XML write a list of one as its object, and put objects around lists.
fn collect<'a>(value: &'a Value<'a>, in_list: bool, found: &mut Vec<&'a Value<'a>>) {
    match value {
        Value::Array(values) => {
            for value in values {
                match value {
                    Value::String(text) if in_list && !text.is_empty() => found.push(value),
                    value => collect(value, in_list, found),
                }
            }
        }
        Value::Object(_) if code_of(value).is_some() || in_list && text_of(value).is_some() => found.push(value),
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| *name != "_links") {
                collect(value, in_list || LISTS.contains(&name), found);
            }
        }
        _ => {}
    }
}

/// The message that counts: that a quota is used up, else the first error; a warning only if there is no error. One
/// with a code counts more than one without.
fn first_error<'a>(messages: &[&'a Value<'a>]) -> Option<&'a Value<'a>> {
    let is_warning = |message: &Value<'_>| {
        message.get("category").and_then(Value::as_str).is_some_and(|category| category.eq_ignore_ascii_case("WARNING"))
    };
    messages.iter().copied().min_by_key(|message| {
        let code = code_of(message);
        (!code.as_deref().is_some_and(code::is_quota), is_warning(message), code.is_none())
    })
}

/// The code of a message: an object's, or a text that is one.
fn code_of(message: &Value<'_>) -> Option<String> {
    let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    match message {
        Value::String(text) => text.bytes().all(is_code).then(|| text.clone().into_owned()),
        message => message.get("code").and_then(plain),
    }
}

/// The text of a message, with the name of its member.
fn text_of(message: &Value<'_>) -> Option<(&'static str, String)> {
    match message {
        Value::String(text) => code_of(message).is_none().then(|| ("", text.clone().into_owned())),
        message => TEXTS.into_iter().find_map(|name| Some((name, message.get(name).and_then(plain)?))),
    }
}

/// A message as `CODE: text`; `None` if it has neither.
fn summary(message: &Value<'_>) -> Option<String> {
    let text = text_of(message).map(|(_, text)| shortened(&text, TEXT));
    match (code_of(message), text) {
        (Some(code), Some(text)) => Some(format!("{code}: {text}")),
        (code, text) => code.or(text),
    }
}

/// The beginning of an answer in no known form, safe to show.
fn excerpt(body: &str) -> Option<String> {
    let text: String = body.chars().take(4 * EXCERPT).collect();
    (!text.trim().is_empty()).then(|| shortened(&text, EXCERPT))
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
