//! Names, references, and the checks of a start tag.

use crate::attributes::{self, XmlAttributes};
use crate::namespaces::{NamespaceIdentity, NamespaceScope, is_absolute};
use crate::text::quote;

use super::{MAX_ATTRIBUTES, XmlRefusal, XmlRules};

/// Maximum number of bytes of the namespaces that one element declares.
const MAX_DECLARED: usize = 4096;
/// Longest namespace that is read where canonical XML is made of it, bytes as written: it may repeat one on each
/// element.
const MAX_CANONICAL: usize = 256;

/// The name without its prefix.
#[inline]
pub fn local(name: &str) -> &str {
    name.bytes().position(|byte| byte == b':').map_or(name, |at| &name[at + 1..])
}

/// The prefix of a name; empty for none.
#[inline]
pub fn prefix(name: &str) -> &str {
    name.bytes().position(|byte| byte == b':').map_or("", |at| &name[..at])
}

/// The size of the name at the beginning of a text: letters first, one colon at most. `None` if there is none.
pub(crate) fn name_size(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let first = part_size(text)?;
    if bytes.get(first) != Some(&b':') {
        return Some(first);
    }
    let end = first + 1 + part_size(&text[first + 1..])?;
    (bytes.get(end) != Some(&b':')).then_some(end)
}

/// The same for a name without a colon.
fn part_size(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let end = bytes.iter().position(|byte| !in_name(byte)).unwrap_or(bytes.len());
    if bytes.get(end).is_none_or(u8::is_ascii) {
        return bytes.first().filter(|first| first.is_ascii_alphabetic() || **first == b'_').map(|_| end);
    }
    let mut chars = text.char_indices();
    chars.next().filter(|(_, first)| starts_name(*first))?;
    Some(chars.find(|(_, one)| !continues_name(*one)).map_or(text.len(), |(at, _)| at))
}

fn starts_name(one: char) -> bool {
    matches!(one, 'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

fn continues_name(one: char) -> bool {
    starts_name(one)
        || matches!(one, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// The character that a reference such as `amp` or `#xE4` means; `None` if it means none that XML allows.
pub(crate) fn resolved(name: &str) -> Option<char> {
    let number = match name.strip_prefix('#') {
        None => {
            return Some(match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                _ => return None,
            });
        }
        Some(number) => number,
    };
    let (digits, radix) = number.strip_prefix('x').map_or((number, 10), |digits| (digits, 16));
    if digits.is_empty() || !digits.bytes().all(|byte| (byte as char).is_digit(radix)) {
        return None;
    }
    // Leading zeros may be any number of them.
    let code = u32::from_str_radix(digits.trim_start_matches('0'), radix).ok()?;
    char::from_u32(code).filter(|one| is_character(*one))
}

/// Whether XML allows this character.
fn is_character(one: char) -> bool {
    matches!(one, '\t' | '\n' | '\r') || (one >= ' ' && !matches!(one, '\u{fffe}' | '\u{ffff}'))
}

/// Checks the attributes of a tag and takes note of the namespaces that it declares.
pub(super) fn check_attributes(
    raw: &str,
    depth: usize,
    scope: &mut NamespaceScope,
    rules: XmlRules,
) -> Result<(), XmlRefusal> {
    let malformed = XmlRefusal::malformed;
    let mut names: Vec<&str> = Vec::new();
    let (mut rest, mut declared) = (raw, 0);
    while let Some((attribute, behind)) = attributes::first(rest).map_err(malformed)? {
        if names.len() == MAX_ATTRIBUTES {
            return Err(XmlRefusal::new(
                format!("an element has more than {MAX_ATTRIBUTES} attributes"),
                "payment files have one or two: export it again",
            ));
        }
        if names.contains(&attribute.name) {
            return Err(malformed(&format!("the attribute {} is given twice", quote(attribute.name))));
        }
        if !attributes::is_allowed(attribute.raw) {
            return Err(malformed(&format!("the value of the attribute {} is not allowed", quote(attribute.name))));
        }
        if let Some(prefix) = attribute.declared_prefix() {
            let uri = attribute.value();
            declared += prefix.len() + uri.len();
            if declared > MAX_DECLARED {
                let message = format!("an element declares namespaces of more than {MAX_DECLARED} bytes");
                return Err(XmlRefusal::new(message, "export it again"));
            }
            if rules.canonical {
                check_canonical(attribute.raw, &uri)?;
            }
            scope.declare(depth, prefix, &uri).map_err(malformed)?;
        }
        names.push(attribute.name);
        rest = behind;
    }
    if rules.strict { check_prefixes(XmlAttributes(raw), &names, scope) } else { Ok(()) }
}

/// Refuses a namespace that has no canonical form, or too long a one.
fn check_canonical(raw: &str, uri: &str) -> Result<(), XmlRefusal> {
    if raw.len() > MAX_CANONICAL {
        let message = format!("a namespace has more than {MAX_CANONICAL} bytes");
        return Err(XmlRefusal::new(message, "messages of banks have none such: export it again"));
    }
    if !uri.is_empty() && !is_absolute(uri) {
        let message = format!("the namespace {} is relative: it has no canonical form that is signed", quote(uri));
        return Err(XmlRefusal::new(message, "declare an absolute one, such as urn:example"));
    }
    Ok(())
}

/// Checks that each prefix is declared, and that no attribute is given twice under two prefixes of one namespace.
fn check_prefixes(raw: XmlAttributes<'_>, names: &[&str], scope: &NamespaceScope) -> Result<(), XmlRefusal> {
    if !names.iter().any(|name| name.contains(':')) {
        return Ok(());
    }
    let mut expanded: Vec<(NamespaceIdentity, &str)> = Vec::new();
    for attribute in raw.iter().filter(|one| one.declared_prefix().is_none() && !one.prefix().is_empty()) {
        let namespace = scope.identity(attribute.prefix()).ok_or_else(|| undeclared(attribute.prefix()))?;
        if expanded.contains(&(namespace, attribute.local())) {
            let name = quote(attribute.local());
            return Err(XmlRefusal::malformed(&format!("the attribute {name} is given twice in one namespace")));
        }
        expanded.push((namespace, attribute.local()));
    }
    Ok(())
}

/// The refusal of a prefix that is not declared.
pub(super) fn undeclared(prefix: &str) -> XmlRefusal {
    XmlRefusal::new(
        format!("the prefix {} is not declared", quote(prefix)),
        "declare its namespace with xmlns, or remove it",
    )
}
