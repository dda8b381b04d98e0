//! An answer of a bank's service: believed or not, and its content (§4.6, §5.2, §6.5).
//!
//! ```text
//!   HTTP answer ─► V1 ─► examine_parts: V2 to V12 ─► V9 V13 ours? ─► V14 codes ─► fields ─► response
//!                                                                                   └─► V15 content, piece by piece
//! ```
//!
//! An upload whose answer is not believed, or says neither yes nor no, has the outcome `unknown`.

mod certificates;
mod codes;
mod content;
mod faults;

use bankchannel_crypto::{digest, x509::Certificate};
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    error::row,
    message::InResponse,
    model::{Field, Object, PieceSource, Value},
};
use bankchannel_xml::TreeElement;
pub use certificates::{
    CertificateExpectation, CertificatesOfAnswer, bank_encryption_certificate, names_certificate_of,
};
pub use content::{UnpackingLimits, unpack as unpack_content};

use crate::{
    codec::{PkiHeader, read_fields, read_pki_answer},
    model::ExchangeEvidence,
    profile::BankFamily,
    verify::{CoveredDocument, CoveredEnvelope, CoveredParts, VerificationRules, examine_parts},
};
use content::AnswerContent;

/// The headers of an answer that are read.
pub const ANSWER_HEADERS: &[&str] = &["content-type"];

/// What an answer must fit.
#[derive(Debug)]
pub struct AnswerExpectation<'e> {
    /// How it is verified.
    pub rules: &'e VerificationRules,
    /// The operation, such as `list_files`.
    pub operation: &'static str,
    /// Whether it was sent once for all, so that only a believed yes or no settles what became of it: a file, a request for
    /// a certificate.
    pub is_once: bool,
    /// For an answer of the certificate service; `None` for one of the file service.
    pub certificates: Option<CertificateExpectation<'e>>,
    /// The sender of the request.
    pub sender_id: &'e str,
    /// The customer of the request.
    pub customer_id: &'e str,
    /// The id of the request.
    pub request_id: &'e str,
    /// The time in the request's document.
    pub request_timestamp: &'e str,
    /// SHA-256 of the request's document as it was signed.
    pub request_digest: &'e [u8],
    /// The `execution_serial` of the request.
    pub execution_serial: Option<&'e str>,
    /// The fields of the response.
    pub fields: &'static [Field],
    /// How far content is unpacked.
    pub limits: UnpackingLimits,
}

/// An answer that is believed, and says that it has succeeded.
pub struct BelievedMessage {
    /// Its fields, with the names of elements.
    pub fields: Object<'static>,
    /// Its content, unpacked piece by piece.
    pub content: Option<PieceSource>,
    /// What shows later which messages were exchanged.
    pub evidence: ExchangeEvidence,
    /// The certificates that signed it: of the envelope, then of the document.
    pub signers: Vec<Certificate>,
    /// The certificates for the keys of the request, if any were asked for.
    pub certificates: CertificatesOfAnswer,
}

bankchannel_foundation::redacted_debug!(BelievedMessage, evidence);

