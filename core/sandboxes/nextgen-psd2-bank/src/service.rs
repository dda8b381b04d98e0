//! The state and services shared by the pipeline and all handlers.

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
    certificates::{Certificate, CertificateFault},
    signing::SigningDialect,
    verify::{ListedCertificate, RequestVerifier},
};
use tokio::sync::Semaphore;

use super::{
    config::BankConfig,
    limits::BankLimits,
    pages::RequestsPage,
    records::RequestRecords,
    refusal::SandboxRefusal,
    state::{BankState, ConsentProblem},
};
use bankchannel_server::http::{control::ControlState, listen::ClientCertificate};

/// The maximum number of cached client certificates.
const CLIENTS: u64 = 1024;
/// Error ids have ten digits.
const ERROR_IDS: u64 = 9_000_000_000;
const FIRST_ERROR_ID: u64 = 1_000_000_000;

/// A sandbox bank.
pub(crate) struct SandboxBank {
    pub(crate) config: BankConfig,
    /// The bank's clock; the control interface may set it.
    pub(crate) clock: Arc<SystemClock>,
    pub(crate) state: BankState,
    /// Has the trusted issuers and a cache of parsed certificates.
    pub(crate) verifier: RequestVerifier,
    /// Certificates whose keys an explanation tries against a signature.
    pub(crate) known: Vec<Certificate>,
    pub(crate) limits: BankLimits,
    pub(crate) records: RequestRecords,
    /// The page that shows the records.
    pub(crate) requests_page: RequestsPage,
    /// Limits the number of concurrent explanations.
    pub(crate) explaining: Arc<Semaphore>,
    /// The state of the control interface, if it is enabled.
    pub(crate) control: Option<Arc<ControlState>>,
    /// Scheme, host and port: `https://127.0.0.1:8443`.
    pub(crate) origin: String,
    lists: RwLock<Arc<CertificateLists>>,
    /// Parsed client certificates, or why parsing failed, by their DER.
    clients: Cache<Box<[u8]>, Result<Certificate, CertificateFault>>,
    errors: AtomicU64,
}

/// Certificates that the bank no longer accepts, shared so that requests do not copy them.
#[derive(Default)]
pub(crate) struct CertificateLists {
    pub(crate) revoked: Arc<[ListedCertificate]>,
    pub(crate) blocked: Arc<[ListedCertificate]>,
}

/// A request for a handler.
pub(crate) struct BankCall<'a> {
    /// The third party, such as `PSDNO-FSA-987654321`.
    pub(crate) tpp: &'a str,
    /// The dialect of the mount, which decides the rules.
    pub(crate) dialect: SigningDialect,
    /// The path prefix of the API: `/api` or `/bg`.
    pub(crate) base_path: &'a str,
    /// `TPP-Redirect-URI`, which is allowed in any signed request.
    pub(crate) redirect_uri: Option<&'a str>,
    /// The time of arrival, seconds since 1970.
    pub(crate) now_s: i64,
}

impl BankCall<'_> {
    /// The response to a problem with a consent or customer, in this dialect.
    pub(crate) fn refused(&self, problem: ConsentProblem) -> SandboxRefusal {
        let (status, code) = problem.answer(self.dialect);
        let path = match problem {
            ConsentProblem::Format { field, .. } => Some(field.into()),
            _ => None,
        };
        SandboxRefusal { path, ..SandboxRefusal::new(status, code, problem.text()) }
    }
}

impl SandboxBank {
    /// Creates a bank from its parts.
    pub(crate) fn new(
        config: BankConfig,
        clock: Arc<SystemClock>,
        state: BankState,
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
            verifier: RequestVerifier::new(anchors),
            known,
            limits: BankLimits::new(),
            records: RequestRecords::default(),
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

    /// The next error id: digits, like those of real banks.
    pub(crate) fn error_id(&self) -> String {
        (FIRST_ERROR_ID + self.errors.fetch_add(1, Ordering::Relaxed) % ERROR_IDS).to_string()
    }

    /// The revoked and blocked certificates.
    pub(crate) fn lists(&self) -> Arc<CertificateLists> {
        Arc::clone(&self.lists.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reloads the lists from the state. A serial number there applies to every trusted issuer.
    pub(crate) fn refresh_lists(&self) {
        // Read under the lock: of two concurrent reads, the later one has the additions of both.
        let mut lists = self.lists.write().unwrap_or_else(PoisonError::into_inner);
        let serials = self.state.serials();
        let of = |serials: &[Vec<u8>]| {
            let each = |serial: &Vec<u8>| {
                self.verifier
                    .anchors()
                    .iter()
                    .map(|anchor| ListedCertificate::Certificate {
                        serial: serial.clone(),
                        issuer: anchor.subject().clone(),
                    })
                    .collect::<Vec<_>>()
            };
            serials.iter().flat_map(each).collect()
        };
        *lists = Arc::new(CertificateLists { revoked: of(&serials.revoked), blocked: of(&serials.blocked) });
    }

    /// The parsed client certificate of a connection, checked as strictly as a signing certificate.
    ///
    /// # Errors
    /// [`Fault`]: TLS accepts some certificates that are not strict DER.
    pub(crate) fn client(&self, shown: &ClientCertificate) -> Result<Certificate, CertificateFault> {
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

    /// Even with concurrent commands, a blocked certificate is refused from then on.
    #[test]
    fn what_is_blocked_at_once_is_listed() {
        const AT_ONCE: usize = 4;
        let anchors = sheet_authorities().unwrap();
        for _ in 0..200 {
            let (config, state) =
                (BankConfig::from_options(&BankOptions::default()).unwrap(), BankState::open(None).unwrap());
            let bank = SandboxBank::new(config, Arc::default(), state, anchors.clone(), Vec::new(), String::new());
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
