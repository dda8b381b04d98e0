//! The uploads that were made: the same file sent again within a time is noticed.

use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    CallOutcome, Result,
    clock::{Clock as _, SystemClock},
};
use serde_json::{Value, json};

use super::{sync_folder, unwritable};

/// The prefix of the records' names.
const UPLOAD_PREFIX: &str = ".bankchannel-upload-";
/// The maximum size of a record, in bytes.
const SIZE_MAX: u64 = 8 * 1024;

/// The ledger of uploads in a folder.
pub(crate) struct UploadLedger {
    folder: PathBuf,
    within: Duration,
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

    /// Records that a file is about to be sent. `names` are the names of peer, user and bank, and the content's digest.
    ///
    /// # Errors
    /// `resource.storage` with outcome `not_sent`. An upload that was made before is no error here.
    pub(crate) fn begin(
        &self,
        names: &[Option<&str>],
        message_id: Option<&str>,
    ) -> Result<Result<UploadRecord, EarlierUpload>> {
        let hash = digest::hex(&digest::sha256_of_texts(names)[..super::HASH_BYTES]);
        let path = self.folder.join(format!("{UPLOAD_PREFIX}{hash}"));
        let now_ms = SystemClock::default().now_ms();
        let members = json!({"begun_ms": now_ms, "message_id": message_id, "outcome": "sending"});
        let begun = || {
            let mut options = OpenOptions::new();
            let mut file = options.read(true).write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            // Of two calls at once, the second sees the record of the first.
            if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
                return Ok(Err(EarlierUpload { begun_ms: None, outcome: "sending".to_owned() }));
            }
            if let Some(earlier) = earlier(&mut file)?.filter(|earlier| self.counts(earlier, now_ms)) {
                return Ok(Err(earlier));
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

    /// Whether an earlier upload is recent enough. One without a readable time is.
    fn counts(&self, earlier: &EarlierUpload, now_ms: i64) -> bool {
        let within = i64::try_from(self.within.as_millis()).unwrap_or(i64::MAX);
        earlier.begun_ms.is_none_or(|begun| now_ms.saturating_sub(begun) < within)
    }
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

/// The record in a file; `None` if it is empty: its writer was killed before it sent anything.
fn earlier(file: &mut File) -> std::io::Result<Option<EarlierUpload>> {
    let mut text = Vec::new();
    std::io::Read::by_ref(file).take(SIZE_MAX).read_to_end(&mut text)?;
    if text.trim_ascii().is_empty() {
        return Ok(None);
    }
    let read: Value = serde_json::from_slice(&text).unwrap_or_default();
    let outcome = read.get("outcome").and_then(Value::as_str).unwrap_or("unknown").to_owned();
    Ok(Some(EarlierUpload { begun_ms: read.get("begun_ms").and_then(Value::as_i64), outcome }))
}

/// Whether the open file still has this name.
fn is_at(file: &File, path: &Path) -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let own = file.metadata()?;
    Ok(fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == (own.dev(), own.ino())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(digest: &str) -> [Option<&str>; 2] {
        [Some("nordea"), Some(digest)]
    }

    #[test]
    fn a_second_upload_is_noticed_unless_the_first_had_no_effect() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = UploadLedger::new(folder.path().to_owned(), Duration::from_secs(60));
        let begin = |digest: &str| ledger.begin(&names(digest), Some("M1")).unwrap();
        let first = begin("a").ok().unwrap();
        // While the first one is running, and after it.
        assert_eq!(begin("a").err().unwrap().outcome, "sending");
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
    fn an_old_upload_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = UploadLedger::new(folder.path().to_owned(), Duration::ZERO);
        for _ in 0..2 {
            ledger.begin(&names("a"), None).unwrap().ok().unwrap().end(Some(CallOutcome::Accepted));
        }
    }

    #[test]
    fn of_many_at_once_one_is_sent() {
        let folder = tempfile::tempdir().unwrap();
        let sent = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let ledger = UploadLedger::new(folder.path().to_owned(), Duration::from_secs(60));
                    for _ in 0..50 {
                        if let Ok(record) = ledger.begin(&names("a"), None).unwrap() {
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
