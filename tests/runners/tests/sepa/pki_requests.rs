//! Raw requests to Danske's certificate service, as other programs write them: what its schema has is taken, all else is a fault.

use bankchannel_crypto::{
    digest::MessageDigestAlgorithm,
    signature::{Hash, SigningKey},
    x509::Certificate,
};
use bankchannel_xml_signature::{CanonicalMethod, SOAP_NAMESPACE, SignatureTemplate, TemplateReference};
use serde_json::{Value, json};

use crate::world::World;

const SERVICE: &str = "http://danskebank.dk/PKI/PKIFactoryService";
const ELEMENTS: &str = "http://danskebank.dk/PKI/PKIFactoryService/elements";
const AT: &str = "2031-03-04T05:06:07Z";

/// What stands between tags of this name.
fn inside(text: &str, name: &str) -> Vec<String> {
    let end = format!("{name}>");
    let parts = text.split(&end).skip(1).step_by(2);
    parts.map(|part| part.rsplit_once("</").map_or(part, |(inside, _)| inside).to_owned()).collect()
}

/// The answer: HTTP status, the bank's code, the whole text.
async fn asked(world: &World, action: Option<&str>, message: String) -> (u16, String, String) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = world.family("danske")["certificate_url"].as_str().unwrap().to_owned();
    let mut request = http.post(url).header("Content-Type", "text/xml; charset=utf-8").body(message);
    if let Some(action) = action {
        request = request.header("SOAPAction", action);
    }
    let answer = request.send().await.unwrap();
    let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    (status, inside(&text, "ReturnCode").pop().unwrap_or_default(), text)
}

fn envelope(operation: &str, customer: &str, document: &str) -> String {
    format!(
        "<s:Envelope xmlns:s=\"{SOAP_NAMESPACE}\" xmlns:p=\"{SERVICE}\"><s:Body><p:{operation}In><p:RequestHeader>\
         <p:SenderId>{customer}</p:SenderId><p:CustomerId>{customer}</p:CustomerId><p:RequestId>a1b2</p:RequestId>\
         <p:Timestamp>{AT}</p:Timestamp><p:InterfaceVersion>1</p:InterfaceVersion></p:RequestHeader>{document}\
         </p:{operation}In></s:Body></s:Envelope>"
    )
}

fn of_bank(serial: &str) -> String {
    let document = format!(
        "<e:GetBankCertificateRequest xmlns:e=\"{ELEMENTS}\"><e:BankRootCertificateSerialNo>{serial}</e:BankRootCertificateSerialNo>\
         <e:Timestamp>{AT}</e:Timestamp><e:RequestId>a1b2</e:RequestId></e:GetBankCertificateRequest>"
    );
    envelope("GetBankCertificate", "4Q7K2M", &document)
}

