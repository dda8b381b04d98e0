//! The daily renewal of certificates (docs/protocols/ws-channel.md §6.2): the old set is used until the new one is
//! stored.

use std::{sync::atomic::Ordering, time::Duration};

use bankchannel_crypto::random;
use bankchannel_storage::ws_channel::{AuditEntry, CertSet, DueRenewal, FileScope, StoreError};
use bankchannel_ws_channel::{model::Bank, service_texts};
use tokio_util::sync::CancellationToken;

use super::{AccountBankConnection, BankChannel, BankError, PKI_TIMEOUT, within};
use crate::{
    certs::enroll_cert::new_set,
    fault::HandlerFault,
    service::{BackgroundService, WsChannelService},
};

/// The operation name of renewals in the audit trail.
const OPERATION: &str = "ws_channel.renew_cert";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// A set that was tried within this time is skipped: slightly less than a day, so that the next daily run tries it
/// again.
const TRIED_MS: i64 = DAY_MS - 60 * 60 * 1000;
/// How often the service's clock is read: it may be moved.
const LOOK: Duration = Duration::from_secs(1);

/// Runs once a day of the service's clock. A stop waits for the renewal in progress, so that certificates issued by the
/// bank are stored.
pub(super) async fn run(service: BackgroundService, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let last = service.banks.renewals_looked_at.load(Ordering::SeqCst);
        // The clock may also have been set back.
        if service.now_ms().abs_diff(last) >= DAY_MS.unsigned_abs()
            && let Err(why) = renew_due(&service).await
        {
            tracing::error!(%why, "the search for due certificate renewals failed");
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Renews every set that is due and not tried yet today, marks expired ones, and returns the number of renewals.
///
/// Store faults; a failed renewal is recorded and retried the next day.
/// Faults of the store; a renewal that fails is recorded and comes again tomorrow.
pub(crate) async fn renew_due(service: &BackgroundService) -> Result<usize, StoreError> {
    let now = service.now_ms();
    service.banks.renewals_looked_at.store(now, Ordering::SeqCst);
    let soon = now + i64::from(service.config.renew_before_days) * DAY_MS;
    let mut renewed = 0;
    for due in service.writer().renewals_due(soon, now - TRIED_MS).await? {
        if service.running.is_closed() {
            break;
        }
        // A bank no longer accepts an expired certificate.
        if due.first_expiry > now && renew(service, &due, now).await? {
            renewed += 1;
        }
    }
    service.writer().expire_certs(now).await?;
    Ok(renewed)
}

async fn renew(service: &BackgroundService, due: &DueRenewal, now: i64) -> Result<bool, StoreError> {
    let Some((bank, channel)) = Bank::from_text(&due.bank).and_then(|bank| Some((bank, service.banks.channel(bank)?)))
    else {
        return Ok(false);
    };
    let ticket = random::base32_lower(26);
    let taken = service.writer().begin_renewal(&due.email, &due.bank, &ticket, now, now - TRIED_MS).await?;
    let Some(set) = taken else { return Ok(false) };
    let entry = AuditEntry {
        at: now,
        request_id: random::uuid_v4(),
        api_key: due.api_key.clone(),
        email: due.email.clone(),
        operation: OPERATION.into(),
        object: due.bank.clone(),
        ..AuditEntry::default()
    };
    match ask(service, due, bank, channel, &set, now).await {
        Ok(new) => {
            let entry = AuditEntry { detail: format!("serial {}", new.signing.serial), ..entry };
            service.writer().with_audit(entry).complete_renewal(&due.email, &due.bank, &ticket, new, now).await
        }
        Err(why) => {
            tracing::warn!(bank = due.bank, why, "a certificate was not renewed");
            let entry = AuditEntry { outcome: "failed".into(), detail: why, ..entry };
            service.writer().with_audit(entry).abandon_renewal(&due.email, &due.bank, &ticket).await?;
            Ok(false)
        }
    }
}

async fn ask(
    service: &WsChannelService,
    due: &DueRenewal,
    bank: Bank,
    channel: &dyn BankChannel,
    set: &CertSet,
    now_ms: i64,
) -> Result<bankchannel_storage::ws_channel::NewCertSet, String> {
    let words = |fault: HandlerFault| match fault {
        HandlerFault::Refused(refusal) => refusal.text.into_owned(),
        HandlerFault::RightsEnded(lost) => lost.as_str().to_owned(),
        HandlerFault::Store(why) => why.to_string(),
        HandlerFault::Internal(why) => why,
    };
    service.banks.check_entitled(service, &due.api_key, bank).await.map_err(words)?;
    let scope = FileScope { api_key: due.api_key.clone(), email: due.email.clone(), bank: due.bank.clone() };
    let at = AccountBankConnection {
        scope: &scope,
        set,
        now_ms,
        store: service.store.reader(),
        writer: None,
        keys: &service.keys,
    };
    at.signing_key().map_err(|why| format!("{} {why}", service_texts::RENEWAL_WITHOUT_KEY.text))?;
    let issued = within(PKI_TIMEOUT, channel.renew(&at)).await.map_err(|why: BankError| why.to_string())?;
    let target_id = issued.target_id.clone().or_else(|| set.target_id.clone());
    let (new, ..) = new_set(&service.keys, &scope, &set.ws_user_id, &set.company, issued).map_err(words)?;
    Ok(bankchannel_storage::ws_channel::NewCertSet { target_id, ..new })
}
