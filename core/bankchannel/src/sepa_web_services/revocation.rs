//! The revocation list of the bank's authority (§10.5): fetched before the first request of a day, kept in the folder, and
//! asked for every certificate in the path of a bank's signer.
//!
//! ```text
//!   less than a day old ─────────────────► used
//!   older, or none: fetched ─► believed ─► used, kept        with soft_fail beside the request, whose answer waits for it
//!                      └─ not to be had ─► the one of before, while it holds
//!                                           └─ none: soft_fail goes on with a warning, hard_fail sends nothing
//! ```

use std::{
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_crypto::x509::{Certificate, MAX_REVOCATION_LIST_BYTES};
use bankchannel_foundation::{CallOutcome, Error, Result, message::OutRequest, model::Boundary};
use bankchannel_sepa_web_services::{errors, verify::BelievedRevocationList};
use bankchannel_transport::{Transport, TransportSettings};

use super::{identity::KeptRevocationList, refresh::RefreshTurns, sender::FileServiceSender};
use crate::{CallOptions, ConnectionSettings, LogLevel, LogLine};

/// After so many seconds the list is fetched again.
const FETCH_AGAIN_S: i64 = 86_400;
/// The greatest age of a list, seconds from when it was fetched: an authority may give its lists a far end, or none.
const LONGEST_S: i64 = 7 * 86_400;
/// How long a list is fetched.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What happens if the revocation list of a bank's authority cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum RevocationCheck {
    /// Requests are sent, with a warning in the log: the default. Who holds up the list, which comes over plain HTTP, does not
    /// hold up payments. Certificates of the list of before stay revoked.
    #[default]
    #[boundary("soft_fail")]
    SoftFail,
    /// Nothing is sent, and a signer whose issuer's list is not there is not believed.
    #[boundary("hard_fail")]
    HardFail,
    /// The list is not fetched.
    #[boundary("off")]
    Off,
}

/// Where the list of a bank's authority is.
#[derive(Clone)]
pub(super) struct RevocationSource {
    transport: Transport,
    check: RevocationCheck,
}

impl RevocationSource {
    /// The source at this address; `None` if nothing is fetched.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(super) fn new(
        check: RevocationCheck,
        url: Option<String>,
        connection: &ConnectionSettings,
    ) -> Result<Option<Self>> {
        let url = match (check, url) {
            (RevocationCheck::Off, _) | (RevocationCheck::SoftFail, None) => return Ok(None),
            (RevocationCheck::HardFail, None) => {
                let why = "is missing: crl_check is hard_fail, and the bank's profile has no list that goes with these addresses";
                return Err(Error::invalid_setting("crl_url", why));
            }
            (_, Some(url)) => url,
        };
        let settings = connection.transport(url)?;
        let settings = TransportSettings {
            allows_plain: true,
            connect_timeout: settings.connect_timeout.min(TIMEOUT),
            max_answer_bytes: MAX_REVOCATION_LIST_BYTES * 2,
            retries: 0,
            send_traceparent: false,
            record_to: None,
            ..settings
        };
        let transport = Transport::new(&settings).map_err(|error| match error.detail("field") {
            Some("base_url") => Error::invalid_setting("crl_url", error.message().trim_start_matches("base_url: ")),
            _ => error,
        })?;
        Ok(Some(Self { transport, check }))
    }

    /// Fetches the list.
    ///
    /// # Errors
    /// Why it is not there, as a sentence without its full stop; those of an ended call.
    async fn fetch(&self, options: &CallOptions) -> Result<std::result::Result<Vec<u8>, String>> {
        let limit = options.timeout.map_or(TIMEOUT, |limit| (limit / 2).min(TIMEOUT));
        let request = OutRequest { method: "GET".to_owned(), ..OutRequest::default() };
        let fetched = options.race(self.transport.once(&request, &[], Some(Instant::now() + limit))).await?;
        Ok(match fetched {
            Ok(answer) if answer.status == 200 => Ok(answer.body.to_vec()),
            Ok(answer) => Err(format!("the server answers with HTTP status {}", answer.status)),
            Err(error) => Err(error.message().to_owned()),
        })
    }
}

/// A list that was fetched.
#[derive(Clone)]
struct FetchedList {
    believed: Arc<BelievedRevocationList>,
    fetched_s: i64,
}

impl FetchedList {
    fn is_fresh(&self, now_s: i64) -> bool {
        self.believed.holds_at(now_s) && (0..FETCH_AGAIN_S).contains(&(now_s - self.fetched_s))
    }

    /// Whether it will do where no newer one is to be had.
    fn will_do(&self, now_s: i64) -> bool {
        self.believed.holds_at(now_s) && (0..LONGEST_S).contains(&(now_s - self.fetched_s))
    }
}

/// What is known of the revoked certificates of a bank.
#[derive(Default)]
pub(super) struct KnownRevocations {
    source: Option<RevocationSource>,
    list: Mutex<Option<FetchedList>>,
    turns: RefreshTurns,
}

impl KnownRevocations {
    /// Knows the list of the folder, if one of these authorities has signed it.
    pub(super) fn new(
        source: Option<RevocationSource>,
        kept: Option<KeptRevocationList>,
        authorities: &[Certificate],
        allows_sha1: bool,
    ) -> Self {
        let known = Self { source, ..Self::default() };
        if let (Some(_), Some(kept)) = (&known.source, kept)
            && let Ok(believed) = BelievedRevocationList::read(kept.pem.as_bytes(), authorities, allows_sha1)
        {
            *known.list() = Some(FetchedList { believed: Arc::new(believed), fetched_s: kept.fetched_s });
        }
        known
    }

