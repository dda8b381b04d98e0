//! Enrolment, import, retirement, renewal.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    one_of_many_enrolments_wins_and_finishes_once,
    a_reservation_left_by_a_crash_gives_way,
    imports_and_retirements_exclude_each_other,
    an_expired_set_is_not_used_but_stands_in_the_way,
    a_renewal_replaces_only_what_it_began_with,
    export_is_forbidden_for_ever,
);

fn completion(ticket: &str, serial: &str) -> EnrolmentCompletion {
    EnrolmentCompletion {
        api_key: KEY.to_owned(),
        email: OWNER.to_owned(),
        bank: "simulator".to_owned(),
        ticket: ticket.to_owned(),
        set: cert_set(serial, NOW + 365 * DAY),
        ledgers: vec![NewLedger { iban: "FI2112345600000785".to_owned(), balance_cents: 1_000_000_000, statement: 1 }],
        files: vec![bank_file(&format!("OPENING-{serial}"), "camt.053.001.02", NOW)],
        now: NOW,
    }
}

async fn one_of_many_enrolments_wins_and_finishes_once(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "simulator");
    let foreign = FileScope { api_key: "foreign".to_owned(), ..scope.clone() };
    assert_eq!(store.begin_enrol(&foreign, "t", NOW, 0).await.unwrap(), EnrolOutcome::NoAccount);
    let outcomes = race(24, |index| {
        let (store, scope) = (store.clone(), scope.clone());
        async move { store.begin_enrol(&scope, &format!("ticket-{index}"), NOW, NOW - HOUR).await.unwrap() }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|o| **o == EnrolOutcome::Done).count(), 1);
    let winner = outcomes.iter().position(|o| *o == EnrolOutcome::Done).unwrap();
    let pending = store.cert_sets(OWNER).await.unwrap().remove(0);
    assert_eq!((pending.state, pending.signing), (CertState::Pending, None));
    assert_eq!(store.effective_certs(OWNER, "simulator", NOW).await.unwrap(), EffectiveCerts::NotLinked);
    assert_eq!(store.retire_certs(&scope, "00000000", NOW).await.unwrap(), RetireOutcome::NothingActive);
    assert_eq!(store.complete_enrol(completion("ticket-of-nobody", "01")).await.unwrap(), EnrolOutcome::Exists);
    assert!(store.list_files(&scope, &FileFilter::default()).await.unwrap().is_empty());

    let ticket = format!("ticket-{winner}");
    assert_eq!(store.complete_enrol(completion(&ticket, "01")).await.unwrap(), EnrolOutcome::Done);
    assert_eq!(store.complete_enrol(completion(&ticket, "02")).await.unwrap(), EnrolOutcome::Exists);
    let set = store.cert_sets(OWNER).await.unwrap().remove(0);
    assert_eq!((set.state, set.signing.as_ref().map(|m| m.serial.as_str())), (CertState::Active, Some("01")));
    assert_eq!(store.list_files(&scope, &FileFilter::default()).await.unwrap().len(), 1);
    assert_eq!(store.ledgers(&scope).await.unwrap()[0].balance_cents, 1_000_000_000);
}

async fn a_reservation_left_by_a_crash_gives_way(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "simulator");
    assert_eq!(store.begin_enrol(&scope, "dead", NOW, NOW - HOUR).await.unwrap(), EnrolOutcome::Done);
    assert_eq!(store.begin_enrol(&scope, "early", NOW + MINUTE, NOW).await.unwrap(), EnrolOutcome::Exists);
    assert_eq!(store.begin_enrol(&scope, "late", NOW + HOUR, NOW + 1).await.unwrap(), EnrolOutcome::Done);
    assert_eq!(store.complete_enrol(completion("dead", "01")).await.unwrap(), EnrolOutcome::Exists);
    assert!(!store.abandon_enrol(OWNER, "simulator", "dead").await.unwrap());
    assert!(store.abandon_enrol(OWNER, "simulator", "late").await.unwrap());
    assert!(store.cert_sets(OWNER).await.unwrap().is_empty());
}

async fn imports_and_retirements_exclude_each_other(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "danskebank");
    let mut set = cert_set("0A", NOW + 2 * DAY);
    set.encryption = Some(material("0B", NOW + DAY));
    assert_eq!(store.import_certs(&scope, "t", set.clone(), NOW).await.unwrap(), EnrolOutcome::Done);
    assert_eq!(store.import_certs(&scope, "t", set.clone(), NOW).await.unwrap(), EnrolOutcome::Exists);
    assert_eq!(store.begin_enrol(&scope, "t", NOW, NOW).await.unwrap(), EnrolOutcome::Exists);
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
    assert_eq!(store.import_certs(&scope, "t", set, NOW).await.unwrap(), EnrolOutcome::Done, "the place is free again");
}

