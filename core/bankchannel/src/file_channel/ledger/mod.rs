//! The ledger of file channels: which of the bank's files were begun and never reported, and which uploads were made.
//! It consists of small hidden files in a folder.
//!
//! ```text
//!  begin ─► .bankchannel-file-… is on disk ─► the bank is asked ─► the file is complete ─► it is reported ─► removed
//!                 └── the call or the process ends before: a later call finds it, and reports or fetches the file
//! ```
//!
//! Of all files of a call, none or each is reported, however the process ends: `.bankchannel-reported-…` names them before
//! the first entry is removed, and a later call removes the rest. A file that the bank has no more is reported as
//! such; its entry stays, and says why.
//!
//! A bank counts a file as downloaded when it has sent it: not when it has arrived, and not when a program has learned
//! of it. So a ledger entry exists from before the bank is asked until a call has returned the file to its program.
//!
//! All of this accesses the disk, which may be slow: do not call it on a thread that drives connections.

mod entry;
mod reports;
mod run;
mod uploads;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{CallOutcome, Error, Result, error::row, shown};

pub(crate) use entry::{LedgerEntry, LedgerFile};
pub(crate) use reports::ReportedFile;
pub(crate) use uploads::{EarlierUpload, UploadLedger, UploadNames, UploadRecord, settle_upload};

use run::LedgerRun;

/// The prefix of the entries' names.
const ENTRY_PREFIX: &str = ".bankchannel-file-";
/// The maximum number of entries that are read.
const ENTRIES_MAX: usize = 100_000;
/// The length of the hash of a file's names in an entry's name, in bytes.
const HASH_BYTES: usize = 16;

/// The ledger of one channel's files in one folder, for the time of one call.
pub(crate) struct FileLedger {
    folder: PathBuf,
    /// Channel and bank, such as `ws-channel/nordea`.
    channel: String,
    /// The user of the channel, if it is known.
    account: Option<String>,
    run: Mutex<Option<Arc<LedgerRun>>>,
}

/// A file that a call began and did not report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UnreportedFile {
    pub(crate) file: LedgerFile,
    /// Whether that call is still running.
    pub(crate) is_running: bool,
}

impl FileLedger {
    pub(crate) fn new(folder: &Path, channel: String, account: Option<String>) -> Self {
        Self { folder: folder.to_owned(), channel, account, run: Mutex::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files that calls of this channel began and did not report, each once. Those of calls that are still running,
    /// here or in another process, are marked: those calls report them. Lost files were reported.
    pub(crate) fn unreported(&self) -> Vec<UnreportedFile> {
        reports::finish(&self.folder);
        let Ok(found) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = found.flatten().filter_map(|found| found.file_name().into_string().ok());
        let mut entries: Vec<String> = names.filter(|name| name.starts_with(ENTRY_PREFIX)).take(ENTRIES_MAX).collect();
        entries.sort_unstable();
        let mut runs = BTreeMap::new();
        let mut files: BTreeMap<String, UnreportedFile> = BTreeMap::new();
        for name in entries {
            let Some((hash, run)) = name[ENTRY_PREFIX.len()..].split_once('-') else { continue };
            let is_running = *runs.entry(run.to_owned()).or_insert_with(|| run::is_running(&self.folder, run));
            // An entry of a call that has ended counts more.
            if files.get(hash).is_some_and(|known| !known.is_running || is_running) {
                continue;
            }
            let file = LedgerFile::read(&self.folder.join(&name));
            let is_open = |file: &LedgerFile| file.lost.is_none() && file.channel == self.channel && self.is_own(file);
            if let Some(file) = file.filter(is_open) {
                files.insert(hash.to_owned(), UnreportedFile { file, is_running });
            }
        }
        files.into_values().collect()
    }

    /// Files of another user of the same channel are that user's.
    fn is_own(&self, file: &LedgerFile) -> bool {
        self.account.as_ref().zip(file.account.as_ref()).is_none_or(|(own, other)| own == other)
    }

    /// Writes an entry for a file that the bank is about to be asked for.
    ///
    /// # Errors
    /// `resource.storage` with outcome `not_sent`.
    pub(crate) fn begin(&self, file: LedgerFile) -> Result<LedgerEntry> {
        let run = self.run()?;
        let hash = self.hash(&file.file_type, &file.file_reference);
        let file = LedgerFile { channel: self.channel.clone(), account: self.account.clone(), ..file };
        LedgerEntry::write(self.folder.join(format!("{ENTRY_PREFIX}{hash}-{}", run.id())), file, run)
    }

    /// Removes the entries of a file that a call has returned to its program, of ended calls too.
    pub(crate) fn reported(&self, file_type: &str, file_reference: &str) {
        let prefix = format!("{ENTRY_PREFIX}{}-", self.hash(file_type, file_reference));
        let Ok(found) = fs::read_dir(&self.folder) else { return };
        for name in found.flatten().filter_map(|found| found.file_name().into_string().ok()) {
            if name.starts_with(&prefix) {
                let _ = fs::remove_file(self.folder.join(name));
            }
        }
    }

    /// Notes which files a call has returned to its program, of ended calls too: all of them, or none if the process ends
    /// in the middle.
    pub(crate) fn report(&self, files: &[ReportedFile]) {
        let prefixes = files.iter().map(|file| (self.hash(&file.file_type, &file.file_reference), file));
        let prefixes: BTreeMap<String, &ReportedFile> = prefixes.collect();
        let Ok(found) = fs::read_dir(&self.folder) else { return };
        let names = found.flatten().filter_map(|found| found.file_name().into_string().ok());
        let meant = names.filter_map(|name| {
            let hash = name.strip_prefix(ENTRY_PREFIX)?.split_once('-')?.0.to_owned();
            Some((name, prefixes.get(&hash)?.lost.clone()))
        });
        let meant: Vec<(String, Option<String>)> = meant.collect();
        if !meant.is_empty() {
            reports::carry_out(&self.folder, self.run().as_deref().ok(), &meant);
        }
    }

    fn hash(&self, file_type: &str, file_reference: &str) -> String {
        let names = [self.channel.as_str(), file_type, file_reference].map(Some);
        digest::hex(&digest::sha256_of_texts(&names)[..HASH_BYTES])
    }

    fn run(&self) -> Result<Arc<LedgerRun>> {
        let mut run = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(run) = &*run {
            return Ok(Arc::clone(run));
        }
        let begun = Arc::new(LedgerRun::begin(&self.folder)?);
        *run = Some(Arc::clone(&begun));
        Ok(begun)
    }
}

/// The error when the ledger cannot be written.
fn unwritable(path: &Path, why: &std::io::Error) -> Error {
    let text = format!("{} cannot be written: {why}", shown::path(&path));
    Error::because(&row::STORAGE, text).with_outcome(CallOutcome::NotSent).with_io_source(why)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn ledger(folder: &Path, account: Option<&str>) -> FileLedger {
        FileLedger::new(folder, "ws-channel/nordea".into(), account.map(str::to_owned))
    }

    fn file(reference: &str) -> LedgerFile {
        LedgerFile { name: format!("{reference}.dat"), ..LedgerFile::new("VA", reference, "2026-11-20T08:00:00Z") }
    }

    fn references(ledger: &FileLedger) -> Vec<String> {
        let ended = ledger.unreported().into_iter().filter(|left| !left.is_running);
        let mut found: Vec<String> = ended.map(|left| left.file.file_reference).collect();
        found.sort();
        found
    }

    #[test]
    fn what_was_begun_is_found_until_it_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let first = ledger(folder.path(), None);
        let one = first.begin(file("1")).unwrap();
        first.begin(file("2")).unwrap();
        one.withdraw();
        // The call is still running.
        let second = ledger(folder.path(), None);
        assert_eq!((references(&second).len(), second.unreported().len()), (0, 1));
        drop((first, one));
        assert_eq!(references(&second), ["2"]);
        assert_eq!(second.unreported()[0].file.name, "2.dat");
        second.reported("VA", "2");
        assert_eq!(references(&second), [""; 0]);
        drop(second);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }

    #[test]
    fn a_killed_run_is_over_and_a_foreign_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let killed = ledger(folder.path(), None);
        std::mem::forget(killed.begin(file("1")).unwrap());
        let run = killed.run().unwrap();
        // A kill leaves the run's file without its lock.
        run.unlock();
        std::mem::forget(run);
        for name in ["", "x", "00-00", "zz-"] {
            fs::write(folder.path().join(format!("{ENTRY_PREFIX}{name}")), b"{}").unwrap();
        }
        let next = ledger(folder.path(), None);
        assert_eq!(references(&next), ["1"]);
    }

