//! Danske's certificate service: requests as the bank's schema has them, answers believed or refused (§5.6; T55 to T58).
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::LazyLock;

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_crypto::legacy_cipher::SessionKeyOpener;
use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_crypto::x509::{CertificateRequest, SubjectAttribute};
use bankchannel_foundation::error::ErrorRow;
use bankchannel_foundation::message::InResponse;
use bankchannel_foundation::model::Boundary as _;
use bankchannel_foundation::{Error, Secret};
use bankchannel_sepa_web_services::answer::{
    AnswerExpectation, BelievedMessage, CertificateExpectation, UnpackingLimits, bank_encryption_certificate,
    open_answer,
};
use bankchannel_sepa_web_services::errors;
use bankchannel_sepa_web_services::model::RevocationReason;
use bankchannel_sepa_web_services::operations::certificates::get_bank_certificates::GetBankCertificatesResponse;
use bankchannel_sepa_web_services::operations::certificates::list_own_certificates::ListOwnCertificatesResponse;
use bankchannel_sepa_web_services::operations::certificates::request_certificate::RequestBankCertificateResponse;
use bankchannel_sepa_web_services::profile::{BankEnvironment, BankFamily};
use bankchannel_sepa_web_services::request::{CertificateApplication, CertificateCommand, CertificateHeader};
use bankchannel_sepa_web_services::verify::{DocumentRecipient, MessageKind, VerificationRules};
use bankchannel_xml::XmlTree;
use bankchannel_xml_encryption::EncryptedDraft;
use bankchannel_xml_signature::{CanonicalMethod, SignatureTemplate, TemplateReference};
use common::*;
use serde_json::json;

const FACTORY: &str = "http://danskebank.dk/PKI/PKIFactoryService";
const ELEMENTS: &str = "http://danskebank.dk/PKI/PKIFactoryService/elements";
const CRYPT: &str = "basicConstraints=CA:FALSE\nkeyUsage=critical,keyEncipherment,dataEncipherment\n";

static SIGN: LazyLock<Party> = LazyLock::new(|| ROOT.issue("DPSIGN", SIGNER_EXTENSIONS, 2048));
static CRYPTS: LazyLock<Party> = LazyLock::new(|| ROOT.issue("DPCRYPT", CRYPT, 2048));
/// A customer who calls himself as the bank does.
static IMPOSTOR: LazyLock<Party> = LazyLock::new(|| AUTHORITY.issue("DPSIGN", SIGNER_EXTENSIONS, 2048));
static KEYS: LazyLock<[(RsaPrivateKey, CertificateRequest); 2]> = LazyLock::new(|| {
    ["SIGN", "CRYPT"].map(|name| {
        let key = RsaPrivateKey::generate(2048).unwrap();
        let request = CertificateRequest::make(&[(SubjectAttribute::CommonName, name)], &key).unwrap();
        (key, request)
    })
});

fn rules() -> VerificationRules {
    let signers =
        json!({"level": "any", "common_name_contains": "DPSIGN", "is_whole_name": true, "is_issued_by_anchor": true});
    VerificationRules {
        family: Some(BankFamily::Danske),
        signers: Some(vec![bankchannel_foundation::model::read_boundary(signers).unwrap()]),
        ..common::rules()
    }
}

fn application(command: CertificateCommand) -> CertificateApplication {
    let asks = command.asks_for_certificate();
    let request = |at: usize| asks.then(|| KEYS[at].1.clone());
    CertificateApplication {
        family: BankFamily::Danske,
        command,
        customer_id: "4Q7K2M".to_owned(),
        timestamp: "2031-03-04T05:06:07.089Z".to_owned(),
        environment: BankEnvironment::Test,
        software_id: "tests".to_owned(),
        request_id: "a1b2c3d4e5".to_owned(),
        request: request(0),
        encryption_request: request(1),
        code: (command == CertificateCommand::RequestCertificate).then(|| Secret::new("1234".to_owned())),
        root_serial: Some(ROOT.certificate.serial_decimal()),
        serial_numbers: Vec::new(),
        revocation_reason: None,
    }
}

fn envelope(application: &CertificateApplication, document: &str) -> String {
    let header = CertificateHeader {
        sender_id: "4Q7K2M",
        request_id: &application.request_id,
        timestamp: "2031-03-04T05:06:07Z",
    };
    application.envelope(header, document).unwrap()
}

