//! The status reports of the simulator (docs/protocols/ws-channel.md §6.7, §6.8).

use bankchannel_foundation::model::Decimal;
use bankchannel_iso20022::data::Code;
use bankchannel_iso20022::payment::{PaymentBatch, PaymentFile};
use bankchannel_iso20022::schema::MessageType;
use bankchannel_iso20022::status::{BatchStatus, StatusReason, StatusReport, TransactionStatus};

use crate::ExaminedPayment;
use crate::faults::PaymentFaults;
use crate::ids::AnswerStamp;

/// Replaces an id that the file does not give, as is the custom in ISO 20022.
const NOT_PROVIDED: &str = "NOTPROVIDED";
/// Longest id (`Max35Text`).
const ID_LENGTH: usize = 35;
/// The message that an unreadable file is taken for.
const PAYMENT: MessageType = MessageType::Pain00100109;

/// Group accepted, every transaction settled.
pub(crate) fn accepted(file: &PaymentFile, stamp: &AnswerStamp<'_>) -> StatusReport {
    statuses(file, stamp, ("ACCP", "ACSC"), Vec::new(), &|_, _| Vec::new())
}

/// Everything rejected. Transactions at fault have the reason; the others report that they were not booked because of
/// them.
pub(crate) fn rejected(examined: &ExaminedPayment<'_>, faults: &PaymentFaults) -> StatusReport {
    let group = faults.reasons.iter().map(|(code, texts)| reason(code, texts.clone())).collect();
    let Some(file) = examined.readable() else {
        let fits = |text: &&str| (1..=ID_LENGTH).contains(&text.chars().count());
        let id = examined.message_id.as_deref().filter(fits);
        let name = examined.message_name.as_deref().filter(fits);
        let mut report = head(examined.stamp);
        report.original_message_id = Some(id.unwrap_or(NOT_PROVIDED).to_owned());
        report.original_message_name = Some(name.unwrap_or(PAYMENT.name()).to_owned());
        report.status = Some(Code::new("RJCT"));
        report.reasons = group;
        return report;
    };
    let of_transaction = |at: (usize, usize), number: u64| {
        let other = || {
            let text = "Not booked: the file is booked as a whole, and another part of it is rejected.";
            reason("NARR", vec![text.to_owned()])
        };
        vec![faults.parts.code_of(at, number).map_or_else(other, |code| reason(code, Vec::new()))]
    };
    statuses(file, examined.stamp, ("RJCT", "RJCT"), group, &of_transaction)
}

fn reason(code: &str, information: Vec<String>) -> StatusReason {
    let mut reason = StatusReason::default();
    (reason.code, reason.information) = (Some(Code::new(code)), information);
    reason
}

pub(crate) fn head(stamp: &AnswerStamp<'_>) -> StatusReport {
    let mut report = StatusReport::default();
    (report.id, report.created) = (Some(stamp.ids.id("PSR")), stamp.created.clone());
    report
}

fn statuses(
    file: &PaymentFile,
    stamp: &AnswerStamp<'_>,
    (group, transaction): (&str, &str),
    reasons: Vec<StatusReason>,
    of_transaction: &dyn Fn((usize, usize), u64) -> Vec<StatusReason>,
) -> StatusReport {
    let mut number = 0;
    let mut batch = |(at, original): (usize, &PaymentBatch)| {
        let mut status = BatchStatus::default();
        status.payment_id = original.id.clone();
        status.status = Some(Code::new(group));
        let transactions = original.transactions.iter().enumerate().map(|(index, original)| {
            number += 1;
            let mut status = TransactionStatus::default();
            status.instruction_id = original.instruction_id.clone();
            status.end_to_end_id = original.end_to_end_id.clone();
            status.uetr = original.uetr.clone();
            status.status = Some(Code::new(transaction));
            status.reasons = of_transaction((at, index), number);
            status
        });
        status.transactions = transactions.collect();
        status
    };
    let mut report = head(stamp);
    report.batches = file.batches.iter().enumerate().map(&mut batch).collect();
    report.original_message_id = file.id.clone();
    report.original_message_name.clone_from(&file.message.name);
    report.original_count = file.count;
    report.original_sum = stated_or_real_sum(file);
    report.status = Some(Code::new(group));
    report.reasons = reasons;
    report
}

/// The sum that the file declares, otherwise that of its amounts; `None` for more than 18 digits.
pub(crate) fn stated_or_real_sum(file: &PaymentFile) -> Option<Decimal> {
    let amounts = || file.batches.iter().flat_map(|batch| &batch.transactions).filter_map(|one| one.money.as_ref());
    let real = || amounts().try_fold(Decimal::from_cents(0), |sum, money| sum.checked_add(&money.amount));
    file.sum.clone().or_else(real)
}
