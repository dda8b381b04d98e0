//! The common parts of entries and their details: codes, amounts in other currencies, charges, returns.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::{Date, Decimal};

use super::Direction;
use crate::data::{Code, ElementValues, Money, boxed};
use crate::meaning;
use bankchannel_xml::XmlElement;

/// The kind of the booked transaction: ISO 20022's code, the bank's own, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankTransactionCode {
    /// The domain, such as `PMNT`.
    pub domain: Option<String>,
    /// The family, such as `RCDT`.
    pub family: Option<String>,
    /// The sub-family, such as `ESCT`.
    pub sub_family: Option<String>,
    /// The meaning of the three in words.
    pub meaning: Option<String>,
    /// The bank's own code, or that of its country.
    pub proprietary: Option<String>,
    /// The issuer of the bank's own code.
    pub issuer: Option<String>,
}

boxed!(BankTransactionCode, ReturnInformation);

impl BankTransactionCode {
    pub(super) fn read(element: XmlElement<'_>) -> Option<Self> {
        let text = |path: &str| element.value(path).map(str::to_owned);
        let mut read = Self {
            domain: text("Domn/Cd"),
            family: text("Domn/Fmly/Cd"),
            sub_family: text("Domn/Fmly/SubFmlyCd"),
            meaning: None,
            proprietary: text("Prtry/Cd"),
            issuer: text("Prtry/Issr"),
        };
        let [domain, family, sub_family] = [&read.domain, &read.family, &read.sub_family].map(Option::as_deref);
        read.meaning = meaning::bank_transaction(domain, family, sub_family);
        (read != Self::default()).then_some(read)
    }
}

/// An amount in the course of a transaction, as given by the bank: nothing is converted here.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
#[boundary(own_new)]
pub struct AmountDetail {
    /// The kind of amount.
    pub kind: AmountKind,
    /// The amount, without a sign.
    pub money: Money,
    /// The currency that was exchanged, an ISO 4217 code, if there was an exchange.
    pub source_currency: Option<String>,
    /// The currency that it was exchanged for.
    pub target_currency: Option<String>,
    /// The unit currency of the rate: the rate is for one unit of it.
    pub unit_currency: Option<String>,
    /// The rate; its direction differs between banks.
    pub rate: Option<Decimal>,
    /// When the rate was quoted.
    pub quoted: Option<Date>,
    /// The contract of the exchange.
    pub contract: Option<String>,
}

/// The kind of amount.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[boundary(open)]
#[non_exhaustive]
pub enum AmountKind {
    /// The amount that the payer ordered.
    Instructed,
    /// The amount that was transferred between the banks.
    Transaction,
    /// The counter value in the currency of the account.
    CounterValue,
    /// The amount that was announced.
    Announced,
    /// A bank's own kind, as it is written.
    Other(String),
}

impl AmountDetail {
    /// An amount without an exchange.
    pub fn new(kind: AmountKind, money: Money) -> Self {
        Self {
            kind,
            money,
            source_currency: None,
            target_currency: None,
            unit_currency: None,
            rate: None,
            quoted: None,
            contract: None,
        }
    }

    /// Reads `AmtDtls`.
    pub(super) fn read_all(details: Option<XmlElement<'_>>, values: &mut ElementValues<'_>) -> Vec<Self> {
        details
            .into_iter()
            .flat_map(XmlElement::children)
            .filter_map(|one| {
                let kind = match one.name() {
                    "InstdAmt" => AmountKind::Instructed,
                    "TxAmt" => AmountKind::Transaction,
                    "CntrValAmt" => AmountKind::CounterValue,
                    "AnncdPstngAmt" => AmountKind::Announced,
                    _ => AmountKind::Other(one.value("Tp").unwrap_or(one.name()).to_owned()),
                };
                let money = values.unsigned(one.child("Amt")?)?;
                let exchange = one.child("CcyXchg");
                let text = |name: &str| exchange?.value(name).map(str::to_owned);
                Some(Self {
                    kind,
                    money,
                    source_currency: text("SrcCcy"),
                    target_currency: text("TrgtCcy"),
                    unit_currency: text("UnitCcy"),
                    rate: exchange.and_then(|exchange| values.decimal(exchange.child("XchgRate")?)),
                    quoted: exchange
                        .and_then(|exchange| values.moment(exchange.child("QtnDt")?))
                        .map(|moment| moment.date),
                    contract: text("CtrctId"),
                })
            })
            .collect()
    }
}

