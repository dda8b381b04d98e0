//! What drives the certificates of a client: its folder, and its bank.

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_crypto::{rsa::RsaPrivateKey, x509::CertificateRequest};
use bankchannel_foundation::{CallOutcome, Error, Result, Secret};
use bankchannel_renewal::{
    AttemptKind, CertificateBank, CertificateDriver, CertificateLife, CertificateRequests, CertificateSet,
    CertificateStore, LifeEventRefused, LifeStepFault, PairTrial, PendingStep, RenewalRules, RequestEffect,
    RequestedKey, RequestedKeys,
};
use bankchannel_sepa_web_services::{
    answer::{CertificatesOfAnswer, names_certificate_of},
    codes, errors,
    operations::files::list_files::ListBankFiles,
    request::CertificateCommand,
};
use bankchannel_transport::background;

use super::{folder::HeldIdentity, unbelieved::UnbelievedAnswer};
use crate::{
    CallOptions, LogLevel, LogLine,
    sepa_web_services::{
        SepaWebServices, bank, certificates::AskedCertificate, exchange::RefusedExchange, settings::SigningPair,
    },
};

/// A customer's identity while something is done with it.
pub(in super::super) type IdentityRenewing = CertificateDriver<HeldFolder, ClientCertificates>;

/// Drives the certificates in a folder, which this call holds.
pub(in super::super) fn renewing(
    client: SepaWebServices,
    held: HeldIdentity,
    rules: RenewalRules,
    (code, company): (Option<Secret>, Option<String>),
    options: CallOptions,
) -> IdentityRenewing {
    let life = held.life().clone();
    let folder = HeldFolder(Arc::new(Mutex::new(held)));
    let bank = ClientCertificates { client, folder: folder.clone(), code, company, options };
    CertificateDriver::new(folder, bank, life, rules)
}

type FolderResult<T> = std::result::Result<T, CallFault>;

/// The folder, on a thread that may block.
#[derive(Clone)]
pub(in super::super) struct HeldFolder(Arc<Mutex<HeldIdentity>>);

impl HeldFolder {
    pub(super) fn work<'a, T: Send + 'static>(
        &'a self,
        work: impl FnOnce(&mut HeldIdentity) -> Result<T> + Send + 'static,
    ) -> PendingStep<'a, FolderResult<T>> {
        let held = Arc::clone(&self.0);
        Box::pin(async move {
            let done = background::blocking(move || work(&mut held.lock().unwrap_or_else(PoisonError::into_inner)));
            let done = done.await.map_err(|why| why.error("accessing the identity was aborted"))?;
            done.map_err(CallFault)
        })
    }
}

impl CertificateStore for HeldFolder {
    type Fault = CallFault;

    fn commit(&mut self, life: CertificateLife) -> PendingStep<'_, FolderResult<()>> {
        self.work(move |held| held.commit(life))
    }

    fn add_requests(&mut self, keys: RequestedKeys) -> PendingStep<'_, FolderResult<String>> {
        self.work(move |held| held.add_requests(&keys))
    }

    fn requests<'a>(&'a self, name: &'a str) -> PendingStep<'a, FolderResult<CertificateRequests>> {
        let name = name.to_owned();
        self.work(move |held| held.requests(&name))
    }

    fn issued<'a>(&'a self, name: &'a str) -> PendingStep<'a, FolderResult<Option<CertificateSet>>> {
        let name = name.to_owned();
        self.work(move |held| held.issued(&name))
    }

    fn add_certificates<'a>(
        &'a mut self,
        name: &'a str,
        certificates: &'a CertificateSet,
        life: CertificateLife,
    ) -> PendingStep<'a, FolderResult<()>> {
        let (name, certificates) = (name.to_owned(), certificates.clone());
        self.work(move |held| {
            held.add_certificates(&name, &certificates)?;
            held.commit(life)
        })
    }

    fn remove_signing_key<'a>(&'a mut self, name: &'a str) -> PendingStep<'a, FolderResult<()>> {
        let name = name.to_owned();
        self.work(move |held| held.remove_signing_key(&name))
    }

    fn remove<'a>(&'a mut self, name: &'a str) -> PendingStep<'a, FolderResult<()>> {
        let name = name.to_owned();
        self.work(move |held| held.remove(&name))
    }
}

