//! The uploads that were made: the same file sent again is noticed, within a time, and for as long as it is unknown
//! whether the bank has it.
//!
//! ```text
//!  begin ─► sending ─► accepted ──────────────┐ counts for a time
//!              └─► unknown ─► settle ─► accepted ┘
//!                     └── counts until it is settled, or somebody sends the file anyway
//! ```

use std::{
    fs::{self, File},
    io::{Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    CallOutcome, Result,
    clock::{Clock as _, SystemClock},
};
use bankchannel_private_files::{FileId, open_or_create, sync_folder};
use serde_json::{Value, json};

use super::unwritable;

/// The prefix of the records' names.
const UPLOAD_PREFIX: &str = ".bankchannel-upload-";
/// The maximum size of a record, in bytes.
const SIZE_MAX: u64 = 8 * 1024;

/// The ledger of uploads in a folder.
pub(crate) struct UploadLedger {
    folder: PathBuf,
    within: Duration,
}

/// What an upload ledger holds one file against.
pub(crate) struct UploadNames<'n> {
    /// The names of peer, user and bank.
    pub(crate) sender: &'n [Option<&'n str>],
    /// The content's digest.
    pub(crate) digest: &'n str,
    /// The message id of the file, if it has one.
    pub(crate) message_id: Option<&'n str>,
}

/// An upload that was made before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EarlierUpload {
    /// When it was begun, in milliseconds since 1970. `None` if the record cannot be read.
    pub(crate) begun_ms: Option<i64>,
    /// Its outcome: `accepted`, `unknown`, or `sending` if the call has not ended or was killed.
    pub(crate) outcome: String,
}

/// The record of an upload in progress.
pub(crate) struct UploadRecord {
    path: PathBuf,
    file: File,
    members: Value,
}

impl UploadLedger {
    pub(crate) fn new(folder: PathBuf, within: Duration) -> Self {
        Self { folder, within }
    }

    /// Records that a file is about to be sent. With `sends_anyway` an earlier upload does not count, unless its call is
    /// still running.
    ///
    /// # Errors
    /// `resource.storage` with outcome `not_sent`. An upload that was made before is no error here.
    pub(crate) fn begin(
        &self,
        names: &UploadNames<'_>,
        sends_anyway: bool,
    ) -> Result<Result<UploadRecord, EarlierUpload>> {
        let all: Vec<_> = names.sender.iter().copied().chain([Some(names.digest)]).collect();
        let path = self.folder.join(format!("{UPLOAD_PREFIX}{}", hash(&all)));
        let now_ms = SystemClock::default().now_ms();
        let members = json!({
            "begun_ms": now_ms,
            "message_id": names.message_id,
            "sender": hash(names.sender),
            "outcome": "sending",
        });
        let begun = || {
            let mut file = open_or_create(&path)?;
            // Of two calls at once, the second sees the record of the first.
            if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
                return Ok(Err(EarlierUpload { begun_ms: None, outcome: "sending".to_owned() }));
            }
            let counts = |earlier: &RecordedUpload| !sends_anyway && self.counts(earlier, now_ms);
            if let Some(earlier) = RecordedUpload::read(&mut file)?.filter(counts) {
                return Ok(Err(earlier.into()));
            }
            // The file may have been removed by its owner after it was opened here.
            if !is_at(&file, &path)? {
                return Ok(Err(EarlierUpload { begun_ms: None, outcome: "sending".to_owned() }));
            }
            let mut record = UploadRecord { path: path.clone(), file, members: members.clone() };
            record.write()?;
            sync_folder(&self.folder)?;
            Ok(Ok(record))
        };
        begun().map_err(|why: std::io::Error| unwritable(&path, &why))
    }

    /// Whether an earlier upload prevents this one. One whose end is not known does so for ever: time proves nothing.
    fn counts(&self, earlier: &RecordedUpload, now_ms: i64) -> bool {
        let within = i64::try_from(self.within.as_millis()).unwrap_or(i64::MAX);
        earlier.is_open() || earlier.known_since_ms().is_none_or(|since| now_ms.saturating_sub(since) < within)
    }
}

