//! Inputs against readers of archives: members that share bytes, archives in archives, sizes that no file has, bombs.

use std::io::Write as _;

use flate2::{Compression, Crc, write::DeflateEncoder, write::GzEncoder};

use super::{Hostile, LARGE};

pub(super) fn inputs() -> Vec<Hostile> {
    let zeros = vec![b' '; 64 * LARGE];
    let small: Vec<(String, Vec<u8>)> = (0..LARGE / 100).map(|number| (format!("{number}"), b"x".to_vec())).collect();
    let mut nested = zip(&[("a.xml".to_owned(), b"<a/>".to_vec())]);
    for _ in 0..20 {
        nested = zip(&[("a.zip".to_owned(), nested)]);
    }
    let one = zip(&[("a.xml".to_owned(), zeros.clone())]);
    let end = one.len() - 22;
    let changed = |at: usize, to: &[u8]| {
        let mut bytes = one.clone();
        bytes[at..at + to.len()].copy_from_slice(to);
        bytes
    };
    let empty = gzip(b"");
    vec![
        ("a member of blanks", one.clone()),
        ("a gzip file of blanks", gzip(&zeros)),
        ("many small members", zip(&small)),
        ("members that share their bytes", overlapping(LARGE / 64)),
        ("archives in archives", nested),
        ("gzip files in each other", (0..20).fold(b"<a/>".to_vec(), |inner, _| gzip(&inner))),
        ("gzip files of nothing", empty.repeat(LARGE / empty.len())),
        ("a directory of many members that are not there", changed(end + 8, &[0xFF, 0xFE, 0xFF, 0xFE])),
        ("a directory larger than the file", changed(end + 12, &[0xFF, 0xFF, 0xFF, 0x7F])),
        ("ends of archives", b"PK\x05\x06".repeat(LARGE / 4)),
        ("many ends of archives that fit", [b"PK\x03\x04".as_slice(), &end_record().repeat(LARGE / 22)].concat()),
        ("headers of members", b"PK\x03\x04".repeat(LARGE / 4)),
    ]
}

/// A record at the end that says a member too many.
fn end_record() -> Vec<u8> {
    [b"PK\x05\x06\0\0\0\0\x01\0\x01\0".as_slice(), &[4, 0, 0, 0, 4, 0, 0, 0, 0, 0]].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// The fields that the header of a member and the directory share, and its packed content.
fn member(name: &str, content: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("memory");
    let packed = encoder.finish().expect("memory");
    let mut crc = Crc::new();
    crc.update(content);
    let size = |size: usize| u32::try_from(size).expect("a small file").to_le_bytes();
    let names = [u8::try_from(name.len()).expect("a short name"), 0, 0, 0];
    let head = [20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
    ([&head[..], &crc.sum().to_le_bytes(), &size(packed.len()), &size(content.len()), &names].concat(), packed)
}

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let (common, packed) = member(name, content);
        directory.extend(entry(&common, bytes.len(), name));
        bytes.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &packed].concat());
    }
    ended(bytes, directory, members.len())
}

fn entry(common: &[u8], at: usize, name: &str) -> Vec<u8> {
    let at = u32::try_from(at).expect("a small file").to_le_bytes();
    [b"PK\x01\x02\x14\0".as_slice(), common, &[0; 10], &at, name.as_bytes()].concat()
}

fn ended(bytes: Vec<u8>, directory: Vec<u8>, count: usize) -> Vec<u8> {
    let count = u16::try_from(count).expect("few members").to_le_bytes();
    let size = |size: usize| u32::try_from(size).expect("a small file").to_le_bytes();
    let (of_directory, at) = (size(directory.len()), size(bytes.len()));
    let end = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &of_directory, &at, &[0, 0]].concat();
    [bytes, directory, end].concat()
}

/// Many members that are all the same bytes.
fn overlapping(count: usize) -> Vec<u8> {
    let (common, packed) = member("a", &vec![b' '; LARGE]);
    let bytes = [b"PK\x03\x04".as_slice(), &common, b"a", &packed].concat();
    ended(bytes, entry(&common, 0, "a").repeat(count), count)
}
