//! The content of the bank's files as typed results, in addition to their bytes.

use std::path::Path;

use bankchannel_foundation::Boundary;
use bankchannel_iso20022::{MessageFile, cash::CashFile, read_message_file, status::StatusFile};
use bankchannel_transport::open_regular;
use bytes::Bytes;

use super::steps::Steps;

/// The maximum size of a file that is parsed: the results take many times its size.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// The maximum number of bytes that one call parses.
const MAX_CALL: u64 = 16 * 1024 * 1024;
/// The maximum number of parsed entries or transactions of one file.
const MAX_ENTRIES: usize = 10_000;

/// The parsed content of a file, if its type can be parsed.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct Parsed {
    /// The content of a status report (`pain.002`).
    pub report: Option<StatusFile>,
    /// The content of a statement, report or notification (`camt.053`, `camt.052`, `camt.054`).
    pub statement: Option<CashFile>,
    /// The reason why a file that may be one of these is not parsed: it cannot be read, is larger than 4 MiB or has
    /// more than 10,000 entries, or the call has already parsed 16 MiB.
    pub not_parsed: Option<String>,
}

/// Parses the files of one call, within the limits.
pub(super) struct Parser {
    wanted: bool,
    left: u64,
}

impl Parser {
    pub(super) fn new(wanted: Option<bool>) -> Self {
        Self { wanted: wanted.unwrap_or(true), left: MAX_CALL }
    }

    /// Parses a file in memory.
    pub(super) async fn bytes(&mut self, steps: &Steps<'_>, bytes: &Bytes) -> Parsed {
        let bytes = bytes.clone();
        self.file(steps, bytes.len() as u64, move || Ok(bytes)).await
    }

    /// Parses a file on disk.
    pub(super) async fn path(&mut self, steps: &Steps<'_>, path: &Path) -> Parsed {
        let (path, looked_at) = (path.to_owned(), path.to_owned());
        let size = steps.work(move || {
            // Something else may have this name: a link is not followed.
            let found = std::fs::symlink_metadata(looked_at).ok().filter(std::fs::Metadata::is_file);
            Ok(found.map(|found| found.len()))
        });
        let Ok(Some(size)) = size.await else { return Parsed::default() };
        let read = move || {
            use std::io::Read as _;
            let mut bytes = Vec::new();
            open_regular(&path)?.0.take(MAX_FILE).read_to_end(&mut bytes)?;
            Ok(bytes.into())
        };
        self.file(steps, size, read).await
    }

    /// A failure here does not fail the call: the file itself has arrived.
    async fn file(
        &mut self,
        steps: &Steps<'_>,
        size: u64,
        read: impl FnOnce() -> std::io::Result<Bytes> + Send + 'static,
    ) -> Parsed {
        if !self.wanted {
            return Parsed::default();
        }
        if size > MAX_FILE.min(self.left) {
            return Parsed::not(format!(
                "files above {MAX_FILE} bytes, and more than {MAX_CALL} bytes of one call, are not parsed: read them with iso20022"
            ));
        }
        self.left -= size;
        let parsed = steps.work(move || {
            Ok(match read() {
                Ok(bytes) => Parsed::of(&bytes),
                Err(why) => Parsed::not(format!("the file cannot be read: {why}")),
            })
        });
        parsed.await.unwrap_or_else(|error| Parsed::not(error.message().to_owned()))
    }
}

impl Parsed {
    fn of(bytes: &[u8]) -> Self {
        match read_message_file(bytes, MAX_ENTRIES) {
            Ok(Some(MessageFile::Status(report))) => Self { report: Some(report), ..Self::default() },
            Ok(Some(MessageFile::Cash(statement))) => Self { statement: Some(*statement), ..Self::default() },
            // A bank's answer is never a payment file.
            Ok(Some(MessageFile::Payment(_)) | None) => Self::default(),
            Err(problem) => Self::not(problem.to_string()),
        }
    }

    fn not(why: String) -> Self {
        Self { not_parsed: Some(why), ..Self::default() }
    }
}
