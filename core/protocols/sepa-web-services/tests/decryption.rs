//! Encrypted documents: opened with their recipient's key, refused with the step that fails (§2.9, §10.4; T59, T61, R27, R29).
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use bankchannel_crypto::cbc::CbcCipher;
use bankchannel_crypto::legacy_cipher::{SessionKey, SessionKeyOpener, TRIPLE_DES};
use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_crypto::x509::{CertificateIssuer, NewCertificate, SubjectAttribute};
use bankchannel_sepa_web_services::verify::{
    DocumentKeyOpener, DocumentRecipient, MessageVerdict, VerificationRules, examine,
};
use bankchannel_xml_encryption::EncryptedDraft;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use common::*;

static RECIPIENT: LazyLock<Party> = LazyLock::new(|| AUTHORITY.issue("ESIMERKKI OY CRYPT", SIGNER_EXTENSIONS, 2048));
static OTHER: LazyLock<Party> = LazyLock::new(|| AUTHORITY.issue("TOINEN OY CRYPT", SIGNER_EXTENSIONS, 2048));

const CIPHERS: [CbcCipher; 2] = [CbcCipher::AES_256, TRIPLE_DES];

fn encrypted(cipher: CbcCipher, document: &str) -> String {
    let draft = EncryptedDraft::new(cipher, &RECIPIENT.certificate, "name:CUSTOMER").unwrap();
    draft.encrypted(document.as_bytes()).unwrap()
}

fn signed() -> String {
    BANK.document(&response("00"), RESPONSE_END)
}

fn recipient(party: &Party, is_known: bool) -> DocumentRecipient {
    let key = RsaPrivateKey::from_pem(&party.key_pem()).unwrap();
    let certificate = is_known.then(|| party.certificate.clone());
    DocumentRecipient { certificate, opener: Arc::new(SessionKeyOpener::new(&key).unwrap()) }
}

/// The rules of a person who has message and key.
fn with(recipients: Vec<DocumentRecipient>) -> VerificationRules {
    VerificationRules { recipients, decrypts_any: true, ..rules() }
}

/// The rules of a client.
fn strict(recipients: Vec<DocumentRecipient>) -> VerificationRules {
    VerificationRules { recipients, ..rules() }
}

/// A key that counts how often it is used.
struct CountingOpener(AtomicUsize);

impl DocumentKeyOpener for CountingOpener {
    fn open(&self, wrapped: &[u8], cipher: CbcCipher) -> Result<SessionKey, String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        recipient(&RECIPIENT, true).opener.open(wrapped, cipher)
    }
}

/// A key in a device that does not answer.
struct AbsentDevice;

impl DocumentKeyOpener for AbsentDevice {
    fn open(&self, _: &[u8], _: CbcCipher) -> Result<SessionKey, String> {
        Err("the token was removed".to_owned())
    }
}

fn why(verdict: &MessageVerdict, id: &str) -> String {
    let failed = verdict.checks.iter().find(|check| check.id == id && !check.ok);
    failed.map(|check| check.why.clone()).unwrap_or_default()
}

#[test]
fn an_encrypted_answer_is_opened_and_then_believed_as_any_other() {
    for cipher in CIPHERS {
        let message = BANK.envelope(&answer_body(&encrypted(cipher, &signed())));
        for is_known in [true, false] {
            let found = verdict(&message, &with(vec![recipient(&RECIPIENT, is_known)]));
            assert!(found.valid, "{:?}", found.checks);
            assert_eq!(found.signatures.len(), 2);
        }
        // A document by itself, and a key from before among several.
        assert!(verdict(&encrypted(cipher, &signed()), &with(vec![recipient(&RECIPIENT, false)])).valid);
        assert!(verdict(&message, &with(vec![recipient(&OTHER, true), recipient(&RECIPIENT, true)])).valid);
        // Programs and banks write a declaration, a byte order mark, blanks (Q41).
        for before in ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\u{feff}", "\n  <?xml version=\"1.0\"?>"] {
            let message = BANK.envelope(&answer_body(&encrypted(cipher, &format!("{before}{}", signed()))));
            let found = verdict(&message, &with(vec![recipient(&RECIPIENT, true)]));
            assert!(found.valid, "{before:?} {:?}", found.checks);
        }
    }
    // One that is not encrypted is what its signature says.
    assert!(verdict(&answer(), &with(vec![recipient(&RECIPIENT, true)])).valid);
}

