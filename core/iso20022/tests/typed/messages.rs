//! Status reports and payments.

use bankchannel_iso20022::{EXAMPLE_PAIN001, read_payment, read_status_report};

fn report(name: &str, root: &str, inside: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<Document xmlns=\"{name}\"><{root}><GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-11-20T08:00:00Z</CreDtTm></GrpHdr>\n\
         <OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><OrgnlMsgNmId>pain.001</OrgnlMsgNmId><OrgnlNbOfTxs>3</OrgnlNbOfTxs>\
         <OrgnlCtrlSum>30.00</OrgnlCtrlSum><GrpSts>PART</GrpSts>\
         <NbOfTxsPerSts><DtldNbOfTxs>2</DtldNbOfTxs><DtldSts>ACSP</DtldSts></NbOfTxsPerSts></OrgnlGrpInfAndSts>\n{inside}</{root}></Document>"
    )
}

const TRANSACTION: &str = "<TxInfAndSts><StsId>1</StsId><OrgnlInstrId>I1</OrgnlInstrId><OrgnlEndToEndId>E1</OrgnlEndToEndId>\
    <TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AM04</Cd></Rsn></StsRsnInf>\
    <StsRsnInf><Orgtr><Nm>Bank</Nm></Orgtr><Rsn><Prtry>X-77</Prtry></Rsn><AddtlInf>one</AddtlInf><AddtlInf>two</AddtlInf></StsRsnInf>\
    <AccptncDtTm>2026-11-20T07:59:00Z</AccptncDtTm><AcctSvcrRef>B9</AcctSvcrRef>\
    <OrgnlTxRef><Amt><InstdAmt Ccy=\"EUR\">10.00</InstdAmt></Amt><ReqdExctnDt><Dt>2026-11-21</Dt></ReqdExctnDt>\
    <Dbtr><Pty><Nm>D</Nm></Pty></Dbtr><Cdtr><Nm>C</Nm></Cdtr><CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct></OrgnlTxRef></TxInfAndSts>";

fn version_10() -> String {
    let inside = format!(
        "<OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId><PmtInfSts>RVNM</PmtInfSts>{TRANSACTION}</OrgnlPmtInfAndSts>"
    );
    report("urn:iso:std:iso:20022:tech:xsd:pain.002.001.10", "CstmrPmtStsRpt", &inside)
}

#[test]
fn iso_068_reasons_are_kept_with_words_where_there_are_some() {
    let report = read_status_report(version_10().as_bytes()).unwrap().reports.remove(0);
    assert_eq!((report.original_message_id.as_deref(), report.original_count), (Some("M1"), Some(3)));
    assert_eq!(report.status.as_ref().unwrap().meaning.as_deref(), Some("some transactions accepted, others not"));
    assert_eq!((report.counts[0].count, report.counts[0].status.as_ref().unwrap().code.as_str()), (Some(2), "ACSP"));
    let one = &report.batches[0].transactions[0];
    let [funds, own] = one.reasons.as_slice() else { panic!("two reasons") };
    assert_eq!(funds.code.as_ref().unwrap().meaning.as_deref(), Some("not enough money on the debtor account"));
    let code = own.code.as_ref().unwrap();
    assert_eq!((code.code.as_str(), code.meaning.as_deref(), code.proprietary), ("X-77", None, true));
    assert_eq!((own.information.len(), own.originator.as_deref()), (2, Some("Bank")));
    assert_eq!((one.servicer_reference.as_deref(), one.money.as_ref().unwrap().amount.as_str()), (Some("B9"), "10.00"));
    assert_eq!(
        (one.debtor.as_ref().unwrap().name.as_deref(), one.execution.as_ref().unwrap().date.to_string().as_str()),
        (Some("D"), "2026-11-21")
    );
    assert_eq!(one.creditor.as_ref().unwrap().iban.as_deref(), Some("DE89370400440532013000"));
}

