//! Randomness, passed in.

/// Draws random bytes. The real implementation is in `bankchannel-crypto`; tests use a counter.
pub trait Random: Send + Sync {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);
}
