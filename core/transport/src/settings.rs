//! The settings of connections.

use std::{path::PathBuf, sync::Once, time::Duration};

use bankchannel_foundation::{Error, Result, Secret, shown};

use crate::{
    authorities,
    names::SystemNames,
    proxies::{ProxyName, ServerWay},
    retries::{BACKOFF, EXTRA_ATTEMPTS},
};

/// The settings of connections to one server.
#[derive(Debug, Clone)]
pub struct TransportSettings {
    /// The base address of the operations' paths, such as `https://ws-api.test.isecure.fi/v2`. Plain HTTP is accepted
    /// for loopback addresses only.
    pub base_url: String,
    /// The program's name for the server.
    pub user_agent: String,
    /// The timeout for establishing a connection.
    pub connect_timeout: Duration,
    /// The longest silence of the server while its answer is awaited or arrives; `None` for no limit of its own.
    pub read_timeout: Option<Duration>,
    /// The largest answer without its content, in bytes.
    pub max_answer_bytes: usize,
    /// TLS.
    pub tls: TlsSettings,
    /// A proxy, such as `http://proxy:3128` or `socks5h://proxy:1080`; otherwise that of `HTTPS_PROXY` or `ALL_PROXY`
    /// in the environment, except for the hosts in `NO_PROXY`. It may contain a user and a password.
    pub proxy: Option<Secret>,
    /// The maximum number of retries of an exchange, if it may be retried.
    pub retries: u32,
    /// The upper limit of the delay before the first retry; it doubles with each.
    pub retry_backoff: Duration,
    /// Whether the `traceparent` of a call goes along.
    pub send_traceparent: bool,
    /// A new file for all answers.
    pub record_to: Option<PathBuf>,
    /// Such a file, whose answers are used in place of the network.
    pub replay_from: Option<PathBuf>,
}

/// The trusted authorities, and our own identity.
#[derive(Debug, Clone, Default)]
pub struct TlsSettings {
    /// Further certificate authorities, PEM, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether only the authorities of `ca_file` are trusted.
    pub only_ca_file: bool,
    /// Our certificate and private key, both PEM in one text.
    pub client_identity: Option<Secret>,
}

/// The TLS versions that clients and servers speak; that of [`MIN_TLS`] is the oldest.
pub const TLS_VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];
/// The oldest version, in the words of the HTTP client.
const MIN_TLS: reqwest::tls::Version = reqwest::tls::Version::TLS_1_2;
/// How long an idle connection is kept. Servers and proxies drop theirs after 15 seconds or a minute, and it is unknown
/// whether a request that meets the drop arrived.
const IDLE_MAX: Duration = Duration::from_secs(10);
/// The largest answer without its content: docs/protocols/ws-channel.md §8.6.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            base_url: String::new(),
            user_agent: concat!("bankchannel/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: Duration::from_secs(10),
            read_timeout: None,
            max_answer_bytes: MAX_ANSWER_BYTES,
            tls: TlsSettings::default(),
            proxy: None,
            retries: EXTRA_ATTEMPTS,
            retry_backoff: BACKOFF,
            send_traceparent: false,
            record_to: None,
            replay_from: None,
        }
    }
}

impl TransportSettings {
    /// Whether the settings may have an error that only creating a client reveals.
    pub(crate) fn is_fallible(&self) -> bool {
        self.tls.ca_file.is_some() || self.tls.client_identity.is_some() || self.proxy.is_some()
    }

    /// The way to the server by the environment, whose variables are checked.
    pub(crate) fn environment(&self) -> Result<ServerWay> {
        if !self.tls.only_ca_file && self.base_url.starts_with("https") {
            authorities::check()?;
        }
        self.way()
    }

