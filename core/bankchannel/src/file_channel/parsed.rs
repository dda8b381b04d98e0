//! The content of the bank's files as typed results, in addition to their bytes.

use std::{path::Path, time::Duration};

use bankchannel_foundation::{model::Boundary, open_regular};
use bankchannel_iso20022::{MessageFile, answers::AnswerFile};
use bankchannel_transport::background;
use bytes::Bytes;

/// The maximum size of a file that is parsed: the results take many times its size.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// The maximum number of bytes that one call parses.
const MAX_CALL: u64 = 16 * 1024 * 1024;
/// The maximum number of parsed entries or transactions of one file.
const MAX_ENTRIES: usize = 10_000;

/// The parsed content of a file, if its type can be parsed.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct Parsed {
    /// The content of a status report (`pain.002`), or of those in an archive.
    pub report: Option<bankchannel_iso20022::status::StatusFile>,
    /// The content of a statement, report or notification (`camt.053`, `camt.052`, `camt.054`, MT940, MT942, MT950, Finnish
    /// records), or of those in an archive.
    pub statement: Option<bankchannel_iso20022::cash::CashFile>,
    /// The reason why a file that may be one of these is not parsed: it cannot be read, is larger than 4 MiB or has
    /// more than 10,000 entries, or the call has already parsed 16 MiB.
    pub not_parsed: Option<String>,
}

/// Parses the files of one call, within the limits.
pub(crate) struct ContentParser {
    wanted: bool,
    left: u64,
}

impl ContentParser {
    pub(crate) fn new(wanted: Option<bool>) -> Self {
        Self { wanted: wanted.unwrap_or(true), left: MAX_CALL }
    }

    /// Takes the content of a file that was read before.
    pub(crate) fn answer(&mut self, read: &AnswerFile, size: u64) -> Parsed {
        if !self.wanted {
            return Parsed::default();
        }
        let entries = read.content.as_ref().map_or(0, |file| {
            let transactions = file.reports().iter().flat_map(|one| &one.batches).map(|batch| batch.transactions.len());
            file.statements().iter().map(|one| one.entries.len()).chain(transactions).sum::<usize>()
        });
        if size > MAX_FILE.min(self.left) || entries > MAX_ENTRIES {
            return Parsed::too_large();
        }
        self.left -= size;
        Parsed::of_answer(read.clone())
    }

    /// Parses a file on disk.
    pub(crate) async fn path(&mut self, path: &Path) -> Parsed {
        let (path, looked_at) = (path.to_owned(), path.to_owned());
        let size = work(move || {
            // Something else may have this name: a link is not followed.
            let found = std::fs::symlink_metadata(looked_at).ok().filter(std::fs::Metadata::is_file);
            found.map(|found| found.len())
        });
        let Some(Some(size)) = size.await else { return Parsed::default() };
        let read = move || {
            use std::io::Read as _;
            let mut bytes = Vec::new();
            open_regular(&path)?.0.take(MAX_FILE).read_to_end(&mut bytes)?;
            Ok(bytes.into())
        };
        self.file(size, read).await
    }

    /// A failure here does not fail the call: the file itself has arrived.
    async fn file(&mut self, size: u64, read: impl FnOnce() -> std::io::Result<Bytes> + Send + 'static) -> Parsed {
        if !self.wanted {
            return Parsed::default();
        }
        if size > MAX_FILE.min(self.left) {
            return Parsed::too_large();
        }
        self.left -= size;
        let parsed = work(move || match read() {
            Ok(bytes) => Parsed::parse(&bytes),
            Err(why) => Parsed::not(format!("the file cannot be read: {why}")),
        });
        parsed.await.unwrap_or_else(|| Parsed::not("reading the file took too long".to_owned()))
    }
}

/// The time that reading and parsing one file may take. It is not the call's: the files of a call whose time is up have
/// arrived, and its error has them parsed.
const TIME_MAX: Duration = Duration::from_secs(10);

async fn work<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::time::timeout(TIME_MAX, background::blocking(work)).await.ok()?.ok()
}

impl Parsed {
    fn parse(bytes: &[u8]) -> Self {
        Self::of_answer(AnswerFile::read(bytes, MAX_ENTRIES))
    }

    fn of_answer(read: AnswerFile) -> Self {
        let AnswerFile { content, problem } = read;
        match content {
            Some(MessageFile::Status(report)) => Self { report: Some(report), ..Self::default() },
            Some(MessageFile::Cash(statement)) => Self { statement: Some(*statement), ..Self::default() },
            Some(MessageFile::Both(report, statement)) => {
                Self { report: Some(report), statement: Some(*statement), ..Self::default() }
            }
            _ => Self { not_parsed: problem, ..Self::default() },
        }
    }

    fn too_large() -> Self {
        Self::not(format!(
            "files above {MAX_FILE} bytes or {MAX_ENTRIES} entries, and more than {MAX_CALL} bytes of one call, are \
             not parsed: read them with iso20022"
        ))
    }

    fn not(why: String) -> Self {
        Self { not_parsed: Some(why), ..Self::default() }
    }
}
