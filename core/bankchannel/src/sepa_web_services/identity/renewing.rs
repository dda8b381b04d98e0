//! One step of a certificate's life after the other, each stored before it is taken.

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{CallOutcome, Error, Result, Secret, error::row};
use bankchannel_renewal::{
    AttemptKind, CertificateAttempt, CertificateLife, LifeEventRefused, RenewalDue, RenewalRules,
};
use bankchannel_sepa_web_services::{
    operations::certificates::{
        renew_certificate::{RenewBankCertificate, RenewBankCertificateRequest},
        request_certificate::{RequestBankCertificate, RequestBankCertificateRequest},
    },
    request::CertificateCommand,
};
use bankchannel_transport::background;

use super::{IdentityStore as _, folder::HeldIdentity, known_pair};
use crate::{
    CallOptions,
    sepa_web_services::{SepaWebServices, settings::SigningPair},
};

/// What a first certificate needs.
#[derive(Debug, Clone)]
pub(in super::super) struct EnrolmentCode {
    pub(in super::super) code: Secret,
    pub(in super::super) company: Option<String>,
}

/// A customer's identity while something is done with it.
pub(in super::super) struct IdentityRenewing {
    pub(in super::super) client: SepaWebServices,
    store: Arc<Mutex<HeldIdentity>>,
    /// The state as it is stored.
    life: CertificateLife,
    pub(in super::super) rules: RenewalRules,
}

/// Codes after which trying again is pointless: signature, certificate, customer, agreement, authentication.
const FATAL: [&str; 15] = ["03", "04", "08", "09", "10", "11", "13", "14", "15", "16", "17", "19", "30", "33", "34"];

/// The operation that asks for it.
fn command_of(kind: &AttemptKind) -> CertificateCommand {
    match kind {
        AttemptKind::First => CertificateCommand::RequestCertificate,
        AttemptKind::Next { .. } => CertificateCommand::RenewCertificate,
    }
}

fn internal(why: LifeEventRefused) -> Error {
    Error::because(&row::INTERNAL, why.to_string())
}

impl IdentityRenewing {
    pub(in super::super) fn new(client: SepaWebServices, store: HeldIdentity, rules: RenewalRules) -> Self {
        let life = store.life().clone();
        Self { client, store: Arc::new(Mutex::new(store)), life, rules }
    }

    /// The state as it is stored.
    pub(in super::super) fn life(&self) -> &CertificateLife {
        &self.life
    }

