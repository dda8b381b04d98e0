//! One entry: amounts, details, parties, references.

use crate::{IBAN, amount, details, entry, first, only, statement};

#[test]
fn iso_074_the_amount_of_the_detail_comes_before_that_of_the_transaction() {
    let foreign = "<AmtDtls><InstdAmt><Amt Ccy=\"USD\">110.00</Amt></InstdAmt><TxAmt><Amt Ccy=\"USD\">110.00</Amt>\
        <CcyXchg><SrcCcy>USD</SrcCcy><TrgtCcy>EUR</TrgtCcy><XchgRate>1.1</XchgRate></CcyXchg></TxAmt></AmtDtls>";
    let inside = details(&format!("<Amt Ccy=\"EUR\">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>{foreign}"));
    for version in ["04", "08"] {
        let read = first(&statement(version, &entry("100.00", "CRDT", &inside)));
        let detail = &read.details[0];
        assert_eq!(amount(detail.money.as_ref()), Some("100.00"));
        assert_eq!(detail.money.as_ref().unwrap().currency, "EUR");
        assert_eq!((detail.amounts.len(), detail.amounts[1].money.currency.as_str()), (2, "USD"));
        assert_eq!(detail.amounts[1].rate.as_ref().map(ToString::to_string).as_deref(), Some("1.1"));
        assert_eq!(detail.amounts[1].source_currency.as_deref(), Some("USD"));
    }
    // Version 2 has no amount there: a foreign amount of the transaction is not the entry's, but its counter value is.
    let counter = foreign.replace("</TxAmt>", "</TxAmt><CntrValAmt><Amt Ccy=\"EUR\">99.00</Amt></CntrValAmt>");
    let read = first(&statement("02", &entry("100.00", "DBIT", &details(&counter))));
    assert_eq!(amount(read.details[0].money.as_ref()), Some("-99.00"));
    let read = first(&statement("02", &entry("100.00", "DBIT", &details(foreign))));
    assert_eq!(amount(read.details[0].money.as_ref()), Some("-100.00"), "the only detail is the entry");
}

#[test]
fn the_counter_value_counts_in_the_currency_of_the_entry_only() {
    let counter = |currency: &str| {
        let amounts = format!("<AmtDtls><CntrValAmt><Amt Ccy=\"{currency}\">9</Amt></CntrValAmt></AmtDtls>");
        first(&statement("02", &entry("10", "DBIT", &(details(&amounts) + &details(""))))).details.remove(0).money
    };
    assert_eq!((amount(counter("EUR").as_ref()), counter("USD")), (Some("-9"), None));
}

#[test]
fn details_of_a_debit_without_a_readable_amount_are_negative() {
    let read = only(&entry("x", "DBIT", &details("<Amt Ccy=\"EUR\">3.00</Amt>")));
    assert_eq!((read.money, amount(read.details[0].money.as_ref())), (None, Some("-3.00")));
}

#[test]
fn a_sign_in_an_amount_is_kept_and_told() {
    let own = "<Amt Ccy=\"EUR\">-5</Amt><CdtDbtInd>DBIT</CdtDbtInd>";
    let transaction = "<AmtDtls><TxAmt><Amt Ccy=\"EUR\">-5</Amt></TxAmt></AmtDtls>";
    for inside in [own, transaction] {
        let read = only(&entry("-5", "DBIT", &details(inside)));
        let amounts = [amount(read.money.as_ref()), amount(read.details[0].money.as_ref())];
        assert_eq!((amounts, read.problems.len()), ([Some("-5"); 2], 2), "{inside}");
    }
}

