//! Plain tags and texts, which are most of a file and need no processing. Finding them here is several times as fast as
//! the library, which reads everything else: attributes, references, comments, carriage returns, malformed text.

use super::names::resolved;

/// Longest reference that is read here, in bytes: `&#x10FFFF;` has ten.
const MAX_REFERENCE: usize = 16;

/// A tag or text that needs no processing.
pub(super) enum PlainToken<'t> {
    /// Text of that many bytes.
    Text(usize),
    /// A reference of that many bytes, to a character.
    Reference(char, usize),
    /// A start tag with one plain attribute at most.
    Start {
        name: &'t str,
        /// The attribute with the blank before it, as written.
        attributes: &'t str,
        /// Size of the text, if plain text and the end tag follow.
        text: Option<usize>,
    },
    /// The end tag of the innermost element.
    End,
}

/// The token at the beginning of a text, if it is plain: most of a file.
#[inline]
pub(super) fn plain<'t>(rest: &'t str, innermost: &str) -> Option<PlainToken<'t>> {
    let bytes = rest.as_bytes();
    if *bytes.first()? == b'&' {
        let end = memchr::memchr(b';', &bytes[..bytes.len().min(MAX_REFERENCE)])?;
        return resolved(rest.get(1..end)?).map(|found| PlainToken::Reference(found, end + 1));
    }
    if bytes[0] != b'<' {
        return plain_text(bytes).filter(|size| *size > 0).map(PlainToken::Text);
    }
    if let Some(behind) = rest.strip_prefix("</") {
        let closes = !innermost.is_empty() && closes(behind.as_bytes(), innermost);
        return closes.then_some(PlainToken::End);
    }
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let mut end = 1 + bytes[1..].iter().position(|byte| !in_name(byte))?;
    if !bytes[1].is_ascii_alphabetic() {
        return None;
    }
    if bytes[end] == b':' {
        // A prefix: the name behind it starts with a letter as well.
        let local = &bytes[end + 1..];
        if !local.first()?.is_ascii_alphabetic() {
            return None;
        }
        end += 1 + local.iter().position(|byte| !in_name(byte))?;
    }
    let size = plain_attribute(&bytes[end..])?;
    let behind = &bytes[end + size + 1..];
    let (name, attributes) = (&rest[1..end], &rest[end..end + size]);
    let text = plain_text(behind)
        .filter(|size| behind[*size..].strip_prefix(b"</").is_some_and(|behind| closes(behind, name)));
    Some(PlainToken::Start { name, attributes, text })
}

/// The size of the attributes in a tag: none, or one attribute such as ` Ccy="EUR"` that declares no namespace.
fn plain_attribute(bytes: &[u8]) -> Option<usize> {
    if *bytes.first()? == b'>' {
        return Some(0);
    }
    let name = bytes.strip_prefix(b" ")?;
    let size = name.iter().position(|byte| !byte.is_ascii_alphabetic())?;
    if size == 0 || name.starts_with(b"xml") {
        return None;
    }
    let value = name.get(size..)?.strip_prefix(b"=\"")?;
    let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
    value[end..].starts_with(b"\">").then_some(bytes.len() - value.len() + end + 1)
}

/// The number of bytes of text up to markup; `None` if they contain a carriage return, which XML normalizes, or `>`,
/// which ends a forbidden sequence, or may continue.
#[inline]
fn plain_text(bytes: &[u8]) -> Option<usize> {
    let end = memchr::memchr3(b'<', b'&', b'\r', bytes).filter(|at| bytes[*at] != b'\r')?;
    memchr::memchr(b'>', &bytes[..end]).is_none().then_some(end)
}

fn closes(bytes: &[u8], name: &str) -> bool {
    bytes.get(name.len()) == Some(&b'>') && bytes.starts_with(name.as_bytes())
}
