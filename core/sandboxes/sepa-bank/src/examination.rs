//! A request's checks, in their order: the first that fails decides the bank's answer (§9.1, S2 to S23).

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{Error, model::PieceSource, operation::Route};
use bankchannel_sepa_web_services::{
    CATALOGUE,
    profile::SignatureLevel,
    request::FileCommand,
    verify::{
        CoveredDocument, CoveredEnvelope, CoveredParts, MessageKind, MessageVerdict, VerificationRules, examine_parts,
        repeated_element,
    },
};
use bankchannel_xml::TreeElement;
use bytes::Bytes;

use super::{
    certificates::FamilyCertificates,
    dialect::BankDialect,
    request_schema,
    service::SandboxSepaBank,
    state::{CustomerStanding, FileKind, SandboxChange, SandboxCustomer, StateData},
};

/// A refusal: the bank's answer, and the reason for developers of clients.
#[derive(Debug, Clone)]
pub(crate) enum RequestRefusal {
    /// A code, with a signed answer.
    Code { code: u32, text: String, why: String },
    /// A SOAP fault: the message is none that could be answered.
    Fault { code: &'static str, text: &'static str, why: String },
}

impl RequestRefusal {
    pub(crate) fn code(code: u32, text: &str, why: impl Into<String>) -> Self {
        Self::Code { code, text: text.chars().take(80).collect(), why: why.into() }
    }

    /// The refusal of a message whose Header has a block that must be understood and is not (SOAP 1.1 §4.2.3).
    pub(crate) fn not_understood(verdict: &MessageVerdict) -> Option<Self> {
        let why = verdict.failed("V16")?.to_owned();
        Some(Self::Fault { code: "MustUnderstand", text: "a block of the Header is not understood", why })
    }

    pub(crate) fn why(&self) -> String {
        match self {
            Self::Code { code, text, why } => format!("{code:02} {text}: {why}"),
            Self::Fault { text, why, .. } => format!("fault, {text}: {why}"),
        }
    }
}

/// A failure of the bank itself (S25).
impl From<Error> for RequestRefusal {
    fn from(error: Error) -> Self {
        tracing::error!(%error, "the sandbox bank has failed");
        Self::code(26, "technical error", error.message())
    }
}

/// The header of a request, as it is written: believed only when the envelope is.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenHeader {
    /// The element of the Body without `in`.
    pub(crate) wrapper: String,
    pub(crate) sender_id: String,
    pub(crate) request_id: String,
    /// The field that is missing or too long.
    fault: Option<String>,
}

impl SeenHeader {
    /// The header in an element of the Body, which must have these elements, each of so many characters at most.
    pub(crate) fn read(wrapper: TreeElement<'_>, expected: &[(&str, usize)]) -> Self {
        let header = wrapper.children().next().filter(|header| header.local() == "RequestHeader");
        let text = |name: &str| {
            let found = header.and_then(|header| header.children().find(|one| one.local() == name));
            found.and_then(TreeElement::text).unwrap_or_default().to_owned()
        };
        let mut fault = header.and_then(repeated_element).map(|name| format!("{name} of RequestHeader is there twice"));
        let mut elements = header.into_iter().flat_map(TreeElement::children);
        for (name, max) in expected {
            let fits = elements.next().filter(|one| one.local() == *name).and_then(TreeElement::text);
            let length = fits.map(|text| text.chars().count());
            if length.is_none_or(|length| length > *max) && fault.is_none() {
                fault = Some(format!("{name} of RequestHeader is missing, in the wrong place or too long"));
            }
        }
        Self {
            wrapper: wrapper.local().strip_suffix("in").unwrap_or_default().to_owned(),
            sender_id: text("SenderId"),
            request_id: text("RequestId"),
            fault,
        }
    }

    /// The field that is missing or too long.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }
}

