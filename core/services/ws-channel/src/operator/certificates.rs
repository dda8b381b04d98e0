//! The certificates at banks: the state of each, and a person's orders (docs/protocols/ws-channel.md §6.2).

use std::{collections::HashMap, sync::Arc};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Error, Result,
    clock::{Clock, SystemClock},
    error::row,
    model::{Boundary, Timestamp},
    operation::OperatorForm,
};
use bankchannel_renewal::{CertificateLife, LifeEventRefused, RenewalDue, RenewalRules};
use bankchannel_server::{operator_commands, orders::PlainOrder};
use bankchannel_storage::ws_channel::{AuditFilter, CertState, HeldCertSet, WsChannelStore};
use bankchannel_ws_channel::model::Bank;
use serde_json::Value;

use super::{api::AdminApi, backup::RestoredCertificate, banks::known_bank};
use crate::{
    HandlerFault,
    banks::{built_in, life},
    certs::material,
    config::{Flavour, ReachedBankConfig},
    data::storage,
};

operator_commands! {
    /// Commands about certificates at banks.
    pub(super) static CERTIFICATE_COMMANDS: AdminApi, "ws-channel";

    /// List every certificate at a bank: its state, its end, the next step, what only a person can do.
    ///
    /// By account and bank; with warnings of trusted authorities of the banks that expire within ninety days.
    ListCertificates("ws_channel_operator.certificates", OperatorForm {
        examples: &["--config service.toml"],
        notes: warnings,
        ..OperatorForm::reading("cert-list")
    }): PlainOrder => CertificateListing, async AdminApi::certificates;

    /// Have a certificate renewed now: although it is not due, or its renewal waits for the next attempt.
    ///
    /// The service does it within seconds.
    RenewCertificate("ws_channel_operator.renew_certificate", OperatorForm {
        examples: &["--config service.toml --email me@example.com --bank nordea"],
        ..OperatorForm::changing("cert-renew")
    }): CertificateAtBank => OneCertificate, async AdminApi::renew_certificate;

    /// Go on at once with a renewal that has stopped, or waits for its next attempt.
    ///
    /// A first certificate is refused: only its customer goes on with that, with the bank's code.
    ResumeCertificate("ws_channel_operator.resume_certificate", OperatorForm {
        examples: &["--config service.toml --email me@example.com --bank nordea"],
        ..OperatorForm::changing("cert-resume")
    }): CertificateAtBank => OneCertificate, async AdminApi::resume_certificate;

    /// Give up a request for a certificate, because the bank has said that it will not come to an end.
    ///
    /// Its key stays as long as the certificate set.
    DiscardCertificate("ws_channel_operator.discard_certificate", OperatorForm {
        examples: &["--config service.toml --email me@example.com --bank nordea"],
        ..OperatorForm::changing("cert-discard")
    }): CertificateAtBank => OneCertificate, async AdminApi::discard_certificate;
}

/// Sets read at a time.
const PAGE: i64 = 500;
const DAY_S: i64 = 86_400;

/// A person's order for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OperatorCertificateOrder {
    Renew,
    Resume,
    Discard,
}

/// The certificate of an account at a bank.
#[derive(Debug, Clone, Boundary)]
pub(super) struct CertificateAtBank {
    /// The account.
    pub(super) email: String,
    /// The bank, such as nordea.
    pub(super) bank: String,
}

/// A certificate set after a command.
#[derive(Debug, Boundary)]
pub(super) struct OneCertificate {
    /// The certificate set.
    pub(super) certificate: CertificateInfo,
}

/// All certificate sets.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct CertificateListing {
    /// By account and bank.
    pub certificates: Vec<CertificateInfo>,
    /// Trusted authorities of the banks that expire within ninety days.
    pub warnings: Vec<String>,
}

/// A certificate set of an account at a bank.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct CertificateInfo {
    /// The account.
    pub email: String,
    /// The bank.
    pub bank: String,
    /// The user id at the bank.
    pub ws_user_id: String,
    /// `pending`, `waiting` (it begins later), `active`, `renewing`, `switching` (a new one has not worked yet), `stopped` or
    /// `ended`.
    pub state: String,
    /// The serial number of the certificate that signs, hex.
    pub serial: Option<String>,
    /// Its issuer.
    pub issuer: Option<String>,
    /// Until when it holds, RFC 3339.
    pub not_after: Option<String>,
    /// The days that are left.
    pub days_left: Option<i64>,
    /// When the next step is taken by itself, RFC 3339.
    pub next_step_at: Option<String>,
    /// What only a person can do.
    pub person: Option<String>,
    /// Since when a request is under way, RFC 3339.
    pub attempt_begun_at: Option<String>,
    /// How often it was sent.
    pub attempt_sent: Option<u32>,
}

