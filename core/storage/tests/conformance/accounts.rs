//! Registration, account list, PGP keys, links, deletion.

use crate::samples::*;
use crate::{cases, race};
use bankchannel_storage::ws_channel::*;

cases!(
    registration_follows_the_order_of_the_sheet,
    unverified_registrations_give_way_after_a_day,
    a_verified_data_user_guards_its_account,
    waived_tenants_start_active_but_for_the_owner_and_invitations_are_used_up,
    one_of_many_registrations_wins,
    phone_codes_are_limited_and_a_refusal_keeps_nothing,
    keys_are_limited_and_do_not_collide,
    links_have_one_owner_and_are_not_transitive,
    an_offer_becomes_a_link_when_it_is_accepted,
    one_of_many_shares_wins,
    deletion_spares_owners_and_erases_the_rest,
);

async fn registration_follows_the_order_of_the_sheet(store: WsChannelStore) {
    let register = |r| store.register(r);
    let data_first = register(registration(OWNER, StoredMode::Data, existing(KEY), NOW)).await.unwrap();
    assert_eq!(data_first, RegisterOutcome::AdminMissing);
    let unknown = register(registration(OWNER, StoredMode::Admin, existing(KEY), NOW)).await.unwrap();
    assert_eq!(unknown, RegisterOutcome::InvalidKey);
    let minted = register(registration(OWNER, StoredMode::Admin, mint(KEY), NOW)).await.unwrap();
    assert_eq!(minted, RegisterOutcome::Created { api_key: KEY.to_owned(), is_owner: true, active: false });
    assert_eq!(
        register(registration(OWNER, StoredMode::Admin, mint("other"), NOW)).await.unwrap(),
        RegisterOutcome::Exists
    );
    assert!(store.tenant("other").await.unwrap().is_none(), "a refused registration mints nothing");
    assert_eq!(
        register(registration(OWNER, StoredMode::Data, mint("x"), NOW)).await.unwrap(),
        RegisterOutcome::InvalidKey
    );
    let mut stranger = registration(OWNER, StoredMode::Data, existing(KEY), NOW);
    stranger.phone = "+358409999999".to_owned();
    assert_eq!(register(stranger).await.unwrap(), RegisterOutcome::PhoneMismatch);
    let data = register(registration(OWNER, StoredMode::Data, existing(KEY), NOW)).await.unwrap();
    assert!(matches!(data, RegisterOutcome::Created { active: false, .. }));
    let customer = register(registration(CUSTOMER, StoredMode::Admin, existing(KEY), NOW)).await.unwrap();
    assert_eq!(customer, RegisterOutcome::Created { api_key: KEY.to_owned(), is_owner: false, active: false });
    store.change_tenant(KEY, TenantChange::Enabled(false)).await.unwrap();
    let disabled = register(registration("third@example.test", StoredMode::Admin, existing(KEY), NOW)).await.unwrap();
    assert_eq!(disabled, RegisterOutcome::InvalidKey);

    let listing = store.list_accounts(KEY).await.unwrap();
    let emails: Vec<_> = listing.iter().map(|l| (l.account.email.as_str(), l.account.is_owner)).collect();
    assert_eq!(emails, [(CUSTOMER, false), (OWNER, true)]);
    assert_eq!(listing[1].data, ModeState { registered: true, active: false });
    assert_eq!(listing[0].data, ModeState::default());
    let credential = store.credential(OWNER, StoredMode::Data).await.unwrap().unwrap();
    assert_eq!(credential.password_hash, "$argon2id$of owner@example.test data");
    assert_eq!((credential.totp_last_step, credential.tenant.enabled), (-1, false));
}

