//! The settings of connections.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Once,
    time::Duration,
};

use bankchannel_foundation::{Error, Result, Secret, read_regular, shown};

use crate::{
    authorities,
    failure::causes,
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
    /// Whether plain HTTP to other machines will do: for what is public, and signed itself.
    pub allows_plain: bool,
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
/// The largest file of certificate authorities, in bytes. A system's whole list has about a quarter of this.
const MAX_CA_BYTES: u64 = 1024 * 1024;

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
            allows_plain: false,
            record_to: None,
            replay_from: None,
        }
    }
}

impl TransportSettings {
    /// The base URL, checked, without a trailing slash.
    ///
    /// # Errors
    /// As [`check_base_url`].
    pub fn check_address(&self) -> Result<String> {
        check_url(&self.base_url, self.allows_plain)
    }

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
            let pem = read_authorities(path)
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
            Error::invalid_setting("tls", format!("the HTTP client cannot be made: {}", causes(&why.without_url())))
        })?;
        Ok((made, proxy))
    }
}

/// The content of a file of certificate authorities: a regular one, of limited size.
///
/// # Errors
/// The reason why it cannot be read.
pub fn read_authorities(path: &Path) -> io::Result<Vec<u8>> {
    read_regular(path, MAX_CA_BYTES).map(|pem| pem.to_vec())
}

/// Checks a base URL and returns it without a trailing slash.
///
/// # Errors
/// `configuration.invalid`: not a URL; credentials, query or fragment in it; or plain HTTP to another machine.
pub fn check_base_url(text: &str) -> Result<String> {
    check_url(text, false)
}

/// The same; whether plain HTTP to other machines will do, too.
fn check_url(text: &str, allows_plain: bool) -> Result<String> {
    let text = text.trim();
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Error::invalid_setting("base_url", "must not contain spaces"));
    }
    let url = reqwest::Url::parse(text).map_err(|_| Error::invalid_setting("base_url", "is not a URL"))?;
    match url.scheme() {
        "https" => {}
        "http" if allows_plain || is_loopback(text) => {}
        "http" => {
            return Err(Error::invalid_setting("base_url", "must be https: plain HTTP is for loopback addresses only"));
        }
        _ if allows_plain => return Err(Error::invalid_setting("base_url", "must begin with http:// or https://")),
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
pub(crate) fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already, which is fine.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
}

#[cfg(test)]
mod tests {
    use super::{MAX_CA_BYTES, MIN_TLS, TLS_VERSIONS, TransportSettings, check_base_url};

    #[test]
    fn the_oldest_tls_version_is_one_in_both_lists() {
        let oldest = TLS_VERSIONS.iter().map(|one| u16::from(one.version)).min();
        let named = [
            (reqwest::tls::Version::TLS_1_2, rustls::ProtocolVersion::TLSv1_2),
            (reqwest::tls::Version::TLS_1_3, rustls::ProtocolVersion::TLSv1_3),
        ];
        let (_, minimum) = named.into_iter().find(|(of_client, _)| *of_client == MIN_TLS).unwrap();
        assert_eq!(oldest, Some(u16::from(minimum)));
    }

    #[test]
    fn a_file_of_authorities_is_regular_and_of_limited_size() {
        let folder = std::env::temp_dir().join(format!("bankchannel-authorities-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let large = folder.join("large.pem");
        let with = |path: &std::path::Path| {
            let mut settings =
                TransportSettings { base_url: "https://localhost:1".into(), ..TransportSettings::default() };
            settings.tls.ca_file = Some(path.to_owned());
            settings.client().err().unwrap().message().to_owned()
        };
        let write = |bytes: u64| std::fs::write(&large, vec![b'x'; usize::try_from(bytes).unwrap()]).unwrap();
        write(MAX_CA_BYTES + 1);
        assert!(with(&large).contains("longer than"), "{}", with(&large));
        write(MAX_CA_BYTES);
        assert!(!with(&large).contains("longer than"), "{}", with(&large));
        for no_file in [std::path::Path::new("/dev/zero"), folder.as_path()] {
            assert!(with(no_file).contains("not a regular file"), "{}", with(no_file));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }

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