/// Opens an answer: nothing of it counts before all signatures hold. May take as long as reading it.
///
/// # Errors
/// Of `sepa_web_services.*` and `peer.*`; each has its outcome.
pub fn open_answer(answer: InResponse, expected: &AnswerExpectation<'_>) -> Result<BelievedMessage> {
    let received = faults::ReceivedAnswer::of(&answer, expected.is_once);
    check_transport(&answer, &received)?;
    let mut parts = AnswerParts { expected, header: None, unsigned: None, document: None, signers: Vec::new() };
    let more = expected.certificates.map(|certificates| certificates.rules(&answer.message.body, expected.rules));
    let rules = more.as_ref().unwrap_or(expected.rules);
    let (verdict, text) = examine_parts(answer.message.body, rules, &mut parts);
    let AnswerParts { header, unsigned, document, signers, .. } = parts;
    let may_lack_header = expected.certificates.is_some_and(|one| !one.family.signs_certificate_answers());
    let is_signed = header.is_some() || may_lack_header;
    let believed = document.filter(|_| verdict.valid && is_signed);
    let (Some(document), Some(text)) = (believed, text) else {
        return Err(faults::not_believed(&verdict, &received));
    };
    let header = header.unwrap_or_default();
    if !header.operation.is_empty() {
        header.check(expected)?;
    }
    if let Some(unsigned) = unsigned {
        check_unsigned(&unsigned, document.own.as_ref(), expected)?;
    }
    document.check(expected)?;
    let (soap, own) = (header.code.as_deref(), document.text("ResponseCode").unwrap_or_default());
    codes::check(expected, soap, own, document.text("ResponseText")).map_err(|error| {
        // On an error the content is an explanation, never a file.
        match document.content.as_ref().and_then(|place| content::explanation(&text, place)) {
            Some(explanation) => error.with("explanation", explanation),
            None => error,
        }
    })?;
    let evidence = ExchangeEvidence {
        request_id: expected.request_id.to_owned(),
        request_timestamp: expected.request_timestamp.to_owned(),
        request_sha256: digest::hex(expected.request_digest),
        answer_sha256: digest::hex(&document.digest),
        soap_response_code: header.code,
        signer_serials: signers.iter().map(Certificate::serial_hex).collect(),
    };
    let certificates = match expected.certificates {
        Some(certificates) => {
            certificates.check_bank_own(&document.fields, rules)?;
            certificates.own_of(&document.fields, rules.at_s)?
        }
        None => CertificatesOfAnswer::default(),
    };
    let BelievedDocument { fields, content, compressed, method, .. } = document;
    let wants_content = expected.fields.iter().any(|field| field.wire == "Content");
    let content = content
        .filter(|_| wants_content)
        .map(|place| AnswerContent { text, place }.unpacked(compressed, method.as_deref(), expected.limits));
    // The answer is believed: a content that is not as announced fails when it is taken, whatever is wrong with it.
    let content = content.map(|content| content.unwrap_or_else(faults::broken_content));
    Ok(BelievedMessage { fields, content, evidence, signers, certificates })
}

/// V1: whether this is an answer of the channel at all.
fn check_transport(answer: &InResponse, received: &faults::ReceivedAnswer) -> Result<()> {
    if !matches!(answer.status, 200 | 500) {
        return Err(received.http_failure());
    }
    if let Some(fault) = faults::other_soap_fault(&answer.message.body) {
        return Err(received.other_fault(fault));
    }
    let media = answer.headers.get("content-type").map(|value| String::from_utf8_lossy(value).into_owned());
    let media = media.unwrap_or_default();
    let bare = media.split(';').next().unwrap_or_default().trim();
    let is_empty = answer.message.body.trim_ascii().is_empty();
    let is_xml = bare.is_empty() || bare.eq_ignore_ascii_case("text/xml");
    if answer.status == 500 && (is_empty || !is_xml) {
        return Err(received.http_failure());
    }
    if is_empty {
        return Err(received.unreadable("the bank's answer is empty"));
    }
    if !is_xml {
        let kind = if bare.eq_ignore_ascii_case("text/html") { "a web page" } else { "no SOAP message" };
        return Err(received.unreadable(&format!("the bank's server answers with {kind}: the address may be wrong")));
    }
    Ok(())
}

/// The charset that a `Content-Type` names.
#[must_use]
pub fn charset_of(media_type: &str) -> Option<String> {
    let named = media_type.split(';').skip(1).find_map(|part| part.trim().strip_prefix("charset="));
    named.map(|name| name.trim_matches('"').to_owned())
}

/// Takes the parts that an answer's signatures cover.
struct AnswerParts<'e> {
    expected: &'e AnswerExpectation<'e>,
    header: Option<BelievedHeader>,
    /// The header of an answer of Danske's certificate service.
    unsigned: Option<PkiHeader>,
    document: Option<BelievedDocument>,
    signers: Vec<Certificate>,
}

/// The header of an answer; empty if it is not signed.
#[derive(Default)]
struct BelievedHeader {
    operation: String,
    sender_id: Option<String>,
    request_id: Option<String>,
    code: Option<String>,
}

/// The document of an answer.
struct BelievedDocument {
    fields: Object<'static>,
    /// Where its content is.
    content: Option<content::ContentPlace>,
    compressed: bool,
    method: Option<String>,
    digest: Vec<u8>,
    serial: Option<String>,
    /// The names that a document of Danske's certificate service has under its signature.
    own: Option<SignedPkiFacts>,
}

/// The signed part of a message whose header is not signed.
struct SignedPkiFacts {
    /// The operation that its root names.
    operation: Option<&'static str>,
    /// The id of the request, where the bank writes it.
    request_id: String,
}