async fn unverified_registrations_give_way_after_a_day(store: WsChannelStore) {
    store.register(registration(OWNER, StoredMode::Admin, mint(KEY), NOW)).await.unwrap();
    store.register(registration(OWNER, StoredMode::Data, existing(KEY), NOW)).await.unwrap();
    let early =
        store.register(registration(OWNER, StoredMode::Admin, mint("second-key"), NOW + DAY - 1)).await.unwrap();
    assert_eq!(early, RegisterOutcome::Exists);
    let late = store.register(registration(OWNER, StoredMode::Admin, mint("second-key"), NOW + DAY)).await.unwrap();
    assert!(matches!(late, RegisterOutcome::Created { is_owner: true, .. }));
    assert!(store.tenant(KEY).await.unwrap().is_none(), "the abandoned tenant goes");
    assert!(store.credential(OWNER, StoredMode::Data).await.unwrap().is_none(), "so does the old data user");
    assert_eq!(store.account(OWNER).await.unwrap().unwrap().api_key, "second-key");

    let policy = PurgePolicy { now: NOW + DAY + 7 * DAY, unverified_after: 7 * DAY, attempts_after: DAY, grace: 0 };
    let report = store.purge(policy).await.unwrap();
    assert_eq!(report.registrations, 1);
    assert!(store.account(OWNER).await.unwrap().is_none());
    assert!(store.tenant("second-key").await.unwrap().is_none());
}

async fn a_verified_data_user_guards_its_account(store: WsChannelStore) {
    store.register(registration(OWNER, StoredMode::Admin, mint(KEY), NOW)).await.unwrap();
    active_user(&store, OWNER, StoredMode::Data, existing(KEY)).await;
    let stranger = store.register(registration(OWNER, StoredMode::Admin, mint("stolen"), NOW + 2 * DAY)).await.unwrap();
    assert_eq!(stranger, RegisterOutcome::Exists);
    let mut other_phone = registration(OWNER, StoredMode::Admin, existing(KEY), NOW + 2 * DAY);
    other_phone.phone = "+358409999999".to_owned();
    assert_eq!(store.register(other_phone).await.unwrap(), RegisterOutcome::Exists);
    let again = store.register(registration(OWNER, StoredMode::Admin, existing(KEY), NOW + 2 * DAY)).await.unwrap();
    assert!(matches!(again, RegisterOutcome::Created { is_owner: true, .. }), "{again:?}");
    assert!(store.credential(OWNER, StoredMode::Data).await.unwrap().unwrap().phone_verified, "the data user stays");
}

async fn waived_tenants_start_active_but_for_the_owner_and_invitations_are_used_up(store: WsChannelStore) {
    let tenant = NewTenant {
        api_key: KEY.to_owned(),
        owner_email: Some(OWNER.to_owned()),
        transfer_enabled: true,
        waiver: true,
        rate_class: "default".to_owned(),
        now: NOW,
    };
    assert!(store.mint_tenant(tenant.clone()).await.unwrap());
    assert!(!store.mint_tenant(tenant).await.unwrap());
    let mut owner = registration(OWNER, StoredMode::Admin, existing(KEY), NOW);
    owner.invite_required = true;
    let owner = store.register(owner).await.unwrap();
    assert_eq!(owner, RegisterOutcome::Created { api_key: KEY.to_owned(), is_owner: true, active: false });
    let mut customer = registration(CUSTOMER, StoredMode::Admin, existing(KEY), NOW);
    customer.invite_required = true;
    assert_eq!(store.register(customer.clone()).await.unwrap(), RegisterOutcome::NotInvited);
    assert!(store.invite(KEY, CUSTOMER, NOW).await.unwrap());
    assert!(matches!(store.register(customer.clone()).await.unwrap(), RegisterOutcome::Created { active: true, .. }));
    assert!(matches!(store.delete_account(KEY, CUSTOMER).await.unwrap(), DeleteOutcome::Deleted { .. }));
    assert_eq!(store.register(customer).await.unwrap(), RegisterOutcome::NotInvited, "an invitation counts once");
}

async fn one_of_many_registrations_wins(store: WsChannelStore) {
    let outcomes = race(24, |index| {
        let store = store.clone();
        async move {
            store.register(registration(OWNER, StoredMode::Admin, mint(&format!("minted-{index}")), NOW)).await.unwrap()
        }
    })
    .await;
    let created = outcomes.iter().filter(|o| matches!(o, RegisterOutcome::Created { .. })).count();
    assert_eq!(created, 1);
    assert_eq!(store.tenants().await.unwrap().len(), 1, "losers leave no tenant behind");
}

