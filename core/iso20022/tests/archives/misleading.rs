//! Archives whose directory does not say what is in them, and names that could be taken for others.

use super::*;
use made::{change, deflate};

/// Two statements, the second under this name.
fn two(second: &str) -> Vec<u8> {
    zip(&[("one.xml", &plain("c53-stored.zip")), (second, &plain("c53-stored.zip"))])
}

const EMPTY_END: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

#[test]
fn a_member_that_is_empty_by_the_directory_alone_is_not_passed_over() {
    let file = read_statement(change(&two("two.xml"), "two.xml", 24, &[0; 4]).as_slice()).unwrap();
    assert_eq!((file.statements.len(), names(&file)), (1, vec!["one.xml", "two.xml"]));
    let [("two.xml", why)] = not_read(&file)[..] else { panic!("{:?}", not_read(&file)) };
    assert_eq!(why, "its length is another than the directory of the archive says");
    // Another length is found at the end of the file, or at once where it is stored.
    let longer = change(&two("two.xml"), "two.xml", 24, &[0xFF, 0xFF, 0, 0]);
    let stored = change(&change(&two("two.xml"), "two.xml", 10, &[0, 0]), "two.xml", 24, &[1, 0, 0, 0]);
    for bytes in [longer, stored] {
        let file = read_statement(bytes.as_slice()).unwrap();
        assert!(matches!(not_read(&file)[..], [("two.xml", why)] if why.contains("length")), "{:?}", not_read(&file));
        assert_eq!(file.statements.len(), 1);
        let pages = in_pages(&bytes);
        assert_eq!(pages.1, file.archive, "the same in pages");
    }
    // The same of an archive inside, and of what gzip packed.
    for (name, content) in [("in.zip", two("two.xml")), ("in.xml.gz", gzip(&plain("c53-stored.zip")))] {
        let bytes = zip(&[(name, content.as_slice()), ("other.xml", &plain("c53-stored.zip"))]);
        let file = read_statement(change(&bytes, name, 24, &[0; 4]).as_slice()).unwrap();
        assert_eq!(file.statements.len(), 1);
        assert!(matches!(not_read(&file)[..], [(own, why)] if own == name && why.contains("length")), "{name}");
    }
}

#[test]
fn a_folder_with_content_is_a_file() {
    let file = read_statement(two("two.xml/").as_slice()).unwrap();
    assert_eq!((file.statements.len(), names(&file)), (2, vec!["one.xml", "two.xml/"]));
    let file = read_statement(two("__MACOSX/two.xml").as_slice()).unwrap();
    assert_eq!(file.statements.len(), 2, "macOS adds no such file");
    // Folders and empty files, stored and deflated.
    let empty = zip(&[("a/", b""), ("a/b.txt", b""), ("one.xml", &plain("c53-stored.zip"))]);
    assert_eq!(deflate(b"").len(), 2);
    for bytes in [change(&change(&empty, "a/b.txt", 10, &[0, 0]), "a/b.txt", 20, &[0; 4]), empty] {
        assert_eq!(names(&read_statement(bytes.as_slice()).unwrap()), ["one.xml"]);
    }
}

#[test]
fn several_archives_in_one_file_are_refused() {
    let (one, other) = (two("a.xml"), fixture("c53-stored.zip"));
    let several = [
        ("glued", [one.as_slice(), &other].concat()),
        ("glued behind other bytes", [b"junk\r\n", one.as_slice(), &other].concat()),
        ("an empty one behind", [one.as_slice(), EMPTY_END].concat()),
        ("a cut one behind", [one.as_slice(), &other[..other.len() - 30]].concat()),
        ("an empty one in the comment", {
            let mut bytes = one.clone();
            let end = bytes.len();
            bytes[end - 2] = 22;
            [bytes.as_slice(), EMPTY_END].concat()
        }),
        ("a first member that the directory lacks", without_first_member(&one)),
    ];
    for (what, bytes) in several {
        assert!(refused(&bytes).contains("several archives"), "{what}: {}", refused(&bytes));
        let inside = zip(&[("in.zip", &bytes)]);
        if !what.contains("other bytes") {
            let told = refused(&inside);
            assert!(told.contains("in.zip") && told.contains("several archives"), "{what} inside: {told}");
        }
    }
}

/// Takes the first of two members out of the directory.
fn without_first_member(archive: &[u8]) -> Vec<u8> {
    let records: Vec<usize> = memchr::memmem::find_iter(archive, b"PK\x01\x02").collect();
    let end = archive.len() - 22;
    let mut bytes = [&archive[..records[0]], &archive[records[1]..]].concat();
    let to = bytes.len() - 22;
    bytes[to + 8..to + 12].copy_from_slice(&[1, 0, 1, 0]);
    bytes[to + 12..to + 16].copy_from_slice(&u32::try_from(end - records[1]).unwrap().to_le_bytes());
    bytes
}

#[test]
fn an_archive_behind_other_bytes_is_read() {
    let behind = [b"HTTP/1.1 200\r\n\r\n".as_slice(), &two("two.xml")].concat();
    assert_eq!(file_kind(behind.as_slice(), None), Ok(RecognisedFile::Archive));
    let file = read_statement(behind.as_slice()).unwrap();
    assert_eq!(file.statements.len(), 2);
    let notes = file.archive.unwrap().notes;
    assert!(matches!(notes.as_slice(), [note] if note.contains("before its first file")), "{notes:?}");
    // In an archive it is named, whatever stands in the bytes behind the mark.
    for content in [behind.clone(), behind[..behind.len() - 30].to_vec()] {
        let bytes = zip(&[("odd.bin", content.as_slice()), ("one.xml", &plain("c53-stored.zip"))]);
        let file = read_statement(bytes.as_slice()).unwrap();
        assert_eq!(file.statements.len(), 1);
        assert!(matches!(not_read(&file)[..], [("odd.bin", why)] if why.contains("behind other bytes")));
    }
    // The mark of an archive that could have had several parts is its own.
    let spanned = [b"PK\x07\x08".as_slice(), &two("two.xml")].concat();
    assert!(read_statement(spanned.as_slice()).unwrap().archive.unwrap().notes.is_empty());
}

#[test]
fn names_stay_distinct_and_readable() {
    let statement = plain("c53-stored.zip");
    let long = "x".repeat(120);
    let (first, second) = (format!("{long}1.xml"), format!("{long}2.xml"));
    let file = read_statement(zip(&[(&first, &statement), (&second, &statement)]).as_slice()).unwrap();
    let [one, other] = names(&file)[..] else { panic!("{:?}", names(&file)) };
    assert!(one.ends_with("1.xml") && other.ends_with("2.xml"), "{one} {other}");
    assert!(one.chars().count() == 100 && one.contains('…'));
    let inner = zip(&[("b.xml", &statement)]);
    let same = zip(&[("a!b.xml", &statement), ("a", &inner), ("a", b"x"), ("a", b"y")]);
    let file = read_statement(same.as_slice()).unwrap();
    assert_eq!(names(&file), ["a!b.xml", "a!b.xml (2)", "a (2)", "a (3)"]);
    assert_eq!(file.messages[1].member.as_deref(), Some("a!b.xml (2)"));
    // Page 437, in which programs write where they do not say UTF-8.
    let mut bytes = zip(&[("Umsaetze_M?ller.xml", &statement)]);
    for at in memchr::memmem::find_iter(&bytes.clone(), b"M?ller") {
        bytes[at + 1] = 0x81;
    }
    assert_eq!(names(&read_statement(bytes.as_slice()).unwrap()), ["Umsaetze_Müller.xml"]);
}
