//! Encoded words (RFC 2047) around the whole value of `Signature`, for key ids with characters outside ASCII (§2.6).
//! They are not decoded in any other header.
//!
//! The parser reads each byte once: a word ends at the next `?=`, since neither base64 nor Q contains a question mark.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXUPPER_PERMISSIVE;

use super::shown::ShownBeginning;
use crate::http::{MAX_FIELD, text_has_control, trim};

/// The maximum size of a value after decoding, in bytes.
pub const MAX_DECODED: usize = 8 * 1024;

const OPEN: &str = "=?";
const CLOSE: &str = "?=";

/// Encodes a text as one encoded word, UTF-8 in base64. It may exceed the 75 characters of RFC 2047, since the services
/// require a single word.
#[must_use]
pub fn encode(text: &str) -> String {
    format!("{OPEN}utf-8?B?{}{CLOSE}", STANDARD.encode(text.as_bytes()))
}

/// A decoded value. `Debug` omits the text, since it holds a signature (S-12).
#[derive(Clone, PartialEq, Eq)]
pub struct DecodedWords {
    /// The text.
    pub text: String,
    /// The tolerated deviations.
    pub warnings: Vec<String>,
}

bankchannel_foundation::redacted_debug!(DecodedWords, warnings);

/// Decodes a value. A value that begins with `=?` must consist of encoded words; any other is returned unchanged.
/// `lenient` also accepts the Q encoding, and bytes outside ASCII outside of words.
///
/// # Errors
/// [`Rfc2047Fault`].
pub fn decode(value: &[u8], lenient: bool) -> Result<DecodedWords, Rfc2047Fault> {
    if value.len() > MAX_FIELD {
        return Err(Rfc2047Fault::TooLarge);
    }
    let value = trim(value);
    if value.starts_with(OPEN.as_bytes()) { words(value, lenient) } else { plain(value, lenient) }
}

fn plain(value: &[u8], lenient: bool) -> Result<DecodedWords, Rfc2047Fault> {
    let mut warnings = Vec::new();
    let beyond = if value.is_ascii() { None } else { value.iter().position(|byte| !byte.is_ascii()) };
    let text = match beyond {
        Some(offset) if !lenient => return Err(Rfc2047Fault::NotAscii { offset }),
        beyond => {
            let utf8 = std::str::from_utf8(value).ok().map(str::to_owned);
            if beyond.is_some() {
                let read_as = if utf8.is_some() { "UTF-8" } else { "ISO-8859-1" };
                warnings.push(format!("Signature has bytes beyond ASCII outside of RFC 2047 words; read as {read_as}"));
            }
            utf8.unwrap_or_else(|| latin1(value))
        }
    };
    // A tab is allowed between parameters, but not in the words' text.
    if text_has_control(&text) {
        return Err(Rfc2047Fault::Control);
    }
    Ok(DecodedWords { text, warnings })
}

fn words(value: &[u8], lenient: bool) -> Result<DecodedWords, Rfc2047Fault> {
    let mut rest = std::str::from_utf8(value).ok().filter(|text| text.is_ascii()).ok_or(Rfc2047Fault::Syntax(ASCII))?;
    let mut text = String::new();
    let mut warnings = Vec::new();
    while !rest.is_empty() {
        let (word, after) = EncodedWord::split(rest)?;
        if word.is_q()? {
            if !lenient {
                return Err(Rfc2047Fault::Encoding(word.encoding.to_owned()));
            }
            if warnings.is_empty() {
                warnings.push("Signature has an RFC 2047 word in the Q encoding; other banks read B only".to_owned());
            }
        }
        text.push_str(&word.decode()?);
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && rest.len() == after.len() {
            return Err(Rfc2047Fault::Syntax("there is text after an encoded word without a space"));
        }
    }
    if text.len() > MAX_DECODED {
        return Err(Rfc2047Fault::TooLarge);
    }
    // Decoded text is as untrusted as its input (S-04).
    if text.chars().any(char::is_control) {
        return Err(Rfc2047Fault::Control);
    }
    if text.trim_start().starts_with(OPEN) {
        return Err(Rfc2047Fault::Nested);
    }
    Ok(DecodedWords { text, warnings })
}

