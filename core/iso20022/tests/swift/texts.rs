//! Texts that look like something else: nothing of a booking is lost to them, nor booked elsewhere.

use bankchannel_iso20022::cash::{BalanceCheck, CashFile, CashKind, Entry};

use super::{read, with_lines};

const GERMAN: &str = "37040044/0532013000";

/// The texts of all entries, statement by statement.
fn texts(file: &CashFile) -> Vec<Vec<String>> {
    let of = |entry: &Entry| entry.text.clone().unwrap_or_default();
    file.statements.iter().map(|one| one.entries.iter().map(of).collect()).collect()
}

#[test]
fn a_time_that_is_cut_begins_no_message() {
    for rest in
        [":25:37 FOLGENR. 007", ":20:37 FOLGENR. 007", ":20:37:05 Uhr", ":25:37", ":21:09 x", ":28:59,x", ":13:00 x"]
    {
        let file = read(&format!(
            ":20:A\n:25:{GERMAN}\n:28C:1/1\n:60F:C261201EUR100,\n:61:2612011201D10,NMSCNONREF\n:86:LADEN UM 16\n{rest}\n\
             :61:2612011201D20,NMSCNONREF\n:86:Zweite UM 16\n{rest}\n:62F:C261201EUR70,\n-\n"
        ));
        let [statement] = file.statements.as_slice() else { panic!("{rest}: {:?}", file.statements) };
        let end = statement.end.as_ref().unwrap();
        assert_eq!((end.balance_check, end.entries), (BalanceCheck::Consistent, 2), "{rest}");
        assert!(statement.problems.is_empty() && statement.unread.is_empty(), "{rest}: {:?}", statement.problems);
        assert_eq!(texts(&file), [[format!("LADEN UM 16\n{rest}"), format!("Zweite UM 16\n{rest}")]], "{rest}");
    }
}

#[test]
fn a_message_behind_one_without_its_closing_balance_is_seen() {
    for head in [":20:26-A\n:25:12345\n", ":20:26-A\n:21:X\n:25:12345\n", ":25:12 345\n", ":20:A\n:25:12 345\n"] {
        let file = read(&format!(
            ":20:A\n:25:{GERMAN}\n:60F:C261201EUR1,\n:61:2612011201C1,NMSCNONREF\n:86:x\n\
             {head}:28C:1\n:60F:C261201EUR1,\n:61:2612011201C1,NMSCNONREF\n:62F:C261201EUR2,\n-\n"
        ));
        let [cut, whole] = file.statements.as_slice() else { panic!("{head}: {:?}", file.statements) };
        assert_eq!((cut.entries.len(), whole.entries.len()), (1, 1), "{head}");
        assert_eq!(cut.problems[0].message, "the statement has no closing balance: it may be cut");
        assert_eq!(cut.problems[0].path.as_deref(), Some("/MT940[1]/:62F:"));
        assert!(whole.problems.is_empty(), "{head}: {:?}", whole.problems);
    }
}

#[test]
fn entries_without_an_account_are_a_problem() {
    let file = read(":20:A\n:28C:1\n:60F:C261201EUR1,\n:61:2612011201C1,NMSCNONREF\n:62F:C261201EUR2,\n-\n");
    assert_eq!(file.statements[0].problems[0].message, "the entries have no account");
}

#[test]
fn a_dash_inside_a_report_ends_nothing() {
    let entry = ":61:2612011201C10,NTRFNONREF\n";
    let head = ":20:A\n:25:1\n:34F:EUR0,\n:13D:2612011200+0100\n";
    for (lines, wanted) in [
        (format!("{entry}:86:a\n-\nb\n{entry}:86:c\n"), vec!["a\nb", "c"]),
        (format!("{entry}:86:a\n-\nb\n:86:c\n"), vec!["a\nb\nc"]),
        (format!("{entry}:86:a\n-\nb\n:90D:0EUR0,\n"), vec!["a\nb"]),
        (format!("{entry}:86:a\n-\n-\nb\n-XXX\n{entry}:86:c\n"), vec!["a\nb", "c"]),
        (format!("{entry}-\n:86:c\n"), vec!["c"]),
        (format!("{entry}:86:a\n:90D:0EUR0,\n-\n:90C:1EUR10,\n"), vec!["a"]),
    ] {
        for behind in
            ["", "-\n", "-\nThank you.\n", "-\nThank you.\n:20:B\n:25:2\n:34F:EUR0,\n:61:2612011201C1,NTRFNONREF\n-\n"]
        {
            let text = format!("{head}{lines}{behind}");
            let file = read(&text);
            assert_eq!(file.statements.len(), 1 + text.matches(":20:B").count(), "{text}");
            assert_eq!(texts(&file)[0], wanted, "{text}");
            assert!(
                file.statements.iter().all(|one| one.kind == CashKind::Report && one.problems.is_empty()),
                "{text}"
            );
        }
    }
}

#[test]
fn a_text_that_begins_like_a_banks_own_line_is_text() {
    for rest in ["0000 0123456 Vertrag 77\nweiter", "940 00\nweiter"] {
        let file = with_lines(GERMAN, &format!(":61:2612011201C0,NMSC\n:86:Kunde\n{rest}"));
        assert_eq!(texts(&file), [[format!("Kunde\n{rest}")]]);
    }
    // It is one where the closing balance is missing too.
    let file = read(&format!(
        ":20:A\n:25:{GERMAN}\n:60F:C261201EUR0,\n:61:2612011201C1,NMSC\n:86:a\n0000 01INGBNL2AXXXX00001\n940 00\n:20:B\n:25:1\n\
         :60F:C261201EUR0,\n:61:2612011201C1,NMSC\n:86:b\n:62F:C261201EUR1,\n:86:c\n0000 01INGBNL2A\n940 00\n"
    ));
    assert_eq!(texts(&file), [["a"], ["b"]]);
    assert_eq!(file.statements[1].end.as_ref().unwrap().information.as_deref(), Some("c"));
}
