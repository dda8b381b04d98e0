//! The cost of reading a statement of 50 MB with 100,000 entries: time compared with the pull parser alone over the
//! same bytes, and memory of the reader that returns entry by entry.
//!
//! `cargo run --release -p bankchannel-iso20022 --example read_speed [ENTRIES [FILE]]`: with a file, the statement is written there
//! and nothing is measured.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write as _;
use std::io::{Cursor, Read};
use std::time::Duration;

use bankchannel_iso20022::cash::{CashItem, CashReader, ReadOptions};
use bankchannel_iso20022::read_statement;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Rounds of each measurement: the fastest counts.
const ROUNDS: usize = 7;

fn main() {
    let entries = std::env::args().nth(1).map_or(100_000, |text| text.parse().unwrap());
    if let Some(path) = std::env::args().nth(2) {
        std::io::copy(&mut Statement::of(entries), &mut std::fs::File::create(path).unwrap()).unwrap();
        return;
    }
    let before = peak_kib();
    assert_eq!(count(Statement::of(entries)), entries);
    println!("memory of the iterator: {} KiB at its peak", peak_kib() - before);

    let mut file = String::new();
    Statement::of(entries).read_to_string(&mut file).unwrap();
    println!("{entries} entries, {} bytes", file.len());
    // Interleaved, so that other load on the machine affects all alike.
    let mut least = [Duration::MAX; 3];
    for _ in 0..ROUNDS {
        let measured = [time(|| parser_alone(&file)), time(|| count(file.as_bytes())), time(|| whole(&file))];
        least = std::array::from_fn(|which| least[which].min(measured[which]));
    }
    let ratio = |time: Duration| time.as_secs_f64() / least[0].as_secs_f64();
    println!("quick-xml alone:      {:?}", least[0]);
    println!("entry by entry:       {:?}, {:.2} times that", least[1], ratio(least[1]));
    let seconds = |which: usize| least[which].as_secs_f64();
    println!("whole, held in memory: {:?}, {:.2} times that", least[2], ratio(least[2]));
    println!("{{\"seconds\": {}, \"parser_seconds\": {}}}", seconds(1), seconds(0));
}

fn parser_alone(file: &str) {
    let mut reader = Reader::from_str(file);
    while !matches!(reader.read_event().unwrap(), Event::Eof) {}
}

fn count(input: impl Read) -> usize {
    let reader = CashReader::open(input, &ReadOptions::default()).unwrap();
    reader.filter(|item| matches!(item.as_ref().unwrap(), CashItem::Entry(_))).count()
}

fn whole(file: &str) {
    assert!(read_statement(file.as_bytes()).unwrap().next.is_none());
}

fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = processor_time();
    drop(work());
    processor_time() - start
}

/// The CPU time of this thread: other load on the machine must not count.
fn processor_time() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
}

/// The peak memory of the process so far.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// A statement that is generated while it is read.
struct Statement {
    piece: Cursor<String>,
    next: usize,
    entries: usize,
}

impl Statement {
    fn of(entries: usize) -> Self {
        let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>\
            <GrpHdr><MsgId>M</MsgId><CreDtTm>2026-11-20T08:00:00</CreDtTm></GrpHdr>\n<Stmt><Id>S</Id>\
            <Acct><Id><IBAN>FI2112345600000785</IBAN></Id><Ccy>EUR</Ccy></Acct>\n";
        Self { piece: Cursor::new(head.to_owned()), next: 0, entries }
    }

    fn refill(&mut self) {
        let number = self.next;
        let (whole, cents) = (number % 1000, number % 100);
        let piece = self.piece.get_mut();
        piece.clear();
        if number < self.entries {
            writeln!(
                piece,
                "<Ntry><NtryRef>{number}</NtryRef><Amt Ccy=\"EUR\">{whole}.{cents:02}</Amt>\
                 <CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt>\
                 <AcctSvcrRef>R{number}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>E{number}</EndToEndId></Refs>\
                 <Amt Ccy=\"EUR\">{whole}.{cents:02}</Amt><RltdPties><Dbtr><Pty><Nm>Payer &amp; Sons {number}</Nm></Pty>\
                 </Dbtr><DbtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></DbtrAcct></RltdPties>\
                 <RmtInf><Ustrd>Invoice {number} of November</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
            )
            .unwrap();
        } else if number == self.entries {
            piece.push_str("</Stmt></BkToCstmrStmt></Document>\n");
        }
        self.piece.set_position(0);
        self.next += 1;
    }
}

impl Read for Statement {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.piece.position() == self.piece.get_ref().len() as u64 {
            self.refill();
        }
        self.piece.read(buffer)
    }
}
