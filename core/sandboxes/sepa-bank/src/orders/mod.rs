//! The orders that only this sandbox bank has (§9.6), by subject: declaration, types and handler of each in one file.

mod certificates;
mod customers;
mod faults;
mod files;
mod payee_checks;

use bankchannel_foundation::{Error, Result};
use bankchannel_server::orders::CallableOrder;

use super::dialect::{BankDialect, DIALECTS};

pub use certificates::{
    IssuedCertificates, ListIssued, ListedIssuedCertificate, MoveTime, MovedTime, NewBankCertificates, RevocationOrder,
    RevokeOfBank, RevokedBankCertificates, RollOver, RolloverOrder, TimeOrder,
};
pub use customers::{
    AddCustomers, AddedBankCustomers, AddedCustomer, CodeReceiver, CodeSent, NewBankCustomers, NewCustomer, SendCode,
};
pub use faults::{
    AwaitHeld, FaultOrders, GreatestLoad, HeldAnswerCount, HeldOrder, LoadOrder, OrderFaults, ReleaseHeld,
    ReleasedAnswers, TellLoad,
};
pub use files::{
    AddFiles, AddedFiles, CountUploads, CountedUploads, ListDocuments, ListFiles, ListedFile, ListedSandboxFiles,
    ReceivedDocument, ReceivedDocuments, Seed, SeededBankFile, SeededBankFiles,
};

pub use payee_checks::{CancelBankOrder, DecidedBankOrders, ReleaseBankOrder, SandboxBankOrder};

pub use crate::{
    certificates::{RevokedOfBank, RolledOver},
    chaos::FaultOrder,
    state::{CustomerStanding, FileKind},
};

/// All of them.
pub(super) static ALL: &[&[CallableOrder]] = &[
    files::FILE_ORDERS,
    payee_checks::PAYEE_CHECK_ORDERS,
    customers::CUSTOMER_ORDERS,
    faults::FAULT_ORDERS,
    certificates::CERTIFICATE_ORDERS,
];

/// The longest time that an order may give: a hundred years, seconds.
const LONGEST_S: i64 = 100 * 366 * 86_400;

/// The dialect of a family.
pub(crate) fn known_family(name: &str) -> Result<&'static BankDialect> {
    BankDialect::named(name).ok_or_else(|| {
        let known: Vec<&str> = DIALECTS.iter().map(BankDialect::name).collect();
        Error::invalid_field("family", format!("must be one of {}", known.join(", ")))
    })
}
