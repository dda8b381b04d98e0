//! The client of the ISECure WS Channel.
//!
//! ```text
//!   settings (explicit, environment) ──► WsChannel ── exchange ──► transport
//!                                          │  ▲
//!                       flows: log_in, …───┘  └── session: token, API key, until when
//! ```

mod commands;
mod dispatch;
mod effects;
mod env;
mod exchange;
mod flows;
mod public_key;
mod seal;
mod session;
mod sessions;
mod settings;

use std::{
    any::TypeId,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

use bankchannel_foundation::{Result, model::Profile};
use bankchannel_transport::Transport;
pub use bankchannel_ws_channel::{
    CallerAccess, PROTOCOL, RateClass, SessionCredentials, WsChannelCodec, WsChannelTerms, challenge, errors, login,
    terms,
};
// For what goes through all operations, such as tests.
#[doc(hidden)]
pub use bankchannel_ws_channel::{for_each_operation, operations};
pub use env::code_from_env;
pub use seal::{SEAL_KEY_MIN, SealKey, SealedText};
pub use session::{SKEW, Session};
pub use settings::{Environment, WsChannelSettings};

use crate::{
    client::ProtocolClient,
    file_channel::waiting::AnswerRegistry,
    protocols::{ClientKind, CommandPlacement, Protocol},
};

// The types of the requests and answers.
pub use crate::file_channel::{
    check_first::CheckFirst,
    fetch::DOWNLOAD_TRIES,
    new_files::{DownloadResult, DownloadStatus},
    parsed::Parsed,
    repeats::RejectRepeats,
    waiting::{AwaitAnswers, FetchedContent, UploadDecision},
};
#[allow(ambiguous_glob_reexports)]
pub use bankchannel_ws_channel::model::*;
#[allow(ambiguous_glob_reexports)]
pub use dispatch::{of_flows::*, of_operations::*};
pub use flows::{DownloadedFile, FileToSign, LogInProgress, NeedsChoice, NeedsCode, file_name};

/// The protocol description of the ISECure WS Channel.
pub(crate) static DESCRIPTOR: Protocol = Protocol {
    name: PROTOCOL,
    module: "ws_channel",
    class: "WsChannel",
    what: "a client of the ISECure WS Channel",
    operations: &[dispatch::OPERATIONS, dispatch::FLOWS],
    errors: errors::ROWS,
    interfaces: &[],
    commands: CommandPlacement::BySubject,
    groups: commands::GROUPS,
    sessions: Some(sessions::SESSIONS),
    client: Some(ClientKind::for_client::<WsChannel>()),
};

/// A client of the WS Channel: settings, connections and the current session.
///
/// Cloning is cheap, and the clones share the session.
///
/// ```
/// use bankchannel::ws_channel::*;
///
/// # fn main() -> bankchannel::Result<()> {
/// let settings = WsChannelSettings::builder().email("you@example.com").mode(Mode::Data).bank(Bank::Simulator);
/// let client = WsChannel::new(settings.build()?)?;
/// // What only computes needs no session; the methods that send are awaited.
/// let key = client.generate_key(GenerateKeyRequest::builder().name("You"))?;
/// let payment = b"<Document/>".to_vec();
/// let signed = client.sign_file(SignFileRequest::builder().content(payment).private_key(key.private_key))?;
/// assert!(signed.signature.as_str().starts_with("-----BEGIN PGP SIGNATURE-----"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WsChannel(Arc<WsChannelInner>);

struct WsChannelInner {
    settings: WsChannelSettings,
    transport: Transport,
    /// Shared with the calls that started with it: a change copies it; a call does not.
    session: Mutex<Arc<Session>>,
    /// Incremented at each login and logout, while the session is locked: a renewal that started earlier must not undo
    /// them.
    generation: AtomicU64,
    /// Held during a renewal, so that concurrent calls log in only once.
    renewing: tokio::sync::Mutex<()>,
    /// The uploads that wait for answers.
    answers: AnswerRegistry<FileDescriptor>,
}

impl WsChannel {
    /// Makes a client. Nothing is sent yet.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used.
    pub fn new(settings: WsChannelSettings) -> Result<Self> {
        let transport = Transport::new(&settings.transport()?)?;
        let session = Mutex::new(Arc::new(Session::from_settings(&settings)));
        Ok(Self(Arc::new(WsChannelInner {
            settings,
            transport,
            session,
            generation: AtomicU64::new(0),
            renewing: tokio::sync::Mutex::new(()),
            answers: AnswerRegistry::default(),
        })))
    }

    /// The settings of the client.
    #[must_use]
    pub fn settings(&self) -> &WsChannelSettings {
        &self.0.settings
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.0.transport.base_url()
    }

    /// The current session.
    #[must_use]
    pub fn session(&self) -> Session {
        Session::clone(&self.lock())
    }

    /// The current session, unless it is being changed at this moment. Never waits, so it is safe in the child process
    /// of a fork, in which the thread that holds the lock does not exist.
    #[must_use]
    pub fn try_session(&self) -> Option<Session> {
        match self.0.session.try_lock() {
            Ok(session) => Some(Session::clone(&session)),
            Err(TryLockError::Poisoned(session)) => Some(Session::clone(&session.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Replaces the current session.
    pub fn set_session(&self, session: Session) {
        self.replace(|held| *held = session);
    }

    /// The session and its generation.
    fn held(&self) -> (Arc<Session>, u64) {
        let session = self.lock();
        (Arc::clone(&session), self.0.generation.load(Ordering::SeqCst))
    }

    /// Changes the session; the result of a renewal in progress is then discarded.
    fn replace(&self, change: impl FnOnce(&mut Session)) {
        let mut session = self.lock();
        change(Arc::make_mut(&mut session));
        self.0.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Changes the session if its generation is still this one.
    fn replace_if(&self, generation: u64, change: impl FnOnce(&mut Session)) -> bool {
        let mut session = self.lock();
        let is_same = self.0.generation.load(Ordering::SeqCst) == generation;
        if is_same {
            change(Arc::make_mut(&mut session));
        }
        is_same
    }

    /// Forgets the session if its generation is still this one, so that nothing logs in again by itself.
    fn forget_if(&self, generation: u64) {
        let mut session = self.lock();
        if self.0.generation.load(Ordering::SeqCst) == generation {
            Arc::make_mut(&mut session).forget();
            self.0.generation.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The session, and whether it is before the first login or logout.
    fn session_and_is_fresh(&self) -> (Arc<Session>, bool) {
        let (session, generation) = self.held();
        let is_fresh = session.is_fresh(generation);
        (session, is_fresh)
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Session>> {
        self.0.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ProtocolClient for WsChannel {
    type Settings = WsChannelSettings;

    fn protocol() -> &'static Protocol {
        &DESCRIPTOR
    }

    fn open(settings: WsChannelSettings) -> Result<Self> {
        Self::new(settings)
    }

    fn in_child(&self, settings: &WsChannelSettings) -> Result<Self> {
        let own = Self::new(settings.clone())?;
        if let Some(session) = self.try_session() {
            // A client without any login so far is one in the child, too.
            if !session.is_fresh(self.0.generation.load(Ordering::SeqCst)) {
                own.set_session(session);
            }
        }
        Ok(own)
    }

    fn peer(&self) -> Option<&str> {
        Some(self.base_url())
    }

    fn with_profile<T>(&self, request: TypeId, read: impl FnOnce(&dyn Profile) -> T) -> T {
        let mut profile = settings::ProfileOf::new(self);
        // A logout concerns the session's user, whatever user the settings name.
        profile.session_first = request == TypeId::of::<LogoutRequest>();
        read(&profile)
    }
}

bankchannel_foundation::redacted_debug!(WsChannel, |it| base_url: it.0.transport.base_url());

/// Compiles the programs of the reference.
#[cfg(doctest)]
#[doc = include_str!("../../../../docs/reference/ws-channel.md")]
struct WsChannelReference;
