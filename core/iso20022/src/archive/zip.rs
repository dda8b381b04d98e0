//! The directory of a ZIP archive.
//!
//! Only the directory at the end counts, as in other programs; the other fields of a member's own header are not used. Members
//! that overlap, a directory that contradicts itself and archives of several parts are refused.

use std::io::{BufReader, Read, SeekFrom};

use bankchannel_xml::XmlFault;

use super::names::zip_label;
use super::packed::{ArchiveSource, SourcePart, UnpackState};
use crate::recognise::{HEAD, OFFICE_TYPES, zip_member};

/// A member, as the directory has it.
pub(super) struct ZipEntry {
    pub(super) name: String,
    flags: u16,
    method: u16,
    pub(super) crc: u32,
    /// Its size in the archive.
    pub(super) packed: u64,
    /// Its size when it is unpacked.
    pub(super) size: u64,
    /// Where its own header is in the file.
    header: u64,
    /// Whether macOS added it.
    is_of_macos: bool,
}

/// The directory.
pub(super) struct ZipDirectory {
    pub(super) entries: Vec<ZipEntry>,
    /// Whether there are bytes before its first member.
    pub(super) has_leading: bool,
    /// Whether there are bytes behind its end.
    pub(super) has_trailing: bool,
}

type Refusal = (String, &'static str);

const AGAIN: &str = "transfer or export the archive again";
const END: &[u8] = b"PK\x05\x06";
const END_64: &[u8] = b"PK\x06\x06";
const LOCATOR_64: &[u8] = b"PK\x06\x07";
const MEMBER: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";
/// The sizes of these records without their texts.
const END_SIZE: usize = 22;
const END_64_SIZE: usize = 56;
const LOCATOR_SIZE: usize = 20;
const MEMBER_SIZE: usize = 46;
const LOCAL_SIZE: usize = 30;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |two| u16::from_le_bytes([two[0], two[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

fn fault(what: &str) -> XmlFault {
    XmlFault::new(format!("the archive {what}"), AGAIN)
}

/// The fault of a file with more than the archive that its last directory names.
fn several(what: &str) -> XmlFault {
    let message = format!("several archives stand in one file, or one is damaged: {what}");
    XmlFault::new(message, "save each archive as a file of its own, or unpack them, and give the files in them")
}

/// Reads so many bytes at a place.
fn bytes_at(source: &ArchiveSource<'_>, at: u64, size: usize) -> Result<Vec<u8>, XmlFault> {
    let mut bytes = Vec::with_capacity(size);
    let read = SourcePart::new(source, at, size as u64).read_to_end(&mut bytes);
    read.map_err(|why| XmlFault::new(format!("reading the archive failed: {}", why.kind()), "read it again"))?;
    Ok(bytes)
}

/// Where the directory is, by the record at the end.
struct DirectoryPlace {
    start: u64,
    size: u64,
    count: u64,
    /// How many bytes stand before the archive: its offsets do not count them.
    before: u64,
    /// Where the record at the end ends.
    end: u64,
}

impl ZipDirectory {
    pub(super) fn read(source: &ArchiveSource<'_>, state: &UnpackState) -> Result<Self, XmlFault> {
        let length = source.borrow_mut().seek(SeekFrom::End(0));
        let length = length.map_err(|why| fault(&format!("cannot be read: {}", why.kind())))?;
        let place = place(source, length)?;
        if let Some(fault) = state.too_many(place.count) {
            return Err(fault);
        }
        let mut input = BufReader::new(SourcePart::new(source, place.start, place.size));
        let mut entries = Vec::new();
        for _ in 0..place.count {
            entries.push(ZipEntry::read(&mut input, place.before)?);
        }
        let mut more = [0; 4];
        if input.read_exact(&mut more).is_ok() && more == *MEMBER {
            return Err(fault("has more members than its directory says"));
        }
        check_places(&entries, place.start)?;
        let first = entries.iter().map(|entry| entry.header).min().unwrap_or(place.start);
        let (has_leading, has_trailing) = (has_leading(source, first, entries.is_empty())?, place.end < length);
        if has_trailing && zip_member(&bytes_at(source, place.end, HEAD)?).is_some() {
            return Err(several("there is one behind the end of another"));
        }
        Ok(Self { entries, has_leading, has_trailing })
    }

    /// Whether it is of a document of an office program (OOXML), whose parts no reader here takes.
    pub(super) fn is_of_office(&self) -> bool {
        self.entries.iter().any(|entry| entry.name == OFFICE_TYPES)
    }
}

/// Whether bytes stand before the first member, such as those that a program of transfer put there. A member among them
/// that the directory does not name is lost.
fn has_leading(source: &ArchiveSource<'_>, first: u64, is_empty: bool) -> Result<bool, XmlFault> {
    /// The marks of archives that could have had several parts.
    const SPANNED: [&[u8]; 2] = [b"PK\x07\x08", b"PK00"];
    if is_empty && first > 0 {
        return Err(several("its last directory is empty, and there are bytes before it"));
    }
    let before = bytes_at(source, 0, usize::try_from(first).unwrap_or(HEAD).min(HEAD))?;
    match zip_member(&before) {
        Some(_) => Err(several("there are files before those that its last directory names")),
        None => Ok(first > 0 && !SPANNED.contains(&before.as_slice())),
    }
}

/// Finds the record at the end, behind which there may be a comment and other bytes.
fn place(source: &ArchiveSource<'_>, length: u64) -> Result<DirectoryPlace, XmlFault> {
    /// The record, its longest comment, and as many bytes behind them.
    const TAIL: u64 = 2 * 65_535 + END_SIZE as u64;
    let tail_start = length.saturating_sub(TAIL);
    let tail = bytes_at(source, tail_start, usize::try_from(length - tail_start).unwrap_or_default())?;
    let mut refused = None;
    for at in memchr::memmem::rfind_iter(&tail, END) {
        let Some(record) = tail.get(at..at + END_SIZE) else { continue };
        let end = at + END_SIZE + usize::from(u16_at(record, 20));
        if end > tail.len() {
            continue;
        }
        match of_record(source, record, tail_start + at as u64, tail_start + end as u64) {
            Ok(place) => return Ok(place),
            // An older record, or bytes that look like one, may stand further behind.
            Err(fault) => refused = refused.or(Some(fault)),
        }
    }
    Err(refused.unwrap_or_else(|| fault("is cut: the directory at its end is missing")))
}

fn of_record(source: &ArchiveSource<'_>, record: &[u8], at: u64, end: u64) -> Result<DirectoryPlace, XmlFault> {
    let [disk, directory_disk, here, count] = [4, 6, 8, 10].map(|place| u64::from(u16_at(record, place)));
    let (mut count, mut here) = (count, here);
    let (mut size, mut offset) = (u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
    let mut directory_end = at;
    let mut several = disk != 0 && disk != 0xFFFF || directory_disk != 0 && directory_disk != 0xFFFF;
    let locator = at.checked_sub(LOCATOR_SIZE as u64).map(|place| (place, bytes_at(source, place, LOCATOR_SIZE)));
    if let Some((locator_at, locator)) = locator
        && let Ok(locator) = locator
        && locator.starts_with(LOCATOR_64)
    {
        let near = locator_at.checked_sub(END_64_SIZE as u64);
        let places = [near, Some(u64_at(&locator, 8))].into_iter().flatten();
        let mut found = None;
        for place in places {
            let bytes = bytes_at(source, place, END_64_SIZE)?;
            if bytes.len() == END_64_SIZE && bytes.starts_with(END_64) && place < locator_at {
                found = Some((place, bytes));
                break;
            }
        }
        let Some((place, long)) = found else { return Err(fault("has no directory where its end says")) };
        several |= u32_at(&long, 16) != 0 || u32_at(&long, 20) != 0 || u32_at(&locator, 16) > 1;
        (here, count) = (u64_at(&long, 24), u64_at(&long, 32));
        (size, offset, directory_end) = (u64_at(&long, 40), u64_at(&long, 48), place);
    }
    if several || here != count {
        let change = "join the parts first, or ask for the archive as one file";
        return Err(XmlFault::new("the archive is one of several parts (disks)", change));
    }
    let broken = || fault("has no directory where its end says");
    let start = directory_end.checked_sub(size).ok_or_else(broken)?;
    let before = start.checked_sub(offset).ok_or_else(broken)?;
    if count > 0 && bytes_at(source, start, 4)? != MEMBER {
        return Err(broken());
    }
    Ok(DirectoryPlace { start, size, count, before, end })
}

/// No two members share bytes, and none has bytes of the directory.
fn check_places(entries: &[ZipEntry], directory: u64) -> Result<(), XmlFault> {
    let mut places: Vec<(u64, u64)> = Vec::with_capacity(entries.len());
    for entry in entries {
        let end = entry.header.checked_add(LOCAL_SIZE as u64).and_then(|end| end.checked_add(entry.packed));
        places.push((entry.header, end.ok_or_else(|| fault("has a member behind its end"))?));
    }
    places.sort_unstable();
    let ends = places.iter().map(|(_, end)| *end);
    let starts = places.iter().skip(1).map(|(start, _)| *start).chain([directory]);
    match ends.zip(starts).all(|(end, next)| end <= next) {
        true => Ok(()),
        false => Err(fault("has members that overlap")),
    }
}

impl ZipEntry {
    fn read(input: &mut impl Read, before: u64) -> Result<Self, XmlFault> {
        let cut = |_| fault("is cut: its directory ends early");
        let mut fixed = [0; MEMBER_SIZE];
        input.read_exact(&mut fixed).map_err(cut)?;
        if !fixed.starts_with(MEMBER) {
            return Err(fault("has a directory that is damaged"));
        }
        let mut text = |size: u16| {
            let mut text = vec![0; usize::from(size)];
            input.read_exact(&mut text).map(|()| text).map_err(cut)
        };
        let (name, extra) = (text(u16_at(&fixed, 28))?, text(u16_at(&fixed, 30))?);
        text(u16_at(&fixed, 32))?;
        // Folders and files beside the others, with what only macOS knows.
        let own = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let mut entry = Self {
            is_of_macos: own == b".DS_Store" || name.starts_with(b"__MACOSX/") && own.starts_with(b"._"),
            name: zip_label(&name),
            flags: u16_at(&fixed, 8),
            method: u16_at(&fixed, 10),
            crc: u32_at(&fixed, 16),
            packed: u32_at(&fixed, 20).into(),
            size: u32_at(&fixed, 24).into(),
            header: u32_at(&fixed, 42).into(),
        };
        entry.widen(&extra);
        entry.header = entry.header.checked_add(before).ok_or_else(|| fault("has a member behind its end"))?;
        Ok(entry)
    }

    /// Takes the sizes of 64 bits, which stand in an extra field in this order, each only if its short form is full.
    fn widen(&mut self, mut extra: &[u8]) {
        const FULL: u64 = 0xFFFF_FFFF;
        while extra.len() >= 4 {
            let (kind, size) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
            let Some(mut field) = extra.get(4..4 + size) else { return };
            extra = &extra[4 + size..];
            if kind != 1 {
                continue;
            }
            for value in [&mut self.size, &mut self.packed, &mut self.header] {
                if *value == FULL && field.len() >= 8 {
                    *value = u64_at(field, 0);
                    field = &field[8..];
                }
            }
        }
    }

    /// Whether it is a folder or a file without content, or what macOS adds.
    pub(super) fn is_skipped(&self) -> bool {
        /// An empty content when it is deflated.
        const EMPTY_DEFLATED: u64 = 2;
        let is_empty = self.packed == 0 || self.method == 8 && self.packed == EMPTY_DEFLATED;
        self.is_of_macos || self.size == 0 && self.crc == 0 && is_empty
    }

    pub(super) fn is_stored(&self) -> bool {
        self.method == 0
    }

    /// Why it cannot be read.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        /// Encrypted; compressed patches; strong encryption; masked headers.
        const REFUSED_FLAGS: u16 = 1 | 1 << 5 | 1 << 6 | 1 << 13;
        /// The method that stands for encryption (AES).
        const ENCRYPTED: u16 = 99;
        if self.flags & REFUSED_FLAGS != 0 || self.method == ENCRYPTED {
            let change = "unpack the archive with its password, and give the files in it";
            return Some(("is encrypted".to_owned(), change));
        }
        match self.method {
            0 | 8 => None,
            other => Some((
                format!("is packed by method {other}, which is not read"),
                "unpack the archive first, and give the files in it",
            )),
        }
    }

    /// Where its content begins, behind its own header.
    pub(super) fn data(&self, source: &ArchiveSource<'_>) -> Result<u64, Refusal> {
        let damaged = || ("is not where the directory says".to_owned(), AGAIN);
        let header = bytes_at(source, self.header, LOCAL_SIZE).map_err(|_| damaged())?;
        if header.len() < LOCAL_SIZE || !header.starts_with(LOCAL) {
            return Err(damaged());
        }
        let texts = u64::from(u16_at(&header, 26)) + u64::from(u16_at(&header, 28));
        Ok(self.header + LOCAL_SIZE as u64 + texts)
    }
}
