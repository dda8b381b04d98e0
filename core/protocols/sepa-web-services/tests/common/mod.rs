//! Authorities, banks and customers of the tests, made by openssl; messages that they sign. All values are this
//! project's own.
#![allow(dead_code, unreachable_pub)]

use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};

use bankchannel_crypto::digest::MessageDigestAlgorithm;
use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::model::read_boundary;
use bankchannel_sepa_web_services::profile::{BankSignerPattern, SignatureLevel};
use bankchannel_sepa_web_services::verify::{ExaminedMessage, MessageVerdict, VerificationRules, examine};
use bankchannel_xml_signature::{DocumentDraft, EnvelopeDraft, EnvelopeTimes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

/// 2031-03-04T05:07:00Z, while the messages hold.
pub const NOW_S: i64 = 1_930_367_220;

/// A holder of a key and a certificate.
pub struct Party {
    folder: tempfile::TempDir,
    /// `None` for a key that is too short for this library.
    key: Option<SigningKey>,
    pub certificate: Certificate,
}

pub static ROOT: LazyLock<Party> = LazyLock::new(|| Party::root("Example Root CA"));
pub static AUTHORITY: LazyLock<Party> = LazyLock::new(|| ROOT.issue("Example Services CA", AUTHORITY_EXTENSIONS, 2048));
pub static BANK: LazyLock<Party> =
    LazyLock::new(|| AUTHORITY.issue("File Transfer Web Services", SIGNER_EXTENSIONS, 2048));
pub static CUSTOMER: LazyLock<Party> = LazyLock::new(|| AUTHORITY.issue("ESIMERKKI OY", SIGNER_EXTENSIONS, 2048));
pub static STRANGER: LazyLock<Party> = LazyLock::new(|| Party::root("File Transfer Web Services"));

pub const AUTHORITY_EXTENSIONS: &str =
    "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign,cRLSign\n";
pub const SIGNER_EXTENSIONS: &str = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\n";

fn openssl(arguments: &[&str]) {
    let done = Command::new("openssl").args(arguments).output().expect("openssl is a tool of the tests");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Party {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(folder: tempfile::TempDir) -> Self {
        let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let key = SigningKey::from_pem(&text("key.pem"), None).ok();
        let certificate = Certificate::from_pem(&text("certificate.pem")).unwrap();
        Self { folder, key, certificate }
    }

    pub fn key_pem(&self) -> String {
        std::fs::read_to_string(self.path("key.pem")).unwrap()
    }

    pub fn root(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (key, certificate, subject) = (file("key.pem"), file("certificate.pem"), format!("/C=FI/CN={name}"));
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "7000",
            "-subj",
            &subject,
            "-keyout",
            &key,
            "-out",
            &certificate,
        ]);
        Self::read(folder)
    }

    /// A certificate of this authority.
    pub fn issue(&self, name: &str, extensions: &str, bits: usize) -> Self {
        self.issue_for("7000", name, extensions, bits, "-sha256")
    }

    /// A certificate of this authority for a key that is in a file.
    pub fn issue_key(&self, key: &std::path::Path, extensions: &str) -> Certificate {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (request, certificate, with) = (file("request.pem"), file("certificate.pem"), file("extensions"));
        std::fs::write(&with, extensions).unwrap();
        openssl(&["req", "-new", "-key", &key.display().to_string(), "-subj", "/CN=x", "-out", &request]);
        let own = |name: &str| self.path(name).display().to_string();
        let (ca, ca_key) = (own("certificate.pem"), own("key.pem"));
        openssl(&[
            "x509",
            "-req",
            "-sha256",
            "-days",
            "7000",
            "-in",
            &request,
            "-CA",
            &ca,
            "-CAkey",
            &ca_key,
            "-set_serial",
            "77",
            "-extfile",
            &with,
            "-out",
            &certificate,
        ]);
        Certificate::from_pem(&std::fs::read_to_string(certificate).unwrap()).unwrap()
    }

    pub fn issue_for(&self, days: &str, name: &str, extensions: &str, bits: usize, hash: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        let (key, request, certificate, with) =
            (file("key.pem"), file("request.pem"), file("certificate.pem"), file("extensions"));
        std::fs::write(&with, extensions).unwrap();
        let subject = format!("/C=FI/O=Example/CN={name}");
        let size = format!("rsa:{bits}");
        openssl(&["req", "-newkey", &size, "-nodes", "-subj", &subject, "-keyout", &key, "-out", &request]);
        let (ca, ca_key) =
            (self.path("certificate.pem").display().to_string(), self.path("key.pem").display().to_string());
        // Not from a file beside the authority: several tests issue at once.
        static ISSUED: AtomicU32 = AtomicU32::new(1);
        let serial = ISSUED.fetch_add(1, Ordering::Relaxed).to_string();
        openssl(&[
            "x509",
            "-req",
            hash,
            "-days",
            days,
            "-in",
            &request,
            "-CA",
            &ca,
            "-CAkey",
            &ca_key,
            "-set_serial",
            &serial,
            "-extfile",
            &with,
            "-out",
            &certificate,
        ]);
        Self::read(folder)
    }

    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        if let Some(key) = &self.key {
            return key.sign_pkcs1(Hash::Sha256, bytes).unwrap();
        }
        let file = |name: &str| self.path(name).display().to_string();
        std::fs::write(self.path("signed"), bytes).unwrap();
        openssl(&["dgst", "-sha256", "-sign", &file("key.pem"), "-out", &file("value"), &file("signed")]);
        std::fs::read(self.path("value")).unwrap()
    }

    /// A document of this party.
    pub fn document(&self, before: &str, closing: &str) -> String {
        let mut draft = DocumentDraft::new();
        draft.update(before.as_bytes());
        draft.update(closing.as_bytes());
        let drafted = draft.sign_as(&self.certificate);
        let value = self.sign(drafted.bytes_to_sign());
        format!("{before}{}{closing}", drafted.complete(&value))
    }

    /// An envelope of this party.
    pub fn envelope(&self, inside: &str) -> String {
        self.envelope_at(inside, "2031-03-04T05:06:07Z", "2031-03-04T05:11:07Z")
    }

    pub fn envelope_at(&self, inside: &str, created: &str, expires: &str) -> String {
        let draft = EnvelopeDraft::new("5e1");
        let body = format!("{}{inside}{}", draft.body_start(), EnvelopeDraft::BODY_END);
        let times = EnvelopeTimes { created: created.to_owned(), expires: expires.to_owned() };
        let drafted = draft.sign_as(MessageDigestAlgorithm::Sha256.digest(body.as_bytes()), &times, &self.certificate);
        let value = self.sign(drafted.bytes_to_sign());
        format!("{}{body}{}", drafted.complete(&value), EnvelopeDraft::ENVELOPE_END)
    }
}

