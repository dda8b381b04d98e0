//! The value of `Signature`: `keyId="…",algorithm="…",headers="…",signature="…"` (§2.5).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use memchr::{memchr, memchr2};
use std::fmt;

use super::{shown::ShownBeginning, signing_string::MAX_NAMES};
use crate::http::{MAX_FIELD, is_token, text_has_control};

/// The maximum number of parameters.
pub const MAX_PARAMETERS: usize = 32;

/// The usual size of a value in bytes: a signature of 2048 bits, an issuer with a few parts.
const USUAL: usize = 768;

const KEY_ID: &str = "keyId";
const ALGORITHM: &str = "algorithm";
const HEADERS: &str = "headers";
const SIGNATURE: &str = "signature";
const KNOWN: [&str; 4] = [KEY_ID, ALGORITHM, HEADERS, SIGNATURE];

/// The parameters of a signature. `Debug` omits the signature (S-12).
#[derive(Clone, PartialEq, Eq)]
pub struct SignatureHeader {
    /// The key's id: [`KeyId`](super::KeyId) as text.
    pub key_id: String,
    /// The name of the algorithm; see [`algorithm_hash`](super::algorithm_hash).
    pub algorithm: Option<String>,
    /// The names of the signed headers, in order and as written.
    pub headers: Option<Vec<String>>,
    /// The signature in base64, unchecked.
    pub signature: String,
}

bankchannel_foundation::redacted_debug!(SignatureHeader, key_id, algorithm, headers);

/// The handling of a duplicate parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DuplicateParameters {
    /// It is an error.
    #[default]
    Reject,
    /// The last one counts, as in the draft.
    LastWins,
}

impl SignatureHeader {
    /// Formats the value with this separator between the parameters. It parses back to the same value unless a text in
    /// it has a quotation mark without a backslash before it, or ends in a backslash.
    #[must_use]
    pub fn to_text(&self, separator: &str) -> String {
        let headers = self.headers.as_ref().map(|names| names.join(" "));
        let parameters = [
            (KEY_ID, Some(self.key_id.as_str())),
            (ALGORITHM, self.algorithm.as_deref()),
            (HEADERS, headers.as_deref()),
            (SIGNATURE, Some(self.signature.as_str())),
        ];
        let mut text = String::with_capacity(USUAL);
        for (name, value) in parameters {
            let Some(value) = value else { continue };
            let before = if text.is_empty() { "" } else { separator };
            for part in [before, name, "=\"", value, "\""] {
                text.push_str(part);
            }
        }
        text
    }

    /// Parses a value, after [`decode_rfc2047`](super::decode_rfc2047). Unknown parameters are ignored.
    ///
    /// # Errors
    /// [`SignatureHeaderFault`].
    pub fn parse(text: &str, duplicates: DuplicateParameters) -> Result<Self, SignatureHeaderFault> {
        if text.len() > MAX_FIELD {
            return Err(SignatureHeaderFault::TooLarge);
        }
        let found = parameters(text, duplicates)?;
        let value = |name: &str| found.iter().find(|(other, _)| *other == name).map(|(_, value)| *value);
        let required = |name: &'static str| match value(name) {
            None => {
                let spelled = found.iter().map(|(other, _)| *other).find(|other| other.eq_ignore_ascii_case(name));
                Err(SignatureHeaderFault::Missing { parameter: name, spelled: spelled.map(str::to_owned) })
            }
            Some(value) => Ok(value.to_owned()),
        };
        let (key_id, signature) = (required(KEY_ID)?, required(SIGNATURE)?);
        let headers = value(HEADERS).map(|names| names.split(' ').filter(|name| !name.is_empty()));
        if headers.clone().is_some_and(|names| names.count() > MAX_NAMES) {
            return Err(SignatureHeaderFault::TooLarge);
        }
        Ok(Self {
            key_id,
            algorithm: value(ALGORITHM).map(str::to_owned),
            headers: headers.map(|names| names.map(str::to_owned).collect()),
            signature,
        })
    }

    /// The names of the signed headers in lower case, as they are signed and compared: the listed names, or `date` if
    /// there is no list (G8).
    #[must_use]
    pub fn signed_names(&self) -> Vec<String> {
        match &self.headers {
            Some(names) => names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            None => vec!["date".to_owned()],
        }
    }

    /// The signature's bytes; `None` if it is not canonical base64 with `+`, `/` and padding (V29).
    #[must_use]
    pub fn signature_bytes(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.signature.as_bytes()).ok()
    }
}

/// All parameters; each name occurs once. Each has a value; that of a known parameter is not empty.
fn parameters(text: &str, duplicates: DuplicateParameters) -> Result<Vec<(&str, &str)>, SignatureHeaderFault> {
    if text_has_control(text) {
        return Err(SignatureHeaderFault::Control);
    }
    let mut found: Vec<(&str, &str)> = Vec::with_capacity(KNOWN.len());
    let mut rest = without_blanks(text);
    loop {
        let (name, value, after) = parameter(rest, found.is_empty())?;
        if found.len() == MAX_PARAMETERS {
            return Err(SignatureHeaderFault::TooLarge);
        }
        match found.iter_mut().find(|(other, _)| *other == name) {
            None => found.push((name, value)),
            Some(_) if duplicates == DuplicateParameters::Reject => {
                return Err(SignatureHeaderFault::Duplicate(name.to_owned()));
            }
            Some(earlier) => earlier.1 = value,
        }
        rest = without_blanks(after);
        if rest.is_empty() {
            return Ok(found);
        }
        let next = rest.strip_prefix(',').ok_or_else(|| SignatureHeaderFault::Separator(name.to_owned()))?;
        rest = without_blanks(next);
    }
}

