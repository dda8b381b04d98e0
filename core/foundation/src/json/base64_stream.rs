//! Standard base64, decoded as it arrives.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The text was not standard base64 with padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64;

/// Decodes standard base64 with padding from pieces of any length. White space is skipped; the URL-safe
/// alphabet is refused.
#[derive(Debug, Default)]
pub struct Base64Decoder {
    carry: [u8; 4],
    carried: usize,
    ended: bool,
    scratch: Vec<u8>,
}

/// How much is decoded at a time: a multiple of four, small enough to stay in the cache.
const STEP: usize = 32 * 1024;

impl Base64Decoder {
    /// Decodes a piece and hands the bytes out.
    ///
    /// # Errors
    /// [`NotBase64`], or what the receiver returns.
    pub fn push<E: From<NotBase64>>(
        &mut self,
        text: &[u8],
        mut give: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        for run in text.split(|byte| byte.is_ascii_whitespace()) {
            self.push_run(run, &mut give)?;
        }
        Ok(())
    }

    /// Sees that the text ended where base64 may end.
    ///
    /// # Errors
    /// [`NotBase64`] when characters are left over.
    pub fn finish(&self) -> Result<(), NotBase64> {
        if self.carried == 0 { Ok(()) } else { Err(NotBase64) }
    }

    fn push_run<E: From<NotBase64>>(
        &mut self,
        mut run: &[u8],
        give: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if run.is_empty() {
            return Ok(());
        }
        if self.carried > 0 {
            let take = run.len().min(4 - self.carried);
            self.carry[self.carried..self.carried + take].copy_from_slice(&run[..take]);
            self.carried += take;
            run = &run[take..];
            if self.carried < 4 {
                return Ok(());
            }
            let quad = self.carry;
            self.carried = 0;
            self.decode(&quad, give)?;
        }
        let whole = run.len() - run.len() % 4;
        for step in run[..whole].chunks(STEP) {
            self.decode(step, give)?;
        }
        let rest = &run[whole..];
        self.carry[..rest.len()].copy_from_slice(rest);
        self.carried = rest.len();
        Ok(())
    }

    fn decode<E: From<NotBase64>>(
        &mut self,
        text: &[u8],
        give: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.ended {
            return Err(NotBase64.into());
        }
        // Padding may stand only at the very end of the whole text.
        self.ended = text.last() == Some(&b'=');
        self.scratch.resize(text.len() / 4 * 3, 0);
        let written = STANDARD.decode_slice(text, &mut self.scratch).map_err(|_| NotBase64)?;
        give(&self.scratch[..written])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<Vec<u8>, NotBase64> {
        let (mut decoder, mut out) = (Base64Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.push(piece, |bytes| {
                out.extend_from_slice(bytes);
                Ok::<_, NotBase64>(())
            })?;
        }
        decoder.finish().map(|()| out)
    }

    #[test]
    fn pieces_may_break_anywhere() {
        let bytes: Vec<u8> = (0..1000u32).map(|n| (n * 7 % 251) as u8).collect();
        let text = STANDARD.encode(&bytes);
        for size in 1..9 {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(decode(&pieces).expect("valid"), bytes, "pieces of {size}");
        }
    }

    #[test]
    fn white_space_is_skipped_and_the_rest_is_refused() {
        assert_eq!(decode(&[b"aGVs\r\n bG8=\n"]), Ok(b"hello".to_vec()));
        for bad in [&b"aGVsbG8"[..], b"aGVs-G8=", b"aGVs_G8=", b"aGVsbG8=aGVs", b"a===", b"====", b"aGVsbG9="] {
            assert_eq!(decode(&[bad]), Err(NotBase64), "{}", String::from_utf8_lossy(bad));
        }
    }
}
