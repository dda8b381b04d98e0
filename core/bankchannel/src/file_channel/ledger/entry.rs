//! One entry of the ledger: a file that was begun.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{Result, open_regular};
use bankchannel_private_files::{create_or_truncate, rename, sync_folder};
use serde_json::{Value, json};

use super::{run::LedgerRun, unwritable};

/// The maximum size of an entry, in bytes.
const SIZE_MAX: u64 = 8 * 1024;

/// The bank's description of a file, as far as it is needed to ask for it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LedgerFile {
    pub(crate) channel: String,
    pub(crate) account: Option<String>,
    pub(crate) file_type: String,
    pub(crate) file_reference: String,
    pub(crate) file_timestamp: String,
    /// The file's name in its folder.
    pub(crate) name: String,
    /// Why the bank does not give the file: it does not have it any more, and that was reported.
    pub(crate) lost: Option<String>,
}

impl LedgerFile {
    /// A file by the bank's names; the ledger adds the channel.
    pub(crate) fn new(file_type: &str, file_reference: &str, file_timestamp: &str) -> Self {
        Self {
            channel: String::new(),
            account: None,
            file_type: file_type.to_owned(),
            file_reference: file_reference.to_owned(),
            file_timestamp: file_timestamp.to_owned(),
            name: String::new(),
            lost: None,
        }
    }

    /// Reads an entry; `None` if it is none.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut text = Vec::new();
        open_regular(path).ok()?.0.take(SIZE_MAX).read_to_end(&mut text).ok()?;
        let read: Value = serde_json::from_slice(&text).ok()?;
        let member = |name: &str| read.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            channel: member("channel")?,
            account: member("account"),
            file_type: member("file_type")?,
            file_reference: member("file_reference")?,
            file_timestamp: member("file_timestamp")?,
            name: member("name")?,
            lost: member("lost"),
        })
    }

    /// Writes it in the place of an entry, in one step.
    pub(super) fn replace(&self, path: &Path) -> std::io::Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // No name of an entry: no reader takes it for one.
        let first = path.with_file_name(format!(".bankchannel-new{name}~"));
        let mut made = create_or_truncate(&first)?;
        made.write_all(format!("{}\n", self.to_json()).as_bytes())?;
        made.sync_all()?;
        drop(made);
        rename(&first, path)
    }

    fn to_json(&self) -> Value {
        json!({
            "channel": self.channel,
            "account": self.account,
            "file_type": self.file_type,
            "file_reference": self.file_reference,
            "file_timestamp": self.file_timestamp,
            "name": self.name,
            "lost": self.lost,
        })
    }
}

/// An entry of a running call. It stays when this value is dropped: only [`withdraw`](Self::withdraw) and
/// [`FileLedger::reported`](super::FileLedger::reported) remove it.
pub(crate) struct LedgerEntry {
    path: PathBuf,
    file: LedgerFile,
    /// Kept so that the run counts as running until the file is reported or given up.
    _run: Arc<LedgerRun>,
}

impl LedgerEntry {
    pub(super) fn write(path: PathBuf, file: LedgerFile, run: Arc<LedgerRun>) -> Result<Self> {
        let entry = Self { path, file, _run: run };
        entry.save(&entry.file).inspect_err(|_| drop(fs::remove_file(&entry.path)))?;
        Ok(entry)
    }

    /// Notes that the file has another name in its folder. If that fails, the ledger knows the former name only.
    pub(crate) fn rename(&self, name: &str) {
        let _ = self.save(&LedgerFile { name: name.to_owned(), ..self.file.clone() });
    }

    fn save(&self, file: &LedgerFile) -> Result<()> {
        let written = || {
            let mut made = create_or_truncate(&self.path)?;
            made.write_all(format!("{}\n", file.to_json()).as_bytes())?;
            made.sync_all()?;
            sync_folder(self.path.parent().unwrap_or(Path::new(".")))
        };
        written().map_err(|why| unwritable(&self.path, &why))
    }

    /// Undoes the entry: the bank did not begin to send the file.
    pub(crate) fn withdraw(&self) {
        let _ = fs::remove_file(&self.path);
    }
}
