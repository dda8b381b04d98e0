//! The simulator's processing: payments from the journal become answer files (docs/protocols/ws-channel.md §6.7).

use std::{
    collections::HashSet,
    convert::Infallible,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_bank_simulator::{
    AnswerIds, BankDecision, BankLedger, DEFAULT_CURRENCY, DEFAULT_IBAN, DEFAULT_OWNER, LedgerAccount,
    MAX_PAYMENT_BYTES, PayeeReports, cancel, check_payees, decide, reject_duplicate,
};
use bankchannel_crypto::digest;
use bankchannel_foundation::model::{Content, Decimal};
use bankchannel_iso20022::answers::UploadedMessage;
use bankchannel_iso20022::rules::PaymentVersion;
use bankchannel_storage::ws_channel::{
    BookOutcome, FileContent, FileScope, JournalledUpload, LedgerChange, NewBankFile, ProcessedUpload,
    SimulatorLedger as StoredLedger, StoreError, UploadState,
};
use bankchannel_ws_channel::model::Bank;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp, civil::Date};
use tokio_util::sync::CancellationToken;

use super::{
    NO_ACCOUNT, NOTIFICATION, STATEMENT, STATUS_REPORT, SimulatorBank, bank_day, file, lost_answers, open_books,
    payments_set_aside::PaymentFault,
    waiting_orders::{LATE_MS, OrderDecision, report_reference},
};
use crate::{HandlerFault, files::content, service::BackgroundService};

/// Number of uploads read from the journal at a time.
const PAGE: i64 = 64;
/// Time limit of one round through the journal: while uploads keep coming, payments set aside and those before the
/// current position must also get their turn.
const ROUND: Duration = Duration::from_secs(10);
/// Number of connections processed at once; the payments of one connection are processed in order.
const CONNECTIONS: usize = 8;
/// How long to wait for a signal of new work: another instance may have left some.
const IDLE: Duration = Duration::from_secs(10);
/// How often to check whether a waiting payment is due, on the service's clock, which may be moved.
const LOOK: Duration = Duration::from_secs(1);
/// Wait after a store fault; it doubles up to [`IDLE`].
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// How often a booking is recomputed because another instance was faster.
const TRIES: usize = 20;

/// Runs until `stop` is cancelled: first processes the rest of the last run, then waits for new work.
pub(in crate::banks) async fn work(service: BackgroundService, simulator: Arc<SimulatorBank>, stop: CancellationToken) {
    let mut after_fault = AFTER_FAULT;
    loop {
        let worked = work_off(&service, &simulator, &stop).await;
        if stop.is_cancelled() {
            return;
        }
        let idle = match worked {
            Ok(0) => {
                if simulator.aside.is_empty() && !simulator.orders.has_late() {
                    IDLE
                } else {
                    LOOK
                }
            }
            Ok(_) => {
                after_fault = AFTER_FAULT;
                continue;
            }
            Err(why) => {
                tracing::error!(%why, "the simulator cannot continue yet");
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(after_fault) => {}
                }
                after_fault = (after_fault * 2).min(IDLE);
                continue;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = simulator.wake.notified() => {}
            () = tokio::time::sleep(idle) => {}
        }
    }
}

/// Processes the payments that wait in the journal, page by page past those not due yet, or until the round is over;
/// returns the number of settled payments.
async fn work_off(
    service: &BackgroundService,
    simulator: &SimulatorBank,
    stop: &CancellationToken,
) -> Result<usize, StoreError> {
    let (mut settled, mut there) = (0, HashSet::new());
    let begun = Instant::now();
    let mut after: Option<(i64, String)> = None;
    loop {
        let from = after.as_ref().map(|(received, id)| (*received, &**id));
        let bank = Bank::Simulator.as_str();
        let page = service.writer().uploads_to_bank(UploadState::Received, bank, from, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.received, last.id.clone()));
        there.extend(page.iter().map(|upload| upload.id.clone()));
        let is_last = page.len() < PAGE as usize;
        settled += work_page(service, simulator, page, stop).await?;
        if is_last {
            break;
        }
        if stop.is_cancelled() || begun.elapsed() >= ROUND {
            // Later entries were not read.
            return Ok(settled);
        }
    }
    simulator.aside.keep(&there);
    simulator.orders.keep(&there);
    Ok(settled)
}