#[test]
fn iso_069_two_documents_glued() {
    let one = version_10();
    let read = read_status_report(format!("{one}\n{one}").as_bytes()).unwrap();
    assert_eq!(read.reports.len(), 2);
    assert_eq!((read.reports[0].batches[0].line, read.reports[1].batches[0].line), (4, 8));
}

#[test]
fn iso_070_old_roots_and_foreign_namespaces() {
    let old = report("urn:iso:std:iso:20022:tech:xsd:pain.002.001.02", "pain.002.001.02", TRANSACTION);
    let read = read_status_report(old.as_bytes()).unwrap().reports.remove(0);
    assert_eq!((read.message.version, read.batches[0].payment_id.as_deref()), (Some(2), None));
    assert_eq!(read.batches[0].transactions[0].end_to_end_id.as_deref(), Some("E1"));
    let swiss = "http://www.six-interbank-clearing.com/de/pain.002.001.03.ch.02.xsd";
    let read = read_status_report(report(swiss, "CstmrPmtStsRpt", "").as_bytes()).unwrap().reports.remove(0);
    assert_eq!((read.message.name.as_deref(), read.notes.len()), (Some("pain.002.001.03"), 1));
}

#[test]
fn iso_071_the_payee_check_in_words() {
    let report = read_status_report(version_10().as_bytes()).unwrap().reports.remove(0);
    assert_eq!(report.batches[0].status.as_ref().unwrap().meaning.as_deref(), Some("payee check: no match"));
}

#[test]
fn iso_072_an_unknown_status_is_shown_as_written() {
    let report = read_status_report(version_10().replace("PART", "PEND").as_bytes()).unwrap().reports.remove(0);
    let status = report.status.unwrap();
    assert_eq!((status.code.as_str(), status.meaning), ("PEND", None));
}

#[test]
fn the_example_payment() {
    let file = read_payment(EXAMPLE_PAIN001.as_bytes()).unwrap();
    assert_eq!((file.count, file.sum.unwrap().as_str(), file.message.version), (Some(2), "1450.05", Some(9)));
    let batch = &file.batches[0];
    assert_eq!(
        (batch.batch_booking, batch.execution.as_ref().unwrap().date.to_string().as_str()),
        (Some(true), "2026-07-21")
    );
    let debtor = batch.debtor.as_ref().unwrap();
    assert_eq!((debtor.iban.as_deref(), debtor.bic.as_deref()), (Some("FI2112345600000785"), Some("NDEAFIHH")));
    let one = &batch.transactions[0];
    assert_eq!(
        (one.money.as_ref().unwrap().amount.as_str(), one.end_to_end_id.as_deref()),
        ("250.05", Some("SYNTH-E2E-0001"))
    );
    assert_eq!(one.remittance.lines, ["Invoice 1001"]);
    assert!(file.problems.is_empty() && file.notes.is_empty());
}

