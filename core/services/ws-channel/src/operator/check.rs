//! `serve --check`: checks everything that a start would need, without serving.

use std::{net::SocketAddr, path::Path, sync::Arc};

use bankchannel_foundation::Result;
use bankchannel_storage::ws_channel::{SchemaUse, SchemaVersions, StoreError, WsChannelStore};
use futures_util::future::BoxFuture;

use crate::{
    banks::{ConfiguredBanks, ServiceBanks},
    config::{CONFIGURATION, ServiceConfig},
    data::{self, DATABASE, open_store},
    keys::ServiceKeys,
    options::ServiceOptions,
    running,
};
use bankchannel_server::{
    configuration::sources,
    counterpart::ServerFinding,
    http::{
        Listener,
        taken::{DataUse, RUNNING, taken},
    },
    migration::DataVersion,
    private,
};

/// Checks configuration, banks, address and TLS files, data folder, store and keys. Creates and changes nothing: data of an
/// older version stays as it is, and a finding says what a start will do.
pub fn check(options: &ServiceOptions) -> BoxFuture<'_, Vec<ServerFinding>> {
    Box::pin(findings(options))
}

async fn findings(options: &ServiceOptions) -> Vec<ServerFinding> {
    let mut findings = Vec::new();
    let listen = match running::address(options) {
        Ok(listen) => listen,
        Err(why) => return vec![ServerFinding::bad("configuration", why.message())],
    };
    let config = match ServiceConfig::load(options, listen.ip().is_loopback()) {
        Ok(config) => config,
        Err(why) => return vec![ServerFinding::bad("configuration", why.message())],
    };
    findings.push(ServerFinding::good("configuration", sources(&CONFIGURATION, options.config.as_deref())));
    let data = options.data.as_deref().map(Path::new);
    let opened = ConfiguredBanks::open(&config, data, &Arc::default());
    match opened.and_then(|banks| banks.check_folders().map(|()| banks.names().join(", "))) {
        Ok(names) if names.is_empty() => {}
        Ok(names) => findings.push(ServerFinding::good("banks", format!("{names}: can be used; nothing was sent"))),
        Err(why) => findings.push(ServerFinding::bad("banks", why.message())),
    }
    let (of_folder, is_running) = folder(options, &config).await;
    let used = match (is_running, &config.postgres_url) {
        (true, _) => DataUse::Running,
        (false, Some(_)) => DataUse::Unseen,
        (false, None) => DataUse::Free,
    };
    findings.push(address(options, listen, used).await);
    findings.extend(of_folder);
    findings
}

async fn address(options: &ServiceOptions, listen: SocketAddr, used: DataUse) -> ServerFinding {
    let tls = match running::tls(options) {
        Ok(tls) => tls,
        Err(why) => return ServerFinding::bad("listen", why.message()),
    };
    match Listener::bind(listen, tls.as_ref()).await {
        Ok(listener) => ServerFinding::good("listen", format!("{}://{} is free", listener.scheme(), listen)),
        Err(why) if why.is_taken() => taken("listen", listen, used, tls.is_some(), &why).await,
        Err(why) => ServerFinding::bad("listen", why.to_string()),
    }
}

/// The findings for the data folder, and whether a service is running with it.
async fn folder(options: &ServiceOptions, config: &ServiceConfig) -> (Vec<ServerFinding>, bool) {
    let Some(given) = options.data.as_deref() else {
        return (vec![ServerFinding::good("data", "a temporary folder: everything is gone after the stop")], false);
    };
    let data = Path::new(given);
    if let Err(why) = data::expect(config, data).and_then(|()| look_at_folder(data)) {
        return (vec![ServerFinding::bad("data", why.message())], false);
    }
    let mut findings = Vec::new();
    if !data.exists() {
        findings.push(ServerFinding::good("data", format!("{given} is not there yet and will be made")));
    }
    if config.postgres_url.is_none() && !data.join(DATABASE).exists() {
        if data.exists() {
            findings.push(ServerFinding::good("store", format!("{DATABASE} is not there yet and will be made")));
        }
        findings.push(keys(None, data, config).await);
        return (findings, false);
    }
    let mut is_running = false;
    match open_store(config, data, SchemaUse::Read).await {
        Ok(store) => {
            let SchemaVersions { found, known, .. } = store.versions();
            let command = super::migrate_command(options);
            let (starts, version) = DataVersion { found, known }.told(config.migrate, &command);
            let of_version = if starts { ServerFinding::good } else { ServerFinding::bad };
            findings.push(match store.check_integrity().await {
                Ok(()) => of_version("store", format!("it opens, and its integrity check passed; {version}")),
                Err(StoreError::Unsupported { .. }) => of_version("store", format!("the database answers; {version}")),
                Err(why) => ServerFinding::bad("store", why.to_string()),
            });
            findings.push(keys(Some(&store), data, config).await);
            if let Err(why) = data::look_at_files(&store, data, config).await {
                findings.push(ServerFinding::bad("files", why.message()));
            }
            store.close().await;
        }
        Err(why) if matches!(StoreError::behind(&why), Some(StoreError::Absent { .. })) => {
            findings
                .push(ServerFinding::good("store", "the database answers and has no tables yet: a start makes them"));
            findings.push(keys(None, data, config).await);
        }
        Err(why) if matches!(StoreError::behind(&why), Some(StoreError::Locked { .. })) => {
            is_running = true;
            findings.push(ServerFinding::good("store", RUNNING));
            findings.push(match ServiceBanks::check_folder(data, config) {
                Ok(()) => ServerFinding::good("keys", "not compared with the database, which the running service has"),
                Err(why) => ServerFinding::bad("keys", why.message()),
            });
        }
        Err(why) => findings.push(ServerFinding::bad("store", why.message())),
    }
    (findings, is_running)
}

fn look_at_folder(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    private::check_folder(folder)?;
    private::check_inner_folder(&folder.join(data::SPOOL), data::SPOOL_ELSEWHERE)
}

async fn keys(store: Option<&WsChannelStore>, data: &Path, config: &ServiceConfig) -> ServerFinding {
    let shown = crate::keys::folder(data, config);
    let looked = match ServiceKeys::check_keys(store, data, config).await {
        Ok(all) => ServiceBanks::check_folder(data, config).map(|()| all),
        Err(why) => Err(why),
    };
    match looked {
        Ok(true) => ServerFinding::good("keys", format!("{} can be read", shown.display())),
        Ok(false) => {
            ServerFinding::good("keys", format!("{} is not complete yet; missing keys will be made", shown.display()))
        }
        Err(why) => ServerFinding::bad("keys", why.message()),
    }
}
