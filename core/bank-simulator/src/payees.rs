//! The payee check of the simulated bank: a payee's name decides its result.
//!
//! ```text
//!  VoP match Matti Virtanen        RCVC   the name is that of the account
//!  VoP close Matti Virtanen        RVMC   nearly: the registered name stands behind it, "Matti Virtanen"
//!  VoP none Matti Virtanen         RVNM   it is not
//!  VoP unchecked Matti Virtanen    RVNA   it could not be checked
//!  VoP late Matti Virtanen         PDNG   not yet; RCVC in a second report
//! ```
//!
//! A file with such a payee is one whose order asks for the check; its other payees match. A file without one is not
//! checked, as where the contract opts out.

use bankchannel_iso20022::data::Code;
use bankchannel_iso20022::payment::{PaymentBatch, PaymentFile, PaymentTransaction, read_payment};
use bankchannel_iso20022::status::{BatchStatus, StatusCount, StatusReason, StatusReport, TransactionStatus};
use jiff::Timestamp;

use crate::ids::{AnswerIds, AnswerStamp};
use crate::{BankDecision, ExaminedPayment, SimulatorError, report, write};

/// The first word of a payee's name that decides the check, in any case.
const PREFIX: &str = "VOP";
/// The BIC of the simulated bank.
pub const BIC: &str = "SIMUFIHHXXX";

/// The statuses of transactions, in the order in which they are counted.
const COUNTED: [&str; 5] = ["RCVC", "RVMC", "RVNM", "RVNA", "PDNG"];
/// The bank's notice on each kind of result that is no match.
const NOTICES: [(&str, &str); 3] = [
    ("RVMC", "The name is nearly that of the account. If you release the order, the money may go to somebody else."),
    ("RVNM", "The name is not that of the account. If you release the order, the money may go to somebody else."),
    ("RVNA", "The name could not be checked. If you release the order, the money may go to somebody else."),
];

/// The reports of a payee check, each a `pain.002.001.10`. The order waits until it is released or cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayeeReports {
    /// That the check runs, if a payee is checked late.
    pub running: Option<Vec<u8>>,
    /// The results.
    pub done: Vec<u8>,
}

/// Checks the payees of a payment file that [`decide`](crate::decide) accepts; `None` if its order does not ask for it.
///
/// `now` is the creation time of the first report, `later` that of the results if a payee is checked late.
///
/// # Errors
/// As [`decide`](crate::decide).
pub fn check_payees(
    payment: &[u8],
    (now, later): (Timestamp, Timestamp),
    today: jiff::civil::Date,
    ids: &AnswerIds,
) -> Result<Option<PayeeReports>, SimulatorError> {
    let Ok(file) = read_payment(payment) else { return Ok(None) };
    let payees = || file.batches.iter().flat_map(|batch| &batch.transactions);
    if !payees().any(|one| PayeeTrigger::of(one).is_some()) {
        return Ok(None);
    }
    let is_late = payees().any(|one| matches!(PayeeTrigger::of(one), Some(PayeeTrigger::Late)));
    let written = |moment: Timestamp, kind: &str, runs: bool| {
        let stamp = AnswerStamp::new(moment, today, ids);
        write::status_report(&checked(&file, &stamp, kind, runs)).map_err(SimulatorError::Answer)
    };
    let running = if is_late { Some(written(now, "PCR", true)?) } else { None };
    Ok(Some(PayeeReports { running, done: written(if is_late { later } else { now }, "PCD", false)? }))
}

/// Rejects a payment file because its order was cancelled at the bank (`DS02`).
///
/// # Errors
/// As [`decide`](crate::decide).
pub fn cancel(
    payment: &[u8],
    now: Timestamp,
    today: jiff::civil::Date,
    ids: &AnswerIds,
) -> Result<BankDecision, SimulatorError> {
    let stamp = AnswerStamp::new(now, today, ids);
    let examined = ExaminedPayment::read(payment, None, &stamp);
    let report = report::rejected(&examined, &crate::faults::PaymentFaults::cancelled());
    crate::rejected(write::status_report(&report))
}

/// The result that a payee's name asks for.
enum PayeeTrigger<'p> {
    Match,
    /// With the registered name.
    Close(&'p str),
    None,
    Unchecked,
    Late,
}

