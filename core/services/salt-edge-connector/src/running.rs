//! Starts and stops a connector.

use std::{sync::Arc, time::Duration};

use bankchannel::salt_edge_connector::BankAtUrl;
use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row, model};
use bankchannel_salt_edge::SALT_EDGE_PUBLIC_KEY;
use bankchannel_storage::salt_edge_connector::SchemaUse;
use bankchannel_transport::background;
use futures_util::future::BoxFuture;

use super::{
    ConnectorOptions, ConnectorReadiness,
    bank::{self, ConnectorBank, ExampleBank},
    bank_interface, check,
    config::{BankAt, CONFIGURATION, ConnectorConfig},
    control::ConnectorControlTarget,
    keys::{self, ConnectorKeys},
    metrics::{self, ConnectorMetrics},
    migrate,
    pipeline::ConnectorPipeline,
    reload::ConnectorReload,
    service::{ConnectorService, ServiceParts},
    worker,
};
use bankchannel_server::{
    configuration::{ConfigurationForm, ReloadReport},
    counterpart::{CheckFn, LogsFn, MigrateFn, ServerKind},
    folder,
    http::{
        Listener,
        observed::{ObservedRequest, RequestObserver},
        server::RunningServers,
        shell,
    },
    orders::CallableOrder,
    temporary::TemporaryFolder,
};

/// How long running requests may take at shutdown, in addition to the time limit of the bank's own code.
const GRACE: Duration = Duration::from_secs(10);

/// A running connector.
pub(crate) struct RunningConnector {
    pub(super) service: Arc<ConnectorService>,
    server: RunningServers,
    bank_interface: RunningServers,
    pub(super) reloading: ConnectorReload,
    /// How long running requests may take at shutdown.
    grace: Duration,
    // Dropped last, after everything that writes into it.
    _temporary: Option<TemporaryFolder>,
}

impl RunningConnector {
    async fn open(options: ConnectorOptions) -> Result<Self> {
        let data = options.data.clone();
        let mut config = ConnectorConfig::from_options(options.clone())?;
        let (data, temporary) = folder::prepare(data.as_deref())?;
        let (folder, mut settings) = (data.clone(), config.connector.clone());
        let made = background::blocking(move || {
            let keys = ConnectorKeys::prepare(&folder, &mut settings)?;
            let example = keys::example_secret(&folder)?;
            Ok::<_, Error>((keys, settings, example))
        });
        let (keys, settings, example_secret) = made.await.map_err(Error::internal)??;
        config.connector = settings;
        if config.connector.hub_public_key.is_none() && config.connector.hub_public_key_file.is_none() {
            config.connector.hub_public_key = Some(SALT_EDGE_PUBLIC_KEY.to_owned());
        }
        let clock_ms = config.clock.as_ref().map(bankchannel_foundation::model::Timestamp::as_ms);
        let clock = Arc::new(clock_ms.map_or_else(SystemClock::default, SystemClock::standing_at_ms));
        let bank = match &config.bank {
            BankAt::Example => ConnectorBank::example(ExampleBank::new(&data, example_secret, Arc::clone(&clock))?),
            BankAt::Url { url, timeout_s, ca_file } => {
                let connection = ConnectorConfig::bank_connection(ca_file.as_ref());
                let secret = config.connector.bank_secret.as_ref().ok_or_else(|| Error::new(&row::INTERNAL))?;
                let timeout = Duration::from_secs(u64::from(*timeout_s));
                ConnectorBank::Url(Arc::new(BankAtUrl::new(url, secret, timeout, &connection)?))
            }
        };
        let unusable = |setting: &'static str| move |why| Error::invalid_setting(setting, why);
        let listener = Listener::bind(config.listen, config.tls.as_ref()).await.map_err(unusable("listen"))?;
        let beside = Listener::bind(config.bank_interface_listen, config.tls_beside()).await;
        let beside = beside.map_err(unusable("bank_interface_listen"))?;
        let metrics = ConnectorMetrics::new(crate::DESCRIPTOR.kind)?;
        let operator_listener = config.operator.bind(config.tls.as_ref()).await?;
        let reloading = ConnectorReload::new(options, &config, [&listener, &beside], operator_listener.as_ref());
        let observer = Arc::clone(&metrics.server) as Arc<dyn RequestObserver>;
        let (listener, beside) = (listener.observed_by(Arc::clone(&observer)), beside.observed_by(observer));
        warn_about(&config);
        if config.is_postgres() && !keys.are_given {
            tracing::warn!(
                "the connector's key or the bank's secret is this data folder's own: several instances need the same"
            );
        }
        let parts = ServiceParts {
            settings: config.connector.clone(),
            data,
            bank,
            keys,
            trusted_proxy: config.trusted_proxy.clone(),
            clock,
            clock_ms,
            control: config.control.then(Arc::default),
            migrate: config.migrate,
        };
        let service = Arc::new(ConnectorService::open(parts).await?);
        // It is open.
        metrics.watch(service.client().opened_store(SchemaUse::Create).await?);
        let pipeline = Arc::new(ConnectorPipeline::new(Arc::clone(&service)));
        let serving = Arc::clone(&pipeline);
        let mut server = RunningServers::begin(listener, Arc::clone(&service.readiness), move |request, peer| {
            let pipeline = Arc::clone(&serving);
            async move {
                match &pipeline.service.bank {
                    ConnectorBank::Example(bank, _) if request.uri().path().starts_with(bank::page::PATH) => {
                        if let Some(observed) = ObservedRequest::of(request.extensions()) {
                            observed.note(|facts| facts.operation = bank::page::OPERATION);
                        }
                        bank::page::answer(Arc::clone(&pipeline.service), Arc::clone(bank), request).await
                    }
                    _ => shell::answer(pipeline, request, peer).await,
                }
            }
        });
        server.watch_tls(reloading.listeners(), &metrics.server);
        if let Some(listener) = operator_listener {
            server.tell_metrics(listener, Arc::clone(&metrics.server));
            server.with([metrics::begin(&service, &metrics)]);
        }
        if let ConnectorBank::Example(bank, _) = &service.bank {
            bank.reachable_at(config.public_url.clone().unwrap_or_else(|| server.origin.clone()));
        }
        let asked = Arc::clone(&service);
        let bank_interface = RunningServers::begin(beside, Arc::clone(&service.readiness), move |request, _| {
            bank_interface::answer(Arc::clone(&asked), request)
        });
        server.take_orders(Arc::new(ConnectorControlTarget::new(&service)), service.control.is_some()).await?;
        server.with(worker::begin(&service, config.workers));
        let grace = match &config.bank {
            BankAt::Example => GRACE,
            BankAt::Url { timeout_s, .. } => GRACE + Duration::from_secs(u64::from(*timeout_s)),
        };
        Ok(Self { service, server, bank_interface, reloading, grace, _temporary: temporary })
    }

