//! Keys, certificates and messages of the tests, made by openssl; what xmlsec1 says.
#![allow(dead_code, unreachable_pub)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use bankchannel_crypto::signature::{Hash, SigningKey};
use bankchannel_crypto::x509::Certificate;
use bankchannel_xml_signature::{DocumentDraft, EnvelopeDraft, EnvelopeTimes};

/// A key with a certificate that it signed itself.
pub struct Signer {
    pub key_pem: String,
    pub key: SigningKey,
    pub certificate: Certificate,
}

pub static SIGNER: LazyLock<Signer> = LazyLock::new(|| signer("Test signer", 2048));
pub static OTHER: LazyLock<Signer> = LazyLock::new(|| signer("Another signer", 2048));

/// The output of a tool; `None` where it is neither installed nor required.
pub fn tool(name: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(name).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) => {
            assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "{name}: {error}");
            eprintln!("not run: {name} is not installed");
            None
        }
    }
}

pub fn signer(name: &str, bits: usize) -> Signer {
    let folder = tempfile::tempdir().unwrap();
    let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", &format!("rsa:{bits}"), "-nodes", "-days", "3650", "-subj"])
        .arg(format!("/CN={name}"))
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl is a tool of the tests");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let key_pem = std::fs::read_to_string(key).unwrap();
    Signer {
        key: SigningKey::from_pem(&key_pem, None).unwrap(),
        certificate: Certificate::from_pem(&std::fs::read_to_string(certificate).unwrap()).unwrap(),
        key_pem,
    }
}

impl Signer {
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.key.sign_pkcs1(Hash::Sha256, bytes).unwrap()
    }

    /// A document signed as this library does it; the closing tag is that of the root.
    pub fn document(&self, before: &str, closing: &str) -> String {
        let mut draft = DocumentDraft::new();
        draft.update(before.as_bytes());
        draft.update(closing.as_bytes());
        let drafted = draft.sign_as(&self.certificate);
        let value = self.sign(drafted.bytes_to_sign());
        format!("{before}{}{closing}", drafted.complete(&value))
    }

    /// An envelope signed as this library does it, around the content of the Body.
    pub fn envelope(&self, inside: &str) -> String {
        let draft = EnvelopeDraft::new("5e1");
        let body = format!("{}{inside}{}", draft.body_start(), EnvelopeDraft::BODY_END);
        let times =
            EnvelopeTimes { created: "2031-03-04T05:06:07Z".to_owned(), expires: "2031-03-04T05:11:07Z".to_owned() };
        let digest = bankchannel_crypto::digest::MessageDigestAlgorithm::Sha256.digest(body.as_bytes());
        let drafted = draft.sign_as(digest, &times, &self.certificate);
        let value = self.sign(drafted.bytes_to_sign());
        format!("{}{body}{}", drafted.complete(&value), EnvelopeDraft::ENVELOPE_END)
    }

    /// What xmlsec1 makes of a template: a message with a Signature whose values are empty.
    pub fn xmlsec_signs(&self, template: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let key =
            format!("{},{}", write("key.pem", &self.key_pem), write("certificate.pem", &self.certificate.to_pem()));
        let template = write("template.xml", template);
        let arguments = [&["--sign", "--privkey-pem", &key][..], &IDS, &[&template]].concat();
        let output = tool("xmlsec1", &arguments)?;
        assert!(output.status.success(), "{}\n{template}", String::from_utf8_lossy(&output.stderr));
        Some(String::from_utf8(output.stdout).unwrap())
    }

    /// Whether xmlsec1 verifies a message with this signer's key.
    pub fn xmlsec_verifies(&self, message: &str) -> Option<bool> {
        let folder = tempfile::tempdir().unwrap();
        let (file, certificate) = (folder.path().join("message.xml"), folder.path().join("certificate.pem"));
        std::fs::write(&file, message).unwrap();
        std::fs::write(&certificate, self.certificate.to_pem()).unwrap();
        verifies(&file, &certificate)
    }
}

/// The attributes that are ids, for xmlsec1: it knows none by itself.
const IDS: [&str; 6] = [
    "--id-attr:Id",
    "http://schemas.xmlsoap.org/soap/envelope/:Body",
    "--id-attr:Id",
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd:Timestamp",
    "--id-attr:id",
    "http://danskebank.dk/PKI/PKIFactoryService/elements:CreateCertificateResponse",
];

fn verifies(message: &Path, certificate: &Path) -> Option<bool> {
    let (message, certificate) = (message.display().to_string(), certificate.display().to_string());
    let arguments = [&["--verify", "--pubkey-cert-pem", &certificate][..], &IDS, &[&message]].concat();
    let output = tool("xmlsec1", &arguments)?;
    Some(output.status.success())
}
