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
    answers::{BankVerdict, UploadedMessage},
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

/// The wait for the bank's answers to an upload, and where they go.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct AwaitAnswers {
    /// The time limit for all answers together, in seconds, fractions allowed. Default: 60. Real banks may take hours: then
    /// look for reports later, with `download_new_files`.
    pub wait_timeout_s: Option<bankchannel_foundation::model::Seconds>,
    /// The interval between two polls, in seconds, fractions allowed, at least 0.1. Default: 1.
    pub poll_interval_s: Option<bankchannel_foundation::model::Seconds>,
    /// The folder for the answers, with names as in `download_new_files`. Without a folder the answers are in the
    /// response. If a name is taken by a file with another content, the answer gets another name, with `~2` before
    /// `.dat`: names contain neither the bank nor its customer.
    pub directory: Option<String>,
    /// The folder of the ledger, from which `download_new_files` reports fetched files that answer no upload, and those
    /// of a call that failed. Default: `directory`; without both there is none.
    pub ledger: Option<String>,
    /// Whether to take files that carry no reference, although other uploads of this client wait too. Default: false:
    /// such a file is taken only if no other upload of this client waits for its type.
    pub accept_unreferenced: Option<bool>,
    /// Whether the bank's rejection of the whole file is an error, with the response as its `partial_response`: at the WS
    /// Channel `ws_channel.payment_rejected`, at a bank's own channel `sepa_web_services.payment_rejected`. Default:
    /// false: the response says it in `verdict`.
    pub fail_if_rejected: Option<bool>,
    /// Whether the response also has the answers in parsed form. Default: true.
    pub parse: Option<bool>,
}

/// A wait that can begin: its types are checked, and its folders are there.
pub(crate) struct UploadWait<P> {
    settings: WaitSettings<P>,
    limit: Duration,
    fails_if_rejected: bool,
}

/// The bank's answer on an uploaded file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
#[boundary(flattened)]
pub struct UploadDecision {
    /// The bank's verdict on the file, by its answers.
    pub verdict: bankchannel_iso20022::answers::PaymentVerdict,
    /// The order's next step at the bank, after a report of the payee check: nothing is paid until then, and the verdict is
    /// `pending`.
    pub waits_for: Option<bankchannel_iso20022::payee_check::OrderWaitsFor>,
    /// The verdict in a sentence, with the bank's status and reason: `The bank has rejected the file, nothing of it is
    /// paid: RJCT (rejected), reason AM04 (insufficient funds).`
    pub verdict_text: String,
    /// The bank's status of the file, such as `ACCP` or `RJCT`.
    pub status: Option<bankchannel_iso20022::data::Code>,
    /// The first reason for that status, such as `AM04`.
    pub reason: Option<bankchannel_iso20022::data::Code>,
    /// The message id of the file, by which answers name it; left out if the file has none.
    pub message_id: Option<String>,
}

/// The outcome of an upload: the result of sending, and the answers.
pub(crate) struct AwaitedAnswers<F, S> {
    /// The result of sending.
    pub(crate) sent: S,
    pub(crate) decision: UploadDecision,
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
        (place, wait_for): (&P, Vec<String>),
        wanted: AwaitAnswers,
    ) -> Result<Self> {
        let types = awaited_types::<C>(wait_for, place)?;
        let folder = match &wanted.directory {
            Some(directory) => Some(open_folder(steps, "directory", directory).await?),
            None => None,
        };
        let ledger = match &wanted.ledger {
            Some(ledger) => Some(open_folder(steps, "ledger", ledger).await?),
            None => folder.clone(),
        };
        let settings = WaitSettings {
            place: steps.client.place_name(place),
            types,
            until: Instant::now(),
            interval: wanted.poll_interval_s.map_or(POLL, |Seconds(interval)| interval).max(POLL_MIN),
            folder,
            ledger: ledger.map(|folder| Arc::new(steps.client.ledger(place, &folder))),
            parse: wanted.parse,
            accept_unreferenced: wanted.accept_unreferenced.unwrap_or_default(),
        };
        let limit = wanted.wait_timeout_s.map_or(WAIT, |Seconds(wait)| wait);
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
        let mut awaited = awaited(wait, (upload, sent), is_reported).await;
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

async fn awaited<C: FileChannel, S>(
    wait: AnswerWait<'_, C>,
    (upload, sent): (&UploadedMessage, S),
    is_reported: bool,
) -> AwaitedAnswers<C::File, S> {
    let said = wait.verdict().clone();
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
    let (verdict_text, message_id) = (said.sentence(), upload.message_id().map(str::to_owned));
    let BankVerdict { verdict, status, reason, waits_for, text: _ } = said;
    let decision = UploadDecision { verdict, waits_for, verdict_text, status, reason, message_id };
    AwaitedAnswers { sent, decision, answers, missing, others, notes, failed: None }
}

/// The error for a rejection. Nothing was carried out, so its outcome is `refused`.
fn rejected<C: FileChannel, S>(awaited: &AwaitedAnswers<C::File, S>) -> Error {
    let code = |code: &Option<Code>| code.as_ref().map(|code| code.code.clone()).unwrap_or_default();
    let UploadDecision { verdict_text, status, reason, .. } = &awaited.decision;
    Error::because(C::PAYMENT_REJECTED, verdict_text.clone()).with("status", code(status)).with("reason", code(reason))
}

/// The error when answers are missing at the end of the wait.
fn timed_out<C: FileChannel, S>(awaited: &AwaitedAnswers<C::File, S>) -> Error {
    let missing = awaited.missing.join(", ");
    let said = if awaited.answers.is_empty() { "" } else { awaited.decision.verdict_text.as_str() };
    let row = C::ANSWER_NOT_FOUND;
    let text = format!("{} The upload was accepted; still missing: {missing}. {said}", row.text);
    let error = Error::because(row, text.trim_end().to_owned())
        .with("missing", missing)
        .with("verdict", awaited.decision.verdict.as_str());
    match awaited.decision.waits_for {
        Some(waits_for) => error.with("waits_for", waits_for.as_str()),
        None => error,
    }
}
