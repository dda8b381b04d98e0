//! Detached signatures over binary documents (docs/protocols/ws-channel.md §5.2): streaming, one armored block per key.

use std::io::Read;
use std::time::SystemTime;

use aws_lc_rs::digest::Context;

use crate::unsigned::{self, UnsignedSignature};
use crate::{HashAlgorithm, OpenPgpError, Result, UnlockedSigner};

/// Bytes read at a time: large enough that reading is cheap compared with hashing, small enough for the CPU's cache.
const READ_BYTES: usize = 64 * 1024;

/// Signs the output of `reader` with each of `keys`; the document is read once and never held in memory.
///
/// Returns one `-----BEGIN PGP SIGNATURE-----` block per key, concatenated, without Comment or Version lines. The
/// same document, key and time give the same text.
///
/// # Errors
/// [`OpenPgpError::NoSigner`], [`OpenPgpError::TooMany`] (ten keys at most), [`OpenPgpError::SignatureBeforeKey`], [`OpenPgpError::Read`].
pub fn sign_detached(
    keys: &[&UnlockedSigner],
    mut reader: impl Read,
    hash: HashAlgorithm,
    time: SystemTime,
) -> Result<String> {
    let mut signer = DetachedSigner::new(keys, hash, time)?;
    feed(&mut reader, |piece| signer.update(piece))?;
    signer.finish()
}

/// The push form of [`sign_detached`], for callers that receive the document in pieces.
pub struct DetachedSigner {
    keys: Vec<UnlockedSigner>,
    hash: HashAlgorithm,
    time: SystemTime,
    document: Context,
}

impl std::fmt::Debug for DetachedSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DetachedSigner").field("keys", &self.keys).field("hash", &self.hash).finish_non_exhaustive()
    }
}

impl DetachedSigner {
    /// Starts a signature dated `time` (fractions of a second are dropped).
    ///
    /// # Errors
    /// [`OpenPgpError::NoSigner`], [`OpenPgpError::TooMany`], [`OpenPgpError::SignatureBeforeKey`].
    pub fn new(keys: &[&UnlockedSigner], hash: HashAlgorithm, time: SystemTime) -> Result<Self> {
        let document = unsigned::document(keys.iter().map(|key| key.created()), hash, time)?;
        let keys = keys.iter().map(|&key| key.clone()).collect();
        Ok(Self { keys, hash, time, document })
    }

    /// The next piece of the document.
    pub fn update(&mut self, piece: &[u8]) {
        self.document.update(piece);
    }

    /// Ends the document and signs it.
    ///
    /// # Errors
    /// [`OpenPgpError::Internal`] if the cryptographic library fails.
    pub fn finish(self) -> Result<String> {
        let mut armored = String::new();
        for key in &self.keys {
            let unsigned = UnsignedSignature::new(self.document.clone(), key.key(), self.hash, self.time)?;
            let number = key.sign_digest(unsigned.digest())?;
            armored.push_str(&unsigned::armored(unsigned.with_number(number))?);
        }
        Ok(armored)
    }
}

/// Reads to the end in pieces, repeating interrupted reads.
pub(crate) fn feed(reader: &mut impl Read, mut take: impl FnMut(&[u8])) -> Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => take(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(OpenPgpError::Read(error)),
        }
    }
}
