//! The revocation lists of the bank's authorities (§10.5): fetched before the first request of a day, kept in the folder, and
//! asked for every certificate in the path of a bank's signer.
//!
//! ```text
//!   less than a day old ──────────────────────────► used
//!   older, or none: the folder's ─► fetched ─► believed ─► used, kept     a task of its own, at most five seconds
//!                                       └─ not to be had ─► those of before, while they hold
//!                                                            └─ none: soft_fail goes on with a warning,
//!                                                                     hard_fail sends nothing
//! ```
//!
//! With `soft_fail` a request is sent meanwhile, and its answer waits for the list. What a list has named stays revoked.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_crypto::{digest, x509::Certificate};
use bankchannel_foundation::{CallOutcome, Error, Result, message::OutRequest, shown};
use bankchannel_sepa_web_services::{
    errors,
    verify::{AppliedRevocationList, BelievedRevocationList, RevocationLists},
};
use bankchannel_transport::{Transport, background};
use tokio::sync::watch;

mod source;

pub use source::RevocationCheck;
pub(super) use source::RevocationSource;

use super::{
    bank_knowledge::{BankKnowledgeFolder, KeptRevocationList},
    kept_files::KEEP_TIMEOUT,
    sender::FileServiceSender,
    trust::ClientTrust,
};
use crate::{CallOptions, LogLevel, LogLine};

/// After so many seconds the list is fetched again.
const FETCH_AGAIN_S: i64 = 86_400;
/// The greatest age of a list, seconds from when it was fetched: an authority may give its lists a far end.
const LONGEST_S: i64 = 7 * 86_400;
/// How long a list is fetched and read.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long it is not fetched after that was in vain, unless it is needed, seconds.
const REST_S: i64 = 300;
/// After so long a round is another's to begin: its task may not be run any more.
const ROUND_LEASE: Duration = Duration::from_secs(8);
/// The lists of different authorities that are remembered.
const LISTS_MAX: usize = 8;

/// The known revoked certificates of a bank; nothing where no list is fetched.
#[derive(Default)]
pub(super) struct KnownRevocations(Option<RevocationWatch>);

/// The lists, and how they are fetched.
struct RevocationWatch {
    transport: Transport,
    check: RevocationCheck,
    allows_sha1: bool,
    /// Where they are kept.
    folder: Option<BankKnowledgeFolder>,
    state: Mutex<RevocationState>,
    /// How often fetching has ended.
    rounds: watch::Sender<u64>,
}

#[derive(Default)]
struct RevocationState {
    lists: Vec<FetchedList>,
    /// The number of the round that fetches, and when it began.
    round: Option<(u64, Instant)>,
    /// How many rounds have begun, and how many have found out whether the list is there.
    begun: u64,
    tried: u64,
    /// When the last fetching that was in vain began, Unix seconds.
    failed_s: Option<i64>,
    /// Why it was.
    why: Option<String>,
}

/// A list that was fetched.
#[derive(Clone)]
struct FetchedList {
    believed: Arc<BelievedRevocationList>,
    fetched_s: i64,
}

impl FetchedList {
    /// Whether it was fetched within so many seconds, and its own time has not ended.
    fn holds(&self, now_s: i64, age_s: i64) -> bool {
        self.believed.holds_at(now_s) && (0..age_s).contains(&(now_s - self.fetched_s))
    }
}

impl RevocationState {
    fn is_fetching(&self) -> bool {
        self.round.is_some_and(|(_, begun)| begun.elapsed() < ROUND_LEASE)
    }

    /// Whether the list is to be fetched now.
    fn is_due(&self, now_s: i64, is_needed: bool) -> bool {
        let rests = self.failed_s.is_some_and(|at_s| (0..REST_S).contains(&(now_s - at_s)));
        !self.is_fetching() && !self.has(now_s, FETCH_AGAIN_S) && (is_needed || !rests)
    }

    fn has(&self, now_s: i64, age_s: i64) -> bool {
        self.lists.iter().any(|list| list.holds(now_s, age_s))
    }

    /// Takes a list in place of the one of the same issuer. One that was fetched later than now, by a clock that was set back,
    /// counts as of now.
    ///
    /// # Errors
    /// Why not, in words.
    fn take(&mut self, new: FetchedList, now_s: i64) -> std::result::Result<(), String> {
        let issued_s = |list: &FetchedList| list.believed.list().this_update_s();
        let key = new.believed.issuer().spki_der();
        let Some(known) = self.lists.iter_mut().find(|known| known.believed.issuer().spki_der() == key) else {
            if self.lists.len() >= LISTS_MAX {
                return Err(format!("there are lists of {LISTS_MAX} authorities already"));
            }
            self.lists.push(new);
            return Ok(());
        };
        // Who can play an older one back would take a revocation back.
        if issued_s(known) > issued_s(&new) {
            return Err("the list is older than the one that is known".to_owned());
        }
        let fetched_s = known.fetched_s.min(now_s).max(new.fetched_s.min(now_s));
        *known = FetchedList { fetched_s, ..new };
        Ok(())
    }
}

