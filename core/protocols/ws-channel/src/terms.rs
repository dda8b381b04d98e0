//! What this protocol says of an exchange beyond what every HTTP exchange has: who may call it, and which limit counts it.

use crate::errors::texts;

/// The terms of one exchange.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Who may call it.
    pub access: Access,
    /// Which limit of the service counts it.
    pub rate: RateClass,
    /// Whether it is a step of a login whose refusal a service may answer with HTTP 200 (§1.5).
    pub is_login_step: bool,
}

/// Who may call an exchange.
#[derive(Debug, Clone, Copy)]
pub enum Access {
    /// Anyone; what authenticates is in the request.
    Public,
    /// A session.
    Session {
        /// The modes that may call it; the first text is what any other mode is told.
        modes: &'static [&'static str],
        /// What a session of another mode is told.
        refusal: &'static str,
        /// Whether only the owner of the API key may call it.
        owner: bool,
    },
}

/// Which limit of the service counts an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateClass {
    /// Per API key.
    Key,
    /// Per client address: the caller is not known yet.
    Address,
    /// Per client address, and it sends codes or creates accounts.
    Registration,
}

impl Terms {
    /// Anyone may send it; its rate is counted per address.
    pub(crate) const PUBLIC: Self = Self { access: Access::Public, rate: RateClass::Address, is_login_step: false };
    /// Anyone may send it, and it sends codes or creates accounts.
    pub(crate) const REGISTRATION: Self = Self { rate: RateClass::Registration, ..Self::PUBLIC };
    /// Anyone may send it, in the course of a login.
    pub(crate) const LOGIN_STEP: Self = Self { is_login_step: true, ..Self::PUBLIC };
    /// For a session of either mode.
    pub(crate) const SESSION: Self = Self::session(&["admin", "data"], "", false);
    /// For an admin session.
    pub(crate) const ADMIN: Self = Self::admin(texts::ADMIN_REQUIRED.text);
    /// For an admin session of the API key's owner.
    pub(crate) const OWNER: Self = Self::session(&["admin"], texts::ADMIN_REQUIRED.text, true);

    /// For an admin session; `refusal` is what a data session is told.
    pub(crate) const fn admin(refusal: &'static str) -> Self {
        Self::session(&["admin"], refusal, false)
    }

    /// For a data session; `refusal` is what an admin session is told.
    pub(crate) const fn data(refusal: &'static str) -> Self {
        Self::session(&["data"], refusal, false)
    }

    const fn session(modes: &'static [&'static str], refusal: &'static str, owner: bool) -> Self {
        Self { access: Access::Session { modes, refusal, owner }, rate: RateClass::Key, is_login_step: false }
    }

    /// Whether a session has to be there.
    #[must_use]
    pub const fn needs_session(&self) -> bool {
        matches!(self.access, Access::Session { .. })
    }
}
