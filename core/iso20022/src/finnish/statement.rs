//! The records around the entries of a machine-readable statement: its header, balances, sums and notices.

use super::fields::RecordFields;
use crate::cash::{
    CashKind, CreditLine, Direction, MAX_BALANCES, OpenStatement, Statement, StatementAccount, StatementBalance,
};
use crate::data::{Code, Moment, Money, keep};
use crate::{iban, meaning};

/// The most lines of information on one statement, in bytes.
const MAX_INFORMATION: usize = 16 * 1024;

/// Adds lines to the bank's information on a statement, within the limit.
pub(super) fn inform(information: &mut Option<String>, lines: impl IntoIterator<Item = String>) {
    for line in lines {
        let known = information.get_or_insert_default();
        if known.len() + line.len() < MAX_INFORMATION {
            if !known.is_empty() {
                known.push('\n');
            }
            known.push_str(&line);
        }
    }
}

/// Reads `T00`.
pub(super) fn header(mut fields: RecordFields<'_>) -> OpenStatement {
    fields.expect_length(90);
    let number = fields.text(24, 26);
    let currency = fields.text(97, 99).unwrap_or_else(|| "EUR".to_owned());
    let account = fields.text(10, 23);
    let ids = fields.text(293, 322).unwrap_or_default();
    let (own, bic) = ids.split_once(' ').map_or((ids.as_str(), None), |(own, bic)| (own, Some(bic.trim().to_owned())));
    if !own.is_empty() && iban::check(own).is_err() {
        fields.fault("IBAN", own, "is not an IBAN");
    }
    let of_ids = Some(own).filter(|own| iban::check(own).is_ok()).map(str::to_owned);
    let iban = of_ids.or_else(|| iban::of_finnish_number(account.as_deref()?));
    let mut statement = Statement {
        line: fields.line(),
        kind: CashKind::Statement,
        id: number.clone(),
        sequence: number,
        created: fields.moment(39, 45, "made"),
        from: fields.date(27, "from").map(Moment::on),
        to: fields.date(33, "to").map(Moment::on),
        account: StatementAccount {
            account: account.filter(|_| iban.is_none()),
            iban,
            currency: Some(currency.clone()),
            name: fields.text(100, 129),
            owner: fields.text(148, 182),
            bank_name: fields.text(183, 222),
            bic,
            ..StatementAccount::default()
        },
        ..Statement::default()
    };
    statement.account.account_scheme = statement.account.account.as_ref().map(|_| "BBAN".to_owned());
    let date = fields.date(66, "opening balance date");
    let opening = fields.money(72, 90, &currency, "opening balance");
    let limit = fields.text(130, 147).and_then(|_| fields.cents(130, 147, "limit")).filter(|limit| *limit > 0);
    statement.add_balance(StatementBalance {
        credit_lines: limit.into_iter().map(|limit| credit_line(limit, &currency)).collect(),
        ..balance("OPBD", opening, date.map(Moment::on))
    });
    statement.problems = std::mem::take(&mut fields.problems);
    let mut run = OpenStatement::new(statement, None);
    for (from, to, name) in [(49, 65, "customer"), (91, 96, "number of records")] {
        if fields.text(from, to).is_some_and(|text| text.bytes().any(|byte| byte != b'0')) {
            run.unread.count(["T00", name].into_iter(), fields.line());
        }
    }
    inform(&mut run.information, [fields.text(223, 262), fields.text(263, 292)].into_iter().flatten());
    run
}

fn credit_line(limit: i64, currency: &str) -> CreditLine {
    let money = Money::new(bankchannel_foundation::model::Decimal::from_cents(limit), currency);
    CreditLine { included: None, kind: None, money: Some(money), date: None }
}

fn balance(code: &str, read: Option<(Money, Direction)>, date: Option<Moment>) -> StatementBalance {
    let (money, direction) = read.unzip();
    let kind = Some(Code { meaning: meaning::balance(code).map(str::to_owned), ..Code::new(code) });
    StatementBalance { kind, money, direction, date, ..StatementBalance::default() }
}

/// Reads `T40`. A statement of several days has one for each: the last is the closing balance.
pub(super) fn balances(mut fields: RecordFields<'_>, run: &mut OpenStatement) {
    fields.expect_length(31);
    let currency = run.statement.account.currency.clone().unwrap_or_default();
    let date = fields.date(7, "balance date").map(Moment::on);
    let closing = fields.money(13, 31, &currency, "closing balance");
    let is_closing = |one: &StatementBalance| one.kind.as_ref().is_some_and(|kind| kind.code == "CLBD");
    if closing.is_some() {
        for earlier in run.statement.balances.iter_mut().filter(|one| is_closing(one)) {
            earlier.kind = balance("ITBD", None, None).kind;
        }
    }
    let available = fields.text(32, 50).and_then(|_| fields.money(32, 50, &currency, "available balance"));
    if run.statement.balances.len() + 2 > MAX_BALANCES {
        // The last one counts: an earlier one gives way.
        run.statement.balances.truncate(MAX_BALANCES - 2);
        fields.fault("", "", "is one balance too many: one before it is left out");
    }
    if closing.is_some() {
        run.statement.add_balance(balance("CLBD", closing, date.clone()));
    }
    if available.is_some() {
        run.statement.add_balance(balance("CLAV", available, date));
    }
    keep(fields.problems, &mut run.statement.problems);
}

/// Reads `T50`: counts and sums of a day, of the statement, of the month or of the year.
pub(super) fn sums(mut fields: RecordFields<'_>, run: &mut OpenStatement) {
    let statement = &run.statement;
    let is_one_day = statement.from.is_some() && statement.from == statement.to;
    let is_own = match fields.at(7) {
        '2' => true,
        '1' => is_one_day && statement.summary.credits.is_none(),
        _ => false,
    };
    if !is_own {
        run.unread.count(["T00", "T50", "period"].into_iter(), fields.line());
        return;
    }
    fields.expect_length(67);
    let size = |read: Option<(bankchannel_foundation::model::Decimal, Direction)>| read.map(|(amount, _)| amount.abs());
    let summary = &mut run.statement.summary;
    summary.credits = fields.count(14, 21, "count of deposits");
    summary.credit_sum = size(fields.signed(22, 40, "sum of deposits"));
    summary.debits = fields.count(41, 48, "count of withdrawals");
    summary.debit_sum = size(fields.signed(49, 67, "sum of withdrawals"));
    keep(fields.problems, &mut run.statement.problems);
}
