//! The settings of a client that sends requests to connectors: one declaration for every language.

use std::time::Duration;

use bankchannel_foundation::{
    Error, Result, Secret,
    model::{Boundary, Profile, Representation, Value, Writer},
};
use bankchannel_salt_edge::{codec::HubCredentials, envelope::ISSUER, hub::errors};
use bankchannel_transport::TransportSettings;

use super::SaltEdgeHub;
use crate::{
    ConnectionSettings, KeySources,
    client::client_settings,
    salt_edge::{SaltEdgeKey, SaltEdgeSender},
};

/// The settings of a client that sends requests to a connector as Salt Edge does. `base_url` and a key are needed.
#[derive(Debug, Clone, Default, Boundary)]
pub struct SaltEdgeHubSettings {
    /// The connector's base URL: the part before `/api/priora/v1`. Plain HTTP is accepted for loopback addresses only.
    pub base_url: Option<String>,
    /// The bank's code at Salt Edge, such as `demobank`.
    pub provider_code: Option<String>,
    /// The third party's id at Salt Edge, 1 or more, for requests that name none.
    pub client_id: Option<u64>,
    /// The `iss` of each request. Default: `priora.saltedge.com`.
    pub issuer: Option<String>,
    /// The private key that stands for Salt Edge's, as PEM text, PKCS#8 or PKCS#1, 2048 bits or more. The connector has
    /// its public half.
    #[boundary(gives = "private_key")]
    pub private_key: Option<Secret>,
    /// Other sources of the private key.
    #[boundary(flatten)]
    pub key: KeySources,
    /// The connection to the connector.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
}

client_settings!(SaltEdgeHubSettings, SaltEdgeHub, "SALT_EDGE_HUB_");

/// The settings with their files read.
pub(super) struct ReadyHubClient {
    key: SaltEdgeKey,
    provider_code: Option<String>,
    client_id: Option<u64>,
    issuer: String,
    exchange_timeout: Option<Duration>,
    transport: TransportSettings,
}

impl ReadyHubClient {
    pub(super) fn from_settings(settings: SaltEdgeHubSettings) -> Result<Self> {
        let url = settings.base_url.ok_or_else(|| {
            Error::invalid_setting(
                "base_url",
                "is missing: it names the connector, such as https://connector.bank.example",
            )
        })?;
        Ok(Self {
            key: SaltEdgeKey::read(settings.private_key, settings.key)?,
            provider_code: settings.provider_code,
            client_id: settings.client_id,
            issuer: settings.issuer.unwrap_or_else(|| ISSUER.to_owned()),
            exchange_timeout: settings.connection.exchange_limit(),
            transport: settings.connection.transport(url)?,
        })
    }

    /// The sender of requests.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(super) fn sender(&self) -> Result<SaltEdgeSender> {
        let credentials = HubCredentials::default();
        let sender = SaltEdgeSender::new(
            &self.transport,
            credentials,
            self.exchange_timeout,
            self.key.clone(),
            &errors::TOKEN_FAILED,
        )?;
        Ok(sender.issued_by(self.issuer.clone()))
    }
}

/// The client's settings fill the fields that a request omits.
impl Profile for SaltEdgeHub {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        let ready = &self.0.ready;
        match field {
            "provider_code" => {
                ready.provider_code.clone().map(|code| code.write(&mut Writer::new(Representation::Boundary)))
            }
            "client_id" => ready.client_id.map(|id| id.write(&mut Writer::new(Representation::Boundary))),
            _ => None,
        }
    }
}
