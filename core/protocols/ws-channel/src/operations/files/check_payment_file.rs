//! Checks a payment file before its upload.

use bankchannel_foundation::prelude::*;
use bankchannel_iso20022::check::CheckOptions;
use bankchannel_iso20022::operations::checking::check_payment::{CheckPaymentResponse, check_content};

use crate::declare;

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CheckPaymentFileRequest {
    /// The file's raw bytes: a credit transfer initiation, `pain.001.001.09` or `pain.001.001.03`.
    pub content: Content,
}

/// Check a payment file before sending it.
///
/// The check of iso20022.check_payment with the common rules, without the rules about dates: the answer for a file
/// does not depend on the day. A faulty file is an answer, not an error. Only the bank can say whether it knows the
/// account and whether the account has the money.
#[derive(Debug, OperationDocs)]
pub struct CheckPaymentFile;

impl Operation for CheckPaymentFile {
    type Request = CheckPaymentFileRequest;
    type Response = CheckPaymentResponse;
    const DECLARATION: Declaration =
        Declaration { takes_time: true, ..declare::local("ws_channel.check_payment_file", "files", Self::DOCS, &[]) };
}

impl Local for CheckPaymentFile {
    fn run(request: CheckPaymentFileRequest, with: LocalContext<'_>) -> Result<CheckPaymentResponse, Error> {
        let options = CheckOptions { judges_dates: false, ..CheckOptions::at_ms(with.clock.now_ms()) };
        check_content(with.open_content(request.content)?, &options)
    }
}
