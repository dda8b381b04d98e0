//! Answer with transactions (§2.9).

use std::collections::HashSet;

use bankchannel_foundation::prelude::*;

use crate::{
    declare,
    hub::operations::transactions::fetch_transactions::{FetchTransactions, FetchTransactionsResponse},
    model::{BankTransaction, HttpAnswer},
};

/// The transactions to answer with.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerTransactionsRequest {
    /// All transactions of the requested period.
    pub transactions: Vec<BankTransaction>,
}

/// Make the answer to a request for transactions.
///
/// Checks the transactions first: an error names the field that is wrong.
#[derive(Debug, Operation)]
#[operation(AnswerTransactionsRequest => HttpAnswer)]
#[declaration(..declare::local("requests", "salt_edge_connector.answer_transactions"))]
pub struct AnswerTransactions;

impl Local for AnswerTransactions {
    fn run(asked: AnswerTransactionsRequest, _: LocalContext<'_>) -> Result<HttpAnswer, Error> {
        check(&asked.transactions)?;
        let transactions = asked.transactions.into_iter().map(BankTransaction::complete).collect();
        Ok(HttpAnswer::from_message(&FetchTransactions::encode_response(FetchTransactionsResponse { transactions })))
    }
}

/// The checks that types cannot make: every transaction has an id, and no two share one.
///
/// # Errors
/// `input.invalid_field`, naming the field.
pub fn check(transactions: &[BankTransaction]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for (at, transaction) in transactions.iter().enumerate() {
        let wrong = |field: &str, why: &str| Err(Error::invalid_field(&format!("transactions[{at}].{field}"), why));
        if transaction.id.is_empty() {
            return wrong("id", "is empty");
        }
        if !seen.insert(transaction.id.as_str()) {
            return wrong("id", "is also the id of another transaction");
        }
        if transaction.description.is_empty() {
            return wrong("description", "is empty: say what the customer sees, such as the kind of transaction");
        }
        if transaction.account_id.0.is_empty() {
            return wrong("account_id", "is empty");
        }
    }
    Ok(())
}