/// A request whose document is believed.
#[derive(Debug, Clone)]
pub(crate) struct BankRequest {
    pub(crate) command: FileCommand,
    /// Each element that has text alone.
    elements: Vec<(String, String)>,
    pub(crate) references: Vec<String>,
    was_encrypted: bool,
    /// The content's text.
    pub(crate) content: Option<Bytes>,
}

impl BankRequest {
    /// The text of an element.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.elements.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Whether an element says yes.
    pub(crate) fn is_true(&self, name: &str) -> bool {
        matches!(self.text(name).map(str::trim), Some("true" | "1"))
    }

    /// The content, unpacked piece by piece.
    ///
    /// # Errors
    /// Why it cannot be unpacked.
    pub(crate) fn unpacked(&self) -> Result<Option<PieceSource>, String> {
        let Some(content) = self.content.clone() else { return Ok(None) };
        bankchannel_sepa_web_services::answer::unpack_content(
            content,
            self.is_true("Compression"),
            self.text("CompressionMethod"),
            bankchannel_sepa_web_services::answer::UnpackingLimits::BANK,
        )
        .map(Some)
    }
}

/// A message as it was examined.
pub(crate) struct ExaminedRequest {
    pub(crate) header: SeenHeader,
    pub(crate) operation: &'static str,
    verdict: MessageVerdict,
    envelope: Option<(Certificate, bool)>,
    document: Option<(Certificate, BankRequest, Result<(), String>)>,
}

/// Takes the parts that a message's signatures cover.
#[derive(Default)]
struct RequestParts {
    header: SeenHeader,
    envelope: Option<(Certificate, bool)>,
    document: Option<(Certificate, BankRequest, Result<(), String>)>,
}

/// The elements of RequestHeader, and the most characters of those that have a limit.
const HEADER: [(&str, usize); 6] =
    [("SenderId", 35), ("RequestId", 35), ("Timestamp", 40), ("Language", 35), ("UserAgent", 35), ("ReceiverId", 80)];

impl CoveredParts for RequestParts {
    fn unverified(&mut self, wrapper: TreeElement<'_>) {
        self.header = SeenHeader::read(wrapper, &HEADER);
    }

    fn envelope(&mut self, envelope: &CoveredEnvelope<'_>) {
        self.envelope = Some((envelope.signer.clone(), envelope.has_time));
    }

    fn document(&mut self, document: &CoveredDocument<'_>) {
        let command = command_of(&self.header.wrapper).map(|(command, _)| command);
        let Some(command) = command else { return };
        let schema = request_schema::check(document.root.children());
        let (mut elements, mut references, mut content) = (Vec::new(), Vec::new(), None);
        for element in document.root.children() {
            match (element.local(), element.text()) {
                ("FileReferences", _) => {
                    references = element.children().filter_map(TreeElement::text).map(str::to_owned).collect();
                }
                ("Content", Some(text)) => content = Some(Bytes::copy_from_slice(text.as_bytes())),
                (name, Some(text)) => elements.push((name.to_owned(), text.to_owned())),
                _ => {}
            }
        }
        let request = BankRequest { command, elements, references, content, was_encrypted: document.was_encrypted };
        self.document = Some((document.signer.clone(), request, schema));
    }
}

/// The command of an element in the Body, named without `in`, and its operation.
fn command_of(wrapper: &str) -> Option<(FileCommand, &'static str)> {
    let command = FileCommand::ALL.into_iter().find(|known| known.wrapper().strip_suffix("in") == Some(wrapper))?;
    Some((command, operation_named(command.name())))
}

/// The library's name of the operation that routes call so.
pub(crate) fn operation_named(wire_name: &str) -> &'static str {
    let is_it = |route: &Route| route.wire_name == wire_name;
    let entry = CATALOGUE.iter().find(|entry| entry.declaration.route.as_ref().is_some_and(is_it));
    entry.map_or("", |entry| entry.declaration.name)
}

