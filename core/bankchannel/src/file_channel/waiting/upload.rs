//! An upload with its wait: the order of its steps, and what becomes of it.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    CallOutcome, Error, Result,
    model::{Boundary, Seconds},
};
use bankchannel_iso20022::{
    answers::{BankVerdict, PaymentVerdict, UploadedMessage},
    data::Code,
};

use super::{
    super::{FileChannel, fetch::open_folder, repeats::with_message_id, steps::ChannelFlowSteps},
    taken::AwaitedFile,
    wait::{AnswerWait, AwaitedType, WaitEnd, WaitSettings},
};

/// The default time to wait for answers.
const WAIT: Duration = Duration::from_secs(60);
/// The default interval between two polls.
const POLL: Duration = Duration::from_secs(1);
/// The minimum interval between two polls: services count calls.
const POLL_MIN: Duration = Duration::from_millis(100);
/// The maximum number of types to wait for.
const WAIT_FOR_MAX: usize = 20;

/// The answers that a call waits for, and where they go.
pub(crate) struct AnswersWanted<'r, P> {
    /// The place of all files.
    pub(crate) place: P,
    /// The types, one file of each.
    pub(crate) wait_for: Vec<String>,
    /// The time for all of them together.
    pub(crate) wait_timeout: Option<Seconds>,
    /// The time between two polls.
    pub(crate) poll_interval: Option<Seconds>,
    /// The folder of the answers; in memory without one.
    pub(crate) directory: Option<&'r str>,
    /// The folder of the ledger, if it is another one.
    pub(crate) ledger: Option<&'r str>,
    /// Whether files without a reference count although other uploads wait.
    pub(crate) accept_unreferenced: Option<bool>,
    /// Whether a rejection of the whole file is an error.
    pub(crate) fail_if_rejected: Option<bool>,
    /// Whether answers are parsed.
    pub(crate) parse: Option<bool>,
}

/// A wait that can begin: its types are checked, and its folders are there.
pub(crate) struct UploadWait<P> {
    settings: WaitSettings<P>,
    limit: Duration,
    fails_if_rejected: bool,
}

/// The outcome of an upload: the result of sending, and the answers.
pub(crate) struct AwaitedAnswers<F, S> {
    /// The result of sending.
    pub(crate) sent: S,
    pub(crate) verdict: PaymentVerdict,
    /// The verdict in a sentence.
    pub(crate) verdict_text: String,
    pub(crate) status: Option<Code>,
    pub(crate) reason: Option<Code>,
    /// The first of each type in the order of the types, then others.
    pub(crate) answers: Vec<AwaitedFile<F>>,
    /// The types of which there is none.
    pub(crate) missing: Vec<String>,
    /// Files that are no answers to this upload.
    pub(crate) others: Vec<AwaitedFile<F>>,
    pub(crate) notes: Vec<String>,
    /// The error with which the call ends.
    pub(crate) failed: Option<Error>,
}

impl<F, S> AwaitedAnswers<F, S> {
    /// The end of the call: the response, or the error, which carries the response.
    pub(crate) fn returned<R: Boundary>(mut self, respond: impl FnOnce(Self) -> R) -> Result<R> {
        match self.failed.take() {
            Some(error) => Err(error.with_partial_response(respond(self))),
            None => Ok(respond(self)),
        }
    }
}

impl<P: Clone + Send + Sync> UploadWait<P> {
    /// Checks the types and opens the folders. Nothing is sent.
    ///
    /// # Errors
    /// `input.invalid_field`, `resource.storage`.
    pub(crate) async fn open<C: FileChannel<Place = P>>(
        steps: &ChannelFlowSteps<'_, C>,
        wanted: AnswersWanted<'_, P>,
    ) -> Result<Self> {
        let types = awaited_types::<C>(wanted.wait_for, &wanted.place)?;
        let folder = match wanted.directory {
            Some(directory) => Some(open_folder(steps, "directory", directory).await?),
            None => None,
        };
        let ledger = match wanted.ledger {
            Some(ledger) => Some(open_folder(steps, "ledger", ledger).await?),
            None => folder.clone(),
        };
        let settings = WaitSettings {
            place: steps.client.place_name(&wanted.place),
            types,
            until: Instant::now(),
            interval: wanted.poll_interval.map_or(POLL, |Seconds(interval)| interval).max(POLL_MIN),
            folder,
            ledger: ledger.map(|folder| Arc::new(steps.client.ledger(&wanted.place, &folder))),
            parse: wanted.parse,
            accept_unreferenced: wanted.accept_unreferenced.unwrap_or_default(),
        };
        let limit = wanted.wait_timeout.map_or(WAIT, |Seconds(wait)| wait);
        Ok(Self { settings, limit, fails_if_rejected: wanted.fail_if_rejected == Some(true) })
    }

