//! Bounded reading of packets from foreign bytes: each packet was checked by [`framing`] and is read separately; no
//! recursion into containers, no decompression.

use sequoia_openpgp::Packet;
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};

use crate::armor::ArmorBlock;
use crate::framing::{self, FramedPacket, tag};
use crate::limits::MAX_SIGNATURES;
use crate::{OpenPgpError, Result};

/// The packets of one block of detached signatures.
pub(crate) fn signatures(block: &[u8]) -> Result<Vec<Packet>> {
    framing::signatures(block, MAX_SIGNATURES)?.iter().map(read).collect()
}

/// The packets of a key, from all its blocks.
///
/// Photographs of the owner, and certifications by others, are left out: nothing here uses them, and the library would
/// hash them once for each signature.
pub(crate) fn key(blocks: &[ArmorBlock], limits: KeyLimits) -> Result<Vec<Packet>> {
    let mut framed = Vec::new();
    for block in blocks {
        framed.extend(framing::split(block, limits.packets)?);
    }
    if limits.public_only && framed.iter().any(|packet| matches!(packet.tag, tag::SECRET_KEY | tag::SECRET_SUBKEY)) {
        return Err(OpenPgpError::PrivateKeyMaterial);
    }
    count(&framed, limits.packets, "OpenPGP packets", |_| true)?;
    count(&framed, limits.user_ids, "user ids", |tag| matches!(tag, tag::USER_ID | tag::USER_ATTRIBUTE))?;
    match framed.iter().filter(|packet| matches!(packet.tag, tag::PUBLIC_KEY | tag::SECRET_KEY)).count() {
        0 => return Err(OpenPgpError::NoKey),
        1 => {}
        _ => return Err(OpenPgpError::SeveralKeys),
    }
    framing::check_key(&framed)?;
    let mut of_attribute = false;
    framed.retain(|packet| {
        match packet.tag {
            tag::USER_ATTRIBUTE => of_attribute = true,
            tag::TRUST | tag::MARKER | tag::PADDING => return false,
            tag::SIGNATURE => {}
            _ => of_attribute = false,
        }
        !of_attribute
    });
    framed.iter().map(read).collect()
}

/// Bounds on the packets of a key.
#[derive(Clone, Copy)]
pub(crate) struct KeyLimits {
    pub(crate) packets: usize,
    pub(crate) user_ids: usize,
    /// Whether private key material is refused.
    pub(crate) public_only: bool,
}

fn count(framed: &[FramedPacket<'_>], limit: usize, what: &'static str, counts: impl Fn(u8) -> bool) -> Result<()> {
    let found = framed.iter().filter(|packet| counts(packet.tag)).count();
    if found > limit { Err(OpenPgpError::TooMany { what, limit }) } else { Ok(()) }
}

fn read(framed: &FramedPacket<'_>) -> Result<Packet> {
    let damaged = || OpenPgpError::InvalidFormat("the OpenPGP packets are damaged".into());
    let result = PacketParserBuilder::from_bytes(framed.whole)
        .map_err(|_| damaged())?
        .dearmor(Dearmor::Disabled)
        .max_recursion_depth(0)
        .build()
        .map_err(|_| damaged())?;
    let PacketParserResult::Some(parser) = result else { return Err(damaged()) };
    let (packet, next) = parser.next().map_err(|_| damaged())?;
    if matches!(next, PacketParserResult::Some(_)) { Err(damaged()) } else { Ok(packet) }
}