const ASCII: &str = "an encoded word has bytes beyond ASCII";

/// `=?charset?encoding?content?=`
struct EncodedWord<'a> {
    charset: &'a str,
    encoding: &'a str,
    content: &'a str,
}

impl<'a> EncodedWord<'a> {
    /// The first word of a text, and the rest.
    fn split(text: &'a str) -> Result<(Self, &'a str), Rfc2047Fault> {
        let text = text.strip_prefix(OPEN).ok_or(Rfc2047Fault::Syntax("there is text beside the encoded words"))?;
        let cut = |text: &'a str| text.split_once('?').ok_or(Rfc2047Fault::Syntax("an encoded word has no end `?=`"));
        let (charset, text) = cut(text)?;
        let (encoding, text) = cut(text)?;
        let (content, text) = cut(text)?;
        let after = text.strip_prefix('=').ok_or(Rfc2047Fault::Syntax("an encoded word does not end in `?=`"))?;
        // RFC 2231 allows a language after the character set.
        let charset = charset.split_once('*').map_or(charset, |(charset, _)| charset);
        Ok((Self { charset, encoding, content }, after))
    }

    fn is_q(&self) -> Result<bool, Rfc2047Fault> {
        match self.encoding {
            "B" | "b" => Ok(false),
            "Q" | "q" => Ok(true),
            other => Err(Rfc2047Fault::Encoding(other.to_owned())),
        }
    }

    fn decode(&self) -> Result<String, Rfc2047Fault> {
        let bytes = if self.is_q()? {
            decode_q(self.content)?
        } else {
            STANDARD.decode(self.content.as_bytes()).ok().ok_or(Rfc2047Fault::Base64)?
        };
        match self.charset.to_ascii_lowercase().as_str() {
            "utf-8" => String::from_utf8(bytes).map_err(|_| Rfc2047Fault::NotInCharset("utf-8")),
            "us-ascii" if bytes.is_ascii() => Ok(latin1(&bytes)),
            "us-ascii" => Err(Rfc2047Fault::NotInCharset("us-ascii")),
            "iso-8859-1" => Ok(latin1(&bytes)),
            _ => Err(Rfc2047Fault::Charset(self.charset.to_owned())),
        }
    }
}

fn decode_q(content: &str) -> Result<Vec<u8>, Rfc2047Fault> {
    const FAULT: Rfc2047Fault = Rfc2047Fault::Syntax("the Q encoding is `_` for a space and `=` with two hex digits");
    let mut bytes = Vec::with_capacity(content.len());
    let mut rest = content.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'_' => bytes.push(b' '),
            b'=' => {
                let (digits, after) = after.split_at_checked(2).ok_or(FAULT)?;
                bytes.extend(HEXUPPER_PERMISSIVE.decode(digits).map_err(|_| FAULT)?);
                rest = after;
            }
            b'!'..=b'~' => bytes.push(first),
            _ => return Err(FAULT),
        }
    }
    Ok(bytes)
}

