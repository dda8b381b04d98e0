//! Reading of real banks' variants: version 8, other prefixes, unknown elements, values kept verbatim.
#![allow(clippy::unwrap_used)]

mod common;

use bankchannel_iso20022::camt::{self, Direction};
use bankchannel_iso20022::{MessageType, meaning, pain001, pain002};

const STATEMENT: &str = include_str!("data/camt.053.001.08.xml");
const NOTIFICATION: &str = include_str!("data/camt.054.001.08.xml");

#[test]
fn a_statement_of_version_8() {
    let report = camt::read(STATEMENT.as_bytes()).unwrap();
    assert_eq!((report.message, report.message_id.as_str()), (Some(MessageType::Camt05300108), "BANK-0815"));
    assert_eq!(report.created, "2026-07-22T01:02:03.004+03:00");
    let account = &report.accounts[0];
    assert_eq!((account.account.as_str(), account.sequence.as_deref()), ("FI2112345600000785", Some("142")));
    assert_eq!(account.owner.as_deref(), Some("Synthetic Debtor Oy"));
    let opening = account.balance("OPBD").unwrap();
    assert_eq!((opening.amount.value.as_str(), opening.signed_cents()), ("12.5", Some(-1250)));
    assert_eq!(account.balances[1].code, "Own kind");
    assert_eq!((account.balances[1].amount.value.as_str(), account.balances[1].signed_cents()), ("87.499", None));
    assert_eq!(account.balances[1].date, "2026-07-21T23:59:59");

    let entry = &account.entries[0];
    assert_eq!((entry.status.as_str(), entry.bank_code.as_deref()), ("BOOK", Some("PMNT/RCDT/ESCT")));
    assert_eq!(
        (entry.value_date.as_deref(), entry.information.as_deref()),
        (Some("2026-07-21T12:00:00Z"), Some("thank you"))
    );
    let transaction = &entry.transactions[0];
    assert_eq!(transaction.uetr.as_deref(), Some("6f9d3c52-8a41-4c1e-9b7d-2e5f0a716c38"));
    assert_eq!(transaction.amount.as_ref().unwrap().to_string(), "100.00 EUR");
    assert_eq!(
        (transaction.debtor.as_deref(), transaction.creditor.as_deref()),
        (Some("Payer & Sons"), Some("A bank"))
    );
    assert_eq!(transaction.debtor_iban.as_deref(), Some("DE89370400440532013000"));
    assert_eq!(transaction.remittance, ["line one", "line two"]);
    assert_eq!(transaction.creditor_reference.as_deref(), Some("RF18539007547034"));
    assert_eq!((account.entries[1].status.as_str(), account.entries[1].bank_code.as_deref()), ("OWN", Some("700")));
}

#[test]
fn a_foreign_amount_and_a_reference_behind_an_invoice() {
    let foreign = "<AmtDtls><TxAmt><Amt Ccy=\"USD\">110.00</Amt></TxAmt></AmtDtls>";
    let file = STATEMENT
        .replace("<RltdPties>", &format!("{foreign}<RltdPties>"))
        .replace("<Strd>", "<Strd><RfrdDocInf><Nb>1</Nb></RfrdDocInf></Strd><Strd>");
    let transaction = &camt::read(file.as_bytes()).unwrap().accounts[0].entries[0].transactions[0];
    assert_eq!(transaction.amount.as_ref().unwrap().to_string(), "100.00 EUR");
    assert_eq!(transaction.creditor_reference.as_deref(), Some("RF18539007547034"));
}

#[test]
fn a_notification_with_prefixes() {
    let report = camt::read(NOTIFICATION.as_bytes()).unwrap();
    let account = &report.accounts[0];
    assert_eq!((account.account.as_str(), account.currency.as_deref()), ("123456-785", None));
    assert_eq!(
        (account.entries[0].amount.to_string().as_str(), &account.entries[0].direction),
        ("5 SEK", &Direction::Debit)
    );
}

#[test]
fn unknown_elements_and_codes_do_not_disturb() {
    let odd = STATEMENT
        .replace("<Stmt>", "<Novelty><Deep a=\"b\">x</Deep></Novelty><Stmt><Novelty/>")
        .replace("<CdtDbtInd>DBIT</CdtDbtInd><Dt>", "<CdtDbtInd>BOTH</CdtDbtInd><Dt>")
        .replace("camt.053.001.08", "camt.053.001.14");
    let report = camt::read(odd.as_bytes()).unwrap();
    assert_eq!(report.message, None);
    let balance = &report.accounts[0].balances[0];
    assert_eq!((balance.direction.code(), balance.signed_cents()), ("BOTH", None));
    assert_eq!(report.accounts[0].entries.len(), 2);
}

