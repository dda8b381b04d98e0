//! Tests of the local operations.

use bankchannel_crypto::rsa;
use bankchannel_foundation::{
    Error,
    clock::FixedClock,
    model::{OpenContent, read_boundary, write_boundary},
    operation::{Local, LocalContext},
};
use bankchannel_ws_channel::{
    PRODUCTION_PUBLIC_KEY_PEM, TEST_PUBLIC_KEY_PEM, challenge,
    operations::{
        files::check_payment_file::CheckPaymentFile,
        pgp::{
            decrypt_exported_key::DecryptExportedKey, encrypt_for_export::EncryptForExport, generate_key::GenerateKey,
            inspect_key::InspectKey, sign_file::SignFile, verify_file::VerifyFile,
        },
        session::{encrypt_password::EncryptPassword, totp_code::TotpCode},
    },
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// 2026-11-20T08:00:00Z.
const NOW_MS: i64 = 1_795_161_600_000;

fn at<O: Local>(now_ms: i64, request: Value) -> Result<Value, Error> {
    let clock = FixedClock::at_ms(now_ms);
    O::run(read_boundary(request)?, LocalContext::new(&clock)).map(write_boundary)
}

fn run<O: Local>(request: Value) -> Result<Value, Error> {
    at::<O>(NOW_MS, request)
}

fn key(passphrase: Option<&str>) -> Value {
    run::<GenerateKey>(json!({"name": "Test Signer", "email": "signer@example.test", "passphrase": passphrase}))
        .unwrap()
}

#[test]
fn keys_sign_and_verify() {
    let (one, two) = (key(None), key(Some("open sesame")));
    let file = json!({"base64": STANDARD.encode(b"a payment\r\n")});
    let both = format!("{}\n{}", one["private_key"].as_str().unwrap(), two["private_key"].as_str().unwrap());
    let sign = |keys: &str, passphrase: Option<&str>| {
        run::<SignFile>(json!({"content": file, "private_key": keys, "passphrase": passphrase, "hash": "sha512"}))
    };
    let signature = sign(&both, Some("open sesame")).unwrap()["signature"].clone();
    assert_eq!(signature.as_str().unwrap().matches("BEGIN PGP SIGNATURE").count(), 2);
    let verify = |content: &Value, key: &Value| {
        run::<VerifyFile>(json!({"content": content, "public_key": key, "signature": signature})).unwrap()
    };
    let verdict = verify(&file, &one["public_key"]);
    assert_eq!((&verdict["good"], &verdict["signatures"][0]["fingerprint"]), (&json!(true), &one["fingerprint"]));
    assert_eq!(verdict["signatures"][1]["verdict"], "unknown_issuer");
    // Of a private key, the public half is used.
    assert_eq!(verify(&file, &one["private_key"])["good"], true);
    let changed = json!({"base64": STANDARD.encode(b"a payment\n")});
    let verdict = verify(&changed, &one["public_key"]);
    assert_eq!((&verdict["good"], &verdict["signatures"][0]["verdict"]), (&json!(false), &json!("bad")));
    assert!(verdict["signatures"][0]["reason"].as_str().unwrap().contains("changed"));

    assert_eq!(sign(&both, None).unwrap_err().code(), "ws_channel.passphrase_refused");
    assert_eq!(sign(&both, Some("wrong")).unwrap_err().code(), "ws_channel.passphrase_refused");
    assert_eq!(sign(one["public_key"].as_str().unwrap(), None).unwrap_err().code(), "ws_channel.pgp_key_refused");
    assert_eq!(sign("nonsense", None).unwrap_err().code(), "ws_channel.pgp_key_refused");
    let nonsense = run::<VerifyFile>(json!({"content": file, "public_key": one["public_key"], "signature": "abc"}));
    assert_eq!(nonsense.unwrap_err().code(), "ws_channel.signature_malformed");
}

#[test]
fn keys_are_inspected_and_expire() {
    let made = run::<GenerateKey>(
        json!({"name": "T", "email": "t@example.test", "algorithm": "ed25519", "expires": "2027-01-01T00:00:00Z"}),
    )
    .unwrap();
    let facts = run::<InspectKey>(json!({"key": made["public_key"]})).unwrap();
    assert_eq!(facts["fingerprint"], made["fingerprint"]);
    assert!(made["fingerprint"].as_str().unwrap().ends_with(made["pgp_key_id"].as_str().unwrap()));
    assert_eq!(
        (&facts["can_sign"], &facts["private"], &facts["algorithm"]),
        (&json!(true), &json!(false), &json!("ed25519"))
    );
    assert_eq!(facts["user_ids"], json!(["T <t@example.test>"]));
    let facts = run::<InspectKey>(json!({"key": made["private_key"]})).unwrap();
    assert_eq!((&facts["private"], &facts["locked"]), (&json!(true), &json!(false)));
    // A year later the key no longer signs.
    let later = at::<SignFile>(
        NOW_MS + 366 * 86_400_000,
        json!({"content": {"base64": ""}, "private_key": made["private_key"]}),
    );
    assert_eq!(later.unwrap_err().code(), "ws_channel.pgp_key_unfit");
    let past = run::<GenerateKey>(json!({"name": "T", "email": "t@example.test", "expires": "2020-01-01T00:00:00Z"}));
    assert_eq!(past.unwrap_err().code(), "input.invalid_field");
}

#[test]
fn exported_keys_open_with_their_key_only() {
    let (mine, foreign) = (key(Some("open sesame")), key(None));
    let pem = "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n";
    let message = run::<EncryptForExport>(json!({"private_key": pem, "public_key": mine["public_key"]})).unwrap();
    let open = |key: String, passphrase: Option<&str>| {
        run::<DecryptExportedKey>(
            json!({"encrypted_private_key": message["encrypted_private_key"], "private_key": key, "passphrase": passphrase}),
        )
    };
    let text = |key: &Value| key["private_key"].as_str().unwrap().to_owned();
    assert_eq!(open(text(&mine), Some("open sesame")).unwrap()["private_key_pem"], pem);
    assert_eq!(open(text(&foreign) + &text(&mine), Some("open sesame")).unwrap()["private_key_pem"], pem);
    assert_eq!(open(text(&foreign), None).unwrap_err().code(), "ws_channel.decryption_failed");
    assert_eq!(open(text(&mine), None).unwrap_err().code(), "ws_channel.passphrase_refused");
}

/// The test vectors of §3.3.
#[test]
fn authenticator_codes() {
    for (counter, code) in [(0, "282760"), (1, "996554"), (2, "602287"), (49_166_666, "837839"), (59_333_333, "895333")]
    {
        let told = at::<TotpCode>(counter * 30_000 + 7_000, json!({"secret": "JBSW Y3DP ehpk 3pxp"})).unwrap();
        assert_eq!(told, json!({"code": code, "seconds_left": 23}));
    }
    assert_eq!(run::<TotpCode>(json!({"secret": "not base32!"})).unwrap_err().code(), "input.invalid_field");
}

/// E03, E06, E07, E16, K24 and the published keys of §3.1.
#[test]
fn passwords_are_encrypted_for_their_challenge() {
    let key = rsa::RsaPrivateKey::generate(2048).unwrap();
    let stamp = "1475175151231";
    let encrypt = |password: &str, challenge: &str, pem: &str| {
        run::<EncryptPassword>(json!({"challenge": challenge, "password": password, "public_key": pem}))
    };
    let pem = key.public().to_spki_pem();
    let challenge = format!("nonce|{stamp}|id");
    let (longest, too_long) = ("x".repeat(199), "x".repeat(200));
    for password in ["Toddler_..123456789012345", "a||b äöå🔐", &longest] {
        let told = encrypt(password, &challenge, &pem).unwrap();
        let cipher = STANDARD.decode(told["encrypted"].as_str().unwrap()).unwrap();
        assert_eq!(cipher.len(), 256);
        let plain = key.decrypt_oaep_sha1(&cipher).unwrap();
        assert_eq!(challenge::open_password(&plain, stamp).unwrap().expose(), password);
    }
    assert_eq!(encrypt(&too_long, &challenge, &pem).unwrap_err().code(), "input.invalid_field");
    assert_eq!(encrypt("x", "missing-timestamp", &pem).unwrap_err().code(), "ws_channel.challenge_malformed");
    assert_eq!(encrypt("x", &challenge, "no key").unwrap_err().detail("field"), Some("public_key"));
    for (pem, digest) in [
        (TEST_PUBLIC_KEY_PEM, "c6483907aafa24bd5693bdeff607b306b70b63e27e8206255159ba9eb797acf5"),
        (PRODUCTION_PUBLIC_KEY_PEM, "3bf4f4688c810fe8225cdf19bc7e7753b68c10faf7c3235e81a55016e376ffb2"),
    ] {
        let published = rsa::RsaPublicKey::from_pem(pem).unwrap();
        assert_eq!(bankchannel_crypto::digest::hex(&published.spki_sha256()), digest);
        assert!(encrypt("x", &challenge, pem).is_ok());
    }
}

#[test]
fn payment_files_are_explained() {
    let check = |bytes: &str| run::<CheckPaymentFile>(json!({"content": {"base64": STANDARD.encode(bytes)}})).unwrap();
    let good = check(bankchannel_iso20022::EXAMPLE_PAIN001);
    assert_eq!((&good["ok"], &good["findings"]), (&json!(true), &json!([])));
    assert_eq!(good["payment"]["batches"][0]["totals"], json!([{"currency": "EUR", "amount": "1450.05"}]));
    let bad = check(&bankchannel_iso20022::EXAMPLE_PAIN001.replace("1450.05", "1450.06"));
    assert_eq!((&bad["ok"], &bad["findings"][0]["reason"]), (&json!(false), &json!("AM10")));
    let first = &bad["findings"][0];
    assert!(first["line"].as_u64().unwrap() > 1 && !first["change"].as_str().unwrap().is_empty());
    assert_eq!(check("not xml")["ok"], false);
    let lines = "<PstlAdr><AdrLine>Katu 1</AdrLine><AdrLine>00100 Helsinki</AdrLine></PstlAdr>";
    let creditor = bankchannel_iso20022::EXAMPLE_PAIN001.replace("2026-07-21", "2026-12-01");
    let (before, after) = creditor.rsplit_once("</Nm>").unwrap();
    let unstructured = check(&format!("{before}</Nm>{lines}{after}"));
    assert_eq!((&unstructured["ok"], &unstructured["findings"][0]["reason"]), (&json!(false), &json!("BE04")));
}

#[test]
fn content_must_be_opened() {
    let made = key(None);
    let request = json!({"content": {"path": "/nowhere"}, "private_key": made["private_key"]});
    assert_eq!(run::<SignFile>(request).unwrap_err().code(), "input.content_unreadable");
}

/// An error while reading the content is not reported as an error of the key or the signature.
#[test]
fn unreadable_content_is_blamed_on_the_content() {
    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is on fire"))
        }
    }
    let made = key(None);
    let clock = FixedClock::at_ms(NOW_MS);
    let broken = |_| Ok(OpenContent::Other(Box::new(Broken)));
    let with = || LocalContext::new(&clock).opening(&broken);
    let content = json!({"path": "payments.xml"});
    let sign = json!({"content": content, "private_key": made["private_key"]});
    let signed = SignFile::run(read_boundary(sign).unwrap(), with()).map(drop).unwrap_err();
    let good = run::<SignFile>(json!({"content": {"base64": "YWJj"}, "private_key": made["private_key"]})).unwrap();
    let verify = json!({"content": content, "public_key": made["public_key"], "signature": good["signature"]});
    let verified = VerifyFile::run(read_boundary(verify).unwrap(), with()).map(drop).unwrap_err();
    for error in [signed, verified] {
        assert_eq!((error.code(), error.detail("field")), ("input.content_unreadable", Some("content")), "{error}");
    }
}
