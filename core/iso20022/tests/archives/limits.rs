//! Limits from both sides, and archives built to exhaust or mislead a reader.

use bankchannel_iso20022::cash::{self, ReadOptions};
use bankchannel_iso20022::read_statement;

use super::made::{change, deflate, gzip, plain, twice_in_the_directory, zip, zip64};
use super::{fixture, names, refused};

#[test]
fn arc_20_limits_from_both_sides() {
    // Members.
    let statement = plain("c53-stored.zip");
    let many = |count: usize| {
        let names: Vec<String> = (1..count).map(|number| format!("{number}.txt")).collect();
        let mut members: Vec<(&str, &[u8])> = vec![("statement.xml", &statement)];
        members.extend(names.iter().map(|name| (name.as_str(), b"x".as_slice())));
        zip(&members)
    };
    let read = read_statement(many(10_000).as_slice()).unwrap();
    assert_eq!(read.archive.unwrap().members.len(), 10_000);
    let told = refused(&many(10_001));
    assert!(told.contains("10000 members") && told.contains("limit"), "{told}");
    // The ratio: noise, then blanks, so that the packed size is known.
    let of_ratio = |times: usize| {
        let mut noise: Vec<u8> = Vec::new();
        let mut state = 88_172_645_463_325_252_u64;
        noise.extend_from_slice(b"<!--");
        while noise.len() < 60_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            noise.push(b'a' + u8::try_from(state % 26).unwrap());
        }
        noise.extend_from_slice(b"-->");
        let packed = |bytes: &[u8]| deflate(bytes).len();
        let mut content = [statement.clone(), noise].concat();
        // Blanks are packed about a thousand to one: they change the packed size little.
        loop {
            let most = packed(&content) * times;
            if content.len() >= most {
                break content;
            }
            let blanks = format!("<!--{:1000}-->\n", "");
            content.extend(blanks.as_bytes().repeat((most - content.len()) / blanks.len() + 1));
        }
    };
    let (below, above) = (of_ratio(98), of_ratio(102));
    assert!(below.len() > 1 << 20);
    assert_eq!(read_statement(zip(&[("a.xml", &below)]).as_slice()).unwrap().statements.len(), 1);
    assert!(refused(&zip(&[("a.xml", &above)])).contains("ratio"));
    // The bytes of all files.
    let archive = zip(&[("a.xml", &statement), ("b.xml", &statement)]);
    let up_to = |most: usize| {
        let options = ReadOptions { max_unpacked: Some(most as u64), ..ReadOptions::default() };
        cash::read_all(archive.as_slice(), &options)
    };
    assert_eq!(up_to(2 * statement.len()).unwrap().statements.len(), 2);
    assert!(up_to(2 * statement.len() - 1).unwrap_err().message.contains("limit of all files"));
    // A small file may have any ratio.
    let small = [statement, vec![b' '; 900_000]].concat();
    assert_eq!(read_statement(zip(&[("a.xml", &small)]).as_slice()).unwrap().statements.len(), 1);
}

/// The limits hold for an archive and those inside it together.
#[test]
fn members_and_ratio_are_counted_across_archives_inside() {
    let names: Vec<String> = (0..3_400).map(|number| number.to_string()).collect();
    let inner = |content: &[u8]| zip(&names.iter().map(|name| (name.as_str(), content)).collect::<Vec<_>>());
    // 3 times 3,400 members.
    let inner_of_few = inner(b"x");
    let many = zip(&[("a.zip", &inner_of_few), ("b.zip", &inner_of_few), ("c.zip", &inner_of_few)]);
    let told = refused(&many);
    assert!(told.contains("c.zip") && told.contains("10000 members"), "{told}");
    let statement = plain("c53-stored.zip");
    let few = zip(&[("a.zip", &inner_of_few), ("b.zip", &inner_of_few), ("s.xml", &statement)]);
    assert_eq!(read_statement(few.as_slice()).unwrap().archive.unwrap().members.len(), 6_801);
    // 18 files of less than 1 MiB each, which no other limit concerns; packed twice they are much smaller.
    let names: Vec<String> = (0..18).map(|number| format!("{number}.xml")).collect();
    let bomb = [b"<Document>".as_slice(), &vec![b' '; 1_000_000]].concat();
    let flat = zip(&names.iter().map(|name| (name.as_str(), bomb.as_slice())).collect::<Vec<_>>());
    for bytes in [zip(&[("in.zip", &flat)]), gzip(&flat), flat] {
        let told = refused(&bytes);
        assert!(told.contains("limit of the ratio") && told.contains("whole archive"), "{}: {told}", bytes.len());
    }
    let below = zip(&names[..15].iter().map(|name| (name.as_str(), bomb.as_slice())).collect::<Vec<_>>());
    assert!(refused(&below).contains("no statement"), "{}", refused(&below));
}