async fn work_page(
    service: &BackgroundService,
    simulator: &SimulatorBank,
    page: Vec<JournalledUpload>,
    stop: &CancellationToken,
) -> Result<usize, StoreError> {
    let now = service.now_ms();
    let mut groups: Vec<(FileScope, Vec<JournalledUpload>)> = Vec::new();
    for upload in page.into_iter().filter(|upload| is_due(simulator, &upload.id, now)) {
        match groups.iter_mut().find(|(scope, _)| *scope == upload.scope) {
            Some((_, group)) => group.push(upload),
            None => groups.push((upload.scope.clone(), vec![upload])),
        }
    }
    let results: Vec<Result<usize, StoreError>> = stream::iter(groups)
        .map(|(_, group)| async move {
            let mut settled = 0;
            for upload in group {
                if stop.is_cancelled() {
                    break;
                }
                settled += usize::from(settle(service, simulator, &upload).await?);
            }
            Ok(settled)
        })
        .buffer_unordered(CONNECTIONS)
        .collect()
        .await;
    results.into_iter().sum()
}

/// Whether a payment may be tried now: it is not set aside, and its order is not held.
fn is_due(simulator: &SimulatorBank, id: &str, now: i64) -> bool {
    simulator.aside.is_due(id, now) && simulator.orders.is_due(id, now)
}

/// Processes one payment, gives it up, or lets it wait, so that the connection's next payment goes first. Returns
/// whether it is settled.
async fn settle(
    service: &BackgroundService,
    simulator: &SimulatorBank,
    upload: &JournalledUpload,
) -> Result<bool, StoreError> {
    let fault = match process(service, simulator, upload).await {
        Ok(()) => {
            simulator.aside.forget(&upload.id);
            simulator.orders.forget(&upload.id);
            return Ok(true);
        }
        Err(ProcessingStop::Waits) => {
            simulator.aside.forget(&upload.id);
            return Ok(false);
        }
        Err(ProcessingStop::PaymentFault(fault)) => fault,
        Err(ProcessingStop::Store(why)) => return Err(why),
    };
    let Some(given_up) = simulator.aside.put(&upload.id, &fault, service.now_ms()) else { return Ok(false) };
    lost_answers::settle(service, upload, &given_up).await?;
    simulator.aside.forget(&upload.id);
    Ok(true)
}

/// Why a payment was not processed: because of itself, or because nothing can be processed now.
enum ProcessingStop {
    PaymentFault(PaymentFault),
    /// Its order waits for release after the payee check.
    Waits,
    Store(StoreError),
}

impl From<PaymentFault> for ProcessingStop {
    fn from(fault: PaymentFault) -> Self {
        Self::PaymentFault(fault)
    }
}

impl From<StoreError> for ProcessingStop {
    fn from(why: StoreError) -> Self {
        match why {
            // Not caused by the environment: other payments may succeed.
            StoreError::Misuse { .. } | StoreError::Internal { .. } => {
                Self::PaymentFault(PaymentFault::Other(why.to_string()))
            }
            environment => Self::Store(environment),
        }
    }
}

impl From<HandlerFault> for ProcessingStop {
    fn from(fault: HandlerFault) -> Self {
        match fault {
            HandlerFault::Store(why) => why.into(),
            HandlerFault::Internal(why) => Self::PaymentFault(PaymentFault::Other(why)),
            HandlerFault::Refused(refusal) => Self::PaymentFault(PaymentFault::Other(refusal.text.into_owned())),
            HandlerFault::RightsEnded(lost) => Self::PaymentFault(PaymentFault::Other(lost.as_str().to_owned())),
        }
    }
}

