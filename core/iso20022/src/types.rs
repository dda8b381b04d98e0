//! The types of requests and results of all operations, for import from one place.

pub use crate::{
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
