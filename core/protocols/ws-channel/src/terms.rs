//! This protocol's terms of an exchange, in addition to the common HTTP ones: allowed callers and rate limit class.

use crate::service_texts;

/// The terms of one exchange.
#[derive(Debug, Clone, Copy)]
pub struct WsChannelTerms {
    /// The allowed callers.
    pub access: CallerAccess,
    /// The rate limit that counts it.
    pub rate: RateClass,
    /// Whether it is a login step, whose refusal a service may send with HTTP 200 (§1.5).
    pub is_login_step: bool,
}

/// The allowed callers of an exchange.
#[derive(Debug, Clone, Copy)]
pub enum CallerAccess {
    /// Anyone; the request itself holds the credentials.
    Public,
    /// Callers with a session.
    Session {
        /// The allowed modes.
        modes: &'static [&'static str],
        /// The service's text when the mode is not allowed.
        refusal: &'static str,
        /// Whether only the owner of the API key is allowed.
        owner: bool,
    },
}

/// The rate limit that counts an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateClass {
    /// Per API key.
    Key,
    /// Per client address: the caller is not authenticated yet.
    Address,
    /// Per client address, for exchanges that send codes or create accounts.
    Registration,
}

impl WsChannelTerms {
    /// No session needed; counted per address.
    pub(crate) const PUBLIC: Self =
        Self { access: CallerAccess::Public, rate: RateClass::Address, is_login_step: false };
    /// No session needed; sends codes or creates accounts.
    pub(crate) const REGISTRATION: Self = Self { rate: RateClass::Registration, ..Self::PUBLIC };
    /// No session needed; a step of a login.
    pub(crate) const LOGIN_STEP: Self = Self { is_login_step: true, ..Self::PUBLIC };
    /// Needs a session of either mode.
    pub(crate) const SESSION: Self = Self::session(&["admin", "data"], "", false);
    /// Needs an admin session.
    pub(crate) const ADMIN: Self = Self::admin(service_texts::ADMIN_REQUIRED.text);
    /// Needs an admin session of the API key's owner.
    pub(crate) const OWNER: Self = Self::session(&["admin"], service_texts::ADMIN_REQUIRED.text, true);

    /// Needs an admin session; `refusal` is the text for a data session.
    pub(crate) const fn admin(refusal: &'static str) -> Self {
        Self::session(&["admin"], refusal, false)
    }

    /// Needs a data session; `refusal` is the text for an admin session.
    pub(crate) const fn data(refusal: &'static str) -> Self {
        Self::session(&["data"], refusal, false)
    }

    const fn session(modes: &'static [&'static str], refusal: &'static str, owner: bool) -> Self {
        Self { access: CallerAccess::Session { modes, refusal, owner }, rate: RateClass::Key, is_login_step: false }
    }

    /// Whether a session is required.
    #[must_use]
    pub const fn needs_session(&self) -> bool {
        matches!(self.access, CallerAccess::Session { .. })
    }
}
