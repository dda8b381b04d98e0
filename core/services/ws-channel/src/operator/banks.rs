//! The banks: which the service has, and those to which a person lets no upload go for a while.

use std::{collections::BTreeMap, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    clock::Clock as _,
    model::{Boundary, Timestamp},
    operation::OperatorForm,
};
use bankchannel_server::{operator_commands, orders::PlainOrder};
use bankchannel_storage::ws_channel::{BankPause, BankPauseOrder, BankPauseOutcome};
use bankchannel_ws_channel::model::Bank;
use serde_json::Value;

use super::{accounts::stated, api::AdminApi};
use crate::{banks::built_in, data::storage};

operator_commands! {
    /// Commands about banks.
    pub(super) static BANK_COMMANDS: AdminApi, "ws-channel";

    /// List the banks of the service, and those that are paused.
    ///
    /// By name.
    ListOperatedBanks("ws_channel_operator.banks", OperatorForm {
        examples: &["--config service.toml"],
        ..OperatorForm::reading("bank-list")
    }): PlainOrder => OperatedBankListing, async AdminApi::banks;

    /// Let no upload go to a bank until bank-resume: it is refused with your reason before anything of it is sent.
    ///
    /// Uploads that the service has taken go on, and so do lists, downloads and renewals.
    PauseBank("ws_channel_operator.pause_bank", OperatorForm {
        examples: &["--bank nordea --reason 'the bank is under maintenance until 6 p.m.'"],
        notes: of_bank_elsewhere,
        ..OperatorForm::changing("bank-pause")
    }): BankToPause => OperatedBank, async AdminApi::pause_bank;

    /// Let uploads go to a bank again.
    ///
    /// What was refused meanwhile is sent again by its customers.
    ResumeBank("ws_channel_operator.resume_bank", OperatorForm {
        examples: &["--bank nordea"],
        notes: of_bank_elsewhere,
        ..OperatorForm::changing("bank-resume")
    }): BankToResume => OperatedBank, async AdminApi::resume_bank;
}

/// Who has paused a bank, unless it is said.
const UNNAMED: &str = "operator";

/// A bank to which no upload is to go.
#[derive(Debug, Clone, Boundary)]
pub(super) struct BankToPause {
    /// The bank, such as nordea.
    pub(super) bank: String,
    /// Why: customers whose uploads are refused read it.
    pub(super) reason: String,
    /// Who pauses it, for bank-list and the audit trail. Default: `operator`.
    pub(super) by: Option<String>,
}

/// A bank that is to take uploads again.
#[derive(Debug, Clone, Boundary)]
pub(super) struct BankToResume {
    /// The bank, such as nordea.
    pub(super) bank: String,
}

/// The banks.
#[derive(Debug, Boundary)]
pub(super) struct OperatedBankListing {
    /// The banks, by name.
    pub(super) banks: Vec<OperatedBankInfo>,
}

/// A bank after a command.
#[derive(Debug, Boundary)]
pub(super) struct OperatedBank {
    /// The bank.
    pub(super) bank: OperatedBankInfo,
}

/// A bank of the service.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct OperatedBankInfo {
    /// The bank.
    pub bank: String,
    /// Whether the configuration has it.
    pub configured: bool,
    /// How long the service waits for it, in seconds, if it is asked over a network.
    pub timeout_s: Option<u32>,
    /// Whether uploads to it are refused.
    pub paused: bool,
    /// Since when, RFC 3339.
    pub since: Option<String>,
    /// Why, as customers read it.
    pub reason: Option<String>,
    /// Who has paused it.
    pub by: Option<String>,
}

impl AdminApi {
    async fn banks(self: Arc<Self>, _: PlainOrder) -> Result<OperatedBankListing> {
        self.of_this_version()?;
        let mut all: BTreeMap<String, Option<BankPause>> =
            self.configured().map(|bank| (bank.as_str().to_owned(), None)).collect();
        let paused = self.store.bank_pauses().await.map_err(storage)?;
        all.extend(paused.into_iter().map(|pause| (pause.bank.clone(), Some(pause))));
        let banks = all.into_iter().map(|(bank, pause)| self.described_bank(bank, pause)).collect();
        Ok(OperatedBankListing { banks })
    }