#[test]
fn the_step_that_fails_is_told() {
    let message = BANK.envelope(&answer_body(&encrypted(CbcCipher::AES_256, &signed())));
    let none = verdict(&message, &rules());
    assert_eq!(failed(&none), ["V17"]);
    assert!(why(&none, "V17").contains("give the private key"), "{:?}", none.checks);
    let other = verdict(&message, &with(vec![recipient(&OTHER, true)]));
    let both = why(&other, "V17");
    assert!(
        both.contains(&RECIPIENT.certificate.serial_hex()) && both.contains(&OTHER.certificate.serial_hex()),
        "{both}"
    );
    // The text inside is not signed, or by a stranger.
    for (document, id) in
        [(response("00") + RESPONSE_END, "V11"), (STRANGER.document(&response("00"), RESPONSE_END), "V11")]
    {
        let message = BANK.envelope(&answer_body(&encrypted(TRIPLE_DES, &document)));
        let found = verdict(&message, &with(vec![recipient(&RECIPIENT, true)]));
        assert!(!found.valid && !why(&found, id).is_empty(), "{:?}", found.checks);
    }
    // Encrypted twice.
    let twice = encrypted(CbcCipher::AES_256, &encrypted(CbcCipher::AES_256, &signed()));
    let found = verdict(&BANK.envelope(&answer_body(&twice)), &with(vec![recipient(&RECIPIENT, true)]));
    assert!(why(&found, "V10").contains("EncryptedData is not the document"), "{:?}", found.checks);
}

/// A wrong key, a wrong padding, a changed text and one that is no document look the same.
#[test]
fn what_is_wrong_with_the_text_is_one_message() {
    let good = encrypted(CbcCipher::AES_256, &signed());
    let end = good.rfind("</xenc:CipherValue>").unwrap();
    let cut = [&good[..end - 44], &good[end..]].concat();
    let with_comment = signed().replace("<ResponseText>", "<!-- --><ResponseText>");
    let with_entity = format!("<!DOCTYPE x [<!ENTITY e \"y\">]>{}", signed());
    let texts = [
        cut,
        encrypted(CbcCipher::AES_256, "no document"),
        encrypted(CbcCipher::AES_256, ""),
        encrypted(CbcCipher::AES_256, &with_comment),
        encrypted(CbcCipher::AES_256, &with_entity),
    ];
    let mut told: Vec<String> = texts
        .iter()
        .map(|text| why(&verdict(&BANK.envelope(&answer_body(text)), &with(vec![recipient(&RECIPIENT, true)])), "V17"))
        .collect();
    told.push(why(&verdict(&BANK.envelope(&answer_body(&good)), &with(vec![recipient(&OTHER, false)])), "V17"));
    assert!(told.iter().all(|why| *why == told[0]) && told[0].contains("cannot be decrypted"), "{told:?}");
}

/// The key is used only for messages that the bank has signed; a person may look into any message.
#[test]
fn a_message_that_is_not_believed_is_not_decrypted() {
    let inside = encrypted(CbcCipher::AES_256, &signed());
    let unsigned = format!(
        "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><c:getCertificatein \
         xmlns:c=\"http://bxd.fi/CertificateService\"><c:RequestHeader/><c:ApplicationRequest>{}</c:ApplicationRequest>\
         </c:getCertificatein></e:Body></e:Envelope>",
        STANDARD.encode(&inside)
    );
    for message in [STRANGER.envelope(&answer_body(&inside)), inside.clone(), unsigned] {
        let opener = Arc::new(CountingOpener(AtomicUsize::new(0)));
        let counted = DocumentRecipient { certificate: None, opener: opener.clone() };
        let refused = examine(message.as_bytes(), &strict(vec![counted.clone()]), false).verdict;
        assert!(!refused.valid && why(&refused, "V17").contains("is not believed"), "{:?}", refused.checks);
        assert_eq!(opener.0.load(Ordering::SeqCst), 0, "{message}");
        let told = examine(message.as_bytes(), &with(vec![counted]), true).verdict;
        assert!(!told.checks.iter().any(|check| check.why.contains("is not believed")), "{:?}", told.checks);
        assert_eq!(opener.0.load(Ordering::SeqCst), 1, "{message}");
    }
    let message = BANK.envelope(&answer_body(&inside));
    assert!(examine(message.as_bytes(), &strict(vec![recipient(&RECIPIENT, true)]), false).verdict.valid);
}

