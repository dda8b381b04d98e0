//! DER, strictly: definite and minimal lengths, low tag numbers, nothing left over (§7.3). One level at a time, so
//! what is nested deeply costs nothing.

/// BOOLEAN … SEQUENCE: the tags used here.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8: u8 = 0x0c;
    pub(crate) const NUMERIC: u8 = 0x12;
    pub(crate) const PRINTABLE: u8 = 0x13;
    pub(crate) const T61: u8 = 0x14;
    pub(crate) const IA5: u8 = 0x16;
    pub(crate) const VISIBLE: u8 = 0x1a;
    pub(crate) const UNIVERSAL: u8 = 0x1c;
    pub(crate) const BMP: u8 = 0x1e;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
}

/// Why bytes are not DER.
pub(super) type Problem = &'static str;

/// One value: its tag, what it holds, and all its bytes.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// Values one after the other.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The tag of the next value.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(super) fn element(&mut self) -> Result<Element<'a>, Problem> {
        let [tag, first, after @ ..] = self.rest else { return Err("the DER data ends too early") };
        if tag & 0x1f == 0x1f {
            return Err("the DER data has a tag of several bytes");
        }
        let (length, after) = match first {
            0x80 => return Err("the DER data has an indefinite length"),
            0..0x80 => (usize::from(*first), after),
            _ => long_length(usize::from(first & 0x7f), after)?,
        };
        let content = after.get(..length).ok_or("the DER data ends too early")?;
        let (whole, rest) = self.rest.split_at(self.rest.len() - after.len() + length);
        self.rest = rest;
        Ok(Element { tag: *tag, content, whole })
    }

    /// What the next value holds, if it has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Problem> {
        let element = self.element()?;
        if element.tag == tag { Ok(element.content) } else { Err("the DER data has a value of another type") }
    }

    pub(super) fn end(&self) -> Result<(), Problem> {
        if self.rest.is_empty() { Ok(()) } else { Err("the DER data goes on after its end") }
    }
}

/// The content of `bytes`, which must be one value with this tag.
pub(super) fn only(bytes: &[u8], tag: u8) -> Result<&[u8], Problem> {
    let mut reader = Reader::new(bytes);
    let content = reader.expect(tag)?;
    reader.end().map(|()| content)
}

/// How deep values are looked into.
const MAX_DEPTH: usize = 16;
/// What is set in the tag of a value that holds others.
const CONSTRUCTED: u8 = 0x20;

/// Sees that all values of `bytes`, one after the other, and all values inside them are strict: the lengths, BOOLEAN and INTEGER.
pub(super) fn strict(bytes: &[u8]) -> Result<(), Problem> {
    let mut open = vec![Reader::new(bytes)];
    while let Some(reader) = open.last_mut() {
        if reader.is_empty() {
            open.pop();
            continue;
        }
        let element = reader.element()?;
        match (element.tag, element.content) {
            (tag::BOOLEAN, [0x00 | 0xff]) => {}
            (tag::BOOLEAN, _) => return Err("the DER data has a truth value that is neither 00 nor ff"),
            (tag::INTEGER, [] | [0x00, 0x00..0x80, ..] | [0xff, 0x80..=0xff, ..]) => {
                return Err("the DER data has a number that is not minimal");
            }
            (tag, _) if tag & CONSTRUCTED == 0 => {}
            _ if open.len() > MAX_DEPTH => return Err("the DER data is nested more than 16 deep"),
            (_, content) => open.push(Reader::new(content)),
        }
    }
    Ok(())
}

/// A length of `count` bytes, which must need them all.
fn long_length(count: usize, bytes: &[u8]) -> Result<(usize, &[u8]), Problem> {
    let Some((length, after)) = bytes.split_at_checked(count).filter(|_| count <= 4) else {
        return Err("the DER data ends too early");
    };
    let value = length.iter().fold(0, |value, &byte| value << 8 | usize::from(byte));
    if length[0] == 0 || value < 0x80 {
        return Err("the DER data has a length that is not minimal");
    }
    Ok((value, after))
}

/// One value: tag, length, content.
pub(super) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|&byte| byte != 0).unwrap_or(length.len() - 1)..];
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    if content.len() >= 0x80 {
        // A `usize` has eight bytes.
        out.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
    }
    out.extend_from_slice(significant);
    out.extend_from_slice(content);
    out
}

/// An object identifier in dotted form.
pub(super) fn dotted(content: &[u8]) -> Result<String, Problem> {
    const WRONG: Problem = "an object identifier cannot be read";
    let mut out = String::with_capacity(content.len() * 3);
    let mut arc: u64 = 0;
    let mut inside = false;
    for &byte in content {
        if (!inside && byte == 0x80) || arc > u64::MAX >> 7 {
            return Err(WRONG);
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
    if inside || out.is_empty() { Err(WRONG) } else { Ok(out) }
}

fn push_number(out: &mut String, number: u64) {
    if number < 10 {
        out.push(char::from(b'0' + u8::try_from(number).unwrap_or_default()));
    } else {
        out.push_str(&number.to_string());
    }
}

/// The text of a string value; `None` for a type that is no text, and for bytes that its type does not allow.
pub(super) fn text(tag: u8, content: &[u8]) -> Option<String> {
    match tag {
        tag::UTF8 => std::str::from_utf8(content).ok().map(str::to_owned),
        tag::PRINTABLE | tag::IA5 | tag::NUMERIC | tag::VISIBLE => {
            std::str::from_utf8(content).ok().filter(|text| text.is_ascii()).map(str::to_owned)
        }
        // T.61 as everybody writes and reads it: ISO 8859-1.
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
