//! The start options of a sandbox bank: the same on the command line and in every language.

use bankchannel_foundation::model::{Boundary, Timestamp};
use bankchannel_nextgen_psd2::operations::verification::verify_request::Strictness;

/// The start options of a sandbox bank.
#[derive(Debug, Clone, Default, Boundary)]
pub struct BankOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free port.
    pub listen: Option<String>,
    /// The data folder, created with mode 0700 if absent. Default: a new temporary folder that is removed at the end.
    pub data: Option<String>,
    /// Serves HTTP without TLS, on loopback only; the bank then requires no client certificates.
    pub plain: Option<bool>,
    /// A fixed time for the bank's clock. Default: the system's clock.
    pub clock: Option<Timestamp>,
    /// The strictness of the checks. Default: `normal`.
    pub mode: Option<Strictness>,
    /// Opens the control interface. On loopback only.
    pub control: Option<bool>,
    /// Explains each refusal in its answer, and serves the page of requests and `POST /sandbox/explain`. Default:
    /// `true`. On loopback only, unless `explain_anywhere` is set.
    pub explain: Option<bool>,
    /// Lets a bank explain beyond loopback: anyone who reaches it then sees the requests of third parties.
    pub explain_anywhere: Option<bool>,
    /// Lets `auto=approve` and `auto=refuse` in the query of a link answer for the customer, in one step and without
    /// the page: for tests. Without this option such a link is refused.
    pub auto_answer: Option<bool>,
    /// A PEM file with certificates of more issuers to trust.
    pub trusted_file: Option<String>,
    /// Puts status 400 into every error body of the dialect `era`, as the documented examples do.
    pub era_status_quirk: Option<bool>,
    /// Ends each `scaRedirect` of the dialect `era` with characters that are invalid in a URI, as the documented
    /// example does.
    pub era_bad_href: Option<bool>,
}

/// The addresses and files of a ready sandbox bank.
#[derive(Debug, Clone, Boundary)]
pub struct BankReadiness {
    /// The `base_url` for clients of the dialect `era`.
    pub base_url: String,
    /// The `base_url` for clients of the dialect `bg`.
    pub bg_base_url: String,
    /// The `ca_file` for clients, if the bank uses TLS: an absolute path.
    pub ca_file: Option<String>,
    /// The `certificate_file` for clients: the QSEAL certificate of the third party `tpp1`.
    pub certificate_file: String,
    /// The `private_key_file` for clients.
    pub private_key_file: String,
    /// The `client_certificate_file` for clients: the QWAC of `tpp1`.
    pub client_certificate_file: String,
    /// The `client_key_file` for clients.
    pub client_key_file: String,
    /// The folder with certificates and keys of three third parties: `tpp1-qseal.pem`, `tpp1-qseal.key`,
    /// `tpp1-qwac.pem`, `tpp1-qwac.key`, and so on.
    pub certificates_dir: String,
    /// The URL of the control interface, if it was requested.
    pub control_url: Option<String>,
    /// The page that shows the latest requests, for a browser. Absent if the bank does not explain.
    pub requests_url: Option<String>,
}
