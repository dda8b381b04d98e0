//! A connector's settings: one declaration for every language.

use std::time::Duration;

use bankchannel_crypto::signature::VerifyingKey;
use bankchannel_foundation::{
    ClientResources, Error, Result, Secret,
    model::{Boundary, Profile, Representation, Value, Writer},
};
use bankchannel_salt_edge::{
    bank_interface::SharedSecret, client_jwt::ClientJwtMode, codec::HubCredentials, connector::errors,
    envelope::EnvelopeVerifier, receive::RequestReceiver,
};
use bankchannel_transport::TransportSettings;

use super::SaltEdgeConnector;
use crate::{
    ConnectionSettings, KeySources,
    client::{
        client_settings,
        keys::{one_of, secret_of},
    },
    salt_edge::{SaltEdgeKey, SaltEdgeSender},
};

/// The default validity of a token, in days.
const TOKEN_DAYS: u32 = 90;
const MAX_TOKEN_DAYS: u32 = 3650;
/// The default number of codes that a customer may enter in one session.
const TRIES: u32 = 3;
const MAX_TRIES: u32 = 100;
/// The default number of reports that are sent at the same time.
const REPORTS: u32 = 64;
const MAX_REPORTS: u32 = 1000;
/// Schemes that no bank's page may send a browser to.
const RUN_BY_BROWSERS: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// The settings of a connector. All are optional; each operation names the ones that it needs.
#[derive(Debug, Clone, Default, Boundary)]
pub struct SaltEdgeConnectorSettings {
    /// The hub's base URL: `https://priora.saltedge.com`, or the URL of an embedded hub. Needed for sending. Plain HTTP
    /// is accepted for loopback addresses only.
    #[boundary(example = "https://priora.saltedge.com")]
    pub base_url: Option<String>,
    /// The hub's public key as PEM text. During a key change: the old key and the new key, one after the other.
    #[boundary(gives = "hub_public_key", example = "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----")]
    pub hub_public_key: Option<String>,
    /// A file with the hub's public key.
    #[boundary(gives = "hub_public_key", example = "salt-edge.public.pem")]
    pub hub_public_key_file: Option<String>,
    /// The provider's app id, from Salt Edge's dashboard.
    #[boundary(example = "from the dashboard")]
    pub app_id: Option<String>,
    /// The app secret, from Salt Edge's dashboard.
    #[boundary(gives = "app_secret", example = "from the dashboard")]
    pub app_secret: Option<Secret>,
    /// A file with the app secret.
    #[boundary(gives = "app_secret", example = "app-secret")]
    pub app_secret_file: Option<String>,
    /// The bank's code at Salt Edge, such as `demobank`. Default: none, and the one in a request is not compared.
    #[boundary(example = "demobank")]
    pub provider_code: Option<String>,
    /// What stands before `/api/priora/v1` in the path of every request, such as `/psd2`, if the bank's web server has the
    /// connector below a path. Default: nothing. Other paths are answered with 404.
    #[boundary(example = "/psd2")]
    pub path_prefix: Option<String>,
    /// The schemes besides `https` and `http` that a third party's `redirect_url` may have, such as that of a third
    /// party's app. Default: none. A request with another address is refused.
    #[boundary(example = "myapp")]
    pub redirect_schemes: Option<Vec<String>>,
    /// The private key as PEM text, PKCS#8 or PKCS#1, 2048 bits or more. If the key is elsewhere, give `public_key`:
    /// each call then asks for the signature.
    #[boundary(gives = "private_key", example = "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----")]
    pub private_key: Option<Secret>,
    /// Other sources of the private key.
    #[boundary(flatten)]
    pub key: KeySources,
    /// The public half as PEM text, if the private key is elsewhere. It verifies each signature that a call asked for,
    /// before anything is sent.
    #[boundary(gives = "public_key", example = "-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----")]
    pub public_key: Option<String>,
    /// A file with the public half.
    #[boundary(gives = "public_key", example = "connector.public.pem")]
    pub public_key_file: Option<String>,
    /// The required value of `iss` in a request that has one. Default: `priora.saltedge.com`.
    #[boundary(example = "priora.saltedge.com")]
    pub issuer: Option<String>,
    /// Seconds after `exp` during which a request is still accepted. Default: 30.
    #[boundary(example = "30")]
    pub leeway_s: Option<u32>,
    /// The store of sessions, tokens and callbacks: a folder, or the address of a PostgreSQL database
    /// (`postgres://user:password@host/database`). Any number of processes may share one store. Needed by
    /// `handle_request`, `work`, `get_session`, `approve_session`, `refuse_session`, `list_tokens`, `revoke_token`,
    /// `reconcile_tokens`, `list_callbacks` and `retry_callback`.
    #[boundary(example = "postgres://user:password@host/database")]
    pub store: Option<Secret>,
    /// The key that encrypts the store: 32 bytes in base64, as `openssl rand -base64 32` makes them. Needed for PostgreSQL.
    /// Optional for a folder, which otherwise has its key in the file `store.key`.
    #[boundary(gives = "store_key", example = "32 bytes in base64")]
    pub store_key: Option<Secret>,
    /// A file with the store's key.
    #[boundary(gives = "store_key", example = "store.key")]
    pub store_key_file: Option<String>,
    /// The check of a third party's own request, which Salt Edge forwards with each request for a token or with a code.
    /// Default: `off`, since Salt Edge has verified it. With `warn` and `enforce` the connector asks Salt Edge for the
    /// third party's key, once an hour, verifies the third party's request and compares it with the one that Salt Edge
    /// sends. With `warn` a fault, or a key that cannot be fetched, is a warning. With `enforce` a fault refuses the
    /// request, and without the key the answer is 503: Salt Edge may repeat the request. Needs `base_url`.
    pub client_jwt: Option<ClientJwtMode>,
    /// Whether a third party's key of less than 2048 bits is accepted; 1024 bits at least. Default: false.
    pub allow_short_client_key: Option<bool>,
    /// The secret that the connector shares with the bank's own code when the two talk over HTTP: 32 characters or
    /// more. Needed by `answer_bank`.
    #[boundary(gives = "bank_secret", example = "32 characters or more")]
    pub bank_secret: Option<Secret>,
    /// A file with that shared secret.
    #[boundary(gives = "bank_secret", example = "bank.secret")]
    pub bank_secret_file: Option<String>,
    /// The longest validity of an access token, in days; a shorter consent shortens it. Default: 90.
    #[boundary(example = "90")]
    pub token_days: Option<u32>,
    /// The number of codes that a customer may enter in one session. Default: 3.
    #[boundary(example = "3")]
    pub confirmation_tries: Option<u32>,
    /// The number of reports that one call of `work` sends to Salt Edge at the same time. One that is not answered takes
    /// its place for 30 seconds at most, and holds up the others only when it and its like take all. Default: 64.
    #[boundary(example = "64")]
    pub reports_at_once: Option<u32>,
    /// The connection to the hub.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
}

