//! A third party towards NextGenPSD2 banks: signs requests, verifies and explains them.
//!
//! ```text
//!   settings (certificate, key, how to sign) ──► NextGenPsd2 ── operations that only compute: sign, verify, explain
//! ```

mod dispatch;
mod settings;

use std::sync::Arc;

use bankchannel_foundation::{
    Boundary, Result,
    model::{Dialect, Reader, read_boundary},
};
pub use bankchannel_nextgen_psd2::{
    PROTOCOL, answer, certificates, errors, explain, http, model, operations, signing, verify,
};
pub(crate) use dispatch::run_local;
pub use settings::NextGenPsd2Settings;

use settings::Ready;

/// What a third party has: its certificate, its key, and how its banks want requests signed.
///
/// Cloning is cheap.
#[derive(Clone)]
pub struct NextGenPsd2(Arc<Ready>);

impl NextGenPsd2 {
    /// Makes a client. Files that the settings name are read now; nothing is sent.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that cannot be used, each naming its field.
    pub fn new(settings: NextGenPsd2Settings) -> Result<Self> {
        Ready::of(settings).map(|ready| Self(Arc::new(ready)))
    }

    /// Makes a client from settings as JSON.
    ///
    /// # Errors
    /// `input.*` and `configuration.invalid`.
    pub fn from_json(settings: serde_json::Value) -> Result<Self> {
        Self::new(read_boundary(settings)?)
    }

    /// A typed request from its boundary form; what that leaves out is taken from the settings. The methods themselves take
    /// requests as they are.
    ///
    /// # Errors
    /// `input.*`, each naming its field.
    pub fn request<R: Boundary>(&self, value: serde_json::Value) -> Result<R> {
        R::read(value.into(), &mut Reader::new(Dialect::Boundary).with_profile(self))
    }
}

impl std::fmt::Debug for NextGenPsd2 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NextGenPsd2").finish_non_exhaustive()
    }
}
