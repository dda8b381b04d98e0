//! Notices an upload that was made before, before it is made again.

use std::{path::PathBuf, time::Duration};

use bankchannel_crypto::digest::Sha256;
use bankchannel_foundation::{
    Boundary, CallOutcome, Error, Result,
    error::row,
    model::{Object, Seconds, Timestamp},
};
use bankchannel_ws_channel::{errors, model::Bank};

use super::{fetch::open_folder, steps::FlowSteps};
use crate::{
    Question,
    client::source::UploadSource,
    file_channel::ledger::{EarlierUpload, UploadLedger, UploadRecord},
};

/// The time within which the same file is a repetition, by default: a week.
const WITHIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The detection of an upload that was made before: a cron job that runs twice, a second click.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct RejectRepeats {
    /// A folder in which the client records its uploads, one small hidden file each. The same bytes for the same bank,
    /// user and service within `repeats_within_s` are `ws_channel.upload_repeated`, and nothing is sent: also if the
    /// earlier upload is still running, if its outcome is unknown, or if its process was killed. An upload that was
    /// refused or not sent does not count. Share the folder between all processes that may send the file.
    pub reject_repeats: Option<String>,
    /// The time within which the same file counts as repeated, in seconds. Default: seven days.
    pub repeats_within_s: Option<bankchannel_foundation::model::Seconds>,
    /// Whether to ask the program before sending, for a ledger of its own: a question of kind `upload` whose `request`
    /// has `bank`, `file_name`, `bytes`, `sha256` and `message_id`. The answer `send` continues; `repeated` ends the
    /// call with `ws_channel.upload_repeated`. Default: false.
    pub ask_repeats: Option<bool>,
}

/// The file of an upload.
pub(super) struct UploadedFile<'a> {
    pub(super) bank: Bank,
    pub(super) name: &'a str,
    pub(super) source: &'a UploadSource,
    pub(super) message_id: Option<&'a str>,
}

impl RejectRepeats {
    /// Whether anything is to be checked.
    pub(super) fn is_wanted(&self) -> bool {
        self.reject_repeats.is_some() || self.ask_repeats == Some(true)
    }

    /// Checks an upload, and records it if there is a ledger.
    ///
    /// # Errors
    /// `ws_channel.upload_repeated`; each error has the outcome `not_sent`.
    pub(super) async fn begin(self, steps: &FlowSteps<'_>, file: UploadedFile<'_>) -> Result<Option<UploadRecord>> {
        if !self.is_wanted() {
            return Ok(None);
        }
        self.checked(steps, file).await.map_err(|error| error.with_outcome(CallOutcome::NotSent))
    }

    async fn checked(self, steps: &FlowSteps<'_>, file: UploadedFile<'_>) -> Result<Option<UploadRecord>> {
        let folder = match &self.reject_repeats {
            Some(folder) => Some(open_folder(steps, "reject_repeats", folder).await?),
            None => None,
        };
        let source = file.source.clone();
        let digest = steps.work(move || digest(&source)).await?;
        if self.ask_repeats == Some(true) {
            ask(steps, &file, &digest).await?;
        }
        let Some(folder) = folder else { return Ok(None) };
        let Self { repeats_within_s, .. } = self;
        let within = repeats_within_s.map_or(WITHIN, |Seconds(within)| within);
        record(steps, folder, within, &file, digest).await.map(Some)
    }
}

async fn ask(steps: &FlowSteps<'_>, file: &UploadedFile<'_>, digest: &str) -> Result<()> {
    let mut request = Object::new();
    request.push("bank", file.bank.to_string());
    request.push("file_name", file.name.to_owned());
    request.push("bytes", file.source.size());
    request.push("sha256", digest.to_owned());
    if let Some(id) = file.message_id {
        request.push("message_id", id.to_owned());
    }
    let mut question = Question::new("upload", "Whether this file was sent before: `send` or `repeated`");
    question.choices = vec!["send".to_owned(), "repeated".to_owned()];
    question.request = Some(request.into());
    let is_new = steps.ask_for(question, |answer| match answer {
        "send" => Ok(true),
        "repeated" => Ok(false),
        _ => Err(Error::invalid_field("upload", "must be `send` or `repeated`")),
    });
    if is_new.await? {
        return Ok(());
    }
    Err(Error::because(&errors::UPLOAD_REPEATED, "The program says that this file was sent before; nothing was sent."))
}

async fn record(
    steps: &FlowSteps<'_>,
    folder: PathBuf,
    within: Duration,
    file: &UploadedFile<'_>,
    digest: String,
) -> Result<UploadRecord> {
    let settings = steps.client.settings();
    let user = steps.client.session().email.or_else(|| settings.email.clone());
    let user = user.map(|email| email.as_str().to_owned());
    let (bank, message_id) = (file.bank.to_string(), file.message_id.map(str::to_owned));
    let peer = steps.client.base_url().to_owned();
    let shown = message_id.clone();
    let begun = steps.work(move || {
        let names = [Some(peer.as_str()), user.as_deref(), Some(bank.as_str()), Some(digest.as_str())];
        UploadLedger::new(folder, within).begin(&names, message_id.as_deref())
    });
    begun.await?.map_err(|earlier| repeated(&earlier, shown.as_deref()))
}

fn repeated(earlier: &EarlierUpload, message_id: Option<&str>) -> Error {
    let begun = earlier.begun_ms.map(Timestamp::from_ms);
    let when = begun.as_ref().map(|begun| format!(" at {begun}")).unwrap_or_default();
    let known = match earlier.outcome.as_str() {
        "accepted" => "that upload was accepted",
        "sending" => "that upload is still running, or its process has ended in the middle",
        _ => "it is not known whether that upload was accepted",
    };
    let id = message_id.map(|id| format!(" with the message id {id}")).unwrap_or_default();
    let text = format!("The same file{id} was sent before{when}: {known}. Nothing was sent now.");
    let mut error = Error::because(&errors::UPLOAD_REPEATED, text).with("earlier_outcome", &earlier.outcome);
    if let Some(begun) = begun {
        error = error.with("earlier", begun);
    }
    error
}

/// The SHA-256 of the content, in hexadecimal. Blocks.
fn digest(source: &UploadSource) -> Result<String> {
    use std::io::Read as _;
    let mut reader = source.reader()?;
    let (mut hash, mut piece) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match reader.read(&mut piece) {
            Ok(0) => return Ok(hash.finish_hex()),
            Ok(count) => hash.update(&piece[..count]),
            Err(why) if why.kind() == std::io::ErrorKind::Interrupted => {}
            Err(why) => {
                let text = format!("the content cannot be read: {why}");
                return Err(Error::because(&row::CONTENT_UNREADABLE, text).with_io_source(&why));
            }
        }
    }
}
