//! Why a handler gives no response.

use bankchannel_storage::StoreError;
use bankchannel_ws_channel::{
    Refusal,
    errors::{Text, texts},
};

/// When a client may try again while the database is not to be had, in seconds.
const DATABASE_RETRY_S: u64 = 5;

/// Why a handler gives no response: the caller's fault, which is said; or ours, which is logged.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The service refuses, in these words.
    Refused(Refusal),
    /// The store failed.
    Store(StoreError),
    /// Something failed that should not.
    Internal(String),
}

impl Fault {
    /// Something failed that should not.
    pub(crate) fn internal(why: impl std::fmt::Display) -> Self {
        Self::Internal(why.to_string())
    }

    /// What the client is told. What is ours to know is logged here, and only here.
    pub(crate) fn into_refusal(self, request_id: &str) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::Store(why) => {
                tracing::error!(request_id, %why, "the store failed");
                let retry_after_s = match why {
                    StoreError::Unreachable { .. } => Some(DATABASE_RETRY_S),
                    StoreError::Contended { .. } => Some(1),
                    _ => return (&texts::INTERNAL_ERROR).into(),
                };
                Refusal { retry_after_s, ..(&texts::SERVICE_UNAVAILABLE).into() }
            }
            Self::Internal(why) => {
                tracing::error!(request_id, why, "the request failed");
                (&texts::INTERNAL_ERROR).into()
            }
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<&'static Text> for Fault {
    fn from(text: &'static Text) -> Self {
        Self::Refused(text.into())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
