//! Makes a payment file.

use bankchannel_foundation::error::row;
use bankchannel_foundation::operation::Rows;
use bankchannel_foundation::prelude::*;
use jiff::tz::TimeZone;

use crate::make::{
    CreditTransfer, MadePayment, PaymentData, PaymentMaker, PaymentTable, RowFormat, WrittenFile, is_free, local_time,
    to_new_file, to_text,
};
use crate::{errors, operations, rules::with_own_bank};

/// The transfers, as content or as a list, and the data that applies to all of them.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MakePaymentRequest {
    /// The transfers as rows, see `format`; any number of them. Either this or `transactions`.
    pub content: Option<Content>,
    /// The transfers themselves, at most 100,000 and 16 MiB as JSON; in languages that accept an iterator, the iterator
    /// has no such limit. Either this or `content`.
    pub transactions: Option<Vec<CreditTransfer>>,
    /// The format of the content's rows; `json_lines` by default.
    pub format: Option<RowFormat>,
    /// The format of the table, if the content is one.
    pub table: Option<PaymentTable>,
    /// Data given once for the file.
    #[boundary(flatten)]
    pub data: PaymentData,
    /// A file with a bank of your own, JSON, as the setting `profile_file` of SEPA Web Services takes it: its `payments` and
    /// the bank that it extends count where `profile` leaves something out.
    pub profile_file: Option<String>,
    /// The file to write, which must not exist yet: it appears when it is complete, readable by its owner only. If left
    /// out, the answer has the file as text, of at most 16 MiB.
    pub path: Option<String>,
}

/// The file that was made.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct MakePaymentResponse {
    /// The file as text, UTF-8; left out if it was written to `path`.
    pub xml: Option<String>,
    /// The path of the written file.
    pub path: Option<String>,
    /// The SHA-256 of the file's bytes, 64 small hexadecimal digits.
    pub sha256: String,
    /// A summary of its content.
    #[boundary(flatten)]
    pub made: MadePayment,
}

/// Make a payment file.
///
/// Makes a pain.001 file, version 9 or 3, from transfers given as JSON lines, as a table (CSV) or as a list.
/// Transfers of one account, date and kind become a batch. Everything is checked first: accounts, references,
/// characters, lengths, dates, addresses, sums; when something is wrong, the error names up to 50 problems and
/// nothing is written. Ids that are not given are made from the data: the same data gives the same ids, so a bank
/// finds a file that is sent twice.
#[derive(Debug, Operation)]
#[operation(MakePaymentRequest => MakePaymentResponse)]
#[declaration(
    commands: COMMANDS,
    rows: Some(Rows { list: "transactions", format: ("format", "json_lines") }),
    ..operations::local("iso20022.make_payment", "making")
)]
#[errors(errors::{PAYMENT_REFUSED, FILE_EXISTS}, row::{STORAGE, CONTENT_UNREADABLE})]
pub struct MakePayment;

const COMMANDS: &[Command] = &[Command::named("make-payment")
    .with_form(&CommandForm::new("Make a payment file (pain.001) from a table of transfers"))];

impl Local for MakePayment {
    fn run(request: MakePaymentRequest, with: LocalContext<'_>) -> Result<MakePaymentResponse, Error> {
        let MakePaymentRequest { content, transactions, format, table, data, profile_file, path } = request;
        if let Some(path) = &path {
            is_free(path.as_ref())?;
        }
        let own = with_own_bank(data.profile, profile_file.as_deref())?;
        let data = PaymentData { profile: own, ..data };
        let mut maker = PaymentMaker::new(data, &local_time(with.clock.now_ms(), &TimeZone::system()));
        match (content, transactions) {
            (Some(content), None) => {
                let rows = with.open_content(content)?;
                maker.add_rows(rows, format.unwrap_or_default(), &table.unwrap_or_default())?;
            }
            (None, Some(transactions)) => transactions.into_iter().try_for_each(|transfer| maker.add(transfer))?,
            (Some(_), Some(_)) => {
                return Err(Error::invalid_field("transactions", "is given beside content: give one"));
            }
            (None, None) => return Err(Error::invalid_field("transactions", "is missing: give it, or content")),
        }
        let (xml, written) = match &path {
            Some(path) => (None, to_new_file(maker, path.as_ref())?),
            None => {
                let (text, written) = to_text(maker)?;
                (Some(text), written)
            }
        };
        let WrittenFile { made, sha256 } = written;
        Ok(MakePaymentResponse { xml, path, sha256, made })
    }
}
