//! A certificate's outline in strict DER (§7.3), looked at before the certificate is read: the library that reads it drops what follows
//! the last field of a SEQUENCE, and takes lengths and numbers that are not minimal.

use super::Fault;
use super::der::{self, Problem, Reader, tag};

/// `[0]` to `[3]` of a certificate's body.
const VERSION: u8 = 0xa0;
const UNIQUE_IDS: [u8; 2] = [0x81, 0x82];
const EXTENSIONS: u8 = 0xa3;

/// Whether `der` is one certificate and nothing else, field by field.
pub(super) fn check(der: &[u8]) -> Result<(), Fault> {
    let mut reader = Reader::new(der);
    let fields = reader.expect(tag::SEQUENCE).map_err(|_| "this is not a certificate in DER")?;
    if !reader.is_empty() {
        return Err("bytes follow the certificate; exactly one certificate is wanted".into());
    }
    let found = der::strict(der).and_then(|()| certificate(fields));
    found.map_err(|why| Fault(format!("this is not a certificate in strict DER: {why}")))
}

fn certificate(fields: &[u8]) -> Result<(), Problem> {
    let mut fields = Reader::new(fields);
    let body = fields.expect(tag::SEQUENCE)?;
    algorithm(fields.expect(tag::SEQUENCE)?)?;
    fields.expect(tag::BIT_STRING)?;
    fields.end()?;
    signed(body)
}

/// What the issuer signs (RFC 5280 §4.1). Names are read by [`Name`](super::Name).
fn signed(body: &[u8]) -> Result<(), Problem> {
    let mut fields = Reader::new(body);
    if fields.peek() == Some(VERSION) {
        der::only(fields.expect(VERSION)?, tag::INTEGER)?;
    }
    fields.expect(tag::INTEGER)?;
    algorithm(fields.expect(tag::SEQUENCE)?)?;
    fields.expect(tag::SEQUENCE)?;
    let mut validity = Reader::new(fields.expect(tag::SEQUENCE)?);
    validity.element()?;
    validity.element()?;
    validity.end()?;
    fields.expect(tag::SEQUENCE)?;
    let mut key = Reader::new(fields.expect(tag::SEQUENCE)?);
    algorithm(key.expect(tag::SEQUENCE)?)?;
    key.expect(tag::BIT_STRING)?;
    key.end()?;
    for id in UNIQUE_IDS {
        if fields.peek() == Some(id) {
            fields.expect(id)?;
        }
    }
    if fields.peek() == Some(EXTENSIONS) {
        extensions(der::only(fields.expect(EXTENSIONS)?, tag::SEQUENCE)?)?;
    }
    fields.end()
}

fn extensions(list: &[u8]) -> Result<(), Problem> {
    let mut list = Reader::new(list);
    while !list.is_empty() {
        let mut fields = Reader::new(list.expect(tag::SEQUENCE)?);
        fields.expect(tag::OID)?;
        if fields.peek() == Some(tag::BOOLEAN) {
            fields.expect(tag::BOOLEAN)?;
        }
        fields.expect(tag::OCTET_STRING)?;
        fields.end()?;
    }
    Ok(())
}

/// An algorithm and, as a rule, its parameters.
fn algorithm(fields: &[u8]) -> Result<(), Problem> {
    let mut fields = Reader::new(fields);
    fields.expect(tag::OID)?;
    if !fields.is_empty() {
        fields.element()?;
    }
    fields.end()
}

#[cfg(test)]
mod tests {
    use super::super::Certificate;
    use super::super::vectors::{CA1, LEAF1, LEAF2, der};
    use super::*;

    /// The values inside a value.
    fn inside(value: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = Reader::new(Reader::new(value).element().unwrap().content);
        let mut parts = Vec::new();
        while !reader.is_empty() {
            parts.push(reader.element().unwrap().whole.to_vec());
        }
        parts
    }

    /// `value` with `more` after what it holds at this place: the indices of values inside values.
    fn longer(value: &[u8], place: &[usize], more: &[u8]) -> Vec<u8> {
        let mut parts = inside(value);
        match place {
            [] => parts.push(more.to_vec()),
            [first, rest @ ..] => parts[*first] = longer(&parts[*first], rest, more),
        }
        der::encode(value[0], &parts.concat())
    }

    fn refused(der: &[u8]) -> String {
        Certificate::from_der(der).unwrap_err().0
    }

    #[test]
    fn nothing_is_left_over_at_any_level() {
        let whole = der(LEAF1);
        assert!(Certificate::from_der(&longer(&whole, &[], b"")).is_ok());
        for place in [
            &[][..], // the certificate
            &[0],    // what is signed
            &[0, 0], // version
            &[0, 2], // algorithm
            &[0, 3], // issuer
            &[0, 4], // validity
            &[0, 5], // subject
            &[0, 6], // key
            &[0, 6, 0],
            &[0, 7], // extensions
            &[0, 7, 0],
            &[0, 7, 0, 0],
            &[1], // algorithm again
        ] {
            for more in [&b"\x05\x00"[..], b"\0\0", b"\x04\x01a"] {
                assert!(Certificate::from_der(&longer(&whole, place, more)).is_err(), "{place:?} {more:02x?}");
            }
        }
    }

    #[test]
    fn lengths_and_numbers_are_minimal() {
        for whole in [der(CA1), der(LEAF1), der(LEAF2)] {
            check(&whole).unwrap();
            let parts = inside(&whole);
            // The outer algorithm, which nobody signs, with a length of two bytes; the whole with one of four.
            let content = Reader::new(&parts[1]).element().unwrap().content;
            let long = [&[0x30, 0x81, u8::try_from(content.len()).unwrap()], content].concat();
            let rebuilt = der::encode(tag::SEQUENCE, &[&parts[0][..], &long, &parts[2]].concat());
            assert!(refused(&rebuilt).contains("not minimal"), "{}", refused(&rebuilt));
            let content = Reader::new(&whole).element().unwrap().content;
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            assert!(Certificate::from_der(&[&[0x30, 0x83, 0], &length[..], content].concat()).is_err());
            // The serial number with a zero in front that it does not need.
            let mut body = inside(&parts[0]);
            let serial = Reader::new(&body[1]).element().unwrap().content;
            body[1] = der::encode(tag::INTEGER, &[b"\0", serial].concat());
            let body = der::encode(tag::SEQUENCE, &body.concat());
            let rebuilt = der::encode(tag::SEQUENCE, &[&body[..], &parts[1], &parts[2]].concat());
            assert!(refused(&rebuilt).contains("number that is not minimal"), "{}", refused(&rebuilt));
        }
    }
}
