//! A strict walk over packet headers and signature areas, before the library sees the bytes.
//!
//! If a header cannot be read, the library searches the next 32 KiB for one, byte by byte, and again after each. So it
//! is given only packets of a known length and an expected kind, bounded in number and size, one at a time.

mod number;
mod signature;

use crate::limits::{
    MAX_KEY_SIGNATURE_BYTES, MAX_PRIVATE_KEY_PACKET_BYTES, MAX_PUBLIC_KEY_PACKET_BYTES, MAX_RECIPIENTS,
    MAX_SIGNATURE_PACKET_BYTES, MAX_SUBKEYS, MAX_USER_ID_BYTES,
};
use crate::{OpenPgpError, Result};

/// Packet tags (RFC 4880 §4.3).
pub(crate) mod tag {
    pub(crate) const PKESK: u8 = 1;
    pub(crate) const SIGNATURE: u8 = 2;
    pub(crate) const SKESK: u8 = 3;
    pub(crate) const SECRET_KEY: u8 = 5;
    pub(crate) const PUBLIC_KEY: u8 = 6;
    pub(crate) const SECRET_SUBKEY: u8 = 7;
    pub(crate) const ENCRYPTED: u8 = 9;
    pub(crate) const MARKER: u8 = 10;
    pub(crate) const TRUST: u8 = 12;
    pub(crate) const USER_ID: u8 = 13;
    pub(crate) const PUBLIC_SUBKEY: u8 = 14;
    pub(crate) const USER_ATTRIBUTE: u8 = 17;
    pub(crate) const ENCRYPTED_PROTECTED: u8 = 18;
    pub(crate) const AEAD_ENCRYPTED: u8 = 20;
    pub(crate) const PADDING: u8 = 21;
}

/// A packet of a known length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FramedPacket<'a> {
    pub(crate) tag: u8,
    /// Header and body.
    pub(crate) whole: &'a [u8],
    pub(crate) body: &'a [u8],
}

/// The packets of `bytes`: at most `limit`, each of a definite length, nothing left over.
pub(crate) fn split(bytes: &[u8], limit: usize) -> Result<Vec<FramedPacket<'_>>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if found.len() == limit {
            return Err(OpenPgpError::TooMany { what: "OpenPGP packets", limit });
        }
        let (header, length) = match header(rest)? {
            PacketHeader { tag, bytes, length: PacketLength::Definite(length) } => ((tag, bytes), length),
            _ => return Err(damaged("a packet has no definite length")),
        };
        let end = header.1.checked_add(length).filter(|&end| end <= rest.len());
        let end = end.ok_or_else(|| damaged("a packet is longer than the remaining data"))?;
        found.push(FramedPacket { tag: header.0, whole: &rest[..end], body: &rest[header.1..end] });
        rest = &rest[end..];
    }
    Ok(found)
}

/// The packets of a detached signature: signatures and nothing else.
pub(crate) fn signatures(bytes: &[u8], limit: usize) -> Result<Vec<FramedPacket<'_>>> {
    let found = split(bytes, limit).map_err(|error| match error {
        OpenPgpError::TooMany { .. } => OpenPgpError::TooMany { what: "signature packets", limit },
        other => other,
    })?;
    for packet in &found {
        if packet.tag != tag::SIGNATURE {
            let text = format!("a {} is not allowed in a signature block", name(packet.tag));
            return Err(OpenPgpError::InvalidFormat(text));
        }
        at_most(packet, MAX_SIGNATURE_PACKET_BYTES)?;
        signature::walk(packet.body)?;
    }
    Ok(found)
}