/// Decides on one payment and books it: journal, balances and answer files in one transaction, once.
async fn process(
    service: &BackgroundService,
    simulator: &SimulatorBank,
    upload: &JournalledUpload,
) -> Result<(), ProcessingStop> {
    let Some(kept) = upload.content.clone() else {
        return Err(PaymentFault::Never("the journal has no bytes of it".into()).into());
    };
    let bytes = content::stored(&service.files_folder(), kept.clone());
    let owner = service.store.account(&upload.scope.email).await?.map_or_else(String::new, |account| account.company);
    for _ in 0..TRIES {
        let mut ledgers = service.store.ledgers(&upload.scope).await?;
        if ledgers.is_empty() {
            // An import was interrupted after its certificates were stored.
            open_books(service.writer(), &upload.scope).await?;
            ledgers = service.store.ledgers(&upload.scope).await?;
        }
        let now = service.now_ms();
        let message_id = if simulator.rejects_duplicates { message_id(simulator, bytes.clone()).await } else { None };
        let is_duplicate = match &message_id {
            Some(id) => service.writer().has_message(&upload.scope, id).await?,
            None => false,
        };
        let decision = simulator.orders.decision(&upload.id);
        let books = SimulatorBooks { ledgers: &ledgers, owner: &owner, is_duplicate, decision };
        let answer = match answer(simulator, upload, bytes.clone(), books, now).await {
            // Another instance has settled it meanwhile and removed its content.
            Err(PaymentFault::Missing) if !is_waiting(service, upload).await? => return Ok(()),
            Err(PaymentFault::Missing) if !service.files_folder().is_dir() => {
                return Err(PaymentFault::Unreadable("the folder of content files is not there".into()).into());
            }
            answered => answered?,
        };
        let answer = match answer {
            SimulatorDecision::Answer(answer) => answer,
            SimulatorDecision::Waits(reports) => {
                let id = self::message_id(simulator, bytes.clone()).await;
                wait_for_release(service, simulator, upload, (reports, id)).await?;
                return Err(ProcessingStop::Waits);
            }
        };
        let mut files = Vec::new();
        for (kind, iban, document) in answer.documents {
            match content::keep(service, Content::from(document)).await {
                Ok(kept) => files.push(file(kind, &iban, now, kept)),
                Err(why) => {
                    content::discard(service, &paths(&files)).await;
                    return Err(why.into());
                }
            }
        }
        let written = paths(&files);
        let booking = ProcessedUpload {
            scope: upload.scope.clone(),
            upload_id: upload.id.clone(),
            state: UploadState::Accepted,
            detail: answer.detail.to_owned(),
            message_id: message_id.filter(|_| !is_duplicate),
            changes: answer.changes,
            files,
            now,
        };
        let outcome = service.writer().book(booking).await;
        let is_unnamed = match &outcome {
            Ok(outcome) => *outcome != BookOutcome::Booked,
            // After other faults it is unknown whether the answers are named: then they stay until the search for
            // leftovers.
            Err(why) => why.kept_nothing(),
        };
        if is_unnamed {
            content::discard(service, &written).await;
        }
        match outcome? {
            BookOutcome::Booked => {
                content::discard(service, &path(&kept)).await;
                return Ok(());
            }
            // Another instance has settled it.
            BookOutcome::NotWaiting => return Ok(()),
            BookOutcome::Stale => {}
        }
    }
    Err(PaymentFault::Other("its balances kept changing".into()).into())
}

/// Files the reports of the payee check, each once, and lets the order wait. They are found again after a restart, so that
/// the payment stays in the journal.
async fn wait_for_release(
    service: &BackgroundService,
    simulator: &SimulatorBank,
    upload: &JournalledUpload,
    (reports, message_id): (PayeeReports, Option<String>),
) -> Result<(), ProcessingStop> {
    let now = service.now_ms();
    let mut is_late_until = None;
    if let Some(running) = reports.running {
        let reference = report_reference(&upload.id, "running");
        let since = match service.store.file(&upload.scope, STATUS_REPORT, &reference).await? {
            Some(found) => found.file.created,
            None => {
                put_report(service, upload, (reference, running), now).await?;
                now
            }
        };
        is_late_until = Some(since + LATE_MS).filter(|until| now < *until);
    }
    simulator.orders.wait(&upload.id, message_id.unwrap_or_default(), is_late_until);
    let reference = report_reference(&upload.id, "done");
    let is_there = service.store.file(&upload.scope, STATUS_REPORT, &reference).await?.is_some();
    if is_late_until.is_none() && !is_there {
        put_report(service, upload, (reference, reports.done), now).await?;
    }
    Ok(())
}

