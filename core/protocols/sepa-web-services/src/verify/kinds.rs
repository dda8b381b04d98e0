//! The kinds of messages, by the name of their element.

use bankchannel_foundation::model::Boundary;
use bankchannel_xml::TreeElement;

use crate::{
    DOCUMENT_NAMESPACE as DOCUMENTS, FILE_MODEL_NAMESPACE as FILE_MODEL, FILE_SERVICE_NAMESPACE as FILE_SERVICE,
    profile::BankFamily, request::FileCommand,
};

/// The kind of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum MessageKind {
    /// A SOAP envelope from a customer to the bank's file service.
    #[boundary("soap_request")]
    SoapRequest,
    /// A SOAP envelope from the bank's file service to a customer.
    #[boundary("soap_answer")]
    SoapAnswer,
    /// A SOAP envelope to a bank's certificate service.
    #[boundary("soap_certificate_request")]
    SoapCertificateRequest,
    /// A SOAP envelope from a bank's certificate service.
    #[boundary("soap_certificate_answer")]
    SoapCertificateAnswer,
    /// A SOAP fault: it is never signed, so nothing follows from it.
    #[boundary("soap_fault")]
    SoapFault,
    /// The document inside of a request to the file service.
    #[boundary("application_request")]
    ApplicationRequest,
    /// The document inside of an answer of the file service.
    #[boundary("application_response")]
    ApplicationResponse,
    /// The document inside of a request to a certificate service.
    #[boundary("certificate_request")]
    CertificateRequest,
    /// The document inside of an answer of a certificate service.
    #[boundary("certificate_response")]
    CertificateResponse,
    /// None of this channel, or unreadable.
    #[default]
    #[boundary("other")]
    Other,
}

/// The namespaces of the certificate services, which their headers share, and of their documents.
const CERTIFICATE_SERVICES: [&str; 2] =
    [BankFamily::Nordea.certificate_service(), BankFamily::Op.certificate_service()];
const CERTIFICATE_DOCUMENTS: [&str; 2] =
    [BankFamily::Nordea.certificate_documents(), BankFamily::Op.certificate_documents()];
/// The same of Danske, whose documents stand in the Body as elements.
const PKI_SERVICE: &str = BankFamily::Danske.certificate_service();
const PKI_DOCUMENTS: &str = BankFamily::Danske.certificate_documents();

/// Whether elements of this namespace stand in documents.
pub(crate) fn is_document_namespace(namespace: &str) -> bool {
    namespace == DOCUMENTS || CERTIFICATE_DOCUMENTS.contains(&namespace) || namespace == PKI_DOCUMENTS
}

/// Whether an element belongs to a document of Danske's certificate service.
pub(crate) fn is_pki_document(element: TreeElement<'_>) -> bool {
    element.namespace() == PKI_DOCUMENTS
}

/// Whether an element is a fault of Danske's certificate service; it is called in two ways.
pub(super) fn is_pki_fault(element: TreeElement<'_>) -> bool {
    element.namespace() == PKI_SERVICE
        && matches!(element.local(), "PKIFactoryServiceFault" | "PKIFactoryServiceFaultElement")
}

/// The operations of the file service: the wire's name without `in` and `out`, and this library's.
const OPERATIONS: [(&str, &str); 8] = [
    ("uploadFile", "upload_file"),
    ("downloadFileList", "list_files"),
    ("downloadFile", "download_file"),
    ("deleteFile", "delete_file"),
    ("getUserInfo", "get_user_info"),
    ("getCertificate", "get_certificate"),
    ("getServiceCertificates", "get_service_certificates"),
    ("revokeCertificate", "revoke_certificate"),
];

/// The same of Danske's certificate service, without `In` and `Out`.
const PKI_OPERATIONS: [(&str, &str); 6] = [
    ("CreateCertificate", "create_certificate"),
    ("RenewCertificate", "renew_certificate"),
    ("GetBankCertificate", "get_bank_certificate"),
    ("CertificateStatus", "certificate_status"),
    ("GetOwnCertificateList", "get_own_certificate_list"),
    ("RevokeCertificate", "revoke_certificate"),
];

/// The operation that an element in the Body names.
pub(crate) fn operation_of_wrapper(name: &str) -> Option<&'static str> {
    if let Some(bare) = name.strip_suffix("Out").or_else(|| name.strip_suffix("In")) {
        return PKI_OPERATIONS.iter().find(|(wire, _)| *wire == bare).map(|(_, operation)| *operation);
    }
    let bare = name.strip_suffix("out").or_else(|| name.strip_suffix("in"))?;
    OPERATIONS.iter().find(|(wire, _)| *wire == bare).map(|(_, operation)| *operation)
}

