//! Reading to typed results. Names begin with the case of docs/protocols/iso20022.md (§10.1) that they prove.
//!
//! All documents are built here from invented data; `tests/data` holds two more files.
#![allow(clippy::unwrap_used)]

mod continuity;
mod entries;
mod hostile;
mod keys;
mod messages;
mod properties;
mod statements;
mod summaries;
mod xml;

use bankchannel_iso20022::cash::{CashFile, Entry};
use bankchannel_iso20022::data::Money;
use bankchannel_iso20022::read_statement;

/// The account of all statements here.
const IBAN: &str = "FI2112345600000785";

/// A statement of that version with this content of its `Stmt`.
fn statement(version: &str, inside: &str) -> String {
    document(&format!("camt.053.001.{version}"), "BkToCstmrStmt", &format!("<Stmt>{}{inside}</Stmt>", account()))
}

fn account() -> String {
    format!("<Id>S1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>")
}

fn document(name: &str, root: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{name}\">\n<{root}>\n\
         <GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T08:00:00+02:00</CreDtTm></GrpHdr>\n{inside}\n</{root}>\n</Document>\n"
    )
}

fn balance(code: &str, amount: &str, direction: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
    )
}

/// A booked entry of version 8 with this content after its dates.
fn entry(amount: &str, direction: &str, inside: &str) -> String {
    format!(
        "\n<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-20</Dt></BookgDt>{inside}</Ntry>"
    )
}

fn details(inside: &str) -> String {
    format!("<NtryDtls><TxDtls>{inside}</TxDtls></NtryDtls>")
}

fn read(file: &str) -> CashFile {
    read_statement(file.as_bytes()).unwrap()
}

/// The first entry of a file.
fn first(file: &str) -> Entry {
    read(file).statements[0].entries[0].clone()
}

/// The only entry of a statement of version 8.
fn only(entry: &str) -> Entry {
    first(&statement("08", entry))
}

fn amount(money: Option<&Money>) -> Option<&str> {
    money.map(|money| money.amount.as_str())
}
