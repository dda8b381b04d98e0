//! Signs a file for an upload (§5.2).

use bankchannel_foundation::prelude::*;
use bankchannel_openpgp::{self as openpgp, HashAlgorithm, UnlockedSigner};

use crate::{
    declare,
    model::{PgpPrivateKeys, Signatures},
    pgp,
};

/// The hash algorithm of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum SignatureHash {
    /// SHA-256: the default.
    #[boundary("sha256")]
    Sha256,
    /// SHA-384.
    #[boundary("sha384")]
    Sha384,
    /// SHA-512.
    #[boundary("sha512")]
    Sha512,
}

impl From<SignatureHash> for HashAlgorithm {
    fn from(hash: SignatureHash) -> Self {
        match hash {
            SignatureHash::Sha256 => Self::Sha256,
            SignatureHash::Sha384 => Self::Sha384,
            SignatureHash::Sha512 => Self::Sha512,
        }
    }
}

/// The file and the keys.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignFileRequest {
    /// The file's raw bytes: exactly the bytes to upload.
    pub content: Content,
    /// The armored private key. Several keys, one after the other, make one signature each.
    pub private_key: PgpPrivateKeys,
    /// The passphrase of the private keys that are locked.
    pub passphrase: Option<Secret>,
    /// The hash algorithm. Default: SHA-256.
    pub hash: Option<SignatureHash>,
}

/// The signatures.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignFileResponse {
    /// One armored detached signature per key, one after the other, for `upload_file`.
    pub signature: Signatures,
}

/// Sign a file with one or more private keys.
///
/// Makes a detached signature of the raw bytes as a binary document, dated now. The file is read once and never held
/// in memory, whatever its size. Upload the very same bytes: a changed line end breaks the signature. The signature
/// covers only the bytes, neither bank nor file type: anyone who has file and signature can send them elsewhere under
/// the same account.
#[derive(Debug, Operation)]
#[operation(SignFileRequest => SignFileResponse)]
#[declaration(takes_time: true, commands: COMMANDS, ..declare::local("ws_channel.sign_file", "pgp"))]
#[errors(..pgp::KEY_ERRORS)]
pub struct SignFile;

const EXAMPLES: &str = "Examples:\n  bankchannel pgp sign --private-key authorize-private.asc payment.xml           writes payment.xml.asc\n  bankchannel pgp sign --private-key key.asc --output - payment.xml > sig.asc\n\ngpg --verify accepts the signature. The file is read once, whatever its size.";

const COMMANDS: &[Command] = &[Command::named("sign")
    .with_examples(EXAMPLES)
    .with_form(&CommandForm::new("Sign a file: detached armored signature, SHA-256"))];

impl Local for SignFile {
    fn run(request: SignFileRequest, with: LocalContext<'_>) -> Result<SignFileResponse, Error> {
        let now = with.now();
        // Before the keys are unlocked, which takes time.
        let content = with.open_content(request.content)?;
        let keys = pgp::private_keys("private_key", request.private_key.expose(), request.passphrase.as_ref())?;
        let signers = keys
            .iter()
            .map(|key| key.signer(now).map_err(|why| pgp::fault("private_key", why)))
            .collect::<Result<Vec<UnlockedSigner>, Error>>()?;
        let hash = request.hash.map(HashAlgorithm::from).unwrap_or_default();
        let signers: Vec<_> = signers.iter().collect();
        let armored =
            openpgp::sign_detached(&signers, content, hash, now).map_err(|why| pgp::fault("private_key", why))?;
        Ok(SignFileResponse { signature: Signatures::new(armored) })
    }
}
