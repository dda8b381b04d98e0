//! Delivery into a file, from where a separate program sends the messages (docs/protocols/ws-channel.md §3.8).

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_foundation::{Error, Result, Secret, error::row};
use bankchannel_transport::background;

use super::{HandedOver, NoticeDelivery, OutgoingNotice};
use bankchannel_server::private::{self, FileId};

/// How often a line is written at most if the file at the path never seems to be the open one.
const TURNS: usize = 3;

/// Appends to a file of JSON lines, mode 0600, and syncs each line. A separate program sends the messages: it renames
/// the file, then reads it; the next message starts a new file.
pub(super) struct FileDelivery {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

impl FileDelivery {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let file = open_private(path).map_err(|why| {
            let text = format!("the outbox {} cannot be written: {why}", path.display());
            Error::because(&row::STORAGE, text).with("file", path.display())
        })?;
        Ok(Self { path: path.to_owned(), file: Arc::new(Mutex::new(file)) })
    }
}

impl NoticeDelivery for FileDelivery {
    fn deliver<'a>(&'a self, notice: &'a OutgoingNotice) -> HandedOver<'a> {
        let (file, path) = (Arc::clone(&self.file), self.path.clone());
        Box::pin(async move {
            let line = Secret::new(format!("{}\n", notice.message));
            let written = background::blocking(move || append(&file, &path, &line)).await;
            let written = written.unwrap_or_else(|_| Err(std::io::Error::other("writing the outbox panicked")));
            written.map_err(|why| std::io::Error::new(why.kind(), format!("{}: {why}", self.path.display())))
        })
    }

    fn forget(&self) -> std::io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that was renamed away keeps its messages.
        if what_is_at(&file, &self.path) != OutboxFile::Itself {
            *file = open_private(&self.path)?;
        }
        private::set_length(&file, 0)
    }
}

/// Opens the file for appending, without following links; if others can read it, their access is removed.
fn open_private(path: &Path) -> std::io::Result<File> {
    private::append_own(path)
}

/// The file found at the path of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OutboxFile {
    Itself,
    Nothing,
    /// Another file; or the same one on a file system whose inode numbers change on each query.
    Another,
}

fn what_is_at(file: &File, path: &Path) -> OutboxFile {
    match (FileId::of(file), FileId::at_itself(path)) {
        (Ok(open), Ok(named)) if open == named => OutboxFile::Itself,
        (_, Err(why)) if why.kind() == std::io::ErrorKind::NotFound => OutboxFile::Nothing,
        _ => OutboxFile::Another,
    }
}

/// Appends a line. If the file is renamed during the write, its reader may already have read it to the end: the line
/// then also goes into the new file, because a duplicate is better than a loss.
fn append(file: &Mutex<File>, path: &Path, line: &Secret) -> std::io::Result<()> {
    append_where(file, path, line, what_is_at)
}

fn append_where(
    file: &Mutex<File>,
    path: &Path,
    line: &Secret,
    what_is_at: impl Fn(&File, &Path) -> OutboxFile,
) -> std::io::Result<()> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    let mut others = 0;
    loop {
        if what_is_at(&file, path) != OutboxFile::Itself {
            *file = open_private(path)?;
        }
        append_whole(&mut file, line)?;
        match what_is_at(&file, path) {
            OutboxFile::Itself => return Ok(()),
            OutboxFile::Nothing => {}
            // No other program puts a file there: the inode numbers are unstable, and the loop would not end.
            OutboxFile::Another => others += 1,
        }
        if others == TURNS {
            return Ok(());
        }
    }
}