/// The serial number of the bank's root.
fn root(world: &World) -> String {
    let anchors = std::fs::read_to_string(world.family("danske")["anchors_file"].as_str().unwrap()).unwrap();
    Certificate::all_from_pem(&anchors).unwrap()[0].serial_decimal()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_outside_of_the_schema_is_a_fault_that_names_the_place() {
    let world = World::new().await;
    let right = of_bank(&root(&world));
    for action in [Some("\"GetBankCertificate\""), Some("GetBankCertificate"), Some("\"\""), Some(""), None] {
        let (status, code, text) = asked(&world, action, right.clone()).await;
        assert_eq!((status, &*code), (200, "00"), "{action:?}: {text}");
    }
    let long = "1".repeat(11);
    for (action, message, says) in [
        (Some("\"CreateCertificate\""), right.clone(), "SOAPAction is not GetBankCertificate"),
        (None, right.replace("<p:RequestId>a1b2</p:RequestId>", &format!("<p:RequestId>{long}</p:RequestId>")), "ten"),
        (None, right.replace("e:Timestamp", "p:Timestamp"), "Timestamp is in the namespace"),
        (None, right.replace("<p:SenderId>", "<SenderId>").replace("</p:SenderId>", "</SenderId>"), "SenderId is in"),
        (None, right.replace("p:InterfaceVersion", "e:InterfaceVersion"), "the prefix"),
        (None, right.replace("e:RequestId", "e:Id"), "RequestId is missing"),
    ] {
        let (status, code, text) = asked(&world, action, message).await;
        assert_eq!((status, &*code), (500, "07"), "{says}: {text}");
        assert!(text.contains(says), "{says}: {text}");
    }
    // A root that the bank does not have: a fault with the code for it.
    let (status, code, text) = asked(&world, None, of_bank("4711")).await;
    assert_eq!((status, &*code), (500, "20"), "{text}");
    assert!(
        text.contains("PKIFactoryServiceFault") && text.contains("no root of this bank has the serial number 4711")
    );
}

/// A document that a customer has signed.
fn signed(customer: &Value, name: &str, elements: &str) -> String {
    let file = |name: &str| std::fs::read_to_string(customer[name].as_str().unwrap()).unwrap();
    let certificate = Certificate::from_pem(&file("certificate_file")).unwrap();
    let key = SigningKey::from_pem(&file("key_file"), None).unwrap();
    let key_info = format!("<X509Data><X509Certificate>{}</X509Certificate></X509Data>", certificate.base64());
    let template = SignatureTemplate {
        prefix: "",
        canonical: CanonicalMethod::Exclusive,
        algorithm: MessageDigestAlgorithm::Sha256,
        references: &[TemplateReference { id: "", canonical: Some(CanonicalMethod::Exclusive) }],
        key_info: &key_info,
    };
    let sign = |bytes: &[u8]| key.sign_pkcs1(Hash::Sha256, bytes).map_err(|why| why.to_string());
    let before = format!("<{name} xmlns=\"{ELEMENTS}\">{elements}");
    template.sign::<String>(&before, &format!("</{name}>"), sign).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn all_certificates_but_those_that_are_named_are_revoked_at_once() {
    let world = World::new().await;
    let customer = world.customer("danske", None);
    let id = customer["customer_id"].as_str().unwrap();
    let revoke = |choice: &str| {
        let elements = format!(
            "<KeyGeneratorType>software</KeyGeneratorType><CustomerId>{id}</CustomerId>{choice}<CRLReason>1</CRLReason>\
             <Timestamp>{AT}</Timestamp><RequestId>a1b2</RequestId>"
        );
        envelope("RevokeCertificate", id, &signed(&customer, "RevokeCertificateRequest", &elements))
    };
    let own = std::fs::read_to_string(customer["certificate_file"].as_str().unwrap()).unwrap();
    let own = Certificate::from_pem(&own).unwrap().serial_decimal();
    let named = format!("<CertificateSerialNo>{own}</CertificateSerialNo>");
    let except = |serial: &str| format!("<ExceptCertificateSerialNo>{serial}</ExceptCertificateSerialNo>");
    for (choice, code) in [
        (String::new(), "07"),
        (format!("<RevokeAll/>{named}"), "07"),
        (format!("<RevokeAll>{named}</RevokeAll>"), "07"),
        (format!("<RevokeAll>{}</RevokeAll>", except(&own).repeat(11)), "07"),
        (format!("<RevokeAll>{}</RevokeAll>", except("4711")), "20"),
    ] {
        let (_, found, text) = asked(&world, None, revoke(&choice)).await;
        assert_eq!(found, code, "{choice}: {text}");
    }
    // The only pair is excepted: nothing is left to revoke.
    let (_, code, text) = asked(&world, None, revoke(&format!("<RevokeAll>{}</RevokeAll>", except(&own)))).await;
    assert_eq!(code, "20", "{text}");
    let (_, code, text) = asked(&world, None, revoke("<RevokeAll/>")).await;
    let gone = inside(&text, "CertificateSerialNo");
    assert_eq!((&*code, gone.len(), gone.contains(&own)), ("00", 2, true), "{text}");
    let (_, code, _) = asked(&world, None, revoke("<RevokeAll/>")).await;
    assert_eq!(code, "20", "its certificate signs no more");
    let client = world.client_with("danske", json!({}));
    client.list_files(crate::faults::list("danske")).await.unwrap_err();
}
