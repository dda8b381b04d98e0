//! The sending part of a client: the bank's addresses, the connections to it, the two signers, what is trusted.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bankchannel_crypto::{signature::Hash, x509::Certificate};
use bankchannel_foundation::{Error, Result};
use bankchannel_sepa_web_services::{codec::FileServiceConnection, errors, verify::VerificationRules};
use bankchannel_transport::Transport;
use data_encoding::HEXUPPER;

use super::settings::{ReadyCustomer, SigningPair};
use crate::{
    CallOptions, LogLevel, LogLine,
    client::signing::{ClientSignatory, SIGNATURE, question},
};

/// The sending part of a client.
pub(super) struct FileServiceSender {
    /// To the file service; why not, if there is no address.
    file_transport: Result<Transport>,
    /// To the certificate service, in the same way.
    certificate_transport: Result<Transport>,
    pub(super) connection: FileServiceConnection,
    pub(super) exchange_timeout: Option<Duration>,
    /// How answers are verified; the instant is set for each.
    pub(super) rules: VerificationRules,
    /// The customer, who signs documents, and the sender, who signs envelopes; why there are none.
    signers_of_requests: Result<(MessageSigner, MessageSigner)>,
    /// The certificates with which the bank has signed so far, SHA-256.
    signers: Mutex<Vec<[u8; 32]>>,
}

/// A certificate and who signs for it.
pub(super) struct MessageSigner {
    pub(super) certificate: Certificate,
    signatory: ClientSignatory,
    /// What it signs, for questions.
    what: &'static str,
}

impl MessageSigner {
    fn new(pair: SigningPair, what: &'static str) -> Self {
        Self { certificate: pair.certificate, signatory: ClientSignatory::new(pair.signer), what }
    }

    /// Signs bytes of a message, RSA (PKCS#1 v1.5) with SHA-256.
    ///
    /// # Errors
    /// `sepa_web_services.token_failed`, those of the question, `input.invalid_field` for an answer that does not fit
    /// the certificate.
    pub(super) async fn sign(&self, bytes: &[u8], operation: &str, options: &CallOptions) -> Result<Vec<u8>> {
        let turn = self.signatory.turn(options).await?;
        let ask = |algorithm| {
            let text = format!("The signature of {}, {operation} ({algorithm})", self.what);
            let fingerprint = HEXUPPER.encode(&self.certificate.sha256());
            question(text, algorithm, Hash::Sha256.digest(bytes), fingerprint)
        };
        let signed = self.signatory.sign(turn, Hash::Sha256, bytes, options, &errors::TOKEN_FAILED, ask).await?;
        let fits = self.certificate.key().is_ok_and(|key| key.verify_pkcs1(Hash::Sha256, bytes, &signed));
        if fits {
            return Ok(signed);
        }
        Err(Error::invalid_field(SIGNATURE, "the answer is not a signature by the key of the certificate"))
    }
}

/// The bank's signers that are remembered at most.
const SIGNERS_MAX: usize = 64;

impl FileServiceSender {
    /// Makes a sender from the settings.
    ///
    /// # Errors
    /// `configuration.invalid`, each naming its field.
    pub(super) fn new(ready: &ReadyCustomer) -> Result<Self> {
        let file_transport = ready.transport().and_then(Transport::new);
        let certificate_transport = ready.certificate_transport().and_then(Transport::new);
        let connection = ready.connection()?;
        let signers_of_requests = ready.pairs().map(|(content, envelope)| {
            (MessageSigner::new(content, "a document"), MessageSigner::new(envelope, "a message"))
        });
        if ready.rules.anchors.is_empty() {
            let why =
                "is missing: the bank's profile has no authority that its answers lead to; give the bank's certificate";
            return Err(Error::invalid_setting("trusted", why));
        }
        Ok(Self {
            file_transport,
            certificate_transport,
            connection,
            exchange_timeout: ready.exchange_timeout(),
            rules: ready.rules.clone(),
            signers_of_requests,
            signers: Mutex::default(),
        })
    }

    /// The address of the file service.
    pub(super) fn url(&self) -> Option<&str> {
        self.file_transport.as_ref().ok().map(Transport::base_url)
    }

    /// # Errors
    /// `configuration.invalid` without an address.
    pub(super) fn file_transport(&self) -> Result<&Transport> {
        self.file_transport.as_ref().map_err(Error::clone)
    }

    /// # Errors
    /// `configuration.invalid` without an address.
    pub(super) fn certificate_transport(&self) -> Result<&Transport> {
        self.certificate_transport.as_ref().map_err(Error::clone)
    }

    /// Signs documents.
    ///
    /// # Errors
    /// `configuration.invalid` without a certificate.
    pub(super) fn content(&self) -> Result<&MessageSigner> {
        self.signers_of_requests.as_ref().map(|(content, _)| content).map_err(Error::clone)
    }

    /// Signs envelopes.
    ///
    /// # Errors
    /// `configuration.invalid` without a certificate.
    pub(super) fn envelope(&self) -> Result<&MessageSigner> {
        self.signers_of_requests.as_ref().map(|(_, envelope)| envelope).map_err(Error::clone)
    }

    /// Takes note of the certificates that signed an answer. One that is new after others, as in a roll-over, is
    /// reported.
    pub(super) fn note_signers(&self, signers: &[Certificate], options: &CallOptions) {
        for (at, signer) in signers.iter().enumerate() {
            let (digest, level) = (signer.sha256(), if at == 0 { "envelopes" } else { "documents" });
            let mut known = self.signers.lock().unwrap_or_else(PoisonError::into_inner);
            if known.contains(&digest) || known.len() >= SIGNERS_MAX {
                continue;
            }
            // The first two are those of the first answer.
            let is_change = known.len() >= signers.len();
            known.push(digest);
            drop(known);
            if is_change {
                let text = format!("the bank signs {level} with a certificate that is new here");
                let line = LogLine::new(text)
                    .with("signer_serial", signer.serial_hex())
                    .with("signer_sha256", HEXUPPER.encode(&digest));
                options.log_line(LogLevel::Info, line);
            }
        }
    }
}
