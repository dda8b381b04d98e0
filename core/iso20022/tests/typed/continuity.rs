//! Whether statements follow each other.

use bankchannel_iso20022::cash::{CheckedStatements, ContinuityCheck, StatementBreakKind};
use bankchannel_iso20022::rules::Level;

use crate::{document, read};

/// A statement as it is sent.
#[derive(Clone, Copy)]
struct Sent<'a> {
    day: &'a str,
    /// Elements with its numbers and pages.
    numbers: &'a str,
    opening: &'a str,
    closing: &'a str,
    iban: &'a str,
    currency: &'a str,
    message: &'a str,
}

const ONE: Sent<'_> = Sent {
    day: "2026-11-25",
    numbers: "",
    opening: "100.00",
    closing: "90.00",
    iban: crate::IBAN,
    currency: "EUR",
    message: "053",
};

fn electronic(number: &str) -> String {
    format!("<ElctrncSeqNb>{number}</ElctrncSeqNb>")
}

fn file(of: &Sent<'_>) -> String {
    let Sent { day, numbers, opening, closing, iban, currency, message } = of;
    let (root, element) = if *message == "053" { ("BkToCstmrStmt", "Stmt") } else { ("BkToCstmrAcctRpt", "Rpt") };
    let balance = |kind: &str, amount: &str| {
        let (size, direction) = amount.strip_prefix('-').map_or((amount, "CRDT"), |size| (size, "DBIT"));
        if amount.is_empty() {
            return String::new();
        }
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{size}</Amt>\
             <CdtDbtInd>{direction}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )
    };
    let inside = format!(
        "<{element}><Id>S-{day}</Id>{numbers}<CreDtTm>{day}T23:00:00Z</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id>\
         <Ccy>{currency}</Ccy></Acct>{}{}</{element}>",
        balance("OPBD", opening),
        balance("CLBD", closing)
    );
    document(&format!("camt.{message}.001.08"), root, &inside)
}

fn checked(all: &[Sent<'_>]) -> CheckedStatements {
    let mut check = ContinuityCheck::default();
    for one in all {
        read(&file(one)).statements.iter().for_each(|statement| check.add(statement));
    }
    check.finish()
}

/// The days after 25 November: each opens as the one before it closes.
fn three<'a>(numbers: &'a [String; 3]) -> [Sent<'a>; 3] {
    [
        Sent { numbers: &numbers[0], ..ONE },
        Sent { day: "2026-11-26", numbers: &numbers[1], opening: "90.00", closing: "-5", ..ONE },
        Sent { day: "2026-11-27", numbers: &numbers[2], opening: "-5.00", closing: "12.50", ..ONE },
    ]
}

fn numbers(all: [&str; 3]) -> [String; 3] {
    all.map(electronic)
}

#[test]
fn statements_that_go_on_have_no_break_in_any_order() {
    let numbers = numbers(["141", "142", "143"]);
    let all = three(&numbers);
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let found = checked(&order.map(|at: usize| all[at]));
        assert!(found.ok && found.breaks.is_empty(), "{found:?}");
        let account = &found.accounts[0];
        let ends = [&account.opening, &account.closing].map(|money| money.as_ref().unwrap().amount.as_str());
        assert_eq!((account.statements, account.repeated, ends), (3, 0, ["100.00", "12.50"]));
        assert_eq!((account.account.as_deref(), account.currency.as_deref()), (Some(crate::IBAN), Some("EUR")));
    }
    // A copy counts once, also with another id.
    let copied = checked(&[all[0], all[1], all[1], all[2]]);
    assert!(copied.ok && copied.accounts[0].repeated == 1, "{copied:?}");
    assert!(checked(&[]).ok);
}

