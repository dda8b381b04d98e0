//! The cost of reading an MT940 with 100,000 entries: time compared with a bare pass over its lines, and memory of the
//! reader that returns entry by entry.
//!
//! `cargo run --release -p bankchannel-iso20022 --example swift_speed [ENTRIES [FILE]]`: with a file, the statement is
//! written there and nothing is measured.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read};
use std::time::Duration;

use bankchannel_iso20022::cash::{CashItem, CashReader, ReadOptions};

/// Rounds of each measurement: the fastest counts.
const ROUNDS: usize = 7;
/// Passes over the lines in a round: one alone takes less than the clock shows.
const PASSES: u32 = 20;

fn main() {
    let entries = std::env::args().nth(1).map_or(100_000, |text| text.parse().unwrap());
    let file = statement(entries);
    if let Some(path) = std::env::args().nth(2) {
        std::fs::write(path, file).unwrap();
        return;
    }
    println!("{entries} entries, {} bytes", file.len());
    // Interleaved, so that other load on the machine affects all alike.
    let mut least = [Duration::MAX; 2];
    for _ in 0..ROUNDS {
        let measured = [
            time(|| (0..PASSES).map(|_| lines_alone(black_box(file.as_bytes()))).sum::<usize>()) / PASSES,
            time(|| assert_eq!(count(file.as_bytes()), entries)),
        ];
        least = std::array::from_fn(|which| least[which].min(measured[which]));
    }
    let [lines, own] = least.map(|time| time.as_secs_f64());
    println!("its lines alone: {:?}", least[0]);
    println!("entry by entry:  {:?}, {:.2} times that", least[1], own / lines);
    println!("{{\"seconds\": {own}, \"lines_seconds\": {lines}}}");
}

/// Each line as a text of its own.
fn lines_alone(input: impl Read) -> usize {
    BufReader::new(input).lines().map(|line| line.unwrap().len()).sum()
}

fn count(input: impl Read) -> usize {
    let reader = CashReader::open(input, &ReadOptions::default()).unwrap();
    reader.filter(|item| matches!(item.as_ref().unwrap(), CashItem::Entry(_))).count()
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = processor_time();
    black_box(work());
    processor_time() - start
}

/// The CPU time of this thread: other load on the machine must not count.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// A statement of a German bank.
fn statement(entries: usize) -> String {
    let mut file = ":20:STARTUMSE\r\n:25:37040044/0532013000\r\n:28C:00012/001\r\n:60F:C261120EUR0,00\r\n".to_owned();
    let mut sum = 0;
    for number in 0..entries {
        let (whole, cents) = (number % 1000, number % 100);
        sum += whole * 100 + cents;
        write!(
            file,
            ":61:2611201120CR{whole},{cents:02}NTRFNONREF//R{number}\r\n\
             :86:166?00UEBERWEISUNG?100931?20EREF+E{number}?21SVWZ+Invoice \r\n\
             {number}?22 of November?30COBADEFFXXX?31DE89370400440532013000?32Payer Sons {number}\r\n"
        )
        .unwrap();
    }
    write!(file, ":62F:C261120EUR{},{:02}\r\n-\r\n", sum / 100, sum % 100).unwrap();
    file
}
