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

pub(crate) use examination::ExaminedPkiRequest;

/// An answer, and why it is a refusal.
pub(crate) struct PkiAnswer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) why: Option<String>,
}

/// A refusal: the bank's answer, and the reason for developers of clients.
enum PkiRefusal {
    /// The message is none of the bank's schema: a fault, which is not signed.
    Schema(String),
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
            Self::Code { code, why, .. } => format!("{code:02}: {why}"),
        }
    }
}

/// The bank itself has failed.
impl From<bankchannel_foundation::Error> for PkiRefusal {
    fn from(error: bankchannel_foundation::Error) -> Self {
        tracing::error!(%error, "the sandbox bank has failed");
        Self::Code { code: 99, text: "Technical error", why: error.message().to_owned() }
    }
}