#[test]
fn iso_079_a_batch_adds_up() {
    let one = |cents: &str| format!("<TxDtls><Amt Ccy=\"EUR\">{cents}</Amt></TxDtls>");
    let batch = "<Btch><PmtInfId> P1 </PmtInfId><NbOfTxs>3</NbOfTxs><TtlAmt Ccy=\"EUR\">6.60</TtlAmt></Btch>";
    let inside = format!("<NtryDtls>{batch}{}{}{}</NtryDtls>", one("1.10"), one("2.20"), one("3.30"));
    let read = only(&entry("6.60", "DBIT", &inside));
    let amounts: Vec<_> = read.details.iter().map(|detail| amount(detail.money.as_ref()).unwrap()).collect();
    assert_eq!(amounts, ["-1.10", "-2.20", "-3.30"]);
    assert_eq!(read.details_sum.unwrap().as_str(), "-6.60");
    assert_eq!(read.details_difference.unwrap().as_str(), "0.00");
    let batch = &read.batches[0];
    assert_eq!((batch.payment_id.as_deref(), batch.count), (Some("P1"), Some(3)));
    assert_eq!((read.counterparty, read.end_to_end_id), (None, None), "several details have no single other side");
}

#[test]
fn iso_080_a_batch_without_amounts_has_none() {
    let inside = "<NtryDtls><TxDtls><Refs><TxId>1</TxId></Refs></TxDtls></NtryDtls><NtryDtls><TxDtls/></NtryDtls>";
    let read = first(&statement("02", &entry("10.00", "CRDT", inside)));
    assert_eq!(read.details.iter().filter(|detail| detail.money.is_none()).count(), 2);
    assert_eq!((amount(read.money.as_ref()), read.details_sum), (Some("10.00"), None));
}

#[test]
fn iso_081_a_charge_is_the_difference() {
    let charge = "<Chrgs><TtlChrgsAndTaxAmt Ccy=\"EUR\">26</TtlChrgsAndTaxAmt><Rcrd><Amt Ccy=\"EUR\">26.00</Amt>\
        <CdtDbtInd>DBIT</CdtDbtInd><ChrgInclInd>true</ChrgInclInd><Tp><Prtry><Id>X</Id></Prtry></Tp><Br>SHAR</Br></Rcrd></Chrgs>";
    let inside = format!("{charge}{}", details("<Amt Ccy=\"EUR\">1500.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>"));
    let read = only(&entry("1526.00", "DBIT", &inside));
    assert_eq!(read.details_sum.unwrap().as_str(), "-1500.00");
    assert_eq!(read.details_difference.unwrap().as_str(), "26.00");
    let charge = &read.charges[0];
    assert_eq!(
        (charge.money.amount.as_str(), charge.included, charge.bearer.as_deref()),
        ("-26.00", Some(true), Some("SHAR"))
    );
    assert_eq!((charge.kind.as_ref().unwrap().code.as_str(), amount(read.total_charges.as_deref())), ("X", Some("26")));
    let old = first(&statement(
        "02",
        &entry("5", "DBIT", "<Chrgs><Amt Ccy=\"EUR\">1</Amt></Chrgs><Chrgs><Amt Ccy=\"EUR\">2</Amt></Chrgs>"),
    ));
    let charges: Vec<_> = old.charges.iter().map(|charge| charge.money.amount.as_str()).collect();
    assert_eq!(charges, ["-1", "-2"]);
}

/// Both parties, the owner of the account among them.
fn both(owner: &str, other: &str) -> String {
    let account = |iban: &str| format!("<Id><IBAN>{iban}</IBAN></Id>");
    let party = |name: &str| format!("<Pty><Nm>{name}</Nm></Pty>");
    format!(
        "<RltdPties><{owner}>{}</{owner}><{owner}Acct>{}</{owner}Acct><{other}>{}</{other}><{other}Acct>{}</{other}Acct></RltdPties>",
        party("Owner"),
        account(IBAN),
        party("Other"),
        account("DE89 3704 0044 0532 0130 00")
    )
}

#[test]
fn iso_082_a_reversal_names_the_other_side() {
    let reversal = |direction: &str, parties: &str| {
        only(&entry("5.00", direction, &format!("<RvslInd>true</RvslInd>{}", details(parties))))
    };
    let read = reversal("CRDT", &both("Dbtr", "Cdtr"));
    assert_eq!((read.reversal, amount(read.money.as_ref())), (true, Some("5.00")));
    let other = read.counterparty.unwrap();
    assert_eq!((other.name.as_deref(), other.iban.as_deref()), (Some("Other"), Some("DE89370400440532013000")));
    let read = reversal("DBIT", &both("Cdtr", "Dbtr"));
    assert_eq!(read.counterparty.unwrap().name.as_deref(), Some("Other"));
    // A bank that swaps the parties together with the direction is understood too.
    let read = reversal("CRDT", &both("Cdtr", "Dbtr"));
    assert_eq!(read.counterparty.unwrap().name.as_deref(), Some("Other"));
}

