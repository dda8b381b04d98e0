//! Determines the encoding of a file.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::fault::XmlFault;
use crate::text::quote;

/// The number of bytes searched for the declaration; banks put blank lines before it.
const HEAD_BYTES: usize = 1024;

/// The encoding of a file.
pub(crate) struct DetectedEncoding {
    pub(crate) encoding: &'static Encoding,
    /// Size of the byte order mark, in bytes.
    pub(crate) mark: usize,
    /// A remark if the declaration says something else.
    pub(crate) note: Option<String>,
}

/// The encoding that the first bytes have: by a byte order mark, otherwise by the declaration, otherwise UTF-8.
pub(crate) fn detect(bytes: &[u8]) -> Result<DetectedEncoding, XmlFault> {
    let found = |encoding, mark, note| Ok(DetectedEncoding { encoding, mark, note });
    let by_mark = Encoding::for_bom(bytes).or_else(|| {
        // Without a mark, the first character shows it.
        let wide = [(&b"\0<"[..], UTF_16BE), (b"<\0", UTF_16LE)];
        wide.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, encoding)| (encoding, 0))
    });
    let head = &bytes[..bytes.len().min(HEAD_BYTES)];
    if let Some((encoding, mark)) = by_mark {
        let text = encoding.decode_without_bom_handling(head).0;
        let other = declared(&text).filter(|name| !means(name, encoding));
        let note = other.map(|name| {
            let (name, read) = (quote(&name), encoding.name());
            format!("the file declares the encoding {name}, but its first bytes are {read}, so it is read as that")
        });
        return found(encoding, mark, note);
    }
    let Some(name) = declared(&String::from_utf8_lossy(head)) else { return found(UTF_8, 0, None) };
    let encoding = named(&name)?;
    if [UTF_16BE, UTF_16LE].contains(&encoding) {
        let note = format!("the file declares the encoding {}, but is not, so it is read as UTF-8", quote(&name));
        return found(UTF_8, 0, Some(note));
    }
    found(encoding, 0, None)
}

/// The whole text of a message, decoded by its byte order mark, its declaration, the charset that came with it, or as
/// UTF-8, in this order. UTF-8 is not copied.
///
/// # Errors
/// The encoding is not supported (UTF-16 is none of messages), it is not the one that the message declares, or the bytes
/// are not in it: two readers would read two messages.
pub fn decode_message<'b>(bytes: &'b [u8], charset: Option<&str>) -> Result<Cow<'b, str>, XmlFault> {
    let own = detect(bytes)?;
    if own.note.is_some() {
        let message = "the message declares another encoding than its first bytes have";
        return Err(XmlFault::new(message, "send it in the encoding that it declares").at(1, 1));
    }
    let is_declared =
        || own.mark > 0 || declared(&String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)])).is_some();
    let encoding = match charset {
        Some(name) if !is_declared() => named(name)?,
        _ => own.encoding,
    };
    if [UTF_16BE, UTF_16LE].contains(&encoding) {
        let message = "the message is in UTF-16, which no message of this kind is in";
        return Err(XmlFault::new(message, "send it in UTF-8").at(1, 1));
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(&bytes[own.mark..]);
    text.ok_or_else(|| {
        let message = format!("the message has bytes that are not {}", encoding.name());
        XmlFault::new(message, "send it in the encoding that it declares")
    })
}

/// The encoding with that name. ISO-8859-1 is read as windows-1252, which differs in control characters only.
///
/// # Errors
/// The encoding is not supported.
pub fn named(name: &str) -> Result<&'static Encoding, XmlFault> {
    // The encoding registry maps ASCII to windows-1252; a file that declares ASCII but is not ASCII is more likely
    // UTF-8.
    let label = if ["ascii", "us-ascii"].contains(&name.to_ascii_lowercase().as_str()) { "utf-8" } else { name };
    let known = Encoding::for_label(label.as_bytes());
    let supported = [UTF_8, WINDOWS_1252, ISO_8859_15, UTF_16LE, UTF_16BE];
    known.filter(|found| supported.contains(found)).ok_or_else(|| {
        let message = format!("the file declares the encoding {}", quote(name));
        XmlFault::new(message, "save it as UTF-8 and declare encoding=\"UTF-8\"").at(1, 1)
    })
}

/// Whether a declared name means this encoding; the name `UTF-16` leaves the order of bytes to the mark.
pub(crate) fn means(name: &str, encoding: &'static Encoding) -> bool {
    let wide = |one: &'static Encoding| [UTF_16LE, UTF_16BE].contains(&one);
    named(name).is_ok_and(|found| found == encoding || (wide(found) && wide(encoding)))
}

/// The encoding named in the XML declaration.
fn declared(head: &str) -> Option<String> {
    let declaration = head.split_once("<?xml")?.1.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value[1..].split(quote).next().map(str::to_owned)
}
