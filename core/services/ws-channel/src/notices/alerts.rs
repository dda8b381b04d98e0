//! Alerts for the operator, each told once until it clears: looked for every fifteen seconds.
//!
//! Which alerts hold is in the database, so that of several instances one tells. Where the database is the trouble, or the disk,
//! the instance tells by itself, past both.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{AuditEntry, StoreError};
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{NoticeChannel, OutgoingNotice};
use crate::{WsChannelService, service::BackgroundService};

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(15);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A certificate that is due is worked on within this time, unless something is wrong.
const OVERDUE_MS: i64 = 60 * 60 * 1000;
/// A notice that has waited so long is stuck, if nothing of its channel was taken meanwhile.
const STUCK: Duration = Duration::from_secs(5 * 60);
/// Of what comes anew to an alert that holds, the operator is told this long after the last word.
const AGAIN_MS: i64 = 60 * 60 * 1000;
/// A bank that this instance does not have is not waited for any longer.
const GONE_MS: i64 = 24 * 60 * 60 * 1000;
/// The operation of the audit trail.
const OPERATION: &str = "ws_channel.operator_alert";

/// An alert of which the operator is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AlertKind {
    /// Whether a bank has a file is unknown.
    UploadUnknown,
    /// Renewals do not go on.
    RenewalsOverdue,
    /// Certificates at a bank have ended.
    CertificatesEnded,
    /// A bank does not answer.
    BankAway,
    /// Codes and alerts of a channel are not taken.
    NoticesStuck,
    /// The audit trail was changed.
    AuditBroken,
    /// There is no space left, or a folder is gone.
    Storage,
    /// The database does not answer.
    DatabaseAway,
}

impl AlertKind {
    const ALL: [Self; 8] = [
        Self::UploadUnknown,
        Self::RenewalsOverdue,
        Self::CertificatesEnded,
        Self::BankAway,
        Self::NoticesStuck,
        Self::AuditBroken,
        Self::Storage,
        Self::DatabaseAway,
    ];

    /// Its name: in the database, and as the purpose of its message.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UploadUnknown => "operator_upload_unknown",
            Self::RenewalsOverdue => "operator_renewals_overdue",
            Self::CertificatesEnded => "operator_certificates_ended",
            Self::BankAway => "operator_bank_away",
            Self::NoticesStuck => "operator_notices_stuck",
            Self::AuditBroken => "operator_audit_broken",
            Self::Storage => "operator_storage",
            Self::DatabaseAway => "operator_database_away",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The text, with the order that helps.
    fn text(self, subject: &str) -> String {
        match self {
            Self::UploadUnknown => format!(
                "it is unknown whether {subject} has a payment file: see `bankchannel admin upload-list`, ask the bank, then \
                 `bankchannel admin upload-settle`"
            ),
            Self::RenewalsOverdue => {
                "certificates at banks wait for a renewal that does not go on: see `bankchannel admin cert-list`"
                    .to_owned()
            }
            Self::CertificatesEnded => format!(
                "certificates at {subject} have ended, and their files go nowhere: see `bankchannel admin cert-list`"
            ),
            Self::NoticesStuck => format!(
                "messages by {subject} are not taken by their gateway, and who needs a code cannot log in: the log says why"
            ),
            Self::BankAway => format!(
                "{subject} does not answer. Look at its status page; `bankchannel admin bank-pause` keeps uploads from an unknown end"
            ),
            Self::AuditBroken => {
                "the audit trail was changed: keep a copy of the data, and see `bankchannel admin audit-verify`"
                    .to_owned()
            }
            Self::Storage if subject == "full" => {
                "no space is left: what needs some is refused. Nothing is lost; make room".to_owned()
            }
            Self::Storage => "the data folder is gone: nothing is acknowledged until it is back".to_owned(),
            Self::DatabaseAway => "the database does not answer: requests are refused until it does".to_owned(),
        }
    }
}

/// Alerts by kind and subject, with an instant, Unix ms: since when they are told, or when the newest of what holds has come.
type AlertTimes = BTreeMap<(AlertKind, String), i64>;