client_settings!(SaltEdgeConnectorSettings, SaltEdgeConnector, "SALT_EDGE_CONNECTOR_");

/// The settings with their files read.
pub(super) struct ReadyConnector {
    pub(super) key: SaltEdgeKey,
    hub_public_key: Option<String>,
    provider_code: Option<String>,
    path_prefix: Option<String>,
    redirect_schemes: Option<Vec<String>>,
    issuer: Option<String>,
    leeway_s: Option<u32>,
    credentials: HubCredentials,
    exchange_timeout: Option<Duration>,
    transport: Option<TransportSettings>,
    receiver: Option<RequestReceiver>,
    pub(super) store: Option<Secret>,
    pub(super) store_key: Option<Secret>,
    pub(super) client_jwt: ClientJwtMode,
    pub(super) allow_short_client_key: bool,
    pub(super) bank_secret: Option<SharedSecret>,
    pub(super) token_days: u32,
    pub(super) confirmation_tries: u32,
    pub(super) reports_at_once: usize,
}

impl ReadyConnector {
    pub(super) fn from_settings(settings: SaltEdgeConnectorSettings) -> Result<Self> {
        let transport = settings.base_url.clone().map(|url| settings.connection.transport(url)).transpose()?;
        let hub_public_key = one_of("hub_public_key", settings.hub_public_key, settings.hub_public_key_file)?;
        let receiver = match &hub_public_key {
            None => None,
            Some(pem) => {
                let unusable = |why: String| Error::invalid_setting("hub_public_key", why);
                let keys = VerifyingKey::all_from_pem(pem).map_err(|fault| unusable(fault.to_string()))?;
                let verifier = EnvelopeVerifier::new(keys).map_err(|fault| unusable(fault.to_string()))?;
                let verifier = verifier.with(settings.issuer.clone(), settings.leeway_s);
                Some(RequestReceiver {
                    verifier,
                    provider_code: settings.provider_code.clone(),
                    path_prefix: settings.path_prefix.clone(),
                    redirect_schemes: settings.redirect_schemes.clone().unwrap_or_default(),
                })
            }
        };
        let within = |setting, given: Option<u32>, default, max| match given.unwrap_or(default) {
            value if (1..=max).contains(&value) => Ok(value),
            _ => Err(Error::invalid_setting(setting, format!("must be 1 to {max}"))),
        };
        let app_secret = secret_of("app_secret", settings.app_secret, settings.app_secret_file)?;
        let is_blank = |text: &str| text.trim().is_empty();
        if app_secret.as_ref().is_some_and(|secret| is_blank(secret.expose())) {
            return Err(Error::invalid_setting("app_secret", "is empty"));
        }
        if settings.provider_code.as_deref().is_some_and(is_blank) {
            return Err(Error::invalid_setting("provider_code", "is empty: give the bank's code at Salt Edge"));
        }
        if settings.path_prefix.as_deref().is_some_and(|prefix| !prefix.is_empty() && !prefix.starts_with('/')) {
            return Err(Error::invalid_setting("path_prefix", "must begin with /, such as /psd2"));
        }
        for scheme in settings.redirect_schemes.iter().flatten() {
            let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            if !is_scheme || RUN_BY_BROWSERS.iter().any(|run| scheme.eq_ignore_ascii_case(run)) {
                let why = "names a URL's scheme each, such as myapp; none that a browser runs or reads from the disk";
                return Err(Error::invalid_setting("redirect_schemes", why));
            }
        }
        let bank_secret = secret_of("bank_secret", settings.bank_secret, settings.bank_secret_file)?;
        let bank_secret = bank_secret.as_ref().map(SharedSecret::new).transpose();
        let bank_secret = bank_secret.map_err(|why| Error::invalid_setting("bank_secret", why))?;
        let client_jwt = settings.client_jwt.unwrap_or(ClientJwtMode::Off);
        if client_jwt != ClientJwtMode::Off && transport.is_none() {
            let why = "needs base_url: Salt Edge is asked for the third party's key";
            return Err(Error::invalid_setting("client_jwt", why));
        }
        Ok(Self {
            key: SaltEdgeKey::read(settings.private_key, settings.key)?
                .with_public(settings.public_key, settings.public_key_file)?,
            hub_public_key,
            provider_code: settings.provider_code,
            path_prefix: settings.path_prefix,
            redirect_schemes: settings.redirect_schemes,
            issuer: settings.issuer,
            leeway_s: settings.leeway_s,
            credentials: HubCredentials { app_id: settings.app_id, app_secret },
            exchange_timeout: settings.connection.exchange_limit(),
            transport,
            receiver,
            store: settings.store.filter(|place| !place.is_empty()),
            store_key: secret_of("store_key", settings.store_key, settings.store_key_file)?,
            client_jwt,
            allow_short_client_key: settings.allow_short_client_key.unwrap_or_default(),
            bank_secret,
            token_days: within("token_days", settings.token_days, TOKEN_DAYS, MAX_TOKEN_DAYS)?,
            confirmation_tries: within("confirmation_tries", settings.confirmation_tries, TRIES, MAX_TRIES)?,
            reports_at_once: within("reports_at_once", settings.reports_at_once, REPORTS, MAX_REPORTS)? as usize,
        })
    }

