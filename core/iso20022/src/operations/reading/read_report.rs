//! Reads an account report (`camt.052`).

use bankchannel_foundation::prelude::*;

use super::{ReadCashRequest, WHOLE_ERRORS, read_cash};
use crate::{cash::CashFile, operations};

/// Read an account report of the current day.
///
/// Gives every report of a camt.052 or MT942 with its entries, which may still be pending. The file's true kind stands in
/// `kind`: each of the three is read by each of the three operations. Values that cannot be read are left out and
/// listed in `problems`. Holds at most 1,000,000 entries and transactions of a file of 128 MiB; larger files are read
/// by `read_statement_page`.
#[derive(Debug, Operation)]
#[operation(ReadCashRequest => CashFile)]
#[declaration(..operations::local("iso20022.read_report", "reading"))]
#[errors(..WHOLE_ERRORS)]
pub struct ReadReport;

impl Local for ReadReport {
    fn run(request: ReadCashRequest, with: LocalContext<'_>) -> Result<CashFile, Error> {
        read_cash(request, with)
    }
}
