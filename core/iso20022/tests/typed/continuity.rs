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
    // Numbers that begin anew, that are all the same, that are days or none at all.
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
