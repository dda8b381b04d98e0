//! Payment files (`pain.001`) as typed results, versions 2 to 12.
//!
//! The whole content of a file is read, whether or not a bank would accept it: [`crate::check`] judges it.

mod reader;

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Decimal;

use crate::archive::ArchiveContent;
use crate::data::{
    Code, ElementValues, MessageName, Moment, Money, Party, Remittance, SharedParty, UnreadElement, owned,
};
use crate::meaning;
use crate::rules::Finding;
use bankchannel_xml::XmlElement;

pub(crate) use reader::{NEWEST, PAYMENT_PATH, PaymentVisitor, is_payment, read_held, read_up_to, visit};
pub use reader::{each_transaction, fuzz, read_payment, read_with_encoding};

/// A payment file: credit transfers that a customer orders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PaymentFile {
    /// The file's message name, by its namespace.
    pub message: MessageName,
    /// The message id.
    pub id: Option<String>,
    /// When the file was made.
    pub created: Option<Moment>,
    /// The number of transactions that the file declares.
    pub count: Option<u64>,
    /// The control sum: of all amounts, regardless of their currencies.
    pub sum: Option<Decimal>,
    /// The party that initiates the payments.
    pub initiating_party: Option<Party>,
    /// The batches, in order: transactions from one account on one day.
    pub batches: Vec<PaymentBatch>,
    /// Remarks on the file.
    pub notes: Vec<String>,
    /// The files of an archive; left out if the file is none.
    pub archive: Option<Box<ArchiveContent>>,
    /// Values that could not be read.
    pub problems: Vec<Finding>,
    /// Elements that are in no field.
    pub unread: Vec<UnreadElement>,
}

/// Transactions from one account on one day (`PmtInf`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PaymentBatch {
    /// The line in the file, from 1.
    pub line: u64,
    /// The payment information id.
    pub id: Option<String>,
    /// How it is paid: `TRF` by transfer, `CHK` by cheque, `TRA` by transfer with advice.
    pub method: Option<String>,
    /// Whether the account is debited once for all (`true`) or for each; left out if the bank decides.
    pub batch_booking: Option<bool>,
    /// The number of transactions that the batch declares.
    pub count: Option<u64>,
    /// The control sum of the batch.
    pub sum: Option<Decimal>,
    /// The kind of the payments.
    pub kind: PaymentKind,
    /// The requested execution date.
    pub execution: Option<Moment>,
    /// The party that pays, with account and bank.
    pub debtor: Option<Party>,
    /// The party on whose behalf the debtor pays.
    pub ultimate_debtor: Option<SharedParty>,
    /// The party that bears the charges: `DEBT`, `CRED`, `SHAR`, `SLEV`.
    pub charge_bearer: Option<String>,
    /// The account that charges are taken from.
    pub charges_account: Option<SharedParty>,
    /// An instruction for the debtor's bank.
    pub instruction: Option<String>,
    /// The transactions, in order.
    pub transactions: Vec<PaymentTransaction>,
}

/// One credit transfer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PaymentTransaction {
    /// The line in the file, from 1.
    pub line: u64,
    /// The instruction id: between the customer and the bank.
    pub instruction_id: Option<String>,
    /// The end-to-end id as it is written: it goes to the creditor.
    pub end_to_end_id: Option<String>,
    /// The UETR, a UUID.
    pub uetr: Option<String>,
    /// The amount to be paid, as it is written.
    pub money: Option<Money>,
    /// The amount of which the equivalent is to be paid in another currency.
    pub equivalent: Option<Money>,
    /// The currency that the equivalent is paid in, an ISO 4217 code.
    pub transfer_currency: Option<String>,
    /// The kind of the payment, if it differs from the batch's.
    pub kind: PaymentKind,
    /// The party that bears the charges, if it is not given for the batch.
    pub charge_bearer: Option<String>,
    /// The agreed rate of an exchange.
    pub exchange_rate: Option<Decimal>,
    /// The contract of the exchange.
    pub exchange_contract: Option<String>,
    /// The kind of cheque to make, if any.
    pub cheque: Option<String>,
    /// The intermediary banks, in order.
    pub intermediary_banks: Vec<Party>,
    /// The party that is paid, with account and bank.
    pub creditor: Option<SharedParty>,
    /// The party on whose behalf the debtor pays.
    pub ultimate_debtor: Option<SharedParty>,
    /// The party on whose behalf the creditor is paid.
    pub ultimate_creditor: Option<SharedParty>,
    /// Instructions for the creditor's bank: code and text.
    pub creditor_bank_instructions: Vec<String>,
    /// An instruction for the debtor's bank.
    pub instruction: Option<String>,
    /// The purpose.
    pub purpose: Option<Code>,
    /// The report to authorities: code and text.
    pub regulatory_reporting: Vec<String>,
    /// The remittance information: the purpose of the payment.
    pub remittance: Remittance,
}

