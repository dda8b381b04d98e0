//! From an HTTP request to an HTTP answer, by the operation's declaration.

use std::{
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    Exchange, Operation,
    message::{InRequest, OutResponse},
    operation::{Entry, Route},
};
use bankchannel_storage::ws_channel::Ground;
use bankchannel_ws_channel::{
    Access, CATALOGUE, MAX_PLAIN_BODY, Refusal, TERMS, Terms, errors::texts, model::Bank, operations, terms,
};
use hyper::{HeaderMap, Request, Response, StatusCode, body::Incoming, header};

use super::{
    auth,
    fault::Fault,
    files::listings::Asked,
    service::{Call, Service},
};
use crate::http::{
    answer::{self, AnswerBody},
    control::Seen,
    intake::{self, IntakeError, Taken},
    query::{self, Plus},
    router::{Found, Router},
};

/// The service as it answers requests.
pub(crate) struct Pipeline {
    pub(crate) service: Arc<Service>,
    router: Router,
    base_path: String,
}

/// What the sender of a body is told that did not come to its end in time.
const BODY_TOO_SLOW: &str = "Request timeout";

type Handled<'a> = Pin<Box<dyn Future<Output = Result<OutResponse, Fault>> + Send + 'a>>;

impl Pipeline {
    pub(crate) fn new(service: Arc<Service>) -> Self {
        let base_path = service.config.base_path.trim_end_matches('/').to_owned();
        Self { service, router: Router::new(CATALOGUE), base_path }
    }

