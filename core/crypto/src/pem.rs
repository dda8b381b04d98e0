//! PEM blocks (RFC 7468, and headers as in RFC 1421) in foreign text, and errors that name blocks of another kind.
//!
//! Implemented here and not with a library, because a block may be a private key: every buffer that holds one is
//! allocated once, in its full size, and wiped; the caller wipes the text of [`encode`].

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use crate::{CryptoError, Result};

/// Largest PEM text that is read, bytes: a long certificate chain stays below.
pub(crate) const MAX_PEM_BYTES: usize = 256 * 1024;

/// One block: its label and its bytes.
pub(crate) struct PemBlock {
    pub(crate) label: String,
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Encrypted in the old OpenSSL format (`Proc-Type: 4,ENCRYPTED`).
    encrypted: bool,
}

impl PemBlock {
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted || self.label == "ENCRYPTED PRIVATE KEY"
    }

    pub(crate) fn is_private(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    pub(crate) fn is_public_key(&self) -> bool {
        matches!(self.label.as_str(), "PUBLIC KEY" | "RSA PUBLIC KEY")
    }

    pub(crate) fn is_certificate(&self) -> bool {
        matches!(self.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
    }

    /// The error for a block of an unexpected kind.
    pub(crate) fn unexpected(&self, expected: &'static str) -> CryptoError {
        if self.is_encrypted() {
            CryptoError::EncryptedPem
        } else if self.is_private() {
            CryptoError::PrivateKeyGiven
        } else if self.is_public_key() {
            CryptoError::PublicKeyGiven
        } else if self.is_certificate() {
            CryptoError::CertificateGiven
        } else {
            CryptoError::UnexpectedPem { found: self.label.chars().take(40).collect(), expected }
        }
    }
}

/// All blocks of `text`; other text around them is skipped.
pub(crate) fn blocks(text: &str, expected: &'static str) -> Result<Vec<PemBlock>> {
    blocks_within(MAX_PEM_BYTES, text, expected)
}

/// The same for a text of at most `limit` bytes.
pub(crate) fn blocks_within(limit: usize, text: &str, expected: &'static str) -> Result<Vec<PemBlock>> {
    if text.len() > limit {
        return Err(CryptoError::PemTooLarge { limit, actual: text.len() });
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((part, after)) = next(rest) {
        found.push(part.read().ok_or(CryptoError::MalformedPem)?);
        rest = after;
    }
    if found.is_empty() {
        let looks_cut = text.contains(BEGIN);
        return Err(if looks_cut { CryptoError::MalformedPem } else { CryptoError::NoPem { expected } });
    }
    Ok(found)
}

/// Encodes one block with LF line ends. The text is allocated once, so that the caller can wipe a private key.
pub fn encode(label: &str, bytes: &[u8]) -> String {
    let marks = 2 * (label.len() + MARK.len() + 1) + BEGIN.len() + END.len();
    let lines = bytes.len().div_ceil(LINE_BYTES);
    let mut text = Vec::with_capacity(marks + encoded_len(bytes.len()) + lines);
    let mark = |text: &mut Vec<u8>, begin: &str| {
        [begin, label, MARK, "\n"].iter().for_each(|part| text.extend_from_slice(part.as_bytes()));
    };
    mark(&mut text, BEGIN);
    for line in bytes.chunks(LINE_BYTES) {
        let at = text.len();
        text.resize(at + encoded_len(line.len()), b'=');
        // Written in place: a string returned by the library would be another copy to wipe.
        let _ = STANDARD.encode_slice(line, &mut text[at..]);
        text.push(b'\n');
    }
    mark(&mut text, END);
    String::from_utf8(text).unwrap_or_default()
}

/// The length of the base64 of this many bytes.
fn encoded_len(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// The end of a label's line.
const MARK: &str = "-----";
/// Bytes on a line of 64 characters.
const LINE_BYTES: usize = 48;

/// A block as it is in the text.
struct PemPart<'a> {
    label: &'a str,
    body: &'a str,
    end_label: &'a str,
}

/// The next block, and the text after it.
fn next(text: &str) -> Option<(PemPart<'_>, &str)> {
    let (_, text) = text.split_once(BEGIN)?;
    let (label, text) = text.split_once(MARK)?;
    let (body, text) = text.trim_start_matches([' ', '\t', '\n', '\r']).split_once(END)?;
    let (end_label, rest) = text.split_once(MARK)?;
    Some((PemPart { label, body, end_label }, rest))
}

impl PemPart<'_> {
    fn read(&self) -> Option<PemBlock> {
        if self.label.is_empty() || self.label != self.end_label {
            return None;
        }
        // Headers end with an empty line.
        let parts = self.body.split_once("\n\n").or_else(|| self.body.split_once("\r\n\r\n"));
        let (headers, data) = parts.unwrap_or(("", self.body));
        let mut encrypted = false;
        for header in headers.lines() {
            let (name, value) = header.split_once(':')?;
            if name.trim() == "Proc-Type" {
                encrypted = value.contains("ENCRYPTED");
            }
        }
        Some(PemBlock { label: self.label.to_owned(), encrypted, bytes: decode(data)? })
    }
}

fn decode(data: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut text = Zeroizing::new(String::with_capacity(data.len()));
    for letter in data.chars().filter(|letter| !letter.is_whitespace()) {
        text.push(letter);
    }
    let mut bytes = Zeroizing::new(vec![0; base64::decoded_len_estimate(text.len())]);
    let length = STANDARD.decode_slice(text.as_bytes(), &mut bytes).ok()?;
    bytes.truncate(length);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(String, Vec<u8>)>> {
        let found = blocks(text, "key").ok()?;
        Some(found.into_iter().map(|block| (block.label, block.bytes.to_vec())).collect())
    }

    fn by_the_library(text: &str) -> Option<Vec<(String, Vec<u8>)>> {
        let found = ::pem::parse_many(text).ok().filter(|found| !found.is_empty())?;
        Some(found.into_iter().map(|pem| (pem.tag().to_owned(), pem.into_contents())).collect())
    }

    #[test]
    fn a_text_is_made_in_one_piece() {
        for length in [0, 1, 47, 48, 49, 96, 1218, 5000] {
            let text = encode("PRIVATE KEY", &vec![7; length]);
            assert_eq!(text.len(), text.capacity(), "{length}");
        }
    }

    #[test]
    fn damaged_blocks() {
        let good = encode("KEY", b"some bytes that are a key");
        for (text, wrong) in [
            (String::new(), "no PEM block"),
            ("AAAA".to_owned(), "no PEM block"),
            (good.replace("-----END", "----END"), "damaged"),
            (good.replace("END KEY", "END OTHER"), "damaged"),
            (good.replace("BEGIN KEY", "BEGIN "), "damaged"),
            (good.replace("-----\n", "-----\nno header\n\n"), "damaged"),
            (good.replace('=', ""), "damaged"),
            (good.replace("-----END", "*-----END"), "damaged"),
            (format!("{good}{}", good.replace("END KEY", "END OTHER")), "damaged"),
        ] {
            let error = blocks(&text, "key").err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(wrong), "{text}: {error}");
        }
        let cut = format!("{good}-----BEGIN KEY-----\nAAAA");
        assert_eq!(blocks(&cut, "key").map(|found| found.len()), Ok(1));
    }

    #[test]
    fn headers_tell_the_old_encryption() {
        let good = encode("RSA PRIVATE KEY", b"ab");
        let with = |headers: &str| good.replacen("-----\n", &format!("-----\n{headers}"), 1);
        let encrypted = |text: &str| blocks(text, "key").ok().map(|found| found[0].is_encrypted());
        assert_eq!(encrypted(&with("Proc-Type: 4,ENCRYPTED\nDEK-Info: x,y\n\n")), Some(true));
        assert_eq!(encrypted(&with("Proc-Type: 4,ENCRYPTED\nDEK-Info: x,y\n\n").replace('\n', "\r\n")), Some(true));
        assert_eq!(encrypted(&with("Comment: ENCRYPTED\n\n")), Some(false));
        assert_eq!(encrypted(&good), Some(false));
    }

    /// Whether the library overlooks a mark because its dashes touch those of an earlier mark that does not begin a
    /// block.
    fn is_overlooked(text: &str) -> bool {
        ["A", "B"].iter().any(|label| {
            let nested = text.rfind(&format!("-----BEGIN {label}----------END "));
            text.contains(&format!("-----END {label}----------")) || nested.is_some_and(|at| text[..at].contains(BEGIN))
        })
    }

    #[test]
    fn a_mark_whose_dashes_touch_another_is_a_mark() {
        assert_eq!(read("-----BEGIN B----------BEGIN A----------END A-----a: b\n\n-----END B-----"), None);
        let two = "-----BEGIN A-----YQ==-----END A----------BEGIN B----------END B-----";
        assert_eq!(read(two), Some(vec![("A".to_owned(), b"a".to_vec()), ("B".to_owned(), Vec::new())]));
    }

    proptest::proptest! {
        #[test]
        fn texts_are_those_of_the_library(label in "[A-Z ]{1,12}", bytes: Vec<u8>, before in "[a-z\n-]{0,9}") {
            let config = ::pem::EncodeConfig::new().set_line_ending(::pem::LineEnding::LF);
            let text = encode(&label, &bytes);
            assert_eq!(text, ::pem::encode_config(&::pem::Pem::new(label.as_str(), bytes.as_slice()), config));
            let twice = format!("{before}\n{text}\n{}", text.replace('\n', "\r\n"));
            assert_eq!(read(&twice), Some(vec![(label.clone(), bytes.clone()), (label, bytes)]));
        }

        #[test]
        fn any_text_is_read_as_the_library_does(
            text in "(-----BEGIN (A|B)-----\n?|-----END (A|B)-----\n?|a: b\n|YWJj|YQ==| |\n|\r\n){0,12}",
        ) {
            proptest::prop_assume!(!is_overlooked(&text));
            assert_eq!(read(&text), by_the_library(&text), "{text:?}");
        }
    }
}
