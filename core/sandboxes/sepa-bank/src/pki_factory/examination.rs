//! A request to the service: its header, its document, its signer.

use bankchannel_crypto::x509::{Certificate, CertificateRequest};
use bankchannel_foundation::{message::decode_base64, model::Timestamp};
use bankchannel_sepa_web_services::{
    profile::BankFamily,
    request::CertificateCommand,
    verify::{CoveredDocument, CoveredParts, MessageKind, MessageVerdict, VerificationRules, examine_parts},
};
use bankchannel_xml::TreeElement;
use bytes::Bytes;

use super::{PkiAnswer, PkiRefusal, answers::PkiAnswerWriter, carrying_out::PkiHandling};
use crate::{
    chaos::BankFault, dialect::BankDialect, examination::operation_named, reply::CallHeaders, service::SandboxSepaBank,
};

/// The elements of the header in their order, and whether each is mandatory.
const HEADER: [(&str, bool); 6] = [
    ("SenderId", true),
    ("CustomerId", true),
    ("RequestId", true),
    ("Timestamp", true),
    ("InterfaceVersion", true),
    ("Environment", false),
];

/// In a request to revoke, in the place of serial numbers: all certificates but those that it names.
pub(super) const REVOKE_ALL: &str = "RevokeAll";
pub(super) const EXCEPTED: &str = "ExceptCertificateSerialNo";
/// Largest request for a certificate, bytes, and the most certificates that `RevokeAll` excepts.
const PKCS10_MAX: usize = 10_000;
const EXCEPTED_MAX: usize = 10;

/// The name of an element, and its smallest and greatest number.
type ElementCounts = &'static [(&'static str, usize, usize)];

/// The documents: the elements of each in their order, apart from the signature.
const DOCUMENTS: [(&str, CertificateCommand, ElementCounts); 6] = [
    (
        "GetBankCertificate",
        CertificateCommand::GetBankCertificates,
        &[("BankRootCertificateSerialNo", 1, 1), ("Timestamp", 1, 1), ("RequestId", 1, 1)],
    ),
    (
        "CreateCertificate",
        CertificateCommand::RequestCertificate,
        &[
            ("CustomerId", 1, 1),
            ("KeyGeneratorType", 1, 1),
            ("EncryptionCertPKCS10", 1, 1),
            ("SigningCertPKCS10", 1, 1),
            ("Timestamp", 1, 1),
            ("RequestId", 1, 1),
            ("Environment", 0, 1),
            ("PIN", 1, 1),
        ],
    ),
    (
        "RenewCertificate",
        CertificateCommand::RenewCertificate,
        &[
            ("CustomerId", 1, 1),
            ("KeyGeneratorType", 1, 1),
            ("EncryptionCertPKCS10", 1, 1),
            ("SigningCertPKCS10", 1, 1),
            ("Timestamp", 1, 1),
            ("RequestId", 1, 1),
            ("Environment", 0, 1),
        ],
    ),
    (
        "CertificateStatus",
        CertificateCommand::ListOwnCertificates,
        &[
            ("KeyGeneratorType", 1, 1),
            ("CertificateSerialNo", 1, 10),
            ("CustomerId", 1, 1),
            ("Timestamp", 1, 1),
            ("RequestId", 1, 1),
        ],
    ),
    (
        "GetOwnCertificateList",
        CertificateCommand::ListOwnCertificates,
        &[("KeyGeneratorType", 1, 1), ("CustomerId", 1, 1), ("Timestamp", 1, 1), ("RequestId", 1, 1)],
    ),
    (
        "RevokeCertificate",
        CertificateCommand::RevokeCertificate,
        &[
            ("KeyGeneratorType", 1, 1),
            ("CustomerId", 1, 1),
            (REVOKE_ALL, 0, 1),
            ("CertificateSerialNo", 0, 10),
            ("CRLReason", 0, 1),
            ("Timestamp", 1, 1),
            ("RequestId", 1, 1),
            ("Environment", 0, 1),
        ],
    ),
];

/// The header of a request, which is not signed.
#[derive(Debug, Clone, Default)]
pub(crate) struct PkiRequestHeader {
    /// The element of the Body without `In`.
    pub(super) wrapper: String,
    pub(super) sender_id: String,
    pub(super) customer_id: String,
    pub(crate) request_id: String,
    pub(super) environment: String,
    fault: Option<String>,
}

