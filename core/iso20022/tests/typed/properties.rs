//! The output of our own writers is read back as its input; no bytes cause a panic.

use bankchannel_bank_simulator::write::{statements, status_report};
use bankchannel_foundation::model::{Date, Decimal, Timestamp};
use bankchannel_iso20022::cash::{
    self, AmountDetail, AmountKind, BankTransactionCode, Batch, CashMessage, Direction, Entry, EntryDetail, Statement,
    StatementBalance,
};
use bankchannel_iso20022::data::{Code, Moment, Money, Party};
use bankchannel_iso20022::status::{BatchStatus, StatusReason, StatusReport, TransactionStatus};
use bankchannel_iso20022::{read_payment, read_status_report};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::{IBAN, read};

fn created() -> Option<Moment> {
    Moment::at(Timestamp::new("2026-11-20T07:00:00Z").unwrap())
}

fn euro(cents: i64) -> Money {
    Money::new(Decimal::from_cents(cents), "EUR")
}

fn detail(end_to_end_id: Option<String>, cents: i64, creditor: Option<String>, lines: Vec<String>) -> EntryDetail {
    let mut detail = EntryDetail::default();
    detail.end_to_end_id = end_to_end_id;
    detail.amounts = vec![AmountDetail::new(AmountKind::Transaction, euro(cents))];
    let mut party = Party::default();
    (party.name, party.iban) = (creditor, Some("DE89370400440532013000".into()));
    detail.creditor = Some(party.into());
    detail.remittance.lines = lines;
    detail
}

fn entry(reference: Option<String>, cents: i64, debit: bool, details: Vec<EntryDetail>) -> Entry {
    let mut entry = Entry::default();
    entry.reference = reference;
    entry.money = Some(euro(if debit { -cents } else { cents }));
    entry.direction = Some(if debit { Direction::Debit } else { Direction::Credit });
    entry.status = Some(Code::new("BOOK"));
    entry.booking_date = Some(Date::new(2026, 11, 20).unwrap());
    entry.value_date = Some(Date::new(2026, 11, 21).unwrap());
    let mut code = BankTransactionCode::default();
    (code.domain, code.family, code.sub_family) = (Some("PMNT".into()), Some("ICDT".into()), Some("ESCT".into()));
    entry.bank_code = Some(Box::new(code));
    let mut batch = Batch::default();
    batch.count = Some(details.len() as u64);
    entry.batches = vec![batch];
    entry.details = details;
    entry
}

fn statement() -> impl Strategy<Value = Statement> {
    let name = "[A-Za-z0-9&<>äöå€]{1,35}";
    let cents = || 0..=99_999_999_999_999_i64;
    let text = vec("[a-zA-Z<>&ö]{1,60}( [a-z]{1,9})?", 0..3);
    let details = (option::of("E[0-9]{1,20}"), cents(), option::of(name), text)
        .prop_map(|(id, cents, creditor, lines)| detail(id, cents, creditor, lines));
    let entries = (option::of("R[0-9]{1,20}"), cents(), any::<bool>(), vec(details, 0..3))
        .prop_map(|(reference, cents, debit, details)| entry(reference, cents, debit, details));
    vec(entries, 0..5).prop_map(|entries| {
        let mut statement = Statement::default();
        (statement.id, statement.created) = (Some("S1".into()), created());
        (statement.account.iban, statement.account.currency) = (Some(IBAN.into()), Some("EUR".into()));
        let mut balance = StatementBalance::default();
        (balance.kind, balance.money) = (Some(Code::new("OPBD")), Some(euro(-12_345)));
        balance.direction = Some(Direction::Debit);
        balance.date = Some(Moment::on(Date::new(2026, 11, 20).unwrap()));
        statement.balances = vec![balance];
        statement.entries = entries;
        statement
    })
}

