//! The lives of certificates in the service's store (docs/protocols/ws-channel.md §6.2): store and bank for the driver
//! of `core/renewal`.
//!
//! ```text
//!   EnrollCert ─┐                        ┌─ SetStore: one set, held; keys sealed; each step one transaction
//!   upkeep ─────┼─► CertificateDriver ───┤
//!   operator ───┘                        └─ SetBank: the bank's channel, a few calls at a time
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_renewal::{
    AttemptKind, AttemptPhase, CertificateBank, CertificateDriver, CertificateLife, CertificateRequests,
    CertificateSet, CertificateStore, KnownPair, LifeStepFault as _, PairTrial, PendingStep, RenewalDue, RenewalRules,
    RequestedKey, RequestedKeys,
};
use bankchannel_sepa_web_services::codes;
use bankchannel_storage::ws_channel::{
    AuditEntry, CertMaterial, CertSet, CertState, CodeMark, HeldCertSet, IssuedForPair, KeyPurpose, LifeStep,
    NewBankFile, NewKeyRequest, NewLedger,
};
use bankchannel_transport::background;
use bankchannel_ws_channel::model::{Bank, BankPin};
use tokio::sync::OwnedRwLockWriteGuard;

use super::{
    BankChannel, BankError, CertificateCustomer, CertificateOrder, CertificateProof, SigningMaterial,
    life_fault::LifeFault, refusals,
};
use crate::{
    HandlerFault, WsChannelService,
    certs::material::{self, ENCRYPTION, SIGNING, SealedFor},
    service::SettlingStore,
};

const DAY_S: i64 = 24 * 60 * 60;
/// RSA bits of a customer's key (§6.2).
const KEY_BITS: usize = 2048;

/// Reads a life. A set of before lives were stored has the certificate that it uses.
///
/// # Errors
/// An internal fault for one that is damaged.
pub(crate) fn read(text: &str, set: &CertSet) -> Result<CertificateLife, HandlerFault> {
    let known = || -> Result<Option<KnownPair>, HandlerFault> {
        let (Some(found), Some(name)) = (&set.signing, &set.pair) else { return Ok(None) };
        let read = |found: &CertMaterial| Certificate::from_pem(&found.pem).map_err(HandlerFault::internal);
        let encryption = set.encryption.as_ref().map(read).transpose()?;
        let certificates = CertificateSet { signing: read(found)?, encryption };
        Ok(Some(KnownPair::new(name.clone(), &certificates)))
    };
    if text.is_empty() {
        let mut life = CertificateLife::default();
        if let Some(pair) = known()? {
            life.adopt(pair).map_err(HandlerFault::internal)?;
        }
        return Ok(life);
    }
    let damaged = |_| HandlerFault::internal("a stored certificate life is damaged");
    let mut life: CertificateLife = serde_json::from_str(text).map_err(damaged)?;
    if let (Some(active), Some(_)) = (&mut life.active, &set.encryption)
        && set.pair.as_ref() == Some(&active.name)
        && let Some(pair) = known()?
    {
        // An older release took the end of the certificate that signs for that of both.
        *active = pair;
    }
    Ok(life)
}

/// A life as it is stored.
///
/// # Errors
/// None that is known.
pub(crate) fn written(life: &CertificateLife) -> Result<String, HandlerFault> {
    serde_json::to_string(life).map_err(HandlerFault::internal)
}

