//! SEPA Web Services: messages signed and verified, compared with the bare passes that cannot be left out, and with
//! xmlsec1.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bankchannel::sepa_web_services::{
    BankEnvironment, VerificationRules, examine,
    request::{ApplicationRequest, FileCommand, RequestHeader, RequestSeal},
};
use bankchannel_crypto::{
    cbc::{CbcCipher, CbcDecryption, CbcEncryption},
    digest::MessageDigestAlgorithm,
    legacy_cipher::{SessionKey, SessionKeyOpener},
    rsa::{RsaPrivateKey, RsaPublicKey},
    signature::{Hash, SigningKey},
    x509::Certificate,
};
use bankchannel_sepa_web_services::verify::DocumentRecipient;
use bankchannel_xml_encryption::EncryptedDraft;
use bankchannel_xml_signature::{DocumentDraft, EnvelopeDraft, EnvelopeTimes};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::table::{Bound, Table, ms, paired, us};

const MIB: usize = 1024 * 1024;
/// 2031-03-04T05:07:00Z.
const NOW_S: i64 = 1_930_367_220;

pub(crate) fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(signer) = Signer::new(folder.path()) else {
        println!("sepa: not run (openssl is not there)");
        return;
    };
    upload(table, &signer);
    download(table, &signer);
    encrypted_upload(table, &signer);
    encrypted_download(table, &signer);
    small(table, &signer);
    against_xmlsec(table, &signer, folder.path());
}

struct Signer {
    key: SigningKey,
    private: RsaPrivateKey,
    certificate: Certificate,
}

impl Signer {
    fn new(folder: &Path) -> Option<Self> {
        let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "7000", "-subj", "/CN=Example", "-keyout"])
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .output();
        made.ok().filter(|made| made.status.success())?;
        let text = |path| std::fs::read_to_string(path).ok();
        Some(Self {
            private: RsaPrivateKey::from_pem(&text(&key)?).ok()?,
            key: SigningKey::from_pem(&text(&key)?, None).ok()?,
            certificate: Certificate::from_pem(&text(&certificate)?).ok()?,
        })
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.key.sign_pkcs1(Hash::Sha256, bytes).expect("it signs")
    }

    fn document(&self, before: &str, closing: &str) -> String {
        let mut draft = DocumentDraft::new();
        draft.update(before.as_bytes());
        draft.update(closing.as_bytes());
        let drafted = draft.sign_as(&self.certificate);
        let value = self.sign(drafted.bytes_to_sign());
        format!("{before}{}{closing}", drafted.complete(&value))
    }

    /// An answer with this content.
    fn answer(&self, content: &[u8]) -> String {
        self.answer_with(content, str::to_owned)
    }

    /// The same, its document changed before it is enclosed.
    fn answer_with(&self, content: &[u8], change: impl FnOnce(&str) -> String) -> String {
        let before = format!(
            "<ApplicationResponse xmlns=\"http://bxd.fi/xmldata/\"><CustomerId>7700112233</CustomerId><Timestamp>2031-03-04T05:06:08Z</Timestamp>\
             <ResponseCode>00</ResponseCode><ResponseText>OK.</ResponseText><Content>{}</Content>",
            STANDARD.encode(content)
        );
        let document = STANDARD.encode(change(&self.document(&before, "</ApplicationResponse>")));
        let inside = format!(
            "<cor:downloadFileout xmlns:cor=\"http://bxd.fi/CorporateFileService\"><mod:ResponseHeader xmlns:mod=\"http://model.bxd.fi\">\
             <mod:ResponseCode>00</mod:ResponseCode></mod:ResponseHeader><mod:ApplicationResponse xmlns:mod=\"http://model.bxd.fi\">\
             {document}</mod:ApplicationResponse></cor:downloadFileout>"
        );
        let draft = EnvelopeDraft::new("5e1");
        let body = format!("{}{inside}{}", draft.body_start(), EnvelopeDraft::BODY_END);
        let drafted =
            draft.sign_as(MessageDigestAlgorithm::Sha256.digest(body.as_bytes()), &times(), &self.certificate);
        let value = self.sign(drafted.bytes_to_sign());
        format!("{}{body}{}", drafted.complete(&value), EnvelopeDraft::ENVELOPE_END)
    }

    fn rules(&self) -> VerificationRules {
        VerificationRules { at_s: NOW_S, anchors: vec![self.certificate.clone()], ..VerificationRules::default() }
    }
}

