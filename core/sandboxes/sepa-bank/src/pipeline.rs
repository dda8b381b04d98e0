//! Answers requests: HTTP, examination, handler, signed answer (§9.1).
//!
//! ```text
//!   S0 path, method ─► S1 media type ─► body ─► examination ─► handler ─► changes committed ─► answer, signed
//!                                                  └─ refused: a signed answer with the code, or a SOAP fault
//! ```

use std::sync::Arc;

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{
    Error,
    model::{Boundary, Content, Timestamp},
};
use bankchannel_sepa_web_services::{
    answer::charset_of,
    codec::{AnswerText, ElementStyle},
    model::FileServiceAnswer,
    operations::files::download_file::DownloadBankFileResponse,
    profile::BankFamily,
    request::FileCommand,
};
use bankchannel_server::http::{
    answer::{self, AnswerBody},
    control::{ControlState, OrderedStatus},
    intake::{self, IntakeError},
    observed::RequestFacts,
    router::{RouteMatch, RouteMount},
    shell::{CounterpartApi, RoutedRequest},
};
use bankchannel_transport::background;
use bytes::Bytes;
use hyper::{HeaderMap, Response, StatusCode, header, header::HeaderValue};

use super::{
    answer::{AnswerShape, AnswerWriter, WrittenHeader, soap_fault},
    certificate_service::{ExaminedApplication, Issued, Issuing},
    certificates::FamilyCertificates,
    chaos::{BankFault, REVOCATION_LIST},
    dialect::BankDialect,
    examination::{BankRequest, ExaminedRequest, RequestRefusal, SeenHeader},
    files,
    reply::{BankReply, CallHeaders, unquoted},
    service::SandboxSepaBank,
    state::{SandboxChange, StateData},
    users,
};

/// Largest body, bytes (§10.6).
const BODY_MAX: usize = 80 * 1024 * 1024;

/// A request for a handler.
pub(crate) struct HandlerCall<'a> {
    pub(crate) bank: &'a SandboxSepaBank,
    pub(crate) dialect: &'static BankDialect,
    pub(crate) request: &'a BankRequest,
    pub(crate) state: &'a StateData,
    /// The time of files, milliseconds.
    pub(crate) now_ms: i64,
    pub(crate) faults: &'a [BankFault],
}

impl HandlerCall<'_> {
    /// What every answer that says yes has.
    pub(crate) fn success(&self) -> FileServiceAnswer {
        let text = |name: &str| self.request.text(name).map(str::to_owned);
        let mut answer = FileServiceAnswer::new(
            text("CustomerId").unwrap_or_default(),
            Timestamp::from_ms(self.bank.message_s() * 1000),
            "00".to_owned(),
            self.dialect.ok.to_owned(),
        );
        answer.execution_serial = text("ExecutionSerial");
        answer
    }
}

/// A handler's answer.
pub(crate) struct HandlerAnswer {
    /// The document; `None` for a code alone.
    text: Option<AnswerText>,
    code: u32,
    said: String,
    /// What changes with it.
    changes: Vec<SandboxChange>,
}

impl HandlerAnswer {
    pub(crate) fn new(text: AnswerText) -> Self {
        Self { text: Some(text), code: 0, said: String::new(), changes: Vec::new() }
    }

    /// The same answer, with what changes.
    pub(crate) fn changing(self, changes: Vec<SandboxChange>) -> Self {
        Self { changes, ..self }
    }

    /// A code that is no refusal, such as that of an empty list.
    pub(crate) fn code(code: u32, said: &str) -> Self {
        Self { text: None, code, said: said.to_owned(), changes: Vec::new() }
    }
}

/// An answer with compressed content, in the order of the schema.
#[derive(Debug, Clone, Boundary)]
pub(crate) struct DownloadAnswer {
    /// What every answer has.
    #[boundary(flatten)]
    answer: FileServiceAnswer,
    /// Whether the content is compressed.
    compressed: bool,
    /// How.
    compression_method: String,
    /// The type of the file.
    file_type: Option<String>,
    /// The content.
    content: Content,
}

impl DownloadAnswer {
    pub(crate) fn packed(answer: DownloadBankFileResponse, compression_method: String) -> Self {
        let DownloadBankFileResponse { answer, file_type, content, .. } = answer;
        Self { answer, compressed: true, compression_method, file_type, content }
    }
}

/// The handler of a command.
fn handler(command: FileCommand) -> fn(&HandlerCall<'_>) -> Result<HandlerAnswer, RequestRefusal> {
    match command {
        FileCommand::UploadFile => files::upload_file::handle,
        FileCommand::DownloadFileList => files::list_files::handle,
        FileCommand::DownloadFile => files::download_file::handle,
        FileCommand::DeleteFile => files::delete_file::handle,
        FileCommand::GetUserInfo => users::get_user_info::handle,
    }
}

