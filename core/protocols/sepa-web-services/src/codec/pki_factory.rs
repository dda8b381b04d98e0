//! The documents of Danske's certificate service, read with the names that those of other banks have (§5.6).

use bankchannel_foundation::model::{Boundary as _, Object, Representation, Timestamp, Value, Writer};
use bankchannel_xml::TreeElement;

use crate::{model::RevocationReason, verify::operation_of_wrapper};

/// The elements of answers that hold a certificate.
pub(crate) const CERTIFICATE_ELEMENTS: [&str; 6] =
    ["EncryptionCert", "SigningCert", "CACert", BANK_ENCRYPTION, BANK_SIGNING, BANK_ROOT];
/// The bank's own: for which documents are encrypted, with which it signs, and what both lead to.
pub(crate) const BANK_ENCRYPTION: &str = "BankEncryptionCert";
pub(crate) const BANK_SIGNING: &str = "BankSigningCert";
pub(crate) const BANK_ROOT: &str = "BankRootCert";

/// The header of an answer, which is not signed.
#[derive(Debug, Clone, Default)]
pub(crate) struct PkiHeader {
    /// The operation that the element around it names.
    pub(crate) operation: Option<&'static str>,
    pub(crate) customer_id: String,
    pub(crate) sender_id: String,
    pub(crate) request_id: String,
    timestamp: String,
}

impl PkiHeader {
    /// The header in the element of the Body.
    pub(crate) fn read(wrapper: TreeElement<'_>) -> Self {
        let header = wrapper.children().next();
        let text = |name: &str| {
            let found = header.and_then(|header| header.children().find(|one| one.local() == name));
            found.and_then(TreeElement::text).unwrap_or_default().trim().to_owned()
        };
        let timestamp = Some(text("Timestamp")).filter(|text| Timestamp::new(text).is_ok());
        Self {
            operation: operation_of_wrapper(wrapper.local()),
            customer_id: text("CustomerId"),
            sender_id: text("SenderId"),
            request_id: text("RequestId"),
            timestamp: timestamp.unwrap_or_else(|| Timestamp::from_ms(0).to_string()),
        }
    }
}

/// The fields of an answer. Customer and time are those of its header.
pub(crate) fn read_answer<'t>(elements: impl Iterator<Item = TreeElement<'t>>, header: &PkiHeader) -> Object<'static> {
    let mut object = Object::new();
    object.push("CustomerId", header.customer_id.clone());
    object.push("Timestamp", header.timestamp.clone());
    let (mut certificates, mut states, mut serials) = (Vec::new(), Vec::new(), Vec::new());
    for element in elements {
        let text = || element.text().unwrap_or_default().trim().to_owned();
        match element.local() {
            "ReturnCode" => object.push("ResponseCode", text()),
            "ReturnText" => object.push("ResponseText", text()),
            name if CERTIFICATE_ELEMENTS.contains(&name) => {
                let mut one = Object::new();
                one.push("Name", name.to_owned());
                one.push("Certificate", text());
                certificates.push(Value::Object(one));
            }
            "CertificateStatus" => states.push(Value::Object(read_state(element))),
            "CertificateSerialNo" => serials.push(Value::from(text())),
            "RevocationTime" => object.push("RevocationTime", text()),
            _ => {}
        }
    }
    for (name, list) in [("Certificates", certificates), ("OwnCertificates", states), ("SerialNumbers", serials)] {
        object.push(name, Value::Array(list));
    }
    object
}

/// How one certificate of the customer stands.
fn read_state(element: TreeElement<'_>) -> Object<'static> {
    let mut one = Object::new();
    let text = |name: &str| {
        let found = element.children().find(|child| child.local() == name);
        found.and_then(TreeElement::text).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    let mut put = |name: &'static str, value: Option<String>| {
        if let Some(value) = value {
            one.push(name, value);
        }
    };
    put("SerialNumber", text("CertificateSerialNo"));
    put("Purpose", text("CertificateType"));
    put("MatchingSerialNumber", text("MatchingCertificateSerialNo"));
    let state = element.children().find(|child| child.local() == "Status").and_then(|status| status.children().next());
    if let Some(state) = state {
        let attribute = |name: &str| state.attribute("", name).map(|value| value.trim().to_owned());
        let time = |name: &str| attribute(name).filter(|text| Timestamp::new(text).is_ok());
        put("Status", Some(state.local().to_owned()));
        put("ExpiresAt", time("expiryDate"));
        put("RevokedAt", time("revocationDate"));
        if let Some(reason) = attribute("CRLReason").and_then(|number| reason(&number)) {
            one.push("RevocationReason", reason);
        }
    }
    one
}

/// The reason with this number.
fn reason(number: &str) -> Option<Value<'static>> {
    let found = RevocationReason::numbered(number.parse().ok()?)?;
    Some(found.write(&mut Writer::new(Representation::Wire)))
}

/// The fields of a request.
pub(super) fn read_request<'t>(elements: impl Iterator<Item = TreeElement<'t>>) -> Object<'static> {
    let (mut object, mut serials) = (Object::new(), Vec::new());
    for element in elements {
        let text = element.text().unwrap_or_default().trim().to_owned();
        match element.local() {
            "SigningCertPKCS10" => object.push("Content", text),
            "EncryptionCertPKCS10" => object.push("EncryptionContent", text),
            "PIN" => object.push("TransferKey", text),
            "CertificateSerialNo" => serials.push(Value::from(text)),
            "CRLReason" => {
                object.push("RevocationReason", reason(&text).unwrap_or(Value::from(text)));
            }
            _ => {}
        }
    }
    if !serials.is_empty() {
        object.push("SerialNumbers", Value::Array(serials));
    }
    object
}