/// Ends a round of fetching, however it ends.
struct FetchingRound {
    trust: Arc<ClientTrust>,
    number: u64,
}

impl Drop for FetchingRound {
    fn drop(&mut self) {
        let Some(watch) = &self.trust.revocations.0 else { return };
        let mut state = watch.state();
        if state.round.is_some_and(|(number, _)| number == self.number) {
            state.round = None;
        }
        drop(state);
        watch.rounds.send_modify(|rounds| *rounds += 1);
    }
}

impl KnownRevocations {
    /// # Errors
    /// `configuration.invalid`.
    pub(super) fn new(
        source: Option<&RevocationSource>,
        folder: Option<BankKnowledgeFolder>,
        allows_sha1: bool,
    ) -> Result<Self> {
        let Some(source) = source else { return Ok(Self::default()) };
        let (state, rounds) = (Mutex::default(), watch::Sender::default());
        let transport = Transport::new(&source.settings)?;
        Ok(Self(Some(RevocationWatch { transport, check: source.check, allows_sha1, folder, state, rounds })))
    }

    /// The lists by which answers are verified: also those that have ended, since certificates on them stay revoked.
    pub(super) fn lists(&self, now_s: i64) -> RevocationLists {
        let Some(watch) = &self.0 else { return Vec::new() };
        let applied = |list: &FetchedList| AppliedRevocationList {
            list: Arc::clone(&list.believed),
            is_current: list.holds(now_s, LONGEST_S),
        };
        watch.state().lists.iter().map(applied).collect()
    }

    /// Whether a signer is believed only if a list has its issuer.
    pub(super) fn are_required(&self) -> bool {
        self.0.as_ref().is_some_and(|watch| watch.check == RevocationCheck::HardFail)
    }

    /// Waits for a list that is being fetched, five seconds or half of the caller's time at most.
    ///
    /// # Errors
    /// `cancelled`, `timeout.deadline`.
    pub(super) async fn settled(&self, options: &CallOptions) -> Result<()> {
        let Some(watch) = &self.0 else { return Ok(()) };
        let mut rounds = watch.rounds.subscribe();
        let before = *rounds.borrow_and_update();
        if !watch.state().is_fetching() {
            return Ok(());
        }
        let limit = options.timeout.map_or(TIMEOUT, |limit| (limit / 2).min(TIMEOUT));
        let ended = tokio::time::timeout(limit, rounds.wait_for(|round| *round != before));
        // If it is not there in time, the known lists count.
        options.race(ended).await.map(drop)
    }

    /// Says that an answer is believed without a list, if so.
    pub(super) fn warn(&self, now_s: i64, options: &CallOptions) {
        let Some(watch) = &self.0 else { return };
        let state = watch.state();
        if !state.has(now_s, LONGEST_S) {
            let text = "no revocation list that holds: whether the bank's certificates were revoked is not known";
            let why = state.why.clone().unwrap_or_else(|| "it did not come in time".to_owned());
            drop(state);
            let line = LogLine::new(text).with("url", watch.transport.base_url()).with("error", why);
            options.log_line(LogLevel::Warning, line);
        }
    }

    /// Why a certificate that the bank's authority has issued does not hold any more, as a phrase behind its name.
    pub(super) fn why_revoked(&self, certificate: &Certificate) -> Option<String> {
        let watch = self.0.as_ref()?;
        watch.state().lists.iter().find_map(|list| list.believed.why_revoked(certificate))
    }
}

impl RevocationWatch {
    fn state(&self) -> MutexGuard<'_, RevocationState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the round that a caller begins, if the list is to be fetched now.
    fn begins(&self, now_s: i64, is_needed: bool) -> Option<u64> {
        let mut state = self.state();
        if !state.is_due(now_s, is_needed) {
            return None;
        }
        state.begun += 1;
        state.round = Some((state.begun, Instant::now()));
        Some(state.begun)
    }

