//! The address rule, in files.

use bankchannel_iso20022::rules::{BankProfile, HybridAddress, Level};

use super::{File, Transaction, is, line, only, run, short};

const LINES: &str = "<PstlAdr><AdrLine>Mannerheimintie 12 B 3</AdrLine><AdrLine>00100 Helsinki</AdrLine></PstlAdr>";

/// ISO-041, ISO-044 to ISO-047.
#[test]
fn forms() {
    let error = |rule| vec![is(rule, Level::Error)];
    for (inner, wanted) in [
        (
            "<StrtNm>Mannerheimintie</StrtNm><BldgNb>12</BldgNb><PstCd>00100</PstCd><TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry>",
            vec![],
        ),
        ("<TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry>", vec![]),
        ("<TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry><AdrLine>Mannerheimintie 12</AdrLine><AdrLine>B 3</AdrLine>", vec![]),
        ("<Ctry>FI</Ctry><AdrLine>Katu 1</AdrLine>", error("A1")),
        ("<TwnNm>Helsinki</TwnNm>", error("A1")),
        (
            "<TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry><AdrLine>a</AdrLine><AdrLine>b</AdrLine><AdrLine>c</AdrLine>",
            error("A2"),
        ),
        ("<TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry><AdrLine>00100 Helsinki</AdrLine>", vec![is("A3", Level::Warning)]),
        ("<TwnNm>London</TwnNm><Ctry>UK</Ctry>", error("A4")),
        ("<TwnNm>00100</TwnNm><Ctry>FI</Ctry>", error("A5")),
        ("<TwnNm>N/A</TwnNm><Ctry>FI</Ctry>", error("A5")),
    ] {
        let address: &'static str = format!("<PstlAdr>{inner}</PstlAdr>").leak();
        assert_eq!(File::with_address(address).found(), wanted, "{inner}");
    }
}

/// ISO-042, ISO-043 and ISO-049.
#[test]
fn the_date_and_the_suggestion() {
    for (execution, kind, currency, level, from) in [
        ("2026-11-13", super::SEPA, "EUR", Level::Warning, "2026-11-15"),
        ("2026-11-16", super::SEPA, "EUR", Level::Error, "2026-11-15"),
        ("2026-11-14", "<SvcLvl><Cd>NURG</Cd></SvcLvl>", "USD", Level::Error, "2026-11-14"),
    ] {
        let one = Transaction { address: LINES, currency, ..Transaction::default() };
        let file = File { execution, kind, ..File::of(vec![one]) };
        let profile = BankProfile { days_back: 30, ..BankProfile::default() };
        let checked = run(file.xml().as_bytes(), profile);
        let found = only(&checked, "A1");
        assert_eq!((found.level, found.reason.as_deref()), (level, (level == Level::Error).then_some("BE04")));
        assert!(found.message.contains(from), "{}", found.message);
        assert_eq!(found.transaction, Some(1));
        assert_eq!(found.value.as_deref(), Some("Mannerheimintie 12 B 3"));
        assert_eq!(found.path.as_deref(), Some("/Document/CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[1]/Cdtr/PstlAdr"));
        assert!(line(&file.xml(), found.line).contains("<PstlAdr>"));
    }
    let country =
        "<PstlAdr><Ctry>FI</Ctry><AdrLine>Mannerheimintie 12 B 3</AdrLine><AdrLine>00100 Helsinki</AdrLine></PstlAdr>";
    let checked = File::with_address(country).check();
    let change = &only(&checked, "A1").change;
    for part in ["StrtNm Mannerheimintie", "BldgNb 12 B 3", "PstCd 00100", "TwnNm Helsinki"] {
        assert!(change.contains(part), "{change}");
    }
}

/// ISO-048: the schema of version 3 does not know the elements.
#[test]
fn newer_fields_in_version_3() {
    let address = "<PstlAdr><BldgNm>Torni</BldgNm><TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry></PstlAdr>";
    let checked = File { version: "03", ..File::with_address(address) }.check();
    let found = only(&checked, "schema");
    assert!(found.message.contains("BldgNm"), "{}", found.message);
    assert_eq!(File::with_address(address).found(), []);
}

/// ISO-050.
#[test]
fn a_profile_without_hybrids() {
    let hybrid = "<PstlAdr><TwnNm>Helsinki</TwnNm><Ctry>FI</Ctry><AdrLine>Katu 1</AdrLine></PstlAdr>";
    let profile = BankProfile { hybrid_address: HybridAddress::Forbidden, ..BankProfile::default() };
    let checked = run(File::with_address(hybrid).xml().as_bytes(), profile);
    assert_eq!(short(&checked), [is("A8", Level::Error)]);
}