/// The message of a request: signed by the customer, if it is to be.
fn request(application: &CertificateApplication) -> String {
    if !application.command.is_signed() {
        return envelope(application, &(application.write().unwrap() + &application.end()));
    }
    let unsigned = application.to_be_signed(&CUSTOMER.certificate).unwrap();
    let value = CUSTOMER.sign(unsigned.bytes_to_sign());
    envelope(application, &unsigned.signed(&value))
}

fn names(text: &str) -> Vec<String> {
    let tree = XmlTree::read(text).unwrap();
    tree.root().children().map(|one| one.local().to_owned()).collect()
}

/// T58: each document has the elements of the bank's schema, in its order.
#[test]
fn t58_documents_have_the_order_of_the_schema() {
    use CertificateCommand::{
        GetBankCertificates, ListOwnCertificates, RenewCertificate, RequestCertificate, RevokeCertificate,
    };
    let several = vec!["17".to_owned(), "18".to_owned()];
    let status = CertificateApplication { serial_numbers: several.clone(), ..application(ListOwnCertificates) };
    let reason = Some(RevocationReason::KeyCompromise);
    let revoke =
        CertificateApplication { serial_numbers: several, revocation_reason: reason, ..application(RevokeCertificate) };
    for (application, root, order) in [
        (application(GetBankCertificates), "GetBankCertificate", "BankRootCertificateSerialNo Timestamp RequestId"),
        (
            application(RequestCertificate),
            "CreateCertificate",
            "CustomerId KeyGeneratorType EncryptionCertPKCS10 SigningCertPKCS10 Timestamp RequestId Environment PIN",
        ),
        (
            application(RenewCertificate),
            "RenewCertificate",
            "CustomerId KeyGeneratorType EncryptionCertPKCS10 SigningCertPKCS10 Timestamp RequestId Environment",
        ),
        (application(ListOwnCertificates), "GetOwnCertificateList", "KeyGeneratorType CustomerId Timestamp RequestId"),
        (
            status,
            "CertificateStatus",
            "KeyGeneratorType CertificateSerialNo CertificateSerialNo CustomerId Timestamp RequestId",
        ),
        (
            revoke,
            "RevokeCertificate",
            "KeyGeneratorType CustomerId CertificateSerialNo CertificateSerialNo CRLReason Timestamp RequestId Environment",
        ),
    ] {
        let document = application.write().unwrap() + &application.end();
        assert!(document.starts_with(&format!("<{root}Request xmlns=\"{ELEMENTS}\">")), "{document}");
        assert_eq!(names(&document).join(" "), order, "{root}");
        let message = request(&application);
        let tree = XmlTree::read(&message).unwrap();
        let body = tree.root().children().find(|one| one.local() == "Body").unwrap();
        let wrapper = body.children().next().unwrap();
        assert_eq!((wrapper.local(), wrapper.namespace()), (&*format!("{root}In"), FACTORY));
        let header: Vec<&str> = wrapper.children().next().unwrap().children().map(|one| one.local()).collect();
        let environment = if root == "GetBankCertificate" { "" } else { " Environment" };
        assert_eq!(header.join(" "), format!("SenderId CustomerId RequestId Timestamp InterfaceVersion{environment}"));
    }
}

/// T56, T57: the requests of a customer hold at a bank, wherever the document stands; one changed letter does not.
#[test]
fn t57_requests_hold_at_a_bank() {
    let at_bank = VerificationRules { signers: None, family: None, ..rules() };
    for command in CertificateCommand::ALL {
        let mut application = application(command);
        if command == CertificateCommand::RevokeCertificate {
            application.serial_numbers.push("17".to_owned());
        }
        let message = request(&application);
        let seen = verdict(&message, &at_bank);
        assert!(seen.valid, "{command:?}: {:?}", seen.checks);
        assert_eq!(seen.kind, MessageKind::SoapCertificateRequest);
        if command.is_signed() {
            let changed = message.replacen("software", "softwarf", 1);
            assert_eq!(failed(&verdict(&changed, &at_bank)), ["V11"], "{command:?}");
            // As xmlsec1 sees it: the document by itself.
            let alone = application.to_be_signed(&CUSTOMER.certificate).unwrap();
            let value = CUSTOMER.sign(alone.bytes_to_sign());
            assert!(verdict(&alone.signed(&value), &at_bank).valid);
        }
    }
}

