//! How each family of banks writes its messages (§9.3).

use bankchannel_foundation::openapi::described_exchanges;
use bankchannel_sepa_web_services::{
    CATALOGUE, TERMS,
    codec::{BankServiceCommand, ElementStyle},
    profile::BankFamily,
    request::{CertificateCommand, FileCommand},
};
use bankchannel_xml_signature::CanonicalMethod;

/// A family's dialect.
#[derive(Debug)]
pub(crate) struct BankDialect {
    pub(crate) family: BankFamily,
    /// Its path.
    pub(crate) path: &'static str,
    /// The common names of its signers: of envelopes, and of documents if it has another for them.
    pub(crate) signers: (&'static str, Option<&'static str>),
    /// The name of its authority.
    pub(crate) authority: &'static str,
    /// The authorities between the root and the signers, and between it and the customers, if there are any.
    pub(crate) below: AuthoritiesBelow,
    /// The name of the bank's certificate for encryption, if documents are encrypted.
    pub(crate) encryption: Option<&'static str>,
    /// The prefix of SOAP's elements.
    pub(crate) soap: &'static str,
    /// Namespaces that the envelope declares and does not use.
    pub(crate) unused: &'static [(&'static str, &'static str)],
    /// The style of documents, and what their root declares beside it.
    pub(crate) style: ElementStyle<'static>,
    pub(crate) root_declares: &'static str,
    /// The canonicalisation of the document's SignedInfo, and that of its reference, if it names one.
    pub(crate) canonical: CanonicalMethod,
    pub(crate) transform: Option<CanonicalMethod>,
    /// Whether KeyInfo names the issuer too.
    pub(crate) names_issuer: bool,
    /// The characters of a line of base64; 0 for one line.
    pub(crate) base64_line: usize,
    /// What stands between header and document.
    pub(crate) blank: &'static str,
    /// The bank, as its answers name it.
    pub(crate) receiver_id: &'static str,
    /// The text of success.
    pub(crate) ok: &'static str,
    /// Its operations.
    pub(crate) operations: &'static [FileCommand],
    /// Whether requests name a TargetId.
    pub(crate) has_targets: bool,
    /// Whether Command is mandatory, in exact case.
    pub(crate) exact_command: bool,
    /// Whether an upload must be compressed; of the others, only XML files may be.
    pub(crate) compressed_uploads: bool,
    /// What its answer to an upload has.
    pub(crate) upload_answer: UploadAnswer,
    /// Whether requests may be signed with SHA-1.
    pub(crate) takes_sha1: bool,
    /// File types: payments, then the bank's own: status reports, statements, notifications.
    pub(crate) payments: &'static [&'static str],
    pub(crate) status_report: &'static str,
    pub(crate) statement: &'static str,
    pub(crate) notification: &'static str,
    /// Further types that customers may fetch.
    pub(crate) others: &'static [&'static str],
}

/// The authorities below a root, by their names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AuthoritiesBelow {
    pub(crate) signers: Option<&'static str>,
    pub(crate) customers: Option<&'static str>,
}

impl AuthoritiesBelow {
    const NONE: Self = Self { signers: None, customers: None };

    pub(crate) fn are_any(&self) -> bool {
        self.signers.is_some() || self.customers.is_some()
    }
}

impl BankDialect {
    /// Whether one of its services carries this command out.
    pub(crate) fn offers(&self, command: BankServiceCommand) -> bool {
        match command {
            BankServiceCommand::File(command) => self.operations.contains(&command),
            BankServiceCommand::Certificate(CertificateCommand::GetBankCertificates) => {
                matches!(self.family, BankFamily::Op | BankFamily::Danske)
            }
            BankServiceCommand::Certificate(command) => {
                command.asks_for_certificate() || self.family == BankFamily::Danske
            }
        }
    }

