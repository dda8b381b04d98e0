//! The attributes of a start tag.

use std::borrow::Cow;

use crate::tokens::{local, name_size, prefix, resolved};

/// The attributes of a start tag, whose syntax was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlAttributes<'t>(pub(crate) &'t str);

/// One attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlAttribute<'t> {
    /// The name as it is written.
    pub name: &'t str,
    /// The value as it is written.
    pub raw: &'t str,
}

impl<'t> XmlAttributes<'t> {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.trim_ascii().is_empty()
    }

    /// The attributes as written, with the blank before each.
    pub fn as_written(self) -> &'t str {
        self.0
    }

    /// All of them in order, namespace declarations included.
    pub fn iter(self) -> impl Iterator<Item = XmlAttribute<'t>> {
        let mut rest = self.0;
        // The syntax was checked, so nothing is left out.
        std::iter::from_fn(move || {
            let (attribute, behind) = first(rest).ok()??;
            rest = behind;
            Some(attribute)
        })
    }

    /// The value of the attribute with this name as written.
    pub fn get(self, name: &str) -> Option<Cow<'t, str>> {
        // The usual form: one attribute, in double quotes.
        let plain = self.0.strip_prefix(' ').and_then(|one| one.strip_prefix(name)?.strip_prefix("=\""));
        if let Some(value) = plain.and_then(|value| value.strip_suffix('"'))
            && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Some(Cow::Borrowed(value));
        }
        self.iter().find(|one| one.name == name).map(|one| one.value())
    }
}

impl<'t> XmlAttribute<'t> {
    /// The value: references resolved, and each raw tab and line end a blank, as XML demands.
    pub fn value(self) -> Cow<'t, str> {
        if !self.raw.bytes().any(|byte| matches!(byte, b'&' | b'\t' | b'\n' | b'\r')) {
            return Cow::Borrowed(self.raw);
        }
        let mut value = String::with_capacity(self.raw.len());
        let mut rest = self.raw;
        while let Some(at) = rest.find(['&', '\t', '\n', '\r']) {
            value.push_str(&rest[..at]);
            let special = &rest[at..];
            let reference = special.strip_prefix('&').and_then(|inner| inner.split_once(';'));
            match reference {
                Some((name, behind)) => {
                    value.extend(resolved(name));
                    rest = behind;
                }
                None => {
                    value.push(' ');
                    rest = special.strip_prefix("\r\n").unwrap_or(&special[1..]);
                }
            }
        }
        value.push_str(rest);
        Cow::Owned(value)
    }

    /// The name without its prefix.
    pub fn local(self) -> &'t str {
        local(self.name)
    }

    /// The prefix; empty for none.
    pub fn prefix(self) -> &'t str {
        prefix(self.name)
    }

    /// The prefix that it declares a namespace for, empty for the default one; `None` for other attributes.
    pub fn declared_prefix(self) -> Option<&'t str> {
        // Most do not begin so: a call for the comparison costs more than this.
        if self.name.as_bytes().first() != Some(&b'x') {
            return None;
        }
        match self.name.strip_prefix("xmlns")? {
            "" => Some(""),
            prefix => prefix.strip_prefix(':'),
        }
    }
}

/// The first attribute and what follows it; `None` if only blanks are left.
///
/// # Errors
/// What XML does not allow.
pub(crate) fn first(text: &str) -> Result<Option<(XmlAttribute<'_>, &str)>, &'static str> {
    if let Some(plain) = first_plain(text) {
        return Ok(Some(plain));
    }
    let trimmed = text.trim_start_matches(BLANKS);
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed.len() == text.len() {
        return Err("there is no blank before an attribute");
    }
    let size = name_size(trimmed).ok_or("the name of an attribute is not allowed")?;
    let (name, rest) = trimmed.split_at(size);
    let rest = rest.trim_start_matches(BLANKS).strip_prefix('=').ok_or("an attribute has no value")?;
    let rest = rest.trim_start_matches(BLANKS);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or("a value is not in quotation marks")?;
    let (raw, rest) = rest[1..].split_once(quote).ok_or("the quotation marks of a value do not end")?;
    Ok(Some((XmlAttribute { name, raw }, rest)))
}

/// The first attribute in the usual form, ` name="value"`, and what follows it; `None` for all others.
fn first_plain(text: &str) -> Option<(XmlAttribute<'_>, &str)> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b' ') {
        return None;
    }
    let end = 1 + name_size(text.get(1..)?)?;
    if bytes.get(end..end + 2)? != *b"=\"" {
        return None;
    }
    let size = memchr::memchr(b'"', &bytes[end + 2..])?;
    let value = end + 2;
    Some((XmlAttribute { name: &text[1..end], raw: &text[value..value + size] }, &text[value + size + 1..]))
}

/// Whether a value as written is allowed: no `<`, and all references known.
pub(crate) fn is_allowed(raw: &str) -> bool {
    let mut rest = raw;
    while let Some(at) = rest.find(['<', '&']) {
        let Some((name, behind)) = rest[at..].strip_prefix('&').and_then(|inner| inner.split_once(';')) else {
            return false;
        };
        if resolved(name).is_none() {
            return false;
        }
        rest = behind;
    }
    true
}

pub(crate) const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];
