//! The check of a payment file, which comes before its signature: compared with the preparation of the same upload, and
//! with `xmllint --schema`, which knows the schema and none of the rules.

use std::{
    hint::black_box,
    process::{Command, Stdio},
    time::SystemTime,
};

use bankchannel_foundation::model::Date;
use bankchannel_iso20022::{
    EXAMPLE_PAIN001,
    check::{CheckOptions, check},
    schema::MessageType,
};
use bankchannel_openpgp as openpgp;

use crate::{
    prepare::{collect, key, request},
    table::{Bound, Table, ms, paired},
};

const RUNS: usize = 31;

pub(crate) fn measure(table: &mut Table) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let key = key(openpgp::GeneratedAlgorithm::Ed25519);
    let now = SystemTime::now();
    let signer = key.signer(now).expect("an unlocked key");
    let options = CheckOptions { today: today(), ..CheckOptions::at_ms(0) };
    for transactions in [2, 1000, 8000] {
        let file = payment(transactions);
        let (ratio, ours, theirs) = paired(
            RUNS,
            || {
                let checked = check(file.as_bytes(), &options).expect("readable");
                assert!(black_box(checked).is_good(), "the benchmark's file has no error");
            },
            || {
                let signature =
                    openpgp::sign_detached(&[&signer], file.as_bytes(), openpgp::HashAlgorithm::Sha256, now);
                let request = request(&file.clone().into(), signature.expect("signs"));
                black_box(runtime.block_on(collect(&request.body)));
            },
        );
        table.ratio(
            &format!("check {transactions} payments, {} KiB", file.len() / 1024),
            &ms(ours),
            &format!("prepare the upload {}", ms(theirs)),
            ratio,
            Bound::None,
        );
        against_xmllint(table, transactions, &file, &options);
    }
}

fn against_xmllint(table: &mut Table, transactions: usize, file: &str, options: &CheckOptions) {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, schema) = (folder.path().join("payment.xml"), folder.path().join("schema.xsd"));
    std::fs::write(&path, file).expect("a file");
    std::fs::write(&schema, MessageType::Pain00100109.xsd()).expect("a file");
    let lint = || {
        let mut lint = Command::new("xmllint");
        lint.args(["--noout", "--schema"]).arg(&schema).arg(&path).stdout(Stdio::null()).stderr(Stdio::null());
        lint.status().is_ok_and(|status| status.success())
    };
    if !lint() {
        println!("xmllint: not run (it is not there or does not take the file)");
        return;
    }
    let (ratio, ours, theirs) = paired(
        11,
        || drop(black_box(check(std::fs::File::open(&path).expect("the file"), options).expect("readable"))),
        || assert!(lint(), "xmllint accepts"),
    );
    let name = format!("check {transactions} payments from a file");
    table.ratio(&name, &ms(ours), &format!("xmllint --schema {}", ms(theirs)), 1.0 / ratio, Bound::None);
}

/// The day before the example's execution date.
fn today() -> Date {
    "2026-07-20".parse().map(Date).expect("a date")
}

/// The example with this many transactions, each with ids and an amount of its own.
fn payment(transactions: usize) -> String {
    let (open, close) = ("<CdtTrfTxInf>", "</CdtTrfTxInf>");
    let start = EXAMPLE_PAIN001.find(open).expect("a transaction");
    let end = EXAMPLE_PAIN001.rfind(close).expect("a transaction") + close.len();
    let first = &EXAMPLE_PAIN001[start..EXAMPLE_PAIN001.find(close).expect("a transaction") + close.len()];
    let amount = within(first, "InstdAmt");
    let mut cents = 0;
    let all: Vec<String> = (0..transactions)
        .map(|at| {
            cents += 100 + at;
            let own = first.replace(&format!(">{amount}<"), &format!(">{}<", euros(100 + at)));
            own.replace(within(first, "EndToEndId"), &format!("E2E-{at}"))
        })
        .collect();
    let whole = format!("{}{}{}", &EXAMPLE_PAIN001[..start], all.join("\n"), &EXAMPLE_PAIN001[end..]);
    let (count, sum) = (within(EXAMPLE_PAIN001, "NbOfTxs"), within(EXAMPLE_PAIN001, "CtrlSum"));
    let whole = whole.replace(&format!("<NbOfTxs>{count}<"), &format!("<NbOfTxs>{transactions}<"));
    whole.replace(&format!("<CtrlSum>{sum}<"), &format!("<CtrlSum>{}<", euros(cents)))
}

fn euros(cents: usize) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The text of the first element of this name.
fn within<'a>(text: &'a str, name: &str) -> &'a str {
    let after = text.split(&format!("<{name}")).nth(1).expect("the element");
    after.split('>').nth(1).and_then(|rest| rest.split('<').next()).expect("its text")
}
