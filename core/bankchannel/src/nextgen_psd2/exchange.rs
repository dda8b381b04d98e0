//! One exchange with a bank: the message, signed again for each attempt, and the bank's answer.
//!
//! ```text
//!   request ─► codec ─► message ─► [ id, date, digest, signature ─► one attempt ─► again? ] ─► answer read
//! ```

use std::time::Instant;

use bankchannel_foundation::{
    CallOutcome, Error, Result, json,
    message::{Body, InResponse, OutRequest, Segment},
    model::Value,
    operation::Exchange,
    redact::redact_words,
};
use bankchannel_nextgen_psd2::{
    MAX_DEPTH, NextGenPsd2Codec, RESPONSE_HEADERS,
    answer::{Links, readable, safe_redirect},
    errors,
    http::{Headers, Request},
    model::LinkedAnswer,
};
use bytes::{Bytes, BytesMut};

use super::{NextGenPsd2, sender::BankSender};
use crate::{
    CallOptions, LogLevel, LogLine,
    client::{
        ProtocolClient as _,
        exchange::{ExchangeCall, ExchangeRules, ExchangeRun, named},
    },
};

impl NextGenPsd2 {
    /// Carries out one exchange with the bank.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = NextGenPsd2Codec>,
        O::Response: LinkedAnswer,
    {
        named::<O, _>(options, Self::REQUEST_ID, self.attempt::<O>(request, options)).await
    }

    async fn attempt<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = NextGenPsd2Codec>,
        O::Response: LinkedAnswer,
    {
        let not_sent = |error: Error| error.with_outcome(CallOutcome::NotSent);
        let sender = self.sender().map_err(not_sent)?;
        let declaration = const { &O::DECLARATION };
        let mut call = ExchangeCall::begin(declaration, options, sender.exchange_timeout)?;
        let mut message = O::encode_request(request, &sender.credentials).map_err(not_sent)?;
        let given_id = call.request_id.take();
        let rules = ExchangeRules {
            headers: RESPONSE_HEADERS,
            is_final: NextGenPsd2Codec::is_final,
            shown: Some(call.route.path),
            ..ExchangeRules::default()
        };
        let mut run = call.run(&sender.transport, &mut message, rules).await?;
        let answer = sender.answered(&mut run, &message, given_id, declaration.name).await;
        run.keep(answer.and_then(|answer| sender.read::<O>(answer))).await
    }
}

impl BankSender {
    /// Reads the bank's answer. A link for the bank's customer is returned only if it is safe to send a customer there.
    fn read<O>(&self, mut answer: InResponse) -> Result<O::Response>
    where
        O: Exchange<Codec = NextGenPsd2Codec>,
        O::Response: LinkedAnswer,
    {
        let base_url = self.transport.base_url();
        if !(200..300).contains(&answer.status) {
            return Err(NextGenPsd2Codec::refused::<O>(&answer, base_url, &self.redirect_hosts));
        }
        answer.message.body = readable(&answer.body);
        let body = answer.body.clone();
        // In these approaches the bank asks its customer itself.
        let approach = answer.headers.text("ASPSP-SCA-Approach").unwrap_or_default().trim().to_ascii_uppercase();
        let wants_link = O::Response::LEADS_CUSTOMER && !matches!(approach.as_str(), "DECOUPLED" | "EMBEDDED");
        let mut response = O::decode_response(answer)?;
        response.resolve_links(base_url);
        let links = response.links().filter(|_| O::Response::LEADS_CUSTOMER);
        let redirect = links.and_then(|links| links.get("scaRedirect"));
        match redirect.map(|link| safe_redirect(base_url, &link.href, &self.redirect_hosts)) {
            // The link for the bank's customer may be among those that cannot be read.
            None if wants_link => {
                let answer = parsed(&body);
                if answer.as_ref().is_some_and(|answer| Links::from_answer(answer).customers_is_lost()) {
                    return Err(link_refused("its `_links` cannot be read", "", answer.as_ref()));
                }
            }
            None => {}
            Some(Ok(url)) => response.set_sca_redirect(url),
            Some(Err(why)) => {
                return Err(link_refused(why, redirect.map_or("", |link| &link.href), parsed(&body).as_ref()));
            }
        }
        Ok(response)
    }
}

