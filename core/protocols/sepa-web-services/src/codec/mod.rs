//! Writes and reads the documents of a bank's services from the declarations of their operations (§2, §4, §5).
//!
//! ```text
//!   request ─► ApplicationRequest ─► RequestSeal: signed, in its envelope          (client)
//!   verified document ─► request             response ─► text of a document         (bank)
//!   verified document ─► response                                                  (client)
//! ```

mod certificates;
mod connection;
mod elements;
mod pki_factory;
mod request;

use bankchannel_foundation::{
    CallOutcome, Error,
    error::row,
    message::{Body, InRequest, InResponse, OutRequest, OutResponse, SOAP, Segment},
    model::{Boundary, Content, Object, Reader, Representation, Value, Writer},
    operation::{Codec, Exchange},
};
use bankchannel_xml::{TreeElement, XmlTree};

pub use certificates::{CertificateQuestion, certificates_of, listed_certificates};
pub use connection::FileServiceConnection;
pub use elements::ElementStyle;
pub(crate) use elements::read_fields;
pub(crate) use pki_factory::{
    BANK_ENCRYPTION, BANK_ROOT, BANK_SIGNING, CERTIFICATE_ELEMENTS, PkiHeader, read_answer as read_pki_answer,
};

use crate::{
    request::{ApplicationRequest, CertificateApplication, CertificateCommand, DocumentText, FileCommand},
    verify::is_pki_document,
};

/// An operation of one of a bank's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankServiceCommand {
    /// Of the file service.
    File(FileCommand),
    /// Of the certificate service.
    Certificate(CertificateCommand),
}

/// The terms of an exchange: its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SepaWebServicesTerms {
    /// The command in the document, and the element of the Body.
    pub command: BankServiceCommand,
}

impl SepaWebServicesTerms {
    /// An operation of the file service.
    #[must_use]
    pub const fn file(command: FileCommand) -> Self {
        Self { command: BankServiceCommand::File(command) }
    }

    /// An operation of the certificate service.
    #[must_use]
    pub const fn certificate(command: CertificateCommand) -> Self {
        Self { command: BankServiceCommand::Certificate(command) }
    }
}

/// A document before it has a time.
#[derive(Debug)]
pub enum DraftedDocument {
    /// For the file service, with its content.
    File(Box<ApplicationRequest>, Option<Content>),
    /// For the certificate service.
    Certificate(Box<CertificateApplication>),
}

/// The codec of this protocol. It writes documents before their content is compressed and before they are signed: a
/// client packs them, and seals each attempt with a time of its own.
#[derive(Debug)]
pub struct SepaWebServicesCodec;

/// The time in a document that is not to be sent.
const UNSENT: &str = "1970-01-01T00:00:00.000Z";

impl SepaWebServicesCodec {
    /// The document of a request.
    ///
    /// # Errors
    /// `input.*` for this bank's demands, `sepa_web_services.not_offered`.
    pub fn document<O: Exchange<Codec = Self>>(
        request: O::Request,
        connection: &FileServiceConnection,
    ) -> Result<DraftedDocument, Error> {
        let mut writer = Writer::new(Representation::Wire);
        let Value::Object(fields) = request.write(&mut writer) else {
            return Err(Error::internal("a request is not an object"));
        };
        match O::TERMS.command {
            BankServiceCommand::File(command) => {
                let mut document = connection.document(command, fields)?;
                let content = writer.content();
                document.has_content = content.is_some();
                Ok(DraftedDocument::File(Box::new(document), content))
            }
            BankServiceCommand::Certificate(command) => {
                connection.application(command, fields).map(|document| DraftedDocument::Certificate(Box::new(document)))
            }
        }
    }

    /// The request that a document has, whose elements are those of a verified one.
    ///
    /// # Errors
    /// `input.*`, with the names of elements.
    pub fn request_of<'t, O: Exchange<Codec = Self>>(
        elements: impl Iterator<Item = TreeElement<'t>>,
        content: Option<Content>,
    ) -> Result<O::Request, Error> {
        let mut elements = elements.peekable();
        let mut fields = match elements.peek() {
            Some(first) if is_pki_document(*first) => pki_factory::read_request(elements),
            _ => read_fields(elements, O::Request::SHAPE.fields()),
        };
        match O::TERMS.command {
            BankServiceCommand::File(_) => request::settle(&mut fields),
            BankServiceCommand::Certificate(_) => certificates::settle_request(&mut fields),
        }
        read_typed(fields, content)
    }

    /// The answer with these fields, read from a verified document, and this content.
    ///
    /// # Errors
    /// `input.*`, with the names of elements.
    pub fn answer_of<O: Exchange<Codec = Self>>(
        mut fields: Object<'static>,
        content: Option<Content>,
    ) -> Result<O::Response, Error> {
        certificates::settle_answer(&mut fields)?;
        read_typed(fields, content)
    }

    /// The document of an answer in a bank's style, without its signature: the root's start tag must declare the
    /// prefix of the style.
    pub fn answer_text<O: Exchange<Codec = Self>>(response: O::Response, style: ElementStyle<'_>) -> AnswerText {
        AnswerText::new(response, style)
    }
}