#[test]
fn the_other_side_follows_the_direction() {
    for (direction, owner, other) in [("CRDT", "Cdtr", "Dbtr"), ("DBIT", "Dbtr", "Cdtr")] {
        let read = only(&entry("5.00", direction, &details(&both(owner, other))));
        assert_eq!(read.counterparty.unwrap().name.as_deref(), Some("Other"), "{direction}");
    }
    let read = only(&entry("5.00", "CRDT", &details("<RltdPties><Cdtr><Nm>Owner</Nm></Cdtr></RltdPties>")));
    assert_eq!(read.counterparty, None, "the owner is not the other side");
}

#[test]
fn iso_087_amounts_are_exact_however_they_are_written() {
    for (written, exact) in [
        ("149.87123", "149.87123"),
        ("000000000000149.87", "149.87"),
        ("5.", "5"),
        (" 1.50\n", "1.50"),
        ("+2", "2"),
        (".5", "0.5"),
        ("0.00", "0.00"),
        ("123456789012345678", "123456789012345678"),
    ] {
        let read = only(&entry(written, "CRDT", ""));
        assert_eq!((amount(read.money.as_ref()), read.problems.len()), (Some(exact), 0), "{written}");
    }
    assert_eq!(amount(only(&entry("0.00", "DBIT", "")).money.as_ref()), Some("0.00"), "no negative zero is made");
}

#[test]
fn iso_089_all_remittance_is_kept() {
    let structured = "<Strd><RfrdDocInf><Tp><CdOrPrtry><Cd>CINV</Cd></CdOrPrtry></Tp><Nb>4711</Nb><RltdDt>2026-11-01</RltdDt>\
        </RfrdDocInf><RfrdDocAmt><DuePyblAmt Ccy=\"EUR\">9</DuePyblAmt><TaxAmt><Amt Ccy=\"EUR\">1</Amt></TaxAmt></RfrdDocAmt></Strd>\
        <Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>ISO</Issr></Tp><Ref>RF18539007547034</Ref></CdtrRefInf>\
        <AddtlRmtInf>more</AddtlRmtInf></Strd>";
    let inside = details(&format!("<RmtInf><Ustrd>one</Ustrd><Ustrd>two</Ustrd>{structured}</RmtInf>"));
    let read = only(&entry("5", "CRDT", &format!("{inside}<AddtlNtryInf>added</AddtlNtryInf>")));
    assert_eq!(read.text.as_deref(), Some("one\ntwo"));
    assert_eq!(read.creditor_reference.as_deref(), Some("RF18539007547034"), "of the second structured part");
    assert_eq!(read.information.as_deref(), Some("added"));
    let [invoice, reference] = read.details[0].remittance.structured.as_slice() else { panic!("two parts") };
    assert_eq!(invoice.documents[0].number.as_deref(), Some("4711"));
    assert_eq!(invoice.documents[0].kind.as_ref().unwrap().meaning.as_deref(), Some("commercial invoice"));
    let amounts: Vec<_> = invoice.amounts.iter().map(|one| (one.kind.as_str(), one.money.amount.as_str())).collect();
    assert_eq!(amounts, [("DuePyblAmt", "9"), ("TaxAmt", "1")]);
    let kind = reference.reference_kind.as_ref().unwrap();
    assert_eq!((kind.code.as_str(), kind.issuer.as_deref()), ("SCOR", Some("ISO")));
    assert_eq!(reference.information, ["more"]);
}