/// In ISO-8859-1 each byte is the code point of its character.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// The reason why a value cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rfc2047Fault {
    /// It is larger than a header may be, or larger than 8 KiB after decoding.
    TooLarge,
    /// Invalid RFC 2047 syntax.
    Syntax(&'static str),
    /// An unsupported character set.
    Charset(String),
    /// An unsupported encoding.
    Encoding(String),
    /// A B word with invalid base64.
    Base64,
    /// The bytes are not valid in their character set.
    NotInCharset(&'static str),
    /// A control character after decoding.
    Control,
    /// An encoded word inside an encoded word.
    Nested,
    /// A byte outside ASCII outside of encoded words.
    NotAscii {
        /// Its position, from 0.
        offset: usize,
    },
}

impl fmt::Display for Rfc2047Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature cannot be read: ")?;
        match self {
            Self::TooLarge => write!(f, "it is too large: at most 16 KiB, and 8 KiB when RFC 2047 words are decoded"),
            Self::Syntax(why) => f.write_str(why),
            Self::Charset(charset) => {
                write!(
                    f,
                    "the character set {} is not supported; use utf-8, iso-8859-1 or us-ascii",
                    ShownBeginning(charset)
                )
            }
            Self::Encoding(encoding) => {
                write!(f, "the encoding {} of an encoded word is not supported; use B", ShownBeginning(encoding))
            }
            Self::Base64 => write!(f, "an encoded word is not canonical base64 with `+`, `/` and padding"),
            Self::NotInCharset(charset) => write!(f, "the bytes of an encoded word are not {charset}"),
            Self::Control => write!(f, "it has a control character"),
            Self::Nested => write!(f, "an encoded word holds another"),
            Self::NotAscii { offset } => {
                write!(f, "byte {offset} is beyond ASCII; such text travels in an RFC 2047 word, `=?utf-8?B?…?=`")
            }
        }
    }
}

