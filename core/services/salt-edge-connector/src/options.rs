//! The start options of a connector: the same on the command line and in every language.

use bankchannel_foundation::model::{Boundary, Timestamp};

/// The start options of a connector. All other settings are in its configuration file; these options override the file.
#[derive(Debug, Clone, Default, Boundary)]
pub(crate) struct ConnectorOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free port. Beyond loopback with TLS
    /// only.
    pub(crate) listen: Option<String>,
    /// The data folder, with the store, the keys and the shared secret; created with mode 0700 if absent. Default: a
    /// new temporary folder that is removed at the end.
    pub(crate) data: Option<String>,
    /// The configuration file (TOML). Default: no file, and the default of every setting.
    pub(crate) config: Option<String>,
    /// The bank: `example`, or the base URL of the bank's own code. Default: `example`.
    pub(crate) bank: Option<String>,
    /// A file with the secret that connector and bank share. Default: a secret in the data folder, made at
    /// the first start.
    pub(crate) bank_secret_file: Option<String>,
    /// Salt Edge's base URL, such as `https://priora.saltedge.com`. Without it, callbacks wait.
    pub(crate) hub_url: Option<String>,
    /// Files with Salt Edge's public key: one, or two during a key change. Default: the key that Salt Edge has
    /// published.
    pub(crate) hub_public_key: Option<Vec<String>>,
    /// The provider's app id, from Salt Edge's dashboard.
    pub(crate) app_id: Option<String>,
    /// A file with the app secret, from Salt Edge's dashboard.
    pub(crate) app_secret_file: Option<String>,
    /// The bank's code at Salt Edge. Default: `demobank`.
    pub(crate) provider_code: Option<String>,
    /// The connector's private key, a PEM file. Default: a key in the data folder, made at the first start.
    pub(crate) private_key: Option<String>,
    /// The certificate chain of the TLS listener, a PEM file.
    pub(crate) tls_cert: Option<String>,
    /// The private key of the TLS listener, a PEM file.
    pub(crate) tls_key: Option<String>,
    /// A fixed time for the connector's clock. Default: the system's clock. On loopback only.
    pub(crate) clock: Option<Timestamp>,
    /// Opens the control interface. On loopback only.
    pub(crate) control: Option<bool>,
}

/// The addresses and files of a ready connector.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct ConnectorReadiness {
    /// The URL before `/api/priora/v1`: for Salt Edge, and the `base_url` for clients of the hub's side.
    pub(crate) base_url: String,
    /// The connector's public key, a PEM file, for the dashboard: an absolute path.
    pub(crate) public_key_file: String,
    /// The `provider_code` for clients of the hub's side.
    pub(crate) provider_code: String,
    /// The URL at which the bank's page and back office reach sessions and tokens, with the shared secret.
    pub(crate) bank_interface_url: String,
    /// The file with the shared secret: an absolute path.
    pub(crate) bank_secret_file: String,
    /// The URL at which monitoring fetches `/metrics`, unless `operator_listen` is `off`.
    pub(crate) operator_url: Option<String>,
    /// The URL of the control interface, if it was requested.
    pub(crate) control_url: Option<String>,
}
