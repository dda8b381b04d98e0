//! Sources of a connector's key: PEM, files, PKCS#12. (Tokens work as for NextGenPSD2: `client/keys.rs` and
//! `client/signer.rs`.)
#![allow(clippy::unwrap_used)]

use std::process::Command;

use bankchannel::salt_edge_connector::SaltEdgeConnector;
use bankchannel_crypto::{rsa::RsaPrivateKey, signature::SigningKey};
use serde_json::{Value, json};

/// A folder with a key, its public half and, if `openssl` is available, the key in `connector.p12` and `locked.pem`
/// under `sesame`.
fn folder() -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let openssl = |command: &str| Command::new("openssl").args(command.split(' ')).current_dir(&folder).output();
    let Ok(made) =
        openssl("req -x509 -newkey rsa:2048 -noenc -days 3 -subj /CN=connector -keyout key.pem -out cert.pem")
    else {
        assert!(std::env::var_os("BANKCHANNEL_TESTS_REQUIRE_TOOLS").is_none(), "there is no openssl on this machine");
        return None;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for command in [
        "pkey -in key.pem -pubout -out public.pem",
        "pkcs12 -export -in cert.pem -inkey key.pem -passout pass:sesame -out connector.p12",
        "pkcs8 -topk8 -in key.pem -v2 aes-256-cbc -passout pass:sesame -out locked.pem",
    ] {
        assert!(openssl(command).unwrap().status.success(), "{command}");
    }
    Some(folder)
}

#[test]
fn the_same_key_signs_wherever_it_is() {
    let Some(folder) = folder() else { return };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let text = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let signed = |settings: Value| {
        let client = SaltEdgeConnector::from_json(settings).unwrap();
        let request = json!({"data": {"n": 1}, "at": "2026-11-20T08:00:00Z"});
        let done = client.call_local("salt_edge_connector.sign_jwt", request, None).unwrap();
        assert!(!format!("{client:?}").contains("PRIVATE"));
        done["jwt"].as_str().unwrap().to_owned()
    };
    let wanted = signed(json!({"private_key": text("key.pem")}));
    for settings in [
        json!({"private_key_file": at("key.pem")}),
        json!({"private_key": {"file": at("key.pem")}, "public_key_file": at("public.pem")}),
        json!({"private_key_file": at("locked.pem"), "passphrase": "sesame"}),
        json!({"keystore_file": at("connector.p12"), "passphrase": "sesame"}),
    ] {
        // RS256 is deterministic: one signature for one text.
        assert_eq!(signed(settings.clone()), wanted, "{settings}");
    }
}

#[test]
fn settings_that_cannot_be_used_name_themselves() {
    let Some(folder) = folder() else { return };
    let at = |name: &str| folder.path().join(name).display().to_string();
    let other = SigningKey::from_private_key(&RsaPrivateKey::generate(2048).unwrap()).unwrap();
    let token = json!({"module": "/no/such/module.so", "token": "bank", "pin": "5678", "key": "connector"});
    for (settings, field, why) in [
        (json!({"keystore_file": at("connector.p12")}), "keystore_file", "it needs `passphrase`"),
        (json!({"keystore_file": at("connector.p12"), "passphrase": "Sesame"}), "keystore_file", "does not open"),
        (
            json!({"keystore_file": at("connector.p12"), "private_key": "x"}),
            "keystore_file",
            "together with private_key",
        ),
        (json!({"keystore_file": at("connector.p12"), "pkcs11": token}), "pkcs11", "together with keystore_file"),
        (json!({"private_key_file": at("key.pem"), "pkcs11": token}), "pkcs11", "together with private_key"),
        (
            json!({"private_key_file": at("key.pem"), "keystore_file": at("connector.p12"), "pkcs11": token}),
            "keystore_file",
            "together with private_key",
        ),
        (
            json!({"private_key": "x", "keystore_file": at("connector.p12"), "pkcs11": token}),
            "keystore_file",
            "together with private_key",
        ),
        (
            json!({"private_key_file": at("key.pem"), "private_key": "x"}),
            "private_key_file",
            "together with private_key",
        ),
        (json!({"private_key_file": at("locked.pem")}), "private_key_file", "it needs `passphrase`"),
        (json!({"private_key_file": at("public.pem")}), "private_key_file", "public key"),
        (json!({"private_key_file": at("none.pem")}), "private_key_file", "cannot be read"),
        (json!({"pkcs11": token}), "pkcs11", "cannot be used"),
        (json!({"public_key_file": at("key.pem")}), "public_key", "private key"),
        (json!({"hub_public_key_file": at("key.pem")}), "hub_public_key", "private key"),
        (json!({"hub_public_key": "x"}), "hub_public_key", "PEM"),
        (json!({"app_secret_file": at("none")}), "app_secret_file", "cannot be read"),
        (
            json!({"private_key_file": at("key.pem"), "public_key": other.public().to_spki_pem()}),
            "public_key",
            "does not belong to the private key",
        ),
    ] {
        let error = SaltEdgeConnector::from_json(settings.clone()).map(drop).unwrap_err();
        assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some(field)), "{settings} {error}");
        assert!(error.message().contains(why), "{error}");
        assert!(!format!("{error} {error:?}").contains("5678"), "{error}");
    }
}
