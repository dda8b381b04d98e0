//! The consequences of a status or a reason for a payment: where the money is, whether it may be sent again.

use bankchannel_foundation::model::Boundary;

/// Whether a payment may be sent again. A yes applies only if the money is known not to have moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum Again {
    /// No: nothing must be sent.
    No,
    /// Not now: wait for the next report.
    Wait,
    /// Yes, as a new payment with new ids, after the named thing is corrected.
    Corrected,
    /// Yes, the same data with a new message id, once the cause is resolved.
    Unchanged,
    /// Not before it is cleared with the payee or your bank: money or a legal duty is at stake.
    ClarifyFirst,
    /// Nothing must be sent before you have checked whether it was already paid.
    LookFirst,
    /// Only if the payment is still wanted: it was cancelled.
    IfWanted,
    /// Not known: ask the bank.
    Ask,
    /// According to the reason that accompanies the status.
    PerReason,
    /// According to each transaction.
    PerTransaction,
}

/// Where the money of a payment is, according to its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum MoneyState {
    /// Still on the debtor's account.
    NotMoved,
    /// Probably debited.
    Likely,
    /// Debited from the debtor's account.
    Debited,
    /// On the creditor's account.
    Arrived,
    /// Moved for some transactions, not for others.
    Mixed,
    /// Not known.
    Unknown,
}

/// A status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The code, such as `ACSC`.
    pub code: &'static str,
    /// Its meaning.
    pub words: &'static str,
    /// Whether no other status follows; money that was settled may still be returned.
    pub is_final: bool,
    /// Where the money is.
    pub money: MoneyState,
    /// Whether it may be sent again.
    pub again: Again,
    /// What to do, in words.
    pub advice: &'static str,
}

/// A reason of a status or of a return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The code, such as `AC04`.
    pub code: &'static str,
    /// Its meaning.
    pub words: &'static str,
    /// Whether the payment may be sent again; [`Again::No`] if the reason is not one for a rejection.
    pub again: Again,
    /// What to correct, what to wait for, or whom to ask; empty if there is nothing to add.
    pub(super) detail: &'static str,
    /// The condition of a yes.
    pub(super) condition: ResendCondition,
}

/// The fact about a payment that a yes requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ResendCondition {
    None,
    /// It is not instant: the money of an instant payment may move after a timeout.
    NotInstant,
    /// The account shows no debit.
    NotDebited,
}

/// The known facts about a payment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PaymentCircumstances {
    pub(crate) instant: bool,
    /// Whether the account shows that nothing was debited, or that the money came back.
    pub(crate) not_debited: bool,
}

impl Reason {
    /// Whether a payment with these known facts may be sent again, and what to do.
    pub(crate) fn answer(&self, known: PaymentCircumstances) -> (Again, String) {
        let holds = match self.condition {
            ResendCondition::None => true,
            ResendCondition::NotInstant => !known.instant,
            ResendCondition::NotDebited => known.not_debited,
        };
        if holds {
            return (self.again, self.advice());
        }
        let advice = "send nothing: first check whether it was already paid; if the account shows no debit, send the \
                      same data with a new message id";
        (Again::LookFirst, advice.to_owned())
    }

    /// What to do, in words.
    pub fn advice(&self) -> String {
        let detail = self.detail;
        let first = match self.again {
            Again::Corrected => return format!("correct {detail} and send it as a new payment with new ids"),
            Again::No if detail.is_empty() => "nothing is to be sent",
            Again::No => return format!("nothing is to be sent: {detail}"),
            Again::Unchanged => "send the same data with a new message id",
            Again::ClarifyFirst => "do not send it again before the cause is clarified",
            Again::LookFirst => "send nothing: first check whether it was already paid",
            Again::IfWanted => "send it as a new payment if it is still wanted",
            Again::Wait => "wait for the next report",
            Again::Ask | Again::PerReason | Again::PerTransaction => "ask your bank",
        };
        if detail.is_empty() { first.to_owned() } else { format!("{first}, {detail}") }
    }
}