    /// The operations that it carries out, without their protocol.
    pub(crate) fn offered(&self) -> impl Iterator<Item = &'static str> {
        described_exchanges(CATALOGUE, TERMS)
            .filter(|(_, _, terms)| self.offers(terms.command))
            .map(|(entry, _, _)| entry.short_name())
    }
}

/// The content of the answer to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadAnswer {
    /// Sum and number.
    Totals,
    /// Nothing but the code.
    CodeOnly,
    /// A descriptor of the file.
    Descriptor,
}

use FileCommand::{DeleteFile, DownloadFile, DownloadFileList, GetUserInfo, UploadFile};

/// All dialects, in the order of their families' names.
pub(crate) static DIALECTS: [BankDialect; 4] = [
    BankDialect {
        family: BankFamily::Nordea,
        path: "/nordea",
        signers: ("File Transfer Web Services", None),
        authority: "Sandbox Nordea Corporate Server CA",
        below: AuthoritiesBelow::NONE,
        encryption: None,
        soap: "soapenv",
        unused: &[],
        style: ElementStyle { prefix: "c2b:", redeclares: false },
        root_declares: " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"",
        canonical: CanonicalMethod::Inclusive,
        transform: Some(CanonicalMethod::Inclusive),
        names_issuer: true,
        base64_line: 0,
        blank: "\n",
        receiver_id: "NDEAFIHH",
        ok: "OK.",
        operations: &[UploadFile, DownloadFileList, DownloadFile, DeleteFile, GetUserInfo],
        has_targets: true,
        exact_command: true,
        compressed_uploads: false,
        upload_answer: UploadAnswer::Totals,
        takes_sha1: false,
        payments: &["NDCORPAYS"],
        status_report: "NDCORPAYL",
        statement: "NDCAMT53L",
        notification: "NDCAMT54L",
        others: &["NDCAMT52L", "VKEUR"],
    },
    BankDialect {
        family: BankFamily::Op,
        path: "/op",
        signers: ("SOAP for WS", Some("Application for WS")),
        authority: "Sandbox OP-Pohjola Root CA",
        below: AuthoritiesBelow { signers: Some("Sandbox OP Services CA V3"), customers: Some("Sandbox OP WS CA V3") },
        encryption: None,
        soap: "S",
        unused: &[
            ("xsd", "http://www.w3.org/2001/XMLSchema"),
            ("xsi", "http://www.w3.org/2001/XMLSchema-instance"),
            ("wsa", "http://www.w3.org/2005/08/addressing"),
            ("wst", "http://docs.oasis-open.org/ws-sx/ws-trust/200512"),
            ("wsc", "http://docs.oasis-open.org/ws-sx/ws-secureconversation/200512"),
            ("wsp", "http://www.w3.org/ns/ws-policy"),
            ("sp", "http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"),
            ("xenc", "http://www.w3.org/2001/04/xmlenc#"),
            ("exc14n", "http://www.w3.org/2001/10/xml-exc-c14n#"),
            ("mex", "http://schemas.xmlsoap.org/ws/2004/09/mex"),
        ],
        style: ElementStyle { prefix: "", redeclares: false },
        root_declares: "",
        canonical: CanonicalMethod::InclusiveWithComments,
        transform: None,
        names_issuer: false,
        base64_line: 76,
        blank: "",
        receiver_id: "OKOYFIHH",
        ok: "OK",
        operations: &[UploadFile, DownloadFileList, DownloadFile, DeleteFile],
        has_targets: false,
        exact_command: false,
        compressed_uploads: true,
        upload_answer: UploadAnswer::CodeOnly,
        takes_sha1: false,
        payments: &["pain.001.001.09", "pain.001.001.03"],
        status_report: "pain.002.001.10",
        statement: "camt.053.001.02",
        notification: "camt.054.001.02",
        others: &["pain.002.001.03"],
    },
    BankDialect {
        family: BankFamily::Samlink,
        path: "/samlink",
        signers: ("SANDBOX SEPAWEBS", None),
        authority: "Sandbox Samlink Customer CA",
        below: AuthoritiesBelow::NONE,
        encryption: None,
        soap: "soapenv",
        unused: &[],
        style: ElementStyle { prefix: "a:", redeclares: true },
        root_declares: "",
        canonical: CanonicalMethod::Inclusive,
        transform: Some(CanonicalMethod::Inclusive),
        names_issuer: true,
        base64_line: 0,
        blank: "",
        receiver_id: "",
        ok: "OK",
        operations: &[UploadFile, DownloadFileList, DownloadFile],
        has_targets: false,
        exact_command: false,
        compressed_uploads: false,
        upload_answer: UploadAnswer::Descriptor,
        takes_sha1: true,
        payments: &["XL"],
        status_report: "XP",
        statement: "XT",
        notification: "XE",
        others: &[],
    },
    BankDialect {
        family: BankFamily::Danske,
        path: "/danske",
        signers: ("DPSIGN", None),
        authority: "Sandbox DBGROOT",
        below: AuthoritiesBelow { signers: None, customers: Some("Sandbox DBGSWFI") },
        encryption: Some("DPCRYPT"),
        soap: "soapenv",
        unused: &[],
        style: ElementStyle { prefix: "", redeclares: false },
        root_declares: "",
        canonical: CanonicalMethod::Exclusive,
        transform: Some(CanonicalMethod::Exclusive),
        names_issuer: true,
        base64_line: 0,
        blank: "",
        receiver_id: "DABADKKK",
        ok: "OK",
        operations: &[UploadFile, DownloadFileList, DownloadFile],
        has_targets: false,
        exact_command: false,
        compressed_uploads: false,
        upload_answer: UploadAnswer::CodeOnly,
        takes_sha1: true,
        payments: &["pain.001.001.03"],
        status_report: "pain.002.001.03",
        statement: "camt.053.001.02",
        notification: "camt.054.001.02",
        others: &["CAMT.052"],
    },
];

