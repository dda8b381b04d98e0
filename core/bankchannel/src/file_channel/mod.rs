//! What all channels of files share: new files fetched into a folder with a ledger, so that none is lost and none is
//! reported twice; a file checked, sent once, and the bank's answers to it awaited.
//!
//! ```text
//!   flow of a protocol ─► new_files ─► list ─► ledger ─► into_folder ─► reported
//!                    └─► waiting ─► list ─┤                                     └─► answers of an upload
//!                                        └── FileChannel: a client's list, download and ledger ──┘
//! ```
//!
//! A further channel implements [`FileChannel`] for its client and [`ChannelFile`] for its descriptions of files.

pub(crate) mod check_first;
pub(crate) mod fetch;
pub(crate) mod file_names;
pub(crate) mod ledger;
pub(crate) mod new_files;
pub(crate) mod parsed;
pub(crate) mod repeats;
pub(crate) mod steps;
pub(crate) mod waiting;

use std::{future::Future, path::Path, time::Duration};

use bankchannel_foundation::{
    Error, Result,
    error::{ErrorRow, row},
    model::Content,
};

use crate::{ContentDestination, client::ProtocolClient};
use ledger::{FileLedger, LedgerFile};
use steps::ChannelFlowSteps;
use waiting::AnswerRegistry;

/// A bank's description of a file.
pub(crate) trait ChannelFile: Clone + Send + Sync + 'static {
    /// The error for a type or reference that cannot be part of a file's name.
    const REFERENCE_UNSAFE: &'static ErrorRow;

    /// The bank's type of the file.
    fn file_type(&self) -> &str;

    /// The bank's reference.
    fn file_reference(&self) -> &str;

    /// Type and reference: no two files of a place share both.
    fn key(&self) -> (String, String) {
        (self.file_type().to_owned(), self.file_reference().to_owned())
    }

    /// When it was made, as the bank writes it.
    fn file_timestamp(&self) -> &str;

    /// The description of a file that the bank no longer lists; `None` if it cannot be asked for.
    fn of_ledger(begun: &LedgerFile) -> Option<Self>;
}

/// Which files a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListedFiles {
    /// Those that the call wants: new ones, unless it says otherwise.
    Wanted,
    /// All that the bank still keeps.
    All,
}

/// A client of a channel that lists files and gives them.
pub(crate) trait FileChannel: ProtocolClient + Sync {
    /// The bank's description of a file.
    type File: ChannelFile;
    /// Where the files of a call are: the bank, the type, the part of an agreement.
    type Place: Clone + Send + Sync;

    /// The channel's name in ledgers.
    const CHANNEL: &'static str;
    /// The error for a file that was sent before.
    const UPLOAD_REPEATED: &'static ErrorRow;
    /// The error when answers are missing at the end of a wait.
    const ANSWER_NOT_FOUND: &'static ErrorRow;
    /// The error for a bank's rejection of a whole file.
    const PAYMENT_REJECTED: &'static ErrorRow;
    /// The error for a file that the bank does not have any more.
    const FILE_GONE: &'static ErrorRow;
    /// Whether a file is worth asking for although the bank does not list it.
    const GIVES_UNLISTED: bool;

    /// The time limit of a flow, if the settings have one.
    fn flow_limit(&self) -> Option<Duration>;

    /// The time limit of an exchange whose own is `own_s` seconds.
    fn exchange_limit(&self, own_s: u32) -> Duration;

    /// The bank of a place, as its users call it.
    fn bank_name(&self, place: &Self::Place) -> String;

    /// The name of a place among all that one user has: places of one name have the same files.
    fn place_name(&self, place: &Self::Place) -> String {
        self.bank_name(place)
    }

    /// The user of the channel, if it is known.
    fn user(&self) -> Option<String>;

    /// The part of a place with files of one type.
    ///
    /// # Errors
    /// `input.invalid_field` for a type that cannot be one.
    fn place_of_type(place: &Self::Place, file_type: &str) -> Result<Self::Place>;

    /// The ledger of this client's files in a folder.
    fn ledger(&self, place: &Self::Place, folder: &Path) -> FileLedger {
        FileLedger::new(folder, format!("{}/{}", Self::CHANNEL, self.place_name(place)), self.user())
    }

    /// The uploads of this client that wait for answers.
    fn answers(&self) -> &AnswerRegistry<Self::File>;

    /// Lists files, once.
    fn list(
        steps: &ChannelFlowSteps<'_, Self>,
        place: &Self::Place,
        which: ListedFiles,
    ) -> impl Future<Output = Result<Vec<Self::File>>> + Send;

    /// Downloads a file, once.
    fn download(
        steps: &ChannelFlowSteps<'_, Self>,
        place: &Self::Place,
        file: &Self::File,
        destination: ContentDestination,
    ) -> impl Future<Output = Result<Content>> + Send;

    /// Whether a file can be asked for.
    ///
    /// # Errors
    /// Why not; nothing was sent.
    fn check(_file: &Self::File) -> Result<()> {
        Ok(())
    }

    /// Whether a list or download is tried again after this error. The transport has already tried again what broke off
    /// or was not available; a whole answer that cannot be read is tried again here.
    fn is_worth_another(error: &Error) -> bool {
        error.row() == &row::PEER_PROTOCOL
    }

    /// Whether waiting for answers goes on after a list that has failed for a reason of this channel: the next one may
    /// succeed.
    fn passes(_error: &Error) -> bool {
        false
    }

    /// Whether the other files would fail the same way, for a reason of this channel.
    fn ends_all(_error: &Error) -> bool {
        false
    }
}