async fn phone_codes_are_limited_and_a_refusal_keeps_nothing(store: WsChannelStore) {
    for index in 0..5 {
        let mut r =
            registration(&format!("user{index}@example.test"), StoredMode::Admin, mint(&format!("key-{index}")), NOW);
        r.phone_limit = phone_limit();
        assert!(matches!(store.register(r).await.unwrap(), RegisterOutcome::Created { .. }));
    }
    let mut r = registration(OWNER, StoredMode::Admin, mint(KEY), NOW + HOUR);
    r.phone_limit = phone_limit();
    assert_eq!(store.register(r.clone()).await.unwrap(), RegisterOutcome::TooManyCodes);
    assert!(store.account(OWNER).await.unwrap().is_none());
    r.now = NOW + DAY;
    assert!(matches!(store.register(r).await.unwrap(), RegisterOutcome::Created { .. }), "the window slides");
}

fn pgp(fingerprint: &str, purpose: PgpPurpose) -> NewPgpKey {
    let short_id = fingerprint[fingerprint.len() - 8..].to_owned();
    let key = StoredPgpKey {
        fingerprint: fingerprint.to_owned(),
        short_id,
        purpose,
        armored: "armor".to_owned(),
        added: NOW,
    };
    NewPgpKey { email: OWNER.to_owned(), key }
}

async fn keys_are_limited_and_do_not_collide(store: WsChannelStore) {
    assert_eq!(store.add_pgp_key(pgp("A0000000000", PgpPurpose::Export)).await.unwrap(), AddKeyOutcome::NoAccount);
    tenant_with_customer(&store).await;
    let add = |fingerprint: &str, purpose| store.add_pgp_key(pgp(fingerprint, purpose));
    assert_eq!(add("AA3A3A59B2", PgpPurpose::Authorize).await.unwrap(), AddKeyOutcome::Added);
    assert_eq!(add("AA3A3A59B2", PgpPurpose::Authorize).await.unwrap(), AddKeyOutcome::Unchanged);
    assert_eq!(add("AA3A3A59B2", PgpPurpose::Export).await.unwrap(), AddKeyOutcome::OtherPurpose);
    assert_eq!(add("BB3A3A59B2", PgpPurpose::Authorize).await.unwrap(), AddKeyOutcome::ShortIdTaken);
    for index in 1..PGP_KEYS_PER_ACCOUNT {
        assert_eq!(add(&format!("CC{index:08X}"), PgpPurpose::Export).await.unwrap(), AddKeyOutcome::Added);
    }
    assert_eq!(add("DDDDDDDDDD", PgpPurpose::Export).await.unwrap(), AddKeyOutcome::TooMany);
    assert_eq!(store.delete_pgp_key(CUSTOMER, "3A3A59B2").await.unwrap(), None, "another account's key is absent");
    let rest = store.delete_pgp_key(OWNER, "3a3a59b2").await.unwrap().unwrap();
    assert_eq!(rest.len() as i64, PGP_KEYS_PER_ACCOUNT - 1);
    assert_eq!(store.delete_pgp_key(OWNER, "3A3A59B2").await.unwrap(), None);
}

