//! The hub's requests to a connector: sends a prepared request and reads the answer.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    Error, Result,
    clock::Clock as _,
    message::{Body, Headers, InResponse, OutRequest},
};
use bankchannel_transport::{TlsSettings, Transport, TransportSettings};
use serde_json::{Value, json};

use super::{
    records::{MessageDirection, RecordedMessage},
    requests::{MadeRequest, PlayedRequest},
    service::PlayedHub,
};

/// The time limit for an answer of the connector.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The maximum wait before a retry, whatever `Retry-After` specifies.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The maximum number of retries.
const AGAIN: u32 = 3;
/// The maximum size of an answer, in bytes: a year of transactions fits.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The connector to which the hub sends requests.
pub(super) struct ConnectorLink {
    transport: Mutex<Option<Transport>>,
    /// Additional certificate authorities, if no others are named.
    ca_file: Option<String>,
}

impl ConnectorLink {
    /// No connector yet. `ca_file` has additional certificate authorities to trust, unless an order names others.
    ///
    /// # Errors
    /// `configuration.invalid` for this file: a connection is made, and not used.
    pub(super) fn trusting(ca_file: Option<String>) -> Result<Self> {
        let link = Self { transport: Mutex::default(), ca_file };
        if link.ca_file.is_some() {
            link.connection("https://localhost", None)
                .map_err(|why| Error::invalid_setting("connector_ca_file", why.message()))?;
        }
        Ok(link)
    }

    /// The additional certificate authorities: the named ones, or those of the hub's options.
    pub(super) fn authorities<'a>(&'a self, named: Option<&'a str>) -> Option<&'a str> {
        named.or(self.ca_file.as_deref())
    }

    /// Sets its URL. `ca_file` has additional certificate authorities to trust there.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(super) fn set(&self, url: &str, ca_file: Option<&str>) -> Result<()> {
        let transport = self.connection(url, ca_file)?;
        *self.transport.lock().unwrap_or_else(PoisonError::into_inner) = Some(transport);
        Ok(())
    }

    fn connection(&self, url: &str, ca_file: Option<&str>) -> Result<Transport> {
        let tls = TlsSettings { ca_file: self.authorities(ca_file).map(Into::into), ..TlsSettings::default() };
        let settings = TransportSettings {
            base_url: url.to_owned(),
            tls,
            max_answer_bytes: MAX_ANSWER,
            ..TransportSettings::default()
        };
        Transport::new(&settings)
    }

    /// Its URL.
    pub(super) fn url(&self) -> Option<String> {
        let known = self.transport.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().map(|transport| transport.base_url().to_owned())
    }

    fn transport(&self) -> Result<Transport> {
        let known = self.transport.lock().unwrap_or_else(PoisonError::into_inner).clone();
        known.ok_or_else(|| Error::invalid_setting("connector_url", "is missing: the hub knows no connector to ask"))
    }
}

/// The answer of a connector.
#[derive(Debug, Clone)]
pub(super) struct ConnectorAnswer {
    pub(super) status: u16,
    pub(super) error_class: Option<String>,
    /// The body; `null` if it is not JSON.
    pub(super) body: Value,
    pub(super) retry_after_s: Option<u64>,
    pub(super) elapsed: Duration,
}

impl ConnectorAnswer {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "status": self.status,
            "error_class": self.error_class,
            "retry_after_s": self.retry_after_s,
            "elapsed_ms": u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX),
            "body": self.body,
        })
    }
}

impl PlayedHub {
    /// Sends a prepared request once.
    ///
    /// # Errors
    /// `configuration.invalid` without a connector; `transport.*`.
    pub(super) async fn send(&self, made: &MadeRequest) -> Result<ConnectorAnswer> {
        let transport = self.link.transport()?;
        let mut headers = Headers::default();
        for (name, value) in &made.headers {
            headers.push(name.as_str(), value.clone());
        }
        let (method, target) = (made.method.clone(), made.target.clone());
        let message = OutRequest { method, target, headers, body: Body::empty() };
        let begun = Instant::now();
        let answered = transport.once(&message, &[], Some(begun + TIMEOUT)).await;
        let elapsed = begun.elapsed();
        let heard = answered.map(|answer| heard(&answer, elapsed));
        if made.operation == "revoke_token" && heard.as_ref().is_ok_and(|heard| heard.status == 200) {
            self.note_revoked(made);
        }
        let shown = heard.as_ref().ok();
        self.records.add(RecordedMessage {
            number: 0,
            at_ms: self.clock.now_ms(),
            heard: begun,
            direction: MessageDirection::ToConnector,
            operation: made.operation.clone(),
            session_secret: Some(made.session_secret.clone()),
            status: shown.map_or(0, |heard| heard.status),
            error_class: shown.and_then(|heard| heard.error_class.clone()),
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            retry_after_s: shown.and_then(|heard| heard.retry_after_s),
            data: made.data.clone(),
            answer: shown.map_or(Value::Null, |heard| heard.body.clone()),
            form: None,
            warnings: Vec::new(),
        });
        heard
    }

    /// The connector was ordered to revoke a token: revokes it here too.
    fn note_revoked(&self, made: &MadeRequest) {
        let token = made.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("access-token"));
        if let Some((_, token)) = token {
            // A token that this hub does not know, or that is already revoked, changes nothing.
            let _ = self.state.revoke(token, self.now_ms());
        }
    }

    /// Builds a request from an order and sends it. If the connector asks for a retry (`Retry-After`), retries with a
    /// new JWT.
    ///
    /// # Errors
    /// As [`send`](Self::send); `input.*` for the order.
    pub(super) async fn ask(&self, order: &PlayedRequest) -> Result<(MadeRequest, ConnectorAnswer)> {
        let mut number = 0;
        loop {
            let made = self.made(order)?;
            let heard = self.send(&made).await?;
            let Some(wait_s) = heard.retry_after_s.filter(|_| heard.status >= 400 && number < AGAIN) else {
                return Ok((made, heard));
            };
            tokio::time::sleep(Duration::from_secs(wait_s).min(LONGEST_WAIT)).await;
            number += 1;
        }
    }
}

fn heard(answer: &InResponse, elapsed: Duration) -> ConnectorAnswer {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error_class = body["error_class"].as_str().map(str::to_owned);
    ConnectorAnswer { status: answer.status, error_class, body, retry_after_s: answer.retry_after_s, elapsed }
}
