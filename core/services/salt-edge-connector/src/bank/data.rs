//! The example bank's data: its customers, and a year of transactions on their accounts.

use bankchannel_crypto::digest::{constant_time_eq, sha256};
use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, Decimal, read_boundary},
};
use bankchannel_salt_edge::model::{
    BankAccount, BankCustomer, BankTransaction, DayOrInstant, MadeOn, SaltEdgeAmount, TransactionStatus,
};
use jiff::{ToSpan as _, civil::Date};

/// The bank's initial customers. Names, numbers and amounts are made up; the IBANs are those used in documentation.
const FIRST: &str = include_str!("customers.json");
/// How far back transactions go, in days.
const YEAR: i32 = 365;
/// Monthly transactions: the day, the amount, the text.
const MONTHLY: [(i8, &str, &str); 5] = [
    (1, "2650.00", "Salary"),
    (3, "-890.00", "Rent"),
    (12, "-49.90", "Electricity"),
    (20, "-120.00", "Insurance"),
    (25, "-14.99", "Streaming"),
];
/// Transactions on other days, by the day of the year.
const DAILY: [(&str, &str); 4] =
    [("-23.45", "Grocery"), ("-4.20", "Coffee"), ("-61.80", "Supermarket"), ("-12.00", "Bus ticket")];

/// A customer of the example bank.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct ExampleCustomer {
    /// The bank's id for the customer.
    pub user_id: String,
    /// The login name.
    pub login: String,
    /// The password.
    pub password: Secret,
    /// The customer's data at the bank.
    pub customer: BankCustomer,
    /// The accounts.
    pub accounts: Vec<BankAccount>,
}

impl ExampleCustomer {
    pub(super) fn has_password(&self, password: &str) -> bool {
        // Compares digests in constant time: the duration reveals nothing about the password.
        constant_time_eq(&sha256(self.password.expose().as_bytes()), &sha256(password.as_bytes()))
    }
}

/// Customers to add.
#[derive(Boundary)]
#[non_exhaustive]
pub struct NewCustomers {
    /// The customers; one with the id or login of a known one takes its place.
    pub customers: Vec<ExampleCustomer>,
}

/// The initial customers.
///
/// # Errors
/// `internal`, which a test rules out.
pub(super) fn first() -> Result<Vec<ExampleCustomer>> {
    let seed: serde_json::Value = serde_json::from_str(FIRST).map_err(Error::internal)?;
    read_boundary::<NewCustomers>(seed).map(|new| new.customers)
}

/// The transactions of an account between two days, both inclusive; the last year only.
pub(super) fn transactions(account: &BankAccount, from: Date, to: Date, today: Date) -> Vec<BankTransaction> {
    let first = today.saturating_sub(YEAR.days());
    let (mut day, last) = (from.max(first), to.min(today));
    let mut found = Vec::new();
    while day <= last {
        found.extend(of_day(account, day, day == today));
        let Ok(next) = day.tomorrow() else { break };
        day = next;
    }
    found
}

fn of_day(account: &BankAccount, day: Date, is_today: bool) -> Option<BankTransaction> {
    let number = day.day_of_year();
    let monthly = MONTHLY.iter().find(|(on, ..)| *on == day.day()).map(|(_, amount, text)| (*amount, *text));
    let daily = || (number % 3 == 0).then(|| DAILY[usize::from(number.unsigned_abs()) % DAILY.len()]);
    let (amount, text) = monthly.or_else(daily)?;
    let status = if is_today { TransactionStatus::Pending } else { TransactionStatus::Posted };
    let transaction = BankTransaction::new(
        format!("{}-{}", account.id.0, day.strftime("%Y%m%d")),
        account.id.clone(),
        SaltEdgeAmount(Decimal::new(amount).ok()?),
        account.currency_code.clone(),
        text.to_owned(),
        MadeOn(DayOrInstant::new(&day.to_string()).ok()?),
        status,
    );
    Some(transaction)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;

    #[test]
    fn there_is_a_year_of_transactions() {
        let bank = first().unwrap();
        let account = &bank[0].accounts[0];
        let today = date(2026, 11, 23);
        let all = transactions(account, date(1970, 1, 1), date(9999, 12, 31), today);
        assert!(all.len() > 150, "{}", all.len());
        let mut ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        let month = transactions(account, date(2026, 10, 1), date(2026, 10, 31), today);
        assert_eq!(month.iter().filter(|one| one.description == "Salary").count(), 1);
        assert!(transactions(account, date(2026, 12, 1), date(2026, 12, 31), today).is_empty());
        assert!(transactions(account, date(2026, 10, 2), date(2026, 10, 1), today).is_empty());
    }
}
