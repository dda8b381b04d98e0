//! Alerts for the operator, each told once until it clears: looked for every fifteen seconds.
//!
//! Which alerts hold is in the database, so that of several instances one tells. Where the database is the trouble, or the disk,
//! the instance tells by itself, past both.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use bankchannel_foundation::model::Timestamp;
use bankchannel_storage::ws_channel::{AuditEntry, NotedAlert, StoreError};
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{NoticeChannel, OutgoingNotice};
use crate::{WsChannelService, metrics::OVERDUE_MS, service::BackgroundService};

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(15);
/// How long a look may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A notice that has waited so long is stuck, if its channel's gateway gives no word.
const STUCK: Duration = Duration::from_secs(5 * 60);
/// An alert of one instance's own sight is over when none has seen it for so long: so one that comes and goes is told every few
/// minutes at most, and two instances of which one sees it agree.
const CALM_MS: i64 = 5 * 60 * 1000;
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
    /// A trusted authority of a bank ends.
    AuthorityEnds,
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
    const ALL: [Self; 9] = [
        Self::UploadUnknown,
        Self::RenewalsOverdue,
        Self::CertificatesEnded,
        Self::BankAway,
        Self::AuthorityEnds,
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
            Self::AuthorityEnds => "authority_alert",
            Self::NoticesStuck => "operator_notices_stuck",
            Self::AuditBroken => "operator_audit_broken",
            Self::Storage => "operator_storage",
            Self::DatabaseAway => "operator_database_away",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether each instance sees it by itself, and not in the database.
    fn is_own_sight(self) -> bool {
        matches!(self, Self::BankAway | Self::AuthorityEnds | Self::NoticesStuck | Self::AuditBroken)
    }

    /// The text, with the order that helps.
    fn text(self, subject: &str) -> String {
        match self {
            Self::AuthorityEnds => format!("a trusted authority of {subject} ends: put the next one into its anchors"),
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

/// The result of a look.
#[derive(Default)]
struct FoundAlerts {
    /// The alerts that hold, by kind and subject: when the newest of what holds has come, Unix ms.
    held: BTreeMap<(AlertKind, String), i64>,
    /// The channels of which a notice has waited for long.
    waiting: BTreeSet<String>,
}

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
    let mut handed = BTreeSet::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let why = match tokio::time::timeout(PATIENCE, look(service, &mut handed)).await {
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

/// Compares the alerts that hold with those that were told. `handed`: those handed over that could not be noted as told.
async fn look(service: &BackgroundService, handed: &mut BTreeSet<(AlertKind, String)>) -> Result<(), StoreError> {
    // In this order: what another instance tells meanwhile is not taken for over.
    let told = service.store.alerts().await?;
    let told: BTreeMap<(AlertKind, String), NotedAlert> = told
        .into_iter()
        .filter_map(|noted| Some(((AlertKind::from_text(&noted.kind)?, noted.subject.clone()), noted)))
        .collect();
    let FoundAlerts { held, waiting } = found(service).await?;
    handed.retain(|alert| held.contains_key(alert));
    for ((kind, subject), noted) in &told {
        let has_cleared = match held.get(&(*kind, subject.clone())) {
            None => has_cleared(service, (*kind, noted), &waiting),
            // A newer event is told too.
            Some(newest) => *newest > noted.since && service.now_ms() - noted.since > AGAIN_MS,
        };
        if has_cleared {
            if service.writer().clear_alert(kind.as_str(), subject, noted.since).await? {
                tracing::info!(target: "bankchannel::notice", alert = kind.as_str(), subject, "an alert has cleared");
            }
        } else if kind.is_own_sight() && held.contains_key(&(*kind, subject.clone())) {
            service.writer().see_alert(kind.as_str(), subject, service.now_ms()).await?;
        }
    }
    for (kind, subject) in held.into_keys().filter(|alert| !told.contains_key(alert)) {
        tell(service, kind, &subject, handed).await?;
    }
    Ok(())
}

/// Whether an alert that this instance does not see is over. All see the database; of an alert of
/// one instance's own sight another one knows only by having seen the contrary since.
fn has_cleared(
    service: &BackgroundService,
    (kind, noted): (AlertKind, &NotedAlert),
    waiting: &BTreeSet<String>,
) -> bool {
    let now = service.now_ms();
    if !kind.is_own_sight() {
        return true;
    }
    // A time ahead is of a clock that was set right since.
    if (0..CALM_MS).contains(&(now - noted.seen)) {
        return false;
    }
    let seen_since =
        |ago: Duration| now.saturating_sub(i64::try_from(ago.as_millis()).unwrap_or(i64::MAX)) > noted.since;
    let bank = || Bank::from_text(&noted.subject).filter(|bank| service.banks.channel(*bank).is_some());
    match kind {
        AlertKind::BankAway => match bank() {
            Some(bank) => service.metrics.banks.silent_for(bank).is_some_and(seen_since),
            None => now.saturating_sub(noted.since) > GONE_MS,
        },
        // Those of this instance are others.
        AlertKind::AuthorityEnds => bank().is_none_or(|bank| service.metrics.banks.has_lasting_authorities(bank)),
        AlertKind::NoticesStuck => {
            !waiting.contains(&noted.subject) || service.outbox.answered_ago(&noted.subject).is_some_and(seen_since)
        }
        AlertKind::AuditBroken => {
            service.metrics.audit_checked().is_some_and(|(is_intact, ago)| is_intact && seen_since(ago))
        }
        _ => true,
    }
}

/// What holds now.
async fn found(service: &BackgroundService) -> Result<FoundAlerts, StoreError> {
    let now = service.now_ms();
    let sample = service.store.sample(now, OVERDUE_MS).await?;
    let FoundAlerts { mut held, mut waiting } = FoundAlerts::default();
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
    for bank in service.metrics.banks.ending_authorities() {
        held.insert((AlertKind::AuthorityEnds, bank.as_str().to_owned()), 0);
    }
    if service.metrics.audit_checked().is_some_and(|(is_intact, _)| !is_intact) {
        held.insert((AlertKind::AuditBroken, String::new()), 0);
    }
    for (channel, _, oldest) in &sample.notices {
        if now.saturating_sub(*oldest) <= STUCK.as_millis() as i64 {
            continue;
        }
        waiting.insert(channel.clone());
        // One that is not taken by itself says nothing of the others.
        if service.outbox.is_away(channel) {
            held.insert((AlertKind::NoticesStuck, channel.clone()), 0);
        }
    }
    Ok(FoundAlerts { held, waiting })
}

/// Tells the operator, unless another instance does. A notice that waits in the database is put in with the alert; any other is
/// handed over before, once: a kill in between tells twice.
async fn tell(
    service: &BackgroundService,
    kind: AlertKind,
    subject: &str,
    handed: &mut BTreeSet<(AlertKind, String)>,
) -> Result<(), StoreError> {
    let now = service.now_ms();
    let text = match kind {
        AlertKind::AuthorityEnds => {
            Bank::from_text(subject).and_then(|bank| service.metrics.banks.ending_authority(bank))
        }
        _ => None,
    };
    let text = text.unwrap_or_else(|| kind.text(subject));
    let entry = AuditEntry {
        at: now,
        request_id: bankchannel_crypto::random::uuid_v4(),
        operation: OPERATION.into(),
        object: subject.to_owned(),
        outcome: "told".into(),
        detail: format!("{}: {text}", kind.as_str()),
        ..AuditEntry::default()
    };
    let alert = (kind, subject.to_owned());
    let notice = match handed.contains(&alert) {
        true => None,
        false => match service.outbox.begin_alert(notice((kind, subject), &text, now)).await {
            Ok(notice) => notice,
            Err(why) => {
                tracing::error!(%why, alert = kind.as_str(), "an alert could not be handed over: it is tried again");
                return Ok(());
            }
        },
    };
    if notice.is_none() {
        handed.insert(alert.clone());
    }
    let writer = service.writer().with_audit(entry);
    let is_told = writer.raise_alert((kind.as_str(), subject), notice, now).await?.0;
    handed.remove(&alert);
    if is_told {
        tracing::warn!(target: "bankchannel::notice", alert = kind.as_str(), subject, "{text}");
        service.outbox.look_at_queue();
    }
    Ok(())
}

/// Forgets that an alert was told whose notice was never taken: if it still holds, it is told again.
pub(super) async fn untell(service: &BackgroundService, message: &Value) -> Result<(), StoreError> {
    let Some(kind) = message["purpose"].as_str().and_then(AlertKind::from_text) else { return Ok(()) };
    let subject = message["bank"].as_str().or(message["gateway"].as_str()).unwrap_or_default();
    let Some(since) = message["at"].as_str().and_then(|at| at.parse::<Timestamp>().ok()) else { return Ok(()) };
    service.writer().clear_alert(kind.as_str(), subject, since.as_ms()).await.map(drop)
}

fn notice((kind, subject): (AlertKind, &str), text: &str, now: i64) -> OutgoingNotice {
    use AlertKind::{AuthorityEnds, BankAway, CertificatesEnded, UploadUnknown};
    let is_of_bank = matches!(kind, UploadUnknown | BankAway | CertificatesEnded | AuthorityEnds);
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
                notice((kind, subject), &text, service.now_ms())
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
