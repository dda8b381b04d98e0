//! The requirements of an upload (§11.7 F01–F11, §5.2).

use std::time::{Duration, SystemTime};

use bankchannel_ws_channel_service::Channels;
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde_json::{Value, json};

use crate::{
    files_simulator::{cents, statement_of},
    pgp_keys::Gpg,
    served::{PAYMENT, Person, Served, Signer, payment, upload},
};

const FAILED: &str = "All signature verification(s) failed";
const UNSUITABLE: &str = "No suitable PGP keys found.";
const FORMAT: &str = "Invalid signature format.";
const NO_SIGNATURE: &str = "No signatures. File uploads require PGP signatures with registered PGP keys.";

#[tokio::test(flavor = "multi_thread")]
async fn f01_to_f08_f10_signatures() {
    let served = Served::start().await;
    let (who, signer) = served.customer("f01@example.test").await;
    let stranger = Signer::new("stranger@example.test");
    let content = payment();
    served.upload(&who, signer.signed(content)).await.ok(201);
    let listed = served.get(&who, "/files/simulator").await.ok(200);
    assert!(!listed.to_string().contains("synthetic.xml") && !listed.to_string().contains(PAYMENT), "{listed}");
    let (good, foreign) = (signer.sign(content), stranger.sign(content));
    let bad = signer.sign(b"other bytes");
    let longer = [content, b"\n"].concat();
    for (body, text) in [
        (upload(content, &bad), FAILED),
        (upload(&longer, &good), FAILED),
        (upload(STANDARD.encode(content).as_bytes(), &good), FAILED),
        (upload(content, &foreign), UNSUITABLE),
        (upload(content, &format!("{foreign}\n{bad}")), FAILED),
        (upload(content, ""), NO_SIGNATURE),
        (upload(content, "abc"), FORMAT),
        (upload(content, &signer.public), FORMAT),
        (upload(content, &good.repeat(11)), FORMAT),
        (upload(b"", &good), "No file contents to upload"),
    ] {
        served.upload(&who, body).await.refused(400, text);
    }
    let mut unsigned = signer.signed(content);
    unsigned.as_object_mut().unwrap().remove("Signature");
    served.upload(&who, unsigned).await.refused(400, NO_SIGNATURE);
    // One valid signature is enough, in either order, with blank lines in between.
    for armor in [format!("{bad}\n\n{good}"), format!("{good}\n{foreign}")] {
        served.upload(&who, upload(content, &armor)).await.ok(201);
    }
    let mut other_name = signer.signed(content);
    let armor = other_name.as_object_mut().unwrap().remove("Signature").unwrap();
    other_name["Signatures"] = armor;
    served.upload(&who, other_name).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn f04_f06_the_order_of_the_checks() {
    let served = Served::start().await;
    let who = served.owner("f06@example.test").await;
    let signer = Signer::new("f06@example.test");
    let no_keys = "No PGP keys. PGP keys are required to sign files for upload.";
    served.upload(&who, upload(b"", "")).await.refused(400, "No file contents to upload");
    served.upload(&who, upload(payment(), "")).await.refused(400, NO_SIGNATURE);
    served.upload(&who, upload(payment(), "abc")).await.refused(400, no_keys);
    served.upload(&who, signer.signed(payment())).await.refused(400, no_keys);
    // An export key does not authorize uploads.
    served.register_key(&who, &Signer::new("export@example.test"), "export").await.ok(201);
    served.upload(&who, signer.signed(payment())).await.refused(400, no_keys);
    served.register_key(&who, &signer, "authorize").await.ok(201);
    served.upload(&who, upload(payment(), "abc")).await.refused(400, FORMAT);
    // The certificate is checked last.
    let none = "No available valid bank certificates, no linked account";
    served.upload(&who, signer.signed(payment())).await.refused(400, none);
    served.enrol(&who).await.ok(201);
    served.upload(&who, signer.signed(payment())).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn f09_signatures_and_keys_that_do_not_count() {
    let served = Served::start().await;
    let (who, _) = served.customer("f09@example.test").await;
    let gpg = Gpg::new();
    let key = json!({"PgpKey": gpg.key("rsa2048"), "PgpKeyPurpose": "authorize"});
    served.admin(&who, reqwest::Method::PUT, "/pgp", Some(key)).await.ok(201);
    let by_gpg = |options: &[&str]| {
        let arguments = [options, &["--armor", "--detach-sign", "--output", "-"]].concat();
        String::from_utf8(gpg.run(&arguments, payment())).unwrap()
    };
    served.upload(&who, upload(payment(), &by_gpg(&["--textmode"]))).await.refused(400, FORMAT);
    served.upload(&who, upload(payment(), &by_gpg(&["--digest-algo", "SHA1"]))).await.refused(400, FAILED);
    served.upload(&who, upload(payment(), &by_gpg(&["--digest-algo", "SHA512"]))).await.ok(201);
    // A key that expires: valid today, but not tomorrow, whatever the signature's time.
    let soon = Signer::expiring("soon@example.test", Some(SystemTime::now() + Duration::from_secs(1800)));
    served.register_key(&who, &soon, "authorize").await.ok(201);
    let body = soon.signed(payment());
    served.upload(&who, body.clone()).await.ok(201);
    served.control("clock", json!({"advance_s": 2000})).await;
    served.upload(&who, body).await.refused(400, FAILED);
}

#[tokio::test(flavor = "multi_thread")]
async fn f11_base64_and_the_other_parameters() {
    let served = Served::start().await;
    let (who, signer) = served.customer("f11@example.test").await;
    // Bytes whose base64 differs between the two alphabets.
    let content = [&[0xfb, 0xff, 0xfe][..], payment()].concat();
    let with = |field: &str, value: Value| {
        let mut body = signer.signed(&content);
        body[field] = value;
        body
    };
    let encoded = STANDARD.encode(&content);
    let wrapped: Vec<&str> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    served.upload(&who, with("FileContents", wrapped.join("\r\n").into())).await.ok(201);
    for (body, text) in [
        (with("FileContents", URL_SAFE.encode(&content).into()), "Invalid parameter(s): FileContents"),
        (
            with("FileContents", STANDARD.encode(&content).trim_end_matches('=')[1..].into()),
            "Invalid parameter(s): FileContents",
        ),
        (with("FileContents", json!(5)), "Invalid parameter(s): FileContents"),
        (with("FileName", "a/b".into()), "Invalid parameter(s): FileName"),
        (with("FileName", "a\\b".into()), "Invalid parameter(s): FileName"),
        (with("FileName", "".into()), "Missing parameter(s): FileName"),
        (with("FileType", "a b".into()), "Invalid parameter(s): FileType"),
        (with("FileType", "pain.001.001.03".into()), "Invalid parameter(s): FileType"),
        (with("FileType", Value::Null), "Missing parameter(s): FileType"),
    ] {
        served.upload(&who, body).await.refused(400, text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sizes_have_limits() {
    let served = Served::with("max_file_bytes = 100000\nmax_body_bytes = 400000", Channels::default()).await;
    let (who, signer) = served.customer("size@example.test").await;
    let fits = vec![b'x'; 100_000];
    served.upload(&who, signer.signed(&fits)).await.ok(201);
    let large = vec![b'x'; 100_001];
    served.upload(&who, signer.signed(&large)).await.refused(400, "Invalid parameter(s): FileContents");
    let huge = vec![b'x'; 300_000];
    served.upload(&who, signer.signed(&huge)).await.refused(413, "Request too large");
    // It answered nevertheless: the connection can be reused.
    served.upload(&who, signer.signed(payment())).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_authorizations_and_duplicates_by_configuration() {
    let served =
        Served::with("required_authorizations = 2\nreject_duplicate_uploads = true", Channels::default()).await;
    let (who, first) = served.customer("two@example.test").await;
    let second = Signer::new("second@example.test");
    served.register_key(&who, &second, "authorize").await.ok(201);
    let armor =
        |signers: &[&Signer], content: &[u8]| signers.iter().map(|s| s.sign(content)).collect::<Vec<_>>().join("\n");
    served.upload(&who, upload(payment(), &armor(&[&first], payment()))).await.refused(400, FAILED);
    served.upload(&who, upload(payment(), &armor(&[&first, &first], payment()))).await.refused(400, FAILED);
    let both = armor(&[&first, &second], payment());
    served.upload(&who, upload(payment(), &both)).await.ok(201);
    let again = served.upload(&who, upload(payment(), &both)).await;
    let detail = again.body["ResponseDetail"].as_str().unwrap_or_default().to_owned();
    assert!(detail.starts_with("a duplicate: the same bytes were uploaded to this bank at 20"), "{detail}");
    again.refused(400, "Invalid parameter(s): FileContents");
    let other = [payment(), b"\n"].concat();
    served.upload(&who, upload(&other, &armor(&[&first, &second], &other))).await.ok(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_s23_the_audit_trail_tells_what_was_sent_by_whose_keys() {
    let served = Served::start().await;
    let (who, signer) = served.customer("audit@example.test").await;
    served.upload(&who, signer.signed(payment())).await.ok(201);
    served.upload(&who, upload(payment(), "abc")).await.refused(400, FORMAT);
    served.new_file(&who, "pain.002.001.10").await;
    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = bankchannel_storage::ws_channel::WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    let filter = bankchannel_storage::ws_channel::AuditFilter {
        operation: Some("ws_channel.upload_file".into()),
        ..bankchannel_storage::ws_channel::AuditFilter::default()
    };
    let records = store.read_audit(filter).await.unwrap();
    let [done, refused] = &records[..] else { panic!("{records:?}") };
    assert_eq!((done.entry.outcome.as_str(), done.entry.object.as_str()), ("done", "simulator"));
    for part in [PAYMENT, "synthetic.xml", &signer.private.fingerprint(), "sha256"] {
        assert!(done.entry.detail.contains(part), "{part} in {}", done.entry.detail);
    }
    assert_eq!(refused.entry.outcome, "refused 400");
    assert!(matches!(
        store.verify_audit().await.unwrap(),
        bankchannel_storage::ws_channel::AuditVerdict::Intact { .. }
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn s39_uploads_at_once_are_each_booked_once() {
    const COUNT: usize = 12;
    let served = Served::start().await;
    let (who, signer) = served.customer("many@example.test").await;
    let opening = served.references(&who, "camt.053.001.02", "NEW").await;
    let body = signer.signed(payment());
    let answers = futures_util::future::join_all((0..COUNT).map(|_| served.upload(&who, body.clone()))).await;
    answers.into_iter().for_each(|answer| {
        answer.ok(201);
    });
    let statements = wait_for(&served, &who, COUNT + 1).await;
    let mut closings = Vec::new();
    for reference in statements.iter().filter(|reference| !opening.contains(reference)) {
        let account = statement_of(&served.download(&who, "camt.053.001.02", reference).await);
        let sequence: i64 = account.sequence.as_deref().unwrap().parse().unwrap();
        assert_eq!(cents(&account, "OPBD") - cents(&account, "CLBD"), 145_005);
        closings.push((sequence, cents(&account, "CLBD")));
    }
    closings.sort_unstable();
    let expected: Vec<(i64, i64)> =
        (1..=i64::try_from(COUNT).unwrap()).map(|n| (n + 1, 1_000_000_000 - 145_005 * n)).collect();
    assert_eq!(closings, expected, "each statement goes on from the one before");
}

/// Waits until there are this many statements, and checks that no more appear.
pub(crate) async fn wait_for(served: &Served, who: &Person, count: usize) -> Vec<String> {
    let until = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let found = served.references(who, "camt.053.001.02", "ALL").await;
        if found.len() >= count {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let found = served.references(who, "camt.053.001.02", "ALL").await;
            assert_eq!(found.len(), count);
            return found;
        }
        assert!(std::time::Instant::now() < until, "{} of {count} statements", found.len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
