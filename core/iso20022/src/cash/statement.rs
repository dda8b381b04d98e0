//! A statement, report or notification: its account, its balances, and what follows its entries.

use bankchannel_foundation::model::Boundary;
use bankchannel_foundation::model::Decimal;

use super::Direction;
use super::parts::{demanded_direction, direction};
use super::totals::{BalanceCheck, DecimalSum, StatementTotals};
use super::{AvailableAmount, CashKind, CreditLine, Entry, InterestRecord};
use crate::data::{BankDetails, Code, ElementValues, Moment, Money, Party, UnreadElement};
use crate::meaning;
use crate::rules::{Finding, Rule};
use bankchannel_xml::XmlElement;

/// Maximum number of balances of one statement.
pub(crate) const MAX_BALANCES: usize = 1000;

/// A statement, report or notification of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct Statement {
    /// The line in the file, from 1.
    pub line: u64,
    /// The number of the message in the file, from 1.
    pub message_number: u64,
    /// The statement's number in its message, from 1.
    pub number: u64,
    /// Its kind, by its elements.
    pub kind: CashKind,
    /// The statement's id.
    pub id: Option<String>,
    /// The electronic sequence number as it is written.
    pub sequence: Option<String>,
    /// The legal sequence number as it is written.
    pub legal_sequence: Option<String>,
    /// When the statement was created; if not given, when the message was.
    pub created: Option<Moment>,
    /// The start of its period.
    pub from: Option<Moment>,
    /// The end of its period.
    pub to: Option<Moment>,
    /// The page number, if the bank splits a statement into several.
    pub page: Option<u64>,
    /// Whether it is the last page.
    pub last_page: Option<bool>,
    /// The number of pages that were joined: those of a SWIFT statement that follow each other in a file. Left out if
    /// none were.
    pub pages: Option<u64>,
    /// Whether it is a copy or a duplicate: `COPY`, `CODU`, `DUPL`.
    pub copy_or_duplicate: Option<String>,
    /// The account.
    pub account: StatementAccount,
    /// The balances, in order; a notification has none.
    pub balances: Vec<StatementBalance>,
    /// The opening balance: `OPBD`, else `PRCD`, else the earlier `ITBD` of two.
    pub opening: Option<StatementBalance>,
    /// The closing balance: `CLBD`, else the latest `ITBD`.
    pub closing: Option<StatementBalance>,
    /// The bank's own counts and sums.
    pub summary: TransactionSummary,
    /// Interest on the account.
    pub interest: Vec<InterestRecord>,
    /// The entries, in order; empty in the header that comes before them.
    pub entries: Vec<Entry>,
    /// Results that follow the entries; left out until all entries are read.
    pub end: Option<StatementEnd>,
    /// Values that could not be read, except those in entries, and the bank's own figures that the statement's entries
    /// contradict: balances, counts and sums.
    pub problems: Vec<Finding>,
    /// Elements of the statement and of its entries that are in no field: with the last entry all of them, on a page
    /// those up to its end.
    pub unread: Vec<UnreadElement>,
}

/// The account of a statement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatementAccount {
    /// The IBAN, without blanks and in capitals.
    pub iban: Option<String>,
    /// The account's number if it is not an IBAN.
    pub account: Option<String>,
    /// The kind of number in `account`.
    pub account_scheme: Option<String>,
    /// The currency, an ISO 4217 code.
    pub currency: Option<String>,
    /// The alias of the account: a telephone number or an e-mail address.
    pub proxy: Option<String>,
    /// The account's name.
    pub name: Option<String>,
    /// The owner's name.
    pub owner: Option<String>,
    /// The owner's numbers, address and further particulars.
    pub owner_details: Option<Box<Party>>,
    /// The type of the account: a code of ISO 20022 such as `CACC`, or a bank's own words.
    pub account_type: Option<Box<Code>>,
    /// The BIC of the bank that keeps the account.
    pub bic: Option<String>,
    /// The name of the bank that keeps the account.
    pub bank_name: Option<String>,
    /// Further particulars of that bank.
    pub bank: Option<Box<BankDetails>>,
}

/// A balance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatementBalance {
    /// Which balance it is: `OPBD` opening booked, `CLBD` closing booked, …
    pub kind: Option<Code>,
    /// The balance: negative if the owner owes.
    pub money: Option<Money>,
    /// Credit or debit.
    pub direction: Option<Direction>,
    /// The date of the balance.
    pub date: Option<Moment>,
    /// When parts of it become available.
    pub availability: Vec<AvailableAmount>,
    /// The credit lines.
    pub credit_lines: Vec<CreditLine>,
}

