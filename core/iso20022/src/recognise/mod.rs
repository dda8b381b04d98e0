//! The format of a file by its first bytes: the one place that decides it, for every reader and command.
//!
//! ```text
//!  first bytes ─► recognise ─┬─► FileFormat: XML, an archive, SWIFT, records: goes to its reader
//!                            └─► OtherFile: its name, and what to give in its place
//! ```
//!
//! Which message an XML file holds, its elements say ([`messages`]).

mod messages;
mod packages;

use bankchannel_xml::XmlFault;

pub(crate) use messages::{other_element, other_message};
pub(crate) use packages::{OFFICE_TYPES, zip_member};

use crate::{finnish, swift};

/// The number of first bytes that are looked at.
pub(crate) const HEAD: usize = 4096;

/// A format that has a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    /// XML, and whatever is not recognised: its reader says why it is none.
    Xml,
    /// A ZIP archive.
    Zip,
    /// A file packed with gzip.
    Gzip,
    /// A SWIFT statement.
    Swift,
    /// A Finnish machine-readable statement.
    Tito,
    /// Finnish incoming reference payments.
    ReferencePayments,
}

impl FileFormat {
    /// The name of a file of this format where only XML is taken; `None` for XML.
    pub(crate) fn other_than_xml(self) -> Option<XmlFault> {
        let (what, change) = match self {
            Self::Xml => return None,
            Self::Zip => ("a ZIP archive", UNPACK),
            Self::Gzip => ("a file packed with gzip", "unpack it first"),
            Self::Swift => ("a SWIFT statement (MT940, MT942 or MT950)", READ_STATEMENT),
            Self::Tito => ("a Finnish machine-readable statement (TITO)", READ_STATEMENT),
            Self::ReferencePayments => ("a file of Finnish reference payments (KTL)", READ_STATEMENT),
        };
        Some(XmlFault::new(format!("this is {what}"), change))
    }
}

/// A file that has no reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OtherFile {
    /// Its name, and what to give in its place; or why it cannot be read.
    pub(crate) fault: XmlFault,
    /// Whether people read it, so that no message is missing without it.
    pub(crate) is_document: bool,
}

impl OtherFile {
    /// One that may be a message.
    pub(crate) fn unread(fault: XmlFault) -> Self {
        Self { fault, is_document: false }
    }

    /// A document of an office program.
    pub(crate) fn of_office() -> Self {
        Self::named(OFFICE.0, OFFICE.1, true)
    }

    fn named(what: &str, change: &str, is_document: bool) -> Self {
        Self { fault: XmlFault::new(format!("this is {what}"), change), is_document }
    }
}

impl From<OtherFile> for XmlFault {
    fn from(other: OtherFile) -> Self {
        other.fault
    }
}

/// The first bytes of a file.
struct FileHead<'h> {
    bytes: &'h [u8],
    /// The same as text, after a byte order mark, framing bytes and blanks.
    text: &'h str,
}

impl FileHead<'_> {
    /// Whether the text begins with these letters, in capitals or not.
    fn begins(&self, with: &str) -> bool {
        self.text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.bytes.starts_with(with)
    }
}

