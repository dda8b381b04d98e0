//! The meaning of the codes in a bank's answer, in words. Unknown codes are shown as the bank wrote them.
//!
//! Sources: ISO 20022 external code sets and bank transaction codes, shortened to one line each.

mod accounts;
mod again;
mod payments;
mod reasons;
mod statuses;

use accounts::{ACCOUNT_TYPES, BALANCES, DOMAINS, ENTRY_STATUSES, FAMILIES, SUB_FAMILIES};
pub(crate) use again::PaymentCircumstances;
pub use again::{Again, MoneyState, Reason, Status};
use payments::{DOCUMENTS, PURPOSES, SERVICE_LEVELS};
use reasons::REASONS;
use statuses::STATUSES;

/// The meaning of a payment status (`GrpSts`, `PmtInfSts`, `TxSts`), or `None` for codes not listed.
pub fn status(code: &str) -> Option<&'static str> {
    status_of(code).map(|status| status.words)
}

/// A payment status with its meaning and consequences, or `None` for codes not listed: show those as written, with the
/// advice of [`Again::Ask`].
pub fn status_of(code: &str) -> Option<&'static Status> {
    STATUSES.binary_search_by_key(&code, |known| known.code).ok().map(|at| &STATUSES[at])
}

/// The meaning of a status reason (`StsRsnInf/Rsn/Cd`), or `None` for codes not listed.
pub fn reason(code: &str) -> Option<&'static str> {
    reason_of(code).map(|reason| reason.words)
}

/// The meaning of the reason of a return (`RtrInf/Rsn/Cd`), by whose payment came back: a collection that was paid back
/// to its payer, or a payment that came back from its payee.
pub fn return_reason(code: &str, is_collection: bool) -> Option<&'static str> {
    match (code, is_collection) {
        ("MD07", true) => Some("the payer is deceased"),
        ("MD07", false) => Some("the payee is deceased"),
        _ => reason(code),
    }
}

/// A status reason with its meaning and consequences, or `None` for codes not listed: show those as written, with the
/// advice of [`Again::Ask`].
pub fn reason_of(code: &str) -> Option<&'static Reason> {
    REASONS.binary_search_by_key(&code, |known| known.code).ok().map(|at| &REASONS[at])
}

/// The meaning of a balance type (`Bal/Tp/CdOrPrtry/Cd`), or `None` for codes not listed.
pub fn balance(code: &str) -> Option<&'static str> {
    find(BALANCES, code)
}

/// The meaning of a type of account (`Acct/Tp/Cd`), or `None` for codes not listed.
pub fn account_type(code: &str) -> Option<&'static str> {
    find(ACCOUNT_TYPES, code)
}

/// The meaning of an entry status (`Ntry/Sts`), or `None` for codes not listed.
pub fn entry_status(code: &str) -> Option<&'static str> {
    find(ENTRY_STATUSES, code)
}

/// The meaning of a purpose or category purpose (`Purp/Cd`, `CtgyPurp/Cd`), or `None` for codes not listed.
pub fn purpose(code: &str) -> Option<&'static str> {
    find(PURPOSES, code)
}

/// The meaning of a service level or local instrument (`SvcLvl/Cd`, `LclInstrm/Cd`), or `None` for codes not listed.
pub fn service_level(code: &str) -> Option<&'static str> {
    find(SERVICE_LEVELS, code)
}

/// The meaning of a kind of document or reference (`Tp/CdOrPrtry/Cd`), or `None` for codes not listed.
pub fn document(code: &str) -> Option<&'static str> {
    find(DOCUMENTS, code)
}

/// The meaning of a bank transaction code: that of the family, otherwise of the domain, followed by that of the
/// sub-family.
pub fn bank_transaction(domain: Option<&str>, family: Option<&str>, sub_family: Option<&str>) -> Option<String> {
    let families = if domain == Some("PMNT") { FAMILIES } else { &[] };
    let family = family.and_then(|code| find(families, code)).or_else(|| find(DOMAINS, domain?));
    let words = [family, sub_family.and_then(|code| find(SUB_FAMILIES, code))];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn find(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.binary_search_by_key(&code, |(known, _)| known).ok().map(|at| table[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_the_simulator_has_words() {
        for code in ["FF01", "AM10", "AM18", "AC02", "AM04", "AC01", "AM03", "NARR"] {
            assert!(reason(code).is_some(), "{code}");
        }
        for code in ["ACCP", "ACSC", "RJCT"] {
            assert!(status(code).is_some(), "{code}");
        }
        assert_eq!(balance("OPBD"), Some("opening booked"));
        assert_eq!(entry_status("BOOK"), Some("booked"));
        assert_eq!(reason("ZZ99"), None);
    }

    #[test]
    fn the_account_that_is_closed_is_the_right_one() {
        assert_eq!(reason("AC05"), Some("debtor account is closed"));
        assert_eq!(reason("AC07"), Some("creditor account is closed"));
        assert_eq!(reason("AC01"), Some("account number is wrong or missing"));
    }

    /// docs/protocols/iso20022.md §6.4; its case ISO-117.
    #[test]
    fn whether_to_send_again() {
        let again = |code| reason_of(code).map(|reason| reason.again);
        assert_eq!(again("AM04"), Some(Again::Unchanged));
        assert_eq!(again("AC01"), Some(Again::Corrected));
        assert_eq!(again("DU03"), Some(Again::LookFirst));
        assert_eq!(again("FF10"), Some(Again::Unchanged));
        assert_eq!(again("AC04"), Some(Again::ClarifyFirst));
        assert_eq!(again("X-77"), None);
        let advice = |code| reason_of(code).map(Reason::advice).unwrap_or_default();
        assert_eq!(advice("AM04"), "send the same data with a new message id, after there is cover on the account");
        assert_eq!(advice("AC01"), "correct the account and send it as a new payment with new ids");
        assert!(REASONS.iter().all(|reason| !reason.advice().is_empty()));
        assert!(status_of("ACSC").is_some_and(|status| status.is_final && status.money == MoneyState::Debited));
        assert_eq!(status_of("PEND"), None);
    }

    #[test]
    fn bank_transactions_in_words() {
        let words = |domain, family, sub_family| bank_transaction(Some(domain), Some(family), Some(sub_family));
        assert_eq!(words("PMNT", "RCDT", "ESCT").as_deref(), Some("received credit transfer, SEPA"));
        assert_eq!(words("ACMT", "RCDT", "CHRG").as_deref(), Some("account management, charges"));
        assert_eq!(bank_transaction(None, Some("NEW1"), None), None);
    }

    #[test]
    fn tables_are_sorted_without_doubles() {
        let of_payments = [PURPOSES, DOCUMENTS, SERVICE_LEVELS];
        let of_accounts = [ACCOUNT_TYPES, BALANCES, ENTRY_STATUSES, DOMAINS, FAMILIES, SUB_FAMILIES];
        for table in of_payments.into_iter().chain(of_accounts) {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        assert!(STATUSES.windows(2).all(|pair| pair[0].code < pair[1].code));
        assert!(REASONS.windows(2).all(|pair| pair[0].code < pair[1].code));
    }
}
