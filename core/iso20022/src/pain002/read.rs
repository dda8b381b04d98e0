//! Reading of status reports: tolerant, values verbatim.

use super::{PaymentStatus, Reason, StatusReport, TransactionStatus};
use crate::amount::Amount;
use crate::problem::Problem;
use crate::schema::plain;
use crate::xml::{self, Node, Tree};

/// Reads a status report, `pain.002` from version 3 on. Unknown elements are skipped.
///
/// # Errors
/// The file is not XML, is refused by the limits, or is not a status report.
pub fn read(bytes: &[u8]) -> Result<StatusReport, Problem> {
    let text = xml::decode(bytes)?;
    let tree = Tree::parse(&text)?;
    let root = tree.root()?;
    let Some(report) = root.child("CstmrPmtStsRpt") else {
        let message = format!("<{}> holds no <CstmrPmtStsRpt>: this is not a status report", plain(root.name()));
        return Err(Problem::format(root.place(), message, "choose a file of type pain.002"));
    };
    let empty = |path: &str| report.text_at(path).unwrap_or_default();
    let group = report.child("OrgnlGrpInfAndSts");
    Ok(StatusReport {
        message_id: empty("GrpHdr/MsgId"),
        created: empty("GrpHdr/CreDtTm"),
        original_message_id: empty("OrgnlGrpInfAndSts/OrgnlMsgId"),
        original_message_name: empty("OrgnlGrpInfAndSts/OrgnlMsgNmId"),
        original_transaction_count: report.text_at("OrgnlGrpInfAndSts/OrgnlNbOfTxs"),
        original_control_sum: report.text_at("OrgnlGrpInfAndSts/OrgnlCtrlSum"),
        status: report.text_at("OrgnlGrpInfAndSts/GrpSts"),
        reasons: group.map(reasons).unwrap_or_default(),
        payments: report.all("OrgnlPmtInfAndSts").map(payment).collect(),
    })
}

fn payment(node: Node<'_>) -> PaymentStatus {
    PaymentStatus {
        id: node.text_at("OrgnlPmtInfId").unwrap_or_default(),
        status: node.text_at("PmtInfSts"),
        reasons: reasons(node),
        transactions: node.all("TxInfAndSts").map(transaction).collect(),
    }
}

fn transaction(node: Node<'_>) -> TransactionStatus {
    TransactionStatus {
        instruction_id: node.text_at("OrgnlInstrId"),
        end_to_end_id: node.text_at("OrgnlEndToEndId"),
        uetr: node.text_at("OrgnlUETR"),
        status: node.text_at("TxSts"),
        reasons: reasons(node),
        amount: node.find("OrgnlTxRef/Amt/InstdAmt").map(|amount| Amount {
            value: amount.text().into_owned(),
            currency: amount.attribute("Ccy").unwrap_or_default().to_owned(),
        }),
    }
}

fn reasons(node: Node<'_>) -> Vec<Reason> {
    node.all("StsRsnInf")
        .map(|reason| Reason {
            code: reason.text_at("Rsn/Cd").or_else(|| reason.text_at("Rsn/Prtry")),
            information: reason.all("AddtlInf").map(|line| line.text().into_owned()).collect(),
        })
        .collect()
}
