//! The outcome of a payment file. Names begin with the case of docs/protocols/iso20022.md (§10.1) that they prove.
//!
//! All documents are built here from invented data and read by the typed readers.
#![allow(clippy::unwrap_used)]

mod amounts;
mod bookings;
mod doubts;
mod hostile;
mod operation;
mod reports;
mod tables;

use bankchannel_iso20022::cash::Statement;
use bankchannel_iso20022::matching::{Again, Matched, MatchedTransaction, Outcome, match_status};
use bankchannel_iso20022::payment::PaymentFile;
use bankchannel_iso20022::status::StatusReport;
use bankchannel_iso20022::{read_payment, read_statement, read_status_report};

/// The debited account.
const IBAN: &str = "FI2112345600000785";

/// A transaction to be sent.
struct Order<'a> {
    end_to_end: &'a str,
    amount: &'a str,
    more: &'a str,
}

fn order<'a>(end_to_end: &'a str, amount: &'a str) -> Order<'a> {
    Order { end_to_end, amount, more: "" }
}

/// The creditor account of the transaction with this number.
fn creditor(number: usize) -> String {
    format!("FI00{number:014}")
}

/// A batch with that id; amounts are in euro, creditors are numbered.
fn batch(id: &str, orders: &[Order<'_>]) -> String {
    let transactions: String = orders
        .iter()
        .enumerate()
        .map(|(number, order)| {
            format!(
                "\n<CdtTrfTxInf><PmtId>{}<EndToEndId>{}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">{}</InstdAmt></Amt>\
                 <Cdtr><Nm>Creditor {number}</Nm></Cdtr><CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct></CdtTrfTxInf>",
                order.more,
                order.end_to_end,
                order.amount,
                creditor(number)
            )
        })
        .collect();
    format!(
        "\n<PmtInf><PmtInfId>{id}</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-11-20</Dt></ReqdExctnDt>\
         <Dbtr><Nm>Example Oy</Nm></Dbtr><DbtrAcct><Id><IBAN>{IBAN}</IBAN></Id></DbtrAcct>{transactions}</PmtInf>"
    )
}

fn payment(batches: &[String]) -> PaymentFile {
    let inside = batches.concat();
    let header = "<GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-19T12:00:00</CreDtTm></GrpHdr>";
    let file = document("pain.001.001.09", "CstmrCdtTrfInitn", &format!("{header}{inside}"));
    read_payment(file.as_bytes()).unwrap()
}

/// Three transactions in one batch: 100, 250 and 75.50 euro.
fn three() -> PaymentFile {
    payment(&[batch("P1", &[order("E1", "100.00"), order("E2", "250.00"), order("E3", "75.50")])])
}

fn document(name: &str, root: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}\">\n\
         <{root}>{inside}</{root}>\n</Document>\n"
    )
}

/// A status report about `M1`, created at that time of day, with the content after the header.
fn report_at(time: &str, group: &str, inside: &str) -> StatusReport {
    let header = format!("<GrpHdr><MsgId>R-{time}</MsgId><CreDtTm>2026-11-20T{time}:00</CreDtTm></GrpHdr>");
    let original = "<OrgnlMsgId>M1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>";
    let inside = format!("{header}<OrgnlGrpInfAndSts>{original}{group}</OrgnlGrpInfAndSts>{inside}");
    let file = document("pain.002.001.10", "CstmrPmtStsRpt", &inside);
    read_status_report(file.as_bytes()).unwrap().reports.remove(0)
}

fn report(group: &str, inside: &str) -> StatusReport {
    report_at("08:00", group, inside)
}

fn group_status(code: &str) -> String {
    format!("<GrpSts>{code}</GrpSts>")
}

fn reason(code: &str) -> String {
    format!("<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>")
}

/// A report's status of a batch.
fn of_batch(id: &str, status: &str, transactions: &str) -> String {
    let status = if status.is_empty() { String::new() } else { format!("<PmtInfSts>{status}</PmtInfSts>") };
    format!("<OrgnlPmtInfAndSts><OrgnlPmtInfId>{id}</OrgnlPmtInfId>{status}{transactions}</OrgnlPmtInfAndSts>")
}

fn of_transaction(end_to_end: &str, status: &str, inside: &str) -> String {
    format!("<TxInfAndSts><OrgnlEndToEndId>{end_to_end}</OrgnlEndToEndId><TxSts>{status}</TxSts>{inside}</TxInfAndSts>")
}

/// A statement (053), report (052) or notification (054) of the paying account.
fn cash(message: &str, header: &str, entries: &[String]) -> Statement {
    let (root, name) = match message {
        "053" => ("BkToCstmrStmt", "Stmt"),
        "052" => ("BkToCstmrAcctRpt", "Rpt"),
        _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    };
    let account = format!("<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>");
    let inside = format!(
        "<GrpHdr><MsgId>C1</MsgId></GrpHdr><{name}><Id>S-{message}</Id>{header}{account}{}</{name}>",
        entries.concat()
    );
    let file = document(&format!("camt.{message}.001.08"), root, &inside);
    read_statement(file.as_bytes()).unwrap().statements.remove(0)
}

fn statement(entries: &[String]) -> Statement {
    cash("053", "", entries)
}

fn entry_of(amount: &str, direction: &str, status: &str, inside: &str) -> String {
    format!(
        "\n<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>{status}</Cd></Sts>\
         <BookgDt><Dt>2026-11-20</Dt></BookgDt>{inside}</Ntry>"
    )
}

/// A booked debit.
fn debit(amount: &str, inside: &str) -> String {
    entry_of(amount, "DBIT", "BOOK", inside)
}

fn details(inside: &str) -> String {
    format!("<NtryDtls><TxDtls>{inside}</TxDtls></NtryDtls>")
}

fn end_to_end(id: &str) -> String {
    format!("<Refs><EndToEndId>{id}</EndToEndId></Refs>")
}

/// The batch behind an entry.
fn of_payment(id: &str, count: &str) -> String {
    let count = if count.is_empty() { String::new() } else { format!("<NbOfTxs>{count}</NbOfTxs>") };
    format!("<NtryDtls><Btch><PmtInfId>{id}</PmtInfId>{count}</Btch></NtryDtls>")
}

/// Matches, and checks the invariants.
fn matched(payment: &PaymentFile, reports: &[StatusReport], statements: &[Statement]) -> Matched {
    let found = match_status(payment, reports, statements);
    let counted: u64 = found.totals.iter().map(|total| total.count).sum();
    let in_batches: u64 = found.batches.iter().flat_map(|batch| &batch.totals).map(|total| total.count).sum();
    assert_eq!((counted, in_batches), (found.count, found.count), "the counts add up to the file");
    for one in &found.transactions {
        let sendable = matches!(one.again, Again::Unchanged | Again::Corrected | Again::IfWanted);
        let known = matches!(one.outcome, Outcome::Rejected | Outcome::Cancelled | Outcome::Returned);
        assert!(known || !sendable, "{:?} may be sent again though {:?}", one.end_to_end_id, one.outcome);
        assert!(!one.advice.is_empty(), "{:?} has no advice", one.outcome);
    }
    found
}

fn outcomes(found: &Matched) -> Vec<Outcome> {
    found.transactions.iter().map(|one| one.outcome).collect()
}

fn status(one: &MatchedTransaction) -> Option<&str> {
    one.status.as_ref().map(|status| status.code.as_str())
}

fn reason_of(one: &MatchedTransaction) -> Option<&str> {
    one.reason.as_ref().map(|reason| reason.code.as_str())
}
