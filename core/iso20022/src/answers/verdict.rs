//! The bank's verdict on an uploaded file, from its answers so far.

use std::fmt::Write as _;

use bankchannel_foundation::model::Boundary;

use super::UploadedMessage;
use super::reported::ReportedPayment;
use crate::cash::Statement;
use crate::data::Code;
use crate::matching::{ClaimStage, Matched, Outcome, match_status, reports_by_time};
use crate::payee_check::{self, OrderWaitsFor, PayeeCheckState, PayeeCheckSummary};
use crate::status::{StatusReason, StatusReport};
use crate::text::shorten;

/// The bank's verdict on an uploaded file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum PaymentVerdict {
    /// The bank has accepted it, and has rejected none of its transactions so far.
    Accepted,
    /// The bank has rejected it as a whole, finally: nothing of it is paid.
    Rejected,
    /// The bank has rejected some of its transactions: see the status report.
    PartlyRejected,
    /// The bank has received it, or it waits at the bank for something, such as an approval or the release after a payee
    /// check.
    Pending,
    /// No answer says it: there is no status report about it, or it has a code that is not known.
    Unknown,
}

/// The verdict with the bank's codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankVerdict {
    /// The verdict.
    pub verdict: PaymentVerdict,
    /// The bank's status that it follows from, such as `RJCT`.
    pub status: Option<Code>,
    /// The first reason for that status, such as `AM04`.
    pub reason: Option<Code>,
    /// The order's next step at the bank, after a report of the payee check: nothing is paid until then.
    pub waits_for: Option<OrderWaitsFor>,
    /// Status and reason in words, such as `RJCT (rejected), reason AM04 (insufficient funds)`. Empty if no answer has a
    /// status.
    pub text: String,
}

/// Maximum number of characters of the bank's own text in the words.
const MAX_TEXT: usize = 200;

impl BankVerdict {
    /// The verdict of status reports and bookings. Reports about other files count for nothing.
    pub fn from_reports(upload: &UploadedMessage, reports: &[StatusReport], statements: &[Statement]) -> Self {
        Self::of_reports(upload, &upload.named_reports(reports), statements)
    }

    /// The verdict where the caller knows that the reports are about the upload, although they do not name it.
    pub fn of_unreferenced(reports: &[StatusReport]) -> Self {
        Self::of_reports(&UploadedMessage::default(), reports, &[])
    }

    fn of_reports(upload: &UploadedMessage, reports: &[StatusReport], statements: &[Statement]) -> Self {
        let matched = upload.payment.as_ref().map(|payment| match_status(payment, reports, statements));
        let of_file = matched.as_ref().map(|matched| (of_transactions(matched, false), matched.waits_for));
        let (verdict, waits_for) = match of_file {
            Some((Some(verdict), waits_for)) => (verdict, waits_for),
            _ => Self::of_reports_alone(reports),
        };
        let said = deciding(reports, verdict, waits_for);
        let reason = said.as_ref().and_then(|said| said.reasons.iter().find_map(|reason| reason.code.clone()));
        let text = said.as_ref().map_or_else(String::new, in_words);
        Self { verdict, status: said.map(|said| said.status.clone()), reason, waits_for, text }
    }

    /// The verdict by what reports say of the transactions that they name, and of the others.
    fn of_reports_alone(reports: &[StatusReport]) -> (PaymentVerdict, Option<OrderWaitsFor>) {
        if reports.is_empty() {
            return (PaymentVerdict::Unknown, None);
        }
        let reported = ReportedPayment::new(reports);
        let matched = reported.matched();
        let verdict = of_transactions(&matched, reported.is_count_unknown);
        let parts = || reports.iter().filter_map(|report| report.status.as_ref()).any(|code| code.code == "PART");
        let unknown = || if parts() { PaymentVerdict::PartlyRejected } else { PaymentVerdict::Unknown };
        (verdict.unwrap_or_else(unknown), matched.waits_for)
    }

    /// The verdict in a sentence, with the bank's status and reason.
    pub fn sentence(&self) -> String {
        let begin = match self.verdict {
            PaymentVerdict::Pending if self.waits_for.is_some() => "",
            PaymentVerdict::Accepted => "The bank has accepted the file",
            PaymentVerdict::Rejected => "The bank has rejected the file, nothing of it is paid",
            PaymentVerdict::PartlyRejected => "The bank has rejected a part of the file: see the status report",
            PaymentVerdict::Pending => "The bank has not decided about the file yet",
            PaymentVerdict::Unknown => "No answer says whether the bank accepts the file",
        };
        let waiting = match self.waits_for {
            Some(OrderWaitsFor::PayeeCheck) => {
                "The bank still checks the payees, nothing is paid until the order is released"
            }
            Some(OrderWaitsFor::Release) => {
                "The order waits for release, nothing is paid until it is released or cancelled at the bank"
            }
            None => "",
        };
        let between = if begin.is_empty() || waiting.is_empty() { "" } else { ". " };
        let text = self.text.trim_end_matches('.');
        let colon = if text.is_empty() { "" } else { ": " };
        [begin, between, waiting, colon, text, "."].concat()
    }
}

