//! The banks' codes are counted by bank and user id, over all accounts.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    wrong_codes_of_all_accounts_are_counted_and_leave_some_for_another,
    two_callers_at_once_never_send_one_too_many,
    a_right_code_ends_the_counting_and_an_unsent_one_is_not_counted,
    a_user_id_of_another_account_needs_a_word,
    codes_are_counted_until_none_of_them_holds,
);

const LIMITS: BankCodeLimits = BankCodeLimits { all: 4, per_account: 2 };

fn begin(email: &str, user: &str, ticket: &str) -> EnrolmentBegin {
    EnrolmentBegin {
        scope: scope(email, "nordea"),
        ws_user_id: user.to_owned(),
        company: "Example Company Oy".to_owned(),
        ticket: ticket.to_owned(),
        codes: Some(LIMITS),
        now: NOW,
    }
}

/// The life of an enrolment whose request is open, or of a certificate that is there.
fn step(code: Option<CodeMark>) -> LifeStep {
    LifeStep { life: "asked".to_owned(), state: Some(CertState::Pending), code, ..LifeStep::default() }
}

/// Sends a code, of which this becomes.
async fn try_code(store: &WsChannelStore, email: &str, ticket: &str, mark: Option<CodeMark>) -> EnrolOutcome {
    let outcome = store.begin_enrol(begin(email, "7700112233", ticket)).await.unwrap();
    if let EnrolOutcome::Held(_) = outcome {
        let at = scope(email, "nordea");
        assert!(store.take_step(&at, ticket, step(Some(CodeMark::Sent)), NOW).await.unwrap());
        let over = LifeStep { is_over: true, ..step(mark) };
        assert!(store.take_step(&at, ticket, over, NOW).await.unwrap());
        store.release_set(email, "nordea", ticket).await.unwrap();
    }
    outcome
}

fn is_held(outcome: &EnrolOutcome) -> bool {
    matches!(outcome, EnrolOutcome::Held(_))
}

const SPENT: EnrolOutcome = EnrolOutcome::CodeRefused(CodeRefusal::Spent);
const OTHERS: EnrolOutcome = EnrolOutcome::CodeRefused(CodeRefusal::OtherAccount);
const THIRD: &str = "third@example.test";

async fn accounts(store: &WsChannelStore) {
    tenant_with_customer(store).await;
    active_user(store, THIRD, StoredMode::Admin, existing(KEY)).await;
}

/// A certificate that the bank has issued to an account for this user id.
async fn enrolled(store: &WsChannelStore, email: &str, user: &str, ticket: &str) {
    let outcome = store.begin_enrol(begin(email, user, ticket)).await.unwrap();
    assert!(is_held(&outcome), "{outcome:?}");
    let request = NewKeyRequest {
        name: ticket.to_owned(),
        purpose: KeyPurpose::Signing,
        label: ticket.to_owned(),
        request: "request".to_owned(),
        sealed_key: b"sealed".to_vec(),
        key_id: "local-1".to_owned(),
    };
    assert!(store.add_key_requests(email, "nordea", ticket, vec![request]).await.unwrap());
    let issued = IssuedForPair {
        name: ticket.to_owned(),
        purpose: KeyPurpose::Signing,
        pem: "certificate".to_owned(),
        subject: "1".to_owned(),
        issuer: "EXAMPLE CA".to_owned(),
        serial: "01".to_owned(),
        not_after: NOW + 100 * DAY,
    };
    let done = LifeStep {
        issued: vec![issued],
        pair: Some(ticket.to_owned()),
        state: Some(CertState::Active),
        ..step(Some(CodeMark::Right))
    };
    assert!(store.take_step(&scope(email, "nordea"), ticket, done, NOW).await.unwrap());
    store.release_set(email, "nordea", ticket).await.unwrap();
}

