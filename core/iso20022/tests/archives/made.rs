//! Makers of archives: good ones, and those with one fault.

use std::io::Write as _;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};

use super::fixture;

pub(crate) fn plain(name: &str) -> Vec<u8> {
    // A stored member: its bytes stand in the archive.
    let bytes = fixture(name);
    let from = bytes.windows(5).position(|window| window == b"<?xml").unwrap();
    let end = bytes.windows(11).rposition(|window| window == b"</Document>").unwrap() + 11;
    bytes[from..end].to_vec()
}

pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The fields that the header of a member and the directory have in common.
pub(crate) fn common(content: &[u8], packed: &[u8], name: &str) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(content);
    let size = |size: usize| u32::try_from(size).unwrap().to_le_bytes();
    let name_size = u16::try_from(name.len()).unwrap().to_le_bytes();
    [
        &[20, 0, 0, 0, 8, 0, 0, 0, 0, 0][..],
        &crc.sum().to_le_bytes(),
        &size(packed.len()),
        &size(content.len()),
        &name_size,
        &[0, 0],
    ]
    .concat()
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in members {
        let packed = deflate(content);
        let (common, at) = (common(content, &packed, name), u32::try_from(bytes.len()).unwrap());
        bytes.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &packed].concat());
        directory
            .extend([b"PK\x01\x02\x14\0".as_slice(), &common, &[0; 10], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    let size = |size: usize| u32::try_from(size).unwrap().to_le_bytes();
    let end = [b"PK\x05\x06\0\0\0\0".as_slice(), &count, &count, &size(directory.len()), &size(bytes.len()), &[0, 0]]
        .concat();
    [bytes, directory, end].concat()
}

/// A member whose sizes and places need 64 bits, as programs write them that do not know the size before.
pub(crate) fn zip64(name: &str, content: &[u8]) -> Vec<u8> {
    let packed = deflate(content);
    let mut common = common(content, &packed, name);
    let name_size = common.len() - 4;
    common[14..22].copy_from_slice(&[0xFF; 8]);
    common[name_size + 2..].copy_from_slice(&[28, 0]);
    let long = |size: usize| (size as u64).to_le_bytes();
    let extra = [&[1, 0, 24, 0][..], &long(content.len()), &long(packed.len()), &long(0)].concat();
    let bytes = [b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &extra, &packed].concat();
    let member = [b"PK\x01\x02\x2d\0".as_slice(), &common, &[0; 10], &[0xFF; 4], name.as_bytes(), &extra].concat();
    let (one, at) = (long(1), long(bytes.len()));
    let end =
        [b"PK\x06\x06".as_slice(), &long(44), &[45, 0, 45, 0], &[0; 8], &one, &one, &long(member.len()), &at].concat();
    let locator = [b"PK\x06\x07\0\0\0\0".as_slice(), &long(bytes.len() + member.len()), &[1, 0, 0, 0]].concat();
    let short = [b"PK\x05\x06\0\0\0\0".as_slice(), &[0xFF; 12], &[0, 0]].concat();
    [bytes, member, end, locator, short].concat()
}

/// Changes bytes of the directory's record of a member.
pub(crate) fn change(archive: &[u8], name: &str, at: usize, to: &[u8]) -> Vec<u8> {
    let mut bytes = archive.to_vec();
    let named = bytes.windows(name.len()).rposition(|window| window == name.as_bytes()).unwrap();
    let record = named - 46;
    assert!(bytes[record..].starts_with(b"PK\x01\x02"));
    bytes[record + at..record + at + to.len()].copy_from_slice(to);
    bytes
}

/// The same member two times in the directory.
pub(crate) fn twice_in_the_directory(archive: &[u8]) -> Vec<u8> {
    let directory = archive.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    let end = archive.len() - 22;
    let record = &archive[directory..end];
    let mut bytes = [&archive[..end], record, &archive[end..]].concat();
    let end = bytes.len() - 22;
    bytes[end + 8..end + 12].copy_from_slice(&[2, 0, 2, 0]);
    let size = u32::try_from(2 * record.len()).unwrap().to_le_bytes();
    bytes[end + 12..end + 16].copy_from_slice(&size);
    bytes
}
