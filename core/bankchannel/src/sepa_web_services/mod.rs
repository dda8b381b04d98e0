//! A company's client of the banks' own SOAP channel: files sent and fetched, messages verified and explained.
//!
//! ```text
//!   settings ──► SepaWebServices ──► exchange: document ─► signed twice, for each attempt ─► transport ─► bank
//!                     │                                                                          │
//!                     │              response ◄─ read ◄─ believed: both signatures, ids, codes ◄─┘
//!                     ├──► flows: new files with the ledger of all file channels, an upload's answers awaited, a lost
//!                     │    upload settled
//!                     └──► operations that only compute: verify, explain, profiles
//! ```

mod bank;
mod bank_address;
mod bank_knowledge;
mod certificates;
mod clock;
mod commands;
mod dispatch;
mod encryption;
mod exchange;
mod flows;
mod identity;
mod kept_files;
mod packing;
mod question;
mod revocation;
mod sealing;
mod sender;
mod sent_ids;
mod setting_pairs;
mod settings;
mod trust;

use std::sync::Arc;

pub use bank::{CustomerSigningPair, SepaWebServicesBank, SharedBankCustomer};
use bankchannel_foundation::{
    ClientResources, Error, Result,
    clock::{Clock, SystemClock},
    error::row,
    model::{Profile, Value},
};
pub use bankchannel_pkcs11::Pkcs11Settings;
pub use bankchannel_renewal::RenewalRules;
pub use bankchannel_sepa_web_services::{
    PROTOCOL, answer,
    codec::{SepaWebServicesCodec, SepaWebServicesTerms},
    codes, errors, request, terms,
};
pub use clock::DocumentTime;
// For what goes through all operations, such as tests.
#[doc(hidden)]
pub use bankchannel_sepa_web_services::{for_each_operation, operations};
pub use revocation::RevocationCheck;
pub use settings::{BankTextLanguage, SepaWebServicesSettings};
pub use trust::{BankAnchor, BankAnchorSource};

use crate::{
    client::{ProtocolClient, request_id},
    file_channel::waiting::AnswerRegistry,
    protocols::{ClientKind, CommandPlacement, Protocol},
};
use sender::FileServiceSender;
use settings::{ReadyCustomer, SigningPair};

// The types of the requests and answers.
pub use crate::file_channel::{
    check_first::CheckFirst,
    new_files::{DownloadResult, DownloadStatus},
    parsed::Parsed,
    repeats::RejectRepeats,
    waiting::{AwaitAnswers, FetchedContent, UploadDecision},
};
#[allow(ambiguous_glob_reexports)]
pub use bankchannel_sepa_web_services::{model::*, profile::*, verify::*};
#[allow(ambiguous_glob_reexports)]
pub use dispatch::{of_flows::*, of_operations::*};

/// The protocol's description.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "sepa_web_services",
    class: "SepaWebServices",
    what: "a company's client of the banks' own SOAP channel: files, and messages verified and explained",
    operations: &[dispatch::OPERATIONS, dispatch::FLOWS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::BySubject,
    groups: commands::GROUPS,
    sessions: None,
    client: Some(ClientKind::for_client::<SepaWebServices>()),
};

/// A company's client of one bank's file service. It keeps connections, so reuse it.
///
/// Cloning is cheap; a clone is the same client.
///
/// ```
/// use bankchannel::sepa_web_services::*;
///
/// # fn main() -> bankchannel::Result<()> {
/// // To send anything it also needs the bank, the customer's id, a certificate and its key.
/// let client = SepaWebServices::new(SepaWebServicesSettings::default())?;
/// let listed = client.list_profiles(ListProfilesRequest::builder().bank("op"))?;
/// assert_eq!(listed.profiles[0].receiver_id.as_deref(), Some("OKOYFIHH"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SepaWebServices(Arc<SepaWebServicesInner>);

