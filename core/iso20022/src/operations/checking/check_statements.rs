//! Checks whether statements follow each other.

use bankchannel_foundation::prelude::*;

use crate::{
    cash::{CheckedStatements, ContinuityCheck, Statement},
    operations,
};

/// The statements.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CheckStatementsRequest {
    /// The statements of one account or several, as returned by `read_statement`, in any order. Their `entries` are not
    /// needed: an empty list in their place keeps the request small, which has at most 16 MiB as JSON. Reports and
    /// notifications are passed over, since their balances do not go on from one to the next.
    pub statements: Vec<Statement>,
}

/// Find out whether statements are missing.
///
/// Checks for each account and currency whether statements follow each other: whether each opens with the balance that
/// the one before it closes with, whether their electronic or legal sequence numbers go on, and whether all pages of a
/// statement are there. Copies count once, and a statement of the same number, day and opening balance replaces the one
/// before it. A statement whose period others cover, such as a monthly one beside daily ones, is left aside. Numbers
/// may restart; numbers that are left out while the balances go on are only said (`info`). Nothing is remembered:
/// give the last statement of the time before as well.
#[derive(Debug, Operation)]
#[operation(CheckStatementsRequest => CheckedStatements)]
#[declaration(..operations::local("iso20022.check_statements", "checking"))]
pub struct CheckStatements;

impl Local for CheckStatements {
    fn run(request: CheckStatementsRequest, _with: LocalContext<'_>) -> Result<CheckedStatements, Error> {
        let mut check = ContinuityCheck::default();
        request.statements.iter().for_each(|statement| check.add(statement));
        Ok(check.finish())
    }
}