impl ExaminedRequest {
    /// Examines a message; takes as long as its signatures.
    pub(crate) fn new(
        bank: &SandboxSepaBank,
        dialect: &BankDialect,
        certificates: &FamilyCertificates,
        message: Bytes,
        charset: Option<String>,
    ) -> Self {
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
        let mut parts = RequestParts::default();
        let (verdict, text) = examine_parts(message, &rules, &mut parts);
        let RequestParts { header, envelope, document } = parts;
        let operation = command_of(&header.wrapper).map(|(_, operation)| operation).unwrap_or_default();
        bank.note_document(dialect, (operation, &header.request_id), text.as_deref().unwrap_or_default());
        Self { header, operation, verdict, envelope, document }
    }

    /// Who has signed, and as whom: the customer of a believed document, or the sender of a believed envelope.
    pub(crate) fn signer(&self) -> Option<(&str, &Certificate)> {
        let of_document =
            self.document.as_ref().and_then(|(signer, request, _)| Some((request.text("CustomerId")?, signer)));
        of_document.or(self.envelope.as_ref().map(|(signer, _)| (&*self.header.sender_id, signer)))
    }

    /// The customer of a believed document.
    pub(crate) fn customer_id(&self) -> Option<&str> {
        self.document.as_ref().and_then(|(_, request, _)| request.text("CustomerId"))
    }

    /// The failed check with this id.
    /// S2 to S8, S12 to S17: the checks on the message alone. The later ones need the state.
    fn own_faults(&self, bank: &SandboxSepaBank, dialect: &BankDialect) -> Result<(), RequestRefusal> {
        let fault = |text, why: &str| Err(RequestRefusal::Fault { code: "Client", text, why: why.to_owned() });
        if let Some(why) = self.verdict.failed("V2") {
            return fault("malformed message", why);
        }
        if let Some(refusal) = RequestRefusal::not_understood(&self.verdict) {
            return Err(refusal);
        }
        if self.verdict.kind == MessageKind::SoapFault {
            return fault("a fault is no request", "the Body holds a SOAP fault");
        }
        let Some((command, _)) = command_of(&self.header.wrapper) else {
            return match self.verdict.failed("V9") {
                None if self.header.wrapper.is_empty() => {
                    fault("malformed message", "it is no SOAP envelope with an element in its Body")
                }
                why => fault("unknown operation", why.unwrap_or("the Body's element is not known")),
            };
        };
        if self.verdict.kind != MessageKind::SoapRequest {
            return fault("unknown operation", "this address is that of the file service");
        }
        if !dialect.operations.contains(&command) {
            let why = format!("{} is not offered by this family", command.name());
            return Err(RequestRefusal::code(5, "operation unknown", why));
        }
        if let Some(why) = &self.header.fault {
            return Err(RequestRefusal::code(12, "schema validation failed", why.clone()));
        }
        if let Some(why) = ["V4", "V5", "V6"].iter().find_map(|id| self.verdict.failed(id)) {
            return Err(RequestRefusal::code(2, "signature verification failed", why));
        }
        if let Some(why) = self.verdict.failed("V7") {
            return Err(RequestRefusal::code(2, "message expired", why));
        }
        if let Some(why) = self.verdict.failed("V8") {
            return Err(RequestRefusal::code(4, "certificate not valid", why));
        }
        match &self.envelope {
            Some((_, false)) if bank.strict => {
                Err(RequestRefusal::code(2, "signature verification failed", "the Timestamp is missing or not signed"))
            }
            Some(_) => Ok(()),
            None => {
                let why = self.verdict.failed("V9").unwrap_or("the envelope is not signed");
                Err(RequestRefusal::code(2, "signature verification failed", why))
            }
        }
    }

