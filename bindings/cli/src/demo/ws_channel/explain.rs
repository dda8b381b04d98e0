//! The payment file: its content and its faults.

use bankchannel_crypto::{digest::hex, digest::sha256};
use bankchannel_foundation::shown;
use bankchannel_iso20022::{
    EXAMPLE_PAIN001, Problem,
    amount::format_cents,
    iban,
    pain001::{self, Report},
};
use serde_json::json;

use super::{Steps, story::Summary};
use crate::{
    exit::{Failure, Outcome},
    output::table::table,
};

/// The file type that the simulator bank accepts.
pub(super) const FILE_TYPE: &str = "pain.001.001.09";
/// The largest file that the service accepts, in bytes.
const MAX_BYTES: u64 = 7 * 1024 * 1024;
/// The reason code of a file that no bank could read.
const FORMAT: &str = "FF01";

/// A parsed payment file.
pub(super) struct Payment {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// The result of the check.
    pub(super) report: Report,
    /// Whether it is the user's own file.
    pub(super) own: bool,
}

impl Payment {
    /// Reads the user's file, or the example.
    pub(super) fn read(path: Option<&str>) -> Outcome<Self> {
        let (name, bytes) = match path {
            None => ("the example payment".to_owned(), EXAMPLE_PAIN001.as_bytes().to_vec()),
            Some(path) => {
                let failed = |why: std::io::Error| {
                    Failure::usage(format!("--payment: {}", shown::unreadable_content(path.as_ref(), &why)))
                };
                let size = std::fs::metadata(path).map_err(failed)?.len();
                if size > MAX_BYTES {
                    return Err(Failure::usage(format!(
                        "--payment: {path} has {size} bytes; the service takes {MAX_BYTES}"
                    )));
                }
                (path.to_owned(), std::fs::read(path).map_err(failed)?)
            }
        };
        let report = pain001::explain(&bytes);
        Ok(Self { name, bytes, report, own: path.is_some() })
    }

    /// The file's digest, which can be quoted to the bank.
    pub(super) fn sha256(&self) -> String {
        hex(&sha256(&self.bytes))
    }
}

/// Shows the file's content and its faults. False if no bank could read it; then nothing is sent.
pub(super) fn show(payment: &Payment, steps: &Steps, summary: &mut Summary) -> bool {
    let problems = &payment.report.problems;
    summary.problems = problems.iter().map(|problem| json!(problem)).collect();
    let readable = problems.iter().all(|problem| problem.code != FORMAT);
    if !problems.is_empty() {
        steps.say(&format!("{} is wrong:", payment.name));
        if let Some(identity) = &payment.report.identity {
            let found = identity.message_name.as_deref().unwrap_or("no ISO 20022 message");
            steps.say(&format!("  it is {found}; checked against the schema of {FILE_TYPE}"));
        }
        steps.say(
            table(&["Line", "Code", "What is wrong", "What to change"], problems.iter().map(problem_row)).trim_end(),
        );
        steps.say(if readable {
            "It is sent anyway, to show the bank's answer.\n"
        } else {
            "No bank could read it: nothing was sent."
        });
    }
    if readable {
        show_payment(payment, steps);
    }
    readable
}

fn problem_row(problem: &Problem) -> [String; 4] {
    let line = problem.line.map_or_else(String::new, |line| line.to_string());
    [line, problem.code.to_owned(), problem.message.clone(), problem.change.clone()]
}

fn show_payment(payment: &Payment, steps: &Steps) {
    let Some(wanted) = &payment.report.payment else { return };
    let rows = wanted.payments.iter().flat_map(|info| {
        info.transactions.iter().map(move |transaction| {
            let from = info.debtor.iban.as_deref().map(iban::grouped).unwrap_or_default();
            let to = transaction.creditor.iban.as_deref().map(iban::grouped).unwrap_or_default();
            let name = transaction.creditor.name.clone().unwrap_or_default();
            [
                transaction.end_to_end_id.clone(),
                from,
                name,
                to,
                format!("{} {}", format_cents(transaction.amount_cents), transaction.currency),
            ]
        })
    });
    steps.say(&format!("{} ({} bytes): message {}", payment.name, payment.bytes.len(), wanted.message_id));
    steps.say(&table(&["Transaction", "From account", "To", "Account", "Amount"], rows.take(SHOWN)));
}

/// The most rows of a table in the output.
pub(super) const SHOWN: usize = 40;
