//! The types of requests and results of all operations, for import from one place.

pub use crate::{
    answers::PaymentVerdict,
    cash::{
        AmountDetail, AmountKind, BalanceCheck, BankTransactionCode, Batch, CashFile, CashKind, CashMessage, Charge,
        Cursor, Direction, Entry, EntryDetail, ReturnInformation, Statement, StatementAccount, StatementBalance,
        StatementEnd, TransactionSummary,
    },
    check::{CheckedBatch, CheckedPayment},
    data::{
        Address, Code, MessageName, Moment, Money, Party, ReferredDocument, Remittance, RemittanceAmount, SharedParty,
        StructuredRemittance,
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
