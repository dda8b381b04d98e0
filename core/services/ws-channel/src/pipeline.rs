//! From HTTP request to HTTP response, according to the operation's declaration.

use std::{sync::Arc, time::Duration};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    message::{InRequest, OutResponse, is_request_id, trace_id},
    operation::{CatalogueEntry, Exchange, Route},
    redact::redact_words,
};
use bankchannel_storage::ws_channel::RequiredRight;
use bankchannel_ws_channel::{
    CATALOGUE, CallerAccess, MAX_PLAIN_BODY, ServiceRefusal, TERMS, WsChannelTerms, model::Bank, operations,
    service_texts, terms,
};
use futures_util::future::BoxFuture;
use hyper::{HeaderMap, Method, Response, StatusCode, body::Incoming, header, http::request::Parts};
use tokio_util::task::TaskTracker;

use super::{
    auth, banks,
    data::SPOOL,
    fault::HandlerFault,
    files::listings::ListingKey,
    reasons::RefusalReason,
    service::{ServiceCall, WsChannelService},
};
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    control::ControlState,
    forwarded::client_address,
    intake::{self, IntakeError, TakenBody},
    observed::ObservedRequest,
    query::{self, PlusSign},
    router::{RouteMatch, RouteMount},
    shell::{CounterpartApi, RoutedRequest},
};

/// The request handling of the service.
pub(crate) struct ServicePipeline {
    pub(crate) service: Arc<WsChannelService>,
    mount: RouteMount,
}

/// Text of the refusal when a body did not arrive in time.
const BODY_TOO_SLOW: &str = "Request timeout";

/// The value of a header that was sent once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut given = headers.get_all(name).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    value.to_str().ok()
}

type ServiceHandler = for<'a> fn(
    &'a WsChannelService,
    &'a ServiceCall,
    InRequest<'a>,
) -> BoxFuture<'a, Result<OutResponse, HandlerFault>>;

impl ServicePipeline {
    pub(crate) fn new(service: Arc<WsChannelService>) -> Self {
        let mount = RouteMount::new(&service.config().base_path, CATALOGUE, |_| true);
        Self { service, mount }
    }

    async fn carried_out(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        let RoutedRequest { head, body, peer, found, id, ordered, observed, .. } = routed;
        match found {
            RouteMatch::Operation { entry, index, parameters } => {
                if let Some(status) = ordered {
                    observed.note(|facts| facts.reason = Some(RefusalReason::Ordered.as_str()));
                    intake::drain(body).await;
                    return refuse(&told_to_fail(status), &id);
                }
                let address = client_address(&head.headers, peer.ip(), &self.service.config().trusted_proxy);
                let mut call = ServiceCall::new(id, entry.declaration.name, address, self.service.now_ms());
                let trace = single(&head.headers, "traceparent").and_then(trace_id);
                observed.note(|facts| {
                    facts.client = Some(address);
                    facts.trace_id = trace.map(str::to_owned);
                    call.caller_request_id.clone_from(&facts.caller_request_id);
                });
                let result = match DeclaredOperation::from_entry(entry, index) {
                    Some(declared) => {
                        call.prefetch = is_prefetch(&head.headers);
                        call.needs_session = declared.terms.needs_session();
                        self.serve((head, body), declared, parameters, &mut call).await
                    }
                    None => Err(HandlerFault::internal("a routed operation has a route, terms and a handler")),
                };
                self.finish(entry, &call, result, &observed).await
            }
            RouteMatch::OtherMethods(_) if head.method == Method::OPTIONS => preflight(),
            RouteMatch::OtherMethods(methods) => {
                let mut response = refuse(&ServiceRefusal::new(405, "Method not allowed"), &id);
                if let Ok(allow) = methods.join(", ").parse() {
                    response.headers_mut().insert(header::ALLOW, allow);
                }
                response
            }
            RouteMatch::Nothing | RouteMatch::InBody => refuse(&ServiceRefusal::new(404, "Not found"), &id),
            RouteMatch::Malformed => refuse(&ServiceRefusal::new(400, "Invalid parameter(s)"), &id),
        }
    }

