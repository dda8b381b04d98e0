//! Answer with accounts (§2.6).

use std::collections::HashSet;

use bankchannel_foundation::prelude::*;

use crate::{
    declare,
    hub::operations::accounts::fetch_accounts::{FetchAccounts, FetchAccountsResponse},
    model::{BankAccount, HttpAnswer},
};

/// The accounts to answer with.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerAccountsRequest {
    /// All accounts that the customer's consent covers.
    pub accounts: Vec<BankAccount>,
}

/// Make the answer to a request for accounts.
///
/// Checks the accounts first: an error names the field that is wrong.
#[derive(Debug, Operation)]
#[operation(AnswerAccountsRequest => HttpAnswer)]
#[declaration(..declare::local("requests", "salt_edge_connector.answer_accounts"))]
pub struct AnswerAccounts;

impl Local for AnswerAccounts {
    fn run(asked: AnswerAccountsRequest, _: LocalContext<'_>) -> Result<HttpAnswer, Error> {
        check(&asked.accounts)?;
        let accounts = asked.accounts.into_iter().map(BankAccount::complete).collect();
        Ok(HttpAnswer::from_message(&FetchAccounts::encode_response(FetchAccountsResponse { accounts })))
    }
}

/// The checks that types cannot make: every account has an id, and no two share one.
///
/// # Errors
/// `input.invalid_field`, naming the field.
pub fn check(accounts: &[BankAccount]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for (at, account) in accounts.iter().enumerate() {
        let wrong = |field: &str, why: &str| Err(Error::invalid_field(&format!("accounts[{at}].{field}"), why));
        if account.id.0.is_empty() {
            return wrong("id", "is empty");
        }
        if !seen.insert(account.id.0.as_str()) {
            return wrong("id", "is also the id of another account");
        }
        if account.name.is_empty() {
            return wrong("name", "is empty");
        }
    }
    Ok(())
}
