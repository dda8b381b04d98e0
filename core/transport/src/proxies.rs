//! The proxy of a client: the setting's, or that of the environment's variables.
//!
//! A base URL is `https`, names this machine and needs no proxy, or is that of something public (`allows_plain`), for which
//! the same variables count. `HTTP_PROXY`, which a request to a CGI program could set (`Proxy:`), applies only to the last
//! kind, and only where no other one is set.

use bankchannel_foundation::{Error, Result, Secret, message::percent_decode};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use hyper_util::client::proxy::matcher::Matcher;

use crate::{
    settings::{TransportSettings, is_loopback},
    tunnel::ProxyTunnel,
};

/// The variables that name a proxy, in their order.
const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
/// The variables with the hosts that need none.
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// The protocols between client and proxy.
const SCHEMES: [&str; 6] = ["http", "https", "socks4", "socks4a", "socks5", "socks5h"];

/// The way to the server.
pub(crate) enum ServerWay {
    /// Without a proxy.
    Direct,
    /// As the system says: its variables name no proxy.
    System,
    /// Through this proxy.
    Through(Box<reqwest::Proxy>, ProxyName),
}

/// A proxy as errors name it: its host and port, and where they come from.
#[derive(Debug, Clone)]
pub(crate) struct ProxyName {
    pub(crate) address: String,
    pub(crate) source: &'static str,
    /// The data for a tunnel request; `None` for a proxy that is not spoken to with plain HTTP, and for a server that
    /// needs no way through.
    pub(crate) tunnel: Option<ProxyTunnel>,
}

impl TransportSettings {
    /// The way to the base URL.
    ///
    /// # Errors
    /// `configuration.invalid`: the setting or a variable is not a proxy's URL.
    pub(crate) fn way(&self) -> Result<ServerWay> {
        self.way_in(std::env::var_os)
    }

    fn way_in(&self, variable: impl Fn(&'static str) -> Option<std::ffi::OsString>) -> Result<ServerWay> {
        if is_loopback(&self.base_url) {
            return Ok(ServerWay::Direct);
        }
        if let Some(proxy) = &self.proxy {
            return through(proxy.expose(), "the setting proxy", &self.base_url)
                .ok_or_else(|| Error::invalid_setting("proxy", "is not a proxy's URL, such as http://proxy:3128"));
        }
        let present = |names: &[&'static str]| {
            names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()).map(|value| (*name, value)))
        };
        let Some((name, value)) = present(&VARIABLES) else { return Ok(ServerWay::System) };
        let exceptions = present(&EXCEPTIONS).and_then(|(_, value)| value.into_string().ok()).unwrap_or_default();
        if self.is_excepted(exceptions) {
            return Ok(ServerWay::Direct);
        }
        // It may contain a password, and is not repeated.
        let unusable = || {
            let why = format!("of the environment variable {name} is not a proxy's URL, such as http://proxy:3128");
            Error::invalid_setting("proxy", why)
        };
        let value = value.into_string().map_err(|_| unusable())?;
        through(&value, name, &self.base_url).ok_or_else(unusable)
    }

    /// Whether the server is one of those that `NO_PROXY` lists.
    fn is_excepted(&self, exceptions: String) -> bool {
        let Ok(url) = self.base_url.parse() else { return false };
        // The matcher asks for some proxy; which one does not matter.
        Matcher::builder().all("http://proxy").no(exceptions).build().intercept(&url).is_none()
    }
}

fn through(text: &str, source: &'static str, base_url: &str) -> Option<ServerWay> {
    let text = text.trim();
    let url = match reqwest::Url::parse(text) {
        Ok(url) if url.has_host() => url,
        // `proxy:3128`, which looks like a URL with the scheme `proxy`.
        _ if !text.contains("://") => reqwest::Url::parse(&format!("http://{text}")).ok()?,
        _ => return None,
    };
    if !SCHEMES.contains(&url.scheme()) {
        return None;
    }
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let address = match url.port_or_known_default() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let tunnel = tunnel(&url, base_url);
    Some(ServerWay::Through(Box::new(reqwest::Proxy::all(url.as_str()).ok()?), ProxyName { address, source, tunnel }))
}