impl AdminApi {
    async fn certificates(self: Arc<Self>, _: PlainOrder) -> Result<CertificateListing> {
        if let Some(older) = self.store.outdated() {
            // Its certificates have no lives yet.
            return Err(storage(older));
        }
        let now_s = self.clock.now_s();
        let (mut rules, mut warnings) = (HashMap::new(), Vec::new());
        rules.extend(built_in(&self.config).map(|(bank, rules)| (bank.as_str(), rules)));
        for (bank, configured) in self.config.banks.configured() {
            match configured.open(bank, self.config.flavour, Arc::<_>::clone(&self.clock) as _, None) {
                Err(error) => warnings.push(format!("{}: {}", bank.as_str(), error.message())),
                Ok(opened) => {
                    rules.insert(bank.as_str(), configured.renewal_rules(&opened));
                    let anchors = opened.anchors(&bankchannel::CallOptions::default()).await?;
                    let ending = anchors.into_iter().filter_map(|(_, warning)| warning);
                    warnings.extend(ending.map(|text| format!("{}: {text}", bank.as_str())));
                }
            }
        }
        let mut certificates = Vec::new();
        let mut after = (String::new(), String::new());
        loop {
            let page = self.store.all_lives((&after.0, &after.1), PAGE).await.map_err(storage)?;
            let Some(last) = page.last() else { break };
            after = (last.set.email.clone(), last.set.bank.clone());
            for one in &page {
                certificates.push(described(one, rules.get(&*one.set.bank).copied(), now_s)?);
            }
        }
        Ok(CertificateListing { certificates, warnings })
    }

    async fn renew_certificate(self: Arc<Self>, of: CertificateAtBank) -> Result<OneCertificate> {
        self.order_certificate(OperatorCertificateOrder::Renew, &of).await
    }

    async fn resume_certificate(self: Arc<Self>, of: CertificateAtBank) -> Result<OneCertificate> {
        self.order_certificate(OperatorCertificateOrder::Resume, &of).await
    }

    async fn discard_certificate(self: Arc<Self>, of: CertificateAtBank) -> Result<OneCertificate> {
        self.order_certificate(OperatorCertificateOrder::Discard, &of).await
    }

    async fn order_certificate(
        &self,
        order: OperatorCertificateOrder,
        of: &CertificateAtBank,
    ) -> Result<OneCertificate> {
        let known = known_bank(&of.bank)?;
        let (email, bank) = (of.email.to_ascii_lowercase(), known.as_str());
        let rules = self.rules_of(known)?;
        let Some(rules) = rules else {
            return Err(Error::invalid_field("bank", "is not configured: the service has no channel to it"));
        };
        let (ticket, now) = (random::base32_lower(26), self.clock.now_ms());
        let held = self.store.hold_set(&email, bank, &ticket, false, now).await.map_err(storage)?;
        let Some(held) = held else {
            let there = self.store.cert_sets(&email).await.map_err(storage)?.iter().any(|set| set.bank == bank);
            return Err(if there {
                Error::because(&row::UNAVAILABLE, "the certificate is being worked on right now: try again in a while")
            } else {
                Error::invalid_field("email", format!("has no certificate at {bank}, and none asked for"))
            });
        };
        let done = self.changed(order, &held, rules, (&ticket, now)).await;
        // Also after a refusal: nothing changed then.
        self.store.release_set(&email, bank, &ticket).await.map_err(storage)?;
        done.map(|certificate| OneCertificate { certificate })
    }

