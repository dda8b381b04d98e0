//! A detached signature without its number: the input of the private key, and the packet around the result. It is the
//! same whether the key is here or elsewhere.

use std::time::SystemTime;

use aws_lc_rs::digest::{Context, Digest};
use sequoia_openpgp::Packet;
use sequoia_openpgp::armor::Kind;
use sequoia_openpgp::crypto::mpi;
use sequoia_openpgp::packet::key::{PublicParts, UnspecifiedRole};
use sequoia_openpgp::packet::signature::subpacket::SubpacketArea;
use sequoia_openpgp::packet::signature::{Signature4, SignatureBuilder};
use sequoia_openpgp::packet::{Key, Signature};
use sequoia_openpgp::serialize::{Marshal, MarshalInto};
use sequoia_openpgp::types::SignatureType;

use crate::limits::MAX_SIGNERS;
use crate::{HashAlgorithm, OpenPgpError, Result, armor, hash};

/// The hash of a document that keys made at `created` will sign at `time`.
pub(crate) fn document(
    created: impl ExactSizeIterator<Item = SystemTime>,
    hash: HashAlgorithm,
    time: SystemTime,
) -> Result<Context> {
    if created.len() == 0 {
        return Err(OpenPgpError::NoSigner);
    }
    if created.len() > MAX_SIGNERS {
        return Err(OpenPgpError::TooMany { what: "signing keys", limit: MAX_SIGNERS });
    }
    let mut created = created;
    if created.any(|created| created > time) {
        return Err(OpenPgpError::SignatureBeforeKey);
    }
    let algorithm = hash::accepted(hash.openpgp()).ok_or(OpenPgpError::Internal("the choice of a hash"))?;
    Ok(Context::new(algorithm))
}

/// A binary document signature by one key, without its number.
#[derive(Clone)]
pub(crate) struct UnsignedSignature {
    key: Key<PublicParts, UnspecifiedRole>,
    hash: HashAlgorithm,
    area: SubpacketArea,
    digest: Digest,
}

impl UnsignedSignature {
    /// The data for `key` to sign of a completely read document; dated `time` without fractions of a second.
    pub(crate) fn new(
        document: Context,
        key: &Key<PublicParts, UnspecifiedRole>,
        hash: HashAlgorithm,
        time: SystemTime,
    ) -> Result<Self> {
        let builder = SignatureBuilder::new(SignatureType::Binary)
            .set_hash_algo(hash.openpgp())
            .set_signature_creation_time(time)
            .and_then(|builder| builder.set_issuer_fingerprint(key.fingerprint()))
            .and_then(|builder| builder.set_issuer(key.keyid()))
            .map_err(failed)?;
        let area = builder.hashed_area().clone();
        let head = [4, SignatureType::Binary.into(), key.pk_algo().into(), hash.openpgp().into()];
        let digest = hash::finish_v4(document, head, &area.to_vec().map_err(failed)?)
            .ok_or(OpenPgpError::Internal("building the signature packet"))?;
        Ok(Self { key: key.clone(), hash, area, digest })
    }

    /// The digest for the private key.
    pub(crate) fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The key that signs it.
    pub(crate) fn key(&self) -> &Key<PublicParts, UnspecifiedRole> {
        &self.key
    }

    /// The signature with its number, as given.
    pub(crate) fn with_number(self, number: mpi::Signature) -> Signature {
        let prefix = [self.digest.as_ref()[0], self.digest.as_ref()[1]];
        Signature4::new(
            SignatureType::Binary,
            self.key.pk_algo(),
            self.hash.openpgp(),
            self.area,
            SubpacketArea::default(),
            prefix,
            number,
        )
        .into()
    }
}

/// A signature as a separate armored block.
pub(crate) fn armored(signature: Signature) -> Result<String> {
    let mut bytes = Vec::new();
    Packet::from(signature).serialize(&mut bytes).map_err(failed)?;
    armor::encode(Kind::Signature, &bytes)
}

fn failed(_: impl std::fmt::Display) -> OpenPgpError {
    OpenPgpError::Internal("building the signature packet")
}
