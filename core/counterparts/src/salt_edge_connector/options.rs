//! How a connector is started: the same options on the command line and in every language.

use bankchannel_foundation::{Boundary, model::Timestamp};

/// How a connector is started. Everything else stands in its configuration file; what is given here counts before that.
#[derive(Debug, Clone, Default, Boundary)]
pub(crate) struct ConnectorOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free one. Beyond loopback with TLS only.
    pub(crate) listen: Option<String>,
    /// The data folder, with the store, the keys and the shared secret; created with mode 0700 when it is absent. Left out, a fresh
    /// temporary one that is removed at the end.
    pub(crate) data: Option<String>,
    /// The configuration file (TOML); left out, every setting has its default.
    pub(crate) config: Option<String>,
    /// The bank: `example`, or the URL below which the bank's own code answers. `example` when left out.
    pub(crate) bank: Option<String>,
    /// A file with the secret that connector and bank share. Left out, one is made in the data folder.
    pub(crate) bank_secret_file: Option<String>,
    /// Salt Edge's base URL, such as `https://priora.saltedge.com`. Left out, callbacks wait.
    pub(crate) hub_url: Option<String>,
    /// Files with Salt Edge's public key: one, or two while it changes. Left out, it is the key that Salt Edge has published.
    pub(crate) hub_public_key: Option<Vec<String>>,
    /// The provider's app id, from the dashboard.
    pub(crate) app_id: Option<String>,
    /// A file with the app secret, from the dashboard.
    pub(crate) app_secret_file: Option<String>,
    /// The bank's code at Salt Edge; `demobank` when left out.
    pub(crate) provider_code: Option<String>,
    /// The connector's private key, a PEM file. Left out, one is made in the data folder.
    pub(crate) private_key: Option<String>,
    /// The certificate chain of the TLS listener, a PEM file.
    pub(crate) tls_cert: Option<String>,
    /// Its private key, a PEM file.
    pub(crate) tls_key: Option<String>,
    /// The connector's clock stands at this instant; left out, it goes with the system's. On loopback only.
    pub(crate) clock: Option<Timestamp>,
    /// Opens the control interface. On loopback only.
    pub(crate) control: Option<bool>,
}

/// What a connector says when it is ready.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct ConnectorReadiness {
    /// What stands before `/api/priora/v1`: what Salt Edge is told, and what clients of the hub's side take as `base_url`.
    pub(crate) base_url: String,
    /// The connector's public key, a PEM file, for the dashboard: an absolute path.
    pub(crate) public_key_file: String,
    /// What clients of the hub's side take as `provider_code`.
    pub(crate) provider_code: String,
    /// Where the bank's page and back office reach sessions and tokens, with the shared secret.
    pub(crate) bank_interface_url: String,
    /// The file with the shared secret: an absolute path.
    pub(crate) bank_secret_file: String,
    /// The control interface, where it was asked for.
    pub(crate) control_url: Option<String>,
}