async fn links_have_one_owner_and_are_not_transitive(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    active_user(&store, "third@example.test", StoredMode::Admin, existing(KEY)).await;
    active_user(&store, "foreign@example.test", StoredMode::Admin, mint("foreign-key")).await;
    let share = |owner, target| store.share_certs(KEY, owner, target, LendingConsent::NotAsked);
    assert_eq!(share(OWNER, OWNER).await.unwrap(), ShareOutcome::SameAccount);
    assert_eq!(share(OWNER, "foreign@example.test").await.unwrap(), ShareOutcome::NoUser);
    assert_eq!(share(OWNER, "absent@example.test").await.unwrap(), ShareOutcome::NoUser);
    let shared = AccountLinks { to: vec![CUSTOMER.to_owned()], ..AccountLinks::default() };
    assert_eq!(share(OWNER, CUSTOMER).await.unwrap(), ShareOutcome::Shared(shared.clone()));
    assert_eq!(share(OWNER, CUSTOMER).await.unwrap(), ShareOutcome::Shared(shared));
    assert_eq!(share("third@example.test", CUSTOMER).await.unwrap(), ShareOutcome::OtherOwner);
    assert!(matches!(share(CUSTOMER, "third@example.test").await.unwrap(), ShareOutcome::Shared(_)));
    let links = store.links(CUSTOMER).await.unwrap();
    let both = AccountLinks {
        from: vec![OWNER.to_owned()],
        to: vec!["third@example.test".to_owned()],
        ..AccountLinks::default()
    };
    assert_eq!(links, both);

    assert_eq!(
        store.import_certs(&scope(OWNER, "nordea"), cert_set("01", NOW + DAY), NOW).await.unwrap(),
        ImportOutcome::Done
    );
    let lent = store.effective_certs(CUSTOMER, "nordea", NOW).await.unwrap();
    assert!(matches!(&lent, EffectiveCerts::Usable { set, shared: true } if set.email == OWNER), "{lent:?}");
    assert_eq!(
        store.effective_certs("third@example.test", "nordea", NOW).await.unwrap(),
        EffectiveCerts::LinkedWithoutData
    );
    assert_eq!(store.effective_certs(CUSTOMER, "aktia", NOW).await.unwrap(), EffectiveCerts::LinkedWithoutBank);
    assert_eq!(store.effective_certs(OWNER, "aktia", NOW).await.unwrap(), EffectiveCerts::NotLinked);

    assert_eq!(store.unshare_certs(KEY, "foreign@example.test", CUSTOMER).await.unwrap(), UnshareOutcome::NoUser);
    assert_eq!(
        store.unshare_certs(KEY, OWNER, CUSTOMER).await.unwrap(),
        UnshareOutcome::Unshared(AccountLinks::default())
    );
    assert_eq!(store.unshare_certs(KEY, OWNER, CUSTOMER).await.unwrap(), UnshareOutcome::NoUser);
    assert_eq!(store.effective_certs(CUSTOMER, "nordea", NOW).await.unwrap(), EffectiveCerts::NotLinked);
}

async fn an_offer_becomes_a_link_when_it_is_accepted(store: WsChannelStore) {
    const THIRD: &str = "third@example.test";
    tenant_with_customer(&store).await;
    active_user(&store, THIRD, StoredMode::Admin, existing(KEY)).await;
    let share = |lender, borrower| store.share_certs(KEY, lender, borrower, LendingConsent::Asked);
    let accept = |borrower, lender| store.accept_certs(KEY, borrower, lender);
    assert_eq!(accept(CUSTOMER, THIRD).await.unwrap(), ShareOutcome::NoUser, "nothing was offered");
    let offered = AccountLinks { offered_to: vec![CUSTOMER.to_owned()], ..AccountLinks::default() };
    for _ in 0..2 {
        assert_eq!(share(THIRD, CUSTOMER).await.unwrap(), ShareOutcome::Offered(offered.clone()));
    }
    assert_eq!(store.effective_certs(CUSTOMER, "nordea", NOW).await.unwrap(), EffectiveCerts::NotLinked);
    // A counter-offer does not accept an offer.
    assert!(matches!(share(CUSTOMER, THIRD).await.unwrap(), ShareOutcome::Offered(_)));
    assert_eq!(store.links(CUSTOMER).await.unwrap().from, Vec::<String>::new());
    // The owner of the key lends without acceptance, and an account borrows from only one other.
    assert!(matches!(share(OWNER, CUSTOMER).await.unwrap(), ShareOutcome::Shared(_)));
    assert_eq!(accept(CUSTOMER, THIRD).await.unwrap(), ShareOutcome::OtherOwner);
    store.unshare_certs(KEY, CUSTOMER, OWNER).await.unwrap();
    assert!(matches!(accept(CUSTOMER, THIRD).await.unwrap(), ShareOutcome::Shared(_)));
    assert_eq!(store.links(CUSTOMER).await.unwrap().from, [THIRD]);
    assert!(matches!(share(THIRD, CUSTOMER).await.unwrap(), ShareOutcome::Shared(_)), "it stands");
    // The owner borrows like others, and removes the link of another account even if that one has made it an offer.
    share(CUSTOMER, OWNER).await.unwrap();
    assert!(matches!(store.unshare_certs(KEY, OWNER, CUSTOMER).await.unwrap(), UnshareOutcome::Unshared(_)));
    assert_eq!(store.links(CUSTOMER).await.unwrap().from, Vec::<String>::new());
    assert!(matches!(accept(OWNER, CUSTOMER).await.unwrap(), ShareOutcome::Shared(_)));
    assert_eq!(store.links(OWNER).await.unwrap().from, [CUSTOMER]);
    store.unshare_certs(KEY, OWNER, CUSTOMER).await.unwrap();
    // Either side can withdraw an offer.
    assert!(matches!(share(THIRD, CUSTOMER).await.unwrap(), ShareOutcome::Offered(_)));
    store.unshare_certs(KEY, CUSTOMER, THIRD).await.unwrap();
    assert_eq!(store.links(THIRD).await.unwrap(), AccountLinks::default());
    assert_eq!(store.unshare_certs(KEY, THIRD, CUSTOMER).await.unwrap(), UnshareOutcome::NoUser);
    // Offers are removed with the account of either side.
    share(THIRD, CUSTOMER).await.unwrap();
    assert!(matches!(store.delete_account(KEY, CUSTOMER).await.unwrap(), DeleteOutcome::Deleted { .. }));
    assert_eq!(store.links(THIRD).await.unwrap(), AccountLinks::default());
}

