//! The hub's state and the identities it knows.

use std::sync::Arc;

use bankchannel_crypto::digest::sha256;
use bankchannel_foundation::clock::{Clock as _, SystemClock};
use bankchannel_salt_edge::envelope::{EnvelopeVerifier, RequiredIssuer};

use super::{connector::ConnectorLink, keys::HubKeys, records::RecordedMessages, state::HubState};
use bankchannel_server::http::control::ControlState;

/// The bank's code at this hub.
pub(super) const PROVIDER_CODE: &str = "demobank";
/// The third party's id at this hub.
pub(super) const CLIENT_ID: u64 = 1;
/// The third party's name.
pub(super) const CLIENT_NAME: &str = "Example App";
/// The scopes that the third party is allowed.
pub(super) const CLIENT_SCOPES: [&str; 3] = ["accounts", "transactions", "kyc"];

/// A hub.
pub struct PlayedHub {
    pub(super) keys: HubKeys,
    pub(super) verifier: EnvelopeVerifier,
    pub(super) state: HubState,
    pub(super) records: RecordedMessages,
    /// The connector to which the hub sends requests.
    pub(super) link: ConnectorLink,
    pub(super) clock: Arc<SystemClock>,
    pub(super) control: Option<Arc<ControlState>>,
}

impl PlayedHub {
    pub(super) fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    /// Whether app id and app secret are those of the provider.
    pub(super) fn knows(&self, app_id: &str, app_secret: &str) -> bool {
        // Compares digests: the duration reveals nothing about the secret.
        app_id == self.keys.app_id && sha256(app_secret.as_bytes()) == self.keys.app_secret_sha256
    }

    /// The verifier of connector signatures. It does not check `iss`: connectors send none.
    ///
    /// # Errors
    /// Why the key is unusable.
    pub(super) fn verifier(keys: &HubKeys) -> Result<EnvelopeVerifier, String> {
        let mut verifier = EnvelopeVerifier::new(keys.connector.clone()).map_err(|why| why.to_string())?;
        verifier.issuer = RequiredIssuer::Any;
        Ok(verifier)
    }
}
