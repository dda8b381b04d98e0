//! Segments that are encoded while they are sent: as base64, or in a way that a protocol knows.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::body::base64_length;
use crate::Error;

/// How the bytes of segments are encoded. Each pass over the same bytes gives the same.
pub trait SegmentEncoding: fmt::Debug + Send + Sync {
    /// The encoded length of so many bytes.
    fn encoded_length(&self, bytes: u64) -> u64;

    /// Whether a piece takes so long that no thread should do it that drives connections.
    fn takes_time(&self) -> bool {
        false
    }

    /// Begins a pass.
    ///
    /// # Errors
    /// It cannot be begun.
    fn encoder(&self) -> Result<Box<dyn SegmentEncoder>, Error>;
}

/// One pass over the bytes of segments.
pub trait SegmentEncoder: Send {
    /// Adds the next piece, and hands on the part that is encoded for certain.
    ///
    /// # Errors
    /// It cannot be encoded.
    fn push(&mut self, piece: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Error>;

    /// Ends the pass, and hands on the rest.
    ///
    /// # Errors
    /// It cannot be encoded.
    fn end(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<(), Error>;
}

/// Standard base64.
#[derive(Debug)]
pub struct Base64Encoding;

impl SegmentEncoding for Base64Encoding {
    fn encoded_length(&self, bytes: u64) -> u64 {
        base64_length(bytes)
    }

    fn encoder(&self) -> Result<Box<dyn SegmentEncoder>, Error> {
        Ok(Box::new(Base64Pieces::default()))
    }
}

/// Standard base64 of pieces of any length.
#[derive(Default)]
pub struct Base64Pieces {
    /// Less than three bytes, not encoded yet.
    carry: Vec<u8>,
    text: Vec<u8>,
}

impl Base64Pieces {
    /// Adds the next piece, and hands the text on as far as it is certain.
    pub fn push(&mut self, mut piece: &[u8], take: &mut dyn FnMut(&[u8])) {
        if !self.carry.is_empty() {
            let fill = piece.len().min(3 - self.carry.len());
            self.carry.extend_from_slice(&piece[..fill]);
            piece = &piece[fill..];
            if self.carry.len() < 3 {
                return;
            }
            let carry = std::mem::take(&mut self.carry);
            self.encode(&carry, take);
        }
        let whole = piece.len() - piece.len() % 3;
        self.encode(&piece[..whole], take);
        self.carry.extend_from_slice(&piece[whole..]);
    }

    /// Ends the text, with its padding.
    pub fn end(&mut self, take: &mut dyn FnMut(&[u8])) {
        let carry = std::mem::take(&mut self.carry);
        self.encode(&carry, take);
    }

    fn encode(&mut self, bytes: &[u8], take: &mut dyn FnMut(&[u8])) {
        if bytes.is_empty() {
            return;
        }
        self.text.resize(bytes.len().div_ceil(3) * 4, 0);
        let written = STANDARD.encode_slice(bytes, &mut self.text).unwrap_or_default();
        take(&self.text[..written]);
    }
}

impl fmt::Debug for Base64Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Base64Pieces").finish_non_exhaustive()
    }
}

impl SegmentEncoder for Base64Pieces {
    fn push(&mut self, piece: &[u8], take: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        self.push(piece, take);
        Ok(())
    }

    fn end(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<(), Error> {
        self.end(take);
        Ok(())
    }
}
