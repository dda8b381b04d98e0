//! Where statements begin and end, and the pages of one.

use bankchannel_iso20022::cash::{
    BalanceCheck, CashFile, CashKind, ContinuityCheck, Cursor, ReadOptions, Statement, read_page,
};

use super::read;

fn message(id: &str, number: &str, opening: &str, amount: &str, closing: &str) -> String {
    format!(
        ":20:{id}\n:25:37040044/0532013000\n:28C:{number}\n{opening}\n:61:2612011201C{amount}NMSCNONREF\n{closing}\n-\n"
    )
}

#[test]
fn pages_are_joined_if_they_follow_each_other() {
    let one = message("A", "12/1", ":60F:C261201EUR0,", "1,", ":62M:C261201EUR1,");
    let two = message("B", "12/2", ":60M:C261201EUR1,", "2,", ":62M:C261201EUR3,");
    let three = message("A", "12/3", ":60M:C261201EUR3,", "3,", ":62F:C261201EUR6,");
    let other = message("C", "13/1", ":60F:C261201EUR6,", "1,", ":62F:C261201EUR7,");
    let file = read(&[one.as_str(), &two, &three, &other].concat());
    assert_eq!((file.statements.len(), file.messages.len()), (2, 2));
    let joined = &file.statements[0];
    assert_eq!((joined.pages, joined.page, joined.last_page), (Some(3), Some(1), Some(true)));
    assert_eq!(joined.entries.iter().map(|entry| entry.number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(joined.end.as_ref().unwrap().balance_check, BalanceCheck::Consistent);
    // The reference of the second page is another one.
    assert_eq!(joined.unread[0].path, "/MT940/:20:");
    let mut check = ContinuityCheck::default();
    file.statements.iter().for_each(|statement| check.add(statement));
    assert!(check.finish().ok);

    // A page is missing, or they are of different statements.
    for (first, second) in [(&one, &three), (&one, &other), (&two, &other), (&three, &two)] {
        let file = read(&[first.as_str(), second].concat());
        assert_eq!(file.statements.len(), 2);
        assert!(file.statements.iter().all(|statement| statement.pages.is_none()));
    }
    let mut check = ContinuityCheck::default();
    read(&[one.as_str(), &three].concat()).statements.iter().for_each(|statement| check.add(statement));
    let checked = check.finish();
    assert!(!checked.ok && checked.breaks[0].message.contains("page 2 is missing"), "{:?}", checked.breaks);
}

#[test]
fn a_page_that_does_not_begin_where_the_last_one_ended_is_a_problem() {
    let one = message("A", "12/1", ":60F:C261201EUR0,", "1,", ":62M:C261201EUR1,");
    let two = message("A", "12/2", ":60M:C261201EUR5,", "2,", ":62F:C261201EUR7,");
    let file = read(&[one.as_str(), &two].concat());
    let statement = &file.statements[0];
    let problem = &statement.problems[0];
    assert_eq!(problem.message, "a page ends with 1.00, and the next one begins with 5.00");
    assert_eq!(problem.path.as_deref(), Some("/MT940[1]/:60M:"));
    assert_eq!(statement.end.as_ref().unwrap().balance_check, BalanceCheck::Differs);
}

#[test]
fn the_last_page_may_end_with_the_balance_of_a_page() {
    let file = read(&message("A", "999/1", ":60F:C261201CHF0,", "1,", ":62M:C261201CHF1,"));
    let statement = &file.statements[0];
    assert_eq!(statement.closing.as_ref().unwrap().money.as_ref().unwrap().amount.as_str(), "1.00");
    assert_eq!((statement.last_page, statement.problems.len()), (None, 0));
    assert!(statement.end.as_ref().unwrap().information.as_ref().unwrap().contains("62M"));
    let alone = read(&message("A", "12/2", ":60M:C261201EUR5,", "2,", ":62F:C261201EUR7,"));
    assert_eq!((alone.statements[0].page, alone.statements[0].last_page), (Some(2), Some(true)));
    assert!(alone.statements[0].entries[0].key.as_ref().unwrap().contains("-p2"));
}

#[test]
fn beginnings_and_ends() {
    let entry = ":61:261201C1,NMSC\n";
    let balance = |tag: &str, amount: &str| format!(":{tag}:C261201EUR{amount},\n");
    let plain = format!("{}{entry}{}", balance("60F", "0"), balance("62F", "1"));
    for (text, count) in [
        // Blocks of SWIFT, in one line or in several, with the text in the same line.
        (format!("{{1:F01BANKDEFFAXXX0000000000}}{{2:O9400000}}{{4:\n:20:A\n:25:B\n{plain}-}}{{5:{{CHK:1}}}}\n"), 1),
        (format!("{{1:F01BANK}}\n{{2:I940BANK}}\n{{4:\n:20:A\n:25:B\n{plain}-}}"), 1),
        (format!("{{1:F01BANK}}{{4::20:A\n:25:B\n{plain}-}}"), 1),
        // Without marks between messages.
        (format!(":20:A\n:25:B\n{plain}:20:C\n:25:D\n{plain}"), 2),
        (format!(":25:B\n{plain}:25:D\n{plain}"), 2),
        // Without a closing balance.
        (format!(":20:A\n:25:B\n{}{entry}:20:C\n:25:D\n{plain}", balance("60F", "0")), 2),
        // A dash inside is no end.
        (format!(":20:A\n:25:B\n-\n{}-\n{entry}:86:a\n-\nb\n{entry}-{}", balance("60F", "0"), balance("62F", "2")), 1),
        // Several accounts, and texts between messages.
        (
            format!(
                "\u{1}:20:A\n:25:B\n{plain}-\n\u{3}\nThank you.\n0000 01BANKNL2A\n940 00\n:20:A\n:25:C\n{plain}-XXX\n"
            ),
            2,
        ),
        // A report ends at its dash: what stands behind it is not its last text.
        (format!(":20:A\n:25:B\n:34F:EUR0,\n{entry}:86:a\n-\nThank you.\n:20:A\n:25:C\n{plain}"), 2),
        (format!(":940:\n:20:A\n:25:B\n{plain}:940:\n:20:B\n:25:B\n{plain}"), 2),
    ] {
        let file = read(&text);
        assert_eq!(file.statements.len(), count, "{text}");
        let complete =
            file.statements.iter().filter(|one| one.end.as_ref().unwrap().balance_check == BalanceCheck::Consistent);
        assert!(complete.count() >= 1, "{text}: {file:#?}");
    }
}

#[test]
fn the_kind_of_a_message() {
    let kind = |text: &str| {
        let file = read(text);
        (file.messages[0].message.name.clone().unwrap(), file.statements[0].kind)
    };
    let (statement, report) = (CashKind::Statement, CashKind::Report);
    let line = ":61:261201C1,NMSC\n";
    for (text, name, wanted) in [
        (":20:A\n:25:B\n:34F:EUR0,\n", "MT942", report),
        (":20:A\n:25:B\n:13D:2612011730+0200\n", "MT942", report),
        (":20:A\n:25:B\n:13D:2612011730+0200\n:60F:C261201EUR1,\n", "MT940", statement),
        ("{1:F01BANK}{2:O9500000}{4:\n:20:A\n:25:B\n:60F:C261201EUR1,\n", "MT950", statement),
        ("{1:F01BANK}{2:O9420000}{4:\n:20:A\n:25:B\n", "MT942", report),
        (":942:\n:20:A\n:25:B\n", "MT942", report),
        ("BANKNL2A\n940\nBANKNL2A\n:20:A\n:25:B\n", "MT940", statement),
    ] {
        assert_eq!(kind(&format!("{text}{line}")), (name.to_owned(), wanted), "{text}");
    }
}

fn breaks(files: &[&str]) -> Vec<String> {
    let mut check = ContinuityCheck::default();
    let read: Vec<CashFile> = files.iter().map(|file| super::read(file)).collect();
    read.iter().flat_map(|file| &file.statements).for_each(|statement| check.add(statement));
    check.finish().breaks.into_iter().map(|one| one.message).collect()
}

#[test]
fn pages_in_several_files() {
    let one = message("A", "12/1", ":60F:C261201EUR0,", "1,", ":62M:C261201EUR1,");
    let two = message("A", "12/2", ":60M:C261201EUR1,", "2,", ":62M:C261201EUR3,");
    let three = message("A", "12/3", ":60M:C261201EUR3,", "3,", ":62F:C261201EUR6,");
    let (first_two, last_two) = ([one.as_str(), &two].concat(), [two.as_str(), &three].concat());
    for files in [&[first_two.as_str(), &three][..], &[&three, &first_two], &[&one, &last_two], &[&last_two, &one]] {
        assert_eq!(breaks(files), Vec::<String>::new(), "{files:?}");
    }
    assert!(breaks(&[&one, &three])[0].contains("page 2 is missing"));
    assert!(breaks(&[&last_two])[0].contains("page 1 is missing"));
}

#[test]
fn a_last_page_with_the_balance_of_a_page_is_judged_by_the_next_statement() {
    let one = message("A", "12/1", ":60F:C261201EUR0,", "1,", ":62M:C261201EUR1,");
    let next = message("B", "13/1", ":60F:C261201EUR1,", "1,", ":62M:C261201EUR2,");
    assert_eq!(breaks(&[&one]), Vec::<String>::new());
    assert_eq!(breaks(&[&one, &next]), Vec::<String>::new());
    let other = message("B", "13/1", ":60F:C261201EUR5,", "1,", ":62M:C261201EUR6,");
    assert!(breaks(&[&one, &other])[0].contains("closes with 1.00, the second opens with 5.00"));
}

/// The keys of all entries.
fn keys(file: &CashFile) -> Vec<String> {
    let entries = file.statements.iter().flat_map(|statement| &statement.entries);
    entries.map(|entry| entry.key.clone().unwrap()).collect()
}

#[test]
fn keys_do_not_depend_on_how_pages_are_packed() {
    let page = |number: u32, opening: &str, closing: &str| {
        let entries = ":61:2612011201C1,NMSCNONREF\n".repeat(3);
        format!(":20:A\n:25:37040044/0532013000\n:28C:7/{number}\n{opening}\n{entries}{closing}\n-\n")
    };
    let one = page(1, ":60F:C261201EUR0,", ":62M:C261201EUR3,");
    let two = page(2, ":60M:C261201EUR3,", ":62M:C261201EUR6,");
    let three = page(3, ":60M:C261201EUR6,", ":62F:C261201EUR9,");
    let alone: Vec<String> = [&one, &two, &three].iter().flat_map(|page| keys(&read(page))).collect();
    assert_eq!(alone.iter().collect::<std::collections::HashSet<_>>().len(), 9, "{alone:?}");
    assert!(alone[4].ends_with("-p2-2") && alone[8].ends_with("-p3-3"), "{alone:?}");
    let together = [one.as_str(), &two, &three].concat();
    let file = read(&together);
    assert_eq!((file.statements.len(), keys(&file)), (1, alone.clone()));
    assert_eq!(keys(&read(&[two.as_str(), &one, &three].concat())), [&alone[3..6], &alone[..3], &alone[6..]].concat());
    for entries in [1, 2, 4] {
        assert_eq!(by_pages(&together, entries), file.statements, "{entries}");
    }
}

#[test]
fn pages_of_a_result_keep_the_type_of_the_message() {
    for (beginning, name) in
        [("{1:F01BANK}{2:O9500000}{4:\n", "MT950"), (":942:\n", "MT942"), ("940\n", "MT940"), ("", "MT940")]
    {
        let one = ":20:A\n:25:1\n:34F:EUR0,\n:13D:2612011200+0100\n:61:2612011201C1,NMSC\n:61:2612011201C1,NMSC\n-\n";
        let other = ":20:B\n:25:2\n:61:2612011201C1,NMSC\n:61:2612011201C1,NMSC\n";
        let text = format!("{beginning}{one}{other}");
        let file = read(&text);
        assert_eq!(file.messages.last().unwrap().message.name.as_deref(), Some(name), "{text}");
        assert_eq!(by_pages(&text, 1), file.statements, "{text}");
    }
}

/// The statements of a file, read by pages of so many entries.
fn by_pages(text: &str, entries: usize) -> Vec<Statement> {
    let (mut all, mut cursor) = (Vec::<Statement>::new(), None::<Cursor>);
    loop {
        let from = cursor.as_ref().map_or(0, |cursor| usize::try_from(cursor.position).unwrap());
        let is_next = cursor.is_some();
        let page = read_page(&text.as_bytes()[from..], &ReadOptions::default(), cursor.take(), entries).unwrap();
        let mut statements = page.statements.into_iter();
        if is_next && let Some((last, next)) = all.last_mut().zip(statements.next()) {
            let entries = std::mem::take(&mut last.entries);
            *last = next;
            last.entries.splice(0..0, entries);
        }
        all.extend(statements);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return all,
        }
    }
}
