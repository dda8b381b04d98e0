//! Requests to a bank's certificate service: a document, signed by the old certificate or unsigned, in an unsigned
//! envelope (§5.1).

use bankchannel_crypto::{
    digest,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{Error, Secret, model::Boundary};
use bankchannel_xml_signature::{DocumentDraft, DraftedSignature, SOAP_NAMESPACE, push_canonical_text};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::text::{check, element, environment_word};
use crate::profile::{BankEnvironment, BankFamily};

/// An operation of a certificate service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum CertificateCommand {
    /// Asks for a first certificate, with a code of the bank.
    #[boundary("request_certificate")]
    RequestCertificate,
    /// Asks for the next certificate, signed with the present one.
    #[boundary("renew_certificate")]
    RenewCertificate,
    /// Asks for the certificates of the bank's authorities.
    #[boundary("get_bank_certificates")]
    GetBankCertificates,
}

impl CertificateCommand {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RequestCertificate, Self::RenewCertificate, Self::GetBankCertificates];

    /// The name of its route. A first and a further certificate are one operation on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestCertificate => "GetCertificate",
            Self::RenewCertificate => "RenewCertificate",
            Self::GetBankCertificates => "GetServiceCertificates",
        }
    }

    /// The element in the Body of a request.
    #[must_use]
    pub const fn wrapper(self) -> &'static str {
        match self {
            Self::RequestCertificate | Self::RenewCertificate => "getCertificatein",
            Self::GetBankCertificates => "getServiceCertificatesin",
        }
    }
}

impl BankFamily {
    /// The namespace of its certificate service: of the elements in the Body and of their headers.
    #[must_use]
    pub const fn certificate_service(self) -> &'static str {
        match self {
            Self::Nordea => "http://bxd.fi/CertificateService",
            Self::Op | Self::Samlink => "http://mlp.op.fi/OPCertificateService",
        }
    }

    /// The namespace of the documents of its certificate service.
    #[must_use]
    pub const fn certificate_documents(self) -> &'static str {
        match self {
            Self::Nordea => "http://filetransfer.nordea.com/xmldata/",
            Self::Op | Self::Samlink => "http://op.fi/mlp/xmldata/",
        }
    }
}

/// The content of the document of a request to a certificate service.
#[derive(Debug, Clone)]
pub struct CertificateApplication {
    /// The form of the bank's messages.
    pub family: BankFamily,
    /// The operation.
    pub command: CertificateCommand,
    /// The customer, at most 16 characters.
    pub customer_id: String,
    /// When it was made: UTC with `Z` and a fraction; no two of a customer are equal.
    pub timestamp: String,
    /// The environment.
    pub environment: BankEnvironment,
    /// The program that makes it, at most 80 characters.
    pub software_id: String,
    /// The request for a certificate; an operation that asks for none has none.
    pub request: Option<CertificateRequest>,
    /// The bank's code for a first certificate.
    pub code: Option<Secret>,
}

/// The header of a request to a certificate service.
#[derive(Debug, Clone, Copy)]
pub struct CertificateHeader<'h> {
    /// The party that sends, at most 35 characters.
    pub sender_id: &'h str,
    /// The message's id.
    pub request_id: &'h str,
    /// When it was made.
    pub timestamp: &'h str,
}

/// A document that lacks the value of its signature.
#[derive(Debug)]
pub struct UnsignedApplication {
    before: String,
    signature: DraftedSignature,
}

impl UnsignedApplication {
    /// The bytes to sign, with RSA (PKCS#1 v1.5) and SHA-256.
    #[must_use]
    pub fn bytes_to_sign(&self) -> &[u8] {
        self.signature.bytes_to_sign()
    }

    /// The document with its signature.
    #[must_use]
    pub fn signed(self, value: &[u8]) -> String {
        format!("{}{}{}", self.before, self.signature.complete(value), CertificateApplication::END)
    }
}

impl CertificateApplication {
    /// The request for a certificate, PKCS#10, DER.
    fn request_der(&self) -> &[u8] {
        self.request.as_ref().map_or(&[], CertificateRequest::der)
    }

    /// The end tag of the document, behind its signature if it has one.
    pub const END: &'static str = "</CertApplicationRequest>";

    /// Writes the document up to its end tag, in canonical form.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field.
    pub fn write(&self) -> Result<String, Error> {
        let mut out = format!("<CertApplicationRequest xmlns=\"{}\">", self.family.certificate_documents());
        let is_nordea = self.family == BankFamily::Nordea;
        check("customer_id", &self.customer_id, 16)?;
        check("software_id", &self.software_id, 80)?;
        for (name, value) in [
            ("CustomerId", &*self.customer_id),
            ("Timestamp", &self.timestamp),
            ("Environment", environment_word(self.environment)),
            ("SoftwareId", &self.software_id),
        ] {
            element(&mut out, "", name, value);
        }
        let asks = self.command != CertificateCommand::GetBankCertificates;
        // A further one says no command: programs that banks know write none.
        if self.command == CertificateCommand::RequestCertificate {
            element(&mut out, "", "Command", "GetCertificate");
        }
        if asks && !is_nordea {
            element(&mut out, "", "Compression", "false");
        }
        element(&mut out, "", "Service", if is_nordea { "service" } else { "MATU" });
        if asks {
            element(&mut out, "", "Content", &STANDARD.encode(self.request_der()));
        }
        match (self.command, &self.code) {
            (CertificateCommand::RequestCertificate, Some(code)) if is_nordea => {
                let mac = digest::hmac_sha1(code.expose().as_bytes(), self.request_der());
                element(&mut out, "", "HMAC", &STANDARD.encode(mac));
            }
            (CertificateCommand::RequestCertificate, Some(code)) => {
                check("code", code.expose(), 32)?;
                element(&mut out, "", "TransferKey", code.expose());
            }
            (CertificateCommand::RequestCertificate, None) => {
                return Err(Error::missing_field("code", "code is missing"));
            }
            _ => {}
        }
        Ok(out)
    }

    /// The document, to be signed with the key of this certificate.
    ///
    /// # Errors
    /// Those of [`write`](Self::write).
    pub fn to_be_signed(&self, certificate: &Certificate) -> Result<UnsignedApplication, Error> {
        let before = self.write()?;
        let mut draft = DocumentDraft::new();
        draft.update(before.as_bytes());
        draft.update(Self::END.as_bytes());
        Ok(UnsignedApplication { signature: draft.sign_as(certificate), before })
    }

    /// The envelope around a whole document. It is not signed.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field.
    pub fn envelope(&self, header: CertificateHeader<'_>, document: &str) -> Result<String, Error> {
        let (service, wrapper) = (self.family.certificate_service(), self.command.wrapper());
        let mut out = format!(
            "<soapenv:Envelope xmlns:soapenv=\"{SOAP_NAMESPACE}\" xmlns:cer=\"{service}\"><soapenv:Header></soapenv:Header>\
             <soapenv:Body><cer:{wrapper}><cer:RequestHeader>"
        );
        for (field, name, value) in [
            ("sender_id", "SenderId", header.sender_id),
            ("request_id", "RequestId", header.request_id),
            ("timestamp", "Timestamp", header.timestamp),
        ] {
            check(field, value, 35)?;
            out.extend(["<cer:", name, ">"]);
            push_canonical_text(&mut out, value);
            out.extend(["</cer:", name, ">"]);
        }
        out.extend(["</cer:RequestHeader><cer:ApplicationRequest>", &STANDARD.encode(document)]);
        out.extend(["</cer:ApplicationRequest></cer:", wrapper, "></soapenv:Body></soapenv:Envelope>"]);
        Ok(out)
    }
}
