//! Properties: no foreign byte causes a panic, documents are read back as written, money is conserved.
#![allow(clippy::unwrap_used)]

use bankchannel_iso20022::amount::{Amount, format_cents};
use bankchannel_iso20022::camt::{self, AccountReport, Balance, CashReport, Direction, Entry, EntryTransaction};
use bankchannel_iso20022::pain002::{self, PaymentStatus, Reason, StatusReport, TransactionStatus};
use bankchannel_iso20022::simulator::{Ids, Ledger, Outcome, decide};
use bankchannel_iso20022::{EXAMPLE_PAIN001, MessageType, pain001, schema};
use jiff::Timestamp;
use jiff::civil::Date;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

const IBANS: [&str; 3] = ["FI2112345600000785", "DE89370400440532013000", "EE382200221020145685"];

fn moment() -> (Timestamp, Date, Ids) {
    ("2026-11-20T07:00:00Z".parse().unwrap(), "2026-11-20".parse().unwrap(), Ids::new("P").unwrap())
}

fn every_reader(bytes: &[u8]) {
    let (now, today, ids) = moment();
    let explained = pain001::explain(bytes);
    assert_eq!(pain001::parse(bytes).is_ok(), explained.payment.is_some());
    let _ = (pain002::read(bytes), camt::read(bytes), schema::identify(bytes));
    for message in MessageType::ALL {
        let _ = schema::validate(message, bytes);
    }
    let outcome = decide(bytes, &Ledger::with_default_account(), now, today, &ids).unwrap();
    let accepted = matches!(outcome, Outcome::Accepted { .. });
    assert!(!accepted || explained.is_good(), "booked although {:?}", explained.problems);
}