    /// The verifier of the hub's requests.
    ///
    /// # Errors
    /// `configuration.invalid` without the hub's key.
    pub(super) fn receiver(&self) -> Result<&RequestReceiver> {
        let missing = "is missing: requests of Salt Edge are verified with it";
        self.receiver.as_ref().ok_or_else(|| Error::invalid_setting("hub_public_key", missing))
    }

    /// The sender of requests to the hub, if a hub is configured.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(super) fn sender(&self) -> Result<Option<SaltEdgeSender>> {
        let made = |transport| {
            let (credentials, key) = (self.credentials.clone(), self.key.clone());
            SaltEdgeSender::new(transport, credentials, self.exchange_timeout, key, &errors::TOKEN_FAILED)
        };
        self.transport.as_ref().map(made).transpose()
    }
}

/// The client's settings fill the fields that a request omits.
impl Profile for SaltEdgeConnector {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        fn write<T: Boundary + Clone>(value: &Option<T>) -> Option<Value<'static>> {
            value.clone().map(|value| value.write(&mut Writer::new(Representation::Boundary)))
        }
        let ready = &self.0.ready;
        match field {
            "hub_public_key" => write(&ready.hub_public_key),
            "provider_code" => write(&ready.provider_code),
            "path_prefix" => write(&ready.path_prefix),
            "redirect_schemes" => write(&ready.redirect_schemes),
            "issuer" => write(&ready.issuer),
            "leeway_s" => write(&ready.leeway_s),
            _ => None,
        }
    }

    fn resources(&self) -> Option<ClientResources<'_>> {
        Some(ClientResources { cache: &self.0.cache, key: Some(&self.0.key) })
    }
}
