//! A third party's client for NextGenPSD2 banks: it sends requests, and signs, verifies and explains them.
//!
//! ```text
//!   settings ──► NextGenPsd2 ──► exchange: message ─► signed again for each attempt ─► transport ─► bank
//!                     │
//!                     └──► operations that only compute: sign, verify, explain
//! ```

mod commands;
mod dispatch;
mod exchange;
mod holder;
mod sender;
mod settings;
mod signer;

use std::sync::Arc;

use bankchannel_foundation::{ClientCache, Error, Result, error::row};
pub use bankchannel_nextgen_psd2::{
    BankConventions, NextGenPsd2Codec, NextGenPsd2Terms, PROTOCOL, answer, certificates, errors, explain, signing,
    terms, verify,
};
// For what goes through all operations, such as tests.
#[doc(hidden)]
pub use bankchannel_nextgen_psd2::{for_each_operation, operations};
pub use bankchannel_pkcs11::{Pkcs11Settings, SigningToken};
pub use settings::NextGenPsd2Settings;
pub use signer::KeySigner;

use sender::BankSender;
use settings::ReadyThirdParty;

use crate::{
    client::{ProtocolClient, request_id},
    protocols::{ClientKind, CommandPlacement, Protocol},
};

// The types of the requests and answers.
pub use bankchannel_foundation::message::HeaderField;
#[allow(ambiguous_glob_reexports)]
pub use bankchannel_nextgen_psd2::{
    model::*,
    operations::verification::report::{CheckResult, CheckResultBuilder, Refused, RefusedBuilder},
};
#[allow(ambiguous_glob_reexports)]
pub use dispatch::of_operations::*;

/// Rules for the header fields of requests, which are those of [`message`](crate::message).
pub mod http {
    pub use bankchannel_nextgen_psd2::http::{SINGLE, check_of};
}

/// The protocol description of NextGenPSD2.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "nextgen_psd2",
    class: "NextGenPsd2",
    what: "a third party that asks NextGenPSD2 banks, and signs, verifies and explains requests",
    operations: &[dispatch::OPERATIONS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::InGroup("psd2"),
    groups: commands::GROUPS,
    sessions: None,
    client: Some(ClientKind::for_client::<NextGenPsd2>()),
};

/// A third party's client: its certificate, its key, and its banks' signing rules. It caches the keys and certificates
/// that it has read, so reuse it.
///
/// Cloning is cheap; a clone is the same client.
///
/// ```
/// use bankchannel::nextgen_psd2::*;
///
/// # fn main() -> bankchannel::Result<()> {
/// // To send requests it also needs the bank's address, and the certificates.
/// let client = NextGenPsd2::new(NextGenPsd2Settings::default())?;
/// let hashed = client.hash_identifier(HashIdentifierRequest::builder().personal_identifier("00000000000"))?;
/// // A secret: it is shown on request only.
/// assert_eq!(hashed.psu_personal_identifier.expose().len(), 44);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct NextGenPsd2(Arc<NextGenPsd2Inner>);

struct NextGenPsd2Inner {
    ready: Arc<ReadyThirdParty>,
    /// Present if the settings name a bank.
    sender: Option<BankSender>,
    /// Cached keys and certificates of requests.
    cache: ClientCache,
    /// Its own certificate and key.
    key: ClientHolder,
}

impl NextGenPsd2 {
    /// Makes a client. Files named in the settings are read now; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: NextGenPsd2Settings) -> Result<Self> {
        Self::from_ready(Arc::new(ReadyThirdParty::from_settings(settings)?))
    }

    fn from_ready(ready: Arc<ReadyThirdParty>) -> Result<Self> {
        let sender = if ready.sends() { Some(BankSender::new(&ready)?) } else { None };
        let key = ClientHolder(Box::new(holder::OfSettings::new(Arc::clone(&ready))));
        Ok(Self(Arc::new(NextGenPsd2Inner { ready, sender, cache: ClientCache::default(), key })))
    }

    /// The bank's base URL, without a trailing slash; `None` for a client that only computes.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        self.0.sender.as_ref().map(|sender| sender.transport.base_url())
    }

    fn sender(&self) -> Result<&BankSender> {
        match &self.0.sender {
            Some(sender) => Ok(sender),
            None => Err(self.0.ready.transport().err().unwrap_or_else(|| Error::new(&row::INTERNAL))),
        }
    }

    /// The signer of this client: the key in its token, else its private key. `None` if the settings have neither.
    ///
    /// # Errors
    /// `nextgen_psd2.key_unusable` for a private key that cannot be read.
    pub fn signer(&self) -> Result<Option<KeySigner>> {
        self.0.ready.signer()
    }

    /// The QSEAL certificate as PEM text: the settings', the PKCS#12 file's or the token's.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.0.ready.certificate.as_deref()
    }
}

impl ProtocolClient for NextGenPsd2 {
    type Settings = NextGenPsd2Settings;

    const REQUEST_ID: request_id::RequestIdRule =
        |id| signing::request_id(id).map_err(|_| "must be a UUID in lower case: the NextGenPSD2 standard requires it");

    fn protocol() -> &'static Protocol {
        &DESCRIPTOR
    }

    fn open(settings: NextGenPsd2Settings) -> Result<Self> {
        Self::new(settings)
    }

    /// Opens new connections and reuses the files that were already read. The parent's cache is not carried over.
    fn in_child(&self, _: &NextGenPsd2Settings) -> Result<Self> {
        Self::from_ready(Arc::clone(&self.0.ready))
    }

    fn peer(&self) -> Option<&str> {
        self.base_url()
    }
}

bankchannel_foundation::redacted_debug!(NextGenPsd2, |it| base_url: ProtocolClient::peer(it));

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/reference/nextgen-psd2.md")]
struct NextGenPsd2Reference;