fn times() -> EnvelopeTimes {
    EnvelopeTimes { created: "2031-03-04T05:06:07Z".to_owned(), expires: "2031-03-04T05:11:07Z".to_owned() }
}

/// Bytes that look random: compressed files do.
pub(crate) fn content(size: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..size).map(next).collect()
}

/// An upload of files.
fn upload_of_files() -> (RequestHeader, ApplicationRequest) {
    let text = |text: &str| text.to_owned();
    let header = RequestHeader {
        sender_id: text("7700112233"),
        request_id: text("4b1d5c1e9a3f4f6d8c7e2a0b9d8f7e6c"),
        timestamp: text("2031-03-04T05:06:07.089Z"),
        language: text("EN"),
        user_agent: text("Example"),
        receiver_id: text("NDEAFIHH"),
    };
    let request = ApplicationRequest {
        environment: BankEnvironment::Test,
        file_type: Some(text("NDCORPAYS")),
        has_content: true,
        ..ApplicationRequest::new(FileCommand::UploadFile, "7700112233", "2031-03-04T05:06:07.089Z", "Example")
    };
    (header, request)
}

fn upload(table: &mut Table, signer: &Signer) {
    let content = content(7 * MIB);
    let (header, request) = upload_of_files();
    let (ratio, ours, theirs) = paired(
        15,
        || {
            let mut seal = RequestSeal::begin(&request, &header, "5e1", None).expect("it begins");
            seal.update(&content).expect("it passes");
            let document = seal.finish_content(&signer.certificate).expect("it ends");
            let value = signer.sign(document.bytes_to_sign());
            let sealed = document.signed(&value, &times(), &signer.certificate).expect("it is sealed");
            let value = signer.sign(sealed.bytes_to_sign());
            black_box(sealed.head(&value));
        },
        || {
            let inner = STANDARD.encode(&content);
            let document = signer.sign(&MessageDigestAlgorithm::Sha256.digest(inner.as_bytes()));
            let outer = STANDARD.encode(&inner);
            black_box((document, signer.sign(&MessageDigestAlgorithm::Sha256.digest(outer.as_bytes()))));
        },
    );
    let name = "sign an upload of 7 MiB, not compressed";
    table.ratio(name, &ms(ours), &format!("2 × base64, SHA-256, RSA {}", ms(theirs)), ratio, Bound::AtMost(1.3));
}

/// AES of 256 bits over a text that is padded to whole blocks.
fn encipher(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    text.resize(text.len() / 16 * 16 + 16, 0);
    CbcEncryption::new(CbcCipher::AES_256, &[7; 32], &[9; 16])
        .expect("it begins")
        .update(&mut text)
        .expect("whole blocks");
    text
}