fn parsed(body: &[u8]) -> Option<Value<'_>> {
    json::parse(body, MAX_DEPTH).ok()
}

/// The error for a link that cannot be given to a customer. The bank's objects exist all the same, so the error has
/// their ids.
fn link_refused(why: &str, href: &str, answer: Option<&Value<'_>>) -> Error {
    let text = format!("{} Reason: {why}.", errors::LINK_REFUSED.text);
    let mut error = Error::because(&errors::LINK_REFUSED, text)
        .with("field", "_links.scaRedirect")
        .with_outcome(CallOutcome::Accepted);
    if let Some(host) = url::Url::parse(href).ok().and_then(|url| url.host_str().map(str::to_owned)) {
        error = error.with("host", host);
    }
    for (member, detail) in [("consentId", "consent_id"), ("authorisationId", "authorisation_id")] {
        if let Some(id) = answer.and_then(|answer| answer.get(member)?.as_str().map(str::to_owned)) {
            error = error.with(detail, id);
        }
    }
    error
}

impl BankSender {
    /// The final answer: each attempt has an id, a date and a signature of its own. The call's own request id is that of the
    /// first attempt, also if that was never sent: a bank refuses an id that it has seen.
    async fn answered(
        &self,
        run: &mut ExchangeRun<'_, '_>,
        message: &OutRequest,
        mut given_id: Option<&str>,
        operation: &'static str,
    ) -> Result<InResponse> {
        loop {
            run.begin_attempt()?;
            let id = given_id.take().map_or_else(bankchannel_crypto::random::uuid_v4, str::to_owned);
            let signed = self.signed(message, &id, operation, &run.step_options()).await;
            let signed = signed.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
            let answer = run.once(&signed).await;
            if !run.again(&answer).await? {
                return answer;
            }
        }
    }

    /// The message of one attempt.
    async fn signed(
        &self,
        message: &OutRequest,
        id: &str,
        operation: &'static str,
        options: &CallOptions,
    ) -> Result<OutRequest> {
        let begun = Instant::now();
        let unsigned = self.unsigned(message)?;
        let body = unsigned.body.clone();
        let signed = self.sign(unsigned, id, operation, options).await?;
        if options.is_logged() {
            let id = signed.headers.text("x-request-id").unwrap_or("-");
            let (id, took) = (redact_words(id), begun.elapsed().as_micros());
            let text = format!("{operation}: X-Request-ID {id}, signed in {took} µs");
            options.log_line(LogLevel::Debug, LogLine::new(text).with("x_request_id", id));
        }
        debug_assert_eq!(body, signed.body, "signing leaves the body as it is");
        Ok(sendable(message, signed))
    }

    /// The message in the form that is signed: with the whole path, and with `Host` if that is signed.
    fn unsigned(&self, message: &OutRequest) -> Result<Request> {
        let mut headers = Headers::default();
        if self.signs_host() {
            headers.push("Host", self.authority.clone());
        }
        headers.extend(message.headers.iter().cloned());
        let target = format!("{}{}", self.base_path, message.target);
        Ok(Request { method: message.method.clone(), target, headers, body: whole(&message.body)? })
    }
}

/// The body's bytes, made once: the same bytes are hashed and sent.
fn whole(body: &Body) -> Result<Bytes> {
    let literal = |segment: &Segment| match segment {
        Segment::Literal(bytes) => Ok(bytes.clone()),
        Segment::Base64(_) | Segment::Encoded(..) => {
            Err(Error::internal("no operation of this protocol carries content"))
        }
    };
    match body.segments() {
        [] => Ok(Bytes::new()),
        [only] => literal(only),
        several => {
            let mut all = BytesMut::new();
            for segment in several {
                all.extend_from_slice(&literal(segment)?);
            }
            Ok(all.freeze())
        }
    }
}

/// The signed request for the transport: exactly the signed headers.
fn sendable(message: &OutRequest, signed: Request) -> OutRequest {
    let mut headers = signed.headers;
    // The HTTP library writes this header itself, with the signed value.
    headers.remove("host");
    OutRequest { method: signed.method, target: message.target.clone(), headers, body: message.body.clone() }
}
