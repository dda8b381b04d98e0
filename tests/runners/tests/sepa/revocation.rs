//! The revocation list of the bank's authority: when it is fetched, what it stops, what its absence does (§10.5).

use std::{path::Path, sync::Arc, time::Duration};

use bankchannel::{CallOptions, CallOutcome, SystemClock, sepa_web_services::*};
use serde_json::{Value, json};

use crate::{
    identities::{code, enrol, list, upload},
    world::{World, code_and_message},
};

const DAY_S: i64 = 86_400;

fn with_list(world: &World, family: &str, further: Value) -> Value {
    let mut all = json!({"crl_url": world.family(family)["crl_url"], "retries": 0});
    all.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
    world.settings(family, all)
}

fn client(world: &World, family: &str, further: Value) -> SepaWebServices {
    SepaWebServices::from_json(with_list(world, family, further)).unwrap()
}

/// How often the list was fetched.
async fn fetched(world: &World) -> usize {
    let seen = world.order("transcript", json!({})).await;
    seen.as_array().unwrap().iter().filter(|one| one["operation"] == "revocation_list").count()
}

async fn fault(world: &World, fault: &str) {
    world.order("sandbox/faults", json!({"fault": fault, "operation": "revocation_list"})).await;
}

async fn revoke(world: &World, family: &str, what: &str) {
    world.order("sandbox/revoke", json!({"family": family, "what": what})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_fetched_once_a_day_and_kept_for_the_next_process() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::default());
    let own = in_folder(&world, folder.path());
    let process = || client(&world, "danske", own.clone()).with_clock(Arc::clone(&clock) as _).unwrap();
    let first = process();
    enrol(&first, code(&world, "danske")).await.unwrap();
    let other = client(&world, "op", json!({}));
    let (one, two) = tokio::join!(other.list_files(list("op")), other.list_files(list("op")));
    one.unwrap();
    two.unwrap();
    assert_eq!(fetched(&world).await, 2, "one by the enrolment, and of calls at once one fetches it");
    first.list_files(list("danske")).await.unwrap();
    process().list_files(list("danske")).await.unwrap();
    assert_eq!(fetched(&world).await, 2, "the next process has it from the folder");
    clock.advance_ms((DAY_S + 60) * 1000);
    world.order("sandbox/time", json!({"advance_s": DAY_S + 60})).await;
    // It cannot be had: the one of before holds.
    fault(&world, "http=503").await;
    let process = process();
    process.list_files(list("danske")).await.unwrap();
    process.list_files(list("danske")).await.unwrap();
    assert_eq!(fetched(&world).await, 3, "after a try in vain it rests");
    clock.advance_ms(301_000);
    world.order("sandbox/time", json!({"advance_s": 301})).await;
    process.list_files(list("danske")).await.unwrap();
    assert_eq!(fetched(&world).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_signer_is_not_believed_in_any_family_and_stays_so() {
    let world = World::new().await;
    for family in ["nordea", "op", "samlink", "danske"] {
        let clock = Arc::new(SystemClock::default());
        let watching = client(&world, family, json!({})).with_clock(Arc::clone(&clock) as _).unwrap();
        watching.list_files(list(family)).await.unwrap();
        revoke(&world, family, "signer").await;
        // The list of before holds for the day.
        watching.list_files(list(family)).await.unwrap();
        let refused = client(&world, family, json!({})).list_files(list(family)).await.unwrap_err();
        assert_eq!(refused.code(), "sepa_web_services.answer_not_trusted", "{family}: {refused:?}");
        assert!(refused.message().contains("was revoked by its issuer on"), "{refused:?}");
        assert!(refused.message().contains("keyCompromise"), "{refused:?}");
        // Who does not ask for the list does not know.
        client(&world, family, json!({"crl_check": "off"})).list_files(list(family)).await.unwrap();
    }
    // A file was sent: what became of it, the bank's answer does not say.
    let refused = client(&world, "danske", json!({})).upload_file(upload("danske", "REV-1")).await.unwrap_err();
    assert_eq!(refused.outcome(), Some(CallOutcome::Unknown), "{refused:?}");
}

/// Settings with the customer's keys in a folder.
fn in_folder(world: &World, folder: &Path) -> Value {
    json!({
        "identity_dir": folder, "certificate_file": null, "private_key_file": null,
        "encryption_certificate_file": null, "encryption_private_key_file": null,
        "certificate_url": world.family("danske")["certificate_url"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_callers_has_the_verdict_of_the_list_that_one_of_them_has_begun_to_fetch() {
    let world = World::new().await;
    revoke(&world, "op", "signer").await;
    fault(&world, "delay=4000").await;
    let client = client(&world, "op", json!({}));
    let short = CallOptions { timeout: Some(Duration::from_secs(6)), ..CallOptions::default() };
    let (first, second, third) = tokio::join!(
        client.call_json("sepa_web_services.list_files", json!({}), short),
        client.list_files(list("op")),
        client.list_files(list("op"))
    );
    // The first one's time does not allow more than to go on without; what it has begun goes on for the others.
    first.unwrap();
    for refused in [second.unwrap_err(), third.unwrap_err()] {
        assert!(refused.message().contains("was revoked by its issuer"), "{refused:?}");
    }
    assert_eq!(fetched(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_revoked_stays_so_in_the_next_process_and_an_older_list_takes_nothing_back() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::default());
    let own = in_folder(&world, folder.path());
    let process = || client(&world, "danske", own.clone()).with_clock(Arc::clone(&clock) as _).unwrap();
    let next_day = async || {
        clock.advance_ms((DAY_S + 60) * 1000);
        world.order("sandbox/time", json!({"advance_s": DAY_S + 60})).await;
    };
    let first = process();
    enrol(&first, code(&world, "danske")).await.unwrap();
    first.list_files(list("danske")).await.unwrap();
    revoke(&world, "danske", "signer").await;
    next_day().await;
    let second = process();
    let refused = second.list_files(list("danske")).await.unwrap_err();
    assert!(refused.message().contains("was revoked by its issuer"), "{refused:?}");
    assert_eq!(fetched(&world).await, 2);
    // The first one takes the list of today that the second has left in the folder.
    let refused = first.list_files(list("danske")).await.unwrap_err();
    assert!(refused.message().contains("was revoked by its issuer"), "{refused:?}");
    assert_eq!(fetched(&world).await, 2);
    for wrong in ["http=503", "ts.stale"] {
        next_day().await;
        fault(&world, wrong).await;
        let refused = process().list_files(list("danske")).await.unwrap_err();
        assert!(refused.message().contains("was revoked by its issuer"), "{wrong}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_and_by_what_only_computes_nothing_is_fetched() {
    let world = World::new().await;
    // The profile has a list; a test installation is not the profile's bank.
    world.client("danske").list_files(list("danske")).await.unwrap();
    let computes = client(&world, "danske", json!({}));
    computes.call_json("sepa_web_services.list_profiles", json!({}), CallOptions::default()).await.unwrap();
    assert_eq!(fetched(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_for_encryption_is_used_for_nothing() {
    let world = World::new().await;
    let asking = json!({
        "certificate_url": world.family("danske")["certificate_url"], "bank_encryption_certificate_file": null,
    });
    client(&world, "danske", asking.clone()).list_files(list("danske")).await.unwrap();
    revoke(&world, "danske", "encryption").await;
    for (settings, code) in [(asking, "sepa_web_services.answer_not_trusted"), (json!({}), "configuration.invalid")] {
        let refused = client(&world, "danske", settings).upload_file(upload("danske", "REV-2")).await.unwrap_err();
        assert_eq!(code_and_message(&refused), (code, "not_sent"), "{refused:?}");
        assert!(refused.message().contains("was revoked by its issuer"), "{refused:?}");
    }
    assert_eq!(world.uploads("danske").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_hard_fail_nothing_is_sent_without_a_list_that_holds() {
    let world = World::new().await;
    let hard = json!({"crl_check": "hard_fail"});
    for wrong in ["http=503", "close", "cert.signer=expired", "cert.signer=wrongca"] {
        fault(&world, wrong).await;
        let refused = client(&world, "op", hard.clone()).upload_file(upload("op", "HARD-1")).await.unwrap_err();
        assert_eq!(
            code_and_message(&refused),
            ("sepa_web_services.revocation_unknown", "not_sent"),
            "{wrong}: {refused:?}"
        );
        // Without it, all of them are warnings.
        fault(&world, wrong).await;
        client(&world, "op", json!({})).list_files(list("op")).await.unwrap();
    }
    assert_eq!(world.uploads("op").await, 0);
    client(&world, "op", hard.clone()).upload_file(upload("op", "HARD-2")).await.unwrap();
    // Those that wait at once have the same verdict.
    fault(&world, "http=503").await;
    let waiting = client(&world, "op", hard);
    let (one, two) = tokio::join!(waiting.list_files(list("op")), waiting.list_files(list("op")));
    let codes = [one.unwrap_err(), two.unwrap_err()].map(|error| error.code().to_owned());
    assert_eq!(codes, ["sepa_web_services.revocation_unknown"; 2].map(str::to_owned));
    let settings = with_list(&world, "op", json!({"crl_check": "hard_fail", "crl_url": null}));
    let error = SepaWebServices::from_json(settings).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("crl_url")));
    let settings = with_list(&world, "op", json!({"crl_url": "ldap://127.0.0.1/cn=list"}));
    let error = SepaWebServices::from_json(settings).unwrap_err();
    assert_eq!((error.code(), error.detail("field")), ("configuration.invalid", Some("crl_url")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_come_holds_nobody_up_for_long() {
    let world = World::new().await;
    fault(&world, "hold").await;
    let client = client(&world, "op", json!({}));
    client.list_files(list("op")).await.unwrap();
    // It rests: the next one is not held up at all.
    client.upload_file(upload("op", "HELD-1")).await.unwrap();
    assert_eq!(fetched(&world).await, 0, "the answer is still held");
    world.order("sandbox/release", json!({})).await;
}
