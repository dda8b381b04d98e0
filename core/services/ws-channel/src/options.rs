//! The start options of a service: the same on the command line and in every language.

use bankchannel_foundation::{Secret, model::Boundary};

/// The start options of a WS Channel service. All other settings are in its configuration file.
#[derive(Debug, Clone, Default, Boundary)]
pub struct ServiceOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free port.
    pub listen: Option<String>,
    /// The data folder, created with mode 0700 if absent. Default: a new temporary folder that is removed at the end.
    pub data: Option<String>,
    /// The configuration file (TOML). Default: no file, and the default of every setting.
    pub config: Option<String>,
    /// The certificate chain of the TLS listener, a PEM file.
    pub tls_cert: Option<String>,
    /// The private key of the TLS listener, a PEM file.
    pub tls_key: Option<String>,
    /// A fixed value for every code that would be sent: six digits. On loopback only.
    pub verification_code: Option<Secret>,
    /// Removes every limit of rate and count. On loopback only.
    pub no_limits: Option<bool>,
    /// Opens the control interface. On loopback only.
    pub control: Option<bool>,
    /// For tests: a bank over SEPA Web Services, `NAME=FAMILY_URL`, such as `nordea=http://127.0.0.1:8080/nordea`: a family of a
    /// `sepa-bank`, below which its certificate service is. On loopback only, both. Real banks are in the configuration file.
    pub bank: Option<Vec<String>>,
    /// For tests: the authorities of such a bank's signatures, `NAME=FILE` (PEM): its `anchors_file`.
    pub bank_anchors: Option<Vec<String>>,
    /// For tests: the authorities of such banks' TLS certificates, a PEM file: the `ca_file` of a `sepa-bank`.
    pub bank_ca: Option<String>,
}

/// The addresses and files of a ready WS Channel service.
#[derive(Debug, Clone, Boundary)]
pub struct ServiceReadiness {
    /// The `base_url` for clients.
    pub base_url: String,
    /// The `public_key_file` for clients: an absolute path.
    pub public_key_file: String,
    /// The URL at which monitoring fetches `/metrics`, unless `operator_listen` is `off`.
    pub operator_url: Option<String>,
    /// The URL of the control interface, if it was requested.
    pub control_url: Option<String>,
}
