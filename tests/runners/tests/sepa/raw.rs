//! Raw requests to the bank: those that this client never sends, and those of other programs.

use bankchannel::sepa_web_services::request::{
    ApplicationRequest, EnvelopeTimes, FileCommand, RequestHeader, RequestSeal,
};
use bankchannel_crypto::{
    digest::MessageDigestAlgorithm,
    signature::{Hash, SigningKey},
    x509::Certificate,
};
use bankchannel_xml_signature::{
    CanonicalMethod, SOAP_NAMESPACE, SignatureTemplate, TemplateReference, WS_SECURITY_NAMESPACE, WS_UTILITY_NAMESPACE,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::world::{FAMILIES, World};

const TOKEN: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3";
const ENCODING: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// A customer that writes its own messages.
struct RawCustomer {
    url: String,
    id: String,
    target: Option<String>,
    certificate: Certificate,
    key: SigningKey,
    http: reqwest::Client,
}

fn text(ms: i64) -> String {
    bankchannel::Timestamp::from_ms(ms).as_str().to_owned()
}

fn now_ms() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// The bank's answer: status, its code in the envelope, or the text of its fault.
#[derive(Debug, PartialEq, Eq)]
struct Answered {
    status: u16,
    code: String,
}

impl RawCustomer {
    fn new(world: &World, family: &str) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let customer = world.customer(family, None);
        let file = |name: &str| std::fs::read_to_string(customer[name].as_str().unwrap()).unwrap();
        Self {
            url: world.family(family)["file_url"].as_str().unwrap().to_owned(),
            id: customer["customer_id"].as_str().unwrap().to_owned(),
            target: customer["target_id"].as_str().map(str::to_owned),
            certificate: Certificate::from_pem(&file("certificate_file")).unwrap(),
            key: SigningKey::from_pem(&file("key_file"), None).unwrap(),
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.key.sign_pkcs1(Hash::Sha256, bytes).unwrap()
    }

    /// The document of a list.
    fn list(&self, timestamp: &str) -> ApplicationRequest {
        let mut document = ApplicationRequest::new(FileCommand::DownloadFileList, &self.id, timestamp, "raw 1.0");
        document.status = Some("ALL".to_owned());
        document.target_id = self.target.clone();
        document.file_type = match self.url.rsplit('/').next() {
            Some("nordea") => Some("NDCORPAYL".to_owned()),
            _ => None,
        };
        document
    }

    fn header(&self, request_id: &str) -> RequestHeader {
        RequestHeader {
            sender_id: self.id.clone(),
            request_id: request_id.to_owned(),
            timestamp: text(now_ms()),
            language: "EN".to_owned(),
            user_agent: "raw".to_owned(),
            receiver_id: "BANK".to_owned(),
        }
    }

    /// A message as this library writes it.
    fn message(&self, document: &ApplicationRequest, request_id: &str, created_ms: i64) -> String {
        let seal = RequestSeal::begin(document, &self.header(request_id), "5e1", None).unwrap();
        let sealed = seal.finish_content(&self.certificate).unwrap();
        let value = self.sign(sealed.bytes_to_sign());
        let times = EnvelopeTimes { created: text(created_ms), expires: text(created_ms + 300_000) };
        let sealed = sealed.signed(&value, &times, &self.certificate).unwrap();
        let value = self.sign(sealed.bytes_to_sign());
        let (begin, end, tail) = (sealed.document_begin.clone(), sealed.document_end.clone(), sealed.tail.clone());
        format!("{}{}{tail}", sealed.head(&value), STANDARD.encode(begin + &end))
    }

    /// A signed document.
    fn document(&self, document: &ApplicationRequest) -> String {
        let written = document.write().unwrap().before_content;
        let key_info = format!("<X509Data><X509Certificate>{}</X509Certificate></X509Data>", self.certificate.base64());
        let template = SignatureTemplate {
            prefix: "",
            canonical: CanonicalMethod::Exclusive,
            algorithm: MessageDigestAlgorithm::Sha256,
            references: &[TemplateReference { id: "", canonical: None }],
            key_info: &key_info,
        };
        template.sign::<String>(&written, "</ApplicationRequest>", |bytes| Ok(self.sign(bytes))).unwrap()
    }

    /// A message of another program: what its signature covers, and which times it has.
    fn foreign(&self, document: &str, request_id: &str, covered: &[&str], times: &str) -> String {
        let body = format!(
            "<e:Body xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\" wsu:Id=\"b\"><cor:downloadFileListin \
             xmlns:cor=\"http://bxd.fi/CorporateFileService\" xmlns:mod=\"http://model.bxd.fi\"><mod:RequestHeader>\
             <mod:SenderId>{}</mod:SenderId><mod:RequestId>{request_id}</mod:RequestId><mod:Timestamp>{}</mod:Timestamp>\
             <mod:Language>EN</mod:Language><mod:UserAgent>other</mod:UserAgent><mod:ReceiverId>BANK</mod:ReceiverId>\
             </mod:RequestHeader><mod:ApplicationRequest>{}</mod:ApplicationRequest></cor:downloadFileListin></e:Body>",
            self.id,
            text(now_ms()),
            STANDARD.encode(document)
        );
        let before = format!(
            "<e:Envelope xmlns:e=\"{SOAP_NAMESPACE}\"><e:Header><w:Security xmlns:w=\"{WS_SECURITY_NAMESPACE}\" \
             xmlns:wsu=\"{WS_UTILITY_NAMESPACE}\"><w:BinarySecurityToken EncodingType=\"{ENCODING}\" ValueType=\"{TOKEN}\" \
             wsu:Id=\"x\">{}</w:BinarySecurityToken>{times}",
            self.certificate.base64()
        );
        let references: Vec<TemplateReference<'_>> =
            covered.iter().map(|id| TemplateReference { id, canonical: Some(CanonicalMethod::Exclusive) }).collect();
        let key_info = format!(
            "<w:SecurityTokenReference><w:Reference URI=\"#x\" ValueType=\"{TOKEN}\"/></w:SecurityTokenReference>"
        );
        let template = SignatureTemplate {
            prefix: "ds",
            canonical: CanonicalMethod::Exclusive,
            algorithm: MessageDigestAlgorithm::Sha256,
            references: &references,
            key_info: &key_info,
        };
        let behind = format!("</w:Security></e:Header>{body}</e:Envelope>");
        template.sign::<String>(&before, &behind, |bytes| Ok(self.sign(bytes))).unwrap()
    }

    async fn post(&self, message: impl Into<String>) -> Answered {
        self.post_as(message.into().into_bytes(), "text/xml; charset=utf-8").await
    }

    async fn post_as(&self, message: Vec<u8>, media: &str) -> Answered {
        let sent = self.http.post(&self.url).header("content-type", media).body(message).send().await.unwrap();
        let (status, body) = (sent.status().as_u16(), sent.text().await.unwrap());
        let between = |begin: &str, end: &str| {
            let from = body.find(begin)? + begin.len();
            Some(body[from..from + body[from..].find(end)?].to_owned())
        };
        let code = between("<mod:ResponseCode>", "<")
            .or_else(|| between("<mod:ResponseCode xmlns:mod=\"http://model.bxd.fi\">", "<"))
            .or_else(|| between("<faultstring>", "<"))
            .unwrap_or_default();
        Answered { status, code }
    }
}

fn code(code: &str) -> Answered {
    Answered { status: 200, code: code.to_owned() }
}

fn times(created_ms: i64) -> String {
    format!(
        "<wsu:Timestamp wsu:Id=\"t\"><wsu:Created>{}</wsu:Created><wsu:Expires>{}</wsu:Expires></wsu:Timestamp>",
        text(created_ms),
        text(created_ms + 300_000)
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn t88_requests_as_other_programs_write_them() {
    let (world, strict) = (World::new().await, World::with(json!({"strict": true})).await);
    // Danske takes encrypted documents alone.
    for (family, _) in FAMILIES.into_iter().filter(|(family, _)| *family != "danske") {
        let (customer, at_strict) = (RawCustomer::new(&world, family), RawCustomer::new(&strict, family));
        let mut number = 0;
        let mut next = |customer: &RawCustomer| {
            number += 1;
            let document = customer.document(&customer.list(&text(now_ms() + number)));
            (document, format!("T88-{number}"))
        };
        let now = now_ms();
        for (covered, stamp, lenient, severe) in [
            (&["b"][..], String::new(), "24", "02"),
            (&["b"][..], times(now), "24", "02"),
            (&["b", "t"][..], times(now), "24", "24"),
            (&["t", "b"][..], times(now), "24", "24"),
            (&["b", "t"][..], times(now - 86_400_000), "02", "02"),
            (&["b", "t"][..], times(now + 86_400_000), "02", "02"),
            (&["b", "t"][..], times(now) + &times(now).replace("wsu:Id=\"t\"", "wsu:Id=\"u\""), "02", "02"),
            (&["t"][..], times(now), "02", "02"),
        ] {
            for (customer, expected) in [(&customer, lenient), (&at_strict, severe)] {
                let (document, id) = next(customer);
                let answered = customer.post(customer.foreign(&document, &id, covered, &stamp)).await;
                assert_eq!(answered, code(expected), "{family}: {covered:?} {stamp}");
            }
        }
        // Inserted after signing, as one public client does.
        let (document, id) = next(&customer);
        let signed = customer.foreign(&document, &id, &["b"], "");
        let inserted = signed.replacen("<ds:Signature", &format!("{}<ds:Signature", times(now)), 1);
        assert_eq!(customer.post(inserted).await, code("24"), "{family}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t71_used_ids_are_refused_and_refused_messages_use_none() {
    let world = World::new().await;
    let customer = RawCustomer::new(&world, "op");
    let (at, other) = (text(now_ms()), text(now_ms() + 1));
    let message = |timestamp: &str, id: &str| customer.message(&customer.list(timestamp), id, now_ms());
    assert_eq!(customer.post(message(&at, "ID-1")).await, code("24"));
    assert_eq!(customer.post(message(&other, "ID-1")).await, code("31"));
    assert_eq!(customer.post(message(&at, "ID-2")).await, code("32"));
    // Neither of the two refused ones has used up its other id.
    assert_eq!(customer.post(message(&other, "ID-2")).await, code("24"));
    // A bad signature uses none.
    let third = text(now_ms() + 2);
    let spoilt = message(&third, "ID-3").replacen("raw</mod:UserAgent>", "row</mod:UserAgent>", 1);
    assert_eq!(customer.post(spoilt).await, code("02"));
    assert_eq!(customer.post(message(&third, "ID-3")).await, code("24"));
    world.order("sandbox/faults", json!({"fault": "no-duplicate-check"})).await;
    assert_eq!(customer.post(message(&third, "ID-3")).await, code("24"));
}

#[tokio::test(flavor = "multi_thread")]
async fn t70_t84_each_step_refuses_in_its_own_way() {
    let world = World::new().await;
    let customer = RawCustomer::new(&world, "nordea");
    let mut number = 0;
    let mut good = |change: &dyn Fn(&mut ApplicationRequest)| {
        number += 1;
        let mut document = customer.list(&text(now_ms() + number));
        change(&mut document);
        customer.message(&document, &format!("T70-{number}"), now_ms())
    };
    let plain = good(&|_| {});
    // S0, S1.
    for (method, path, status) in [("GET", "", 405), ("PUT", "", 405), ("POST", "/nowhere", 404)] {
        let url = if path.is_empty() { customer.url.clone() } else { format!("{}{path}", customer.url) };
        let request = customer.http.request(method.parse().unwrap(), url).header("content-type", "text/xml");
        assert_eq!(request.body("<a/>").send().await.unwrap().status().as_u16(), status, "{method} {path}");
    }
    assert_eq!(customer.post_as(plain.clone().into_bytes(), "application/json").await.status, 415);
    // S2, S3, S4: what cannot be answered gets a fault.
    let fault = |text: &str| Answered { status: 500, code: text.to_owned() };
    for broken in ["", "<", "<a/>", "<?xml version=\"1.0\"?><!DOCTYPE a><a/>"] {
        assert_eq!(customer.post(broken).await, fault("malformed message"), "{broken}");
    }
    for node in ["<!-- x -->", "<?x y?>", "<![CDATA[]]>"] {
        let message = plain.replacen("<mod:RequestHeader", &format!("{node}<mod:RequestHeader"), 1);
        assert_eq!(customer.post(message).await, fault("malformed message"), "T87: {node}");
    }
    let unknown = plain.replace("downloadFileListin", "downloadEverythingin");
    assert_eq!(customer.post(unknown).await, fault("unknown operation"));
    // What must be understood and is not, in both services (SOAP 1.1 §4.2.3).
    let must = |message: &str, end: &str| {
        let block = format!("<x:t xmlns:x=\"urn:x\" soapenv:mustUnderstand=\"1\"/>{end}");
        message.replacen(end, &block, 1)
    };
    assert_eq!(
        customer.post(must(&plain, "</soapenv:Header>")).await,
        fault("a block of the Header is not understood")
    );
    let application = "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header></soapenv:Header>\
        <soapenv:Body><c:getCertificatein xmlns:c=\"http://bxd.fi/CertificateService\"></c:getCertificatein></soapenv:Body></soapenv:Envelope>";
    let service = world.family("nordea")["certificate_url"].as_str().unwrap().to_owned();
    for (url, message) in [(&customer.url, &plain), (&service, &application.to_owned())] {
        let message = must(message, "</soapenv:Header>");
        let sent = customer.http.post(url).header("content-type", "text/xml").body(message).send().await.unwrap();
        let answer = sent.text().await.unwrap();
        assert!(answer.contains("<faultcode>soapenv:MustUnderstand</faultcode>"), "{url}: {answer}");
    }
    // Elements that are there once.
    for element in ["<mod:RequestId>another</mod:RequestId>", "<mod:SenderId>1</mod:SenderId>"] {
        let twice = plain.replacen("</mod:RequestHeader>", &format!("{element}</mod:RequestHeader>"), 1);
        assert_ne!(twice, plain);
        assert_eq!(customer.post(twice).await, code("12"), "{element}");
    }
    // S5.
    let header = plain.replacen("<mod:Language>EN</mod:Language>", "", 1);
    assert_eq!(customer.post(header).await, code("12"));
    // S6, S12, S16: one byte, anywhere.
    let body = plain.replacen("<mod:UserAgent>raw", "<mod:UserAgent>rew", 1);
    assert_eq!(customer.post(body).await, code("02"));
    let mut sha1 = customer.message(&customer.list(&text(now_ms())), "SHA1", now_ms());
    sha1 =
        sha1.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1");
    assert_eq!(customer.post(sha1).await, code("02"));
    let inner = |document: String| customer.foreign(&document, &format!("INNER-{}", document.len()), &["b"], "");
    let spoilt = customer.document(&customer.list(&text(now_ms() + 50))).replacen("raw 1.0", "row 1.0", 1);
    assert_eq!(customer.post(inner(spoilt)).await, code("18"));
    assert_eq!(customer.post(inner("no document".to_owned())).await, code("12"));
    // S14, S15.
    let written = customer.list(&text(now_ms() + 51)).write().unwrap().before_content;
    for (change, why) in [
        (written.replacen("<Environment>PRODUCTION</Environment>", "<Environment>MOON</Environment>", 1), "12"),
        (written.replacen("<SoftwareId>raw 1.0</SoftwareId>", "", 1), "12"),
        (written.replacen("<SoftwareId>raw 1.0</SoftwareId>", &"<SoftwareId>raw 1.0</SoftwareId>".repeat(2), 1), "12"),
        (written.replacen("<CustomerId>", "<CustomerId>1</CustomerId><CustomerId>", 1), "12"),
        (written.replacen("<Command>DownloadFileList</Command>", "", 1), "12"),
        (written.replacen("<Command>DownloadFileList</Command>", "<Command>downloadfilelist</Command>", 1), "29"),
        (written.replacen("<Command>DownloadFileList</Command>", "<Command>UploadFile</Command>", 1), "29"),
    ] {
        assert_ne!(change, written);
        let document = signed(&customer, &change);
        assert_eq!(customer.post(inner(document)).await, code(why), "{change}");
    }
    // S23, S24.
    assert_eq!(customer.post(good(&|document| document.target_id = None)).await, code("29"));
    assert_eq!(customer.post(good(&|document| document.status = Some("SOME".into()))).await, code("29"));
    assert_eq!(customer.post(good(&|document| document.file_type = Some("NOTHING".into()))).await, code("20"));
    let references = |document: &mut ApplicationRequest| {
        document.start_date = Some("2026-02-02".parse().unwrap());
        document.end_date = Some("2026-02-01".parse().unwrap());
    };
    assert_eq!(customer.post(good(&references)).await, code("29"));
    assert_eq!(customer.post(plain).await, code("24"), "nothing of this has used up the first message's ids");
}

/// A signature over a document that this library would not write.
fn signed(customer: &RawCustomer, before: &str) -> String {
    let key_info = format!("<X509Data><X509Certificate>{}</X509Certificate></X509Data>", customer.certificate.base64());
    let template = SignatureTemplate {
        prefix: "",
        canonical: CanonicalMethod::Inclusive,
        algorithm: MessageDigestAlgorithm::Sha256,
        references: &[TemplateReference { id: "", canonical: Some(CanonicalMethod::Inclusive) }],
        key_info: &key_info,
    };
    template.sign::<String>(before, "</ApplicationRequest>", |bytes| Ok(customer.sign(bytes))).unwrap()
}

/// T81: input that is no message, or only nearly one, is answered in a short time, without harm.
#[tokio::test(flavor = "multi_thread")]
async fn t81_random_bytes_in_envelopes_and_documents_are_answered() {
    let world = World::new().await;
    let customer = RawCustomer::new(&world, "op");
    let mut state = 81_u64;
    let mut below = |max: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % max
    };
    let hostile =
        ["<", ">", "&#0;", "&x;", "\"", "<!--", "<!DOCTYPE a [<!ENTITY b \"c\">]>", "\u{0}", "xmlns:a=\"\"", "]]>"];
    let mut spoilt = |mut bytes: Vec<u8>| {
        for _ in 0..=below(3) {
            let at = below(bytes.len());
            match below(4) {
                0 => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 => bytes.truncate(at + 1),
                2 => {
                    let text = hostile[below(hostile.len())];
                    bytes.splice(at..at, text.bytes());
                }
                _ => {
                    let end = (at + below(400)).min(bytes.len());
                    let copied = bytes[at..end].to_vec();
                    bytes.splice(at..at, copied);
                }
            }
        }
        bytes
    };
    let begun = std::time::Instant::now();
    for round in 0..400 {
        let document = customer.document(&customer.list(&text(now_ms() + round)));
        let id = format!("T81-{round}");
        let message = if round % 2 == 0 {
            spoilt(customer.foreign(&document, &id, &["b"], "").into_bytes())
        } else {
            let document = String::from_utf8_lossy(&spoilt(document.into_bytes())).into_owned();
            customer.foreign(&document, &id, &["b"], "").into_bytes()
        };
        let answered = customer.post_as(message, "text/xml").await;
        assert!([200, 400, 413, 500].contains(&answered.status), "{round}: {answered:?}");
        // 24 is a change that the signatures do not cover, such as a blank between attributes.
        assert!(!answered.code.is_empty(), "{round}: {answered:?}");
    }
    assert!(begun.elapsed().as_secs() < 120, "a message costs milliseconds");
    assert_eq!(
        customer.post(customer.message(&customer.list(&text(now_ms() + 900)), "T81", now_ms())).await,
        code("24")
    );
}

/// R24, T34: compressed content with something behind it is refused, not cut.
#[tokio::test(flavor = "multi_thread")]
async fn r24_the_bank_refuses_members_and_bytes_behind_compressed_content() {
    use std::io::Write as _;
    let world = World::new().await;
    let customer = RawCustomer::new(&world, "op");
    let packed = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let payment = crate::world::payment("R24");
    let good = packed(&payment);
    let contents = [
        ("trailing", [good.clone(), b"more".to_vec()].concat(), "21"),
        ("a second member", [good.clone(), packed(b"more")].concat(), "21"),
        ("cut", good[..good.len() - 4].to_vec(), "21"),
        ("not packed", payment, "21"),
        ("as it must be", good, "00"),
    ];
    for (number, (name, content, expected)) in contents.into_iter().enumerate() {
        let at = text(now_ms() + i64::try_from(number).unwrap());
        let mut document = ApplicationRequest::new(FileCommand::UploadFile, &customer.id, &at, "raw 1.0");
        document.file_type = Some("pain.001.001.09".to_owned());
        document.compression_method = Some("GZIP".to_owned());
        document.has_content = true;
        let mut seal = RequestSeal::begin(&document, &customer.header(&format!("R24-{number}")), "5e1", None).unwrap();
        seal.update(&content).unwrap();
        let sealed = seal.finish_content(&customer.certificate).unwrap();
        let value = customer.sign(sealed.bytes_to_sign());
        let now = now_ms();
        let times = EnvelopeTimes { created: text(now), expires: text(now + 300_000) };
        let sealed = sealed.signed(&value, &times, &customer.certificate).unwrap();
        let value = customer.sign(sealed.bytes_to_sign());
        let inside = format!("{}{}{}", sealed.document_begin, STANDARD.encode(&content), sealed.document_end);
        let tail = sealed.tail.clone();
        let message = format!("{}{}{tail}", sealed.head(&value), STANDARD.encode(inside));
        assert_eq!(customer.post(message).await, code(expected), "{name}");
    }
}
