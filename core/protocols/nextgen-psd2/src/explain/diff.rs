//! The first difference of two signing strings (§3.3 `diff`).

use bankchannel_foundation::model::Boundary;

use super::{number, visible};
use crate::signing::SigningText;

/// The number of bytes shown before the first difference, and from it on.
const CONTEXT: usize = 16;
/// The maximum number of lines of the other string that are compared by name.
const MAX_LINES: usize = 200;
/// The maximum length of a line's name, in characters.
const MAX_NAME: usize = 80;

/// A byte of a signing string.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ByteShown {
    /// The byte as two hex digits.
    pub hex: String,
    /// The byte as text; a line feed is `\n`, a space `␠`.
    pub text: String,
}

impl ByteShown {
    fn of(byte: u8) -> Self {
        Self { hex: format!("{byte:02x}"), text: visible::byte(byte) }
    }
}

/// One line of a signing string, compared.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct LineCompared {
    /// The header's name.
    pub name: String,
    /// `same`, `changed`, `missing` (not signed) or `extra` (signed, but not listed).
    pub status: String,
}

/// The first difference between the signed string and the expected string.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct FirstDifference {
    /// The position of the byte, from 0.
    pub offset: u32,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
    /// The header of that line.
    pub header: String,
    /// The expected byte. Absent if the expected string has ended.
    pub expected: Option<ByteShown>,
    /// The actual byte. Absent if the other string has ended.
    pub actual: Option<ByteShown>,
    /// The expected bytes around the difference.
    pub expected_context: String,
    /// The actual bytes around the difference.
    pub actual_context: String,
    /// Whether the string ends with a line break, which it must not.
    pub trailing_newline: bool,
    /// Whether lines end in carriage return and line feed.
    pub crlf: bool,
    /// Whether the string begins with a byte order mark.
    pub bom: bool,
    /// All lines.
    pub lines: Vec<LineCompared>,
}

/// Compares the expected signing string with another one; `None` if they are equal.
#[must_use]
pub fn diff(expected: &SigningText, actual: &[u8]) -> Option<FirstDifference> {
    let wanted = expected.bytes.as_slice();
    if wanted == actual {
        return None;
    }
    let offset = wanted.iter().zip(actual).take_while(|(left, right)| left == right).count();
    let before = wanted.get(..offset).unwrap_or(wanted);
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |feed| feed + 1);
    let header = expected.lines.iter().rfind(|line| line.start <= offset).map(|line| line.name.clone());
    Some(FirstDifference {
        offset: number(offset),
        line: number(before.iter().filter(|&&byte| byte == b'\n').count() + 1),
        column: number(offset - line_start + 1),
        header: header.unwrap_or_default(),
        expected: wanted.get(offset).copied().map(ByteShown::of),
        actual: actual.get(offset).copied().map(ByteShown::of),
        expected_context: context(wanted, offset),
        actual_context: context(actual, offset),
        lines: lines(expected, actual),
        trailing_newline: actual.ends_with(b"\n"),
        crlf: actual.windows(2).any(|pair| pair == b"\r\n"),
        bom: actual.starts_with(b"\xef\xbb\xbf"),
    })
}

fn context(text: &[u8], offset: usize) -> String {
    let end = (offset + CONTEXT).min(text.len());
    visible::text(text.get(offset.saturating_sub(CONTEXT)..end).unwrap_or_default())
}

/// The lines of the other string, without their line endings.
pub(super) fn split(actual: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<&[u8]> = actual.split(|&byte| byte == b'\n').take(MAX_LINES).collect();
    if lines.last().is_some_and(|last| last.is_empty()) {
        lines.pop();
    }
    lines.into_iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
}

/// The text before the colon, in lower case and without spaces.
pub(super) fn name_of(line: &[u8]) -> String {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let name = line.split(|&byte| byte == b':').next().unwrap_or_default();
    visible::clip(&visible::text(name.trim_ascii()).to_ascii_lowercase(), MAX_NAME)
}

fn lines(expected: &SigningText, actual: &[u8]) -> Vec<LineCompared> {
    let mut others: Vec<(String, &[u8])> = split(actual).into_iter().map(|line| (name_of(line), line)).collect();
    let mut out = Vec::with_capacity(expected.lines.len());
    for line in &expected.lines {
        let bytes = expected.bytes.get(line.start..line.end).unwrap_or_default();
        let status = match others.iter().position(|(name, _)| name.eq_ignore_ascii_case(&line.name)) {
            None => "missing",
            Some(at) if others.remove(at).1 == bytes => "same",
            Some(_) => "changed",
        };
        out.push(LineCompared { name: line.name.clone(), status: status.to_owned() });
    }
    out.extend(others.into_iter().map(|(name, _)| LineCompared { name, status: "extra".to_owned() }));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::SigningLine;

    fn expected() -> SigningText {
        let text = "date: now\ndigest: SHA-256=x";
        let line = |name: &str, start, end| SigningLine { name: name.to_owned(), start, end };
        SigningText { bytes: text.into(), lines: vec![line("date", 0, 9), line("digest", 10, 27)] }
    }

    #[test]
    fn one_byte_is_found_with_line_column_and_header() {
        let found = diff(&expected(), b"date: now\ndigest: sha-256=x").unwrap();
        assert_eq!((found.offset, found.line, found.column, found.header.as_str()), (18, 2, 9, "digest"));
        assert_eq!((found.expected, found.actual), (Some(ByteShown::of(b'S')), Some(ByteShown::of(b's'))));
        assert_eq!(found.actual_context, "te: now\\ndigest: sha-256=x");
        let fates: Vec<_> = found.lines.iter().map(|line| (line.name.as_str(), line.status.as_str())).collect();
        assert_eq!(fates, [("date", "same"), ("digest", "changed")]);
        assert_eq!(diff(&expected(), &expected().bytes), None);
    }

    #[test]
    fn ends_marks_and_missing_lines_are_told() {
        let found = diff(&expected(), b"\xef\xbb\xbfdate: now\r\nhost: a\r\n").unwrap();
        assert!(found.bom && found.crlf && found.trailing_newline);
        let fates: Vec<_> = found.lines.iter().map(|line| (line.name.as_str(), line.status.as_str())).collect();
        assert_eq!(fates, [("date", "changed"), ("digest", "missing"), ("host", "extra")]);
        let shorter = diff(&expected(), b"date: now").unwrap();
        assert_eq!((shorter.offset, shorter.expected, shorter.actual), (9, Some(ByteShown::of(b'\n')), None));
        assert_eq!((shorter.line, shorter.column, shorter.header.as_str()), (1, 10, "date"));
        let nothing = SigningText { bytes: Vec::new(), lines: Vec::new() };
        assert_eq!(diff(&nothing, b"x").unwrap().header, "");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(actual: Vec<u8>) {
            let found = diff(&expected(), &actual);
            proptest::prop_assert!(found.is_none_or(|found| found.offset as usize <= actual.len()));
        }
    }
}
