//! The start options of a hub: the same on the command line and in every language.

use bankchannel_foundation::model::{Boundary, Timestamp};

/// The start options of a hub.
#[derive(Debug, Clone, Default, Boundary)]
pub(crate) struct HubOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free port. On loopback only.
    pub(crate) listen: Option<String>,
    /// The data folder with the hub's keys, created with mode 0700 if absent. Default: a new temporary folder that is
    /// removed at the end. Sessions and tokens are in memory: a restarted hub has none.
    pub(crate) data: Option<String>,
    /// The connector's public key, a PEM file. Without it, the hub makes the connector's key pair too.
    pub(crate) connector_public_key: Option<String>,
    /// The connector's base URL, for requests that the hub starts itself (`sandbox/enrolments`). The control interface
    /// can set it later.
    pub(crate) connector_url: Option<String>,
    /// A PEM file with more certificate authorities to trust at the connector, and at the `psu_url` of an order `check`.
    pub(crate) connector_ca_file: Option<String>,
    /// A fixed time for the hub's clock. Default: the system's clock.
    pub(crate) clock: Option<Timestamp>,
    /// Opens the control interface.
    pub(crate) control: Option<bool>,
}

/// The addresses and files of a ready hub.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct HubReadiness {
    /// The `base_url` for connectors.
    pub(crate) base_url: String,
    /// The `hub_public_key_file` for connectors: an absolute path.
    pub(crate) hub_public_key_file: String,
    /// The `app_id` for connectors.
    pub(crate) app_id: String,
    /// The `app_secret_file` for connectors: an absolute path.
    pub(crate) app_secret_file: String,
    /// The `provider_code` for connectors.
    pub(crate) provider_code: String,
    /// The `private_key_file` for connectors: an absolute path. Absent if the hub was given the public key.
    pub(crate) private_key_file: Option<String>,
    /// A page with all sessions and messages, for a browser.
    pub(crate) requests_url: String,
    /// The URL of the control interface, if it was requested.
    pub(crate) control_url: Option<String>,
}