/// Checks that these may be the packets of a key, public or private.
pub(crate) fn check_key(packets: &[FramedPacket<'_>]) -> Result<()> {
    let subkeys = packets.iter().filter(|packet| matches!(packet.tag, tag::PUBLIC_SUBKEY | tag::SECRET_SUBKEY)).count();
    if subkeys > MAX_SUBKEYS {
        return Err(OpenPgpError::TooMany { what: "subkeys", limit: MAX_SUBKEYS });
    }
    for packet in packets {
        match packet.tag {
            tag::SIGNATURE => {
                at_most(packet, MAX_KEY_SIGNATURE_BYTES)?;
                signature::walk(packet.body)?;
            }
            tag::PUBLIC_KEY | tag::PUBLIC_SUBKEY => {
                at_most(packet, MAX_PUBLIC_KEY_PACKET_BYTES)?;
                number::walk_key(packet.body)?;
            }
            tag::SECRET_KEY | tag::SECRET_SUBKEY => {
                at_most(packet, MAX_PRIVATE_KEY_PACKET_BYTES)?;
                number::walk_key(packet.body)?;
            }
            tag::USER_ID => at_most(packet, MAX_USER_ID_BYTES)?,
            // Limited by the armor around them; they are not read.
            tag::USER_ATTRIBUTE | tag::TRUST | tag::MARKER | tag::PADDING => {}
            other => {
                return Err(OpenPgpError::InvalidFormat(format!("a {} is not allowed in a key", name(other))));
            }
        }
    }
    Ok(())
}

/// An encrypted message as packets: recipients, then one encrypted packet, the only one that may come in parts of
/// announced lengths, and nothing after it.
pub(crate) fn message(bytes: &[u8]) -> Result<()> {
    let mut rest = bytes;
    for _ in 0..=MAX_RECIPIENTS {
        let found = header(rest)?;
        let body = &rest[found.bytes..];
        match (found.tag, found.length) {
            (tag::PKESK | tag::SKESK | tag::MARKER, PacketLength::Definite(length)) => {
                rest = body.get(length..).ok_or_else(|| damaged("a packet is longer than the remaining data"))?;
            }
            (tag::ENCRYPTED | tag::ENCRYPTED_PROTECTED | tag::AEAD_ENCRYPTED, length) => {
                return if after_parts(body, length)?.is_empty() {
                    Ok(())
                } else {
                    Err(damaged("there is data after the encrypted packet"))
                };
            }
            (tag::PKESK | tag::SKESK | tag::MARKER, _) => return Err(damaged("a packet has no definite length")),
            (other, _) => {
                return Err(OpenPgpError::InvalidFormat(format!(
                    "a {} is not allowed in an encrypted message",
                    name(other)
                )));
            }
        }
    }
    Err(OpenPgpError::TooMany { what: "recipients", limit: MAX_RECIPIENTS })
}

/// The rest after a body of this length, which may come in parts.
fn after_parts(mut body: &[u8], mut length: PacketLength) -> Result<&[u8]> {
    let short = || damaged("a packet is longer than the remaining data");
    loop {
        match length {
            PacketLength::Definite(length) => return body.get(length..).ok_or_else(short),
            PacketLength::Partial(part) => {
                body = body.get(part..).ok_or_else(short)?;
                let taken;
                (length, taken) = new_length(body)?;
                body = &body[taken..];
            }
            // Old programs mark the end of a message by the end of the file.
            PacketLength::Indeterminate => return Ok(&[]),
        }
    }
}

struct PacketHeader {
    tag: u8,
    /// Length of the header itself.
    bytes: usize,
    length: PacketLength,
}

enum PacketLength {
    Definite(usize),
    Partial(usize),
    Indeterminate,
}

fn header(bytes: &[u8]) -> Result<PacketHeader> {
    let (&first, rest) = bytes.split_first().ok_or_else(|| damaged("a packet is missing"))?;
    if first & 0x80 == 0 {
        return Err(damaged("a packet header is missing"));
    }
    if first & 0x40 != 0 {
        let (length, taken) = new_length(rest)?;
        return Ok(PacketHeader { tag: first & 0x3f, bytes: 1 + taken, length });
    }
    let octets = match first & 3 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return Ok(PacketHeader { tag: first >> 2 & 15, bytes: 1, length: PacketLength::Indeterminate }),
    };
    Ok(PacketHeader {
        tag: first >> 2 & 15,
        bytes: 1 + octets,
        length: PacketLength::Definite(big_endian(rest, octets)?),
    })
}

/// A length in the new format, and the number of its octets.
fn new_length(bytes: &[u8]) -> Result<(PacketLength, usize)> {
    let &first = bytes.first().ok_or_else(|| damaged("a packet header is cut off"))?;
    Ok(match first {
        0..=191 => (PacketLength::Definite(usize::from(first)), 1),
        192..=223 => {
            let second = big_endian(&bytes[1..], 1)?;
            (PacketLength::Definite(((usize::from(first) - 192) << 8) + second + 192), 2)
        }
        224..=254 => (PacketLength::Partial(1 << (first & 0x1f)), 1),
        255 => (PacketLength::Definite(big_endian(&bytes[1..], 4)?), 5),
    })
}