    async fn serve(
        &self,
        (head, body): (Parts, Incoming),
        declared: DeclaredOperation,
        parameters: Vec<(&'static str, String)>,
        call: &mut ServiceCall,
    ) -> Result<OutResponse, HandlerFault> {
        let DeclaredOperation { route, terms, handler } = declared;
        let named = parameters.iter().find(|(name, _)| matches!(*name, "Bank" | "ExtEmail"));
        call.path_object = named.map(|(_, value)| redact_words(value));
        // If a request is refused before its body was read, read it on, so that the client receives the response.
        let early = self.before_body(terms, &head.headers, &parameters, call).await;
        if let Err(fault) = early {
            intake::drain(body).await;
            return Err(fault);
        }
        let asked = ListingKey::new(&self.service, call, &parameters, head.uri.query().unwrap_or_default());
        let is_whole = http_body::Body::is_end_stream(&body);
        let asked = asked.filter(|_| is_whole);
        if let Some(known) =
            asked.as_ref().and_then(|asked| self.service.files.listings.get(&self.service, asked, call.now_ms))
        {
            return Ok(known);
        }
        let query = parse_query(head.uri.query().unwrap_or_default())?;
        let taken = self.take_body(route, body).await.inspect_err(|fault| {
            if matches!(fault, HandlerFault::Refused(ServiceRefusal { status: 408, .. })) {
                call.because(RefusalReason::BodyTooSlow);
            }
        })?;
        if !is_whole {
            // Receiving a body takes time: rights that ended meanwhile no longer count, checked before anything costly
            // begins.
            call.now_ms = self.service.now_ms();
            auth::judge_again(&self.service, terms, &mut call.caller).await?;
        }
        self.note_owner(terms, call);
        let message = InRequest { path: parameters, query, headers: None, body: taken.body, content: taken.content };
        let response = handler(&self.service, call, message).await;
        drop(taken._spool);
        if let (Some(asked), Ok(answer)) = (asked, &response) {
            self.service.files.listings.keep(asked, call, answer);
        }
        response
    }

    async fn before_body(
        &self,
        terms: &'static WsChannelTerms,
        headers: &HeaderMap,
        parameters: &[(&'static str, String)],
        call: &mut ServiceCall,
    ) -> Result<(), HandlerFault> {
        let by_address = self.service.limits.by_address(terms.rate, call.address, call.now_ms);
        by_address.inspect_err(|_| call.because(RefusalReason::RatePerAddress))?;
        let admitted = match check_headers(headers) {
            Ok(()) => auth::authorize(&self.service, headers, terms, call).await,
            Err(refusal) => Err(refusal.into()),
        };
        // Counted before it is refused: a refusal costs the service as much as a success.
        let limits = &self.service.limits;
        let (counted, reason) = match &call.caller {
            Some(caller) => (limits.by_key(&caller.session.api_key, call.now_ms), RefusalReason::RatePerKey),
            None if admitted.is_err() => {
                (limits.stranger(terms.rate, call.address, call.now_ms), RefusalReason::RatePerAddress)
            }
            None => (Ok(()), RefusalReason::RatePerAddress),
        };
        if let Err(refusal) = counted {
            call.because(reason);
            return Err(refusal.into());
        }
        admitted?;
        match parameters.iter().find(|(name, _)| *name == "Bank") {
            Some((_, bank)) if bank.is_empty() => Err((&service_texts::BANK_MISSING).into()),
            Some((_, bank)) if !self.knows(bank) => Err((&service_texts::BANK_INVALID).into()),
            Some((_, bank)) => banks::refuse_if_paused(&self.service, call, bank).await,
            None => Ok(()),
        }
    }

    /// An owner's operation requires the ownership until its commit.
    fn note_owner(&self, terms: &'static WsChannelTerms, call: &ServiceCall) {
        if matches!(terms.access, CallerAccess::Session { owner: true, .. }) {
            call.rely_on(RequiredRight::Owner);
        }
    }

    fn knows(&self, bank: &str) -> bool {
        Bank::from_text(bank).is_some_and(|bank| self.service.banks.knows(bank))
    }

    async fn take_body(&self, route: &'static Route, body: Incoming) -> Result<TakenBody, HandlerFault> {
        let config = self.service.config();
        let spool = self.service.data.join(SPOOL);
        let max = usize::try_from(config.max_body_bytes).unwrap_or(usize::MAX);
        let taking = async {
            match route.request_content {
                Some(member) => intake::with_content(body, member, max, MAX_PLAIN_BODY, &spool).await,
                None => intake::plain(body, MAX_PLAIN_BODY.min(max)).await,
            }
        };
        let limit = Duration::from_secs(config.body_timeout_s.into());
        let taken = tokio::time::timeout(limit, taking).await.map_err(|_| ServiceRefusal::new(408, BODY_TOO_SLOW))?;
        taken.map_err(|error| match error {
            IntakeError::TooLarge => ServiceRefusal::new(413, "Request too large").into(),
            IntakeError::NotBase64 => ServiceRefusal::invalid(route.request_content.unwrap_or_default()).into(),
            IntakeError::Malformed => ServiceRefusal::new(400, "Invalid parameter(s)").into(),
            IntakeError::Broken => ServiceRefusal::new(400, "Invalid parameter(s)").into(),
            IntakeError::Storage(why) => HandlerFault::unwritten("the upload spool", &why),
        })
    }

    async fn finish(
        &self,
        entry: &'static CatalogueEntry,
        call: &ServiceCall,
        result: Result<OutResponse, HandlerFault>,
        observed: &ObservedRequest,
    ) -> Response<AnswerBody> {
        // Only for the log, whose cost is not for those who do not read it.
        if tracing::enabled!(target: "bankchannel::request", tracing::Level::INFO)
            && let Some(email) = call.email()
        {
            let pseudonym = self.service.pseudonym(email);
            observed.note(|facts| facts.account = Some(pseudonym));
        }
        let audited = entry.declaration.route.as_ref().is_some_and(|route| route.audited);
        let answered = match result {
            Ok(message) if audited && !call.is_audited() => call.record(&self.service, "", "").await.map(|()| message),
            result => result,
        };
        let fault = match answered.map(|message| answer::message(&message)) {
            Ok(Ok(response)) => return response,
            Ok(Err(why)) => HandlerFault::internal(why),
            Err(fault) => fault,
        };
        if fault.is_full() {
            self.service.folders.note_full();
        }
        // The verb that would have recorded the call did not run.
        let is_recorded = call.is_audited() && !matches!(fault, HandlerFault::RightsEnded(_));
        let reason = call.reason().or_else(|| fault.reason()).map(RefusalReason::as_str);
        let refusal = fault.into_refusal(&call.request_id);
        let reason = reason.unwrap_or_else(|| refusal.error_code());
        observed.note(|facts| facts.reason = Some(reason));
        // Unauthenticated requests are not audited: they would flood the trail.
        if audited
            && !is_recorded
            && call.has_subject()
            && refusal.status != 429
            && let Err(why) = self.service.record_refusal(call.refused_entry(refusal.status, reason)).await
        {
            tracing::error!(request_id = call.request_id, %why, "the audit trail cannot be written");
        }
        refuse(&self.as_configured(entry, refusal), &call.request_id)
    }

    /// `logical_failure_status = 200`: failed login steps respond with HTTP 200 (§1.5).
    fn as_configured(&self, entry: &'static CatalogueEntry, refusal: ServiceRefusal) -> ServiceRefusal {
        let is_step = terms(entry.declaration.name).is_some_and(|terms| terms.is_login_step);
        let logical = refusal.status == 400 && is_step;
        if logical && self.service.config().logical_failure_status == 200 {
            ServiceRefusal { status: 200, ..refusal }
        } else {
            refusal
        }
    }
}

impl CounterpartApi for ServicePipeline {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        std::iter::once(&self.mount)
    }

    fn control(&self) -> Option<&ControlState> {
        self.service.control.as_deref()
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        random::uuid_v4()
    }

    fn caller_id(&self, headers: &HeaderMap) -> Option<String> {
        single(headers, "x-request-id").filter(|id| is_request_id(id)).map(str::to_owned)
    }

    /// Requests that may change something, by their method or, like `InitPasswordReset`, by their declaration: a
    /// certificate issued by a bank is stored, and an upload's outcome is recorded.
    fn finishes(&self, routed: &RoutedRequest) -> Option<&TaskTracker> {
        let may_change = match &routed.found {
            _ if routed.head.method != Method::GET => true,
            RouteMatch::Operation { entry, .. } => entry.declaration.route.as_ref().is_some_and(|route| route.audited),
            _ => false,
        };
        may_change.then_some(&self.service.running)
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        let origin = routed.head.headers.get(header::ORIGIN).cloned();
        let mut response = self.carried_out(routed).await;
        if let Some(origin) = origin.filter(|origin| self.service.config().allows_origin(origin.as_bytes())) {
            let headers = response.headers_mut();
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::VARY, header::HeaderValue::from_static("origin"));
        }
        response
    }

    fn broken_off(&self, request_id: &str) -> Response<AnswerBody> {
        refuse(&(&service_texts::INTERNAL_ERROR).into(), request_id)
    }
}

/// An operation's route, terms and handler.
#[derive(Clone, Copy)]
struct DeclaredOperation {
    route: &'static Route,
    terms: &'static WsChannelTerms,
    handler: ServiceHandler,
}

impl DeclaredOperation {
    fn from_entry(entry: &'static CatalogueEntry, index: usize) -> Option<Self> {
        let route = entry.declaration.route.as_ref()?;
        Some(Self { route, terms: TERMS[index].as_ref()?, handler: HANDLERS[index]? })
    }
}

/// The response to a request that the control interface ordered to fail.
fn told_to_fail(status: u16) -> ServiceRefusal {
    let text = if status == 500 { service_texts::INTERNAL_ERROR.text } else { "Told to fail by the control interface" };
    let retry_after_s = matches!(status, 429 | 503).then_some(1);
    ServiceRefusal { retry_after_s, ..ServiceRefusal::new(status, text) }
}

/// S38: browsers mark requests for pages that the user has not opened yet.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["purpose", "sec-purpose", "x-purpose", "x-moz"].iter().any(|name| {
        let value = headers.get(*name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        value.contains("prefetch") || value.contains("prerender") || value.contains("preview")
    })
}

