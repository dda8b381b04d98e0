//! Strict DER beyond the crate `der`: values inside values that it does not check, and tags and object identifiers that
//! it reads differently. The tests of this file, and those of `x509/outline.rs`, list the cases.

pub use der::{Decode, Reader, SliceReader};
use der::{Encode, Error, ErrorKind, Length, Tag, asn1::BitStringRef, asn1::IntRef};

type Result<T, E = Error> = std::result::Result<T, E>;

/// BOOLEAN … SEQUENCE: the tags used here.
#[allow(missing_docs)]
pub mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0a;
    pub const UTF8: u8 = 0x0c;
    pub const NUMERIC: u8 = 0x12;
    pub const PRINTABLE: u8 = 0x13;
    pub const T61: u8 = 0x14;
    pub const IA5: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const VISIBLE: u8 = 0x1a;
    pub const UNIVERSAL: u8 = 0x1c;
    pub const BMP: u8 = 0x1e;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
}

/// The tag bit of a value that contains others.
const CONSTRUCTED: u8 = 0x20;
/// The depth to which nested values are checked.
const MAX_DEPTH: usize = 16;

/// One value of any type: its tag, its content, and all its bytes. `der` has no UniversalString, which old names have.
#[derive(Clone, Copy)]
pub struct Asn1Element<'a> {
    /// The tag, one byte.
    pub tag: u8,
    /// The value's content.
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

impl<'a> Decode<'a> for Asn1Element<'a> {
    type Error = Error;

    fn decode<R: Reader<'a>>(reader: &mut R) -> Result<Self> {
        let mut start = reader.clone();
        let tag = reader.read_byte()?;
        if tag & 0x1f == 0x1f {
            return Err(reader.error(ErrorKind::TagNumberInvalid));
        }
        let length = Length::decode(reader)?;
        let content = reader.read_slice(length)?;
        let whole = start.read_slice((reader.position() - start.position())?)?;
        Ok(Self { tag, content, whole })
    }
}

/// The next value, which must have this tag.
///
/// # Errors
/// [`der::Error`].
pub fn element<'a>(reader: &mut SliceReader<'a>, tag: u8) -> Result<Asn1Element<'a>> {
    let element = Asn1Element::decode(reader)?;
    if element.tag == tag { Ok(element) } else { Err(reader.error(ErrorKind::TagUnknown { byte: element.tag })) }
}

/// The content of `bytes`, which must be one value with this tag.
///
/// # Errors
/// [`der::Error`].
pub fn only(bytes: &[u8], tag: u8) -> Result<&[u8]> {
    let mut reader = SliceReader::new(bytes)?;
    let content = element(&mut reader, tag)?.content;
    reader.finish().map(|()| content)
}

/// The content of the next value, a minimal INTEGER: with a leading zero if the high bit of a positive number is set.
pub(crate) fn integer<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8]> {
    let number = element(reader, tag::INTEGER)?;
    IntRef::from_der(number.whole).map(|_| number.content)
}

/// The content of the next value, a BIT STRING of whole bytes.
pub(crate) fn whole_bits<'a>(reader: &mut SliceReader<'a>) -> Result<&'a [u8]> {
    BitStringRef::decode(reader)?.as_bytes().ok_or_else(|| reader.error(ErrorKind::Value { tag: Tag::BitString }))
}

/// Checks that all values of `bytes`, in a row, and all values inside them are strict: the lengths, BOOLEAN and
/// INTEGER.
pub(crate) fn strict(bytes: &[u8]) -> Result<()> {
    strict_to(MAX_DEPTH, bytes)
}

fn strict_to(depth: usize, bytes: &[u8]) -> Result<()> {
    let mut values = SliceReader::new(bytes)?;
    while !values.is_finished() {
        let value = Asn1Element::decode(&mut values)?;
        match value.tag {
            tag::BOOLEAN => _ = bool::from_der(value.whole)?,
            tag::INTEGER => _ = IntRef::from_der(value.whole)?,
            tag if tag & CONSTRUCTED == 0 => {}
            _ => strict_to(depth.checked_sub(1).ok_or(ErrorKind::NestingDepth)?, value.content)?,
        }
    }
    Ok(())
}

