//! The first difference of two signing strings (§3.3 `diff`).

use serde_json::{Value, json};

use super::visible;
use crate::signing::SigningText;

/// The number of bytes shown before the first difference, and from it on.
const CONTEXT: usize = 16;
/// The maximum number of lines of the other string that are compared by name.
const MAX_LINES: usize = 200;
/// The maximum length of a line's name, in characters.
const MAX_NAME: usize = 80;

/// The first difference between the verifier's signing string and another one, and the status of every line.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningStringDiff {
    /// The first byte that differs, counted from 0.
    pub offset: usize,
    /// Its line in the expected string, counted from 1.
    pub line: usize,
    /// Its column in that line in bytes, counted from 1.
    pub column: usize,
    /// The header of this line; empty if nothing was expected here.
    pub header: String,
    /// The expected byte; `None` after the end of the expected string.
    pub expected: Option<u8>,
    /// The actual byte; `None` after the end of the other string.
    pub actual: Option<u8>,
    /// The expected bytes around the difference, made visible.
    pub expected_context: String,
    /// The actual bytes around the difference, made visible.
    pub actual_context: String,
    /// The lines by name: the expected ones in their order, then the unexpected ones.
    pub lines: Vec<LineDiff>,
    /// Whether the other string ends in a line feed.
    pub trailing_newline: bool,
    /// Whether the other string has a carriage return before a line feed.
    pub crlf: bool,
    /// Whether the other string begins with a UTF-8 byte order mark.
    pub bom: bool,
}

/// The comparison of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineDiff {
    /// The header's name, in lower case.
    pub name: String,
    /// The status of the line, regardless of its position.
    pub status: LineStatus,
}

/// The status of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineStatus {
    /// The same bytes.
    Same,
    /// A line for the same header with other bytes.
    Changed,
    /// Expected, but missing.
    Missing,
    /// Present, but not expected.
    Extra,
}

impl LineStatus {
    /// The name in the output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Changed => "changed",
            Self::Missing => "missing",
            Self::Extra => "extra",
        }
    }
}

/// Compares the expected signing string with another one; `None` if they are equal.
#[must_use]
pub fn diff(expected: &SigningText, actual: &[u8]) -> Option<SigningStringDiff> {
    let wanted = expected.bytes.as_slice();
    if wanted == actual {
        return None;
    }
    let offset = wanted.iter().zip(actual).take_while(|(left, right)| left == right).count();
    let before = wanted.get(..offset).unwrap_or(wanted);
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |feed| feed + 1);
    let header = expected.lines.iter().rfind(|line| line.start <= offset).map(|line| line.name.clone());
    Some(SigningStringDiff {
        offset,
        line: before.iter().filter(|&&byte| byte == b'\n').count() + 1,
        column: offset - line_start + 1,
        header: header.unwrap_or_default(),
        expected: wanted.get(offset).copied(),
        actual: actual.get(offset).copied(),
        expected_context: context(wanted, offset),
        actual_context: context(actual, offset),
        lines: lines(expected, actual),
        trailing_newline: actual.ends_with(b"\n"),
        crlf: actual.windows(2).any(|pair| pair == b"\r\n"),
        bom: actual.starts_with(b"\xef\xbb\xbf"),
    })
}

bankchannel_foundation::redacted_debug!(SigningStringDiff, |it| place: (it.offset, it.line, it.column), header: it.header);

impl SigningStringDiff {
    pub(super) fn to_json(&self) -> Value {
        let byte = |byte: Option<u8>| match byte {
            Some(byte) => json!({"hex": format!("{byte:02x}"), "text": visible::byte(byte)}),
            None => json!({"hex": "end", "text": "end"}),
        };
        let lines: Vec<Value> =
            self.lines.iter().map(|line| json!({"name": line.name, "status": line.status.name()})).collect();
        json!({
            "offset": self.offset,
            "line": self.line,
            "column": self.column,
            "header": self.header,
            "expected": byte(self.expected),
            "actual": byte(self.actual),
            "expected_context": self.expected_context,
            "actual_context": self.actual_context,
            "lines": lines,
            "trailing_newline": self.trailing_newline,
            "crlf": self.crlf,
            "bom": self.bom,
        })
    }
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

fn lines(expected: &SigningText, actual: &[u8]) -> Vec<LineDiff> {
    let mut others: Vec<(String, &[u8])> = split(actual).into_iter().map(|line| (name_of(line), line)).collect();
    let mut out = Vec::with_capacity(expected.lines.len());
    for line in &expected.lines {
        let bytes = expected.bytes.get(line.start..line.end).unwrap_or_default();
        let status = match others.iter().position(|(name, _)| name.eq_ignore_ascii_case(&line.name)) {
            None => LineStatus::Missing,
            Some(at) if others.remove(at).1 == bytes => LineStatus::Same,
            Some(_) => LineStatus::Changed,
        };
        out.push(LineDiff { name: line.name.clone(), status });
    }
    out.extend(others.into_iter().map(|(name, _)| LineDiff { name, status: LineStatus::Extra }));
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
        assert_eq!((found.expected, found.actual), (Some(b'S'), Some(b's')));
        assert_eq!(found.actual_context, "te: now\\ndigest: sha-256=x");
        let fates: Vec<_> = found.lines.iter().map(|line| (line.name.as_str(), line.status.name())).collect();
        assert_eq!(fates, [("date", "same"), ("digest", "changed")]);
        assert_eq!(diff(&expected(), &expected().bytes), None);
    }

    #[test]
    fn ends_marks_and_missing_lines_are_told() {
        let found = diff(&expected(), b"\xef\xbb\xbfdate: now\r\nhost: a\r\n").unwrap();
        assert!(found.bom && found.crlf && found.trailing_newline);
        let fates: Vec<_> = found.lines.iter().map(|line| (line.name.as_str(), line.status.name())).collect();
        assert_eq!(fates, [("date", "changed"), ("digest", "missing"), ("host", "extra")]);
        let shorter = diff(&expected(), b"date: now").unwrap();
        assert_eq!((shorter.offset, shorter.expected, shorter.actual), (9, Some(b'\n'), None));
        assert_eq!((shorter.line, shorter.column, shorter.header.as_str()), (1, 10, "date"));
        let nothing = SigningText { bytes: Vec::new(), lines: Vec::new() };
        assert_eq!(diff(&nothing, b"x").unwrap().header, "");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(actual: Vec<u8>) {
            let found = diff(&expected(), &actual);
            proptest::prop_assert!(found.is_none_or(|found| found.offset <= actual.len()));
        }
    }
}
