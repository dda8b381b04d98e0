//! One transaction behind an entry.

use std::collections::BTreeMap;

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Date;

use super::parts::{AmountDetail, AmountKind, BankTransactionCode, Charge, ReturnInformation, direction};
use super::{CardTransaction, Direction, InterestRecord};
use crate::data::{Code, ElementValues, Moment, Money, Remittance, SharedParty, placeholder};
use crate::meaning;
use bankchannel_xml::XmlElement;

/// One transaction behind an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct EntryDetail {
    /// The line in the file, from 1.
    pub line: u64,
    /// The amount in the currency of the entry; negative if money leaves the account. If the bank gives none here in
    /// that currency, it is that of the transaction or its counter value, or that of an entry with a single detail.
    pub money: Option<Money>,
    /// Credit or debit; left out if only the entry has it.
    pub direction: Option<Direction>,
    /// The other side: the payer or the payee.
    pub counterparty: Option<SharedParty>,
    /// The party on whose behalf the other side acts.
    pub ultimate_counterparty: Option<SharedParty>,
    /// The end-to-end id that the payer gave; left out if there is none.
    pub end_to_end_id: Option<String>,
    /// The first structured reference of the creditor.
    pub creditor_reference: Option<String>,
    /// The text of the payment: the lines of free text, otherwise the bank's additional information about it. The only
    /// transaction of an entry without either has the bank's additional information about the entry.
    pub text: Option<String>,
    /// The message id of the payment file.
    pub message_id: Option<String>,
    /// The payment information id: the batch of the payment file.
    pub payment_id: Option<String>,
    /// The instruction id that the payer gave to the bank.
    pub instruction_id: Option<String>,
    /// The UETR, a UUID.
    pub uetr: Option<String>,
    /// The transaction's id between the banks.
    pub transaction_id: Option<String>,
    /// The account servicer's reference.
    pub servicer_reference: Option<String>,
    /// The mandate of a direct debit.
    pub mandate_id: Option<String>,
    /// The number of a cheque.
    pub cheque_number: Option<String>,
    /// The clearing system's reference.
    pub clearing_reference: Option<String>,
    /// References of other kinds by the bank's name of the kind.
    pub other_references: BTreeMap<String, String>,
    /// References whose value means that there is none, such as `NOTPROVIDED`, by the name of their element.
    pub placeholders: BTreeMap<String, String>,
    /// The amounts in the course of the transaction, with the exchange of currencies.
    pub amounts: Vec<AmountDetail>,
    /// The charges.
    pub charges: Vec<Charge>,
    /// The total of charges and taxes, without a sign.
    pub total_charges: Option<Box<Money>>,
    /// The kind of transaction.
    pub bank_code: Option<Box<BankTransactionCode>>,
    /// The party that pays.
    pub debtor: Option<SharedParty>,
    /// The party on whose behalf the debtor pays.
    pub ultimate_debtor: Option<SharedParty>,
    /// The party that is paid.
    pub creditor: Option<SharedParty>,
    /// The party on whose behalf the creditor is paid.
    pub ultimate_creditor: Option<SharedParty>,
    /// The purpose of the payment.
    pub purpose: Option<Box<Code>>,
    /// The remittance information: the purpose of the payment.
    pub remittance: Remittance,
    /// Why the money came back.
    pub returned: Option<Box<ReturnInformation>>,
    /// When the payer's order was accepted.
    pub accepted: Option<Box<Moment>>,
    /// The date on which the banks settle.
    pub settlement_date: Option<Date>,
    /// When the transaction took place, such as a purchase with a card.
    pub transaction_time: Option<Box<Moment>>,
    /// The payment by card.
    pub card: Option<Box<CardTransaction>>,
    /// Interest.
    pub interest: Vec<InterestRecord>,
    /// The bank's additional information.
    pub information: Option<String>,
}

