//! Certificate sharing between accounts of one tenant (docs/protocols/ws-channel.md §6.5).

use crate::ws_channel::outcome::outcomes;

/// Both directions of an account's links.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// Whose certificates this account uses: none or one.
    pub from: Vec<String>,
    /// Who uses this account's certificates, sorted.
    pub to: Vec<String>,
    /// Who would lend its certificates to this account, sorted.
    pub offered_from: Vec<String>,
    /// Who was offered this account's certificates and has not accepted, sorted.
    pub offered_to: Vec<String>,
}

/// Whether somebody is asked before certificates are lent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Nobody is.
    NotAsked,
    /// Everybody is, but by the owner of the key.
    Asked,
}

/// How sharing ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareOutcome {
    /// The link stands (it may have stood before); the caller's links.
    Shared(Links),
    /// The target has to accept; the caller's links.
    Offered(Links),
    /// The target is not under this key, or has offered nothing that could be accepted.
    NoUser,
    /// The target is the caller.
    SameAccount,
    /// Who would borrow already borrows from another.
    OtherOwner,
}

outcomes!(ShareOutcome {
    Self::Shared(_) => "done",
    Self::Offered(_) => "offered",
    Self::NoUser => "no_user",
    Self::SameAccount => "same_account",
    Self::OtherOwner => "other_owner",
});

/// How ending a share ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnshareOutcome {
    /// The link or the offer is gone; the caller's links.
    Unshared(Links),
    /// There was no such link.
    NoUser,
}

outcomes!(UnshareOutcome { Self::Unshared(_) => "done", Self::NoUser => "no_user" });
