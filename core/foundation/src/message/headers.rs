//! Header fields in their original order, spelling and bytes; and the grammar of names and values.

use std::fmt;

use bytes::Bytes;

use crate::Secret;

/// Header fields in the order in which they were sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<Header>);

/// One header field.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as written.
    pub name: String,
    /// Everything between the colon and the end of the line, spaces included.
    pub value: Bytes,
}

impl IntoIterator for Headers {
    type Item = Header;
    type IntoIter = std::vec::IntoIter<Header>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Header {
    /// The value without leading and trailing spaces and tabs.
    #[must_use]
    pub fn trimmed(&self) -> &[u8] {
        trim(&self.value)
    }
}

impl Headers {
    /// Appends a field.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Bytes>) {
        self.0.push(Header { name: name.into(), value: value.into() });
    }

    /// Appends a field whose value is wiped when the last message with it is dropped.
    pub fn push_secret(&mut self, name: impl Into<String>, value: &Secret) {
        self.push(name, Bytes::from_owner(WipedValue(value.clone())));
    }

    /// Replaces all fields of this name with one, at the position of the first, or at the end.
    pub fn set(&mut self, name: &str, value: impl Into<Bytes>) {
        let header = Header { name: name.to_owned(), value: value.into() };
        let first = self.0.iter().position(|held| held.name.eq_ignore_ascii_case(name));
        self.0.retain(|held| !held.name.eq_ignore_ascii_case(name));
        self.0.insert(first.unwrap_or(self.0.len()), header);
    }

    /// Removes every field of this name.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|held| !held.name.eq_ignore_ascii_case(name));
    }

    /// The fields in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Header> {
        self.0.iter()
    }

    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no fields.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of this name, case-insensitively, in order.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Header> {
        self.0.iter().filter(move |held| held.name.eq_ignore_ascii_case(name))
    }

    /// The number of fields with this name.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.named(name).count()
    }

    /// The first field of this name, without leading and trailing spaces and tabs.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|held| held.name.eq_ignore_ascii_case(name)).map(Header::trimmed)
    }

    /// The same as text; `None` also if it is not UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(|value| std::str::from_utf8(value).ok())
    }
}

impl Extend<Header> for Headers {
    fn extend<I: IntoIterator<Item = Header>>(&mut self, fields: I) {
        self.0.extend(fields);
    }
}

impl<N: Into<String>, V: Into<Bytes>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| Header { name: name.into(), value: value.into() }).collect())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|header| &header.name)).finish()
    }
}

/// A secret as the owner of a value's bytes.
struct WipedValue(Secret);

impl AsRef<[u8]> for WipedValue {
    fn as_ref(&self) -> &[u8] {
        self.0.expose().as_bytes()
    }
}

/// Removes leading and trailing spaces and tabs (RFC 9110 §5.6.3).
#[must_use]
pub fn trim(value: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &value[start..end]
}

/// Whether a text is a token (RFC 9110 §5.6.2): the syntax of methods and header names.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let is_mark = |byte| {
        matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
    };
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

/// Whether a header value has an invalid byte: a control character other than a tab (RFC 9110 §5.5).
#[must_use]
pub fn has_control(value: &[u8]) -> bool {
    let is_control = |byte: u8| (byte == 0x7f) | ((byte < 0x20) & (byte != b'\t'));
    // In chunks, not byte by byte: certificates are long, and a whole chunk is checked in a few steps.
    value.chunks(64).any(|piece| piece.iter().fold(false, |found, &byte| found | is_control(byte)))
}

/// Whether all bytes are visible ASCII or spaces.
#[must_use]
pub fn is_visible(value: &[u8]) -> bool {
    value.chunks(64).all(|piece| piece.iter().fold(true, |so_far, &byte| so_far & (0x20..=0x7e).contains(&byte)))
}

/// The same as [`has_control`] for a text: also finds control characters beyond ASCII.
#[must_use]
pub fn text_has_control(text: &str) -> bool {
    match text.is_ascii() {
        true => has_control(text.as_bytes()),
        false => text.chars().any(|char| char.is_control() && char != '\t'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_and_character_is_known() {
        for byte in 0..=u8::MAX {
            let control = char::from(byte).is_ascii_control() && byte != b'\t';
            for before in [0, 1, 63, 64, 200] {
                let value = [vec![b'x'; before], vec![byte, b'x']].concat();
                assert_eq!(has_control(&value), control, "{byte} after {before}");
            }
            let token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let char = char::from(byte);
            assert_eq!(is_token(&format!("a{char}")), token, "{byte}");
            assert_eq!(text_has_control(&format!("a{char}")), char.is_control() && char != '\t', "{byte}");
        }
        assert!(!is_token("") && !has_control(b"") && !text_has_control("ø\t") && text_has_control("ø\n"));
    }

    #[test]
    fn setting_replaces_in_place() {
        let mut headers = Headers::default();
        headers.push("A", "1");
        headers.push("b", "2");
        headers.push("a", "3");
        headers.set("a", "4");
        assert_eq!(
            (headers.len(), headers.text("A"), headers.iter().next().map(|h| h.name.as_str())),
            (2, Some("4"), Some("a"))
        );
        headers.remove("B");
        assert_eq!(headers.len(), 1);
    }
}
