//! Enrolment, import, retirement, renewal.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    one_of_many_enrolments_wins_and_finishes_once,
    an_enrolment_that_was_left_goes_on_with_its_key,
    imports_and_retirements_exclude_each_other,
    an_expired_set_is_not_used_but_stands_in_the_way,
    a_renewal_replaces_only_what_it_began_with,
    two_keys_are_one_pair_and_one_of_them_is_kept_longer,
    export_is_forbidden_for_ever,
);

fn begin(bank: &str, user: &str, ticket: &str, now: i64) -> EnrolmentBegin {
    let (ws_user_id, company) = (user.to_owned(), "Example Company Oy".to_owned());
    EnrolmentBegin { scope: scope(OWNER, bank), ws_user_id, company, ticket: ticket.to_owned(), codes: None, now }
}

fn key(name: &str) -> NewKeyRequest {
    NewKeyRequest {
        name: name.to_owned(),
        purpose: KeyPurpose::Signing,
        label: name.to_owned(),
        request: format!("request of {name}"),
        sealed_key: b"sealed".to_vec(),
        key_id: "local-1".to_owned(),
    }
}

/// A step after which this pair signs.
fn signs(name: &str, life: &str, due: Option<i64>) -> LifeStep {
    let (life, pair) = (life.to_owned(), Some(name.to_owned()));
    LifeStep { life, state: Some(CertState::Active), pair, due, ..LifeStep::default() }
}

fn issued(name: &str, serial: &str, not_after: i64) -> Vec<IssuedForPair> {
    vec![IssuedForPair {
        name: name.to_owned(),
        purpose: KeyPurpose::Signing,
        pem: format!("certificate {serial}"),
        subject: "1000038023".to_owned(),
        issuer: "EXAMPLE CA".to_owned(),
        serial: serial.to_owned(),
        not_after,
    }]
}

async fn one_of_many_enrolments_wins_and_finishes_once(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "simulator");
    let foreign = EnrolmentBegin {
        scope: FileScope { api_key: "foreign".to_owned(), ..scope.clone() },
        ..begin("simulator", "U1", "t", NOW)
    };
    assert_eq!(store.begin_enrol(foreign).await.unwrap(), EnrolOutcome::NoAccount);
    let outcomes = race(24, |index| {
        let store = store.clone();
        async move { store.begin_enrol(begin("simulator", "U1", &format!("t{index}"), NOW)).await.unwrap() }
    })
    .await;
    let winners: Vec<usize> = (0..24).filter(|index| matches!(outcomes[*index], EnrolOutcome::Held(_))).collect();
    assert_eq!(winners.len(), 1, "{outcomes:?}");
    let ticket = format!("t{}", winners[0]);
    let pending = store.cert_sets(OWNER).await.unwrap().remove(0);
    assert_eq!((pending.state, pending.signing, pending.pair), (CertState::Pending, None, None));
    assert_eq!(store.effective_certs(OWNER, "simulator", NOW).await.unwrap(), EffectiveCerts::NotLinked);
    assert_eq!(store.retire_certs(&scope, "00000000", NOW).await.unwrap(), RetireOutcome::NothingActive);
    assert!(!store.add_key_requests(OWNER, "simulator", "nobody", vec![key("p")]).await.unwrap());
    assert!(store.add_key_requests(OWNER, "simulator", &ticket, vec![key("p")]).await.unwrap());
    let asked = LifeStep { life: "asked".to_owned(), state: Some(CertState::Pending), ..LifeStep::default() };
    assert!(store.take_step(&scope, &ticket, asked, NOW).await.unwrap());
    let stored = store.pair_key(OWNER, "simulator", "p", KeyPurpose::Signing).await.unwrap().unwrap();
    assert_eq!((stored.request.as_deref(), &*stored.material.pem), (Some("request of p"), ""));

    let done = |serial: &str| LifeStep {
        issued: issued("p", serial, NOW + 365 * DAY),
        target_id: Some("SIM".to_owned()),
        ledgers: vec![NewLedger { iban: "FI2112345600000785".to_owned(), balance_cents: 1_000_000_000, statement: 1 }],
        files: vec![bank_file(&format!("OPENING-{serial}"), "camt.053.001.02", NOW)],
        ..signs("p", "there", None)
    };
    assert!(!store.take_step(&scope, "nobody", done("01"), NOW).await.unwrap());
    assert!(store.list_files(&scope, &FileFilter::default()).await.unwrap().is_empty());
    assert!(store.take_step(&scope, &ticket, done("01"), NOW).await.unwrap());
    let set = store.cert_sets(OWNER).await.unwrap().remove(0);
    assert_eq!((set.state, set.signing.as_ref().map(|m| m.serial.as_str())), (CertState::Active, Some("01")));
    assert_eq!((set.target_id.as_deref(), set.pair.as_deref()), (Some("SIM"), Some("p")));
    assert_eq!(store.list_files(&scope, &FileFilter::default()).await.unwrap().len(), 1);
    assert_eq!(store.ledgers(&scope).await.unwrap()[0].balance_cents, 1_000_000_000);
}

