//! One upload's wait: polls, fetches new files, and collects the answers that are about this upload.

use std::{
    collections::BTreeSet,
    future::Future,
    path::{Path, PathBuf},
    pin::{Pin, pin},
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_foundation::{Category, Error, Result, error::row};
use bankchannel_iso20022::{
    MessageFile,
    answers::{BankVerdict, PaymentVerdict, UploadedMessage},
};
use bankchannel_transport::background;
use futures_util::{StreamExt as _, stream::FuturesUnordered};

use super::{
    super::{
        ChannelFile, FileChannel, ListedFiles,
        fetch::{ends_all, ledger_file, list, settle, store, was_not_sent},
        file_names::file_name,
        ledger::{FileLedger, LedgerEntry},
        parsed::ContentParser,
        steps::ChannelFlowSteps,
    },
    fetching::fetch,
    registry::{FetchClaim, FetchTurn, FetchedFile, FileKey, OwnAnswer, WaitRegistration},
    taken::{AwaitedFile, FetchedContent, ReportedPayments, TakenAnswer},
};

/// The maximum number of downloads of one wait at a time: a file that does not arrive must not hold up the others.
const FETCHES_MAX: usize = 4;
/// The time for which a wait that is over lets its downloads, and what other waits do for it, end.
const ENDING: Duration = Duration::from_secs(2);
/// The maximum age of the listing that the last look uses.
const LAST_AGE: Duration = Duration::from_millis(250);

/// A type of answers to wait for, and where files of it are.
pub(super) struct AwaitedType<P> {
    pub(super) file_type: String,
    pub(super) place: P,
}

/// The limits of a wait, and where its files go.
pub(super) struct WaitSettings<P> {
    /// The name of the place of all files.
    pub(super) place: String,
    pub(super) types: Vec<AwaitedType<P>>,
    pub(super) until: Instant,
    pub(super) interval: Duration,
    pub(super) folder: Option<PathBuf>,
    pub(super) ledger: Option<Arc<FileLedger>>,
    pub(super) parse: Option<bool>,
    pub(super) accept_unreferenced: bool,
}

/// The end of a wait.
pub(super) enum WaitEnd {
    /// There is an answer of each type.
    Complete,
    /// The bank has rejected the whole file: no further answer comes.
    Rejected,
    TimedOut,
    Failed(Error),
}

/// The fetching of a file that was listed.
type RunningFetch<'a, F> = Pin<Box<dyn Future<Output = FetchOutcome<F>> + Send + 'a>>;

/// A wait and its results so far.
pub(super) struct AnswerWait<'a, C: FileChannel> {
    steps: &'a ChannelFlowSteps<'a, C>,
    pub(super) registration: WaitRegistration<'a, C::File>,
    pub(super) upload: Arc<UploadedMessage>,
    pub(super) settings: WaitSettings<C::Place>,
    /// When the upload was accepted: an earlier listing has no answers.
    begun_at: Instant,
    /// The files that were there before the upload.
    known: BTreeSet<(String, String)>,
    fetches: FuturesUnordered<RunningFetch<'a, C::File>>,
    /// The files that are being fetched here.
    running: Vec<(String, String)>,
    pub(super) taken: Vec<TakenAnswer<C::File>>,
    pub(super) others: Vec<AwaitedFile<C::File>>,
    /// The files that the bank may have sent and that did not arrive.
    pub(super) begun: Vec<String>,
    reported: Arc<ReportedPayments>,
    pub(super) said: BankVerdict,
    parser: ContentParser,
}

/// The result of fetching a file.
struct FetchOutcome<F> {
    file: F,
    result: Result<Option<FetchedFile<F>>>,
}

