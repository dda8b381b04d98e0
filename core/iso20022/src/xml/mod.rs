//! Secure reading of foreign XML: bytes become a tree only after every limit has been checked.
//!
//! ```text
//!  bytes ─► source ─► tokens ─┬─► record ─► the readers of statements, reports and payments: one element at a time
//!           (decoded)         └─► gate ─► tree ─► schema, simulator: a whole file
//! ```
//!
//! Two readers must agree before a whole file counts as XML: a streaming pass over the raw text (`gate`) that enforces the
//! limits in linear time and constant memory, then the tree builder. docs/protocols/ws-channel.md §10 S30.

mod encoding;
mod gate;
mod open;
mod plain;
mod record;
mod source;
mod tokens;
mod tree;
mod write;

use std::borrow::Cow;

use encoding_rs::UTF_8;

use crate::problem::{Place, Problem};

pub(crate) use encoding::named as named_encoding;
pub(crate) use record::{Element, Record};
pub(crate) use source::Source;
pub(crate) use tokens::{Edge, Refusal, Tag, Token, TokenLimits, Tokens, Watcher, attributes, local};

pub(crate) use tree::{Node, Tree};
pub(crate) use write::{Layout, Writer};

/// Largest file that is read, in bytes (the request body limit of docs/protocols/ws-channel.md §5.3; uploads themselves stop at 7 MiB).
pub const MAX_BYTES: usize = 10 * 1024 * 1024;
/// Deepest nesting of elements that is read; ISO 20022 messages stay below 20.
pub const MAX_DEPTH: usize = 64;
/// Most elements, texts and comments that one file may hold, and as many line ends between them, which bounds the memory of its tree (about 250 bytes each); a
/// 7 MiB payment of the tersest kind holds about 380,000.
pub const MAX_NODES: usize = 500_000;
/// Most attributes, namespace declarations included, that one element may carry.
pub const MAX_ATTRIBUTES: usize = 32;

/// Longest text of a library's error that is passed on, in characters: it may quote the file.
const MAX_LIBRARY_TEXT: usize = 200;

/// Checks size, encoding and all structural limits, and returns the text for [`Tree::parse`]. Line ends between elements
/// are counted separately, as indented files have as many of them as of everything else.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    if bytes.len() > MAX_BYTES {
        return Err(Problem::format(
            Place::nowhere(),
            format!("the file has {} bytes, more than {MAX_BYTES}", bytes.len()),
            "split it into several files",
        ));
    }
    let text = to_text(bytes, None)?;
    gate::check(&text)?;
    Ok(text)
}

/// The same for a check of a file of at most [`MAX_BYTES`] in the given encoding, whatever it declares; `None` if
/// there are more nodes than a tree may hold.
pub(crate) fn decode_for_check<'b>(bytes: &'b [u8], encoding: Option<&str>) -> Result<Option<Cow<'b, str>>, Problem> {
    let text = to_text(bytes, encoding)?;
    Ok(gate::fits_tree(&text)?.then_some(text))
}

/// Decodes UTF-8 and the encoding in the XML declaration, if [`encoding::detect`] supports it.
fn to_text<'b>(bytes: &'b [u8], given: Option<&str>) -> Result<Cow<'b, str>, Problem> {
    const UTF8_BOM: &[u8] = b"\xEF\xBB\xBF";
    let bytes = bytes.strip_prefix(UTF8_BOM).unwrap_or(bytes);
    let encoding = given.map_or_else(|| encoding::detect(bytes), named_encoding)?;
    if encoding != UTF_8 {
        return Ok(encoding.decode_without_bom_handling(bytes).0);
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
        Problem::format(Place::at(line, column), "this byte is not UTF-8", "save the file as UTF-8")
    })
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
        let euro = |name: &str, byte: u8| {
            let head = format!("<?xml version=\"1.0\" encoding=\"{name}\"?><a>");
            decode(&[head.as_bytes(), &[byte], b"</a>"].concat()).map(|text| text.contains("<a>€</a>"))
        };
        assert_eq!(euro("ISO-8859-15", 0xA4), Ok(true));
        assert_eq!(euro("windows-1252", 0x80), Ok(true));
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
