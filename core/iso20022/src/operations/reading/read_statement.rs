//! Reads an account statement (`camt.053`, MT940).

use bankchannel_foundation::prelude::*;

use super::{ReadCashRequest, WHOLE_ERRORS, read_cash};
use crate::{cash::CashFile, operations};

/// Read an account statement.
///
/// Gives every statement of a camt.053 with account, balances and entries, and for each entry counterparty, reference,
/// text and transactions; of an MT940 or MT950 the same. The file's true kind stands in `kind`: each of the three is read by each of the three
/// operations. Values that cannot be read are left out and listed in `problems`. Holds at most 1,000,000 entries and
/// transactions of a file of 128 MiB; larger files are read by `read_statement_page`.
#[derive(Debug, Operation)]
#[operation(ReadCashRequest => CashFile)]
#[declaration(..operations::local("iso20022.read_statement", "reading"))]
#[errors(..WHOLE_ERRORS)]
pub struct ReadStatement;

impl Local for ReadStatement {
    fn run(request: ReadCashRequest, with: LocalContext<'_>) -> Result<CashFile, Error> {
        read_cash(request, with)
    }
}