fn encrypted_upload(table: &mut Table, signer: &Signer) {
    let content = content(7 * MIB);
    let (header, request) = upload_of_files();
    let recipient = RsaPublicKey::from_spki_der(signer.certificate.spki_der()).expect("its key");
    let (ratio, ours, theirs) = paired(
        15,
        || {
            let draft = EncryptedDraft::new(CbcCipher::AES_256, &signer.certificate, "name:BANK").expect("it begins");
            let mut seal = RequestSeal::begin(&request, &header, "5e1", Some(draft)).expect("it begins");
            seal.update(&content).expect("it passes");
            let document = seal.finish_content(&signer.certificate).expect("it ends");
            let value = signer.sign(document.bytes_to_sign());
            let sealed = document.signed(&value, &times(), &signer.certificate).expect("it is sealed");
            let value = signer.sign(sealed.bytes_to_sign());
            black_box(sealed.head(&value));
        },
        || {
            let inner = STANDARD.encode(&content);
            let document = signer.sign(&MessageDigestAlgorithm::Sha256.digest(inner.as_bytes()));
            let wrapped = SessionKey::random(CbcCipher::AES_256).wrap(&recipient).expect("it is wrapped");
            let outer = STANDARD.encode(STANDARD.encode(encipher(inner.as_bytes())));
            let envelope = signer.sign(&MessageDigestAlgorithm::Sha256.digest(outer.as_bytes()));
            black_box((document, wrapped, envelope));
        },
    );
    let name = "encrypt and sign an upload of 7 MiB";
    let against = format!("3 × base64, AES, 2 × SHA-256, RSA {}", ms(theirs));
    table.ratio(name, &ms(ours), &against, ratio, Bound::AtMost(1.5));
}

fn encrypted_download(table: &mut Table, signer: &Signer) {
    let encrypted = |document: &str| {
        let draft = EncryptedDraft::new(CbcCipher::AES_256, &signer.certificate, "name:CUSTOMER").expect("it begins");
        draft.encrypted(document.as_bytes()).expect("it is encrypted")
    };
    let message = signer.answer_with(&content(7 * MIB), encrypted);
    let opener = SessionKeyOpener::new(&signer.private).expect("its key");
    let rules = VerificationRules {
        recipients: vec![DocumentRecipient {
            certificate: Some(signer.certificate.clone()),
            opener: Arc::new(SessionKeyOpener::new(&signer.private).expect("its key")),
        }],
        ..signer.rules()
    };
    let carrier = message.split("<mod:ApplicationResponse xmlns:mod=\"http://model.bxd.fi\">").nth(1);
    let outer = carrier.and_then(|rest| rest.split('<').next()).expect("the document");
    let inner = String::from_utf8(STANDARD.decode(outer).expect("base64")).expect("text");
    let value = inner.rsplit_once("<xenc:CipherValue>").and_then(|(_, rest)| rest.split('<').next()).expect("the text");
    let wrapped = SessionKey::random(CbcCipher::AES_256).wrap(signer.private.public()).expect("it is wrapped");
    let key = signer.certificate.key().expect("its key");
    let (ratio, ours, theirs) = paired(
        15,
        || {
            let examined = examine(message.as_bytes(), &rules, false);
            assert!(black_box(examined).verdict.valid, "the benchmark's message is valid");
        },
        || {
            let digest = MessageDigestAlgorithm::Sha256.digest(message.as_bytes());
            black_box(STANDARD.decode(outer).expect("base64"));
            let mut text = STANDARD.decode(value).expect("base64");
            let session = opener.open(&wrapped, CbcCipher::AES_256);
            let cipher = CbcDecryption::new(CbcCipher::AES_256, session.expose(), &[9; 16]);
            cipher.expect("it begins").update(&mut text).expect("whole blocks");
            let second = MessageDigestAlgorithm::Sha256.digest(&text);
            let bare = |digest: &[u8]| key.verify_pkcs1(Hash::Sha256, digest, &[0; 256]);
            black_box((text, bare(&digest), bare(&second)));
        },
    );
    let name = "decrypt and verify an answer of 7 MiB";
    let against = format!("2 × base64, AES, 2 × SHA-256, RSA {}", ms(theirs));
    table.ratio(name, &ms(ours), &against, ratio, Bound::AtMost(1.5));
}

