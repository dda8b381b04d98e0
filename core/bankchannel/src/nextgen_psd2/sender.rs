//! The sending part of a client: the bank's address, the connections to it, and the signer.

use std::time::Duration;

use bankchannel_foundation::{
    Error, Result,
    clock::{Clock as _, SystemClock},
};
use bankchannel_nextgen_psd2::{
    BankConventions,
    certificates::{Certificate, Psd2Certificate},
    errors,
    http::Request,
    signing::{self, PreparedRequest, SignFault, SigningProfile},
};
use bankchannel_transport::Transport;
use data_encoding::HEXUPPER;

use super::settings::ReadyThirdParty;
use crate::{
    CallOptions, Question,
    client::signing::{ClientSignatory, SIGNATURE, question},
};

/// The sending part of a client.
pub(super) struct BankSender {
    pub(super) transport: Transport,
    /// The path of the base URL, a prefix of each operation's path.
    pub(super) base_path: String,
    /// Host and port, as in the `Host` header.
    pub(super) authority: String,
    pub(super) credentials: BankConventions,
    pub(super) redirect_hosts: Vec<String>,
    pub(super) exchange_timeout: Option<Duration>,
    certificate: Certificate,
    profile: SigningProfile,
    signatory: ClientSignatory,
}

impl BankSender {
    /// Makes a sender from the settings.
    ///
    /// # Errors
    /// `configuration.invalid`, each naming its field.
    pub(super) fn new(ready: &ReadyThirdParty) -> Result<Self> {
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
            credentials: BankConventions { header_names: ready.header_names.clone(), dialect: profile.dialect },
            redirect_hosts: ready.redirect_hosts.clone(),
            exchange_timeout: ready.exchange_timeout,
            certificate,
            profile,
            signatory: ClientSignatory::new(signer),
        })
    }

    /// Whether `Host` is one of the signed headers.
    pub(super) fn signs_host(&self) -> bool {
        self.profile.extra_signed_headers.iter().any(|name| name.eq_ignore_ascii_case("host"))
    }

    /// Signs a request with this id, and a new date and digest.
    pub(super) async fn sign(
        &self,
        request: Request,
        id: &str,
        operation: &str,
        options: &CallOptions,
    ) -> Result<Request> {
        let turn = self.signatory.turn(options).await?;
        let now_s = SystemClock::default().now_s();
        let prepared = signing::prepare(request, &self.certificate, &self.profile, now_s, id).map_err(fault)?;
        let (hash, bytes) = (self.profile.signature_hash, &prepared.signing_string.bytes);
        let question = |algorithm| self.question(&prepared, algorithm, operation);
        let signature = self.signatory.sign(turn, hash, bytes, options, &errors::TOKEN_FAILED, question).await?;
        prepared.finish(&signature, &self.certificate, &self.profile).map_err(|fault| {
            // The values were checked before; only the signature is new.
            Error::because(&errors::KEY_UNUSABLE, format!("the signature cannot be used: {}", fault.why))
                .with("field", SIGNATURE)
        })
    }

    fn question(&self, prepared: &PreparedRequest, algorithm: &'static str, operation: &str) -> Question {
        let text = format!("The signature of a request, {operation}, by the key {} ({algorithm})", prepared.key_id);
        let digest = self.profile.signature_hash.digest(&prepared.signing_string.bytes);
        question(text, algorithm, digest, HEXUPPER.encode(&self.certificate.sha256()))
    }
}

/// Whether the host cannot be a real bank: this machine, or a name that is reserved for tests (RFC 6761).
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

/// Converts a signing failure to an error that names the header.
fn fault(fault: SignFault) -> Error {
    let field = fault.header.map_or_else(|| "signing".to_owned(), |name| format!("headers.{name}"));
    Error::invalid_field(&field, fault.why)
}