    async fn changed(
        &self,
        order: OperatorCertificateOrder,
        held: &HeldCertSet,
        rules: RenewalRules,
        (ticket, now): (&str, i64),
    ) -> Result<CertificateInfo> {
        let now_s = now.div_euclid(1000);
        let mut life = life::read(&held.life, &held.set).map_err(internal)?;
        let what = match order {
            OperatorCertificateOrder::Renew if is_on_its_way(&life) => hurry(&mut life).map(|()| "renew_certificate"),
            OperatorCertificateOrder::Renew => life.want_next(now_s).map(|()| "renew_certificate"),
            OperatorCertificateOrder::Resume if has_nothing_to_resume(&life, rules, now_s) => {
                Err(LifeEventRefused("nothing has stopped, and nothing waits: it goes on by itself"))
            }
            OperatorCertificateOrder::Resume => hurry(&mut life).map(|()| "resume_certificate"),
            OperatorCertificateOrder::Discard => life.discard().map(|_| "discard_certificate"),
        };
        let what = what.map_err(|why| Error::invalid_field("bank", why))?;
        let step = life::step(&life, rules, now).map_err(internal)?;
        let scope = bankchannel_storage::ws_channel::FileScope {
            api_key: held.api_key.clone(),
            email: held.set.email.clone(),
            bank: held.set.bank.clone(),
        };
        let detail = material::named(&held.set.ws_user_id);
        let store: WsChannelStore = self.audited_for(what, &held.api_key, (&held.set.email, &held.set.bank), &detail);
        if !store.take_step(&scope, ticket, step, now).await.map_err(storage)? {
            return Err(Error::because(&row::UNAVAILABLE, "the certificate was retired, or changed meanwhile"));
        }
        let text = life::written(&life).map_err(internal)?;
        described(&HeldCertSet { life: text, ..held.clone() }, Some(rules), now_s)
    }

    /// The rules of a bank; `None` if the service has no channel to it.
    fn rules_of(&self, bank: Bank) -> Result<Option<RenewalRules>> {
        if let Some((_, rules)) = built_in(&self.config).find(|(known, _)| *known == bank) {
            return Ok(Some(rules));
        }
        let configured = self.config.banks.configured().find(|(known, _)| *known == bank);
        let Some((_, configured)) = configured else { return Ok(None) };
        let opened = configured.open(bank, self.config.flavour, Arc::<_>::clone(&self.clock) as _, None)?;
        Ok(Some(configured.renewal_rules(&opened)))
    }
}

/// Whether the next certificate is asked for, or there and has not worked yet.
fn is_on_its_way(life: &CertificateLife) -> bool {
    life.stopped.is_none() && (life.attempt.is_some() || life.switching.is_some())
}

/// Whether nothing would be done earlier by an order to go on.
fn has_nothing_to_resume(life: &CertificateLife, rules: RenewalRules, now_s: i64) -> bool {
    // After a success it rests for a day, too.
    let rests = life.failures > 0 && RenewalRules::lasts(life.rests_until_s, now_s);
    let waits = life.stopped.is_some() || is_on_its_way(life) || rests;
    // A step that is due by its life may rest in the store, because no request could be made.
    !waits && matches!(life.due(rules, now_s), RenewalDue::Nothing(_) | RenewalDue::Person(_))
}

/// Goes on at once with a life that has stopped, or that waits for its next attempt.
fn hurry(life: &mut CertificateLife) -> std::result::Result<(), LifeEventRefused> {
    if life.is_first_under_way() {
        let why = "a first certificate was asked for: its customer goes on with it (EnrollCert, with the bank's code)";
        return Err(LifeEventRefused(why));
    }
    life.resume();
    Ok(())
}

