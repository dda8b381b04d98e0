//! One entry of a statement: a booking, or a future one.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::{Date, Decimal};

use super::details::EntryDetail;
use super::key::EntryDigest;
use super::parts::{AmountDetail, BankTransactionCode, Charge, demanded_direction, direction};
use super::totals::DecimalSum;
use super::{AvailableAmount, CardTransaction, CashKind, Direction, InterestRecord};
use crate::data::{Code, ElementValues, Moment, Money, SharedParty, placeholder};
use crate::meaning;
use crate::rules::Finding;
use bankchannel_xml::XmlElement;

/// One entry of a statement: a booking, or a future one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Entry {
    /// The line in the file, from 1.
    pub line: u64,
    /// The entry's number in its statement, from 1.
    pub number: u64,
    /// Identifies the booking, so that it is imported once: a digest of account, amount, currency, direction and date
    /// with the bank's own reference, or with ids, texts and accounts of the transactions. It begins with `R` if it is
    /// from the bank's own reference: then a report, a statement and a notification have the same key for a booking, as
    /// far as the bank repeats that reference. It begins with `C` if it is from the content, as the bank gives no
    /// reference: then the key is certain only for the same statement, read again; without ids, texts and accounts it
    /// is from the bank's words too, and of a statement with several pages it has the page. Equal entries of one
    /// statement are counted: the second one ends with `-2`. Left out if the amount cannot be read.
    pub key: Option<String>,
    /// The amount: negative if money leaves the account. Left out if it cannot be read.
    pub money: Option<Money>,
    /// Credit or debit, as written in the file.
    pub direction: Option<Direction>,
    /// Whether it reverses an earlier entry.
    pub reversal: bool,
    /// Whether it is booked: only such entries count in sums. It has the status `BOOK`, or it is an entry of a
    /// statement (`camt.053`) that has no status.
    pub booked: bool,
    /// The status: `BOOK`, `PDNG`, `INFO`, `FUTR`, or a bank's own.
    pub status: Option<Code>,
    /// The date of the booking.
    pub booking_date: Option<Date>,
    /// The date from which interest counts.
    pub value_date: Option<Date>,
    /// Date and time of the booking, if the bank gives a time.
    pub booking_time: Option<Box<Moment>>,
    /// Date and time of the value, if the bank gives a time.
    pub value_time: Option<Box<Moment>>,
    /// The other side, if the entry has one detail.
    pub counterparty: Option<SharedParty>,
    /// The end-to-end id, if the entry has one detail and it has one.
    pub end_to_end_id: Option<String>,
    /// The creditor's structured reference, if the entry has one detail and it has one.
    pub creditor_reference: Option<String>,
    /// The text: of the only detail, if it has one; otherwise the bank's additional information about the entry.
    pub text: Option<String>,
    /// The entry's reference.
    pub reference: Option<String>,
    /// The account servicer's reference: the bank's own number of the booking, the archive id at Finnish banks.
    pub servicer_reference: Option<String>,
    /// The kind of transaction.
    pub bank_code: Option<Box<BankTransactionCode>>,
    /// The batches of payments behind it: mostly none or one.
    pub batches: Vec<Batch>,
    /// The transactions behind it, in order.
    pub details: Vec<EntryDetail>,
    /// The sum of the amounts of the details, with the sign of the entry's amount; left out if there are no details, or
    /// if one has no amount, or a currency other than the entry's.
    pub details_sum: Option<Decimal>,
    /// How much larger, in size, the entry is than the sum of its details: often a charge. Negative if it is smaller.
    pub details_difference: Option<Decimal>,
    /// The amounts in the course of the transaction, with the exchange of currencies.
    pub amounts: Vec<AmountDetail>,
    /// The charges.
    pub charges: Vec<Charge>,
    /// The total of charges and taxes, without a sign.
    pub total_charges: Option<Box<Money>>,
    /// When parts of the amount become available.
    pub availability: Vec<AvailableAmount>,
    /// Interest.
    pub interest: Vec<InterestRecord>,
    /// The payment by card.
    pub card: Option<Box<CardTransaction>>,
    /// The bank's additional information.
    pub information: Option<String>,
    /// The entry as XML, `<Ntry xmlns="…">…`, if `with_xml` asked for it: elements and texts as in the file, without its
    /// prefix; comments are left out.
    pub xml: Option<String>,
    /// Values that could not be read.
    pub problems: Vec<Finding>,
}

/// A batch of payments that was booked together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Batch {
    /// The message id of the payment file.
    pub message_id: Option<String>,
    /// The payment information id: the batch of the payment file.
    pub payment_id: Option<String>,
    /// The number of its transactions.
    pub count: Option<u64>,
    /// The total, without a sign.
    pub total: Option<Money>,
    /// Credit or debit.
    pub direction: Option<Direction>,
}

