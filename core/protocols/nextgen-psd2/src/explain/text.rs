//! The explanation as text for people.

use super::advice::advice;
use super::diff::ByteShown;
use super::hypotheses::cause;
use super::recovered::BARE;
use super::{RefusalExplanation, SignatureContent, visible};
use crate::model::CheckStatus;
use crate::verify::{CheckRule, RequestCheck, V30, V31};

/// The maximum number of lines shown of either text.
const MAX_LINES: usize = 200;
/// The maximum length of a line, in characters.
const MAX_LINE: usize = 4096;
/// The maximum length of the text next to it, in characters: its number, or the text after the mark below it.
const MAX_BESIDE: usize = 256;
/// The maximum size of the whole text, in bytes.
const MAX_TEXT: usize = 64 * 1024;
/// Marks the place where the text is cut off.
const CUT: &str = "…\n";
/// The last check that concerns the signature: warnings after it are not about signing.
static LAST_OF_SIGNING: &CheckRule = &V31;

impl RefusalExplanation {
    /// A few paragraphs: the verdict and the advice; both signing strings line by line, with visible line endings and a
    /// mark at the first byte that differs; the proven hypotheses; the digest and the key id if they are wrong. At most
    /// 64 KiB. For a valid request: the warnings, and a comparison of the client's text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.verdict_text(&mut out);
        self.strings_text(&mut out);
        if self.verdict.is_some() {
            self.hypotheses_text(&mut out);
            self.digest_text(&mut out);
            self.key_id_text(&mut out);
        }
        limited(&out)
    }

    /// The advice on the verdict: from the hypothesis that explains it, or else from the check. `None` if the request
    /// is valid, or if the check's own text is enough.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        let id = self.verdict.as_ref()?.rule.id;
        let first = cause(id, &self.hypotheses).and_then(|cause| cause.advice.as_deref());
        let what_to_do = first.unwrap_or_else(|| advice(id));
        (!what_to_do.is_empty()).then_some(what_to_do)
    }

    fn verdict_text(&self, out: &mut String) {
        let of_signing = |check: &&RequestCheck| check.status == CheckStatus::Warning && check.rule <= LAST_OF_SIGNING;
        let Some(check) = &self.verdict else {
            out.push_str("The request is signed as it should be.\n");
            for check in self.checks.iter().filter(of_signing) {
                out.push_str(&format!("warning: {}: {}\n", check.rule.id, check.text));
            }
            return;
        };
        out.push_str(&format!("{} failed: {}.", check.rule.id, check.text.trim_end_matches('.')));
        if let Some(what_to_do) = self.advice() {
            out.push_str(&format!(" What to do: {what_to_do}."));
        }
        out.push('\n');
        let failed = |check: &&RequestCheck| check.status == CheckStatus::Failed;
        for also in self.checks.iter().filter(failed).filter(|also| also.rule != check.rule) {
            out.push_str(&format!("also failed: {}: {}\n", also.rule.id, also.text));
        }
        self.unexplained_text(out);
    }

    /// The text for a signature that does not fit (V30) and that no hypothesis explains.
    fn unexplained_text(&self, out: &mut String) {
        let failed = |check: &RequestCheck| *check.rule == V30 && check.status == CheckStatus::Failed;
        if !self.checks.iter().any(failed) || cause(V30.id, &self.hypotheses).is_some() {
            return;
        }
        out.push_str(match &self.recovered {
            Some(SignatureContent::Pkcs1 { hash: BARE, .. }) => {
                "The key fits the certificate, but the signed value is neither a hash with its DigestInfo nor the \
                 text below or a hash of it. Use a signing function that hashes the text and writes the DigestInfo \
                 itself.\n"
            }
            Some(SignatureContent::Pkcs1 { .. }) => {
                "The key fits the certificate, but another text was signed, and none of the usual mistakes gives it. \
                 Compare the text that the client signs, byte by byte, with the one below.\n"
            }
            Some(SignatureContent::PssOrWrongKey) => {
                "The signature was not made with this certificate's key, or was made with another padding.\n"
            }
            _ => "",
        });
    }

    fn strings_text(&self, out: &mut String) {
        let Some(expected) = &self.expected_signing_string else { return };
        let expected_lines = lines(&expected.bytes);
        let client = self.client_signing_string.as_ref().map(|client| client.bytes.as_slice());
        if client == Some(expected.bytes.as_slice()) {
            out.push_str("\nThe client's signing string is the expected one.\n");
        }
        if self.client_text_was_signed == Some(false) {
            out.push_str("\nThe signature is over another text than the client's signing string.\n");
        }
        let Some(diff) = &self.diff else {
            if self.verdict.is_some() {
                out.push_str("\nThe signing string:\n");
                let numbered = expected_lines.iter().zip(1..);
                numbered.for_each(|(line, number)| out.push_str(&format!("{number:>5}   {}\n", visible_line(line))));
            }
            return;
        };
        let (whose, actual) = match self.compared() {
            Some(text) if client == Some(text) => ("what the client says it signed", text),
            text => ("what was signed", text.unwrap_or_default()),
        };
        out.push_str(&format!("\nThe signing string, expected (-) and {whose} (+):\n"));
        let actual_lines = lines(actual);
        for at in 0..expected_lines.len().max(actual_lines.len()) {
            let (left, right) = (expected_lines.get(at), actual_lines.get(at));
            if left == right {
                out.push_str(&format!("{:>5}   {}\n", at + 1, visible_line(left.copied().unwrap_or_default())));
                continue;
            }
            let mut number = format!("{:>5}", at + 1);
            for (sign, line) in [('-', left), ('+', right)] {
                if let Some(line) = line {
                    out.push_str(&format!("{number} {sign} {}\n", visible_line(line)));
                    number = " ".repeat(5);
                }
            }
            if at + 1 == diff.line as usize {
                let same = left.and_then(|left| left.get(..diff.column as usize - 1)).unwrap_or_default();
                let place = visible::text(same).len().min(MAX_LINE);
                out.push_str(&format!(
                    "{}^ byte {}, line {}, column {}: expected {}, found {}\n",
                    " ".repeat(8 + place),
                    diff.offset,
                    diff.line,
                    diff.column,
                    shown_or_end(diff.expected.as_ref()),
                    shown_or_end(diff.actual.as_ref()),
                ));
            }
        }
    }

    fn hypotheses_text(&self, out: &mut String) {
        let mut matched = self.hypotheses.iter().filter(|hypothesis| hypothesis.matched).peekable();
        if matched.peek().is_some() {
            out.push_str("\nWhat happened:\n");
        }
        for hypothesis in matched {
            let advice = hypothesis.advice.as_deref().unwrap_or_default();
            out.push_str(&format!("  {}  {}\n        {advice}\n", hypothesis.id, hypothesis.text));
        }
    }

    fn digest_text(&self, out: &mut String) {
        let digest = &self.digest;
        let Some(received) = digest.received.as_ref().filter(|_| !digest.matches) else { return };
        out.push_str(&format!(
            "\nThe Digest header does not fit the body of {} bytes:\n  received  {received}\n  expected  {}\n       or   {}\n",
            digest.body_length, digest.sha256, digest.sha512
        ));
        if let Some(variant) = &digest.variant {
            out.push_str(&format!("  The digest that was received is that of: {variant}.\n"));
        }
    }

    fn key_id_text(&self, out: &mut String) {
        let Some(key_id) = &self.key_id else { return };
        let mut wrong = [&key_id.serial].into_iter().chain(&key_id.issuer).filter(|part| !part.same).peekable();
        if wrong.peek().is_some() {
            out.push_str("\nThe key id and the certificate's issuer differ:\n");
        }
        for part in wrong {
            let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
            let (claimed, held) = (or_nothing(&part.key_id), or_nothing(&part.certificate));
            out.push_str(&format!("  {}: key id {claimed}, certificate {held}\n", part.attribute));
        }
    }
}

fn shown_or_end(byte: Option<&ByteShown>) -> &str {
    byte.map_or("the end", |byte| byte.text.as_str())
}

/// A line of a signing string.
fn visible_line(line: &[u8]) -> String {
    visible::clip(&visible::text(line), MAX_LINE)
}

/// Limits the length of the text; a mark shows the cut.
fn limited(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MAX_TEXT));
    for line in text.lines() {
        let line = visible::clip(line, MAX_LINE + MAX_BESIDE);
        if out.len() + line.len() + 1 > MAX_TEXT - CUT.len() {
            out.push_str(CUT);
            break;
        }
        out.push_str(&line);
        out.push('\n');
    }
    out
}

/// The lines with their endings.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&byte| byte == b'\n').take(MAX_LINES).collect()
}