impl EntryDetail {
    /// Reads `TxDtls`. [`Self::complete`] adds the values that depend on the entry.
    pub(super) fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let mut read = Self { line: element.line(), direction: direction(element, values), ..Self::default() };
        let (mut parties, mut agents) = (None, None);
        for child in element.children() {
            match child.name() {
                "Refs" => read.references(child),
                "Amt" => read.money = values.unsigned(child),
                "AmtDtls" => read.amounts = AmountDetail::read_all(Some(child), values),
                "BkTxCd" => read.bank_code = BankTransactionCode::read(child).map(Box::new),
                "RltdPties" => parties = Some(child),
                "RltdAgts" => agents = Some(child),
                "Purp" => read.purpose = Code::read(Some(child), meaning::purpose).map(Box::new),
                "RmtInf" => read.remittance = Remittance::read(Some(child), values),
                "RltdDts" => {
                    let mut moment = |name: &str| child.child(name).and_then(|time| values.moment(time));
                    read.accepted = moment("AccptncDtTm").map(Box::new);
                    read.settlement_date = moment("IntrBkSttlmDt").map(|moment| moment.date);
                    read.transaction_time = moment("TxDtTm").map(Box::new);
                }
                "CardTx" => read.card = CardTransaction::read(child).map(Box::new),
                "RtrInf" => read.returned = Some(Box::new(ReturnInformation::read(child))),
                "AddtlTxInf" => read.information = Some(child.text().to_owned()).filter(|text| !text.is_empty()),
                _ => {}
            }
        }
        (read.charges, read.total_charges) = Charge::read_all(element, values);
        read.interest = InterestRecord::read_all(element, values);
        read.parties(parties, agents);
        read.creditor_reference = read.remittance.reference().map(str::to_owned);
        read.text = read.own_text();
        read
    }

    /// The text that the transaction itself has.
    pub(crate) fn own_text(&self) -> Option<String> {
        self.remittance.text().or_else(|| self.information.clone())
    }

    fn references(&mut self, references: XmlElement<'_>) {
        for child in references.children() {
            let text = child.text();
            let field = match child.name() {
                "MsgId" => &mut self.message_id,
                "AcctSvcrRef" => &mut self.servicer_reference,
                "PmtInfId" => &mut self.payment_id,
                "InstrId" => &mut self.instruction_id,
                "EndToEndId" => &mut self.end_to_end_id,
                "UETR" => &mut self.uetr,
                "TxId" => &mut self.transaction_id,
                "MndtId" => &mut self.mandate_id,
                "ChqNb" => &mut self.cheque_number,
                "ClrSysRef" => &mut self.clearing_reference,
                "Prtry" => {
                    if let (Some(kind), Some(reference)) = (child.value("Tp"), child.value("Ref")) {
                        self.other_references.insert(kind.to_owned(), reference.to_owned());
                    }
                    continue;
                }
                other => {
                    if !text.is_empty() {
                        self.other_references.insert(other.to_owned(), text.to_owned());
                    }
                    continue;
                }
            };
            if placeholder(text) {
                self.placeholders.insert(child.name().to_owned(), text.to_owned());
            } else if !text.is_empty() {
                *field = Some(text.to_owned());
            }
        }
    }

    fn parties(&mut self, parties: Option<XmlElement<'_>>, agents: Option<XmlElement<'_>>) {
        let party = |name: &str, account: &str, agent: &str| {
            SharedParty::read(
                parties.and_then(|parties| parties.child(name)),
                parties.and_then(|parties| parties.child(account)),
                agents.and_then(|agents| agents.child(agent)),
            )
        };
        self.debtor = party("Dbtr", "DbtrAcct", "DbtrAgt");
        self.creditor = party("Cdtr", "CdtrAcct", "CdtrAgt");
        self.ultimate_debtor = party("UltmtDbtr", "", "");
        self.ultimate_creditor = party("UltmtCdtr", "", "");
    }

    /// Adds the values that follow from the entry: the sign of the amount, and the amount if none is given here. A bank
    /// that writes reversals with the direction of the reversed entry does so in their details too.
    pub(super) fn complete(&mut self, entry: Option<&Money>, debit: bool, flips: bool, single: bool) {
        if flips {
            self.direction = self.direction.take().map(Direction::opposite);
        }
        let debit = self.direction.as_ref().map_or(debit, |direction| *direction == Direction::Debit);
        if let Some(returned) = &mut self.returned {
            returned.explain(debit);
        }
        let of_kind = |kind: &AmountKind| {
            let found = self.amounts.iter().find(|amount| amount.kind == *kind).map(|amount| &amount.money);
            found.filter(|money| entry.is_some_and(|entry| entry.currency == money.currency))
        };
        let course = || of_kind(&AmountKind::Transaction).or_else(|| of_kind(&AmountKind::CounterValue)).cloned();
        // The bank's amount may be the payer's in another currency: it stays beside the others.
        let (given, foreign) = match self.money.take() {
            Some(money) if entry.is_some_and(|entry| entry.currency != money.currency) => (None, Some(money)),
            money => (money, None),
        };
        let found = given.or_else(course).map(|money| money.directed(debit));
        self.money = found.or_else(|| entry.filter(|_| single).cloned());
        if let Some(foreign) = foreign.filter(|foreign| !self.amounts.iter().any(|one| one.money == *foreign)) {
            self.amounts.push(AmountDetail::new(AmountKind::Other("Amt".to_owned()), foreign));
        }
    }

    /// Finds the other side. A reversal or a return names the parties of the original payment, so there the other side
    /// is the party without the account of the statement.
    pub(super) fn find_counterparty(&mut self, account: Option<&str>, debit: bool, reversal: bool) {
        let debit = self.direction.as_ref().map_or(debit, |direction| *direction == Direction::Debit);
        let own = |party: &Option<SharedParty>| {
            party.as_ref().zip(account).is_some_and(|(party, account)| party.has_account(account))
        };
        let creditor = match (own(&self.debtor), own(&self.creditor)) {
            _ if !reversal && self.returned.is_none() => debit,
            (true, false) => true,
            (false, true) => false,
            _ if self.debtor.is_some() && self.creditor.is_some() => !debit,
            _ => self.creditor.is_some(),
        };
        let (party, ultimate) = match creditor {
            true => (&self.creditor, &self.ultimate_creditor),
            false => (&self.debtor, &self.ultimate_debtor),
        };
        (self.counterparty, self.ultimate_counterparty) = (party.clone(), ultimate.clone());
    }
}
