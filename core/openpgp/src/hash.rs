//! Document hashes, computed by aws-lc-rs.

use aws_lc_rs::digest::{self, Context};
use sequoia_openpgp::types;

/// Hash algorithms for signing (docs/protocols/ws-channel.md §5.2 also accepts SHA-224 in others' signatures).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256, the default.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl HashAlgorithm {
    /// OpenPGP's identifier.
    pub(crate) fn openpgp(self) -> types::HashAlgorithm {
        match self {
            Self::Sha256 => types::HashAlgorithm::SHA256,
            Self::Sha384 => types::HashAlgorithm::SHA384,
            Self::Sha512 => types::HashAlgorithm::SHA512,
        }
    }
}

/// The accepted hash of a signature, or `None` for a refused one (SHA-1, MD5, RIPE-MD, SHA-3:
/// docs/protocols/ws-channel.md §5.2).
pub(crate) fn accepted(algorithm: types::HashAlgorithm) -> Option<&'static digest::Algorithm> {
    Some(match algorithm {
        types::HashAlgorithm::SHA224 => &digest::SHA224,
        types::HashAlgorithm::SHA256 => &digest::SHA256,
        types::HashAlgorithm::SHA384 => &digest::SHA384,
        types::HashAlgorithm::SHA512 => &digest::SHA512,
        _ => return None,
    })
}

/// Completes the hash of a document with the data that a version 4 signature appends (RFC 4880 §5.2.4): its own hashed
/// part and the trailer.
pub(crate) fn finish_v4(mut document: Context, head: [u8; 4], hashed_area: &[u8]) -> Option<digest::Digest> {
    let area_len = u16::try_from(hashed_area.len()).ok()?;
    document.update(&head);
    document.update(&area_len.to_be_bytes());
    document.update(hashed_area);
    document.update(&[4, 0xff]);
    document.update(&(6 + u32::from(area_len)).to_be_bytes());
    Some(document.finish())
}
