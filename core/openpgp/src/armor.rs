//! ASCII armor: finding blocks in foreign text, writing blocks without Comment or Version lines.

use std::io::Write;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use sequoia_openpgp::armor::{Kind, Writer};
use zeroize::Zeroizing;

use crate::limits::{MAX_ARMOR_HEADER_BYTES, MAX_ARMOR_HEADERS};
use crate::{OpenPgpError, Result};

/// Standard base64; some programs omit its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Length of a checksum line: `=` and four digits.
const CHECKSUM: usize = 5;

/// Armor label of signatures.
pub(crate) const SIGNATURE: &str = "PGP SIGNATURE";
/// Armor label of public keys.
pub(crate) const PUBLIC_KEY: &str = "PGP PUBLIC KEY BLOCK";
/// Armor label of private keys.
pub(crate) const PRIVATE_KEY: &str = "PGP PRIVATE KEY BLOCK";
/// Armor label of encrypted messages.
pub(crate) const MESSAGE: &str = "PGP MESSAGE";

/// A decoded block; it may be a private key.
pub(crate) type ArmorBlock = Zeroizing<Vec<u8>>;

/// Decodes every armored block of `text`, in one pass. Only white space is allowed between blocks.
///
/// `limit` bounds the number of blocks; a text without any block is [`Error::NotArmored`]. Checksums are ignored: RFC
/// 9580 §6.1 forbids refusing a block because of its checksum, and signatures prove more.
pub(crate) fn decode_blocks(text: &[u8], label: &'static str, limit: usize) -> Result<Vec<ArmorBlock>> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let mut blocks = Vec::new();
    let mut open: Option<OpenBlock> = None;
    for line in lines(text) {
        match &mut open {
            Some(block) if line == end.as_bytes() => {
                blocks.push(block.decoded(label)?);
                open = None;
            }
            Some(block) => block.line(line, label)?,
            None if line.is_empty() => {}
            None if line == begin.as_bytes() && blocks.len() == limit => {
                return Err(OpenPgpError::TooMany { what: "armored blocks", limit });
            }
            None if line == begin.as_bytes() => open = Some(OpenBlock::new(text.len())),
            None if blocks.is_empty() => return Err(OpenPgpError::NotArmored { expected: label }),
            None => return Err(OpenPgpError::InvalidFormat(format!("text outside the {label} blocks"))),
        }
    }
    if open.is_some() {
        return Err(OpenPgpError::InvalidFormat(format!("a {label} block has no END line")));
    }
    if blocks.is_empty() {
        return Err(OpenPgpError::NotArmored { expected: label });
    }
    Ok(blocks)
}

/// The armor in a text that a person saved: if it contains a single block, the text before it is left out.
///
/// For files on a user's own machine, such as a mail with a key. Input from elsewhere is not trimmed: text around the
/// block is refused. So are a text with several blocks and text before the first, and text after a block.
#[must_use]
pub fn without_leading_text(text: &[u8]) -> &[u8] {
    let mut start = None;
    let mut offset = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        if line.trim_ascii().starts_with(b"-----BEGIN PGP ") && start.replace(offset).is_some() {
            return text;
        }
        offset += line.len();
    }
    start.map_or(text, |start| &text[start..])
}

/// Lines without surrounding white space, and without a byte order mark before the first.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii)
}

/// A block whose END line was not seen yet.
struct OpenBlock {
    part: ArmorPart,
    headers: usize,
    digits: Zeroizing<Vec<u8>>,
}

#[derive(Clone, Copy, PartialEq)]
enum ArmorPart {
    Headers,
    Digits,
    Checksum,
}

impl OpenBlock {
    fn new(longest: usize) -> Self {
        // Never reallocated: a copy left behind would not be wiped.
        Self { part: ArmorPart::Headers, headers: 0, digits: Zeroizing::new(Vec::with_capacity(longest)) }
    }

    fn line(&mut self, line: &[u8], label: &'static str) -> Result<()> {
        if self.part == ArmorPart::Headers {
            if line.contains(&b':') {
                self.headers += 1;
                return if self.headers > MAX_ARMOR_HEADERS || line.len() > MAX_ARMOR_HEADER_BYTES {
                    Err(OpenPgpError::TooMany { what: "armor headers, or too long ones", limit: MAX_ARMOR_HEADERS })
                } else {
                    Ok(())
                };
            }
            // The empty line after the headers; some programs omit it.
            self.part = ArmorPart::Digits;
        }
        match self.part {
            _ if line.is_empty() => Ok(()),
            ArmorPart::Digits if line.len() == CHECKSUM && line.starts_with(b"=") => {
                self.part = ArmorPart::Checksum;
                Ok(())
            }
            ArmorPart::Digits => {
                self.digits.extend_from_slice(line);
                Ok(())
            }
            ArmorPart::Headers | ArmorPart::Checksum => Err(damaged(label)),
        }
    }

    fn decoded(&self, label: &'static str) -> Result<ArmorBlock> {
        BASE64.decode(&*self.digits).map(Zeroizing::new).map_err(|_| damaged(label))
    }
}

fn damaged(label: &'static str) -> OpenPgpError {
    OpenPgpError::InvalidFormat(format!("the base64 of a {label} block is damaged"))
}

/// Armors binary packets. The checksum line is written, because old readers require it.
pub(crate) fn encode(kind: Kind, packets: &[u8]) -> Result<String> {
    let armored = (|| {
        let mut writer = Writer::new(Vec::with_capacity(packets.len() * 3 / 2 + 128), kind)?;
        writer.set_profile(sequoia_openpgp::Profile::RFC4880)?;
        writer.write_all(packets)?;
        writer.finalize().map_err(anyhow_io)
    })()
    .map_err(|_: std::io::Error| OpenPgpError::Internal("armor writing"))?;
    String::from_utf8(armored).map_err(|_| OpenPgpError::Internal("armor writing"))
}

fn anyhow_io(error: impl std::fmt::Display) -> std::io::Error {
    std::io::Error::other(error.to_string())
}
