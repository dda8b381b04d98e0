//! Requests for certificates on the wire, and the certificates in answers, which each bank packs in its own way (§5.2).

use bankchannel_crypto::{
    asn1::{self, Reader as _, SliceReader, tag},
    x509::{Certificate, CertificateRequest},
};
use bankchannel_foundation::{
    Error, Secret,
    error::row,
    message::decode_base64,
    model::{Boundary as _, Object, Reader, Representation, Value},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{FileServiceConnection, take_text};
use crate::{
    errors,
    model::RevocationReason,
    request::{CertificateApplication, CertificateCommand},
};

/// How often base64 is inside of base64.
const LAYERS_MAX: usize = 3;
/// The object identifier of signed data (PKCS#7).
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

impl FileServiceConnection {
    /// The document of a request to the certificate service with these fields. It has no time yet.
    pub(super) fn application(
        &self,
        command: CertificateCommand,
        mut fields: Object<'static>,
    ) -> Result<CertificateApplication, Error> {
        self.profile.check_offered(command)?;
        let mut read = |name: &str, field: &str| {
            let read = take_text(&mut fields, name).map(|pem| CertificateRequest::from_pem(&pem)).transpose();
            read.map_err(|fault| Error::invalid_field(field, fault.to_string()))
        };
        let request = read("Content", "certificate_request")?;
        let encryption_request = read("EncryptionContent", "encryption_certificate_request")?;
        let serial_numbers = match fields.remove("SerialNumbers") {
            Some(Value::Array(all)) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        };
        let revocation_reason = fields.remove("RevocationReason");
        let revocation_reason = revocation_reason
            .map(|reason| RevocationReason::read(reason, &mut Reader::new(Representation::Wire)))
            .transpose()?;
        if command == CertificateCommand::RevokeCertificate && serial_numbers.is_empty() {
            return Err(Error::missing_field("serial_numbers", "serial_numbers is empty: it says which are revoked"));
        }
        let code = take_text(&mut fields, "TransferKey").map(Secret::new);
        let question = CertificateQuestion { request, encryption_request, code, serial_numbers, revocation_reason };
        self.certificate_application(command, question)
    }

    /// The document with which a certificate is asked for, or the bank's own certificates. It has no time yet.
    ///
    /// # Errors
    /// `sepa_web_services.not_offered`; `input.invalid_field`, naming `code`.
    pub fn certificate_application(
        &self,
        command: CertificateCommand,
        question: CertificateQuestion,
    ) -> Result<CertificateApplication, Error> {
        let CertificateQuestion { request, encryption_request, code, serial_numbers, revocation_reason } = question;
        let profile = &self.profile;
        profile.check_offered(command)?;
        let Some(family) = profile.family else {
            return Err(Error::because(
                &errors::NOT_OFFERED,
                "the profile does not say to which family the bank belongs",
            ));
        };
        Ok(CertificateApplication {
            family,
            command,
            customer_id: self.customer_id.clone(),
            timestamp: String::new(),
            environment: self.environment,
            software_id: self.software_id.clone(),
            request_id: String::new(),
            request,
            encryption_request,
            code: code.map(|code| profile.checked_code(&code)).transpose()?,
            root_serial: None,
            serial_numbers,
            revocation_reason,
        })
    }
}

/// The question to a certificate service beside the command.
#[derive(Debug, Clone, Default)]
pub struct CertificateQuestion {
    /// The request for a certificate of the key that signs.
    pub request: Option<CertificateRequest>,
    /// The request for a certificate of the key that decrypts.
    pub encryption_request: Option<CertificateRequest>,
    /// The bank's code for a first certificate.
    pub code: Option<Secret>,
    /// The certificates that it is about, by their serial numbers, decimal.
    pub serial_numbers: Vec<String>,
    /// Why they are revoked.
    pub revocation_reason: Option<RevocationReason>,
}

/// Puts PEM in place of the base64 of requests.
pub(super) fn settle_request(fields: &mut Object<'_>) {
    for name in ["Content", "EncryptionContent"] {
        let read = fields.get(name).and_then(Value::as_str).and_then(|text| {
            let read = certificate_bytes(text)?;
            CertificateRequest::from_der(&read)
                .or_else(|_| CertificateRequest::from_pem(&String::from_utf8_lossy(&read)))
                .ok()
        });
        if let (Some(request), Some(content)) = (read, fields.get_mut(name)) {
            *content = request.to_pem().into();
        }
    }
}

/// The bytes behind all layers of base64.
fn certificate_bytes(text: &str) -> Option<Vec<u8>> {
    let mut bytes = decode_base64(text).ok()?;
    for _ in 1..LAYERS_MAX {
        let is_der = bytes.first() == Some(&tag::SEQUENCE);
        match std::str::from_utf8(&bytes) {
            Ok(text) if !is_der && !text.contains("-----BEGIN") => bytes = decode_base64(text).ok()?,
            _ => break,
        }
    }
    Some(bytes)
}

/// The certificates in a text of an answer: DER, PEM or PKCS#7 in base64, once or twice.
///
/// # Errors
/// Why it has none.
pub fn certificates_of(text: &str) -> Result<Vec<Certificate>, String> {
    let bytes = certificate_bytes(text).ok_or("it is no base64")?;
    if bytes.first() != Some(&tag::SEQUENCE) {
        let text = String::from_utf8(bytes).map_err(|_| "it is neither DER nor PEM")?;
        return Certificate::all_from_pem(&text).map_err(|fault| fault.to_string());
    }
    match Certificate::from_der(&bytes) {
        Ok(certificate) => Ok(vec![certificate]),
        Err(fault) => certificates_of_signed_data(&bytes).ok_or_else(|| fault.to_string()),
    }
}

/// The certificates of signed data (RFC 2315 §9.1); `None` if it is something else or has none.
fn certificates_of_signed_data(der: &[u8]) -> Option<Vec<Certificate>> {
    /// `[0]`, constructed.
    const CONTEXT_0: u8 = 0xa0;
    let mut outer = SliceReader::new(asn1::only(der, tag::SEQUENCE).ok()?).ok()?;
    let kind = asn1::element(&mut outer, tag::OID).ok()?;
    if asn1::dotted(kind.content).ok()? != SIGNED_DATA {
        return None;
    }
    let content = asn1::element(&mut outer, CONTEXT_0).ok()?.content;
    let mut data = SliceReader::new(asn1::only(content, tag::SEQUENCE).ok()?).ok()?;
    for expected in [tag::INTEGER, tag::SET, tag::SEQUENCE] {
        asn1::element(&mut data, expected).ok()?;
    }
    let mut inside = SliceReader::new(asn1::element(&mut data, CONTEXT_0).ok()?.content).ok()?;
    let mut all = Vec::new();
    while !inside.is_finished() {
        all.push(Certificate::from_der(asn1::element(&mut inside, tag::SEQUENCE).ok()?.whole).ok()?);
    }
    Some(all).filter(|all| !all.is_empty())
}

/// The certificates that an answer of the certificate service lists, as the bank writes them.
///
/// # Errors
/// `peer.protocol` for one that cannot be read: a certificate must not get lost.
pub fn listed_certificates(fields: &Object<'_>) -> Result<Vec<Certificate>, Error> {
    let Some(Value::Array(items)) = fields.get("Certificates") else { return Ok(Vec::new()) };
    let listed = items.iter().filter_map(|item| item.as_object()?.get("Certificate"));
    let mut all = Vec::new();
    for certificate in listed {
        all.extend(read_certificates(certificate)?);
    }
    Ok(all)
}

fn read_certificates(certificate: &Value<'_>) -> Result<Vec<Certificate>, Error> {
    certificates_of(certificate.as_str().unwrap_or_default()).map_err(|why| {
        Error::because(&row::PEER_PROTOCOL, format!("a certificate in the bank's answer cannot be read: {why}"))
    })
}

/// Puts PEM in place of the bank's form. One that cannot be read is an error: a certificate must not get lost.
///
/// # Errors
/// `peer.protocol`.
pub(super) fn settle_answer(fields: &mut Object<'_>) -> Result<(), Error> {
    let Some(Value::Array(items)) = fields.get_mut("Certificates") else { return Ok(()) };
    for item in items {
        let Value::Object(item) = item else { continue };
        let Some(certificate) = item.get_mut("Certificate") else { continue };
        let all = read_certificates(certificate)?;
        *certificate = all.iter().map(Certificate::to_pem).collect::<String>().into();
    }
    Ok(())
}

/// Puts the base64 of DER in place of PEM.
pub(super) fn to_wire(fields: &mut Object<'_>) {
    let Some(Value::Array(items)) = fields.get_mut("Certificates") else { return };
    for item in items {
        let Value::Object(item) = item else { continue };
        let Some(certificate) = item.get_mut("Certificate") else { continue };
        let read = certificate.as_str().and_then(|pem| Certificate::from_pem(pem).ok());
        if let Some(read) = read {
            *certificate = STANDARD.encode(read.der()).into();
        }
    }
}
