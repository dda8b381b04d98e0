//! Messages that are not read here, by name and by element.

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
