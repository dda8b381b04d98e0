//! The bank's books: accounts, their balances, and the debits of a payment.

use std::collections::{BTreeMap, BTreeSet};

use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::iban;
use bankchannel_iso20022::payment::PaymentFile;
use bankchannel_xml::text::quote;

use crate::faults::{FaultyParts, PaymentFaults};

/// Account of the simulator's customer (docs/protocols/ws-channel.md §6.7).
pub const DEFAULT_IBAN: &str = "FI2112345600000785";
/// Owner of that account.
pub const DEFAULT_OWNER: &str = "Synthetic Debtor Oy";
/// Currency of that account.
pub const DEFAULT_CURRENCY: &str = "EUR";
/// Opening balance of that account in hundredths: 10000000.00.
pub const DEFAULT_BALANCE_CENTS: i64 = 1_000_000_000;

/// The bank's books for one customer connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankLedger {
    /// Accounts by IBAN, without blanks and in capitals.
    pub accounts: BTreeMap<String, LedgerAccount>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerAccount {
    /// Booked balance.
    pub balance: Decimal,
    /// Number of the last statement; 0 before the opening statement.
    pub statement_seq: u64,
    /// ISO 4217 code.
    pub currency: String,
    /// Owner's name.
    pub owner: String,
}

impl BankLedger {
    /// A ledger with the simulator's usual account, before its opening statement.
    pub fn with_default_account() -> Self {
        let mut ledger = Self::default();
        ledger.open(DEFAULT_IBAN, DEFAULT_OWNER, DEFAULT_CURRENCY, Decimal::from_cents(DEFAULT_BALANCE_CENTS));
        ledger
    }

    /// Opens an account with a balance; an existing account is not changed.
    pub fn open(&mut self, account: &str, owner: &str, currency: &str, balance: Decimal) {
        self.accounts.entry(iban::compact(account)).or_insert_with(|| LedgerAccount {
            balance,
            statement_seq: 0,
            currency: currency.to_owned(),
            owner: owner.to_owned(),
        });
    }

    /// The account with that IBAN, in either written form.
    pub fn account(&self, account: &str) -> Option<&LedgerAccount> {
        self.accounts.get(&iban::compact(account))
    }
}

/// The amounts that a payment file debits, by account; `None` for one of more than 18 digits. Batches whose account has
/// no IBAN, and amounts in another currency than the first of an account, are left out.
pub fn debits(file: &PaymentFile) -> BTreeMap<String, Option<Decimal>> {
    let mut debits: BTreeMap<String, Option<Decimal>> = BTreeMap::new();
    for batch in &file.batches {
        let Some(account) = batch.debtor.as_ref().and_then(|party| party.iban.as_deref()) else { continue };
        let total = debits.entry(iban::compact(account)).or_insert_with(|| Some(Decimal::from_cents(0)));
        for money in batch.transactions.iter().filter_map(|one| one.money.as_ref()) {
            *total = total.take().and_then(|total| total.checked_add(&money.amount));
        }
    }
    debits
}

/// Debits a payment file that has no faults of its own, or says why the bank does not.
pub(crate) fn debit(file: &PaymentFile, ledger: &mut BankLedger) -> Result<(), Box<PaymentFaults>> {
    accounts_are_known(file, ledger)?;
    currencies_fit(file, ledger)?;
    let (mut texts, mut short) = (Vec::new(), BTreeSet::new());
    for (number, wanted) in debits(file) {
        let Some(account) = ledger.accounts.get_mut(&number) else { continue };
        let left = wanted.as_ref().and_then(|wanted| account.balance.checked_sub(wanted));
        match left.filter(|left| !left.is_negative()) {
            Some(left) => account.balance = left,
            None => {
                let asked = wanted.map_or_else(|| "more than can be counted".to_owned(), |wanted| wanted.to_string());
                texts.push(format!("the payments need {asked}, account {number} has {}", account.balance));
                short.extend(batches_of(file, &number));
            }
        }
    }
    PaymentFaults::unless_empty("AM04", texts, FaultyParts::batches(short))
}

fn batches_of(file: &PaymentFile, number: &str) -> impl Iterator<Item = usize> {
    let of_account = move |iban: &str| iban::compact(iban) == number;
    let batches = file.batches.iter().enumerate();
    batches
        .filter(move |(_, batch)| batch.debtor.as_ref().and_then(|party| party.iban.as_deref()).is_some_and(of_account))
        .map(|(at, _)| at)
}

fn accounts_are_known(file: &PaymentFile, ledger: &BankLedger) -> Result<(), Box<PaymentFaults>> {
    let (mut texts, mut batches) = (Vec::new(), BTreeSet::new());
    for (at, batch) in file.batches.iter().enumerate() {
        let account = batch.debtor.as_ref().and_then(|party| party.iban.as_deref());
        if account.is_none_or(|account| ledger.account(account).is_none()) {
            batches.insert(at);
            texts.push(match account {
                Some(account) => format!("the bank has no account {} for you", quote(account)),
                None => "the debtor account is not given as an IBAN".to_owned(),
            });
        }
    }
    PaymentFaults::unless_empty("AC02", texts, FaultyParts::batches(batches))
}

fn currencies_fit(file: &PaymentFile, ledger: &BankLedger) -> Result<(), Box<PaymentFaults>> {
    let (mut texts, mut transactions) = (Vec::new(), BTreeSet::new());
    for (at, batch) in file.batches.iter().enumerate() {
        let account = batch.debtor.as_ref().and_then(|party| ledger.account(party.iban.as_deref()?));
        let Some(account) = account else { continue };
        for (index, one) in batch.transactions.iter().enumerate() {
            let currency = one.money.as_ref().map(|money| money.currency.as_str());
            if currency != Some(account.currency.as_str()) {
                transactions.insert((at, index));
                let given = currency.map_or_else(
                    || "the amount is the equivalent of one in another currency".to_owned(),
                    |currency| format!("the amount is in {currency}"),
                );
                texts.push(format!("the account is kept in {}, {given}", account.currency));
            }
        }
    }
    PaymentFaults::unless_empty("AM03", texts, FaultyParts::transactions(transactions))
}
