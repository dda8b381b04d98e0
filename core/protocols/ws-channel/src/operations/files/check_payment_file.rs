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
#[derive(Debug, Operation)]
#[operation(CheckPaymentFileRequest => CheckPaymentResponse)]
#[declaration(takes_time: true, commands: COMMANDS, ..declare::local("ws_channel.check_payment_file", "files"))]
pub struct CheckPaymentFile;

const EXAMPLES: &str = "Examples:\n  bankchannel files check-payment-file payment.xml && bankchannel files upload-file --file-type pain.001.001.09 --private-key key.asc payment.xml\n\n\
             Exit code 0 when the file is correct, 1 when it is not: then each problem is shown with its line and the correction.";

const COMMANDS: &[Command] = &[Command::named("check-payment-file").with_examples(EXAMPLES)];

impl Local for CheckPaymentFile {
    fn run(request: CheckPaymentFileRequest, with: LocalContext<'_>) -> Result<CheckPaymentResponse, Error> {
        let options = CheckOptions { judges_dates: false, ..CheckOptions::at_ms(with.clock.now_ms()) };
        check_content(with.open_content(request.content)?, &options)
    }
}
