//! The output of our own writers is read back as its input; no bytes cause a panic.

use bankchannel_iso20022::amount::Amount;
use bankchannel_iso20022::camt::{self, AccountReport, Balance, CashReport, Direction, Entry, EntryTransaction};
use bankchannel_iso20022::{cash, pain002, read_payment, read_status_report};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::{IBAN, read};

fn report() -> impl Strategy<Value = CashReport> {
    let name = "[A-Za-z0-9&<>äöå€]{1,35}";
    let transaction = (
        option::of("E[0-9]{1,20}"),
        0..=99_999_999_999_999_i64,
        option::of(name),
        vec("[a-zA-Z<>&ö]{1,60}( [a-z]{1,9})?", 0..3),
    )
        .prop_map(|(end_to_end_id, cents, creditor, remittance)| EntryTransaction {
            end_to_end_id,
            amount: Some(Amount::from_cents(cents, "EUR")),
            creditor,
            creditor_iban: Some("DE89370400440532013000".into()),
            remittance,
            ..EntryTransaction::default()
        });
    let entry = (option::of("R[0-9]{1,20}"), 0..=99_999_999_999_999_i64, any::<bool>(), vec(transaction, 0..3))
        .prop_map(|(reference, cents, debit, transactions)| Entry {
            reference,
            amount: Amount::from_cents(cents, "EUR"),
            direction: if debit { Direction::Debit } else { Direction::Credit },
            status: "BOOK".into(),
            booking_date: Some("2026-11-20".into()),
            value_date: Some("2026-11-21".into()),
            bank_code: Some("PMNT/ICDT/ESCT".into()),
            batch_count: Some(transactions.len().to_string()),
            transactions,
            ..Entry::default()
        });
    vec(entry, 0..5).prop_map(|entries| CashReport {
        message: None,
        message_id: "M1".into(),
        created: "2026-11-20T07:00:00Z".into(),
        accounts: vec![AccountReport {
            id: "S1".into(),
            created: Some("2026-11-20T07:00:00Z".into()),
            account: IBAN.into(),
            currency: Some("EUR".into()),
            balances: vec![Balance::new("OPBD", -12_345, "EUR", "2026-11-20")],
            entries,
            ..AccountReport::default()
        }],
    })
}

fn signed(cents: i64, debit: bool) -> String {
    bankchannel_foundation::model::Decimal::from_cents(if debit { -cents } else { cents }).to_string()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn iso_058_a_written_statement_is_read_as_what_it_was_made_from(report in report()) {
        let bytes = camt::write_statement(&report).unwrap();
        let file = read(std::str::from_utf8(&bytes).unwrap());
        let (made, found) = (&report.accounts[0], &file.statements[0]);
        prop_assert_eq!(found.account.iban.as_deref(), Some(IBAN));
        prop_assert_eq!(found.balances[0].money.as_ref().unwrap().amount.as_str(), "-123.45");
        prop_assert_eq!(found.entries.len(), made.entries.len());
        for (made, found) in made.entries.iter().zip(&found.entries) {
            let debit = made.direction == Direction::Debit;
            prop_assert!(found.problems.is_empty());
            prop_assert_eq!(&found.reference, &made.reference);
            prop_assert_eq!(found.money.as_ref().unwrap().amount.as_str(), signed(made.amount.cents().unwrap(), debit));
            prop_assert_eq!(found.batches[0].count, made.batch_count.as_ref().map(|count| count.parse().unwrap()));
            for (made, found) in made.transactions.iter().zip(&found.details) {
                prop_assert_eq!(&found.end_to_end_id, &made.end_to_end_id);
                let cents = made.amount.as_ref().unwrap().cents().unwrap();
                prop_assert_eq!(found.money.as_ref().unwrap().amount.as_str(), signed(cents, debit));
                prop_assert_eq!(&found.remittance.lines, &made.remittance);
                prop_assert_eq!(&found.creditor.as_ref().unwrap().name, &made.creditor);
            }
            let sum: i64 = made.transactions.iter().map(|one| one.amount.as_ref().unwrap().cents().unwrap()).sum();
            let sum = (!made.transactions.is_empty()).then(|| signed(sum, debit));
            prop_assert_eq!(found.details_sum.as_ref().map(ToString::to_string), sum);
        }
        // The same in small pieces, as from a slow connection.
        let slow = cash::read_statement(Pieces(&bytes)).unwrap();
        prop_assert_eq!(slow, file);
    }

    #[test]
    fn a_written_status_report_is_read_as_what_it_was_made_from(ids in vec("[A-Z0-9]{1,35}", 1..5), code in "[A-Z]{2}[0-9]{2}") {
        let transactions = ids.iter().map(|id| pain002::TransactionStatus {
            end_to_end_id: Some(id.clone()),
            status: Some("RJCT".into()),
            reasons: vec![pain002::Reason::new(code.clone(), "why")],
            ..pain002::TransactionStatus::default()
        });
        let report = pain002::StatusReport {
            message_id: "R".into(),
            created: "2026-11-20T07:00:00Z".into(),
            original_message_id: "M".into(),
            original_message_name: "pain.001.001.09".into(),
            payments: vec![pain002::PaymentStatus { id: "P".into(), transactions: transactions.collect(), ..pain002::PaymentStatus::default() }],
            ..pain002::StatusReport::default()
        };
        let read = read_status_report(pain002::write(&report).unwrap().as_slice()).unwrap().reports.remove(0);
        let found: Vec<_> = read.batches[0].transactions.iter().map(|one| one.end_to_end_id.clone().unwrap()).collect();
        prop_assert_eq!(found, ids);
        prop_assert_eq!(&read.batches[0].transactions[0].reasons[0].code.as_ref().unwrap().code, &code);
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
    fn damaged_statements_are_answered(report in report(), edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..6)) {
        let mut bytes = camt::write_statement(&report).unwrap();
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