impl PkiRequestHeader {
    /// `soap_action`: the HTTP header, without its quotation marks.
    fn read(wrapper: TreeElement<'_>, soap_action: Option<&str>) -> Self {
        let header = wrapper.children().next();
        let text = |name: &str| {
            let found = header.and_then(|header| header.children().find(|one| one.local() == name));
            found.and_then(TreeElement::text).unwrap_or_default().to_owned()
        };
        let (sender_id, customer_id, request_id) = (text("SenderId"), text("CustomerId"), text("RequestId"));
        let names = header.into_iter().flat_map(TreeElement::children).map(TreeElement::local);
        let order: Vec<(&str, usize, usize)> = HEADER.map(|(name, must)| (name, usize::from(must), 1)).to_vec();
        let name = wrapper.local().strip_suffix("In").unwrap_or_default().to_owned();
        let around = [header].into_iter().flatten().chain(header.into_iter().flat_map(TreeElement::children));
        let foreign = foreign(around, BankFamily::Danske.certificate_service());
        let fault = foreign.or_else(|| disorder(names, &order)).or_else(|| {
            let wrong = [("SenderId", &sender_id), ("CustomerId", &customer_id)];
            let wrong = wrong.into_iter().find(|(_, id)| id.chars().count() != 6);
            match wrong {
                Some((name, _)) => Some(format!("{name} does not have six characters")),
                None if request_id.len() > 10 => Some("RequestId has more than ten characters".to_owned()),
                None if soap_action.is_some_and(|action| !action.is_empty() && action != name) => {
                    Some(format!("SOAPAction is not {name}"))
                }
                None if text("InterfaceVersion") != "1" => Some("InterfaceVersion is not 1".to_owned()),
                None if Timestamp::new(&text("Timestamp")).is_err() => Some("Timestamp is no time".to_owned()),
                None => Some(text("Environment"))
                    .filter(|environment| !matches!(&**environment, "" | "production" | "customertest"))
                    .map(|_| "Environment is not production or customertest".to_owned()),
            }
        });
        Self { wrapper: name, sender_id, customer_id, request_id, environment: text("Environment"), fault }
    }
}

/// The fault of an element in another namespace, if there is one.
fn foreign<'n>(elements: impl IntoIterator<Item = TreeElement<'n>>, namespace: &str) -> Option<String> {
    let found = elements.into_iter().find(|one| one.namespace() != namespace)?;
    Some(format!("{} is in the namespace \"{}\" and not in {namespace}", found.local(), found.namespace()))
}

/// The fault in the order or number of elements, if there is one.
fn disorder<'n>(names: impl Iterator<Item = &'n str>, order: &[(&str, usize, usize)]) -> Option<String> {
    let mut names = names.peekable();
    for (name, least, most) in order {
        let mut found = 0;
        while found < *most && names.next_if_eq(name).is_some() {
            found += 1;
        }
        if found < *least {
            return Some(format!("{name} is missing, or not in its place"));
        }
    }
    names.next().map(|name| format!("{name} is not expected there"))
}

/// The document of a request.
pub(super) struct PkiDocument {
    pub(super) command: CertificateCommand,
    elements: Vec<(String, String)>,
    pub(super) signer: Option<Certificate>,
    was_encrypted: bool,
    fault: Option<String>,
}

