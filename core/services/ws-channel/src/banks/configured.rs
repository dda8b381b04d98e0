//! The banks of the configuration: opened at the start, and again by a reload.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, atomic::Ordering},
};

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    Result,
    clock::{Clock, SystemClock},
    model::{Boundary as _, Representation, Writer},
    read_regular_text,
};
use bankchannel_server::private;
use bankchannel_ws_channel::model::Bank;
use zeroize::Zeroizing;

use super::{BankChannel, BankMetrics, Channels, ServiceBanks, observed, sepa::SepaBank};
use crate::{
    config::{ReachedBankConfig, ServiceConfig},
    data::SPOOL_ELSEWHERE,
};

/// Below the data folder: the banks' own certificates and lists. Without it, they are asked again.
const KNOWLEDGE: &str = "banks";
/// The largest file of a bank that is compared, in bytes.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// The banks of a configuration, opened.
#[derive(Default)]
pub(crate) struct ConfiguredBanks(BTreeMap<Bank, ConfiguredBank>);

#[derive(Clone)]
struct ConfiguredBank {
    channel: Arc<dyn BankChannel>,
    settings: ReachedBankConfig,
    /// The digests of the files that they name, by their places.
    files: BTreeMap<String, [u8; 32]>,
    /// Where the bank's own certificates and lists are kept.
    knowledge: Option<PathBuf>,
}

impl ConfiguredBanks {
    /// Opens them, with their own certificates and lists as a service with this data folder has kept them. Nothing is sent, and nothing
    /// written.
    ///
    /// # Errors
    /// `configuration.invalid`, naming bank and setting.
    pub(crate) fn open(config: &ServiceConfig, data: Option<&Path>, clock: &Arc<SystemClock>) -> Result<Self> {
        Self::opened_beside(&Self::default(), config, data, clock)
    }

    /// The same, but for those that are open as they would be opened: they stay, with what they know.
    fn opened_beside(
        present: &Self,
        config: &ServiceConfig,
        data: Option<&Path>,
        clock: &Arc<SystemClock>,
    ) -> Result<Self> {
        let folder = data.map(|data| data.join(KNOWLEDGE));
        let mut all = BTreeMap::new();
        for (bank, configured) in config.banks.configured() {
            // Before they are read: what changes meanwhile is seen by the next reload.
            let files = digests_of_files(bank, configured);
            let is_same = |known: &&ConfiguredBank| known.files == files && are_same(&known.settings, configured);
            let known = present.0.get(&bank).filter(is_same);
            let (channel, knowledge): (Arc<dyn BankChannel>, _) = match known {
                Some(known) => (Arc::clone(&known.channel), known.knowledge.clone()),
                None => {
                    let clock = Arc::<SystemClock>::clone(clock) as Arc<dyn Clock>;
                    let opened = configured.open(bank, config.flavour, clock, folder.clone())?;
                    let knowledge = opened.knowledge_folder().map(Path::to_owned);
                    (Arc::new(SepaBank::new(bank, opened, configured)), knowledge)
                }
            };
            all.insert(bank, ConfiguredBank { channel, settings: configured.clone(), files, knowledge });
        }
        Ok(Self(all))
    }

    fn folders(&self) -> impl Iterator<Item = &Path> {
        self.0.values().filter_map(|one| one.knowledge.as_deref())
    }

    /// Checks the folders for their own certificates and lists, as far as they are there.
    ///
    /// # Errors
    /// `configuration.invalid` for a link, or a folder that others can change.
    pub(crate) fn check_folders(&self) -> Result<()> {
        if let Some(all) = self.folders().next().and_then(Path::parent) {
            private::check_inner_folder(all, SPOOL_ELSEWHERE)?;
        }
        self.folders().try_for_each(|folder| private::check_inner_folder(folder, SPOOL_ELSEWHERE))
    }

    /// Makes them in a data folder that is there. They are not needed: if there is no room for them, the log says so.
    ///
    /// # Errors
    /// Those of [`check_folders`](Self::check_folders).
    pub(super) fn make_folders(&self, data: &Path) -> Result<()> {
        self.check_folders()?;
        let mut folders = self.folders().peekable();
        if folders.peek().is_none() || !data.is_dir() {
            return Ok(());
        }
        let made = private::inner_folder(&data.join(KNOWLEDGE), SPOOL_ELSEWHERE);
        if let Err(why) = made.and_then(|()| folders.try_for_each(private::folder)) {
            tracing::warn!(%why, "what banks show of themselves cannot be kept: after a restart they are asked again");
        }
        Ok(())
    }

    /// The channels to them.
    pub(super) fn channels(&self) -> Channels {
        Channels(self.0.iter().map(|(bank, one)| (*bank, Arc::clone(&one.channel))).collect())
    }