/// Starts looking.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (BackgroundService::new(service), stop.clone());
    background::spawn(async move {
        // Beside each other: one that waits for a gateway keeps the other from nothing.
        let _ = stop.run_until_cancelled(async { tokio::join!(run(&service), run_own(&service)) }).await;
    })
}

async fn run(service: &BackgroundService) {
    let mut has_failed = false;
    loop {
        tokio::time::sleep(LOOK).await;
        let why = match tokio::time::timeout(PATIENCE, look(service)).await {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why.to_string()),
            Err(_) => Some("no answer in time".to_owned()),
        };
        if let (Some(why), false) = (&why, has_failed) {
            tracing::warn!(target: "bankchannel::notice", why, "the operator's alerts cannot be looked at");
        }
        has_failed = why.is_some();
    }
}

async fn run_own(service: &BackgroundService) {
    let mut own = OwnAlerts::default();
    loop {
        tokio::time::sleep(LOOK).await;
        own.look(service).await;
    }
}

/// Compares the alerts that hold with those that were told.
async fn look(service: &BackgroundService) -> Result<(), StoreError> {
    let held = held(service).await?;
    let told = service.store.alerts().await?;
    let told: AlertTimes = told
        .into_iter()
        .filter_map(|(kind, subject, since)| Some(((AlertKind::from_text(&kind)?, subject), since)))
        .collect();
    for ((kind, subject), since) in &told {
        let has_cleared = match held.get(&(*kind, subject.clone())) {
            None => has_cleared(service, *kind, subject, *since),
            // What has come anew is told too.
            Some(newest) => newest > since && service.now_ms() - since > AGAIN_MS,
        };
        if has_cleared {
            service.writer().clear_alert(kind.as_str(), subject).await?;
            tracing::info!(target: "bankchannel::notice", alert = kind.as_str(), subject, "an alert has cleared");
        }
    }
    for (kind, subject) in held.keys().filter(|alert| !told.contains_key(*alert)) {
        tell(service, *kind, subject).await?;
    }
    Ok(())
}

/// Whether an alert that this instance does not see is over. What is in the database all see; what an instance has seen by itself
/// another one knows only by having seen the contrary since.
fn has_cleared(service: &BackgroundService, kind: AlertKind, subject: &str, since: i64) -> bool {
    let seen_since = |ago: Duration| {
        let ago = i64::try_from(ago.as_millis()).unwrap_or(i64::MAX);
        service.now_ms().saturating_sub(ago) > since
    };
    match kind {
        AlertKind::BankAway => match Bank::from_text(subject).filter(|bank| service.banks.channel(*bank).is_some()) {
            Some(bank) => service.metrics.banks.silent_for(bank).is_some_and(seen_since),
            None => service.now_ms().saturating_sub(since) > GONE_MS,
        },
        AlertKind::AuditBroken => {
            service.metrics.audit_checked().is_some_and(|(is_intact, ago)| is_intact && seen_since(ago))
        }
        _ => true,
    }
}

/// What holds now.
async fn held(service: &BackgroundService) -> Result<AlertTimes, StoreError> {
    let now = service.now_ms();
    let sample = service.store.sample(now, OVERDUE_MS).await?;
    let mut held = AlertTimes::new();
    for open in sample.uploads.iter().filter(|open| open.state == "unknown") {
        held.insert((AlertKind::UploadUnknown, open.bank.clone()), open.newest);
    }
    if sample.overdue > 0 {
        held.insert((AlertKind::RenewalsOverdue, String::new()), 0);
    }
    for ended in sample.certificates.iter().filter(|of| of.state == "expired" && of.count > 0) {
        held.insert((AlertKind::CertificatesEnded, ended.bank.clone()), 0);
    }
    // One that a reload has taken out is asked nothing more.
    for bank in service.metrics.banks.away().into_iter().filter(|bank| service.banks.channel(*bank).is_some()) {
        held.insert((AlertKind::BankAway, bank.as_str().to_owned()), 0);
    }
    if service.metrics.audit_checked().is_some_and(|(is_intact, _)| !is_intact) {
        held.insert((AlertKind::AuditBroken, String::new()), 0);
    }
    for (channel, _, oldest) in &sample.notices {
        let is_stuck = now.saturating_sub(*oldest) > STUCK.as_millis() as i64;
        if is_stuck && service.outbox.taken_ago(channel).is_none_or(|ago| ago > STUCK) {
            held.insert((AlertKind::NoticesStuck, channel.clone()), 0);
        }
    }
    Ok(held)
}

