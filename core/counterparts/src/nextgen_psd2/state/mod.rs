//! What the sandbox bank knows: customers, consents, authorisations, used request ids. No HTTP.
//!
//! ```text
//!   identity        customers and the PSU-ID by which each third party knows them
//!   offers          bank-offered consents (dialect era)
//!   consents        consents that a third party asks for (dialect bg)
//!   authorisations  one for each time that the customer is sent here
//!   sca             the customer looks at a request, and decides          callback   where the browser goes then
//!   scope           which accounts a consent is about                     reading    a consent in use
//!   lifecycle       what time alone does to all of them, at every access
//!   keeping         the file that outlives the process                    replay     request ids, in memory only
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
pub(crate) use identity::NewPsu;
#[cfg(test)]
pub(crate) use lifecycle::{Sca, Status};
pub(crate) use offers::Offer;
pub(crate) use problem::{Problem, ScaProblem, UseProblem};
pub(crate) use reading::{Access, AccountView};
pub(crate) use sca::{AccountChoice, Decision, Person, ScaView};
pub(crate) use scope::Want;

use keeping::Keeper;
use listed::Listed;
use replay::Replay;

/// The bank's state. Every method may be called from any thread.
pub(crate) struct State {
    keeper: Keeper,
    listed: Listed,
    replay: Replay,
}

impl State {
    /// Reads the state of this folder, or begins with the fixtures; without a folder nothing outlives the process. One process
    /// at a time has a folder.
    ///
    /// # Errors
    /// `resource.storage` for a folder that cannot be used or that another process has, and for a damaged file, which is left
    /// as it is.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self> {
        let keeper = Keeper::open(folder)?;
        let listed = Listed::of(&keeper.read());
        Ok(Self { keeper, listed, replay: Replay::default() })
    }

    /// As after a first start: the fixtures, and nothing else.
    pub(crate) fn reset(&self) {
        let mut data = self.keeper.change();
        *data = fixtures::data();
        data.changed = true;
        self.listed.refresh(&data);
        self.replay.forget();
    }

    /// Writes what is not written yet, and writes no more: what changes from now on is lost.
    ///
    /// # Errors
    /// `resource.storage` when it could not be written.
    pub(crate) fn close(&self) -> Result<()> {
        self.keeper.close()
    }

    /// Whether this is the first request of a third party with this id within `window_s`; if so, it is remembered (S-09).
    pub(crate) fn remember_request(&self, tpp: &str, request_id: &str, now_s: i64, window_s: i64) -> bool {
        self.replay.remember(tpp, request_id, now_s, window_s)
    }
}
