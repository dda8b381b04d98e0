//! The sandbox bank's state: customers, consents, authorisations, used request ids. No HTTP.
//!
//! ```text
//!   identity        customers and the PSU-ID by which each third party knows them
//!   offers          bank-offered consents (dialect era)
//!   consents        consents requested by a third party (dialect bg)
//!   authorisations  one for each redirect of the customer to the bank
//!   sca             the customer looks at a request, and decides          callback   the redirect after the decision
//!   scope           the accounts of a consent                             reading    a consent in use
//!   lifecycle       changes by elapsed time, applied at every access
//!   keeping         the state file                                        replay     request ids, in memory only
//! ```
//!
//! Times are seconds since 1970. `tpp` is the organizationIdentifier of the third party's certificate.

mod authorisations;
mod callback;
mod consents;
mod data;
mod fixtures;
mod identity;
mod keeping;
mod lifecycle;
mod listed;
mod offers;
mod overview;
mod problem;
mod reading;
mod replay;
mod sca;
mod scope;
#[cfg(test)]
mod tests;

use std::path::Path;

use bankchannel_foundation::Result;

pub(crate) use authorisations::NewAuthorisation;
pub(crate) use consents::NewConsent;
pub use identity::{NewPsu, NewPsuAccount};
#[cfg(test)]
pub(crate) use lifecycle::{AuthorisationState, ConsentState};
pub(crate) use offers::ConsentOffer;
pub(crate) use problem::{ConsentProblem, ScaProblem, UseProblem};
pub(crate) use reading::{AccountView, ReadingAccess};
pub(crate) use sca::{CustomerDecision, ScaAccount, ScaCustomer, ScaView};
pub(crate) use scope::WantedAccess;

use keeping::StateKeeper;
use listed::ListedSerials;
use replay::UsedRequestIds;

/// The bank's state. Every method may be called from any thread.
pub(crate) struct BankState {
    keeper: StateKeeper,
    listed: ListedSerials,
    replay: UsedRequestIds,
}

impl BankState {
    /// Reads the state in this folder, or starts with the fixtures. Without a folder, nothing survives the process. A
    /// folder can be used by one process at a time.
    ///
    /// # Errors
    /// `resource.storage` if the folder cannot be used or is used by another process, and for a damaged file, which is
    /// left unchanged.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self> {
        let keeper = StateKeeper::open(folder)?;
        let listed = ListedSerials::from_data(&keeper.read());
        Ok(Self { keeper, listed, replay: UsedRequestIds::default() })
    }

    /// Resets the state to the fixtures, as at the first start.
    pub(crate) fn reset(&self) {
        let mut data = self.keeper.change();
        *data = fixtures::data();
        data.changed = true;
        self.listed.refresh(&data);
        self.replay.forget();
    }

    /// Writes the remaining changes and stops the writer: later changes are lost.
    ///
    /// # Errors
    /// `resource.storage` when it could not be written.
    pub(crate) fn close(&self) -> Result<()> {
        self.keeper.close()
    }

    /// Whether this is the third party's first request with this id within `window_s`; if so, the id is remembered
    /// (S-09).
    pub(crate) fn remember_request(&self, tpp: &str, request_id: &str, now_s: i64, window_s: i64) -> bool {
        self.replay.remember(tpp, request_id, now_s, window_s)
    }
}
