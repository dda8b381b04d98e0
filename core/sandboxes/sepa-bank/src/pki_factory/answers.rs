//! Answers of the service: a signed document in an envelope that is not, or a fault.

use bankchannel_crypto::{digest::MessageDigestAlgorithm, signature::Hash};
use bankchannel_foundation::{Error, Result};
use bankchannel_sepa_web_services::request::whole_seconds;
use bankchannel_xml_signature::{
    CanonicalMethod, SOAP_NAMESPACE, SignatureTemplate, TemplateReference, push_canonical_text,
};

use super::{
    PkiRefusal,
    carrying_out::{PkiElements, PkiValue},
    examination::PkiRequestHeader,
};
use crate::{answer::issuer_serial, chaos::BankFault, dialect::BankDialect, service::SandboxSepaBank};

/// Writes answers to one request.
pub(super) struct PkiAnswerWriter<'a> {
    pub(super) bank: &'a SandboxSepaBank,
    pub(super) dialect: &'static BankDialect,
    pub(super) header: &'a PkiRequestHeader,
    pub(super) faults: &'a [BankFault],
}

/// The answer of a bank that has failed.
fn or_failed(written: Result<String>) -> Vec<u8> {
    match written {
        Ok(text) => text.into_bytes(),
        Err(error) => {
            tracing::error!(%error, "the sandbox bank cannot write an answer");
            technical_error()
        }
    }
}

/// A fault without a code of the service.
fn technical_error() -> Vec<u8> {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"{SOAP_NAMESPACE}\"><soapenv:Body><soapenv:Fault><faultcode>soapenv:Server</faultcode>\
         <faultstring>technical error</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )
    .into_bytes()
}

