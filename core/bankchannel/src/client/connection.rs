//! Settings that the clients of all protocols share: the connection to the peer and its time limits.

use std::{path::PathBuf, time::Duration};

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Seconds},
};
use bankchannel_transport::{TlsSettings, TransportSettings};

use crate::call;

/// The connection to the peer and its time limits. Part of every client's settings: these fields are also fields of
/// those settings.
#[derive(Debug, Clone, Default, Boundary)]
#[boundary(flattened)]
pub struct ConnectionSettings {
    /// A PEM file with more certificate authorities to trust for the server's own certificate, beside the system's: on
    /// Linux those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, if they are set. Default: none.
    #[boundary(example = "ca.pem")]
    pub ca_file: Option<String>,
    /// Whether to trust only the authorities of `ca_file`, not the system's. Default: false.
    pub only_ca_file: Option<bool>,
    /// A proxy's URL, such as `http://proxy:3128`. It may contain a user and a password. Default: that of `HTTPS_PROXY`
    /// or `ALL_PROXY` in the environment, except for the hosts in `NO_PROXY`; none for this machine's own addresses.
    #[boundary(example = "http://proxy:3128")]
    pub proxy: Option<bankchannel_foundation::Secret>,
    /// The time limit of one exchange, in seconds, fractions allowed. A call of an operation is one exchange; a flow
    /// makes several. Default, and meaning of 0: the operation's own limit.
    #[boundary(example = "30")]
    pub exchange_timeout_s: Option<bankchannel_foundation::model::Seconds>,
    /// The time limit for opening a connection, in seconds, fractions allowed. Default: 10.
    #[boundary(example = "10")]
    pub connect_timeout_s: Option<bankchannel_foundation::model::Seconds>,
    /// The longest silence of the peer while an answer is awaited or arrives, in seconds, fractions allowed. Default, and
    /// meaning of 0: only the limit of the whole exchange applies.
    #[boundary(example = "60")]
    pub read_timeout_s: Option<bankchannel_foundation::model::Seconds>,
    /// The largest answer, not counting a file's content, in bytes. Default: 16 MiB.
    #[boundary(example = "16777216")]
    pub max_answer_bytes: Option<u32>,
    /// How often an exchange is repeated after a lost connection or an answer such as 503, from 0 to 10. Only exchanges
    /// that may be repeated are: reading ones, and others after a 429. Default: 2.
    #[boundary(example = "2")]
    pub retries: Option<u32>,
    /// The longest wait before the first repetition, in seconds, fractions allowed; it doubles with each repetition, up
    /// to 5 s. The wait itself is random, and at least the time that the server asks for, up to 5 s too. Default: 0.3.
    #[boundary(example = "0.3")]
    pub retry_backoff_s: Option<bankchannel_foundation::model::Seconds>,
    /// Whether the `traceparent` of a call goes along, so that the peer's records belong to the caller's trace. Default: to
    /// an own WS Channel service (a `base_url` without `environment`) yes, to everybody else no: a bank learns nothing of
    /// its customers' systems.
    pub send_traceparent: Option<bool>,
    /// For tests: a new file, made with mode 0600, into which the answers of all exchanges are recorded, a line of JSON
    /// each. It has what the peer answered, tokens too: record with embedded servers or test installations. Default: nothing
    /// is recorded.
    #[boundary(example = "answers.jsonl")]
    pub record_to: Option<String>,
    /// For tests: a file made with `record_to`. Each exchange gets its next answer to the same method and path; nothing is
    /// sent. Not for SEPA Web Services, whose answers are signed for one request, with an id and a time that are new each
    /// time. Default: exchanges are sent.
    #[boundary(example = "answers.jsonl")]
    pub replay_from: Option<String>,
}

/// The maximum of the setting `retries`.
pub(crate) const RETRIES_MAX: u32 = 10;

impl ConnectionSettings {
    /// The transport settings for connections to this URL, without a client certificate.
    ///
    /// # Errors
    /// `configuration.invalid` for settings that exclude each other.
    pub(crate) fn transport(&self, base_url: String) -> Result<TransportSettings> {
        let only_ca_file = self.only_ca_file.unwrap_or_default();
        if only_ca_file && self.ca_file.is_none() {
            return Err(Error::invalid_setting("only_ca_file", "needs ca_file"));
        }
        let defaults = TransportSettings::default();
        let retries = self.retries.unwrap_or(defaults.retries);
        if retries > RETRIES_MAX {
            return Err(Error::invalid_setting("retries", format!("must be from 0 to {RETRIES_MAX}")));
        }
        let max_answer_bytes = self.max_answer_bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(TransportSettings {
            base_url,
            tls: TlsSettings { ca_file: self.ca_file.as_ref().map(PathBuf::from), only_ca_file, client_identity: None },
            proxy: self.proxy.clone(),
            max_answer_bytes: max_answer_bytes.unwrap_or(defaults.max_answer_bytes),
            retries,
            connect_timeout: call::nonzero_limit(self.connect_timeout_s).unwrap_or(defaults.connect_timeout),
            read_timeout: call::nonzero_limit(self.read_timeout_s),
            retry_backoff: self.retry_backoff_s.map_or(defaults.retry_backoff, |Seconds(first)| first),
            send_traceparent: self.send_traceparent.unwrap_or_default(),
            record_to: self.record_to.as_ref().map(PathBuf::from),
            replay_from: self.replay_from.as_ref().map(PathBuf::from),
            ..defaults
        })
    }

    /// The time limit of an exchange, if these settings have one.
    pub(crate) fn exchange_limit(&self) -> Option<Duration> {
        call::nonzero_limit(self.exchange_timeout_s)
    }
}