    /// The names of the banks, in order.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        Bank::ALL.iter().filter(|bank| self.0.contains_key(bank)).map(|bank| bank.as_str()).collect()
    }

    /// The same, whose calls are counted and logged.
    pub(super) fn observed_by(mut self, metrics: &Arc<BankMetrics>) -> Self {
        for (bank, one) in &mut self.0 {
            one.channel = observed(*bank, Arc::clone(&one.channel), metrics);
        }
        self
    }

    /// The banks whose channel in `others` is not this one, or that have none there.
    fn not_in<'a>(&'a self, others: &'a Self) -> impl Iterator<Item = Bank> {
        let is_there = |bank: &Bank, one: &ConfiguredBank| {
            others.0.get(bank).is_some_and(|other| Arc::ptr_eq(&other.channel, &one.channel))
        };
        self.0.iter().filter(move |(bank, one)| !is_there(bank, one)).map(|(bank, _)| *bank)
    }

    /// The places of files whose content is another one than in `former`, where that had the file too.
    fn changed_files(&self, former: &Self) -> Vec<String> {
        let mut changed = Vec::new();
        for (bank, one) in &self.0 {
            let Some(before) = former.0.get(bank) else { continue };
            let is_other =
                |(place, digest): &(&String, &[u8; 32])| before.files.get(*place).is_some_and(|was| was != *digest);
            changed.extend(one.files.iter().filter(is_other).map(|(place, _)| place.clone()));
        }
        changed
    }
}

fn are_same(one: &ReachedBankConfig, other: &ReachedBankConfig) -> bool {
    let written = |of: &ReachedBankConfig| Zeroizing::new(of.clone().write(&mut Writer::new(Representation::Boundary)));
    written(one) == written(other)
}

/// A file that cannot be read has none: opening the bank says so.
fn digests_of_files(bank: Bank, configured: &ReachedBankConfig) -> BTreeMap<String, [u8; 32]> {
    let named = [
        ("profile_file", &configured.profile_file),
        ("anchors_file", &configured.anchors_file),
        ("bank_encryption_certificate_file", &configured.bank_encryption_certificate_file),
        ("ca_file", &configured.ca_file),
    ];
    let digest = |(setting, path): (&str, &Option<String>)| {
        let text = read_regular_text(path.as_ref()?.as_ref(), FILE_MAX).ok()?;
        Some((format!("banks.{}.{setting}", bank.as_str()), digest::sha256(text.as_bytes())))
    };
    named.into_iter().filter_map(digest).collect()
}

impl ServiceBanks {
    /// Opens the banks of a configuration that was read again, but for those that are open already.
    ///
    /// # Errors
    /// As [`ConfiguredBanks::open`] and [`ConfiguredBanks::make_folders`].
    pub(crate) fn prepare(
        &self,
        config: &ServiceConfig,
        data: &Path,
        clock: &Arc<SystemClock>,
    ) -> Result<ConfiguredBanks> {
        let present = ConfiguredBanks(self.configured.lock().unwrap_or_else(PoisonError::into_inner).0.clone());
        let prepared = ConfiguredBanks::opened_beside(&present, config, Some(data), clock)?;
        prepared.make_folders(data)?;
        Ok(prepared)
    }

    /// Takes them in place of the former ones, with which calls under way go on. Returns the places of files whose content is
    /// another one.
    pub(crate) fn take(&self, prepared: ConfiguredBanks) -> Vec<String> {
        let mut configured = self.configured.lock().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<Bank> = prepared.not_in(&configured).collect();
        let mut prepared = prepared;
        for bank in &new {
            if let Some(one) = prepared.0.get_mut(bank) {
                one.channel = observed(*bank, Arc::clone(&one.channel), &self.metrics);
            }
        }
        let changed_files = prepared.changed_files(&configured);
        let former: Vec<Bank> = configured.not_in(&prepared).collect();
        if !new.is_empty() || !former.is_empty() {
            let limit = |bank: &Bank| Some((*bank, configured.0.get(bank)?.channel.time_limit()));
            self.keep_limits(former.iter().filter_map(limit));
            self.channels.put(prepared.channels().and(self.lasting.clone()));
            for bank in new.iter().chain(&former) {
                self.forget_turns(*bank);
                self.metrics.forget_authorities(*bank);
            }
            self.reached.forget();
            self.replaced.fetch_add(1, Ordering::Release);
        }
        *configured = prepared;
        changed_files
    }

    /// A number that rises when channels are replaced.
    pub(super) fn replaced(&self) -> u64 {
        self.replaced.load(Ordering::Acquire)
    }
}