    /// Gets a list of today: from the folder, where another process has left it, or from the authority.
    async fn refresh(&self, authorities: &Arc<Vec<Certificate>>, now_s: i64, log: &CallOptions) {
        let url = self.transport.base_url();
        let fetched = async {
            self.take_kept(authorities, now_s).await;
            if self.state().has(now_s, FETCH_AGAIN_S) {
                return Ok(None);
            }
            log.log_line(LogLevel::Info, LogLine::new("the bank's revocation list is fetched").with("url", url));
            self.fetched(authorities, now_s).await.map(Some)
        };
        let fetched = match tokio::time::timeout(TIMEOUT, fetched).await {
            Ok(fetched) => fetched,
            Err(_) => Err(format!("it is not there after {} seconds", TIMEOUT.as_secs())),
        };
        let (taken, list) = match fetched {
            Ok(Some(list)) => match self.state().take(list.clone(), now_s) {
                // The certificates on it are revoked all the same.
                Ok(()) if !list.believed.holds_at(now_s) => (Err("the list has ended".to_owned()), Some(list)),
                taken => (taken, Some(list)),
            },
            other => (other.map(drop), None),
        };
        let holds = {
            let mut state = self.state();
            state.tried += 1;
            (state.failed_s, state.why) = match &taken {
                Ok(()) => (None, None),
                Err(why) => (Some(now_s), Some(why.clone())),
            };
            state.has(now_s, LONGEST_S)
        };
        if let Err(why) = taken {
            let text = if holds { "no new revocation list: the one of before is used" } else { "no revocation list" };
            log.warn(LogLine::new(text).with("url", url).with("error", why));
        }
        if let Some(list) = list {
            // In time for the next process, if the folder does not hang.
            let _ = tokio::time::timeout(KEEP_TIMEOUT, self.keep(list, log)).await;
        }
    }

    async fn fetched(
        &self,
        authorities: &Arc<Vec<Certificate>>,
        now_s: i64,
    ) -> std::result::Result<FetchedList, String> {
        let request = OutRequest { method: "GET".to_owned(), ..OutRequest::default() };
        let answer = self.transport.once(&request, &[], Some(Instant::now() + TIMEOUT)).await;
        let body = match answer {
            Ok(answer) if answer.status == 200 => answer.body.clone(),
            Ok(answer) => return Err(format!("the server answers with HTTP status {}", answer.status)),
            Err(error) => return Err(error.message().to_owned()),
        };
        let (authorities, allows_sha1) = (Arc::clone(authorities), self.allows_sha1);
        let read = background::blocking(move || BelievedRevocationList::read(&body, &authorities, allows_sha1));
        let believed = read.await.map_err(|_| "reading it was aborted".to_owned())??;
        Ok(FetchedList { believed: Arc::new(believed), fetched_s: now_s })
    }

    /// Takes the lists in the folder. Those without a signer here stay there: their authority may be added later.
    async fn take_kept(&self, authorities: &Arc<Vec<Certificate>>, now_s: i64) {
        let Some(folder) = self.folder.clone() else { return };
        let (authorities, allows_sha1) = (Arc::clone(authorities), self.allows_sha1);
        let url = self.transport.base_url().to_owned();
        let read = move || -> Vec<FetchedList> {
            let kept = folder.revocation_lists().into_iter();
            let believed = kept.filter_map(|kept| {
                let read = BelievedRevocationList::read(kept.pem.as_bytes(), &authorities, allows_sha1);
                // One from elsewhere is known, and does not stand in for the one from here.
                let fetched_s = if kept.url == url { kept.fetched_s.min(now_s) } else { i64::MIN / 2 };
                Some(FetchedList { believed: Arc::new(read.ok()?), fetched_s })
            });
            believed.collect()
        };
        let Ok(lists) = background::blocking(read).await else { return };
        let mut state = self.state();
        for list in lists {
            // An older one is known better.
            let _ = state.take(list, now_s);
        }
    }

    /// Keeps a list in the folder, beside those of other authorities.
    async fn keep(&self, list: FetchedList, log: &CallOptions) {
        let Some(folder) = self.folder.clone() else { return };
        let place = shown::path(folder.place()).to_string();
        let url = self.transport.base_url().to_owned();
        let keep = move || {
            let issuer = digest::hex(&digest::sha256(list.believed.issuer().spki_der()));
            let pem = list.believed.list().to_pem();
            folder.keep_revocation_list(KeptRevocationList { url, issuer, fetched_s: list.fetched_s, pem })
        };
        if let Ok(Err(error)) = background::blocking(keep).await {
            let line = LogLine::new("the bank's revocation list could not be kept").with("folder", place);
            log.log_line(LogLevel::Warning, line.with("error", error.to_string()));
        }
    }
}

