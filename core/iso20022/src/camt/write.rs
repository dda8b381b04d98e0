//! Writing of statements (`camt.053.001.02`) and notifications (`camt.054.001.02`), with the minimum content of
//! docs/protocols/ws-channel.md §6.8, in the element order of the schemas.

use super::{AccountReport, Balance, CashReport, Entry, EntryTransaction};
use crate::problem::Problem;
use crate::schema::{self, MessageType};
use crate::xml::Writer;

/// Writes a statement as `camt.053.001.02`, UTF-8. The same report always gives the same bytes.
///
/// # Errors
/// A value that the schema does not allow: strict when writing. A document beyond [`crate::MAX_BYTES`].
pub fn write_statement(report: &CashReport) -> Result<Vec<u8>, Vec<Problem>> {
    let bytes = render_statement(report);
    schema::validate(STATEMENT, &bytes)?;
    Ok(bytes)
}

/// Writes a debit credit notification as `camt.054.001.02`, UTF-8; it has no balances, so they are omitted.
///
/// # Errors
/// A value that the schema does not allow: strict when writing. A document beyond [`crate::MAX_BYTES`].
pub fn write_notification(report: &CashReport) -> Result<Vec<u8>, Vec<Problem>> {
    let bytes = render(report, NOTIFICATION, "BkToCstmrDbtCdtNtfctn", "Ntfctn");
    schema::validate(NOTIFICATION, &bytes)?;
    Ok(bytes)
}

/// The bytes of a statement, whether or not the values are allowed.
pub(crate) fn render_statement(report: &CashReport) -> Vec<u8> {
    render(report, STATEMENT, "BkToCstmrStmt", "Stmt")
}

const STATEMENT: MessageType = MessageType::Camt05300102;
const NOTIFICATION: MessageType = MessageType::Camt05400102;

fn render(report: &CashReport, message: MessageType, root: &'static str, element: &'static str) -> Vec<u8> {
    let mut xml = Writer::document(message, root);
    xml.nest("GrpHdr", |xml| {
        xml.text("MsgId", &report.message_id);
        xml.text("CreDtTm", &report.created);
    });
    for one in &report.accounts {
        xml.nest(element, |xml| account(xml, one, message));
    }
    xml.finish()
}

fn account(xml: &mut Writer, report: &AccountReport, message: MessageType) {
    xml.text("Id", &report.id);
    xml.optional("ElctrncSeqNb", report.sequence.as_deref());
    xml.optional("CreDtTm", report.created.as_deref());
    xml.nest("Acct", |xml| {
        xml.nest("Id", |xml| xml.text("IBAN", &report.account));
        xml.optional("Ccy", report.currency.as_deref());
        if let Some(owner) = &report.owner {
            xml.nest("Ownr", |xml| xml.text("Nm", owner));
        }
    });
    if message == STATEMENT {
        report.balances.iter().for_each(|one| xml.nest("Bal", |xml| balance(xml, one)));
    }
    report.entries.iter().for_each(|one| xml.nest("Ntry", |xml| entry(xml, one)));
}

fn balance(xml: &mut Writer, balance: &Balance) {
    xml.nest("Tp", |xml| xml.nest("CdOrPrtry", |xml| xml.text("Cd", &balance.code)));
    xml.amount("Amt", &balance.amount);
    xml.text("CdtDbtInd", balance.direction.code());
    xml.nest("Dt", |xml| xml.text("Dt", &balance.date));
}

fn entry(xml: &mut Writer, entry: &Entry) {
    xml.optional("NtryRef", entry.reference.as_deref());
    xml.amount("Amt", &entry.amount);
    xml.text("CdtDbtInd", entry.direction.code());
    xml.text("Sts", &entry.status);
    for (name, date) in [("BookgDt", &entry.booking_date), ("ValDt", &entry.value_date)] {
        if let Some(date) = date {
            xml.nest(name, |xml| xml.text("Dt", date));
        }
    }
    xml.optional("AcctSvcrRef", entry.servicer_reference.as_deref());
    xml.nest("BkTxCd", |xml| {
        if let Some(code) = &entry.bank_code {
            bank_code(xml, code);
        }
    });
    if entry.batch_count.is_some() || !entry.transactions.is_empty() {
        xml.nest("NtryDtls", |xml| {
            if let Some(count) = &entry.batch_count {
                xml.nest("Btch", |xml| {
                    xml.optional("MsgId", entry.batch_message_id.as_deref());
                    xml.optional("PmtInfId", entry.batch_payment_id.as_deref());
                    xml.text("NbOfTxs", count);
                });
            }
            entry.transactions.iter().for_each(|one| xml.nest("TxDtls", |xml| transaction(xml, one)));
        });
    }
    xml.optional("AddtlNtryInf", entry.information.as_deref());
}

fn bank_code(xml: &mut Writer, code: &str) {
    match code.split('/').collect::<Vec<_>>().as_slice() {
        [domain, family, sub_family] => xml.nest("Domn", |xml| {
            xml.text("Cd", domain);
            xml.nest("Fmly", |xml| {
                xml.text("Cd", family);
                xml.text("SubFmlyCd", sub_family);
            });
        }),
        _ => xml.nest("Prtry", |xml| xml.text("Cd", code)),
    }
}

fn transaction(xml: &mut Writer, transaction: &EntryTransaction) {
    xml.nest("Refs", |xml| {
        xml.optional("MsgId", transaction.message_id.as_deref());
        xml.optional("PmtInfId", transaction.payment_id.as_deref());
        xml.optional("InstrId", transaction.instruction_id.as_deref());
        xml.optional("EndToEndId", transaction.end_to_end_id.as_deref());
    });
    if let Some(amount) = &transaction.amount {
        xml.nest("AmtDtls", |xml| xml.nest("TxAmt", |xml| xml.amount("Amt", amount)));
    }
    if [&transaction.debtor, &transaction.debtor_iban, &transaction.creditor, &transaction.creditor_iban]
        .iter()
        .any(|p| p.is_some())
    {
        xml.nest("RltdPties", |xml| {
            party(xml, "Dbtr", "DbtrAcct", transaction.debtor.as_deref(), transaction.debtor_iban.as_deref());
            party(xml, "Cdtr", "CdtrAcct", transaction.creditor.as_deref(), transaction.creditor_iban.as_deref());
        });
    }
    if !transaction.remittance.is_empty() || transaction.creditor_reference.is_some() {
        xml.nest("RmtInf", |xml| {
            transaction.remittance.iter().for_each(|line| xml.text("Ustrd", line));
            if let Some(reference) = &transaction.creditor_reference {
                xml.nest("Strd", |xml| xml.nest("CdtrRefInf", |xml| xml.text("Ref", reference)));
            }
        });
    }
}

fn party(xml: &mut Writer, party: &'static str, account: &'static str, name: Option<&str>, iban: Option<&str>) {
    if let Some(name) = name {
        xml.nest(party, |xml| xml.text("Nm", name));
    }
    if let Some(iban) = iban {
        xml.nest(account, |xml| xml.nest("Id", |xml| xml.text("IBAN", iban)));
    }
}