/// When something is to be done by itself, milliseconds: a step of the renewal, an alert, a replaced key to be destroyed.
pub(crate) fn due_ms(life: &CertificateLife, rules: RenewalRules, now_ms: i64) -> Option<i64> {
    let now_s = now_ms.div_euclid(1000);
    let step_s = match life.due(rules, now_s) {
        _ if life.is_first_under_way() => None,
        RenewalDue::Nothing(at_s) => at_s,
        RenewalDue::Begin(_) | RenewalDue::Send(_) | RenewalDue::Try(_) => Some(now_s),
        RenewalDue::Person(_) => None,
    };
    let alert_s = life.active.as_ref().filter(|active| active.holds_at(now_s)).and_then(|active| {
        if life.untold_days(now_s).is_some() {
            return Some(now_s);
        }
        let at_s = |days: u32| active.not_after_s - i64::from(days) * DAY_S;
        RenewalRules::alerts_of(active.not_before_s, active.not_after_s).map(at_s).find(|at_s| *at_s > now_s)
    });
    let stop_s = life.is_stop_untold().then_some(now_s);
    let forget_s = life.forgets_at_s(rules);
    [step_s, alert_s, stop_s, forget_s].into_iter().flatten().min().map(|at_s| at_s.saturating_mul(1000))
}

/// The pair that signs: the proven one as long as it holds.
fn pair_in_use(life: &CertificateLife, now_s: i64) -> Option<&KnownPair> {
    let (active, new) = (life.active.as_ref(), life.switching.as_ref().map(|new| &new.pair));
    let holds = |pair: &&KnownPair| pair.holds_at(now_s);
    active.filter(holds).or_else(|| new.filter(holds)).or(active).or(new)
}

/// The state of a set with this life.
pub(crate) fn state_of(life: &CertificateLife, now_s: i64) -> CertState {
    match pair_in_use(life, now_s) {
        None => CertState::Pending,
        // It is kept, and used from its day on.
        Some(pair) if pair.begins_after(now_s).is_some() => CertState::Pending,
        Some(pair) if !pair.holds_at(now_s) => CertState::Expired,
        Some(_) if life.attempt.is_some() => CertState::Renewing,
        Some(_) => CertState::Active,
    }
}

/// A step of a life, to be stored.
///
/// # Errors
/// As [`written`].
pub(crate) fn step(life: &CertificateLife, rules: RenewalRules, now_ms: i64) -> Result<LifeStep, HandlerFault> {
    let now_s = now_ms.div_euclid(1000);
    Ok(LifeStep {
        life: written(life)?,
        is_over: life.active.is_none() && life.attempt.is_none() && life.switching.is_none(),
        state: Some(state_of(life, now_s)),
        pair: pair_in_use(life, now_s).map(|pair| pair.name.clone()),
        due: due_ms(life, rules, now_ms),
        ..LifeStep::default()
    })
}

/// What came with a certificate, to be stored with it.
#[derive(Default)]
struct IssuedExtras {
    target_id: Option<String>,
    ledgers: Vec<NewLedger>,
    files: Vec<NewBankFile>,
}

/// What store and bank of one driver share.
#[derive(Default)]
struct SharedStep {
    extras: IssuedExtras,
    /// Held while the present certificate ends with the next one, until that is stored.
    exclusive: Option<OwnedRwLockWriteGuard<()>>,
    /// What became of the bank's code, until that is stored.
    code: Option<CodeMark>,
}

type Shared = Arc<Mutex<SharedStep>>;

/// A set that this caller holds.
pub(crate) struct SetStore<'s> {
    service: &'s WsChannelService,
    channel: &'s dyn BankChannel,
    customer: CertificateCustomer,
    ticket: String,
    writer: SettlingStore,
    /// The record of a certificate that was issued; its detail is added.
    audit: AuditEntry,
    shared: Shared,
}

