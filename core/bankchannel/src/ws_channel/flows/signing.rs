//! The authorisation of an upload: a private key, a key that is kept elsewhere, or existing signatures.

use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    clock::SystemClock,
    model::{Boundary, Content},
    operation::{Local, LocalContext},
};
use bankchannel_openpgp::{ExternalSigner, HashAlgorithm, PendingSignature, digest_detached};
use bankchannel_ws_channel::{
    errors,
    model::{FileName, PgpPrivateKeys, Signatures, SigningCertificates},
    operations::pgp::sign_file::{SignFile, SignFileRequest, SignatureHash},
    pgp,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::steps::FlowSteps;
use crate::{Question, SignatureRequest, client::source::UploadSource};

/// The kind of the question, and the name of its answer in errors.
const SIGNATURE: &str = "signature";

/// The maximum length of an answer, in characters: far more than the base64 of any RSA signature.
const ANSWER_MAX: usize = 16 * 1024;

/// A file, the bank that it goes to, and the keys that authorise it.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct FileToSign {
    /// The bank to send it to.
    #[boundary(profile)]
    pub bank: bankchannel_ws_channel::model::Bank,
    /// The bank's name of the file type, such as `pain.001.001.09`.
    pub file_type: bankchannel_ws_channel::model::FileType,
    /// The file's name, as sent to the bank. Default: the file's name on disk.
    pub file_name: Option<bankchannel_ws_channel::model::FileName>,
    /// The file's bytes.
    pub content: bankchannel_foundation::model::Content,
    /// The armored private key that is registered with purpose `authorize`. Several keys, one after the other, make one
    /// signature each. Give one of this, `signing_certificate` and, where there is one, `signature`.
    pub private_key: Option<bankchannel_ws_channel::model::PgpPrivateKeys>,
    /// The passphrase of the private keys that are locked.
    pub passphrase: Option<bankchannel_foundation::Secret>,
    /// The armored public key that is registered with purpose `authorize`, if its private key is elsewhere: in an HSM,
    /// a smart card, an agent. Several keys, one after the other, make one signature each. The call asks a question of
    /// kind `signature` for each key.
    pub signing_certificate: Option<bankchannel_ws_channel::model::SigningCertificates>,
    /// The hash algorithm of the signature. Default: SHA-256.
    pub hash: Option<bankchannel_ws_channel::operations::pgp::sign_file::SignatureHash>,
}

/// The authorisation of an upload.
pub(super) enum UploadAuthority {
    Here { private_key: PgpPrivateKeys, passphrase: Option<Secret>, hash: Option<SignatureHash> },
    Elsewhere { certificates: SigningCertificates, hash: Option<SignatureHash> },
    Made(Signatures),
}

impl UploadAuthority {
    /// Takes the one that was given, out of the request's file; `missing` is the error text if none was given.
    ///
    /// # Errors
    /// `input.missing_field`, `input.invalid_field`.
    pub(super) fn from_given(
        file: &mut FileToSign,
        signature: Option<Signatures>,
        missing: &'static str,
    ) -> Result<Self> {
        let (private_key, passphrase) = (file.private_key.take(), file.passphrase.take());
        let (signing_certificate, hash) = (file.signing_certificate.take(), file.hash.take());
        let both = |field: &str, other: &str| {
            Err(Error::invalid_field(field, format!("cannot be given together with {other}")))
        };
        let authority = match (private_key, signing_certificate, signature) {
            (Some(private_key), None, None) => Ok(Self::Here { private_key, passphrase, hash }),
            (None, Some(_), None) if passphrase.is_some() => Err(Error::invalid_field(
                "passphrase",
                "is for private_key; it cannot be given together with signing_certificate",
            )),
            (None, Some(certificates), None) => Ok(Self::Elsewhere { certificates, hash }),
            (None, None, Some(signature)) => Ok(Self::Made(signature)),
            (None, None, None) => Err(Error::missing_field("private_key", missing)),
            (Some(_), Some(_), _) => both("signing_certificate", "private_key"),
            (Some(_), None, Some(_)) => both(SIGNATURE, "private_key"),
            (None, Some(_), Some(_)) => both(SIGNATURE, "signing_certificate"),
        };
        authority.map_err(|error| error.with_outcome(CallOutcome::NotSent))
    }