    async fn stop(self) {
        let service = self.service;
        service.winding_down.cancel();
        let begun = async {
            futures_util::future::join(self.server.end(), self.bank_interface.end()).await;
            service.tasks.close();
            service.tasks.wait().await;
        };
        if tokio::time::timeout(self.grace, begun).await.is_err() {
            tracing::warn!("the bank's code did not finish before the stop: its sessions fail in five minutes");
        }
    }
}

impl ServerKind for RunningConnector {
    type Options = ConnectorOptions;
    type Readiness = ConnectorReadiness;
    const LOGS: Option<LogsFn> =
        Some(|options| Ok(ConnectorConfig::from_options(model::read_boundary::<ConnectorOptions>(options)?)?.log));
    const CHECK: Option<CheckFn> = Some(check::check);
    const MIGRATE: Option<MigrateFn> = Some(migrate::migrate);
    const CONFIGURATION: Option<&'static ConfigurationForm> = Some(&CONFIGURATION);
    const ORDERS: &'static [&'static [CallableOrder]] = &[crate::control::CONNECTOR_ORDERS];

    fn begin(options: ConnectorOptions) -> BoxFuture<'static, Result<Self>> {
        Box::pin(Self::open(options))
    }

    fn ready(&self) -> ConnectorReadiness {
        let keys = &self.service.keys;
        ConnectorReadiness {
            base_url: self.server.origin.clone(),
            public_key_file: keys.public_key_file.display().to_string(),
            provider_code: self.service.provider_code.clone(),
            bank_interface_url: self.bank_interface.origin.clone(),
            bank_secret_file: keys.bank_secret_file.display().to_string(),
            operator_url: self.server.operator_url.clone(),
            control_url: self.server.control_url.clone(),
        }
    }

    fn server(&self) -> &RunningServers {
        &self.server
    }

    fn longest_stop(&self) -> Duration {
        self.grace
    }

    fn reload(&self) -> Option<BoxFuture<'_, Result<ReloadReport>>> {
        Some(Self::reload(self))
    }

    fn end(self) -> BoxFuture<'static, ()> {
        Box::pin(self.stop())
    }
}

/// Logs every setting that is unsuitable for production.
fn warn_about(config: &ConnectorConfig) {
    if config.connector.base_url.is_none() {
        tracing::warn!("no hub is named: callbacks wait until the connector is started with one");
    }
    if config.control {
        tracing::warn!("the control interface is open: anyone who can reach it controls this server");
    }
    if let Some(at) = &config.clock {
        tracing::warn!(at = at.as_str(), "the connector's clock stands still");
    }
    if matches!(config.bank, BankAt::Example) && !config.listen.ip().is_loopback() {
        tracing::warn!("the example bank answers beyond loopback: its customers' passwords are published");
    }
}
