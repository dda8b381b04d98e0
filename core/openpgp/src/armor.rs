//! ASCII armor: finding blocks in foreign text, writing blocks without Comment or Version lines.

use std::io::{Read, Write};

use sequoia_openpgp::armor::{Kind, Reader, ReaderMode, Writer};

use crate::{Error, Result};

/// Armor label of signatures.
pub(crate) const SIGNATURE: &str = "PGP SIGNATURE";
/// Armor label of public keys.
pub(crate) const PUBLIC_KEY: &str = "PGP PUBLIC KEY BLOCK";
/// Armor label of private keys.
pub(crate) const PRIVATE_KEY: &str = "PGP PRIVATE KEY BLOCK";
/// Armor label of encrypted messages.
pub(crate) const MESSAGE: &str = "PGP MESSAGE";

/// Decodes every armored block of `text`. Between blocks only white space may stand.
///
/// `limit` bounds the number of blocks; a text without any block is [`Error::NotArmored`].
pub(crate) fn decode_blocks(text: &[u8], label: &'static str, limit: usize) -> Result<Vec<Vec<u8>>> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let mut blocks = Vec::new();
    let mut start = None;
    let mut offset = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let (at, content) = (offset, line.trim_ascii());
        offset += line.len();
        match start {
            None if content.is_empty() => {}
            None if content == begin.as_bytes() => start = Some(at),
            None if blocks.is_empty() => return Err(Error::NotArmored { expected: label }),
            None => {
                return Err(Error::InvalidFormat(format!("text outside the {label} blocks")));
            }
            Some(from) if content == end.as_bytes() => {
                if blocks.len() == limit {
                    return Err(Error::TooMany { what: "armored blocks", limit });
                }
                blocks.push(decode(&text[from..offset], label)?);
                start = None;
            }
            Some(_) => {}
        }
    }
    if start.is_some() {
        return Err(Error::InvalidFormat(format!("a {label} block has no END line")));
    }
    if blocks.is_empty() {
        return Err(Error::NotArmored { expected: label });
    }
    Ok(blocks)
}

/// Armors binary packets. The checksum line is written: old readers ask for it.
pub(crate) fn encode(kind: Kind, packets: &[u8]) -> Result<String> {
    let armored = (|| {
        let mut writer = Writer::new(Vec::with_capacity(packets.len() * 3 / 2 + 128), kind)?;
        writer.set_profile(sequoia_openpgp::Profile::RFC4880)?;
        writer.write_all(packets)?;
        writer.finalize().map_err(anyhow_io)
    })()
    .map_err(|_: std::io::Error| Error::Internal("armor writing"))?;
    String::from_utf8(armored).map_err(|_| Error::Internal("armor writing"))
}

fn decode(block: &[u8], label: &'static str) -> Result<Vec<u8>> {
    let mut packets = Vec::new();
    Reader::from_bytes(block, ReaderMode::Tolerant(kind(label)))
        .read_to_end(&mut packets)
        .map_err(|_| Error::InvalidFormat(format!("the base64 of a {label} block is damaged")))?;
    Ok(packets)
}

fn kind(label: &str) -> Option<Kind> {
    Some(match label {
        SIGNATURE => Kind::Signature,
        PUBLIC_KEY => Kind::PublicKey,
        PRIVATE_KEY => Kind::SecretKey,
        MESSAGE => Kind::Message,
        _ => return None,
    })
}

fn anyhow_io(error: impl std::fmt::Display) -> std::io::Error {
    std::io::Error::other(error.to_string())
}
