//! Alerts for the operator, each told once until it clears: looked for every fifteen seconds.
//!
//! Which alerts hold is in the database, so that of several instances one tells. Where the database is the trouble, or the disk,
//! the instance tells by itself, past both.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{AuditEntry, StoreError};
use bankchannel_transport::background;
use serde_json::json;
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
/// The operation of the audit trail.
const OPERATION: &str = "ws_channel.operator_alert";

/// An alert of which the operator is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AlertKind {
    /// Whether a bank has a file is unknown.
    UploadUnknown,
    /// Renewals do not go on.
    RenewalsOverdue,
    /// A bank does not answer.
    BankAway,
    /// The audit trail was changed.
    AuditBroken,
    /// There is no space left, or a folder is gone.
    Storage,
    /// The database does not answer.
    DatabaseAway,
}

impl AlertKind {
    const ALL: [Self; 6] = [
        Self::UploadUnknown,
        Self::RenewalsOverdue,
        Self::BankAway,
        Self::AuditBroken,
        Self::Storage,
        Self::DatabaseAway,
    ];

    /// Its name: in the database, and as the purpose of its message.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::UploadUnknown => "operator_upload_unknown",
            Self::RenewalsOverdue => "operator_renewals_overdue",
            Self::BankAway => "operator_bank_away",
            Self::AuditBroken => "operator_audit_broken",
            Self::Storage => "operator_storage",
            Self::DatabaseAway => "operator_database_away",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether it is told past the database.
    fn is_of_this_instance(self) -> bool {
        matches!(self, Self::Storage | Self::DatabaseAway)
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

/// The alerts that hold, by kind and subject.
type HeldAlerts = BTreeMap<(AlertKind, String), ()>;

/// Starts looking.
pub(crate) fn begin(service: &Arc<WsChannelService>, stop: &CancellationToken) -> JoinHandle<()> {
    let (service, stop) = (BackgroundService::new(service), stop.clone());
    background::spawn(async move {
        let _ = stop.run_until_cancelled(run(&service)).await;
    })
}

async fn run(service: &BackgroundService) {
    let mut own = OwnAlerts::default();
    loop {
        tokio::time::sleep(LOOK).await;
        own.look(service).await;
        match tokio::time::timeout(PATIENCE, look(service)).await {
            Ok(Ok(())) => {}
            Ok(Err(why)) => tracing::debug!(%why, "the operator's alerts cannot be looked at yet"),
            Err(_) => tracing::debug!("the operator's alerts cannot be looked at in time"),
        }
    }
}

/// Compares the alerts that hold with those that were told.
async fn look(service: &BackgroundService) -> Result<(), StoreError> {
    let held = held(service).await?;
    let told = service.store.alerts().await?;
    let told: HeldAlerts =
        told.into_iter().filter_map(|(kind, subject, _)| Some(((AlertKind::from_text(&kind)?, subject), ()))).collect();
    for (kind, subject) in held.keys().filter(|alert| !told.contains_key(*alert)) {
        tell(service, *kind, subject).await?;
    }
    for (kind, subject) in told.keys().filter(|alert| !held.contains_key(*alert)) {
        // Whether a bank is away only the instance knows that has asked it.
        if *kind != AlertKind::BankAway || service.metrics.banks.answers_again(subject) {
            service.writer().clear_alert(kind.as_str(), subject).await?;
            tracing::info!(target: "bankchannel::notice", alert = kind.as_str(), subject, "an alert has cleared");
        }
    }
    Ok(())
}

/// What holds now.
async fn held(service: &BackgroundService) -> Result<HeldAlerts, StoreError> {
    let sample = service.store.sample(service.now_ms(), OVERDUE_MS).await?;
    let mut held = HeldAlerts::new();
    for open in sample.uploads.iter().filter(|open| open.state == "unknown") {
        held.insert((AlertKind::UploadUnknown, open.bank.clone()), ());
    }
    if sample.overdue > 0 {
        held.insert((AlertKind::RenewalsOverdue, String::new()), ());
    }
    for bank in service.metrics.banks.away() {
        held.insert((AlertKind::BankAway, bank.as_str().to_owned()), ());
    }
    if service.metrics.audit_is_broken() {
        held.insert((AlertKind::AuditBroken, String::new()), ());
    }
    Ok(held)
}

/// Tells the operator, unless another instance does. Before the alert is noted it is handed over: a kill in between tells twice.
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
    if !service.writer().with_audit(entry).raise_alert(kind.as_str(), subject, now).await?.0 {
        return Ok(());
    }
    tracing::warn!(target: "bankchannel::notice", alert = kind.as_str(), subject, "{text}");
    if let Err(why) = service.outbox.hand_over(notice(service, kind, subject, &text)).await {
        tracing::error!(%why, alert = kind.as_str(), "an alert could not be handed over: it is tried again");
        // So that the next look tells it.
        service.writer().clear_alert(kind.as_str(), subject).await?;
    }
    Ok(())
}

fn notice(service: &WsChannelService, kind: AlertKind, subject: &str, text: &str) -> OutgoingNotice {
    let now = service.now_ms();
    let message = json!({
        "to": "",
        "purpose": kind.as_str(),
        "bank": matches!(kind, AlertKind::UploadUnknown | AlertKind::BankAway).then_some(subject),
        "at": Timestamp::from_ms(now).as_str(),
        "text": text,
    });
    OutgoingNotice::alert(NoticeChannel::Operator, now, message)
}

/// Alerts of this instance alone, told past the database.
#[derive(Default)]
struct OwnAlerts {
    told: HeldAlerts,
    /// Not taken by anybody yet.
    waiting: Vec<OutgoingNotice>,
}

impl OwnAlerts {
    async fn look(&mut self, service: &BackgroundService) {
        let held: HeldAlerts = match service.readiness.fault() {
            Some("database") => [((AlertKind::DatabaseAway, String::new()), ())].into(),
            Some(fault @ ("full" | "storage")) => [((AlertKind::Storage, fault.to_owned()), ())].into(),
            _ => HeldAlerts::new(),
        };
        for (kind, subject) in held.keys().filter(|alert| !self.told.contains_key(*alert)) {
            debug_assert!(kind.is_of_this_instance());
            let text = kind.text(subject);
            tracing::warn!(target: "bankchannel::notice", alert = kind.as_str(), subject, "{text}");
            self.waiting.push(notice(service, *kind, subject, &text));
        }
        self.told = held;
        let now = service.now_ms();
        self.waiting.retain(|notice| notice.expires_ms > now);
        let waiting = std::mem::take(&mut self.waiting);
        for notice in waiting {
            if !service.outbox.tell_past_the_database(&notice).await {
                self.waiting.push(notice);
            }
        }
    }
}
