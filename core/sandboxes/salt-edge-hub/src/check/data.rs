//! The connector's answers about a customer: each in its published format, and about the requested data.

use std::collections::HashSet;

use bankchannel_foundation::{
    json,
    model::{Boundary, Reader, Representation},
};
use bankchannel_salt_edge::{
    hub::operations::{
        accounts::fetch_accounts::FetchAccountsResponse, customers::fetch_customer::FetchCustomerResponse,
        transactions::fetch_transactions::FetchTransactionsResponse,
    },
    model::DayOrInstant,
};

use super::checker::{CheckLook, ConnectorChecker, failed};
use crate::{connector::ConnectorAnswer, requests::PlayedRequest};

/// The maximum nesting of an answer: `extra` has bank-specific content.
const DEPTH: usize = 32;
/// The period of requested transactions, in days.
const DAYS: i64 = 60;

/// Decodes the answer as Salt Edge does.
fn read<R: Boundary>(what: &str, heard: &ConnectorAnswer) -> CheckLook<R> {
    let text = heard.body.to_string();
    let read = json::parse(text.as_bytes(), DEPTH).map_err(|fault| fault.to_string());
    let read = read.and_then(|value| {
        R::read(value, &mut Reader::new(Representation::Wire)).map_err(|fault| fault.message().to_owned())
    });
    read.or_else(|why| failed(format!("{what} must be answered in the published form: {why}")))
}

pub(super) async fn accounts(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    let heard = checker.taken(&checker.about("fetch_accounts", &session)).await?;
    let answer: FetchAccountsResponse = read("accounts", &heard)?;
    let mut known = HashSet::new();
    match answer.accounts.iter().find(|account| !known.insert(account.id.0.as_str())) {
        Some(twice) => failed(format!("the account {} is listed twice", twice.id.0)),
        None => Ok(()),
    }
}

pub(super) async fn transactions(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    let account = checker.account(&session).await?;
    let (from, to) = (checker.day(DAYS), checker.day(0));
    let order = PlayedRequest {
        account_id: Some(account.clone()),
        from_date: Some(from.clone()),
        to_date: Some(to.clone()),
        ..checker.about("fetch_transactions", &session)
    };
    let heard = checker.taken(&order).await?;
    let answer: FetchTransactionsResponse = read("transactions", &heard)?;
    let (Ok(first), Ok(last)) = (DayOrInstant::new(from.as_str()), DayOrInstant::new(to.as_str())) else {
        return failed("the checker's own days are not valid");
    };
    for transaction in &answer.transactions {
        if transaction.account_id.0 != account {
            return failed("a transaction's account_id must be that of the account that was asked for");
        }
        let made = &transaction.made_on.0;
        if made.last_ms() < first.first_ms() || made.first_ms() > last.last_ms() {
            return failed(format!(
                "transactions from {from} to {to} were asked for, and one of another day was answered"
            ));
        }
    }
    Ok(())
}

pub(super) async fn customer(checker: &ConnectorChecker<'_>) -> CheckLook {
    let session = checker.token().await?;
    let heard = checker.taken(&checker.about("fetch_customer", &session)).await?;
    let answer: FetchCustomerResponse = read("the customer's data", &heard)?;
    match answer.customer.name.trim() {
        "" => failed("the customer's name must not be empty"),
        _ => Ok(()),
    }
}
