//! Counts, sums, accounts, ids, texts, dates and duplicates, in files.

use bankchannel_iso20022::check::CheckOptions;
use bankchannel_iso20022::rules::{BankProfile, BaseProfile, Characters, Level, PaymentVersion};

use jiff::tz::TimeZone;

use super::{File, Transaction, is, line, only, run, short};

fn one(change: impl FnOnce(&mut Transaction)) -> File {
    let mut transaction = Transaction::default();
    change(&mut transaction);
    File::of(vec![transaction])
}

#[test]
fn a_good_file_has_no_findings_and_an_overview() {
    for version in ["03", "09"] {
        let checked = File { version, ..File::default() }.check();
        assert_eq!(checked.findings, []);
        assert!(checked.is_good());
        assert_eq!(checked.message_name.as_deref(), Some(format!("pain.001.001.{version}").as_str()));
        let payment = checked.payment.unwrap();
        assert_eq!((payment.transactions, payment.batch_count), (1, 1));
        assert_eq!(payment.totals[0].amount.as_str(), "10.00");
        assert_eq!(payment.batches[0].account.as_deref(), Some("FI2112345600000785"));
    }
}

/// ISO-051.
#[test]
fn counts_and_sums() {
    let file = File { count: Some(3), sum: Some("10.01"), ..File::default() };
    let checked = file.check();
    let (count, sum) = (only(&checked, "count"), only(&checked, "control_sum"));
    assert_eq!((count.reason.as_deref(), sum.reason.as_deref()), (Some("AM18"), Some("AM10")));
    assert!(line(&file.xml(), count.line).contains("<NbOfTxs>") && line(&file.xml(), sum.line).contains("<CtrlSum>"));
    assert_eq!(sum.path.as_deref(), Some("/Document/CstmrCdtTrfInitn/GrpHdr/CtrlSum"));
    assert_eq!((sum.value.as_deref(), checked.errors), (Some("10.01"), 2));
}

/// ISO-052.
#[test]
fn an_element_out_of_order() {
    let xml = File::default()
        .xml()
        .replace("<PmtInfId>P1</PmtInfId><PmtMtd>TRF</PmtMtd>", "<PmtMtd>TRF</PmtMtd>\n<PmtInfId>P1</PmtInfId>");
    let checked = run(xml.as_bytes(), BankProfile::default());
    let found = only(&checked, "schema");
    assert!(found.change.contains("PmtMtd") && line(&xml, found.line).contains("PmtInfId"), "{found:?}");
}

/// ISO-053.
#[test]
fn ids_used_twice() {
    let second = Transaction { amount: "11.00", ..Transaction::default() };
    let file = File::of(vec![Transaction::default(), second.clone()]);
    let checked = file.check();
    let found = only(&checked, "duplicate_identifier");
    assert_eq!((found.level, found.reason.as_deref(), found.transaction), (Level::Error, Some("DU04"), Some(2)));
    let across = file.xml().replace(
        "</CdtTrfTxInf>\n<CdtTrfTxInf>",
        "</CdtTrfTxInf>\n</PmtInf><PmtInf><PmtInfId>P2</PmtInfId><PmtMtd>TRF</PmtMtd><ReqdExctnDt><Dt>2026-12-01</Dt></ReqdExctnDt>\
         <Dbtr><Nm>Firma</Nm></Dbtr><DbtrAcct><Id><IBAN>FI2112345600000785</IBAN></Id></DbtrAcct><DbtrAgt><FinInstnId/></DbtrAgt>\
         <CdtTrfTxInf>",
    );
    assert_eq!(short(&run(across.as_bytes(), BankProfile::default())), []);
    let same_batch = across.replace("P2", "P1");
    assert_eq!(
        only(&run(same_batch.as_bytes(), BankProfile::default()), "duplicate_identifier").reason.as_deref(),
        Some("DU02")
    );
    let without = |id| Transaction { id, ..second.clone() };
    assert_eq!(
        File::of(vec![Transaction { id: "NOTPROVIDED", ..Transaction::default() }, without("NOTPROVIDED")]).found(),
        []
    );
}

/// ISO-054.
#[test]
fn equal_transactions() {
    let second = Transaction { id: "E2", amount: "10.0", ..Transaction::default() };
    let file = File { sum: Some("20.00"), ..File::of(vec![Transaction::default(), second.clone()]) };
    let checked = file.check();
    let found = only(&checked, "duplicate_transaction");
    assert_eq!(found.level, Level::Warning);
    let xml = file.xml();
    let lines: Vec<usize> =
        (1..).zip(xml.lines()).filter(|(_, text)| text.contains("<CdtTrfTxInf>")).map(|(at, _)| at).collect();
    assert!(lines.iter().all(|at| found.message.contains(&at.to_string())), "{} {lines:?}", found.message);
    let other = Transaction { remittance: "<Ustrd>Invoice 2</Ustrd>", ..second };
    assert_eq!(File { sum: Some("20.00"), ..File::of(vec![Transaction::default(), other]) }.found(), []);
}