/// The verdict by the transactions' outcomes; `None` if none of them is known. With `may_be_less`, those whose outcome is not
/// known may not be there.
fn of_transactions(matched: &Matched, may_be_less: bool) -> Option<PaymentVerdict> {
    let count = |wanted: &[Outcome]| -> u64 {
        matched.totals.iter().filter(|total| wanted.contains(&total.outcome)).map(|total| total.count).sum()
    };
    let refused = count(&[Outcome::Rejected, Outcome::Cancelled]);
    let unknown = count(&[Outcome::Unknown]);
    if matched.count == 0 || unknown == matched.count {
        return None;
    }
    let unknown = if may_be_less { 0 } else { unknown };
    Some(if refused == matched.count {
        PaymentVerdict::Rejected
    } else if refused > 0 {
        PaymentVerdict::PartlyRejected
    } else if unknown > 0 || count(&[Outcome::InProgress]) > 0 {
        PaymentVerdict::Pending
    } else if count(&[Outcome::Ambiguous, Outcome::Conflict]) > 0 {
        PaymentVerdict::Unknown
    } else {
        PaymentVerdict::Accepted
    })
}

/// The status that a verdict follows from: of the last report that says such a one of the whole or of a part; otherwise of
/// the last report with a status.
fn deciding(
    reports: &[StatusReport],
    verdict: PaymentVerdict,
    waits_for: Option<OrderWaitsFor>,
) -> Option<ReportedStatus<'_>> {
    let fits = |said: &ReportedStatus<'_>, stages: &[ClaimStage]| match (verdict, waits_for) {
        (_, Some(_)) => said.stage().waits_for() == waits_for,
        (PaymentVerdict::Rejected | PaymentVerdict::PartlyRejected, None) => stages.contains(&ClaimStage::Refused),
        (PaymentVerdict::Accepted, None) => stages.iter().any(|stage| stage.is_authorised()),
        (PaymentVerdict::Pending | PaymentVerdict::Unknown, None) => true,
    };
    let mut last = None;
    for at in reports_by_time(reports).into_iter().rev() {
        let Some(said) = final_status(&reports[at]) else { continue };
        let stages: Vec<ClaimStage> = reports[at].statuses().map(|code| ClaimStage::from_status(code, false)).collect();
        if fits(&said, &stages) {
            return Some(said);
        }
        last.get_or_insert(said);
    }
    last
}

/// A report's status of the file.
struct ReportedStatus<'r> {
    status: &'r Code,
    reasons: &'r [StatusReason],
    check: Option<&'r PayeeCheckSummary>,
    /// Whether "pending" is about the check.
    in_check: bool,
}

impl ReportedStatus<'_> {
    fn waits_for(&self) -> Option<OrderWaitsFor> {
        self.stage().waits_for()
    }

    fn stage(&self) -> ClaimStage {
        let stage = ClaimStage::from_status(self.status, self.in_check);
        match (stage, self.check.map(|check| check.state)) {
            // Whatever a level above the results says of the format.
            (ClaimStage::Open | ClaimStage::Checking | ClaimStage::Checked, Some(state)) => match state {
                PayeeCheckState::Pending => ClaimStage::Checking,
                PayeeCheckState::Done => ClaimStage::Checked,
            },
            _ => stage,
        }
    }
}

/// The highest status of a report, with the reasons for it or for the first part of it that has reasons.
fn final_status(report: &StatusReport) -> Option<ReportedStatus<'_>> {
    let batches = || report.batches.iter().map(|batch| (batch.status.as_ref(), batch.reasons.as_slice()));
    let transactions = || {
        let all = report.batches.iter().flat_map(|batch| &batch.transactions);
        all.map(|one| (one.status.as_ref(), one.reasons.as_slice()))
    };
    let levels = || std::iter::once((report.status.as_ref(), report.reasons.as_slice())).chain(batches());
    let all = || levels().chain(transactions());
    let (status, reasons) = all().find_map(|(status, reasons)| Some((status?, reasons)))?;
    let of_parts = || all().find(|(_, reasons)| reasons.iter().any(|reason| reason.code.is_some()));
    let reasons = if reasons.is_empty() { of_parts().map_or(reasons, |(_, reasons)| reasons) } else { reasons };
    let in_check = payee_check::means_pending_checks(report);
    Some(ReportedStatus { status, reasons, check: report.payee_check.as_deref(), in_check })
}

