//! SEPA Web Services: documents in XML, before they are signed.

use std::{any::Any, sync::LazyLock};

use bankchannel_foundation::model::{Field, Shape};
use bankchannel_sepa_web_services::{
    codec::FileServiceConnection,
    profile::{BankEnvironment, BankFamily, ChannelProfile, named},
    request::CertificateCommand,
};
use bankchannel_xml::{TreeElement, XmlTree};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::Particular;
use crate::{exchange::AnyExchange, sample::Random};

pub(super) struct SepaWebServices;

/// The operations that Danske's certificate service has, with more fields than those of other banks.
const OF_DANSKE: [&str; 4] =
    ["request_certificate", "renew_certificate", "list_own_certificates", "revoke_certificate"];
/// The names of its elements, and those of the fields.
const NAMES_OF_DANSKE: [(&str, &str); 5] = [
    ("SigningCertPKCS10", "Content"),
    ("EncryptionCertPKCS10", "EncryptionContent"),
    ("PIN", "TransferKey"),
    ("CertificateSerialNo", "SerialNumbers"),
    ("CRLReason", "RevocationReason"),
];

/// A request for a certificate.
static REQUEST: LazyLock<String> = LazyLock::new(|| {
    let asked = serde_json::json!({"bank": "op", "customer_id": "1000022211"});
    let made = bankchannel::call_local("sepa_web_services.make_certificate_request", asked, None).unwrap();
    made["certificate_request"].as_str().unwrap().to_owned()
});

impl Particular for SepaWebServices {
    fn credentials(&self, exchange: &dyn AnyExchange) -> Vec<Box<dyn Any>> {
        // A bank with no rules of its own, so that every field is sent as it is given; of the family that has them all.
        let mut profile = ChannelProfile::default();
        let is_danske = OF_DANSKE.iter().any(|name| exchange.name().ends_with(name));
        profile.family = Some(if is_danske { BankFamily::Danske } else { BankFamily::Op });
        profile.certificate_operations = Some(CertificateCommand::ALL.to_vec());
        vec![Box::new(FileServiceConnection {
            profile,
            environment: BankEnvironment::Test,
            customer_id: "123456".into(),
            sender_id: "654321".into(),
            target_id: None,
            receiver_id: "TESTBANK".into(),
            language: "EN".into(),
            software_id: "catalogue".into(),
        })]
    }

    fn sample(&self, field: &Field, _: &Shape, _: &mut Random, whole: bool) -> Option<Value> {
        match field.name {
            // Content that is not compressed does not mention it.
            "compress" if whole => Some(Value::Bool(true)),
            // PEM here, another form on the wire.
            "certificate_request" | "encryption_certificate_request" => Some(Value::String(REQUEST.clone())),
            "certificate" => named("op").unwrap().intermediates.clone().map(Value::String),
            "serial_numbers" => Some(serde_json::json!(["17", "340282366920938463463374607431768211455"])),
            "code" => Some("9026173400".into()),
            _ => None,
        }
    }

    /// Danske issues two certificates at once.
    fn needs(&self, field: &Field) -> bool {
        field.name == "encryption_certificate_request"
    }

    fn parsed(&self, body: &[u8]) -> Value {
        let mut parsed = by_names(XmlTree::read(std::str::from_utf8(body).unwrap()).unwrap().root());
        for (name, own) in NAMES_OF_DANSKE {
            if let Some(value) = parsed.as_object_mut().and_then(|members| members.remove(name)) {
                parsed[own] = value;
            }
        }
        parsed
    }

    fn with_unknown(&self, body: &[u8], fields: &mut dyn Iterator<Item = &'static Field>) -> Bytes {
        let mut more = "<Unheard>of</Unheard><unheard><of>1</of></unheard>".to_owned();
        let present = self.parsed(body);
        for field in fields {
            // The same name of another namespace is another name.
            more += &format!("<{0} xmlns=\"urn:another\">of-another</{0}>", field.wire);
            if field.optional && present.get(field.wire).is_none() {
                more += &format!("<{}/>", field.wire);
            }
        }
        with_more(body, &more)
    }

    fn changed(&self, body: &[u8], members: &Map<String, Value>) -> Bytes {
        with_more(body, &members.iter().map(|(name, value)| element(name, value)).collect::<String>())
    }

    /// A choice of no compression is the absence of its element.
    fn settle_request(&self, _: &str, request: &mut Value) {
        request.as_object_mut().unwrap().retain(|name, value| name != "compress" || *value == Value::Bool(true));
    }

    /// What only the client knows.
    fn settle_response(&self, response: &mut Value) {
        for name in ["evidence", "certificate", "encryption_certificate"] {
            response.as_object_mut().unwrap().remove(name);
        }
    }
}

/// The values of elements by their names; those of a name that occurs again in a list.
fn by_names(element: TreeElement<'_>) -> Value {
    if element.children().next().is_none() {
        return element.text().unwrap_or_default().into();
    }
    let mut members = Map::new();
    for child in element.children() {
        let value = by_names(child);
        match members.get_mut(child.local()) {
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
            None => drop(members.insert(child.local().to_owned(), value)),
        }
    }
    Value::Object(members)
}

/// The document with more elements behind its own.
fn with_more(body: &[u8], more: &str) -> Bytes {
    let text = std::str::from_utf8(body).unwrap();
    let at = text.rfind("</").unwrap();
    format!("{}{more}{}", &text[..at], &text[at..]).into()
}

/// An element of this name and value. Whether the name is one is left to the reader.
fn element(name: &str, value: &Value) -> String {
    let inside = match value {
        Value::Object(members) => members.iter().map(|(name, value)| element(name, value)).collect(),
        Value::Array(values) => {
            let single = name.strip_suffix('s').unwrap_or(name);
            values.iter().map(|value| element(single, value)).collect()
        }
        Value::String(text) => text.replace('&', "&amp;").replace('<', "&lt;"),
        other => other.to_string(),
    };
    format!("<{name}>{inside}</{name}>")
}
