//! An enrolled certificate is fit, one call renews once, and monitoring is told.

use std::{fs, sync::Arc};

use bankchannel::{CallOutcome, Secret, SystemClock, sepa_web_services::*};
use serde_json::json;

use crate::{
    identities::{client, code, enrol, files, folder_settings, list, renew, status},
    world::{FAMILIES, World, code_and_message, keys_of},
};

const DAY_S: i64 = 86_400;

async fn issued(world: &World, odd: &str) {
    world.fault(&format!("cert.issued={odd}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_can_use_is_refused_and_its_key_kept() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        for (odd, why) in [("ended", "has ended"), ("authority", "of an authority"), ("encipherment", "may not sign")] {
            let folder = tempfile::tempdir().unwrap();
            let order = json!({"family": family, "customer_id": world.customer(family, None)["customer_id"]});
            let new_code = || async {
                Secret::new(world.order("sandbox/code", order.clone()).await["code"].as_str().unwrap().to_owned())
            };
            let client = client(&world, family, folder.path(), json!({}));
            issued(&world, odd).await;
            let refused = enrol(&client, new_code().await).await.unwrap_err();
            assert_eq!(
                code_and_message(&refused),
                ("sepa_web_services.certificate_unfit", "accepted"),
                "{family} {odd}: {refused:?}"
            );
            assert!(refused.message().contains(why), "{refused}");
            let after = status(&client).await;
            assert_eq!(after.state, BankCertificateState::Stopped, "{family} {odd}");
            assert!(after.person.is_some_and(|person| person.contains(why)), "{family} {odd}");
            assert_eq!((files(folder.path(), ".key").len(), files(folder.path(), ".pem").len()), (keys_of(family), 0));
            // Brought along, it is refused as well; nothing is stored.
            assert!(client.list_files(list(family)).await.is_err());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_from_the_future_is_kept_and_used_from_its_day_on() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "op", folder.path(), json!({}));
    issued(&world, "later").await;
    let enrolled = enrol(&client, code(&world, "op")).await.unwrap();
    assert!(enrolled.status.warnings.iter().any(|text| text.contains("begins at")), "{enrolled:?}");
    assert_eq!(enrolled.status.attention.first(), Some(&CertificateAttention::Person));
    let early = client.list_files(list("op")).await.unwrap_err();
    assert_eq!(code_and_message(&early), ("configuration.invalid", "not_sent"));
    assert!(early.message().contains("begins at"), "{early}");
    // A further code is not spent on it.
    let again = enrol(&client, code(&world, "op")).await.unwrap_err();
    assert_eq!(code_and_message(&again), ("sepa_web_services.already_enrolled", "not_sent"));
    world.order("sandbox/time", json!({"advance_s": 10 * DAY_S + 60})).await;
    let clock = Arc::new(SystemClock::default());
    SystemClock::advance_ms(&clock, (10 * DAY_S + 60) * 1000);
    client.with_clock(clock).unwrap().list_files(list("op")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_renews_once_and_then_rests_and_warns() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let client = client(&world, "op", folder.path(), json!({}));
    world.order("sandbox/faults", json!({"fault": "cert.issued=due", "count": 100})).await;
    enrol(&client, code(&world, "op")).await.unwrap();
    client.list_files(list("op")).await.unwrap();
    let clock = Arc::new(SystemClock::default());
    let client = client.with_clock(Arc::clone(&clock) as _).unwrap();
    // The first one is a day old.
    SystemClock::advance_ms(&clock, 1000);
    for round in 0..3 {
        let renewed = renew(&client, |_| ()).await.unwrap();
        let keys = files(folder.path(), ".key").len();
        assert!(keys <= 2, "round {round}: {keys} keys");
        assert!(renewed.status.next_step_at.is_some());
    }
    let forced = renew(&client, |request| request.now = Some(true)).await.unwrap();
    assert!(forced.renewed, "{forced:?}");
    assert!(forced.status.warnings.iter().any(|text| text.contains("ask the bank")), "{forced:?}");
    assert!(forced.status.attention.contains(&CertificateAttention::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_believed_is_kept_and_taken_once_the_profile_is_right() {
    let world = World::new().await;
    for (family, profile) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let typo = json!({"extends": profile, "signers": [{"level": "any", "common_name_contains": "mistyped"}]});
        let mut settings = folder_settings(&world, family, folder.path(), json!({}));
        settings["profile"] = typo;
        settings["target_id"] = world.customer(family, None)["target_id"].clone();
        let mistyped = world.client_with(family, settings);
        let unbelieved = enrol(&mistyped, code(&world, family)).await.unwrap_err();
        assert_eq!(unbelieved.outcome(), Some(CallOutcome::Unknown), "{family}: {unbelieved:?}");
        assert!(unbelieved.message().contains("is kept in identity_dir"), "{family}: {unbelieved}");
        assert_eq!((files(folder.path(), ".answer").len(), files(folder.path(), ".pem").len()), (1, 0));
        let seen = status(&mistyped).await;
        assert!(seen.warnings.iter().any(|text| text.contains("is kept, and not believed")), "{seen:?}");
        // The profile is right now; the code is spent, and no further request is sent.
        let right = client(&world, family, folder.path(), json!({}));
        world
            .order("sandbox/faults", json!({"fault": "http=503", "operation": "request_certificate", "count": 9}))
            .await;
        let enrolled = enrol(&right, code(&world, family)).await.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        assert_eq!(enrolled.status.state, BankCertificateState::Switching, "{family}");
        right.list_files(list(family)).await.unwrap();
        world.order("reset", json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn monitoring_sees_what_is_due_what_has_failed_and_a_job_that_does_not_run() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::default());
    let client = client(&world, "op", folder.path(), json!({})).with_clock(Arc::clone(&clock) as _).unwrap();
    assert_eq!(status(&client).await.attention, [CertificateAttention::Person]);
    enrol(&client, code(&world, "op")).await.unwrap();
    client.list_files(list("op")).await.unwrap();
    renew(&client, |_| ()).await.unwrap();
    let well = status(&client).await;
    assert_eq!((well.attention, well.job_ran_at.is_some()), (vec![], true));
    let later = |days: i64| SystemClock::advance_ms(&clock, days * DAY_S * 1000);
    later(4);
    assert_eq!(status(&client).await.attention, [CertificateAttention::JobHasNotRun]);
    later(730 - 4 - 50);
    assert_eq!(status(&client).await.attention, [CertificateAttention::JobHasNotRun, CertificateAttention::Due]);
    later(30);
    let late = status(&client).await;
    assert_eq!(
        late.attention,
        [CertificateAttention::EndsSoon, CertificateAttention::JobHasNotRun, CertificateAttention::Due]
    );
    // The bank is away: the job runs and fails.
    world.order("sandbox/time", json!({"advance_s": (730 - 20) * DAY_S})).await;
    world.order("sandbox/faults", json!({"fault": "close", "operation": "renew_certificate"})).await;
    renew(&client, |_| ()).await.unwrap_err();
    assert_eq!(status(&client).await.attention, [CertificateAttention::EndsSoon, CertificateAttention::Failed]);
    // A look has changed nothing.
    let before = fs::read(folder.path().join("state.json")).unwrap();
    status(&client).await;
    assert_eq!(fs::read(folder.path().join("state.json")).unwrap(), before);
    later(30);
    assert_eq!(status(&client).await.attention.first(), Some(&CertificateAttention::Person), "it has ended");
}

/// The daily job of the page, for two years and a half, at every family: nothing but the settings and `renew`.
#[tokio::test(flavor = "multi_thread")]
async fn the_daily_job_renews_in_every_family_seven_hundred_days_on() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock::default());
        let client = client(&world, family, folder.path(), json!({})).with_clock(Arc::clone(&clock) as _).unwrap();
        enrol(&client, code(&world, family)).await.unwrap();
        client.list_files(list(family)).await.unwrap();
        let first = status(&client).await.serial;
        let (mut renewed_on, mut bank_day) = (Vec::new(), 0);
        for day in 1..=900 {
            SystemClock::advance_ms(&clock, DAY_S * 1000);
            // The bank lives on the same day when it is asked.
            if status(&client).await.attention.contains(&CertificateAttention::Due) {
                world.order("sandbox/time", json!({"advance_s": (day - bank_day) * DAY_S})).await;
                bank_day = day;
            }
            let done = client
                .renew(RenewRequest::new())
                .await
                .unwrap_or_else(|error| panic!("{family}, day {day}: {error:?}"));
            if done.renewed {
                renewed_on.push(day);
            }
        }
        let expected = if family == "op" { 675 } else { 670 };
        assert_eq!(renewed_on.len(), 1, "{family}: {renewed_on:?}");
        assert!((expected..=expected + 2).contains(&renewed_on[0]), "{family}: {renewed_on:?}");
        assert_ne!(status(&client).await.serial, first);
        world.order("reset", json!({})).await;
    }
}
