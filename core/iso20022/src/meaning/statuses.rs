//! Statuses of payments: progress, where the money is, and whether a payment may be sent again.

use super::again::Again::{self, Ask, IfWanted, No, PerReason, PerTransaction, Wait};
use super::again::MoneyState::{self, Arrived, Debited, Likely, Mixed, NotMoved, Unknown};
use super::again::Status;
use crate::payee_check::CHECK_RUNS;

const fn status(
    code: &'static str,
    words: &'static str,
    is_final: bool,
    money: MoneyState,
    again: Again,
    advice: &'static str,
) -> Status {
    Status { code, words, is_final, money, again, advice }
}

/// The advice on an order after its payee check.
macro_rules! waiting {
    ($($first:literal)?) => {
        concat!($($first,)? "nothing is paid until the order is released or cancelled at the bank")
    };
}

/// `GrpSts`, `PmtInfSts`, `TxSts`, sorted by code.
pub(super) const STATUSES: &[Status] = &[
    status("ACCC", "settled on the creditor's account", true, Arrived, No, "it arrived"),
    status("ACCP", "accepted: format and customer profile are right", false, NotMoved, No, "it is not executed yet"),
    status("ACFC", "accepted: format and funds checked", false, NotMoved, No, "it is not executed yet"),
    status(
        "ACFW",
        "funds checked, a confirmation is awaited",
        false,
        NotMoved,
        No,
        "the bank waits for a confirmation",
    ),
    status("ACIS", "cheque issued", false, Unknown, No, "the cheque is on its way"),
    status("ACPD", "in clearing", false, Unknown, No, "it is in clearing"),
    status(
        "ACSC",
        "settled: the debtor's account was debited",
        true,
        Debited,
        No,
        "it may still come back later: see the statements",
    ),
    status("ACSP", "accepted, settlement is in progress", false, Likely, No, "it is on its way"),
    status("ACTC", "accepted: format is right", false, NotMoved, No, "it is not executed yet"),
    status(
        "ACWC",
        "accepted with a change",
        false,
        Likely,
        No,
        "read the reason: the bank changed the date or the remittance",
    ),
    status(
        "ACWP",
        "accepted, not yet posted to the creditor",
        false,
        Debited,
        No,
        "it is not yet on the account of the payee",
    ),
    status(
        "BLCK",
        "blocked: neither credited nor returned",
        false,
        Debited,
        Ask,
        "ask your bank: the money is neither credited nor returned",
    ),
    status("CANC", "cancelled", true, NotMoved, IfWanted, "send a new payment if it is still wanted"),
    status("CPUC", "cash collected", false, Unknown, No, "the cash was collected"),
    status("PART", "some transactions accepted, others not", false, Mixed, PerTransaction, "see each transaction"),
    status(
        "PATC",
        "authorised in part, more signatures are needed",
        false,
        NotMoved,
        No,
        "let the missing signatures be given; do not send it again",
    ),
    status("PDNG", "pending: further checks", false, NotMoved, Wait, "wait; the account may lack cover"),
    status("PRES", "request shown to the debtor", false, Unknown, No, "the debtor was shown the request"),
    status("RCVC", "payee check complete: name and account belong together", false, NotMoved, No, waiting!()),
    status("RCVD", "received", false, NotMoved, Wait, "wait for the next report"),
    status("RJCT", "rejected", true, NotMoved, PerReason, "see the reason"),
    status("RVCM", "payee check complete, with mismatches", false, NotMoved, No, waiting!("compare the names; ")),
    status(
        "RVMC",
        "payee check: close match",
        false,
        NotMoved,
        No,
        waiting!("compare the name with the registered one; "),
    ),
    status("RVNA", "payee check: not possible", false, NotMoved, No, waiting!("the name could not be checked; ")),
    status("RVNC", "payee check is running", false, NotMoved, Wait, CHECK_RUNS),
    status(
        "RVNM",
        "payee check: no match",
        false,
        NotMoved,
        No,
        waiting!("the name is not that of the account: ask the payee in another way; "),
    ),
];