async fn put_report(
    service: &BackgroundService,
    upload: &JournalledUpload,
    (reference, report): (String, Vec<u8>),
    now: i64,
) -> Result<(), ProcessingStop> {
    let kept = content::keep(service, Content::from(report)).await?;
    let report = NewBankFile { reference, ..file(STATUS_REPORT, NO_ACCOUNT, now, kept) };
    let written = path(&report.content);
    let put = service.writer().put_files(&upload.scope, vec![report]).await;
    if put.as_ref().is_err_and(StoreError::kept_nothing) {
        content::discard(service, &written).await;
    }
    Ok(put?)
}

async fn is_waiting(service: &BackgroundService, upload: &JournalledUpload) -> Result<bool, StoreError> {
    let now = service.store.upload(&upload.id).await?;
    Ok(now.is_some_and(|now| now.state == UploadState::Received))
}

/// The message id of a payment file; `None` if there is none, or if the file cannot be read: then its answer says why.
async fn message_id(simulator: &SimulatorBank, bytes: Content) -> Option<String> {
    let work = move || {
        let payment = content::read_up_to(&bytes, MAX_PAYMENT_BYTES + 1).ok()?;
        let message =
            UploadedMessage::read(|| Ok::<_, Infallible>(payment.as_slice())).unwrap_or_else(|never| match never {});
        message.message_id().map(str::to_owned)
    };
    simulator.heavily(work).await.ok().flatten()
}

/// The books that the bank decides by.
struct SimulatorBooks<'a> {
    ledgers: &'a [StoredLedger],
    owner: &'a str,
    /// Whether another payment file with the same message id was processed.
    is_duplicate: bool,
    /// The decision about the order after its payee check.
    decision: Option<OrderDecision>,
}

/// The bank's next step with a payment.
enum SimulatorDecision {
    Answer(SimulatorAnswer),
    /// The order waits for release after the payee check.
    Waits(PayeeReports),
}

/// The bank's answer to a payment.
struct SimulatorAnswer {
    documents: Vec<(&'static str, String, Vec<u8>)>,
    changes: Vec<LedgerChange>,
    detail: &'static str,
}

/// Reads and decides outside the threads that serve connections.
///
/// # Errors
/// The fault that prevents a decision now: the payment was acknowledged, and waits. A payment that the bank rejects is
/// no error.
async fn answer(
    simulator: &SimulatorBank,
    upload: &JournalledUpload,
    bytes: Content,
    SimulatorBooks { ledgers, owner, is_duplicate, decision }: SimulatorBooks<'_>,
    now_ms: i64,
) -> Result<SimulatorDecision, PaymentFault> {
    let never = |why: &dyn std::fmt::Display| PaymentFault::Never(why.to_string());
    let ids = AnswerIds::new(&upload.id[..upload.id.len().min(AnswerIds::MAX_LENGTH)]).map_err(|why| never(&why))?;
    let books =
        BankLedger { accounts: ledgers.iter().map(|ledger| (ledger.iban.clone(), account(ledger, owner))).collect() };
    let versions: Vec<(String, i64)> = ledgers.iter().map(|ledger| (ledger.iban.clone(), ledger.version)).collect();
    let (size, sha256) = (upload.size, upload.sha256);
    let work = move || {
        // One byte more than the largest payment: a larger file is refused for its size, unread.
        let payment = content::read_up_to(&bytes, MAX_PAYMENT_BYTES + 1)?;
        if !are_received(&payment, size, &sha256) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "they are not the bytes that were received"));
        }
        let (now, today) = bank_day(now_ms);
        Ok(decided(&payment, (is_duplicate, decision), (&books, &versions), (now, today), &ids))
    };
    let decided = simulator.heavily(work).await.map_err(|why| PaymentFault::Unreadable(why.to_string()))?;
    match decided {
        Ok(decided) => decided.map_err(|why| never(&why)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Err(PaymentFault::Missing),
        Err(why) => Err(PaymentFault::Unreadable(format!("its bytes cannot be read: {why}"))),
    }
}