async fn one_of_many_shares_wins(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    for index in 0..8 {
        active_user(&store, &format!("lender{index}@example.test"), StoredMode::Admin, existing(KEY)).await;
    }
    let outcomes = race(8, |index| {
        let store = store.clone();
        async move {
            store
                .share_certs(KEY, &format!("lender{index}@example.test"), CUSTOMER, LendingConsent::NotAsked)
                .await
                .unwrap()
        }
    })
    .await;
    assert_eq!(outcomes.iter().filter(|o| matches!(o, ShareOutcome::Shared(_))).count(), 1);
    assert_eq!(outcomes.iter().filter(|o| **o == ShareOutcome::OtherOwner).count(), 7);
}

async fn deletion_spares_owners_and_erases_the_rest(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    active_user(&store, CUSTOMER, StoredMode::Data, existing(KEY)).await;
    assert_eq!(store.delete_account(KEY, OWNER).await.unwrap(), DeleteOutcome::Owner);
    assert_eq!(store.delete_account("foreign-key", CUSTOMER).await.unwrap(), DeleteOutcome::Absent);
    store.share_certs(KEY, CUSTOMER, OWNER, LendingConsent::NotAsked).await.unwrap();
    store.share_certs(KEY, OWNER, CUSTOMER, LendingConsent::NotAsked).await.unwrap();

    store.import_certs(&scope(CUSTOMER, "nordea"), cert_set("01", NOW + DAY), NOW).await.unwrap();
    store.retire_certs(&scope(CUSTOMER, "nordea"), "1a2b3c4d", NOW).await.unwrap();
    store.import_certs(&scope(CUSTOMER, "nordea"), cert_set("02", NOW + DAY), NOW).await.unwrap();
    let mut large = bank_file("LARGE", "camt.053.001.02", NOW);
    large.content = FileContent::External { path: "ab/large".to_owned(), size: 100_000 };
    store.put_files(&scope(CUSTOMER, "nordea"), vec![bank_file("SMALL", "VA", NOW), large]).await.unwrap();
    store.record_upload(upload("u1", CUSTOMER)).await.unwrap();
    store.create_session(session(digest("s"), CUSTOMER, StoredMode::Data, NOW), vec![]).await.unwrap();

    let deleted = store.delete_account(KEY, CUSTOMER).await.unwrap();
    let content = vec!["ab/large".to_owned()];
    assert_eq!(deleted, DeleteOutcome::Deleted { admin: true, data: true, account: true, content });
    assert_eq!(store.delete_account(KEY, CUSTOMER).await.unwrap(), DeleteOutcome::Absent);
    assert!(store.session(&digest("s"), NOW).await.unwrap().is_none());
    assert!(store.cert_sets(CUSTOMER).await.unwrap().is_empty());
    assert!(store.retired_certs(CUSTOMER).await.unwrap().is_empty());
    assert!(store.list_files(&scope(CUSTOMER, "nordea"), &FileFilter::default()).await.unwrap().is_empty());
    assert!(store.upload("u1").await.unwrap().is_none());
    assert_eq!(store.links(OWNER).await.unwrap(), AccountLinks::default(), "cut in both directions");
    active_user(&store, CUSTOMER, StoredMode::Admin, existing(KEY)).await;
}