async fn wrong_codes_of_all_accounts_are_counted_and_leave_some_for_another(store: WsChannelStore) {
    accounts(&store).await;
    let wrong = Some(CodeMark::Wrong);
    for ticket in ["a", "b"] {
        assert!(is_held(&try_code(&store, OWNER, ticket, wrong).await));
    }
    assert_eq!(try_code(&store, OWNER, "c", wrong).await, SPENT);
    assert!(store.cert_sets(OWNER).await.unwrap().is_empty(), "a refusal reserves nothing");
    // Another spelling of the id is the same one.
    let other = store.begin_enrol(begin(OWNER, " 7700112233", "d")).await.unwrap();
    assert_eq!(other, SPENT);
    // Another account has its own tries, and the right code among them.
    assert!(is_held(&try_code(&store, CUSTOMER, "e", wrong).await));
    assert!(is_held(&try_code(&store, CUSTOMER, "f", wrong).await));
    // All are spent now, for a third one, too.
    assert_eq!(try_code(&store, THIRD, "g", wrong).await, SPENT);
    let listed = store.guarded_user_ids(NOW).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((&*listed[0].bank, &*listed[0].ws_user_id, listed[0].sent.len()), ("nordea", "7700112233", 4));
    assert!(listed[0].sent.iter().all(|(_, state, _)| *state == CodeAttemptState::Wrong));
    // Other user ids and banks are not concerned.
    assert!(is_held(&store.begin_enrol(begin(THIRD, "7700112244", "h")).await.unwrap()));
    assert!(store.tell_of_codes(("nordea", "7700112233"), 4, None, NOW).await.unwrap());
    assert!(!store.tell_of_codes(("nordea", "7700112233"), 4, None, NOW + HOUR).await.unwrap(), "once a day");
    assert!(!store.tell_of_codes(("nordea", "7700112233"), 5, None, NOW + 2 * DAY).await.unwrap(), "fewer are counted");
    assert!(store.tell_of_codes(("nordea", "7700112233"), 0, None, NOW + 2 * DAY).await.unwrap());
    // The operator has asked the bank.
    assert!(store.release_codes("nordea", "7700112233").await.unwrap());
    assert!(!store.release_codes("nordea", "7700112233").await.unwrap());
    assert!(is_held(&try_code(&store, OWNER, "i", wrong).await));
}

async fn two_callers_at_once_never_send_one_too_many(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    for number in 0..8 {
        active_user(&store, &format!("caller{number}@example.test"), StoredMode::Admin, existing(KEY)).await;
    }
    let outcomes = race(8, |number| {
        let store = store.clone();
        async move {
            let email = format!("caller{number}@example.test");
            store.begin_enrol(begin(&email, "7700112233", &format!("t{number}"))).await.unwrap()
        }
    })
    .await;
    // None has an answer yet: codes in flight count.
    assert_eq!(outcomes.iter().filter(|outcome| is_held(outcome)).count(), 4, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == SPENT).count(), 4, "{outcomes:?}");
}

async fn a_right_code_ends_the_counting_and_an_unsent_one_is_not_counted(store: WsChannelStore) {
    accounts(&store).await;
    let counted = async || store.guarded_user_id("nordea", "7700112233", NOW).await.unwrap().sent.len();
    for number in 0..6 {
        assert!(is_held(&try_code(&store, OWNER, &format!("u{number}"), Some(CodeMark::Unspent)).await));
    }
    assert_eq!(counted().await, 0);
    // One that was given back before anything was sent.
    assert!(is_held(&store.begin_enrol(begin(OWNER, "7700112233", "back")).await.unwrap()));
    assert_eq!(counted().await, 1);
    store.release_set(OWNER, "nordea", "back").await.unwrap();
    assert_eq!(counted().await, 0);
    // A code that a crash has left before sending counts as long as it may still be sent.
    assert!(is_held(&store.begin_enrol(begin(OWNER, "7700112233", "crash")).await.unwrap()));
    assert_eq!(store.guarded_user_id("nordea", "7700112233", NOW + HOLD_MS).await.unwrap().sent, []);
    store.free_held_sets().await.unwrap();
    assert_eq!(counted().await, 0);
    // Lost answers count, and leave one for another account.
    for ticket in ["x", "y", "z"] {
        assert!(is_held(&try_code(&store, OWNER, ticket, None).await));
    }
    assert_eq!(try_code(&store, OWNER, "w", None).await, SPENT);
    assert_eq!(counted().await, 3);
    enrolled(&store, CUSTOMER, "7700112233", "right").await;
    assert_eq!(counted().await, 0);
}