/// Parses one parameter; returns its name, its value and the rest.
fn parameter(text: &str, first: bool) -> Result<(&str, &str, &str), SignatureHeaderFault> {
    let is_end = |byte| matches!(byte, b' ' | b'\t' | b'=' | b',' | b'"');
    let end = text.bytes().position(is_end).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    if !is_token(name) {
        return Err(SignatureHeaderFault::NoName);
    }
    let Some(value) = without_blanks(after).strip_prefix('=') else {
        let scheme = first && name.eq_ignore_ascii_case("Signature") && after.starts_with([' ', '\t']);
        return Err(if scheme { SignatureHeaderFault::Scheme } else { SignatureHeaderFault::NoValue(name.to_owned()) });
    };
    let value = without_blanks(value);
    let known = KNOWN.contains(&name);
    let (value, after) = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted).ok_or_else(|| SignatureHeaderFault::Unterminated(name.to_owned()))?,
        None => {
            let digits = value.bytes().take_while(u8::is_ascii_digit).count();
            match digits {
                0 if value.is_empty() || value.starts_with(',') => {
                    return Err(SignatureHeaderFault::NoValue(name.to_owned()));
                }
                0 => return Err(SignatureHeaderFault::Unquoted(name.to_owned())),
                _ if known => return Err(SignatureHeaderFault::Unquoted(name.to_owned())),
                _ => value.split_at(digits),
            }
        }
    };
    if known && value.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(SignatureHeaderFault::Empty(name.to_owned()));
    }
    if memchr(b'\t', value.as_bytes()).is_some() {
        return Err(SignatureHeaderFault::Control);
    }
    Ok((name, value, after))
}

/// Splits at the first quotation mark that no backslash escapes. The backslashes belong to the escapes of a
/// distinguished name and stay.
fn unquoted(text: &str) -> Option<(&str, &str)> {
    let mut searched = 0;
    loop {
        let at = searched + memchr2(b'"', b'\\', text.as_bytes().get(searched..)?)?;
        if text.as_bytes()[at] == b'"' {
            return Some((&text[..at], &text[at + 1..]));
        }
        // The backslash and the byte that it escapes.
        searched = at + 2;
    }
}

fn without_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// The reason why a value cannot be parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignatureHeaderFault {
    /// More than 16 KiB, or too many parameters or listed headers.
    TooLarge,
    /// A control character.
    Control,
    /// The scheme word of `Authorization` comes first (H-17).
    Scheme,
    /// A parameter's name is missing.
    NoName,
    /// A parameter without `=` or without a value.
    NoValue(String),
    /// A value without quotation marks.
    Unquoted(String),
    /// A value without its closing quotation mark.
    Unterminated(String),
    /// Something other than a comma follows this parameter.
    Separator(String),
    /// A required parameter is empty.
    Empty(String),
    /// A duplicate parameter.
    Duplicate(String),
    /// A parameter is missing.
    Missing {
        /// Its name.
        parameter: &'static str,
        /// The name in another spelling, if the value has that.
        spelled: Option<String>,
    },
}

impl SignatureHeaderFault {
    /// The parameter at fault, if it is one.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::TooLarge | Self::Control | Self::Scheme | Self::NoName => None,
            Self::Missing { parameter, .. } => Some(parameter),
            Self::NoValue(name)
            | Self::Unquoted(name)
            | Self::Unterminated(name)
            | Self::Separator(name)
            | Self::Empty(name)
            | Self::Duplicate(name) => Some(name),
        }
    }
}

impl fmt::Display for SignatureHeaderFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature cannot be read: ")?;
        match self {
            Self::TooLarge => {
                write!(f, "it has more than 16 KiB, {MAX_PARAMETERS} parameters or {MAX_NAMES} listed headers")
            }
            Self::Control => write!(f, "it has a control character"),
            Self::Scheme => write!(f, "it begins with the word `Signature`, which belongs in Authorization only"),
            Self::NoName => write!(f, "expected a parameter `name=\"value\"` in the place of other text"),
            Self::NoValue(name) => write!(f, "the parameter {} has no value", ShownBeginning(name)),
            Self::Unquoted(name) => write!(f, "the value of {} is not in quotation marks", ShownBeginning(name)),
            Self::Unterminated(name) => {
                write!(f, "the value of {} has no closing quotation mark", ShownBeginning(name))
            }
            Self::Separator(name) => write!(f, "a comma is missing after the parameter {}", ShownBeginning(name)),
            Self::Empty(name) => write!(f, "the parameter {} is empty", ShownBeginning(name)),
            Self::Duplicate(name) => write!(f, "the parameter {} is given twice", ShownBeginning(name)),
            Self::Missing { parameter, spelled: None } => write!(f, "the parameter `{parameter}` is missing"),
            Self::Missing { parameter, spelled: Some(other) } => {
                write!(f, "the parameter `{parameter}` is missing; {} is spelled otherwise", ShownBeginning(other))
            }
        }
    }
}

impl std::error::Error for SignatureHeaderFault {}

#[cfg(test)]
#[path = "signature_header_tests.rs"]
mod tests;
