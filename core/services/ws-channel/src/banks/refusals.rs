//! Certificates that a bank refuses although they hold by their dates: a newer one was issued for them, as where a backup of
//! before a renewal was restored, or they were revoked. A person has to act, and is told so (docs/protocols/ws-channel.md §6.2).

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bankchannel_crypto::random;
use bankchannel_foundation::model::Timestamp;
use bankchannel_renewal::{CertificateLife, RenewalStop};
use bankchannel_sepa_web_services::codes;
use bankchannel_storage::ws_channel::FileScope;
use bankchannel_ws_channel::model::Bank;

use super::{BankChannel, life};
use crate::{HandlerFault, service::BackgroundService};

/// How often a request whose answer was lost is sent again because the bank refuses the present certificate.
const HURRIED_SENDS: u32 = 2;

/// The meaning of a bank's refusal with a code of its certificate, for one that holds by its dates.
pub(super) fn meaning(ends_others: bool) -> &'static str {
    if ends_others {
        "superseded: the bank has issued a newer certificate for it. If this is an older copy of the data, bring the newer one; \
         otherwise the customer enrols with a new code of the bank"
    } else {
        "superseded or revoked: ask the bank. If this is an older copy of the data, bring the newer one; otherwise the customer \
         enrols with a new code of the bank"
    }
}

/// Refused certificates that were not looked at yet: by account and bank, the serial number and the bank's code and
/// text.
#[derive(Debug, Default)]
pub(super) struct RefusedCertificates(Mutex<HashMap<(String, String), (String, String)>>);

impl RefusedCertificates {
    /// Notes a bank's code and text on a signature with a connection's certificate.
    pub(super) fn note(&self, scope: &FileScope, serial: &str, (code, text): (&str, &str)) {
        if codes::refuses_certificate(code) {
            let said = (serial.to_owned(), format!("{code} {text}"));
            self.lock().insert((scope.email.clone(), scope.bank.clone()), said);
        }
    }

    fn take(&self, bank: Bank) -> Vec<(String, (String, String))> {
        let mut all = self.lock();
        let (taken, left) = all.drain().partition(|((_, of), _)| of == bank.as_str());
        *all = left;
        let taken: HashMap<(String, String), (String, String)> = taken;
        taken.into_iter().map(|((email, _), said)| (email, said)).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(String, String), (String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops the refused certificates of a bank, so that somebody is told and renewals end that could not succeed.
pub(super) async fn stop_refused(service: &BackgroundService, bank: Bank) {
    let Some(channel) = service.banks.channel(bank) else { return };
    for (email, said) in service.banks.refused.take(bank) {
        match stop(service, &*channel, (&email, bank), &said).await {
            Ok(true) => {}
            // It is being worked on.
            Ok(false) => drop(service.banks.refused.lock().insert((email, bank.as_str().to_owned()), said)),
            Err(why) => {
                tracing::error!(
                    bank = bank.as_str(),
                    account = &*service.pseudonym(&email),
                    ?why,
                    "a refused certificate could not be noted"
                );
            }
        }
    }
}

/// Returns whether it was looked at.
async fn stop(
    service: &BackgroundService,
    channel: &dyn BankChannel,
    (email, bank): (&str, Bank),
    (serial, said): &(String, String),
) -> Result<bool, HandlerFault> {
    let (ticket, now) = (random::base32_lower(26), service.now_ms());
    let (bank, writer) = (bank.as_str(), service.writer());
    let Some(held) = writer.hold_set(email, bank, &ticket, false, now).await? else {
        let is_there = service.store.cert_sets(email).await?.iter().any(|set| set.bank == bank);
        return Ok(!is_there);
    };
    let taken = async {
        let mut life = life::read(&held.life, &held.set)?;
        let rules = channel.renewal_rules();
        if refused(&mut life, (serial, said), rules.supersedes_at_once, now.div_euclid(1000)) {
            let scope = FileScope { api_key: held.api_key.clone(), email: email.to_owned(), bank: bank.to_owned() };
            writer.take_step(&scope, &ticket, life::step(&life, rules, now)?, now).await?;
        }
        Ok::<(), HandlerFault>(())
    };
    let taken = taken.await;
    writer.release_set(email, bank, &ticket).await?;
    taken.map(|()| true)
}

/// Changes a life whose present certificate was refused. Returns whether it did.
fn refused(life: &mut CertificateLife, (serial, said): (&str, &str), ends_others: bool, now_s: i64) -> bool {
    let Some(active) = life.active.as_ref().filter(|one| one.serial == serial && one.holds_at(now_s)) else {
        return false;
    };
    if life.stopped.is_some() || life.switching.is_some() {
        return false;
    }
    if let Some(attempt) = &life.attempt {
        // The next one was issued, and its answer lost: it is not waited for.
        let is_waited_for = ends_others && !life.is_first_under_way() && (1..=HURRIED_SENDS).contains(&attempt.sent);
        if is_waited_for {
            life.resume();
        }
        return is_waited_for;
    }
    let end = Timestamp::from_ms(active.not_after_s.saturating_mul(1000));
    let why = format!("{}. The bank has said {said}, though it holds until {}", meaning(ends_others), end.as_str());
    life.stopped = Some(RenewalStop { why, at_s: now_s, is_told: false });
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_renewal::{AttemptKind, KnownPair, RenewalDue, RenewalRules};

    use super::*;

    const NOW_S: i64 = 1_800_000_000;

    fn life() -> CertificateLife {
        let mut life = CertificateLife::default();
        let (not_before_s, not_after_s) = (NOW_S - 86_400, NOW_S + 700 * 86_400);
        life.adopt(KnownPair { name: "0".to_owned(), serial: "01".to_owned(), not_before_s, not_after_s }).unwrap();
        life
    }

    #[test]
    fn a_refused_certificate_that_holds_stops_and_only_that() {
        let rules = RenewalRules { supersedes_at_once: true, ..RenewalRules::default() };
        let mut one = life();
        assert!(!refused(&mut one, ("02", "04 no"), true, NOW_S), "another one was refused");
        assert!(!refused(&mut one, ("01", "04 no"), true, NOW_S + 701 * 86_400), "it has ended");
        assert!(refused(&mut one, ("01", "04 no"), true, NOW_S));
        assert!(
            matches!(one.due(rules, NOW_S), RenewalDue::Person(why) if why.starts_with("superseded") && why.contains("04"))
        );
        assert!(!refused(&mut one, ("01", "04 no"), true, NOW_S), "said already");
        // While the next one is asked for, its lost answer is asked for at once, twice at most.
        let mut one = life();
        one.begin("1".to_owned(), AttemptKind::Next { signed_with: "0".to_owned() }, NOW_S).unwrap();
        for hurried in [true, true, false] {
            one.sending().unwrap();
            one.unknown(NOW_S).unwrap();
            assert_eq!(refused(&mut one, ("01", "04 no"), true, NOW_S), hurried);
            assert_eq!(matches!(one.due(rules, NOW_S), RenewalDue::Send(_)), hurried);
        }
    }
}
