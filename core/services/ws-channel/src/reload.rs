//! A reload: configuration and files are read again while the service runs.
//!
//! First everything is read, checked and opened. Then it is applied, which cannot fail. Calls under way go on with what they
//! have taken: a bank's former channel, a connection's certificate.

use std::sync::Arc;

use bankchannel_foundation::{Error, Result};
use bankchannel_server::{
    configuration::{ReloadReport, check_file_again},
    http::{
        TlsFiles,
        tls::{ListenerTls, LoadedTls},
    },
    metrics::{OperatorAccess, OperatorListener, PreparedAccess},
};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use super::{
    banks::ConfiguredBanks,
    config::{CONFIGURATION, ServiceConfig},
    limits::ServiceRates,
    options::ServiceOptions,
    running::{RunningService, address},
    service::WsChannelService,
};

/// The settings that a reload applies. The others are used at the start.
pub(crate) const RELOADABLE: &[&str] = &[
    "drain_s",
    "challenge_ttl_s",
    "token_ttl_s",
    "mfa_session_ttl_s",
    "idle_ttl_s",
    "mfa_max_tries",
    "mfa_choice",
    "lockout",
    "code_lockout",
    "logical_failure_status",
    "rate_limit",
    "registrations_per_ip",
    "resets_per_ip",
    "sms_per_phone",
    "mfa_codes_per_account",
    "max_body_bytes",
    "max_file_bytes",
    "body_timeout_s",
    "required_authorizations",
    "reject_duplicate_uploads",
    "sharing",
    "transfer_enabled",
    "registration_requires_invite",
    "cors_origins",
    "trusted_proxy",
    "operator_token",
    "operator_tls_cert",
    "operator_tls_key",
    "log_level",
    "banks",
    // It books payments at its own pace, in the data folder.
    "!banks.simulator",
];

/// What a reload of a running service needs.
#[derive(Clone)]
pub(crate) struct ServiceReload {
    options: ServiceOptions,
    files: Option<TlsFiles>,
    tls: Option<Arc<ListenerTls>>,
    operator: Option<Arc<OperatorAccess>>,
    operator_tls: Option<Arc<ListenerTls>>,
    /// One at a time.
    turn: Arc<Mutex<()>>,
}

/// What was read and checked, to be applied.
struct PreparedServiceReload {
    config: ServiceConfig,
    report: ReloadReport,
    tls: Option<LoadedTls>,
    operator: Option<PreparedAccess>,
    banks: ConfiguredBanks,
}

impl ServiceReload {
    pub(crate) fn new(
        options: &ServiceOptions,
        (files, tls): (Option<TlsFiles>, Option<Arc<ListenerTls>>),
        operator: Option<&OperatorListener>,
    ) -> Self {
        Self {
            options: options.clone(),
            files,
            tls,
            operator: operator.map(OperatorListener::access),
            operator_tls: operator.and_then(OperatorListener::tls),
            turn: Arc::default(),
        }
    }

    /// The TLS of each listener, by its name in the metrics.
    pub(crate) fn listeners(&self) -> [(&'static str, Option<Arc<ListenerTls>>); 2] {
        [("service", self.tls.clone()), ("operator", self.operator_tls.clone())]
    }

    fn prepare(&self, service: &WsChannelService) -> Result<PreparedServiceReload> {
        let running = service.config();
        self.options.config.as_deref().map(check_file_again).transpose()?;
        let is_loopback = address(&self.options)?.ip().is_loopback();
        let read = ServiceConfig::load(&self.options, is_loopback)?;
        let files = self.files.as_ref();
        let held = OperatorAccess::held(self.operator.as_deref(), &read.operator, files)?;
        // The banks are opened with the flavour of the start, whatever the file says by now.
        let (config, mut report) = CONFIGURATION.reloaded((*running).clone(), read, &held)?;
        let config = config.with_options_of(&running);
        report.log = config.log.clone();
        let unusable = |why| Error::invalid_setting("tls_cert", why);
        Ok(PreparedServiceReload {
            tls: files.map(LoadedTls::read).transpose().map_err(unusable)?,
            operator: self.operator.as_ref().map(|access| access.prepare(&config.operator, files)).transpose()?,
            banks: service.banks.prepare(&config, &service.data, &service.clock)?,
            config,
            report,
        })
    }

    /// Applies what was prepared: nothing here fails or waits.
    fn apply(&self, service: &WsChannelService, prepared: PreparedServiceReload) -> ReloadReport {
        let PreparedServiceReload { config, mut report, tls, operator, banks } = prepared;
        if let (Some(present), Some(loaded)) = (&self.tls, tls) {
            if present.differs_from(&loaded) {
                report.applied.push("tls_cert".to_owned());
            }
            present.take(loaded);
        }
        if let (Some(access), Some(prepared)) = (&self.operator, operator) {
            report.certificate_of_operator(access.take(prepared));
        }
        // First what allows calls, then the banks that they reach.
        service.limits.change(ServiceRates::from_config(&config));
        service.live_config.put(config);
        report.applied.extend(service.banks.take(banks));
        service.sessions.forget();
        report
    }
}

impl RunningService {
    /// Reads configuration, environment and files again, with the checks of a start, and applies what can be applied while the
    /// service runs. An error changes nothing.
    ///
    /// # Errors
    /// `configuration.invalid`, with file, line and the necessary change; `resource.storage`.
    pub fn reload(&self) -> BoxFuture<'_, Result<ReloadReport>> {
        Box::pin(async move {
            let _turn = self.reloading.turn.lock().await;
            let (reloading, service) = (self.reloading.clone(), Arc::clone(&self.service));
            let prepared = background::blocking(move || reloading.prepare(&service)).await;
            let prepared = prepared.map_err(|why| why.error("the reload was aborted"))??;
            Ok(self.reloading.apply(&self.service, prepared))
        })
    }
}