    /// S12 to S17: the document.
    fn document_faults(&self, dialect: &BankDialect) -> Result<&BankRequest, RequestRefusal> {
        let schema = |why: &str| RequestRefusal::code(12, &format!("schema validation failed: {why}"), why);
        // Who cannot be decrypted is not told why (§10.4).
        let undecrypted = |why: &str| RequestRefusal::code(22, "decryption failed", why);
        if let Some(why) = self.verdict.failed("V17") {
            return Err(undecrypted(why));
        }
        if let Some(why) = self.verdict.failed("V10") {
            return Err(schema(why));
        }
        let wrong_command = self.verdict.failed("V9");
        let signature = self.verdict.signatures.iter().find(|one| one.level == SignatureLevel::Document);
        if let Some(why) = self.verdict.failed("V11") {
            return Err(match signature {
                Some(one) if one.valid => RequestRefusal::code(19, "content certificate not valid", why),
                _ => RequestRefusal::code(18, "content signature verification failed", why),
            });
        }
        let Some((_, request, checked)) = &self.document else {
            return Err(RequestRefusal::code(
                29,
                "invalid parameters",
                wrong_command.unwrap_or("there is no document"),
            ));
        };
        if dialect.encryption.is_some() && !request.was_encrypted {
            return Err(undecrypted("the document is not encrypted"));
        }
        if let Err(why) = checked {
            return Err(schema(why));
        }
        match request.text("Command") {
            None if dialect.exact_command => Err(schema("Command is missing")),
            Some(found) if dialect.exact_command && found != request.command.name() => Err(RequestRefusal::code(
                29,
                "invalid parameters",
                "Command does not name the operation in its exact case",
            )),
            _ => Ok(request),
        }
    }

    /// All checks. With the ids that the request uses up, which are noted when it is carried out.
    ///
    /// # Errors
    /// The first check that fails.
    pub(crate) fn check<'r>(
        &'r self,
        bank: &SandboxSepaBank,
        dialect: &BankDialect,
        state: &StateData,
        looks_for_duplicates: bool,
    ) -> Result<(&'r BankRequest, Vec<SandboxChange>), RequestRefusal> {
        self.own_faults(bank, dialect)?;
        let family = dialect.name();
        let SeenHeader { sender_id, request_id, .. } = &self.header;
        let certificates = bank.certificates_of(dialect);
        // S9: the sender.
        let sender = state.customer(family, sender_id);
        let sender = sender.ok_or_else(|| RequestRefusal::code(7, "sender id not found", "no customer has this id"))?;
        standing(sender.standing, (8, "sender locked"), (10, "sender outdated"))?;
        standing(sender.contract, (9, "contract locked"), (11, "contract outdated"))?;
        // S10: its certificate.
        let owns = |id: &str, certificate: &Certificate| certificates.is_of_customer(id, certificate);
        if !self.envelope.as_ref().is_some_and(|(signer, _)| owns(sender_id, signer)) {
            let why = "the certificate was issued to another customer";
            return Err(RequestRefusal::code(3, "certificate does not belong to sender", why));
        }
        if self.envelope.as_ref().is_some_and(|(signer, _)| is_replaced(dialect, state, sender, signer)) {
            return Err(RequestRefusal::code(4, "certificate not valid", REPLACED));
        }
        // S11: the message's id.
        let now_ms = bank.scenario_ms();
        let id_key = format!("{family}/{sender_id}/{request_id}");
        if looks_for_duplicates && state.is_used_id(&id_key, now_ms) {
            return Err(RequestRefusal::code(31, "duplicate message", "RequestId was used within three months"));
        }
        let request = self.document_faults(dialect)?;
        // S18: the customer.
        let customer_id = request.text("CustomerId").unwrap_or_default();
        let customer = state.customer(family, customer_id);
        let customer =
            customer.ok_or_else(|| RequestRefusal::code(13, "customer id not found", "no customer has this id"))?;
        standing(customer.standing, (14, "customer locked"), (15, "customer outdated"))?;
        standing(customer.contract, (17, "product contract locked"), (16, "product contract outdated"))?;
        // S19: its certificate.
        if !self.document.as_ref().is_some_and(|(signer, ..)| owns(customer_id, signer)) {
            let why = "the document's certificate was issued to another customer";
            return Err(RequestRefusal::code(30, "authentication failed", why));
        }
        if self.document.as_ref().is_some_and(|(signer, ..)| is_replaced(dialect, state, customer, signer)) {
            return Err(RequestRefusal::code(19, "content certificate not valid", REPLACED));
        }
        // S20: who sends for whom.
        if sender_id != customer_id && !customer.senders.contains(sender_id) {
            return Err(RequestRefusal::code(35, "authorisation failed", "the sender may not act for the customer"));
        }
        // S22: the document's time.
        let time_key = format!("{family}/{customer_id}/{}", request.text("Timestamp").unwrap_or_default());
        if looks_for_duplicates && state.is_used_time(&time_key) {
            return Err(RequestRefusal::code(32, "duplicate application request", "the time was used before"));
        }
        let is_ordered = |file_type: &str| {
            let mut own = state.files.iter().filter(|file| file.family == family && file.customer_id == customer_id);
            own.any(|file| file.kind == FileKind::Download && file.file_type == file_type)
        };
        parameters(dialect, request, customer.target_id.as_deref(), is_ordered)?;
        let used =
            vec![SandboxChange::UsedId { key: id_key, at_ms: now_ms }, SandboxChange::UsedTime { key: time_key }];
        Ok((request, used))
    }
}