/// ISO-055, and files of other versions and variants.
#[test]
fn one_sentence_for_another_version() {
    let profile = BankProfile { accepts: Some(PaymentVersion::V09), ..BankProfile::default() };
    let old = File { version: "03", ..File::with_address("<PstlAdr/>") }.xml();
    let checked = run(old.as_bytes(), profile.clone());
    assert_eq!(short(&checked), [is("version", Level::Error)]);
    assert_eq!(checked.findings[0].message, "this is pain.001.001.03, not pain.001.001.09");
    for namespace in [
        "urn:iso:std:iso:20022:tech:xsd:pain.001.001.13",
        "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08",
        "http://www.six-interbank-clearing.com/de/pain.001.001.03.ch.02.xsd",
        "urn:iso:std:iso:20023:tech:xsd:pain.001.001.09",
        "",
    ] {
        let xml = File::default().xml().replace("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", namespace);
        let checked = run(xml.as_bytes(), BankProfile::default());
        assert_eq!(short(&checked), [is("version", Level::Error)], "{namespace}");
    }
}

/// ISO-012 and ISO-106: `check` finds everything that `make` refuses.
#[test]
fn amounts() {
    for (amount, rule) in
        [("0.00", "amount"), ("1.234", "amount"), ("1000000000.00", "amount"), ("NaN", "schema"), ("1e3", "schema")]
    {
        let file = File { sum: Some(if rule == "schema" { "1" } else { amount }), ..one(|it| it.amount = amount) };
        assert_eq!(file.found(), [is(rule, Level::Error)], "{amount}");
    }
    let file = File { sum: Some("10"), ..one(|it| it.currency = "USD") };
    assert_eq!(file.found(), [is("currency", Level::Error)]);
}

#[test]
fn purposes_are_codes_of_the_list() {
    for (code, wanted) in [
        ("GDDS", vec![]),
        ("XQZW", vec![("purpose", Level::Warning)]),
        ("sala", vec![("purpose", Level::Error)]),
        ("S-A", vec![("purpose", Level::Error)]),
    ] {
        let purpose = format!("<Purp><Cd>{code}</Cd></Purp>\n<RmtInf>");
        let xml = File::default().xml().replace("<RmtInf>", &purpose);
        let checked = run(xml.as_bytes(), BankProfile::default());
        let found: Vec<_> = checked.findings.iter().map(|found| (found.rule.as_str(), found.level)).collect();
        assert_eq!(found, wanted, "{code}");
        for found in &checked.findings {
            assert_eq!((found.reason.as_deref(), found.value.as_deref()), (Some("FF07"), Some(code)));
            assert!(found.path.as_ref().is_some_and(|path| path.ends_with("/Purp/Cd")), "{found:?}");
            assert!(line(&xml, found.line).contains("<Purp>"), "{found:?}");
        }
    }
    // A bank's own purpose is not in the list.
    let own = File::default().xml().replace("<RmtInf>", "<Purp><Prtry>own words</Prtry></Purp>\n<RmtInf>");
    assert_eq!(run(own.as_bytes(), BankProfile::default()).findings, []);
}