    fn list(&self) -> MutexGuard<'_, Option<FetchedList>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list by which answers are verified: also one that has ended, since what it names stays revoked.
    pub(super) fn known(&self) -> Option<Arc<BelievedRevocationList>> {
        self.list().as_ref().map(|list| Arc::clone(&list.believed))
    }

    /// Whether a signer is believed only if a list has its issuer.
    pub(super) fn is_required(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.check == RevocationCheck::HardFail)
    }

    /// Waits for a list that is being fetched.
    ///
    /// # Errors
    /// `cancelled`, `timeout.deadline`.
    pub(super) async fn settled(&self, options: &CallOptions) -> Result<()> {
        match &self.source {
            Some(_) => options.race(self.turns.settled()).await,
            None => Ok(()),
        }
    }

    /// Why a certificate that the bank's authority has issued does not hold any more, as a phrase behind its name.
    pub(super) fn why_revoked(&self, certificate: &Certificate) -> Option<String> {
        self.known()?.why_revoked(certificate)
    }
}

impl FileServiceSender {
    /// Does this work with a revocation list of today: with `hard_fail` after it was fetched, otherwise beside that. An answer
    /// is verified when it is there, or cannot be had.
    ///
    /// # Errors
    /// Those of [`look_at_revocations`](Self::look_at_revocations), and of the work.
    pub(super) async fn with_revocations<T, E: From<Error>>(
        &self,
        options: &CallOptions,
        work: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        let mut looks = pin!(self.look_at_revocations(options));
        if self.trust.revocations.is_required() {
            looks.await?;
            return work.await;
        }
        let mut work = pin!(work);
        tokio::select! {
            biased;
            // An end of the call is the work's to tell, which knows what was sent.
            _ = &mut looks => {}
            done = &mut work => return done,
        }
        work.await
    }

    /// Sees to a revocation list of today. Of calls at once one fetches it.
    ///
    /// # Errors
    /// `sepa_web_services.revocation_unknown` with `hard_fail`, if there is none that holds; `cancelled`, `timeout.deadline`.
    pub(super) async fn look_at_revocations(&self, options: &CallOptions) -> Result<()> {
        let known = &self.trust.revocations;
        let Some(source) = &known.source else { return Ok(()) };
        let now_s = self.clock.now_s();
        let before = known.list().clone();
        if before.as_ref().is_some_and(|list| list.is_fresh(now_s)) {
            return Ok(());
        }
        let is_needed = known.is_required() && !before.is_some_and(|list| list.will_do(now_s));
        let turn = if is_needed { Some(known.turns.needed(options).await?) } else { known.turns.spare(now_s) };
        let Some(_turn) = turn else { return Ok(()) };
        if known.list().as_ref().is_some_and(|list| list.is_fresh(now_s)) {
            return Ok(());
        }
        known.turns.begin(now_s);
        let url = source.transport.base_url();
        options.log_line(LogLevel::Info, LogLine::new("the bank's revocation list is fetched").with("url", url));
        let why = match source.fetch(options).await? {
            Ok(bytes) => match self.believe_list(&bytes, now_s, options).await? {
                Ok(()) => return Ok(()),
                Err(why) => why,
            },
            Err(why) => why,
        };
        let line = |text: &'static str| LogLine::new(text).with("url", url).with("error", why.clone());
        match known.list().as_ref().is_some_and(|list| list.will_do(now_s)) {
            true => options.log_line(LogLevel::Warning, line("no new revocation list: the one of before is used")),
            false if !is_needed => {
                options
                    .log_line(LogLevel::Warning, line("no revocation list: it is not known which certificates hold"));
            }
            false => {
                let text = format!("the revocation list at {url} cannot be had, and crl_check is hard_fail: {why}");
                let error = Error::because(&errors::REVOCATION_UNKNOWN, text).with_outcome(CallOutcome::NotSent);
                known.turns.failed(&error);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Takes a list that was fetched.
    ///
    /// # Errors
    /// Why it is not taken; those of an ended call.
    async fn believe_list(
        &self,
        bytes: &[u8],
        now_s: i64,
        options: &CallOptions,
    ) -> Result<std::result::Result<(), String>> {
        let mut authorities: Vec<Certificate> = self.rules.intermediates.clone();
        authorities.extend(self.trust.learnt());
        authorities.extend(self.trust.anchors(options).await?.iter().map(|anchor| anchor.certificate.clone()));
        let read = BelievedRevocationList::read(bytes, &authorities, self.rules.allows_sha1);
        let believed = match read {
            Ok(believed) if !believed.holds_at(now_s) => return Ok(Err("the list has ended".to_owned())),
            Ok(believed) => believed,
            Err(why) => return Ok(Err(why)),
        };
        let pem = believed.list().to_pem();
        let known = &self.trust.revocations;
        {
            let mut list = known.list();
            // Who can play an older one back would take a revocation back.
            let issued_s = |list: &FetchedList| list.believed.list().this_update_s();
            let is_older = list.as_ref().is_some_and(|known| issued_s(known) > believed.list().this_update_s());
            if is_older {
                return Ok(Err("the list is older than the one that is known".to_owned()));
            }
            *list = Some(FetchedList { believed: Arc::new(believed), fetched_s: now_s });
        }
        known.turns.answered();
        let kept = KeptRevocationList { pem, fetched_s: now_s };
        self.keep(options, "the bank's revocation list", move |folder| folder.keep_revocation_list(&kept)).await;
        Ok(Ok(()))
    }
}