    async fn pause_bank(self: Arc<Self>, of: BankToPause) -> Result<OperatedBank> {
        let bank = known_bank(&of.bank)?;
        let pause = BankPause {
            bank: bank.as_str().to_owned(),
            since: self.clock.now_ms(),
            reason: stated("reason", &of.reason, "says why: customers whose uploads are refused read it")?,
            by_whom: stated("by", of.by.as_deref().unwrap_or(UNNAMED), "says who pauses it")?,
        };
        self.order_bank("pause_bank", bank, Some(pause)).await
    }

    async fn resume_bank(self: Arc<Self>, of: BankToResume) -> Result<OperatedBank> {
        self.order_bank("resume_bank", known_bank(&of.bank)?, None).await
    }

    async fn order_bank(&self, what: &str, bank: Bank, pause: Option<BankPause>) -> Result<OperatedBank> {
        let store = self.audited_for(what, "", ("", bank.as_str()), "");
        let order = BankPauseOrder { bank: bank.as_str().to_owned(), pause, describe: in_words };
        match store.order_bank(order).await.map_err(storage)? {
            BankPauseOutcome::Done { .. } => {}
            BankPauseOutcome::Paused(pause) => {
                let why =
                    format!("is {} already: bank-resume, then bank-pause, gives another reason", in_words(&pause));
                return Err(Error::invalid_field("bank", why));
            }
            BankPauseOutcome::NotPaused => return Err(Error::invalid_field("bank", "is not paused")),
        }
        let pause = self.store.bank_pause(bank.as_str()).await.map_err(storage)?;
        Ok(OperatedBank { bank: self.described_bank(bank.as_str().to_owned(), pause) })
    }

    /// The banks of the configuration, and those that the service plays itself.
    fn configured(&self) -> impl Iterator<Item = Bank> {
        let reached = self.config.banks.configured().map(|(bank, _)| bank);
        built_in(&self.config).map(|(bank, _)| bank).chain(reached)
    }

    fn described_bank(&self, bank: String, pause: Option<BankPause>) -> OperatedBankInfo {
        let reached = self.config.banks.configured().find(|(one, _)| one.as_str() == bank);
        OperatedBankInfo {
            configured: self.configured().any(|one| one.as_str() == bank),
            timeout_s: reached.map(|(_, configured)| configured.timeout_s),
            bank,
            paused: pause.is_some(),
            since: pause.as_ref().map(|pause| Timestamp::from_ms(pause.since).as_str().to_owned()),
            by: pause.as_ref().map(|pause| pause.by_whom.clone()),
            reason: pause.map(|pause| pause.reason),
        }
    }
}

/// The bank of this name.
///
/// # Errors
/// `input.invalid_field` for one that there is not, with the nearest and all that there are.
pub(super) fn known_bank(name: &str) -> Result<Bank> {
    Bank::from_text(name).or_else(|| Bank::from_name(name)).ok_or_else(|| {
        let known: Vec<&str> = Bank::ALL.iter().map(|bank| bank.as_str()).collect();
        let meant = bankchannel_banks::advice(name, &known);
        Error::invalid_field("bank", format!("is not the id of a bank{meant}; there are {}", known.join(", ")))
    })
}

/// A pause in words, for the audit trail.
fn in_words(pause: &BankPause) -> String {
    format!("paused since {} by {} ({})", Timestamp::from_ms(pause.since), pause.by_whom, pause.reason)
}

/// A bank that the configuration does not have: perhaps another one was meant.
fn of_bank_elsewhere(_: &Value, answer: &Value) -> Vec<String> {
    if answer["bank"]["configured"] == true {
        return Vec::new();
    }
    let bank = answer["bank"]["bank"].as_str().unwrap_or_default();
    vec![format!("this configuration does not have {bank}: bank-list shows those that it has")]
}
