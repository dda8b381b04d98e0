//! Requests to Danske's certificate service, PKIFactoryService: the document stands in the envelope as an element, encrypted where
//! it has a secret or makes certificates (§5.6).

use bankchannel_crypto::x509::CertificateRequest;
use bankchannel_foundation::Error;
use bankchannel_xml_signature::SOAP_NAMESPACE;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::certificate::{CertificateApplication, CertificateCommand, CertificateHeader};
use super::text::{check, element};
use crate::profile::{BankEnvironment, BankFamily};

/// The characters of a customer's id.
pub(crate) const ID_LENGTH: usize = 6;
/// Longest id of a message, characters.
pub(crate) const REQUEST_ID_MOST: usize = 10;
/// The bank in its own words, as who an encrypted document is for.
pub const ENCRYPTION_RECIPIENT: &str = "name:DanskeBankCryptCERT";
/// Longest code for a first certificate, characters.
const PIN_MOST: usize = 10;
/// The most certificates that one request names.
const SERIALS_MOST: usize = 10;

impl CertificateApplication {
    /// The operation, as elements of the Body and of documents name it.
    pub(super) fn pki_name(&self) -> &'static str {
        match self.command {
            CertificateCommand::RequestCertificate => "CreateCertificate",
            CertificateCommand::RenewCertificate => "RenewCertificate",
            CertificateCommand::GetBankCertificates => "GetBankCertificate",
            // The one lists all certificates of the customer, the other those that are named.
            CertificateCommand::ListOwnCertificates if self.serial_numbers.is_empty() => "GetOwnCertificateList",
            CertificateCommand::ListOwnCertificates => "CertificateStatus",
            CertificateCommand::RevokeCertificate => "RevokeCertificate",
        }
    }

    /// The document up to its end tag, in canonical form, inclusive and exclusive alike.
    pub(super) fn write_pki(&self) -> Result<String, Error> {
        let name = self.pki_name();
        let mut out = format!("<{name}Request xmlns=\"{}\">", BankFamily::Danske.certificate_documents());
        let mut put = |name: &str, value: &str| element(&mut out, "", name, value);
        check("request_id", &self.request_id, REQUEST_ID_MOST)?;
        if self.command == CertificateCommand::GetBankCertificates {
            let missing = || Error::internal("the serial number of the bank's root is not known");
            put("BankRootCertificateSerialNo", self.root_serial.as_deref().ok_or_else(missing)?);
            put("Timestamp", &self.timestamp);
            put("RequestId", &self.request_id);
            return Ok(out);
        }
        check_id("customer_id", &self.customer_id)?;
        let asks = self.command.asks_for_certificate();
        if asks {
            put("CustomerId", &self.customer_id);
        }
        put("KeyGeneratorType", "software");
        if asks {
            put("EncryptionCertPKCS10", &base64("encryption_certificate_request", self.encryption_request.as_ref())?);
            put("SigningCertPKCS10", &base64("certificate_request", self.request.as_ref())?);
        }
        let is_status = self.command == CertificateCommand::ListOwnCertificates && !self.serial_numbers.is_empty();
        if !asks && !is_status {
            put("CustomerId", &self.customer_id);
        }
        if self.serial_numbers.len() > SERIALS_MOST {
            return Err(Error::invalid_field("serial_numbers", "are more than ten: the bank takes ten at a time"));
        }
        for serial in &self.serial_numbers {
            check("serial_numbers", serial, 64)?;
            if !serial.bytes().all(|byte| byte.is_ascii_digit()) {
                let why = "must be decimal numbers: list_own_certificates tells them";
                return Err(Error::invalid_field("serial_numbers", why));
            }
            put("CertificateSerialNo", serial);
        }
        if is_status {
            put("CustomerId", &self.customer_id);
        }
        if let (CertificateCommand::RevokeCertificate, Some(reason)) = (self.command, self.revocation_reason) {
            put("CRLReason", &reason.number().to_string());
        }
        put("Timestamp", &self.timestamp);
        put("RequestId", &self.request_id);
        if self.command != CertificateCommand::ListOwnCertificates {
            put("Environment", word(self.environment));
        }
        if self.command == CertificateCommand::RequestCertificate {
            let Some(code) = &self.code else {
                return Err(Error::missing_field("code", "code is missing"));
            };
            check("code", code.expose(), PIN_MOST)?;
            put("PIN", code.expose());
        }
        Ok(out)
    }

    /// The envelope around a whole document, or around the encrypted one. It is not signed.
    pub(super) fn pki_envelope(&self, header: CertificateHeader<'_>, document: &str) -> Result<String, Error> {
        let name = self.pki_name();
        let mut out = format!(
            "<soapenv:Envelope xmlns:soapenv=\"{SOAP_NAMESPACE}\" xmlns:pkif=\"{}\"><soapenv:Header></soapenv:Header>\
             <soapenv:Body><pkif:{name}In><pkif:RequestHeader>",
            BankFamily::Danske.certificate_service()
        );
        check_id("sender_id", header.sender_id)?;
        check("request_id", header.request_id, REQUEST_ID_MOST)?;
        for (name, value) in [
            ("SenderId", header.sender_id),
            ("CustomerId", &*self.customer_id),
            ("RequestId", header.request_id),
            ("Timestamp", header.timestamp),
            ("InterfaceVersion", "1"),
        ] {
            element(&mut out, "pkif:", name, value);
        }
        if self.command != CertificateCommand::GetBankCertificates {
            element(&mut out, "pkif:", "Environment", word(self.environment));
        }
        out.extend(["</pkif:RequestHeader>", document, "</pkif:", name, "In></soapenv:Body></soapenv:Envelope>"]);
        Ok(out)
    }
}

/// The bank's word for an environment in its certificate service.
const fn word(environment: BankEnvironment) -> &'static str {
    match environment {
        BankEnvironment::Production => "production",
        BankEnvironment::Test => "customertest",
    }
}

fn check_id(field: &str, id: &str) -> Result<(), Error> {
    check(field, id, ID_LENGTH)?;
    match id.chars().count() {
        ID_LENGTH => Ok(()),
        _ => Err(Error::invalid_field(field, "must have six characters at this bank")),
    }
}

fn base64(field: &str, request: Option<&CertificateRequest>) -> Result<String, Error> {
    let why = "is missing: this bank issues two certificates at once, one to sign and one to decrypt";
    let request = request.ok_or_else(|| Error::missing_field(field, format!("{field} {why}")))?;
    Ok(STANDARD.encode(request.der()))
}
