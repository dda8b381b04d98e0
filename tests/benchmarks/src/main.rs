//! Measures bankchannel against the usual alternatives: ratios from one run, in one table.
//!
//! `tests/benchmarks/run` builds and runs it; names after it pick single measurements.

// A benchmark's table is its output.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bank;
mod bare;
mod checking;
mod connector;
mod iso20022;
mod jwt;
mod languages;
mod large_files;
mod load;
mod memory;
mod outbox;
mod prepare;
mod renewals;
mod sepa;
mod sepa_bank;
mod served;
mod service;
mod signing;
mod startup;
mod store;
mod table;

use table::Table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("child") => return memory::child(&arguments[1..]),
        Some(bare::COMMAND) => return bare::serve(&arguments[1..]),
        _ => {}
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let mut table = Table::default();
    if wanted("prepare") {
        prepare::measure(&mut table);
    }
    if wanted("checking") {
        checking::measure(&mut table);
    }
    if wanted("signing") || wanted("verifying") {
        signing::measure(&mut table, wanted);
    }
    if wanted("jwt") {
        jwt::measure(&mut table);
    }
    if wanted("bank") {
        bank::measure(&mut table);
    }
    if wanted("connector") {
        connector::measure(&mut table);
    }
    if wanted("outbox") {
        outbox::measure(&mut table);
    }
    if wanted("startup") {
        startup::measure(&mut table);
    }
    service::measure(&mut table, |name| wanted("service") || wanted(name));
    if wanted("memory") {
        memory::measure(&mut table);
    }
    if wanted("sepa") {
        sepa::measure(&mut table);
    }
    if wanted("sepa-bank") {
        sepa_bank::measure(&mut table);
    }
    if wanted("renewals") {
        renewals::measure(&mut table);
    }
    if wanted("iso20022") {
        iso20022::measure(&mut table);
    }
    let languages = ["python", "node", "php"];
    if languages.iter().any(|name| wanted("languages") || wanted(name)) {
        languages::measure(&mut table, |name| wanted("languages") || wanted(name));
    }
    table.print();
}
