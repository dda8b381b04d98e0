//! The state as a file: a snapshot in the first line, then the changes of each step in a line of their own.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use bankchannel_foundation::{Error, Result, error::row, shown};
use bankchannel_server::{
    folder::{unusable, write_whole},
    private::{append_own, folder_lock::lock_state, set_length},
};

use super::data::{SandboxChange, StateData};

/// The name of the file in the data folder.
const FILE: &str = "state.jsonl";

/// The file of the state.
pub(super) struct StateJournal {
    path: PathBuf,
    file: File,
    _lock: File,
}

impl StateJournal {
    /// Opens the journal of a folder; `first` is the state of a new one.
    pub(super) fn open(folder: &Path, first: impl FnOnce() -> StateData) -> Result<(Self, StateData)> {
        let lock = lock_state(folder)?;
        let path = folder.join(FILE);
        let data = match fs::read(&path) {
            Ok(bytes) => read(&path, &bytes)?,
            Err(why) if why.kind() == ErrorKind::NotFound => first(),
            Err(why) => return Err(unusable(&path, &why)),
        };
        let file = begin(&path, &data)?;
        Ok((Self { path, file, _lock: lock }, data))
    }

    /// Writes the changes of one step, in one line. They are on disk when this returns, unless they only say that an id
    /// was used: those survive a kill, and not a power failure.
    ///
    /// # Errors
    /// `resource.storage`; then the step has not happened.
    pub(super) fn append(&mut self, changes: &[SandboxChange]) -> Result<()> {
        let mut line = serde_json::to_vec(changes).map_err(Error::internal)?;
        line.push(b'\n');
        let begin = self.file.metadata().map_err(|why| unusable(&self.path, &why))?.len();
        let durable = changes.iter().any(SandboxChange::is_durable);
        let written = self.file.write_all(&line).and_then(|()| if durable { self.file.sync_data() } else { Ok(()) });
        written.map_err(|why| {
            // Half a line would be taken for damage.
            let _ = set_length(&self.file, begin);
            unusable(&self.path, &why)
        })
    }

    /// Replaces the state.
    pub(super) fn replace(&mut self, data: &StateData) -> Result<()> {
        self.file = begin(&self.path, data)?;
        Ok(())
    }
}

/// Writes a journal that has a snapshot alone, and opens it for more.
fn begin(path: &Path, data: &StateData) -> Result<File> {
    let mut line = serde_json::to_vec(data).map_err(Error::internal)?;
    line.push(b'\n');
    write_whole(path, &line)?;
    append_own(path).map_err(|why| unusable(path, &why))
}

/// Replays a journal. A last line without its end was not acknowledged, so it has not happened.
fn read(path: &Path, bytes: &[u8]) -> Result<StateData> {
    let damaged = |number: usize| {
        let text =
            format!("{} is damaged in line {number}: repair it, or move it away to start over", shown::path(path));
        Error::because(&row::STORAGE, text).with("file", shown::path(path))
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &bytes[..end]);
    let mut lines = whole.split(|byte| *byte == b'\n').enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let mut data: StateData = serde_json::from_slice(first).map_err(|_| damaged(1))?;
    for (at, line) in lines {
        let changes: Vec<SandboxChange> = serde_json::from_slice(line).map_err(|_| damaged(at + 1))?;
        changes.into_iter().for_each(|change| data.apply(change));
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_was_written_is_there_after_a_kill_and_half_a_line_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let change = |key: &str| SandboxChange::UploadSeen { key: key.to_owned() };
        let (mut journal, _) = StateJournal::open(folder.path(), StateData::default).unwrap();
        journal.append(&[change("a"), change("b")]).unwrap();
        journal.append(&[change("a")]).unwrap();
        assert!(StateJournal::open(folder.path(), StateData::default).is_err(), "one process at a time");
        drop(journal);
        let path = folder.path().join(FILE);
        let mut file = File::options().append(true).open(&path).unwrap();
        file.write_all(br#"[{"upload_seen":{"key":"c"#).unwrap();
        let (journal, data) = StateJournal::open(folder.path(), StateData::default).unwrap();
        assert_eq!(
            data.uploads.iter().map(|(key, count)| (key.as_str(), *count)).collect::<Vec<_>>(),
            [("a", 2), ("b", 1)]
        );
        drop(journal);
        let snapshot = serde_json::to_string(&StateData::default()).unwrap();
        fs::write(&path, format!("{snapshot}\nnothing\n[]\n")).unwrap();
        let damaged = StateJournal::open(folder.path(), StateData::default).err().unwrap();
        assert!(damaged.message().contains("line 2"), "{damaged}");
    }
}
