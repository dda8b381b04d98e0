//! Acknowledged payments whose content is permanently lost: retried a few times, then settled and reported. In a
//! separate test binary because it reads the process's log.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../../../../tests/support/log.rs"]
mod log;
#[allow(dead_code)]
#[path = "banking/served.rs"]
mod served;

use std::time::{Duration, Instant};

use bankchannel_crypto::digest;
use bankchannel_iso20022::{
    read_status_report,
    schema::{MessageType, validate},
    status::StatusReport,
};
use bankchannel_storage::ws_channel::{AuditFilter, UploadState, WsChannelStore};
use bankchannel_ws_channel_service::{Channels, ServiceOptions, operator::ServiceOperator};
use log::Log;
use served::{Person, Served, payment};

/// More than the simulator takes from the journal at once.
const LOST: usize = 66;
const REPORT: &str = "pain.002.001.10";

#[tokio::test(flavor = "multi_thread")]
async fn they_are_settled_and_told_and_nothing_waits_for_them() {
    let log = Log::begin();
    let served = Served::with("[banks.simulator]\npayments = \"store\"", Channels::default()).await;
    let (who, signer) = served.customer("lost@example.test").await;
    let large = [payment(), &vec![b'\n'; 200_000][..]].concat();
    let body = signer.signed(&large);
    for _ in 0..LOST {
        served.upload(&who, body.clone()).await.ok(201);
    }
    let files = served.folder.path().join("data/files");
    let kept = served::content_files(&files);
    assert_eq!(kept.len(), LOST);
    for path in kept {
        std::fs::remove_file(path).unwrap();
    }

    let served = served.again("").await;
    // The next payment of the same connection is booked immediately, although it came after all of them.
    served.upload(&who, signer.signed(payment())).await.ok(201);
    let reports = wait_for_reports(&served, &who, 1).await;
    assert_eq!(report_of(&reports[0]).status.unwrap().code, "ACCP");
    assert!(log.lines("ERROR").is_empty(), "{:?}", log.lines("ERROR"));

    served.control("clock", serde_json::json!({"advance_s": 660})).await;
    let reports = wait_for_reports(&served, &who, LOST + 1).await;
    let mut rejected = 0;
    for report in &reports {
        validate(MessageType::Pain00200110, report).unwrap();
        let report = report_of(report);
        let status = &report.status.as_ref().unwrap().code;
        if status == "ACCP" {
            continue;
        }
        rejected += 1;
        let reason = &report.reasons[0].code.as_ref().unwrap().code;
        assert_eq!((status.as_str(), reason.as_str()), ("RJCT", "NARR"));
        // Lines of at most 105 characters, broken at spaces.
        let told = report.reasons[0].information.join(" ");
        let sha256 = digest::hex(&digest::sha256(&large));
        for part in ["lost by the service", "Nothing was booked", "synthetic.xml", &sha256] {
            assert!(told.contains(part), "{part} in {told}");
        }
    }
    assert_eq!(rejected, LOST);
    assert_eq!(served.references(&who, "camt.053.001.02", "ALL").await.len(), 2, "the opening and the booked one");
    // One line for each, and no other error.
    let errors = log.lines("ERROR");
    assert_eq!(errors.len(), LOST, "{errors:?}");
    // The service continues to work.
    served.upload(&who, signer.signed(payment())).await.ok(201);
    wait_for_reports(&served, &who, LOST + 2).await;

    // The operator sees each of them, with or without a running service.
    let data = served.folder.path().join("data");
    let options = ServiceOptions { data: Some(data.display().to_string()), ..ServiceOptions::default() };
    let operator = ServiceOperator::from_options(&options).unwrap();
    let filter = AuditFilter { outcome: Some("failed".into()), ..AuditFilter::default() };
    let lines = operator.audit(filter).await.unwrap();
    assert_eq!(lines.len(), LOST);
    for line in &lines {
        assert_eq!((&*line.operation, &*line.email), ("ws_channel.upload_file", &*who.email));
        assert!(line.detail.contains("gone"), "{}", line.detail);
    }
    assert!(operator.verify_audit().await.unwrap().intact);
    let Served { running, folder, .. } = served;
    running.stop().await;
    let store = WsChannelStore::open_sqlite(folder.path().join("data")).await.unwrap();
    assert!(store.uploads_in_state(UploadState::Received, 1).await.unwrap().is_empty());
    let failed = store.uploads_in_state(UploadState::Failed, 1000).await.unwrap();
    assert_eq!(failed.len(), LOST);
    assert!(failed.iter().all(|upload| errors.iter().filter(|line| line.contains(&upload.id)).count() == 1));
}

/// Waits until there are this many status reports, and downloads them.
async fn wait_for_reports(served: &Served, who: &Person, count: usize) -> Vec<Vec<u8>> {
    let until = Instant::now() + Duration::from_secs(60);
    let references = loop {
        let found = served.references(who, REPORT, "ALL").await;
        if found.len() >= count {
            break found;
        }
        assert!(Instant::now() < until, "{} of {count} reports", found.len());
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(references.len(), count);
    let mut reports = Vec::new();
    for reference in references {
        reports.push(served.download(who, REPORT, &reference).await);
    }
    reports
}

/// The only status report of a file.
fn report_of(bytes: &[u8]) -> StatusReport {
    read_status_report(bytes).unwrap().reports.remove(0)
}
