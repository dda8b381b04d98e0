//! What the codes in a bank's answer mean, in words. Codes unknown here are shown as the bank wrote them.
//!
//! Sources: ISO 20022 external code sets (status, status reason, balance type), shortened to one line each.

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

fn find(table: &[(&str, &'static str)], code: &str) -> Option<&'static str> {
    table.iter().find(|(known, _)| *known == code).map(|(_, meaning)| *meaning)
}

const STATUSES: &[(&str, &str)] = &[
    ("ACCC", "settled on the creditor's account"),
    ("ACCP", "accepted: format and customer profile are right"),
    ("ACFC", "accepted: format and funds checked"),
    ("ACSC", "settled: the debtor's account was debited"),
    ("ACSP", "accepted, settlement is in progress"),
    ("ACTC", "accepted: format is right"),
    ("ACWC", "accepted with a change"),
    ("ACWP", "accepted, not yet posted to the creditor"),
    ("CANC", "cancelled"),
    ("PART", "some transactions accepted, others not"),
    ("PATC", "authorised in part, more signatures are needed"),
    ("PDNG", "pending: further checks"),
    ("RCVD", "received"),
    ("RJCT", "rejected"),
];

const REASONS: &[(&str, &str)] = &[
    ("AB05", "timeout at the creditor's bank"),
    ("AC01", "creditor account number is wrong"),
    ("AC02", "debtor account number is wrong or unknown"),
    ("AC03", "creditor account number is wrong or missing"),
    ("AC04", "account is closed"),
    ("AC05", "creditor account is closed"),
    ("AC06", "account is blocked"),
    ("AC07", "creditor account is closed"),
    ("AC13", "debtor account is of a kind not allowed here"),
    ("AG01", "this kind of transaction is forbidden on the account"),
    ("AG02", "bank operation code is wrong"),
    ("AG03", "this kind of transaction is not supported"),
    ("AM01", "amount is zero"),
    ("AM02", "amount is larger than allowed"),
    ("AM03", "currency is not agreed for this account"),
    ("AM04", "not enough money on the debtor account"),
    ("AM05", "duplicate"),
    ("AM06", "amount is smaller than agreed"),
    ("AM07", "amount is blocked"),
    ("AM09", "amount received is not the amount agreed"),
    ("AM10", "control sum does not match the sum of the transactions"),
    ("AM12", "amount is invalid or missing"),
    ("AM18", "number of transactions does not match"),
    ("BE01", "name does not match the account"),
    ("BE04", "creditor address is missing or wrong"),
    ("BE05", "initiating party is unknown"),
    ("BE06", "customer is unknown"),
    ("BE07", "debtor address is missing or wrong"),
    ("CH03", "execution date is too far in the future"),
    ("CH04", "execution date is too far in the past"),
    ("CNOR", "creditor's bank is not reachable"),
    ("CUST", "at the customer's request"),
    ("DNOR", "debtor's bank is not reachable"),
    ("DS02", "order was cancelled"),
    ("DS0H", "signer may not sign for this account"),
    ("DT01", "date is invalid"),
    ("DU01", "message id was used before"),
    ("DU02", "payment information id was used before"),
    ("DU03", "transaction is a duplicate"),
    ("DU04", "end-to-end id was used before"),
    ("DUPL", "payment is a duplicate"),
    ("ED05", "settlement failed"),
    ("FF01", "file format is wrong or incomplete"),
    ("FF03", "payment type is wrong"),
    ("FF05", "local instrument is wrong"),
    ("FF10", "technical problem at the bank"),
    ("FOCR", "returned after a cancellation request"),
    ("MD07", "customer is deceased"),
    ("MS02", "reason not given by the customer"),
    ("MS03", "reason not given by the bank"),
    ("NARR", "see the accompanying text"),
    ("RC01", "bank identifier (BIC) is wrong"),
    ("RC03", "debtor bank identifier is wrong or missing"),
    ("RC04", "creditor bank identifier is wrong or missing"),
    ("RF01", "reference is not unique"),
    ("RR01", "debtor account or identification missing (regulation)"),
    ("RR02", "debtor name or address missing (regulation)"),
    ("RR03", "creditor name or address missing (regulation)"),
    ("RR04", "refused for regulatory reasons"),
    ("TM01", "received after the cut-off time"),
];

const BALANCES: &[(&str, &str)] = &[
    ("CLAV", "closing available"),
    ("CLBD", "closing booked"),
    ("FWAV", "forward available"),
    ("INFO", "information"),
    ("ITAV", "interim available"),
    ("ITBD", "interim booked"),
    ("OPAV", "opening available"),
    ("OPBD", "opening booked"),
    ("PRCD", "previously closed booked"),
    ("XPCD", "expected"),
];

const ENTRY_STATUSES: &[(&str, &str)] =
    &[("BOOK", "booked"), ("FUTR", "future"), ("INFO", "information only"), ("PDNG", "pending")];

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
    fn tables_are_sorted_without_doubles() {
        for table in [STATUSES, REASONS, BALANCES, ENTRY_STATUSES] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
    }
}