/// Tells the operator, unless another instance does. A notice that waits in the database is put in with the alert; any other is
/// handed over before: a kill in between tells twice.
async fn tell(service: &BackgroundService, kind: AlertKind, subject: &str) -> Result<(), StoreError> {
    let (now, text) = (service.now_ms(), kind.text(subject));
    let entry = AuditEntry {
        at: now,
        request_id: bankchannel_crypto::random::uuid_v4(),
        operation: OPERATION.into(),
        object: subject.to_owned(),
        outcome: "told".into(),
        detail: format!("{}: {text}", kind.as_str()),
        ..AuditEntry::default()
    };
    let notice = match service.outbox.begin_alert(notice(service, kind, subject, &text)).await {
        Ok(notice) => notice,
        Err(why) => {
            tracing::error!(%why, alert = kind.as_str(), "an alert could not be handed over: it is tried again");
            return Ok(());
        }
    };
    let writer = service.writer().with_audit(entry);
    if writer.raise_alert((kind.as_str(), subject), notice, now).await?.0 {
        tracing::warn!(target: "bankchannel::notice", alert = kind.as_str(), subject, "{text}");
        service.outbox.look_at_queue();
    }
    Ok(())
}

/// Forgets that an alert was told whose notice nobody has taken: if it still holds, it is told again.
pub(super) async fn untell(service: &BackgroundService, message: &Value) -> Result<(), StoreError> {
    let Some(kind) = message["purpose"].as_str().and_then(AlertKind::from_text) else { return Ok(()) };
    let subject = message["bank"].as_str().or(message["gateway"].as_str()).unwrap_or_default();
    service.writer().clear_alert(kind.as_str(), subject).await.map(drop)
}

fn notice(service: &WsChannelService, kind: AlertKind, subject: &str, text: &str) -> OutgoingNotice {
    let now = service.now_ms();
    let is_of_bank = matches!(kind, AlertKind::UploadUnknown | AlertKind::BankAway | AlertKind::CertificatesEnded);
    let message = json!({
        "to": "",
        "purpose": kind.as_str(),
        "bank": is_of_bank.then_some(subject),
        "gateway": (kind == AlertKind::NoticesStuck).then_some(subject),
        "at": Timestamp::from_ms(now).as_str(),
        "text": text,
    });
    OutgoingNotice::alert(NoticeChannel::Operator, now, message)
}

/// Alerts of this instance alone, told past the database.
#[derive(Default)]
struct OwnAlerts {
    /// The alert that holds.
    told: Option<(AlertKind, &'static str)>,
    /// Its notice, until somebody has taken it.
    waiting: Option<OutgoingNotice>,
}

impl OwnAlerts {
    async fn look(&mut self, service: &BackgroundService) {
        let held = match service.readiness.fault() {
            Some("database") => Some((AlertKind::DatabaseAway, "")),
            Some("full") => Some((AlertKind::Storage, "full")),
            Some("storage") => Some((AlertKind::Storage, "storage")),
            _ => None,
        };
        if held != self.told {
            // What has cleared before anybody was told is not told any more.
            self.waiting = held.map(|(kind, subject)| {
                let text = kind.text(subject);
                tracing::warn!(target: "bankchannel::notice", alert = kind.as_str(), subject, "{text}");
                notice(service, kind, subject, &text)
            });
            self.told = held;
        }
        if let Some(notice) = self.waiting.take()
            && !service.outbox.tell_past_the_database(&notice).await
        {
            self.waiting = Some(notice);
        }
    }
}
