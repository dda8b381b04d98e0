//! Bank files, upload journal, balances.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    listings_are_ordered_filtered_and_apart,
    files_are_read_marked_and_deleted,
    files_appear_together_or_not_at_all,
    the_journal_remembers_and_finishes_once,
    duplicates_are_found_when_asked_for,
    what_is_unknown_is_not_sent_again,
    the_customer_is_told_of_each_state_once,
    a_payment_is_booked_once_against_the_right_balance,
    a_message_id_is_booked_once,
    a_payment_is_given_up_once_and_recorded_once,
);

async fn listings_are_ordered_filtered_and_apart(store: WsChannelStore) {
    let mine = scope(OWNER, "nordea");
    let mut files = vec![bank_file("B", "VA", NOW), bank_file("A", "VA", NOW), bank_file("C", "KTL", NOW - 1)];
    files[0].status = "DLD".to_owned();
    store.put_files(&mine, files).await.unwrap();
    for other in
        [scope(OWNER, "aktia"), scope(CUSTOMER, "nordea"), FileScope { api_key: "foreign".to_owned(), ..mine.clone() }]
    {
        store.put_files(&other, vec![bank_file("A", "VA", NOW)]).await.unwrap();
    }
    let list = |file_type: Option<&str>, status: Option<&str>| {
        let filter = FileFilter { file_type: file_type.map(str::to_owned), status: status.map(str::to_owned) };
        let (store, mine) = (store.clone(), mine.clone());
        async move { store.list_files(&mine, &filter).await.unwrap().into_iter().map(|f| f.reference).collect::<Vec<_>>() }
    };
    assert_eq!(list(None, None).await, ["C", "A", "B"]);
    assert_eq!(list(Some("VA"), None).await, ["A", "B"]);
    assert_eq!(list(None, Some("NEW")).await, ["C", "A"]);
    assert_eq!(list(Some("VA"), Some("DLD")).await, ["B"]);
    assert!(list(Some("va"), None).await.is_empty());

    let many: Vec<_> = (0..LIST_CAP + 5).map(|i| bank_file(&format!("M{i:06}"), "MANY", NOW + i)).collect();
    store.put_files(&mine, many).await.unwrap();
    let capped = list(Some("MANY"), None).await;
    assert_eq!(capped.len() as i64, LIST_CAP);
    assert_eq!(
        (capped[0].as_str(), capped.last().unwrap().as_str()),
        ("M000005", "M010004"),
        "the newest, oldest first"
    );
}

async fn files_are_read_marked_and_deleted(store: WsChannelStore) {
    let mine = scope(OWNER, "nordea");
    let mut large = bank_file("LARGE", "VA", NOW);
    large.content = FileContent::External { path: "ab/large.bin".to_owned(), size: 1 << 20 };
    let mut waiting = bank_file("WFP", "VA", NOW);
    waiting.status = "WFP".to_owned();
    store.put_files(&mine, vec![bank_file("SMALL", "VA", NOW), large.clone(), waiting]).await.unwrap();
    let small = store.file(&mine, "VA", "SMALL").await.unwrap().unwrap();
    assert_eq!(small.content, FileContent::Inline(b"content of SMALL".to_vec()));
    assert_eq!((small.file.size, small.file.target_id.as_deref()), (16, Some("MLP")));
    assert_eq!(store.file(&mine, "VA", "LARGE").await.unwrap().unwrap().content, large.content);
    assert!(store.file(&mine, "KTL", "SMALL").await.unwrap().is_none(), "the type belongs to the address");
    assert!(store.file(&scope(CUSTOMER, "nordea"), "VA", "SMALL").await.unwrap().is_none());

    let generation = store.files_generation(OWNER);
    assert!(store.mark_downloaded(&mine, "SMALL").await.unwrap());
    assert!(!store.is_only_writer() || store.files_generation(OWNER) > generation);
    assert!(!store.mark_downloaded(&mine, "SMALL").await.unwrap());
    assert!(!store.mark_downloaded(&mine, "WFP").await.unwrap(), "other words of the bank stay");
    assert_eq!(store.file(&mine, "VA", "SMALL").await.unwrap().unwrap().file.status, "DLD");
    assert_eq!(store.content_paths().await.unwrap(), ["ab/large.bin"]);
    assert_eq!(store.delete_file(&mine, "KTL", "LARGE").await.unwrap(), None);
    assert_eq!(store.delete_file(&mine, "VA", "LARGE").await.unwrap(), Some(vec!["ab/large.bin".to_owned()]));
    assert_eq!(store.delete_file(&mine, "VA", "LARGE").await.unwrap(), None);
    assert_eq!(store.delete_file(&mine, "VA", "SMALL").await.unwrap(), Some(vec![]));
}

