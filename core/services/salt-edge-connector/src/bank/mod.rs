//! The bank's side: the built-in example, or the bank's own code behind a URL.
//!
//! ```text
//!   example    customers, accounts, a year of transactions       page    its customers' page: approve or refuse
//! ```

mod data;
mod example;
pub(super) mod page;

use std::sync::Arc;

use bankchannel::{CallAsker, CallOptions, salt_edge_connector::BankAtUrl};
use bankchannel_foundation::{Error, Result};
use serde_json::Value;

pub use data::{ExampleCustomer, NewCustomers};
pub(super) use example::ExampleBank;

/// The bank behind the connector.
pub(super) enum ConnectorBank {
    /// The built-in example; the second pointer is the same bank as an [`CallAsker`].
    Example(Arc<ExampleBank>, Arc<dyn CallAsker>),
    /// The bank's own code, over HTTP.
    Url(Arc<BankAtUrl>),
}

impl ConnectorBank {
    pub(super) fn example(bank: ExampleBank) -> Self {
        let bank = Arc::new(bank);
        let asker = CallOptions::default().with_bank(Arc::clone(&bank)).asker;
        match asker {
            Some(asker) => Self::Example(bank, asker),
            None => unreachable!("a call that was given a bank has one"),
        }
    }

    pub(super) fn asker(&self) -> Arc<dyn CallAsker> {
        match self {
            Self::Example(_, asker) => Arc::clone(asker),
            Self::Url(bank) => Arc::clone(bank) as Arc<dyn CallAsker>,
        }
    }

    /// The sent codes.
    pub(super) fn sent(&self) -> Vec<Value> {
        match self {
            Self::Example(bank, _) => bank.sent(),
            Self::Url(_) => Vec::new(),
        }
    }

    /// Removes added customers and sent codes.
    pub(super) fn reset(&self) {
        if let Self::Example(bank, _) = self {
            bank.reset();
        }
    }

    /// Adds customers and returns their number.
    ///
    /// # Errors
    /// `input.*`.
    pub(super) fn seed(&self, new: NewCustomers) -> Result<u64> {
        match self {
            Self::Example(bank, _) => bank.seed(new),
            Self::Url(_) => Err(Error::invalid_field("customers", "the bank at the URL has its own customers")),
        }
    }
}
