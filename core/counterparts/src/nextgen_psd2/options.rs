//! How a sandbox bank is started: the same options on the command line and in every language.

use bankchannel_foundation::{Boundary, model::Timestamp};
use bankchannel_nextgen_psd2::operations::verification::verify_request::Strictness;

/// How a sandbox bank is started.
#[derive(Debug, Clone, Default, Boundary)]
pub struct BankOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free one.
    pub listen: Option<String>,
    /// The data folder; created with mode 0700 when it is absent. Left out, a fresh temporary one that is removed at the end.
    pub data: Option<String>,
    /// Serves HTTP without TLS, on loopback only: client certificates are not asked for then.
    pub plain: Option<bool>,
    /// The bank's clock stands at this instant; left out, it goes with the system's.
    pub clock: Option<Timestamp>,
    /// How strictly requests are read; `normal` when left out.
    pub mode: Option<Strictness>,
    /// Opens the control interface. On loopback only.
    pub control: Option<bool>,
    /// Explains each refusal in its answer, and serves the page of requests and `POST /sandbox/explain`; `true` when left out.
    /// On loopback only, unless `explain_anywhere` is set.
    pub explain: Option<bool>,
    /// Lets a bank explain beyond loopback: whoever reaches it sees what third parties have sent.
    pub explain_anywhere: Option<bool>,
    /// Lets `auto=approve` and `auto=refuse` in the query of a link answer for the customer, in one step and without the page: for
    /// tests. Without it such a link is refused.
    pub auto_answer: Option<bool>,
    /// Certificates of further issuers to trust, a PEM file.
    pub trusted_file: Option<String>,
    /// Says status 400 in every error body of the dialect `era`, as the documented examples do.
    pub era_status_quirk: Option<bool>,
    /// Ends each `scaRedirect` of the dialect `era` with characters that no URI may have, as the documented example does.
    pub era_bad_href: Option<bool>,
}

/// What a sandbox bank says when it is ready.
#[derive(Debug, Clone, Boundary)]
pub struct BankReadiness {
    /// What clients of the dialect `era` take as `base_url`.
    pub base_url: String,
    /// What clients of the dialect `bg` take as `base_url`.
    pub bg_base_url: String,
    /// What clients take as `ca_file`, where the bank speaks TLS: an absolute path.
    pub ca_file: Option<String>,
    /// The folder with certificates and keys of three third parties: `tpp1-qseal.pem`, `tpp1-qseal.key`,
    /// `tpp1-qwac.pem`, `tpp1-qwac.key`, and so on.
    pub certificates_dir: String,
    /// The control interface, where it was asked for.
    pub control_url: Option<String>,
    /// The page that shows the latest requests, for a browser; absent where the bank does not explain.
    pub requests_url: Option<String>,
}