/// The bank's own counts and sums.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct TransactionSummary {
    /// How many entries there are.
    pub entries: Option<u64>,
    /// The sum of all amounts, without their signs.
    pub sum: Option<Decimal>,
    /// The credits minus the debits. Without `net_direction` its sign is not known.
    pub net: Option<Decimal>,
    /// Whether `net` is a credit or a debit; left out if the bank does not say.
    pub net_direction: Option<Direction>,
    /// How many credits there are.
    pub credits: Option<u64>,
    /// The sum of the credits.
    pub credit_sum: Option<Decimal>,
    /// How many debits there are.
    pub debits: Option<u64>,
    /// The sum of the debits, without a sign.
    pub debit_sum: Option<Decimal>,
}

/// The results that follow the entries of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct StatementEnd {
    /// How many entries were read.
    pub entries: u64,
    /// The sum of the booked entries in the currency of the account.
    pub booked_sum: Option<Decimal>,
    /// The number of booked entries in another currency, which are in no sum.
    pub other_currency: u64,
    /// Whether the balances match the entries.
    pub balance_check: BalanceCheck,
    /// How much larger the closing balance is than the opening balance plus the booked entries.
    pub balance_difference: Option<Decimal>,
    /// The bank's additional information about the statement.
    pub information: Option<String>,
}

