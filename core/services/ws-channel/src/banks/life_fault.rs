//! Why a step in the life of a certificate failed, and the consequence for it.

use bankchannel_renewal::{LifeEventRefused, LifeStepFault, RequestEffect};
use bankchannel_storage::ws_channel::CodeMark;

use super::{BankChannel, BankError};
use crate::HandlerFault;

/// Why a step failed.
#[derive(Debug)]
pub(crate) struct LifeFault {
    cause: LifeCause,
    /// Whether it is known that nothing was sent.
    is_unsent: bool,
    /// Whether a person has to act before another request.
    stops: bool,
}

#[derive(Debug)]
enum LifeCause {
    Bank(BankError),
    Service(HandlerFault),
    /// The set was retired, erased with its account, or is held by another.
    Lost,
}

impl LifeFault {
    /// The set was retired, erased, or is held by another.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.cause, LifeCause::Lost)
    }

    /// The mark of a bank's code after a failed request with it; `None` if that is not known.
    pub(super) fn code_mark(&self, channel: &dyn BankChannel) -> Option<CodeMark> {
        match (self.effect(), &self.cause) {
            (RequestEffect::NotSent, _) => Some(CodeMark::Unspent),
            (RequestEffect::Refused { .. }, LifeCause::Bank(BankError::Refused { code, .. }))
                if !channel.counts_wrong_code(code) =>
            {
                Some(CodeMark::Unspent)
            }
            (RequestEffect::Refused { .. }, _) => Some(CodeMark::Wrong),
            // Otherwise none would have been issued.
            (RequestEffect::Unfit, _) => Some(CodeMark::Right),
            (RequestEffect::Unknown, _) => None,
        }
    }

    pub(super) fn lost() -> Self {
        Self { cause: LifeCause::Lost, is_unsent: false, stops: false }
    }

    /// A bank has refused a certificate.
    pub(super) fn refused(error: BankError, stops: bool) -> Self {
        Self { cause: LifeCause::Bank(error), is_unsent: false, stops }
    }
}

impl From<BankError> for LifeFault {
    fn from(error: BankError) -> Self {
        Self::refused(error, false)
    }
}

impl From<HandlerFault> for LifeFault {
    fn from(fault: HandlerFault) -> Self {
        Self { cause: LifeCause::Service(fault), is_unsent: false, stops: false }
    }
}

impl From<bankchannel_storage::ws_channel::StoreError> for LifeFault {
    fn from(error: bankchannel_storage::ws_channel::StoreError) -> Self {
        HandlerFault::from(error).into()
    }
}

impl From<LifeFault> for HandlerFault {
    fn from(fault: LifeFault) -> Self {
        match fault.cause {
            LifeCause::Bank(error) => error.into(),
            LifeCause::Service(fault) => fault,
            LifeCause::Lost => (&bankchannel_ws_channel::service_texts::CERTIFICATE_PRESENT).into(),
        }
    }
}

impl LifeStepFault for LifeFault {
    fn text(&self) -> String {
        match &self.cause {
            LifeCause::Bank(error) => error.to_string(),
            LifeCause::Service(HandlerFault::Refused(refusal)) => refusal.text.to_string(),
            LifeCause::Service(HandlerFault::RightsEnded(lost)) => lost.as_str().to_owned(),
            LifeCause::Service(HandlerFault::Store(why)) => why.to_string(),
            LifeCause::Service(HandlerFault::Internal(why)) => why.clone(),
            LifeCause::Lost => "the certificate was retired, or another instance works on it".to_owned(),
        }
    }

    fn out_of_order(why: LifeEventRefused) -> Self {
        HandlerFault::internal(why).into()
    }

    fn effect(&self) -> RequestEffect {
        match &self.cause {
            _ if self.is_unsent => RequestEffect::NotSent,
            LifeCause::Bank(
                BankError::Unreachable
                | BankError::Parameter(_)
                | BankError::NotOffered
                | BankError::NotSent(_)
                | BankError::RightsEnded(_),
            ) => RequestEffect::NotSent,
            LifeCause::Bank(BankError::Refused { .. }) => RequestEffect::Refused { stops: self.stops },
            LifeCause::Bank(BankError::Unfit(_)) => RequestEffect::Unfit,
            LifeCause::Bank(BankError::Data | BankError::TargetId) => RequestEffect::Refused { stops: false },
            _ => RequestEffect::Unknown,
        }
    }

    fn before_sending(self) -> Self {
        Self { is_unsent: true, ..self }
    }

    fn after_issuing(self) -> Self {
        Self { is_unsent: false, ..self }
    }

    fn not_noted(self, storing: &Self) -> Self {
        tracing::error!(why = storing.text(), "what became of a request for a certificate could not be stored");
        self
    }
}
