//! An explanation for people other than the sender of the request, such as the readers of a bank's page: without data
//! that identifies the bank's customer (S-12). It still shows that a value differs, but not the value.

use super::{Cause, RefusalExplanation, compared, diff::diff, lines_of};
use crate::signing::{REQUEST_TARGET, SigningText};

const REDACTED: &[u8] = b"[redacted]";
/// Replaces a value that differs from the request's own.
const ANOTHER: &[u8] = b"[redacted: another value]";

/// The lines of a signing string with harmless values. Of every other line only the name is shown.
const HARMLESS: [&str; 14] = [
    REQUEST_TARGET,
    "date",
    "digest",
    "x-request-id",
    "host",
    "content-type",
    "content-length",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "tpp-redirect-preferred",
    "tpp-redirect-uri",
    "tpp-signature-certificate",
];
/// The lines of these whose value is cut at its query, which may contain any data of the third party.
const WITH_QUERY: [&str; 2] = [REQUEST_TARGET, "tpp-redirect-uri"];
/// Names that may be shown even if the request does not list them.
const NAMED: [&str; 3] = ["psu-id", "psu-corporate-id", "tpp-session-id"];
/// The beginnings of personal lines, for lines that run into each other.
const PERSONAL: [&[u8]; 4] = [b"psu-", b"tpp-session-id", b"authorization", b"consent-id"];

impl RefusalExplanation {
    /// The same without personal values. Offsets, columns and lines refer to the redacted texts.
    #[must_use]
    pub fn for_others(&self) -> Self {
        let own = self.expected_signing_string.as_ref().map(values).unwrap_or_default();
        let redacted = |text: &SigningText| lines_of(&redact(&text.bytes, &own));
        let expected = self.expected_signing_string.as_ref().map(redacted);
        let client = self.client_signing_string.as_ref().map(redacted);
        let signed = self.signed_text.as_ref().map(|text| redact(text, &own));
        let other = compared(expected.as_ref(), client.as_ref(), signed.as_deref()).filter(|_| self.diff.is_some());
        Self {
            diff: expected.as_ref().zip(other).and_then(|(expected, other)| diff(expected, other)),
            hypotheses: self.hypotheses.iter().map(Cause::for_others).collect(),
            expected_signing_string: expected,
            client_signing_string: client,
            signed_text: signed,
            ..self.clone()
        }
    }
}

impl Cause {
    fn for_others(&self) -> Self {
        Self { text: without_queries(&self.text), ..self.clone() }
    }
}

/// Cuts the addresses in a text at their query.
fn without_queries(text: &str) -> String {
    let mut parts = text.split('?');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for query in parts {
        let rest = query.find(['`', ' ']).and_then(|end| query.get(end..)).unwrap_or_default();
        out.push_str("?[redacted]");
        out.push_str(rest);
    }
    out
}

/// The values of a request's own signing string, by name.
fn values(text: &SigningText) -> Vec<(&str, &[u8])> {
    let value = |line: &crate::signing::SigningLine| text.bytes.get(line.start + line.name.len() + 2..line.end);
    text.lines.iter().map(|line| (line.name.as_str(), value(line).unwrap_or_default())).collect()
}

fn redact(text: &[u8], own: &[(&str, &[u8])]) -> Vec<u8> {
    let mark: &[u8] = if text.starts_with(b"\xef\xbb\xbf") { b"\xef\xbb\xbf" } else { b"" };
    let text = text.strip_prefix(mark).unwrap_or(text);
    let mut out = mark.to_vec();
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let end = line.iter().rposition(|byte| !matches!(byte, b'\r' | b'\n')).map_or(0, |last| last + 1);
        let (line, ending) = line.split_at(end);
        redact_line(line, own, &mut out);
        out.extend_from_slice(ending);
    }
    out
}

