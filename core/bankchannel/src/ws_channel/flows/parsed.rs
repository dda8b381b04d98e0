//! What the bank's files say, as typed results beside their bytes.

use std::path::Path;

use bankchannel_iso20022::{BankFile, cash::CashFile, read_bank_file, status::StatusFile};
use bankchannel_transport::open_regular;
use bytes::Bytes;

use super::steps::Steps;

/// The largest file that is parsed beside its bytes: its results take many times its size.
const MAX_FILE: u64 = 4 * 1024 * 1024;
/// The most that one call parses.
const MAX_CALL: u64 = 16 * 1024 * 1024;
/// The most entries or transactions of one file that are parsed.
const MAX_ENTRIES: usize = 10_000;

/// A file as typed results, where it is one that is read.
#[derive(Debug, Clone, Default)]
pub(super) struct Parsed {
    pub(super) report: Option<StatusFile>,
    pub(super) statement: Option<CashFile>,
    pub(super) not_parsed: Option<String>,
}

/// Parses the files of one call, as far as it may.
pub(super) struct Parser {
    wanted: bool,
    left: u64,
}

impl Parser {
    pub(super) fn new(wanted: Option<bool>) -> Self {
        Self { wanted: wanted.unwrap_or(true), left: MAX_CALL }
    }

    /// What a file in memory says.
    pub(super) async fn bytes(&mut self, steps: &Steps<'_>, bytes: &Bytes) -> Parsed {
        let bytes = bytes.clone();
        self.file(steps, bytes.len() as u64, move || Ok(bytes)).await
    }

    /// What a file on disk says.
    pub(super) async fn path(&mut self, steps: &Steps<'_>, path: &Path) -> Parsed {
        let (path, looked_at) = (path.to_owned(), path.to_owned());
        let size = steps.work(move || {
            // What is there may be something else of that name: a link is not followed.
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

    /// Whatever becomes of it is no failure of the call: the file itself has arrived.
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
        let parsed = steps.work(move || Ok(read().map(|bytes| read_bank_file(&bytes, MAX_ENTRIES)))).await;
        match parsed {
            Ok(Ok(Ok(Some(BankFile::Status(report))))) => Parsed { report: Some(report), ..Parsed::default() },
            Ok(Ok(Ok(Some(BankFile::Cash(statement))))) => Parsed { statement: Some(*statement), ..Parsed::default() },
            Ok(Ok(Ok(None))) => Parsed::default(),
            Ok(Ok(Err(problem))) => Parsed::not(problem.to_string()),
            Ok(Err(why)) => Parsed::not(format!("the file cannot be read: {why}")),
            Err(error) => Parsed::not(error.message().to_owned()),
        }
    }
}

impl Parsed {
    fn not(why: String) -> Self {
        Self { not_parsed: Some(why), ..Self::default() }
    }
}