    /// Reads the file and makes the signatures, or their digests for a signer elsewhere. Blocks.
    pub(super) fn read(self, source: &UploadSource) -> Result<FileSigning> {
        match self {
            Self::Made(signatures) => Ok(FileSigning::Done(signatures)),
            Self::Here { private_key, passphrase, hash } => {
                sign(source, private_key, passphrase, hash).map(FileSigning::Done)
            }
            Self::Elsewhere { certificates, hash } => digest(source, &certificates, hash).map(FileSigning::Pending),
        }
    }
}

/// The signatures of a file.
pub(super) enum FileSigning {
    Done(Signatures),
    /// They wait for the holder of the private keys.
    Pending(Vec<PendingSignature>),
}

impl FileSigning {
    /// Asks for the pending signatures, one certificate at a time. A signer is asked only once: an HSM may lock itself
    /// after wrong answers, and a wrong answer is a defect that a retry does not fix.
    pub(super) async fn finish(self, steps: &FlowSteps<'_>, name: &FileName, size: u64) -> Result<Signatures> {
        let pending = match self {
            Self::Done(signatures) => return Ok(signatures),
            Self::Pending(pending) => pending,
        };
        let mut armored = String::new();
        for signature in pending {
            let (question, key) = (question(&signature, name, size), signature.key_fingerprint());
            let answer = steps.ask(question).await?;
            let block = raw(&answer).and_then(|raw| signature.complete(&raw).map_err(|why| pgp::fault(SIGNATURE, why)));
            armored.push_str(&block.map_err(|error| error.with("key_fingerprint", key))?);
        }
        Ok(Signatures::new(armored))
    }
}

fn question(signature: &PendingSignature, name: &FileName, size: u64) -> Question {
    let (algorithm, key_fingerprint) = (signature.algorithm().as_str(), signature.key_fingerprint());
    let text = format!("The signature of the file {name} ({size} bytes) by the key {key_fingerprint} ({algorithm})");
    let wanted = SignatureRequest { algorithm, digest: signature.digest().to_vec(), key_fingerprint };
    Question::signature(SIGNATURE, text, wanted)
}

/// Decodes the raw signature of an answer. Line breaks, which encoders add, are ignored.
fn raw(answer: &Secret) -> Result<Vec<u8>> {
    let text: Vec<u8> =
        answer.expose().bytes().filter(|byte| !byte.is_ascii_whitespace()).take(ANSWER_MAX + 1).collect();
    let decoded = if text.len() > ANSWER_MAX { None } else { STANDARD.decode(&text).ok() };
    decoded.ok_or_else(|| {
        Error::because(&errors::SIGNATURE_WRONG, "signature: the answer is not base64 of a raw signature")
            .with("field", SIGNATURE)
    })
}

fn sign(
    source: &UploadSource,
    private_key: PgpPrivateKeys,
    passphrase: Option<Secret>,
    hash: Option<SignatureHash>,
) -> Result<Signatures> {
    // The bytes come from the open file; the request only holds the key.
    let content = Content::Delivered { size: source.size() };
    let (clock, reader) = (SystemClock::default(), |_| source.reader());
    let with = LocalContext::new(&clock).opening(&reader);
    let mut request = SignFileRequest::new(content, private_key);
    (request.passphrase, request.hash) = (passphrase, hash);
    SignFile::run(request, with).map(|signed| signed.signature)
}

fn digest(
    source: &UploadSource,
    certificates: &SigningCertificates,
    hash: Option<SignatureHash>,
) -> Result<Vec<PendingSignature>> {
    const FIELD: &str = "signing_certificate";
    let fault = |why| pgp::fault(FIELD, why);
    let clock = SystemClock::default();
    let with = LocalContext::new(&clock);
    let now = with.now();
    let signers = pgp::signing_certificates(FIELD, certificates.expose())?
        .iter()
        .map(|certificate| certificate.external_signer(now).map_err(fault))
        .collect::<Result<Vec<ExternalSigner>>>()?;
    let hash = hash.map(HashAlgorithm::from).unwrap_or_default();
    digest_detached(&signers.iter().collect::<Vec<_>>(), source.reader()?, hash, now).map_err(fault)
}