/// The document of an answer with this code.
pub fn response(code: &str) -> String {
    format!(
        "<ApplicationResponse xmlns=\"http://bxd.fi/xmldata/\"><CustomerId>7700112233</CustomerId><Timestamp>2031-03-04T05:06:08Z</Timestamp>\
         <ResponseCode>{code}</ResponseCode><ResponseText>OK.</ResponseText>"
    )
}

pub const RESPONSE_END: &str = "</ApplicationResponse>";

/// The Body of an answer around a document.
pub fn answer_body(document: &str) -> String {
    format!(
        "<cor:downloadFileListout xmlns:cor=\"http://bxd.fi/CorporateFileService\"><mod:ResponseHeader xmlns:mod=\"http://model.bxd.fi\">\
         <mod:SenderId>7700112233</mod:SenderId><mod:RequestId>4b1d5c1e9a3f4f6d8c7e2a0b9d8f7e6c</mod:RequestId>\
         <mod:Timestamp>2031-03-04T05:06:08Z</mod:Timestamp><mod:ResponseCode>00</mod:ResponseCode><mod:ResponseText>OK.</mod:ResponseText>\
         <mod:ReceiverId>NDEAFIHH</mod:ReceiverId></mod:ResponseHeader><mod:ApplicationResponse xmlns:mod=\"http://model.bxd.fi\">{}\
         </mod:ApplicationResponse></cor:downloadFileListout>",
        STANDARD.encode(document)
    )
}

/// A valid answer of the bank.
pub fn answer() -> String {
    BANK.envelope(&answer_body(&BANK.document(&response("00"), RESPONSE_END)))
}

/// The rules of a client of the bank.
pub fn rules() -> VerificationRules {
    VerificationRules {
        at_s: NOW_S,
        anchors: vec![ROOT.certificate.clone()],
        intermediates: vec![AUTHORITY.certificate.clone()],
        signers: Some(vec![pattern(SignatureLevel::Any, "File Transfer Web Services")]),
        ..VerificationRules::default()
    }
}

pub fn pattern(level: SignatureLevel, name: &str) -> BankSignerPattern {
    let level = match level {
        SignatureLevel::Soap => "soap",
        SignatureLevel::Document => "document",
        _ => "any",
    };
    read_boundary(json!({"level": level, "common_name_contains": name})).unwrap()
}

pub fn examined(message: &str, rules: &VerificationRules) -> ExaminedMessage {
    examine(message.as_bytes(), rules, true)
}

pub fn verdict(message: &str, rules: &VerificationRules) -> MessageVerdict {
    examined(message, rules).verdict
}

/// The ids of the checks that do not hold.
pub fn failed(verdict: &MessageVerdict) -> Vec<&str> {
    verdict.checks.iter().filter(|check| !check.ok).map(|check| check.id.as_str()).collect()
}
