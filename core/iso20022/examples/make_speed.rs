//! The cost of making a payment file of 100,000 transactions: time, and peak memory.
//!
//! `cargo run --release -p bankchannel-iso20022 --example make_speed [TRANSACTIONS] [BATCHES]`
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io;
use std::time::Instant;

use bankchannel_foundation::model::{Date, Decimal, Timestamp};
use bankchannel_iso20022::make::{CreditTransfer, PaymentData, PaymentMaker, PaymentParty, PaymentTable, RowFormat};

fn main() {
    let mut given = std::env::args().skip(1).map(|text| text.parse::<usize>().unwrap());
    let (count, batches) = (given.next().unwrap_or(100_000), given.next().unwrap_or(1));
    let (before, start) = (peak_kib(), Instant::now());
    let mut maker = maker();
    (0..count).for_each(|number| maker.add(transfer(number, batches)).unwrap());
    let made = maker.finish(io::sink()).unwrap();
    println!("{} transactions in {} batches, {}", made.transactions, made.batches.len(), made.control_sum);
    println!("from typed data: {:?}, {} KiB at its peak", start.elapsed(), peak_kib() - before);
    let rows: String =
        (0..count).map(|number| format!("Payee {number},FI1410093000123458,{},{number}\n", amount(number))).collect();
    let table = format!("creditor_name,creditor_iban,amount,text\n{rows}");
    let start = Instant::now();
    let mut maker = self::maker();
    maker.add_rows(table.as_bytes(), RowFormat::Csv, &PaymentTable::default()).unwrap();
    maker.finish(io::sink()).unwrap();
    println!("from a table: {:?}", start.elapsed());
}

fn maker() -> PaymentMaker {
    let created = Timestamp::new("2026-11-20T08:00:00+02:00").unwrap();
    let mut data = PaymentData::default();
    data.group.debtor = Some(party("Oy Yritys Ab", "FI2112345600000785"));
    data.group.execution_date = Some(Date("2026-11-23".parse().unwrap()));
    PaymentMaker::new(data, &created)
}

fn transfer(number: usize, batches: usize) -> CreditTransfer {
    let payee = party(&format!("Payee {number}"), "FI1410093000123458");
    let mut transfer = CreditTransfer::new(Decimal::new(&amount(number)).unwrap(), payee);
    transfer.text = Some(format!("Salary of November, number {number}"));
    // Round-robin over the batches: the worst case.
    transfer.group.batch_id = (batches > 1).then(|| format!("B{}", number % batches));
    transfer
}

fn amount(number: usize) -> String {
    format!("{}.{:02}", 1000 + number % 3000, number % 100)
}

fn party(name: &str, iban: &str) -> PaymentParty {
    PaymentParty { name: Some(name.to_owned()), iban: Some(iban.to_owned()), ..PaymentParty::default() }
}

/// The peak memory of the process so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
