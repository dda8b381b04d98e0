//! A service from start to stop.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row};
use bankchannel_storage::Store;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    auth::Sessions,
    banks::Banks,
    config::Config,
    keys::Keys,
    limits::Limits,
    options::ServiceOptions,
    outbox::Outbox,
    pipeline::Pipeline,
    service::Service,
};
use crate::http::{Listener, TlsFiles};

/// Where a service listens when it was not told.
const LISTEN: &str = "127.0.0.1:0";

/// A running service.
pub struct Running {
    service: Arc<Service>,
    base_url: String,
    control_url: Option<String>,
    public_key_file: PathBuf,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
    // Removed last, after everything that writes into it.
    _temporary: Option<tempfile::TempDir>,
}

impl Running {
    /// Opens the data folder, binds the address and begins to serve.
    ///
    /// # Errors
    /// `configuration.invalid` for options that cannot be used, `resource.storage` for a data folder that cannot.
    pub async fn start(options: ServiceOptions) -> Result<Self> {
        let listen: SocketAddr = options
            .listen
            .as_deref()
            .unwrap_or(LISTEN)
            .parse()
            .map_err(|_| invalid("listen", "must be an address and port such as 127.0.0.1:8080"))?;
        let config = Config::load(&options, listen.ip().is_loopback())?;
        let (data, temporary) = data_folder(options.data.as_deref())?;
        let store = open_store(&config, &data).await?;
        let keys = Keys::load_or_make(&data, &config)?;
        let listener = Listener::bind(listen, tls(&options)?.as_ref()).await.map_err(|why| invalid("listen", why))?;
        let base_url = format!("{}://{}{}", listener.scheme(), listener.address(), config.base_path.trim_end_matches('/'));
        let clock = Arc::new(SystemClock::default());
        let banks = Banks::open(&data, &config, &keys)?;
        let service = Arc::new(Service {
            outbox: Outbox::open(&data, &config)?,
            limits: Limits::new(&config),
            sessions: Sessions::default(),
            banks,
            clock,
            store,
            keys,
            config,
            data: data.clone(),
        });
        let stop = CancellationToken::new();
        let pipeline = Arc::new(Pipeline::new(Arc::clone(&service)));
        let mut tasks = vec![tokio::spawn(listener.serve(stop.clone(), move |request, peer| {
            let pipeline = Arc::clone(&pipeline);
            async move { pipeline.answer(request, peer).await }
        }))];
        tasks.extend(super::banks::background(&service, &stop));
        let public_key_file = service.keys.public_key_file.clone();
        Ok(Self { service, base_url, control_url: None, public_key_file, stop, tasks, _temporary: temporary })
    }

    /// What the readiness line says.
    #[must_use]
    pub fn readiness(&self) -> Value {
        json!({
            "kind": "ws-channel",
            "base_url": self.base_url,
            "public_key_file": self.public_key_file,
            "control_url": self.control_url,
        })
    }

    /// Stops: no new requests, running ones get some time to finish, then the store is closed.
    pub async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            let _ = task.await;
        }
        self.service.store.close().await;
    }
}

fn data_folder(given: Option<&str>) -> Result<(PathBuf, Option<tempfile::TempDir>)> {
    let unusable = |path: &Path, why: std::io::Error| {
        Error::because(&row::STORAGE, format!("the data folder {} cannot be used: {why}", path.display()))
    };
    let (data, temporary) = match given {
        Some(path) => (PathBuf::from(path), None),
        None => {
            let folder = tempfile::tempdir().map_err(|why| unusable(Path::new("(temporary)"), why))?;
            (folder.path().to_owned(), Some(folder))
        }
    };
    for folder in [data.clone(), data.join("spool"), data.join("files")] {
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&folder).map_err(|why| unusable(&folder, why))?;
    }
    let data = data.canonicalize().map_err(|why| unusable(&data, why))?;
    Ok((data, temporary))
}

async fn open_store(config: &Config, data: &Path) -> Result<Store> {
    let opened = match &config.postgres_url {
        Some(url) => Store::connect_postgres(url).await,
        None => Store::open_sqlite(data).await,
    };
    opened.map_err(|why| Error::because(&row::STORAGE, why.to_string()))
}

fn tls(options: &ServiceOptions) -> Result<Option<TlsFiles>> {
    match (&options.tls_cert, &options.tls_key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate: certificate.into(), key: key.into() })),
        _ => Err(invalid("tls_cert", "goes with tls_key: give both or neither")),
    }
}

fn invalid(setting: &str, why: impl std::fmt::Display) -> Error {
    Error::because(&row::CONFIGURATION, format!("{setting}: {why}")).with("field", setting)
}