/// The certificates of a copy of the data that may have been replaced since it was made: nothing of that is in it. Which were
/// renewed before their time, because a person wanted it, cannot be known.
pub(super) async fn perhaps_replaced(store: &WsChannelStore, now_s: i64) -> Result<Vec<RestoredCertificate>> {
    let newest = AuditFilter { newest: true, limit: 1, ..AuditFilter::default() };
    let last = store.read_audit(newest).await.map_err(storage)?.pop();
    let made_s = last.map_or(now_s, |record| record.entry.at.div_euclid(1000));
    let (mut rules, mut found) = (HashMap::new(), Vec::new());
    let mut after = (String::new(), String::new());
    loop {
        let page = store.all_lives((&after.0, &after.1), PAGE).await.map_err(storage)?;
        let Some(last) = page.last() else { break };
        after = (last.set.email.clone(), last.set.bank.clone());
        for held in &page {
            let Some(bank) = Bank::from_text(&held.set.bank).filter(|bank| !bank.is_test_only()) else { continue };
            let life = life::read(&held.life, &held.set).map_err(internal)?;
            let Some(active) = &life.active else { continue };
            let rules = *rules.entry(bank).or_insert_with(|| usual_rules(bank));
            let due_s = rules.due_at(active.not_before_s, active.not_after_s);
            let is_asked_for = life.attempt.is_some() && !life.is_first_under_way();
            if !is_asked_for && life.switching.is_none() && (due_s > now_s || active.not_after_s < made_s) {
                continue;
            }
            let at = |at_s: i64| Timestamp::from_ms(at_s.saturating_mul(1000)).as_str().to_owned();
            let since = if is_asked_for { "was under way".to_owned() } else { format!("is due since {}", at(due_s)) };
            let person = format!(
                "its renewal {since}, and this copy is of {}: if it was renewed after that, {}",
                at(made_s),
                if rules.supersedes_at_once {
                    "the bank takes it no more: bring the newer copy, or the customer enrols with a new code"
                } else {
                    "the bank may take it no more: bring the newer copy, or see cert-list"
                }
            );
            found.push(RestoredCertificate {
                email: held.set.email.clone(),
                bank: held.set.bank.clone(),
                ws_user_id: held.set.ws_user_id.clone(),
                serial: held.set.signing.as_ref().map(|found| found.serial.clone()),
                person,
            });
        }
    }
    Ok(found)
}

/// The rules of a bank by the library's profile: a copy has no configuration. Without a profile, those of most banks.
fn usual_rules(bank: Bank) -> RenewalRules {
    let opened = ReachedBankConfig::default().open(bank, Flavour::Production, Arc::new(SystemClock::default()), None);
    opened.map_or_else(|_| RenewalRules::default(), |opened| opened.renewal_rules())
}

fn internal(fault: HandlerFault) -> Error {
    Error::internal(format!("{fault:?}"))
}

fn described(held: &HeldCertSet, rules: Option<RenewalRules>, now_s: i64) -> Result<CertificateInfo> {
    let life = life::read(&held.life, &held.set).map_err(internal)?;
    let set = &held.set;
    let at = |at_s: i64| Timestamp::from_ms(at_s.saturating_mul(1000)).as_str().to_owned();
    let not_after_s = set.signing.as_ref().map(|found| found.not_after.div_euclid(1000));
    let (next_step_at, person) = match rules.map(|rules| life.due(rules, now_s)) {
        None => (None, Some("the service has no channel to this bank: nothing is renewed by itself".to_owned())),
        // Only the bank's code goes on with a first one.
        _ if life.is_first_under_way() && life.stopped.is_none() => {
            (None, Some("EnrollCert again, with the same code: its first request is open".to_owned()))
        }
        Some(RenewalDue::Nothing(next)) => (next.map(at), None),
        Some(RenewalDue::Person(why)) => (None, Some(why)),
        Some(_) => (Some(at(now_s)), None),
    };
    Ok(CertificateInfo {
        email: set.email.clone(),
        bank: set.bank.clone(),
        ws_user_id: set.ws_user_id.clone(),
        state: word(&life, set.state, not_after_s, now_s).to_owned(),
        serial: set.signing.as_ref().map(|found| found.serial.clone()),
        issuer: set.signing.as_ref().map(|found| found.issuer.clone()),
        not_after: not_after_s.map(at),
        days_left: not_after_s.map(|end_s| (end_s - now_s).max(0) / DAY_S),
        next_step_at,
        person,
        attempt_begun_at: life.attempt.as_ref().map(|attempt| at(attempt.begun_s)),
        attempt_sent: life.attempt.as_ref().map(|attempt| attempt.sent),
    })
}

fn word(life: &CertificateLife, state: CertState, not_after_s: Option<i64>, now_s: i64) -> &'static str {
    match state {
        _ if life.stopped.is_some() => "stopped",
        _ if life.awaited(now_s).is_some() => "waiting",
        CertState::Pending => "pending",
        _ if not_after_s.is_some_and(|end_s| end_s < now_s) => "ended",
        _ if life.attempt.is_some() => "renewing",
        _ if life.switching.is_some() => "switching",
        _ => "active",
    }
}

/// The listing's warnings, also for those who see the certificates only.
fn warnings(_: &Value, answer: &Value) -> Vec<String> {
    let warnings = answer["warnings"].as_array().into_iter().flatten();
    warnings.filter_map(|warning| warning.as_str().map(str::to_owned)).collect()
}