/// Why bytes are not strict DER, for a person.
#[must_use]
pub fn problem(error: Error) -> &'static str {
    match error.kind() {
        ErrorKind::Incomplete { .. } => "the DER data ends too early",
        ErrorKind::IndefiniteLength => "the DER data has an indefinite length",
        ErrorKind::Overlength => "the DER data has a length that is not minimal",
        ErrorKind::TagNumberInvalid => "the DER data has a tag of several bytes",
        ErrorKind::TrailingData { .. } => "the DER data has extra bytes after its end",
        ErrorKind::DateTime => "the DER data has a time that cannot be read",
        ErrorKind::NestingDepth => "the DER data is nested more than 16 deep",
        ErrorKind::OidMalformed => "an object identifier cannot be read",
        ErrorKind::Length { tag } | ErrorKind::Noncanonical { tag } | ErrorKind::Value { tag } => match tag {
            Tag::Boolean => "the DER data has a boolean that is neither 00 nor ff",
            Tag::Integer => "the DER data has a number that is not minimal",
            Tag::BitString => "the DER data has bits that are not whole bytes",
            _ => "the DER data has a length that is not minimal",
        },
        _ => "the DER data has a value of another type",
    }
}

/// One value: tag, length, content.
#[must_use]
pub fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    // `der` writes lengths up to four gigabytes.
    let length = Length::try_from(content.len()).and_then(|length| length.to_der()).unwrap_or_default();
    [&[tag], &length[..], content].concat()
}

/// An object identifier in dotted form, strictly: `der` accepts arcs with leading zeros, but none after `2.39` or above
/// 2³².
///
/// # Errors
/// [`der::Error`].
pub fn dotted(content: &[u8]) -> Result<String> {
    let mut out = String::with_capacity(content.len() * 3);
    let mut arc: u64 = 0;
    let mut inside = false;
    for &byte in content {
        if (!inside && byte == 0x80) || arc > u64::MAX >> 7 {
            return Err(ErrorKind::OidMalformed.into());
        }
        arc = arc << 7 | u64::from(byte & 0x7f);
        inside = byte & 0x80 != 0;
        if inside {
            continue;
        }
        if out.is_empty() {
            let first = (arc / 40).min(2);
            push_number(&mut out, first);
            arc -= first * 40;
        }
        out.push('.');
        push_number(&mut out, arc);
        arc = 0;
    }
    if inside || out.is_empty() { Err(ErrorKind::OidMalformed.into()) } else { Ok(out) }
}

fn push_number(out: &mut String, number: u64) {
    if number < 10 {
        out.push(char::from(b'0' + u8::try_from(number).unwrap_or_default()));
    } else {
        out.push_str(&number.to_string());
    }
}

