//! `serve --check`: everything that a start would need, looked at without serving.

use std::{net::SocketAddr, path::Path};

use serde::Serialize;

use super::backup::DATABASE;
use crate::{
    http::Listener,
    ws_channel::{
        config::Config,
        data::open_store,
        keys::{Keys, Missing},
        options::ServiceOptions,
        running,
    },
};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `configuration`, `listen`, `data`, `store` or `keys`.
    pub subject: &'static str,
    /// Whether a start would get past it.
    pub ok: bool,
    /// What was found, and what to do.
    pub text: String,
}

/// Looks at configuration, address and TLS files, data folder, store and keys. Makes nothing where there
/// is no database yet; one that is there is opened as a start would, and brought up to date.
pub async fn check(options: &ServiceOptions) -> Vec<Finding> {
    let mut findings = Vec::new();
    let listen = match running::address(options) {
        Ok(listen) => listen,
        Err(why) => return vec![bad("configuration", why.message())],
    };
    let config = match Config::load(options, listen.ip().is_loopback()) {
        Ok(config) => config,
        Err(why) => return vec![bad("configuration", why.message())],
    };
    findings.push(good("configuration", options.config.as_deref().unwrap_or("every setting has its default")));
    findings.push(address(options, listen).await);
    findings.extend(folder(options, &config).await);
    findings
}

async fn address(options: &ServiceOptions, listen: SocketAddr) -> Finding {
    let tls = match running::tls(options) {
        Ok(tls) => tls,
        Err(why) => return bad("listen", why.message()),
    };
    match Listener::bind(listen, tls.as_ref()).await {
        Ok(listener) => good("listen", format!("{}://{} is free", listener.scheme(), listen)),
        Err(why) => bad("listen", why.to_string()),
    }
}

async fn folder(options: &ServiceOptions, config: &Config) -> Vec<Finding> {
    let Some(given) = options.data.as_deref() else {
        return vec![good("data", "a temporary folder: everything is gone after the stop")];
    };
    let data = Path::new(given);
    if !data.exists() && config.postgres_url.is_none() {
        return vec![good("data", format!("{given} is not there yet and will be made"))];
    }
    let mut findings = Vec::new();
    if config.postgres_url.is_none() && !data.join(DATABASE).exists() {
        findings.push(good("store", format!("{DATABASE} is not there yet and will be made")));
        findings.push(keys(data, config));
        return findings;
    }
    match open_store(config, data).await {
        Ok(store) => {
            let whole = store.check_integrity().await;
            store.close().await;
            findings.push(match whole {
                Ok(()) => good("store", "it opens and is whole"),
                Err(bankchannel_storage::StoreError::Unsupported { .. }) => good("store", "the database answers"),
                Err(why) => bad("store", why.to_string()),
            });
        }
        Err(why) => findings.push(bad("store", why.message())),
    }
    findings.push(keys(data, config));
    findings
}

fn keys(data: &Path, config: &Config) -> Finding {
    let keys = crate::ws_channel::keys::folder(data, config);
    if !keys.exists() {
        return good("keys", format!("{} is not there yet and will be made", keys.display()));
    }
    match Keys::load(data, config, Missing::Refuse) {
        Ok(_) => good("keys", format!("{} can be read", keys.display())),
        Err(why) => bad("keys", why.message()),
    }
}

fn good(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, ok: true, text: text.into() }
}

fn bad(subject: &'static str, text: impl Into<String>) -> Finding {
    Finding { subject, ok: false, text: text.into() }
}
