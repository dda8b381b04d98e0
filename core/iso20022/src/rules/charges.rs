//! The rule of the party that bears the charges, the same for data and for files.

use super::{Finding, Rule};

/// The kinds of payments that the rule tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChargeScheme {
    /// SEPA payments, instant ones too.
    Sepa,
    /// Urgent payments.
    Urgent,
    /// All others.
    Other,
}

/// `SLEV` follows a scheme: SEPA payments have it, and others have none that it could follow. Payments in euros without
/// a service level may have it, as many banks make SEPA payments of them.
pub fn check(bearer: Option<&str>, scheme: ChargeScheme, euro: bool) -> Option<Finding> {
    let bearer = bearer?;
    let (message, change) = match (scheme, bearer) {
        (ChargeScheme::Sepa, "SLEV") => return None,
        (ChargeScheme::Sepa, _) => ("SEPA payments have the charge bearer SLEV", "write SLEV, or leave it out"),
        (ChargeScheme::Urgent, "SLEV") => ("urgent payments do not have the charge bearer SLEV", "write SHAR or DEBT"),
        (ChargeScheme::Other, "SLEV") if !euro => {
            ("SLEV is for SEPA payments, and this one is not in EUR", "write SHAR or DEBT")
        }
        _ => return None,
    };
    Some(Finding::warning(Rule::Kind, message, change).value(bearer).reason("BE19"))
}
