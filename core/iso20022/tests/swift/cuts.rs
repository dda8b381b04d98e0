//! Files that are cut, mixed or hostile: never a panic, never a closing balance that was not read.

use bankchannel_iso20022::cash::{self, ReadOptions, read_page};
use bankchannel_iso20022::read_statement;

use super::{file, names};

/// Case MTS-31.
#[test]
fn a_cut_file_has_no_closing_balance_that_was_not_read() {
    for name in names() {
        let bytes = file(&name);
        let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        for end in ends {
            let cut = &bytes[..end];
            cash::fuzz(cut);
            let Ok(read) = read_statement(cut) else { continue };
            let text = String::from_utf8_lossy(cut);
            let closing = text.lines().filter(|line| line.trim_start_matches('-').starts_with(":62")).count();
            let told = read.statements.iter().filter(|statement| statement.closing.is_some()).count();
            assert!(told <= closing, "{name} cut at {end}");
            let entries = text.lines().filter(|line| line.trim_start_matches('-').starts_with(":61:")).count();
            let read_entries: usize = read.statements.iter().map(|statement| statement.entries.len()).sum();
            assert_eq!(read_entries, entries, "{name} cut at {end}");
        }
    }
}

#[test]
fn bytes_anywhere_and_other_characters_never_panic() {
    for name in names() {
        let bytes = file(&name);
        for at in (0..bytes.len()).step_by(7) {
            for other in [b'\n', b':', b'?', b'/', 0xE4, b'9', 0] {
                let mut changed = bytes.clone();
                changed[at] = other;
                let _ = read_statement(changed.as_slice());
            }
            cash::fuzz(&bytes[..at]);
            cash::fuzz(&bytes[at..]);
        }
    }
}

/// Pages of a result of any size give the whole.
#[test]
fn pages_of_a_result() {
    for name in names() {
        let bytes = file(&name);
        let whole = read_statement(bytes.as_slice()).unwrap();
        for entries in [1, 2, 3] {
            let (mut keys, mut cursor) = (Vec::new(), None::<cash::Cursor>);
            let mut last = loop {
                let from = cursor.as_ref().map_or(0, |cursor| usize::try_from(cursor.position).unwrap());
                let page = read_page(&bytes[from..], &ReadOptions::default(), cursor.take(), entries).unwrap();
                let of_page = page.statements.iter().flat_map(|statement| &statement.entries);
                keys.extend(of_page.map(|entry| (entry.key.clone(), entry.line)));
                match page.next {
                    Some(next) => cursor = Some(next),
                    None => break page.statements,
                }
            };
            let wanted = whole.statements.iter().flat_map(|statement| &statement.entries);
            assert_eq!(keys, wanted.map(|entry| (entry.key.clone(), entry.line)).collect::<Vec<_>>(), "{name}");
            let (mut ended, mut wanted) = (last.pop().unwrap(), whole.statements.last().unwrap().clone());
            ended.entries.clear();
            wanted.entries.clear();
            assert_eq!(ended, wanted, "{name}");
        }
    }
}

#[test]
fn limits() {
    let long = format!(":20:A\n:25:B\n:86:{}", "x".repeat(70_000));
    assert!(read_statement(long.as_bytes()).unwrap_err().message.contains("64 KiB"));
    let wide = format!(":20:A\n:25:B\n:61:261201C1,NMSC\n:86:{}", "text of a line\n".repeat(100_000));
    assert!(read_statement(wide.as_bytes()).unwrap_err().message.contains("1024 KiB"));
    let several = format!(":20:A\n:25:B\n:61:261201C1,NMSC\n{}", format!(":86:{}\n", "y".repeat(60_000)).repeat(20));
    assert!(read_statement(several.as_bytes()).unwrap_err().message.contains("1024 KiB"));
    // The bank's information about the statement is kept as far as there is room, and so are balances.
    let much = format!(
        ":20:A\n:25:B\n:60F:C261201EUR1,\n:62F:C261201EUR1,\n{}",
        ":65:C261201EUR1,\n:86:text\n".repeat(20_000)
    );
    let read = read_statement(much.as_bytes()).unwrap();
    assert_eq!(read.statements[0].balances.len(), 1000);
    assert!(read.statements[0].end.as_ref().unwrap().information.as_ref().unwrap().len() <= 64 * 1024);
}