/// Notes that the bank has a file of which that was not known: the one upload with this message id that `sender` began
/// not later than `until_ms`. Returns whether there was one. Of several, a report does not say which of them it means.
pub(crate) fn settle_upload(folder: &Path, sender: &[Option<&str>], message_id: &str, until_ms: i64) -> bool {
    let sender = hash(sender);
    let Ok(found) = fs::read_dir(folder) else { return false };
    let names = found.flatten().filter_map(|found| found.file_name().into_string().ok());
    let records = names.filter(|name| name.starts_with(UPLOAD_PREFIX)).take(super::ENTRIES_MAX);
    let mut meant: Vec<UploadRecord> = Vec::new();
    for name in records {
        let path = folder.join(name);
        if !path.symlink_metadata().is_ok_and(|found| found.is_file()) {
            continue;
        }
        let Ok(mut file) = File::options().read(true).write(true).open(&path) else { continue };
        // A call that still runs learns by itself what becomes of its upload.
        if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            continue;
        }
        let Ok(Some(record)) = RecordedUpload::read(&mut file) else { continue };
        let is_it = record.text("sender") == Some(&*sender) && record.text("message_id") == Some(message_id);
        if is_it && record.is_open() && record.begun_ms().is_none_or(|begun| begun <= until_ms) {
            meant.push(UploadRecord { path, file, members: record.0 });
        }
    }
    match meant.pop() {
        Some(mut record) if meant.is_empty() => {
            record.members["settled_ms"] = SystemClock::default().now_ms().into();
            record.set_outcome("accepted");
            let _ = record.file.unlock();
            true
        }
        _ => false,
    }
}

fn hash(texts: &[Option<&str>]) -> String {
    digest::hex(&digest::sha256_of_texts(texts)[..super::HASH_BYTES])
}

impl UploadRecord {
    /// Records how the upload ended. One that had no effect is forgotten. A record that cannot be written stays as it
    /// is, which prevents a second upload too.
    pub(crate) fn end(mut self, outcome: Option<CallOutcome>) {
        match outcome {
            Some(CallOutcome::NotSent | CallOutcome::Refused) => drop(fs::remove_file(&self.path)),
            Some(CallOutcome::Accepted) => self.set_outcome("accepted"),
            // Whatever is not known to be without effect prevents a second upload.
            _ => self.set_outcome("unknown"),
        }
        // A forked child may hold the file open.
        let _ = self.file.unlock();
    }

    fn set_outcome(&mut self, outcome: &str) {
        self.members["outcome"] = outcome.into();
        let _ = self.write();
    }

    fn write(&mut self) -> std::io::Result<()> {
        // Without truncation first: a full disk must not lose the earlier text. All texts are padded to one length.
        let text = format!("{:<400}\n", self.members.to_string());
        self.file.rewind()?;
        self.file.write_all(text.as_bytes())?;
        self.file.set_len(text.len() as u64)?;
        self.file.sync_all()
    }
}

/// The members of a record.
struct RecordedUpload(Value);

impl RecordedUpload {
    /// The record in a file; `None` if it is empty: its writer was killed before it sent anything.
    fn read(file: &mut File) -> std::io::Result<Option<Self>> {
        let mut text = Vec::new();
        std::io::Read::by_ref(file).take(SIZE_MAX).read_to_end(&mut text)?;
        if text.trim_ascii().is_empty() {
            return Ok(None);
        }
        Ok(Some(Self(serde_json::from_slice(&text).unwrap_or_default())))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    fn outcome(&self) -> &str {
        self.text("outcome").unwrap_or("unknown")
    }

    /// Whether it is not known what became of the upload.
    fn is_open(&self) -> bool {
        self.outcome() != "accepted"
    }

    fn begun_ms(&self) -> Option<i64> {
        self.0.get("begun_ms").and_then(Value::as_i64)
    }

    /// Since when it is known that the bank has the file.
    fn known_since_ms(&self) -> Option<i64> {
        self.0.get("settled_ms").and_then(Value::as_i64).or_else(|| self.begun_ms())
    }
}

impl From<RecordedUpload> for EarlierUpload {
    fn from(record: RecordedUpload) -> Self {
        Self { begun_ms: record.begun_ms(), outcome: record.outcome().to_owned() }
    }
}

/// Whether the open file still has this name.
fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    let own = FileId::of(file)?;
    Ok(FileId::at_itself(path).is_ok_and(|found| found == own))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SENDER: [Option<&str>; 2] = [Some("nordea"), Some("1000022211")];

