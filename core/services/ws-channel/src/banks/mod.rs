//! The banks behind the service: docs/protocols/ws-channel.md §6.
//!
//! ```text
//!   channel      the interface to a bank: one trait
//!   simulator/   the built-in simulator: own CA, books, answer files
//!   reach        the certificates of a file operation, and the tenant's entitlement
//!   renewal      the daily renewal of certificates        settle     cleans up after a crash
//! ```

mod channel;
mod fund;
mod reach;
mod renewal;
mod settle;
mod simulator;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, atomic::AtomicI64},
    time::SystemTime,
};

use bankchannel_foundation::Result;
use bankchannel_storage::ws_channel::FileScope;
use bankchannel_transport::background;
use bankchannel_ws_channel::model::Bank;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    config::{Flavour, ServiceConfig},
    fault::HandlerFault,
    keys::ServiceKeys,
    service::{BackgroundService, SettlingStore, WsChannelService},
};

pub use channel::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateEnrolment, IssuedCertificates,
    IssuedPair, OutgoingFile, PendingBankAnswer,
};
pub(crate) use channel::{BANK_TIMEOUT, PKI_TIMEOUT, within};
pub(crate) use fund::fund_simulator;
pub(crate) use reach::ReachedConnection;
pub(crate) use renewal::renew_due;
pub(crate) use settle::remove_old_content;

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
}

impl std::fmt::Debug for Channels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The banks behind the service.
pub(crate) struct ServiceBanks {
    simulator: Option<Arc<simulator::SimulatorBank>>,
    channels: Channels,
    reached: reach::ConnectionCache,
    /// Anything older was left by a previous run.
    opened: SystemTime,
    /// Time of the last search for due renewals, in milliseconds of the service's clock.
    renewals_looked_at: AtomicI64,
}

impl ServiceBanks {
    /// Opens the banks' files in the data folder.
    ///
    /// # Errors
    /// `configuration.invalid` for damaged key files.
    pub(crate) fn open(data: &Path, config: &ServiceConfig, _keys: &ServiceKeys) -> Result<Self> {
        let simulator = match config.flavour {
            Flavour::Test => Some(Arc::new(simulator::SimulatorBank::open(data, config)?)),
            Flavour::Production => None,
        };
        Ok(Self {
            simulator,
            channels: Channels::default(),
            reached: reach::ConnectionCache::default(),
            opened: SystemTime::now(),
            renewals_looked_at: AtomicI64::new(i64::MIN),
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

    /// Adds these channels.
    pub(crate) fn with_channels(self, channels: Channels) -> Self {
        Self { channels, ..self }
    }

    /// The channel to a bank, if there is one.
    pub(crate) fn channel(&self, bank: Bank) -> Option<&dyn BankChannel> {
        if let Some(channel) = self.channels.0.get(&bank) {
            return Some(&**channel);
        }
        match (bank, &self.simulator) {
            (Bank::Simulator, Some(simulator)) => Some(&**simulator),
            _ => None,
        }
    }

    /// Whether the service knows this bank at all: production does not know the simulator (§6.1).
    pub(crate) fn knows(&self, bank: Bank) -> bool {
        bank != Bank::Simulator || self.channel(bank).is_some()
    }

    /// Completes an import: at the simulator there must be an account to pay from.
    pub(crate) async fn imported(&self, store: &SettlingStore, scope: &FileScope) -> Result<(), HandlerFault> {
        match &self.simulator {
            Some(_) if scope.bank == Bank::Simulator.as_str() => {
                Ok(store.open_ledger(scope, simulator::first_ledger(0)).await?)
            }
            _ => Ok(()),
        }
    }
}

/// Starts the background tasks: the simulator's work, the daily renewal, and the cleanup after a crash.
pub(crate) fn background(service: &Arc<WsChannelService>, stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    let (settling, renewing) = (BackgroundService::new(service), BackgroundService::new(service));
    let mut tasks = vec![
        background::spawn(stopped_by(stop.clone(), async move { settle::run(&settling).await })),
        background::spawn(renewal::run(renewing, stop.clone())),
    ];
    if let Some(simulator) = &service.banks.simulator
        && simulator.books_payments()
    {
        tasks.push(background::spawn(simulator::work(
            BackgroundService::new(service),
            Arc::clone(simulator),
            stop.clone(),
        )));
    }
    tasks
}

async fn stopped_by(stop: CancellationToken, work: impl Future<Output = ()>) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = work => {}
    }
}