impl SetStore<'_> {
    fn place(&self, purpose: KeyPurpose) -> SealedFor<'_> {
        let purpose = if purpose == KeyPurpose::Signing { SIGNING } else { ENCRYPTION };
        SealedFor { email: &self.customer.scope.email, bank: &self.customer.scope.bank, purpose }
    }

    /// The stored request for the certificate of a pair's key, which could be opened: a certified key is of use.
    async fn stored_request(&self, name: &str, purpose: KeyPurpose) -> Result<CertificateRequest, LifeFault> {
        let scope = &self.customer.scope;
        let found = self.service.store.pair_key(&scope.email, &scope.bank, name, purpose).await?;
        let found = found.ok_or_else(LifeFault::lost)?;
        let request = found.request.ok_or_else(|| HandlerFault::internal("a request for a certificate is missing"))?;
        let request = CertificateRequest::from_pem(&request).map_err(HandlerFault::internal)?;
        let key = material::open(&self.service.keys, self.place(purpose), &found.material)?;
        if !request.matches_private_key(&key) {
            return Err(HandlerFault::internal("a stored key does not belong to its request").into());
        }
        Ok(request)
    }

    async fn take(&self, step: LifeStep, entry: Option<AuditEntry>) -> Result<(), LifeFault> {
        let writer = entry.map_or_else(|| self.writer.clone(), |entry| self.writer.recorded(entry));
        let taken = writer.take_step(&self.customer.scope, &self.ticket, step, self.service.now_ms()).await?;
        if taken { Ok(()) } else { Err(LifeFault::lost()) }
    }

    /// Gives the set back.
    pub(crate) async fn release(&self) {
        let (email, bank) = (&self.customer.scope.email, &self.customer.scope.bank);
        if let Err(why) = self.writer.release_set(email, bank, &self.ticket).await {
            tracing::warn!(%why, bank, "a certificate set could not be given back: it is free again in a while");
        }
    }

    /// Stores a life after it was looked at, when nothing more is to be done before this time.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn settle(
        &self,
        life: &CertificateLife,
        not_before_ms: i64,
        target_id: Option<String>,
    ) -> Result<(), LifeFault> {
        let mut step = step(life, self.channel.renewal_rules(), self.service.now_ms())?;
        step.due = step.due.map(|due| due.max(not_before_ms));
        step.target_id = target_id;
        self.take(step, None).await
    }
}

impl CertificateStore for SetStore<'_> {
    type Fault = LifeFault;

    fn commit(&mut self, life: CertificateLife) -> PendingStep<'_, Result<(), LifeFault>> {
        Box::pin(async move {
            let is_sent = life.attempt.as_ref().is_some_and(|attempt| attempt.phase == AttemptPhase::Sent);
            let told = self.shared.lock().unwrap_or_else(PoisonError::into_inner).code.take();
            let code = told.or((is_sent && life.is_first_under_way()).then_some(CodeMark::Sent));
            let step = step(&life, self.channel.renewal_rules(), self.service.now_ms())?;
            self.take(LifeStep { code, ..step }, None).await?;
            self.shared.lock().unwrap_or_else(PoisonError::into_inner).exclusive = None;
            Ok(())
        })
    }

    fn add_requests(&mut self, keys: RequestedKeys) -> PendingStep<'_, Result<String, LifeFault>> {
        Box::pin(async move {
            let name = material::pair_name();
            let mut new = Vec::new();
            let encryption = keys.encryption.map(|key| (KeyPurpose::Encryption, key));
            for (purpose, RequestedKey { key, request }) in
                [(KeyPurpose::Signing, keys.signing)].into_iter().chain(encryption)
            {
                let (sealed_key, key_id) = material::seal_key(&self.service.keys, self.place(purpose), &name, &key)?;
                let (label, request) = (name.clone(), request.to_pem());
                new.push(NewKeyRequest { name: name.clone(), purpose, label, request, sealed_key, key_id });
            }
            let scope = &self.customer.scope;
            let added = self.writer.add_key_requests(&scope.email, &scope.bank, &self.ticket, new).await?;
            if added { Ok(name) } else { Err(LifeFault::lost()) }
        })
    }

    fn requests<'a>(&'a self, name: &'a str) -> PendingStep<'a, Result<CertificateRequests, LifeFault>> {
        Box::pin(async move {
            let signing = self.stored_request(name, KeyPurpose::Signing).await?;
            let encryption = match self.channel.decrypts() {
                true => Some(self.stored_request(name, KeyPurpose::Encryption).await?),
                false => None,
            };
            Ok(CertificateRequests { signing, encryption })
        })
    }

    fn issued<'a>(&'a self, _: &'a str) -> PendingStep<'a, Result<Option<CertificateSet>, LifeFault>> {
        // Certificate and state are stored in one transaction.
        Box::pin(async { Ok(None) })
    }

    fn remove_signing_key<'a>(&'a mut self, name: &'a str) -> PendingStep<'a, Result<(), LifeFault>> {
        Box::pin(async move {
            let scope = &self.customer.scope;
            let removed = self.writer.remove_signing_key(&scope.email, &scope.bank, &self.ticket, name).await?;
            if removed { Ok(()) } else { Err(LifeFault::lost()) }
        })
    }

    fn add_certificates<'a>(
        &'a mut self,
        name: &'a str,
        certificates: &'a CertificateSet,
        life: CertificateLife,
    ) -> PendingStep<'a, Result<(), LifeFault>> {
        Box::pin(async move {
            let certificate = &certificates.signing;
            let (extras, code) = {
                let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
                (std::mem::take(&mut shared.extras), shared.code.take())
            };
            let serial = certificate.serial_hex();
            let detail = format!("{}, serial {serial}", material::named(&self.customer.ws_user_id));
            let entry = AuditEntry { detail, ..self.audit.clone() };
            let step = LifeStep {
                issued: [
                    (KeyPurpose::Signing, Some(certificate)),
                    (KeyPurpose::Encryption, certificates.encryption.as_ref()),
                ]
                .into_iter()
                .filter_map(|(purpose, certificate)| Some(issued_for(name, purpose, certificate?)))
                .collect(),
                target_id: extras.target_id,
                code,
                ledgers: extras.ledgers,
                files: extras.files,
                ..step(&life, self.channel.renewal_rules(), self.service.now_ms())?
            };
            self.take(step, Some(entry)).await?;
            self.shared.lock().unwrap_or_else(PoisonError::into_inner).exclusive = None;
            Ok(())
        })
    }

    fn remove<'a>(&'a mut self, name: &'a str) -> PendingStep<'a, Result<(), LifeFault>> {
        Box::pin(async move {
            let scope = &self.customer.scope;
            let removed = self.writer.remove_pair(&scope.email, &scope.bank, &self.ticket, name).await?;
            if removed { Ok(()) } else { Err(LifeFault::lost()) }
        })
    }
}

