//! From an HTTP request to an HTTP answer (§3.2).
//!
//! ```text
//!   intake (V01, body) ─► route ─► Verifier: V01–V03, V05–V31, V33–V36 ─► checks: V04, V22, V32 in their places
//!      ─► dispatch: the codec reads the request (V37), the handler answers it (V38) ─► answer
//!   refused at any point ─► explaining ─► the error body of the mount's dialect
//! ```

mod checks;
mod dispatch;
mod explaining;
mod intake;
mod mounts;

use std::{net::SocketAddr, sync::Arc, time::Instant};

use bankchannel_foundation::{
    Declaration,
    clock::Clock,
    message::OutResponse,
    operation::{Deprecated, Entry},
};
use bankchannel_nextgen_psd2::{
    CATALOGUE,
    certificates::{Certificate, Fault},
    http,
    verify::Policy,
};
use bytes::Bytes;
use hyper::{
    HeaderMap, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
    http::request::Parts,
};
use serde_json::Value;

use self::{
    intake::Arrived,
    mounts::{Mount, Way},
};
use super::{
    records::{Record, Refused},
    refusal::{self, Refusal},
    service::{Bank, Call},
};
use crate::http::{
    answer::{self, AnswerBody},
    control::Seen,
    listen::ClientCertificate,
};

/// Where raw requests are explained.
pub(crate) const EXPLAIN_PATH: &str = "/sandbox/explain";

/// How many characters of a path and of a request id are remembered.
const REMEMBERED: usize = 256;

/// The bank as it answers requests.
pub(crate) struct Pipeline {
    pub(crate) bank: Arc<Bank>,
    mounts: [Mount; 2],
}

/// What is known of a request besides its message.
struct Context {
    mount: usize,
    way: Way,
    policy: Policy,
    /// The client certificate of the connection, where it has shown one.
    client: Option<Result<Certificate, Fault>>,
    third_party: Option<String>,
    /// Whether it was refused before all of it was read.
    is_unread: bool,
}

/// Says since when an operation is deprecated (RFC 9745), and what comes after it (RFC 8288).
fn say_deprecated(headers: &mut HeaderMap, deprecated: &Deprecated, prefix: &str) {
    let successor = CATALOGUE.iter().find(|entry| entry.declaration.name == deprecated.successor);
    let path = successor.and_then(|entry| entry.declaration.route.as_ref()).map_or("", |route| route.path);
    let since = HeaderValue::from_str(&format!("@{}", deprecated.since_s));
    let link = HeaderValue::from_str(&format!("<{prefix}{path}>; rel=\"successor-version\""));
    if let (Ok(since), Ok(link)) = (since, link) {
        headers.insert(HeaderName::from_static("deprecation"), since);
        headers.insert(header::LINK, link);
    }
}

impl Pipeline {
    pub(crate) fn new(bank: Arc<Bank>) -> Self {
        Self { bank, mounts: mounts::mounts() }
    }

    /// Whether a path is one of the API's.
    pub(crate) fn serves(&self, path: &str) -> bool {
        self.mounts.iter().any(|mount| mount.holds(path))
    }

    /// Explains a request that is given as text (§3.3); nothing where too many others wait.
    pub(crate) async fn explain(self: &Arc<Self>, text: Bytes, headers: &HeaderMap) -> Option<Value> {
        explaining::of_text(self, text, headers).await
    }

