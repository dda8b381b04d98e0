//! Requests to a bank's certificate service: a document, signed by the old certificate or unsigned, in an unsigned
//! envelope (§5.1).

use bankchannel_crypto::{
    digest,
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{Error, Secret, model::Boundary};
use bankchannel_xml_signature::{
    DocumentDraft, DocumentSignatureForm, DraftedSignature, SOAP_NAMESPACE, push_canonical_text,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::text::{check, element, environment_word};
use crate::{
    model::RevocationReason,
    profile::{BankEnvironment, BankFamily},
};

/// An operation of a certificate service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum CertificateCommand {
    /// Asks for a first certificate, with a code of the bank.
    #[boundary("request_certificate")]
    RequestCertificate,
    /// Asks for the next certificate, signed with the present one.
    #[boundary("renew_certificate")]
    RenewCertificate,
    /// Asks for the certificates of the bank's authorities; at Danske for its own.
    #[boundary("get_bank_certificates")]
    GetBankCertificates,
    /// Asks which certificates the customer has, and how they stand.
    #[boundary("list_own_certificates")]
    ListOwnCertificates,
    /// Revokes certificates of the customer.
    #[boundary("revoke_certificate")]
    RevokeCertificate,
}

impl CertificateCommand {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::RequestCertificate,
        Self::RenewCertificate,
        Self::GetBankCertificates,
        Self::ListOwnCertificates,
        Self::RevokeCertificate,
    ];

    /// The name of its route. A first and a further certificate are one operation on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestCertificate => "GetCertificate",
            Self::RenewCertificate => "RenewCertificate",
            Self::GetBankCertificates => "GetServiceCertificates",
            Self::ListOwnCertificates => "GetOwnCertificateList",
            Self::RevokeCertificate => "RevokeCertificate",
        }
    }

    /// The element in the Body of a request, where the document in it is base64.
    #[must_use]
    pub const fn wrapper(self) -> &'static str {
        match self {
            Self::RequestCertificate | Self::RenewCertificate => "getCertificatein",
            Self::GetBankCertificates => "getServiceCertificatesin",
            Self::ListOwnCertificates => "getOwnCertificateListin",
            Self::RevokeCertificate => "revokeCertificatein",
        }
    }

    /// Whether it asks for certificates of the customer's keys.
    #[must_use]
    pub const fn asks_for_certificate(self) -> bool {
        matches!(self, Self::RequestCertificate | Self::RenewCertificate)
    }

    /// Whether its document is signed with the customer's present certificate.
    #[must_use]
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::RenewCertificate | Self::ListOwnCertificates | Self::RevokeCertificate)
    }
}

impl BankFamily {
    /// The namespace of its certificate service: of the elements in the Body and of their headers.
    #[must_use]
    pub const fn certificate_service(self) -> &'static str {
        match self {
            Self::Nordea => "http://bxd.fi/CertificateService",
            Self::Op | Self::Samlink => "http://mlp.op.fi/OPCertificateService",
            Self::Danske => "http://danskebank.dk/PKI/PKIFactoryService",
        }
    }

    /// The namespace of the documents of its certificate service.
    #[must_use]
    pub const fn certificate_documents(self) -> &'static str {
        match self {
            Self::Nordea => "http://filetransfer.nordea.com/xmldata/",
            Self::Op | Self::Samlink => "http://op.fi/mlp/xmldata/",
            Self::Danske => "http://danskebank.dk/PKI/PKIFactoryService/elements",
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
    /// The id of the message; at Danske it is in the document too, at most 10 characters.
    pub request_id: String,
    /// The request for a certificate; an operation that asks for none has none.
    pub request: Option<CertificateRequest>,
    /// The request for the certificate of the key that decrypts, at banks that encrypt.
    pub encryption_request: Option<CertificateRequest>,
    /// The bank's code for a first certificate.
    pub code: Option<Secret>,
    /// The serial number of the bank's root that is trusted, decimal, at banks that want it with the question for their
    /// certificates.
    pub root_serial: Option<String>,
    /// The certificates that the request is about, by their serial numbers, decimal.
    pub serial_numbers: Vec<String>,
    /// Why they are revoked.
    pub revocation_reason: Option<RevocationReason>,
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
    end: String,
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
        format!("{}{}{}", self.before, self.signature.complete(value), self.end)
    }
}

impl CertificateApplication {
    /// The request for a certificate, PKCS#10, DER.
    fn request_der(&self) -> &[u8] {
        self.request.as_ref().map_or(&[], CertificateRequest::der)
    }

    /// The end tag of the document, behind its signature if it has one.
    #[must_use]
    pub fn end(&self) -> String {
        match self.family {
            BankFamily::Danske => format!("</{}Request>", self.pki_name()),
            _ => "</CertApplicationRequest>".to_owned(),
        }
    }

    /// The value of the header `SOAPAction`, where the certificate service wants its own: that of Danske.
    #[must_use]
    pub fn soap_action(&self) -> Option<&'static str> {
        (self.family == BankFamily::Danske).then(|| self.pki_name())
    }

    /// Whether the document is encrypted for the bank before it is sent.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.family == BankFamily::Danske && self.command.asks_for_certificate()
    }

    /// Writes the document up to its end tag, in canonical form.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field.
    pub fn write(&self) -> Result<String, Error> {
        if self.family == BankFamily::Danske {
            return self.write_pki();
        }
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
        let asks = self.command.asks_for_certificate();
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
        let (before, end) = (self.write()?, self.end());
        let mut draft = DocumentDraft::new();
        draft.update(before.as_bytes());
        draft.update(end.as_bytes());
        // One that stands in the envelope as an element must be digested alike there.
        let form = match self.family {
            BankFamily::Danske => DocumentSignatureForm::Exclusive,
            _ => DocumentSignatureForm::Inclusive,
        };
        Ok(UnsignedApplication {
            signature: DocumentDraft::sign_digest(draft.finish(), form, certificate),
            before,
            end,
        })
    }

    /// The envelope around a whole document, or at Danske around the encrypted one. It is not signed.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field.
    pub fn envelope(&self, header: CertificateHeader<'_>, document: &str) -> Result<String, Error> {
        if self.family == BankFamily::Danske {
            return self.pki_envelope(header, document);
        }
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
