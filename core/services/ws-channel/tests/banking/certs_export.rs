//! Export of private keys (§11.6 C09–C11).

use std::time::SystemTime;

use bankchannel_crypto::{rsa::RsaPrivateKey, x509::Certificate};
use bankchannel_openpgp::decrypt;
use reqwest::Method;
use serde_json::json;

use crate::served::{Person, Served, Signer, identity, import_of};

async fn export(served: &Served, who: &Person, bank: &str, id: &str) -> crate::served::Answer {
    served.admin(who, Method::GET, &format!("/certs/{bank}?PgpKeyId={id}"), None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn c09_the_export_key_opens_the_private_key_of_the_certificate() {
    let served = Served::start().await;
    let who = served.owner("c09@example.test").await;
    let (signing, encryption) = (identity(100), identity(100));
    let mut body = import_of(&signing);
    body["EncCertificate"] = encryption.certificate.as_str().into();
    body["EncPrivatekey"] = encryption.private_key.as_str().into();
    served.import(&who, "danskebank", body).await.ok(201);
    served.enrol(&who).await.ok(201);
    let key = Signer::new("c09@example.test");
    served.register_key(&who, &key, "export").await.ok(201);
    for (bank, count) in [("simulator", 1), ("danskebank", 2)] {
        let body = export(&served, &who, bank, &key.short_id.to_ascii_lowercase()).await.ok(200);
        let exported = body["CertsAndKeys"].as_array().unwrap();
        assert_eq!(exported.len(), count);
        for one in exported {
            let message = one["EncryptedPrivateKey"].as_str().unwrap();
            assert!(message.starts_with("-----BEGIN PGP MESSAGE-----"));
            let opened = decrypt(&key.private, message.as_bytes(), SystemTime::now()).unwrap();
            let private = RsaPrivateKey::from_pem(std::str::from_utf8(&opened).unwrap()).unwrap();
            assert!(opened.starts_with(b"-----BEGIN PRIVATE KEY-----"));
            assert!(Certificate::from_pem(one["Certificate"].as_str().unwrap()).unwrap().matches_private_key(&private));
        }
        if count == 2 {
            assert_eq!(exported[0]["Certificate"], signing.certificate.as_str(), "signing first");
        }
    }
    // The data folder contains no key in plain text.
    let secret = signing.private_key.lines().nth(3).unwrap();
    for entry in std::fs::read_dir(served.folder.path().join("data")).unwrap().flatten().filter(|e| e.path().is_file())
    {
        let bytes = std::fs::read(entry.path()).unwrap();
        assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{:?}", entry.path());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c10_c11_exports_that_are_refused() {
    let served = Served::start().await;
    let who = served.owner("c10@example.test").await;
    served.enrol(&who).await.ok(201);
    export(&served, &who, "simulator", "AABBCCDD").await.refused(400, "No PGP keys!");
    let (authorize, exporting) = (Signer::new("one@example.test"), Signer::new("two@example.test"));
    served.register_key(&who, &authorize, "authorize").await.ok(201);
    let not_found = "Requested export PGP key not found.";
    export(&served, &who, "simulator", &authorize.short_id).await.refused(400, not_found);
    export(&served, &who, "simulator", "AABBCCDD").await.refused(400, not_found);
    export(&served, &who, "simulator", "xyz").await.refused(400, "Invalid parameter(s): PgpKeyId");
    export(&served, &who, "simulator", "").await.refused(400, "Missing parameter(s): PgpKeyId");
    served.register_key(&who, &exporting, "export").await.ok(201);
    export(&served, &who, "nordea", &exporting.short_id).await.refused(400, "No certificate(s) for this bank,");
    export(&served, &who, "simulator", &exporting.short_id).await.ok(200);
    let config = |value: &str| {
        let (served, who, body) = (&served, &who, json!({ "Export": value }));
        async move { served.admin(who, Method::POST, "/certs", Some(body)).await }
    };
    config("allowed").await.refused(400, "Invalid parameter(s): Export");
    config("disabled").await.ok(200);
    config("disabled").await.ok(200);
    export(&served, &who, "simulator", &exporting.short_id).await.refused(400, "Invalid parameter(s): Export");
    let listed = served.admin(&who, Method::GET, "/integrator/accounts", None).await.ok(200);
    assert_eq!(listed["Accounts"][0]["Export"], "disabled");
}
