//! Certificate sharing between accounts of one tenant (docs/protocols/ws-channel.md §6.5).

use crate::ws_channel::outcome::outcomes;

/// Both directions of an account's links.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountLinks {
    /// The account whose certificates this account uses: none or one.
    pub from: Vec<String>,
    /// The accounts that use this account's certificates, sorted.
    pub to: Vec<String>,
    /// The accounts that offer to lend their certificates to this account, sorted.
    pub offered_from: Vec<String>,
    /// The accounts that were offered this account's certificates and have not accepted, sorted.
    pub offered_to: Vec<String>,
}

/// Whether a borrower must accept before certificates are lent to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LendingConsent {
    /// No acceptance is needed.
    NotAsked,
    /// Every borrower must accept, except if the owner of the key lends.
    Asked,
}

/// The result of sharing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShareOutcome {
    /// The link exists (it may have existed before); the caller's links.
    Shared(AccountLinks),
    /// The target has to accept; the caller's links.
    Offered(AccountLinks),
    /// The target does not exist under this key, or has made no offer that could be accepted.
    NoUser,
    /// The target is the caller.
    SameAccount,
    /// The borrower already borrows from another account.
    OtherOwner,
}

outcomes!(ShareOutcome {
    Self::Shared(_) => "done",
    Self::Offered(_) => "offered",
    Self::NoUser => "no_user",
    Self::SameAccount => "same_account",
    Self::OtherOwner => "other_owner",
});

/// The result of ending a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnshareOutcome {
    /// The link or the offer is removed; the caller's links.
    Unshared(AccountLinks),
    /// There was no such link.
    NoUser,
}

outcomes!(UnshareOutcome { Self::Unshared(_) => "done", Self::NoUser => "no_user" });
