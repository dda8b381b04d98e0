//! PGP keys (§11.7 P rows).

use std::{
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use reqwest::Method;
use serde_json::json;

use crate::served::{Served, Signer};

/// GnuPG with a separate home folder.
pub(crate) struct Gpg(tempfile::TempDir);

impl Gpg {
    pub(crate) fn new() -> Self {
        // GnuPG's sockets need a short path.
        let home = tempfile::Builder::new().prefix("g").tempdir_in("/tmp").unwrap();
        Self(home)
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut child = Command::new("gpg")
            .env("GNUPGHOME", self.0.path())
            .args(["--batch", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// Generates a key and returns its public half.
    pub(crate) fn key(&self, algorithm: &str) -> String {
        self.run(&["--quick-generate-key", "Example <gpg@example.test>", algorithm, "default", "never"], b"");
        String::from_utf8(self.run(&["--armor", "--export"], b"")).unwrap()
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let _ = Command::new("gpgconf").env("GNUPGHOME", self.0.path()).args(["--kill", "all"]).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p01_p02_p05_a_key_of_gnupg_is_registered_listed_and_removed() {
    let served = Served::start().await;
    let who = served.owner("p01@example.test").await;
    let gpg = Gpg::new();
    let public = gpg.key("rsa2048");
    let put = |purpose: &str| {
        let (served, who, body) = (&served, &who, json!({"PgpKey": public, "PgpKeyPurpose": purpose}));
        async move { served.admin(who, Method::PUT, "/pgp", Some(body)).await }
    };
    put("authorize").await.ok(201);
    put("authorize").await.ok(201);
    put("export").await.refused(400, "Invalid parameter(s): PgpKeyPurpose");
    put("other").await.refused(400, "Invalid parameter(s): PgpKeyPurpose");
    let second = Signer::new("p02@example.test");
    served.register_key(&who, &second, "export").await.ok(201);
    // Both modes see the account's keys.
    let listed = served.get(&who, "/pgp").await.ok(200);
    let keys = listed["PgpKeys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    let listing = String::from_utf8(gpg.run(&["--with-colons", "--list-keys"], b"")).unwrap();
    let fingerprint = listing.lines().find(|line| line.starts_with("fpr:")).unwrap().split(':').nth(9).unwrap();
    let short = &fingerprint[fingerprint.len() - 8..];
    assert_eq!(keys[0], json!({"PgpKeyId": short, "PgpKeyPurpose": "authorize"}));
    let delete = |id: &str| {
        let (served, who, body) = (&served, &who, json!({"PgpKeyId": id}));
        async move { served.admin(who, Method::DELETE, "/pgp", Some(body)).await }
    };
    let left = delete(&short.to_ascii_lowercase()).await.ok(200);
    assert_eq!(left["PgpKeys"], json!([{"PgpKeyId": second.short_id, "PgpKeyPurpose": "export"}]));
    delete(short).await.refused(400, "No suitable PGP keys found.");
}

#[tokio::test(flavor = "multi_thread")]
async fn p03_what_is_no_registrable_key_is_refused() {
    let served = Served::start().await;
    let who = served.owner("p03@example.test").await;
    let put = |key: String| {
        let (served, who, body) = (&served, &who, json!({"PgpKey": key, "PgpKeyPurpose": "authorize"}));
        async move { served.admin(who, Method::PUT, "/pgp", Some(body)).await }
    };
    let (one, two) = (Signer::new("one@example.test"), Signer::new("two@example.test"));
    let private = one.private.to_armored().unwrap().to_string();
    let invalid = "Invalid parameter(s): PgpKey";
    put(private.clone()).await.refused(400, invalid);
    // A private key labelled as a public one.
    put(private.replace("PRIVATE KEY", "PUBLIC KEY")).await.refused(400, invalid);
    put(format!("{}\n{}", one.public, two.public)).await.refused(400, invalid);
    put("not armor".into()).await.refused(400, invalid);
    put("x".repeat(70_000)).await.refused(400, invalid);
    put(String::new()).await.refused(400, "Missing parameter(s): PgpKey");
    let expired = SystemTime::now() - Duration::from_secs(10);
    put(Signer::expiring("old@example.test", Some(expired)).public).await.refused(400, invalid);
    // Armor that decodes, but contains a signature.
    let signature = one.sign(b"x").replace("SIGNATURE", "PUBLIC KEY BLOCK");
    let answer = put(signature).await;
    assert!(answer.status == 400 && ["Could not read PGP key IDs", invalid].contains(&answer.text()), "{answer:?}");
    assert_eq!(served.get(&who, "/pgp").await.ok(200)["PgpKeys"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_limit_of_keys_and_keys_are_an_accounts_own() {
    let served = Served::start().await;
    let who = served.owner("p04@example.test").await;
    let other = served.person("p04b@example.test", Some(&who.key)).await;
    for number in 0..20 {
        served.register_key(&who, &Signer::new(&format!("k{number}@example.test")), "authorize").await.ok(201);
    }
    let one_more = served.register_key(&who, &Signer::new("more@example.test"), "authorize").await;
    one_more.refused(400, "Invalid parameter(s): PgpKey");
    assert_eq!(served.get(&other, "/pgp").await.ok(200)["PgpKeys"], json!([]));
    let foreign = served.get(&who, "/pgp").await.ok(200)["PgpKeys"][0]["PgpKeyId"].clone();
    let delete = served.admin(&other, Method::DELETE, "/pgp", Some(json!({ "PgpKeyId": foreign }))).await;
    delete.refused(400, "No suitable PGP keys found.");
}
