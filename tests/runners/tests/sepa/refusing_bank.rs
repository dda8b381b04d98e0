//! Whatever a bank, or the way to it, does while a certificate is renewed: nothing is lost, and the cause is named (§6.4).

use std::{fs, time::Duration};

use bankchannel::{CallLog, CallOptions, CallOutcome, Secret, sepa_web_services::*};
use serde_json::{Value, json};

use crate::{
    identities::{client, code, enrol, keys, list, renew, status},
    world::{FAMILIES, World, code_and_message, keys_of},
};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_bank_does_the_same_request_is_sent_again_and_no_key_is_lost() {
    let world = World::new().await;
    // The fault, and whether the bank has refused: then nothing is under way any more.
    let faults = [
        ("close", false),
        ("half", false),
        ("http=503", false),
        ("html", false),
        ("fault", false),
        ("delay=4000", false),
        ("lost-after-commit", false),
        ("sig.inner=bad", false),
        ("sig.missing.inner", false),
        ("cert.signer=wrongca", false),
        ("hdr.requestid=other", false),
        ("code=30", true),
        ("code=20", true),
    ];
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&world, family, folder.path(), json!({}));
        let hurried = crate::identities::client(&world, family, folder.path(), json!({"exchange_timeout_s": 2}));
        enrol(&client, code(&world, family)).await.unwrap();
        client.list_files(list(family)).await.unwrap();
        for (fault, is_refusal) in faults {
            // OP does not sign the envelopes of its certificate service: the key shows what an answer belongs to.
            let is_unseen = family == "op" && fault == "hdr.requestid=other";
            if is_unseen || family != "op" && fault == "delay=4000" {
                continue;
            }
            // Danske's codes are its own: what this one means is not known, so what became of the request is not.
            let is_refusal = is_refusal && !(family == "danske" && fault == "code=30");
            let (what, before) = (format!("{family} {fault}"), keys(folder.path()));
            let orders = json!({"fault": fault, "operation": "renew_certificate"});
            world.order("sandbox/faults", orders).await;
            let caller = if fault.starts_with("delay") { &hurried } else { &client };
            let failed = renew(caller, |request| request.now = Some(true)).await.unwrap_err();
            let outcome = failed.outcome();
            assert_eq!(outcome == Some(CallOutcome::Refused), is_refusal, "{what}: {failed:?}");
            assert_eq!(outcome == Some(CallOutcome::Unknown), !is_refusal, "{what}: {failed:?}");
            let now = status(&client).await;
            assert_eq!(now.attempt_sent.is_some(), !is_refusal, "{what}: {now:?}");
            let with_new = keys(folder.path());
            assert_eq!(with_new.len(), before.len() + keys_of(family), "{what}");
            // The old certificate works meanwhile, but for Nordea's, which ends when the next one is issued.
            let issued = world.order("sandbox/certificates", json!({})).await;
            let is_new = |one: &Value| with_new.difference(&before).any(|new| one["key_sha256"] == **new);
            let is_issued = issued["certificates"].as_array().unwrap().iter().any(is_new);
            match client.list_files(list(family)).await {
                Ok(_) => assert!(family != "nordea" || !is_issued, "{what}: the old one has ended"),
                Err(error) => {
                    assert!(family == "nordea" && is_issued, "{what}: {error:?}");
                    assert_eq!(code_and_message(&error), ("sepa_web_services.signature_refused", "refused"), "{what}");
                }
            }
            let renewed = renew(&client, |request| {
                (request.resume, request.now) = (Some(true), Some(true));
            });
            let renewed = renewed.await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert!(renewed.renewed && renewed.status.state == BankCertificateState::Active, "{what}: {renewed:?}");
            let after = keys(folder.path());
            assert!(after.is_superset(&with_new), "{what}");
            let begun = usize::from(is_refusal) * keys_of(family);
            assert_eq!(after.len(), with_new.len() + begun, "{what}: the same request, or a new one");
            client.list_files(list(family)).await.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        }
        // The key of every certificate that the bank has issued is there.
        let issued = world.order("sandbox/certificates", json!({})).await;
        let all = keys(folder.path());
        for one in issued["certificates"].as_array().unwrap().iter().filter(|one| one["family"] == family) {
            assert!(all.contains(one["key_sha256"].as_str().unwrap()), "{family}: {one}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_key_is_never_used_and_an_attempt_can_be_given_up() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&world, family, folder.path(), json!({}));
        enrol(&client, code(&world, family)).await.unwrap();
        client.list_files(list(family)).await.unwrap();
        world.order("sandbox/faults", json!({"fault": "cert.nomatch", "operation": "renew_certificate"})).await;
        let wrong = renew(&client, |request| request.now = Some(true)).await.unwrap_err();
        assert_eq!(wrong.code(), "sepa_web_services.certificate_not_ours", "{family}: {wrong:?}");
        assert_eq!(wrong.outcome(), Some(CallOutcome::Unknown), "{family}");
        assert_eq!(status(&client).await.state, BankCertificateState::Pending, "{family}");
        // The bank says the same each time: a person asks it, and gives this attempt up. Its key stays.
        let again = renew(&client, |request| request.resume = Some(true)).await.unwrap_err();
        assert_eq!(again.code(), "sepa_web_services.certificate_not_ours", "{family}: {again:?}");
        let before = keys(folder.path());
        let given_up = renew(&client, |request| request.discard = Some(true)).await.unwrap();
        assert_eq!((given_up.renewed, given_up.status.attempt_sent), (false, None), "{family}: {given_up:?}");
        assert_eq!(keys(folder.path()), before, "{family}");
        if family == "nordea" {
            // The bank has issued one, so the present one has ended there: only a new code helps, and the bank says so.
            let refused = renew(&client, |request| request.now = Some(true)).await.unwrap_err();
            assert_eq!(refused.outcome(), Some(CallOutcome::Refused), "{refused:?}");
            let stopped = status(&client).await;
            assert_eq!((stopped.state, stopped.person.is_some()), (BankCertificateState::Stopped, true), "{stopped:?}");
            // With the new code that the person has ordered, it goes on.
            enrol(&client, crate::rollover::new_code(&world, family).await).await.unwrap();
            client.list_files(list(family)).await.unwrap();
            assert_eq!(status(&client).await.state, BankCertificateState::Active);
        } else {
            assert!(renew(&client, |request| request.now = Some(true)).await.unwrap().renewed, "{family}");
            client.list_files(list(family)).await.unwrap();
        }
        let nothing = renew(&client, |request| request.discard = Some(true)).await.unwrap_err();
        assert_eq!(nothing.code(), "input.invalid_field", "{family}: {nothing:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn planted_codes_keys_and_passphrases_are_in_no_error_log_or_transcript() {
    const PASSPHRASE: &str = "PLANTED-PASSPHRASE-91c2";
    let world = World::new().await;
    let log = CallLog::new();
    let (mut said, mut secrets) = (String::new(), vec![PASSPHRASE.to_owned()]);
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&world, family, folder.path(), json!({"passphrase": PASSPHRASE}));
        let code = code(&world, family);
        secrets.push(code.expose().to_owned());
        let mut swapped = code.expose().to_owned();
        let last = if swapped.ends_with('1') { "2" } else { "1" };
        swapped.replace_range(swapped.len() - 1.., last);
        for (fault, code) in [
            ("none", &swapped),
            ("lost-after-commit", &code.expose().to_owned()),
            ("sig.inner=bad", &code.expose().to_owned()),
            ("none", &code.expose().to_owned()),
        ] {
            secrets.push(code.clone());
            if fault != "none" {
                world.order("sandbox/faults", json!({"fault": fault, "family": family})).await;
            }
            let mut request = EnrolRequest::new(Secret::new(code.clone()));
            request.company = Some("ESIMERKKI OY".to_owned());
            said += &format!("{request:?}");
            let options = CallOptions {
                log: Some(log.clone()),
                timeout: Some(Duration::from_secs(20)),
                ..CallOptions::default()
            };
            match client.enrol_with(request, &options).await {
                Ok(done) => said += &format!("{done:?}"),
                Err(error) => said += &format!("{error:?} {error} {}", error.to_json()),
            }
        }
        said += &format!("{client:?}{:?}", status(&client).await);
        for file in fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().path()) {
            let text = fs::read_to_string(&file).unwrap();
            if file.extension().is_some_and(|ending| ending == "key") {
                let line = text.lines().nth(3).unwrap().to_owned();
                secrets.push(line);
            } else {
                said += &text;
            }
        }
    }
    said += &format!("{:?}", log.drain());
    said += &world.bank.control("transcript", json!({})).await.unwrap().to_string();
    assert!(said.contains("RequestId"), "the log has lines: {said}");
    for secret in &secrets {
        assert!(!said.contains(secret.as_str()), "{secret} in {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_led_nowhere_goes_on_with_a_code_and_the_same_key() {
    let world = World::new().await;
    for (family, _) in FAMILIES {
        let folder = tempfile::tempdir().unwrap();
        let client = client(&world, family, folder.path(), json!({}));
        enrol(&client, code(&world, family)).await.unwrap();
        client.list_files(list(family)).await.unwrap();
        let order = |fault: &str| json!({"fault": fault, "operation": "renew_certificate"});
        world.order("sandbox/faults", order("lost-after-commit")).await;
        renew(&client, |request| request.now = Some(true)).await.unwrap_err();
        // While it is under way, a code is not needed, and is not spent.
        let early = enrol(&client, crate::rollover::new_code(&world, family).await).await.unwrap_err();
        assert_eq!(early.code(), "sepa_web_services.already_enrolled", "{family}: {early:?}");
        // The bank does not give it any more.
        let no_more = if family == "danske" { "code=20" } else { "code=30" };
        world.order("sandbox/faults", order(no_more)).await;
        let refused = renew(&client, |request| request.resume = Some(true)).await.unwrap_err();
        assert_eq!(refused.outcome(), Some(CallOutcome::Refused), "{family}: {refused:?}");
        let stopped = status(&client).await;
        assert_eq!((stopped.state, stopped.attempt_sent), (BankCertificateState::Stopped, Some(2)), "{family}");
        let before = keys(folder.path());
        let enrolled = enrol(&client, crate::rollover::new_code(&world, family).await).await;
        enrolled.unwrap_or_else(|error| panic!("{family}: {error:?}"));
        assert_eq!(keys(folder.path()), before, "{family}: no other key");
        client.list_files(list(family)).await.unwrap();
        assert_eq!(status(&client).await.state, BankCertificateState::Active, "{family}");
    }
}