/// A client's bank, as its certificates see it.
pub(in super::super) struct ClientCertificates {
    pub(in super::super) client: SepaWebServices,
    pub(super) folder: HeldFolder,
    /// The bank's code for a first certificate.
    code: Option<Secret>,
    company: Option<String>,
    options: CallOptions,
}

impl ClientCertificates {
    async fn signing_with(&self, name: &str) -> Result<SepaWebServices> {
        let name = name.to_owned();
        let pair: SigningPair = self.folder.work(move |held| held.pair(&name)).await.map_err(Error::from)?;
        Ok(self.client.signing_with(pair))
    }

    /// The certificates of an answer that is kept and believed now: the bank need not be asked again.
    async fn believed_now(&self, kind: &AttemptKind, requests: &CertificateRequests) -> Option<CertificateSet> {
        let kept = self.folder.work(|held| Ok(held.unbelieved_of_attempt())).await.ok()??;
        let (asked, sender) = (self.asked(kind, requests).ok()?, self.client.sender().ok()?);
        let opened = sender.open_again(asked, kept, &self.options).await;
        let certificates = set_of(opened.ok()?)?;
        let text = "an answer of the bank that was kept is believed now: the certificate in it is taken";
        self.options.log_line(LogLevel::Info, LogLine::new(text));
        Some(certificates)
    }

    /// Keeps an answer that is not believed if it has the certificate for the key of this request.
    async fn keep_unbelieved(&self, request: &CertificateRequest, kept: UnbelievedAnswer, error: Error) -> Error {
        let Some((answer, _)) = kept.parts() else { return error };
        if error.row() == &errors::CERTIFICATE_UNFIT || !names_certificate_of(request, &answer.body) {
            return error;
        }
        match self.folder.work(move |held| held.keep_of_attempt(&kept)).await {
            Ok(()) => error.with_sentence(
                "The answer has a certificate for the key of the request: it is kept in identity_dir, and the next call takes it \
                 if profile and trusted authorities are right by then.",
            ),
            Err(fault) => error.with("not_stored", Error::from(fault)),
        }
    }

    async fn issued(&self, kind: &AttemptKind, requests: &CertificateRequests) -> Result<CertificateSet> {
        if let Some(certificates) = self.believed_now(kind, requests).await {
            return Ok(certificates);
        }
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let asked = self.asked(kind, requests).map_err(not_sent)?;
        let client = match kind {
            AttemptKind::First => self.client.clone(),
            AttemptKind::Next { signed_with } => self.signing_with(signed_with).await.map_err(not_sent)?,
        };
        match client.exchange_certificate(asked, &self.options).await {
            Ok(believed) => {
                set_of(believed.certificates).ok_or_else(|| Error::internal("an answer has no certificate"))
            }
            Err(RefusedExchange { error, unbelieved: Some(kept) }) => {
                Err(self.keep_unbelieved(&requests.signing, kept, error).await)
            }
            Err(RefusedExchange { error, unbelieved: None }) => Err(error),
        }
    }

