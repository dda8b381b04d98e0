//! Payment files, status reports and statements: operations that only compute, and the types below them.
//!
//! The content of a typed request is in memory. For files of any size use [`cash::CashReader`] with any
//! [`Read`](std::io::Read).

// The types of requests and results, without those of a single operation.
pub use bankchannel_iso20022::{
    answers::PaymentVerdict,
    cash::{
        AmountDetail, AmountKind, AvailableAmount, BalanceCheck, BankTransactionCode, Batch, CardTransaction, CashFile,
        CashKind, CashMessage, Charge, CreditLine, Cursor, Direction, Entry, EntryDetail, InterestRecord,
        ReturnInformation, Statement, StatementAccount, StatementBalance, StatementEnd, TransactionSummary,
    },
    check::{CheckedBatch, CheckedPayment},
    data::{
        Address, BankDetails, Code, ContactDetails, MessageName, Moment, Money, Party, PartyIdentifier,
        ReferredDocument, Remittance, RemittanceAmount, SharedParty, StructuredRemittance, UnreadElement,
    },
    make::{
        ChargeBearer, CreditTransfer, DocumentKind, GroupData, MadeBatch, MadePayment, PaidDocument, PaymentData,
        PaymentParty, PaymentTable, PostalAddress, RegulatoryReport, RowFormat, TextChange, TransferKind,
    },
    matching::{
        BookingPlace, LeftoverEntry, LeftoverReason, LeftoverReport, Matched, MatchedBatch, MatchedTransaction,
        Outcome, OutcomeTotal, ReportPlace, StatusSource,
    },
    meaning::{Again, MoneyState},
    payment::{PaymentBatch, PaymentFile, PaymentKind, PaymentTransaction},
    rules::{
        BaseProfile, Characters, Finding, HybridAddress, Level, PaymentVersion, ProfileOptions,
        reference::ReferenceKind,
    },
    status::{BatchStatus, StatusCount, StatusFile, StatusReason, StatusReport, TransactionStatus},
};

pub use bankchannel_iso20022::{
    MODULE, cash, check, data, errors, for_each_operation, iban, make, matching, meaning, operations, payment, rules,
    status, tables,
};

use crate::{CommandPlacement, Protocol, local};

pub use operations::reading::ReadCashRequest;

/// The protocol description of ISO 20022.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: MODULE,
    module: MODULE,
    class: "Iso20022",
    what: "payment files, status reports and statements, made, read and explained",
    operations: &[OPERATIONS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::BySubject,
    #[cfg(feature = "clients")]
    sessions: None,
    #[cfg(feature = "clients")]
    client: None,
};

macro_rules! of_the_list {
    ($($list:tt)+) => { local::module_of_local_operations! { $($list)+ } };
}
bankchannel_iso20022::for_each_operation!(of_the_list);

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/reference/iso20022.md")]
struct Iso20022Reference;
