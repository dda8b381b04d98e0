//! Particulars that some banks give with balances, entries and their transactions.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::{Date, Decimal};
use bankchannel_xml::XmlElement;

use super::Direction;
use super::parts::direction;
use crate::data::{Code, ElementValues, Moment, Money, boxed, owned};

/// When an amount becomes available.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct AvailableAmount {
    /// The number of days until then, as it is written, such as `1`.
    pub days: Option<String>,
    /// The date.
    pub date: Option<Date>,
    /// The amount: negative if money leaves the account.
    pub money: Money,
}

impl AvailableAmount {
    /// Reads each `Avlbty`.
    pub(super) fn read_all(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Vec<Self> {
        let read = |one: XmlElement<'_>| {
            let debit = direction(one, values) == Some(Direction::Debit);
            Some(Self {
                days: owned(one.value("Dt/NbOfDays")),
                date: one.find("Dt/ActlDt").and_then(|date| values.moment(date)).map(|moment| moment.date),
                money: one.child("Amt").and_then(|amount| values.signed(amount, debit))?,
            })
        };
        element.children().filter(|child| child.name() == "Avlbty").filter_map(read).collect()
    }
}

/// A credit line of an account.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CreditLine {
    /// Whether the balance contains it.
    pub included: Option<bool>,
    /// The kind of credit line.
    pub kind: Option<Code>,
    /// The amount.
    pub money: Option<Money>,
    /// Its date.
    pub date: Option<Moment>,
}

impl CreditLine {
    /// Reads each `CdtLine`.
    pub(super) fn read_all(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Vec<Self> {
        let read = |one: XmlElement<'_>| Self {
            included: values.flag(one, "Incl"),
            kind: Code::read(one.child("Tp"), |_| None),
            money: one.child("Amt").and_then(|amount| values.money(amount)),
            date: one.child("Dt").and_then(|date| values.choice(date)),
        };
        element.children().filter(|child| child.name() == "CdtLine").map(read).collect()
    }
}

/// Interest.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct InterestRecord {
    /// The amount: negative if it is debited to the account.
    pub money: Option<Money>,
    /// The kind of interest: `INDY` within the day, `OVRN` overnight.
    pub kind: Option<Code>,
    /// The rate in per cent, such as `0.50`.
    pub rate: Option<Decimal>,
    /// The start of the period.
    pub from: Option<Moment>,
    /// The end of the period.
    pub to: Option<Moment>,
    /// The reason.
    pub reason: Option<String>,
}

impl InterestRecord {
    /// Reads `Intrst`: version 2 repeats it, later versions have records in it.
    pub(super) fn read_all(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Vec<Self> {
        let mut all = Vec::new();
        for group in element.children().filter(|child| child.name() == "Intrst") {
            let has_records = group.child("Rcrd").is_some();
            let records: Vec<XmlElement<'_>> = group.children().filter(|child| child.name() == "Rcrd").collect();
            let records = if has_records { records } else { vec![group] };
            all.extend(records.into_iter().map(|one| Self::read(one, values)));
        }
        all
    }

    fn read(one: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let debit = direction(one, values) == Some(Direction::Debit);
        Self {
            money: one.child("Amt").and_then(|amount| values.signed(amount, debit)),
            kind: Code::read(one.child("Tp"), |_| None),
            rate: one.find("Rate/Tp/Pctg").or_else(|| one.find("Rate/Rate")).and_then(|rate| values.decimal(rate)),
            from: one.find("FrToDt/FrDtTm").and_then(|time| values.moment(time)),
            to: one.find("FrToDt/ToDtTm").and_then(|time| values.moment(time)),
            reason: owned(one.value("Rsn")),
        }
    }
}

/// A payment by card.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CardTransaction {
    /// The card's number, as the bank gives it: mostly with most digits hidden.
    pub number: Option<String>,
    /// The brand.
    pub brand: Option<String>,
    /// The number of the terminal.
    pub terminal: Option<String>,
    /// The name of the terminal's system or group.
    pub terminal_system: Option<String>,
    /// The number of the transaction at the terminal.
    pub transaction_number: Option<String>,
    /// The reference of the sale.
    pub sale_reference: Option<String>,
    /// Further data of the card, as the bank writes them.
    pub information: Option<String>,
}

boxed!(CardTransaction);

impl CardTransaction {
    /// Reads `CardTx`.
    pub(super) fn read(card: XmlElement<'_>) -> Option<Self> {
        let first = |paths: &[&str]| owned(card.first(paths));
        let read = Self {
            number: first(&["Card/PlainCardData/PAN"]),
            brand: first(&["Card/CardBrnd/Id"]),
            terminal: first(&["POI/Id/Id"]),
            terminal_system: first(&["POI/SysNm", "POI/GrpId"]),
            transaction_number: first(&["Tx/Indv/SeqNb", "Tx/Aggtd/SeqNbRg/FrstTx"]),
            sale_reference: first(&["Tx/Indv/SaleRefNb"]),
            information: first(&["Card/AddtlCardData"]),
        };
        (read != Self::default()).then_some(read)
    }
}
