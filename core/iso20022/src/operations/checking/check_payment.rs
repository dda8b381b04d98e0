//! Checks a payment file before it is sent.

use std::io::Read;

use bankchannel_foundation::{error::row, prelude::*};

use crate::{
    check::{self, CheckOptions, CheckedPayment},
    operations,
    operations::reading::supported_encoding,
    rules::{Finding, ProfileOptions, with_own_bank},
};

/// The file.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct CheckPaymentRequest {
    /// The file's bytes: `pain.001.001.09` or `pain.001.001.03`; versions 10 to 12 are checked with a warning.
    pub content: Content,
    /// How your bank deviates from the common rules. Its `base` names a bank that is known.
    pub profile: Option<ProfileOptions>,
    /// A file with a bank of your own, JSON, as the setting `profile_file` of SEPA Web Services takes it: its `payments` and
    /// the bank that it extends count where `profile` leaves something out.
    pub profile_file: Option<String>,
    /// The file's encoding, such as `ISO-8859-15`, for a file that declares none or a wrong one; if left out, the
    /// declared one.
    pub encoding: Option<String>,
}

/// The result of the check.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct CheckPaymentResponse {
    /// Whether there are no errors, as far as can be checked without the bank; there may be warnings.
    pub ok: bool,
    /// The findings, at most 200: errors before others if there are more.
    pub findings: Vec<Finding>,
    /// The total number of errors.
    pub errors: u64,
    /// The total number of warnings.
    pub warnings: u64,
    /// The message name that the file declares, such as `pain.001.001.09`.
    pub message_name: Option<String>,
    /// An overview of the payment, if the file could be read.
    pub payment: Option<CheckedPayment>,
}

/// Check a payment file before it is sent.
///
/// Finds the errors of a pain.001 of version 3 or of 9 to 12, each with its place and a correction: the XML, the ISO schema,
/// counts and sums, accounts, BICs, references, ids, characters, addresses by the rule of November 2026, execution
/// dates by the TARGET calendar, and duplicates inside the file. A faulty file is an answer, not an error. Not
/// checked: the addresses of banks, and facts that only the bank knows, such as accounts, cover, limits and cut-off
/// times.
#[derive(Debug, Operation)]
#[operation(CheckPaymentRequest => CheckPaymentResponse)]
#[declaration(commands: COMMANDS, ..operations::local("iso20022.check_payment", "checking"))]
#[errors(row::CONTENT_UNREADABLE)]
pub struct CheckPayment;

const EXAMPLES: &str = "Examples:\n  bankchannel iso20022 check payment.xml\n  \
             bankchannel iso20022 check --profile '{\"closed_day_is_error\": true}' payment.xml\n\nThe list of checks: docs/iso20022.md";

const COMMANDS: &[Command] = &[Command::named("check").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[
        CommandField::content(FileForm::Content, "A pain.001.001.09 or pain.001.001.03 file; - for stdin"),
        CommandField::value("profile", "profile")
            .placeholder("JSON")
            .help("Your bank's rules: the fields of `profile` of iso20022.check_payment"),
        CommandField::value("profile_file", "profile-file")
            .placeholder("FILE")
            .help("A file with a bank of your own, JSON: its payments and extends"),
        CommandField::value("encoding", "encoding")
            .placeholder("NAME")
            .help("The file's encoding, if the file declares none or a wrong one"),
    ],
    meanwhile: "checking the file",
    ..CommandForm::new("Find errors in a payment file before the bank does: exit 0 without errors, 1 with errors")
})];

impl Local for CheckPayment {
    fn run(request: CheckPaymentRequest, with: LocalContext<'_>) -> Result<CheckPaymentResponse, Error> {
        let content = with.open_content(request.content)?;
        let options = CheckOptions {
            profile: with_own_bank(request.profile, request.profile_file.as_deref())?.unwrap_or_default().into(),
            encoding: supported_encoding(request.encoding)?,
            ..CheckOptions::at_ms(with.clock.now_ms())
        };
        check_content(content, &options)
    }
}

/// Checks a file.
///
/// # Errors
/// The content cannot be read.
pub fn check_content(content: impl Read, options: &CheckOptions) -> Result<CheckPaymentResponse, Error> {
    let checked = check::check(content, options)
        .map_err(|why| Error::because(&row::CONTENT_UNREADABLE, format!("content: {why}")))?;
    Ok(CheckPaymentResponse {
        ok: checked.is_good(),
        findings: checked.findings,
        errors: checked.errors,
        warnings: checked.warnings,
        message_name: checked.message_name,
        payment: checked.payment,
    })
}