#[test]
fn iso_090_the_entry_s_text_is_that_of_its_only_detail() {
    let added = "<AddtlNtryInf>added</AddtlNtryInf>";
    assert_eq!(only(&entry("5", "CRDT", added)).text.as_deref(), Some("added"));
    let one = only(&entry("5", "CRDT", &format!("{}{added}", details(""))));
    assert_eq!([&one.text, &one.details[0].text].map(Option::as_deref), [Some("added"); 2]);
    let own = details("<RmtInf><Ustrd>own</Ustrd></RmtInf>");
    let own = only(&entry("5", "CRDT", &format!("{own}{added}")));
    assert_eq!([&own.text, &own.details[0].text].map(Option::as_deref), [Some("own"); 2]);
    let two = only(&entry("5", "CRDT", &format!("{}{}{added}", details(""), details(""))));
    assert!(two.details.len() == 2 && two.details.iter().all(|detail| detail.text.is_none()));
}

#[test]
fn iso_091_a_reference_that_says_none_is_none() {
    let refs = "<Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId> </TxId><InstrId>I1</InstrId><ChqNb>7</ChqNb>\
        <Prtry><Tp>Arkiv</Tp><Ref>99</Ref></Prtry></Refs>";
    let read = only(&entry("5", "CRDT", &details(refs)));
    let detail = &read.details[0];
    assert_eq!((read.end_to_end_id.as_deref(), detail.transaction_id.as_deref()), (None, None));
    assert_eq!(detail.placeholders.get("EndToEndId").map(String::as_str), Some("NOTPROVIDED"));
    assert_eq!((detail.instruction_id.as_deref(), detail.cheque_number.as_deref()), (Some("I1"), Some("7")));
    assert_eq!(detail.other_references.get("Arkiv").map(String::as_str), Some("99"));
}

#[test]
fn iso_092_a_bank_in_the_party_s_place() {
    let parties = "<RltdPties><Dbtr><Agt><FinInstnId><BICFI>NDEAFIHH</BICFI><Nm>A bank</Nm></FinInstnId></Agt></Dbtr>\
        <UltmtDbtr><Pty><Nm>Behind</Nm></Pty></UltmtDbtr></RltdPties>";
    let detail = only(&entry("5", "CRDT", &details(parties))).details.remove(0);
    let party = detail.counterparty.unwrap();
    assert_eq!((party.name.as_deref(), party.bic.as_deref()), (Some("A bank"), Some("NDEAFIHH")));
    assert_eq!(detail.ultimate_counterparty.unwrap().name.as_deref(), Some("Behind"));
}

#[test]
fn iso_093_accounts_that_are_no_iban() {
    let parties = "<RltdPties><Cdtr><Nm>C</Nm></Cdtr><CdtrAcct><Id><Othr><Id>123-4567</Id><SchmeNm><Prtry>BGNR</Prtry></SchmeNm>\
        </Othr></Id><Prxy><Id>+358401234567</Id></Prxy></CdtrAcct></RltdPties>\
        <RltdAgts><CdtrAgt><FinInstnId><BIC>ESSESESS</BIC></FinInstnId></CdtrAgt></RltdAgts>";
    let party = only(&entry("5", "DBIT", &details(parties))).counterparty.unwrap();
    assert_eq!((party.account.as_deref(), party.account_scheme.as_deref()), (Some("123-4567"), Some("BGNR")));
    assert_eq!((party.proxy.as_deref(), party.bic.as_deref()), (Some("+358401234567"), Some("ESSESESS")));
}

#[test]
fn iso_094_both_codes_of_the_bank() {
    let code = "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>\
        <Prtry><Cd>705</Cd><Issr>FFFS</Issr></Prtry></BkTxCd>";
    let read = only(&entry("5", "CRDT", code)).bank_code.unwrap();
    assert_eq!(read.meaning.as_deref(), Some("received credit transfer, SEPA"));
    assert_eq!((read.proprietary.as_deref(), read.issuer.as_deref()), (Some("705"), Some("FFFS")));
}

#[test]
fn iso_114_a_return_says_why() {
    let returned =
        format!("<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf></RtrInf>{}", both("Dbtr", "Cdtr"));
    let read = only(&entry("5", "CRDT", &details(&returned)));
    let reason = read.details[0].returned.as_ref().unwrap();
    assert_eq!(reason.reason.as_ref().unwrap().meaning.as_deref(), Some("account is closed"));
    assert_eq!(reason.information, ["closed"]);
    assert_eq!(read.counterparty.unwrap().name.as_deref(), Some("Other"));
}