    #[test]
    fn all_files_of_a_call_are_reported_or_none_and_a_lost_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let first = ledger(folder.path(), None);
        for reference in ["1", "2", "3"] {
            first.begin(file(reference)).unwrap();
        }
        drop(first);
        let reported = |reference: &str, lost: Option<&str>| ReportedFile {
            file_type: "VA".into(),
            file_reference: reference.into(),
            lost: lost.map(str::to_owned),
        };
        let entry = |reference: &str| {
            let prefix = format!("{ENTRY_PREFIX}{}", ledger(folder.path(), None).hash("VA", reference));
            let found = fs::read_dir(folder.path()).unwrap().flatten().map(|found| found.path());
            found.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with(&prefix))
        };
        // The state after a kill once the list was written, and before the first entry was removed.
        let names = ["1", "2"].map(|reference| entry(reference).unwrap().file_name().unwrap().to_owned());
        let list = names.map(|name| format!("{}\n", json!({ "entry": name.to_str() }))).concat();
        fs::write(folder.path().join(".bankchannel-reported-0123~"), &list[..20]).unwrap();
        assert_eq!(references(&ledger(folder.path(), None)), ["1", "2", "3"], "no list yet: none is reported");
        fs::write(folder.path().join(".bankchannel-reported-0123"), &list).unwrap();
        assert_eq!(references(&ledger(folder.path(), None)), ["3"]);
        assert!(entry("1").is_none() && entry("3").is_some());
        ledger(folder.path(), None).report(&[reported("3", Some("24, there is no such content"))]);
        assert_eq!(references(&ledger(folder.path(), None)), [""; 0]);
        let kept = LedgerFile::read(&entry("3").expect("it stays")).unwrap();
        assert_eq!(kept.lost.as_deref(), Some("24, there is no such content"));
        // The bank has it after all.
        ledger(folder.path(), None).report(&[reported("3", None)]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
    }

    #[test]
    fn another_channel_or_user_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let own = ledger(folder.path(), Some("a@example.com"));
        own.begin(file("1")).unwrap();
        drop(own);
        assert_eq!(references(&ledger(folder.path(), Some("b@example.com"))), [""; 0]);
        assert_eq!(references(&FileLedger::new(folder.path(), "ws-channel/op".into(), None)), [""; 0]);
        assert_eq!(references(&ledger(folder.path(), None)), ["1"]);
        assert_eq!(references(&ledger(folder.path(), Some("a@example.com"))), ["1"]);
    }
}
