use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use serde_json::{Value, json};

use super::*;
use crate::state::keeping::FILE;

fn file(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join(FILE)).unwrap()).unwrap()
}

#[test]
fn everything_but_request_ids_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let open = || BankState::open(Some(folder.path())).unwrap();
    let first = open();
    let created = approved(&first, asked());
    assert!(read(&first, &created.consent_id, false, NOW).is_ok());
    let redirect = first.offer(TPP_3, &offer(), NOW).unwrap();
    let waiting = first.offer(TPP_1, &offer(), NOW).unwrap();
    let back = first.decide(&redirect.state, approval(), NOW).unwrap();
    let psu_id = back.split(['=', '&']).nth(3).unwrap();
    first.block("0B3A").unwrap();
    assert!(first.remember_request(TPP_1, "a", NOW, 60) && !first.remember_request(TPP_1, "a", NOW, 60));
    first.close().unwrap();
    first.close().unwrap();
    assert_eq!(fs::metadata(folder.path().join(FILE)).unwrap().permissions().mode() & 0o777, 0o600);

    let second = open();
    assert_eq!(status(&second, &created.consent_id, NOW), "valid");
    assert_eq!(second.consent(TPP_1, &created.consent_id, NOW).unwrap().last_action, date("2026-03-03"));
    assert!((0..3).all(|_| read(&second, &created.consent_id, false, NOW).is_ok()), "one was used before");
    assert!(read(&second, &created.consent_id, false, NOW).is_err());
    assert!(second.knows_psu(TPP_3, psu_id));
    let known = ReadingAccess::Era { psu_id: Some(psu_id), tpp_session_id: Some(back.rsplit('=').next().unwrap()) };
    assert_eq!(second.read_accounts(TPP_3, known, true, NOW).unwrap().len(), 2);
    assert!(second.open_redirect(&waiting.state, NOW).is_ok() && second.open_redirect(&redirect.state, NOW).is_err());
    assert_eq!(second.serials().blocked, [vec![0x0b, 0x3a]]);
    assert!(second.remember_request(TPP_1, "a", NOW, 60));
    second.reset();
    drop(second);

    let third = open();
    assert!(third.overview(NOW).is_empty() && third.serials().blocked.is_empty() && !third.knows_psu(TPP_3, psu_id));
    assert!(third.knows_psu(TPP_1, PSU_1.1));
}

/// The consent approved last is the one that counts, regardless of the order of requests.
#[test]
fn the_order_of_approvals_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let open = || BankState::open(Some(folder.path())).unwrap();
    let state = open();
    let [older, newer] = [(); 2].map(|()| state.offer(TPP_1, &offer(), NOW).unwrap());
    for redirect in [newer, older] {
        state.decide(&redirect.state, approval(), NOW).unwrap();
    }
    let known = ReadingAccess::Era { psu_id: Some(PSU_1.1), tpp_session_id: None };
    assert_eq!(state.read_accounts(TPP_1, known, true, NOW).unwrap().len(), 2);
    state.close().unwrap();
    drop(state);
    let again = open();
    assert_eq!(again.read_accounts(TPP_1, known, true, NOW).unwrap().len(), 2);
    let third = again.offer(TPP_1, &offer(), NOW).unwrap();
    again.decide(&third.state, approval(), NOW).unwrap();
    drop(again);
    let statuses: Vec<_> = open().overview(NOW).iter().map(|row| row.status).collect();
    assert_eq!(statuses, ["valid", "expired", "expired"]);
}

/// A file from before approvals were counted: the order of the consents is used instead.
#[test]
fn a_file_without_the_order_of_approvals_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let state = BankState::open(Some(folder.path())).unwrap();
    for _ in 0..2 {
        let redirect = state.offer(TPP_1, &offer(), NOW).unwrap();
        state.decide(&redirect.state, approval(), NOW).unwrap();
    }
    state.close().unwrap();
    drop(state);
    let mut written = file(folder.path());
    written.as_object_mut().unwrap().remove("approvals").unwrap();
    for consent in written["consents"].as_object_mut().unwrap().values_mut() {
        consent.as_object_mut().unwrap().remove("approved").unwrap();
    }
    fs::write(folder.path().join(FILE), written.to_string()).unwrap();
    let state = BankState::open(Some(folder.path())).unwrap();
    let known = ReadingAccess::Era { psu_id: Some(PSU_1.1), tpp_session_id: None };
    assert_eq!(state.read_accounts(TPP_1, known, true, NOW).unwrap().len(), 2);
}

