//! A request to a certificate service: its content and its signer.

use bankchannel_crypto::x509::{Certificate, CertificateRequest};
use bankchannel_sepa_web_services::{
    request::CertificateCommand,
    verify::{CoveredDocument, CoveredParts, MessageKind, MessageVerdict, VerificationRules, examine_parts},
};
use bankchannel_xml::TreeElement;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;

use crate::{
    certificates::FamilyCertificates,
    dialect::BankDialect,
    examination::{RequestRefusal, SeenHeader, operation_named},
    request_schema,
    service::SandboxSepaBank,
};

/// The elements of the header, and the most characters of each.
const HEADER: [(&str, usize); 3] = [("SenderId", 35), ("RequestId", 35), ("Timestamp", 40)];

/// The document of a request.
pub(crate) struct SeenApplication {
    pub(crate) command: CertificateCommand,
    elements: Vec<(String, String)>,
    /// Who signed it.
    pub(crate) signer: Option<Certificate>,
    /// Whether it obeys the schema.
    pub(crate) schema: Result<(), String>,
}

impl SeenApplication {
    fn new<'t>(root: TreeElement<'t>, elements: impl Iterator<Item = TreeElement<'t>> + Clone, wrapper: &str) -> Self {
        let schema = request_schema::check_application(elements.clone(), root.namespace());
        let texts = elements.filter_map(|one| Some((one.local().to_owned(), one.text()?.to_owned())));
        let is_it = |known: &CertificateCommand| known.wrapper().strip_suffix("in") == Some(wrapper);
        // A signature says that it is a renewal.
        let command = CertificateCommand::ALL.into_iter().find(is_it).unwrap_or(CertificateCommand::RequestCertificate);
        Self { command, elements: texts.collect(), signer: None, schema }
    }

    /// The text of an element.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.elements.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The request for a certificate: DER or PEM, in base64.
    ///
    /// # Errors
    /// Why it is none that the bank takes.
    pub(crate) fn request(&self) -> Result<CertificateRequest, String> {
        let text: String = self.text("Content").unwrap_or_default().split_whitespace().collect();
        let bytes = STANDARD.decode(text).map_err(|_| "Content is not base64")?;
        match std::str::from_utf8(&bytes) {
            Ok(pem) if pem.contains("-----BEGIN") => CertificateRequest::from_pem(pem),
            _ => CertificateRequest::from_der(&bytes),
        }
        .map_err(|fault| fault.to_string())
    }
}

/// A message as it was examined.
pub(crate) struct ExaminedApplication {
    pub(crate) header: SeenHeader,
    pub(crate) operation: &'static str,
    verdict: MessageVerdict,
    application: Option<SeenApplication>,
    /// The namespace of the element in the Body.
    service: String,
}

/// Takes a message's content.
#[derive(Default)]
struct ApplicationParts {
    header: SeenHeader,
    service: String,
    application: Option<SeenApplication>,
}

impl CoveredParts for ApplicationParts {
    fn unverified(&mut self, wrapper: TreeElement<'_>) {
        self.header = SeenHeader::read(wrapper, &HEADER);
        self.service = wrapper.namespace().to_owned();
    }

    fn unsigned_request(&mut self, root: TreeElement<'_>, _was_encrypted: bool) {
        let elements: Vec<_> = root.children().collect();
        self.application = Some(SeenApplication::new(root, elements.iter().copied(), &self.header.wrapper));
    }

    fn document(&mut self, document: &CoveredDocument<'_>) {
        let elements: Vec<_> = document.root.children().collect();
        let mut seen = SeenApplication::new(document.root.element(), elements.iter().copied(), &self.header.wrapper);
        seen.signer = Some(document.signer.clone());
        if seen.command == CertificateCommand::RequestCertificate {
            seen.command = CertificateCommand::RenewCertificate;
        }
        self.application = Some(seen);
    }
}

impl ExaminedApplication {
    /// Examines a message; takes as long as its signature.
    pub(crate) fn new(
        bank: &SandboxSepaBank,
        (dialect, certificates): (&BankDialect, &FamilyCertificates),
        message: Bytes,
        charset: Option<String>,
    ) -> Self {
        let rules = VerificationRules {
            at_s: bank.message_s(),
            anchors: certificates.anchors(),
            intermediates: certificates.intermediates(),
            charset,
            ..VerificationRules::default()
        };
        let mut parts = ApplicationParts::default();
        let (verdict, text) = examine_parts(message, &rules, &mut parts);
        let ApplicationParts { header, service, application } = parts;
        let operation = application.as_ref().map_or("", |application| operation_named(application.command.name()));
        bank.note_document(dialect, (operation, &header.request_id), text.as_deref().unwrap_or_default());
        Self { header, operation, verdict, application, service }
    }

    /// The customer that the document names.
    pub(crate) fn customer_id(&self) -> Option<&str> {
        self.application.as_ref().and_then(|application| application.text("CustomerId"))
    }

    /// The checks on the message alone. The later ones need the state.
    ///
    /// # Errors
    /// The first check that fails.
    pub(crate) fn check(&self, dialect: &BankDialect) -> Result<&SeenApplication, RequestRefusal> {
        let fault = |text, why: &str| Err(RequestRefusal::Fault { code: "Client", text, why: why.to_owned() });
        if let Some(why) = self.verdict.failed("V2") {
            return fault("malformed message", why);
        }
        if let Some(refusal) = RequestRefusal::not_understood(&self.verdict) {
            return Err(refusal);
        }
        let is_of_service = self.verdict.kind == MessageKind::SoapCertificateRequest
            && self.service == dialect.family.certificate_service();
        if !is_of_service {
            return fault(
                "unknown operation",
                self.verdict.failed("V9").unwrap_or("this address is that of the certificate service"),
            );
        }
        if let Some(why) = self.header.fault() {
            return Err(RequestRefusal::code(12, "schema validation failed", why));
        }
        if let Some(why) = ["V4", "V5", "V6", "V7", "V8"].iter().find_map(|id| self.verdict.failed(id)) {
            return Err(RequestRefusal::code(2, "signature verification failed", why));
        }
        if let Some(why) = self.verdict.failed("V10") {
            return Err(RequestRefusal::code(12, "schema validation failed", why));
        }
        if let Some(why) = self.verdict.failed("V11") {
            return Err(RequestRefusal::code(18, "content signature verification failed", why));
        }
        let application = self.application.as_ref().ok_or_else(|| {
            RequestRefusal::code(
                12,
                "schema validation failed",
                self.verdict.failed("V9").unwrap_or("there is no document"),
            )
        })?;
        if let Err(why) = &application.schema {
            return Err(RequestRefusal::code(12, &format!("schema validation failed: {why}"), why));
        }
        Ok(application)
    }
}
