//! Payment status report (`pain.002.001.10`): the bank's status of each transaction of a payment file.

mod read;
mod write;

pub use read::read;
pub(crate) use write::render;
pub use write::write;

/// A status report. The values are those of the document, verbatim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusReport {
    /// `GrpHdr/MsgId`.
    pub message_id: String,
    /// `GrpHdr/CreDtTm`.
    pub created: String,
    /// `OrgnlMsgId`: the message id of the payment file.
    pub original_message_id: String,
    /// `OrgnlMsgNmId`: the message name of the payment file, such as `pain.001.001.09`.
    pub original_message_name: String,
    /// `OrgnlNbOfTxs`, when given.
    pub original_transaction_count: Option<String>,
    /// `OrgnlCtrlSum`, when given.
    pub original_control_sum: Option<String>,
    /// `GrpSts`, when given.
    pub status: Option<String>,
    /// Reasons for the status of the whole file.
    pub reasons: Vec<Reason>,
    /// `OrgnlPmtInfAndSts`, in order.
    pub payments: Vec<PaymentStatus>,
}

/// Status of one `PmtInf`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaymentStatus {
    /// `OrgnlPmtInfId`.
    pub id: String,
    /// `PmtInfSts`, when given.
    pub status: Option<String>,
    /// Reasons for the status of this part.
    pub reasons: Vec<Reason>,
    /// `TxInfAndSts`, in order.
    pub transactions: Vec<TransactionStatus>,
}

/// Status of one transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionStatus {
    /// `OrgnlInstrId`, when given.
    pub instruction_id: Option<String>,
    /// `OrgnlEndToEndId`, when given.
    pub end_to_end_id: Option<String>,
    /// `OrgnlUETR`, when given.
    pub uetr: Option<String>,
    /// `TxSts`, when given.
    pub status: Option<String>,
    /// Reasons for the status.
    pub reasons: Vec<Reason>,
    /// `OrgnlTxRef/Amt/InstdAmt`, if the bank repeats it.
    pub amount: Option<crate::amount::Amount>,
}

/// The reason for a status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reason {
    /// `Rsn/Cd`, or `Rsn/Prtry` if the bank uses its own code.
    pub code: Option<String>,
    /// `AddtlInf`, all lines.
    pub information: Vec<String>,
}

impl StatusReport {
    /// Whether the bank accepted the whole file: it has a status, and no status of the group, a part or a transaction
    /// is rejected, cancelled or accepted in part only.
    pub fn is_accepted(&self) -> bool {
        let parts = self.payments.iter().map(|part| &part.status);
        let transactions =
            self.payments.iter().flat_map(|part| &part.transactions).map(|transaction| &transaction.status);
        let mut told = std::iter::once(&self.status).chain(parts).chain(transactions).flatten().peekable();
        told.peek().is_some() && told.all(|status| !matches!(status.as_str(), "RJCT" | "CANC" | "PART"))
    }
}

impl Reason {
    /// A reason with a code and one text, which the writer splits into lines.
    pub fn new(code: impl Into<String>, information: impl Into<String>) -> Self {
        Self { code: Some(code.into()), information: vec![information.into()] }
    }

    /// The meaning of the code, in words; `None` for unknown codes.
    pub fn meaning(&self) -> Option<&'static str> {
        self.code.as_deref().and_then(crate::meaning::reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_accepts_and_one_refusal_refuses() {
        let report = |group: Option<&str>, transaction: Option<&str>| StatusReport {
            status: group.map(str::to_owned),
            payments: vec![PaymentStatus {
                transactions: vec![TransactionStatus {
                    status: transaction.map(str::to_owned),
                    ..TransactionStatus::default()
                }],
                ..PaymentStatus::default()
            }],
            ..StatusReport::default()
        };
        for (group, transaction, accepted) in [
            (None, None, false),
            (Some("ACCP"), None, true),
            (None, Some("ACSP"), true),
            (Some("PART"), Some("ACSP"), false),
            (Some("ACCP"), Some("RJCT"), false),
            (Some("RJCT"), None, false),
        ] {
            assert_eq!(report(group, transaction).is_accepted(), accepted, "{group:?} {transaction:?}");
        }
    }
}