impl Entry {
    /// Reads `Ntry`, without the details, which were read before.
    pub(super) fn read(
        element: XmlElement<'_>,
        details: Vec<EntryDetail>,
        (kind, account): (CashKind, Option<&str>),
        flips: bool,
        values: &mut ElementValues<'_>,
    ) -> Self {
        let mut read = Self {
            line: element.line(),
            direction: demanded_direction(element, values),
            reversal: values.flag(element, "RvslInd").unwrap_or_default(),
            details,
            ..Self::default()
        };
        let flips = flips && read.reversal;
        if flips {
            read.direction = read.direction.map(Direction::opposite);
        }
        let debit = read.direction == Some(Direction::Debit);
        for child in element.children() {
            match child.name() {
                "NtryRef" => read.reference = reference(child),
                "Amt" => read.money = values.signed(child, debit),
                "Sts" => read.status = Code::read(Some(child), meaning::entry_status),
                "BookgDt" => (read.booking_date, read.booking_time) = dates(child, values),
                "ValDt" => (read.value_date, read.value_time) = dates(child, values),
                "AcctSvcrRef" => read.servicer_reference = reference(child),
                "BkTxCd" => read.bank_code = BankTransactionCode::read(child).map(Box::new),
                "AmtDtls" => read.amounts = AmountDetail::read_all(Some(child), values),
                "NtryDtls" => read.batches.extend(child.child("Btch").map(|batch| Batch::read(batch, values))),
                "CardTx" => read.card = CardTransaction::read(child).map(Box::new),
                "AddtlNtryInf" => read.information = Some(child.text().to_owned()).filter(|text| !text.is_empty()),
                _ => {}
            }
        }
        if element.child("Amt").is_none() {
            values.note_fault(element, "", "has no amount");
        }
        (read.charges, read.total_charges) = Charge::read_all(element, values);
        read.availability = AvailableAmount::read_all(element, values);
        read.interest = InterestRecord::read_all(element, values);
        read.booked = match &read.status {
            Some(status) => status.code == "BOOK",
            // A statement is of booked entries; a whole bank leaves the status out.
            None if kind == CashKind::Statement => true,
            None => {
                values.note_fault(element, "", "has no status, so it does not count as booked");
                false
            }
        };
        read.complete(debit, flips, account);
        read
    }

    /// What identifies the booking when it is imported; nothing without an amount. A reversal that was read the other
    /// way keeps its digest.
    pub(super) fn digest(&self, account: Option<&str>, flips: bool) -> Option<EntryDigest> {
        self.money.as_ref()?;
        let written = self.direction.clone().map(|one| if flips && self.reversal { one.opposite() } else { one });
        Some(EntryDigest::of_import(account, self, written.as_ref()))
    }

    /// Adds the values that follow from several fields.
    pub(crate) fn complete(&mut self, debit: bool, flips: bool, account: Option<&str>) {
        let single = self.details.len() == 1;
        for detail in &mut self.details {
            detail.complete(self.money.as_ref(), debit, flips, single);
            detail.find_counterparty(account, debit, self.reversal);
        }
        if let [detail] = self.details.as_mut_slice() {
            // Banks write the booking's text beside a single transaction, and in it the parties only.
            if detail.text.is_none() {
                detail.text.clone_from(&self.information);
            }
            self.counterparty = detail.counterparty.clone();
            self.end_to_end_id = detail.end_to_end_id.clone();
            self.creditor_reference = detail.creditor_reference.clone();
            self.text = detail.text.clone();
        }
        if self.text.is_none() {
            self.text = self.information.clone();
        }
        self.sum_details();
    }

    fn sum_details(&mut self) {
        let Some(money) = &self.money else { return };
        if self.details.is_empty() {
            return;
        }
        if let [detail] = self.details.as_slice()
            && detail.money.as_ref() == Some(money)
        {
            self.details_sum = Some(money.amount.clone());
            self.details_difference =
                DecimalSum::from_decimal(&money.amount).and_then(|sum| sum.minus(sum)).and_then(DecimalSum::decimal);
            return;
        }
        let amounts = self.details.iter().map(|detail| detail.money.as_ref().filter(|m| m.currency == money.currency));
        let sum = amounts
            .map(|money| DecimalSum::from_decimal(&money?.amount))
            .try_fold(DecimalSum::default(), |sum, one| sum.plus(one?));
        let Some(sum) = sum else { return };
        self.details_sum = sum.decimal();
        let size = DecimalSum::from_decimal(&money.amount).and_then(|entry| entry.size().minus(sum.size()));
        self.details_difference = size.and_then(DecimalSum::decimal);
    }
}

impl Batch {
    fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let text = |name: &str| element.child(name).and_then(reference);
        Self {
            message_id: text("MsgId"),
            payment_id: text("PmtInfId"),
            count: values.count(element, "NbOfTxs"),
            total: element.child("TtlAmt").and_then(|total| values.money(total)),
            direction: direction(element, values),
        }
    }
}

/// A reference, unless its value means that there is none.
fn reference(element: XmlElement<'_>) -> Option<String> {
    let text = element.text();
    (!text.is_empty() && !placeholder(text)).then(|| text.to_owned())
}

fn dates(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> (Option<Date>, Option<Box<Moment>>) {
    let moment = values.choice(element);
    (moment.as_ref().map(|moment| moment.date), moment.filter(|moment| moment.time.is_some()).map(Box::new))
}
