//! Determines the encoding of a file.

use std::borrow::Cow;

use encoding_rs::{Encoding, ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, mem::decode_latin1};

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
    let head = head(bytes);
    if let Some((encoding, mark)) = by_mark {
        let text = encoding.decode_without_bom_handling(head).0;
        let other = declared(&text)?.filter(|name| !means(name, encoding));
        let note = other.map(|name| {
            let (name, read) = (quote(&name), encoding.name());
            format!("the file declares the encoding {name}, but its first bytes are {read}, so it is read as that")
        });
        return found(encoding, mark, note);
    }
    let Some(name) = declared(&String::from_utf8_lossy(head))? else { return found(UTF_8, 0, None) };
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
    let bytes = &bytes[own.mark..];
    let declared = declared(&String::from_utf8_lossy(head(bytes)))?;
    let name = match own.mark {
        0 => declared.as_deref().or(charset),
        _ => None,
    };
    let encoding = name.map_or(Ok(own.encoding), named)?;
    if [UTF_16BE, UTF_16LE].contains(&encoding) {
        let message = "the message is in UTF-16, which no message of this kind is in";
        return Err(XmlFault::new(message, "send it in UTF-8").at(1, 1));
    }
    let text = match name.map(str::to_ascii_lowercase).as_deref() {
        Some(name) if ASCII.contains(&name) && !bytes.is_ascii() => None,
        // Each byte is the character of its number: that is signed, not the sign of a browser.
        Some(name) if encoding == WINDOWS_1252 && !WINDOWS.contains(&name) => Some(decode_latin1(bytes)),
        _ => encoding.decode_without_bom_handling_and_without_replacement(bytes),
    };
    text.ok_or_else(|| {
        let message = format!("the message has bytes that are not {}", name.unwrap_or(encoding.name()));
        XmlFault::new(message, "send it in the encoding that it declares")
    })
}

/// The names of US-ASCII.
const ASCII: [&str; 3] = ["ascii", "us-ascii", "ansi_x3.4-1968"];
/// The names of windows-1252; all others that stand for it mean ISO-8859-1.
const WINDOWS: [&str; 3] = ["windows-1252", "cp1252", "x-cp1252"];

fn head(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(HEAD_BYTES)]
}

/// The encoding of a file with that name. ISO-8859-1 is read as windows-1252, which differs in control characters only:
/// files that say the one are often the other. In messages, which are signed, it is read as it is.
///
/// # Errors
/// The encoding is not supported.
pub fn named(name: &str) -> Result<&'static Encoding, XmlFault> {
    // The encoding registry maps ASCII to windows-1252; a file that declares ASCII but is not ASCII is more likely
    // UTF-8.
    let label = if ASCII.contains(&name.to_ascii_lowercase().as_str()) { "utf-8" } else { name };
    // The registry's look-up passes over blanks around a name.
    let known = Encoding::for_label(label.as_bytes()).filter(|_| is_name(name));
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

/// Whether a text can be the name of an encoding (XML 1.0 §4.3.3). A colon is in one of those that are known.
pub(crate) fn is_name(text: &str) -> bool {
    let continues = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(continues)
}

/// The encoding named in the XML declaration.
///
/// # Errors
/// The declaration does not end in the first bytes: its encoding could not be seen.
fn declared(head: &str) -> Result<Option<String>, XmlFault> {
    let Some((_, begun)) = head.split_once("<?xml") else { return Ok(None) };
    let Some((declaration, _)) = begun.split_once("?>") else {
        if head.len() < HEAD_BYTES / 2 {
            // The whole file is shorter: the reader says that it is torn.
            return Ok(None);
        }
        let message = format!("the XML declaration does not end within the first {HEAD_BYTES} bytes");
        return Err(XmlFault::new(message, "shorten it, and remove what is before it").at(1, 1));
    };
    let value = || {
        let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value[1..].split(quote).next().map(str::to_owned)
    };
    Ok(value())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &[u8], charset: Option<&str>) -> Result<String, String> {
        decode_message(text, charset).map(Cow::into_owned).map_err(|fault| fault.message)
    }

    #[test]
    fn latin_1_is_not_windows_1252_in_messages() {
        let text = |name: &str| {
            [format!("<?xml version=\"1.0\" encoding=\"{name}\"?><a>").as_bytes(), b"\x80\x85\x9f\xe4</a>"].concat()
        };
        for name in ["ISO-8859-1", "iso-8859-1", "latin1", "ISO_8859-1:1987"] {
            assert!(decoded(&text(name), None).unwrap().ends_with("<a>\u{80}\u{85}\u{9f}\u{e4}</a>"), "{name}");
        }
        for name in ["windows-1252", "CP1252"] {
            assert!(decoded(&text(name), None).unwrap().ends_with("<a>\u{20ac}\u{2026}\u{178}\u{e4}</a>"), "{name}");
        }
        // The same where the header names it.
        assert_eq!(decoded(b"<a>\x85</a>", Some("ISO-8859-1")).unwrap(), "<a>\u{85}</a>");
        assert_eq!(decoded(b"<a>\x85</a>", Some("windows-1252")).unwrap(), "<a>\u{2026}</a>");
        // A file is read as such files are meant.
        assert_eq!(named("ISO-8859-1").unwrap(), WINDOWS_1252);
    }

    #[test]
    fn ascii_has_no_other_bytes_in_messages() {
        for name in ["US-ASCII", "ascii", "ANSI_X3.4-1968"] {
            let text = |inside: &str| format!("<?xml version='1.0' encoding='{name}'?><a>{inside}</a>");
            assert!(decoded(text("a").as_bytes(), None).is_ok(), "{name}");
            assert!(decoded(text("\u{e4}").as_bytes(), None).unwrap_err().contains(name), "{name}");
        }
    }

    #[test]
    fn names_that_are_none_and_declarations_that_come_late_are_refused() {
        for name in [" UTF-8", "UTF-8 ", "\u{a0}UTF-8", "8859-1", "UTF-8\n", "utf_9", ""] {
            let text = format!("<?xml version='1.0' encoding='{name}'?><a/>");
            assert!(decoded(text.as_bytes(), None).is_err(), "{name:?}");
            assert!(decoded(b"<a/>", Some(name)).is_err(), "charset {name:?}");
        }
        for (before, blanks) in [("", 1100), ("", 1 << 20), ("\u{feff}", 1100)] {
            let late = format!("{before}<?xml version='1.0'{}encoding='ISO-8859-15'?><a/>", " ".repeat(blanks));
            assert!(decoded(late.as_bytes(), None).unwrap_err().contains("does not end within"), "{blanks}");
            assert!(detect(late.as_bytes()).is_err(), "the same in files");
        }
        assert!(decoded(b"<?xml version='1.0' encoding='UTF-8'", None).is_ok(), "the reader says that it is torn");
    }
}