/// A certificate that was issued for a key of a pair.
fn issued_for(name: &str, purpose: KeyPurpose, certificate: &Certificate) -> IssuedForPair {
    IssuedForPair {
        name: name.to_owned(),
        purpose,
        pem: certificate.to_pem(),
        subject: certificate.subject().display(),
        issuer: certificate.issuer().display(),
        serial: certificate.serial_hex(),
        not_after: certificate.not_after().as_millisecond(),
    }
}

/// A customer's bank.
pub(crate) struct SetBank<'s> {
    service: &'s WsChannelService,
    channel: &'s dyn BankChannel,
    bank: Bank,
    customer: CertificateCustomer,
    code: Option<BankPin>,
    shared: Shared,
}

impl SetBank<'_> {
    async fn pair(&self, name: &str) -> Result<SigningMaterial, LifeFault> {
        let scope = &self.customer.scope;
        let (store, at) = (&self.service.store, (&*scope.email, &*scope.bank));
        let found = store.pair_key(at.0, at.1, name, KeyPurpose::Signing).await?.ok_or_else(LifeFault::lost)?;
        let signing = SigningMaterial::unsealed(&self.service.keys, at, &found.material)?;
        if !self.channel.decrypts() {
            return Ok(signing);
        }
        let own = store.pair_key(at.0, at.1, name, KeyPurpose::Encryption).await?.map(|found| found.material);
        let all = store.decrypting(at.0, at.1).await?;
        Ok(signing.with_decrypting(&self.service.keys, at, (own.as_ref(), &all))?)
    }

    async fn made_key(&self) -> Result<RequestedKey, LifeFault> {
        let key = {
            let _turn = self.service.banks.keys_made.acquire().await.map_err(HandlerFault::internal)?;
            let made = background::blocking(|| RsaPrivateKey::generate(KEY_BITS)).await;
            made.map_err(HandlerFault::internal)?.map_err(HandlerFault::internal)?
        };
        let request = self.channel.certificate_request(&self.customer, &key)?;
        Ok(RequestedKey { key, request })
    }

    async fn made(&self) -> Result<RequestedKeys, LifeFault> {
        let encryption = if self.channel.decrypts() { Some(self.made_key().await?) } else { None };
        Ok(RequestedKeys { signing: self.made_key().await?, encryption })
    }

    async fn issued(&self, kind: &AttemptKind, requests: &CertificateRequests) -> Result<CertificateSet, LifeFault> {
        let unsent = LifeFault::before_sending;
        let proof = match kind {
            AttemptKind::First => CertificateProof::Code(
                self.code.as_ref().ok_or_else(|| unsent(HandlerFault::internal("a code is missing").into()))?,
            ),
            AttemptKind::Next { signed_with } => CertificateProof::Pair(self.pair(signed_with).await.map_err(unsent)?),
        };
        let banks = &self.service.banks;
        let _permit = banks.permit(self.bank).await.map_err(|fault| unsent(fault.into()))?;
        if matches!(kind, AttemptKind::Next { .. }) && self.channel.renewal_rules().supersedes_at_once {
            let alone = banks.alone(self.service, &self.customer.scope).await.map_err(|fault| unsent(fault.into()))?;
            self.shared.lock().unwrap_or_else(PoisonError::into_inner).exclusive = Some(alone);
        }
        let order = CertificateOrder { customer: &self.customer, requests, proof, now_ms: self.service.now_ms() };
        let issued = self.channel.issue(&order).await;
        let issued = issued.map_err(|error| self.explained(kind, error))?;
        let (certificates, now_s) = (issued.certificates, self.service.now_ms().div_euclid(1000));
        let encryption = match (&requests.encryption, &certificates.encryption) {
            (Some(request), Some(certificate)) => Some((request, certificate, certificate.why_unfit_to_encrypt(now_s))),
            (None, _) => None,
            (Some(_), None) => {
                return Err(BankError::NotBelieved("there is no certificate for the key that decrypts".into()).into());
            }
        };
        let signing = (&requests.signing, &certificates.signing, certificates.signing.why_unfit_to_sign(now_s));
        for (request, certificate, why_unfit) in [signing].into_iter().chain(encryption) {
            if !request.is_answered_by(certificate) {
                return Err(BankError::NotBelieved("the certificate is for another key".into()).into());
            }
            if let Some(why) = why_unfit {
                let why = format!("the certificate {} that the bank has issued {why}", certificate.serial_hex());
                return Err(BankError::Unfit(why).into());
            }
        }
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).extras =
            IssuedExtras { target_id: issued.target_id, ledgers: issued.ledgers, files: issued.files };
        Ok(certificates)
    }

    /// Adds its meaning to a refusal of the present certificate, which holds by its dates.
    fn explained(&self, kind: &AttemptKind, error: BankError) -> LifeFault {
        let BankError::Refused { code, text } = error else { return error.into() };
        let stops = self.channel.ends_renewals(&code);
        let is_of_pair = stops && matches!(kind, AttemptKind::Next { .. }) && codes::refuses_certificate(&code);
        let text = if is_of_pair {
            format!("{text}: {}", refusals::meaning(self.channel.renewal_rules().supersedes_at_once))
        } else {
            text
        };
        LifeFault::refused(BankError::Refused { code, text }, stops)
    }

    async fn tried(&self, name: &str) -> Result<PairTrial, LifeFault> {
        let pair = self.pair(name).await?;
        let _permit = self.service.banks.permit(self.bank).await?;
        let tried = self.channel.try_pair(&self.customer, &pair).await;
        Ok(tried.unwrap_or(PairTrial::NotKnown))
    }
}

