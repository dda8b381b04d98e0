//! SWIFT statements (MT940, MT942, MT950) as typed results: docs/protocols/iso20022.md §10, cases MTS.
#![allow(clippy::unwrap_used)]

mod cuts;
mod expected;
mod matching;
mod pages;
mod shapes;
mod texts;
mod twin;

use std::path::PathBuf;

use bankchannel_iso20022::cash::{CashFile, Entry, EntryDetail};
use bankchannel_iso20022::read_statement;

/// The folder of the files.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cases/swift")
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

/// The names of all files that are SWIFT statements.
fn names() -> Vec<String> {
    let all = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = all.filter(|name| name.ends_with(".sta") || name.ends_with(".txt")).collect();
    names.sort();
    assert!(names.len() > 15, "{names:?}");
    names
}

fn read(text: &str) -> CashFile {
    read_statement(text.as_bytes()).unwrap()
}

/// A statement with these lines between its opening and its closing balance.
fn with_lines(account: &str, lines: &str) -> CashFile {
    read(&format!(":20:R\n:25:{account}\n:28C:1/1\n:60F:C261201EUR0,\n{lines}\n:62F:C261201EUR0,\n-\n"))
}

/// The only entry of such a statement, and its transaction.
fn entry(account: &str, lines: &str) -> (Entry, EntryDetail) {
    let mut statement = with_lines(account, lines).statements.remove(0);
    assert_eq!(statement.entries.len(), 1, "{lines}");
    let entry = statement.entries.remove(0);
    let detail = entry.details[0].clone();
    (entry, detail)
}