fn redact_line(line: &[u8], own: &[(&str, &[u8])], out: &mut Vec<u8>) {
    let Some(colon) = line.iter().position(|byte| matches!(byte, b':' | b'=')) else {
        out.extend_from_slice(if line.is_empty() { b"" } else { REDACTED });
        return;
    };
    let (name, rest) = line.split_at(colon);
    let name = String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase();
    let named = own.iter().find(|(own, _)| *own == name);
    let is_harmless = HARMLESS.contains(&name.as_str());
    if !is_harmless && named.is_none() && !NAMED.contains(&name.as_str()) {
        out.extend_from_slice(REDACTED);
        return;
    }
    // The spaces around a value may be the mistake.
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let begin = rest.iter().skip(1).position(|byte| !is_blank(byte)).map_or(rest.len(), |at| at + 1);
    let end = rest.iter().rposition(|byte| !is_blank(byte)).map_or(rest.len(), |last| last + 1).max(begin);
    let value = rest.get(begin..end).unwrap_or_default();
    let shown = if is_harmless { harmless_part(&name, value) } else { 0 };
    out.extend_from_slice(line.get(..colon + begin).unwrap_or_default());
    out.extend_from_slice(value.get(..shown).unwrap_or_default());
    if shown < value.len() {
        let is_other = named.is_some_and(|(_, own)| *own != value);
        out.extend_from_slice(if is_other { ANOTHER } else { REDACTED });
    }
    out.extend_from_slice(rest.get(end..).unwrap_or_default());
}

/// The length of the part of a harmless line's value that may be shown.
fn harmless_part(name: &str, value: &[u8]) -> usize {
    let query = value.iter().position(|&byte| byte == b'?').filter(|_| WITH_QUERY.contains(&name));
    let personal =
        PERSONAL.iter().filter_map(|word| value.windows(word.len()).position(|part| part.eq_ignore_ascii_case(word)));
    query.map(|at| at + 1).into_iter().chain(personal).min().unwrap_or(value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let own: [(&str, &[u8]); 3] =
            [("date", b"now"), ("psu-id", b"psu-7f3a91"), ("tpp-redirect-uri", b"https://tpp.example/cb?state=9d1f")];
        String::from_utf8(redact(text.as_bytes(), &own)).unwrap()
    }

    #[test]
    fn names_stay_and_personal_values_go() {
        for (text, shown) in [
            ("date: now\npsu-id: psu-7f3a91", "date: now\npsu-id: [redacted]"),
            ("date: now\r\npsu-id: PSU-7f3a91\r\n", "date: now\r\npsu-id: [redacted: another value]\r\n"),
            ("PSU-ID:psu-7f3a91", "PSU-ID:[redacted]"),
            ("psu-id : psu-7f3a91  ", "psu-id : [redacted]  "),
            ("psu-id=psu-7f3a91", "psu-id=[redacted]"),
            ("psu-corporate-id: corp-42", "psu-corporate-id: [redacted]"),
            (
                "tpp-redirect-uri: https://tpp.example/cb?state=9d1f",
                "tpp-redirect-uri: https://tpp.example/cb?[redacted]",
            ),
            (
                "tpp-redirect-uri: https://tpp.example/cb/?state=1",
                "tpp-redirect-uri: https://tpp.example/cb/?[redacted: another value]",
            ),
            ("(request-target): get /v1/x?who=kari", "(request-target): get /v1/x?[redacted]"),
            // Lines that run into each other, values without names, unknown names.
            ("date: now psu-id: psu-7f3a91", "date: now [redacted: another value]"),
            ("date: now\\npsu-id: psu-7f3a91", "date: now\\n[redacted: another value]"),
            ("psu-7f3a91", "[redacted]"),
            ("psu-7f3a91: x", "[redacted]"),
            ("x-customer: kari", "[redacted]"),
            ("", ""),
            ("\u{feff}date:  now", "\u{feff}date:  now"),
        ] {
            assert_eq!(redacted(text), shown, "{text:?}");
        }
    }

    #[test]
    fn addresses_end_before_their_query() {
        let text = "`(request-target)` was signed as `get /a?who=kari`, the request line gives `get /b?who=ola`";
        let shown = "`(request-target)` was signed as `get /a?[redacted]`, the request line gives `get /b?[redacted]`";
        assert_eq!(without_queries(text), shown);
        assert_eq!(without_queries("no address"), "no address");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(text: Vec<u8>, near in "(date|psu-id|[a-z]{3})[:= ]{0,2}[ -~]{0,20}\n?") {
            let _ = redact(&text, &[]);
            proptest::prop_assert!(!redacted(&near).contains("psu-7f"));
        }
    }
}