    /// Notes the files already there, sends, and waits for the answers to `upload`.
    ///
    /// # Errors
    /// Those before anything was sent, and those of `send`. What happens later is in the result.
    pub(crate) async fn around<C: FileChannel<Place = P>, S>(
        self,
        steps: &ChannelFlowSteps<'_, C>,
        upload: &Arc<UploadedMessage>,
        send: impl Future<Output = Result<S>>,
    ) -> Result<AwaitedAnswers<C::File, S>> {
        let mut wait = AnswerWait::new(steps, Arc::clone(upload), self.settings);
        wait.note_known().await.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        let sent = send.await?;
        steps.step("waiting for the bank's answers");
        wait.begin(self.limit);
        let end = Box::pin(wait.run()).await;
        // A rejection that is an error says all that a response says.
        let is_reported = matches!(end, WaitEnd::Complete | WaitEnd::Rejected);
        let (taken, begun) = (wait.taken_names(), wait.begun_names());
        let mut awaited = awaited(wait, sent, is_reported).await;
        let error = match end {
            WaitEnd::Complete => return Ok(awaited),
            WaitEnd::Rejected => {
                awaited.failed = self.fails_if_rejected.then(|| rejected::<C, S>(&awaited));
                return Ok(awaited);
            }
            WaitEnd::Failed(error) => error,
            WaitEnd::TimedOut => timed_out::<C, S>(&awaited),
        };
        let error = error.with("upload", "accepted").with_retryable(false).with_outcome(CallOutcome::Accepted);
        let error = with_message_id(error, upload.message_id());
        let named = [("taken", taken), ("begun", begun)].into_iter().filter(|(_, names)| !names.is_empty());
        awaited.failed = Some(named.fold(error, |error, (key, names)| error.with(key, names)));
        Ok(awaited)
    }
}

fn awaited_types<C: FileChannel>(types: Vec<String>, place: &C::Place) -> Result<Vec<AwaitedType<C::Place>>> {
    if types.is_empty() || types.len() > WAIT_FOR_MAX {
        return Err(Error::invalid_field("wait_for", format!("must name 1 to {WAIT_FOR_MAX} types")));
    }
    let mut seen = BTreeSet::new();
    let types = types.into_iter().filter(|file_type| seen.insert(file_type.clone()));
    types.map(|file_type| Ok(AwaitedType { place: C::place_of_type(place, &file_type)?, file_type })).collect()
}

async fn awaited<C: FileChannel, S>(wait: AnswerWait<'_, C>, sent: S, is_reported: bool) -> AwaitedAnswers<C::File, S> {
    let BankVerdict { verdict, status, reason, text } = wait.verdict().clone();
    let missing = wait.missing();
    let mut notes = Vec::new();
    let begun = wait.begun_names();
    if !begun.is_empty() {
        notes.push(format!("the bank may have sent these files, which did not arrive: {begun}"));
    }
    if wait.namesakes() > 0 {
        notes.push("other uploads with the same message id wait too: the bank's answers name all of them".to_owned());
    }
    let (answers, others) = wait.into_files(is_reported).await;
    let verdict_text = sentence(verdict, &text);
    AwaitedAnswers { sent, verdict, verdict_text, status, reason, answers, missing, others, notes, failed: None }
}

/// The verdict in a sentence.
fn sentence(verdict: PaymentVerdict, text: &str) -> String {
    let begin = match verdict {
        PaymentVerdict::Accepted => "The bank has accepted the file",
        PaymentVerdict::Rejected => "The bank has rejected the file, nothing of it is paid",
        PaymentVerdict::PartlyRejected => "The bank has rejected a part of the file: see the status report",
        PaymentVerdict::Pending => "The bank has not decided about the file yet",
        _ => "No answer says whether the bank accepts the file",
    };
    if text.is_empty() { format!("{begin}.") } else { format!("{begin}: {}.", text.trim_end_matches('.')) }
}

/// The error for a rejection. Nothing was carried out, so its outcome is `refused`.
fn rejected<C: FileChannel, S>(awaited: &AwaitedAnswers<C::File, S>) -> Error {
    let code = |code: &Option<Code>| code.as_ref().map(|code| code.code.clone()).unwrap_or_default();
    Error::because(C::PAYMENT_REJECTED, awaited.verdict_text.clone())
        .with("status", code(&awaited.status))
        .with("reason", code(&awaited.reason))
}

/// The error when answers are missing at the end of the wait.
fn timed_out<C: FileChannel, S>(awaited: &AwaitedAnswers<C::File, S>) -> Error {
    let missing = awaited.missing.join(", ");
    let said = if awaited.answers.is_empty() { "" } else { awaited.verdict_text.as_str() };
    let row = C::ANSWER_NOT_FOUND;
    let text = format!("{} The upload was accepted; still missing: {missing}. {said}", row.text);
    Error::because(row, text.trim_end().to_owned()).with("missing", missing).with("verdict", awaited.verdict.as_str())
}
