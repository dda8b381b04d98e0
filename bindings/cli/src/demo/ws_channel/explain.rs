//! The payment file: its content and its faults.

use bankchannel_crypto::{digest::hex, digest::sha256};
use bankchannel_foundation::{
    clock::{Clock as _, SystemClock},
    shown,
};
use bankchannel_iso20022::{
    EXAMPLE_PAIN001,
    check::{CheckOptions, PaymentCheck, check},
    data::Money,
    iban,
    payment::{PaymentFile, PaymentTransaction},
    read_payment,
    rules::{Finding, Level, PaymentVersion, Rule},
};
use serde_json::json;

use super::{Steps, story::Summary};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    output::table::table,
};

/// The file type that the simulator bank accepts.
pub(super) const FILE_TYPE: &str = "pain.001.001.09";
/// The largest file that the service accepts, in bytes.
const MAX_BYTES: u64 = 7 * 1024 * 1024;

/// A payment file, checked and read.
pub(super) struct Payment {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// The result of the check.
    checked: PaymentCheck,
    /// The file as typed data, if it can be read.
    pub(super) file: Option<PaymentFile>,
    /// The version that the bank takes.
    version: PaymentVersion,
    /// Whether it is the user's own file.
    pub(super) own: bool,
}

impl Payment {
    /// Reads the user's file, or the example; with payees that the demo's bank checks, if asked for.
    pub(super) fn read(path: Option<&str>, checks_payees: bool, version: PaymentVersion) -> CommandOutcome<Self> {
        let (name, bytes) = match path {
            None => ("the example payment".to_owned(), example(checks_payees, version).into_bytes()),
            Some(path) => {
                let failed = |why: std::io::Error| {
                    CommandFailure::usage(format!("--payment: {}", shown::unreadable_content(path.as_ref(), &why)))
                };
                let size = std::fs::metadata(path).map_err(failed)?.len();
                if size > MAX_BYTES {
                    return Err(CommandFailure::usage(format!(
                        "--payment: {path} has {size} bytes; the service takes {MAX_BYTES}"
                    )));
                }
                (path.to_owned(), std::fs::read(path).map_err(failed)?)
            }
        };
        let checked = check(bytes.as_slice(), &options(version))
            .map_err(|why| CommandFailure::usage(format!("--payment: the content cannot be read: {why}")))?;
        let file = read_payment(bytes.as_slice()).ok();
        Ok(Self { name, bytes, checked, file, version, own: path.is_some() })
    }

    /// The file's digest, which can be quoted to the bank.
    pub(super) fn sha256(&self) -> String {
        hex(&sha256(&self.bytes))
    }
}

/// The example in this version; if payees are checked, their names ask the demo's bank for a match and for a close match.
fn example(checks_payees: bool, version: PaymentVersion) -> String {
    let example = match version {
        PaymentVersion::V03 => of_2009(EXAMPLE_PAIN001),
        _ => EXAMPLE_PAIN001.to_owned(),
    };
    if !checks_payees {
        return example;
    }
    example
        .replace("<Nm>Alpha Supplies Ab</Nm>", "<Nm>VoP match Alpha Supplies Ab</Nm>")
        .replace("<Nm>Beta Logistics GmbH</Nm>", "<Nm>VoP close Beta Logistik GmbH</Nm>")
}

/// The example as a file of 2009: it had no UETR, its day was plain, and the BIC was named otherwise.
fn of_2009(example: &str) -> String {
    let (newer, older) = (PaymentVersion::V09.message().name(), PaymentVersion::V03.message().name());
    let lines = example.lines().filter(|line| !line.contains("<UETR>"));
    let older_line = |line: &str| line.replace(newer, older).replace("<Dt>", "").replace("</Dt>", "");
    lines.map(|line| older_line(line).replace("BICFI>", "BIC>") + "\n").collect()
}

/// The check of the simulator bank, which takes one version and does not judge dates.
fn options(version: PaymentVersion) -> CheckOptions {
    let mut options = CheckOptions { judges_dates: false, ..CheckOptions::at_ms(SystemClock::default().now_ms()) };
    options.profile.accepts = Some(version);
    options
}

/// Shows the file's content and its errors. False if the bank could not read it; then nothing is sent.
pub(super) fn show(payment: &Payment, steps: &Steps, summary: &mut Summary) -> bool {
    let errors = || payment.checked.findings.iter().filter(|finding| finding.level == Level::Error);
    summary.findings = errors().map(finding_json).collect();
    let of_format =
        |finding: &Finding| [Rule::Schema, Rule::Version, Rule::Value].iter().any(|rule| finding.rule == rule.name());
    let readable = payment.file.is_some() && !errors().any(of_format);
    if payment.checked.errors > 0 {
        steps.say(&format!("{} is wrong:", payment.name));
        if !readable {
            let found = payment.checked.message_name.as_deref().unwrap_or("no ISO 20022 message");
            let wanted = payment.version.message().name();
            steps.say(&format!("  it is {found}; checked against the schema of {wanted}"));
        }
        let rows = errors().map(finding_row);
        steps.say(table(&["Line", "Code", "What is wrong", "What to change"], rows).trim_end());
        steps.say(if readable {
            "It is sent anyway, to show the bank's answer.\n"
        } else {
            "The bank could not read it: nothing was sent."
        });
    }
    if readable {
        show_payment(payment, steps);
    }
    readable
}

fn finding_row(finding: &Finding) -> [String; 4] {
    let line = finding.line.map_or_else(String::new, |line| line.to_string());
    let code = finding.reason.clone().unwrap_or_default();
    [line, code, finding.message.clone(), finding.change.clone()]
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    json!({
        "rule": finding.rule, "reason": finding.reason, "line": finding.line, "path": finding.path,
        "message": finding.message, "change": finding.change,
    })
}

fn show_payment(payment: &Payment, steps: &Steps) {
    let Some(file) = &payment.file else { return };
    let account = |iban: Option<&String>| iban.map(|iban| iban::grouped(iban)).unwrap_or_default();
    let rows = file.batches.iter().flat_map(|batch| {
        batch.transactions.iter().map(move |one| {
            [
                one.end_to_end_id.clone().unwrap_or_default(),
                account(batch.debtor.as_ref().and_then(|party| party.iban.as_ref())),
                one.creditor.as_ref().and_then(|party| party.name.clone()).unwrap_or_default(),
                account(one.creditor.as_ref().and_then(|party| party.iban.as_ref())),
                one.money.as_ref().map(money).unwrap_or_default(),
            ]
        })
    });
    let id = file.id.as_deref().unwrap_or_default();
    steps.say(&format!("{} ({} bytes): message {id}", payment.name, payment.bytes.len()));
    steps.say(&table(&["Transaction", "From account", "To", "Account", "Amount"], rows.take(SHOWN)));
}

/// The transaction with this end-to-end id.
pub(super) fn transaction<'p>(payment: &'p Payment, end_to_end_id: &str) -> Option<&'p PaymentTransaction> {
    let mut all = payment.file.as_ref()?.batches.iter().flat_map(|batch| &batch.transactions);
    all.find(|one| one.end_to_end_id.as_deref() == Some(end_to_end_id))
}

/// An amount and its currency.
pub(super) fn money(money: &Money) -> String {
    format!("{} {}", money.amount, money.currency)
}

/// The maximum number of rows of a table in the output.
pub(super) const SHOWN: usize = 40;
