//! Every id of the specifications has a proof: `tests/scenarios/ids.json`, `tests/scenarios/ids-nextgen-psd2.json`,
//! `tests/scenarios/ids-iso20022.json`, `tests/scenarios/ids-salt-edge.json`,
//! `tests/scenarios/ids-sepa-web-services.json`.

use std::{collections::BTreeMap, fs};

use bankchannel_tests::{
    faces,
    scenario::{self, Suite},
};
use serde::Deserialize;

/// The ids of docs/protocols/ws-channel.md, §11, by letter: 162.
const IDS: &[(char, u32)] =
    &[('W', 15), ('E', 17), ('R', 18), ('L', 29), ('B', 10), ('C', 22), ('P', 5), ('F', 22), ('K', 24)];
/// The rows of its §10.
const SECURITY_ROWS: u32 = 40;
/// The ids of docs/protocols/nextgen-psd2.md, §9, from the first of a group to its last: 128.
const NEXTGEN_PSD2: &[(u32, u32)] = &[(1, 13), (20, 36), (40, 58), (60, 77), (80, 106), (110, 113), (120, 149)];

/// The ids of docs/protocols/salt-edge.md, by letter: messages, checks, error classes, flows, repeats, defects, acceptance.
const SALT_EDGE: &[(char, u32)] =
    &[('V', 17), ('N', 3), ('C', 18), ('E', 13), ('F', 12), ('R', 6), ('D', 16), ('A', 9)];

/// The cases of docs/protocols/iso20022.md, §10.
const ISO_20022: u32 = 122;
/// Its cases of archives and of Finnish records, §13: from the first of a group to its last.
const PAYMENT_BREADTH: &[(&str, u32, u32)] =
    &[("ARC", 1, 14), ("ARC", 20, 20), ("FIN", 1, 5), ("FIN", 10, 12), ("FIN", 20, 20)];
/// Its cases of SWIFT statements, from the first of a group to its last.
const SWIFT_STATEMENTS: &[(u32, u32)] = &[(1, 28), (30, 32)];
/// Its cases of the payee check: from the first of a group to its last.
const PAYEE_CHECK: &[(u32, u32)] = &[(1, 10), (20, 20)];

/// The tests of docs/protocols/sepa-web-services.md §13 and the reports of its §15: from the first of a group to its last.
const SEPA_TESTS: &[(u32, u32)] = &[(1, 85), (87, 95)];
/// See [`SEPA_TESTS`].
const SEPA_REPORTS: &[(u32, u32)] = &[(1, 31)];

#[derive(Deserialize)]
struct Proofs {
    ids: BTreeMap<String, Vec<String>>,
    /// Ids of parts that are not built yet.
    #[serde(default)]
    later: Vec<String>,
}

#[test]
fn every_id_of_the_ws_channel_is_proved() {
    let mut wanted: Vec<String> =
        IDS.iter().flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number:02}"))).collect();
    assert_eq!(wanted.len(), 162);
    wanted.extend((1..=SECURITY_ROWS).map(|number| format!("S{number}")));
    are_proved(&wanted, "ids.json");
}

#[test]
fn every_id_of_nextgen_psd2_is_proved() {
    let all = NEXTGEN_PSD2.iter().flat_map(|(first, last)| *first..=*last);
    let wanted: Vec<String> = all.map(|number| format!("T-{number:03}")).collect();
    assert_eq!(wanted.len(), 128);
    are_proved(&wanted, "ids-nextgen-psd2.json");
}

#[test]
fn every_id_of_iso_20022_is_proved() {
    let mut wanted: Vec<String> = (1..=ISO_20022).map(|number| format!("ISO-{number:03}")).collect();
    for (group, first, last) in PAYMENT_BREADTH {
        wanted.extend((*first..=*last).map(|number| format!("{group}-{number:02}")));
    }
    let swift = SWIFT_STATEMENTS.iter().flat_map(|(first, last)| *first..=*last);
    wanted.extend(swift.map(|number| format!("MTS-{number:02}")));
    let of_checks = PAYEE_CHECK.iter().flat_map(|(first, last)| *first..=*last);
    wanted.extend(of_checks.map(|number| format!("VOP-{number:02}")));
    are_proved(&wanted, "ids-iso20022.json");
}

#[test]
fn every_id_of_salt_edge_is_proved() {
    let of = |(letter, count): &(char, u32)| {
        (1..=*count).map(|number| format!("SE-{letter}{number:02}")).collect::<Vec<_>>()
    };
    let wanted: Vec<String> = SALT_EDGE.iter().flat_map(of).collect();
    are_proved(&wanted, "ids-salt-edge.json");
}

#[test]
fn every_id_of_sepa_web_services_is_proved_or_its_part_is_not_built_yet() {
    let all = |letter: char, groups: &[(u32, u32)]| {
        let numbers: Vec<u32> = groups.iter().flat_map(|(first, last)| *first..=*last).collect();
        numbers.into_iter().map(move |number| format!("{letter}{number:02}"))
    };
    let wanted: Vec<String> = all('T', SEPA_TESTS).chain(all('R', SEPA_REPORTS)).collect();
    are_proved(&wanted, "ids-sepa-web-services.json");
}

/// Checks that the file names a place for exactly these ids, and that every place exists.
fn are_proved(wanted: &[String], file: &str) {
    let text = fs::read_to_string(scenario::folder().join(file)).unwrap_or_else(|why| panic!("{file}: {why}"));
    let proofs: Proofs = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
    let suites = [("wire", Suite::read("wire")), ("api", Suite::read("api"))];
    let has = |suite: &str, id: &str| {
        suites.iter().any(|(name, held)| *name == suite && held.cases.iter().any(|case| case.id == id))
    };
    for id in wanted.iter().filter(|id| !proofs.later.contains(id)) {
        assert!(proofs.ids.get(id).is_some_and(|proofs| !proofs.is_empty()), "{id} has no proof in {file}");
    }
    for (id, places) in &proofs.ids {
        assert!(wanted.contains(id), "{id} is no id of the specification");
        assert!(!proofs.later.contains(id), "{id} is proved and not built yet");
        for place in places {
            let there = match place.split_once("::") {
                Some((path, name)) => has_test(path, name),
                None => {
                    let (suite, case) = place.split_once(':').unwrap_or((place, id));
                    has(suite, case)
                }
            };
            assert!(there, "{id}: {place} is not there");
        }
    }
}

#[test]
fn every_operation_is_called_by_an_api_case() {
    let files = fs::read_dir(scenario::folder().join("api")).expect("the folder is there").filter_map(Result::ok);
    let calls: String = files.map(|file| fs::read_to_string(file.path()).expect("a file")).collect();
    for entry in bankchannel::catalogue() {
        let name = entry.declaration.name;
        assert!(calls.contains(&format!(r#""call": "{name}""#)), "no case under tests/scenarios/api calls {name}");
    }
}

/// Whether the file has a test of this name.
fn has_test(path: &str, name: &str) -> bool {
    let text = fs::read_to_string(faces::root().join(path)).unwrap_or_default();
    let Some(at) = text.find(&format!("fn {name}(")) else { return false };
    // The attribute is in the lines just before.
    text[..at].lines().rev().take(4).any(|line| line.contains("test]") || line.contains("test("))
}