/// The mark of a kind of file, and its reader.
struct FileKindRow {
    is: fn(&FileHead<'_>) -> bool,
    kind: RecognisedKind,
}

#[derive(Clone, Copy)]
enum RecognisedKind {
    /// It has a reader.
    Read(FileFormat),
    /// It has none: its name, and the remedy.
    NotRead(&'static str, &'static str),
    /// The same of what people read.
    Document(&'static str, &'static str),
}

use RecognisedKind::{Document, NotRead, Read};

const READ_STATEMENT: &str =
    "it is read as a statement: by `read_statement`, in the shell by `read-statement` and `show`";
const UNPACK: &str = "unpack it first, and give the files in it";
const FOR_PEOPLE: &str = "people read it; ask the bank for the same as XML (camt.053)";
const OFFICE: (&str, &str) = ("a document of an office program", "ask the bank for the same as XML (camt.053)");

/// The kinds of files, in the order in which they are tried.
#[rustfmt::skip]
const KINDS: &[FileKindRow] = &[
    FileKindRow {
        is: |head| head.begins("<!DOCTYPE html") || head.begins("<html"),
        kind: NotRead("an HTML page", "a login or an error page was saved in place of the file: download it again"),
    },
    FileKindRow { is: |head| head.begins("<"), kind: Read(FileFormat::Xml) },
    FileKindRow { is: |head| packages::is_office_package(head.bytes), kind: Document(OFFICE.0, OFFICE.1) },
    FileKindRow { is: |head| is_zip(head.bytes), kind: Read(FileFormat::Zip) },
    FileKindRow { is: |head| head.starts(b"\x1f\x8b"), kind: Read(FileFormat::Gzip) },
    FileKindRow {
        is: |head| head.starts(b"7z\xBC\xAF") || head.starts(b"Rar!"),
        kind: NotRead("an archive that is not ZIP", UNPACK),
    },
    FileKindRow { is: |head| head.bytes.get(257..262) == Some(b"ustar"), kind: NotRead("a tar archive", UNPACK) },
    FileKindRow {
        is: |head| [b"BZh".as_slice(), b"\xFD7zXZ", b"\x28\xB5\x2F\xFD"].iter().any(|mark| head.starts(mark)),
        kind: NotRead("a packed file", UNPACK),
    },
    FileKindRow {
        is: |head| head.starts(b"\x89PNG") || head.starts(b"\xFF\xD8\xFF"),
        kind: Document("a picture", FOR_PEOPLE),
    },
    FileKindRow { is: |head| head.begins("%PDF"), kind: Document("a PDF document", FOR_PEOPLE) },
    FileKindRow { is: |head| head.starts(b"\xD0\xCF\x11\xE0"), kind: Document(OFFICE.0, OFFICE.1) },
    FileKindRow { is: |head| swift::is_swift_statement(head.bytes), kind: Read(FileFormat::Swift) },
    FileKindRow {
        is: |head| swift::is_utf_16_statement(head.bytes),
        kind: NotRead("a SWIFT statement in UTF-16", "it is not read: save the file as UTF-8"),
    },
    FileKindRow { is: |head| finnish::is_tito(head.bytes), kind: Read(FileFormat::Tito) },
    FileKindRow { is: |head| finnish::is_reference_payments(head.bytes), kind: Read(FileFormat::ReferencePayments) },
    FileKindRow {
        is: |head| head.begins("UNA:") || head.begins("UNB+"),
        kind: NotRead("an EDIFACT message", "it is not read; ask the bank for ISO 20022"),
    },
    FileKindRow { is: |head| head.begins("-----BEGIN PGP"), kind: NotRead("an OpenPGP message", "decrypt it first") },
    FileKindRow {
        is: |head| head.begins("{") || head.begins("["),
        kind: NotRead("JSON", "give the XML file that the bank or your program made"),
    },
    // Programs of transfer put bytes of their own before an archive.
    FileKindRow { is: |head| zip_member(head.bytes).is_some(), kind: Read(FileFormat::Zip) },
];

/// The format of a file by its first bytes, at most [`HEAD`] of them; a kind of file that has no reader is a fault that
/// names it.
pub(crate) fn recognise(head: &[u8]) -> Result<FileFormat, OtherFile> {
    let bytes = &head[..head.len().min(HEAD)];
    let lossy = String::from_utf8_lossy(bytes);
    let text = lossy.trim_start_matches(['\u{feff}', '\u{1}']).trim_start();
    let head = FileHead { bytes, text };
    match KINDS.iter().find(|row| (row.is)(&head)).map(|row| row.kind) {
        None => Ok(FileFormat::Xml),
        Some(Read(format)) => Ok(format),
        Some(NotRead(what, change)) => Err(OtherFile::named(what, change, false)),
        Some(Document(what, change)) => Err(OtherFile::named(what, change, true)),
    }
}

/// The same of a file in an archive: an archive inside begins with its first byte, so that other bytes which happen to
/// look like one do not end the reading.
pub(crate) fn recognise_inside(head: &[u8]) -> Result<FileFormat, OtherFile> {
    match recognise(head) {
        Ok(FileFormat::Zip) if !is_zip(head) => {
            let message = "an archive seems to stand behind other bytes in it";
            Err(OtherFile::unread(XmlFault::new(message, "remove the bytes before the archive, or unpack it")))
        }
        format => format,
    }
}

/// Whether the first bytes of a file without a reader of its own are text for people: neither XML, nor a table, nor records,
/// nor a message with its own marks.
pub(crate) fn is_prose(head: &[u8]) -> bool {
    let bytes = &head[..head.len().min(HEAD)];
    let is_text = |byte: &u8| *byte >= b' ' && *byte != 0x7F || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    let lines = || bytes.split(|byte| matches!(byte, b'\r' | b'\n')).map(<[u8]>::trim_ascii);
    let filled = || lines().filter(|line| !line.is_empty());
    let has_text = bytes.iter().any(u8::is_ascii_alphabetic);
    let is_of_program = |line| is_marked(line) || is_record(line) || has_cells(line) || is_encoded(line);
    has_text
        && bytes.iter().all(is_text)
        && !bytes.contains(&b'<')
        && !filled().any(is_of_program)
        && !filled().next().is_some_and(is_lettered_record)
        && !is_table(filled())
}

/// With what a line of a message begins: of SWIFT, EDIFACT, X12, OpenPGP, certificates, MIME, HTTP and QIF.
const MARKS: &[&[u8]] = &[
    b":",
    b"{",
    b"UNA",
    b"UNB+",
    b"UNH+",
    b"MT9",
    b"ISA*",
    b"-----BEGIN",
    b"MIME-Version",
    b"Content-",
    b"HTTP/",
    b"!Type",
];

fn is_marked(line: &[u8]) -> bool {
    MARKS.iter().any(|mark| line.starts_with(mark))
}

fn digits_of(line: &[u8]) -> usize {
    line.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether a line is a record that begins with its number: of TITO and KTL, BAI2, BgMax, CFONB 120, DTAUS.
fn is_record(line: &[u8]) -> bool {
    let digits = digits_of(line);
    let goes_on = line.get(digits).is_some_and(|byte| byte.is_ascii_uppercase() || *byte == b',');
    digits >= 7
        || digits >= 2 && line.starts_with(b"0") && goes_on
        || line.first() == Some(&b'T') && line.get(1..3).is_some_and(is_number)
}

/// Whether a file begins with a record of letters and a number, such as `BETFOR00`, `BS002` or `RH03268`.
fn is_lettered_record(line: &[u8]) -> bool {
    let letters = line.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    (2..=6).contains(&letters) && digits_of(&line[letters..]) >= 2
}

/// Whether a line has the cells of a table: in prose a blank follows a comma, unless it is a decimal one.
fn has_cells(line: &[u8]) -> bool {
    let count = |of: u8| memchr::memchr_iter(of, line).count();
    let is_joined = |at: usize| {
        let (before, behind) = (at.checked_sub(1).and_then(|at| line.get(at)), line.get(at + 1));
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        behind.is_some_and(|byte| *byte != b' ') && !(is_digit(before) && is_digit(behind))
    };
    let joined = memchr::memchr_iter(b',', line).filter(|at| is_joined(*at)).count();
    let parts = memchr::memchr_iter(b';', line).filter(|at| line.get(at + 1).is_some_and(|byte| *byte != b' ')).count();
    joined >= 2 || parts >= 2 || count(b'\t') >= 2 || count(b'|') >= 2
}

/// Whether the first two lines, or with commas all of several, have equally many cells.
fn is_table<'l>(lines: impl Iterator<Item = &'l [u8]> + Clone) -> bool {
    let count = |line: &[u8], of: u8| memchr::memchr_iter(of, line).count();
    let mut first = lines.clone();
    let (Some(one), Some(two)) = (first.next(), first.next()) else { return false };
    let of_two = [b';', b'|', b'\t'].iter().any(|of| count(one, *of) > 0 && count(one, *of) == count(two, *of));
    // The last line of the first bytes may be cut off.
    let has_third = first.next().is_some();
    let mut kept = lines.collect::<Vec<_>>();
    kept.truncate((kept.len() - usize::from(has_third)).max(2));
    of_two || count(one, b',') > 0 && kept.iter().all(|line| count(line, b',') == count(one, b','))
}

/// Whether a line is of bytes as letters, such as Base64, and not of words.
fn is_encoded(line: &[u8]) -> bool {
    const MIN: usize = 48;
    let bare = line.strip_suffix(b"==").or_else(|| line.strip_suffix(b"=")).unwrap_or(line);
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let has = |is: fn(&u8) -> bool| bare.iter().any(is);
    line.len() >= MIN && bare.iter().all(is_letter) && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit)
}

