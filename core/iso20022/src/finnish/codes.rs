//! The codes of Finnish records, in words.

/// The issuer of the codes of entries, as camt files of Finnish banks name it.
pub(super) const ISSUER: &str = "FFFS";

/// The kinds of entries, by their code.
const ENTRY_CODES: &[(&str, &str)] = &[
    ("700", "transfer in or out"),
    ("701", "standing order"),
    ("702", "bills paid"),
    ("703", "takings of a payment terminal"),
    ("704", "bank draft"),
    ("705", "reference payments in"),
    ("706", "payment service"),
    ("710", "deposit"),
    ("720", "withdrawal"),
    ("721", "card payment"),
    ("722", "cheque"),
    ("730", "fee"),
    ("740", "interest paid by the customer"),
    ("750", "interest received"),
    ("760", "loan"),
    ("761", "instalment of a loan"),
    ("770", "foreign payment"),
    ("780", "zero balancing"),
    ("781", "sweeping of an account"),
    ("782", "topping of an account"),
];

/// The meaning of the code of an entry; none for a bank's own.
pub(super) fn entry(code: &str) -> Option<&'static str> {
    ENTRY_CODES.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
}
