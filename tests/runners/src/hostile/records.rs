//! Inputs against readers of records: many, cut, without ends, and with what must be joined.

use super::{Hostile, LARGE, repeated};

const STATEMENT: &[u8] = include_bytes!("../../../fuzz/corpus/finnish_records/statement");
const PAYMENTS: &[u8] = include_bytes!("../../../fuzz/corpus/finnish_records/payments");

pub(super) fn inputs() -> Vec<Hostile> {
    let head = line(STATEMENT, b"T00");
    let (entry, addition, balance) = (line(STATEMENT, b"T10"), line(STATEMENT, b"T11078"), line(STATEMENT, b"T40"));
    let item: Vec<u8> = entry.iter().enumerate().map(|(at, byte)| if at == 187 { b'1' } else { *byte }).collect();
    let after = |piece: &[u8]| [head.as_slice(), &piece.repeat(LARGE / piece.len())].concat();
    let of_entry = |piece: &[u8]| [head.as_slice(), &entry, &piece.repeat(LARGE / piece.len())].concat();
    let (batch, payment) = (line(PAYMENTS, b"0"), line(PAYMENTS, b"3"));
    let other: Vec<u8> = payment.iter().enumerate().map(|(at, byte)| if at == 10 { b'9' } else { *byte }).collect();
    vec![
        ("many entries", after(&entry)),
        ("many additions to one entry", of_entry(&addition)),
        ("many items of one entry", of_entry(&item)),
        ("items in items", of_entry(&[item.clone(), deeper(&item)].concat())),
        ("many balances", after(&balance)),
        ("many statements", repeated_bytes(&head)),
        ("no line ends", after(entry.trim_ascii_end())),
        ("a line that does not end", [head.as_slice(), &vec![b'x'; LARGE]].concat()),
        ("lines that are no records", after(b"x\r\n")),
        ("blanks between records", after(&[entry.as_slice(), &[b' '; 500]].concat())),
        ("empty lines", after(b"\r\n")),
        ("records of no length", after(b"T10006\n")),
        ("many payments", [batch.as_slice(), &payment.repeat(LARGE / payment.len())].concat()),
        (
            "payments to two accounts in turn",
            [batch.as_slice(), &[payment, other].concat().repeat(LARGE / 184)].concat(),
        ),
        ("many batches", repeated_bytes(&batch)),
        ("digits", [batch.as_slice(), &repeated("9", LARGE)].concat()),
    ]
}

fn repeated_bytes(piece: &[u8]) -> Vec<u8> {
    piece.repeat(LARGE / piece.len())
}

/// The first line that begins so, with its end.
fn line(file: &[u8], with: &[u8]) -> Vec<u8> {
    let found = file.split_inclusive(|byte| *byte == b'\n').find(|line| line.starts_with(with));
    found.expect("a record of this kind").to_vec()
}

/// The same item one level below.
fn deeper(item: &[u8]) -> Vec<u8> {
    item.iter().enumerate().map(|(at, byte)| if at == 187 { byte + 1 } else { *byte }).collect()
}