#[test]
fn a_bank_s_status_report_with_own_codes() {
    let file = r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.03"><CstmrPmtStsRpt>
        <GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-07-22T01:02:03</CreDtTm></GrpHdr>
        <OrgnlGrpInfAndSts><OrgnlMsgId>M1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.03</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
        <OrgnlPmtInfAndSts><OrgnlPmtInfId>P1</OrgnlPmtInfId>
          <TxInfAndSts><OrgnlEndToEndId>E1</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>
          <TxInfAndSts><OrgnlEndToEndId>E2</OrgnlEndToEndId><TxSts>RJCT</TxSts>
            <StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf>
            <StsRsnInf><Rsn><Prtry>X-77</Prtry></Rsn><AddtlInf>ask us</AddtlInf></StsRsnInf>
            <OrgnlTxRef><Amt><InstdAmt Ccy="EUR">7.10</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
        </OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"#;
    let report = pain002::read(file.as_bytes()).unwrap();
    assert_eq!(meaning::status(report.status.as_deref().unwrap()), Some("some transactions accepted, others not"));
    let second = &report.payments[0].transactions[1];
    assert_eq!(second.reasons[0].meaning(), Some("account is closed"));
    assert_eq!((second.reasons[1].code.as_deref(), second.reasons[1].meaning()), (Some("X-77"), None));
    assert_eq!(second.reasons[1].information, ["ask us"]);
    assert_eq!(second.amount.as_ref().unwrap().to_string(), "7.10 EUR");
    assert!(!report.is_accepted());
}

#[test]
fn the_wrong_kind_of_file_is_named() {
    assert!(pain002::read(STATEMENT.as_bytes()).unwrap_err().to_string().contains("not a status report"));
    let payment = bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes();
    assert!(camt::read(payment).unwrap_err().to_string().contains("no statement"));
}

#[test]
fn the_example_as_data() {
    let payment = pain001::parse(bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes()).unwrap();
    assert_eq!((payment.transaction_count, payment.control_sum), (2, Some(145_005)));
    let info = &payment.payments[0];
    assert_eq!(
        (info.id.as_str(), info.batch_booking, info.execution_date.as_str()),
        ("SYNTH-PMT-2026-001", Some(true), "2026-07-21")
    );
    assert_eq!(info.debtor.name.as_deref(), Some("Synthetic Debtor Oy"));
    assert_eq!(
        (info.debtor.iban.as_deref(), info.debtor.bic.as_deref()),
        (Some("FI2112345600000785"), Some("NDEAFIHH"))
    );
    let [first, second] = info.transactions.as_slice() else { panic!("two transactions") };
    assert_eq!((first.amount_cents, first.instruction_id.as_deref()), (25_005, Some("SYNTH-INSTR-001")));
    assert_eq!((second.end_to_end_id.as_str(), second.uetr.is_some()), ("SYNTH-E2E-0002", true));
    assert_eq!(second.creditor.bic.as_deref(), Some("COBADEFF"));
    let totals = payment.debtor_totals().unwrap();
    assert_eq!((totals[0].iban.as_str(), totals[0].total_cents), ("FI2112345600000785", 145_005));
}

#[test]
fn a_moment_of_execution_is_read_too() {
    let file = common::edited("<Dt>2026-07-21</Dt>", "<DtTm>2026-07-21T10:00:00Z</DtTm>");
    assert_eq!(pain001::parse(file.as_bytes()).unwrap().payments[0].execution_date, "2026-07-21T10:00:00Z");
}

#[test]
fn an_explanation_names_line_field_and_change() {
    let report = pain001::explain(common::edited("<CtrlSum>1450.05", "<CtrlSum>1450.06").as_bytes());
    assert!(!report.is_good() && report.payment.is_some());
    let problem = &report.problems[0];
    assert_eq!(
        (problem.code, problem.line, problem.path.as_str()),
        ("AM10", Some(8), "/Document/CstmrCdtTrfInitn/GrpHdr/CtrlSum")
    );
    assert_eq!(
        problem.to_string(),
        "line 8: <CtrlSum> says 1450.06, but the amounts add up to 1450.05; write 1450.05, or correct the amounts"
    );

    let several =
        common::edited("EE382200221020145685", "EE382200221020145686").replacen("<NbOfTxs>2", "<NbOfTxs>20", 1);
    let report = pain001::explain(several.as_bytes());
    let seen: Vec<_> = report.problems.iter().map(|p| (p.code, p.line, p.path.as_str())).collect();
    assert_eq!(
        seen,
        [
            ("AM18", Some(7), "/Document/CstmrCdtTrfInitn/GrpHdr/NbOfTxs"),
            ("AC01", Some(59), "/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf[1]/CdtrAcct/Id/IBAN"),
        ]
    );
    assert!(report.problems[1].message.contains("wrong check digits"));

    assert!(pain001::explain(bankchannel_iso20022::EXAMPLE_PAIN001.as_bytes()).is_good());
    let nothing = pain001::explain(b"not xml");
    assert!(nothing.identity.is_none() && nothing.problems.len() == 1);
}