impl CertificateBank for SetBank<'_> {
    type Fault = LifeFault;

    fn now_s(&self) -> i64 {
        self.service.now_ms().div_euclid(1000)
    }

    fn make_requests<'a>(&'a self, _: &'a AttemptKind) -> PendingStep<'a, Result<RequestedKeys, LifeFault>> {
        Box::pin(self.made())
    }

    fn issue<'a>(
        &'a self,
        kind: &'a AttemptKind,
        requests: &'a CertificateRequests,
    ) -> PendingStep<'a, Result<CertificateSet, LifeFault>> {
        Box::pin(async move {
            let issued = self.issued(kind, requests).await;
            if *kind == AttemptKind::First {
                let mark = match &issued {
                    Ok(_) => Some(CodeMark::Right),
                    Err(fault) => fault.code_mark(self.channel),
                };
                self.shared.lock().unwrap_or_else(PoisonError::into_inner).code = mark;
            }
            issued
        })
    }

    fn try_pair<'a>(&'a self, name: &'a str) -> PendingStep<'a, Result<PairTrial, LifeFault>> {
        Box::pin(self.tried(name))
    }
}

/// A driver of one set.
pub(crate) type SetDriver<'s> = CertificateDriver<SetStore<'s>, SetBank<'s>>;

/// The parts of a driver.
pub(crate) struct CertificateLifeDriver<'s> {
    pub(crate) service: &'s WsChannelService,
    pub(crate) channel: &'s dyn BankChannel,
    pub(crate) bank: Bank,
    pub(crate) held: HeldCertSet,
    pub(crate) ticket: String,
    pub(crate) writer: SettlingStore,
    /// The bank's code, for a first certificate.
    pub(crate) code: Option<BankPin>,
    /// The company name given with it.
    pub(crate) company: Option<String>,
    /// The record of a certificate that is issued.
    pub(crate) audit: AuditEntry,
}

