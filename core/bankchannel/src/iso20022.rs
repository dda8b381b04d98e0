//! Payment files, status reports and statements: operations that only compute, and the types below them.
//!
//! The content of a typed request is in memory. For files of any size use [`cash::CashReader`] with any
//! [`Read`](std::io::Read).

pub use bankchannel_iso20022::{
    MODULE,
    answers::PaymentVerdict,
    archive::{ArchiveContent, ArchiveMember},
    cash::{
        AmountDetail, AmountKind, AvailableAmount, BalanceCheck, BankTransactionCode, Batch, CardTransaction, CashFile,
        CashFileBuilder, CashKind, CashMessage, CashMessageBuilder, Charge, CheckedAccount, CheckedStatements,
        CreditLine, Cursor, Direction, Entry, EntryCounts, EntryDetail, InterestRecord, ReturnInformation, Statement,
        StatementAccount, StatementBalance, StatementBreak, StatementBreakKind, StatementEnd, StatementPlace,
        TransactionSummary,
    },
    check::{CheckedBatch, CheckedPayment},
    data::{
        Address, BankDetails, Code, CodeBuilder, ContactDetails, MessageName, MessageNameBuilder, Moment,
        MomentBuilder, Money, MoneyBuilder, Party, PartyIdentifier, ReferredDocument, Remittance, RemittanceAmount,
        SharedParty, StructuredRemittance, UnreadElement,
    },
    errors, iban,
    make::{
        ChargeBearer, CreditTransfer, DocumentKind, GroupData, IntermediaryBank, MadeBatch, MadePayment, PaidDocument,
        PaymentBankDetails, PaymentData, PaymentParty, PaymentPriority, PaymentTable, PostalAddress, RegulatoryReport,
        RowFormat, TextChange, TransferKind,
    },
    matching::{
        BookingPlace, LeftoverEntry, LeftoverReason, LeftoverReport, Matched, MatchedBatch, MatchedBy,
        MatchedTransaction, Outcome, OutcomeTotal, ReportPlace, StatusSource,
    },
    meaning::{Again, MoneyState},
    operations::reading::{ReadCashRequest, ReadCashRequestBuilder},
    payee_check::{
        OrderWaitsFor, PayeeCheck, PayeeCheckBuilder, PayeeCheckNote, PayeeCheckNoteBuilder, PayeeCheckResult,
        PayeeCheckState, PayeeCheckSummary, PayeeCheckSummaryBuilder,
    },
    payment::{
        PaymentBatch, PaymentBatchBuilder, PaymentFile, PaymentFileBuilder, PaymentKind, PaymentKindBuilder,
        PaymentTransaction, PaymentTransactionBuilder,
    },
    rules::{
        BaseProfile, Characters, Finding, HybridAddress, Level, PaymentVersion, ProfileOptions,
        reference::ReferenceKind,
    },
    status::{
        BatchStatus, BatchStatusBuilder, StatusCount, StatusCountBuilder, StatusFile, StatusFileBuilder, StatusReason,
        StatusReasonBuilder, StatusReport, StatusReportBuilder, TransactionStatus, TransactionStatusBuilder,
    },
    tables,
};

/// Reads statements, reports and notifications of any size, entry by entry.
pub mod cash {
    pub use bankchannel_iso20022::cash::{
        CashItem, CashReader, ContinuityCheck, MAX_DETAILS, MAX_HELD, ReadOptions, read_all, read_notification,
        read_page, read_report, read_statement,
    };
}

/// Checks payment files of any size.
pub mod check {
    pub use bankchannel_iso20022::check::{
        CheckOptions, FindingListener, MAX_BATCHES, MAX_FINDINGS, PaymentCheck, check, check_telling,
    };
}

/// Recognises files, and gives those in an archive.
pub mod files {
    pub use bankchannel_iso20022::{FileReceiver, MessageFileKind, RecognisedFile, file_kind, files_in};
}

/// Makes payment files, transaction by transaction.
pub mod make {
    pub use bankchannel_iso20022::make::{
        COLUMNS, DataPlace, MAX_BATCHES, MAX_CELL, MAX_CHANGES, MAX_ERRORS, MAX_LINE, MAX_REFUSED_ROWS, MAX_ROW,
        MAX_TRANSACTIONS, MAX_WARNINGS, PaymentMaker, TransferColumn, example_csv,
    };
}

/// Matches payments with status reports and statements.
pub mod matching {
    pub use bankchannel_iso20022::matching::match_status;
}

/// What codes mean, in words.
pub mod meaning {
    pub use bankchannel_iso20022::meaning::{
        Reason, Status, account_type, balance, bank_transaction, document, entry_status, purpose, reason, reason_of,
        return_reason, service_level, status, status_of,
    };
}

/// Reads payment files.
pub mod payment {
    pub use bankchannel_iso20022::payment::{each_transaction, read_payment, read_with_encoding};
}

/// The rules for values of payments.
pub mod rules {
    pub use bankchannel_iso20022::rules::{
        BankProfile, RULES, Rule, address, bic, calendar, charges, clearing, country, identifier, lei, money, payee,
        priority, purpose, written_reference,
    };

    /// Which characters a text may have.
    pub mod characters {
        pub use bankchannel_iso20022::rules::characters::{
            CharacterChange, CharactersError, ConvertedText, convert, is_basic,
        };
    }

    /// Creditor references.
    pub mod reference {
        pub use bankchannel_iso20022::rules::reference::{
            CheckedReference, ReferenceError, ReferencePlacement, TextPlace, infer, parse, recognise, to_finnish, to_rf,
        };
    }
}

/// Reads status reports.
pub mod status {
    pub use bankchannel_iso20022::status::{read_status_report, read_with_encoding};
}

// For what goes through all operations, such as tests.
#[doc(hidden)]
pub use bankchannel_iso20022::{for_each_operation, operations};

use bankchannel_foundation::operation::CommandGroup;

use crate::{
    local,
    protocols::{CommandPlacement, Protocol},
};

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
    groups: &[CommandGroup {
        last: &["make-payment", "show", "check", "match"],
        ..CommandGroup::new(MODULE, "Payment files, status reports and statements: make, check, read", "")
    }],
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