/// A text whose signer is not known is refused in one way, whatever it is.
#[test]
fn what_is_decrypted_and_not_believed_is_refused_in_one_text() {
    let texts = [
        "no document".to_owned(),
        "<a/>".to_owned(),
        signed().replace("<ResponseText>", "<ResponseCode>00</ResponseCode><ResponseText>"),
        response("00") + RESPONSE_END,
        STRANGER.document(&response("00"), RESPONSE_END),
        BANK.envelope(&answer_body(&signed())),
    ];
    for text in texts {
        let message = BANK.envelope(&answer_body(&encrypted(TRIPLE_DES, &text)));
        let found = examine(message.as_bytes(), &strict(vec![recipient(&RECIPIENT, true)]), false).verdict;
        assert_eq!(failed(&found), ["V17"], "{text}");
        assert!(why(&found, "V17").contains("cannot be decrypted"), "{text}");
    }
}

#[test]
fn only_a_document_is_decrypted_and_in_its_own_encoding() {
    let envelope = encrypted(CbcCipher::AES_256, &BANK.envelope(&answer_body(&signed())));
    let found = verdict(&envelope, &with(vec![recipient(&RECIPIENT, true)]));
    assert!(!found.valid && why(&found, "V10").contains("Envelope"), "{:?}", found.checks);
    let finnish = BANK.document(&response("00").replace("OK.", "P\u{e4}iv\u{e4}\u{e4}"), RESPONSE_END);
    let alone = encrypted(CbcCipher::AES_256, &finnish);
    let rules = VerificationRules { charset: Some("ISO-8859-1".to_owned()), ..with(vec![recipient(&RECIPIENT, true)]) };
    assert!(verdict(&alone, &rules).valid);
}

/// The key of a certificate before, of a renewed certificate, and one in a device.
#[test]
fn each_key_of_ours_opens_what_was_encrypted_for_it() {
    let text = encrypted(CbcCipher::AES_256, &signed());
    let begin = text.find("<ds:X509Data>").unwrap();
    let end = text.find("</ds:X509Data>").unwrap() + "</ds:X509Data>".len();
    let nameless = BANK.envelope(&answer_body(&[&text[..begin], &text[end..]].concat()));
    for recipients in [[&OTHER, &RECIPIENT], [&RECIPIENT, &OTHER]] {
        let recipients = recipients.map(|party| recipient(party, true)).to_vec();
        assert!(examine(nameless.as_bytes(), &strict(recipients), false).verdict.valid);
    }
    let message = BANK.envelope(&answer_body(&text));
    let [from, to] = ["2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z"].map(|time| time.parse().unwrap());
    let new = NewCertificate::new(&[(SubjectAttribute::CommonName, "AGAIN")], from, to);
    let again = CertificateIssuer::self_signed(&new, &RECIPIENT.key_pem()).unwrap().certificate().clone();
    let same_key = DocumentRecipient { certificate: Some(again), ..recipient(&RECIPIENT, true) };
    assert!(examine(message.as_bytes(), &strict(vec![same_key]), false).verdict.valid);
    let absent = DocumentRecipient { certificate: None, opener: Arc::new(AbsentDevice) };
    let found = examine(message.as_bytes(), &strict(vec![absent]), false).verdict;
    assert_eq!(why(&found, "V17"), "the token was removed");
}

/// Signatures that were not looked at are not called valid.
#[test]
fn signatures_alone_do_not_hold_of_a_document_that_was_not_opened() {
    let message = BANK.envelope(&answer_body(&encrypted(CbcCipher::AES_256, &signed())));
    let only = |recipients| VerificationRules { signatures_only: true, ..with(recipients) };
    for recipients in [Vec::new(), vec![recipient(&OTHER, false)]] {
        let found = verdict(&message, &only(recipients));
        assert!(!found.valid && !why(&found, "V17").is_empty(), "{:?}", found.checks);
    }
    assert!(verdict(&message, &only(vec![recipient(&RECIPIENT, true)])).valid);
}

/// A timeout is none of the message's faults.
#[test]
fn a_stopped_examination_is_not_a_changed_document() {
    let message = encrypted(CbcCipher::AES_256, &signed());
    let rules = with(vec![recipient(&RECIPIENT, true)]);
    rules.stop.set();
    let found = verdict(&message, &rules);
    assert!(!found.checks.iter().any(|check| check.why.contains("changed")), "{:?}", found.checks);
}
