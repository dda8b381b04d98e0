//! What a client needs to send: the bank's address, the connections to it, and who signs.

use std::{sync::Arc, time::Duration};

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{
    Error, Outcome, Result, Secret,
    clock::{Clock as _, SystemClock},
    error::row,
};
use bankchannel_nextgen_psd2::{
    Credentials,
    certificates::{Certificate, Psd2Certificate},
    errors,
    http::Request,
    signing::{self, Prepared, SignFault, SigningProfile},
};
use bankchannel_transport::Transport;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::HEXUPPER;
use tokio::sync::Semaphore;

use super::{Signer, settings::Ready};
use crate::{CallOptions, Question, SignatureRequest};

/// The kind of the question for a signature, and how errors call its answer.
const SIGNATURE: &str = "signature";
/// The longest answer that is looked at, in characters: far more than the base64 of any RSA signature.
const ANSWER_MAX: usize = 16 * 1024;

/// What a client sends with.
pub(super) struct Sender {
    pub(super) transport: Transport,
    /// The path of the base URL: it stands before each operation's own.
    pub(super) base_path: String,
    /// Host and port, as the `Host` header has them.
    pub(super) authority: String,
    pub(super) credentials: Credentials,
    pub(super) redirect_hosts: Vec<String>,
    pub(super) exchange_timeout: Option<Duration>,
    certificate: Certificate,
    profile: SigningProfile,
    /// `None` asks in the middle of each call.
    signer: Option<Signer>,
    /// Whose turn it is at the token.
    turns: Arc<Semaphore>,
}

impl Sender {
    /// Makes one from the settings.
    ///
    /// # Errors
    /// `configuration.invalid`, each naming its field.
    pub(super) fn of(ready: &Ready) -> Result<Self> {
        let missing = |field: &str, why: &str| Error::invalid_setting(field, why);
        let transport = Transport::new(ready.transport()?)?;
        let url =
            url::Url::parse(transport.base_url()).map_err(|_| Error::invalid_setting("base_url", "is not a URL"))?;
        let pem = ready.certificate.as_deref();
        let pem = pem.ok_or_else(|| missing("certificate", "is missing: requests to a bank are signed with it"))?;
        let certificate = Certificate::from_pem(pem).map_err(|fault| ready.certificate_unusable(&fault.to_string()))?;
        if certificate.has_published_key() && !is_sandbox(&url) {
            return Err(ready.certificate_unusable(
                "holds the published test key, which anybody can sign with: it is for sandboxes, on this machine or under .test, \
                 .example or .localhost",
            ));
        }
        certificate.key().map_err(|fault| ready.certificate_unusable(&fault.to_string()))?;
        let options = ready.signing.clone().unwrap_or_default();
        let profile = options.profile().map_err(|fault| Error::invalid_setting("signing", fault.message()))?;
        let signer = ready.signer().map_err(|error| Error::invalid_setting("private_key", error.message()))?;
        if signer.as_ref().is_some_and(|signer| signer.spki_der() != certificate.spki_der()) {
            let holder = if ready.token.is_some() { "pkcs11" } else { "private_key" };
            return Err(Error::invalid_setting(holder, "does not belong to the certificate"));
        }
        let authority = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        Ok(Self {
            transport,
            base_path: url.path().trim_end_matches('/').to_owned(),
            authority,
            credentials: Credentials { header_names: ready.header_names.clone(), dialect: profile.dialect },
            redirect_hosts: ready.redirect_hosts.clone(),
            exchange_timeout: ready.exchange_timeout,
            certificate,
            profile,
            signer,
            turns: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether `Host` is among the headers that are signed.
    pub(super) fn signs_host(&self) -> bool {
        self.profile.extra_signed_headers.iter().any(|name| name.eq_ignore_ascii_case("host"))
    }

    /// Signs a request with an id, a date and a digest of its own.
    pub(super) async fn sign(&self, request: Request, operation: &str, options: &CallOptions) -> Result<Request> {
        // A token is asked over its own line, which may take a while, one at a time: whoever gives up while it waits for its turn
        // has nothing signed, and a token that hangs holds one thread. The date is that of the turn.
        let turn = match &self.signer {
            Some(Signer::Token(_)) => {
                let turn = options.race(Arc::clone(&self.turns).acquire_owned()).await?;
                Some(turn.map_err(|_| Error::because(&row::INTERNAL, "nobody signs any more"))?)
            }
            _ => None,
        };
        let now_s = SystemClock::default().now_s();
        let id = bankchannel_crypto::random::uuid_v4();
        let prepared = signing::prepare(request, &self.certificate, &self.profile, now_s, &id).map_err(fault)?;
        let hash = self.profile.signature_hash;
        let signature = match &self.signer {
            Some(Signer::Token(token)) => {
                let (signer, bytes) = (Signer::Token(token.clone()), prepared.signing_string.bytes.clone());
                let work = tokio::task::spawn_blocking(move || {
                    let signed = signer.sign(hash, &bytes);
                    drop(turn);
                    signed
                });
                options
                    .race(work)
                    .await?
                    .map_err(|_| Error::because(&row::INTERNAL, "the signing was broken off"))??
            }
            Some(signer) => signer.sign(hash, &prepared.signing_string.bytes)?,
            None => raw(&options.ask(self.question(&prepared, operation)).await?)?,
        };
        prepared.finish(&signature, &self.certificate, &self.profile).map_err(|fault| {
            // Only the signature is new since the values were checked.
            Error::because(&errors::KEY_UNUSABLE, format!("the signature cannot be used: {}", fault.why))
                .with("field", SIGNATURE)
        })
    }

    fn question(&self, prepared: &Prepared, operation: &str) -> Question {
        let hash = self.profile.signature_hash;
        let algorithm = match hash {
            Hash::Sha512 => "rsa_pkcs1_sha512",
            _ => "rsa_pkcs1_sha256",
        };
        let key_fingerprint = HEXUPPER.encode(&self.certificate.sha256());
        Question {
            kind: SIGNATURE,
            text: format!("The signature of a request, {operation}, by the key {} ({algorithm})", prepared.key_id),
            choices: Vec::new(),
            secret: None,
            signature: Some(SignatureRequest {
                algorithm,
                digest: hash.digest(&prepared.signing_string.bytes),
                key_fingerprint,
            }),
        }
    }
}

/// Whether no real bank can be there: this machine, or a name that is reserved for tests (RFC 6761).
fn is_sandbox(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => {
            let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            ["localhost", "test", "example"].iter().any(|reserved| last.eq_ignore_ascii_case(reserved))
        }
        None => false,
    }
}

/// The raw signature of an answer. Line breaks do not matter: encoders make them.
fn raw(answer: &Secret) -> Result<Vec<u8>> {
    let text: Vec<u8> =
        answer.expose().bytes().filter(|byte| !byte.is_ascii_whitespace()).take(ANSWER_MAX + 1).collect();
    let decoded = if text.len() > ANSWER_MAX { None } else { STANDARD.decode(&text).ok() };
    decoded.ok_or_else(|| {
        Error::because(&row::INVALID_FIELD, "signature: the answer is not base64 of a raw signature")
            .with("field", SIGNATURE)
            .with_outcome(Outcome::NotSent)
    })
}

/// A fault of signing as an error that names the header.
fn fault(fault: SignFault) -> Error {
    let field = fault.header.map_or_else(|| "signing".to_owned(), |name| format!("headers.{name}"));
    Error::invalid_field(&field, fault.why)
}