    /// The client, and its proxy.
    pub(crate) fn client(&self) -> Result<(reqwest::Client, Option<ProxyName>)> {
        install_provider();
        let mut builder = reqwest::Client::builder()
            .user_agent(&self.user_agent)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .tls_version_min(MIN_TLS)
            .dns_resolver(SystemNames)
            .referer(false);
        if let Some(limit) = self.read_timeout {
            builder = builder.read_timeout(limit);
        }
        if let Some(path) = &self.tls.ca_file {
            let pem = std::fs::read(path)
                .map_err(|why| Error::invalid_setting("ca_file", format!("{}: {why}", shown::path(path))))?;
            let roots = reqwest::Certificate::from_pem_bundle(&pem)
                .map_err(|_| Error::invalid_setting("ca_file", "is not PEM"))?;
            if roots.is_empty() {
                return Err(Error::invalid_setting("ca_file", "holds no certificate"));
            }
            builder =
                if self.tls.only_ca_file { builder.tls_certs_only(roots) } else { builder.tls_certs_merge(roots) };
        }
        if let Some(pem) = &self.tls.client_identity {
            let identity = reqwest::Identity::from_pem(pem.expose().as_bytes()).map_err(|_| {
                Error::invalid_setting("client_identity", "is not a PEM certificate with its private key")
            })?;
            builder = builder.identity(identity);
        }
        let mut proxy = None;
        match self.environment()? {
            ServerWay::System => {}
            // A proxy cannot reach this machine's own addresses.
            ServerWay::Direct => builder = builder.no_proxy(),
            ServerWay::Through(found, name) => {
                builder = builder.proxy(*found);
                proxy = Some(name);
            }
        }
        let made = builder.build().map_err(|why| {
            Error::invalid_setting("tls", format!("the HTTP client cannot be made: {}", why.without_url()))
        })?;
        Ok((made, proxy))
    }
}

/// Checks a base URL and returns it without a trailing slash.
///
/// # Errors
/// `configuration.invalid`: not a URL; credentials, query or fragment in it; or plain HTTP to another machine.
pub fn check_base_url(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::invalid_setting("base_url", "must not contain spaces"));
    }
    let url = reqwest::Url::parse(text).map_err(|_| Error::invalid_setting("base_url", "is not a URL"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(text) => {}
        "http" => {
            return Err(Error::invalid_setting("base_url", "must be https: plain HTTP is for loopback addresses only"));
        }
        _ => return Err(Error::invalid_setting("base_url", "must begin with https://")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(Error::invalid_setting("base_url", "must not contain a user, password, query or fragment"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The host and the port of a checked base URL, for errors.
pub(crate) fn address(base_url: &str) -> String {
    let url = reqwest::Url::parse(base_url).ok();
    let parts = url.as_ref().and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    parts.map_or_else(String::new, |(host, port)| format!("{host}:{port}"))
}

pub(crate) fn is_loopback(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    match url.host_str() {
        Some("localhost") => true,
        Some(host) => {
            host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

/// Chooses rustls' crypto provider for this process, unless one is installed.
fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already, which is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::check_base_url;

    #[test]
    fn plain_http_is_for_loopback_only() {
        for good in
            ["https://ws-api.isecure.fi/v2", "http://127.0.0.1:8080/v2", "http://[::1]:80/v2", "http://localhost/v2/"]
        {
            assert!(check_base_url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://ws-api.isecure.fi/v2",
            "http://127.0.0.1.example.com/",
            "ftp://x/",
            "https://u:p@x/",
            "https://x/?a=b",
            "https://x/v 2",
            "https://x/\nv2",
            "x",
            "",
        ] {
            assert!(check_base_url(bad).is_err(), "{bad}");
        }
        assert_eq!(check_base_url(" https://ws-api.isecure.fi/v2/ \n").unwrap(), "https://ws-api.isecure.fi/v2");
    }

    #[test]
    fn a_proxys_password_is_not_shown() {
        let settings = super::TransportSettings {
            proxy: Some("http://user:hunter2@proxy:3128".into()),
            ..super::TransportSettings::default()
        };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
