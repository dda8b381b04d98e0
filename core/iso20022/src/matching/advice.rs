//! Whether something may be sent again, and what to do, in words: by outcome, status and reasons
//! (docs/protocols/iso20022.md §6, §8).

use crate::data::Code;
use crate::meaning::{self, Again, PaymentCircumstances};
use crate::status::StatusReason;

use super::result::Outcome;

/// The answer, if the outcome alone determines it.
pub(super) fn of_outcome(outcome: Outcome) -> (Again, String) {
    let (again, advice) = match outcome {
        Outcome::Paid | Outcome::PaidInBatch => (Again::No, "nothing is to be sent: the account was debited"),
        Outcome::ExecutedReported => (Again::No, "nothing is to be sent: look for the booking in the next statement"),
        Outcome::Probable => (Again::No, "check whether the booking belongs to this payment"),
        Outcome::Accepted => (Again::No, "nothing is to be sent: wait for the booking"),
        Outcome::InProgress => (Again::No, "nothing is to be sent: wait for the booking or the next report"),
        Outcome::BatchDiffers => (Again::Ask, "ask your bank which transactions the debit of the batch paid"),
        Outcome::AmountDiffers => {
            (Again::Ask, "the account was debited with its id and another amount: compare the two, and ask your bank")
        }
        Outcome::Ambiguous => {
            (Again::Ask, "several transactions have the same ids: check the account, and ask your bank")
        }
        Outcome::Conflict => (Again::Ask, "the bank contradicts itself: ask where the money is"),
        Outcome::Cancelled => (Again::IfWanted, "send it as a new payment if it is still wanted"),
        Outcome::Rejected | Outcome::Returned | Outcome::Unknown => (Again::Ask, "ask your bank"),
    };
    (again, advice.to_owned())
}

/// The answer to a refusal or a return whose money may still be on its way.
pub(super) fn in_doubt() -> (Again, String) {
    (Again::Ask, "ask your bank: something on the account may be this payment".to_owned())
}

/// The answer to a return of an amount other than the ordered one.
pub(super) fn returned_in_part() -> (Again, String) {
    (Again::Ask, "ask your bank: another amount came back than was sent".to_owned())
}

/// The answer to a payment that waits for release, if the bank has decided about one that cannot be told.
pub(super) fn unassigned_decision() -> (Again, String) {
    let advice =
        "ask your bank: it has decided about a payment of this file that its report does not name (see the leftovers)";
    (Again::Ask, advice.to_owned())
}

/// The answer of a status that is not final.
pub(super) fn of_status(code: Option<&Code>, outcome: Outcome) -> (Again, String) {
    let Some(code) = code else { return of_outcome(outcome) };
    let known = meaning::status_of(&code.code).filter(|_| !code.proprietary);
    match known {
        // These two defer to other rows, which do not exist here.
        Some(row) if !matches!(row.again, Again::PerReason | Again::PerTransaction) => {
            (row.again, row.advice.to_owned())
        }
        _ => (Again::Ask, "ask your bank what its status means".to_owned()),
    }
}

/// The answer to a refusal or a return: the most careful one of its reasons. Banks add their own codes to ISO 20022's:
/// those count only if no ISO code does. `all` is true if these are all reasons.
pub(super) fn of_reasons(reasons: &[StatusReason], all: bool, known: PaymentCircumstances) -> (Again, String) {
    let codes = reasons.iter().filter_map(|reason| reason.code.as_ref()).filter(|code| !code.proprietary);
    let rows = codes.map(|code| meaning::reason_of(&code.code)).chain((!all).then_some(None));
    let unknown = || (Again::Ask, "ask your bank what its reason means".to_owned());
    let answers = rows.map(|row| row.map_or_else(unknown, |row| row.answer(known)));
    match answers.filter(|(again, _)| care(*again) > 0).max_by_key(|(again, _)| care(*again)) {
        Some(answer) => answer,
        None if reasons.is_empty() => (Again::Ask, "ask your bank: it gives no reason".to_owned()),
        None => unknown(),
    }
}

/// How careful an answer is; 0 for those that leave it open. An unknown reason may forbid what the others allow.
fn care(again: Again) -> u8 {
    match again {
        Again::Unchanged => 1,
        Again::IfWanted => 2,
        Again::Corrected => 3,
        Again::Ask => 4,
        Again::LookFirst => 5,
        Again::ClarifyFirst => 6,
        Again::No | Again::Wait | Again::PerReason | Again::PerTransaction => 0,
    }
}