impl PkiDocument {
    fn new<'t>(root: TreeElement<'t>, elements: &[TreeElement<'t>], header: &PkiRequestHeader) -> Option<Self> {
        let name = root.local().strip_suffix("Request")?;
        let (_, command, order) = DOCUMENTS.into_iter().find(|(known, ..)| *known == name)?;
        let namespace = BankFamily::Danske.certificate_documents();
        let excepted: Vec<_> =
            elements.iter().filter(|one| one.local() == REVOKE_ALL).flat_map(|all| all.children()).collect();
        let texts = elements.iter().chain(&excepted);
        let texts = texts.map(|one| (one.local().to_owned(), one.text().unwrap_or_default().to_owned()));
        let mut seen = Self { command, elements: texts.collect(), signer: None, was_encrypted: false, fault: None };
        let own = |name: &str| seen.text(name).map(str::trim).unwrap_or_default();
        let foreign = foreign(elements.iter().chain(&excepted).copied(), namespace);
        seen.fault = foreign.or_else(|| disorder(elements.iter().map(|one| one.local()), order)).or_else(|| {
            let is_long = |name: &&str| decode_base64(own(name)).is_ok_and(|der| der.len() > PKCS10_MAX);
            let long = ["EncryptionCertPKCS10", "SigningCertPKCS10"].into_iter().find(is_long);
            let is_there = |name: &str| elements.iter().any(|one| one.local() == name);
            let kind = own("KeyGeneratorType");
            match () {
                () if name != header.wrapper => Some(format!("{name} does not belong into {}In", header.wrapper)),
                () if !matches!(kind, "software" | "HSM")
                    && order.iter().any(|(name, ..)| *name == "KeyGeneratorType") =>
                {
                    Some("KeyGeneratorType is not software or HSM".to_owned())
                }
                () if long.is_some() => Some(format!("{} is larger than {PKCS10_MAX} bytes", long.unwrap_or_default())),
                () if command == CertificateCommand::RevokeCertificate
                    && is_there(REVOKE_ALL) == is_there("CertificateSerialNo") =>
                {
                    Some(format!("either {REVOKE_ALL} or CertificateSerialNo is expected"))
                }
                () if excepted.iter().any(|one| one.local() != EXCEPTED) || excepted.len() > EXCEPTED_MAX => {
                    Some(format!("{REVOKE_ALL} takes at most {EXCEPTED_MAX} {EXCEPTED}"))
                }
                () if own("PIN").chars().count() > 10 => Some("PIN has more than ten characters".to_owned()),
                () if !own("Environment").is_empty() && own("Environment") != header.environment => {
                    Some("Environment is not that of the header".to_owned())
                }
                () if Timestamp::new(own("Timestamp")).is_err() => Some("Timestamp is no time".to_owned()),
                () if !matches!(own("CRLReason"), "" | "0" | "1" | "2" | "3" | "4" | "5" | "9") => {
                    Some("CRLReason is none of the schema's".to_owned())
                }
                () if !own("RequestId").is_empty() && own("RequestId") != header.request_id => {
                    Some("RequestId is not that of the header".to_owned())
                }
                () => None,
            }
        });
        Some(seen)
    }

    /// The text of an element.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.elements.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// The texts of all elements of a name.
    pub(super) fn texts<'d>(&'d self, name: &'d str) -> impl Iterator<Item = &'d str> {
        self.elements.iter().filter(move |(known, _)| known == name).map(|(_, text)| text.trim())
    }

    /// A request for a certificate.
    pub(super) fn request(&self, name: &str) -> Result<CertificateRequest, PkiRefusal> {
        let der = decode_base64(self.text(name).unwrap_or_default());
        let der = der.map_err(|why| PkiRefusal::request(format!("{name}: {why}")))?;
        let read = CertificateRequest::from_der(&der);
        read.map_err(|fault| PkiRefusal::request(format!("{name}: {fault}")))
    }
}

/// A message as it was examined.
pub(super) struct ExaminedPkiRequest {
    pub(super) header: PkiRequestHeader,
    verdict: MessageVerdict,
    document: Option<PkiDocument>,
}

/// Takes a message's content.
#[derive(Default)]
struct PkiParts {
    soap_action: Option<String>,
    header: PkiRequestHeader,
    document: Option<PkiDocument>,
}

impl CoveredParts for PkiParts {
    fn unverified(&mut self, wrapper: TreeElement<'_>) {
        self.header = PkiRequestHeader::read(wrapper, self.soap_action.as_deref());
    }

    fn unsigned_request(&mut self, root: TreeElement<'_>, was_encrypted: bool) {
        let elements: Vec<_> = root.children().collect();
        let seen = PkiDocument::new(root, &elements, &self.header);
        self.document = seen.map(|seen| PkiDocument { was_encrypted, ..seen });
    }

    fn document(&mut self, document: &CoveredDocument<'_>) {
        let elements: Vec<_> = document.root.children().collect();
        let seen = PkiDocument::new(document.root.element(), &elements, &self.header);
        let (signer, was_encrypted) = (Some(document.signer.clone()), document.was_encrypted);
        self.document = seen.map(|seen| PkiDocument { signer, was_encrypted, ..seen });
    }
}

