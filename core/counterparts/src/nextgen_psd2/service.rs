//! What the pipeline and every handler work with.

use std::sync::{
    Arc, PoisonError, RwLock,
    atomic::{AtomicU64, Ordering},
};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Cache,
    clock::{Clock, SystemClock},
};
use bankchannel_nextgen_psd2::{
    certificates::{Certificate, Fault},
    signing::SigningDialect,
    verify::{Listed, Verifier},
};
use tokio::sync::Semaphore;

use super::{
    config::Config,
    limits::BankLimits,
    pages::RequestsPage,
    records::Records,
    refusal::Refusal,
    state::{Problem, State},
};
use crate::http::{control::Control, listen::ClientCertificate};

/// Most client certificates that are remembered as read.
const CLIENTS: u64 = 1024;
/// Ids of errors have ten digits.
const ERROR_IDS: u64 = 9_000_000_000;
const FIRST_ERROR_ID: u64 = 1_000_000_000;

/// A sandbox bank.
pub(crate) struct Bank {
    pub(crate) config: Config,
    /// The time; the control interface may move it.
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) state: State,
    /// Knows the trusted issuers, and the certificates it has read.
    pub(crate) verifier: Verifier,
    /// Certificates whose keys an explanation tries.
    pub(crate) known: Vec<Certificate>,
    pub(crate) limits: BankLimits,
    pub(crate) records: Records,
    /// The page that shows them.
    pub(crate) requests_page: RequestsPage,
    /// How many explanations are made at once.
    pub(crate) explaining: Arc<Semaphore>,
    /// What the control interface knows, where it is open.
    pub(crate) control: Option<Arc<Control>>,
    /// Scheme, host and port: `https://127.0.0.1:8443`.
    pub(crate) origin: String,
    lists: RwLock<Arc<Lists>>,
    /// Client certificates as they could be read, by their DER.
    clients: Cache<Box<[u8]>, Result<Certificate, Fault>>,
    errors: AtomicU64,
}

/// Certificates that the bank does not accept any more: every request has them, none copies them.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) revoked: Arc<[Listed]>,
    pub(crate) blocked: Arc<[Listed]>,
}

/// One request on its way to its handler.
pub(crate) struct Call<'a> {
    /// The third party, such as `PSDNO-FSA-987654321`.
    pub(crate) tpp: &'a str,
    /// Under which path, and so by which rules, it asked.
    pub(crate) dialect: SigningDialect,
    /// The path before the API's own: `/api` or `/bg`.
    pub(crate) base_path: &'a str,
    /// `TPP-Redirect-URI`, which any signed request may have.
    pub(crate) redirect_uri: Option<&'a str>,
    /// When it came, seconds since 1970.
    pub(crate) now_s: i64,
}

impl Call<'_> {
    /// A problem with a consent or customer as this dialect answers it.
    pub(crate) fn refused(&self, problem: Problem) -> Refusal {
        let (status, code) = problem.answer(self.dialect);
        let path = match problem {
            Problem::Format { field, .. } => Some(field.into()),
            _ => None,
        };
        Refusal { path, ..Refusal::new(status, code, problem.text()) }
    }
}

impl Bank {
    /// A bank of these parts.
    pub(crate) fn new(
        config: Config,
        clock: Arc<SystemClock>,
        state: State,
        anchors: Vec<Certificate>,
        third_parties: Vec<Certificate>,
        origin: String,
    ) -> Self {
        let known = third_parties.into_iter().chain(anchors.iter().cloned()).collect();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let start = u64::from_le_bytes(random::bytes()) % ERROR_IDS;
        let bank = Self {
            control: config.control.then(Arc::default),
            config,
            clock,
            state,
            verifier: Verifier::new(anchors),
            known,
            limits: BankLimits::new(),
            records: Records::default(),
            requests_page: RequestsPage::new(),
            explaining: Arc::new(Semaphore::new(processors)),
            origin,
            lists: RwLock::default(),
            clients: Cache::new(CLIENTS),
            errors: AtomicU64::new(start),
        };
        bank.refresh_lists();
        bank
    }

    /// Now, in seconds.
    pub(crate) fn now_s(&self) -> i64 {
        self.clock.now_s()
    }

    /// The next error's id: digits, as the banks' are.
    pub(crate) fn error_id(&self) -> String {
        (FIRST_ERROR_ID + self.errors.fetch_add(1, Ordering::Relaxed) % ERROR_IDS).to_string()
    }

    /// What is revoked and blocked.
    pub(crate) fn lists(&self) -> Arc<Lists> {
        Arc::clone(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the lists again from the state. A serial number there is meant of every trusted issuer.
    pub(crate) fn refresh_lists(&self) {
        // Read under the lock: of two that read at once the later has what both have added.
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        let serials = self.state.serials();
        let of = |serials: &[Vec<u8>]| {
            let each = |serial: &Vec<u8>| {
                self.verifier
                    .anchors()
                    .iter()
                    .map(|anchor| Listed::Certificate { serial: serial.clone(), issuer: anchor.subject().clone() })
                    .collect::<Vec<_>>()
            };
            serials.iter().flat_map(each).collect()
        };
        *lists = Arc::new(Lists { revoked: of(&serials.revoked), blocked: of(&serials.blocked) });
    }

    /// The client certificate of a connection, read as strictly as one that signs.
    ///
    /// # Errors
    /// [`Fault`]: TLS is content with some that are not strict DER.
    pub(crate) fn client(&self, shown: &ClientCertificate) -> Result<Certificate, Fault> {
        let der: &[u8] = &shown.0;
        if let Some(known) = self.clients.get(der) {
            return known;
        }
        let read = Certificate::from_der(der);
        self.clients.insert(der.into(), read.clone(), 1);
        read
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::{
        super::{BankOptions, certificates::sheet_authorities},
        *,
    };

    /// Whoever orders at the same time: what was blocked is refused from then on.
    #[test]
    fn what_is_blocked_at_once_is_listed() {
        const AT_ONCE: usize = 4;
        let anchors = sheet_authorities().unwrap();
        for _ in 0..200 {
            let (config, state) = (Config::of(&BankOptions::default()).unwrap(), State::open(None).unwrap());
            let bank = Bank::new(config, Arc::default(), state, anchors.clone(), Vec::new(), String::new());
            let barrier = Barrier::new(AT_ONCE);
            let (bank, barrier) = (&bank, &barrier);
            std::thread::scope(|scope| {
                for number in 1..=AT_ONCE {
                    scope.spawn(move || {
                        barrier.wait();
                        bank.state.block(&number.to_string()).unwrap();
                        bank.refresh_lists();
                    });
                }
            });
            assert_eq!(bank.lists().blocked.len(), AT_ONCE * anchors.len());
        }
    }
}
