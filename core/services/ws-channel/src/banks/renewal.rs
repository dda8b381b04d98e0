//! Certificates that renew themselves (docs/protocols/ws-channel.md §6.2): each set is looked at when something is due, many
//! at once, a few at each bank; of several instances one works on a set.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bankchannel_crypto::random;
use bankchannel_renewal::{LifeStepFault as _, RenewalEnd};
use bankchannel_storage::ws_channel::{AuditEntry, CertSet, DueCertSet, FileScope, StoreError};
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    AccountBankConnection, BankChannel, alerts, bank_metrics::SetRenewal, life::CertificateLifeDriver,
    life_fault::LifeFault, refusals,
};
use crate::{
    certs::material,
    service::{BackgroundService, SettlingStore},
};

/// The operation name of renewals in the audit trail.
const OPERATION: &str = "ws_channel.renew_cert";
/// How often the service's clock is read: it may be moved.
const LOOK: Duration = Duration::from_secs(1);
/// How often ended sets are marked.
const EXPIRE: Duration = Duration::from_secs(30);
/// The least time between two looks at a set at which the same thing is due: the bank has said nothing, or a store failed.
const AGAIN_MS: i64 = 5 * 60 * 1000;
/// The same where no request could be made: a company's name that is missing, a tenant that is not entitled.
const LATER_MS: i64 = 6 * 60 * 60 * 1000;
/// The same, where nothing could be stored.
const AGAIN: Duration = Duration::from_secs(60);
/// How often the banks' trusted authorities are looked at.
const AUTHORITIES_MS: i64 = 24 * 60 * 60 * 1000;
/// A clock that goes back by more was set back.
const SET_BACK_MS: i64 = 60 * 1000;
/// Sets that are worked on beside those that speak with their bank: they make keys, or wait for their turn.
const AHEAD: usize = 4;

/// The sets that are worked on by this instance.
#[derive(Default)]
pub(super) struct SetsAtWork {
    sets: Mutex<HashSet<(String, Bank)>>,
    /// Sets whose step could not be stored.
    failed: Mutex<HashMap<(String, Bank), Instant>>,
    ended: Notify,
}

impl SetsAtWork {
    fn count_at(&self, bank: Bank) -> usize {
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).iter().filter(|(_, of)| *of == bank).count()
    }

    fn begin(&self, email: &str, bank: Bank) -> bool {
        let place = (email.to_owned(), bank);
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.retain(|_, at| at.elapsed() < AGAIN);
        !failed.contains_key(&place) && self.sets.lock().unwrap_or_else(PoisonError::into_inner).insert(place)
    }

    fn end(&self, email: &str, bank: Bank, has_failed: bool) {
        let place = (email.to_owned(), bank);
        self.sets.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
        if has_failed {
            self.failed.lock().unwrap_or_else(PoisonError::into_inner).insert(place, Instant::now());
        }
        self.ended.notify_one();
    }
}

