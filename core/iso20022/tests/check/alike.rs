//! A fault is found alike in a small file and in a large one.

use bankchannel_iso20022::rules::BankProfile;

use super::{File, Transaction, run};

/// Transactions that make a file larger than 11 MB.
const MANY: usize = 42_000;

/// One line with each of the planted faults.
fn planted(line: &str) -> Vec<String> {
    let changed = |from: &str, to: &str| line.replacen(from, to, 1);
    [
        String::new(),
        line.repeat(2),
        format!("<Junk/>{line}"),
        format!("{line}<x:Nm xmlns:x=\"urn:x\"/>"),
        changed("</", "~~</"),
        changed(">", " a=\"b\">"),
        changed("<", "<x:Other xmlns:x=\"urn:x\"/><"),
        changed("E", "e"),
    ]
    .into()
}

/// The findings, without the numbers of transactions and sums, which differ.
fn found(xml: &str) -> Vec<String> {
    let checked = run(xml.as_bytes(), BankProfile::default());
    let told = |found: &bankchannel_iso20022::rules::Finding| {
        let counted = ["count", "control_sum"].contains(&found.rule.as_str());
        let words =
            if counted { String::new() } else { format!("{} {} {:?}", found.message, found.change, found.value) };
        let place = format!("{:?} {:?} {:?}", found.line, found.transaction, found.path);
        format!("{:?} {} {:?} {place} {words}", found.level, found.rule, found.reason)
    };
    let mut list: Vec<String> = checked.findings.iter().map(told).collect();
    // The values of these two lines are the numbers of the file.
    for told in &mut list {
        *told = told.replace("42000", "2");
    }
    list.push(format!("{} {} {}", checked.errors, checked.warnings, checked.payment.is_some()));
    list
}

#[test]
fn a_fault_is_found_alike_in_a_small_and_in_a_large_file() {
    let of = |many: usize| {
        let many = (0..many).map(|number| Transaction {
            id: format!("E{number}").leak(),
            amount: "1.00",
            remittance: format!("<Ustrd>Invoice {number}</Ustrd>").leak(),
            address: if number == 0 { "<PstlAdr><TwnNm>Turku</TwnNm><Ctry>FI</Ctry></PstlAdr>" } else { "" },
            ..Transaction::default()
        });
        File::of(many.collect()).xml()
    };
    let (small, large) = (of(2), of(MANY));
    assert!(small.len() < 5_000 && large.len() > 11_000_000, "{} {}", small.len(), large.len());
    assert_eq!(found(&small), found(&large));
    // Up to the end of the first transaction, both are the same but for their counts.
    let lines: Vec<&str> = small.lines().collect();
    let end = lines.iter().position(|line| *line == "</CdtTrfTxInf>").unwrap();
    let faults: Vec<(usize, usize)> =
        (1..end).flat_map(|at| (0..planted("").len()).map(move |kind| (at, kind))).collect();
    let with = |xml: &str, (at, kind): (usize, usize)| {
        let mut lines: Vec<&str> = xml.lines().collect();
        let fault = planted(lines[at]).swap_remove(kind);
        lines[at] = &fault;
        lines.join("\n")
    };
    // Each check of the large file takes a third of a second: here a sample, all in tests/long.
    let step = if std::env::var_os("BANKCHANNEL_LONG").is_some() { 1 } else { 11 };
    let mut compared = 0;
    for fault in faults.into_iter().step_by(step) {
        let (of_small, of_large) = (found(&with(&small, fault)), found(&with(&large, fault)));
        // Where an end tag is missing, the file is no XML, which shows at its end or at a limit before it.
        if of_small.iter().any(|told| told.contains("not well-formed") || told.contains("the file ends")) {
            assert!(of_large.iter().any(|told| told.starts_with("Error schema")), "{fault:?}: {of_large:?}");
            continue;
        }
        assert_eq!(of_small, of_large, "{fault:?}: {}", with(&small, fault));
        compared += 1;
    }
    assert!(compared > 5, "{compared}");
}
