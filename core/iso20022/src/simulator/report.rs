//! The status reports of the simulator (docs/protocols/ws-channel.md §6.7, §6.8).

use super::Stamp;
use super::checks::{Fault, Rejection};
use crate::amount::format_cents;
use crate::pain001::{Examined, MESSAGE, Payment};
use crate::pain002::{PaymentStatus, Reason, StatusReport, TransactionStatus};

/// Replaces an id that the file does not give, as is the custom in ISO 20022.
const NOT_PROVIDED: &str = "NOTPROVIDED";
/// Longest id (`Max35Text`).
const ID_LENGTH: usize = 35;

/// Group accepted, every transaction settled.
pub(super) fn accepted(payment: &Payment, stamp: &Stamp<'_>) -> StatusReport {
    statuses(payment, stamp, "ACCP", "ACSC", Vec::new(), &|_, _| Vec::new())
}

/// Everything rejected. Transactions at fault have the reason; the others report that they were not booked because of
/// them.
pub(super) fn rejected(examined: &Examined, rejection: &Rejection, stamp: &Stamp<'_>) -> StatusReport {
    let reason = |texts: &[String]| Reason { code: Some(rejection.code.to_owned()), information: texts.to_vec() };
    let group = vec![reason(&rejection.texts)];
    let Ok(payment) = &examined.payment else {
        let id = examined.message_id.as_deref().filter(|id| (1..=ID_LENGTH).contains(&id.chars().count()));
        let name = examined.identity.as_ref().and_then(|identity| identity.message_name.as_deref());
        let name = name.filter(|name| (1..=ID_LENGTH).contains(&name.chars().count())).unwrap_or(MESSAGE.name());
        return StatusReport {
            original_message_id: id.unwrap_or(NOT_PROVIDED).to_owned(),
            original_message_name: name.to_owned(),
            status: Some("RJCT".to_owned()),
            reasons: group,
            ..head(stamp)
        };
    };
    let of_transaction = |part: usize, index: usize| {
        let at_fault = match &rejection.fault {
            Fault::File => true,
            Fault::Parts(parts) => parts.contains(&part),
            Fault::Transactions(transactions) => transactions.contains(&(part, index)),
        };
        let other =
            || Reason::new("NARR", "Not booked: the file is booked as a whole, and another part of it is rejected.");
        vec![if at_fault { reason(&[]) } else { other() }]
    };
    statuses(payment, stamp, "RJCT", "RJCT", group, &of_transaction)
}

fn head(stamp: &Stamp<'_>) -> StatusReport {
    StatusReport { message_id: stamp.ids.id("PSR"), created: stamp.now.clone(), ..StatusReport::default() }
}

fn statuses(
    payment: &Payment,
    stamp: &Stamp<'_>,
    group: &str,
    transaction: &str,
    reasons: Vec<Reason>,
    of_transaction: &dyn Fn(usize, usize) -> Vec<Reason>,
) -> StatusReport {
    let part = |(part, info): (usize, &crate::pain001::PaymentInfo)| PaymentStatus {
        id: info.id.clone(),
        status: Some(group.to_owned()),
        reasons: Vec::new(),
        transactions: info
            .transactions
            .iter()
            .enumerate()
            .map(|(index, original)| TransactionStatus {
                instruction_id: original.instruction_id.clone(),
                end_to_end_id: Some(original.end_to_end_id.clone()),
                uetr: original.uetr.clone(),
                status: Some(transaction.to_owned()),
                reasons: of_transaction(part, index),
                amount: None,
            })
            .collect(),
    };
    StatusReport {
        original_message_id: payment.message_id.clone(),
        original_message_name: MESSAGE.name().to_owned(),
        original_transaction_count: Some(payment.transaction_count.to_string()),
        original_control_sum: stated_or_real_sum(payment),
        status: Some(group.to_owned()),
        reasons,
        payments: payment.payments.iter().enumerate().map(part).collect(),
        ..head(stamp)
    }
}

/// The sum that the file declares, otherwise that of its amounts.
fn stated_or_real_sum(payment: &Payment) -> Option<String> {
    let real = || payment.payments.iter().try_fold(0_i64, |sum, info| sum.checked_add(info.total_cents()?));
    payment.control_sum.or_else(real).map(format_cents)
}