/// A charge.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Charge {
    /// The amount: negative if it is debited to the account.
    pub money: Money,
    /// Whether the entry's amount contains it; left out if the bank does not specify it.
    pub included: Option<bool>,
    /// Its purpose.
    pub kind: Option<Code>,
    /// The party that bears it: `DEBT`, `CRED`, `SHAR`, `SLEV`.
    pub bearer: Option<String>,
    /// The BIC of the bank that takes it.
    pub bic: Option<String>,
    /// The name of the bank that takes it.
    pub bank_name: Option<String>,
    /// The rate in per cent.
    pub rate: Option<Decimal>,
    /// The tax on it: its rate in per cent.
    pub tax_rate: Option<Decimal>,
    /// The tax on it: its amount, without a sign.
    pub tax: Option<Money>,
}

impl Charge {
    /// Reads the charges of an entry or a detail, and their total if the bank gives one. Version 2 repeats `Chrgs`,
    /// later versions have records in it.
    pub(super) fn read_all(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> (Vec<Self>, Option<Box<Money>>) {
        let (mut charges, mut total) = (Vec::new(), None);
        for group in element.all("Chrgs") {
            if let Some(sum) = group.child("TtlChrgsAndTaxAmt") {
                total = values.money(sum).map(Box::new);
            }
            let direct = std::iter::once(group).filter(|group| group.child("Amt").is_some());
            for record in direct.chain(group.all("Rcrd")) {
                charges.extend(Self::read(record, values));
            }
        }
        (charges, total)
    }

    pub(crate) fn read(record: XmlElement<'_>, values: &mut ElementValues<'_>) -> Option<Self> {
        // A charge without a direction is debited to the account.
        let debit = record.value("CdtDbtInd").is_none_or(|direction| direction != "CRDT");
        Some(Self {
            money: values.signed(record.child("Amt")?, debit)?,
            included: values.flag(record, "ChrgInclInd"),
            kind: Code::read(record.child("Tp"), |_| None),
            bearer: record.value("Br").map(str::to_owned),
            bic: record.first(&["Agt/FinInstnId/BICFI", "Agt/FinInstnId/BIC", "Pty/FinInstnId/BIC"]).map(str::to_owned),
            bank_name: record.first(&["Agt/FinInstnId/Nm", "Pty/FinInstnId/Nm"]).map(str::to_owned),
            rate: record.child("Rate").and_then(|rate| values.decimal(rate)),
            tax_rate: record.find("Tax/Rate").and_then(|rate| values.decimal(rate)),
            tax: record.find("Tax/Amt").and_then(|tax| values.money(tax)),
        })
    }
}

/// Why money came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ReturnInformation {
    /// The reason.
    pub reason: Option<Code>,
    /// Further lines of text, in order.
    pub information: Vec<String>,
    /// The kind of the returned transaction.
    pub original_bank_code: Option<BankTransactionCode>,
    /// The party that returns it.
    pub originator: Option<String>,
}

impl ReturnInformation {
    pub(super) fn read(element: XmlElement<'_>) -> Self {
        Self {
            reason: Code::read(element.child("Rsn"), meaning::reason),
            information: element.all("AddtlInf").map(|line| line.text().to_owned()).collect(),
            original_bank_code: element.child("OrgnlBkTxCd").and_then(BankTransactionCode::read),
            originator: element.first(&["Orgtr/Nm", "Orgtr/Pty/Nm"]).map(str::to_owned),
        }
    }
}

impl ReturnInformation {
    /// Gives the reason its meaning for the direction of the return: with a debit, a collection goes back to its payer.
    pub(super) fn explain(&mut self, debit: bool) {
        if let Some(reason) = self.reason.as_mut().filter(|reason| !reason.proprietary) {
            reason.meaning = meaning::return_reason(&reason.code, debit).map(str::to_owned);
        }
    }
}

/// Credit or debit by `CdtDbtInd`; any other value is noted as a problem.
pub(super) fn direction(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Option<Direction> {
    let found = element.child("CdtDbtInd")?;
    let direction = Direction::read(found.text());
    if let Direction::Other(code) = &direction {
        values.note_fault(found, code, "is neither CRDT nor DBIT");
    }
    Some(direction)
}

/// The same for a mandatory `CdtDbtInd`: a missing one is noted as a problem too.
pub(super) fn demanded_direction(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Option<Direction> {
    let found = direction(element, values);
    if found.is_none() {
        values.note_fault(element, "", "has no direction");
    }
    found
}
