//! A bank's own figures of its statement, against the entries.

use bankchannel_iso20022::cash::{Cursor, ReadOptions, Statement, read_page};

use crate::{balance, document, entry, read, statement};

/// A summary with these counts and sums: of all, of credits and of debits.
fn summary([all, credits, debits]: [(&str, &str); 3], net: &str) -> String {
    let part = |name: &str, (count, sum): (&str, &str), more: &str| {
        let count = if count.is_empty() { String::new() } else { format!("<NbOfNtries>{count}</NbOfNtries>") };
        let sum = if sum.is_empty() { String::new() } else { format!("<Sum>{sum}</Sum>") };
        format!("<{name}>{count}{sum}{more}</{name}>")
    };
    let parts = part("TtlNtries", all, net) + &part("TtlCdtNtries", credits, "") + &part("TtlDbtNtries", debits, "");
    format!("<TxsSummry>{parts}</TxsSummry>")
}

/// Two credits of 10.00 and 5.50, and a debit of 3.25.
fn three() -> String {
    entry("10.00", "CRDT", "") + &entry("5.50", "CRDT", "") + &entry("3.25", "DBIT", "")
}

fn problems(statement: &Statement) -> Vec<(String, String)> {
    let found = statement.problems.iter();
    found.map(|one| (one.path.clone().unwrap_or_default(), one.value.clone().unwrap_or_default())).collect()
}

fn of(inside: &str) -> Vec<(String, String)> {
    problems(&read(&statement("08", inside)).statements[0])
}

fn at(path: &str, value: &str) -> (String, String) {
    (format!("/Document/BkToCstmrStmt/Stmt[1]/{path}"), value.to_owned())
}

const RIGHT: [(&str, &str); 3] = [("3", "18.75"), ("2", "15.5"), ("1", "3.25")];
const NET: &str = "<TtlNetNtry><Amt>12.25</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>";

#[test]
fn a_summary_that_is_right_has_no_problem() {
    assert_eq!(of(&(summary(RIGHT, NET) + &three())), []);
    // Their place does not matter, and figures that are not given are not compared.
    assert_eq!(of(&(three() + &summary(RIGHT, NET))), []);
    assert_eq!(of(&(summary([("", ""), ("", ""), ("", "")], "") + &three())), []);
    let read = read(&statement("08", &(summary(RIGHT, NET) + &three()))).statements.remove(0);
    assert_eq!(read.summary.net.unwrap().as_str(), "12.25");
}

#[test]
fn each_count_and_sum_that_is_wrong_has_one() {
    let wrong = [("4", "18.76"), ("3", "15.51"), ("2", "3.24")];
    let net = NET.replace("CRDT", "DBIT");
    let expected = [
        at("TxsSummry/TtlNtries/NbOfNtries", "4"),
        at("TxsSummry/TtlCdtNtries/NbOfNtries", "3"),
        at("TxsSummry/TtlDbtNtries/NbOfNtries", "2"),
        at("TxsSummry/TtlNtries/Sum", "18.76"),
        at("TxsSummry/TtlNtries/TtlNetNtry", "-12.25"),
        at("TxsSummry/TtlCdtNtries/Sum", "15.51"),
        at("TxsSummry/TtlDbtNtries/Sum", "3.24"),
    ];
    assert_eq!(of(&(summary(wrong, &net) + &three())), expected);
    assert_eq!(of(&(three() + &summary(wrong, &net))), expected, "behind the entries");
    let read = read(&statement("08", &(summary(wrong, "") + &three()))).statements.remove(0);
    let first = &read.problems[0];
    assert_eq!(first.message, "the bank counts 4 entries, and the statement has 3");
    assert_eq!((first.rule.as_str(), first.line), ("count", Some(read.line)));
    // Versions before 4 have the net beside the count.
    let old = "<TtlNetNtryAmt>12.24</TtlNetNtryAmt><CdtDbtInd>CRDT</CdtDbtInd>";
    assert_eq!(of(&(summary(RIGHT, old) + &three())), [at("TxsSummry/TtlNtries/TtlNetNtry", "12.24")]);
    // An empty statement that should have entries.
    let none = summary([("2", "7.00"), ("", ""), ("", "")], "");
    assert_eq!(of(&none), [at("TxsSummry/TtlNtries/NbOfNtries", "2"), at("TxsSummry/TtlNtries/Sum", "7.00")]);
}

#[test]
fn reports_and_notifications_have_them_too() {
    let inside = summary([("5", ""), ("", ""), ("", "")], "") + &three();
    for (name, root, element) in
        [("camt.052.001.08", "BkToCstmrAcctRpt", "Rpt"), ("camt.054.001.08", "BkToCstmrDbtCdtNtfctn", "Ntfctn")]
    {
        // The account need not say its currency.
        let account = "<Acct><Id><IBAN>FI2112345600000785</IBAN></Id></Acct>";
        let file = document(name, root, &format!("<{element}>{account}{inside}</{element}>"));
        let found = problems(&read(&file).statements[0]);
        let expected = format!("/Document/{root}/{element}[1]/TxsSummry/TtlNtries/NbOfNtries");
        assert_eq!(found, [(expected, "5".to_owned())]);
        let file = file.replace(&summary([("5", ""), ("", ""), ("", "")], ""), &summary(RIGHT, NET));
        assert_eq!(problems(&read(&file).statements[0]), []);
        let wrong = file.replace("18.75", "18.70");
        assert_eq!(problems(&read(&wrong).statements[0]).len(), 1, "sums are compared");
    }
}

