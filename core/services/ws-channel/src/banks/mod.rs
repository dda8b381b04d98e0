//! The banks behind the service: docs/protocols/ws-channel.md §6.
//!
//! ```text
//!   channel      the interface to a bank: one trait
//!   simulator/   the built-in simulator: own CA, books, answer files
//!   sepa         a bank over SEPA Web Services
//!   configured   the banks of the configuration, which a reload opens again
//!   observed     counts and logs every call
//!   refusals     certificates that a bank refuses although they hold
//!   reach        the certificates of a file operation, and the tenant's entitlement
//!   pauses       banks to which the operator lets no upload go
//!   life         certificates, for core/renewal    lanes    who may speak with a bank at once
//!   renewal      looks after every certificate        alerts   tells a person in time     settle   cleans up after a crash
//! ```

pub(crate) mod alerts;
mod bank_error;
mod bank_metrics;
mod channel;
mod configured;
mod connection_for_call;
mod fund_accounts;
mod lanes;
pub(crate) mod life;
mod life_fault;
pub(crate) mod observed;
mod pauses;
mod refusals;
mod renewal;
mod sepa;
mod sepa_fault;
mod settle;
mod simulator;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::{Duration, Instant, SystemTime},
};

use bankchannel_foundation::Result;
use bankchannel_renewal::RenewalRules;
use bankchannel_server::live::LiveValue;
use bankchannel_storage::ws_channel::FileScope;
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;
use tokio::{sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    config::{Flavour, ServiceConfig},
    fault::HandlerFault,
    service::{BackgroundService, SettlingStore, WsChannelService},
};

pub use bank_error::BankError;
pub(crate) use bank_metrics::BankMetrics;
use channel::within;
pub use channel::{
    AccountBankConnection, BankChannel, BankFileDownload, CertificateCustomer, CertificateEnrolment, CertificateOfBank,
    CertificateOrder, CertificateProof, OutgoingFile, PendingBankAnswer, SigningMaterial, TrustedBankAuthority,
    UploadWaits,
};
pub(crate) use channel::{BANK_TIMEOUT, TIME_LIMITS, certificate_time_limit};
pub(crate) use configured::ConfiguredBanks;
pub(crate) use connection_for_call::{ConnectionTurn, ReachedConnection};
pub(crate) use fund_accounts::fund_simulator;
pub(crate) use pauses::{paused, refuse_if_paused};
pub(crate) use renewal::renew_due;
pub(crate) use settle::remove_old_content;
pub(crate) use simulator::OrderDecision;

/// Channels to banks in addition to the built-in simulator.
#[derive(Clone, Default)]
pub struct Channels(HashMap<Bank, Arc<dyn BankChannel>>);

impl Channels {
    /// Adds a channel to a bank, replacing an earlier one.
    #[must_use]
    pub fn with(mut self, bank: Bank, channel: Arc<dyn BankChannel>) -> Self {
        self.0.insert(bank, channel);
        self
    }

    /// The same, whose calls are counted and logged.
    fn observed_by(self, metrics: &Arc<BankMetrics>) -> Self {
        Self(self.0.into_iter().map(|(bank, inner)| (bank, observed(bank, inner, metrics))).collect())
    }

    /// These, and in their place those of `others`.
    #[must_use]
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

fn observed(bank: Bank, inner: Arc<dyn BankChannel>, metrics: &Arc<BankMetrics>) -> Arc<dyn BankChannel> {
    Arc::new(observed::ObservedChannel::around(bank, inner, Arc::clone(metrics)))
}

impl std::fmt::Debug for Channels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The banks that the service plays itself, in a test environment, and how their certificates are renewed.
pub(crate) fn built_in(config: &ServiceConfig) -> impl Iterator<Item = (Bank, RenewalRules)> {
    (config.flavour == Flavour::Test).then(|| (simulator::BANK, simulator::renewal_rules(config))).into_iter()
}

/// A bank's work beside its calls, for as long as the service runs.
type BankBackground = Box<dyn Fn(BackgroundService, CancellationToken) -> JoinHandle<()> + Send + Sync>;

/// The time limit of a channel that a reload has replaced.
struct FormerLimit {
    bank: Bank,
    limit: Duration,
    /// Until then a call may go on.
    until: Instant,
}

/// The banks behind the service.
pub(crate) struct ServiceBanks {
    channels: LiveValue<Channels>,
    /// The channels that a reload leaves: the built-in ones, and those of the program.
    lasting: Channels,
    /// The banks of the configuration, as they were opened last.
    configured: Mutex<ConfiguredBanks>,
    /// How often channels were replaced.
    replaced: AtomicU64,
    /// The time limits of those, as long as their calls may go on.
    former_limits: Mutex<Vec<FormerLimit>>,
    metrics: Arc<BankMetrics>,
    background: Vec<BankBackground>,
    /// The simulator, in a test environment.
    simulator: Option<Arc<simulator::SimulatorBank>>,
    reached: connection_for_call::ConnectionCache,
    /// Anything older was left by a previous run.
    opened: SystemTime,
    /// Calls of a connection go on beside each other, unless its certificate is about to end.
    locks: lanes::ConnectionLocks,
    /// Certificates asked for at once.
    turns: lanes::BankTurns,
    /// Keys made at once: they take a processor each.
    pub(crate) keys_made: Semaphore,
    /// Certificates that their bank refuses.
    refused: refusals::RefusedCertificates,
    /// Sets that are worked on.
    at_work: renewal::SetsAtWork,
}

impl ServiceBanks {
    /// Opens the simulator's files in the data folder, beside the banks of the configuration and the channels of the program,
    /// which go before them.
    ///
    /// # Errors
    /// `configuration.invalid` for damaged key files.
    pub(crate) fn open(
        data: &Path,
        config: &ServiceConfig,
        (configured, of_program): (ConfiguredBanks, Channels),
        metrics: &Arc<BankMetrics>,
    ) -> Result<Self> {
        configured.make_folders(data)?;
        let (mut built_in, mut background) = (Channels::default(), Vec::<BankBackground>::new());
        let mut played = None;
        if config.flavour == Flavour::Test {
            let simulator = Arc::new(simulator::SimulatorBank::open(data, config)?);
            built_in = built_in.with(simulator::BANK, Arc::clone(&simulator) as _);
            played = Some(Arc::clone(&simulator));
            if simulator.books_payments() {
                background.push(Box::new(move |service, stop| {
                    background::spawn(simulator::work(service, Arc::clone(&simulator), stop))
                }));
            }
        }
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let lasting = built_in.and(of_program).observed_by(metrics);
        let configured = configured.observed_by(metrics);
        Ok(Self {
            channels: LiveValue::new(configured.channels().and(lasting.clone())),
            lasting,
            configured: Mutex::new(configured),
            replaced: AtomicU64::new(0),
            former_limits: Mutex::default(),
            metrics: Arc::clone(metrics),
            background,
            simulator: played,
            reached: connection_for_call::ConnectionCache::default(),
            opened: SystemTime::now(),
            locks: lanes::ConnectionLocks::default(),
            turns: lanes::BankTurns::default(),
            keys_made: Semaphore::new((processors / 2).max(1)),
            refused: refusals::RefusedCertificates::default(),
            at_work: renewal::SetsAtWork::default(),
        })
    }