/// ISO-019 to ISO-023.
#[test]
fn references() {
    let scor = |issuer: &str, text: &str| -> &'static str {
        format!("<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry>{issuer}</Tp><Ref>{text}</Ref></CdtrRefInf></Strd>").leak()
    };
    let own_kind =
        "<Strd><CdtrRefInf><Tp><CdOrPrtry><Prtry>OWN</Prtry></CdOrPrtry></Tp><Ref>RF-2026-1</Ref></CdtrRefInf></Strd>";
    let fi = "FI7944052020036082";
    for (iban, remittance, wanted) in [
        ("DE89370400440532013000", scor("<Issr>ISO</Issr>", "RF18539007547034"), vec![]),
        ("DE89370400440532013000", scor("<Issr>ISO</Issr>", "RF18539007547035"), vec![is("reference", Level::Error)]),
        (fi, scor("", "1232"), vec![]),
        (fi, scor("", "123"), vec![is("reference", Level::Warning)]),
        (fi, scor("", "13"), vec![is("reference", Level::Error)]),
        ("BE68539007547034", scor("<Issr>BBA</Issr>", "000000000196"), vec![is("reference", Level::Error)]),
        ("SE4550000000058398257466", scor("", "12345675"), vec![is("reference", Level::Warning)]),
        ("NO9386011117947", scor("", "602243"), vec![]),
        ("CH4431999123000889012", "<Ustrd>x</Ustrd>", vec![is("reference", Level::Warning)]),
        ("LV80BANK0000435195001", scor("", "A//B"), vec![is("reference", Level::Error)]),
        // A creditor's own number that begins with RF, with and without being marked as one of ISO 11649.
        ("LV80BANK0000435195001", own_kind, vec![]),
        ("LV80BANK0000435195001", scor("", "RF-2026-1"), vec![is("reference", Level::Warning)]),
        ("LV80BANK0000435195001", scor("<Issr>ISO</Issr>", "RF-2026-1"), vec![is("reference", Level::Error)]),
    ] {
        let file = one(|it| (it.iban, it.remittance) = (iban, remittance));
        assert_eq!(file.found(), wanted, "{remittance}");
    }
    let reference = scor("", "1232");
    let both: &'static str = format!("<Ustrd>x</Ustrd>{reference}").leak();
    assert_eq!(one(|it| (it.iban, it.remittance) = (fi, both)).found(), [is("remittance", Level::Error)]);
    let twice: &'static str = format!("{reference}{reference}").leak();
    assert_eq!(one(|it| (it.iban, it.remittance) = (fi, twice)).found(), [is("remittance", Level::Warning)]);
    let document = |kind: &str, element: &str, amount: &str| {
        format!(
            "<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Nb>1</Nb></RfrdDocInf>\
             <RfrdDocAmt><{element} Ccy=\"EUR\">{amount}</{element}></RfrdDocAmt></Strd>"
        )
    };
    for (invoice, wanted) in [("15.00", vec![]), ("16.00", vec![is("remittance", Level::Error)])] {
        let parts = document("CINV", "RmtdAmt", invoice) + &document("CREN", "CdtNoteAmt", "5.00");
        let file = one(|it| it.remittance = parts.leak());
        let checked = run(file.xml().as_bytes(), BankProfile::from_base(BaseProfile::Aos2));
        assert_eq!(short(&checked), wanted, "{invoice}");
    }
}

/// ISO-025 to ISO-032.
#[test]
fn names_texts_and_ids() {
    assert_eq!(one(|it| it.creditor = "x".repeat(71).leak()).found(), [is("name", Level::Error)]);
    assert_eq!(one(|it| it.creditor = "x".repeat(70).leak()).found(), []);
    // Of the debtor, and of the party that initiates.
    let long = "x".repeat(71);
    for (element, path) in [("<Dbtr><Nm>", "/PmtInf[1]/Dbtr/Nm"), ("<InitgPty><Nm>", "/GrpHdr/InitgPty/Nm")] {
        let xml = one(|_| {}).xml().replace(&format!("{element}Firma"), &format!("{element}{long}"));
        let checked = run(xml.as_bytes(), BankProfile::default());
        let found = only(&checked, "name");
        assert!(found.level == Level::Error && found.path.as_deref().unwrap().ends_with(path), "{found:?}");
        assert_eq!(found.reason.as_deref(), Some("BE20"));
    }
    let name = one(|it| it.creditor = "Ääkköset Öy &amp; Co");
    let checked = name.check();
    let found = only(&checked, "characters");
    assert_eq!((found.level, found.value.as_deref()), (Level::Warning, Some("Ääkköset Öy & Co")));
    assert!(found.change.contains("Aakkoset Oy + Co"), "{}", found.change);
    let latin1 = BankProfile { characters: Characters::Latin1, ..BankProfile::default() };
    let found = run(one(|it| it.creditor = "Ääkköset Öy").xml().as_bytes(), latin1.clone());
    assert_eq!(short(&found), []);
    assert_eq!(one(|it| it.creditor = "漢字").found(), [is("characters", Level::Error)]);
    assert_eq!(one(|it| it.creditor = "A//B").found(), []);
    for id in ["/A", "A/", "A//B", "A_B", "å"] {
        let file = one(|it| it.id = id);
        assert_eq!(short(&run(file.xml().as_bytes(), latin1.clone())), [is("identifier", Level::Error)], "{id}");
    }
}

