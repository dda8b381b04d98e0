//! Statements (`camt.053.001.02`) and notifications (`camt.054.001.02`).

use bankchannel_iso20022::cash::{
    AmountKind, BankTransactionCode, Batch, CashMessage, Direction, Entry, EntryDetail, Statement, StatementBalance,
};
use bankchannel_iso20022::schema::MessageType;
use bankchannel_xml::{XmlFault, XmlWriter};

use super::parts::{amount, code, moment, moment_text, party, remittance};

/// Writes statements as `camt.053.001.02`, UTF-8. The same values always give the same bytes.
///
/// # Errors
/// A value that the schema does not allow.
pub fn statements(message: &CashMessage, statements: &[Statement]) -> Result<Vec<u8>, Vec<XmlFault>> {
    document(message, statements, (MessageType::Camt05300102, "BkToCstmrStmt", "Stmt"))
}

/// Writes debit credit notifications as `camt.054.001.02`, UTF-8; they have no balances, so those are left out.
///
/// # Errors
/// A value that the schema does not allow.
pub fn notifications(message: &CashMessage, notifications: &[Statement]) -> Result<Vec<u8>, Vec<XmlFault>> {
    document(message, notifications, (MessageType::Camt05400102, "BkToCstmrDbtCdtNtfctn", "Ntfctn"))
}

fn document(
    message: &CashMessage,
    accounts: &[Statement],
    (kind, root, element): (MessageType, &'static str, &'static str),
) -> Result<Vec<u8>, Vec<XmlFault>> {
    super::document(kind, root, |xml| {
        xml.nest("GrpHdr", |xml| {
            xml.optional("MsgId", message.id.as_deref());
            moment(xml, "CreDtTm", message.created.as_ref());
        });
        for one in accounts {
            xml.nest(element, |xml| account(xml, one, kind));
        }
    })
}

fn account(xml: &mut XmlWriter, report: &Statement, kind: MessageType) {
    xml.optional("Id", report.id.as_deref());
    xml.optional("ElctrncSeqNb", report.sequence.as_deref());
    moment(xml, "CreDtTm", report.created.as_ref());
    xml.nest("Acct", |xml| {
        xml.nest("Id", |xml| xml.optional("IBAN", report.account.iban.as_deref()));
        xml.optional("Ccy", report.account.currency.as_deref());
        if let Some(owner) = &report.account.owner {
            xml.nest("Ownr", |xml| xml.text("Nm", owner));
        }
    });
    if kind == MessageType::Camt05300102 {
        report.balances.iter().for_each(|one| xml.nest("Bal", |xml| balance(xml, one)));
    }
    report.entries.iter().for_each(|one| xml.nest("Ntry", |xml| entry(xml, one)));
}

fn balance(xml: &mut XmlWriter, balance: &StatementBalance) {
    if let Some(kind) = &balance.kind {
        xml.nest("Tp", |xml| xml.nest("CdOrPrtry", |xml| code(xml, kind)));
    }
    balance.money.iter().for_each(|money| amount(xml, "Amt", money));
    xml.optional("CdtDbtInd", balance.direction.as_ref().map(Direction::code));
    if let Some(date) = &balance.date {
        let element = if date.time.is_some() { "DtTm" } else { "Dt" };
        xml.nest("Dt", |xml| xml.text(element, &moment_text(date)));
    }
}

fn entry(xml: &mut XmlWriter, entry: &Entry) {
    xml.optional("NtryRef", entry.reference.as_deref());
    entry.money.iter().for_each(|money| amount(xml, "Amt", money));
    xml.optional("CdtDbtInd", entry.direction.as_ref().map(Direction::code));
    xml.optional("Sts", entry.status.as_ref().map(|status| status.code.as_str()));
    for (name, date) in [("BookgDt", &entry.booking_date), ("ValDt", &entry.value_date)] {
        if let Some(date) = date {
            xml.nest(name, |xml| xml.text("Dt", &date.0.to_string()));
        }
    }
    xml.optional("AcctSvcrRef", entry.servicer_reference.as_deref());
    xml.nest("BkTxCd", |xml| entry.bank_code.iter().for_each(|code| bank_code(xml, code)));
    // The bank books at most one batch in an entry.
    if !entry.batches.is_empty() || !entry.details.is_empty() {
        xml.nest("NtryDtls", |xml| {
            entry.batches.first().into_iter().for_each(|one| batch(xml, one));
            entry.details.iter().for_each(|one| xml.nest("TxDtls", |xml| detail(xml, one)));
        });
    }
    xml.optional("AddtlNtryInf", entry.information.as_deref());
}

fn batch(xml: &mut XmlWriter, batch: &Batch) {
    xml.nest("Btch", |xml| {
        xml.optional("MsgId", batch.message_id.as_deref());
        xml.optional("PmtInfId", batch.payment_id.as_deref());
        xml.optional("NbOfTxs", batch.count.map(|count| count.to_string()).as_deref());
    });
}

fn bank_code(xml: &mut XmlWriter, code: &BankTransactionCode) {
    if let (Some(domain), Some(family), Some(sub_family)) = (&code.domain, &code.family, &code.sub_family) {
        xml.nest("Domn", |xml| {
            xml.text("Cd", domain);
            xml.nest("Fmly", |xml| {
                xml.text("Cd", family);
                xml.text("SubFmlyCd", sub_family);
            });
        });
    }
    if let Some(own) = &code.proprietary {
        xml.nest("Prtry", |xml| {
            xml.text("Cd", own);
            xml.optional("Issr", code.issuer.as_deref());
        });
    }
}

fn detail(xml: &mut XmlWriter, detail: &EntryDetail) {
    xml.nest("Refs", |xml| {
        xml.optional("MsgId", detail.message_id.as_deref());
        xml.optional("PmtInfId", detail.payment_id.as_deref());
        xml.optional("InstrId", detail.instruction_id.as_deref());
        xml.optional("EndToEndId", detail.end_to_end_id.as_deref());
    });
    let of_transaction = detail.amounts.iter().find(|one| one.kind == AmountKind::Transaction);
    if let Some(one) = of_transaction {
        xml.nest("AmtDtls", |xml| xml.nest("TxAmt", |xml| amount(xml, "Amt", &one.money)));
    }
    if detail.debtor.is_some() || detail.creditor.is_some() {
        xml.nest("RltdPties", |xml| {
            detail.debtor.iter().for_each(|one| party(xml, "Dbtr", "DbtrAcct", one));
            detail.creditor.iter().for_each(|one| party(xml, "Cdtr", "CdtrAcct", one));
        });
    }
    remittance(xml, &detail.remittance);
}
