//! The encodings of SWIFT statements: ASCII by the standard, more in fact.

use std::borrow::Cow;

use bankchannel_xml::{XmlFault, named_encoding};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How the bytes of a file become text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextEncoding {
    /// UTF-8; a line that is not is read as Windows-1252.
    Auto,
    /// UTF-8, and nothing else.
    Utf8,
    /// An encoding of the web.
    Web(&'static Encoding),
    /// A code page of a screen.
    Page(&'static CodePage),
}

/// A code page: the bytes up to 127 are ASCII, with a few exceptions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodePage {
    name: &'static str,
    /// Other names, in small letters.
    labels: &'static [&'static str],
    /// The characters of the bytes from 128; empty for seven bits.
    upper: &'static str,
    /// The characters that stand in place of ASCII ones.
    replaced: &'static [(u8, char)],
}

const PAGES: &[CodePage] = &[
    CodePage {
        name: "cp852",
        labels: &["ibm852", "852", "pclatin2"],
        upper: "ÇüéâäůćçłëŐőîŹÄĆÉĹĺôöĽľŚśÖÜŤťŁ×čáíóúĄąŽžĘę¬źČş«»░▒▓│┤ÁÂĚŞ╣║╗╝Żż┐\
                └┴┬├─┼Ăă╚╔╩╦╠═╬¤đĐĎËďŇÍÎě┘┌█▄ŢŮ▀ÓßÔŃńňŠšŔÚŕŰýÝţ´\u{ad}˝˛ˇ˘§÷¸°¨˙űŘř■\u{a0}",
        replaced: &[],
    },
    CodePage {
        name: "cp850",
        labels: &["ibm850", "850"],
        upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐\
                └┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}",
        replaced: &[],
    },
    CodePage {
        name: "cp437",
        labels: &["ibm437", "437"],
        upper: "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐\
                └┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}",
        replaced: &[],
    },
    CodePage {
        name: "DIN_66003",
        labels: &["iso646-de", "de"],
        upper: "",
        replaced: &[(b'[', 'Ä'), (b'\\', 'Ö'), (b']', 'Ü'), (b'{', 'ä'), (b'|', 'ö'), (b'}', 'ü'), (b'~', 'ß')],
    },
];

/// The supported names, for an error.
pub(crate) const NAMES: &str = "cp852, cp850, cp437, windows-1250, ISO-8859-2, DIN_66003";

/// Whether a file that is not XML may be in an encoding of this name.
pub(crate) fn is_text_encoding(name: &str) -> bool {
    TextEncoding::named(name).is_ok()
}

impl TextEncoding {
    /// The encoding of this name.
    ///
    /// # Errors
    /// It is not supported.
    pub(super) fn named(name: &str) -> Result<Self, XmlFault> {
        let label = name.trim().to_ascii_lowercase();
        let of_page =
            |page: &&CodePage| page.name.eq_ignore_ascii_case(&label) || page.labels.contains(&label.as_str());
        if let Some(page) = PAGES.iter().find(of_page) {
            return Ok(Self::Page(page));
        }
        let of_web = match label.as_str() {
            "cp1250" => Encoding::for_label(b"windows-1250"),
            "windows-1250" | "iso-8859-2" => Encoding::for_label(label.as_bytes()),
            _ => None,
        };
        match of_web.map_or_else(|| named_encoding(name), Ok)? {
            found if found == UTF_8 => Ok(Self::Utf8),
            found if found == UTF_16BE || found == UTF_16LE => {
                Err(XmlFault::new("a SWIFT statement in UTF-16 is not read", "save the file as UTF-8"))
            }
            found => Ok(Self::Web(found)),
        }
    }

    /// The encoding of a file that begins so and says nothing of it.
    pub(super) fn of_beginning(beginning: &[u8]) -> Self {
        match std::str::from_utf8(beginning) {
            Err(fault) if fault.error_len().is_some() => Self::Web(WINDOWS_1252),
            _ => Self::Auto,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto | Self::Utf8 => UTF_8.name(),
            Self::Web(encoding) => encoding.name(),
            Self::Page(page) => page.name,
        }
    }

    /// The text of a line, and whether it had to be read as another encoding; `None` if it cannot be.
    pub(super) fn decode(self, line: &[u8]) -> Option<(Cow<'_, str>, bool)> {
        match (self, std::str::from_utf8(line)) {
            (Self::Auto | Self::Utf8, Ok(text)) => Some((Cow::Borrowed(text), false)),
            (Self::Utf8, Err(_)) => None,
            (Self::Auto, Err(_)) => Some((WINDOWS_1252.decode_without_bom_handling(line).0, true)),
            (Self::Web(encoding), _) => Some((encoding.decode_without_bom_handling(line).0, false)),
            (Self::Page(page), text) => match text {
                Ok(text) if text.is_ascii() && page.replaced.is_empty() => Some((Cow::Borrowed(text), false)),
                _ => Some((Cow::Owned(line.iter().map(|byte| page.character(*byte)).collect()), false)),
            },
        }
    }
}

impl CodePage {
    fn character(&self, byte: u8) -> char {
        if let Some((_, other)) = self.replaced.iter().find(|(replaced, _)| *replaced == byte) {
            return *other;
        }
        let upper = || self.upper.chars().nth(usize::from(byte) - 128);
        if byte < 128 { char::from(byte) } else { upper().unwrap_or(char::REPLACEMENT_CHARACTER) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn decoded(name: &str, bytes: &[u8]) -> String {
        TextEncoding::named(name).unwrap().decode(bytes).unwrap().0.into_owned()
    }

    #[test]
    fn each_code_page_has_its_letters() {
        assert_eq!(decoded("cp852", b"P\xFD\xA1jem \x9F\xE7"), "Příjem čš");
        assert_eq!(decoded("CP850", b"\x84\x94\x81\xE1"), "äöüß");
        assert_eq!(decoded("cp437", b"\x84\x94\x81\xE1"), "äöüß");
        assert_eq!(decoded("cp1250", b"\xF5\xFB"), "őű");
        assert_eq!(decoded("ISO646-DE", b"M}ller [~"), "Müller Äß");
        assert_eq!(decoded("ISO-8859-1", b"\xE4"), "ä");
        for page in PAGES.iter().filter(|page| !page.upper.is_empty()) {
            assert_eq!(page.upper.chars().count(), 128, "{}", page.name);
        }
        assert!(TextEncoding::named("UTF-16").is_err() && TextEncoding::named("morse").is_err());
    }

    #[test]
    fn without_a_name_utf_8_is_tried_first() {
        assert_eq!(TextEncoding::of_beginning("a\u{e4}".as_bytes()), TextEncoding::Auto);
        assert_eq!(TextEncoding::of_beginning(b"a\xC3"), TextEncoding::Auto, "a cut character");
        assert_eq!(TextEncoding::of_beginning(b"a\xE4b"), TextEncoding::Web(WINDOWS_1252));
        assert_eq!(TextEncoding::Auto.decode(b"\xE4"), Some((Cow::Owned("ä".to_owned()), true)));
        assert_eq!(TextEncoding::Utf8.decode(b"\xE4"), None);
    }
}
