//! What a status and a reason say of a payment besides words: where the money is, whether it may be sent again.

use bankchannel_foundation::Boundary;

/// Whether a payment may be sent again. A yes holds only where it is known that the money did not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Boundary)]
#[non_exhaustive]
pub enum Again {
    /// No: nothing is to be sent.
    No,
    /// Not now: wait for the next report.
    Wait,
    /// Yes, as a new payment with new ids, after the named thing is corrected.
    Corrected,
    /// Yes, the same data with a new message id, when the cause has gone.
    Unchanged,
    /// Not before it is cleared with the payee or your bank: money or a duty is at stake.
    ClarifyFirst,
    /// Nothing is to be sent before you have seen whether it was already paid.
    LookFirst,
    /// Only if the payment is still wanted: it was cancelled.
    IfWanted,
    /// Not known: ask the bank.
    Ask,
    /// As the reason says that stands beside the status.
    PerReason,
    /// As each transaction says.
    PerTransaction,
}

/// Where the money of a payment is, as far as its status says.
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
    /// Of some transactions moved, of others not.
    Mixed,
    /// Not known.
    Unknown,
}

/// A status of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status {
    /// The code, such as `ACSC`.
    pub code: &'static str,
    /// What it means.
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
    /// What it means.
    pub words: &'static str,
    /// Whether the payment may be sent again; [`Again::No`] where the reason is none of a rejection.
    pub again: Again,
    /// What is to be corrected, after what it may be sent, or who is to be asked; empty for nothing to add.
    pub(super) detail: &'static str,
    /// What a yes depends on.
    pub(super) condition: Condition,
}

/// What has to be known of a payment before a yes holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    None,
    /// It is not instant: the money of an instant payment may move after a timeout.
    NotInstant,
    /// The account shows no debit.
    NotDebited,
}

/// What is known of a payment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    pub(crate) instant: bool,
    /// Whether the account shows no debit, or shows that the money came back.
    pub(crate) not_debited: bool,
}

impl Reason {
    /// Whether a payment of which so much is known may be sent again, and what to do.
    pub(crate) fn answer(&self, known: Circumstances) -> (Again, String) {
        let holds = match self.condition {
            Condition::None => true,
            Condition::NotInstant => !known.instant,
            Condition::NotDebited => known.not_debited,
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
