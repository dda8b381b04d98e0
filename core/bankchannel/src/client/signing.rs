//! A signature during a call: by a key in memory, by a key in a token, or by the call's callback.

use std::sync::Arc;

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    error::{ErrorRow, row},
};
use bankchannel_transport::background;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::signer::{KeySigner, SigningFailure};
use crate::{CallOptions, Question, SignatureRequest};

/// The kind of the question for a signature, and the name of its answer in errors.
pub(crate) const SIGNATURE: &str = "signature";
/// The maximum length of an answer, in characters: far more than the base64 of any RSA signature.
const ANSWER_MAX: usize = 16 * 1024;

/// Signs for a client.
pub(crate) struct ClientSignatory {
    /// With `None` each call asks its callback.
    signer: Option<KeySigner>,
    /// Admits one signature at a time to the token.
    turns: Arc<Semaphore>,
    /// Whether a key in memory signs on another thread.
    is_apart: bool,
}

/// Permission to use the signer, released on drop.
pub(crate) struct SignerPermit {
    _held: Option<OwnedSemaphorePermit>,
}

impl ClientSignatory {
    pub(crate) fn new(signer: Option<KeySigner>) -> Self {
        Self { signer, turns: Arc::new(Semaphore::new(1)), is_apart: false }
    }

    /// The same for a client whose single task signs many messages at once: they are signed on as many threads as there
    /// are processors.
    pub(crate) fn apart(self) -> Self {
        Self { is_apart: true, ..self }
    }

    /// Waits for permission to use a token. A token has its own connection, may be slow and signs one message at a
    /// time. A call that gives up while it waits has nothing signed, and a token that hangs blocks only one thread.
    /// Take a date to be signed after this wait.
    pub(crate) async fn turn(&self, options: &CallOptions) -> Result<SignerPermit> {
        let Some(KeySigner::Token(_)) = &self.signer else { return Ok(SignerPermit { _held: None }) };
        let turn = options.race(Arc::clone(&self.turns).acquire_owned()).await?;
        turn.map(|turn| SignerPermit { _held: Some(turn) }).map_err(|_| Error::internal("the signer has stopped"))
    }

    /// Signs `bytes`. `token_failed` is the protocol's row for a token that did not sign.
    ///
    /// # Errors
    /// `token_failed`; the errors of the question; `input.invalid_field` for an answer that is not a signature.
    pub(crate) async fn sign(
        &self,
        turn: SignerPermit,
        hash: Hash,
        bytes: &[u8],
        options: &CallOptions,
        token_failed: &'static ErrorRow,
        question: impl FnOnce(&'static str) -> Question,
    ) -> Result<Vec<u8>> {
        let failed = |fault: SigningFailure| fault.into_error(token_failed);
        match &self.signer {
            Some(signer) if self.is_apart || matches!(signer, KeySigner::Token(_)) => {
                let (signer, bytes) = (signer.clone(), bytes.to_vec());
                let work = background::blocking(move || {
                    let signed = signer.try_sign(hash, &bytes);
                    drop(turn);
                    signed
                });
                let signed = options.race(work).await?;
                signed.map_err(|why| why.error("the signing was aborted"))?.map_err(failed)
            }
            Some(signer) => signer.try_sign(hash, bytes).map_err(failed),
            None => {
                let algorithm = match hash {
                    Hash::Sha512 => "rsa_pkcs1_sha512",
                    Hash::Sha256 => "rsa_pkcs1_sha256",
                };
                raw(&options.ask(question(algorithm)).await?)
            }
        }
    }
}

/// The question for a signature over `digest` by the key with this fingerprint.
pub(crate) fn question(text: String, algorithm: &'static str, digest: Vec<u8>, key_fingerprint: String) -> Question {
    Question::signature(SIGNATURE, text, SignatureRequest { algorithm, digest, key_fingerprint })
}

/// Decodes the raw signature of an answer. Line breaks, which encoders add, are ignored.
fn raw(answer: &Secret) -> Result<Vec<u8>> {
    let text: Vec<u8> =
        answer.expose().bytes().filter(|byte| !byte.is_ascii_whitespace()).take(ANSWER_MAX + 1).collect();
    let decoded = if text.len() > ANSWER_MAX { None } else { STANDARD.decode(&text).ok() };
    decoded.ok_or_else(|| {
        Error::because(&row::INVALID_FIELD, "signature: the answer is not base64 of a raw signature")
            .with("field", SIGNATURE)
            .with_outcome(CallOutcome::NotSent)
    })
}