fn big_endian(bytes: &[u8], octets: usize) -> Result<usize> {
    let digits = bytes.get(..octets).ok_or_else(|| damaged("a length is cut off"))?;
    Ok(digits.iter().fold(0, |value, &digit| value << 8 | usize::from(digit)))
}

fn at_most(packet: &FramedPacket<'_>, limit: usize) -> Result<()> {
    let actual = packet.body.len();
    if actual <= limit { Ok(()) } else { Err(OpenPgpError::TooLarge { what: name(packet.tag), limit, actual }) }
}

fn damaged(why: &'static str) -> OpenPgpError {
    OpenPgpError::InvalidFormat(why.into())
}

fn name(tag: u8) -> &'static str {
    match tag {
        tag::PKESK => "packet for a recipient",
        tag::SIGNATURE => "signature packet",
        tag::SKESK => "packet for a passphrase",
        4 => "one-pass signature packet",
        tag::SECRET_KEY => "private key packet",
        tag::PUBLIC_KEY => "public key packet",
        tag::SECRET_SUBKEY => "private subkey packet",
        8 => "compressed packet",
        tag::ENCRYPTED | tag::ENCRYPTED_PROTECTED | tag::AEAD_ENCRYPTED => "packet of encrypted data",
        tag::MARKER => "marker packet",
        11 => "packet of literal data",
        tag::TRUST => "trust packet",
        tag::USER_ID => "user id packet",
        tag::PUBLIC_SUBKEY => "public subkey packet",
        tag::USER_ATTRIBUTE => "user attribute packet",
        tag::PADDING => "padding packet",
        _ => "packet of an unknown kind",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lengths_are_definite_and_nothing_is_left_over() {
        let tags =
            |bytes: &[u8]| split(bytes, 9).map(|found| found.iter().map(|packet| packet.tag).collect::<Vec<_>>());
        // Old format with one, two and four octets; new format with one, two and five.
        let packets = [
            &[0x88, 1, 7][..],
            &[0x89, 0, 1, 7],
            &[0x8a, 0, 0, 0, 1, 7],
            &[0xc2, 1, 7],
            &[&[0xc2, 192, 0][..], &[7; 192]].concat(),
            &[0xcd, 255, 0, 0, 0, 1, 7],
        ];
        assert_eq!(tags(&packets.concat()).unwrap(), [2, 2, 2, 2, 2, 13]);
        assert_eq!(split(packets[4], 9).unwrap()[0].body, [7; 192]);
        for refused in [
            &[0x8b, 1, 7][..],
            &[0xc2, 0xe0, 7, 0],
            &[0x88, 2, 7],
            &[0x89, 0],
            &[0xc2],
            &[0xc2, 255, 0xff, 0xff, 0xff, 0xff, 1],
            &[0x88, 1, 7, 0],
            &[0x08, 1, 7],
        ] {
            assert!(matches!(tags(refused), Err(OpenPgpError::InvalidFormat(_))), "{refused:02x?}");
        }
        assert!(matches!(tags(&[0x88, 0].repeat(10)), Err(OpenPgpError::TooMany { limit: 9, .. })));
        assert!(tags(b"").unwrap().is_empty());
    }

    #[test]
    fn a_message_ends_with_its_encrypted_packet() {
        let recipient = [0xc1, 2, 3, 4];
        let parts = [0xd2, 0xe1, 1, 2, 0xe0, 3, 1, 4];
        assert!(message(&[&recipient[..], &parts].concat()).is_ok());
        assert!(message(&[&recipient[..], &[0xd2, 1, 1]].concat()).is_ok());
        assert!(message(&[&recipient[..], &parts, &[0xd2, 0]].concat()).is_err());
        assert!(message(&[&recipient[..], &parts[..7]].concat()).is_err());
        assert!(message(&recipient).is_err());
        assert!(matches!(message(&recipient.repeat(17)), Err(OpenPgpError::TooMany { .. })));
        assert!(message(&[0xcb, 1, 1]).is_err());
    }
}
