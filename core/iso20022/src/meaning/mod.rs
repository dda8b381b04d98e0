//! What the codes in a bank's answer mean, in words. Codes unknown here are shown as the bank wrote them.
//!
//! Sources: ISO 20022 external code sets and bank transaction codes, shortened to one line each.

mod accounts;
mod payments;

use accounts::{BALANCES, DOMAINS, ENTRY_STATUSES, FAMILIES, SUB_FAMILIES};
use payments::{DOCUMENTS, PURPOSES, REASONS, SERVICE_LEVELS, STATUSES};

/// What a payment status (`GrpSts`, `PmtInfSts`, `TxSts`) means, or `None` for codes not listed.
pub fn status(code: &str) -> Option<&'static str> {
    find(STATUSES, code)
}

/// What a status reason (`StsRsnInf/Rsn/Cd`) means, or `None` for codes not listed.
pub fn reason(code: &str) -> Option<&'static str> {
    find(REASONS, code)
}

/// What a balance type (`Bal/Tp/CdOrPrtry/Cd`) means, or `None` for codes not listed.
pub fn balance(code: &str) -> Option<&'static str> {
    find(BALANCES, code)
}

/// What an entry status (`Ntry/Sts`) means, or `None` for codes not listed.
pub fn entry_status(code: &str) -> Option<&'static str> {
    find(ENTRY_STATUSES, code)
}

/// What a purpose or category purpose (`Purp/Cd`, `CtgyPurp/Cd`) means, or `None` for codes not listed.
pub fn purpose(code: &str) -> Option<&'static str> {
    find(PURPOSES, code)
}

/// What a service level or local instrument (`SvcLvl/Cd`, `LclInstrm/Cd`) means, or `None` for codes not listed.
pub fn service_level(code: &str) -> Option<&'static str> {
    find(SERVICE_LEVELS, code)
}

/// What a kind of document or reference (`Tp/CdOrPrtry/Cd`) means, or `None` for codes not listed.
pub fn document(code: &str) -> Option<&'static str> {
    find(DOCUMENTS, code)
}

/// What a bank transaction code means: what the family says, else the domain, then what the sub-family adds.
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

    #[test]
    fn bank_transactions_in_words() {
        let words = |domain, family, sub_family| bank_transaction(Some(domain), Some(family), Some(sub_family));
        assert_eq!(words("PMNT", "RCDT", "ESCT").as_deref(), Some("received credit transfer, SEPA"));
        assert_eq!(words("ACMT", "RCDT", "CHRG").as_deref(), Some("account management, charges"));
        assert_eq!(bank_transaction(None, Some("NEW1"), None), None);
    }

    #[test]
    fn tables_are_sorted_without_doubles() {
        let of_payments = [STATUSES, REASONS, PURPOSES, DOCUMENTS, SERVICE_LEVELS];
        let of_accounts = [BALANCES, ENTRY_STATUSES, DOMAINS, FAMILIES, SUB_FAMILIES];
        for table in of_payments.into_iter().chain(of_accounts) {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
