//! Notices an upload that was made before, before it is made again.

use std::{future::Future, time::Duration};

use bankchannel_crypto::digest::Sha256;
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    model::{Boundary, Object, Seconds, Timestamp},
};

use super::{
    FileChannel,
    fetch::{open_folder, settle},
    ledger::{EarlierUpload, UploadLedger, UploadNames, UploadRecord, settle_upload},
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
    /// user and service within `repeats_within_s` are the error `upload_repeated` of the protocol, and nothing is sent.
    /// If the outcome of the earlier upload is `unknown`, or its process was killed, they are refused for as long as it is
    /// not settled, whatever time has passed. An upload that was refused or not sent does not count. Share the folder
    /// between all processes that may send the file.
    pub reject_repeats: Option<String>,
    /// The time within which the same file counts as repeated, in seconds, once it is known that the bank has it. Default:
    /// seven days.
    pub repeats_within_s: Option<bankchannel_foundation::model::Seconds>,
    /// Whether to send the file although it was sent before: for a person who has the bank's word that it does not have
    /// it, or who takes the risk of paying twice. One that is being sent at this moment is refused all the same. Default:
    /// false.
    pub send_anyway: Option<bool>,
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
            let begun = self.begin(steps, &file).await;
            begun.map_err(|error| error.with_outcome(CallOutcome::NotSent))?
        } else {
            None
        };
        steps.step("sending the file");
        let message_id = file.message_id;
        let sent = send.await.map_err(|error| with_message_id(error, message_id));
        if let Some(record) = record {
            let outcome = sent.as_ref().map_or_else(Error::outcome, |_| Some(CallOutcome::Accepted));
            settle(move || record.end(outcome)).await;
        }
        sent
    }

    async fn begin<C: FileChannel>(
        self,
        steps: &ChannelFlowSteps<'_, C>,
        file: &UploadedFile<'_, C::Place>,
    ) -> Result<Option<UploadRecord>> {
        let folder = match &self.reject_repeats {
            Some(folder) => Some(open_folder(steps, "reject_repeats", folder).await?),
            None => None,
        };
        let source = file.source.clone();
        let digest = steps.work(move || digest(&source)).await?;
        let sends_anyway = self.send_anyway == Some(true);
        if self.ask_repeats == Some(true) && !sends_anyway {
            ask(steps, file, &digest).await?;
        }
        let Some(folder) = folder else { return Ok(None) };
        let within = self.repeats_within_s.map_or(WITHIN, |Seconds(within)| within);
        record(steps, UploadLedger::new(folder, within), sends_anyway, file, digest).await.map(Some)
    }
}

/// The error of an upload that the peer may have, with the message id by which its report names it.
pub(crate) fn with_message_id(error: Error, message_id: Option<&str>) -> Error {
    let may_be_there = matches!(error.outcome(), Some(CallOutcome::Unknown | CallOutcome::Accepted));
    match message_id.filter(|_| may_be_there && error.detail("message_id").is_none()) {
        Some(message_id) => error.with("message_id", message_id),
        None => error,
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
    ledger: UploadLedger,
    sends_anyway: bool,
    file: &UploadedFile<'_, C::Place>,
    digest: String,
) -> Result<UploadRecord> {
    let sender = UploadSender::of(steps.client, file.place);
    let message_id = file.message_id.map(str::to_owned);
    let shown = message_id.clone();
    let begun = steps.work(move || {
        let names = UploadNames { sender: &sender.names(), digest: &digest, message_id: message_id.as_deref() };
        ledger.begin(&names, sends_anyway)
    });
    begun.await?.map_err(|earlier| repeated::<C>(&earlier, shown.as_deref()))
}

/// Who sends to which bank.
struct UploadSender {
    peer: Option<String>,
    user: Option<String>,
    place: String,
}

impl UploadSender {
    fn of<C: FileChannel>(client: &C, place: &C::Place) -> Self {
        Self { peer: client.peer().map(str::to_owned), user: client.user(), place: client.place_name(place) }
    }

    fn names(&self) -> [Option<&str>; 3] {
        [self.peer.as_deref(), self.user.as_deref(), Some(&self.place)]
    }
}

/// Notes in a folder of records that the bank has the file with this message id, which was sent at `uploaded_ms`. Returns
/// whether an upload was open there.
///
/// # Errors
/// Of the folder; cancelled, or out of time.
pub(crate) async fn settle_record<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    place: &C::Place,
    folder: &str,
    (message_id, until_ms): (&str, i64),
) -> Result<bool> {
    let folder = open_folder(steps, "reject_repeats", folder).await?;
    let (sender, message_id) = (UploadSender::of(steps.client, place), message_id.to_owned());
    steps.work(move || Ok(settle_upload(&folder, &sender.names(), &message_id, until_ms))).await
}

fn repeated<C: FileChannel>(earlier: &EarlierUpload, message_id: Option<&str>) -> Error {
    let begun = earlier.begun_ms.map(Timestamp::from_ms);
    let when = begun.as_ref().map(|begun| format!(" at {begun}")).unwrap_or_default();
    let known = match earlier.outcome.as_str() {
        "accepted" => "that upload was accepted",
        "sending" => "that upload is still running, or its process has ended in the middle",
        _ => "it is not known whether that upload was accepted",
    };
    let advice = match earlier.outcome.as_str() {
        "accepted" => "",
        _ => {
            " Until it is settled, by the report that names it or the bank's word, the same bytes are refused; \
             `send_anyway` sends them all the same."
        }
    };
    let id = message_id.map(|id| format!(" with the message id {id}")).unwrap_or_default();
    let text = format!("The same file{id} was sent before{when}: {known}. Nothing was sent now.{advice}");
    let mut error = Error::because(C::UPLOAD_REPEATED, text).with("earlier_outcome", &earlier.outcome);
    if let Some(begun) = begun {
        error = error.with("earlier", begun);
    }
    match message_id {
        Some(message_id) => error.with("message_id", message_id),
        None => error,
    }
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
