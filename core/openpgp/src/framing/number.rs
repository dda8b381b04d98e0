//! The numbers of a key packet (RFC 4880 §5.5.2): limits on the sizes that computing time depends on.

use super::damaged;
use crate::limits::MAX_DSA_BITS;
use crate::{OpenPgpError, Result};

const DSA: u8 = 17;

/// Checks that a key packet has version 4, and numbers that can be computed with in bounded time.
pub(super) fn walk_key(body: &[u8]) -> Result<()> {
    match body.first() {
        Some(4) => {}
        Some(&version) => return Err(OpenPgpError::UnsupportedVersion(version)),
        None => return Err(damaged("a key packet is empty")),
    }
    let (&algorithm, mut numbers) =
        body.get(5..).and_then(<[u8]>::split_first).ok_or_else(|| damaged("a key packet is cut off"))?;
    if algorithm != DSA {
        return Ok(());
    }
    for limit in [MAX_DSA_BITS.0, MAX_DSA_BITS.1, MAX_DSA_BITS.0, MAX_DSA_BITS.0] {
        let bits = super::big_endian(numbers, 2)?;
        if bits > limit {
            let text = format!("a DSA number of {bits} bits; at most {limit} are read");
            return Err(OpenPgpError::InvalidKey(text));
        }
        numbers = numbers.get(2 + bits.div_ceil(8)..).ok_or_else(|| damaged("a key packet is cut off"))?;
    }
    Ok(())
}
