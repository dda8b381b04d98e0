//! Starts and stops a hub.

use std::{net::SocketAddr, sync::Arc};

use bankchannel_foundation::{Error, Result, clock::SystemClock};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;
use hyper::{Request, body::Incoming};

use super::{
    HubOptions, HubReadiness,
    connector::ConnectorLink,
    control::HubControlTarget,
    keys::HubKeys,
    page,
    pipeline::HubPipeline,
    records::RecordedMessages,
    service::{PROVIDER_CODE, PlayedHub},
    state::HubState,
};
use bankchannel_server::{
    counterpart::ServerKind,
    folder,
    http::{Listener, server::RunningServers, shell},
    orders::CallableOrder,
    temporary::TemporaryFolder,
};

/// The default listen address.
const LISTEN: &str = "127.0.0.1:0";

/// A running hub.
pub(crate) struct RunningHub {
    hub: Arc<PlayedHub>,
    server: RunningServers,
    // Dropped last, after everything that writes into it.
    _temporary: Option<TemporaryFolder>,
}

impl RunningHub {
    pub(super) fn hub(&self) -> &PlayedHub {
        &self.hub
    }

    async fn open(options: HubOptions) -> Result<Self> {
        let listen: SocketAddr = options
            .listen
            .as_deref()
            .unwrap_or(LISTEN)
            .parse()
            .map_err(|_| Error::invalid_setting("listen", "must be an address and port such as 127.0.0.1:8080"))?;
        if !listen.ip().is_loopback() {
            return Err(Error::invalid_setting("listen", "must be a loopback address: the hub is for tests"));
        }
        let (data, temporary) = folder::prepare(options.data.as_deref())?;
        let connector_public_key = options.connector_public_key;
        let keys = background::blocking(move || HubKeys::prepare(&data, connector_public_key.as_deref()))
            .await
            .map_err(Error::internal)??;
        let verifier = PlayedHub::verifier(&keys).map_err(|why| Error::invalid_setting("connector_public_key", why))?;
        let clock_ms = options.clock.as_ref().map(bankchannel_foundation::model::Timestamp::as_ms);
        let clock = Arc::new(clock_ms.map_or_else(SystemClock::default, SystemClock::standing_at_ms));
        let listener = Listener::bind(listen, None).await.map_err(|why| Error::invalid_setting("listen", why))?;
        let control = options.control.unwrap_or_default().then(Arc::default);
        let link = ConnectorLink::trusting(options.connector_ca_file)?;
        if let Some(url) = &options.connector_url {
            link.set(url, None).map_err(|why| Error::invalid_setting("connector_url", why.message()))?;
        }
        let (state, records) = (HubState::default(), RecordedMessages::default());
        let hub = Arc::new(PlayedHub { keys, verifier, state, records, link, clock, control });
        let pipeline = Arc::new(HubPipeline::new(Arc::clone(&hub)));
        let shown = Arc::clone(&hub);
        let serve = move |request: Request<Incoming>, peer| {
            let (pipeline, hub) = (Arc::clone(&pipeline), Arc::clone(&shown));
            async move {
                match request.uri().path() {
                    page::PATH => page::answer(&hub, &request),
                    _ => shell::answer(pipeline, request, peer).await,
                }
            }
        };
        let mut server = RunningServers::begin(listener, Arc::default(), serve);
        server.take_orders(Arc::new(HubControlTarget::new(&hub)), hub.control.is_some()).await?;
        Ok(Self { hub, server, _temporary: temporary })
    }
}

impl ServerKind for RunningHub {
    type Options = HubOptions;
    type Readiness = HubReadiness;
    const ORDERS: &'static [&'static [CallableOrder]] = crate::orders::ALL;

    fn begin(options: HubOptions) -> BoxFuture<'static, Result<Self>> {
        Box::pin(Self::open(options))
    }

    fn ready(&self) -> HubReadiness {
        let keys = &self.hub.keys;
        HubReadiness {
            base_url: self.server.origin.clone(),
            hub_public_key_file: keys.hub_public_key_file.display().to_string(),
            app_id: keys.app_id.clone(),
            app_secret_file: keys.app_secret_file.display().to_string(),
            provider_code: PROVIDER_CODE.to_owned(),
            private_key_file: keys.connector_key_file.as_ref().map(|path| path.display().to_string()),
            requests_url: format!("{}{}", self.server.origin, page::PATH),
            control_url: self.server.control_url.clone(),
        }
    }

    fn server(&self) -> &RunningServers {
        &self.server
    }

    fn end(self) -> BoxFuture<'static, ()> {
        Box::pin(self.server.end())
    }
}