/// Refused requests and reads cause no write; changes by elapsed time do.
#[test]
fn only_what_changes_is_written() {
    let state = state();
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    assert!(state.keeper.was_changed() && !state.keeper.was_changed());
    let id = created.consent_id.as_str();
    assert_eq!(read(&state, id, true, NOW).err(), Some(UseProblem::Invalid));
    assert_eq!(read(&state, "none", true, NOW).err(), Some(UseProblem::Unknown));
    assert!(state.revoke_by_psu(id, NOW).is_err() && state.delete(TPP_3, id, NOW).is_err());
    assert!(state.start_authorisation(TPP_3, id, &Default::default(), NOW).is_err());
    assert!(state.open_redirect("none", NOW).is_err() && state.decide("none", approval(), NOW).is_err());
    assert!(state.create_consent(TPP_1, NewConsent { psu_id: Some("none"), ..asked() }, NOW).is_err());
    assert_eq!((status(&state, id, NOW), sca(&state, &created, NOW)), ("received", "received"));
    assert!(!state.keeper.was_changed());
    state.open_redirect(&created.redirect_state, NOW).unwrap();
    assert!(state.keeper.was_changed());
    state.open_redirect(&created.redirect_state, NOW).unwrap();
    assert!(!state.keeper.was_changed(), "seen before");
    assert_eq!(status(&state, id, NOW + 600), "rejected");
    assert!(state.keeper.was_changed());
    let used = approved(&state, asked()).consent_id;
    assert!(state.keeper.was_changed());
    assert!(read(&state, &used, true, NOW).is_ok() && !state.keeper.was_changed(), "with the customer, the same day");
    assert!(read(&state, &used, false, NOW).is_ok() && state.keeper.was_changed(), "counted");
    for serial in ["1", "01"] {
        state.block(serial).unwrap();
    }
    assert!(state.keeper.was_changed());
    state.block("1").unwrap();
    assert!(!state.keeper.was_changed());
    state.reset();
    assert!(state.keeper.was_changed());
}

#[test]
fn changes_reach_the_file_while_the_bank_runs() {
    let folder = tempfile::tempdir().unwrap();
    let state = BankState::open(Some(folder.path())).unwrap();
    assert_eq!(file(folder.path())["consents"], json!({}), "written at the first start");
    let created = state.create_consent(TPP_1, asked(), NOW).unwrap();
    let begun = std::time::Instant::now();
    while file(folder.path())["consents"][&created.consent_id]["status"] != "received" {
        assert!(begun.elapsed().as_secs() < 20, "nothing was written");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_said_and_left() {
    let damaged = [
        ("", "damaged"),
        ("{\"format\":1,\"psus\":{", "damaged"),
        ("[]", "not the state of a sandbox bank"),
        ("{\"format\":2}", "format 2"),
        ("{\"format\":1,\"psus\":{\"kari\":\"00000000000\"}}", "damaged"),
    ];
    for (text, said) in damaged {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), text).unwrap();
        let why = BankState::open(Some(folder.path())).err().unwrap();
        assert!(why.code() == "resource.storage" && why.message().contains(said), "{text}: {why}");
        assert!(!why.message().contains("00000000000"), "{why}");
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), text);
    }
}

#[test]
fn a_folder_has_one_bank() {
    let folder = tempfile::tempdir().unwrap();
    let first = BankState::open(Some(folder.path())).unwrap();
    let why = BankState::open(Some(folder.path())).err().unwrap();
    assert!(why.message().contains("another process"), "{why}");
    first.close().unwrap();
    assert!(BankState::open(Some(folder.path())).is_ok());
}

#[test]
fn a_folder_that_cannot_be_written_is_found_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "").unwrap();
    assert_eq!(BankState::open(Some(&path)).err().unwrap().code(), "resource.storage");
}

#[test]
fn what_could_not_be_written_is_an_error_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let state = BankState::open(Some(folder.path())).unwrap();
    // A folder blocks the target of the rename.
    fs::remove_file(folder.path().join(FILE)).unwrap();
    fs::create_dir_all(folder.path().join(FILE).join("x")).unwrap();
    state.create_consent(TPP_1, asked(), NOW).unwrap();
    assert_eq!(state.close().unwrap_err().code(), "resource.storage");
}

#[test]
fn what_changes_during_a_write_is_written_too() {
    let folder = tempfile::tempdir().unwrap();
    let state = BankState::open(Some(folder.path())).unwrap();
    let begun = std::time::Instant::now();
    // Longer than the collection time of changes, so that several writes happen.
    let create = || {
        let mut made = Vec::new();
        while begun.elapsed().as_millis() < 300 {
            made.push(approved(&state, NewConsent { recurring: false, ..asked() }).consent_id);
            std::thread::sleep(std::time::Duration::from_micros(500));
        }
        made
    };
    let made: Vec<String> = std::thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(create));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    state.close().unwrap();
    let again = BankState::open(Some(folder.path())).unwrap();
    assert!(made.len() > 3 && made.iter().all(|id| status(&again, id, NOW) == "valid"), "{}", made.len());
}