    /// The requests for certificates of this kind of attempt.
    fn asked<'r>(&self, kind: &AttemptKind, requests: &'r CertificateRequests) -> Result<AskedCertificate<'r>> {
        let code = match kind {
            AttemptKind::First => Some(self.code.clone().ok_or_else(|| {
                let text = "code is missing: the first certificate that was begun needs it";
                Error::missing_field("code", text)
            })?),
            AttemptKind::Next { .. } => None,
        };
        Ok(AskedCertificate { requests, code })
    }

    /// A list, which changes nothing, signed with a new pair.
    async fn tried(&self, name: &str) -> Result<PairTrial> {
        let client = self.signing_with(name).await?;
        let request = bank::trial(&client.sender()?.connection.profile);
        Ok(match client.exchange::<ListBankFiles>(request, &self.options).await {
            Ok(_) => PairTrial::Taken,
            Err(error) if error.row() == &errors::SIGNATURE_REFUSED => PairTrial::Refused(error.message().to_owned()),
            // The bank's answer says nothing about the certificate.
            Err(_) => PairTrial::NotKnown,
        })
    }

    async fn made(&self, kind: &AttemptKind) -> Result<RequestedKeys> {
        let sender = self.client.sender()?;
        sender.certificate_transport()?;
        sender.connection.profile.check_offered(match kind {
            AttemptKind::First => CertificateCommand::RequestCertificate,
            AttemptKind::Next { .. } => CertificateCommand::RenewCertificate,
        })?;
        sender.check_target()?;
        let (connection, given) = (&sender.connection, self.company.clone());
        let profile = connection.profile.clone();
        // The existing keys are opened before anything is made.
        let kept = match kind {
            AttemptKind::Next { signed_with } => {
                let name = signed_with.clone();
                let kept = self.folder.work(move |held| held.company_of(&name, &profile)).await;
                kept.map_err(Error::from)?
            }
            AttemptKind::First => self.folder.work(|held| held.check_passphrase().map(|()| None)).await?,
        };
        let company = given.or(kept);
        connection.profile.certificate_name(&connection.customer_id, company.as_deref())?;
        let make = async || -> Result<RequestedKey> {
            let made = background::blocking(|| RsaPrivateKey::generate(2048)).await;
            let made = made.map_err(|why| why.error("making a key was aborted"))?;
            let key = made.map_err(Error::internal)?;
            let request = connection.profile.certificate_request(&connection.customer_id, company.as_deref(), &key)?;
            Ok(RequestedKey { key, request })
        };
        let encryption = match connection.profile.document_encryption {
            Some(_) => Some(make().await?),
            None => None,
        };
        Ok(RequestedKeys { signing: make().await?, encryption })
    }
}

/// The certificates that were issued for the keys of a request.
fn set_of(issued: CertificatesOfAnswer) -> Option<CertificateSet> {
    Some(CertificateSet { signing: issued.signing?, encryption: issued.encryption })
}

impl CertificateBank for ClientCertificates {
    type Fault = CallFault;

    fn now_s(&self) -> i64 {
        self.client.now_s()
    }

    fn make_requests<'a>(&'a self, kind: &'a AttemptKind) -> PendingStep<'a, FolderResult<RequestedKeys>> {
        Box::pin(async move { Ok(self.made(kind).await?) })
    }

    fn issue<'a>(
        &'a self,
        kind: &'a AttemptKind,
        requests: &'a CertificateRequests,
    ) -> PendingStep<'a, FolderResult<CertificateSet>> {
        Box::pin(async move { Ok(self.issued(kind, requests).await?) })
    }

    fn try_pair<'a>(&'a self, name: &'a str) -> PendingStep<'a, FolderResult<PairTrial>> {
        Box::pin(async move { Ok(self.tried(name).await?) })
    }
}

/// An error of a call, as the driver of certificates sees it.
#[derive(Debug)]
pub(in super::super) struct CallFault(Error);

impl From<Error> for CallFault {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<CallFault> for Error {
    fn from(fault: CallFault) -> Self {
        fault.0
    }
}

impl LifeStepFault for CallFault {
    fn text(&self) -> String {
        self.0.message().to_owned()
    }

    fn out_of_order(why: LifeEventRefused) -> Self {
        Self(Error::internal(why))
    }

    fn effect(&self) -> RequestEffect {
        let code = self.0.peer().and_then(|peer| peer.code.as_deref()).unwrap_or_default();
        match self.0.outcome() {
            _ if self.0.row() == &errors::CERTIFICATE_UNFIT => RequestEffect::Unfit,
            Some(CallOutcome::NotSent) => RequestEffect::NotSent,
            Some(CallOutcome::Refused) => {
                let stops = self.0.row() == &errors::CERTIFICATE_REFUSED || codes::ends_renewals(None, code);
                RequestEffect::Refused { stops }
            }
            _ => RequestEffect::Unknown,
        }
    }

    fn before_sending(self) -> Self {
        Self(self.0.with_outcome(CallOutcome::NotSent))
    }

    fn after_issuing(self) -> Self {
        Self(self.0.with_outcome(CallOutcome::Unknown))
    }

    fn not_noted(self, storing: &Self) -> Self {
        Self(self.0.with("not_stored", storing.0.to_string()))
    }
}
