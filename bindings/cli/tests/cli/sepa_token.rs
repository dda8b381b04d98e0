//! `sepa` with the key that decrypts in a token (SoftHSM).

use std::fs;

use serde_json::{Value, json};

use crate::{
    psd2_keys::{PIN, token_with},
    support::{Home, started, stop},
};

#[test]
fn a_token_decrypts_the_answers_of_a_bank_that_encrypts() {
    let mut home = Home::empty();
    let (bank, ready) = started(home.command(&["serve", "sepa-bank", "--data", "bank", "--plain"]));
    let family = &ready["families"]["danske"];
    let customer = &family["customers"][0];
    let file = |member: &str| customer[member].as_str().unwrap().to_owned();
    let Some(module) = token_with(&mut home, &file("encryption_key_file"), "crypt") else { return };
    let settings = |key: &str, certificate: Option<Value>| {
        let pkcs11 = json!({"module": module, "token": "tpp", "pin": PIN, "key": key});
        let settings = json!({
            "bank": "danske",
            "file_url": family["file_url"],
            "certificate_url": family["certificate_url"],
            "trusted_file": family["anchors_file"],
            "customer_id": customer["customer_id"],
            "certificate_file": file("certificate_file"),
            "private_key_file": file("key_file"),
            "encryption_certificate_file": certificate,
            "encryption_pkcs11": pkcs11,
        });
        fs::write(home.path("danske.json"), settings.to_string()).unwrap();
    };
    let list = ["call", "sepa_web_services.list_files", "--settings", "danske.json", "--json"];
    settings("crypt", Some(customer["encryption_certificate_file"].clone()));
    assert_eq!(home.run(&list).expect(0).json()["file_descriptors"], json!([]));
    // The token has no certificate; another one does not fit.
    for (key, certificate, field) in [
        ("crypt", None, "encryption_certificate"),
        ("crypt", Some(customer["certificate_file"].clone()), "encryption_pkcs11"),
        ("absent", Some(customer["encryption_certificate_file"].clone()), "encryption_pkcs11"),
    ] {
        settings(key, certificate);
        let refused = home.run(&list).expect(1);
        assert!(refused.err.contains(field) && !refused.err.contains(PIN), "{}", refused.err);
    }
    stop(bank, "-TERM");
}