async fn files_appear_together_or_not_at_all(store: WsChannelStore) {
    let mine = scope(OWNER, "nordea");
    store.put_files(&mine, vec![bank_file("TAKEN", "VA", NOW)]).await.unwrap();
    let refused = store.put_files(&mine, vec![bank_file("FIRST", "VA", NOW), bank_file("TAKEN", "VA", NOW)]).await;
    assert!(matches!(refused, Err(StoreError::Misuse { .. })), "{refused:?}");
    let mut escaping = bank_file("ESCAPE", "VA", NOW);
    escaping.content = FileContent::External { path: "../outside".to_owned(), size: 1 };
    let mut fat = bank_file("FAT", "VA", NOW);
    fat.content = FileContent::Inline(vec![0; INLINE_LIMIT + 1]);
    for bad in [escaping, fat] {
        let refused = store.put_files(&mine, vec![bank_file("FIRST", "VA", NOW), bad]).await;
        assert!(matches!(refused, Err(StoreError::Misuse { .. })), "{refused:?}");
    }
    assert_eq!(store.list_files(&mine, &FileFilter::default()).await.unwrap().len(), 1);
    let mut full = bank_file("FULL", "VA", NOW);
    full.content = FileContent::Inline(vec![7; INLINE_LIMIT]);
    store.put_files(&mine, vec![full]).await.unwrap();
}

async fn the_journal_remembers_and_finishes_once(store: WsChannelStore) {
    assert_eq!(store.record_upload(upload("u1", OWNER)).await.unwrap(), UploadOutcome::Recorded);
    assert!(matches!(store.record_upload(upload("u1", OWNER)).await, Err(StoreError::Misuse { .. })));
    let mut large = upload("u2", OWNER);
    large.content = Some(FileContent::External { path: "up/u2".to_owned(), size: 11 });
    large.now = NOW + 1;
    store.record_upload(large).await.unwrap();
    let waiting = store.uploads_in_state(UploadState::Received, 10).await.unwrap();
    assert_eq!(waiting.iter().map(|u| u.id.as_str()).collect::<Vec<_>>(), ["u1", "u2"]);
    assert_eq!(store.uploads_to_bank(UploadState::Received, "simulator", None, 10).await.unwrap(), waiting);
    assert!(store.uploads_to_bank(UploadState::Received, "nordea", None, 10).await.unwrap().is_empty());
    for (id, received) in [("sent1", NOW), ("sent2", NOW), ("sent3", NOW + 5)] {
        let sent = NewUpload { content: None, now: received, ..upload(id, OWNER) };
        store.record_upload(sent).await.unwrap();
    }
    let mut paged = Vec::new();
    let mut after: Option<(i64, String)> = None;
    loop {
        let from = after.as_ref().map(|(received, id)| (*received, &**id));
        let page = store.uploads_without_content(UploadState::Received, from, 1).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.received, last.id.clone()));
        paged.extend(page.into_iter().map(|u| u.id));
    }
    assert_eq!(paged, ["sent1", "sent2", "sent3"]);
    for id in paged {
        store.finish_upload(&id, UploadEnd::answered(UploadState::Unknown, "", ""), NOW).await.unwrap();
    }
    assert_eq!(waiting[0].signers, ["AAAA", "BBBB"]);
    assert_eq!(waiting[0].content, Some(FileContent::Inline(b"hello world".to_vec())));
    assert_eq!((waiting[0].sha256, waiting[0].scope.clone()), (digest("u1"), scope(OWNER, "simulator")));

    let finished = race(8, |_| {
        let store = store.clone();
        async move {
            let end = UploadEnd::answered(UploadState::Unknown, "timeout", "the bank has not answered");
            store.finish_upload("u2", end, NOW + 2).await.unwrap()
        }
    })
    .await;
    assert_eq!(finished.iter().flatten().count(), 1);
    assert_eq!(finished.into_iter().flatten().next(), Some(vec!["up/u2".to_owned()]));
    let done = store.upload("u2").await.unwrap().unwrap();
    assert_eq!((done.state, done.detail.as_str()), (UploadState::Unknown, "timeout"));
    assert_eq!((done.finished, done.content), (Some(NOW + 2), None));
    let failed = UploadEnd::answered(UploadState::Failed, "", "");
    assert_eq!(store.finish_upload("absent", failed, NOW).await.unwrap(), None);
    assert!(store.upload("absent").await.unwrap().is_none());
}