impl<'a, C: FileChannel> AnswerWait<'a, C> {
    /// Registers the wait.
    pub(super) fn new(
        steps: &'a ChannelFlowSteps<'a, C>,
        upload: Arc<UploadedMessage>,
        settings: WaitSettings<C::Place>,
    ) -> Self {
        let types = settings.types.iter().map(|wanted| wanted.file_type.clone()).collect();
        let registry = steps.client.answers();
        Self {
            said: BankVerdict::from_reports(&upload, &[], &[]),
            parser: ContentParser::new(settings.parse),
            registration: registry.register(&settings.place, types, &upload, settings.accept_unreferenced),
            steps,
            upload,
            settings,
            begun_at: Instant::now(),
            known: BTreeSet::new(),
            fetches: FuturesUnordered::new(),
            running: Vec::new(),
            taken: Vec::new(),
            others: Vec::new(),
            begun: Vec::new(),
            reported: Arc::default(),
        }
    }

    /// Notes the files that are there before the upload.
    ///
    /// # Errors
    /// Those of the listing.
    pub(super) async fn note_known(&mut self) -> Result<()> {
        let begun = Instant::now();
        for wanted in &self.settings.types {
            let listed = loop {
                if let Some(listed) = listed(self.steps, &self.settings.place, wanted, begun).await? {
                    break listed;
                }
                self.steps.wait(Duration::from_millis(20)).await?;
            };
            self.known.extend(listed.iter().map(ChannelFile::key));
        }
        Ok(())
    }

    /// Starts the time limit: the upload was accepted.
    pub(super) fn begin(&mut self, limit: Duration) {
        let now = Instant::now();
        self.begun_at = now;
        self.settings.until = now.checked_add(limit).unwrap_or(now + Duration::from_secs(3_155_760_000));
    }

