//! Why a call of a bank failed, and what the customer is told of it.

use bankchannel_storage::ws_channel::{LostRight, StoreError};
use bankchannel_ws_channel::{ServiceRefusal, service_texts};

use crate::HandlerFault;

/// Why a bank call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BankError {
    /// The bank's own refusal, passed on.
    #[error("the bank refused: {code} {text}")]
    Refused {
        /// Two digits, neither `00` nor `01`.
        code: String,
        /// The bank's text.
        text: String,
    },
    /// The bank's answer, believed, with a code that does not say what became of the request: 26, 31, 32, 36, or none with a
    /// known meaning.
    #[error("the bank answered with code {code}, which does not say what became of the request: {text}")]
    Doubtful {
        /// The code.
        code: String,
        /// The bank's text.
        text: String,
    },
    /// The answer has a signature that cannot be believed, or none.
    #[error("the bank's answer cannot be believed: {0}")]
    NotBelieved(String),
    /// The bank has issued a certificate that its customer cannot use: why.
    #[error("{0}")]
    Unfit(String),
    /// This bank does not offer this operation.
    #[error("this bank does not offer this over its channel")]
    NotOffered,
    /// Nothing left, for a reason that lies here: the bank's settings, a key that cannot be used.
    #[error("{0}")]
    NotSent(String),
    /// A parameter, by its wire name, that this bank does not accept.
    #[error("the bank does not take the parameter {0}")]
    Parameter(&'static str),
    /// A business error without its own code.
    #[error("the bank reported a data error")]
    Data,
    /// A SOAP fault or an empty response.
    #[error("the bank answered with a fault or nothing")]
    Empty,
    /// An unreadable response.
    #[error("the bank's answer cannot be read")]
    Unparsable,
    /// The connection broke before the response was complete.
    #[error("the connection broke before the bank's answer was there")]
    NoAnswer,
    /// An answer with this HTTP status in place of a message.
    #[error("the bank answered with HTTP {0} and no message that can be read")]
    HttpStatus(u16),
    /// No connection: the bank received nothing.
    #[error("no connection to the bank")]
    Unreachable,
    /// No response in time.
    #[error("the bank did not answer in time")]
    TimedOut,
    /// Nordea did not send the target id.
    #[error("the bank told no target id")]
    TargetId,
    /// An internal failure of this service.
    #[error("{0}")]
    Failed(String),
    /// The service's own store refused a change: a right of the call has ended.
    #[error("the call's rights ended ({})", .0.as_str())]
    RightsEnded(LostRight),
    /// This service's own store failed.
    #[error("{0}")]
    Store(StoreError),
}

impl BankError {
    /// One word of a closed list: a label of metrics.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::Doubtful { .. } => "doubtful",
            Self::NotBelieved(_) => "not_believed",
            Self::Unfit(_) => "unfit",
            Self::NotOffered => "not_offered",
            Self::NotSent(_) => "not_sent",
            Self::Parameter(_) => "parameter",
            Self::Data => "data",
            Self::Empty => "empty",
            Self::Unparsable => "unparsable",
            Self::NoAnswer => "no_answer",
            Self::HttpStatus(_) => "http_status",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::TargetId => "target_id",
            Self::Failed(_) => "failed",
            Self::RightsEnded(_) => "rights_ended",
            Self::Store(_) => "store",
        }
    }

    /// Whether an upload with this outcome may have reached the bank.
    #[must_use]
    pub fn leaves_upload_unknown(&self) -> bool {
        match self {
            Self::Doubtful { .. }
            | Self::NotBelieved(_)
            | Self::Empty
            | Self::Unparsable
            | Self::NoAnswer
            | Self::HttpStatus(_)
            | Self::TimedOut
            | Self::Failed(_)
            | Self::Store(_) => true,
            Self::Refused { .. }
            | Self::Unfit(_)
            | Self::NotOffered
            | Self::NotSent(_)
            | Self::Parameter(_)
            | Self::Data
            | Self::Unreachable
            | Self::TargetId
            | Self::RightsEnded(_) => false,
        }
    }

    /// The reason as the log may have it: without a bank's own text, which may name people and amounts.
    pub(crate) fn loggable(&self) -> String {
        match self {
            Self::Refused { code, .. } => format!("the bank refused with code {code}"),
            Self::Doubtful { code, .. } => {
                format!("the bank answered with code {code}, which does not say what became of the request")
            }
            other => other.to_string(),
        }
    }

    /// The reason as the customer may read it: nothing of this service's own insides.
    #[must_use]
    pub fn customers_text(&self) -> String {
        match self {
            Self::NotSent(_) | Self::Failed(_) | Self::Store(_) => {
                "the service failed: its operator can say why".into()
            }
            _ => self.to_string(),
        }
    }
}

impl From<StoreError> for BankError {
    fn from(error: StoreError) -> Self {
        match error.refusal::<LostRight>() {
            Some(lost) => Self::RightsEnded(lost.clone()),
            None => Self::Store(error),
        }
    }
}

impl From<BankError> for HandlerFault {
    /// Maps to the texts of §1.7.
    fn from(error: BankError) -> Self {
        match error {
            BankError::Refused { code, text } if is_bank_code(&code) => {
                Self::Refused(ServiceRefusal { code, ..ServiceRefusal::new(400, text) })
            }
            BankError::Refused { .. } | BankError::Doubtful { .. } | BankError::Data => {
                (&service_texts::BANK_DATA_ERROR).into()
            }
            BankError::Unfit(why) => {
                Self::Refused(ServiceRefusal::from(&service_texts::BANK_DATA_ERROR).with_detail(why))
            }
            BankError::NotBelieved(_) => (&service_texts::BANK_RESPONSE_UNPARSABLE).into(),
            BankError::NotOffered => (&service_texts::BANK_INVALID).into(),
            BankError::Parameter(name) => Self::Refused(ServiceRefusal::invalid(name)),
            BankError::Empty => (&service_texts::EMPTY_BANK_RESPONSE).into(),
            BankError::Unparsable => (&service_texts::BANK_RESPONSE_UNPARSABLE).into(),
            BankError::NoAnswer | BankError::HttpStatus(_) | BankError::Unreachable => {
                (&service_texts::BANK_RESPONSE_MISSING).into()
            }
            BankError::TimedOut => (&service_texts::BANK_TIMED_OUT).into(),
            BankError::TargetId => (&service_texts::NORDEA_TARGET_ID).into(),
            BankError::Failed(why) | BankError::NotSent(why) => Self::Internal(why),
            BankError::RightsEnded(lost) => Self::RightsEnded(lost),
            BankError::Store(why) => Self::Store(why),
        }
    }
}

/// Whether the code is two digits and not one of the service's own codes.
fn is_bank_code(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_digit()) && code != "00" && code != "01"
}