impl Statement {
    /// Reads the elements around the entries.
    pub(super) fn read(element: XmlElement<'_>, kind: CashKind, values: &mut ElementValues<'_>) -> Self {
        let text = |path: &str| element.value(path).map(str::to_owned);
        let mut balances = Vec::new();
        for one in element.all("Bal") {
            // The header is repeated on each page: it must stay small.
            if balances.len() == MAX_BALANCES {
                values.note_fault(one, "", "is one balance too many: this one and all later ones are left out");
                break;
            }
            balances.push(StatementBalance::read(one, values));
        }
        let account = element.child("Acct").map(StatementAccount::read).unwrap_or_default();
        Self {
            line: element.line(),
            message_number: 0,
            number: 0,
            kind,
            id: text("Id"),
            sequence: text("ElctrncSeqNb"),
            legal_sequence: text("LglSeqNb"),
            created: element.child("CreDtTm").and_then(|time| values.moment(time)),
            from: element.find("FrToDt/FrDtTm").and_then(|time| values.moment(time)),
            to: element.find("FrToDt/ToDtTm").and_then(|time| values.moment(time)),
            page: page(element, values),
            last_page: values
                .flag(element, "StmtPgntn/LastPgInd")
                .or_else(|| values.flag(element, "RptPgntn/LastPgInd")),
            pages: None,
            copy_or_duplicate: text("CpyDplctInd"),
            account,
            opening: opening(&balances).cloned(),
            closing: closing(&balances).cloned(),
            balances,
            summary: element.child("TxsSummry").map(|all| TransactionSummary::read(all, values)).unwrap_or_default(),
            interest: InterestRecord::read_all(element, values),
            entries: Vec::new(),
            end: None,
            problems: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// The currency of the sums.
    pub(super) fn currency(&self) -> Option<&str> {
        let of_balance = self.balances.iter().find_map(|balance| Some(balance.money.as_ref()?.currency.as_str()));
        self.account.currency.as_deref().or(of_balance)
    }

    /// Whether it is not a page among several.
    pub(crate) fn is_single_page(&self) -> bool {
        self.page.is_none_or(|page| page < 2 && self.last_page == Some(true))
    }

    /// Adds a balance or the bank's summary that comes after the first entry.
    pub(super) fn add(&mut self, element: XmlElement<'_>, values: &mut ElementValues<'_>) {
        if element.name() == "TxsSummry" {
            self.summary = TransactionSummary::read(element, values);
        } else if self.balances.len() < MAX_BALANCES {
            self.add_balance(StatementBalance::read(element, values));
        }
    }

    /// Adds a balance.
    pub(crate) fn add_balance(&mut self, balance: StatementBalance) {
        self.balances.push(balance);
        (self.opening, self.closing) = (opening(&self.balances).cloned(), closing(&self.balances).cloned());
    }

    /// Adds the results that follow from all entries.
    pub(super) fn finish(&mut self, totals: &StatementTotals, information: Option<String>) {
        let (balance_check, balance_difference) = totals.check(self.opening.as_ref(), self.closing.as_ref());
        self.end = Some(StatementEnd {
            entries: totals.entries,
            booked_sum: totals.booked.and_then(DecimalSum::decimal),
            other_currency: totals.other_currency,
            balance_check,
            balance_difference,
            information,
        });
    }
}

impl Statement {
    /// The bank's own figures that the statement's entries contradict. Paths are below the statement. A page may have
    /// the summary and the balances of the whole.
    pub(super) fn contradictions(&self, totals: &StatementTotals) -> Vec<Finding> {
        if !self.is_single_page() {
            return Vec::new();
        }
        let mut found = totals.contradictions(&self.summary);
        // A report may hold only the entries since the one before it.
        let of_end = self.end.as_ref().filter(|end| {
            let differs = end.balance_check == BalanceCheck::Differs;
            differs && end.other_currency == 0 && self.kind == CashKind::Statement
        });
        if let Some(by) = of_end.and_then(|end| end.balance_difference.as_ref()) {
            let message = format!(
                "the closing balance minus the opening balance differs from the booked entries by {}",
                by.as_str()
            );
            let change = "ask the bank for the right statement: entries may be missing or doubled";
            found.push(Finding::warning(Rule::ControlSum, message, change).value(by.as_str()).path("Bal"));
        }
        found
    }
}

fn page(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Option<u64> {
    ["StmtPgntn/PgNb", "RptPgntn/PgNb", "NtfctnPgntn/PgNb"].iter().find_map(|path| values.count(element, path))
}

impl StatementAccount {
    fn read(element: XmlElement<'_>) -> Self {
        let read = Party::read(None, Some(element), element.child("Svcr")).unwrap_or_default();
        let owner = Party::read(element.child("Ownr"), None, None);
        Self {
            iban: read.iban,
            account: read.account,
            account_scheme: read.account_scheme,
            currency: read.account_currency,
            proxy: read.proxy,
            name: read.account_name,
            owner: owner.as_ref().and_then(|owner| owner.name.clone()),
            owner_details: owner.map(Box::new),
            account_type: read.account_type,
            bic: read.bic,
            bank_name: read.bank_name,
            bank: read.bank,
        }
    }

    /// The account number that distinguishes the owner from other parties.
    pub(crate) fn number(&self) -> Option<&str> {
        self.iban.as_deref().or(self.account.as_deref())
    }
}

impl StatementBalance {
    fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let direction = demanded_direction(element, values);
        let debit = direction == Some(Direction::Debit);
        Self {
            kind: Code::read(element.find("Tp/CdOrPrtry"), meaning::balance),
            money: element.child("Amt").and_then(|amount| values.signed(amount, debit)),
            direction,
            date: element.child("Dt").and_then(|date| values.choice(date)),
            availability: AvailableAmount::read_all(element, values),
            credit_lines: CreditLine::read_all(element, values),
        }
    }

    fn is(&self, code: &str) -> bool {
        self.kind.as_ref().is_some_and(|kind| kind.code == code)
    }
}

impl TransactionSummary {
    fn read(element: XmlElement<'_>, values: &mut ElementValues<'_>) -> Self {
        let mut sum = |path: &str| element.find(path).and_then(|sum| values.decimal(sum));
        let (all, credits, debits) = (sum("TtlNtries/Sum"), sum("TtlCdtNtries/Sum"), sum("TtlDbtNtries/Sum"));
        let (net, net_direction) = net(element, values);
        Self {
            entries: values.count(element, "TtlNtries/NbOfNtries"),
            sum: all,
            net,
            net_direction,
            credits: values.count(element, "TtlCdtNtries/NbOfNtries"),
            credit_sum: credits,
            debits: values.count(element, "TtlDbtNtries/NbOfNtries"),
            debit_sum: debits,
        }
    }
}

/// The net of all entries: version 4 put the amount and its direction into an element of their own.
fn net(summary: XmlElement<'_>, values: &mut ElementValues<'_>) -> (Option<Decimal>, Option<Direction>) {
    let Some(all) = summary.child("TtlNtries") else { return (None, None) };
    let (amount, of) = match all.child("TtlNetNtry") {
        Some(net) => (net.child("Amt"), net),
        None => (all.child("TtlNetNtryAmt"), all),
    };
    let direction = direction(of, values);
    let size = amount.and_then(|amount| values.decimal(amount));
    let debit = direction == Some(Direction::Debit);
    (size.map(|size| Money::new(size, "").directed(debit).amount), direction)
}

/// Pages after the first open with an interim balance, and those before the last close with one.
fn opening(balances: &[StatementBalance]) -> Option<&StatementBalance> {
    let of = |code: &str| balances.iter().find(|balance| balance.is(code));
    of("OPBD").or_else(|| of("PRCD")).or_else(|| {
        let interim = balances.iter().filter(|balance| balance.is("ITBD"));
        // A single interim balance is a closing one, unless the statement also has a closing balance.
        let several = interim.clone().nth(1).is_some() || of("CLBD").is_some();
        interim.min_by_key(|balance| date_of(balance)).filter(|_| several)
    })
}

fn closing(balances: &[StatementBalance]) -> Option<&StatementBalance> {
    let interim = || balances.iter().filter(|balance| balance.is("ITBD")).max_by_key(|balance| date_of(balance));
    balances.iter().find(|balance| balance.is("CLBD")).or_else(interim)
}

fn date_of(balance: &StatementBalance) -> Option<(bankchannel_foundation::model::Date, Option<&str>)> {
    balance.date.as_ref().map(|moment| (moment.date, moment.time.as_deref()))
}