async fn an_enrolment_that_was_left_goes_on_with_its_key(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let at = scope(OWNER, "nordea");
    let held = |outcome: EnrolOutcome| match outcome {
        EnrolOutcome::Held(held) => *held,
        other => panic!("{other:?}"),
    };
    held(store.begin_enrol(begin("nordea", "U1", "dead", NOW)).await.unwrap());
    store.add_key_requests(OWNER, "nordea", "dead", vec![key("p")]).await.unwrap();
    let asked = LifeStep { life: "asked".to_owned(), state: Some(CertState::Pending), ..LifeStep::default() };
    store.take_step(&at, "dead", asked, NOW).await.unwrap();
    // Its holder may be at work.
    assert_eq!(store.begin_enrol(begin("nordea", "U1", "early", NOW + MINUTE)).await.unwrap(), EnrolOutcome::AtWork);
    let late = NOW + HOLD_MS;
    assert_eq!(
        store.begin_enrol(begin("nordea", "U2", "other", late)).await.unwrap(),
        EnrolOutcome::Exists,
        "another user"
    );
    let again = held(store.begin_enrol(begin("nordea", "U1", "late", late)).await.unwrap());
    assert_eq!((&*again.life, again.set.state), ("asked", CertState::Pending));
    assert!(!store.take_step(&at, "dead", signs("p", "x", None), late).await.unwrap(), "it holds nothing any more");
    assert!(store.pair_key(OWNER, "nordea", "p", KeyPurpose::Signing).await.unwrap().is_some());
    // A clock that was ahead binds no caller.
    held(store.begin_enrol(begin("nordea", "U1", "back", NOW - 30 * DAY)).await.unwrap());
    // Given back: one with a request stays, one without goes.
    assert!(store.release_set(OWNER, "nordea", "back").await.unwrap());
    assert_eq!(store.cert_sets(OWNER).await.unwrap().len(), 1);
    held(store.begin_enrol(begin("sp", "U1", "new", NOW)).await.unwrap());
    assert!(store.release_set(OWNER, "sp", "new").await.unwrap());
    assert_eq!(store.cert_sets(OWNER).await.unwrap().len(), 1);
    let last = held(store.begin_enrol(begin("nordea", "U1", "last", NOW)).await.unwrap());
    let over = LifeStep { is_over: true, life: last.life, ..LifeStep::default() };
    assert!(store.take_step(&at, "last", over, NOW).await.unwrap());
    assert!(store.cert_sets(OWNER).await.unwrap().is_empty());
    // What an earlier run of the only instance has held is free at once.
    held(store.begin_enrol(begin("pop", "U1", "run", NOW)).await.unwrap());
    store.free_held_sets().await.unwrap();
    held(store.begin_enrol(begin("pop", "U1", "next", NOW)).await.unwrap());
}