#[test]
fn iso_059_nothing_of_a_payment_is_lost() {
    let file = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.03\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M</MsgId></GrpHdr>\
        <PmtInf><PmtInfId>P</PmtInfId><PmtMtd>CHK</PmtMtd><PmtTpInf><InstrPrty>HIGH</InstrPrty><SvcLvl><Cd>URGP</Cd></SvcLvl>\
        <CtgyPurp><Cd>SALA</Cd></CtgyPurp></PmtTpInf><ReqdExctnDt>2026-11-21</ReqdExctnDt><Dbtr><Nm>D</Nm><PstlAdr><TwnNm>Oulu</TwnNm>\
        <Ctry>FI</Ctry><AdrLine>a</AdrLine></PstlAdr><Id><OrgId><Othr><Id>123</Id><SchmeNm><Cd>BANK</Cd></SchmeNm></Othr></OrgId></Id></Dbtr>\
        <CdtTrfTxInf><PmtId><EndToEndId>E</EndToEndId></PmtId><Amt><EqvtAmt><Amt Ccy=\"EUR\">5</Amt><CcyOfTrf>USD</CcyOfTrf></EqvtAmt></Amt>\
        <ChqInstr><ChqTp>BCHQ</ChqTp></ChqInstr><IntrmyAgt1><FinInstnId><BIC>CHASUS33</BIC></FinInstnId></IntrmyAgt1>\
        <IntrmyAgt2><FinInstnId><Nm>B2</Nm></FinInstnId></IntrmyAgt2><InstrForCdtrAgt><Cd>PHOB</Cd><InstrInf>call</InstrInf></InstrForCdtrAgt>\
        <RgltryRptg><Dtls><Cd>14</Cd><Inf>goods</Inf></Dtls></RgltryRptg></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>";
    let batch = read_payment(file.as_bytes()).unwrap().batches.remove(0);
    assert_eq!((batch.method.as_deref(), batch.kind.priority.as_deref()), (Some("CHK"), Some("HIGH")));
    assert_eq!(batch.kind.service_levels[0].meaning.as_deref(), Some("urgent"));
    assert_eq!(batch.kind.category_purpose.as_ref().unwrap().meaning.as_deref(), Some("salary"));
    let debtor = batch.debtor.as_ref().unwrap();
    assert_eq!((debtor.identifier.as_deref(), debtor.identifier_scheme.as_deref()), (Some("123"), Some("BANK")));
    let address = debtor.address.as_ref().unwrap();
    assert_eq!((address.town.as_deref(), address.lines.len()), (Some("Oulu"), 1));
    let one = &batch.transactions[0];
    assert_eq!(
        (one.equivalent.as_ref().unwrap().amount.as_str(), one.transfer_currency.as_deref()),
        ("5", Some("USD"))
    );
    assert_eq!((one.cheque.as_deref(), one.intermediary_banks.len()), (Some("BCHQ"), 2));
    assert_eq!(one.intermediary_banks[0].bic.as_deref(), Some("CHASUS33"));
    assert_eq!(
        (one.creditor_bank_instructions.join(";"), one.regulatory_reporting.join(";")),
        ("PHOB call".into(), "14 goods".into())
    );
}

#[test]
fn iso_106_bad_amounts_in_a_payment_are_five_problems() {
    let bad = ["-0.00", "1e3", "NaN", "1234567890123456789", ""];
    let all: String = bad
        .iter()
        .map(|text| format!("\n<CdtTrfTxInf><Amt><InstdAmt Ccy=\"EUR\">{text}</InstdAmt></Amt></CdtTrfTxInf>"))
        .collect();
    let file = format!("<Document><CstmrCdtTrfInitn><PmtInf>{all}</PmtInf></CstmrCdtTrfInitn></Document>");
    let read = read_payment(file.as_bytes()).unwrap();
    assert!(read.batches[0].transactions.iter().all(|one| one.money.is_none()));
    let seen: Vec<_> = read
        .problems
        .iter()
        .map(|one| (one.line.unwrap(), one.path.as_deref().unwrap()))
        .filter(|(_, path)| path.ends_with("Amt/InstdAmt"))
        .collect();
    assert_eq!(seen.len(), 5, "{:?}", read.problems);
    assert_eq!(seen[1], (3, "/Document/CstmrCdtTrfInitn/PmtInf[1]/CdtTrfTxInf[2]/Amt/InstdAmt"));
}

#[test]
fn the_wrong_kind_of_file_is_named() {
    let wrong = read_payment(version_10().as_bytes()).unwrap_err();
    assert_eq!(wrong.message, "this is pain.002.001.10, which holds no credit transfer initiation");
    assert!(read_status_report(EXAMPLE_PAIN001.as_bytes()).unwrap_err().change.contains("pain.002"));
    assert!(bankchannel_iso20022::read_statement(EXAMPLE_PAIN001.as_bytes()).unwrap_err().change.contains("camt.053"));
    let two = format!("{EXAMPLE_PAIN001}{EXAMPLE_PAIN001}");
    assert!(read_payment(two.as_bytes()).unwrap_err().message.contains("several"));
}
