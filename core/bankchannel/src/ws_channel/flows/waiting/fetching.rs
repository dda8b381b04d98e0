//! Fetching one file for all waits: it is read, judged, and given to its owners.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bankchannel_foundation::{Content, Error, Result, error::row};
use bankchannel_iso20022::answers::AnswerFile;
use bankchannel_transport::background;
use bankchannel_ws_channel::model::{Bank, FileDescriptor};

use super::{
    super::{
        fetch::{WsChannelPlace, download, ledger_file, settle, was_not_sent},
        file_name,
        steps::FlowSteps,
    },
    registry::{AnswerRegistry, FetchClaim, FetchedEntry, FetchedFile},
};
use crate::{ContentDestination, file_channel::ledger::FileLedger};

/// The maximum number of entries or transactions of an answer that is judged.
const ENTRIES_MAX: usize = 1_000_000;

/// Fetches a file, reads it, and gives it to its owners. Returns it if it is nobody's.
pub(super) async fn fetch(
    steps: &FlowSteps<'_>,
    registry: &AnswerRegistry,
    bank: Bank,
    file: &FileDescriptor,
    ledger: Option<Arc<FileLedger>>,
    claim: FetchClaim<'_>,
    interval: Duration,
) -> Result<Option<FetchedFile>> {
    let entry = match ledger {
        Some(ledger) => {
            let described = ledger_file(file, &file_name(file)?);
            let folder = ledger.folder().to_owned();
            Some((steps.work(move || ledger.begin(described)).await?, folder))
        }
        None => None,
    };
    match download(steps, &WsChannelPlace::of(bank), file, ContentDestination::Memory).await {
        Ok(Content::Bytes(bytes)) => {
            let (uploads, content) = (registry.uploads(bank), bytes.clone());
            let judged = background::blocking(move || {
                let read = AnswerFile::read(&content, ENTRIES_MAX);
                let claims = uploads.into_iter().map(|(number, upload)| (number, read.claim(&upload))).collect();
                (read, claims)
            });
            let aborted = |why: background::UndoneWork| why.error("reading an answer was aborted");
            let (read, claims) = judged.await.map_err(aborted)?;
            Ok(claim.deliver(claims, |owners| {
                let entry = entry.map(|(entry, folder)| FetchedEntry {
                    entry: Arc::new(entry),
                    folder,
                    owners: Mutex::new(owners),
                });
                FetchedFile { file: file.clone(), bytes, read, entry }
            }))
        }
        Ok(other) => Err(Error::because(&row::INTERNAL, format!("content for memory is {other:?}"))),
        Err(error) => {
            if let Some((entry, _)) = entry.filter(|_| was_not_sent(&error)) {
                settle(move || entry.withdraw()).await;
            }
            claim.failed(interval);
            Err(error)
        }
    }
}
