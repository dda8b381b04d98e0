//! Danske's certificate service (§5.6, §9.4): two certificates for a PIN or for the present one, the bank's own, and how those of
//! a customer stand.
//!
//! ```text
//!   examination   message ─► header, document, signer; the faults against the schema
//!   carrying_out  the checks of each operation ─► elements of the answer, and what changes
//!   answers       elements ─► a signed document in an envelope, or a fault; spoilt as it was ordered
//! ```

mod answers;
mod carrying_out;
mod examination;

use bankchannel_server::http::{control::OrderedStatus, observed::RequestFacts};
use bytes::Bytes;

use self::examination::ExaminedPkiRequest;
use crate::{
    dialect::BankDialect,
    reply::{BankReply, CallHeaders},
    service::SandboxSepaBank,
};

/// An answer, and why it is a refusal.
struct PkiAnswer {
    status: u16,
    body: Vec<u8>,
    why: Option<String>,
}

/// A refusal: the bank's answer, and the reason for developers of clients.
enum PkiRefusal {
    /// The message is none of the bank's schema: a fault, which is not signed.
    Schema(String),
    /// The bank has no such root: a fault, too, since it has nothing that would be believed.
    UnknownRoot(String),
    /// The bank itself has failed: a fault without a code, since the service's code for that is not public.
    Failed(String),
    /// A code in a signed answer.
    Code { code: u32, text: &'static str, why: String },
}

impl PkiRefusal {
    /// The one code for everything about customer, PIN and certificates.
    fn customer(why: impl Into<String>) -> Self {
        Self::Code { code: 20, text: "Customer or PIN not accepted", why: why.into() }
    }

    fn request(why: impl Into<String>) -> Self {
        Self::Code { code: 10, text: "PKCS10 request not accepted", why: why.into() }
    }

    fn why(&self) -> String {
        match self {
            Self::Schema(why) => format!("07: {why}"),
            Self::UnknownRoot(why) => format!("20: {why}"),
            Self::Failed(why) => why.clone(),
            Self::Code { code, why, .. } => format!("{code:02}: {why}"),
        }
    }
}

/// The bank itself has failed.
impl From<bankchannel_foundation::Error> for PkiRefusal {
    fn from(error: bankchannel_foundation::Error) -> Self {
        tracing::error!(%error, "the sandbox bank has failed");
        Self::Failed(error.message().to_owned())
    }
}

impl SandboxSepaBank {
    /// Answers a message to Danske's certificate service.
    pub(crate) fn reply_of_pki(&self, dialect: &'static BankDialect, message: Bytes, called: CallHeaders) -> BankReply {
        let examined = ExaminedPkiRequest::new(self, dialect, message, called);
        let operation = examined.operation();
        let faults = self.faults.take(dialect.name(), operation.rsplit('.').next().unwrap_or_default());
        let mut seen = RequestFacts {
            operation: if operation.is_empty() { "-" } else { operation },
            request_id: examined.header.request_id.clone(),
            ..RequestFacts::default()
        };
        let ordered = self.control.as_ref().and_then(|control| control.fault_for(operation));
        let status = match ordered {
            Some(OrderedStatus::Instead(status, _)) => {
                seen.why = "a status was ordered".to_owned();
                return BankReply { status, body: Vec::new(), seen, faults };
            }
            Some(OrderedStatus::Afterwards(status)) => Some(status),
            None => None,
        };
        let answer = examined.answered(self, dialect, &faults);
        if let Some(why) = answer.why {
            tracing::info!(operation, why, "a request was refused");
            seen.why = why;
        }
        match status {
            Some(status) => BankReply { status, body: Vec::new(), seen, faults },
            None => BankReply { status: answer.status, body: answer.body, seen, faults },
        }
    }
}
