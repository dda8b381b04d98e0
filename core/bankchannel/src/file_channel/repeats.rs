//! Notices an upload that was made before, before it is made again.

use std::{future::Future, path::PathBuf, time::Duration};

use bankchannel_crypto::digest::Sha256;
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    model::{Boundary, Object, Seconds, Timestamp},
};

use super::{
    FileChannel,
    fetch::{open_folder, settle},
    ledger::{EarlierUpload, UploadLedger, UploadRecord},
    steps::ChannelFlowSteps,
};
use crate::{Question, client::source::UploadSource};

/// The time within which the same file is a repetition, by default: a week.
const WITHIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The detection of an upload that was made before: a cron job that runs twice, a second click.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct RejectRepeats {
    /// A folder in which the client records its uploads, one small hidden file each. The same bytes for the same bank,
    /// user and service within `repeats_within_s` are the error `upload_repeated` of the protocol, and nothing is sent:
    /// also if the earlier upload is still running, if its outcome is unknown, or if its process was killed. An upload
    /// that was refused or not sent does not count. Share the folder between all processes that may send the file.
    pub reject_repeats: Option<String>,
    /// The time within which the same file counts as repeated, in seconds. Default: seven days.
    pub repeats_within_s: Option<bankchannel_foundation::model::Seconds>,
    /// Whether to ask the program before sending, for a ledger of its own: a question of kind `upload` whose `request`
    /// has `bank`, `file_name`, `bytes`, `sha256` and `message_id`. The answer `send` continues; `repeated` ends the
    /// call with `upload_repeated`. Default: false.
    pub ask_repeats: Option<bool>,
}

/// The file of an upload.
pub(crate) struct UploadedFile<'a, P> {
    /// Where it goes.
    pub(crate) place: &'a P,
    pub(crate) name: &'a str,
    pub(crate) source: &'a UploadSource,
    pub(crate) message_id: Option<&'a str>,
}

impl RejectRepeats {
    /// Whether anything is to be checked.
    pub(crate) fn is_wanted(&self) -> bool {
        self.reject_repeats.is_some() || self.ask_repeats == Some(true)
    }

    /// Sends a file, unless it is a repetition that is to be rejected. If there is a ledger, the upload is recorded before
    /// anything is sent, and then how it ended.
    ///
    /// # Errors
    /// `upload_repeated` of the protocol, with outcome `not_sent`; those of `send`.
    pub(crate) async fn send_once<C: FileChannel, T>(
        self,
        steps: &ChannelFlowSteps<'_, C>,
        file: UploadedFile<'_, C::Place>,
        send: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let record = if self.is_wanted() {
            let begun = self.begin(steps, file).await;
            begun.map_err(|error| error.with_outcome(CallOutcome::NotSent))?
        } else {
            None
        };
        steps.step("sending the file");
        let sent = send.await;
        if let Some(record) = record {
            let outcome = sent.as_ref().map_or_else(Error::outcome, |_| Some(CallOutcome::Accepted));
            settle(move || record.end(outcome)).await;
        }
        sent
    }

    async fn begin<C: FileChannel>(
        self,
        steps: &ChannelFlowSteps<'_, C>,
        file: UploadedFile<'_, C::Place>,
    ) -> Result<Option<UploadRecord>> {
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

async fn ask<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    file: &UploadedFile<'_, C::Place>,
    digest: &str,
) -> Result<()> {
    let mut request = Object::new();
    request.push("bank", steps.client.bank_name(file.place));
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
    Err(Error::because(C::UPLOAD_REPEATED, "The program says that this file was sent before; nothing was sent."))
}

async fn record<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    folder: PathBuf,
    within: Duration,
    file: &UploadedFile<'_, C::Place>,
    digest: String,
) -> Result<UploadRecord> {
    let (user, place) = (steps.client.user(), steps.client.place_name(file.place));
    let message_id = file.message_id.map(str::to_owned);
    let peer = steps.client.peer().map(str::to_owned);
    let shown = message_id.clone();
    let begun = steps.work(move || {
        let names = [peer.as_deref(), user.as_deref(), Some(place.as_str()), Some(digest.as_str())];
        UploadLedger::new(folder, within).begin(&names, message_id.as_deref())
    });
    begun.await?.map_err(|earlier| repeated::<C>(&earlier, shown.as_deref()))
}

fn repeated<C: FileChannel>(earlier: &EarlierUpload, message_id: Option<&str>) -> Error {
    let begun = earlier.begun_ms.map(Timestamp::from_ms);
    let when = begun.as_ref().map(|begun| format!(" at {begun}")).unwrap_or_default();
    let known = match earlier.outcome.as_str() {
        "accepted" => "that upload was accepted",
        "sending" => "that upload is still running, or its process has ended in the middle",
        _ => "it is not known whether that upload was accepted",
    };
    let id = message_id.map(|id| format!(" with the message id {id}")).unwrap_or_default();
    let text = format!("The same file{id} was sent before{when}: {known}. Nothing was sent now.");
    let mut error = Error::because(C::UPLOAD_REPEATED, text).with("earlier_outcome", &earlier.outcome);
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