/// Text as in ids and names: no control characters (a writer replaces them), no blank edges needed.
fn text(longest: usize) -> impl Strategy<Value = String> {
    vec(
        prop_oneof![
            Just('&'),
            Just('<'),
            Just('"'),
            Just('é'),
            Just('😀'),
            Just('\n'),
            Just('\t'),
            proptest::char::range(' ', '~')
        ],
        1..=longest,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn amount() -> impl Strategy<Value = Amount> {
    (0..=99_999_999_999_999_i64).prop_map(|cents| Amount::from_cents(cents, "EUR"))
}

fn reasons() -> impl Strategy<Value = Vec<Reason>> {
    let code = prop_oneof!["[A-Z0-9]{4}", "[A-Z0-9-]{5,35}"];
    let lines = vec("[a-zA-Z0-9&<>]{1,50}( [a-zA-Z0-9äö]{1,50})?", 0..3);
    vec((option::of(code), lines).prop_map(|(code, information)| Reason { code, information }), 0..3)
}

fn transaction_status() -> impl Strategy<Value = TransactionStatus> {
    (option::of(text(35)), option::of(text(35)), option::of("[A-Z]{4}"), reasons(), option::of(amount())).prop_map(
        |(instruction_id, end_to_end_id, status, reasons, amount)| TransactionStatus {
            instruction_id,
            end_to_end_id,
            uetr: None,
            status,
            reasons,
            amount,
        },
    )
}

fn status_report() -> impl Strategy<Value = StatusReport> {
    let part = (text(35), option::of("[A-Z]{4}"), reasons(), vec(transaction_status(), 0..4))
        .prop_map(|(id, status, reasons, transactions)| PaymentStatus { id, status, reasons, transactions });
    (text(35), text(35), option::of("[0-9]{1,15}"), option::of("[A-Z]{4}"), reasons(), vec(part, 0..3)).prop_map(
        |(message_id, original_message_id, original_transaction_count, status, reasons, payments)| StatusReport {
            message_id,
            created: "2026-11-20T07:00:00Z".into(),
            original_message_id,
            original_message_name: "pain.001.001.09".into(),
            original_transaction_count,
            original_control_sum: None,
            status,
            reasons,
            payments,
        },
    )
}

fn entry() -> impl Strategy<Value = Entry> {
    let transaction =
        (option::of(text(35)), option::of(amount()), option::of(text(140)), 0..IBANS.len(), vec(text(140), 0..3))
            .prop_map(|(end_to_end_id, amount, creditor, iban, remittance)| EntryTransaction {
                end_to_end_id,
                amount,
                creditor,
                creditor_iban: Some(IBANS[iban].into()),
                remittance,
                ..EntryTransaction::default()
            });
    (option::of(text(35)), amount(), any::<bool>(), vec(transaction, 0..3)).prop_map(
        |(reference, amount, debit, transactions)| Entry {
            reference,
            amount,
            direction: if debit { Direction::Debit } else { Direction::Credit },
            status: "BOOK".into(),
            booking_date: Some("2026-11-20".into()),
            value_date: Some("2026-11-21".into()),
            bank_code: Some("PMNT/ICDT/ESCT".into()),
            batch_count: Some(transactions.len().to_string()),
            transactions,
            ..Entry::default()
        },
    )
}

fn cash_report() -> impl Strategy<Value = CashReport> {
    let balances = vec(-99_999_999_999_999_i64..=99_999_999_999_999, 1..3)
        .prop_map(|all| all.into_iter().map(|cents| Balance::new("CLBD", cents, "EUR", "2026-11-20")).collect());
    let account = (text(35), 0..IBANS.len(), option::of(text(140)), balances, vec(entry(), 0..4)).prop_map(
        |(id, iban, owner, balances, entries)| AccountReport {
            id,
            sequence: Some("7".into()),
            created: Some("2026-11-20T07:00:00Z".into()),
            account: IBANS[iban].into(),
            currency: Some("EUR".into()),
            owner,
            balances,
            entries,
        },
    );
    (text(35), vec(account, 1..3)).prop_map(|(message_id, accounts)| CashReport {
        message: None,
        message_id,
        created: "2026-11-20T07:00:00Z".into(),
        accounts,
    })
}

/// A payment file over the given amounts, one part for each row, alternately batch booked.
fn payment(rows: &[(usize, Vec<i64>)]) -> String {
    let (head, rest) = EXAMPLE_PAIN001.split_once("    <PmtInf>").unwrap();
    let (part, tail) = rest.split_once("</PmtInf>\n").unwrap();
    let (part_head, rest) = part.split_once("      <CdtTrfTxInf>").unwrap();
    let transaction = rest.split_once("</CdtTrfTxInf>").unwrap().0;
    let count: usize = rows.iter().map(|(_, cents)| cents.len()).sum();
    let total: i64 = rows.iter().flat_map(|(_, cents)| cents).sum();
    let mut file = head.replace("<NbOfTxs>2", &format!("<NbOfTxs>{count}")).replace("1450.05", &format_cents(total));
    for (number, (iban, cents)) in rows.iter().enumerate() {
        let sum = format_cents(cents.iter().sum());
        let part_head = part_head.replace("<NbOfTxs>2", &format!("<NbOfTxs>{}", cents.len())).replace("1450.05", &sum);
        let part_head = part_head
            .replace(IBANS[0], IBANS[*iban])
            .replace("<BtchBookg>true", &format!("<BtchBookg>{}", number % 2 == 0));
        file.push_str(&format!("    <PmtInf>{part_head}"));
        for cents in cents {
            file.push_str(&format!(
                "<CdtTrfTxInf>{}</CdtTrfTxInf>",
                transaction.replace("250.05", &format_cents(*cents))
            ));
        }
        file.push_str("</PmtInf>\n");
    }
    file + tail
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        every_reader(&bytes);
    }

    #[test]
    fn random_markup_is_answered(pieces in vec(prop_oneof![
        Just("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\">"), Just("<CstmrCdtTrfInitn>"), Just("<GrpHdr>"),
        Just("</GrpHdr>"), Just("<PmtInf>"), Just("</PmtInf>"), Just("<a b='"), Just("'>"), Just("<![CDATA["), Just("]]>"), Just("<!--"),
        Just("-->"), Just("&amp;"), Just("&#0;"), Just("&#x"), Just(";"), Just("<?x"), Just("?>"), Just("<"), Just(">"), Just("/>"), Just("é"),
        Just("</CstmrCdtTrfInitn></Document>"), Just("xmlns:p=\"\"")
    ], 0..40)) {
        every_reader(pieces.concat().as_bytes());
    }

    #[test]
    fn mutated_examples_are_answered(edits in vec((0..EXAMPLE_PAIN001.len(), any::<u8>(), 0..3_u8), 1..6)) {
        let mut bytes = EXAMPLE_PAIN001.as_bytes().to_vec();
        for (at, byte, kind) in edits {
            let at = at % bytes.len();
            match kind {
                0 => bytes[at] = byte,
                1 => { bytes.remove(at); }
                _ => bytes.insert(at, byte),
            }
        }
        every_reader(&bytes);
    }

    #[test]
    fn moved_pieces_of_the_example_are_answered(from in 0..100_usize, to in 0..100_usize, length in 1..6_usize) {
        let mut lines: Vec<&str> = EXAMPLE_PAIN001.lines().collect();
        let start = from % lines.len();
        let end = (start + length).min(lines.len());
        let piece: Vec<&str> = lines.drain(start..end).collect();
        let at = to % (lines.len() + 1);
        lines.splice(at..at, piece);
        every_reader(lines.join("\n").as_bytes());
    }

    #[test]
    fn a_written_status_report_is_read_back(report in status_report()) {
        let bytes = pain002::write(&report).unwrap();
        prop_assert_eq!(pain002::read(&bytes).unwrap(), report);
    }

    #[test]
    fn a_written_statement_is_read_back(report in cash_report()) {
        let bytes = camt::write_statement(&report).unwrap();
        let read = camt::read(&bytes).unwrap();
        prop_assert_eq!(read.message, Some(MessageType::Camt05300102));
        prop_assert_eq!(CashReport { message: None, ..read }, report);
    }

    #[test]
    fn a_written_notification_is_read_back(mut report in cash_report()) {
        let bytes = camt::write_notification(&report).unwrap();
        let read = camt::read(&bytes).unwrap();
        report.accounts.iter_mut().for_each(|account| account.balances.clear());
        prop_assert_eq!(CashReport { message: None, ..read }, report);
    }

    #[test]
    fn money_is_conserved(
        rows in vec((0..IBANS.len(), vec(0..2_000_000_i64, 1..5)), 1..5),
        funds in vec(0..9_000_000_i64, IBANS.len()),
    ) {
        let (now, today, ids) = moment();
        let mut ledger = Ledger::default();
        for (iban, cents) in IBANS.iter().zip(&funds) {
            ledger.open(iban, "Owner", "EUR", *cents);
        }
        let owed: Vec<i64> = (0..IBANS.len())
            .map(|iban| rows.iter().filter(|(which, _)| *which == iban).flat_map(|(_, cents)| cents).sum())
            .collect();
        let enough = owed.iter().zip(&funds).all(|(owed, funds)| owed <= funds);
        let outcome = decide(payment(&rows).as_bytes(), &ledger, now, today, &ids).unwrap();
        let Outcome::Accepted { camt053, camt054, pain002: status, new_ledger } = outcome else {
            prop_assert!(!enough, "rejected although there is enough money");
            return Ok(());
        };
        prop_assert!(enough, "booked although there is too little money");
        prop_assert!(pain002::read(&status).unwrap().is_accepted());
        let (statement, notification) = (camt::read(&camt053).unwrap(), camt::read(&camt054).unwrap());
        for (account, notified) in statement.accounts.iter().zip(&notification.accounts) {
            let balance = |code| account.balance(code).unwrap().signed_cents().unwrap();
            let moved: i64 = account.entries.iter().map(|entry| entry.signed_cents().unwrap()).sum();
            prop_assert_eq!(balance("OPBD") + moved, balance("CLBD"));
            prop_assert_eq!(&account.entries, &notified.entries);
            for entry in &account.entries {
                let parts: i64 = entry.transactions.iter().map(|t| t.amount.as_ref().unwrap().cents().unwrap()).sum();
                prop_assert_eq!(parts, entry.amount.cents().unwrap());
            }
            let which = IBANS.iter().position(|iban| *iban == account.account).unwrap();
            prop_assert_eq!(-moved, owed[which]);
            prop_assert_eq!(balance("OPBD"), funds[which]);
        }
        for (which, iban) in IBANS.iter().enumerate() {
            prop_assert_eq!(new_ledger.accounts[*iban].balance_cents, funds[which] - owed[which]);
        }
    }
}
