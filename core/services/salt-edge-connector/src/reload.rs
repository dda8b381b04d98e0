//! A reload: configuration and files are read again while the connector runs. An error changes nothing.

use std::sync::Arc;

use bankchannel_foundation::{Error, Result};
use bankchannel_server::{
    configuration::{ReloadReport, check_file_again},
    http::{
        Listener, TlsFiles,
        tls::{ListenerTls, LoadedTls},
    },
    live::LiveValue,
    metrics::{OperatorAccess, OperatorListener, PreparedAccess},
};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::{
    ConnectorOptions,
    config::{CONFIGURATION, ConnectorConfig, ConnectorFile},
    running::RunningConnector,
};

/// What a reload of a running connector needs.
#[derive(Clone)]
pub(crate) struct ConnectorReload {
    options: ConnectorOptions,
    /// The configuration file that counts.
    running: Arc<LiveValue<ConnectorFile>>,
    files: Option<TlsFiles>,
    /// The TLS of the service's address, and of the bank interface.
    tls: [Option<Arc<ListenerTls>>; 2],
    operator: Option<Arc<OperatorAccess>>,
    operator_tls: Option<Arc<ListenerTls>>,
    /// One at a time.
    turn: Arc<Mutex<()>>,
}

/// What was read and checked, to be applied.
struct PreparedConnectorReload {
    file: ConnectorFile,
    report: ReloadReport,
    tls: Vec<(Arc<ListenerTls>, LoadedTls)>,
    operator: Option<PreparedAccess>,
}

impl ConnectorReload {
    pub(crate) fn new(
        options: ConnectorOptions,
        config: &ConnectorConfig,
        listeners: [&Listener; 2],
        operator: Option<&OperatorListener>,
    ) -> Self {
        Self {
            options,
            running: Arc::new(LiveValue::new(config.file.clone())),
            files: config.tls.clone(),
            tls: listeners.map(Listener::tls),
            operator: operator.map(OperatorListener::access),
            operator_tls: operator.and_then(OperatorListener::tls),
            turn: Arc::default(),
        }
    }

    /// The TLS of each listener, by its name in the metrics.
    pub(crate) fn listeners(&self) -> [(&'static str, Option<Arc<ListenerTls>>); 3] {
        let [service, beside] = self.tls.clone();
        [("service", service), ("bank_interface", beside), ("operator", self.operator_tls.clone())]
    }

    fn prepare(&self) -> Result<PreparedConnectorReload> {
        self.options.config.as_deref().map(check_file_again).transpose()?;
        let read = ConnectorConfig::from_options(self.options.clone())?.file;
        let files = self.files.as_ref();
        let held = OperatorAccess::held(self.operator.as_deref(), &read.operator, files)?;
        let running = (*self.running.now()).clone();
        let (file, mut report) = CONFIGURATION.reloaded(running, read, &held)?;
        report.log = file.log.clone();
        let mut tls = Vec::new();
        if let Some(files) = files {
            for listener in self.tls.iter().flatten() {
                let loaded = LoadedTls::read(files).map_err(|why| Error::invalid_setting("tls_cert", why))?;
                tls.push((Arc::clone(listener), loaded));
            }
        }
        let operator = self.operator.as_ref().map(|access| access.prepare(&file.operator, files)).transpose()?;
        Ok(PreparedConnectorReload { file, report, tls, operator })
    }
}

impl RunningConnector {
    /// Reads configuration, environment and files again, with the checks of a start, and applies what can be applied while the
    /// connector runs.
    ///
    /// # Errors
    /// `configuration.invalid`, `resource.storage`.
    pub(crate) fn reload(&self) -> BoxFuture<'_, Result<ReloadReport>> {
        Box::pin(async move {
            let _turn = self.reloading.turn.lock().await;
            let reloading = self.reloading.clone();
            let prepared = background::blocking(move || reloading.prepare()).await;
            Ok(self.apply(prepared.map_err(|why| why.error("the reload was aborted"))??))
        })
    }

    /// Applies what was prepared: nothing here fails or waits.
    fn apply(&self, prepared: PreparedConnectorReload) -> ReloadReport {
        let PreparedConnectorReload { file, mut report, tls, operator } = prepared;
        let mut is_other = false;
        for (listener, loaded) in tls {
            is_other |= listener.differs_from(&loaded);
            listener.take(loaded);
        }
        if is_other {
            report.applied.push("tls_cert".to_owned());
        }
        if let (Some(access), Some(prepared)) = (&self.reloading.operator, operator) {
            report.certificate_of_operator(access.take(prepared));
        }
        self.service.trusted_proxy.put(file.trusted_proxy.clone());
        self.reloading.running.put(file);
        report
    }
}