    /// Answers one request. One that may change something runs to its end even when its client goes away in the middle:
    /// a certificate that a bank has issued is stored, an upload's outcome is recorded.
    pub(crate) async fn answer_to_the_end(
        self: Arc<Self>,
        request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Response<AnswerBody> {
        if !self.may_change(&request) {
            return self.answer(request, peer).await;
        }
        let tasks = self.service.running.clone();
        let running = tasks.spawn(async move { self.answer(request, peer).await });
        running.await.unwrap_or_else(|why| {
            tracing::error!(%why, "a request did not come to its end");
            refuse(&(&texts::INTERNAL_ERROR).into(), &random::uuid_v4())
        })
    }

    /// Whether a request may change something: by its method, or, as `InitPasswordReset` does, by its declaration.
    fn may_change(&self, request: &Request<Incoming>) -> bool {
        if request.method() != hyper::Method::GET {
            return true;
        }
        let Some(rest) = request.uri().path().strip_prefix(&self.base_path) else { return false };
        match self.router.find("GET", rest) {
            Found::Operation { index, .. } => {
                CATALOGUE[index].declaration.route.as_ref().is_some_and(|route| route.audited)
            }
            _ => false,
        }
    }

    /// Answers one request.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: SocketAddr) -> Response<AnswerBody> {
        let request_id = random::uuid_v4();
        let seen = self.service.control.is_some().then(|| Arrived::of(&request));
        let origin = request.headers().get(header::ORIGIN).cloned();
        let (operation, mut response) = self.route(request, peer, &request_id).await;
        if let (Some(control), Some(seen)) = (&self.service.control, seen) {
            control.record(&Seen {
                method: &seen.method,
                path: &seen.path,
                status: response.status().as_u16(),
                operation,
                request_id: &request_id,
                elapsed_ms: seen.at.elapsed().as_secs_f64() * 1000.0,
            });
        }
        let headers = response.headers_mut();
        if let Ok(id) = request_id.parse() {
            headers.insert("x-request-id", id);
        }
        headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        if let Some(origin) = origin.filter(|origin| self.service.config.allows_origin(origin.as_bytes())) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::VARY, header::HeaderValue::from_static("origin"));
        }
        response
    }

    async fn route(
        &self,
        request: Request<Incoming>,
        peer: SocketAddr,
        request_id: &str,
    ) -> (&'static str, Response<AnswerBody>) {
        let path = request.uri().path();
        let found = match path.strip_prefix(&self.base_path).filter(|rest| rest.starts_with('/')) {
            Some(rest) => self.router.find(request.method().as_str(), rest),
            None => Found::Nothing,
        };
        let response = match found {
            Found::Operation { index, parameters } => {
                let (entry, terms) = (&CATALOGUE[index], TERMS[index].as_ref());
                let address = self.service.config.client_address(request.headers(), peer.ip());
                let name = entry.declaration.name;
                if let Some(status) = self.service.control.as_ref().and_then(|control| control.fault_for(name)) {
                    intake::drain(request.into_body()).await;
                    return (name, refuse(&told_to_fail(status), request_id));
                }
                let mut call = Call::new(request_id.to_owned(), name, address, self.service.now_ms());
                call.prefetch = is_prefetch(request.headers());
                call.needs_session = terms.is_some_and(Terms::needs_session);
                let result = match Declared::of(entry, terms) {
                    Some(declared) => self.serve(request, declared, parameters, &mut call).await,
                    None => Err(Fault::internal("a routed operation has a route and terms")),
                };
                return (name, self.finish(entry, &call, result).await);
            }
            Found::OtherMethods(_) if request.method() == hyper::Method::OPTIONS => preflight(),
            Found::OtherMethods(methods) => {
                let mut response = refuse(&Refusal::new(405, "Method not allowed"), request_id);
                if let Ok(allow) = methods.join(", ").parse() {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
                response
            }
            Found::Nothing => refuse(&Refusal::new(404, "Not found"), request_id),
            Found::Malformed => refuse(&Refusal::new(400, "Invalid parameter(s)"), request_id),
        };
        ("", response)
    }

    async fn serve(
        &self,
        request: Request<Incoming>,
        declared: Declared,
        parameters: Vec<(&'static str, String)>,
        call: &mut Call,
    ) -> Result<OutResponse, Fault> {
        let Declared { name, route, terms } = declared;
        let (head, body) = request.into_parts();
        // What is refused before the body was read: read it on, so that the client hears the answer.
        let early = self.before_body(terms, &head.headers, &parameters, call).await;
        if let Err(fault) = early {
            intake::drain(body).await;
            return Err(fault);
        }
        let asked = Asked::of(&self.service, call, &parameters, head.uri.query().unwrap_or_default());
        let is_whole = http_body::Body::is_end_stream(&body);
        let asked = asked.filter(|_| is_whole);
        if let Some(known) =
            asked.as_ref().and_then(|asked| self.service.files.listings.get(&self.service, asked, call.now_ms))
        {
            return Ok(known);
        }
        let query = parse_query(head.uri.query().unwrap_or_default())?;
        let taken = self.take_body(route, body).await?;
        if !is_whole {
            // A body takes its time: what ended meanwhile has ended, before anything costly begins.
            call.now_ms = self.service.now_ms();
            auth::judge_again(&self.service, terms, &mut call.caller).await?;
        }
        self.note_owner(terms, call);
        let message =
            InRequest { path: parameters, query, headers: Vec::new(), body: taken.body, content: taken.content };
        let response = dispatch(&self.service, call, name, message).await;
        drop(taken._spool);
        if let (Some(asked), Ok(answer)) = (asked, &response) {
            self.service.files.listings.keep(asked, call, answer);
        }
        response
    }

    async fn before_body(
        &self,
        terms: &'static Terms,
        headers: &HeaderMap,
        parameters: &[(&'static str, String)],
        call: &mut Call,
    ) -> Result<(), Fault> {
        self.service.limits.by_address(terms.rate, call.address, call.now_ms)?;
        let admitted = match check_headers(headers) {
            Ok(()) => auth::authorize(&self.service, headers, terms, &mut call.caller).await,
            Err(refusal) => Err(refusal.into()),
        };
        // Counted before it is refused: a refusal costs the service as much as an answer.
        match &call.caller {
            Some(caller) => self.service.limits.by_key(&caller.session.api_key, call.now_ms)?,
            None if admitted.is_err() => self.service.limits.stranger(terms.rate, call.address, call.now_ms)?,
            None => {}
        }
        admitted?;
        match parameters.iter().find(|(name, _)| *name == "Bank") {
            Some((_, bank)) if bank.is_empty() => Err((&texts::BANK_MISSING).into()),
            Some((_, bank)) if !self.knows(bank) => Err((&texts::BANK_INVALID).into()),
            _ => Ok(()),
        }
    }

    /// An owner's operation relies on the ownership up to its commit.
    fn note_owner(&self, terms: &'static Terms, call: &Call) {
        if matches!(terms.access, Access::Session { owner: true, .. }) {
            call.rely_on(Ground::Owner);
        }
    }

    fn knows(&self, bank: &str) -> bool {
        Bank::from_text(bank).is_some_and(|bank| self.service.banks.knows(bank))
    }

    async fn take_body(&self, route: &'static Route, body: Incoming) -> Result<Taken, Fault> {
        let config = &self.service.config;
        let spool = self.service.data.join("spool");
        let taking = async {
            match route.request_content {
                Some(member) => intake::with_content(body, member, config.max_body_bytes, MAX_PLAIN_BODY, &spool).await,
                None => intake::plain(body, MAX_PLAIN_BODY.min(config.max_body_bytes)).await,
            }
        };
        let limit = Duration::from_secs(config.body_timeout_s.into());
        let taken = tokio::time::timeout(limit, taking).await.map_err(|_| Refusal::new(408, BODY_TOO_SLOW))?;
        taken.map_err(|error| match error {
            IntakeError::TooLarge => Refusal::new(413, "Request too large").into(),
            IntakeError::NotBase64 => Refusal::invalid(route.request_content.unwrap_or_default()).into(),
            IntakeError::Malformed => Refusal::new(400, "Invalid parameter(s)").into(),
            IntakeError::Broken => Refusal::new(400, "Invalid parameter(s)").into(),
            IntakeError::Storage(why) => Fault::internal(format!("the upload spool cannot be written: {why}")),
        })
    }

    async fn finish(
        &self,
        entry: &'static Entry,
        call: &Call,
        result: Result<OutResponse, Fault>,
    ) -> Response<AnswerBody> {
        let audited = entry.declaration.route.as_ref().is_some_and(|route| route.audited);
        let answered = match result {
            Ok(message) if audited && !call.is_audited() => call.record(&self.service, "", "").await.map(|()| message),
            result => result,
        };
        let fault = match answered.map(|message| answer::message(&message)) {
            Ok(Ok(response)) => return response,
            Ok(Err(why)) => Fault::internal(why),
            Err(fault) => fault,
        };
        // The verb that would have recorded the call was not run.
        let is_recorded = call.is_audited() && !matches!(fault, Fault::RightsEnded(_));
        let refusal = fault.into_refusal(&call.request_id);
        tracing::info!(request_id = call.request_id, operation = call.operation, status = refusal.status, "refused");
        // Who says not even who they are would only fill the trail.
        if audited && !is_recorded && call.has_subject() && refusal.status != 429 {
            let entry = call.audit_entry("", &format!("refused {}", refusal.status));
            if let Err(why) = self.service.record_refusal(entry).await {
                tracing::error!(request_id = call.request_id, %why, "the audit trail cannot be written");
            }
        }
        refuse(&self.as_configured(entry, refusal), &call.request_id)
    }

    /// `logical_failure_status = 200`: the steps of a login say no with HTTP 200 (§1.5).
    fn as_configured(&self, entry: &'static Entry, refusal: Refusal) -> Refusal {
        let is_step = terms(entry.declaration.name).is_some_and(|terms| terms.is_login_step);
        let logical = refusal.status == 400 && is_step;
        if logical && self.service.config.logical_failure_status == 200 {
            Refusal { status: 200, ..refusal }
        } else {
            refusal
        }
    }
}

/// What the transcript keeps of a request.
struct Arrived {
    method: String,
    path: String,
    at: Instant,
}

impl Arrived {
    fn of(request: &Request<Incoming>) -> Self {
        Self { method: request.method().to_string(), path: request.uri().path().to_owned(), at: Instant::now() }
    }
}

/// An exchange, with what is declared of it.
#[derive(Clone, Copy)]
struct Declared {
    name: &'static str,
    route: &'static Route,
    terms: &'static Terms,
}

impl Declared {
    fn of(entry: &'static Entry, terms: Option<&'static Terms>) -> Option<Self> {
        Some(Self { name: entry.declaration.name, route: entry.declaration.route.as_ref()?, terms: terms? })
    }
}

/// The answer to a request that the control interface was told to fail.
fn told_to_fail(status: u16) -> Refusal {
    let text = if status == 500 { texts::INTERNAL_ERROR.text } else { "Told to fail by the control interface" };
    let retry_after_s = matches!(status, 429 | 503).then_some(1);
    Refusal { retry_after_s, ..Refusal::new(status, text) }
}

/// S38: browsers say so when they ask for what nobody clicked yet.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["purpose", "sec-purpose", "x-purpose", "x-moz"].iter().any(|name| {
        let value = headers.get(*name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        value.contains("prefetch") || value.contains("prerender") || value.contains("preview")
    })
}

pub(super) fn refuse(refusal: &Refusal, request_id: &str) -> Response<AnswerBody> {
    let message = refusal.message(request_id);
    let mut response = answer::message(&message).unwrap_or_else(|_| answer::empty(StatusCode::INTERNAL_SERVER_ERROR));
    if refusal.status == 408 {
        // The rest of the body is never read.
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    if let Some(seconds) = refusal.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn preflight() -> Response<AnswerBody> {
    let mut response = answer::empty(StatusCode::NO_CONTENT);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, header::HeaderValue::from_static("GET,PUT,POST,DELETE"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        header::HeaderValue::from_static("authorization,content-type,x-api-key"),
    );
    response
}

/// §1.2: no content coding, and a content type that may be JSON.
fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err(Refusal::invalid("Content-Encoding"));
    }
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    let refused =
        ["application/x-www-form-urlencoded", "multipart/", "text/"].iter().any(|other| kind.starts_with(other));
    if refused && !kind.starts_with("text/json") { Err(Refusal::invalid("Content-Type")) } else { Ok(()) }
}

/// The most pairs in a query: no operation has a tenth of them, and each is compared with each.
const PAIRS_MAX: usize = 64;

fn parse_query(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    query::pairs(query, Plus::Plus, PAIRS_MAX).map_err(|_| Refusal::new(400, "Invalid parameter(s)"))
}

macro_rules! handlers {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Hands a request to its operation's handler.
        fn dispatch<'a>(service: &'a Service, call: &'a Call, name: &'static str, message: InRequest) -> Handled<'a> {
            $(handlers!(@one $kind service call name message $subject $file $name);)+
            Box::pin(async move { Err(Fault::internal(format!("{name} is listed but not served"))) })
        }
    };
    (@one exchange $service:ident $call:ident $name:ident $message:ident $subject:ident $file:ident $op:ident) => {
        if $name == operations::$subject::$file::$op::DECLARATION.name {
            return Box::pin(async move {
                let request = operations::$subject::$file::$op::decode_request($message).map_err(|fault| Refusal::from_input(&fault))?;
                let response = super::$subject::$file::handle($service, $call, request).await?;
                Ok(operations::$subject::$file::$op::encode_response(response))
            });
        }
    };
    (@one local $($rest:tt)*) => {};
}

bankchannel_ws_channel::for_each_operation!(handlers);