fn written(statement: &Statement) -> Vec<u8> {
    let message = CashMessage { id: Some("M1".into()), created: created(), ..CashMessage::default() };
    statements(&message, std::slice::from_ref(statement)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn iso_058_a_written_statement_is_read_as_what_it_was_made_from(made in statement()) {
        let bytes = written(&made);
        let file = read(std::str::from_utf8(&bytes).unwrap());
        let found = &file.statements[0];
        prop_assert_eq!(found.account.iban.as_deref(), Some(IBAN));
        prop_assert_eq!(found.balances[0].money.as_ref().unwrap().amount.as_str(), "-123.45");
        prop_assert_eq!(found.entries.len(), made.entries.len());
        for (made, found) in made.entries.iter().zip(&found.entries) {
            let debit = made.direction == Some(Direction::Debit);
            prop_assert!(found.problems.is_empty());
            prop_assert_eq!(&found.reference, &made.reference);
            prop_assert_eq!(&found.money, &made.money);
            prop_assert_eq!(found.batches[0].count, made.batches[0].count);
            for (made, found) in made.details.iter().zip(&found.details) {
                prop_assert_eq!(&found.end_to_end_id, &made.end_to_end_id);
                let amount = &made.amounts[0].money.amount;
                prop_assert_eq!(&found.money.as_ref().unwrap().amount.abs(), amount);
                prop_assert_eq!(found.money.as_ref().unwrap().amount.is_negative(), debit && !amount.is_zero());
                prop_assert_eq!(&found.remittance.lines, &made.remittance.lines);
                prop_assert_eq!(&found.creditor.as_ref().unwrap().name, &made.creditor.as_ref().unwrap().name);
            }
            let amounts = made.details.iter().map(|one| &one.amounts[0].money.amount);
            let sum = amounts.fold(Decimal::from_cents(0), |sum, one| sum.checked_add(one).unwrap());
            let sum = if debit { Decimal::from_cents(0).checked_sub(&sum).unwrap() } else { sum };
            prop_assert_eq!(&found.details_sum, &(!made.details.is_empty()).then_some(sum));
        }
        // The same in small pieces, as from a slow connection.
        let slow = cash::read_statement(Pieces(&bytes)).unwrap();
        prop_assert_eq!(slow, file);
    }

    #[test]
    fn a_written_status_report_is_read_as_what_it_was_made_from(
        ids in vec("[A-Z0-9]{1,35}", 1..5),
        code in prop_oneof!["[A-Z]{2}[0-9]{2}", "[A-Z0-9-]{5,35}"],
        line in "[a-zA-Z0-9&<>]{1,50}( [a-zA-Z0-9äö]{1,50})?",
    ) {
        let mut reason = StatusReason::default();
        (reason.code, reason.information) = (Some(Code::new(code.clone())), vec![line.clone()]);
        let transactions = ids.iter().map(|id| {
            let mut one = TransactionStatus::default();
            (one.end_to_end_id, one.status) = (Some(id.clone()), Some(Code::new("RJCT")));
            one.reasons = vec![reason.clone()];
            one
        });
        let mut batch = BatchStatus::default();
        (batch.payment_id, batch.transactions) = (Some("P".into()), transactions.collect());
        let mut report = StatusReport::default();
        (report.id, report.created) = (Some("R".into()), created());
        report.original_message_id = Some("M".into());
        report.original_message_name = Some("pain.001.001.09".into());
        report.batches = vec![batch];
        let read = read_status_report(status_report(&report).unwrap().as_slice()).unwrap().reports.remove(0);
        prop_assert_eq!((&read.id, &read.created), (&report.id, &report.created));
        let found: Vec<_> = read.batches[0].transactions.iter().map(|one| one.end_to_end_id.clone().unwrap()).collect();
        prop_assert_eq!(found, ids);
        let reason = &read.batches[0].transactions[0].reasons[0];
        prop_assert_eq!(&reason.code.as_ref().unwrap().code, &code);
        prop_assert_eq!(&reason.information, &vec![line]);
    }

    #[test]
    fn random_markup_is_answered(pieces in vec(prop_oneof![
        Just("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">"), Just("<BkToCstmrStmt>"), Just("<Stmt>"), Just("<Ntry>"),
        Just("<NtryDtls><TxDtls>"), Just("</TxDtls></NtryDtls>"), Just("</Ntry>"), Just("</Stmt>"), Just("<Amt Ccy=\"EUR\">"), Just("</Amt>"), Just("1"),
        Just("<Amt Ccy='"), Just("'>"), Just("<![CDATA["), Just("]]>"), Just("<!--"), Just("-->"), Just("&amp;"), Just("&#0;"), Just("&#x"), Just(";"),
        Just("<?x"), Just("?>"), Just("<"), Just(">"), Just("/>"), Just("é"), Just("\u{feff}"), Just("\r\n"), Just("<CdtDbtInd/>"),
        Just("</BkToCstmrStmt></Document>"), Just("<CstmrPmtStsRpt>"), Just("<TxInfAndSts>"), Just("<CstmrCdtTrfInitn><PmtInf>")
    ], 0..40)) {
        let bytes = pieces.concat();
        cash::fuzz(bytes.as_bytes());
        let _ = (read_payment(bytes.as_bytes()), read_status_report(bytes.as_bytes()));
    }

    #[test]
    fn damaged_statements_are_answered(made in statement(), edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6)) {
        let mut bytes = written(&made);
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                _ => bytes.insert(at, byte),
            }
        }
        cash::fuzz(&bytes);
        // Whole or in pieces, the answer is the same.
        prop_assert_eq!(cash::read_statement(bytes.as_slice()), cash::read_statement(Pieces(&bytes)));
    }
}

/// Bytes that come a few at a time.
struct Pieces<'b>(&'b [u8]);

impl std::io::Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = buffer.len().min(7);
        self.0.read(&mut buffer[..size])
    }
}