impl<'p> PayeeTrigger<'p> {
    fn of(one: &'p PaymentTransaction) -> Option<Self> {
        let name = one.creditor.as_deref()?.name.as_deref()?.trim();
        let (prefix, rest) = name.split_once(' ')?;
        let (word, registered) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            return None;
        }
        let registered = registered.trim();
        Some(match word.to_ascii_lowercase().as_str() {
            "match" => Self::Match,
            "close" => Self::Close(if registered.is_empty() { "Registered Name Oy" } else { registered }),
            "none" => Self::None,
            "unchecked" => Self::Unchecked,
            "late" => Self::Late,
            _ => return None,
        })
    }
}

fn checked(file: &PaymentFile, stamp: &AnswerStamp<'_>, kind: &str, runs: bool) -> StatusReport {
    let mut report = report::head(stamp);
    report.id = Some(stamp.ids.id(kind));
    report.debtor_bank_bic = Some(BIC.to_owned());
    report.original_message_id = file.id.clone();
    report.original_message_name.clone_from(&file.message.name);
    report.original_count = file.count;
    report.original_sum = report::stated_or_real_sum(file);
    report.batches = file.batches.iter().map(|batch| of_batch(batch, runs)).collect();
    let statuses: Vec<&str> = report.batches.iter().flat_map(statuses).collect();
    report.counts = counts(&statuses);
    let group = match statuses.iter().all(|status| *status == "RCVC") {
        _ if runs => "RVNC",
        true => "RCVC",
        false => "RVCM",
    };
    let said = NOTICES.iter().filter(|(code, _)| statuses.contains(code));
    let lines = said.map(|(code, text)| text_of(code, text)).collect();
    report.status = Some(Code::new(group));
    report.reasons = lines;
    report
}

/// A reason without a code, whose lines begin with the status that they explain.
fn text_of(code: &str, text: &str) -> StatusReason {
    let mut reason = StatusReason::default();
    // Written in lines: each begins with the code.
    reason.information =
        write::wrap_information(text, code.len() + 1).iter().map(|line| format!("{code} {line}")).collect();
    reason
}

fn of_batch(batch: &PaymentBatch, runs: bool) -> BatchStatus {
    let mut status = BatchStatus::default();
    status.payment_id = batch.id.clone();
    status.original_count = Some(batch.transactions.len() as u64);
    status.transactions = batch.transactions.iter().map(|one| of_transaction(one, runs)).collect();
    let all: Vec<&str> = statuses(&status).collect();
    status.counts = counts(&all);
    status
}

fn of_transaction(one: &PaymentTransaction, runs: bool) -> TransactionStatus {
    let (code, said) = match PayeeTrigger::of(one) {
        Some(PayeeTrigger::Late) if runs => ("PDNG", None),
        None | Some(PayeeTrigger::Match | PayeeTrigger::Late) => ("RCVC", None),
        Some(PayeeTrigger::Close(registered)) => ("RVMC", Some(registered)),
        Some(PayeeTrigger::None) => ("RVNM", None),
        Some(PayeeTrigger::Unchecked) => ("RVNA", Some("The bank of the payee did not answer")),
    };
    let mut status = TransactionStatus::default();
    status.end_to_end_id = one.end_to_end_id.clone();
    status.uetr = one.uetr.clone();
    status.status = Some(Code::new(code));
    status.creditor = one.creditor.clone();
    if let Some(said) = said {
        let mut reason = StatusReason::default();
        reason.information = vec![said.to_owned()];
        status.reasons = vec![reason];
    }
    status
}

fn statuses(batch: &BatchStatus) -> impl Iterator<Item = &str> {
    batch.transactions.iter().filter_map(|one| one.status.as_ref()).map(|status| status.code.as_str())
}