/// A service of a family.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BankService {
    Files,
    Certificates,
}

impl BankService {
    fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Certificates => "certificates",
        }
    }

    /// The service at a path.
    fn at(path: &str) -> Option<(&'static BankDialect, Self)> {
        let files = BankDialect::at(path).map(|dialect| (dialect, Self::Files));
        files.or_else(|| BankDialect::with_certificates_at(path).map(|dialect| (dialect, Self::Certificates)))
    }
}

/// A message as its service has examined it.
enum ExaminedServiceRequest {
    File(Box<ExaminedRequest>),
    Certificate(Box<ExaminedApplication>),
}

impl ExaminedServiceRequest {
    fn header(&self) -> &SeenHeader {
        match self {
            Self::File(request) => &request.header,
            Self::Certificate(application) => &application.header,
        }
    }

    fn operation(&self) -> &'static str {
        match self {
            Self::File(request) => request.operation,
            Self::Certificate(application) => application.operation,
        }
    }

    fn customer_id(&self) -> Option<&str> {
        match self {
            Self::File(request) => request.customer_id(),
            Self::Certificate(application) => application.customer_id(),
        }
    }
}

/// The bank's API.
pub(crate) struct SepaBankPipeline {
    pub(crate) bank: Arc<SandboxSepaBank>,
}

impl CounterpartApi for SepaBankPipeline {
    fn mounts(&self) -> impl Iterator<Item = &RouteMount> {
        std::iter::empty()
    }

    fn route(&self, method: &str, path: &str) -> (usize, RouteMatch) {
        let allowed = method_at(path);
        let found = match (allowed, method) {
            (Some(allowed), method) if method == allowed => RouteMatch::InBody,
            (Some(allowed), _) => RouteMatch::OtherMethods(vec![allowed]),
            (None, _) => RouteMatch::Nothing,
        };
        (0, found)
    }

    fn control(&self) -> Option<&ControlState> {
        self.bank.control.as_deref()
    }

    fn request_id(&self, _headers: &HeaderMap) -> String {
        String::new()
    }