/// The kind of a payment (`PmtTpInf`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PaymentKind {
    /// The priority: `HIGH` or `NORM`.
    pub priority: Option<String>,
    /// The service levels: `SEPA`, `URGP`, `NURG`; one before version 9.
    pub service_levels: Vec<Code>,
    /// The local instrument: `INST` for an instant payment.
    pub local_instrument: Option<Code>,
    /// The category purpose: `SALA` for salaries.
    pub category_purpose: Option<Code>,
}

impl PaymentBatch {
    /// Reads what stands before the transactions, for the rules that they are checked against.
    pub(crate) fn read_head(element: XmlElement<'_>) -> Self {
        // What cannot be read is reported when the batch is complete.
        let base = String::new;
        Self::read(element, Vec::new(), &mut ElementValues::new(element, &base))
    }

    fn read(element: XmlElement<'_>, transactions: Vec<PaymentTransaction>, values: &mut ElementValues<'_>) -> Self {
        let text = |path: &str| owned(element.value(path));
        let child = |name: &str| element.child(name);
        Self {
            line: element.line(),
            id: text("PmtInfId"),
            method: text("PmtMtd"),
            batch_booking: values.flag(element, "BtchBookg"),
            count: values.count(element, "NbOfTxs"),
            sum: child("CtrlSum").and_then(|sum| values.decimal(sum)),
            kind: PaymentKind::read(child("PmtTpInf")),
            execution: child("ReqdExctnDt").and_then(|date| values.choice(date)),
            debtor: Party::read(child("Dbtr"), child("DbtrAcct"), child("DbtrAgt")),
            ultimate_debtor: SharedParty::read(child("UltmtDbtr"), None, None),
            charge_bearer: text("ChrgBr"),
            charges_account: SharedParty::read(None, child("ChrgsAcct"), child("ChrgsAcctAgt")),
            instruction: text("InstrForDbtrAgt"),
            transactions,
        }
    }
}

impl PaymentTransaction {
    fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let text = |path: &str| owned(element.value(path));
        let child = |name: &str| element.child(name);
        let party = |name: &str| SharedParty::read(child(name), None, None);
        let between = ["IntrmyAgt1", "IntrmyAgt2", "IntrmyAgt3"].map(|name| Party::read(None, None, child(name)));
        let mut money = |path: &str| element.find(path).and_then(|amount| values.money(amount));
        Self {
            line: element.line(),
            instruction_id: text("PmtId/InstrId"),
            end_to_end_id: text("PmtId/EndToEndId"),
            uetr: text("PmtId/UETR"),
            money: money("Amt/InstdAmt"),
            equivalent: money("Amt/EqvtAmt/Amt"),
            transfer_currency: text("Amt/EqvtAmt/CcyOfTrf"),
            kind: PaymentKind::read(child("PmtTpInf")),
            charge_bearer: text("ChrgBr"),
            exchange_rate: element.find("XchgRateInf/XchgRate").and_then(|rate| values.decimal(rate)),
            exchange_contract: text("XchgRateInf/CtrctId"),
            cheque: text("ChqInstr/ChqTp"),
            intermediary_banks: between.into_iter().flatten().collect(),
            creditor: SharedParty::read(child("Cdtr"), child("CdtrAcct"), child("CdtrAgt")),
            ultimate_debtor: party("UltmtDbtr"),
            ultimate_creditor: party("UltmtCdtr"),
            creditor_bank_instructions: element.all("InstrForCdtrAgt").map(|one| words(one.children())).collect(),
            instruction: child("InstrForDbtrAgt").map(instruction).filter(|text| !text.is_empty()),
            purpose: Code::read(child("Purp"), meaning::purpose),
            regulatory_reporting: element
                .all("RgltryRptg")
                .flat_map(|report| report.all("Dtls"))
                .map(|details| words(details.children()))
                .collect(),
            remittance: Remittance::read(child("RmtInf"), values),
        }
    }
}

impl PaymentKind {
    fn read(element: Option<XmlElement<'_>>) -> Self {
        let Some(element) = element else { return Self::default() };
        Self {
            priority: owned(element.value("InstrPrty")),
            service_levels: element
                .all("SvcLvl")
                .filter_map(|level| Code::read(Some(level), meaning::service_level))
                .collect(),
            local_instrument: Code::read(element.child("LclInstrm"), meaning::service_level),
            category_purpose: Code::read(element.child("CtgyPurp"), meaning::purpose),
        }
    }
}

/// An instruction: a text, since version 10 a code and a text.
fn instruction(element: XmlElement<'_>) -> String {
    if element.children().next().is_some() { words(element.children()) } else { element.text().to_owned() }
}

/// The texts of several elements as one.
fn words<'r>(elements: impl Iterator<Item = XmlElement<'r>>) -> String {
    elements.map(XmlElement::text).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}
