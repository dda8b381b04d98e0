//! Certificate sharing between accounts of one tenant (WS Channel sheet §6.5).

use crate::outcome::outcomes;

/// Both directions of an account's links.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// Whose certificates this account uses: none or one.
    pub from: Vec<String>,
    /// Who uses this account's certificates, sorted.
    pub to: Vec<String>,
}

/// How sharing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareOutcome {
    /// The link stands (it may have stood before); the caller's links.
    Shared(Links),
    /// The target is not under this key.
    NoUser,
    /// The target is the caller.
    SameAccount,
    /// The target already has another owner.
    OtherOwner,
}

outcomes!(ShareOutcome {
    Self::Shared(_) => "done",
    Self::NoUser => "no_user",
    Self::SameAccount => "same_account",
    Self::OtherOwner => "other_owner",
});

/// How ending a share ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnshareOutcome {
    /// The link is gone; the caller's links.
    Unshared(Links),
    /// There was no such link.
    NoUser,
}

outcomes!(UnshareOutcome { Self::Unshared(_) => "done", Self::NoUser => "no_user" });