#[test]
fn a_missing_statement_is_named_by_balance_and_number() {
    let numbers = numbers(["141", "142", "143"]);
    let [first, _, last] = three(&numbers);
    let found = checked(&[last, first]);
    assert!(!found.ok && found.break_count == 1);
    let one = &found.breaks[0];
    assert_eq!((one.kind, one.level, one.missing), (StatementBreakKind::Balance, Level::Warning, Some(1)));
    assert_eq!(one.difference.as_ref().map(|by| by.amount.as_str()), Some("-95.00"));
    assert_eq!((one.before.number, one.after.as_ref().map(|after| after.number)), (2, Some(1)), "as they were given");
    assert_eq!(one.before.sequence.as_deref(), Some("141"));
    assert_eq!(one.account.as_deref(), Some(crate::IBAN));
    assert_eq!(
        one.message,
        "statements may be missing between statement “141” of 2026-11-25 and statement “143” of 2026-11-27: the first \
         closes with 90.00, the second opens with -5.00; number 142 is left out"
    );
    // Without balances the numbers tell, electronic or legal.
    let silent = |numbers| Sent { numbers, opening: "", closing: "", ..ONE };
    let legal = ["7", "10"].map(|number| format!("<LglSeqNb>{number}</LglSeqNb>"));
    let found = checked(&[silent(&legal[0]), Sent { day: "2026-11-26", ..silent(&legal[1]) }]);
    let one = &found.breaks[0];
    assert_eq!((one.kind, one.level, one.missing), (StatementBreakKind::Sequence, Level::Warning, Some(2)));
    assert!(one.message.contains("numbers 8 to 9 are left out"), "{}", one.message);
}

#[test]
fn numbers_that_are_left_out_while_the_balances_go_on_are_only_said() {
    let found = checked(&three(&numbers(["141", "142", "150"])));
    let one = &found.breaks[0];
    assert!(found.ok && found.breaks.len() == 1);
    assert_eq!((one.kind, one.level, one.missing), (StatementBreakKind::Sequence, Level::Info, Some(7)));
    // Numbers that restart, that are all the same, that are days or none at all.
    for all in
        [["365", "1", "2"], ["1", "1", "1"], ["20261125", "20261126", "20261127"], ["000000000000000141", "142", "143"]]
    {
        let found = checked(&three(&numbers(all)));
        assert!(found.ok && found.breaks.is_empty(), "{all:?} {found:?}");
    }
    let none = [String::new(), String::new(), String::new()];
    assert!(checked(&three(&none)).breaks.is_empty());
    // Back within a year, and nothing else to go by.
    let back = ["12", "9"].map(electronic);
    let silent = |numbers| Sent { numbers, opening: "", closing: "", ..ONE };
    let found = checked(&[silent(&back[0]), Sent { day: "2026-11-26", ..silent(&back[1]) }]);
    assert_eq!(found.breaks[0].kind, StatementBreakKind::Sequence);
    let found = checked(&[silent(&back[0]), Sent { day: "2027-01-02", ..silent(&back[1]) }]);
    assert!(found.ok, "a year begins anew: {found:?}");
}