impl ExaminedPkiRequest {
    /// Examines a message; takes as long as its signature. A first request comes from somebody who cannot sign yet: the bank
    /// decrypts it all the same.
    pub(crate) fn new(
        bank: &SandboxSepaBank,
        dialect: &'static BankDialect,
        message: Bytes,
        CallHeaders { charset, soap_action }: CallHeaders,
    ) -> Self {
        let certificates = bank.certificates_of(dialect);
        let rules = VerificationRules {
            at_s: bank.message_s(),
            anchors: certificates.anchors(),
            intermediates: certificates.intermediates(),
            allows_sha1: dialect.takes_sha1,
            recipients: certificates.recipients(bank.message_s()),
            decrypts_any: true,
            charset,
            ..VerificationRules::default()
        };
        let mut parts = PkiParts { soap_action, ..PkiParts::default() };
        let (verdict, text) = examine_parts(message, &rules, &mut parts);
        let PkiParts { header, document, .. } = parts;
        let seen = Self { header, verdict, document };
        bank.note_document(dialect, (seen.operation(), &seen.header.request_id), text.as_deref().unwrap_or_default());
        seen
    }

    /// The library's name of the operation; empty if it is not known.
    pub(crate) fn operation(&self) -> &'static str {
        let known = DOCUMENTS.into_iter().find(|(name, ..)| *name == self.header.wrapper);
        known.map_or("", |(_, command, _)| operation_named(command.name()))
    }

    /// The checks on the message alone.
    fn check(&self) -> Result<&PkiDocument, PkiRefusal> {
        let schema = |why: &str| Err(PkiRefusal::Schema(why.to_owned()));
        for id in ["V2", "V16"] {
            if let Some(why) = self.verdict.failed(id) {
                return schema(why);
            }
        }
        if self.verdict.kind != MessageKind::SoapCertificateRequest || self.header.wrapper.is_empty() {
            return schema(self.verdict.failed("V9").unwrap_or("this address is that of the certificate service"));
        }
        if let Some(why) = &self.header.fault {
            return schema(why);
        }
        if let Some(why) = ["V9", "V10", "V17"].iter().find_map(|id| self.verdict.failed(id)) {
            return schema(why);
        }
        if let Some(why) = ["V4", "V5", "V6", "V7", "V8", "V11"].iter().find_map(|id| self.verdict.failed(id)) {
            return Err(PkiRefusal::customer(why));
        }
        let Some(document) = &self.document else { return schema("there is no document of this operation") };
        if let Some(why) = &document.fault {
            return schema(why);
        }
        if document.command.is_signed() && document.signer.is_none() {
            return Err(PkiRefusal::customer("the document is not signed"));
        }
        if document.command.asks_for_certificate() && !document.was_encrypted {
            return schema("the document is not encrypted");
        }
        Ok(document)
    }

    /// The bank's answer.
    pub(crate) fn answered(
        &self,
        bank: &SandboxSepaBank,
        dialect: &'static BankDialect,
        faults: &[BankFault],
    ) -> PkiAnswer {
        let writer = PkiAnswerWriter { bank, dialect, header: &self.header, faults };
        let ordered = faults.iter().find_map(|fault| match fault {
            BankFault::Code(code) | BankFault::DocumentCode(code) if *code != 0 => Some(*code),
            _ => None,
        });
        let done = match ordered {
            Some(code) => Err(PkiRefusal::Code { code, text: "as ordered", why: "a code was ordered".to_owned() }),
            None if faults.iter().any(is_instead) => Err(PkiRefusal::Schema("a fault was ordered".to_owned())),
            None => self.check().and_then(|document| {
                let handling = PkiHandling { bank, dialect, header: &self.header, document, faults };
                handling.carry_out()
            }),
        };
        match done {
            Ok(elements) => PkiAnswer { status: 200, body: writer.success(&elements), why: None },
            Err(refusal) => {
                let status = if matches!(refusal, PkiRefusal::Code { .. }) { 200 } else { 500 };
                PkiAnswer { status, body: writer.refusal(&refusal), why: Some(refusal.why()) }
            }
        }
    }
}

/// Whether something else comes instead of an answer, so that nothing is carried out.
fn is_instead(fault: &BankFault) -> bool {
    matches!(fault, BankFault::Fault | BankFault::Http(_) | BankFault::Close | BankFault::Half | BankFault::Html)
}