/// Appends a line completely or not at all: a line cut off by a full disk is removed, so that the next one starts on
/// its own line.
fn append_whole(file: &mut File, line: &Secret) -> std::io::Result<()> {
    let before = file.metadata()?.len();
    let written = file.write_all(line.expose().as_bytes()).and_then(|()| file.sync_data());
    // The sending program may have emptied the file meanwhile: do not grow it.
    if written.is_err() && file.metadata().is_ok_and(|now| now.len() > before) {
        let _ = private::set_length(file, before);
    }
    written
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use bankchannel_server::metrics::ServerMetrics;
    use bankchannel_storage::ws_channel::{CodePurpose, StoredMode};
    use serde_json::Value;

    use super::{
        super::{CodeMessage, FILE, NoticeChannel, NoticeOutbox, NoticeQueue},
        *,
    };
    use crate::ServiceConfig;

    fn open(folder: &Path, config: &ServiceConfig) -> NoticeOutbox {
        let queue = NoticeQueue::new(config, &ServerMetrics::new("test").unwrap()).unwrap();
        NoticeOutbox::open(folder, config, &queue).unwrap()
    }

    fn message() -> CodeMessage {
        CodeMessage {
            channel: NoticeChannel::Sms,
            to: "+358401234567".into(),
            purpose: CodePurpose::VerifyPhone,
            email: "user@example.test".into(),
            mode: StoredMode::Admin,
            code: "004711".into(),
            expires_ms: 1_767_225_600_000,
        }
    }

    #[tokio::test]
    async fn messages_are_lines_of_a_private_file() {
        let folder = tempfile::tempdir().unwrap();
        let outbox = open(folder.path(), &ServiceConfig::default());
        outbox.hand_over((&message()).into()).await.unwrap();
        outbox.hand_over((&message()).into()).await.unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2);
        let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(line["code"], "004711");
        assert_eq!(line["purpose"], "verify_phone");
        assert_eq!(line["mode"], "admin");
        assert_eq!(line["expires_at"], "2026-01-01T00:00:00.000Z");
        assert!(outbox.recent().is_empty(), "remembered for the control interface only");
    }

    #[tokio::test]
    async fn an_open_file_is_closed_to_others_a_renamed_one_is_let_go_and_forgetting_empties_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, taken) = (folder.path().join(FILE), folder.path().join("taken"));
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let outbox = open(folder.path(), &ServiceConfig::default());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        outbox.hand_over((&message()).into()).await.unwrap();
        std::fs::rename(&path, &taken).unwrap();
        outbox.hand_over((&message()).into()).await.unwrap();
        for file in [&path, &taken] {
            assert_eq!(std::fs::read_to_string(file).unwrap().lines().count(), 1);
        }
        outbox.forget().await.unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 0);
        std::fs::rename(&path, folder.path().join("taken-empty")).unwrap();
        outbox.forget().await.unwrap();
        assert_eq!(std::fs::read_to_string(&taken).unwrap().lines().count(), 1, "carried off, not forgotten");
    }

    /// A program that collects messages as documented, at any moment, gets each of them at least once.
    #[test]
    fn a_file_that_is_renamed_at_any_moment_loses_nothing() {
        const LINES: usize = 400;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let file = Mutex::new(open_private(&path).unwrap());
        let mut seen = std::collections::BTreeSet::new();
        std::thread::scope(|scope| {
            let writer = scope.spawn(|| {
                for number in 0..LINES {
                    append(&file, &path, &Secret::new(format!("{number}\n"))).unwrap();
                }
            });
            let mut carry = || {
                let taken = folder.path().join("taken");
                if std::fs::rename(&path, &taken).is_ok() {
                    seen.extend(
                        std::fs::read_to_string(&taken).unwrap().lines().map(|line| line.parse::<usize>().unwrap()),
                    );
                }
            };
            // Pauses of every length up to that of a write vary the moments; without pauses only the folder's lock
            // would be tested.
            for pause in (0..200).cycle().take_while(|_| !writer.is_finished()) {
                carry();
                std::thread::sleep(std::time::Duration::from_micros(pause));
            }
            carry();
        });
        assert_eq!(seen.len(), LINES, "{:?}", (0..LINES).filter(|number| !seen.contains(number)).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_system_without_lasting_numbers_gets_a_line_a_few_times_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let file = Mutex::new(open_private(&path).unwrap());
        append_where(&file, &path, &Secret::new("line\n".to_owned()), |_, _| OutboxFile::Another).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "line\n".repeat(TURNS));
    }

    #[test]
    fn codes_are_not_shown() {
        assert!(!format!("{:?}", message()).contains("004711"));
    }

    #[test]
    fn a_fixed_code_is_every_code() {
        let folder = tempfile::tempdir().unwrap();
        let config = ServiceConfig { fixed_code: Some("123456".into()), ..ServiceConfig::default() };
        assert_eq!(open(folder.path(), &config).new_code().expose(), "123456");
    }
}
