//! Files that people give in place of a message, by their first bytes.

use bankchannel_xml::XmlFault;

/// The number of first bytes that are looked at.
pub(crate) const HEAD: usize = 1024;

/// The messages that are not read, each with what it is.
const OTHER_MESSAGES: &[(&str, &str)] = &[
    ("camt.026", "a question about a payment"),
    ("camt.027", "a claim that a payment did not arrive"),
    ("camt.028", "additional information about a payment"),
    ("camt.029", "an answer to an investigation"),
    ("camt.055", "a request to cancel payments"),
    ("camt.056", "a request of a bank to cancel a payment"),
    ("camt.057", "an announcement of incoming payments"),
    ("camt.060", "a request for a statement"),
    ("camt.086", "a bank's statement of charges"),
    ("camt.087", "a request to change a payment"),
    ("pacs.002", "a status report between banks"),
    ("pacs.003", "direct debits between banks"),
    ("pacs.004", "a return between banks"),
    ("pacs.008", "credit transfers between banks"),
    ("pain.007", "a reversal of direct debits"),
    ("pain.008", "direct debits"),
    ("pain.009", "a mandate"),
    ("pain.010", "an amendment of a mandate"),
    ("pain.011", "a cancellation of a mandate"),
    ("pain.012", "an answer about a mandate"),
    ("pain.013", "a request for payments"),
    ("pain.014", "an answer to a request for payments"),
    ("pain.018", "a suspended mandate"),
];

/// What a message is that is not read here, by its name such as `pain.008.001.08`.
pub(crate) fn other_message(name: &str) -> Option<&'static str> {
    let area = name.get(..8)?;
    OTHER_MESSAGES.iter().find(|(known, _)| *known == area).map(|(_, words)| *words)
}

/// The kind of a file that is no XML, and what reads it; `None` for XML and for what is not known.
pub fn foreign_kind(head: &[u8]) -> Option<XmlFault> {
    let found = |what: &str, change: &str| Some(XmlFault::new(format!("this is {what}"), change));
    let text = String::from_utf8_lossy(&head[..head.len().min(HEAD)]);
    let start = text.trim_start_matches(['\u{feff}', '\u{1}']).trim_start();
    let begins = |with: &str| start.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    if head.starts_with(b"PK\x03\x04") {
        found("a ZIP archive", "unpack it first, and give the files in it")
    } else if head.starts_with(b"\x1f\x8b") {
        found("a file packed with gzip", "unpack it first")
    } else if head.starts_with(b"7z\xBC\xAF") || head.starts_with(b"Rar!") {
        found("an archive", "unpack it first, and give the files in it")
    } else if begins("%PDF") {
        found("a PDF document", "people read it; ask the bank for the same as XML (camt.053)")
    } else if head.starts_with(b"\xD0\xCF\x11\xE0") {
        found("a document of an office program", "ask the bank for the same as XML (camt.053)")
    } else if begins("<!DOCTYPE html") || begins("<html") {
        found("an HTML page", "a login or an error page was saved in place of the file: download it again")
    } else if begins("{1:F") || begins(":20:") || (begins(":940:") || begins(":942:")) {
        found("a SWIFT statement (MT940 or MT942)", "it is not read yet; ask the bank for camt.053, or convert it")
    } else if begins("T00") && start.get(3..6).is_some_and(|size| size.bytes().all(|byte| byte.is_ascii_digit())) {
        found("a Finnish machine-readable statement (TITO)", "it is not read; ask the bank for camt.053")
    } else if begins("UNA:") || begins("UNB+") {
        found("an EDIFACT message", "it is not read; ask the bank for ISO 20022")
    } else if begins("-----BEGIN PGP") {
        found("an OpenPGP message", "decrypt it first")
    } else if begins("{") || begins("[") {
        found("JSON", "give the XML file that the bank or your program made")
    } else {
        None
    }
}
