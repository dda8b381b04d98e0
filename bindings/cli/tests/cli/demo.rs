//! `demo`: with its example, with a faulty file, and with one that the bank rejects.

use std::fs;

use bankchannel_iso20022::EXAMPLE_PAIN001;

use crate::support::Home;

#[test]
fn the_example_is_booked_and_shown() {
    let ran = Home::empty().run(&["demo"]).expect(0);
    for part in [
        "Start the service",
        "log in with MFA",
        "Sign the payment and upload it",
        "SYNTH-E2E-0001",
        "250.05 EUR",
        "ACSC (settled",
        "pain.002.001.10",
        "camt.054.001.02",
        "camt.053.001.02",
        "10000000.00 EUR",
        "9998549.95 EUR",
        "The bank took the payment.",
    ] {
        assert!(ran.out.contains(part), "{part} is missing in\n{}", ran.out);
    }
    assert_eq!(ran.err, "");
}

#[test]
fn a_payee_check_is_shown_and_the_order_released() {
    for bank in ["simulator", "osuuspankki", "danskebank"] {
        let ran = Home::empty().run(&["demo", "--payee-check", "--bank", bank]).expect(0);
        for part in [
            "The payee check: 1 match, 1 close match",
            "Beta Logistik GmbH",
            "Nothing is paid until the order is released or cancelled at the bank.",
            "Release the order at the bank",
            "ACSC (settled",
            "The bank took the payment.",
        ] {
            assert!(ran.out.contains(part), "{bank}: {part} is missing in\n{}", ran.out);
        }
    }
    let refused = Home::empty().run(&["demo", "--payee-check", "--payment", "x.xml"]).expect(1);
    assert!(refused.err.contains("--payee-check"), "{}", refused.err);
}

#[test]
fn the_json_form_is_one_object_and_kept_files_are_there() {
    let home = Home::empty();
    let ran = home.run(&["demo", "--json", "--keep", "kept"]).expect(0);
    let told = ran.json();
    assert_eq!(told["ok"], true);
    assert!(told["steps"].as_array().unwrap().iter().all(|step| step["name"].is_string() && step["ms"].is_u64()));
    assert_eq!(told["uploaded"]["bytes"], EXAMPLE_PAIN001.len());
    assert_eq!(told["uploaded"]["sha256"].as_str().unwrap().len(), 64);
    let downloads = told["downloads"].as_array().unwrap();
    let types: Vec<&str> = downloads.iter().map(|file| file["file_type"].as_str().unwrap()).collect();
    for wanted in ["pain.002.001.10", "camt.054.001.02", "camt.053.001.02"] {
        assert!(types.contains(&wanted), "{types:?}");
    }
    for file in downloads {
        let bytes = fs::read(file["path"].as_str().unwrap()).unwrap();
        assert_eq!(file["bytes"], bytes.len());
    }
    assert!(ran.err.contains("Start the service"), "the steps go to stderr");
    assert!(home.path("kept/keys/authorize-private.asc").exists() && home.path("kept/service").is_dir());
    assert!(home.run(&["demo", "--keep", "kept"]).expect(1).err.contains("not empty"));
}

#[test]
fn without_keep_nothing_is_left_and_paths_are_null() {
    let told = Home::empty().run(&["demo", "--json"]).expect(0).json();
    assert!(
        told["downloads"]
            .as_array()
            .unwrap()
            .iter()
            .all(|file| file["path"].is_null() && file["reference"].is_string())
    );
}

#[test]
fn a_file_of_ones_own_is_booked_from_its_own_account() {
    let home = Home::empty();
    // Made up for this test; its check digits are correct.
    let own = EXAMPLE_PAIN001.replace("FI2112345600000785", "FI1410093000123458");
    fs::write(home.path("own.xml"), own).unwrap();
    let ran = home.run(&["demo", "--payment", "own.xml"]).expect(0);
    assert!(
        ran.out.contains("FI14 1009 3000 1234 58") && ran.out.contains("The bank took the payment."),
        "{}",
        ran.out
    );
}

#[test]
fn a_file_that_breaks_the_schema_is_explained_and_not_sent() {
    let home = Home::empty();
    fs::write(home.path("wrong.xml"), EXAMPLE_PAIN001.replace("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>XXX</PmtMtd>")).unwrap();
    let ran = home.run(&["demo", "--payment", "wrong.xml"]).expect(1);
    let line = EXAMPLE_PAIN001.lines().position(|line| line.contains("<PmtMtd>")).unwrap() + 1;
    for part in ["pain.001.001.09", &line.to_string(), "PmtMtd", "nothing was sent"] {
        assert!(ran.out.contains(part), "{part} is missing in\n{}", ran.out);
    }
    let told = home.run(&["demo", "--payment", "wrong.xml", "--json"]).expect(1).json();
    assert_eq!((&told["ok"], &told["uploaded"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!(told["findings"][0]["line"], line);
    fs::write(home.path("wrong.xml"), "no XML at all").unwrap();
    home.run(&["demo", "--payment", "wrong.xml"]).expect(1);
    home.run(&["demo", "--payment", "missing.xml"]).expect(1);
}

#[test]
fn a_rejection_by_the_bank_is_shown_with_its_reason() {
    let home = Home::empty();
    fs::write(
        home.path("sum.xml"),
        EXAMPLE_PAIN001.replacen("<CtrlSum>1450.05</CtrlSum>", "<CtrlSum>1450.06</CtrlSum>", 1),
    )
    .unwrap();
    let ran = home.run(&["demo", "--payment", "sum.xml"]).expect(1);
    for part in ["write 1450.05", "RJCT (rejected)", "AM10 (control sum", "REJECTED"] {
        assert!(ran.out.contains(part), "{part} is missing in\n{}", ran.out);
    }
    let told = home.run(&["demo", "--payment", "sum.xml", "--json"]).expect(1).json();
    assert_eq!(told["ok"], false);
    assert_eq!(told["downloads"][0]["file_type"], "pain.002.001.10");
    assert_eq!(told["downloads"].as_array().unwrap().len(), 1);
}

#[test]
fn four_banks_of_sepa_web_services_take_payments_and_renew() {
    let told = Home::empty().run(&["demo", "sepa", "--json"]).expect(0).json();
    assert_eq!(told["ok"], true, "{told}");
    assert_eq!(told["sent"].as_array().map(Vec::len), Some(4), "{told}");
    let explained = told["explanation"]["text"].as_str().unwrap();
    assert!(explained.contains("FAIL"), "{explained}");
}