/// The path of a certificate service below its family's.
pub(crate) const CERTIFICATES: &str = "/certificates";
/// The path of a revocation list below its family's.
pub(crate) const REVOCATION_LIST: &str = "/revocation-list.crl";

impl BankDialect {
    /// The dialect at a path.
    pub(crate) fn at(path: &str) -> Option<&'static Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        DIALECTS.iter().find(|dialect| dialect.path == path)
    }

    /// The dialect whose certificate service is at a path.
    pub(crate) fn with_certificates_at(path: &str) -> Option<&'static Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        Self::at(path.strip_suffix(CERTIFICATES)?)
    }

    /// The dialect whose revocation list is at a path.
    pub(crate) fn with_revocation_list_at(path: &str) -> Option<&'static Self> {
        Self::at(path.strip_suffix(REVOCATION_LIST)?)
    }

    /// The dialect of a family.
    pub(crate) fn for_family(family: BankFamily) -> &'static Self {
        DIALECTS.iter().find(|dialect| dialect.family == family).unwrap_or(&DIALECTS[0])
    }

    /// The dialect of the family with this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        DIALECTS.iter().find(|dialect| dialect.name() == name)
    }

    /// Whether the present certificate ends when the next one is issued.
    pub(crate) fn ends_replaced(&self) -> bool {
        self.family == BankFamily::Nordea
    }

    /// The family's name.
    pub(crate) fn name(&self) -> &'static str {
        self.path.trim_start_matches('/')
    }

    /// Whether files of a type may be sent.
    pub(crate) fn is_payment(&self, file_type: &str) -> bool {
        self.payments.contains(&file_type)
    }

    /// The types that customers may fetch.
    pub(crate) fn downloads(&self) -> impl Iterator<Item = &'static str> {
        [self.status_report, self.statement, self.notification].into_iter().chain(self.others.iter().copied())
    }

    /// Whether the bank has files of a type at all.
    pub(crate) fn knows(&self, file_type: &str) -> bool {
        self.is_payment(file_type) || self.downloads().any(|known| known == file_type)
    }
}
