//! Files that people give in place of a message, by their first bytes.

use bankchannel_xml::XmlFault;

/// The number of first bytes that are looked at.
pub(crate) const HEAD: usize = 1024;

/// The messages that are not read: the name, the element, and the kind.
const OTHER_MESSAGES: &[(&str, &str, &str)] = &[
    ("camt.026", "UblToApply", "a question about a payment"),
    ("camt.027", "ClmNonRct", "a claim that a payment did not arrive"),
    ("camt.028", "AddtlPmtInf", "additional information about a payment"),
    ("camt.029", "RsltnOfInvstgtn", "an answer to an investigation"),
    ("camt.055", "CstmrPmtCxlReq", "a request to cancel payments"),
    ("camt.056", "FIToFIPmtCxlReq", "a request of a bank to cancel a payment"),
    ("camt.057", "NtfctnToRcv", "an announcement of incoming payments"),
    ("camt.058", "NtfctnToRcvCxlAdvc", "a cancellation of an announcement of incoming payments"),
    ("camt.059", "NtfctnToRcvStsRpt", "an answer to an announcement of incoming payments"),
    ("camt.060", "AcctRptgReq", "a request for a statement"),
    ("camt.086", "BkSvcsBllgStmt", "a bank's statement of charges"),
    ("camt.087", "ReqToModfyPmt", "a request to change a payment"),
    ("pacs.002", "FIToFIPmtStsRpt", "a status report between banks"),
    ("pacs.003", "FIToFICstmrDrctDbt", "direct debits between banks"),
    ("pacs.004", "PmtRtr", "a return between banks"),
    ("pacs.007", "FIToFIPmtRvsl", "a reversal between banks"),
    ("pacs.008", "FIToFICstmrCdtTrf", "credit transfers between banks"),
    ("pacs.009", "FICdtTrf", "transfers of banks' own"),
    ("pacs.010", "FIDrctDbt", "direct debits of banks' own"),
    ("pacs.028", "FIToFIPmtStsReq", "a bank's question about a payment's status"),
    ("pain.007", "CstmrPmtRvsl", "a reversal of direct debits"),
    ("pain.008", "CstmrDrctDbtInitn", "direct debits"),
    ("pain.009", "MndtInitnReq", "a mandate"),
    ("pain.010", "MndtAmdmntReq", "an amendment of a mandate"),
    ("pain.011", "MndtCxlReq", "a cancellation of a mandate"),
    ("pain.012", "MndtAccptncRpt", "an answer about a mandate"),
    ("pain.013", "CdtrPmtActvtnReq", "a request for payments"),
    ("pain.014", "CdtrPmtActvtnReqStsRpt", "an answer to a request for payments"),
    ("pain.018", "MndtSspnsnReq", "a suspended mandate"),
];

/// The kind of a message that is not read here, by its name such as `pain.008.001.08`.
pub(crate) fn other_message(name: &str) -> Option<&'static str> {
    let area = name.get(..8)?;
    OTHER_MESSAGES.iter().find(|(known, ..)| *known == area).map(|(_, _, words)| *words)
}

/// The same by the name of its element, with the beginning of the message's name.
pub(crate) fn other_element(name: &str) -> Option<(&'static str, &'static str)> {
    // In version 1, names end with the version.
    let name = name.trim_end_matches("V01");
    OTHER_MESSAGES.iter().find(|(_, element, _)| *element == name).map(|(known, _, words)| (*known, *words))
}

/// The kind of a file that is no XML, and its reader; `None` for XML and for unknown kinds.
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
    } else if head.starts_with(b"\x89PNG") || head.starts_with(b"\xFF\xD8\xFF") {
        found("a picture", "people read it; ask the bank for the same as XML (camt.053)")
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