#[test]
fn accounts_and_currencies_are_apart_and_reports_are_passed_over() {
    let numbers = numbers(["1", "2", "3"]);
    let [first, second, _] = three(&numbers);
    let dollars = Sent { currency: "USD", opening: "7", closing: "8", ..second };
    let other = Sent { iban: "FI1410093000123458", opening: "1", closing: "2", ..first };
    let report = Sent { message: "052", opening: "55", closing: "56", ..second };
    let found = checked(&[first, dollars, report, other, second]);
    assert!(found.ok, "{found:?}");
    assert_eq!(found.accounts.iter().map(|account| account.statements).collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn pages_are_one_statement() {
    let page = |number: u64, last: bool| {
        format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>{}", electronic("5"))
    };
    let (one, two) = (page(1, false), page(2, true));
    // Each page has its own balances, or those of the whole.
    for [middle, begin] in [["95", "95"], ["90.00", "100.00"]] {
        let first = Sent { numbers: &one, closing: middle, ..ONE };
        let second = Sent { numbers: &two, opening: begin, ..ONE };
        let after = electronic("6");
        let next = Sent { day: "2026-11-26", numbers: &after, opening: "90.00", closing: "80", ..ONE };
        let found = checked(&[second, next, first]);
        assert!(found.ok && found.accounts[0].statements == 2, "{found:?}");
        let missing = checked(&[second, next]);
        let broken = &missing.breaks[0];
        assert_eq!(
            (broken.kind, broken.level, broken.after.is_none()),
            (StatementBreakKind::Pages, Level::Warning, true)
        );
        assert!(broken.message.contains("page 1 is missing"), "{}", broken.message);
    }
}

/// Elements before the balances of a page, which has the balances of these kinds.
fn page_of(number: u64, last: bool, balances: [(&str, &str); 2]) -> String {
    let page = format!("<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>{last}</LastPgInd></StmtPgntn>");
    let of = |(kind, amount): (&str, &str)| {
        if amount.is_empty() { String::new() } else { crate::balance(kind, amount, "CRDT") }
    };
    file(&Sent { opening: "", closing: "", ..ONE })
        .replace("<CreDtTm>", &format!("{page}<CreDtTm>"))
        .replace("</Acct>", &format!("</Acct>{}", balances.map(of).concat()))
}

fn checked_files(all: &[&String]) -> CheckedStatements {
    let mut check = ContinuityCheck::default();
    all.iter().for_each(|one| read(one).statements.iter().for_each(|statement| check.add(statement)));
    check.finish()
}

fn ends(found: &CheckedStatements) -> [Option<&str>; 2] {
    let account = &found.accounts[0];
    [&account.opening, &account.closing].map(|money| money.as_ref().map(|money| money.amount.as_str()))
}

#[test]
fn pages_in_any_order_have_the_balances_of_the_whole() {
    // Without a period: the first page names the balance of the day before, and one page has none.
    let pages = [
        page_of(1, false, [("PRCD", "100.00"), ("ITBD", "95.00")]).replace("2026-11-20", "2026-11-24"),
        page_of(2, false, [("", ""), ("", "")]),
        page_of(3, true, [("ITBD", "95.00"), ("CLBD", "90.00")]).replace("2026-11-20", "2026-11-25"),
    ];
    let next = file(&Sent { day: "2026-11-26", opening: "90.00", closing: "80.00", ..ONE });
    for [one, two, three] in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let found = checked_files(&[&pages[one], &next, &pages[two], &pages[three]]);
        assert!(found.ok && found.breaks.is_empty(), "{:?}", found.breaks);
        assert_eq!((found.accounts[0].statements, ends(&found)), (2, [Some("100.00"), Some("80.00")]));
    }
    // The balances of the whole on the first page, and pages counted from zero.
    let pages = [page_of(0, false, [("OPBD", "100.00"), ("CLBD", "90.00")]), page_of(1, true, [("", ""), ("", "")])];
    for order in [[0, 1], [1, 0]] {
        let found = checked_files(&order.map(|at| &pages[at]));
        assert!(found.ok && found.accounts[0].statements == 1, "{found:?}");
        assert_eq!(ends(&found), [Some("100.00"), Some("90.00")]);
    }
}

#[test]
fn copies_are_known_however_they_are_written() {
    let single = format!("<StmtPgntn><PgNb>1</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>{}", electronic("5"));
    let plain = electronic("5");
    let first = Sent { numbers: &plain, ..ONE };
    let found = checked(&[first, Sent { opening: "100", closing: "90", ..first }, Sent { numbers: &single, ..first }]);
    assert!(found.ok && found.breaks.is_empty(), "{found:?}");
    assert_eq!((found.accounts[0].statements, found.accounts[0].repeated), (1, 2));
}

#[test]
fn several_statements_of_a_day_follow_by_either_number() {
    for kind in ["ElctrncSeqNb", "LglSeqNb"] {
        let numbers = ["1", "2", "3"].map(|number| format!("<{kind}>{number}</{kind}>"));
        let of = |at: usize, opening, closing| Sent { numbers: &numbers[at], opening, closing, ..ONE };
        let found = checked(&[of(2, "80", "70"), of(0, "100", "90"), of(1, "90", "80")]);
        assert!(found.ok && found.breaks.is_empty(), "{kind} {found:?}");
        assert_eq!(ends(&found), [Some("100"), Some("70")]);
    }
}

#[test]
fn a_corrected_statement_replaces_the_one_before_it() {
    for kind in ["ElctrncSeqNb", "LglSeqNb"] {
        let numbers = ["5", "6"].map(|number| format!("<{kind}>{number}</{kind}>"));
        let wrong = Sent { numbers: &numbers[0], ..ONE };
        let right = Sent { closing: "85.00", ..wrong };
        let next = Sent { day: "2026-11-26", numbers: &numbers[1], opening: "85.00", closing: "80", ..ONE };
        let found = checked(&[wrong, next, right]);
        assert!(found.ok && found.breaks.is_empty(), "{kind} {found:?}");
        assert_eq!((found.accounts[0].statements, found.accounts[0].repeated), (2, 1));
        // The later one counts, which does not fit here.
        assert!(!checked(&[right, next, wrong]).ok, "{kind}");
    }
    // Other legal numbers are other statements: one between them is missing.
    let legal = ["5", "7"].map(|number| format!("{}<LglSeqNb>{number}</LglSeqNb>", electronic("1")));
    let [five, seven] =
        [(&legal[0], "90"), (&legal[1], "80")].map(|(numbers, closing)| Sent { numbers, closing, ..ONE });
    assert!(!checked(&[five, seven]).ok);
    // A bank that gives all statements one number: they go on from each other.
    let one = electronic("1");
    let of = |opening, closing| Sent { numbers: &one, opening, closing, ..ONE };
    let found = checked(&[of("100", "90"), of("90", "100"), of("100", "80")]);
    assert!(found.ok && found.accounts[0].statements == 3, "{found:?}");
}

#[test]
fn a_monthly_statement_beside_daily_ones_is_left_aside() {
    let period = "<FrToDt><FrDtTm>2026-11-25T00:00:00</FrDtTm><ToDtTm>2026-11-27T23:59:59</ToDtTm></FrToDt>";
    let none = [String::new(), String::new(), String::new()];
    let [first, second, third] = three(&none);
    let all = [first, second, third].map(|one| file(&one));
    let month = |closing| {
        let whole = file(&Sent { day: "2026-11-27", closing, ..ONE });
        whole.replace("</CreDtTm>", &format!("</CreDtTm>{period}"))
    };
    let before = file(&Sent { day: "2026-11-24", opening: "110", closing: "100.00", ..ONE });
    let after = file(&Sent { day: "2026-11-28", opening: "12.50", closing: "1", ..ONE });
    let fits = month("12.50");
    let found = checked_files(&[&fits, &before, &all[0], &all[1], &all[2], &after]);
    assert!(found.ok && found.breaks.is_empty(), "{found:?}");
    assert_eq!((found.accounts[0].statements, ends(&found)), (6, [Some("110"), Some("1")]));
    // Alone it is a link like others, also with a day of it that is not all.
    assert!(checked_files(&[&before, &fits, &after]).ok);
    let found = checked_files(&[&fits, &all[0], &all[2]]);
    assert!(!found.ok && found.break_count == 1, "a day is missing: {found:?}");
}

#[test]
fn what_was_collected_of_a_file_is_added_behind_the_rest() {
    let none = [String::new(), String::new(), String::new()];
    let all = three(&none).map(|one| read(&file(&one)).statements.remove(0));
    let (mut check, mut of_file) = (ContinuityCheck::default(), ContinuityCheck::default());
    check.add(&all[0]);
    of_file.add(&all[2]);
    check.append(of_file);
    let found = check.finish();
    let one = &found.breaks[0];
    assert_eq!((one.before.number, one.after.as_ref().map(|after| after.number)), (1, Some(2)));
}

#[test]
fn statements_beyond_the_limit_are_counted() {
    let one = read(&file(&ONE)).statements.remove(0);
    let (mut check, mut of_file) = (ContinuityCheck::default(), ContinuityCheck::default());
    (0..60_000).for_each(|_| check.add(&one));
    (0..40_007).for_each(|_| of_file.add(&one));
    check.append(of_file);
    let found = check.finish();
    assert_eq!((found.ok, found.not_compared, found.accounts[0].repeated), (false, 7, 99_999));
}