/// Why a certificate that holds by its dates is refused.
pub(crate) const REPLACED: &str = "a newer certificate was issued for it, or it was revoked";

/// Whether a certificate ended when the customer's next one was issued.
pub(crate) fn is_replaced(
    dialect: &BankDialect,
    state: &StateData,
    owner: &SandboxCustomer,
    signer: &Certificate,
) -> bool {
    let (key, serial) = (owner.key(), signer.serial_hex());
    (dialect.ends_replaced() && state.is_superseded(&key, &serial)) || state.revocation(&key, &serial).is_some()
}

fn standing(
    standing: CustomerStanding,
    locked: (u32, &'static str),
    outdated: (u32, &'static str),
) -> Result<(), RequestRefusal> {
    match standing {
        CustomerStanding::Active => Ok(()),
        CustomerStanding::Locked => Err(RequestRefusal::code(locked.0, locked.1, "it is locked")),
        CustomerStanding::Outdated => Err(RequestRefusal::code(outdated.0, outdated.1, "it has ended")),
    }
}

/// S23: parameters that the schema allows and the bank does not.
fn parameters(
    dialect: &BankDialect,
    request: &BankRequest,
    target: Option<&str>,
    is_ordered: impl Fn(&str) -> bool,
) -> Result<(), RequestRefusal> {
    let refused = |why: &str| Err(RequestRefusal::code(29, "invalid parameters", why));
    let is_about_files = request.command != FileCommand::GetUserInfo;
    if dialect.has_targets && is_about_files && request.text("TargetId") != target {
        return refused("TargetId is missing, or none of the customer's");
    }
    let needs_status =
        dialect.exact_command && matches!(request.command, FileCommand::DownloadFileList | FileCommand::DownloadFile);
    match request.text("Status") {
        None if needs_status => return refused("Status is missing"),
        Some("NEW" | "DLD" | "DOWNLOADED" | "ALL") | None => {}
        Some(_) => return refused("Status is not one of NEW, DLD, DOWNLOADED, ALL"),
    }
    if let (Some(first), Some(last)) = (request.text("StartDate"), request.text("EndDate"))
        && first > last
    {
        return refused("StartDate is after EndDate");
    }
    let file_type = request.text("FileType");
    if needs_status && file_type.is_none() {
        return refused("FileType is missing");
    }
    match file_type {
        // A file of any type can be ordered for a customer: listed files are handed out.
        Some(named) if !(dialect.knows(named) || is_about_files && is_ordered(named)) => {
            Err(RequestRefusal::code(20, "content type not valid", format!("{named} is no type of this bank")))
        }
        _ => Ok(()),
    }
}
