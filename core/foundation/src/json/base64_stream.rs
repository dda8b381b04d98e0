//! Standard base64, decoded as it arrives.

use std::io::Write;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::SplitError;

/// Decodes standard base64 with padding from pieces of any length. White space is skipped; the URL-safe
/// alphabet is refused.
#[derive(Debug, Default)]
pub(super) struct Base64Decoder {
    carry: [u8; 4],
    carried: usize,
    ended: bool,
    scratch: Vec<u8>,
}

/// Bytes decoded per step: a multiple of four, small enough for the CPU's cache.
const STEP: usize = 32 * 1024;

impl Base64Decoder {
    /// Decodes a piece and writes the bytes.
    ///
    /// # Errors
    /// [`SplitError::NotBase64`], or [`SplitError::Sink`].
    pub(super) fn push(&mut self, text: &[u8], to: &mut dyn Write) -> Result<(), SplitError> {
        // Maximum text has no white space: the smallest byte is found many bytes at a time, white space byte by byte.
        if text.iter().fold(u8::MAX, |least, byte| least.min(*byte)) > b' ' {
            return self.push_run(text, to);
        }
        for run in text.split(|byte| byte.is_ascii_whitespace()) {
            self.push_run(run, to)?;
        }
        Ok(())
    }

    /// Checks that the base64 text is complete.
    ///
    /// # Errors
    /// [`SplitError::NotBase64`] when characters are left over.
    pub(super) fn finish(&self) -> Result<(), SplitError> {
        if self.carried == 0 { Ok(()) } else { Err(SplitError::NotBase64) }
    }

    fn push_run(&mut self, mut run: &[u8], to: &mut dyn Write) -> Result<(), SplitError> {
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
            self.decode(&quad, to)?;
        }
        let whole = run.len() - run.len() % 4;
        for step in run[..whole].chunks(STEP) {
            self.decode(step, to)?;
        }
        let rest = &run[whole..];
        self.carry[..rest.len()].copy_from_slice(rest);
        self.carried = rest.len();
        Ok(())
    }

    fn decode(&mut self, text: &[u8], to: &mut dyn Write) -> Result<(), SplitError> {
        if self.ended {
            return Err(SplitError::NotBase64);
        }
        // Padding is allowed only at the very end of the whole text.
        self.ended = text.last() == Some(&b'=');
        self.scratch.resize(text.len() / 4 * 3, 0);
        let written = STANDARD.decode_slice(text, &mut self.scratch).map_err(|_| SplitError::NotBase64)?;
        to.write_all(&self.scratch[..written]).map_err(SplitError::Sink)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<Vec<u8>, SplitError> {
        let (mut decoder, mut out) = (Base64Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.push(piece, &mut out)?;
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
        assert_eq!(decode(&[b"aGVs\r\n bG8=\n"]).expect("valid"), b"hello");
        for bad in [&b"aGVsbG8"[..], b"aGVs-G8=", b"aGVs_G8=", b"aGVsbG8=aGVs", b"a===", b"====", b"aGVsbG9="] {
            let refused = matches!(decode(&[bad]), Err(SplitError::NotBase64));
            assert!(refused, "{}", String::from_utf8_lossy(bad));
        }
    }
}