    /// Waits for the answers.
    pub(super) async fn run(&mut self) -> WaitEnd {
        let end = loop {
            let mut changed = pin!(self.steps.client.answers().changed());
            // From here on, no change is missed.
            changed.as_mut().enable();
            let is_last = Instant::now() >= self.settings.until;
            match self.look_for_answers(is_last).await {
                Err(error) => break WaitEnd::Failed(error),
                Ok(_) if self.is_rejected() => break WaitEnd::Rejected,
                Ok(_) if self.missing().is_empty() => break WaitEnd::Complete,
                Ok(is_busy) if is_last && !(is_busy && Instant::now() < self.settings.until + ENDING) => {
                    break WaitEnd::TimedOut;
                }
                Ok(_) => {}
            }
            let left = self.settings.until.saturating_duration_since(Instant::now());
            let pause = self.settings.interval.min(left).max(Duration::from_millis(20));
            let ended = {
                let fetches = &mut self.fetches;
                self.steps.race(async {
                    tokio::select! {
                        Some(fetched) = fetches.next(), if !fetches.is_empty() => Some(fetched),
                        () = &mut changed => None,
                        () = tokio::time::sleep(pause) => None,
                    }
                })
            };
            let ended = match ended.await {
                Ok(Some(fetched)) => self.fetched(fetched).await,
                Ok(None) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = ended {
                break WaitEnd::Failed(error);
            }
        };
        self.finish().await;
        end
    }

    /// Looks at the listings and the inbox once. Returns whether something is under way whose end may bring an answer.
    async fn look_for_answers(&mut self, is_last: bool) -> Result<bool> {
        let age = if is_last { self.settings.interval.min(LAST_AGE) } else { self.settings.interval };
        let now = Instant::now();
        let not_before = now.checked_sub(age).unwrap_or(now).max(self.begun_at);
        let mut is_busy = false;
        for at in 0..self.settings.types.len() {
            let wanted = &self.settings.types[at];
            let listed = match listed(self.steps, &self.settings.place, wanted, not_before).await {
                Ok(Some(listed)) => listed,
                Ok(None) => {
                    is_busy = true;
                    continue;
                }
                Err(error) if self.passes(&error) => continue,
                Err(error) => return Err(error),
            };
            let is_new = |file: &&C::File| file.file_type() == wanted.file_type && !self.known.contains(&file.key());
            let new: Vec<C::File> = listed.iter().filter(is_new).cloned().collect();
            let place = wanted.place.clone();
            for file in new {
                if self.fetches.len() >= FETCHES_MAX {
                    is_busy = true;
                    break;
                }
                match self.steps.client.answers().turn(FileKey::new(&self.settings.place, &file)) {
                    FetchTurn::Yours(claim) => self.fetch(place.clone(), file, claim),
                    FetchTurn::Running => is_busy = true,
                    FetchTurn::NotNow => {}
                }
            }
        }
        self.collect().await?;
        Ok(is_busy || !self.fetches.is_empty())
    }

    fn fetch(&mut self, place: C::Place, file: C::File, claim: FetchClaim<'a, C::File>) {
        self.running.push(file.key());
        self.steps.say(&format!("downloading the {}", file.file_type()));
        let steps = self.steps;
        let (ledger, interval) = (self.settings.ledger.clone(), self.settings.interval);
        self.fetches.push(Box::pin(async move {
            let result = fetch(steps, (&place, &file), ledger, claim, interval).await;
            FetchOutcome { file, result }
        }));
    }

    /// Takes the result of a fetch. The file may be this wait's, another one's or without an owner.
    async fn fetched(&mut self, fetched: FetchOutcome<C::File>) -> Result<()> {
        let FetchOutcome { file, result } = fetched;
        let key = file.key();
        self.running.retain(|running| *running != key);
        let name = name_of(&key);
        match result {
            Ok(nobodys) => {
                self.begun.retain(|begun| *begun != name);
                if let Some(other) = nobodys {
                    self.note_other(other).await;
                }
                Ok(())
            }
            Err(error) => {
                if !was_not_sent(&error) {
                    self.note_begun(name);
                }
                // One file that does not arrive does not end the wait: its owner is unknown.
                let ends = error.category() == Category::Permission || ends_all(&error, self.steps);
                if ends { Err(error) } else { Ok(()) }
            }
        }
    }

    /// Takes the answers out of the inbox.
    async fn collect(&mut self) -> Result<()> {
        let own = self.registration.take();
        if own.is_empty() {
            return Ok(());
        }
        let mut stored = Ok(());
        for own in own {
            let (answer, entry) = match self.described(&own.fetched).await {
                Ok(described) => described,
                Err((answer, error)) => {
                    stored = Err(error);
                    (answer, None)
                }
            };
            self.note_content(&own);
            self.taken.push(TakenAnswer { answer, own, entry });
        }
        let all = self.settings.types.len();
        self.steps.say(&format!("{} of {all} kinds of answers have come", all - self.missing().len()));
        self.judge().await;
        stored
    }

    /// An answer for the result: in the folder, or in memory. If it cannot be written, it is in memory, and the error
    /// is returned too.
    async fn described(
        &mut self,
        fetched: &FetchedFile<C::File>,
    ) -> Result<(AwaitedFile<C::File>, Option<LedgerEntry>), (AwaitedFile<C::File>, Error)> {
        let bytes = fetched.bytes.len() as u64;
        let mut content = FetchedContent { bytes, ..FetchedContent::default() };
        let reports = fetched.read.content.as_ref().map(MessageFile::reports).unwrap_or_default();
        if !reports.is_empty() {
            let own = self.upload.own_reports(reports);
            content.status_text = Some(BankVerdict::of_unreferenced(&own).text).filter(|text| !text.is_empty());
        }
        content.parsed = self.parser.answer(&fetched.read, bytes);
        let stored = match &self.settings.folder {
            Some(folder) => Some(store(self.steps, &fetched.file, fetched.bytes.clone(), folder).await),
            None => None,
        };
        let described = |content| AwaitedFile { file: fetched.file.clone(), fetched: content };
        match stored {
            Some(Ok(path)) => {
                let entry = self.note_path(fetched, &path).await;
                content.path = Some(path.display().to_string());
                Ok((described(content), entry))
            }
            Some(Err(error)) => {
                content.content = Some(fetched.bytes.clone().into());
                Err((described(content), error))
            }
            None => {
                content.content = Some(fetched.bytes.clone().into());
                Ok((described(content), None))
            }
        }
    }

    /// Notes the name of a stored file in the ledger. Returns an entry of its own if another wait fetched the file, for
    /// another ledger.
    async fn note_path(&mut self, fetched: &FetchedFile<C::File>, path: &Path) -> Option<LedgerEntry> {
        let ledger = self.settings.ledger.clone()?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_regular = file_name(&fetched.file).is_ok_and(|regular| regular == name);
        match fetched.entry.as_ref().filter(|shared| shared.folder == ledger.folder()) {
            Some(_) if is_regular => None,
            Some(shared) => {
                let entry = Arc::clone(&shared.entry);
                settle(move || entry.rename(&name)).await;
                None
            }
            None => {
                let described = ledger_file(&fetched.file, &name);
                background::blocking(move || ledger.begin(described).ok()).await.ok().flatten()
            }
        }
    }

    async fn note_other(&mut self, fetched: FetchedFile<C::File>) {
        let other = match self.described(&fetched).await {
            Ok((other, _)) => other,
            Err((other, error)) => {
                self.steps.say(&format!("a file that is no answer cannot be saved: {}", error.message()));
                other
            }
        };
        self.others.push(other);
    }

    fn note_content(&mut self, answer: &OwnAnswer<C::File>) {
        // No other reference exists now, so nothing is copied.
        let reported = Arc::make_mut(&mut self.reported);
        let Some(file) = &answer.fetched.read.content else { return };
        let reports = match answer.is_unreferenced {
            true => &mut reported.unreferenced_reports,
            false => &mut reported.reports,
        };
        reports.extend(file.reports().iter().cloned());
        reported.statements.extend(file.statements().iter().cloned());
    }

    /// Determines the bank's verdict, from all answers so far.
    async fn judge(&mut self) {
        let (upload, reported) = (Arc::clone(&self.upload), Arc::clone(&self.reported));
        let judged = background::blocking(move || reported.verdict(&upload));
        if let Ok(said) = judged.await {
            self.said = said;
        }
    }

    fn is_rejected(&self) -> bool {
        self.said.verdict == PaymentVerdict::Rejected
    }

    /// Lets downloads end that are under way, for a short time, and takes their results.
    async fn finish(&mut self) {
        let until = Instant::now() + if self.steps.is_over() { Duration::ZERO } else { ENDING };
        while !self.fetches.is_empty() {
            let next = tokio::time::timeout(until.saturating_duration_since(Instant::now()), self.fetches.next());
            let Ok(Some(fetched)) = self.steps.race(next).await.unwrap_or(Ok(None)) else { break };
            let _ = self.fetched(fetched).await;
        }
        let _ = self.collect().await;
        for key in std::mem::take(&mut self.running) {
            self.note_begun(name_of(&key));
        }
    }

    fn note_begun(&mut self, name: String) {
        if !self.begun.contains(&name) {
            self.begun.push(name);
        }
    }

    /// Whether waiting continues after a failed listing: the next one may succeed.
    fn passes(&self, error: &Error) -> bool {
        let passing = [&row::CONNECT_FAILED, &row::CONNECTION_LOST, &row::UNAVAILABLE, &row::RATE_LIMITED];
        // The time limit of one poll does not end the flow.
        passing.contains(&error.row())
            || C::passes(error)
            || (error.category() == Category::TimedOut && !self.steps.is_over())
    }
}

/// A list of the files of a type that was begun at `not_before` or later; `None` if another wait is making it.
async fn listed<C: FileChannel>(
    steps: &ChannelFlowSteps<'_, C>,
    place: &str,
    wanted: &AwaitedType<C::Place>,
    not_before: Instant,
) -> Result<Option<Arc<Vec<C::File>>>> {
    // All: a file that another wait or process has fetched is no longer new.
    let list = list(steps, &wanted.place, ListedFiles::All);
    steps.client.answers().listing((place, &wanted.file_type), not_before, list).await
}

pub(super) fn name_of((file_type, reference): &(String, String)) -> String {
    format!("{file_type} {reference}")
}
