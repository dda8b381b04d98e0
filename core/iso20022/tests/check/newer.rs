//! Versions 10 to 12 of the payment file: checked as version 9, with what differs; and several files in one.

use bankchannel_iso20022::rules::{BankProfile, Level, PaymentVersion};
use bankchannel_iso20022::{read_payment, schema};

use super::{File, Transaction, is, run, short};

/// The payment file in a version.
fn in_version(version: &'static str) -> String {
    File { version, ..File::default() }.xml()
}

#[test]
fn newer_versions_are_checked_by_rules_and_schema() {
    for version in ["10", "11", "12"] {
        let checked = run(in_version(version).as_bytes(), BankProfile::default());
        assert_eq!(short(&checked), [is("version", Level::Warning)], "{version}: {:?}", checked.findings);
        assert!(checked.is_good() && checked.payment.is_some());
        let found = &checked.findings[0];
        assert!(found.message.contains(version) && found.change.contains("pain.001.001.09"), "{found}");
        assert_eq!(found.message.contains("schema is not here"), version == "12", "{found}");
        // The rules.
        let wrong = File {
            version,
            ..File::of(vec![Transaction { iban: "DE00370400440532013000", ..Transaction::default() }])
        };
        let checked = run(wrong.xml().as_bytes(), BankProfile::default());
        assert!(short(&checked).contains(&is("account", Level::Error)), "{version}: {:?}", checked.findings);
        // The bank takes another one.
        let accepts = BankProfile { accepts: Some(PaymentVersion::V09), ..BankProfile::default() };
        assert_eq!(short(&run(in_version(version).as_bytes(), accepts)), [is("version", Level::Error)]);
        let read = read_payment(in_version(version).as_bytes()).unwrap();
        assert_eq!((read.batches.len(), read.notes), (1, Vec::<String>::new()));
    }
}

#[test]
fn what_differs_from_version_9_is_known() {
    let source = "<InitnSrc><Nm>Example</Nm></InitnSrc>\n</GrpHdr>";
    let instruction = "<InstrForDbtrAgt><Cd>ABCD</Cd><InstrInf>at noon</InstrInf></InstrForDbtrAgt>\n<RmtInf>";
    let with = |version| in_version(version).replace("</GrpHdr>", source).replace("<RmtInf>", instruction);
    for version in ["10", "11"] {
        let xml = with(version);
        let checked = run(xml.as_bytes(), BankProfile::default());
        assert!(!short(&checked).contains(&is("schema", Level::Error)), "{version}: {:?}", checked.findings);
        let read = read_payment(xml.as_bytes()).unwrap();
        assert_eq!(read.batches[0].transactions[0].instruction.as_deref(), Some("ABCD at noon"));
        let unread: Vec<&str> = read.unread.iter().map(|one| one.path.as_str()).collect();
        assert_eq!(unread, ["/Document/CstmrCdtTrfInitn/GrpHdr/InitnSrc/Nm"]);
    }
    // Version 9 has none of it.
    let checked = run(with("09").as_bytes(), BankProfile::default());
    assert!(short(&checked).contains(&is("schema", Level::Error)), "{:?}", checked.findings);
    // A text alone is the form of version 9.
    let plain = in_version("10").replace("<RmtInf>", "<InstrForDbtrAgt>at noon</InstrForDbtrAgt>\n<RmtInf>");
    assert!(short(&run(plain.as_bytes(), BankProfile::default())).contains(&is("schema", Level::Error)));
}

#[test]
fn the_newer_schemas_judge_themselves() {
    for (version, message) in [("10", schema::MessageType::Pain00100110), ("11", schema::MessageType::Pain00100111)] {
        assert_eq!(schema::validate(message, in_version(version).as_bytes()), Ok(()));
    }
}

/// Two payment files one after the other: both are orders, so neither is to be lost.
#[test]
fn several_payment_files_in_one_are_named() {
    let (one, bare) = (in_version("09"), in_version("09").replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", ""));
    for file in [format!("{one}{one}"), format!("{one}{bare}"), format!("{one}\n\n{one}")] {
        let checked = run(file.as_bytes(), BankProfile::default());
        let found = checked.findings.iter().find(|found| found.level == Level::Error).unwrap();
        assert!(
            found.message.contains("several payment files") && found.change.contains("all of them are orders"),
            "{found}"
        );
        assert!(found.line.is_some());
        let refused = read_payment(file.as_bytes()).unwrap_err();
        assert!(refused.message.contains("several payment files"), "{refused}");
    }
}