async fn a_user_id_of_another_account_needs_a_word(store: WsChannelStore) {
    accounts(&store).await;
    // One that was brought along shows nothing: anybody can bring one.
    let brought = NewCertSet { ws_user_id: "7700112233".to_owned(), ..cert_set("01", NOW + DAY) };
    store.import_certs(&scope(THIRD, "nordea"), brought, NOW).await.unwrap();
    enrolled(&store, OWNER, "7700112233", "o").await;
    assert_eq!(try_code(&store, CUSTOMER, "a", Some(CodeMark::Wrong)).await, OTHERS);
    // The holder's own new code.
    assert!(is_held(&store.begin_enrol(begin(OWNER, "7700112233", "again")).await.unwrap()));
    store.release_set(OWNER, "nordea", "again").await.unwrap();
    // The holder's word: it lends its certificates.
    store.share_certs(KEY, OWNER, CUSTOMER, LendingConsent::NotAsked).await.unwrap();
    assert!(is_held(&try_code(&store, CUSTOMER, "b", Some(CodeMark::Unspent)).await));
    store.unshare_certs(KEY, OWNER, CUSTOMER).await.unwrap();
    assert_eq!(try_code(&store, CUSTOMER, "c", Some(CodeMark::Wrong)).await, OTHERS);
    // The operator's word; it may be sent by that account alone, and the holder.
    assert_eq!(
        store.allow_user_id("nordea", "7700112233", "nobody@example.test", NOW).await.unwrap(),
        PermitOutcome::NoAccount
    );
    assert_eq!(store.allow_user_id("nordea", "7700112233", CUSTOMER, NOW).await.unwrap(), PermitOutcome::Done);
    assert!(is_held(&try_code(&store, CUSTOMER, "d", Some(CodeMark::Unspent)).await));
    store.retire_certs(&scope(OWNER, "nordea"), "1a2b3c4d", NOW).await.unwrap();
    store.retire_certs(&scope(THIRD, "nordea"), "1a2b3c4e", NOW).await.unwrap();
    assert_eq!(try_code(&store, THIRD, "e", Some(CodeMark::Wrong)).await, OTHERS, "it is not named");
    assert_eq!(store.guarded_user_ids(NOW).await.unwrap()[0].allowed, [CUSTOMER]);
    assert!(store.withdraw_user_id("nordea", "7700112233", CUSTOMER).await.unwrap());
    assert!(!store.withdraw_user_id("nordea", "7700112233", CUSTOMER).await.unwrap());
    assert!(is_held(&try_code(&store, THIRD, "f", Some(CodeMark::Unspent)).await), "it is of nobody now");
    // The word goes with its account.
    store.allow_user_id("nordea", "7700112233", CUSTOMER, NOW).await.unwrap();
    store.delete_account(KEY, CUSTOMER).await.unwrap();
    assert_eq!(store.guarded_user_ids(NOW).await.unwrap(), []);
}

async fn codes_are_counted_until_none_of_them_holds(store: WsChannelStore) {
    accounts(&store).await;
    for ticket in ["a", "b"] {
        try_code(&store, OWNER, ticket, Some(CodeMark::Wrong)).await;
    }
    // They outlive the account that has sent them.
    try_code(&store, CUSTOMER, "c", Some(CodeMark::Wrong)).await;
    store.delete_account(KEY, CUSTOMER).await.unwrap();
    let sent = async |now: i64| store.guarded_user_id("nordea", "7700112233", now).await.unwrap().sent.len();
    assert_eq!((sent(NOW).await, sent(NOW + CODES_COUNTED_MS - 1).await), (3, 3));
    assert_eq!(sent(NOW + CODES_COUNTED_MS).await, 0);
    let policy = PurgePolicy { now: NOW + CODES_COUNTED_MS, unverified_after: DAY, attempts_after: DAY, grace: HOUR };
    store.purge(policy).await.unwrap();
    assert_eq!(sent(NOW).await, 0, "and are removed");
}