    async fn answer(&self, routed: RoutedRequest) -> Response<AnswerBody> {
        let path = routed.head.uri.path();
        let (dialect, service) = match (&routed.found, BankService::at(path)) {
            (RouteMatch::InBody, Some(found)) => found,
            (RouteMatch::InBody, None) => match BankDialect::with_revocation_list_at(path) {
                Some(dialect) => return self.revocation_list(dialect, routed).await,
                None => return answer::empty(StatusCode::NOT_FOUND),
            },
            (RouteMatch::OtherMethods(_), _) => {
                let mut refused = answer::empty(StatusCode::METHOD_NOT_ALLOWED);
                let method = method_at(path).unwrap_or("POST");
                refused.headers_mut().insert(header::ALLOW, HeaderValue::from_static(method));
                return refused;
            }
            _ => return answer::empty(StatusCode::NOT_FOUND),
        };
        let media = routed.head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media = media.unwrap_or_default().to_ascii_lowercase();
        if media.split(';').next().map(str::trim) != Some("text/xml") {
            intake::drain(routed.body).await;
            return answer::empty(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let called = CallHeaders {
            charset: charset_of(&media),
            soap_action: routed.head.headers.get("soapaction").and_then(|value| value.to_str().ok()).map(unquoted),
        };
        let body = match intake::plain(routed.body, BODY_MAX).await {
            Ok(taken) => taken.body,
            Err(IntakeError::TooLarge) => return answer::empty(StatusCode::PAYLOAD_TOO_LARGE),
            Err(_) => return answer::empty(StatusCode::BAD_REQUEST),
        };
        let _loaded = self.bank.load.begin(format!("{}/{}", dialect.name(), service.name()));
        let bank = Arc::clone(&self.bank);
        let reply = background::blocking(move || bank.reply((dialect, service), body, called)).await;
        match reply {
            Ok(mut reply) => {
                routed.observed.note(|facts| *facts = std::mem::take(&mut reply.seen));
                reply.into_response(&self.bank.held).await
            }
            Err(_) => answer::empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The method of what is at a path.
fn method_at(path: &str) -> Option<&'static str> {
    match BankService::at(path) {
        Some(_) => Some("POST"),
        None => BankDialect::with_revocation_list_at(path).map(|_| "GET"),
    }
}

impl SepaBankPipeline {
    /// The list of a family.
    async fn revocation_list(&self, dialect: &'static BankDialect, routed: RoutedRequest) -> Response<AnswerBody> {
        let _loaded = self.bank.load.begin(format!("{}/{}", dialect.name(), REVOCATION_LIST));
        let bank = Arc::clone(&self.bank);
        let listed = background::blocking(move || {
            let faults = bank.faults.take_of_list(dialect.name());
            let list = bank.certificates_of(dialect).revocation_list(bank.message_s(), &faults);
            list.map(|body| BankReply { status: 200, body, seen: RequestFacts::default(), faults })
        });
        match listed.await {
            Ok(Ok(reply)) => {
                let seen = RequestFacts { operation: REVOCATION_LIST, ..RequestFacts::default() };
                routed.observed.note(|facts| *facts = seen);
                let mut response = reply.into_response(&self.bank.held).await;
                let media = HeaderValue::from_static("application/pkix-crl");
                response.headers_mut().insert(header::CONTENT_TYPE, media);
                response
            }
            _ => answer::empty(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

impl SandboxSepaBank {
    /// Answers a message. Takes as long as its signatures and the answer's.
    fn reply(
        &self,
        (dialect, service): (&'static BankDialect, BankService),
        message: Bytes,
        called: CallHeaders,
    ) -> BankReply {
        let certificates = self.certificates_of(dialect);
        if service == BankService::Certificates && dialect.family == BankFamily::Danske {
            return self.reply_of_pki(dialect, message, called);
        }
        let (examined, service) = match service {
            BankService::Files => {
                let examined = ExaminedRequest::new(self, dialect, certificates, message, called.charset);
                (ExaminedServiceRequest::File(Box::new(examined)), AnswerShape::files(dialect))
            }
            BankService::Certificates => {
                let examined = ExaminedApplication::new(self, (dialect, certificates), message, called.charset);
                (ExaminedServiceRequest::Certificate(Box::new(examined)), AnswerShape::certificates(dialect))
            }
        };
        let (operation, seen_header) = (examined.operation(), examined.header().clone());
        let short = operation.rsplit('.').next().unwrap_or_default();
        let faults = self.faults.take(dialect.name(), short);
        if operation.ends_with("upload_file") {
            self.count_upload(dialect, &seen_header.sender_id);
        }
        let mut seen = RequestFacts {
            operation: if operation.is_empty() { "-" } else { operation },
            request_id: seen_header.request_id.clone(),
            ..RequestFacts::default()
        };
        let ordered = self.control.as_ref().and_then(|control| control.fault_for(operation));
        if let Some(OrderedStatus::Instead(status, _)) = ordered {
            seen.why = "a status was ordered".to_owned();
            return BankReply { status, body: Vec::new(), seen, faults };
        }
        let is_ordered_away = faults.iter().any(|fault| {
            matches!(
                fault,
                BankFault::Fault | BankFault::Http(_) | BankFault::Close | BankFault::Half | BankFault::Html
            )
        });
        let done = if is_ordered_away {
            Err(RequestRefusal::Fault { code: "Server", text: "ordered", why: "a fault was ordered".to_owned() })
        } else {
            match &examined {
                ExaminedServiceRequest::File(request) => self.carry_out(dialect, request, &faults),
                ExaminedServiceRequest::Certificate(application) => {
                    self.issue((dialect, certificates), application, &faults)
                }
            }
        };
        let now_s = self.message_s();
        let recipient = match &examined {
            ExaminedServiceRequest::File(request) => self.recipient_of(dialect, request),
            ExaminedServiceRequest::Certificate(_) => None,
        };
        let writer = AnswerWriter { dialect, service: &service, certificates, now_s, faults: &faults, recipient };
        let mut header = WrittenHeader {
            wrapper: seen_header.wrapper,
            sender_id: seen_header.sender_id,
            request_id: seen_header.request_id,
            code: "00".to_owned(),
            text: dialect.ok.to_owned(),
        };
        let (status, text) = match done {
            Ok(HandlerAnswer { text: Some(text), .. }) => (200, text),
            Ok(HandlerAnswer { text: None, code, said, .. }) => {
                (header.code, header.text) = (format!("{code:02}"), said);
                (200, self.code_alone(service.style, examined.customer_id(), &header))
            }
            Err(refusal @ RequestRefusal::Fault { code, text, .. }) => {
                seen.why = refusal.why();
                let number = if code == "Server" { 26 } else { 12 };
                let body = soap_fault(code, text, "message", number);
                return BankReply { status: 500, body, seen, faults };
            }
            Err(refusal @ RequestRefusal::Code { .. }) => {
                seen.why = refusal.why();
                tracing::info!(operation, why = seen.why, "a request was refused");
                if let RequestRefusal::Code { code, text, .. } = refusal {
                    (header.code, header.text) = (format!("{code:02}"), text);
                }
                (200, self.code_alone(service.style, examined.customer_id(), &header))
            }
        };
        let text =
            forced(&mut header, text, &faults, |header| self.code_alone(service.style, examined.customer_id(), header));
        match writer.write(&header, text) {
            Ok(_) if ordered.is_some() => {
                let status = ordered.map_or(status, |ordered| match ordered {
                    OrderedStatus::Instead(status, _) | OrderedStatus::Afterwards(status) => status,
                });
                BankReply { status, body: Vec::new(), seen, faults }
            }
            Ok(body) => BankReply { status, body, seen, faults },
            Err(error) => {
                tracing::error!(%error, "the sandbox bank cannot write an answer");
                BankReply { status: 500, body: soap_fault("Server", "technical error", "system", 26), seen, faults }
            }
        }
    }

    /// The certificate for which answers to a request are encrypted: the one that was issued with the signer's.
    fn recipient_of(&self, dialect: &BankDialect, request: &ExaminedRequest) -> Option<Certificate> {
        dialect.encryption?;
        let (id, signer) = request.signer()?;
        let certificates = self.certificates_of(dialect);
        let (customer, issued) = self.state.read(|state| {
            let customer = state.customer(dialect.name(), id).cloned();
            let pem = signer.to_pem();
            let issued = state.all_issued().iter().find(|one| one.pem == pem);
            (customer, issued.and_then(|issued| issued.encryption_pem.clone()))
        });
        match issued {
            Some(pem) => Certificate::from_pem(&pem).ok(),
            None => certificates.of_the_beginning(&customer?).ok()?.1,
        }
    }

    fn count_upload(&self, dialect: &BankDialect, sender_id: &str) {
        let key = format!("{}/{sender_id}", dialect.name());
        let counted = self.state.change::<(), Error>(|_| Ok(((), vec![SandboxChange::UploadSeen { key }])));
        if let Err(error) = counted {
            tracing::error!(%error, "the sandbox bank cannot count an upload");
        }
    }

    /// Checks a request, carries it out and commits what changes, in one step.
    fn carry_out(
        &self,
        dialect: &'static BankDialect,
        examined: &ExaminedRequest,
        faults: &[BankFault],
    ) -> Result<HandlerAnswer, RequestRefusal> {
        let looks = !faults.contains(&BankFault::NoDuplicateCheck);
        self.state.change(|state| {
            let (request, mut changes) = examined.check(self, dialect, state, looks)?;
            let call = HandlerCall { bank: self, dialect, request, state, now_ms: self.scenario_ms(), faults };
            let mut answer = handler(request.command)(&call)?;
            changes.append(&mut answer.changes);
            Ok((answer, changes))
        })
    }

    /// The same for a request for a certificate. A wrong code is counted although it is refused.
    fn issue(
        &self,
        (dialect, certificates): (&'static BankDialect, &FamilyCertificates),
        examined: &ExaminedApplication,
        faults: &[BankFault],
    ) -> Result<HandlerAnswer, RequestRefusal> {
        let application = examined.check(dialect)?;
        // A refusal that was ordered issues nothing.
        if let Some(code) =
            faults.iter().find_map(|fault| if let BankFault::Code(code) = fault { Some(*code) } else { None })
            && code != 0
        {
            return Err(RequestRefusal::code(code, "as ordered", "a code was ordered"));
        }
        let answer = self.state.change::<_, Error>(|state| {
            let issuing = Issuing { bank: self, dialect, certificates, application, state, faults };
            let Issued { answer, changes } = issuing.carry_out();
            Ok((answer, changes))
        })?;
        answer.map(HandlerAnswer::new)
    }

    /// The document of an answer that has a code and nothing else.
    fn code_alone(&self, style: ElementStyle<'_>, customer: Option<&str>, header: &WrittenHeader) -> AnswerText {
        let customer = customer.unwrap_or(&header.sender_id);
        let customer = if customer.is_empty() { "0" } else { customer };
        let answer = FileServiceAnswer::new(
            customer.chars().take(16).collect(),
            Timestamp::from_ms(self.message_s() * 1000),
            header.code.clone(),
            header.text.chars().take(80).collect(),
        );
        AnswerText::new(answer, style)
    }
}

/// The codes that were ordered.
fn forced(
    header: &mut WrittenHeader,
    text: AnswerText,
    faults: &[BankFault],
    alone: impl Fn(&WrittenHeader) -> AnswerText,
) -> AnswerText {
    let mut text = text;
    for fault in faults {
        let (in_header, in_document, code) = match fault {
            BankFault::Code(code) => (true, true, code),
            BankFault::SoapCode(code) => (true, false, code),
            BankFault::DocumentCode(code) => (false, true, code),
            _ => continue,
        };
        let mut ordered = WrittenHeader { code: format!("{code:02}"), text: "as ordered".to_owned(), ..header.clone() };
        if in_document {
            text = alone(&ordered);
        }
        if in_header {
            std::mem::swap(header, &mut ordered);
        }
    }
    text
}
