//! One exchange with the peer: the message in a JWT, signed again for each attempt.
//!
//! ```text
//!   request ─► codec ─► headers, data ─► JWT({"data", "exp": now + 60 s}) ─► transport
//!                                           again for each attempt
//! ```

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    clock::{Clock as _, SystemClock},
    error::ErrorRow,
    message::{Body, InResponse, OutRequest},
    operation::Exchange,
};
use bankchannel_salt_edge::{
    codec::{HubCredentials, SaltEdge, data_of},
    envelope::{LIFETIME_S, UnsignedEnvelope},
};
use bankchannel_transport::{AnswerRules, AttemptSigning, RequestSigner, Transport, TransportSettings};
use data_encoding::HEXUPPER;

use super::SaltEdgeKey;
use crate::{
    CallOptions,
    client::{
        exchange::{ExchangeSending, named},
        request_id,
        signing::{ClientSignatory, SIGNATURE, question},
    },
};

/// The sending part of a client.
pub(crate) struct SaltEdgeSender {
    pub(crate) transport: Transport,
    credentials: HubCredentials,
    exchange_timeout: Option<Duration>,
    key: SaltEdgeKey,
    signatory: ClientSignatory,
    /// The value of `iss`, if the JWT has one.
    issuer: Option<String>,
    /// The protocol's row for a token that did not sign.
    token_failed: &'static ErrorRow,
}

impl SaltEdgeSender {
    /// Makes a sender. `token_failed` is the protocol's row for a token that did not sign.
    ///
    /// # Errors
    /// `configuration.invalid`, naming the setting.
    pub(crate) fn new(
        settings: &TransportSettings,
        credentials: HubCredentials,
        exchange_timeout: Option<Duration>,
        key: SaltEdgeKey,
        token_failed: &'static ErrorRow,
    ) -> Result<Self> {
        let transport = Transport::new(settings)?;
        let signatory = ClientSignatory::new(key.signer.clone()).apart();
        Ok(Self { transport, credentials, exchange_timeout, key, signatory, issuer: None, token_failed })
    }

    /// The same with an `iss` in each JWT.
    pub(crate) fn issued_by(self, issuer: String) -> Self {
        Self { issuer: Some(issuer), ..self }
    }

    /// Carries out one exchange.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub(crate) async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = SaltEdge>,
    {
        named::<O, _>(options, request_id::ANY, async {
            let mut sending = ExchangeSending::begin::<O>(options, self.exchange_timeout)?;
            let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
            let message = O::encode_request(request, &self.credentials).map_err(not_sent)?;
            let operation = const { &O::DECLARATION }.name;
            let signer = SignedMessages { sender: self, operation, options, deadline: sending.deadline };
            let signing = AttemptSigning { signer: &signer, shown: sending.route.path };
            let read = |answer: InResponse| O::decode_response(answer);
            sending.send(&self.transport, &message, AnswerRules::default(), Some(signing), read).await
        })
        .await
    }

    /// Wraps a message's data in a signed JWT.
    async fn jwt(&self, data: &str, operation: &str, options: &CallOptions) -> Result<String> {
        let turn = self.signatory.turn(options).await?;
        let unsigned =
            UnsignedEnvelope::issued(data, SystemClock::default().now_s() + LIFETIME_S, self.issuer.as_deref());
        let bytes = unsigned.bytes();
        let public = match (&self.key.signer, &self.key.public) {
            (Some(_), _) => None,
            (None, Some(public)) => Some(public),
            (None, None) => {
                let why = "is missing: requests are signed with it. Where the key is elsewhere, give public_key, and each call asks \
                           for the signature";
                return Err(Error::invalid_setting("private_key", why));
            }
        };
        let question = |algorithm| {
            let text = format!("The signature of a request, {operation} ({algorithm})");
            let fingerprint = public.map(|key| HEXUPPER.encode(&key.spki_sha256())).unwrap_or_default();
            question(text, algorithm, Hash::Sha256.digest(bytes), fingerprint)
        };
        let signature = self.signatory.sign(turn, Hash::Sha256, bytes, options, self.token_failed, question).await?;
        if public.is_some_and(|key| !key.verify_pkcs1(Hash::Sha256, bytes, &signature)) {
            return Err(Error::invalid_field(SIGNATURE, "the answer is not a signature by the key of public_key"));
        }
        Ok(unsigned.complete(&signature))
    }
}

/// Signs each attempt's message.
struct SignedMessages<'a> {
    sender: &'a SaltEdgeSender,
    operation: &'static str,
    options: &'a CallOptions,
    /// The deadline of the call, for all attempts.
    deadline: Instant,
}

impl RequestSigner for SignedMessages<'_> {
    fn sign<'a>(&'a self, message: &'a OutRequest) -> Pin<Box<dyn Future<Output = Result<OutRequest>> + Send + 'a>> {
        Box::pin(async move {
            let options = self.options.until(self.deadline);
            let jwt = self.sender.jwt(data_of(message)?, self.operation, &options).await;
            let jwt = jwt.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
            let mut headers = message.headers.clone();
            headers.push_secret("Authorization", &Secret::new(format!("Bearer {jwt}")));
            let (method, target) = (message.method.clone(), message.target.clone());
            Ok(OutRequest { method, target, headers, body: Body::empty() })
        })
    }
}