/// ISO-035 to ISO-040.
#[test]
fn accounts_and_dates() {
    let error = |rule| [is(rule, Level::Error)];
    assert_eq!(one(|it| it.iban = "FI9912345600000060").found(), error("account"));
    assert_eq!(one(|it| it.iban = "DE89370400440532013001").found(), error("account"));
    assert_eq!(one(|it| it.iban = "FI2112345600000785").found(), [is("same_account", Level::Warning)]);
    assert_eq!(one(|it| it.iban = "AE070331234567890123456").found(), [is("kind", Level::Warning)]);
    for (execution, wanted) in [
        ("2026-12-25", vec![is("date", Level::Warning)]),
        ("2026-12-05", vec![is("date", Level::Warning)]),
        ("2027-12-06", vec![is("date", Level::Warning)]),
        ("2026-12-07", vec![]),
        ("2026-01-01", vec![is("date", Level::Error)]),
        ("9999-12-31", vec![is("date", Level::Warning)]),
        ("2026-02-30", vec![is("schema", Level::Error)]),
    ] {
        assert_eq!(File { execution, ..File::default() }.found(), wanted, "{execution}");
    }
    let instant = "<SvcLvl><Cd>SEPA</Cd></SvcLvl><LclInstrm><Cd>INST</Cd></LclInstrm>";
    assert_eq!(File { execution: "2026-12-25", kind: instant, ..File::default() }.found(), []);
}

/// In a file of one line, a schema error for one account does not hide findings for the others.
#[test]
fn a_schema_error_hides_only_its_own_element() {
    let accounts = ["DE89!", "DE89370400440532013001", "FI9912345600000060"];
    let many = accounts.iter().enumerate().map(|(at, iban)| Transaction {
        id: ["E1", "E2", "E3"][at],
        amount: ["1.00", "2.00", "3.00"][at],
        iban,
        ..Transaction::default()
    });
    let xml = File::of(many.collect()).xml().replace('\n', "");
    let checked = run(xml.as_bytes(), BankProfile::default());
    let wanted = [is("schema", Level::Error), is("account", Level::Error), is("account", Level::Error)];
    assert_eq!(short(&checked), wanted, "{:?}", checked.findings);
}

/// Today is the day in the time zone, for checking as for making.
#[test]
fn today_is_the_day_of_the_zone() {
    let helsinki = TimeZone::fixed(jiff::tz::offset(2));
    // 2026-11-22T23:30:00Z.
    let now_ms = 1_795_390_200_000;
    assert_eq!(CheckOptions::in_zone(now_ms, helsinki).today.0.to_string(), "2026-11-23");
    assert_eq!(CheckOptions::in_zone(now_ms, TimeZone::UTC).today.0.to_string(), "2026-11-22");
}

#[test]
fn sizes_by_profile() {
    let two =
        File::of(vec![Transaction::default(), Transaction { id: "E2", amount: "1.00", ..Transaction::default() }]);
    let profile = BankProfile { batch_transactions: Some(1), file_transactions: Some(1), ..BankProfile::default() };
    let checked = run(two.xml().as_bytes(), profile);
    assert_eq!(short(&checked), [is("size", Level::Error), is("size", Level::Error)]);
}

/// Other programs leave the service level out of payments that banks take for those of SEPA.
#[test]
fn long_names_of_payments_that_may_be_of_sepa() {
    let long = "x".repeat(71);
    let plain = one(|it| it.creditor = "x".repeat(71).leak()).xml();
    let plain = plain.replace(&format!("<PmtTpInf>{}</PmtTpInf>", crate::SEPA), "");
    let with = |bearer: &str, xml: &str| xml.replace("</DbtrAgt>", &format!("</DbtrAgt><ChrgBr>{bearer}</ChrgBr>"));
    let names = |xml: &str| {
        let found = run(xml.as_bytes(), BankProfile::default()).findings;
        let found = found.into_iter().filter(|found| found.rule == "name");
        found.map(|found| (found.level, found.path.unwrap())).collect::<Vec<_>>()
    };
    let document = "/Document/CstmrCdtTrfInitn";
    let creditor = (Level::Warning, format!("{document}/PmtInf[1]/CdtTrfTxInf[1]/Cdtr/Nm"));
    assert_eq!(names(&with("SLEV", &plain)), std::slice::from_ref(&creditor));
    // Of each transaction.
    let own = plain.replace("</Amt>", "</Amt><ChrgBr>SLEV</ChrgBr>");
    assert_eq!(names(&own), [creditor]);
    for (element, path) in [("<Dbtr><Nm>", "PmtInf[1]/Dbtr/Nm"), ("<InitgPty><Nm>", "GrpHdr/InitgPty/Nm")] {
        for xml in [with("SLEV", &plain), own.clone()] {
            let xml = xml.replace(&format!("{element}Firma"), &format!("{element}{long}"));
            assert!(names(&xml).contains(&(Level::Warning, format!("{document}/{path}"))), "{path}");
        }
    }
    // Shared charges, another currency, and another service level are not of SEPA.
    assert_eq!(names(&with("SHAR", &plain)), []);
    assert_eq!(names(&with("SLEV", &plain.replace("\"EUR\"", "\"SEK\""))), []);
    let urgent = one(|it| it.creditor = "x".repeat(71).leak()).xml().replace("SEPA", "NURG");
    assert_eq!(names(&with("SLEV", &urgent)), []);
}
