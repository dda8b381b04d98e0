//! Detached signatures over binary documents (WS Channel sheet §5.2): streaming, one armored block per key.

use std::io::Read;
use std::time::SystemTime;

use aws_lc_rs::digest::Context;
use sequoia_openpgp::Packet;
use sequoia_openpgp::armor::Kind;
use sequoia_openpgp::packet::signature::subpacket::SubpacketArea;
use sequoia_openpgp::packet::signature::{Signature4, SignatureBuilder};
use sequoia_openpgp::serialize::{Marshal, MarshalInto};
use sequoia_openpgp::types::SignatureType;

use crate::limits::MAX_SIGNERS;
use crate::{Error, HashAlgorithm, Result, UnlockedSigner, armor, hash};

/// Bytes read at a time: large enough that reading costs nothing beside hashing, small enough to stay in cache.
const READ_BYTES: usize = 64 * 1024;

/// Signs what `reader` yields with each of `keys`; the document is read once and never held.
///
/// Returns one `-----BEGIN PGP SIGNATURE-----` block per key, concatenated, without Comment or Version lines. The
/// same document, key and time give the same text.
///
/// # Errors
/// [`Error::NoSigner`], [`Error::TooMany`] (ten keys at most), [`Error::SignatureBeforeKey`], [`Error::Read`].
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
    /// Begins a signature dated `time` (whole seconds are kept).
    ///
    /// # Errors
    /// [`Error::NoSigner`], [`Error::TooMany`], [`Error::SignatureBeforeKey`].
    pub fn new(keys: &[&UnlockedSigner], hash: HashAlgorithm, time: SystemTime) -> Result<Self> {
        if keys.is_empty() {
            return Err(Error::NoSigner);
        }
        if keys.len() > MAX_SIGNERS {
            return Err(Error::TooMany { what: "signing keys", limit: MAX_SIGNERS });
        }
        if keys.iter().any(|key| key.created() > time) {
            return Err(Error::SignatureBeforeKey);
        }
        let algorithm = hash::accepted(hash.openpgp()).ok_or(Error::Internal("the choice of a hash"))?;
        let keys = keys.iter().map(|&key| key.clone()).collect();
        Ok(Self { keys, hash, time, document: Context::new(algorithm) })
    }

    /// The next piece of the document.
    pub fn update(&mut self, piece: &[u8]) {
        self.document.update(piece);
    }

    /// Ends the document and signs it.
    ///
    /// # Errors
    /// [`Error::Internal`] when the cryptographic library fails.
    pub fn finish(self) -> Result<String> {
        let mut armored = String::new();
        for key in &self.keys {
            armored.push_str(&armor::encode(Kind::Signature, &self.signature(key)?)?);
        }
        Ok(armored)
    }

    fn signature(&self, key: &UnlockedSigner) -> Result<Vec<u8>> {
        let failed = |_| Error::Internal("building the signature packet");
        let public = key.key();
        let builder = SignatureBuilder::new(SignatureType::Binary)
            .set_hash_algo(self.hash.openpgp())
            .set_signature_creation_time(self.time)
            .and_then(|builder| builder.set_issuer_fingerprint(public.fingerprint()))
            .and_then(|builder| builder.set_issuer(public.keyid()))
            .map_err(failed)?;
        let area = builder.hashed_area().clone();
        let head = [4, SignatureType::Binary.into(), public.pk_algo().into(), self.hash.openpgp().into()];
        let digest = hash::finish_v4(self.document.clone(), head, &area.to_vec().map_err(failed)?)
            .ok_or(Error::Internal("building the signature packet"))?;
        let prefix = [digest.as_ref()[0], digest.as_ref()[1]];
        let signature = Signature4::new(
            SignatureType::Binary,
            public.pk_algo(),
            self.hash.openpgp(),
            area,
            SubpacketArea::default(),
            prefix,
            key.sign_digest(&digest)?,
        );
        let mut bytes = Vec::new();
        Packet::from(signature).serialize(&mut bytes).map_err(failed)?;
        Ok(bytes)
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
            Err(error) => return Err(Error::Read(error)),
        }
    }
}
