//! How a service is started: the same options on the command line and in every language.

use bankchannel_foundation::{Boundary, Secret};

/// How a WS Channel service is started. Everything else stands in its configuration file.
#[derive(Debug, Clone, Default, Boundary)]
pub struct ServiceOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free one.
    pub listen: Option<String>,
    /// The data folder; created with mode 0700 when it is absent. Left out, a fresh temporary one that is removed at the end.
    pub data: Option<String>,
    /// The configuration file (TOML); left out, every setting has its default.
    pub config: Option<String>,
    /// The certificate chain of the TLS listener, a PEM file.
    pub tls_cert: Option<String>,
    /// Its private key, a PEM file.
    pub tls_key: Option<String>,
    /// Fixes every code that would be sent: six digits. On loopback only.
    pub verification_code: Option<Secret>,
    /// Lifts every limit of rate and count. On loopback only.
    pub no_limits: Option<bool>,
    /// Opens the control interface. On loopback only.
    pub control: Option<bool>,
}

/// What a WS Channel service says when it is ready.
#[derive(Debug, Clone, Boundary)]
pub struct ServiceReadiness {
    /// What clients take as `base_url`.
    pub base_url: String,
    /// What clients take as `public_key_file`: an absolute path.
    pub public_key_file: String,
    /// The control interface, where it was asked for.
    pub control_url: Option<String>,
}
