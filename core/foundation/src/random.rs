//! Randomness, passed in.

/// Draws random bytes. The one for real use is in `bankchannel-crypto`; tests bring a counted one.
pub trait Random: Send + Sync {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}
