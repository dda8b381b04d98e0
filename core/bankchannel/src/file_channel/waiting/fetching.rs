//! Fetching one file for all waits: it is read, judged, and given to its owners.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bankchannel_foundation::{Error, Result, model::Content};
use bankchannel_iso20022::answers::AnswerFile;
use bankchannel_transport::background;

use super::{
    super::{
        FileChannel,
        fetch::{download, ledger_file, settle, was_not_sent},
        file_names::file_name,
        ledger::FileLedger,
        steps::ChannelFlowSteps,
    },
    registry::{FetchClaim, FetchedEntry, FetchedFile},
};
use crate::ContentDestination;

/// The maximum number of entries or transactions of an answer that is judged.
const ENTRIES_MAX: usize = 1_000_000;

/// Fetches a file, reads it, and gives it to its owners. Returns it if it has none.
pub(super) async fn fetch<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    (place, file): (&C::Place, &C::File),
    ledger: Option<Arc<FileLedger>>,
    claim: FetchClaim<'_, C::File>,
    interval: Duration,
) -> Result<Option<FetchedFile<C::File>>> {
    let entry = match ledger {
        Some(ledger) => {
            let described = ledger_file(file, &file_name(file)?);
            let folder = ledger.folder().to_owned();
            Some((steps.work(move || ledger.begin(described)).await?, folder))
        }
        None => None,
    };
    match download(steps, place, file, ContentDestination::Memory).await {
        Ok(Content::Bytes(bytes)) => {
            let uploads = steps.client.answers().uploads(&steps.client.place_name(place));
            let content = bytes.clone();
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
        Ok(other) => Err(Error::internal(format!("content for memory is {other:?}"))),
        Err(error) => {
            if let Some((entry, _)) = entry.filter(|_| was_not_sent(&error)) {
                settle(move || entry.withdraw()).await;
            }
            claim.failed(interval);
            Err(error)
        }
    }
}
