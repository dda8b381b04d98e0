//! Standard base64, decoded as it arrives: with padding, white space passed over.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Characters decoded at a time: a multiple of four, small enough for the processor's cache.
const STEP: usize = 32 * 1024;

/// The text is not standard base64 with padding; the URL-safe alphabet is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotBase64;

impl fmt::Display for NotBase64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is not base64")
    }
}

impl std::error::Error for NotBase64 {}

/// The bytes of a whole text.
///
/// # Errors
/// [`NotBase64`].
pub fn decode_base64(text: &str) -> Result<Vec<u8>, NotBase64> {
    let (mut decoder, mut out) = (Base64Decoder::default(), Vec::with_capacity(text.len().div_ceil(4) * 3));
    decoder.push(text.as_bytes(), &mut out)?;
    decoder.finish().map(|()| out)
}

/// Decodes a text in pieces of any length.
#[derive(Default)]
pub struct Base64Decoder {
    carry: [u8; 4],
    carried: usize,
    /// Padding was seen: nothing may follow.
    ended: bool,
    /// The digits of a piece without its white space.
    digits: Vec<u8>,
}

impl fmt::Debug for Base64Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base64Decoder").finish_non_exhaustive()
    }
}

impl Base64Decoder {
    /// Decodes a piece: its bytes are added to `out`.
    ///
    /// # Errors
    /// [`NotBase64`].
    pub fn push(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64> {
        for step in text.chunks(STEP) {
            if !has_blank(step) {
                self.push_digits(step, out)?;
                continue;
            }
            let mut digits = std::mem::take(&mut self.digits);
            digits.clear();
            for run in step.split(u8::is_ascii_whitespace) {
                digits.extend_from_slice(run);
            }
            let pushed = self.push_digits(&digits, out);
            self.digits = digits;
            pushed?;
        }
        Ok(())
    }

    /// Checks that the text is complete.
    ///
    /// # Errors
    /// [`NotBase64`] when characters are left over.
    pub fn finish(&self) -> Result<(), NotBase64> {
        if self.carried == 0 { Ok(()) } else { Err(NotBase64) }
    }

    fn push_digits(&mut self, mut digits: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64> {
        if self.carried > 0 {
            let take = digits.len().min(4 - self.carried);
            self.carry[self.carried..self.carried + take].copy_from_slice(&digits[..take]);
            self.carried += take;
            digits = &digits[take..];
            if self.carried < 4 {
                return Ok(());
            }
            let quad = self.carry;
            self.carried = 0;
            self.decode(&quad, out)?;
        }
        let (whole, rest) = digits.split_at(digits.len() - digits.len() % 4);
        self.decode(whole, out)?;
        self.carry[..rest.len()].copy_from_slice(rest);
        self.carried = rest.len();
        Ok(())
    }

    fn decode(&mut self, digits: &[u8], out: &mut Vec<u8>) -> Result<(), NotBase64> {
        if digits.is_empty() {
            return Ok(());
        }
        if self.ended {
            return Err(NotBase64);
        }
        // Padding is allowed only at the very end of the whole text.
        self.ended = digits.last() == Some(&b'=');
        let begin = out.len();
        out.resize(begin + digits.len() / 4 * 3, 0);
        let written = STANDARD.decode_slice(digits, &mut out[begin..]).map_err(|_| NotBase64)?;
        out.truncate(begin + written);
        Ok(())
    }
}

fn has_blank(text: &[u8]) -> bool {
    memchr::memchr3(b'\n', b'\r', b' ', text).is_some() || memchr::memchr2(b'\t', b'\x0c', text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pieces: &[&[u8]]) -> Result<Vec<u8>, NotBase64> {
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
    fn lines_are_decoded_as_without_them() {
        let bytes: Vec<u8> = (0..200_003_u32).map(|at| (at * 37 % 251) as u8).collect();
        let text = STANDARD.encode(&bytes);
        for length in [1, 4, 64, 76, 60_000, 65_536, text.len()] {
            for end in ["\n", "\r\n", " \t"] {
                let lines: Vec<&str> =
                    (0..text.len()).step_by(length).map(|at| &text[at..(at + length).min(text.len())]).collect();
                assert!(decode_base64(&lines.join(end)).expect("valid") == bytes, "lines of {length}");
                let around = format!("{end}{}{end}", lines.join(end));
                assert!(decode_base64(&around).expect("valid") == bytes, "lines of {length}");
            }
        }
        assert_eq!((decode_base64(""), decode_base64(" \n")), (Ok(Vec::new()), Ok(Vec::new())));
    }

    #[test]
    fn white_space_is_passed_over_and_the_rest_is_refused() {
        assert_eq!(decode(&[b"aGVs\r\n bG8=\n"]).expect("valid"), b"hello");
        for bad in [
            "aGVsbG8",
            "aGVs-G8=",
            "aGVs_G8=",
            "aGVsbG8=aGVs",
            "a===",
            "====",
            "aGVsbG9=",
            "YQ",
            "YQ=",
            "Y Q",
            "YQ==\nYQ==",
            "Y*Q=\n",
            "=",
            "\u{a0}YQ==",
        ] {
            assert_eq!(decode_base64(bad), Err(NotBase64), "{bad:?}");
        }
        let padded = format!("{}\nAAAA", STANDARD.encode(vec![0; STEP / 4 * 3 - 1]));
        assert_eq!(decode_base64(&padded), Err(NotBase64), "padding in the middle");
    }
}
