//! Large files (§5.3): up and down without holding them in memory. The memory is measured in the benchmarks, where
//! nothing else runs. Here the bytes are compared, and an aborted transfer must leave the file new.

use bankchannel_ws_channel_service::Channels;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::served::Served;

const LIMITS: &str = "max_file_bytes = 20000000\nmax_body_bytes = 30000000\n[banks.simulator]\npayments = \"store\"";
const SIZE: usize = 12 * 1024 * 1024 + 1;

fn bytes() -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    };
    (0..SIZE).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_lies_in_a_file_and_holds_the_same_bytes() {
    let served = Served::with(LIMITS, Channels::default()).await;
    let (who, signer) = served.customer("large@example.test").await;
    let content = bytes();
    served.upload(&who, signer.signed(&content)).await.ok(201);
    let data = served.folder.path().join("data");
    let files = crate::served::content_files(&data.join("files"));
    assert_eq!(files.len(), 1);
    let kept = files[0].clone();
    assert!(std::fs::read(&kept).unwrap() == content);
    assert_eq!(std::fs::read_dir(data.join("spool")).unwrap().count(), 0, "moved, not copied");
    // A refused upload leaves no file.
    let mut body = signer.signed(b"other");
    body["FileContents"] = STANDARD.encode(&content).into();
    served.upload(&who, body).await.refused(400, "All signature verification(s) failed");
    assert_eq!(crate::served::content_files(&data.join("files")).len(), 1);
    assert_eq!(std::fs::read_dir(data.join("spool")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_download_is_streamed_and_marked_at_its_end() {
    let served = Served::with(LIMITS, Channels::default()).await;
    let (who, _) = served.customer("down@example.test").await;
    let Served { running, folder, .. } = served;
    running.stop().await;
    // In the order of a bank's channel: first the file, then the row that names it.
    let content = bytes();
    let data = folder.path().join("data");
    std::fs::write(data.join("files/large.bin"), &content).unwrap();
    let store = bankchannel_storage::ws_channel::WsChannelStore::open_sqlite(&data).await.unwrap();
    let scope = bankchannel_storage::ws_channel::FileScope {
        api_key: who.key.clone(),
        email: who.email.clone(),
        bank: "simulator".into(),
    };
    let file = bankchannel_storage::ws_channel::NewBankFile {
        reference: "large".into(),
        file_type: "VA".into(),
        status: "NEW".into(),
        created: 1_767_225_600_000,
        service_id: None,
        target_id: None,
        content: bankchannel_storage::ws_channel::FileContent::External { path: "large.bin".into(), size: SIZE as i64 },
    };
    store.put_files(&scope, vec![file]).await.unwrap();
    store.close().await;
    drop(store);
    let served = Served::on(folder, LIMITS, Channels::default()).await;
    // Aborted in the middle: still new.
    let url = served.running.readiness()["base_url"].as_str().unwrap().to_owned() + "/files/simulator/VA/large";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut broken =
        client.get(url).header("authorization", &who.data).header("x-api-key", &who.key).send().await.unwrap();
    assert!(broken.content_length().unwrap() > SIZE as u64);
    broken.chunk().await.unwrap().unwrap();
    drop((broken, client));
    assert_eq!(served.references(&who, "VA", "NEW").await, ["large"]);
    for status in ["NEW", "DLD"] {
        assert_eq!(served.references(&who, "VA", status).await, ["large"]);
        assert!(served.download(&who, "VA", "large").await == content);
    }
    assert!(served.references(&who, "VA", "NEW").await.is_empty());
    let deleted = served.data(&who, reqwest::Method::DELETE, "/files/simulator/VA/large", Some(json!({}))).await;
    deleted.ok(200);
    assert!(!served.folder.path().join("data/files/large.bin").exists());
}
