//! The simulator at work: payments from the journal become answer files (WS Channel sheet §6.7).

use std::{sync::Arc, time::Duration};

use bankchannel_foundation::Content;
use bankchannel_iso20022::{
    MAX_BYTES,
    simulator::{Account, DEFAULT_CURRENCY, DEFAULT_IBAN, DEFAULT_OWNER, Ids, Ledger, Outcome, decide},
};
use bankchannel_storage::{
    BookOutcome, Booking, FileContent, FileScope, Ledger as StoredLedger, LedgerChange, NewBankFile, Upload,
    UploadState,
};
use bankchannel_ws_channel::model::Bank;
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;

use super::{NOTIFICATION, STATEMENT, STATUS_REPORT, Simulator, bank_day, file, open_books};
use crate::ws_channel::{fault::Fault, files::content, service::Service};

/// How many uploads are taken from the journal in one go.
const PAGE: i64 = 64;
/// How many connections are worked for at once; one connection's payments go one after the other.
const CONNECTIONS: usize = 8;
/// How long to wait for a call that there is work: another instance may have left some.
const IDLE: Duration = Duration::from_secs(10);
/// How long to wait after a fault.
const AFTER_FAULT: Duration = Duration::from_secs(1);
/// How often a booking is computed anew because another instance was faster.
const TRIES: usize = 20;
/// The service id of an answer that belongs to no account.
const NO_ACCOUNT: &str = "N/A";