    /// Accesses the store on a thread that may block.
    async fn stored<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HeldIdentity) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = Arc::clone(&self.store);
        let done = background::blocking(move || work(&mut store.lock().unwrap_or_else(PoisonError::into_inner))).await;
        done.map_err(|why| why.error("accessing the identity was aborted"))?
    }

    /// Changes the state and stores it.
    ///
    /// # Errors
    /// `resource.storage`; `internal` for a change that does not fit the state.
    pub(in super::super) async fn change(
        &mut self,
        change: impl FnOnce(&mut CertificateLife) -> Result<(), LifeEventRefused>,
    ) -> Result<()> {
        let mut life = self.life.clone();
        change(&mut life).map_err(internal)?;
        let stored = life.clone();
        self.stored(move |store| store.commit(stored)).await?;
        self.life = life;
        Ok(())
    }

    /// A pair that signs.
    ///
    /// # Errors
    /// `resource.storage`, `configuration.invalid`.
    pub(in super::super) async fn pair(&self, name: &str) -> Result<SigningPair> {
        let name = name.to_owned();
        self.stored(move |store| store.pair(&name)).await
    }

    /// Removes the replaced pairs whose time is over.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in super::super) async fn remove_retired(&mut self, now_s: i64) -> Result<()> {
        let over = self.life.clone().forget_retired(now_s);
        if over.is_empty() {
            return Ok(());
        }
        // The files first: if this ends in between, the state still names what is to go.
        self.stored(move |store| over.iter().try_for_each(|one| store.remove(&one.pair.name))).await?;
        self.change(|life| {
            life.forget_retired(now_s);
            Ok(())
        })
        .await
    }

    /// Makes a key and the request for its certificate, and begins an attempt with them. Nothing is sent.
    ///
    /// # Errors
    /// `sepa_web_services.not_offered`, `configuration.invalid`, before a key is made; `resource.storage`.
    pub(in super::super) async fn begin(&mut self, kind: AttemptKind, company: Option<&str>) -> Result<()> {
        let sender = self.client.sender()?;
        sender.certificate_transport()?;
        sender.connection.profile.check_offered(command_of(&kind))?;
        let made = background::blocking(|| RsaPrivateKey::generate(2048)).await;
        let made = made.map_err(|why| why.error("making a key was aborted"))?;
        let key = made.map_err(|fault| Error::because(&row::INTERNAL, fault.to_string()))?;
        let connection = self.client.connection()?;
        let request = connection.profile.certificate_request(&connection.customer_id, company, &key)?;
        let name = self.stored(move |store| store.add_request(&key, &request)).await?;
        let now_s = self.client.now_s();
        self.change(|life| life.begin(name, kind, now_s)).await
    }

    /// Sends the request of the attempt, the same one each time, and stores what becomes of it.
    ///
    /// # Errors
    /// Those of the exchange, once they are stored.
    pub(in super::super) async fn send(
        &mut self,
        attempt: &CertificateAttempt,
        code: Option<&EnrolmentCode>,
        options: &CallOptions,
    ) -> Result<Certificate> {
        let pair = attempt.pair.clone();
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let request = self.stored(move |store| store.request(&pair)).await.map_err(not_sent)?;
        // On disk before the first byte leaves.
        self.change(CertificateLife::sending).await.map_err(not_sent)?;
        let sent = self.exchange(&attempt.kind, &request, code, options).await;
        match sent {
            Ok(pem) => {
                let certificate =
                    Certificate::from_pem(&pem).map_err(|fault| Error::because(&row::INTERNAL, fault.to_string()))?;
                // What cannot be stored now is asked for again, with the same request.
                let lost = |error: Error| error.with_outcome(CallOutcome::Unknown);
                let (name, kept) = (attempt.pair.clone(), certificate.clone());
                self.stored(move |store| store.add_certificate(&name, &kept)).await.map_err(lost)?;
                let pair = known_pair(attempt.pair.clone(), &certificate);
                let (rules, now_s) = (self.rules, self.client.now_s());
                self.change(|life| life.issued(pair, rules, now_s)).await.map_err(lost)?;
                Ok(certificate)
            }
            Err(error) => {
                let code = error.peer().and_then(|peer| peer.code.clone()).unwrap_or_default();
                let stops = FATAL.contains(&&*code);
                let (why, now_s) = (error.message().to_owned(), self.client.now_s());
                let noted = self.change(|life| match error.outcome() {
                    Some(CallOutcome::NotSent) => life.not_sent(now_s),
                    Some(CallOutcome::Refused) => life.refused(why, stops, now_s),
                    _ => life.unknown(now_s),
                });
                // Otherwise the state says that it was sent, and the same request is sent again: nothing is lost by that.
                Err(match noted.await {
                    Ok(()) => error,
                    Err(storing) => error.with("not_stored", storing.to_string()),
                })
            }
        }
    }

    async fn exchange(
        &self,
        kind: &AttemptKind,
        request: &CertificateRequest,
        code: Option<&EnrolmentCode>,
        options: &CallOptions,
    ) -> Result<String> {
        let missing = || Error::because(&row::INTERNAL, "an answer has no certificate");
        match (kind, code) {
            (AttemptKind::First, Some(given)) => {
                let asked = RequestBankCertificateRequest::new(request.to_pem(), given.code.clone());
                let done = self.client.exchange::<RequestBankCertificate>(asked, options).await?;
                done.certificate.ok_or_else(missing)
            }
            (AttemptKind::First, None) => {
                let text = "code is missing: the first certificate that was begun needs it";
                let error = Error::because(&row::MISSING_FIELD, text).with("field", "code");
                Err(error.with_outcome(CallOutcome::NotSent))
            }
            (AttemptKind::Next { signed_with }, _) => {
                let pair = self.pair(signed_with).await?;
                let asked = RenewBankCertificateRequest::new(request.to_pem());
                let client = self.client.signing_with(pair);
                let done = client.exchange::<RenewBankCertificate>(asked, options).await?;
                done.certificate.ok_or_else(missing)
            }
        }
    }

    /// What is due now.
    pub(in super::super) fn due(&self) -> RenewalDue {
        self.life.due(self.rules, self.client.now_s())
    }
}
