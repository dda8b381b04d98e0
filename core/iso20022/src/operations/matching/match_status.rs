//! Determines the outcome of each transaction of a payment file.

use bankchannel_foundation::prelude::*;

use crate::{
    cash::Statement,
    matching::{self, Matched},
    operations::{
        self,
        reading::{ERRORS, supported_encoding, unreadable},
    },
    payment,
    status::StatusReport,
};

/// The payment file and the bank's reports and bookings since.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MatchStatusRequest {
    /// The payment file's bytes as sent: `pain.001`, versions 2 to 12.
    pub content: Content,
    /// The file's encoding, such as `ISO-8859-15`, for a file that declares none or a wrong one; if left out, the
    /// declared one.
    pub encoding: Option<String>,
    /// The status reports, as returned by `read_status_report`, in any order; those about other files are ignored.
    /// Leave out for none.
    pub reports: Option<Vec<StatusReport>>,
    /// The statements, reports and notifications of the account, as returned by `read_statement`, `read_report` and
    /// `read_notification`, in any order. Leave out for none. The whole request has at most 16 MiB as JSON, about
    /// 20,000 entries: Rust and `bankchannel iso20022 match` have no such limit.
    pub statements: Option<Vec<Statement>>,
}

/// Find out what became of a payment file.
///
/// Determines the outcome of each transaction of a payment file, from status reports and from the bookings of the
/// account: paid, rejected, returned, in progress, or unknown; with the reason in words, the place where it was
/// reported and booked, and whether the transaction may be sent again. Transactions are matched by their ids, batches
/// by their payment information id and exact sums. Reports and bookings that belong to no transaction for certain are
/// listed apart. A transaction may not be sent again while the place of its money is unknown.
#[derive(Debug, Operation)]
#[operation(MatchStatusRequest => Matched)]
#[declaration(commands: COMMANDS, ..operations::local("iso20022.match_status", "matching"))]
#[errors(..ERRORS)]
pub struct MatchStatus;

const COMMANDS: &[Command] = &[Command::named("match").with_form(&CommandForm::new(
    "Show the outcome of each transaction of a payment file, and whether it may be sent again",
))];

impl Local for MatchStatus {
    fn run(request: MatchStatusRequest, with: LocalContext<'_>) -> Result<Matched, Error> {
        let encoding = supported_encoding(request.encoding)?;
        let payment = payment::read_with_encoding(with.open_content(request.content)?, encoding.as_deref())
            .map_err(unreadable)?;
        let reports = request.reports.unwrap_or_default();
        let statements = request.statements.unwrap_or_default();
        Ok(matching::match_status(&payment, &reports, &statements))
    }
}