/// Runs until the stop. A stop waits for the steps in progress, so that certificates issued by the bank are stored.
pub(super) async fn run(service: BackgroundService, stop: CancellationToken) {
    let mut replaced = service.banks.replaced();
    begin(&service).await;
    let mut expired: Option<Instant> = None;
    let mut looked_at = None;
    let mut latest = service.now_ms();
    while !stop.is_cancelled() {
        let now = service.now_ms();
        if now + SET_BACK_MS < latest {
            tracing::warn!("the clock was set back: certificates with a renewal under way are looked at again");
            begin(&service).await;
        }
        latest = now;
        if service.banks.replaced() != replaced {
            replaced = service.banks.replaced();
            // A bank may be new, and renew at another time; its authorities may be others.
            begin(&service).await;
            looked_at = None;
        }
        // The clock may also have been set back.
        if looked_at.is_none_or(|at: i64| now.abs_diff(at) >= AUTHORITIES_MS.unsigned_abs()) {
            looked_at = Some(now);
            look_at_authorities(&service).await;
        }
        if expired.is_none_or(|at| at.elapsed() >= EXPIRE) {
            expired = Some(Instant::now());
            if let Err(why) = service.writer().expire_certs(service.now_ms()).await {
                tracing::error!(%why, "certificates that have ended could not be marked");
            }
        }
        for bank in service.banks.reachable() {
            refusals::stop_refused(&service, bank).await;
            if let Err(why) = spawn_due(&service, bank).await {
                tracing::error!(%why, "the search for due certificates failed");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
            () = service.banks.at_work.ended.notified() => {}
        }
    }
}

/// Warns of trusted authorities that end soon: in the log each day; the operator's alerts look at the result.
async fn look_at_authorities(service: &BackgroundService) {
    for bank in service.banks.reachable() {
        let Some(channel) = service.banks.channel(bank) else { continue };
        match channel.authorities().await {
            Ok(authorities) => {
                service.metrics.banks.authorities(bank, &authorities, service.now_ms());
                for warning in authorities.into_iter().filter_map(|one| one.warning) {
                    tracing::warn!(bank = bank.as_str(), "{warning}");
                }
            }
            Err(why) => tracing::warn!(bank = bank.as_str(), %why, "the bank's trusted authorities cannot be read"),
        }
    }
}

/// Looks at certificates whose bank may be reached only now, or whose renewal waits for a time of another clock.
async fn begin(service: &BackgroundService) {
    for bank in service.banks.reachable() {
        if let Err(why) = service.writer().look_at_sets_again(bank.as_str(), service.now_ms()).await {
            tracing::error!(%why, "certificates could not be looked at again");
        }
    }
}

/// Begins with the sets of a bank that are due, as many as may be worked on.
async fn spawn_due(service: &BackgroundService, bank: Bank) -> Result<(), StoreError> {
    let Some(channel) = service.banks.channel(bank) else { return Ok(()) };
    let at_work = service.banks.at_work.count_at(bank);
    let free = (channel.renewals_at_once() + AHEAD).saturating_sub(at_work);
    if free == 0 || service.running.is_closed() {
        return Ok(());
    }
    // Those that are worked on may be among the first.
    let limit = i64::try_from(free + at_work).unwrap_or(i64::MAX);
    for due in service.writer().due_sets(bank.as_str(), service.now_ms(), limit).await? {
        if service.banks.at_work.count_at(bank) >= channel.renewals_at_once() + AHEAD {
            break;
        }
        if service.banks.at_work.begin(&due.email, bank) {
            let of = service.clone();
            background::spawn_on(&service.running, async move {
                let worked = look_at(&of, &due, bank, true).await;
                of.banks.at_work.end(&due.email, bank, worked.is_err());
            });
        }
    }
    Ok(())
}

/// Works on every set that is due, and marks ended ones; returns the number of renewals.
///
/// # Errors
/// Faults of the store.
pub(crate) async fn renew_due(service: &BackgroundService) -> Result<usize, StoreError> {
    let mut renewed = 0;
    for bank in service.banks.reachable() {
        let due = service.writer().due_sets(bank.as_str(), service.now_ms(), i64::MAX).await?;
        for due in due {
            if service.running.is_closed() {
                break;
            }
            renewed += usize::from(look_at(service, &due, bank, true).await == Ok(SetRenewal::Renewed));
        }
    }
    service.writer().expire_certs(service.now_ms()).await?;
    Ok(renewed)
}

/// Works on a set; returns what came of it. The error is logged and recorded: the set could not be worked on at all.
async fn look_at(service: &BackgroundService, due: &DueCertSet, bank: Bank, is_due: bool) -> Result<SetRenewal, ()> {
    let worked = match service.banks.channel(bank) {
        Some(channel) => work_on(service, &*channel, due, (bank, is_due)).await,
        None => Ok(SetRenewal::LookedAt),
    };
    service.metrics.banks.renewal(bank, *worked.as_ref().unwrap_or(&SetRenewal::Failed));
    worked.map_err(|fault| {
        tracing::warn!(
            bank = due.bank,
            account = &*service.pseudonym(&due.email),
            why = fault.text(),
            "a certificate could not be looked after"
        );
    })
}

async fn work_on(
    service: &BackgroundService,
    channel: &dyn BankChannel,
    due: &DueCertSet,
    (bank, is_due): (Bank, bool),
) -> Result<SetRenewal, LifeFault> {
    let ticket = random::base32_lower(26);
    let now = service.now_ms();
    let held = service.writer().hold_set(&due.email, &due.bank, &ticket, is_due, now).await?;
    let Some(held) = held else { return Ok(SetRenewal::LookedAt) };
    let audit = AuditEntry {
        at: now,
        request_id: random::uuid_v4(),
        api_key: held.api_key.clone(),
        email: due.email.clone(),
        operation: OPERATION.into(),
        object: due.bank.clone(),
        ..AuditEntry::default()
    };
    let (api_key, user) = (held.api_key.clone(), material::named(&held.set.ws_user_id));
    let writer = SettlingStore::new(service);
    let to_drive = CertificateLifeDriver {
        service,
        channel,
        bank,
        held,
        ticket,
        writer,
        code: None,
        company: None,
        audit: audit.clone(),
    };
    let was_usable = held_state(&to_drive);
    let mut driver = to_drive.driver()?;
    let before = driver.life().clone();
    let entitled = service.banks.check_entitled(service, &api_key, bank).await;
    let ran = match entitled {
        Ok(()) => driver.run(false).await,
        Err(fault) => Err(fault.into()),
    };
    let now = service.now_ms();
    let mut life = driver.life().clone();
    let told = life.tell_days(now.div_euclid(1000));
    let renewed = matches!(&ran, Ok(run) if run.renewed);
    let failure = match &ran {
        Ok(run) => match &run.end {
            RenewalEnd::Person(why) => Some(why.clone()),
            _ => None,
        },
        Err(fault) => Some(fault.text()),
    };
    if let Err(fault) = &ran {
        if fault.is_lost() {
            tracing::warn!(
                bank = due.bank,
                account = &*service.pseudonym(&due.email),
                "a certificate was retired while it was renewed"
            );
            return Ok(SetRenewal::LookedAt);
        }
        let entry = AuditEntry { outcome: "failed".into(), detail: format!("{user}: {}", fault.text()), ..audit };
        service.writer().append_audit(entry).await?;
    }
    // Each stop is told and counted once, also where the bank's refusal was the end of this step.
    let has_stopped = life.tell_stop();
    let has_ended = was_usable && life.usable(now.div_euclid(1000)).is_none();
    let alert = alerts::SetAlert {
        due,
        api_key: &api_key,
        user: &user,
        life: &life,
        days: told,
        person: failure.as_deref().filter(|_| has_stopped || has_ended),
        failure: failure.as_deref(),
    };
    alerts::tell(service, alert).await;
    let target = target_of(service, channel, due).await;
    let is_unchanged = ran.is_err() && *driver.life() == before;
    let again_ms = if is_unchanged { LATER_MS } else { AGAIN_MS };
    driver.store().settle(&life, now + again_ms, target).await?;
    driver.store().release().await;
    if has_stopped && renewed {
        service.metrics.banks.renewal(bank, SetRenewal::Stopped);
    }
    Ok(match ran {
        Ok(_) if renewed => SetRenewal::Renewed,
        _ if has_stopped => SetRenewal::Stopped,
        Ok(_) => SetRenewal::LookedAt,
        Err(_) => SetRenewal::Failed,
    })
}

/// Whether the set was stored as one that can be used.
fn held_state(to_drive: &CertificateLifeDriver<'_>) -> bool {
    CertSet::USABLE_STATES.contains(&to_drive.held.set.state)
}

/// The target id of a set that has none yet, at a bank that has to tell it.
async fn target_of(service: &BackgroundService, channel: &dyn BankChannel, due: &DueCertSet) -> Option<String> {
    let sets = service.store.cert_sets(&due.email).await.ok()?;
    let set = sets.into_iter().find(|set| set.bank == due.bank && set.signing.is_some() && set.target_id.is_none())?;
    let scope = FileScope { api_key: String::new(), email: due.email.clone(), bank: due.bank.clone() };
    let now_ms = service.now_ms();
    let store = service.store.reader();
    let at = AccountBankConnection {
        scope: &scope,
        set: &set,
        now_ms,
        request_id: None,
        store,
        writer: None,
        keys: &service.keys,
        refused: &service.banks.refused,
    };
    channel.target_id(&at).await.ok().flatten()
}
