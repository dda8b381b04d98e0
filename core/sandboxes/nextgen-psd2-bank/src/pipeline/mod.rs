//! From an HTTP request to an HTTP answer (§3.2).
//!
//! ```text
//!   intake (V01, body) ─► route ─► Verifier: V01–V03, V05–V31, V33–V36 ─► checks: V04, V22, V32 in their places
//!      ─► dispatch: the codec reads the request (V37), the handler answers it (V38) ─► answer
//!   refused at any point ─► explaining ─► the error body of the mount's dialect
//! ```

mod checks;
mod dispatch;
pub(crate) mod explaining;
mod intake;
mod mounts;

use std::{net::SocketAddr, sync::Arc};

use bankchannel_foundation::{clock::Clock, message::OutResponse, operation::Deprecated};
use bankchannel_nextgen_psd2::{
    CATALOGUE,
    certificates::{Certificate, CertificateFault},
    http,
    verify::Policy,
};
use bytes::Bytes;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{self, HeaderName, HeaderValue},
    http::request::Parts,
};
use serde_json::Value;

use self::mounts::DialectMount;
use super::{
    records::{RecordedRefusal, RequestRecord},
    refusal::{self, SandboxRefusal},
    service::{BankCall, SandboxBank},
};
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    control::{ControlState, clipped},
    listen::ClientCertificate,
    router::{RouteMatch, RouteMount},
    shell::{CounterpartApi, RoutedRequest},
};

/// The path that explains raw requests.
pub(crate) const EXPLAIN_PATH: &str = "/sandbox/explain";

/// The bank's request pipeline.
pub struct BankPipeline {
    pub(crate) bank: Arc<SandboxBank>,
    mounts: [DialectMount; 2],
}

/// Information about a request in addition to its message.
struct RequestContext<'a> {
    mount: &'a DialectMount,
    found: RouteMatch,
    policy: Policy,
    /// The client certificate of the connection, if there is one.
    client: Option<Result<Certificate, CertificateFault>>,
    third_party: Option<String>,
    /// Whether it was refused before it was read completely.
    is_unread: bool,
}

/// Adds headers with the deprecation date (RFC 9745) and the successor (RFC 8288) of an operation.
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

impl BankPipeline {
    pub(crate) fn new(bank: Arc<SandboxBank>) -> Self {
        Self { bank, mounts: mounts::mounts() }
    }

    /// Whether a path belongs to the API.
    pub(crate) fn serves(&self, path: &str) -> bool {
        self.mounts.iter().any(|own| own.mount.holds(path))
    }

    /// Explains a request given as text (§3.3); `None` if too many others wait.
    pub(crate) async fn explain(self: &Arc<Self>, text: Bytes, headers: &HeaderMap) -> Option<Value> {
        explaining::of_text(self, text, headers).await
    }