/// Hostile archives: each is refused, or costs little.
#[test]
fn archives_built_to_exhaust_a_reader_are_refused() {
    // Members that share their bytes.
    let one = zip(&[("a.txt", &[b'x'; 1000])]);
    let overlapping = twice_in_the_directory(&one);
    assert!(refused(&overlapping).contains("overlap"), "{}", refused(&overlapping));
    // Sizes that no file has.
    let absurd = change(&one, "a.txt", 24, &[0xFE, 0xFF, 0xFF, 0xFF]);
    assert!(refused(&absurd).contains("a.txt") && refused(&absurd).contains("ratio"), "{}", refused(&absurd));
    let absurd = change(&one, "a.txt", 20, &[0xFE, 0xFF, 0xFF, 0xFF]);
    assert!(refused(&absurd).contains("overlap"));
    // A directory that says more members than it has, and one behind the file.
    let mut counts = one.clone();
    let end = counts.len() - 22;
    counts[end + 8..end + 12].copy_from_slice(&[9, 0, 9, 0]);
    assert!(refused(&counts).contains("directory"), "{}", refused(&counts));
    let mut behind = one.clone();
    behind[end + 16..end + 20].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x7F]);
    assert!(refused(&behind).contains("directory"));
    let mut hidden = one.clone();
    hidden[end + 8..end + 12].copy_from_slice(&[0, 0, 0, 0]);
    assert!(refused(&hidden).contains("more members"), "{}", refused(&hidden));
    // A gzip file that goes on for ever with nothing.
    let empty = gzip(b"");
    let nothing: Vec<u8> = empty.iter().copied().cycle().take(empty.len() * 50_000).collect();
    assert!(refused(&nothing).contains("no XML element"), "{}", refused(&nothing));
}

#[test]
fn archives_of_64_bits_are_read() {
    let content = plain("c53-stored.zip");
    let read = read_statement(zip64("a.xml", &content).as_slice()).unwrap();
    assert_eq!((read.statements.len(), names(&read)), (1, vec!["a.xml"]));
}

/// Damage that makes the content of a file no XML is a fault of the archive, not of the file.
#[test]
fn a_damaged_member_is_an_error_although_its_reader_stops_before_its_end() {
    let bytes = fixture("c53-stored.zip");
    let at = bytes.windows(10).position(|window| window == b"<Document ").unwrap();
    let mut damaged = bytes.clone();
    damaged[at] = b'>';
    assert!(refused(&damaged).contains("CRC"), "{}", refused(&damaged));
}

#[test]
fn arc_12_encrypted_members_and_other_methods_are_errors_that_name_them() {
    let bytes = zip(&[("good.xml", &plain("c53-stored.zip")), ("secret.xml", b"x")]);
    let encrypted = change(&bytes, "secret.xml", 8, &[1, 0]);
    let told = refused(&encrypted);
    assert!(told.contains("secret.xml") && told.contains("encrypted"), "{told}");
    let other = change(&bytes, "secret.xml", 10, &[14, 0]);
    assert!(refused(&other).contains("secret.xml") && refused(&other).contains("method 14"), "{}", refused(&other));
}

#[test]
fn arc_13_a_wrong_checksum_or_length_is_an_error_that_names_the_member() {
    let bytes = zip(&[("bad.xml", &plain("c53-stored.zip"))]);
    let told = refused(&change(&bytes, "bad.xml", 16, &[1, 2, 3, 4]));
    assert!(told.contains("bad.xml") && told.contains("CRC"), "{told}");
    let told = refused(&change(&bytes, "bad.xml", 24, &[1, 2, 0, 0]));
    assert!(told.contains("bad.xml") && told.contains("length"), "{told}");
}