async fn imports_and_retirements_exclude_each_other(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "danskebank");
    let mut set = cert_set("0A", NOW + 2 * DAY);
    set.encryption = Some(material("0B", NOW + DAY));
    assert_eq!(store.import_certs(&scope, set.clone(), NOW).await.unwrap(), ImportOutcome::Done);
    assert_eq!(store.import_certs(&scope, set.clone(), NOW).await.unwrap(), ImportOutcome::Exists);
    let other = begin("danskebank", "another", "t", NOW);
    assert_eq!(store.begin_enrol(other).await.unwrap(), EnrolOutcome::Exists);
    let stored = store.cert_sets(OWNER).await.unwrap().remove(0);
    assert_eq!((stored.signing, stored.encryption), (Some(set.signing.clone()), set.encryption.clone()));
    let listing = store.list_accounts(KEY).await.unwrap();
    assert_eq!(listing[1].certs.len(), 1);

    let foreign = FileScope { api_key: "foreign".to_owned(), ..scope.clone() };
    assert_eq!(store.retire_certs(&foreign, "1a2b3c4d", NOW).await.unwrap(), RetireOutcome::NoAccount);
    let outcomes = race(8, |index| {
        let (store, scope) = (store.clone(), scope.clone());
        async move { store.retire_certs(&scope, &format!("{index:08x}"), NOW).await.unwrap() }
    })
    .await;
    let names: Vec<_> = outcomes
        .iter()
        .filter_map(|o| match o {
            RetireOutcome::Retired { name } => Some(name.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(names.len(), 1, "{outcomes:?}");
    assert!(names[0].starts_with("danskebank.REMOVED.0000000"));
    let retired = store.retired_certs(OWNER).await.unwrap();
    let kinds: Vec<_> = retired.iter().map(|r| (r.purpose.as_str(), r.serial.as_str(), r.name == names[0])).collect();
    assert_eq!(kinds, [("signing", "0A", true), ("encryption", "0B", true)]);
    assert_eq!(store.list_accounts(KEY).await.unwrap()[1].retired.len(), 2);
    assert_eq!(store.import_certs(&scope, set, NOW).await.unwrap(), ImportOutcome::Done, "the place is free again");
}

async fn an_expired_set_is_not_used_but_stands_in_the_way(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "nordea");
    store.import_certs(&scope, cert_set("01", NOW + DAY), NOW).await.unwrap();
    assert!(matches!(
        store.effective_certs(OWNER, "nordea", NOW).await.unwrap(),
        EffectiveCerts::Usable { shared: false, .. }
    ));
    assert_eq!(
        store.effective_certs(OWNER, "nordea", NOW + DAY).await.unwrap(),
        EffectiveCerts::OwnUnusable { is_linked: false }
    );
    // A link does not replace it either: files would silently use another account's connection.
    let lent = FileScope { email: CUSTOMER.to_owned(), ..scope.clone() };
    store.import_certs(&lent, cert_set("02", NOW + 9 * DAY), NOW).await.unwrap();
    store.share_certs(KEY, CUSTOMER, OWNER, LendingConsent::NotAsked).await.unwrap();
    assert_eq!(
        store.effective_certs(OWNER, "nordea", NOW + DAY).await.unwrap(),
        EffectiveCerts::OwnUnusable { is_linked: true }
    );
    assert_eq!(store.expire_certs(NOW + DAY - 1).await.unwrap(), 0);
    assert_eq!(store.expire_certs(NOW + DAY).await.unwrap(), 1);
    assert_eq!(store.cert_sets(OWNER).await.unwrap()[0].state, CertState::Expired);
    let other = begin("nordea", "another", "n", NOW + DAY);
    assert_eq!(store.begin_enrol(other).await.unwrap(), EnrolOutcome::Exists);
    assert!(matches!(store.retire_certs(&scope, "1a2b3c4d", NOW).await.unwrap(), RetireOutcome::Retired { .. }));
}

async fn a_renewal_replaces_only_what_it_began_with(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let at = scope(OWNER, "nordea");
    let due = NewCertSet { due: Some(NOW), ..cert_set("01", NOW + 20 * DAY) };
    store.import_certs(&at, due, NOW).await.unwrap();
    let later = NewCertSet { due: Some(NOW + DAY), ..cert_set("02", NOW + 90 * DAY) };
    store.import_certs(&scope(OWNER, "aktia"), later, NOW).await.unwrap();
    assert!(store.due_sets("nordea", NOW - 1, 9).await.unwrap().is_empty());
    assert_eq!(store.due_sets("nordea", NOW, 9).await.unwrap().len(), 1);
    assert!(store.hold_set(OWNER, "aktia", "early", true, NOW).await.unwrap().is_none(), "not due");
    let begun = race(8, |index| {
        let store = store.clone();
        async move { store.hold_set(OWNER, "nordea", &format!("r{index}"), true, NOW).await.unwrap() }
    })
    .await;
    let winners: Vec<usize> = (0..8).filter(|index| begun[*index].is_some()).collect();
    assert_eq!(winners.len(), 1);
    let ticket = format!("r{}", winners[0]);
    assert!(store.due_sets("nordea", NOW, 9).await.unwrap().is_empty(), "it is held");
    assert!(store.add_key_requests(OWNER, "nordea", &ticket, vec![key("new")]).await.unwrap());
    let renewing = LifeStep { state: Some(CertState::Renewing), ..signs("pair-01", "asked", Some(NOW)) };
    assert!(store.take_step(&at, &ticket, renewing, NOW).await.unwrap());
    let usable = store.effective_certs(OWNER, "nordea", NOW).await.unwrap();
    let EffectiveCerts::Usable { set, .. } = usable else { panic!("the old one is used") };
    assert_eq!((set.state, set.signing.unwrap().serial.as_str()), (CertState::Renewing, "01"));
    // It ends during the bank's call: then the new one is needed all the more.
    assert_eq!(store.expire_certs(NOW + 20 * DAY).await.unwrap(), 1);
    let renewed =
        LifeStep { issued: issued("new", "03", NOW + 400 * DAY), ..signs("new", "renewed", Some(NOW + 300 * DAY)) };
    assert!(!store.take_step(&at, "another", renewed.clone(), NOW).await.unwrap());
    assert!(store.take_step(&at, &ticket, renewed, NOW).await.unwrap());
    let set = store.cert_sets(OWNER).await.unwrap().into_iter().find(|set| set.bank == "nordea").unwrap();
    assert_eq!((set.state, set.signing.unwrap().serial.as_str()), (CertState::Active, "03"));
    // The old pair stays until it is removed; the one that signs is not.
    assert!(store.pair_key(OWNER, "nordea", "pair-01", KeyPurpose::Signing).await.unwrap().is_some());
    assert!(store.remove_pair(OWNER, "nordea", &ticket, "pair-01").await.unwrap());
    assert!(store.remove_pair(OWNER, "nordea", &ticket, "new").await.unwrap());
    assert!(store.pair_key(OWNER, "nordea", "pair-01", KeyPurpose::Signing).await.unwrap().is_none());
    assert!(store.pair_key(OWNER, "nordea", "new", KeyPurpose::Signing).await.unwrap().is_some());
    assert!(store.release_set(OWNER, "nordea", &ticket).await.unwrap());
    assert!(store.hold_set(OWNER, "nordea", "stale", true, NOW).await.unwrap().is_none(), "just renewed");
    let all = store.all_lives(("", ""), 9).await.unwrap();
    let lives: Vec<_> =
        all.iter().map(|one| (one.set.bank.as_str(), one.life.as_str(), one.api_key.as_str())).collect();
    assert_eq!(lives, [("aktia", "{}", KEY), ("nordea", "renewed", KEY)]);

    // Retired during a renewal: retired it stays.
    assert!(store.hold_set(OWNER, "aktia", "third", true, NOW + DAY).await.unwrap().is_some());
    store.add_key_requests(OWNER, "aktia", "third", vec![key("late")]).await.unwrap();
    store.retire_certs(&scope(OWNER, "aktia"), "1a2b3c4d", NOW + DAY).await.unwrap();
    let renewed = LifeStep { issued: issued("late", "04", NOW + 400 * DAY), ..signs("late", "renewed", None) };
    assert!(!store.take_step(&scope(OWNER, "aktia"), "third", renewed, NOW + DAY).await.unwrap());
    assert!(
        store.pair_key(OWNER, "aktia", "late", KeyPurpose::Signing).await.unwrap().is_none(),
        "its keys are erased"
    );
}

/// At a bank that encrypts.
async fn two_keys_are_one_pair_and_one_of_them_is_kept_longer(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let (at, bank) = (scope(OWNER, "danskebank"), "danskebank");
    let decrypts = |name: &str| NewKeyRequest { purpose: KeyPurpose::Encryption, ..key(name) };
    let both = |name: &str, serials: [&str; 2]| {
        let mut all = issued(name, serials[0], NOW + 400 * DAY);
        let purpose = KeyPurpose::Encryption;
        all.extend(issued(name, serials[1], NOW + 400 * DAY).into_iter().map(|one| IssuedForPair { purpose, ..one }));
        all
    };
    let serials = async || -> Vec<String> {
        let kept = store.decrypting(OWNER, bank).await.unwrap();
        kept.into_iter().map(|one| one.serial).collect()
    };
    let step = |name: &str, ids: [&str; 2]| LifeStep { issued: both(name, ids), ..signs(name, "issued", Some(NOW)) };
    assert!(matches!(store.begin_enrol(begin(bank, "4Q7K2M", "one", NOW)).await.unwrap(), EnrolOutcome::Held(_)));
    assert!(store.add_key_requests(OWNER, bank, "one", vec![key("old"), decrypts("old")]).await.unwrap());
    assert_eq!(serials().await, [""], "it may have been issued, though its answer was lost");
    assert!(store.take_step(&at, "one", step("old", ["01", "02"]), NOW).await.unwrap());
    let set = store.cert_sets(OWNER).await.unwrap().into_iter().find(|set| set.bank == bank).unwrap();
    assert_eq!((set.signing.unwrap().serial, set.encryption.unwrap().serial), ("01".to_owned(), "02".to_owned()));
    assert!(store.add_key_requests(OWNER, bank, "one", vec![key("new"), decrypts("new")]).await.unwrap());
    assert!(store.take_step(&at, "one", step("new", ["03", "04"]), NOW).await.unwrap());
    let mut kept = serials().await;
    kept.sort();
    assert_eq!(kept, ["02", "04"]);
    // Never the pair in use, never for another holder, never where the other key is not there.
    assert!(!store.remove_signing_key(OWNER, bank, "another", "old").await.unwrap());
    for name in ["new", "absent"] {
        assert!(store.remove_signing_key(OWNER, bank, "one", name).await.unwrap());
    }
    let of = |name: &'static str, purpose| store.pair_key(OWNER, bank, name, purpose);
    assert!(of("new", KeyPurpose::Signing).await.unwrap().is_some());
    assert!(store.remove_signing_key(OWNER, bank, "one", "old").await.unwrap());
    assert!(of("old", KeyPurpose::Signing).await.unwrap().is_none());
    assert!(of("old", KeyPurpose::Encryption).await.unwrap().is_some());
    assert!(store.remove_pair(OWNER, bank, "one", "old").await.unwrap());
    assert_eq!(serials().await, ["04"]);
    // A set of one key, at another bank, is untouched by all that.
    store.import_certs(&scope(OWNER, "aktia"), cert_set("09", NOW + 90 * DAY), NOW).await.unwrap();
    let pair = store.cert_sets(OWNER).await.unwrap().into_iter().find(|set| set.bank == "aktia").unwrap().pair.unwrap();
    assert!(store.hold_set(OWNER, "aktia", "two", false, NOW).await.unwrap().is_some());
    assert!(store.remove_signing_key(OWNER, "aktia", "two", &pair).await.unwrap());
    assert!(store.pair_key(OWNER, "aktia", &pair, KeyPurpose::Signing).await.unwrap().is_some());
}

async fn export_is_forbidden_for_ever(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    assert!(store.account(OWNER).await.unwrap().unwrap().export_allowed);
    assert!(store.disable_export(OWNER).await.unwrap());
    assert!(store.disable_export(OWNER).await.unwrap());
    assert!(!store.account(OWNER).await.unwrap().unwrap().export_allowed);
    assert!(!store.disable_export("absent@example.test").await.unwrap());
}