impl PkiAnswerWriter<'_> {
    fn has(&self, fault: BankFault) -> bool {
        self.faults.contains(&fault)
    }

    /// An answer that says yes.
    pub(super) fn success(&self, elements: &PkiElements) -> Vec<u8> {
        or_failed(self.signed("00", "OK", elements))
    }

    /// An answer that says no.
    pub(super) fn refusal(&self, refusal: &PkiRefusal) -> Vec<u8> {
        match refusal {
            PkiRefusal::Schema(why) => self.fault("07", "Schema validation error.", why).into_bytes(),
            PkiRefusal::UnknownRoot(why) => self.fault("20", "Certificate serial number unknown", why).into_bytes(),
            PkiRefusal::Failed(_) => technical_error(),
            PkiRefusal::Code { code, text, .. } => or_failed(self.signed(&format!("{code:02}"), text, &Vec::new())),
        }
    }

    fn now(&self) -> String {
        whole_seconds(self.bank.message_s())
    }

    fn signed(&self, code: &str, words: &str, elements: &PkiElements) -> Result<String> {
        let certificates = self.bank.certificates_of(self.dialect);
        let (generation, _) = certificates.signing(self.bank.message_s())?;
        let usual = &generation.document;
        let other = match () {
            () if self.has(BankFault::ExpiredSigner) => Some(certificates.expired_signer(self.dialect.signers.0)?),
            () if self.has(BankFault::ForeignSigner) => Some(certificates.other_signer(self.dialect.signers.0, false)?),
            () if self.has(BankFault::CustomerSigner) => Some(certificates.other_signer(self.dialect.signers.0, true)?),
            () => None,
        };
        let signer = other.as_ref().unwrap_or(usual);
        let operation = &self.header.wrapper;
        let documents = self.dialect.family.certificate_documents();
        // As the real bank writes it: an id that XML itself defines, and a default namespace that is undeclared.
        let mut before = format!("<tns:{operation}Response xml:id=\"response\" xmlns=\"\" xmlns:tns=\"{documents}\">");
        let mut put = |name: &str, value: &PkiValue| {
            before.extend(["<tns:", name, ">"]);
            match value {
                PkiValue::Text(text) => push_canonical_text(&mut before, text),
                PkiValue::Inside(inside) => before.push_str(inside),
            }
            before.extend(["</tns:", name, ">"]);
        };
        put("ReturnCode", &PkiValue::Text(code.to_owned()));
        put("ReturnText", &PkiValue::Text(words.to_owned()));
        elements.iter().for_each(|(name, value)| put(name, value));
        put("RequestId", &PkiValue::Text(self.request_id()));
        let behind = format!("</tns:{operation}Response>");
        if self.has(BankFault::NoInnerSignature) {
            return Ok(self.envelope(&(before + &behind)));
        }
        let key_info = format!(
            "<X509Data><X509Certificate>{}</X509Certificate>{}</X509Data>",
            signer.certificate.base64(),
            issuer_serial(&signer.certificate)
        );
        let template = SignatureTemplate {
            prefix: "",
            canonical: self.dialect.canonical,
            algorithm: MessageDigestAlgorithm::Sha256,
            references: &[TemplateReference { id: "response", canonical: Some(CanonicalMethod::Exclusive) }],
            key_info: &key_info,
        };
        let sign = |bytes: &[u8]| signer.key.sign_pkcs1(Hash::Sha256, bytes).map_err(|why| why.to_string());
        let mut document = template.sign::<String>(&before, &behind, sign).map_err(Error::internal)?;
        if self.has(BankFault::InnerSignature) {
            document = document.replacen("</tns:ReturnText>", "!</tns:ReturnText>", 1);
        }
        Ok(self.envelope(&document))
    }

    fn request_id(&self) -> String {
        if self.has(BankFault::OtherRequestId) { "another-id".to_owned() } else { self.header.request_id.clone() }
    }

    fn sender_id(&self) -> &str {
        if self.has(BankFault::OtherSender) { "OTHER1" } else { &self.header.sender_id }
    }

    fn envelope(&self, document: &str) -> String {
        let (service, operation) = (self.dialect.family.certificate_service(), &self.header.wrapper);
        let mut header = String::new();
        for (name, value) in [
            ("SenderId", self.sender_id()),
            ("CustomerId", &*self.header.customer_id),
            ("RequestId", &*self.request_id()),
            ("Timestamp", &*self.now()),
            ("InterfaceVersion", "1"),
            ("Environment", &*self.header.environment),
        ] {
            if name == "Environment" && value.is_empty() {
                continue;
            }
            header.extend(["<pkif:", name, ">"]);
            push_canonical_text(&mut header, value);
            header.extend(["</pkif:", name, ">"]);
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope xmlns:pkif=\"{service}\" xmlns:soapenv=\"{SOAP_NAMESPACE}\">\
             <soapenv:Header/><soapenv:Body><{operation}Out xmlns=\"{service}\"><pkif:ResponseHeader xmlns=\"\">{header}\
             </pkif:ResponseHeader>{document}</{operation}Out></soapenv:Body></soapenv:Envelope>"
        )
    }

    /// A fault, directly in the Body.
    fn fault(&self, code: &str, words: &str, why: &str) -> String {
        let service = self.dialect.family.certificate_service();
        let mut inside = String::new();
        for (name, value) in [
            ("CustomerId", &*self.header.customer_id),
            ("SenderId", &*self.header.sender_id),
            ("RequestId", &*self.header.request_id),
            ("Timestamp", &*self.now()),
            ("InterfaceVersion", "1"),
            ("ReturnCode", code),
            ("ReturnText", words),
            ("AdditionalReturnText", why),
        ] {
            let value: String = value.chars().take(1000).collect();
            inside.extend(["<pkif:", name, ">"]);
            push_canonical_text(&mut inside, &value);
            inside.extend(["</pkif:", name, ">"]);
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><env:Envelope xmlns:env=\"{SOAP_NAMESPACE}\" xmlns:pkif=\"{service}\"><env:Body>\
             <pkif:PKIFactoryServiceFault>{inside}</pkif:PKIFactoryServiceFault></env:Body></env:Envelope>"
        )
    }
}
