//! `serve --check`: what a start would need, looked at without serving.

use std::path::Path;

use bankchannel::salt_edge_connector::{BankAtUrl, SaltEdgeConnector};
use bankchannel_foundation::{
    Result, Secret,
    model::{Value, read_boundary},
};
use futures_util::future::BoxFuture;

use super::{
    ConnectorOptions,
    config::{BankAt, Config},
    keys::Keys,
    service::store_folder,
};
use crate::{Finding, http::Listener, private};

/// Looks at configuration, address, TLS files, bank, data folder and store. Makes nothing where there is nothing yet; a store that is
/// there is opened as a start would.
pub(super) fn check(options: Value<'_>) -> Result<BoxFuture<'static, Vec<Finding>>> {
    let options: ConnectorOptions = read_boundary(options)?;
    Ok(Box::pin(findings(options)))
}

async fn findings(options: ConnectorOptions) -> Vec<Finding> {
    let (data, file) = (options.data.clone(), options.config.clone());
    let config = match Config::of(options) {
        Ok(config) => config,
        Err(why) => return vec![Finding::bad("configuration", why.message())],
    };
    let mut findings = vec![Finding::good("configuration", file.as_deref().unwrap_or("every setting has its default"))];
    for (address, tls) in [(config.listen, config.tls.as_ref()), (config.bank_interface_listen, config.tls_beside())] {
        findings.push(match Listener::bind(address, tls).await {
            Ok(listener) => Finding::good("listen", format!("{}://{address} is free", listener.scheme())),
            Err(why) => Finding::bad("listen", why.to_string()),
        });
    }
    if let BankAt::Url { url, ca_file, .. } = &config.bank {
        // Any secret: the one of the data folder may not be there yet.
        let any = Secret::new("0".repeat(64));
        let connection = Config::bank_connection(ca_file.as_ref());
        let looked = BankAtUrl::new(url, &any, std::time::Duration::from_secs(1), &connection);
        findings.push(match looked {
            Ok(_) => Finding::good("bank", "its URL can be used; it was not asked"),
            Err(why) => Finding::bad("bank", why.message()),
        });
    }
    // Keys and secrets that are named are read.
    let mut settings = config.connector.clone();
    let folder = data.as_deref().map(Path::new).filter(|data| data.exists());
    if let Some(folder) = folder {
        if let Err(why) = private::check_folder(folder) {
            findings.push(Finding::bad("data", why.message()));
            return findings;
        }
        // What is there is read; nothing is made.
        if let Err(why) = Keys::look(folder, &mut settings) {
            findings.push(Finding::bad("keys", why.message()));
        }
        if settings.store.is_none() {
            let store = store_folder(folder);
            settings.store = store.exists().then(|| Secret::new(store.display().to_string()));
        }
    } else {
        findings.push(Finding::good("data", "it is not there yet and will be made"));
    }
    let has_store = settings.store.is_some();
    match SaltEdgeConnector::new(settings) {
        Err(why) => findings.push(Finding::bad("configuration", why.message())),
        Ok(client) if has_store => findings.push(match client.open_store().await {
            Ok(()) => Finding::good("store", "it opens"),
            Err(why) => Finding::bad("store", why.message()),
        }),
        Ok(_) => findings.push(Finding::good("store", "it is not there yet and will be made")),
    }
    findings
}
