//! Uploads crafted to block the service, and the reasons in refusals.

use std::time::{Duration, Instant};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::json;

use crate::{
    pgp_keys::Gpg,
    served::{Served, payment, upload},
};

/// Unreadable packet headers: the OpenPGP library searches for a readable one, starting again at each byte.
fn hostile(bytes: usize) -> String {
    let packets = [&[0x89, 0, 0x89, 0, 0x10, 0][..], &vec![0x8a; bytes]].concat();
    let digits = STANDARD.encode(packets);
    let lines: Vec<&str> = digits.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PGP SIGNATURE-----\n\n{}\n-----END PGP SIGNATURE-----\n", lines.join("\n"))
}

/// Forty at once with the default limits: other customers notice nothing, and the sender's key is charged.
#[tokio::test(flavor = "multi_thread")]
async fn hostile_signatures_hold_nobody_up() {
    let served = Served::start().await;
    let (attacker, _) = served.customer("attacker@example.test").await;
    let (other, _) = served.customer("other@example.test").await;
    served.control("limits", json!({"enabled": true})).await;
    let uploads = async {
        let small = upload(payment(), &hostile(11_000));
        let large = upload(payment(), &hostile(35_900));
        let all = (0..40).map(|n| served.upload(&attacker, if n % 2 == 0 { small.clone() } else { large.clone() }));
        futures_util::future::join_all(all).await
    };
    let longest = async {
        let mut longest = Duration::ZERO;
        for _ in 0..20 {
            let asked = Instant::now();
            served.get(&other, "/files/simulator").await.ok(200);
            longest = longest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
        longest
    };
    let (answers, longest) = tokio::join!(uploads, longest);
    assert!(longest < Duration::from_secs(5), "somebody else waited {longest:?}");
    for answer in &answers {
        match answer.status {
            400 => assert!(
                ["Invalid signature format.", "Invalid parameter(s): Signature"].contains(&answer.text()),
                "{answer:?}"
            ),
            status => assert_eq!(status, 429, "{answer:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_signatures_are_charged_to_the_key() {
    let served = Served::start().await;
    let (who, _) = served.customer("charged@example.test").await;
    served.control("limits", json!({"enabled": true, "per_key_per_s": 1, "per_key_burst": 21})).await;
    let body = upload(payment(), &hostile(100));
    let mut refused = 0;
    while served.upload(&who, body.clone()).await.status == 400 {
        refused += 1;
    }
    // 21 calls at once; each refused signature costs five; one more per second while the test runs.
    assert!((4..12).contains(&refused), "{refused}");
}

/// Refused keys and signatures: the text is the one that clients know; an additional member has the reason.
#[tokio::test(flavor = "multi_thread")]
async fn refusals_name_the_algorithm_or_the_part() {
    let served = Served::start().await;
    let (who, _) = served.customer("named@example.test").await;
    for algorithm in ["rsa1024", "dsa2048", "brainpoolP256r1"] {
        let gpg = Gpg::new();
        let body = json!({"PgpKey": gpg.key(algorithm), "PgpKeyPurpose": "authorize"});
        let answer = served.admin(&who, Method::PUT, "/pgp", Some(body)).await;
        answer.refused(400, "Invalid parameter(s): PgpKey");
        let detail = answer.body["ResponseDetail"].as_str().unwrap();
        assert!(detail.starts_with(algorithm) && detail.contains("accepted are RSA of 2048 to 4096 bits"), "{detail}");
    }
    let gpg = Gpg::new();
    let key = json!({"PgpKey": gpg.key("ed25519"), "PgpKeyPurpose": "authorize"});
    served.admin(&who, Method::PUT, "/pgp", Some(key)).await.ok(201);
    let signed = |options: &[&str]| {
        let arguments = [options, &["--armor", "--detach-sign", "--output", "-"]].concat();
        String::from_utf8(gpg.run(&arguments, payment())).unwrap()
    };
    let plain = signed(&["--sig-notation", "limit@example.test=1"]);
    served.upload(&who, upload(payment(), &plain)).await.ok(201);
    let critical = signed(&["--sig-notation", "!limit@example.test=1"]);
    let answer = served.upload(&who, upload(payment(), &critical)).await;
    answer.refused(400, "All signature verification(s) failed");
    assert!(answer.body["ResponseDetail"].as_str().unwrap().contains("critical"), "{:?}", answer.body);
    let around = served.upload(&who, upload(payment(), &format!("Hello,\n{plain}"))).await;
    around.refused(400, "Invalid signature format.");
    assert!(around.body["ResponseDetail"].as_str().unwrap().contains("must begin with"), "{:?}", around.body);
}