#[test]
fn t56_a_request_with_a_pin_is_encrypted_and_opened_with_the_key_of_the_bank() {
    let application = application(CertificateCommand::RequestCertificate);
    assert!(application.is_encrypted());
    let draft = EncryptedDraft::new(CbcCipher::AES_256, &CRYPTS.certificate, "name:DanskeBankCryptCERT").unwrap();
    let document = application.write().unwrap() + &application.end();
    let message = envelope(&application, &draft.encrypted(document.as_bytes()).unwrap());
    assert!(!message.contains("1234<"), "the PIN is not readable");
    let key = RsaPrivateKey::from_pem(&CRYPTS.key_pem()).unwrap();
    let recipient = DocumentRecipient {
        certificate: Some(CRYPTS.certificate.clone()),
        opener: std::sync::Arc::new(SessionKeyOpener::new(&key).unwrap()),
    };
    let at_bank =
        VerificationRules { recipients: vec![recipient], decrypts_any: true, signers: None, family: None, ..rules() };
    let seen = verdict(&message, &at_bank);
    assert!(seen.valid, "{:?}", seen.checks);
    let why = failed(&verdict(&message, &VerificationRules { recipients: Vec::new(), ..at_bank })).join(" ");
    assert_eq!(why, "V17");
}

/// An answer with these elements inside, signed by a party.
fn answer(operation: &str, signer: &Party, inside: &str) -> String {
    let key_info = format!("<X509Data><X509Certificate>{}</X509Certificate></X509Data>", signer.certificate.base64());
    let template = SignatureTemplate {
        prefix: "",
        canonical: CanonicalMethod::Exclusive,
        algorithm: MessageDigestAlgorithm::Sha256,
        references: &[TemplateReference { id: "response", canonical: Some(CanonicalMethod::Exclusive) }],
        key_info: &key_info,
    };
    let begin = format!("<tns:{operation}Response xml:id=\"response\" xmlns=\"\" xmlns:tns=\"{ELEMENTS}\">{inside}");
    let end = format!("</tns:{operation}Response>");
    let sign = |bytes: &[u8]| Ok::<_, String>(signer.sign(bytes));
    let document = template.sign(&begin, &end, sign).unwrap();
    format!(
        "<soapenv:Envelope xmlns:pkif=\"{FACTORY}\" xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Header/>\
         <soapenv:Body><{operation}Out xmlns=\"{FACTORY}\"><pkif:ResponseHeader xmlns=\"\"><pkif:SenderId>4Q7K2M</pkif:SenderId>\
         <pkif:CustomerId>4Q7K2M</pkif:CustomerId><pkif:RequestId>a1b2c3d4e5</pkif:RequestId>\
         <pkif:Timestamp>2031-03-04T05:06:08Z</pkif:Timestamp><pkif:InterfaceVersion>1</pkif:InterfaceVersion></pkif:ResponseHeader>\
         {document}</{operation}Out></soapenv:Body></soapenv:Envelope>"
    )
}

fn element(name: &str, text: &str) -> String {
    format!("<tns:{name}>{text}</tns:{name}>")
}

fn ok() -> String {
    element("ReturnCode", "00") + &element("ReturnText", "OK")
}

fn bank_own(root: &Party, signing: &Party, encryption: &Party) -> String {
    [
        ok(),
        element("BankEncryptionCert", encryption.certificate.base64()),
        element("BankSigningCert", signing.certificate.base64()),
        element("BankRootCert", root.certificate.base64()),
        element("RequestId", "a1b2c3d4e5"),
    ]
    .concat()
}

fn open(message: &str, operation: &'static str, asks: bool) -> Result<BelievedMessage, Error> {
    let request = |at: usize| asks.then(|| &KEYS[at].1);
    let fields = match operation {
        "get_bank_certificate" => GetBankCertificatesResponse::SHAPE.fields(),
        "create_certificate" => RequestBankCertificateResponse::SHAPE.fields(),
        _ => ListOwnCertificatesResponse::SHAPE.fields(),
    };
    let certificates =
        CertificateExpectation { family: BankFamily::Danske, request: request(0), encryption_request: request(1) };
    let rules = rules();
    let expected = AnswerExpectation {
        rules: &rules,
        operation,
        is_once: asks,
        certificates: Some(certificates),
        sender_id: "4Q7K2M",
        customer_id: "4Q7K2M",
        request_id: "a1b2c3d4e5",
        request_timestamp: "2031-03-04T05:06:07.089Z",
        request_digest: b"",
        execution_serial: None,
        fields,
        limits: UnpackingLimits::CLIENT,
    };
    let answer = InResponse::new(200, message.as_bytes().to_vec());
    open_answer(answer, &expected)
}