/// One count for each status, zeros too.
fn counts(statuses: &[&str]) -> Vec<StatusCount> {
    let count = |code: &str| {
        let mut count = StatusCount::new();
        count.status = Some(Code::new(code));
        count.count = Some(statuses.iter().filter(|status| **status == code).count() as u64);
        count
    };
    COUNTED.into_iter().map(count).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_iso20022::matching::match_status;
    use bankchannel_iso20022::payee_check::{OrderWaitsFor, PayeeCheckResult, PayeeCheckState};
    use bankchannel_iso20022::read_status_report;

    use super::*;
    use crate::{BankLedger, decide};

    fn payment(first: &str, second: &str) -> String {
        let mut names = [first, second].into_iter();
        let mut parts = bankchannel_iso20022::EXAMPLE_PAIN001.split("<Cdtr>");
        let mut text = parts.next().unwrap().to_owned();
        for part in parts {
            let (_, rest) = part.split_once("</Nm>").unwrap();
            text.push_str(&format!("<Cdtr><Nm>{}</Nm>{rest}", names.next().unwrap()));
        }
        text
    }

    fn times() -> (Timestamp, Timestamp) {
        ("2026-12-01T07:00:00Z".parse().unwrap(), "2026-12-01T07:00:30Z".parse().unwrap())
    }

    fn day() -> jiff::civil::Date {
        "2026-12-01".parse().unwrap()
    }

    fn checked(payment: &str) -> Option<PayeeReports> {
        check_payees(payment.as_bytes(), times(), day(), &AnswerIds::new("K7").unwrap()).unwrap()
    }

    #[test]
    fn the_name_of_a_payee_decides() {
        assert_eq!(checked(&payment("Matti Virtanen", "VoP Oy")), None);
        let file = payment("VoP close Matti Wirtanen", "vop UNCHECKED Kaja");
        let reports = checked(&file).unwrap();
        assert_eq!(reports.running, None);
        let report = read_status_report(reports.done.as_slice()).unwrap().reports.remove(0);
        assert!(report.problems.is_empty() && report.unread.is_empty(), "{:?} {:?}", report.problems, report.unread);
        assert_eq!(
            (report.status.as_ref().unwrap().code.as_str(), report.debtor_bank_bic.as_deref()),
            ("RVCM", Some(BIC))
        );
        let notes = &report.payee_check.as_ref().unwrap().notes;
        let texts: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(texts, [NOTICES[0].1, NOTICES[2].1]);
        let found = match_status(&read_payment(file.as_bytes()).unwrap(), &[report], &[]);
        assert_eq!(found.waits_for, Some(OrderWaitsFor::Release));
        let first = found.transactions[0].payee_check.as_ref().unwrap();
        assert_eq!(first.registered_name.as_deref(), Some("Matti Wirtanen"));
        let second = found.transactions[1].payee_check.as_ref().unwrap();
        assert_eq!(second.result, PayeeCheckResult::NotChecked);
        assert!(second.note.as_ref().unwrap().contains("did not answer"));
    }

    #[test]
    fn a_late_payee_has_two_reports() {
        let reports = checked(&payment("VoP late Matti", "VoP none Kaja")).unwrap();
        let read = |bytes: &[u8]| read_status_report(bytes).unwrap().reports.remove(0);
        let (running, done) = (read(&reports.running.unwrap()), read(&reports.done));
        assert!(running.created.unwrap().instant < done.created.as_ref().unwrap().instant);
        let check = running.payee_check.unwrap();
        assert_eq!((check.state, check.pending, check.no_matches), (PayeeCheckState::Pending, 1, 1));
        let check = done.payee_check.unwrap();
        assert_eq!((check.state, check.matches, check.no_matches), (PayeeCheckState::Done, 1, 1));
    }

    #[test]
    fn a_cancelled_order_is_rejected() {
        let file = payment("VoP match Matti", "Kaja");
        let ids = AnswerIds::new("K8").unwrap();
        let ledger = BankLedger::with_default_account();
        let decided = decide(file.as_bytes(), &ledger, None, times().0, day(), &ids).unwrap();
        assert!(matches!(decided, BankDecision::Accepted { .. }));
        let BankDecision::Rejected { pain002 } = cancel(file.as_bytes(), times().1, day(), &ids).unwrap() else {
            panic!("it is accepted")
        };
        let report = read_status_report(pain002.as_slice()).unwrap().reports.remove(0);
        assert_eq!(report.reasons[0].code.as_ref().unwrap().code, "DS02");
        assert!(report.batches[0].transactions.iter().all(|one| one.status.as_ref().unwrap().code == "RJCT"));
    }
}