impl FileServiceSender {
    /// Sees to a revocation list of today: with `hard_fail` it is there afterwards, otherwise it is being fetched.
    ///
    /// # Errors
    /// `sepa_web_services.revocation_unknown` with `hard_fail`, if there is none that holds; `cancelled`, `timeout.deadline`.
    pub(super) async fn look_at_revocations(&self, options: &CallOptions) -> Result<()> {
        let revocations = &self.trust.revocations;
        let Some(watch) = &revocations.0 else { return Ok(()) };
        let now_s = self.clock.now_s();
        let is_needed = revocations.are_required() && !watch.state().has(now_s, LONGEST_S);
        // A round that ends without having found out anything, as with the runtime that it ran on, is begun once more.
        for _ in 0..2 {
            let tried = watch.state().tried;
            self.begin_round(watch, now_s, is_needed, options).await?;
            if !is_needed {
                return Ok(());
            }
            revocations.settled(options).await?;
            if watch.state().tried != tried {
                break;
            }
        }
        let state = watch.state();
        if state.has(now_s, LONGEST_S) {
            return Ok(());
        }
        let why = state.why.clone().unwrap_or_else(|| "it did not come in time".to_owned());
        let url = watch.transport.base_url();
        let text = format!("the revocation list at {url} cannot be had, and crl_check is hard_fail: {why}");
        Err(Error::because(&errors::REVOCATION_UNKNOWN, text).with_outcome(CallOutcome::NotSent))
    }
    /// Begins to fetch the list, if that is due and no other call does.
    async fn begin_round(
        &self,
        watch: &RevocationWatch,
        now_s: i64,
        is_needed: bool,
        options: &CallOptions,
    ) -> Result<()> {
        if !watch.state().is_due(now_s, is_needed) {
            return Ok(());
        }
        let anchors = self.trust.anchors(options).await.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        let Some(number) = watch.begins(now_s, is_needed) else { return Ok(()) };
        let round = FetchingRound { trust: Arc::clone(&self.trust), number };
        let mut authorities = self.rules.intermediates.clone();
        authorities.extend(self.trust.learnt());
        authorities.extend(anchors.iter().map(|anchor| anchor.certificate.clone()));
        let log = CallOptions { log: options.log.clone(), ..CallOptions::default() };
        // The call that began it may give up: the others wait for it.
        background::spawn(async move {
            let Some(watch) = &round.trust.revocations.0 else { return };
            watch.refresh(&Arc::new(authorities), now_s, &log).await;
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_crypto::{
        rsa::RsaPrivateKey,
        x509::{CertificateIssuer, CertificatePurpose, NewCertificate, NewRevocationList, SubjectAttribute},
    };
    use jiff::Timestamp;

    use super::*;

    const DAY_S: i64 = 86_400;
    const NOW_S: i64 = 1_800_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An authority; all have the same name.
    fn authority() -> CertificateIssuer {
        let subject = [(SubjectAttribute::CommonName, "Root")];
        let new = NewCertificate::new(&subject, at(NOW_S - 400 * DAY_S), at(NOW_S + 400 * DAY_S));
        let purpose = CertificatePurpose::Authority(0);
        let key = RsaPrivateKey::generate(2048).unwrap();
        CertificateIssuer::self_signed(&NewCertificate { purpose, ..new }, &key.to_pkcs8_pem()).unwrap()
    }

    /// Its list of this time, which holds for a year.
    fn list(authority: &CertificateIssuer, issued_s: i64, fetched_s: i64) -> FetchedList {
        let (this_update, next_update) = (at(issued_s), at(issued_s + 365 * DAY_S));
        let new = NewRevocationList { number: 1, this_update, next_update, revoked: &[] };
        let der = authority.revocation_list(&new).unwrap();
        let believed = BelievedRevocationList::read(&der, &[authority.certificate().clone()], false).unwrap();
        FetchedList { believed: Arc::new(believed), fetched_s }
    }

    #[test]
    fn each_issuer_has_its_newest_list_and_none_holds_for_more_than_a_week() {
        let (one, other) = (authority(), authority());
        let mut state = RevocationState::default();
        state.take(list(&one, NOW_S - 10, NOW_S), NOW_S).unwrap();
        assert!(state.take(list(&one, NOW_S - 20, NOW_S), NOW_S).unwrap_err().contains("older"));
        // One of the same name with another key has its own.
        state.take(list(&other, NOW_S - 30, NOW_S), NOW_S).unwrap();
        assert_eq!(state.lists.len(), 2);
        assert!(state.has(NOW_S + DAY_S - 1, FETCH_AGAIN_S) && !state.has(NOW_S + DAY_S, FETCH_AGAIN_S));
        assert!(state.has(NOW_S + 7 * DAY_S - 1, LONGEST_S) && !state.has(NOW_S + 7 * DAY_S, LONGEST_S));
    }

    #[test]
    fn a_clock_that_is_set_back_costs_one_fetching() {
        let authority = authority();
        let mut state = RevocationState::default();
        state.take(list(&authority, NOW_S - 10, NOW_S + 7200), NOW_S + 7200).unwrap();
        assert!(!state.has(NOW_S, FETCH_AGAIN_S));
        state.take(list(&authority, NOW_S - 10, NOW_S), NOW_S).unwrap();
        assert!(state.has(NOW_S, FETCH_AGAIN_S));
    }
}
