//! How a hub is started: the same options on the command line and in every language.

use bankchannel_foundation::{Boundary, model::Timestamp};

/// How a hub is started.
#[derive(Debug, Clone, Default, Boundary)]
pub(crate) struct HubOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free one. On loopback only.
    pub(crate) listen: Option<String>,
    /// The data folder with the hub's keys; created with mode 0700 when it is absent. Left out, a fresh temporary one that is
    /// removed at the end. Sessions and tokens are in memory: a hub that is started again knows none.
    pub(crate) data: Option<String>,
    /// The connector's public key, a PEM file. Left out, the hub makes the connector's key pair too.
    pub(crate) connector_public_key: Option<String>,
    /// The connector's base URL, for a hub that asks it by itself (`sandbox/enrolments`). Control can name it later.
    pub(crate) connector_url: Option<String>,
    /// The hub's clock stands at this instant; left out, it goes with the system's.
    pub(crate) clock: Option<Timestamp>,
    /// Opens the control interface.
    pub(crate) control: Option<bool>,
}

/// What a hub says when it is ready.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct HubReadiness {
    /// What connectors take as `base_url`.
    pub(crate) base_url: String,
    /// What connectors take as `hub_public_key_file`: an absolute path.
    pub(crate) hub_public_key_file: String,
    /// What connectors take as `app_id`.
    pub(crate) app_id: String,
    /// What connectors take as `app_secret_file`: an absolute path.
    pub(crate) app_secret_file: String,
    /// What connectors take as `provider_code`.
    pub(crate) provider_code: String,
    /// What connectors take as `private_key_file`: an absolute path; absent where the hub was given the public key.
    pub(crate) private_key_file: Option<String>,
    /// A page with all sessions and messages, for a browser.
    pub(crate) requests_url: String,
    /// The control interface, where it was asked for.
    pub(crate) control_url: Option<String>,
}
