//! Bounded reading of packets from foreign bytes: no recursion into containers, no decompression.

use sequoia_openpgp::Packet;
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};

use crate::{Error, Result};

/// Reads at most `limit` packets of binary OpenPGP data.
pub(crate) fn read(bytes: &[u8], limit: usize) -> Result<Vec<Packet>> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let damaged = || Error::InvalidFormat("the OpenPGP packets are damaged".into());
    let mut result = PacketParserBuilder::from_bytes(bytes)
        .map_err(|_| damaged())?
        .dearmor(Dearmor::Disabled)
        .max_recursion_depth(0)
        .build()
        .map_err(|_| damaged())?;
    let mut packets = Vec::new();
    while let PacketParserResult::Some(parser) = result {
        if packets.len() == limit {
            return Err(Error::TooMany { what: "OpenPGP packets", limit });
        }
        let (packet, next) = parser.next().map_err(|_| damaged())?;
        packets.push(packet);
        result = next;
    }
    Ok(packets)
}