fn row_of(opened: Result<BelievedMessage, Error>) -> &'static ErrorRow {
    match opened {
        Ok(_) => panic!("it is believed"),
        Err(error) => error.row(),
    }
}

#[test]
fn t55_the_banks_own_certificates_come_from_the_pinned_root_alone() {
    let operation = "get_bank_certificate";
    let opened = |signer: &Party, inside: &str| open(&answer("GetBankCertificate", signer, inside), operation, false);
    let good = opened(&SIGN, &bank_own(&ROOT, &SIGN, &CRYPTS)).unwrap();
    assert_eq!(bank_encryption_certificate(&good.fields), Some(CRYPTS.certificate.clone()));
    assert_eq!(good.signers, std::slice::from_ref(&SIGN.certificate));
    let not_trusted = &errors::ANSWER_NOT_TRUSTED;
    for (why, signer, inside) in [
        ("another root", &SIGN, bank_own(&STRANGER, &SIGN, &CRYPTS)),
        ("another signer than the bank's", &SIGN, bank_own(&ROOT, &IMPOSTOR, &CRYPTS)),
        ("a customer with the bank's name", &IMPOSTOR, bank_own(&ROOT, &IMPOSTOR, &CRYPTS)),
        ("a customer", &CUSTOMER, bank_own(&ROOT, &CUSTOMER, &CRYPTS)),
        ("an encryption certificate of a customers' authority", &SIGN, bank_own(&ROOT, &SIGN, &CUSTOMER)),
        ("the signing certificate for encryption", &SIGN, bank_own(&ROOT, &SIGN, &SIGN)),
    ] {
        assert_eq!(row_of(opened(signer, &inside)), not_trusted, "{why}");
    }
    // The bank's encryption key signs nothing.
    assert_eq!(row_of(opened(&CRYPTS, &bank_own(&ROOT, &CRYPTS, &CRYPTS))), not_trusted);
    let changed = answer("GetBankCertificate", &SIGN, &bank_own(&ROOT, &SIGN, &CRYPTS)).replacen(">OK<", ">KO<", 1);
    assert_eq!(row_of(open(&changed, operation, false)), &errors::ANSWER_SIGNATURE);
}

/// The header is not signed: the document, which is, says to which request it belongs.
#[test]
fn an_answer_to_another_request_is_not_believed() {
    let inside = |id: &str| ok() + &element("RequestId", id);
    let listed = |message: &str| open(message, "get_own_certificate_list", false);
    assert!(listed(&answer("GetOwnCertificateList", &SIGN, &inside(""))).is_ok());
    assert!(listed(&answer("GetOwnCertificateList", &SIGN, &inside("a1b2c3d4e5"))).is_ok());
    let other_id = answer("GetOwnCertificateList", &SIGN, &inside("5e4d3c2b1a"));
    let other = answer("RevokeCertificate", &SIGN, &inside(""));
    let in_its_place = other.replace("RevokeCertificateOut", "GetOwnCertificateListOut");
    for message in [other_id, other, in_its_place] {
        let error = listed(&message).err().unwrap();
        assert_eq!(error.row(), &bankchannel_foundation::error::row::PEER_PROTOCOL, "{error}");
    }
    let unnamed = ok() + &element("BankEncryptionCert", CRYPTS.certificate.base64());
    let unnamed = answer("GetBankCertificate", &SIGN, &unnamed);
    assert_eq!(row_of(open(&unnamed, "get_bank_certificate", false)), &errors::ANSWER_NOT_TRUSTED);
}