    fn context<'a>(&self, head: &Parts, mount: &'a DialectMount, found: RouteMatch, now_s: i64) -> RequestContext<'a> {
        let client = head.extensions.get::<ClientCertificate>().map(|shown| self.bank.client(shown));
        let readable = client.as_ref().and_then(|read| read.as_ref().ok()).cloned();
        let policy = checks::policy(&self.bank, mount, readable, mount.endpoint(&found), now_s);
        RequestContext { mount, found, policy, client, third_party: None, is_unread: false }
    }

    fn serve(
        &self,
        message: &http::Request,
        context: &mut RequestContext<'_>,
        peer: SocketAddr,
    ) -> Result<OutResponse, SandboxRefusal> {
        self.bank.limits.stranger(peer.ip())?;
        let verified = self.bank.verifier.verify(message, &context.policy);
        let organization = verified.certificate.as_ref().and_then(Certificate::organization_identifier);
        context.third_party = organization.map(str::to_owned);
        let third_party =
            checks::admit(&self.bank, message, &context.policy, &verified, context.client.as_ref(), &context.found)?;
        let RouteMatch::Operation { entry, index, parameters } = &context.found else {
            return Err(SandboxRefusal::internal());
        };
        let call = BankCall {
            tpp: &third_party,
            dialect: context.mount.dialect,
            base_path: context.mount.mount.prefix(),
            redirect_uri: message.headers.text("tpp-redirect-uri"),
            now_s: context.policy.now_s,
        };
        dispatch::handle(&self.bank, &call, (entry, *index), parameters, message)
    }

    fn accepted(&self, message: &OutResponse, context: &RequestContext<'_>) -> Response<AnswerBody> {
        let Ok(mut response) = answer::message(message) else {
            tracing::error!(operation = context.found.operation(), "an answer could not be written");
            return answer::empty(StatusCode::INTERNAL_SERVER_ERROR);
        };
        if let RouteMatch::Operation { entry, .. } = &context.found
            && let Some(deprecated) = &entry.declaration.deprecated
        {
            say_deprecated(response.headers_mut(), deprecated, context.mount.mount.prefix());
        }
        response
    }

    async fn refused(
        &self,
        head: &Parts,
        message: http::Request,
        context: &RequestContext<'_>,
        refusal: SandboxRefusal,
        peer: SocketAddr,
    ) -> (Response<AnswerBody>, RecordedRefusal) {
        let unauthenticated = checks::is_unauthenticated(&refusal);
        if unauthenticated {
            self.bank.limits.failed(peer.ip());
        }
        let (id, mount) = (self.bank.error_id(), context.mount);
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
            let refused = explaining::ExplainingInput {
                request: message,
                policy: context.policy.clone(),
                base_path: mount.mount.prefix().to_owned(),
                refusal: refusal.clone(),
                routed: matches!(context.found, RouteMatch::Operation { .. }),
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
        let shown = RecordedRefusal {
            id,
            check: refusal.check,
            code: refusal.code_in(mount.dialect),
            text: refusal.message(),
            explain: explain.map(|explained| Arc::new(explained.for_others)),
        };
        (response, shown)
    }
}

impl CounterpartApi for BankPipeline {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        self.mounts.iter().map(|own| &own.mount)
    }

    fn control(&self) -> Option<&ControlState> {
        self.bank.control.as_deref()
    }

    fn request_id(&self, headers: &HeaderMap) -> String {
        intake::request_id(headers)
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        let at_ms = self.bank.clock.now_ms();
        let RoutedRequest { head, body, peer, mount, found, ordered, id, begun, .. } = routed;
        let (message, taken) = intake::take(&head, body).await;
        // After reading the body: certificates blocked or revoked while it arrived count.
        let mut context = self.context(&head, &self.mounts[mount], found, at_ms.div_euclid(1000));
        let done = match (ordered, taken) {
            (Some(status), _) => Err(refusal::told_to_fail(status)),
            (None, Ok(())) => self.serve(&message, &mut context, peer),
            (None, Err(why)) => {
                context.is_unread = true;
                self.bank.limits.stranger(peer.ip()).and(Err(not_taken(&why)))
            }
        };
        let (response, refused) = match done {
            Ok(message) => (self.accepted(&message, &context), None),
            Err(refusal) => {
                let (response, shown) = self.refused(&head, message, &context, refusal, peer).await;
                (response, Some(shown))
            }
        };
        self.bank.records.add(RequestRecord {
            number: 0,
            at_ms,
            method: head.method.as_str().to_owned(),
            path: clipped(head.uri.path()),
            operation: context.found.operation(),
            third_party: context.third_party,
            request_id: clipped(&id),
            status: response.status().as_u16(),
            elapsed_us: u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX),
            refused,
        });
        response
    }
}

fn not_taken(why: &intake::RefusedBody) -> SandboxRefusal {
    match why {
        intake::RefusedBody::TooLarge => SandboxRefusal::by("V01", 413, "FORMAT_ERROR", "the body has more than 1 MiB"),
        intake::RefusedBody::Broken => {
            SandboxRefusal::by("V01", 400, "FORMAT_ERROR", "the body could not be read to its end")
        }
        intake::RefusedBody::BareLineFeed => SandboxRefusal::by(
            "V02",
            400,
            "FORMAT_ERROR",
            "a line of the head ends with a line feed alone; each ends with CR LF",
        ),
    }
}