pub(super) fn refuse(refusal: &ServiceRefusal, request_id: &str) -> Response<AnswerBody> {
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
fn check_headers(headers: &HeaderMap) -> Result<(), ServiceRefusal> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity") {
        return Err(ServiceRefusal::invalid("Content-Encoding"));
    }
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    let refused =
        ["application/x-www-form-urlencoded", "multipart/", "text/"].iter().any(|other| kind.starts_with(other));
    if refused && !kind.starts_with("text/json") { Err(ServiceRefusal::invalid("Content-Type")) } else { Ok(()) }
}

/// Limit of pairs in a query: no operation has a tenth of them, and each is compared with all others.
const PAIRS_MAX: usize = 64;

fn parse_query(query: &str) -> Result<Vec<(String, String)>, ServiceRefusal> {
    query::pairs(query, PlusSign::Plus, PAIRS_MAX).map_err(|_| ServiceRefusal::new(400, "Invalid parameter(s)"))
}

macro_rules! handlers {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// The handler of each operation, at its index in the catalogue.
        static HANDLERS: &[Option<ServiceHandler>] = &[$(handlers!(@one $kind $subject $file $name)),+];
    };
    (@one exchange $subject:ident $file:ident $op:ident) => {
        Some(|service, call, message| {
            type Op = operations::$subject::$file::$op;
            Box::pin(async move {
                let request = Op::decode_request(message).map_err(|fault| ServiceRefusal::from_input(&fault))?;
                super::$subject::$file::handle(service, call, request).await.map(Op::encode_response)
            })
        })
    };
    (@one local $($rest:tt)*) => { None };
}

bankchannel_ws_channel::for_each_operation!(handlers);
