//! One exchange with the peer: the message in a JWT, signed again for each attempt.
//!
//! ```text
//!   request ─► codec ─► headers, data ─► JWT({"data", "exp": now + 60 s}) ─► transport
//!                                           again for each attempt
//! ```

use std::time::Duration;

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
use bankchannel_transport::{Transport, TransportSettings};
use data_encoding::HEXUPPER;

use super::SaltEdgeKey;
use crate::{
    CallOptions,
    client::{
        exchange::{ExchangeCall, ExchangeRules, ExchangeRun, named},
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
            let declaration = const { &O::DECLARATION };
            let mut call = ExchangeCall::begin(declaration, options, self.exchange_timeout)?;
            let message = O::encode_request(request, &self.credentials);
            let mut message = message.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
            let rules = ExchangeRules { shown: Some(call.route.path), ..ExchangeRules::default() };
            let mut run = call.run(&self.transport, &mut message, rules).await?;
            let answer = self.answered(&mut run, &message, declaration.name).await;
            run.keep(answer.and_then(O::decode_response)).await
        })
        .await
    }

    /// The final answer: each attempt has a JWT of its own.
    async fn answered(
        &self,
        run: &mut ExchangeRun<'_, '_>,
        message: &OutRequest,
        operation: &str,
    ) -> Result<InResponse> {
        loop {
            run.begin_attempt()?;
            let signed = self.signed(message, operation, &run.step_options()).await;
            let signed = signed.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
            let answer = run.once(&signed).await;
            if !run.again(&answer).await? {
                return answer;
            }
        }
    }

    /// The message of one attempt.
    async fn signed(&self, message: &OutRequest, operation: &str, options: &CallOptions) -> Result<OutRequest> {
        let jwt = self.jwt(data_of(message)?, operation, options).await?;
        let mut headers = message.headers.clone();
        headers.push_secret("Authorization", &Secret::new(format!("Bearer {jwt}")));
        let (method, target) = (message.method.clone(), message.target.clone());
        Ok(OutRequest { method, target, headers, body: Body::empty() })
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