#[test]
fn what_may_be_counted_in_two_ways_is_right_in_both() {
    let pending = entry("1.00", "CRDT", "").replace("BOOK", "PDNG");
    let all = [("4", "19.75"), ("3", "16.5"), ("1", "3.25")];
    for counted in [all, RIGHT] {
        assert_eq!(of(&(summary(counted, "") + &three() + &pending)), []);
    }
    assert_eq!(of(&(summary([("5", ""), ("", ""), ("", "")], "") + &three() + &pending)).len(), 1);
    // Banks count a reversal on either side; all together they are the same.
    let reversal = entry("2.00", "CRDT", "<RvslInd>true</RvslInd>");
    let either = [("4", "20.75"), ("2", "15.5"), ("2", "5.25")];
    assert_eq!(of(&(summary(either, "") + &three() + &reversal)), []);
    // Sums of two currencies, and of what cannot be read, are not compared; counts are.
    let foreign = entry("2.00", "CRDT", "").replace("EUR", "USD");
    assert_eq!(of(&(summary([("4", "1"), ("3", "1"), ("1", "3.25")], "") + &three() + &foreign)), []);
    let odd = entry("x", "CRDT", "");
    assert_eq!(of(&(summary([("4", "1"), ("3", "1"), ("1", "3.25")], "") + &three() + &odd)), []);
    // A page may have the summary of the whole.
    let page = "<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>";
    assert_eq!(of(&format!("{page}{}{}", summary([("9", "9"), ("9", "9"), ("9", "9")], ""), three())), []);
}

#[test]
fn balances_that_the_entries_contradict_are_a_problem() {
    let ends = |closing: &str| balance("OPBD", "100.00", "CRDT") + &balance("CLBD", closing, "CRDT");
    assert_eq!(of(&(ends("112.25") + &three())), []);
    assert_eq!(of(&(ends("110.25") + &three())), [at("Bal", "-2.00")]);
    // What an entry in another currency adds is not known.
    assert_eq!(of(&(ends("110.25") + &three() + &entry("2.00", "DBIT", "").replace("EUR", "USD"))), []);
    // A report may hold only new entries, and its opening balance be that of the day.
    let inside = format!("<Rpt><Id>R</Id>{}{}</Rpt>", ends("110.25"), three());
    assert_eq!(problems(&read(&document("camt.052.001.08", "BkToCstmrAcctRpt", &inside)).statements[0]), []);
}

#[test]
fn pages_know_what_was_before_them() {
    let many: String = (1..=30).map(|cents| entry(&format!("{cents}.10"), "DBIT", "")).collect();
    let wrong = [("31", "468.01"), ("", ""), ("30", "468.00")];
    let file = statement("08", &(summary(wrong, "") + &many));
    let whole = problems(&read(&file).statements[0]);
    assert_eq!(whole, [at("TxsSummry/TtlNtries/NbOfNtries", "31"), at("TxsSummry/TtlNtries/Sum", "468.01")]);
    let mut cursor: Option<Cursor> = None;
    let last = loop {
        let from = cursor.as_ref().map_or(0, |cursor| usize::try_from(cursor.position).unwrap());
        let mut page = read_page(&file.as_bytes()[from..], &ReadOptions::default(), cursor, 7).unwrap();
        match page.next.take() {
            Some(next) => cursor = Some(next),
            None => break page.statements.remove(0),
        }
    };
    assert_eq!(problems(&last), whole);
}

#[test]
fn a_net_without_a_direction_says_no_sign() {
    let net = |direction: &str| format!("<TtlNetNtryAmt>12.25</TtlNetNtryAmt>{direction}");
    let debits = three().replace("CRDT", "X").replace("DBIT", "CRDT").replace(">X<", ">DBIT<");
    let only = |direction: &str| summary([("", ""), ("", ""), ("", "")], &net(direction));
    assert_eq!(of(&(only("") + &debits)), []);
    assert_eq!(of(&(only("<CdtDbtInd>DBIT</CdtDbtInd>") + &debits)), []);
    assert_eq!(of(&(only("<CdtDbtInd>CRDT</CdtDbtInd>") + &debits)).len(), 1);
    let read = read(&statement("02", &(only("") + &debits))).statements.remove(0);
    assert_eq!((read.summary.net.unwrap().as_str(), read.summary.net_direction), ("12.25", None));
}

#[test]
fn entries_for_information_may_be_counted_or_not() {
    let more = |status: &str| entry("1.00", "CRDT", "").replace("BOOK", status);
    let entries = three() + &more("PDNG") + &more("INFO");
    let count = |number: &str| of(&(summary([(number, ""), ("", ""), ("", "")], "") + &entries)).len();
    // Booked, booked and pending, all.
    assert_eq!(["2", "3", "4", "5", "6"].map(count), [1, 0, 0, 0, 1]);
}
