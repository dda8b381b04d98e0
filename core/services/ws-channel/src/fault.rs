//! Reasons why a handler returns no response.

use bankchannel_storage::ws_channel::{EffectiveCerts, LostRight, PgpPurpose, StoreError};
use bankchannel_ws_channel::{
    ServiceRefusal,
    service_texts::{self, ServiceText},
};

use super::reasons::RefusalReason;
use bankchannel_server::private;

/// Seconds after which a client may retry when the database is unavailable.
const DATABASE_RETRY_S: u64 = 5;

/// Why a handler returns no response: the caller's fault, which is reported, or the service's, which is logged.
#[derive(Debug)]
pub(crate) enum HandlerFault {
    /// The service refuses with this text.
    Refused(ServiceRefusal),
    /// A right that the call had at its start has ended: nothing was changed.
    RightsEnded(LostRight),
    /// The store failed.
    Store(StoreError),
    /// An unexpected failure.
    Internal(String),
}

impl HandlerFault {
    /// An unexpected failure.
    pub(crate) fn internal(why: impl std::fmt::Display) -> Self {
        Self::Internal(why.to_string())
    }

    /// A content file could not be written, before anything named it.
    pub(crate) fn unwritten(what: &str, why: &std::io::Error) -> Self {
        if private::is_full(why) {
            return Self::Store(StoreError::Full { place: what.to_owned(), reason: why.to_string() });
        }
        Self::Internal(format!("{what} cannot be written: {why}"))
    }

    /// The reason for the operator, where it is not the code that the caller gets.
    pub(crate) fn reason(&self) -> Option<RefusalReason> {
        match self {
            Self::Refused(_) => None,
            Self::RightsEnded(_) => Some(RefusalReason::RightEnded),
            Self::Store(why) => Some(why.into()),
            Self::Internal(_) => Some(RefusalReason::Internal),
        }
    }

    /// Whether there was no space.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self, Self::Store(StoreError::Full { .. }))
    }

    /// The refusal sent to the client. Internal details are logged here, and only here.
    pub(crate) fn into_refusal(self, request_id: &str) -> ServiceRefusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::RightsEnded(lost) => {
                tracing::info!(request_id, lost = lost.as_str(), "a right ended before the call's change was made");
                refused_for(&lost)
            }
            Self::Store(why) => {
                tracing::error!(request_id, %why, "the store failed");
                let retry_after_s = match why {
                    StoreError::Unreachable { .. } => Some(DATABASE_RETRY_S),
                    StoreError::Contended { .. } => Some(1),
                    StoreError::Full { .. } => return (&service_texts::INSUFFICIENT_STORAGE).into(),
                    _ => return (&service_texts::INTERNAL_ERROR).into(),
                };
                ServiceRefusal { retry_after_s, ..(&service_texts::SERVICE_UNAVAILABLE).into() }
            }
            Self::Internal(why) => {
                tracing::error!(request_id, why, "the request failed");
                (&service_texts::INTERNAL_ERROR).into()
            }
        }
    }
}

impl From<ServiceRefusal> for HandlerFault {
    fn from(refusal: ServiceRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<&'static ServiceText> for HandlerFault {
    fn from(text: &'static ServiceText) -> Self {
        Self::Refused(text.into())
    }
}

impl From<StoreError> for HandlerFault {
    fn from(error: StoreError) -> Self {
        match error.refusal::<LostRight>() {
            Some(lost) => Self::RightsEnded(lost.clone()),
            None => Self::Store(error),
        }
    }
}

/// The refusal that a new request would get in the same situation.
fn refused_for(lost: &LostRight) -> ServiceRefusal {
    let text = match lost {
        LostRight::Session => &service_texts::UNAUTHORIZED,
        LostRight::Key | LostRight::Transfer => &service_texts::API_KEY_FORBIDDEN,
        LostRight::Account => &service_texts::NO_ACCOUNT,
        LostRight::Disabled => &service_texts::ACCOUNT_OFF,
        LostRight::Verification => &service_texts::VERIFICATION_WITHDRAWN,
        LostRight::Owner => &service_texts::OWNER_REQUIRED,
        LostRight::Export => return ServiceRefusal::invalid("Export"),
        LostRight::Entitlement => &service_texts::NOT_ENTITLED,
        LostRight::Connection(found) => return no_certificate(found),
        LostRight::Certificate => &service_texts::NO_CERTIFICATE,
        LostRight::PgpKeys { purpose: PgpPurpose::Authorize, has_others: false } => &service_texts::NO_AUTHORIZE_KEYS,
        LostRight::PgpKeys { purpose: PgpPurpose::Authorize, has_others: true } => &service_texts::NO_SUITABLE_KEYS,
        LostRight::PgpKeys { purpose: PgpPurpose::Export, .. } => &service_texts::EXPORT_KEY_NOT_FOUND,
    };
    text.into()
}

/// Why no certificate for a bank can be used.
pub(crate) fn no_certificate(found: &EffectiveCerts) -> ServiceRefusal {
    let text = match found {
        // Usable certificates, but not those that the call began with.
        EffectiveCerts::Usable { .. } => &service_texts::NO_CERTIFICATE,
        EffectiveCerts::OwnUnusable { is_linked: true } => &service_texts::OWN_CERTIFICATE_UNUSABLE,
        // The text that published clients know; the detail is more specific.
        EffectiveCerts::OwnUnusable { is_linked: false } => {
            return ServiceRefusal::from(&service_texts::NO_CERTIFICATE_NO_LINK)
                .with_detail(service_texts::OWN_CERTIFICATE_UNUSABLE.text);
        }
        EffectiveCerts::NotLinked => &service_texts::NO_CERTIFICATE_NO_LINK,
        EffectiveCerts::LinkedWithoutData => &service_texts::NO_CERTIFICATE_NO_LINKED_DATA,
        EffectiveCerts::LinkedWithoutBank => &service_texts::NO_CERTIFICATE_LINKED,
    };
    text.into()
}