async fn duplicates_are_found_when_asked_for(store: WsChannelStore) {
    let same = |id: &str, now: i64, since: Option<i64>| NewUpload {
        sha256: digest("same bytes"),
        now,
        no_duplicate_since: since,
        ..upload(id, OWNER)
    };
    assert_eq!(store.record_upload(same("a", NOW, Some(NOW - DAY))).await.unwrap(), UploadOutcome::Recorded);
    let twin = store.record_upload(same("b", NOW + HOUR, Some(NOW + HOUR - DAY))).await.unwrap();
    assert_eq!(twin, UploadOutcome::Duplicate { of: "a".to_owned() });
    assert_eq!(store.record_upload(same("c", NOW + HOUR, None)).await.unwrap(), UploadOutcome::Recorded);
    let other = NewUpload { email: CUSTOMER.to_owned(), ..same("d", NOW + HOUR, Some(0)) };
    assert_eq!(store.record_upload(other).await.unwrap(), UploadOutcome::Recorded);
    let next_day = store.record_upload(same("e", NOW + 2 * DAY, Some(NOW + DAY))).await.unwrap();
    assert_eq!(next_day, UploadOutcome::Recorded);
    store.finish_upload("e", UploadEnd::answered(UploadState::Failed, "", ""), NOW).await.unwrap();
    let after_failure = store.record_upload(same("f", NOW + 2 * DAY, Some(NOW + DAY))).await.unwrap();
    assert_eq!(after_failure, UploadOutcome::Recorded, "what failed may be sent again");
}

/// While it is unknown whether the bank has an upload, the same bytes are taken with the customer's word only: of callers at
/// once, one sends them.
async fn what_is_unknown_is_not_sent_again(store: WsChannelStore) {
    let sent = |id: &str, account: &str| {
        let at = UploadAtBank {
            customer_id: "5550001111".to_owned(),
            request_id: format!("request of {id}"),
            request_timestamp: "2026-11-20T08:00:00.000123Z".to_owned(),
        };
        NewUpload {
            content: None,
            at_bank: Some(at),
            message_id: Some("SALARIES-11".to_owned()),
            sha256: digest("the same bytes"),
            ..upload(id, account)
        }
    };
    let outcomes = race(8, |number| {
        let (store, upload) = (store.clone(), sent(&format!("s{number}"), OWNER));
        async move { store.record_upload(upload).await.unwrap() }
    })
    .await;
    let unsettled = outcomes.iter().filter(|outcome| matches!(outcome, UploadOutcome::Unsettled { .. })).count();
    assert_eq!(unsettled, 7, "{outcomes:?}");
    let journalled = store.uploads_of(&scope(OWNER, "simulator"), 10).await.unwrap();
    let [first] = &journalled[..] else { panic!("{journalled:?}") };
    assert_eq!(first.message_id.as_deref(), Some("SALARIES-11"));
    let at = first.at_bank.clone().unwrap();
    assert_eq!((&*at.customer_id, &*at.request_id), ("5550001111", &*format!("request of {}", first.id)));
    assert_eq!(at.request_timestamp, "2026-11-20T08:00:00.000123Z");
    let unknown = UploadEnd::announced(UploadState::Unknown, "no answer", "the bank has not answered");
    store.finish_upload(&first.id, unknown, NOW).await.unwrap().unwrap();
    let refused = UploadOutcome::Unsettled { of: first.id.clone() };
    assert_eq!(store.record_upload(sent("again", OWNER)).await.unwrap(), refused);
    // Another uploader over the same connection, and the same uploader over another one.
    let borrowed = NewUpload { email: CUSTOMER.to_owned(), ..sent("borrowed", OWNER) };
    assert_eq!(store.record_upload(borrowed).await.unwrap(), refused);
    let lent = NewUpload { email: OWNER.to_owned(), ..sent("lent", CUSTOMER) };
    assert_eq!(store.record_upload(lent).await.unwrap(), refused);
    let others = [
        sent("stranger", CUSTOMER),
        NewUpload { sha256: digest("others"), ..sent("others", OWNER) },
        NewUpload { scope: scope(OWNER, "nordea"), ..sent("elsewhere", OWNER) },
        NewUpload { send_anyway: true, ..sent("anyway", OWNER) },
    ];
    for upload in others {
        let id = upload.id.clone();
        assert_eq!(store.record_upload(upload).await.unwrap(), UploadOutcome::Recorded, "{id}");
        let end = UploadEnd::answered(UploadState::Accepted, "", "");
        store.finish_upload(&id, end, NOW).await.unwrap().unwrap();
    }
    assert_eq!(store.record_upload(sent("still", OWNER)).await.unwrap(), refused);
    // The operator's word is for one upload, and for unknown ones.
    assert!(store.allow_repeat(&first.id).await.unwrap());
    assert!(store.upload(&first.id).await.unwrap().unwrap().may_repeat);
    assert_eq!(store.record_upload(sent("allowed", OWNER)).await.unwrap(), UploadOutcome::Recorded);
    store.finish_upload("allowed", UploadEnd::answered(UploadState::Accepted, "", ""), NOW).await.unwrap().unwrap();
    assert!(!store.allow_repeat("allowed").await.unwrap());
    assert_eq!(store.record_upload(sent("not allowed", OWNER)).await.unwrap(), refused);
    // Settled, either way, it binds no more.
    assert!(store.settle_unknown(&first.id, UploadState::Failed, "asked on Monday", NOW + 1).await.unwrap());
    assert_eq!(store.record_upload(sent("anew", OWNER)).await.unwrap(), UploadOutcome::Recorded);
}

