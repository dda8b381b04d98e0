//! Status reports (`pain.002.001.10`).

use bankchannel_iso20022::data::Party;
use bankchannel_iso20022::schema::MessageType;
use bankchannel_iso20022::status::{BatchStatus, StatusCount, StatusReason, StatusReport, TransactionStatus};
use bankchannel_xml::{XmlFault, XmlWriter};

use super::parts::{code, moment};

/// Longest line of `AddtlInf` (`Max105Text`).
const INFORMATION_LENGTH: usize = 105;

/// Writes a status report as `pain.002.001.10`, UTF-8. The same report always gives the same bytes.
///
/// # Errors
/// A value that the schema does not allow (an empty or too long id, a malformed time).
pub fn status_report(report: &StatusReport) -> Result<Vec<u8>, Vec<XmlFault>> {
    super::document(MessageType::Pain00200110, "CstmrPmtStsRpt", |xml| {
        xml.nest("GrpHdr", |xml| {
            xml.optional("MsgId", report.id.as_deref());
            moment(xml, "CreDtTm", report.created.as_ref());
            if let Some(bic) = &report.debtor_bank_bic {
                xml.nest("DbtrAgt", |xml| xml.nest("FinInstnId", |xml| xml.text("BICFI", bic)));
            }
        });
        xml.nest("OrgnlGrpInfAndSts", |xml| {
            xml.optional("OrgnlMsgId", report.original_message_id.as_deref());
            xml.optional("OrgnlMsgNmId", report.original_message_name.as_deref());
            xml.optional("OrgnlNbOfTxs", report.original_count.map(|count| count.to_string()).as_deref());
            xml.optional("OrgnlCtrlSum", report.original_sum.as_ref().map(|sum| sum.as_str()));
            xml.optional("GrpSts", report.status.as_ref().map(|status| status.code.as_str()));
            reasons(xml, &report.reasons);
            counts(xml, &report.counts);
        });
        for one in &report.batches {
            xml.nest("OrgnlPmtInfAndSts", |xml| batch(xml, one));
        }
    })
}

fn batch(xml: &mut XmlWriter, batch: &BatchStatus) {
    xml.optional("OrgnlPmtInfId", batch.payment_id.as_deref());
    xml.optional("OrgnlNbOfTxs", batch.original_count.map(|count| count.to_string()).as_deref());
    xml.optional("PmtInfSts", batch.status.as_ref().map(|status| status.code.as_str()));
    reasons(xml, &batch.reasons);
    counts(xml, &batch.counts);
    for one in &batch.transactions {
        xml.nest("TxInfAndSts", |xml| transaction(xml, one));
    }
}

fn transaction(xml: &mut XmlWriter, transaction: &TransactionStatus) {
    xml.optional("OrgnlInstrId", transaction.instruction_id.as_deref());
    xml.optional("OrgnlEndToEndId", transaction.end_to_end_id.as_deref());
    xml.optional("OrgnlUETR", transaction.uetr.as_deref());
    xml.optional("TxSts", transaction.status.as_ref().map(|status| status.code.as_str()));
    reasons(xml, &transaction.reasons);
    if let Some(creditor) = transaction.creditor.as_deref() {
        xml.nest("OrgnlTxRef", |xml| payee(xml, creditor));
    }
}

/// The payee's name and account.
fn payee(xml: &mut XmlWriter, creditor: &Party) {
    if let Some(name) = &creditor.name {
        xml.nest("Cdtr", |xml| xml.nest("Pty", |xml| xml.text("Nm", name)));
    }
    if let Some(iban) = &creditor.iban {
        xml.nest("CdtrAcct", |xml| xml.nest("Id", |xml| xml.text("IBAN", iban)));
    }
}

fn counts(xml: &mut XmlWriter, counts: &[StatusCount]) {
    for (code, count) in counts.iter().filter_map(|one| one.status.as_ref().zip(one.count)) {
        xml.nest("NbOfTxsPerSts", |xml| {
            xml.text("DtldNbOfTxs", &count.to_string());
            xml.text("DtldSts", &code.code);
        });
    }
}

fn reasons(xml: &mut XmlWriter, reasons: &[StatusReason]) {
    for reason in reasons {
        xml.nest("StsRsnInf", |xml| {
            if let Some(found) = &reason.code {
                xml.nest("Rsn", |xml| code(xml, found));
            }
            for line in reason.information.iter().flat_map(|text| wrap(text, INFORMATION_LENGTH)) {
                xml.text("AddtlInf", &line);
            }
        });
    }
}

/// Lines of a text that leave this many characters of each free.
pub(crate) fn wrap_information(text: &str, free: usize) -> Vec<String> {
    wrap(text, INFORMATION_LENGTH.saturating_sub(free).max(1))
}

/// Cuts text into pieces of at most `limit` characters, at blanks where it can; never an empty piece.
fn wrap(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    for word in text.split_whitespace() {
        let word: Vec<char> = word.chars().collect();
        for part in word.chunks(limit) {
            let used = piece.chars().count();
            if used > 0 && used + 1 + part.len() > limit {
                pieces.push(std::mem::take(&mut piece));
            }
            if !piece.is_empty() {
                piece.push(' ');
            }
            piece.extend(part);
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_within_the_limit() {
        let text = format!("one two three {} end", "x".repeat(30));
        let pieces = wrap(&text, 12);
        assert!(pieces.iter().all(|p| (1..=12).contains(&p.chars().count())), "{pieces:?}");
        assert_eq!(pieces.concat().replace(' ', ""), text.replace(' ', ""));
        assert!(wrap("  ", 12).is_empty());
    }
}
