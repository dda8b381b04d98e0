//! Reads a debit and credit notification (`camt.054`).

use bankchannel_foundation::prelude::*;

use super::{ReadCashRequest, WHOLE_ERRORS, read_cash};
use crate::{cash::CashFile, operations};

/// Read a notification of debits and credits.
///
/// Gives every notification of a camt.054 with its entries and their transactions; it has no balances. The file's true
/// kind stands in `kind`: each of the three is read by each of the three operations. Values that cannot be read are
/// left out and listed in `problems`. Holds at most 1,000,000 entries and transactions of a file of 128 MiB; larger
/// files are read by `read_statement_page`.
#[derive(Debug, Operation)]
#[operation(ReadCashRequest => CashFile)]
#[declaration(..operations::local("iso20022.read_notification", "reading"))]
#[errors(..WHOLE_ERRORS)]
pub struct ReadNotification;

impl Local for ReadNotification {
    fn run(request: ReadCashRequest, with: LocalContext<'_>) -> Result<CashFile, Error> {
        read_cash(request, with)
    }
}
