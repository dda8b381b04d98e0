//! The end of a call: the entries of its files are removed, of all or of none.

use std::{
    fs,
    io::{Read as _, Write as _},
    path::Path,
};

use bankchannel_foundation::open_regular;
use bankchannel_private_files::{create_or_truncate, rename, sync_folder};
use serde_json::{Value, json};

use super::{
    ENTRIES_MAX, ENTRY_PREFIX,
    entry::LedgerFile,
    run::{self, LedgerRun},
};

/// The prefix of the names of the lists of reported files.
const REPORTED_PREFIX: &str = ".bankchannel-reported-";
/// The end of the name of a list that is being written.
const UNFINISHED: char = '~';
/// The maximum size of a list, in bytes: a thousand for each entry.
const SIZE_MAX: u64 = ENTRIES_MAX as u64 * 1000;
/// The maximum length of the reason why a file is lost, in characters.
const REASON_MAX: usize = 300;

/// A file that a call has returned to its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReportedFile {
    pub(crate) file_type: String,
    pub(crate) file_reference: String,
    /// Why the bank does not give it, if it does not have it any more.
    pub(crate) lost: Option<String>,
}

/// Removes the named entries; those with a reason stay, and have it from then on. A list that cannot be written is no
/// reason to report the files twice.
pub(super) fn carry_out(folder: &Path, run: Option<&LedgerRun>, entries: &[(String, Option<String>)]) {
    // One entry is removed, or it is not.
    let needs_list = entries.len() > 1;
    let list = run.filter(|_| needs_list).map(|run| folder.join(format!("{REPORTED_PREFIX}{}", run.id())));
    let list = list.filter(|list| write(folder, list, entries).is_ok());
    entries.iter().for_each(|(name, lost)| end(folder, name, lost.as_deref()));
    if let Some(list) = list {
        let _ = fs::remove_file(list);
    }
}

fn write(folder: &Path, list: &Path, entries: &[(String, Option<String>)]) -> std::io::Result<()> {
    let first = list.with_file_name(format!("{}{UNFINISHED}", list.file_name().unwrap_or_default().to_string_lossy()));
    let written = || {
        let mut made = create_or_truncate(&first)?;
        let line = |(name, lost): &(String, Option<String>)| format!("{}\n", json!({"entry": name, "lost": lost}));
        made.write_all(entries.iter().map(line).collect::<String>().as_bytes())?;
        made.sync_all()?;
        drop(made);
        rename(&first, list)?;
        sync_folder(folder)
    };
    written().inspect_err(|_| drop(fs::remove_file(&first)))
}

/// Removes what calls have left that ended while they removed the entries of their files.
pub(super) fn finish(folder: &Path) {
    let Ok(found) = fs::read_dir(folder) else { return };
    let names = found.flatten().filter_map(|found| found.file_name().into_string().ok());
    for name in names.filter(|name| name.starts_with(REPORTED_PREFIX)) {
        let path = folder.join(&name);
        if let Some(run) = name[REPORTED_PREFIX.len()..].strip_suffix(UNFINISHED) {
            if !run::is_running(folder, run) {
                let _ = fs::remove_file(path);
            }
            continue;
        }
        let mut text = String::new();
        let read = open_regular(&path).and_then(|(file, _)| file.take(SIZE_MAX).read_to_string(&mut text));
        if read.is_err() {
            continue;
        }
        for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let member = |name: &str| line.get(name).and_then(Value::as_str);
            if let Some(entry) = member("entry") {
                end(folder, entry, member("lost"));
            }
        }
        let _ = fs::remove_file(path);
    }
}

/// Ends one entry. A name that is not one of an entry in this folder is not touched.
fn end(folder: &Path, name: &str, lost: Option<&str>) {
    if !name.starts_with(ENTRY_PREFIX) || name.contains(['/', '\\', ':']) {
        return;
    }
    let path = folder.join(name);
    let Some(reason) = lost else {
        let _ = fs::remove_file(path);
        return;
    };
    let Some(file) = LedgerFile::read(&path) else { return };
    let reason = reason.chars().take(REASON_MAX).collect();
    // Replaced in one step: an entry that cannot be read reports nothing.
    let _ = LedgerFile { lost: Some(reason), ..file }.replace(&path);
}
