//! The key of an entry, by which a booking is imported once.

use std::collections::BTreeSet;

use bankchannel_iso20022::cash::{Cursor, ReadOptions, read_all, read_page};

use crate::{account, details, document, entry, read, statement};

/// The keys of all entries in a message of that kind.
fn keys_of(message: &str, entries: &str) -> Vec<String> {
    let (root, element) = match message {
        "052" => ("BkToCstmrAcctRpt", "Rpt"),
        "053" => ("BkToCstmrStmt", "Stmt"),
        _ => ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    };
    let inside = format!("<{element}>{}{entries}</{element}>", account());
    let read = read(&document(&format!("camt.{message}.001.08"), root, &inside));
    read.statements[0].entries.iter().map(|entry| entry.key.clone().unwrap()).collect()
}

fn keys(entries: &str) -> Vec<String> {
    keys_of("053", entries)
}

fn key(entry: &str) -> String {
    keys(entry).remove(0)
}

fn referred(amount: &str, more: &str) -> String {
    entry(amount, "DBIT", &format!("<AcctSvcrRef>ARK-1</AcctSvcrRef>{more}"))
}

#[test]
fn the_bank_s_reference_is_the_key_in_every_message() {
    let of_statement = key(&referred("10.00", "<AddtlNtryInf>Card payment</AddtlNtryInf>"));
    assert!(of_statement.starts_with('R'), "{of_statement}");
    // With other words, other details, another running number, pending, and without zeros.
    let pending = referred("10", &details("<RmtInf><Ustrd>other</Ustrd></RmtInf>")).replace("BOOK", "PDNG");
    for message in ["052", "054"] {
        assert_eq!(keys_of(message, &pending), [of_statement.as_str()], "{message}");
        let numbered = pending.replace("<Ntry>", "<Ntry><NtryRef>7</NtryRef>");
        assert_eq!(keys_of(message, &numbered), [of_statement.as_str()], "{message}");
    }
    // The reference may stand in the only transaction.
    let inside = details("<Refs><AcctSvcrRef>ARK-1</AcctSvcrRef></Refs>");
    assert_eq!(key(&entry("10.00", "DBIT", &inside)), of_statement);
    let two = inside.clone() + &inside;
    assert!(key(&entry("10.00", "DBIT", &two)).starts_with('C'), "of which of two?");
    // What makes another booking of it.
    let other = [
        referred("10.01", ""),
        referred("10.00", "").replace("DBIT", "CRDT"),
        referred("10.00", "").replace("EUR", "SEK"),
        referred("10.00", "").replace("2026-11-20", "2026-11-21"),
        referred("10.00", "").replace("ARK-1", "ARK-2"),
    ];
    let all: BTreeSet<String> = other.iter().map(|entry| key(entry)).chain([of_statement]).collect();
    assert_eq!(all.len(), other.len() + 1);
    let file = statement("08", &referred("10.00", "")).replace(crate::IBAN, "FI1410093000123458");
    assert!(!all.contains(read(&file).statements[0].entries[0].key.as_ref().unwrap()), "another account");
}

#[test]
fn without_a_reference_the_content_is_the_key() {
    let with = |inside: &str| entry("2.50", "DBIT", &details(inside));
    let one = with("<Refs><EndToEndId>E1</EndToEndId></Refs>");
    assert!(key(&one).starts_with('C'));
    assert_eq!(key(&one), key(&one));
    for none in ["NOTPROVIDED", "NONREF", "000000"] {
        let placeholder = one.replace("<NtryDtls>", &format!("<AcctSvcrRef>{none}</AcctSvcrRef><NtryDtls>"));
        assert_eq!(key(&placeholder), key(&one), "{none} is no reference");
    }
    let others = [
        with("<Refs><EndToEndId>E2</EndToEndId></Refs>"),
        with("<RmtInf><Ustrd>E1</Ustrd></RmtInf>"),
        with("<RltdPties><Cdtr><Nm>A</Nm></Cdtr><CdtrAcct><Id><Othr><Id>1</Id></Othr></Id></CdtrAcct></RltdPties>"),
        entry("2.50", "DBIT", ""),
    ];
    let all: BTreeSet<String> = others.iter().map(|entry| key(entry)).chain([key(&one)]).collect();
    assert_eq!(all.len(), others.len() + 1);
    // The entry's own text is in other words in a report than in the statement.
    assert_eq!(key(&one.replace("</Ntry>", "<AddtlNtryInf>words</AddtlNtryInf></Ntry>")), key(&one));
}

#[test]
fn equal_entries_of_a_statement_are_counted() {
    let coffee = entry("2.50", "DBIT", "");
    let all = keys(&[coffee.as_str(), &entry("3", "DBIT", ""), &coffee, &coffee].concat());
    assert_eq!(all[2..], [format!("{}-2", all[0]), format!("{}-3", all[0])]);
    let twice = referred("1.00", "");
    let all = keys(&format!("{twice}{twice}"));
    assert_eq!(all[1], format!("{}-2", all[0]), "a reference that a bank gives twice");
    // The same again in the next statement of the file, and in the copy of the first.
    let two = statement("08", &coffee).replace("</Stmt>", "</Stmt><Stmt><Id>S2</Id></Stmt>");
    let two = two.replace("<Id>S2</Id>", &format!("{}{coffee}", account()));
    let read_keys: Vec<_> = read(&two).statements.into_iter().map(|one| one.entries[0].key.clone().unwrap()).collect();
    assert_eq!(read_keys[0], read_keys[1]);
    // What stands on a later page is another booking than what stands on the first.
    let page = "<StmtPgntn><PgNb>2</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>";
    let later = read(&statement("08", &coffee).replace("</Id><Acct>", &format!("</Id>{page}<Acct>")));
    assert_eq!(later.statements[0].entries[0].key.as_deref(), Some(format!("{}-p2", read_keys[0]).as_str()));
    // Nothing is known of an entry without an amount.
    let nothing = read(&statement("08", &entry("x", "DBIT", "")));
    assert_eq!(nothing.statements[0].entries[0].key, None);
}

