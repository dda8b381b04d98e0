//! S14: whether a document obeys the schema of ApplicationRequest (§2.1) or CertApplicationRequest (§5.1): its elements,
//! their order, number and length.

use bankchannel_sepa_web_services::DOCUMENT_NAMESPACE;
use bankchannel_xml::{
    TreeElement,
    schema::values::{is_boolean, is_date, is_date_time, is_double, is_long},
};
use bankchannel_xml_signature::SIGNATURE_NAMESPACE;

/// What an element's text may be.
enum RequestElementRule {
    /// From so many to so many characters.
    Text(usize, usize),
    /// An instant.
    Instant,
    /// A day.
    Day,
    /// `PRODUCTION` or `TEST`.
    Environment,
    /// `true`, `false`, `1`, `0`.
    Bool,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// A list of one or more elements of this name, each of 1 to 32 characters.
    List(&'static str),
    /// Anything.
    Any,
}

use RequestElementRule::{Any, Bool, Day, Environment, Instant, List, Number, Text, Whole};

/// The elements in their order, and whether each is mandatory.
const ELEMENTS: [(&str, bool, RequestElementRule); 22] = [
    ("CustomerId", true, Text(1, 16)),
    ("Command", false, Text(1, 32)),
    ("Timestamp", true, Instant),
    ("StartDate", false, Day),
    ("EndDate", false, Day),
    ("Status", false, Text(1, 10)),
    ("ServiceId", false, Text(1, 256)),
    ("Environment", true, Environment),
    ("FileReferences", false, List("FileReference")),
    ("UserFilename", false, Text(1, 80)),
    ("TargetId", false, Text(1, 80)),
    ("ExecutionSerial", false, Text(1, 32)),
    ("Encryption", false, Bool),
    ("EncryptionMethod", false, Text(1, 35)),
    ("Compression", false, Bool),
    ("CompressionMethod", false, Text(1, 35)),
    ("AmountTotal", false, Number),
    ("TransactionCount", false, Whole),
    ("SoftwareId", true, Text(1, 80)),
    ("CustomerExtension", false, Any),
    ("FileType", false, Text(1, 40)),
    ("Content", false, Any),
];

/// Those of a request to a certificate service. `HMAC` is Nordea's alone.
const APPLICATION: [(&str, bool, RequestElementRule); 15] = [
    ("CustomerId", true, Text(1, 16)),
    ("Timestamp", true, Instant),
    ("Environment", true, Environment),
    ("SoftwareId", true, Text(1, 80)),
    ("Command", false, Text(1, 32)),
    ("ExecutionSerial", false, Text(1, 32)),
    ("Encryption", false, Bool),
    ("EncryptionMethod", false, Text(1, 35)),
    ("Compression", false, Bool),
    ("CompressionMethod", false, Text(1, 35)),
    ("Service", true, Text(0, 35)),
    ("Content", false, Any),
    ("TransferKey", false, Text(1, 32)),
    ("SerialNumber", false, Text(1, 25)),
    ("HMAC", false, Any),
];

/// What XML takes for blanks.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Checks the elements of a document, without its signature.
///
/// # Errors
/// The first thing that is wrong, in words.
pub(crate) fn check<'t>(elements: impl Iterator<Item = TreeElement<'t>>) -> Result<(), String> {
    check_against(&ELEMENTS, elements, DOCUMENT_NAMESPACE)
}

/// The same for a request to a certificate service, whose elements are in this namespace.
///
/// # Errors
/// The first thing that is wrong, in words.
pub(crate) fn check_application<'t>(
    elements: impl Iterator<Item = TreeElement<'t>>,
    namespace: &str,
) -> Result<(), String> {
    check_against(&APPLICATION, elements, namespace)
}

fn check_against<'t>(
    rules: &[(&str, bool, RequestElementRule)],
    elements: impl Iterator<Item = TreeElement<'t>>,
    namespace: &str,
) -> Result<(), String> {
    let mut at = 0;
    for element in elements {
        let name = element.local();
        if element.namespace() == SIGNATURE_NAMESPACE {
            continue;
        }
        let found = rules[at..].iter().position(|(known, ..)| *known == name);
        let Some(found) = found.filter(|_| element.namespace() == namespace) else {
            let is_known = rules.iter().any(|(known, ..)| *known == name);
            let why = if is_known { "is in the wrong place, or there twice" } else { "is not in the schema" };
            return Err(format!("{name} {why}"));
        };
        mandatory(&rules[at..at + found])?;
        at += found + 1;
        rule(element, &rules[at - 1].2).map_err(|why| format!("{name} {why}"))?;
    }
    mandatory(&rules[at..])
}

fn mandatory(passed: &[(&str, bool, RequestElementRule)]) -> Result<(), String> {
    match passed.iter().find(|(_, mandatory, _)| *mandatory) {
        Some((name, ..)) => Err(format!("{name} is missing")),
        None => Ok(()),
    }
}

fn rule(element: TreeElement<'_>, rule: &RequestElementRule) -> Result<(), String> {
    if let List(item) = rule {
        let mut items = element.children().peekable();
        if items.peek().is_none() {
            return Err(format!("has no {item}"));
        }
        for one in items {
            let length = one.text().map_or(0, |text| text.chars().count());
            if one.local() != *item || !(1..=32).contains(&length) {
                return Err(format!("must hold {item} of 1 to 32 characters"));
            }
        }
        return Ok(());
    }
    if matches!(rule, Any) {
        return Ok(());
    }
    let text = element.text().ok_or("holds elements")?;
    let collapsed = text.trim_matches(BLANKS);
    let fine = match rule {
        Text(least, max) => (*least..=*max).contains(&text.chars().count()),
        Instant => is_date_time(collapsed),
        Day => is_date(collapsed),
        Environment => matches!(collapsed, "PRODUCTION" | "TEST"),
        Bool => is_boolean(collapsed),
        Number => is_double(collapsed),
        Whole => is_long(collapsed),
        List(_) | Any => true,
    };
    if fine { Ok(()) } else { Err("has a value that the schema does not allow".to_owned()) }
}

#[cfg(test)]
mod tests;