/// The text of an answer's document inside of its root, split where its content belongs.
#[derive(Debug)]
pub struct AnswerText {
    /// What comes before the content; all, if there is none.
    pub before_content: String,
    /// What comes behind it.
    pub behind_content: String,
    /// The content.
    pub content: Option<Content>,
}

impl AnswerText {
    /// Writes an answer, or whatever has fields with the names of its elements, in their order.
    #[must_use]
    pub fn new<T: Boundary>(answer: T, style: ElementStyle<'_>) -> Self {
        let mut writer = Writer::new(Representation::Wire);
        let mut written = answer.write(&mut writer);
        if let Value::Object(fields) = &mut written {
            certificates::to_wire(fields);
        }
        let mut before_content = String::new();
        let at = written
            .as_object()
            .and_then(|object| elements::write_fields(&mut before_content, style, T::SHAPE.fields(), object));
        let behind_content = at.map(|at| before_content.split_off(at)).unwrap_or_default();
        Self { before_content, behind_content, content: writer.content() }
    }
}

fn read_typed<T: Boundary>(fields: Object<'_>, content: Option<Content>) -> Result<T, Error> {
    T::read(Value::Object(fields), &mut Reader::new(Representation::Wire).with_content(content))
}

/// The fields of a document's root, if it is one of this service.
fn with_root<T>(body: &[u8], read: impl FnOnce(TreeElement<'_>) -> Result<T, Error>) -> Result<T, Error> {
    let unreadable = |why: String| Error::because(&row::INVALID_FIELD, format!("the document {why}"));
    let text = std::str::from_utf8(body).map_err(|_| unreadable("is not UTF-8".to_owned()))?;
    let tree = XmlTree::read(text).map_err(|fault| unreadable(format!("cannot be read: {fault}")))?;
    read(tree.root())
}

impl Codec for SepaWebServicesCodec {
    type Credentials = FileServiceConnection;
    type Terms = SepaWebServicesTerms;

    fn encode_request<O: Exchange<Codec = Self>>(
        request: O::Request,
        with: &FileServiceConnection,
    ) -> Result<OutRequest, Error> {
        let (document, content) = match Self::document::<O>(request, with)? {
            DraftedDocument::File(document, content) => (*document, content),
            DraftedDocument::Certificate(document) => {
                let (timestamp, request_id) = (UNSENT.to_owned(), "0".to_owned());
                let document = CertificateApplication { timestamp, request_id, ..*document };
                let body = whole(document.write()?, None, document.end());
                return Ok(OutRequest {
                    method: "POST".to_owned(),
                    target: "/".to_owned(),
                    body,
                    ..OutRequest::default()
                });
            }
        };
        let compression_method = document.wants_compression.filter(|wanted| *wanted).map(|_| "GZIP".to_owned());
        let DocumentText { before_content, behind_content } =
            ApplicationRequest { timestamp: UNSENT.to_owned(), compression_method, ..document }.write()?;
        let end = format!("{behind_content}{}", DocumentText::END);
        let body = whole(before_content, content, end);
        Ok(OutRequest { method: "POST".to_owned(), target: "/".to_owned(), body, ..OutRequest::default() })
    }

    fn decode_request<O: Exchange<Codec = Self>>(message: InRequest<'_>) -> Result<O::Request, Error> {
        with_root(&message.body, |root| Self::request_of::<O>(root.children(), message.content))
    }

    fn encode_response<O: Exchange<Codec = Self>>(response: O::Response) -> OutResponse {
        let AnswerText { before_content, behind_content, content } =
            Self::answer_text::<O>(response, ElementStyle::PLAIN);
        let begin = format!("<ApplicationResponse{}>{before_content}", ElementStyle::PLAIN.declares());
        OutResponse::new(200, whole(begin, content, format!("{behind_content}</ApplicationResponse>")))
    }

    fn decode_response<O: Exchange<Codec = Self>>(message: InResponse) -> Result<O::Response, Error> {
        let status = message.status;
        if !(200..300).contains(&status) {
            let failed = Error::because(&row::HTTP_STATUS, format!("the bank's server answers with HTTP {status}"));
            return Err(failed.with_status(status).with_outcome(CallOutcome::Unknown));
        }
        with_root(&message.message.body, |root| {
            let mut fields = read_fields(root.children(), O::Response::SHAPE.fields());
            certificates::settle_answer(&mut fields)?;
            read_typed(fields, message.content)
        })
    }
}

/// A document around its content.
fn whole(begin: String, content: Option<Content>, end: String) -> Body {
    let mut segments = vec![Segment::Literal(begin.into())];
    segments.extend(content.map(Segment::Base64));
    segments.push(Segment::Literal(end.into()));
    Body::of_segments(SOAP, segments)
}

/// The text of a field with this name.
pub(crate) fn take_text(fields: &mut Object<'_>, name: &str) -> Option<String> {
    fields.remove(name).and_then(|value| value.as_str().map(str::to_owned))
}