fn tunnel(proxy: &reqwest::Url, base_url: &str) -> Option<ProxyTunnel> {
    let server = reqwest::Url::parse(base_url).ok()?;
    if proxy.scheme() != "http" || server.scheme() != "https" {
        return None;
    }
    let plain = |text: &str| percent_decode(text);
    let authorization = match (proxy.username(), proxy.password()) {
        ("", None) => None,
        (user, password) => {
            let both = format!("{}:{}", plain(user)?, plain(password.unwrap_or_default())?);
            Some(Secret::new(format!("Basic {}", STANDARD.encode(both))))
        }
    };
    // Without the brackets of an IPv6 address.
    let host = proxy.host_str()?.trim_matches(['[', ']']).to_owned();
    let server = format!("{}:{}", server.host_str()?, server.port_or_known_default()?);
    Some(ProxyTunnel { host, port: proxy.port_or_known_default()?, authorization, server })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::ffi::OsString;

    use super::*;

    fn proxy_text(base_url: &str, proxy: Option<&str>, variables: &[(&str, &str)]) -> String {
        let proxy = proxy.map(Into::into);
        let settings = TransportSettings { base_url: base_url.into(), proxy, ..TransportSettings::default() };
        let value = |name: &'static str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| OsString::from(value))
        };
        match settings.way_in(value) {
            Ok(ServerWay::Direct) => "direct".into(),
            Ok(ServerWay::System) => "system".into(),
            Ok(ServerWay::Through(_, name)) => format!("{} of {}", name.address, name.source),
            Err(error) => error.message().to_owned(),
        }
    }

    #[test]
    fn the_setting_goes_before_the_variables_and_this_machine_needs_none() {
        let bank = "https://bank.example.test/v2";
        let there = [("HTTPS_PROXY", "http://proxy.example:3128")];
        assert_eq!(proxy_text(bank, None, &[]), "system");
        assert_eq!(proxy_text(bank, None, &there), "proxy.example:3128 of HTTPS_PROXY");
        assert_eq!(proxy_text(bank, Some("socks5h://own:1080"), &there), "own:1080 of the setting proxy");
        assert_eq!(proxy_text("http://127.0.0.1:8080", Some("http://own:1"), &there), "direct");
        // The variable of a CGI program's request, and one that is empty.
        assert_eq!(proxy_text(bank, None, &[("HTTP_PROXY", "http://evil:1"), ("REQUEST_METHOD", "GET")]), "system");
        assert_eq!(
            proxy_text(bank, None, &[("HTTPS_PROXY", ""), ("all_proxy", "proxy:3128")]),
            "proxy:3128 of all_proxy"
        );
        let in_cgi = [there[0], ("REQUEST_METHOD", "GET")];
        assert_eq!(proxy_text(bank, None, &in_cgi), "proxy.example:3128 of HTTPS_PROXY");
    }

    #[test]
    fn exceptions_are_hosts_and_their_subdomains() {
        let with = |except: &str| {
            proxy_text("https://ws.bank.example/v2", None, &[("https_proxy", "proxy:1"), ("NO_PROXY", except)])
        };
        for direct in ["bank.example", ".bank.example", "ws.bank.example", "x, bank.example", "*"] {
            assert_eq!(with(direct), "direct", "{direct}");
        }
        for proxied in ["", "example.org", "ank.example"] {
            assert_eq!(with(proxied), "proxy:1 of https_proxy", "{proxied}");
        }
        // A proxy that is not needed may be wrong.
        let wrong = [("HTTPS_PROXY", "ftp://x"), ("no_proxy", "bank.example")];
        assert_eq!(proxy_text("https://ws.bank.example/v2", None, &wrong), "direct");
    }

    #[test]
    fn what_is_no_proxy_is_an_error_that_names_its_variable_and_repeats_nothing() {
        let bank = "https://bank.example.test/v2";
        for wrong in ["http://", "ftp://user:hunter2@proxy:1", "http://user:hunter2@:1", "http://a b:hunter2/"] {
            let error = proxy_text(bank, None, &[("HTTPS_PROXY", wrong)]);
            assert!(error.contains("HTTPS_PROXY") && !error.contains("hunter2"), "{wrong}: {error}");
            let error = proxy_text(bank, Some(wrong), &[]);
            assert!(error.contains("is not a proxy's URL") && !error.contains("hunter2"), "{wrong}: {error}");
        }
        let with_password = proxy_text(bank, Some("http://user:hunter2@proxy:3128"), &[]);
        assert_eq!(with_password, "proxy:3128 of the setting proxy");
    }
}