impl CoveredParts for AnswerParts<'_> {
    fn unverified(&mut self, wrapper: TreeElement<'_>) {
        let is_pki = self.expected.certificates.is_some_and(|certificates| certificates.family == BankFamily::Danske);
        self.unsigned = is_pki.then(|| PkiHeader::read(wrapper));
    }

    fn envelope(&mut self, envelope: &CoveredEnvelope<'_>) {
        let (wrapper, signer) = (envelope.wrapper, envelope.signer);
        let header = wrapper.children().next();
        let text = |name: &str| {
            let found = header.and_then(|header| header.children().find(|one| one.local() == name));
            found.and_then(TreeElement::text).map(str::to_owned)
        };
        let code = text("ResponseCode").filter(|code| !code.trim().is_empty());
        let (sender_id, request_id) = (text("SenderId"), text("RequestId"));
        self.header = Some(BelievedHeader { operation: wrapper.local().to_owned(), sender_id, request_id, code });
        self.signers.push(signer.clone());
    }

    fn document(&mut self, document: &CoveredDocument<'_>) {
        let children = || document.root.children();
        let text = |name: &str| children().find(|one| one.local() == name).and_then(TreeElement::text);
        let content = children().find(|one| one.local() == "Content").and_then(TreeElement::text);
        let fields = match &self.unsigned {
            Some(header) => read_pki_answer(children(), header),
            None => read_fields(children(), self.expected.fields),
        };
        let own = self.unsigned.is_some().then(|| SignedPkiFacts {
            operation: crate::verify::operation_of_pki_answer(document.root.element().local()),
            request_id: text("RequestId").unwrap_or_default().trim().to_owned(),
        });
        self.document = Some(BelievedDocument {
            own,
            fields: match Value::Object(fields).into_owned() {
                Value::Object(fields) => fields,
                _ => Object::new(),
            },
            content: content.map(|content| content::ContentPlace::find(content, document.text)),
            compressed: matches!(text("Compressed").map(str::trim), Some("true" | "1")),
            method: text("CompressionMethod").map(|method| method.trim().to_owned()),
            digest: document.digest.to_vec(),
            serial: text("ExecutionSerial").map(str::to_owned),
        });
        self.signers.push(document.signer.clone());
    }
}

/// An answer that belongs to something else.
fn foreign(what: &str) -> Error {
    let text = format!("the answer belongs to another request: {what}");
    Error::because(&row::PEER_PROTOCOL, text).with_outcome(CallOutcome::Unknown)
}

/// V9 where the header is not signed: it must be that of an answer to this request all the same, and so must the document,
/// which is signed.
fn check_unsigned(
    header: &PkiHeader,
    document: Option<&SignedPkiFacts>,
    expected: &AnswerExpectation<'_>,
) -> Result<()> {
    let operation = Some(expected.operation);
    if header.operation != operation || document.is_none_or(|document| document.operation != operation) {
        return Err(foreign("it is of another operation"));
    }
    if document.is_some_and(|one| !one.request_id.is_empty() && one.request_id != expected.request_id) {
        return Err(foreign("the RequestId in its document is not that of the request"));
    }
    if header.request_id != expected.request_id {
        return Err(foreign("its RequestId is not that of the request"));
    }
    if header.sender_id != expected.sender_id {
        return Err(foreign("its SenderId is not that of the request"));
    }
    Ok(())
}

impl BelievedHeader {
    /// V9: whether it answers this request.
    fn check(&self, expected: &AnswerExpectation<'_>) -> Result<()> {
        let operation = crate::verify::operation_of_wrapper(&self.operation);
        if operation != Some(expected.operation) {
            return Err(foreign("it is of another operation"));
        }
        if self.request_id.as_deref() != Some(expected.request_id) {
            return Err(foreign("its RequestId is not that of the request"));
        }
        if self.sender_id.as_deref() != Some(expected.sender_id) {
            return Err(foreign("its SenderId is not that of the request"));
        }
        Ok(())
    }
}

impl BelievedDocument {
    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// V13: whether it is for this customer, and answers this request.
    fn check(&self, expected: &AnswerExpectation<'_>) -> Result<()> {
        if self.text("CustomerId") != Some(expected.customer_id) {
            return Err(foreign("its CustomerId is not that of the request"));
        }
        match (self.serial.as_deref(), expected.execution_serial) {
            (Some(found), Some(sent)) if found != sent => {
                Err(foreign("its ExecutionSerial is not that of the request"))
            }
            _ => Ok(()),
        }
    }
}
