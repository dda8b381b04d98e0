//! The inside of a signature packet (RFC 4880 §5.2): lengths and counts, not meaning.

use super::damaged;
use crate::limits::{MAX_ISSUERS, MAX_SUBPACKETS};
use crate::{OpenPgpError, Result};

/// Subpacket types that are counted (RFC 4880 §5.2.3.1, RFC 9580 §5.2.3.35).
const ISSUER: u8 = 16;
const EMBEDDED_SIGNATURE: u8 = 32;
const ISSUER_FINGERPRINT: u8 = 33;
/// Maximum number of embedded signatures of one signature: the back-signature of a signing subkey.
const MAX_EMBEDDED: usize = 1;

/// Checks that the areas of a signature of a known version are inside it and contain a bounded number of whole
/// subpackets. Other versions are judged later, unread.
pub(super) fn walk(body: &[u8]) -> Result<()> {
    packet(body, MAX_EMBEDDED)
}

fn packet(body: &[u8], embedded_allowed: usize) -> Result<()> {
    let octets = match body.first() {
        Some(4) => 2,
        Some(6) => 4,
        Some(_) => return Ok(()),
        None => return Err(damaged("a signature packet is empty")),
    };
    let mut counts = PacketCounts { subpackets: 0, issuers: 0, embedded: 0, embedded_allowed };
    let mut rest = body.get(4..).ok_or_else(cut_off)?;
    for _ in ["hashed", "unhashed"] {
        let length = super::big_endian(rest, octets)?;
        let area = rest.get(octets..octets.saturating_add(length)).ok_or_else(cut_off)?;
        counts.area(area)?;
        rest = &rest[octets + length..];
    }
    // The first two octets of the hash, and at least some number.
    if rest.len() > 2 { Ok(()) } else { Err(cut_off()) }
}

struct PacketCounts {
    subpackets: usize,
    issuers: usize,
    embedded: usize,
    embedded_allowed: usize,
}

impl PacketCounts {
    fn area(&mut self, mut area: &[u8]) -> Result<()> {
        while !area.is_empty() {
            let (length, octets) = subpacket_length(area)?;
            let subpacket = area.get(octets..octets.saturating_add(length)).ok_or_else(cut_off)?;
            let (&kind, content) = subpacket.split_first().ok_or_else(|| damaged("a subpacket is empty"))?;
            count(&mut self.subpackets, "subpackets of a signature", MAX_SUBPACKETS)?;
            match kind & 0x7f {
                ISSUER | ISSUER_FINGERPRINT => count(&mut self.issuers, "issuers of a signature", MAX_ISSUERS)?,
                EMBEDDED_SIGNATURE => {
                    count(&mut self.embedded, "embedded signatures", self.embedded_allowed)?;
                    packet(content, 0)?;
                }
                _ => {}
            }
            area = &area[octets + length..];
        }
        Ok(())
    }
}

/// A subpacket's length, and the number of its octets.
fn subpacket_length(area: &[u8]) -> Result<(usize, usize)> {
    Ok(match area[0] {
        first @ 0..=191 => (usize::from(first), 1),
        first @ 192..=254 => (((usize::from(first) - 192) << 8) + super::big_endian(&area[1..], 1)? + 192, 2),
        255 => (super::big_endian(&area[1..], 4)?, 5),
    })
}

fn count(so_far: &mut usize, what: &'static str, limit: usize) -> Result<()> {
    *so_far += 1;
    if *so_far > limit { Err(OpenPgpError::TooMany { what, limit }) } else { Ok(()) }
}

fn cut_off() -> OpenPgpError {
    damaged("a signature packet is cut off")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn signature(hashed: &[u8], unhashed: &[u8]) -> Vec<u8> {
        let length = |area: &[u8]| u16::try_from(area.len()).unwrap().to_be_bytes();
        [&[4, 0, 1, 8][..], &length(hashed), hashed, &length(unhashed), unhashed, &[1, 2, 0, 1, 1]].concat()
    }

    #[test]
    fn areas_are_walked_to_their_ends() {
        walk(&signature(&[5, 2, 0, 0, 0, 1], &[9, 16, 1, 2, 3, 4, 5, 6, 7, 8])).unwrap();
        let long = [&[192, 1, 20][..], &[b'x'; 192]].concat();
        walk(&signature(&long, &[255, 0, 0, 0, 2, 20, 1])).unwrap();
        for damaged in [&[0][..], &[5, 2, 0], &[255, 0, 0], &[192], &[255, 0xff, 0xff, 0xff, 0xff, 1]] {
            assert!(matches!(walk(&signature(damaged, &[])), Err(OpenPgpError::InvalidFormat(_))), "{damaged:?}");
            assert!(matches!(walk(&signature(&[], damaged)), Err(OpenPgpError::InvalidFormat(_))), "{damaged:?}");
        }
        for cut in 1..signature(&[1, 2], &[1, 3]).len() - 3 {
            assert!(walk(&signature(&[1, 2], &[1, 3])[..cut]).is_err(), "{cut}");
        }
        assert!(walk(&[]).is_err());
        walk(&[3, 5]).unwrap();
    }

    #[test]
    fn subpackets_issuers_and_embedded_signatures_are_counted() {
        let issuer = [9, 16, 1, 2, 3, 4, 5, 6, 7, 8];
        walk(&signature(&issuer.repeat(2), &issuer.repeat(2))).unwrap();
        assert!(matches!(
            walk(&signature(&issuer.repeat(2), &issuer.repeat(3))),
            Err(OpenPgpError::TooMany { limit: 4, .. })
        ));
        let flag = [2, 11, 0];
        walk(&signature(&flag.repeat(16), &flag.repeat(16))).unwrap();
        assert!(matches!(
            walk(&signature(&flag.repeat(16), &flag.repeat(17))),
            Err(OpenPgpError::TooMany { limit: 32, .. })
        ));
        let embed = |inner: &[u8]| [&[u8::try_from(inner.len()).unwrap() + 1, 32][..], inner].concat();
        let inner = signature(&[], &[]);
        walk(&signature(&embed(&inner), &[])).unwrap();
        assert!(matches!(walk(&signature(&embed(&inner).repeat(2), &[])), Err(OpenPgpError::TooMany { .. })));
        assert!(matches!(
            walk(&signature(&embed(&signature(&embed(&inner), &[])), &[])),
            Err(OpenPgpError::TooMany { .. })
        ));
        assert!(walk(&signature(&embed(&inner[..5]), &[])).is_err());
    }
}