    fn names(digest: &str) -> UploadNames<'_> {
        UploadNames { sender: &SENDER, digest, message_id: Some("M1") }
    }

    fn ledger(folder: &tempfile::TempDir, within_s: u64) -> UploadLedger {
        UploadLedger::new(folder.path().to_owned(), Duration::from_secs(within_s))
    }

    #[test]
    fn a_second_upload_is_noticed_unless_the_first_had_no_effect() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder, 60);
        let begin = |digest: &str| ledger.begin(&names(digest), false).unwrap();
        let first = begin("a").ok().unwrap();
        // While the first one is running, and after it.
        assert_eq!(begin("a").err().unwrap().outcome, "sending");
        assert!(ledger.begin(&names("a"), true).unwrap().is_err(), "two at once are never sent");
        assert!(begin("b").is_ok());
        first.end(Some(CallOutcome::Accepted));
        let earlier = begin("a").err().unwrap();
        assert_eq!((earlier.outcome.as_str(), earlier.begun_ms.is_some()), ("accepted", true));
        for outcome in [CallOutcome::NotSent, CallOutcome::Refused] {
            begin("c").ok().unwrap().end(Some(outcome));
        }
        begin("c").ok().unwrap().end(Some(CallOutcome::Unknown));
        assert_eq!(begin("c").err().unwrap().outcome, "unknown");
        // The process was killed.
        drop(begin("d").ok().unwrap());
        assert_eq!(begin("d").err().unwrap().outcome, "sending");
    }

    #[test]
    fn an_old_upload_counts_only_while_it_is_not_known_what_became_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder, 0);
        let begin = |digest: &str| ledger.begin(&names(digest), false).unwrap();
        for _ in 0..2 {
            begin("a").ok().unwrap().end(Some(CallOutcome::Accepted));
        }
        begin("b").ok().unwrap().end(Some(CallOutcome::Unknown));
        drop(begin("c").ok().unwrap());
        assert_eq!(begin("b").err().unwrap().outcome, "unknown");
        assert_eq!(begin("c").err().unwrap().outcome, "sending");
        // Somebody says so; what became of it is as open as before.
        ledger.begin(&names("b"), true).unwrap().ok().unwrap().end(Some(CallOutcome::Unknown));
        assert_eq!(begin("b").err().unwrap().outcome, "unknown");
        ledger.begin(&names("b"), true).unwrap().ok().unwrap().end(Some(CallOutcome::Accepted));
        assert!(begin("b").is_ok());
    }

    #[test]
    fn a_report_settles_the_one_upload_that_it_can_mean() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder, 60);
        let outcome = |digest: &str| ledger.begin(&names(digest), false).unwrap().err().unwrap().outcome;
        let settle = |sender: &[Option<&str>], id: &str| settle_upload(folder.path(), sender, id, i64::MAX);
        let unknown = |digest: &str| {
            ledger.begin(&names(digest), false).unwrap().ok().unwrap().end(Some(CallOutcome::Unknown));
        };
        unknown("a");
        assert!(!settle(&SENDER, "M2") && !settle(&[Some("op"), Some("1000022211")], "M1"));
        assert!(!settle_upload(folder.path(), &SENDER, "M1", 0), "one that was begun later");
        assert_eq!(outcome("a"), "unknown");
        assert!(settle(&SENDER, "M1"));
        assert_eq!(outcome("a"), "accepted");
        assert!(!settle(&SENDER, "M1"), "it is settled");
        // Two files with one message id: the report names either.
        unknown("b");
        unknown("c");
        assert!(!settle(&SENDER, "M1"));
        assert_eq!((outcome("b"), outcome("c")), ("unknown".into(), "unknown".into()));
    }

    #[test]
    fn a_settled_upload_counts_from_when_it_was_settled() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder, 3600);
        ledger.begin(&names("a"), false).unwrap().ok().unwrap().end(Some(CallOutcome::Unknown));
        let record = fs::read_dir(folder.path()).unwrap().flatten().next().unwrap().path();
        let mut members: Value = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
        members["begun_ms"] = 1.into();
        fs::write(&record, members.to_string()).unwrap();
        assert!(settle_upload(folder.path(), &SENDER, "M1", i64::MAX));
        assert_eq!(ledger.begin(&names("a"), false).unwrap().err().unwrap().outcome, "accepted");
    }

    #[test]
    fn of_many_at_once_one_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let sent = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let ledger = ledger(&folder, 60);
                    for _ in 0..50 {
                        if let Ok(record) = ledger.begin(&names("a"), false).unwrap() {
                            sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                            record.end(Some(CallOutcome::Accepted));
                        }
                    }
                });
            }
        });
        assert_eq!(sent.into_inner(), 1);
    }
}
