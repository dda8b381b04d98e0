//! Whether a file is a SWIFT statement, also behind a bank's own first lines.

use encoding_rs::{UTF_16BE, UTF_16LE};

use super::tags::{Tag, tag_of};

/// Whether these first bytes are of a SWIFT statement: two lines of them begin with different tags, or the file begins
/// as a SWIFT message does.
pub(crate) fn is_swift_statement(head: &[u8]) -> bool {
    let is_before = |byte: &u8| matches!(byte, 1 | b' ' | b'\r' | b'\n' | b'\t');
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let start = &head[head.iter().position(|byte| !is_before(byte)).unwrap_or(head.len())..];
    // XML may have anything in its texts.
    if start.starts_with(b"<") {
        return false;
    }
    if [b"{1:F".as_slice(), b":20:", b":940:", b":942:", b":950:"].iter().any(|with| start.starts_with(with)) {
        return true;
    }
    let mut first = None;
    lines(head).filter_map(header_tag).any(|tag| *first.get_or_insert(tag) != tag)
}

/// Whether they are of one in UTF-16, with a byte order mark or without.
pub(crate) fn is_utf_16_statement(head: &[u8]) -> bool {
    let encoding = match head {
        [0xFF, 0xFE, ..] | [_, 0, ..] => UTF_16LE,
        [0xFE, 0xFF, ..] | [0, _, ..] => UTF_16BE,
        _ => return false,
    };
    is_swift_statement(encoding.decode(head).0.as_bytes())
}

/// The tag of a line, if a statement has it near its beginning.
fn header_tag(line: &[u8]) -> Option<Tag> {
    let (tag, _) = tag_of(line)?;
    let is_header = !matches!(tag, Tag::Information | Tag::NonSwift | Tag::Related | Tag::Message(_));
    is_header.then_some(tag)
}

/// The lines; some files have `@@` in place of line ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    head.split(|byte| matches!(byte, b'\r' | b'\n')).flat_map(|line| {
        let mut rest = Some(line);
        std::iter::from_fn(move || {
            let line = rest?;
            let end = line.windows(2).position(|pair| pair == b"@@");
            rest = end.map(|end| &line[end + 2..]);
            Some(end.map_or(line, |end| &line[..end]))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_in_utf_16_are_known() {
        let units = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        for text in ["\u{feff}:20:A\r\n:25:B", ":20:A\r\n:25:B", "ABNANL2A\n:20:A\n:25:B"] {
            assert!(is_utf_16_statement(&units(text, u16::to_le_bytes)), "{text}");
            assert!(is_utf_16_statement(&units(text, u16::to_be_bytes)), "{text}");
            assert!(!is_utf_16_statement(text.as_bytes()), "{text}");
        }
        for other in ["\u{feff}<Document>\n:20:A\n:25:B", "<D>", "text", ""] {
            assert!(!is_utf_16_statement(&units(other, u16::to_le_bytes)), "{other}");
        }
    }

    #[test]
    fn statements_are_known_behind_what_banks_put_first() {
        for head in [
            "{1:F01BANKNL2AXXXX0000000000}{2:O9400000}{4:\r\n:20:A\r\n",
            "{1:D02BANK}{2:O940}{4:\r\n:20:A\r\n:25:B\r\n",
            ":20:STARTUMS\r\n:25:1/2\r\n",
            "\u{feff}:20:STARTUMS\r\n",
            ":25:NL18BANK\n:28C:1\n",
            "ABNANL2A\r\n940\r\nABNANL2A\r\n:20:ABN AMRO\r\n:25:1\r\n",
            "0000 01BANKNL2AXXXX00001\r\n940 00\r\n:20:P1\r\n:25:NL\r\n",
            "Statement of account\r\n\r\n:20:A\r\n:28C:1/1\r\n",
            "-\r\n:34F:EUR0,\r\n:61:2611\r\n",
            "@@:20:A@@:25:B@@:28C:1",
            "\u{1}:20:A\r\n",
            "[export]\r\n:20:A\r\n:25:B\r\n",
        ] {
            assert!(is_swift_statement(head.as_bytes()), "{head}");
        }
        for head in [
            "",
            "T00322100",
            "{\"a\": 1}",
            ":20",
            "text\n:20:only one\n:20:twice\n",
            "a:20:b:25:c",
            "<Document>\n:20:A\n:25:B\n</Document>",
        ] {
            assert!(!is_swift_statement(head.as_bytes()), "{head}");
        }
    }
}