/// The text of a string value; `None` for a type that is not text, and for bytes that its type does not allow.
#[must_use]
pub fn text(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        tag::UTF8 => std::str::from_utf8(content).ok().map(str::to_owned),
        tag::PRINTABLE | tag::IA5 | tag::NUMERIC | tag::VISIBLE => {
            std::str::from_utf8(content).ok().filter(|text| text.is_ascii()).map(str::to_owned)
        }
        // T.61 as it is used in practice: ISO 8859-1.
        tag::T61 => Some(content.iter().copied().map(char::from).collect()),
        tag::BMP => {
            let (units, rest) = content.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            char::decode_utf16(units).collect::<Result<String, _>>().ok().filter(|_| rest.is_empty())
        }
        tag::UNIVERSAL => {
            let (units, rest) = content.as_chunks::<4>();
            let characters = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
            characters.collect::<Option<String>>().filter(|_| rest.is_empty())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (bytes, good) in [
            (&b"\x04\x01a"[..], true),
            (b"\x04\x81\x01a", false),
            (b"\x04\x80a\0\0", false),
            (b"\x04\x02a", false),
            (b"\x1f\x01\x01a", false),
            (b"\x04\x85\0\0\0\0\x01a", false),
            (b"\x04\x81", false),
            (b"\x04", false),
            (b"", false),
            (b"\x04\x01ab", false),
        ] {
            assert_eq!(only(bytes, tag::OCTET_STRING).is_ok(), good, "{bytes:02x?}");
        }
        for length in [0, 1, 127, 128, 255, 256, 70_000] {
            let content = vec![7; length];
            assert_eq!(only(&encode(tag::OCTET_STRING, &content), tag::OCTET_STRING), Ok(&content[..]));
        }
    }

    #[test]
    fn values_inside_values_are_strict_too() {
        let nested = |depth: usize| (0..depth).fold(Vec::new(), |inner: Vec<u8>, _| encode(tag::SEQUENCE, &inner));
        assert!(strict(b"").is_ok() && strict(&nested(MAX_DEPTH)).is_ok());
        assert!(strict(&nested(MAX_DEPTH + 1)).is_err() && strict(&nested(1000)).is_err());
        for (bytes, good) in [
            (&b"\x02\x01\x00"[..], true),
            (b"\x02\x01\xff", true),
            (b"\x02\x02\x00\x80", true),
            (b"\x02\x02\xff\x7f", true),
            (b"\x02\x00", false),
            (b"\x02\x02\x00\x7f", false),
            (b"\x02\x02\xff\x80", false),
            (b"\x01\x01\xff", true),
            (b"\x01\x01\x01", false),
            (b"\x01\x00", false),
            (b"\x04\x01a\x04\x01", false),
            (b"\x05\x00\x04\x81\x01a", false),
        ] {
            assert_eq!(strict(bytes).is_ok(), good, "{bytes:02x?}");
            assert_eq!(strict(&encode(tag::SEQUENCE, &encode(tag::SET, bytes))).is_ok(), good, "{bytes:02x?}");
        }
    }

    #[test]
    fn object_identifiers() {
        assert_eq!(dotted(b"\x04\x00\x81\x98\x27\x02"), Ok("0.4.0.19495.2".to_owned()));
        assert_eq!(dotted(b"\x55\x04\x61"), Ok("2.5.4.97".to_owned()));
        assert_eq!(dotted(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01"), Ok("1.2.840.113549.1.9.1".to_owned()));
        assert_eq!(dotted(b"\x88\x37"), Ok("2.999".to_owned()));
        for wrong in [&b""[..], b"\x80", b"\x2a\x80\x01", b"\x2a\x86", &[0xff; 12]] {
            assert!(dotted(wrong).is_err(), "{wrong:02x?}");
        }
    }

    #[test]
    fn texts() {
        assert_eq!(text(tag::UTF8, "Tromsø".as_bytes()).as_deref(), Some("Tromsø"));
        assert_eq!(text(tag::T61, b"Troms\xf8").as_deref(), Some("Tromsø"));
        assert_eq!(text(tag::BMP, b"\0a\0\xf8\xd8\x3d\xde\x00").as_deref(), Some("aø😀"));
        assert_eq!(text(tag::UNIVERSAL, b"\0\0\0a\0\x01\xf6\x00").as_deref(), Some("a😀"));
        for (tag, bytes) in [
            (tag::UTF8, &b"\xf8"[..]),
            (tag::PRINTABLE, b"\xf8"),
            (tag::BMP, b"\0a\0"),
            (tag::BMP, b"\xd8\x00"),
            (tag::UNIVERSAL, b"\xff\0\0\0"),
            (tag::OCTET_STRING, b"a"),
        ] {
            assert_eq!(text(tag, bytes), None);
        }
    }
}