/// Works until it is told to stop: first through what the last run left, then whenever there is something.
pub(in crate::ws_channel::banks) async fn work(
    service: Arc<Service>,
    simulator: Arc<Simulator>,
    stop: CancellationToken,
) {
    loop {
        let wait = match work_off(&service, &simulator).await {
            Ok(0) => IDLE,
            Ok(_) => Duration::ZERO,
            Err(fault) => {
                tracing::error!(?fault, "the simulator cannot go on with its work yet");
                AFTER_FAULT
            }
        };
        if stop.is_cancelled() {
            return;
        }
        if wait == Duration::ZERO {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = simulator.wake.notified(), if wait == IDLE => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Works through what waits in the journal now; answers how many there were.
async fn work_off(service: &Service, simulator: &Simulator) -> Result<usize, Fault> {
    let waiting = service.store.uploads_to_bank(UploadState::Received, Bank::Simulator.as_str(), PAGE).await?;
    let mut groups: Vec<(FileScope, Vec<Upload>)> = Vec::new();
    for upload in waiting {
        match groups.iter_mut().find(|(scope, _)| *scope == upload.scope) {
            Some((_, group)) => group.push(upload),
            None => groups.push((upload.scope.clone(), vec![upload])),
        }
    }
    let results: Vec<Result<usize, Fault>> = stream::iter(groups)
        .map(|(_, group)| async move {
            let count = group.len();
            for upload in group {
                process(service, simulator, upload).await?;
            }
            Ok(count)
        })
        .buffer_unordered(CONNECTIONS)
        .collect()
        .await;
    results.into_iter().sum()
}

/// Decides about one payment and books it: journal, balances and answer files in one step, once.
async fn process(service: &Service, simulator: &Simulator, upload: Upload) -> Result<(), Fault> {
    let Some(kept) = upload.content.clone() else {
        return fail(service, &upload, "the journal has no bytes of it").await;
    };
    let bytes = content::stored(&service.files_folder(), kept.clone());
    let owner = service.store.account(&upload.scope.email).await?.map_or_else(String::new, |account| account.company);
    for _ in 0..TRIES {
        let mut ledgers = service.store.ledgers(&upload.scope).await?;
        if ledgers.is_empty() {
            // An import that was cut off after its certificates were stored.
            open_books(&service.store, &upload.scope).await?;
            ledgers = service.store.ledgers(&upload.scope).await?;
        }
        let now = service.now_ms();
        let answer = match answer(simulator, &upload, bytes.clone(), &ledgers, &owner, now).await? {
            Ok(answer) => answer,
            Err(why) => return fail(service, &upload, &why).await,
        };
        let mut files = Vec::new();
        for (kind, iban, document) in answer.documents {
            let kept = content::keep(service, Content::from(document)).await?;
            files.push(file(kind, &iban, now, kept));
        }
        let written = paths(&files);
        let booking = Booking {
            scope: upload.scope.clone(),
            upload_id: upload.id.clone(),
            detail: answer.detail.to_owned(),
            changes: answer.changes,
            files,
            now,
        };
        let outcome = service.store.book(booking).await;
        // A fault leaves open whether the answers are named now: then they stay, and a start removes what is not.
        if matches!(outcome, Ok(BookOutcome::NotWaiting | BookOutcome::Stale)) {
            content::discard(service, &written).await;
        }
        match outcome? {
            BookOutcome::Booked => {
                content::discard(service, &path(&kept)).await;
                return Ok(());
            }
            // Another instance has done it.
            BookOutcome::NotWaiting => return Ok(()),
            BookOutcome::Stale => {}
        }
    }
    Err(Fault::internal("a payment could not be booked: its balances kept changing"))
}

/// Ends an upload that can never be worked off.
async fn fail(service: &Service, upload: &Upload, why: &str) -> Result<(), Fault> {
    tracing::error!(upload = upload.id, why, "the simulator cannot work off an upload");
    let unnamed = service.store.finish_upload(&upload.id, UploadState::Failed, why, service.now_ms()).await?;
    content::discard(service, &unnamed.unwrap_or_default()).await;
    Ok(())
}

/// What the bank answers to a payment.
struct Answer {
    documents: Vec<(&'static str, String, Vec<u8>)>,
    changes: Vec<LedgerChange>,
    detail: &'static str,
}

/// Reads and decides off the threads that serve connections. The inner error is for the journal: no later try would help.
/// Bytes that cannot be read now are a fault: the payment was acknowledged, and waits until they can.
async fn answer(
    simulator: &Simulator,
    upload: &Upload,
    bytes: Content,
    ledgers: &[StoredLedger],
    owner: &str,
    now_ms: i64,
) -> Result<Result<Answer, String>, Fault> {
    let ids = Ids::new(&upload.id[..upload.id.len().min(Ids::MAX_LENGTH)]).map_err(Fault::internal)?;
    let books =
        Ledger { accounts: ledgers.iter().map(|ledger| (ledger.iban.clone(), account(ledger, owner))).collect() };
    let versions: Vec<(String, i64)> = ledgers.iter().map(|ledger| (ledger.iban.clone(), ledger.version)).collect();
    let work = move || {
        // One byte more than any payment may have: a larger file is refused for its size, unread.
        let payment = content::read_up_to(&bytes, MAX_BYTES + 1)?;
        let (now, today) = bank_day(now_ms);
        let outcome = decide(&payment, &books, now, today, &ids);
        Ok(outcome.map(|outcome| turn_into_answer(outcome, &books, &versions)).map_err(|why| why.to_string()))
    };
    let decided: std::io::Result<_> = simulator.heavily(work).await?;
    decided.map_err(|why| Fault::internal(format!("the bytes of upload {} cannot be read now: {why}", upload.id)))
}

fn account(ledger: &StoredLedger, owner: &str) -> Account {
    let owner = if ledger.iban == DEFAULT_IBAN || owner.is_empty() { DEFAULT_OWNER } else { owner };
    Account {
        balance_cents: ledger.balance_cents,
        statement_seq: u64::try_from(ledger.statement).unwrap_or_default(),
        currency: DEFAULT_CURRENCY.to_owned(),
        owner: owner.to_owned(),
    }
}

fn turn_into_answer(outcome: Outcome, before: &Ledger, versions: &[(String, i64)]) -> Answer {
    match outcome {
        Outcome::Rejected { pain002 } => Answer {
            documents: vec![(STATUS_REPORT, NO_ACCOUNT.to_owned(), pain002)],
            changes: Vec::new(),
            detail: "rejected",
        },
        Outcome::Accepted { pain002, camt054, camt053, new_ledger } => {
            let changes: Vec<LedgerChange> = versions
                .iter()
                .filter_map(|(iban, version)| {
                    let now = new_ledger.account(iban).filter(|now| before.account(iban) != Some(now))?;
                    Some(LedgerChange {
                        iban: iban.clone(),
                        expected_version: *version,
                        balance_cents: now.balance_cents,
                        statement: i64::try_from(now.statement_seq).unwrap_or(i64::MAX),
                    })
                })
                .collect();
            let iban = changes.first().map_or(NO_ACCOUNT, |change| change.iban.as_str()).to_owned();
            let documents = [(STATUS_REPORT, pain002), (NOTIFICATION, camt054), (STATEMENT, camt053)];
            let documents = documents.map(|(kind, document)| (kind, iban.clone(), document)).into();
            Answer { documents, changes, detail: "booked" }
        }
    }
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