impl std::error::Error for Rfc2047Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signing::vectors;
    use proptest::prelude::*;

    fn read(value: &str) -> Result<String, Rfc2047Fault> {
        decode(value.as_bytes(), false).map(|decoded| {
            assert_eq!(decoded.warnings, Vec::<String>::new());
            decoded.text
        })
    }

    fn lenient(value: &[u8]) -> DecodedWords {
        decode(value, true).unwrap()
    }

    /// T-007: the word of vector B, in both directions.
    #[test]
    fn vector_b() {
        let request = vectors::request_b();
        let word = request.headers.text("signature").unwrap();
        let text = read(word).unwrap();
        assert!(text.starts_with("keyId=\"SN=D2B04C6E19F7A835,CA=CN=Nordlys") && text.contains("Tromsø"));
        assert_eq!(encode(&text), word);
    }

    #[test]
    fn plain_text_is_given_back() {
        for text in ["", "keyId=\"x\"", "a=?utf-8?B?YQ==?=", "a,\tb"] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
        assert_eq!(read(" a ").as_deref(), Ok("a"));
        assert_eq!(read("a\x7f"), Err(Rfc2047Fault::Control));
    }

    /// T-049.
    #[test]
    fn raw_bytes_beyond_ascii_are_for_lenient() {
        assert_eq!(read("Tromsø"), Err(Rfc2047Fault::NotAscii { offset: 5 }));
        let utf8 = lenient("Tromsø".as_bytes());
        assert_eq!((utf8.text.as_str(), utf8.warnings.len()), ("Tromsø", 1));
        let latin = lenient(b"Troms\xf8");
        assert_eq!((latin.text.as_str(), latin.warnings.len()), ("Tromsø", 1));
        assert_eq!(decode(b"Troms\x85\xf8", true), Err(Rfc2047Fault::Control));
    }

    /// T-050, and the language of RFC 2231.
    #[test]
    fn case_is_free() {
        assert_eq!(read("=?UTF-8?b?w7g=?=").as_deref(), Ok("ø"));
        assert_eq!(read("=?Utf-8*nb-NO?B?w7g=?=").as_deref(), Ok("ø"));
        assert_eq!(read("=?US-ascii?B?YQ==?=").as_deref(), Ok("a"));
    }

    /// T-051.
    #[test]
    fn words_side_by_side_are_joined() {
        assert_eq!(read("=?utf-8?B?YSA=?= \t=?iso-8859-1?B?+A==?= ").as_deref(), Ok("a ø"));
        for text in ["=?utf-8?B?YQ==?==?utf-8?B?YQ==?=", "=?utf-8?B?YQ==?= x", "=?utf-8?B?YQ==?=x"] {
            assert!(matches!(read(text), Err(Rfc2047Fault::Syntax(_))), "{text}");
        }
    }

    /// T-052.
    #[test]
    fn q_is_for_lenient() {
        let word = "=?utf-8?q?Troms=c3=B8_AS,=3D?=";
        assert_eq!(read(word), Err(Rfc2047Fault::Encoding("q".into())));
        let decoded = lenient(word.as_bytes());
        assert_eq!((decoded.text.as_str(), decoded.warnings.len()), ("Tromsø AS,=", 1));
        for content in ["=", "=4", "=4g", "a b", "=\u{7f}"] {
            assert!(decode(format!("=?utf-8?Q?{content}?=").as_bytes(), true).is_err(), "{content}");
        }
    }

    /// T-053, T-054.
    #[test]
    fn character_sets() {
        assert_eq!(read("=?iso-8859-1?B?+A==?=").as_deref(), Ok("ø"));
        assert_eq!(read("=?utf-8?B?+A==?="), Err(Rfc2047Fault::NotInCharset("utf-8")));
        assert_eq!(read("=?us-ascii?B?+A==?="), Err(Rfc2047Fault::NotInCharset("us-ascii")));
        for charset in ["utf-7", "utf8", "utf-16", "windows-1252", ""] {
            let word = format!("=?{charset}?B?YQ==?=");
            assert_eq!(read(&word), Err(Rfc2047Fault::Charset(charset.into())));
        }
    }

    /// T-055, T-056.
    #[test]
    fn what_comes_out_is_checked() {
        for text in ["a\r\nb", "a\nb", "a\0b", "a\tb", "\u{1b}", "\u{85}", "\u{7f}"] {
            assert_eq!(read(&encode(text)), Err(Rfc2047Fault::Control), "{text:?}");
        }
        assert_eq!(read(&encode(&encode("a"))), Err(Rfc2047Fault::Nested));
        assert_eq!(read(&encode(" =?utf-8")), Err(Rfc2047Fault::Nested));
        assert_eq!(read(&format!("{} {}", encode("="), encode("?utf-8?B?YQ==?="))), Err(Rfc2047Fault::Nested));
    }

    /// T-057.
    #[test]
    fn damage_and_size() {
        for text in ["=?utf-8?B?YQ=?=", "=?utf-8?B?YQ?=", "=?utf-8?B?Y Q==?=", "=?utf-8?B?_-==?=", "=?utf-8?B?YR==?="] {
            assert_eq!(read(text), Err(Rfc2047Fault::Base64), "{text}");
        }
        for text in
            ["=?", "=?=", "=?utf-8", "=?utf-8?B", "=?utf-8?B?YQ==", "=?utf-8?B?YQ==?", "=?utf-8?B?YQ==? =", "=?a\u{e9}"]
        {
            assert!(matches!(read(text), Err(Rfc2047Fault::Syntax(_))), "{text}");
        }
        assert_eq!(read("=?utf-8?X?YQ==?="), Err(Rfc2047Fault::Encoding("X".into())));
        assert_eq!(read(&encode(&"a".repeat(1024 * 1024))), Err(Rfc2047Fault::TooLarge));
        assert_eq!(read(&encode(&"a".repeat(MAX_DECODED + 1))), Err(Rfc2047Fault::TooLarge));
        assert!(read(&encode(&"a".repeat(MAX_DECODED))).is_ok());
        assert!(read(&"=?".repeat(MAX_FIELD / 2)).is_err());
    }

    proptest! {
        #[test]
        fn what_is_encoded_reads_back(text in "[^\\p{Cc}=][^\\p{Cc}]{0,100}") {
            prop_assume!(!text.trim_start().starts_with(OPEN));
            prop_assert_eq!(read(&encode(&text)), Ok(text));
        }

        /// T-143.
        #[test]
        fn any_bytes_are_answered(value: Vec<u8>, near in "(=\\?(utf-8|iso-8859-1|x)\\?[BQx]\\?[A-Za-z=_?]{0,8}\\?= ?){1,3}") {
            for mode in [false, true] {
                for value in [value.as_slice(), near.as_bytes()] {
                    if let Ok(decoded) = decode(value, mode) {
                        prop_assert!(!decoded.text.contains(['\r', '\n', '\0']));
                    }
                }
            }
        }
    }
}