#[test]
fn pages_and_reversals_change_no_key() {
    let coffees = entry("2.50", "DBIT", "").repeat(12);
    let reversal = entry("4", "CRDT", "<RvslInd>true</RvslInd>");
    let file = statement("08", &format!("{coffees}{reversal}"));
    let whole: Vec<_> = read(&file).statements[0].entries.iter().map(|entry| entry.key.clone()).collect();
    assert_eq!(whole.iter().flatten().collect::<BTreeSet<_>>().len(), 13);
    let (mut cursor, mut paged) = (None::<Cursor>, Vec::new());
    loop {
        let from = cursor.as_ref().map_or(0, |cursor| usize::try_from(cursor.position).unwrap());
        let page = read_page(&file.as_bytes()[from..], &ReadOptions::default(), cursor, 5).unwrap();
        paged.extend(page.statements.into_iter().flat_map(|one| one.entries).map(|entry| entry.key));
        let Some(next) = page.next else { break };
        // A cursor survives being passed to another process.
        let json = bankchannel_foundation::model::write_boundary(next);
        cursor = Some(bankchannel_foundation::model::read_boundary(json).unwrap());
    }
    assert_eq!(paged, whole);
    let flipped = read_all(file.as_bytes(), &ReadOptions { reversal_flips: true, ..ReadOptions::default() }).unwrap();
    assert_eq!(flipped.statements[0].entries.last().unwrap().key, whole[12]);
}

#[test]
fn transactions_with_one_reference_of_the_bank_are_told_apart_by_their_ids() {
    let with =
        |refs: &str| entry("10.00", "DBIT", &details(&format!("<Refs><AcctSvcrRef>BATCH7</AcctSvcrRef>{refs}</Refs>")));
    let of = [
        "",
        "<EndToEndId>E1</EndToEndId>",
        "<EndToEndId>E2</EndToEndId>",
        "<InstrId>E1</InstrId>",
        "<UETR>9f7a5893-562a-4207-a91e-dd3e484fd85b</UETR>",
    ];
    let all: BTreeSet<String> = of.iter().map(|refs| key(&with(refs))).collect();
    assert!(all.len() == of.len() && all.iter().all(|key| key.starts_with('R')), "{all:?}");
    // The reference of the entry is that of one booking, whatever its transaction has; zeros are none.
    let own = |refs: &str| with(refs).replace("<NtryDtls>", "<AcctSvcrRef>BATCH7</AcctSvcrRef><NtryDtls>");
    assert_eq!([key(&own(of[1])), key(&own(of[2]))], [key(&with("")), key(&with(""))]);
    let zeros = with(of[1]).replace("<NtryDtls>", "<AcctSvcrRef>000</AcctSvcrRef><NtryDtls>");
    assert_eq!(key(&zeros), key(&with(of[1])));
}

#[test]
fn bookings_that_only_words_tell_apart_have_keys_of_their_own() {
    let words = |text: &str| entry("2.50", "DBIT", &format!("<AddtlNtryInf>{text}</AddtlNtryInf>"));
    let named = |name: &str| {
        let party = format!("<RltdPties><Cdtr><Pty><Nm>{name}</Nm></Pty></Cdtr></RltdPties>");
        entry("2.50", "DBIT", &details(&party))
    };
    let all = [words("CARD PURCHASE SHOP A"), words("CARD PURCHASE SHOP B"), named("Ann"), named("Bob")];
    let each: BTreeSet<String> = all.iter().map(|entry| keys_of("052", entry).remove(0)).collect();
    assert!(each.len() == all.len() && each.iter().all(|key| key.starts_with('C')), "{each:?}");
    // In any order, and in the next report of the day.
    let [a, b] = [words("A"), words("B")];
    let (one, other) = (keys_of("052", &[a.as_str(), &b].concat()), keys_of("052", &[b, a].concat()));
    assert_eq!([&one[0], &one[1]], [&other[1], &other[0]]);
}

#[test]
fn each_page_of_several_numbers_its_own_entries() {
    let of_page = |page: &str, entry: &str| {
        let page = format!("</Id><StmtPgntn>{page}</StmtPgntn><Acct>");
        read(&statement("08", entry).replace("</Id><Acct>", &page)).statements[0].entries[0].key.clone().unwrap()
    };
    let coffee = entry("2.50", "DBIT", "");
    let whole = key(&coffee);
    for (page, end) in [
        ("<PgNb>1</PgNb><LastPgInd>true</LastPgInd>", ""),
        ("<PgNb>0</PgNb><LastPgInd>false</LastPgInd>", "-p0"),
        ("<PgNb>1</PgNb><LastPgInd>false</LastPgInd>", "-p1"),
        ("<PgNb>2</PgNb><LastPgInd>true</LastPgInd>", "-p2"),
    ] {
        assert_eq!(of_page(page, &coffee), format!("{whole}{end}"), "{page}");
        // The bank's reference is the same in a message without pages.
        assert_eq!(of_page(page, &referred("2.50", "")), key(&referred("2.50", "")), "{page}");
    }
}
