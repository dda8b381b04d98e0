//! Writing of status reports, minimum content of docs/protocols/ws-channel.md §6.8, in the element order of the schema.

use super::{PaymentStatus, Reason, StatusReport, TransactionStatus};
use crate::problem::Problem;
use crate::schema::{self, MessageType};
use crate::text::wrap;
use crate::xml::Writer;

/// Longest line of `AddtlInf` (`Max105Text`).
const INFORMATION_LENGTH: usize = 105;
/// Longest reason code in `Cd`; longer ones are the bank's own and are written in `Prtry`.
const CODE_LENGTH: usize = 4;

const MESSAGE: MessageType = MessageType::Pain00200110;

/// Writes a status report as `pain.002.001.10`, UTF-8. The same report always gives the same bytes.
///
/// # Errors
/// A value that the schema does not allow (an empty or too long id, a malformed time): strict when writing. A document
/// beyond [`crate::MAX_BYTES`].
pub fn write(report: &StatusReport) -> Result<Vec<u8>, Vec<Problem>> {
    let bytes = render(report);
    schema::validate(MESSAGE, &bytes)?;
    Ok(bytes)
}

/// The bytes, whether or not the values are allowed.
pub(crate) fn render(report: &StatusReport) -> Vec<u8> {
    let mut xml = Writer::document(MESSAGE, "CstmrPmtStsRpt");
    xml.nest("GrpHdr", |xml| {
        xml.text("MsgId", &report.message_id);
        xml.text("CreDtTm", &report.created);
    });
    xml.nest("OrgnlGrpInfAndSts", |xml| {
        xml.text("OrgnlMsgId", &report.original_message_id);
        xml.text("OrgnlMsgNmId", &report.original_message_name);
        xml.optional("OrgnlNbOfTxs", report.original_transaction_count.as_deref());
        xml.optional("OrgnlCtrlSum", report.original_control_sum.as_deref());
        xml.optional("GrpSts", report.status.as_deref());
        reasons(xml, &report.reasons);
    });
    for payment in &report.payments {
        xml.nest("OrgnlPmtInfAndSts", |xml| part(xml, payment));
    }
    xml.finish()
}

fn part(xml: &mut Writer, payment: &PaymentStatus) {
    xml.text("OrgnlPmtInfId", &payment.id);
    xml.optional("PmtInfSts", payment.status.as_deref());
    reasons(xml, &payment.reasons);
    for one in &payment.transactions {
        xml.nest("TxInfAndSts", |xml| transaction(xml, one));
    }
}

fn transaction(xml: &mut Writer, transaction: &TransactionStatus) {
    xml.optional("OrgnlInstrId", transaction.instruction_id.as_deref());
    xml.optional("OrgnlEndToEndId", transaction.end_to_end_id.as_deref());
    xml.optional("OrgnlUETR", transaction.uetr.as_deref());
    xml.optional("TxSts", transaction.status.as_deref());
    reasons(xml, &transaction.reasons);
    if let Some(amount) = &transaction.amount {
        xml.nest("OrgnlTxRef", |xml| xml.nest("Amt", |xml| xml.amount("InstdAmt", amount)));
    }
}

fn reasons(xml: &mut Writer, reasons: &[Reason]) {
    for reason in reasons {
        xml.nest("StsRsnInf", |xml| {
            if let Some(code) = &reason.code {
                let kind = if code.chars().count() <= CODE_LENGTH { "Cd" } else { "Prtry" };
                xml.nest("Rsn", |xml| xml.text(kind, code));
            }
            for line in reason.information.iter().flat_map(|text| wrap(text, INFORMATION_LENGTH)) {
                xml.text("AddtlInf", &line);
            }
        });
    }
}