    /// Checks what [`open`](Self::open) would open, without creating anything.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub(crate) fn check_folder(data: &Path, config: &ServiceConfig) -> Result<()> {
        match config.flavour {
            Flavour::Test => simulator::check_folder(data, config),
            Flavour::Production => Ok(()),
        }
    }

    /// The banks that there is a channel to.
    pub(crate) fn reachable(&self) -> Vec<Bank> {
        let channels = self.channels.now();
        Bank::ALL.iter().copied().filter(|bank| channels.0.contains_key(bank)).collect()
    }

    /// The longest time for which a call of a bank may last.
    pub(crate) fn longest_call(&self) -> Duration {
        let channels = self.channels.now();
        let limits = channels.0.values().map(|channel| channel.time_limit());
        let longest = limits.chain(Bank::ALL.iter().filter_map(|bank| self.former_limit(*bank))).max();
        certificate_time_limit(longest.unwrap_or(BANK_TIMEOUT))
    }

    /// The longest time for which a file operation of this bank may last.
    fn longest_exchange(&self, bank: Option<Bank>) -> Duration {
        let of_channel = bank.and_then(|bank| self.channel(bank)).map_or(BANK_TIMEOUT, |channel| channel.time_limit());
        bank.and_then(|bank| self.former_limit(bank)).map_or(of_channel, |former| former.max(of_channel))
    }

    /// The longest time limit of this bank's channels that a reload has replaced and whose calls may still go on.
    fn former_limit(&self, bank: Bank) -> Option<Duration> {
        let (kept, now) = (self.former_limits.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        kept.iter().filter(|one| one.bank == bank && one.until > now).map(|one| one.limit).max()
    }

    /// Keeps the time limits of channels that are being replaced.
    fn keep_limits(&self, replaced: impl Iterator<Item = (Bank, Duration)>) {
        let (mut kept, now) = (self.former_limits.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        kept.retain(|one| one.until > now);
        kept.extend(replaced.map(|(bank, limit)| FormerLimit {
            bank,
            limit,
            until: now + certificate_time_limit(limit),
        }));
    }

    /// The channel to a bank, if there is one. A call goes on with the one that it has taken, whatever a reload changes.
    pub(crate) fn channel(&self, bank: Bank) -> Option<Arc<dyn BankChannel>> {
        self.channels.now().0.get(&bank).map(Arc::clone)
    }

    /// Whether the service knows this bank at all: production does not know the simulator (§6.1).
    pub(crate) fn knows(&self, bank: Bank) -> bool {
        !bank.is_test_only() || self.channel(bank).is_some()
    }

    /// Decides about orders that wait at the simulator after their payee check: about the one with this message id, or about
    /// all. Returns their message ids.
    pub(crate) fn decide_order(&self, message_id: Option<&str>, decision: OrderDecision) -> Vec<String> {
        self.simulator.as_ref().map_or_else(Vec::new, |simulator| simulator.decide_order(message_id, decision))
    }

    /// Completes an import: where the bank's books are here, there must be an account to pay from.
    pub(crate) async fn imported(&self, store: &SettlingStore, scope: &FileScope) -> Result<(), HandlerFault> {
        let channel = Bank::from_text(&scope.bank).and_then(|bank| self.channel(bank));
        match channel.and_then(|channel| channel.ledger_of_import()) {
            Some(ledger) => Ok(store.open_ledger(scope, ledger).await?),
            None => Ok(()),
        }
    }
}

/// Starts the background tasks: the banks' work, the certificates, and the cleanup after a crash.
pub(crate) fn background(service: &Arc<WsChannelService>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let (settling, renewing) = (BackgroundService::new(service), BackgroundService::new(service));
    let mut tasks = vec![
        background::spawn(stopped_by(stop.clone(), async move { settle::run(&settling).await })),
        background::spawn(renewal::run(renewing, stop.clone())),
    ];
    let of_banks = service.banks.background.iter().map(|begin| begin(BackgroundService::new(service), stop.clone()));
    tasks.extend(of_banks);
    tasks
}

async fn stopped_by(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}
