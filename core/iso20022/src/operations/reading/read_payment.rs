//! Reads a payment file (`pain.001`).

use bankchannel_foundation::prelude::*;

use super::{ERRORS, supported_encoding, unreadable};
use crate::{
    operations,
    payment::{self, PaymentFile},
};

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ReadPaymentRequest {
    /// The file's bytes: `pain.001`, versions 2 to 12, or a ZIP or gzip archive with one.
    pub content: Content,
    /// The file's encoding, such as `ISO-8859-15`, for a file that declares none or a wrong one; if left out, the
    /// declared one.
    pub encoding: Option<String>,
}

/// Read a payment file.
///
/// Gives a pain.001 as typed data: batches with debtor, account and date, and their transactions. Nothing is judged;
/// a value that cannot be read is left out and listed in `problems`.
#[derive(Debug, Operation)]
#[operation(ReadPaymentRequest => PaymentFile)]
#[declaration(..operations::local("iso20022.read_payment", "reading"))]
#[errors(..ERRORS)]
pub struct ReadPayment;

impl Local for ReadPayment {
    fn run(request: ReadPaymentRequest, with: LocalContext<'_>) -> Result<PaymentFile, Error> {
        let encoding = supported_encoding(request.encoding)?;
        payment::read_with_encoding(with.open_content(request.content)?, encoding.as_deref()).map_err(unreadable)
    }
}