async fn an_expired_set_is_not_used_but_stands_in_the_way(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "nordea");
    store.import_certs(&scope, "t", cert_set("01", NOW + DAY), NOW).await.unwrap();
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
    store.import_certs(&lent, "l", cert_set("02", NOW + 9 * DAY), NOW).await.unwrap();
    store.share_certs(KEY, CUSTOMER, OWNER, LendingConsent::NotAsked).await.unwrap();
    assert_eq!(
        store.effective_certs(OWNER, "nordea", NOW + DAY).await.unwrap(),
        EffectiveCerts::OwnUnusable { is_linked: true }
    );
    assert_eq!(store.expire_certs(NOW + DAY - 1).await.unwrap(), 0);
    assert_eq!(store.expire_certs(NOW + DAY).await.unwrap(), 1);
    assert_eq!(store.cert_sets(OWNER).await.unwrap()[0].state, CertState::Expired);
    assert_eq!(store.begin_enrol(&scope, "n", NOW + DAY, NOW + DAY).await.unwrap(), EnrolOutcome::Exists);
    assert!(matches!(store.retire_certs(&scope, "1a2b3c4d", NOW).await.unwrap(), RetireOutcome::Retired { .. }));
}

async fn a_renewal_replaces_only_what_it_began_with(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let scope = scope(OWNER, "nordea");
    store.import_certs(&scope, "t", cert_set("01", NOW + 20 * DAY), NOW).await.unwrap();
    store
        .import_certs(
            &FileScope { bank: "aktia".to_owned(), ..scope.clone() },
            "t",
            cert_set("02", NOW + 90 * DAY),
            NOW,
        )
        .await
        .unwrap();
    let due = store.renewals_due(NOW + 30 * DAY, NOW - DAY).await.unwrap();
    assert_eq!(due.iter().map(|d| (d.api_key.as_str(), d.bank.as_str())).collect::<Vec<_>>(), [(KEY, "nordea")]);
    let begun = race(8, |index| {
        let store = store.clone();
        async move { store.begin_renewal(OWNER, "nordea", &format!("r{index}"), NOW, NOW - DAY).await.unwrap() }
    })
    .await;
    assert_eq!(begun.iter().flatten().count(), 1);
    let mine = begun.into_iter().flatten().next().unwrap();
    assert_eq!(mine.state, CertState::Renewing);
    assert!(
        matches!(store.effective_certs(OWNER, "nordea", NOW).await.unwrap(), EffectiveCerts::Usable { .. }),
        "the old one is used"
    );
    assert!(store.renewals_due(NOW + 30 * DAY, NOW - DAY).await.unwrap().is_empty(), "one try a day");
    assert!(store.abandon_renewal(OWNER, "nordea", &mine.ticket).await.unwrap());
    let tomorrow = NOW + DAY;
    assert_eq!(store.renewals_due(NOW + 30 * DAY, tomorrow).await.unwrap().len(), 1);
    assert!(store.begin_renewal(OWNER, "nordea", "second", tomorrow, tomorrow).await.unwrap().is_some());
    let renewed = cert_set("03", NOW + 400 * DAY);
    assert!(!store.complete_renewal(OWNER, "nordea", &mine.ticket, renewed.clone(), tomorrow).await.unwrap());
    assert!(store.complete_renewal(OWNER, "nordea", "second", renewed.clone(), tomorrow).await.unwrap());
    let sets = store.cert_sets(OWNER).await.unwrap();
    let nordea: Vec<_> = sets.iter().filter(|s| s.bank == "nordea").collect();
    assert_eq!(nordea.len(), 1);
    assert_eq!((nordea[0].state, nordea[0].signing.as_ref().unwrap().serial.as_str()), (CertState::Active, "03"));

    // A second job that read the set before the first was done still has the old expiry.
    assert!(store.begin_renewal(OWNER, "nordea", "stale", tomorrow, tomorrow).await.unwrap().is_none(), "just renewed");

    // The old set expires during the bank's call.
    let slow = FileScope { bank: "sp".to_owned(), ..scope.clone() };
    store.import_certs(&slow, "t", cert_set("04", NOW + DAY), NOW).await.unwrap();
    store.begin_renewal(OWNER, "sp", "slow", NOW, NOW).await.unwrap().unwrap();
    assert_eq!(store.expire_certs(NOW + DAY).await.unwrap(), 1);
    assert!(!store.complete_renewal(OWNER, "sp", "other", cert_set("05", NOW + 400 * DAY), tomorrow).await.unwrap());
    assert!(store.complete_renewal(OWNER, "sp", "slow", cert_set("05", NOW + 400 * DAY), tomorrow).await.unwrap());
    assert!(matches!(store.effective_certs(OWNER, "sp", tomorrow).await.unwrap(), EffectiveCerts::Usable { .. }));

    store.begin_renewal(OWNER, "aktia", "third", tomorrow, tomorrow).await.unwrap().unwrap();
    store.retire_certs(&FileScope { bank: "aktia".to_owned(), ..scope }, "1a2b3c4d", tomorrow).await.unwrap();
    assert!(
        !store.complete_renewal(OWNER, "aktia", "third", renewed, tomorrow).await.unwrap(),
        "retired stays retired"
    );
}

async fn export_is_forbidden_for_ever(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    assert!(store.account(OWNER).await.unwrap().unwrap().export_allowed);
    assert!(store.disable_export(OWNER).await.unwrap());
    assert!(store.disable_export(OWNER).await.unwrap());
    assert!(!store.account(OWNER).await.unwrap().unwrap().export_allowed);
    assert!(!store.disable_export("absent@example.test").await.unwrap());
}