/// A settled upload that was unknown is told again; two instances that look at once tell it once.
async fn the_customer_is_told_of_each_state_once(store: WsChannelStore) {
    let sent = |id: &str| NewUpload { content: None, ..upload(id, OWNER) };
    for id in ["answered", "late", "asked"] {
        store.record_upload(sent(id)).await.unwrap();
    }
    let answered = UploadEnd::answered(UploadState::Accepted, "", "");
    store.finish_upload("answered", answered, NOW).await.unwrap().unwrap();
    for id in ["late", "asked"] {
        store.finish_upload(id, UploadEnd::answered(UploadState::Unknown, "", ""), NOW).await.unwrap().unwrap();
    }
    assert!(store.take_untold(NOW + DAY, 10).await.unwrap().is_empty(), "the answer to the call says it");
    // The bank's answer after all, and a person's finding. Neither undoes the other.
    let refused = UploadEnd::answered(UploadState::Failed, "25", "the bank refused");
    store.finish_upload("late", refused.clone(), NOW).await.unwrap().unwrap();
    assert!(!store.settle_unknown("late", UploadState::Accepted, "no", NOW).await.unwrap());
    assert!(store.settle_unknown("asked", UploadState::Accepted, "the bank has it", NOW).await.unwrap());
    assert_eq!(store.finish_upload("asked", refused, NOW).await.unwrap(), None);
    let taken = race(4, |_| {
        let store = store.clone();
        async move { store.take_untold(NOW, 10).await.unwrap() }
    })
    .await;
    let mut told: Vec<_> = taken.into_iter().flatten().map(|one| (one.id, one.state, one.message.unwrap())).collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("asked".to_owned(), UploadState::Accepted, "the bank has it".to_owned()),
        ("late".to_owned(), UploadState::Failed, "the bank refused".to_owned()),
    ];
    assert_eq!(told, expected);
    assert!(store.note_told("asked", NOW).await.unwrap());
    // The process that had taken the other one has ended.
    let again = store.take_untold(NOW + TELLING_MS, 10).await.unwrap();
    assert_eq!(again.iter().map(|one| &*one.id).collect::<Vec<_>>(), ["late"]);
    assert!(!store.note_told("late", NOW).await.unwrap());
    assert!(store.note_told("late", NOW + TELLING_MS).await.unwrap());
    assert!(store.take_untold(NOW + DAY, 10).await.unwrap().is_empty());
}