fn download(table: &mut Table, signer: &Signer) {
    let message = signer.answer(&content(7 * MIB));
    let rules = signer.rules();
    let carrier = message.split("<mod:ApplicationResponse xmlns:mod=\"http://model.bxd.fi\">").nth(1);
    let outer = carrier.and_then(|rest| rest.split('<').next()).expect("the document");
    let inner = String::from_utf8(STANDARD.decode(outer).expect("base64")).expect("text");
    let inner = inner.split("<Content>").nth(1).and_then(|rest| rest.split('<').next()).expect("the content");
    let key = signer.certificate.key().expect("its key");
    let (ratio, ours, theirs) = paired(
        15,
        || {
            let examined = examine(message.as_bytes(), &rules, false);
            assert!(black_box(examined).verdict.valid, "the benchmark's message is valid");
        },
        || {
            let digest = MessageDigestAlgorithm::Sha256.digest(message.as_bytes());
            let document = STANDARD.decode(outer).expect("base64");
            let second = MessageDigestAlgorithm::Sha256.digest(&document);
            let content = STANDARD.decode(inner).expect("base64");
            let bare = |digest: &[u8]| key.verify_pkcs1(Hash::Sha256, digest, &[0; 256]);
            black_box((content, bare(&digest), bare(&second)));
        },
    );
    let name = "verify an answer of 7 MiB, without taking its content out";
    table.ratio(name, &ms(ours), &format!("2 × base64, SHA-256, RSA {}", ms(theirs)), ratio, Bound::AtMost(1.3));
}

fn small(table: &mut Table, signer: &Signer) {
    let message = signer.answer(b"a short answer");
    let rules = signer.rules();
    let key = signer.certificate.key().expect("its key");
    let signed = signer.sign(b"signed");
    let (ratio, ours, theirs) = paired(
        2001,
        || {
            let examined = examine(message.as_bytes(), &rules, false);
            assert!(black_box(examined).verdict.valid, "the benchmark's message is valid");
        },
        || {
            let bare = || key.verify_pkcs1(Hash::Sha256, b"signed", &signed);
            assert!(black_box(bare() && bare()), "it verifies");
        },
    );
    table.ratio("verify a small answer", &us(ours), &format!("2 × RSA {}", us(theirs)), ratio, Bound::AtMost(3.0));
}

fn against_xmlsec(table: &mut Table, signer: &Signer, folder: &Path) {
    let entry = "<Entry><Reference>RF18539007547034</Reference><Amount currency=\"EUR\">1450.05</Amount><Name>Esimerkki &amp; Oy</Name></Entry>";
    let before = format!("<Entries xmlns=\"urn:example\">{}", entry.repeat(9_800_000 / 4 / entry.len() + 1));
    // 200,000 elements are the limit; the rest is one long text.
    let before = format!("{before}<Long>{}</Long>", "x".repeat(9_800_000 - before.len()));
    let message = signer.document(&before, "</Entries>");
    let file = folder.join("message.xml");
    let tiny = folder.join("tiny.xml");
    std::fs::write(&file, &message).expect("a file");
    std::fs::write(&tiny, signer.document("<Entries xmlns=\"urn:example\">", "</Entries>")).expect("a file");
    let program = std::env::current_exe().expect("this program").with_file_name("bankchannel");
    let ours = |file: &Path| {
        let mut verify = Command::new(&program);
        verify.args(["sepa", "verify", "--signatures-only"]).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(verify.status().is_ok_and(|status| status.success()), "bankchannel accepts");
    };
    let theirs = |file: &Path| {
        let mut verify = Command::new("xmlsec1");
        verify.args(["--verify", "--pubkey-cert-pem"]).arg(folder.join("certificate.pem")).arg(file);
        verify.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !theirs(&tiny) {
        println!("xmlsec1: not run (it is not there or does not take the file)");
        return;
    }
    for (name, file, bound) in [
        ("verify a document of 9.8 MB, the process", &file, Bound::AtLeast(3.0)),
        ("the start alone", &tiny, Bound::None),
    ] {
        let (ratio, ours, other) = paired(11, || ours(file), || assert!(theirs(file), "xmlsec1 accepts"));
        table.ratio(name, &ms(ours), &format!("xmlsec1 {}", ms(other)), 1.0 / ratio, bound);
    }
}
