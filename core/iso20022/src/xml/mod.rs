//! Secure reading of foreign XML: bytes become a tree only after every limit was checked.
//!
//! Two readers must agree before a file counts as XML: a streaming pass over the raw text (`gate`) that enforces the limits in
//! linear time and constant memory, then the tree builder. WS Channel sheet §10 S30.

mod gate;
mod tree;
mod write;

use std::borrow::Cow;

use crate::problem::{Place, Problem};

pub(crate) use tree::{Node, Tree};
pub(crate) use write::Writer;

/// Largest file that is read, in bytes (the request body limit of WS Channel sheet §5.3; uploads themselves stop at 7 MiB).
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Deepest nesting of elements that is read; ISO 20022 messages stay below 20.
pub const MAX_DEPTH: usize = 64;
/// Most elements, texts and comments that one file may hold, which bounds the memory of its tree (about 250 bytes each); a
/// 7 MiB payment of the tersest kind holds about 380,000.
pub const MAX_NODES: usize = 500_000;
/// Most attributes, namespace declarations included, that one element may carry.
pub const MAX_ATTRIBUTES: usize = 32;

/// Longest text of a library's error that is passed on, in characters: it may quote the file.
const MAX_LIBRARY_TEXT: usize = 200;

/// Checks size, encoding and all structural limits, and gives the text that [`Tree::parse`] takes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::format(
            Place::nowhere(),
            format!("the file has {} bytes, more than {MAX_BYTES}", bytes.len()),
            "split it into several files",
        ));
    }
    let text = to_text(bytes)?;
    gate::check(&text)?;
    Ok(text)
}

/// Decodes UTF-8, US-ASCII, and ISO-8859-1 where the XML declaration says so.
fn to_text(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
    let bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
    if bytes.starts_with(b"\xFF\xFE")
        || bytes.starts_with(b"\xFE\xFF")
        || bytes.starts_with(b"\0<")
        || bytes.starts_with(b"<\0")
    {
        return Err(Problem::format(Place::at(1, 1), "the file is encoded as UTF-16", "save it as UTF-8"));
    }
    let declared = declared_encoding(bytes);
    let is = |name: &str| declared.as_deref().is_some_and(|d| d.eq_ignore_ascii_case(name));
    if is("ISO-8859-1") || is("latin1") {
        return Ok(Cow::Owned(bytes.iter().map(|byte| char::from(*byte)).collect()));
    }
    if let Some(other) = &declared
        && !(is("UTF-8") || is("UTF8") || is("US-ASCII") || is("ASCII"))
    {
        return Err(Problem::format(
            Place::at(1, 1),
            format!("the file declares the encoding {}", crate::text::quote(other)),
            "save it as UTF-8 and declare encoding=\"UTF-8\"",
        ));
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        Problem::format(Place::at(line, column), "this byte is not UTF-8", "save the file as UTF-8")
    })
}

/// The encoding named in the XML declaration, looked for in the first bytes only.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    const DECLARATION_BYTES: usize = 200;
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES)];
    let head = String::from_utf8_lossy(head);
    let declaration = head.strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn decodes_what_is_declared() {
        let latin = b"<?xml version=\"1.0\" encoding='iso-8859-1'?><a>\xE4</a>";
        assert!(decode(latin).unwrap().contains("<a>ä</a>"));
        assert!(decode("\u{feff}<a>ä</a>".as_bytes()).unwrap().starts_with("<a>"));
    }

    #[test]
    fn refuses_other_encodings_with_advice() {
        let utf16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [&utf16[..], b"\xFF\xFE<\0", b"<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>"] {
            assert!(decode(bytes).unwrap_err().change.contains("UTF-8"));
        }
        let bad = decode(b"<a>\n\xFF</a>").unwrap_err();
        assert_eq!((bad.line, bad.column), (Some(2), Some(1)));
    }
}