#[test]
fn t56_two_certificates_are_issued_at_once_each_for_its_key() {
    let issue = |at: usize, extensions| {
        let key = &KEYS[at].0;
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("key.pem"), key.to_pkcs8_pem().as_bytes()).unwrap();
        AUTHORITY.issue_key(&file("key.pem"), extensions)
    };
    let (signing, encryption) = (issue(0, SIGNER_EXTENSIONS), issue(1, CRYPT));
    let inside = |first: &str, second: &str| {
        let ca = element("CACert", AUTHORITY.certificate.base64());
        [ok(), element("EncryptionCert", second), element("SigningCert", first), ca, element("RequestId", "")].concat()
    };
    let opened = |inside: &str| open(&answer("CreateCertificate", &SIGN, inside), "create_certificate", true);
    let good = opened(&inside(signing.base64(), encryption.base64())).unwrap().certificates;
    assert_eq!((good.signing.as_ref(), good.encryption.as_ref()), (Some(&signing), Some(&encryption)));
    let other = CUSTOMER.certificate.base64();
    for (first, second) in
        [(other, encryption.base64()), (signing.base64(), other), (signing.base64(), signing.base64())]
    {
        assert_eq!(row_of(opened(&inside(first, second))), &errors::CERTIFICATE_NOT_OURS);
    }
    let refused = |code: &str| {
        let inside = element("ReturnCode", code) + &element("ReturnText", "no") + &element("RequestId", "");
        row_of(opened(&inside))
    };
    assert_eq!(refused("10"), &errors::CERTIFICATE_REFUSED);
    assert_eq!(refused("20"), &errors::CERTIFICATE_REFUSED);
    assert_eq!(refused("99"), &errors::BANK_FAILED);
}

#[test]
fn t56_a_fault_is_told_wherever_it_stands() {
    let fault = |name: &str| {
        format!(
            "<pkif:{name} xmlns:pkif=\"{FACTORY}\"><pkif:CustomerId>4Q7K2M</pkif:CustomerId><pkif:ReturnCode>07</pkif:ReturnCode>\
             <pkif:ReturnText>Schema validation error.</pkif:ReturnText><pkif:AdditionalReturnText>SenderId</pkif:AdditionalReturnText></pkif:{name}>"
        )
    };
    let soap = "http://schemas.xmlsoap.org/soap/envelope/";
    for name in ["PKIFactoryServiceFault", "PKIFactoryServiceFaultElement"] {
        let inside = fault(name);
        let wrapped = format!(
            "<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring><detail>{inside}</detail></s:Fault>"
        );
        for body in [inside, wrapped] {
            let message = format!("<s:Envelope xmlns:s=\"{soap}\"><s:Body>{body}</s:Body></s:Envelope>");
            let error = open(&message, "create_certificate", true).err().unwrap();
            assert_eq!(error.row(), &errors::FAULT, "{error}");
            let peer = error.peer().unwrap();
            assert_eq!(
                (peer.code.as_deref(), peer.text.as_deref()),
                (Some("07"), Some("Schema validation error. SenderId"))
            );
        }
    }
}

#[test]
fn t58_the_customers_certificates_are_listed_as_the_bank_has_them() {
    let state = |serial: &str, kind: &str, other: &str, status: &str| {
        let inside = [
            element("CertificateSerialNo", serial),
            element("CertificateType", kind),
            element("MatchingCertificateSerialNo", other),
            element("Status", status),
        ];
        element("CertificateStatus", &inside.concat())
    };
    let inside = [
        ok(),
        state("17", "signing", "18", "<tns:good expiryDate=\"2033-01-01T00:00:00Z\"/>"),
        state("18", "encryption", "17", "<tns:expires_soon/>"),
        state("15", "signing", "16", "<tns:revoked revocationDate=\"2031-01-01T00:00:00Z\" CRLReason=\"1\"/>"),
        element("RequestId", "a1b2c3d4e5"),
    ]
    .concat();
    let opened = open(&answer("GetOwnCertificateList", &SIGN, &inside), "get_own_certificate_list", false).unwrap();
    let listed = ListOwnCertificatesResponse::read(
        bankchannel_foundation::model::Value::Object(opened.fields),
        &mut bankchannel_foundation::model::Reader::new(bankchannel_foundation::model::Representation::Wire),
    )
    .unwrap();
    let shown = bankchannel_foundation::model::write_boundary(listed);
    assert_eq!(
        shown["own_certificates"],
        json!([
            {"serial_number": "17", "purpose": "signing", "matching_serial_number": "18", "status": "good",
             "expires_at": "2033-01-01T00:00:00Z"},
            {"serial_number": "18", "purpose": "encryption", "matching_serial_number": "17", "status": "expires_soon"},
            {"serial_number": "15", "purpose": "signing", "matching_serial_number": "16", "status": "revoked",
             "revoked_at": "2031-01-01T00:00:00Z", "revocation_reason": "key_compromise"},
        ])
    );
}