impl<'s> CertificateLifeDriver<'s> {
    /// The driver.
    ///
    /// # Errors
    /// An internal fault for a damaged life.
    pub(crate) fn driver(self) -> Result<SetDriver<'s>, HandlerFault> {
        let Self { service, channel, bank, held, ticket, writer, code, company, audit } = self;
        let life = read(&held.life, &held.set)?;
        let scope = bankchannel_storage::ws_channel::FileScope {
            api_key: held.api_key,
            email: held.set.email,
            bank: held.set.bank,
        };
        let (ws_user_id, target_id) = (held.set.ws_user_id, held.set.target_id);
        let company = company.unwrap_or(held.set.company);
        let customer = CertificateCustomer { scope, ws_user_id, company, target_id };
        let shared = Shared::default();
        let store = SetStore {
            service,
            channel,
            customer: customer.clone(),
            ticket,
            writer,
            audit,
            shared: Arc::clone(&shared),
        };
        let bank = SetBank { service, channel, bank, customer, code, shared };
        Ok(CertificateDriver::new(store, bank, life, channel.renewal_rules()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_due_until_somebody_was_told() {
        let now_s = 1_800_000_000;
        let pair = KnownPair {
            name: "0".to_owned(),
            serial: "01".to_owned(),
            not_before_s: now_s - DAY_S,
            not_after_s: now_s + 700 * DAY_S,
        };
        let rules = RenewalRules { renew_before_days: 30, ..RenewalRules::default() };
        let mut life = CertificateLife::default();
        life.adopt(pair).unwrap();
        life.begin("1".to_owned(), AttemptKind::Next { signed_with: "0".to_owned() }, now_s).unwrap();
        life.sending().unwrap();
        life.refused("locked".to_owned(), true, now_s).unwrap();
        assert_eq!(due_ms(&life, rules, now_s * 1000), Some(now_s * 1000));
        assert!(life.tell_stop());
        // Then the next one is the alert of the last thirty days.
        assert_eq!(due_ms(&life, rules, now_s * 1000), Some((now_s + 670 * DAY_S) * 1000));
    }
}
