//! The rule of an instruction's priority, the same for data and for files.

use super::{Finding, Rule};

/// A priority above others in a SEPA payment.
pub fn in_sepa(priority: Option<&str>) -> Option<Finding> {
    let found = Finding::warning(Rule::Kind, "SEPA payments have no priority", "leave it out");
    (priority == Some("HIGH")).then(|| found.value("HIGH").reason("FF03"))
}