fn in_words(said: &ReportedStatus<'_>) -> String {
    let ReportedStatus { status, reasons, check, .. } = said;
    let explained = |code: &Code| match &code.meaning {
        Some(meaning) => format!("{} ({meaning})", shorten(&code.code, MAX_TEXT)),
        None => shorten(&code.code, MAX_TEXT),
    };
    let mut text = explained(status);
    if let Some(code) = reasons.iter().find_map(|reason| reason.code.as_ref()) {
        let _ = write!(text, ", reason {}", explained(code));
    }
    if let Some(check) = check.filter(|_| said.waits_for().is_some()) {
        let counts = check.in_words();
        let _ = if counts.is_empty() { Ok(()) } else { write!(text, ": {counts}") };
        return text;
    }
    let lines = reasons.iter().flat_map(|reason| &reason.information);
    let said = lines.map(String::as_str).collect::<Vec<_>>().join(" ");
    if !said.is_empty() {
        let plain: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let _ = write!(text, ": {}", shorten(&plain, MAX_TEXT));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::civil::date;

    use super::*;
    use bankchannel_bank_simulator::{AnswerIds, BankDecision, BankLedger, decide};

    fn reports(bytes: &[u8]) -> Vec<StatusReport> {
        crate::read_status_report(bytes).unwrap().reports
    }

    fn decided(payment: &str, ledger: &BankLedger) -> Vec<StatusReport> {
        let ids = AnswerIds::new("T1").unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        match decide(payment.as_bytes(), ledger, None, now, date(2026, 7, 21), &ids).unwrap() {
            BankDecision::Accepted { pain002, .. } | BankDecision::Rejected { pain002 } => reports(&pain002),
        }
    }

    fn uploaded(payment: &str) -> UploadedMessage {
        UploadedMessage::read(|| Ok::<_, ()>(payment.as_bytes())).unwrap()
    }

    #[test]
    fn the_bank_s_words_become_a_verdict() {
        let payment = crate::EXAMPLE_PAIN001;
        let upload = uploaded(payment);
        let good = BankVerdict::from_reports(&upload, &decided(payment, &BankLedger::with_default_account()), &[]);
        assert_eq!((good.verdict, good.status.unwrap().code.as_str()), (PaymentVerdict::Accepted, "ACCP"));
        let mut poor = BankLedger::with_default_account();
        poor.accounts
            .values_mut()
            .for_each(|account| account.balance = bankchannel_foundation::model::Decimal::from_cents(1));
        let refused = decided(payment, &poor);
        let bad = BankVerdict::from_reports(&upload, &refused, &[]);
        assert_eq!((bad.verdict, bad.reason.unwrap().code.as_str()), (PaymentVerdict::Rejected, "AM04"));
        assert!(bad.text.starts_with("RJCT (") && bad.text.contains("AM04 ("), "{}", bad.text);
        // The accepted report of another file changes nothing.
        let other = payment.replace(upload.message_id().unwrap(), "OTHER");
        let both = [refused, decided(&other, &BankLedger::with_default_account())].concat();
        assert_eq!(BankVerdict::from_reports(&upload, &both, &[]).verdict, PaymentVerdict::Rejected);
        assert_eq!(BankVerdict::from_reports(&upload, &both[1..], &[]).verdict, PaymentVerdict::Unknown);
    }

    #[test]
    fn a_file_that_cannot_be_read_has_the_verdict_of_its_report() {
        let broken = crate::EXAMPLE_PAIN001.replace("</CdtTrfTxInf>", "</CdtTrf>");
        let upload = uploaded(&broken);
        assert!(upload.payment.is_none());
        let report = decided(&broken, &BankLedger::with_default_account());
        assert_eq!(BankVerdict::of_unreferenced(&report).verdict, PaymentVerdict::Rejected);
    }

    #[test]
    fn a_part_that_is_rejected_is_said() {
        let upload = uploaded(crate::EXAMPLE_PAIN001);
        let mut report = decided(crate::EXAMPLE_PAIN001, &BankLedger::with_default_account());
        let code = |code: &str| Code { code: code.into(), meaning: None, proprietary: false, issuer: None };
        report[0].status = Some(code("PART"));
        report[0].batches[0].status = None;
        report[0].batches[0].transactions[0].status = Some(code("RJCT"));
        assert_eq!(BankVerdict::from_reports(&upload, &report, &[]).verdict, PaymentVerdict::PartlyRejected);
        report[0].batches[0].transactions.iter_mut().for_each(|one| one.status = Some(code("PDNG")));
        assert_eq!(BankVerdict::from_reports(&upload, &report, &[]).verdict, PaymentVerdict::Pending);
    }
}