async fn a_payment_is_booked_once_against_the_right_balance(store: WsChannelStore) {
    const IBAN: &str = "FI2112345600000785";
    let mine = scope(OWNER, "simulator");
    store.fund_ledger(&mine, NewLedger { iban: IBAN.to_owned(), balance_cents: 1000, statement: 1 }).await.unwrap();
    for index in 0..8 {
        store.record_upload(upload(&format!("u{index}"), OWNER)).await.unwrap();
    }
    // Each task pays 100 cents as the simulator does: read, compute, book, and start over if another was faster.
    let stale = race(8, |index| {
        let (store, mine) = (store.clone(), mine.clone());
        async move {
            for repeats in 0.. {
                let ledger = store.ledgers(&mine).await.unwrap().remove(0);
                let change = LedgerChange {
                    iban: IBAN.to_owned(),
                    expected_version: ledger.version,
                    balance_cents: ledger.balance_cents - 100,
                    statement: ledger.statement + 1,
                };
                let booking = ProcessedUpload {
                    scope: mine.clone(),
                    upload_id: format!("u{index}"),
                    state: UploadState::Accepted,
                    detail: "ACSC".to_owned(),
                    message_id: None,
                    changes: vec![change],
                    files: vec![bank_file(&format!("S{}", ledger.statement + 1), "camt.053.001.02", NOW)],
                    now: NOW,
                };
                match store.book(booking).await.unwrap() {
                    BookOutcome::Booked => return repeats,
                    BookOutcome::Stale => {}
                    BookOutcome::NotWaiting => panic!("booked twice"),
                }
            }
            unreachable!()
        }
    })
    .await;
    assert_eq!(stale.len(), 8);
    let ledger = store.ledgers(&mine).await.unwrap().remove(0);
    assert_eq!((ledger.balance_cents, ledger.statement), (200, 9));
    assert_eq!(store.list_files(&mine, &FileFilter::default()).await.unwrap().len(), 8);
    let change =
        LedgerChange { iban: IBAN.to_owned(), expected_version: ledger.version, balance_cents: 0, statement: 10 };
    let again = ProcessedUpload {
        scope: mine.clone(),
        upload_id: "u0".to_owned(),
        state: UploadState::Accepted,
        detail: String::new(),
        message_id: None,
        changes: vec![change],
        files: vec![bank_file("AGAIN", "camt.053.001.02", NOW)],
        now: NOW,
    };
    assert_eq!(store.book(again).await.unwrap(), BookOutcome::NotWaiting);
    assert_eq!(store.ledgers(&mine).await.unwrap()[0].balance_cents, 200);
    store.fund_ledger(&mine, NewLedger { iban: IBAN.to_owned(), balance_cents: 5000, statement: 0 }).await.unwrap();
    let funded = store.ledgers(&mine).await.unwrap().remove(0);
    assert_eq!((funded.balance_cents, funded.statement), (5000, 9), "funding keeps the statement number");
}

/// Several instances may process files with the same message id at the same moment.
async fn a_message_id_is_booked_once(store: WsChannelStore) {
    let mine = scope(OWNER, "simulator");
    for index in 0..6 {
        store.record_upload(upload(&format!("m{index}"), OWNER)).await.unwrap();
    }
    assert!(!store.has_message(&mine, "MSG").await.unwrap());
    let outcomes = race(6, |index| {
        let (store, scope) = (store.clone(), mine.clone());
        async move {
            let booking = ProcessedUpload {
                scope,
                upload_id: format!("m{index}"),
                state: UploadState::Accepted,
                detail: String::new(),
                message_id: Some("MSG".to_owned()),
                changes: Vec::new(),
                files: vec![bank_file(&format!("M{index}"), "pain.002.001.10", NOW)],
                now: NOW,
            };
            store.book(booking).await.unwrap()
        }
    })
    .await;
    let count = |wanted| outcomes.iter().filter(|outcome| **outcome == wanted).count();
    assert_eq!((count(BookOutcome::Booked), count(BookOutcome::Stale)), (1, 5));
    assert!(store.has_message(&mine, "MSG").await.unwrap());
    assert!(!store.has_message(&scope(OWNER, "nordea"), "MSG").await.unwrap());
}

/// Several instances may give up the same payment at the same moment.
async fn a_payment_is_given_up_once_and_recorded_once(store: WsChannelStore) {
    let mine = scope(OWNER, "simulator");
    store.record_upload(upload("u", OWNER)).await.unwrap();
    let outcomes = race(6, |index| {
        let entry =
            AuditEntry { operation: "settle".to_owned(), outcome: "failed".to_owned(), ..AuditEntry::default() };
        let (store, mine) = (store.with_audit(entry), mine.clone());
        async move {
            let booking = ProcessedUpload {
                scope: mine,
                upload_id: "u".to_owned(),
                state: UploadState::Failed,
                detail: "its content is gone".to_owned(),
                message_id: None,
                changes: Vec::new(),
                files: vec![bank_file(&format!("R{index}"), "pain.002.001.10", NOW)],
                now: NOW,
            };
            store.book(booking).await.unwrap()
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == BookOutcome::Booked).count(), 1, "{outcomes:?}");
    assert_eq!(store.list_files(&mine, &FileFilter::default()).await.unwrap().len(), 1, "one answer");
    let settled = store.upload("u").await.unwrap().unwrap();
    assert_eq!((settled.state, settled.content), (UploadState::Failed, None));
    let records = store.read_audit(AuditFilter::default()).await.unwrap();
    assert_eq!(records.len(), 1, "{records:?}");
    assert_eq!(records[0].entry.outcome, "failed");
}