/// The operation whose answer of Danske's certificate service has this root.
pub(crate) fn operation_of_pki_answer(root: &str) -> Option<&'static str> {
    let bare = root.strip_suffix("Response")?;
    PKI_OPERATIONS.iter().find(|(wire, _)| *wire == bare).map(|(_, operation)| *operation)
}

/// A wrapper in the Body.
pub(super) struct MessageWrapper {
    pub(super) kind: MessageKind,
    pub(super) operation: &'static str,
    /// The namespace of its content.
    pub(super) model: &'static str,
    /// Whether the document stands in it as an element, and not in base64.
    pub(super) has_element: bool,
}

impl MessageWrapper {
    pub(super) fn recognise(element: TreeElement<'_>) -> Option<Self> {
        let name = element.local();
        if element.namespace() == PKI_SERVICE {
            let is_answer = name.ends_with("Out");
            let kind = match is_answer {
                true => MessageKind::SoapCertificateAnswer,
                false => MessageKind::SoapCertificateRequest,
            };
            let operation = operation_of_wrapper(name).filter(|_| is_answer || name.ends_with("In"))?;
            return Some(Self { kind, operation, model: PKI_SERVICE, has_element: true });
        }
        let (bare, is_answer) = match name.strip_suffix("out") {
            Some(bare) => (bare, true),
            None => (name.strip_suffix("in")?, false),
        };
        let operation = OPERATIONS.iter().find(|(wire, _)| *wire == bare).map(|(_, operation)| *operation)?;
        let certificates = CERTIFICATE_SERVICES.into_iter().find(|service| *service == element.namespace());
        let is_of_certificates = bare.ends_with("Certificate") || bare.ends_with("Certificates");
        let (kind, model) = match certificates {
            Some(service) if is_of_certificates && is_answer => (MessageKind::SoapCertificateAnswer, service),
            Some(service) if is_of_certificates => (MessageKind::SoapCertificateRequest, service),
            None if element.namespace() == FILE_SERVICE && !is_of_certificates && is_answer => {
                (MessageKind::SoapAnswer, FILE_MODEL)
            }
            None if element.namespace() == FILE_SERVICE && !is_of_certificates => {
                (MessageKind::SoapRequest, FILE_MODEL)
            }
            _ => return None,
        };
        Some(Self { kind, operation, model, has_element: false })
    }

    pub(super) fn is_answer(&self) -> bool {
        matches!(self.kind, MessageKind::SoapAnswer | MessageKind::SoapCertificateAnswer)
    }

    pub(super) fn is_of_certificates(&self) -> bool {
        matches!(self.kind, MessageKind::SoapCertificateAnswer | MessageKind::SoapCertificateRequest)
    }

    /// The kind of the document that belongs inside.
    pub(super) fn document(&self) -> MessageKind {
        match self.kind {
            MessageKind::SoapAnswer => MessageKind::ApplicationResponse,
            MessageKind::SoapCertificateAnswer => MessageKind::CertificateResponse,
            MessageKind::SoapCertificateRequest => MessageKind::CertificateRequest,
            _ => MessageKind::ApplicationRequest,
        }
    }
}

/// The kind of a document by its root.
pub(super) fn document_kind(root: TreeElement<'_>) -> MessageKind {
    let of_certificates = CERTIFICATE_DOCUMENTS.contains(&root.namespace());
    if root.namespace() == PKI_DOCUMENTS {
        let is_known = |bare: &str| PKI_OPERATIONS.iter().any(|(wire, _)| *wire == bare);
        return match (root.local().strip_suffix("Request"), root.local().strip_suffix("Response")) {
            (Some(bare), _) if is_known(bare) => MessageKind::CertificateRequest,
            (_, Some(bare)) if is_known(bare) => MessageKind::CertificateResponse,
            _ => MessageKind::Other,
        };
    }
    match root.local() {
        "ApplicationRequest" if root.namespace() == DOCUMENTS => MessageKind::ApplicationRequest,
        "ApplicationResponse" if root.namespace() == DOCUMENTS => MessageKind::ApplicationResponse,
        "CertApplicationRequest" if of_certificates => MessageKind::CertificateRequest,
        "CertApplicationResponse" if of_certificates => MessageKind::CertificateResponse,
        _ => MessageKind::Other,
    }
}

/// The operation that a document's Command names, in any case.
pub(super) fn operation_of_command(command: &str) -> Option<&'static str> {
    let found = FileCommand::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(command))?;
    operation_of_wrapper(found.wrapper())
}