    /// Answers one request to the API.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<AnswerBody> {
        let (begun, at_ms) = (Instant::now(), self.bank.clock.now_ms());
        let mount = self.mounts.iter().position(|mount| mount.holds(request.uri().path())).unwrap_or_default();
        let request_id = intake::request_id(request.headers());
        let way = self.mounts[mount].find(request.method().as_str(), request.uri().path());
        let operation = match &way {
            Way::Operation { entry, .. } => entry.declaration.name,
            _ => "",
        };
        let fault = self.bank.control.as_ref().filter(|_| !operation.is_empty());
        let fault = fault.and_then(|control| control.fault_for(operation));
        let (head, message, taken) = Arrived::of(request).take().await;
        let mut context = self.context(&head, mount, way, at_ms.div_euclid(1000));
        let done = match fault {
            Some(status) => Err(refusal::told_to_fail(status)),
            None => match taken {
                Ok(()) => self.serve(&message, &mut context, peer),
                Err(why) => {
                    context.is_unread = true;
                    self.bank.limits.stranger(peer.ip()).and(Err(not_taken(&why)))
                }
            },
        };
        let (mut response, refused) = match done {
            Ok(message) => (self.accepted(message, operation, &context), None),
            Err(refusal) => {
                let (response, shown) = self.refused(&head, message, &context, refusal, peer).await;
                (response, Some(shown))
            }
        };
        let headers = response.headers_mut();
        let id = request_id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
        let record = Record {
            number: 0,
            at_ms,
            method: head.method.as_str().to_owned(),
            path: clipped(head.uri.path()),
            operation,
            third_party: context.third_party.take(),
            request_id: clipped(id),
            status: 0,
            elapsed_us: 0,
            refused,
        };
        if let Some(id) = request_id {
            headers.insert(HeaderName::from_static("x-request-id"), id);
        }
        self.remember(record, response.status(), begun);
        response
    }

    fn context(&self, head: &Parts, mount: usize, way: Way, now_s: i64) -> Context {
        let endpoint = match &way {
            Way::Operation { endpoint, .. } => *endpoint,
            _ => None,
        };
        let client = head.extensions.get::<ClientCertificate>().map(|shown| self.bank.client(shown));
        let readable = client.as_ref().and_then(|read| read.as_ref().ok()).cloned();
        let policy = checks::policy(&self.bank, &self.mounts[mount], readable, endpoint, now_s);
        Context { mount, way, policy, client, third_party: None, is_unread: false }
    }

    fn serve(&self, message: &http::Request, context: &mut Context, peer: SocketAddr) -> Result<OutResponse, Refusal> {
        self.bank.limits.stranger(peer.ip())?;
        let verified = self.bank.verifier.verify(message, &context.policy);
        let organization = verified.certificate.as_ref().and_then(Certificate::organization_identifier);
        context.third_party = organization.map(str::to_owned);
        let third_party =
            checks::admit(&self.bank, message, &context.policy, &verified, context.client.as_ref(), &context.way)?;
        let Way::Operation { entry, parameters, .. } = &context.way else { return Err(Refusal::internal()) };
        let call = Call {
            tpp: &third_party,
            dialect: self.mounts[context.mount].dialect,
            base_path: self.mounts[context.mount].prefix,
            redirect_uri: message.headers.text("tpp-redirect-uri"),
            now_s: context.policy.now_s,
        };
        dispatch::handle(&self.bank, &call, entry, parameters, message)
    }

    fn accepted(&self, message: OutResponse, operation: &str, context: &Context) -> Response<AnswerBody> {
        let made = if message.body.is_empty() {
            StatusCode::from_u16(message.status).map(answer::empty).ok()
        } else {
            answer::message(&message).ok()
        };
        let Some(mut response) = made else {
            tracing::error!(operation, "an answer could not be written");
            return answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Way::Operation {
            entry: Entry { declaration: Declaration { deprecated: Some(deprecated), .. }, .. },
            ..
        } = &context.way
        {
            say_deprecated(headers, deprecated, self.mounts[context.mount].prefix);
        }
        for (name, value) in &message.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        response
    }

    async fn refused(
        &self,
        head: &Parts,
        message: http::Request,
        context: &Context,
        refusal: Refusal,
        peer: SocketAddr,
    ) -> (Response<AnswerBody>, Refused) {
        let unauthenticated = checks::is_unauthenticated(&refusal);
        if unauthenticated {
            self.bank.limits.failed(peer.ip());
        }
        let (id, mount) = (self.bank.error_id(), &self.mounts[context.mount]);
        tracing::info!(
            id,
            check = refusal.check,
            status = refusal.status,
            code = refusal.code,
            caller = if unauthenticated { "unauthenticated" } else { "authenticated" },
            "refused"
        );
        let wanted = explaining::is_wanted(&self.bank, &head.headers);
        let explain = if (wanted || self.bank.config.explain) && refusal.check.starts_with('V') {
            let refused = explaining::Refused {
                request: message,
                policy: context.policy.clone(),
                base_path: mount.prefix,
                refusal: refusal.clone(),
                routed: matches!(context.way, Way::Operation { .. }),
                is_unread: context.is_unread,
                signing_string: explaining::signing_string(&head.headers).unwrap_or_default(),
            };
            explaining::of_refusal(&self.bank, refused).await
        } else {
            None
        };
        let always_400 = self.bank.config.era_status_quirk;
        let own = explain.as_ref().map(|explained| &explained.own);
        let body = refusal.body(mount.dialect, &id, always_400, own.filter(|_| wanted));
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = answer::json(status, body.to_string());
        let headers = response.headers_mut();
        if let Some(seconds) = refusal.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = refusal.allow.as_ref().and_then(|methods| methods.parse().ok()) {
            headers.insert(header::ALLOW, allow);
        }
        let shown = Refused {
            id,
            check: refusal.check,
            code: refusal.code_in(mount.dialect),
            text: refusal.message(),
            explain: explain.map(|explained| Arc::new(explained.for_others)),
        };
        (response, shown)
    }

    fn remember(&self, record: Record, status: StatusCode, begun: Instant) {
        let elapsed = begun.elapsed();
        if let Some(control) = &self.bank.control {
            control.record(&Seen {
                method: &record.method,
                path: &record.path,
                status: status.as_u16(),
                operation: record.operation,
                request_id: &record.request_id,
                elapsed_ms: elapsed.as_secs_f64() * 1000.0,
            });
        }
        let elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        self.bank.records.add(Record { status: status.as_u16(), elapsed_us, ..record });
    }
}

/// As much of a text as is remembered of it.
fn clipped(text: &str) -> String {
    text.chars().take(REMEMBERED).collect()
}

fn not_taken(why: &intake::Refused) -> Refusal {
    match why {
        intake::Refused::TooLarge => Refusal::by("V01", 413, "FORMAT_ERROR", "the body has more than 1 MiB"),
        intake::Refused::Broken => Refusal::by("V01", 400, "FORMAT_ERROR", "the body could not be read to its end"),
        intake::Refused::BareLineFeed => Refusal::by(
            "V02",
            400,
            "FORMAT_ERROR",
            "a line of the head ends with a line feed alone; each ends with CR LF",
        ),
    }
}