/// The version of payment files that the simulated bank takes (docs/protocols/ws-channel.md).
const ACCEPTS: Option<PaymentVersion> = Some(PaymentVersion::V09);

fn decided(
    payment: &[u8],
    (is_duplicate, decision): (bool, Option<OrderDecision>),
    (books, versions): (&BankLedger, &[(String, i64)]),
    (now, today): (Timestamp, Date),
    ids: &AnswerIds,
) -> Result<SimulatorDecision, String> {
    let outcome = match decision {
        _ if is_duplicate => reject_duplicate(payment, ACCEPTS, now, today, ids),
        Some(OrderDecision::Cancel) => cancel(payment, now, today, ids),
        _ => decide(payment, books, ACCEPTS, now, today, ids),
    };
    let outcome = outcome.map_err(|why| why.to_string())?;
    if decision.is_none() && matches!(outcome, BankDecision::Accepted { .. }) {
        let later = now.checked_add(SignedDuration::from_millis(LATE_MS)).unwrap_or(now);
        let checked = check_payees(payment, (now, later), today, ids).map_err(|why| why.to_string())?;
        if let Some(reports) = checked {
            return Ok(SimulatorDecision::Waits(reports));
        }
    }
    turn_into_answer(outcome, books, versions).map(SimulatorDecision::Answer)
}

/// Whether these bytes are the received file, or the start of one too large for any payment.
fn are_received(bytes: &[u8], size: i64, sha256: &[u8; 32]) -> bool {
    match usize::try_from(size) {
        Ok(size) if size <= MAX_PAYMENT_BYTES => bytes.len() == size && digest::sha256(bytes) == *sha256,
        _ => bytes.len() == MAX_PAYMENT_BYTES + 1,
    }
}

fn account(ledger: &StoredLedger, owner: &str) -> LedgerAccount {
    let owner = if ledger.iban == DEFAULT_IBAN || owner.is_empty() { DEFAULT_OWNER } else { owner };
    LedgerAccount {
        balance: Decimal::from_cents(ledger.balance_cents),
        statement_seq: u64::try_from(ledger.statement).unwrap_or_default(),
        currency: DEFAULT_CURRENCY.to_owned(),
        owner: owner.to_owned(),
    }
}

fn turn_into_answer(
    outcome: BankDecision,
    before: &BankLedger,
    versions: &[(String, i64)],
) -> Result<SimulatorAnswer, String> {
    Ok(match outcome {
        BankDecision::Rejected { pain002 } => SimulatorAnswer {
            documents: vec![(STATUS_REPORT, NO_ACCOUNT.to_owned(), pain002)],
            changes: Vec::new(),
            detail: "rejected",
        },
        BankDecision::Accepted { pain002, camt054, camt053, new_ledger } => {
            let changes: Vec<LedgerChange> = versions
                .iter()
                .filter_map(|(iban, version)| {
                    let now = new_ledger.account(iban).filter(|now| before.account(iban) != Some(now))?;
                    let unstorable = || format!("the balance {} has more than two decimals", now.balance);
                    Some(now.balance.to_cents().ok_or_else(unstorable).map(|balance_cents| LedgerChange {
                        iban: iban.clone(),
                        expected_version: *version,
                        balance_cents,
                        statement: i64::try_from(now.statement_seq).unwrap_or(i64::MAX),
                    }))
                })
                .collect::<Result<_, String>>()?;
            let iban = changes.first().map_or(NO_ACCOUNT, |change| change.iban.as_str()).to_owned();
            let documents = [(STATUS_REPORT, pain002), (NOTIFICATION, camt054), (STATEMENT, camt053)];
            let documents = documents.map(|(kind, document)| (kind, iban.clone(), document)).into();
            SimulatorAnswer { documents, changes, detail: "booked" }
        }
    })
}

fn paths(files: &[NewBankFile]) -> Vec<String> {
    files.iter().flat_map(|file| path(&file.content)).collect()
}

fn path(content: &FileContent) -> Vec<String> {
    match content {
        FileContent::External { path, .. } => vec![path.clone()],
        FileContent::Inline(_) => Vec::new(),
    }
}