fn is_number(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_digit)
}

/// Whether a ZIP archive begins here: a member, nothing but the end of its directory, or the mark of several parts.
fn is_zip(bytes: &[u8]) -> bool {
    [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", b"PK\x06\x06"].iter().any(|mark| bytes.starts_with(*mark))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(head: &[u8]) -> String {
        recognise(head).unwrap_err().fault.message
    }

    #[test]
    fn formats_with_a_reader_go_to_it() {
        for (head, format) in [
            (b"<Document/>".as_slice(), FileFormat::Xml),
            (b"\xEF\xBB\xBF\r\n <Document/>", FileFormat::Xml),
            (b"<\0D\0o\0", FileFormat::Xml),
            (b"no XML", FileFormat::Xml),
            (b"", FileFormat::Xml),
            (b"PK\x03\x04\x14\0", FileFormat::Zip),
            (b"PK\x05\x06\0\0\0\0", FileFormat::Zip),
            (b"\x1f\x8b\x08", FileFormat::Gzip),
            (b"T00322100", FileFormat::Tito),
            (b":20:STARTUMS\r\n", FileFormat::Swift),
            (b"\xEF\xBB\xBF:20:A\n", FileFormat::Swift),
            (b"[export]\r\n:20:A\r\n:25:B\r\n", FileFormat::Swift),
            // Tags of SWIFT inside a text of XML.
            (b"<Document>\n:20:A\n:25:B\n</Document>", FileFormat::Xml),
        ] {
            assert_eq!(recognise(head), Ok(format), "{}", head.escape_ascii());
        }
    }

    #[test]
    fn kinds_without_a_reader_are_named() {
        assert!(named(b"\x89PNG\r\n\x1a\n\0").contains("picture"));
        assert!(named(b"\n%PDF-1.4").contains("PDF"));
        assert!(named(b"<!doctype HTML><html>").contains("HTML"));
        assert!(named(b"{\"a\": 1}").contains("JSON") && named(b"[1]").contains("JSON"));
        assert!(named(b"UNA:+.? 'UNB+").contains("EDIFACT"));
        assert!(named(b"-----BEGIN PGP MESSAGE-----").contains("OpenPGP"));
        for (head, is_document) in [
            (b"\x89PNG\r\n\x1a\n\0".as_slice(), true),
            (b"%PDF-1.4", true),
            (b"\xD0\xCF\x11\xE0", true),
            (b"UNA:+.? 'UNB+", false),
            (b"-----BEGIN PGP MESSAGE-----", false),
            (b"<html>", false),
        ] {
            assert_eq!(recognise(head).unwrap_err().is_document, is_document, "{}", head.escape_ascii());
        }
        assert!(named(b":\x002\x000\0:\0A\0\n\0:\x002\x005\0:\0").contains("SWIFT statement in UTF-16"));
        let mut tar = vec![b'a'; 257];
        tar.extend_from_slice(b"ustar");
        assert!(named(&tar).contains("tar"));
    }

    #[test]
    fn prose_is_no_message_that_could_be_missing() {
        let letter = "Dear customers, partners, and friends,\n01.12.2026, 09:30: from 2026 on; see https://bank.example/a/b\n\
            00100 Helsinki\n010011 Bucure\u{219}ti\nUNICREDIT BANK\n================================================\n\
            Die Geb\u{fc}hr betr\u{e4}gt 2,50 EUR, ab 2027 3,00 EUR oder 1,234,567.00; offen ab 08h30.\n";
        for text in ["Dear customer,\r\nfind attached: the report.\r\n", "Gr\u{fc}\u{df}e\nT. Bank 2026\n", letter] {
            assert!(is_prose(text.as_bytes()), "{text}");
        }
        for text in [
            "",
            "1",
            "a <Document>",
            "MT940",
            "text\n:20:A",
            "x\n{1:F01",
            "junk\nUNB+UNOA",
            "a\nT00322100",
            "a\n0261201095012345",
            "a\0b",
            "PK\u{3}\u{4}",
            // What banks give beside the messages that are read here.
            "Buchungstag;Betrag;Text\n01.12.2026;-4,00;Miete\n",
            "date\tamount\ttext\n",
            "Date,Amount,Payee\n2026-12-01,-4.00,Rent\n",
            "0130004    00585EUR2 00001234567  301126                                                  0000000010000{\n",
            "01,122099999,123456789,261201,0800,1,80,1,2/\n02,123456789,122099999,1,261201,,EUR,2/\n",
            "01BGMAX               0120261201093035010331P\n",
            "0128ALK37040044000000000ACME GMBH\n",
            "!Type:Bank\nD12/01/26\nT-4.00\n",
            "-----BEGIN PKCS7-----\nMIIB\n",
            "MIME-Version: 1.0\nContent-Type: text/plain\n",
            "VGhpcyBpcyBhIHN0YXRlbWVudCB0aGF0IHdhcyBwYWNrZWQgYXMgQmFzZTY0LCBieSBhIGJhbms=\n",
            "Datum;Saldo\n01.12.2026;100,00\n",
            "Date,Amount\n2026-12-01,-4.00\n",
            "Date, Amount, Payee\n2026-12-01, -4.00, Rent\n",
            "Date|Amount|Payee\n2026-12-01|-4.00|Rent\n",
            "ISA*00*          *00*          *ZZ*BANK\nGS*RA*BANK\n",
            "BETFOR00A1234567890 ACME\n",
            " RH0326803268301126STATEMENT\n",
            "BS002 12345678 0603\n",
            "HTTP/1.1 503 Service Unavailable\n",
        ] {
            assert!(!is_prose(text.as_bytes()), "{text}");
        }
    }
}
