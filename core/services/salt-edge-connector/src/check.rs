//! `serve --check`: checks everything that a start needs, without serving.

use std::path::Path;

use bankchannel::salt_edge_connector::{BankAtUrl, SaltEdgeConnector};
use bankchannel_foundation::{
    Result, Secret,
    model::{Value, read_boundary},
};
use bankchannel_storage::salt_edge_connector::{ConnectorStore, StoreError};
use futures_util::future::BoxFuture;

use super::{
    ConnectorOptions,
    config::{BankAt, CONFIGURATION, ConnectorConfig},
    keys::ConnectorKeys,
    migrate::told,
    service::store_folder,
};
use bankchannel_server::{
    configuration::sources,
    counterpart::ServerFinding,
    http::{
        Listener,
        taken::{DataUse, taken},
    },
    private,
};

/// The finding for a store that there is not.
const NOT_YET: &str = "it is not there yet and will be made";

/// Checks configuration, address, TLS files, bank, data folder and store. Creates nothing that is missing; a store that
/// there is is opened to read.
pub(super) fn check(options: Value<'_>) -> Result<BoxFuture<'static, Vec<ServerFinding>>> {
    let options: ConnectorOptions = read_boundary(options)?;
    Ok(Box::pin(findings(options)))
}

async fn findings(options: ConnectorOptions) -> Vec<ServerFinding> {
    let (data, file) = (options.data.clone(), options.config.clone());
    let config = match ConnectorConfig::from_options(options) {
        Ok(config) => config,
        Err(why) => return vec![ServerFinding::bad("configuration", why.message())],
    };
    let mut findings = vec![ServerFinding::good("configuration", sources(&CONFIGURATION, file.as_deref()))];
    let of_store = data.as_deref().map(|data| store_folder(Path::new(data)));
    let used = match of_store {
        _ if config.is_postgres() => DataUse::Unseen,
        Some(folder) if ConnectorStore::is_in_use(&folder) => DataUse::Running,
        _ => DataUse::Free,
    };
    // Binds both at once, as a start does.
    let mut bound = Vec::new();
    for (subject, address, tls) in [
        ("listen", config.listen, config.tls.as_ref()),
        ("bank_interface_listen", config.bank_interface_listen, config.tls_beside()),
    ] {
        findings.push(match Listener::bind(address, tls).await {
            Ok(listener) => {
                let (scheme, ip) = (listener.scheme(), address.ip());
                bound.push(listener);
                match address.port() {
                    0 => ServerFinding::good(subject, format!("{scheme}://{ip}, a free port")),
                    _ => ServerFinding::good(subject, format!("{scheme}://{address} is free")),
                }
            }
            Err(why) if why.is_taken() => taken(subject, address, used, tls.is_some(), &why).await,
            Err(why) => ServerFinding::bad(subject, why.to_string()),
        });
    }
    drop(bound);
    if let BankAt::Url { url, ca_file, .. } = &config.bank {
        // A dummy secret: the one of the data folder may not exist yet.
        let any = Secret::new("0".repeat(64));
        let connection = ConnectorConfig::bank_connection(ca_file.as_ref());
        let looked = BankAtUrl::new(url, &any, std::time::Duration::from_secs(1), &connection);
        findings.push(match looked {
            Ok(_) => ServerFinding::good("bank", "its URL can be used; no connection was tried"),
            Err(why) => ServerFinding::bad("bank", why.message()),
        });
    }
    // Reads the keys and secrets named in the settings.
    let mut settings = config.connector.clone();
    let folder = data.as_deref().map(Path::new).filter(|data| data.exists());
    match folder.map(private::check_folder) {
        Some(Err(why)) => {
            findings.push(ServerFinding::bad("data", why.message()));
            return findings;
        }
        Some(Ok(())) => findings.push(ServerFinding::good("data", "it can be used")),
        None => findings.push(ServerFinding::good("data", "it is not there yet and will be made")),
    }
    findings.push(match ConnectorKeys::check_keys(folder, &mut settings) {
        Ok(()) => ServerFinding::good("keys", "the existing keys can be read"),
        Err(why) => ServerFinding::bad("keys", why.message()),
    });
    if let (Some(folder), None) = (folder, &settings.store) {
        settings.store = Some(Secret::new(store_folder(folder).display().to_string()));
    }
    let store = settings.store.clone();
    match SaltEdgeConnector::new(settings) {
        Err(why) => findings.push(ServerFinding::bad("configuration", why.message())),
        Ok(client) => findings.push(match store {
            Some(_) => match client.look_at_store().await {
                Ok(versions) => {
                    let (starts, version) = told(versions, config.migrate);
                    let of_version = if starts { ServerFinding::good } else { ServerFinding::bad };
                    of_version("store", format!("it opens; {version}"))
                }
                Err(why) if matches!(StoreError::behind(&why), Some(StoreError::Absent { .. })) => {
                    ServerFinding::good("store", NOT_YET)
                }
                Err(why) => ServerFinding::bad("store", why.message()),
            },
            None => ServerFinding::good("store", NOT_YET),
        }),
    }
    findings
}
