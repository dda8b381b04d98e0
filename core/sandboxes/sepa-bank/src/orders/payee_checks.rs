//! Orders about payments that wait after their payee check.

use bankchannel_bank_simulator::{AnswerIds, cancel, decide};
use bankchannel_foundation::{Error, Result, model::Boundary, operation::HostedForm};
use bankchannel_server::server_orders;
use jiff::{Timestamp, tz::TimeZone};

use super::known_family;
use crate::{
    files::bank_answers::BankAnswerFiles,
    service::SandboxSepaBank,
    state::{SandboxChange, SandboxOrder, StateData},
};

server_orders! {
    /// Orders about payments that wait after their payee check.
    pub static PAYEE_CHECK_ORDERS: SandboxSepaBank, "sepa-bank";

    /// Release orders that wait after their payee check.
    ///
    /// As a customer does at a bank: a status report and the bookings follow at once. One order by the message id of its
    /// file, or all that wait.
    ReleaseBankOrder("sepa_bank.release_order", HostedForm::at("release_order")):
        SandboxBankOrder => DecidedBankOrders, blocking SandboxSepaBank::release_order;

    /// Cancel orders that wait after their payee check.
    ///
    /// A status report rejects them with `DS02`. Otherwise as `release_order`.
    CancelBankOrder("sepa_bank.cancel_order", HostedForm::at("cancel_order")):
        SandboxBankOrder => DecidedBankOrders, blocking SandboxSepaBank::cancel_order;
}

/// An order that waits after its payee check.
#[derive(Boundary)]
#[non_exhaustive]
pub struct SandboxBankOrder {
    /// The message id of its payment file. Default: all orders that wait.
    pub message_id: Option<String>,
}

/// The orders that were released or cancelled.
#[derive(Boundary)]
#[non_exhaustive]
pub struct DecidedBankOrders {
    /// The message ids of their payment files.
    pub message_ids: Vec<String>,
}

impl SandboxSepaBank {
    fn release_order(&self, order: SandboxBankOrder) -> Result<DecidedBankOrders> {
        self.decide_orders(&order, true)
    }

    fn cancel_order(&self, order: SandboxBankOrder) -> Result<DecidedBankOrders> {
        self.decide_orders(&order, false)
    }

    fn decide_orders(&self, wanted: &SandboxBankOrder, release: bool) -> Result<DecidedBankOrders> {
        let mut message_ids = Vec::new();
        while let Some(decided) = self.state.change(|state| self.decide_next(state, wanted, release))? {
            message_ids.push(decided);
        }
        if message_ids.is_empty() {
            return Err(Error::invalid_field("message_id", "no such order waits for release"));
        }
        Ok(DecidedBankOrders { message_ids })
    }

    /// Decides about the oldest order that is meant and whose check is over. Returns its message id.
    fn decide_next(
        &self,
        state: &StateData,
        wanted: &SandboxBankOrder,
        release: bool,
    ) -> Result<(Option<String>, Vec<SandboxChange>)> {
        let now_ms = self.scenario_ms();
        let is_meant = |order: &&SandboxOrder| {
            wanted.message_id.as_ref().is_none_or(|id| *id == order.message_id) && order.checked_ms <= now_ms
        };
        let Some(order) = state.orders.iter().find(is_meant) else { return Ok((None, Vec::new())) };
        let failed = |why: &dyn std::fmt::Display| Error::internal(why.to_string());
        let content = self.state.content(&order.upload)?;
        let dialect = known_family(&order.family)?;
        let at = Timestamp::from_millisecond(now_ms).map_err(|why| failed(&why))?;
        let today = at.to_zoned(TimeZone::UTC).date();
        let ids = AnswerIds::new(format!("{}-{}", &dialect.name()[..2].to_uppercase(), state.references))
            .map_err(|why| failed(&why))?;
        let key = format!("{}/{}", order.family, order.customer_id);
        let decision = match release {
            true => decide(&content, &state.books(&key).ledger(), None, at, today, &ids),
            false => cancel(&content, at, today, &ids),
        };
        let mut answers = BankAnswerFiles {
            dialect,
            customer_id: &order.customer_id,
            target_id: order.target_id.clone(),
            parent: &order.upload,
            first: state.references,
            files: Vec::new(),
        };
        let books = answers.decided(decision.map_err(|why| failed(&why))?, now_ms, order.is_production);
        let mut changes = vec![SandboxChange::OrderDecided { upload: order.upload.clone() }];
        changes.extend(books.map(|books| SandboxChange::Books { key, books }));
        for (file, bytes) in answers.files {
            self.state.store(&file.reference, &bytes)?;
            changes.push(SandboxChange::File(file));
        }
        Ok((Some(order.message_id.clone()), changes))
    }
}