struct SepaWebServicesInner {
    ready: Arc<ReadyCustomer>,
    /// Present if the settings name a bank.
    sender: Option<FileServiceSender>,
    clock: Arc<dyn Clock>,
    /// The uploads that wait for answers.
    answers: AnswerRegistry<BankFileDescriptor>,
}

impl SepaWebServices {
    /// Makes a client. Files named in the settings are read now; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: SepaWebServicesSettings) -> Result<Self> {
        Self::from_ready(Arc::new(ReadyCustomer::from_settings(settings)?), Arc::new(SystemClock::default()))
    }

    fn from_ready(ready: Arc<ReadyCustomer>, clock: Arc<dyn Clock>) -> Result<Self> {
        let sender = if ready.sends() { Some(FileServiceSender::new(&ready, Arc::clone(&clock))?) } else { None };
        Ok(Self(Arc::new(SepaWebServicesInner { ready, sender, clock, answers: AnswerRegistry::default() })))
    }

    /// The same client with another clock than the system's: for tests of what happens in months, such as a renewal.
    /// Messages have its time, certificates are valid or not at its time.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); the files of the settings are not read again.
    pub fn with_clock(&self, clock: Arc<dyn Clock>) -> Result<Self> {
        Self::from_ready(Arc::clone(&self.0.ready), clock)
    }

    /// Looks at the files of anchors again with the next answer.
    fn look_at_anchors_again(&self) {
        if let Some(sender) = &self.0.sender {
            sender.trust.look_again();
        }
    }

    /// The company's name, where the settings have it.
    fn company(&self) -> Option<String> {
        self.0.ready.company().map(str::to_owned)
    }

    /// Now, Unix seconds.
    fn now_s(&self) -> i64 {
        self.0.clock.now_s()
    }

    /// The address of the bank's file service; `None` for a client that names no bank, or one whose address is not known.
    #[must_use]
    pub fn file_url(&self) -> Option<&str> {
        match &self.0.sender {
            Some(sender) => sender.url(),
            None => self.0.ready.file_url(),
        }
    }

    /// A client of the same customer that signs with this pair.
    fn signing_with(&self, pair: SigningPair) -> Self {
        let sender = self.0.sender.as_ref().map(|sender| sender.signing_with(pair));
        Self(Arc::new(SepaWebServicesInner {
            ready: Arc::clone(&self.0.ready),
            sender,
            clock: Arc::clone(&self.0.clock),
            answers: AnswerRegistry::default(),
        }))
    }

    fn sender(&self) -> Result<&FileServiceSender> {
        match &self.0.sender {
            Some(sender) => Ok(sender),
            None => Err(self.0.ready.transport().err().unwrap_or_else(|| Error::new(&row::INTERNAL))),
        }
    }
}

impl ProtocolClient for SepaWebServices {
    type Settings = SepaWebServicesSettings;

    const REQUEST_ID: request_id::RequestIdRule = |id| {
        if id.len() <= 35 { Ok(()) } else { Err("must have at most 35 characters: it is the message's RequestId") }
    };

    fn protocol() -> &'static Protocol {
        &DESCRIPTOR
    }

    fn open(settings: SepaWebServicesSettings) -> Result<Self> {
        Self::new(settings)
    }

    /// Opens new connections and reuses the files that were already read.
    fn in_child(&self, _: &SepaWebServicesSettings) -> Result<Self> {
        Self::from_ready(Arc::clone(&self.0.ready), Arc::clone(&self.0.clock))
    }

    fn peer(&self) -> Option<&str> {
        self.file_url()
    }
}

/// No field of a request is taken from the settings: the connection has them.
impl Profile for SepaWebServices {
    fn value(&self, _field: &str) -> Option<Value<'static>> {
        None
    }

    fn resources(&self) -> Option<ClientResources<'_>> {
        None
    }
}

bankchannel_foundation::redacted_debug!(SepaWebServices, |it| file_url: it.file_url());

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/reference/sepa-web-services.md")]
struct SepaWebServicesReference;
