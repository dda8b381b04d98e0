//! A certificate's fields, read from strict DER (§7.3).

use der::asn1::BitStringRef;
use der::{ErrorKind, TagMode, TagNumber};
use jiff::civil::{self, DateTime};

use super::CertificateFault;
use super::extensions::CertificateExtension;
use crate::asn1::{Asn1Element, Decode, Reader, SliceReader, element, integer, problem, strict, tag, whole_bits};

/// The word for a certificate in errors.
pub(super) const CERTIFICATE: &str = "certificate";

/// The fields (RFC 5280 §4.1), as they are in the certificate.
pub(super) struct CertificateOutline<'a> {
    /// The part that the issuer signed.
    pub(super) signed: &'a [u8],
    pub(super) serial: &'a [u8],
    /// The object identifier of the signature's algorithm.
    pub(super) algorithm: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) not_before_s: i64,
    pub(super) not_after_s: i64,
    pub(super) subject: &'a [u8],
    pub(super) spki: &'a [u8],
    pub(super) extensions: Vec<CertificateExtension<'a>>,
    pub(super) signature: &'a [u8],
}

impl<'a> CertificateOutline<'a> {
    /// Reads the fields of a certificate.
    pub(super) fn read(fields: &'a [u8]) -> Result<Self, CertificateFault> {
        let (outline, [inner, outer], signature) =
            certificate(fields).map_err(|error| not_strict(CERTIFICATE, error))?;
        if inner != outer {
            return Err("the certificate names two signature algorithms".into());
        }
        let signature = signature.as_bytes().ok_or("the certificate's signature is not whole bytes")?;
        Ok(Self { signature, ..outline })
    }
}

/// The error for bytes that should be a certificate or `what` else.
pub(super) fn not_strict(what: &str, error: der::Error) -> CertificateFault {
    CertificateFault(format!("this is not a {what} in strict DER: {}", problem(error)))
}

/// The fields except the signature, the algorithm from both its places, and the signature.
fn certificate(fields: &[u8]) -> der::Result<(CertificateOutline<'_>, [&[u8]; 2], BitStringRef<'_>)> {
    let mut fields = SliceReader::new(fields)?;
    let body = element(&mut fields, tag::SEQUENCE)?;
    let (outer, _) = algorithm(&mut fields)?;
    let signature = BitStringRef::decode(&mut fields)?;
    fields.finish()?;
    let mut fields = SliceReader::new(body.content)?;
    let _version: Option<u32> = fields.context_specific(TagNumber(0), TagMode::Explicit)?;
    let serial = integer(&mut fields)?;
    let (inner, algorithm_id) = algorithm(&mut fields)?;
    let issuer = element(&mut fields, tag::SEQUENCE)?.whole;
    let mut validity = SliceReader::new(element(&mut fields, tag::SEQUENCE)?.content)?;
    let (not_before_s, not_after_s) = (time(&mut validity)?, time(&mut validity)?);
    validity.finish()?;
    let subject = element(&mut fields, tag::SEQUENCE)?.whole;
    let spki = element(&mut fields, tag::SEQUENCE)?;
    let mut key = SliceReader::new(spki.content)?;
    algorithm(&mut key)?;
    whole_bits(&mut key)?;
    key.finish()?;
    for unique_id in [TagNumber(1), TagNumber(2)] {
        let _: Option<BitStringRef<'_>> = fields.context_specific(unique_id, TagMode::Implicit)?;
    }
    let extensions: Option<Vec<CertificateExtension<'_>>> = fields.context_specific(TagNumber(3), TagMode::Explicit)?;
    fields.finish()?;
    let outline = CertificateOutline {
        signed: body.whole,
        serial,
        algorithm: algorithm_id,
        issuer,
        not_before_s,
        not_after_s,
        subject,
        spki: spki.whole,
        extensions: extensions.unwrap_or_default(),
        signature: &[],
    };
    Ok((outline, [inner, outer], signature))
}

/// An algorithm and, usually, its parameters: the whole, and its object identifier.
pub(super) fn algorithm<'a>(reader: &mut SliceReader<'a>) -> der::Result<(&'a [u8], &'a [u8])> {
    let whole = element(reader, tag::SEQUENCE)?;
    let mut fields = SliceReader::new(whole.content)?;
    let id = element(&mut fields, tag::OID)?.content;
    if !fields.is_finished() {
        strict(Asn1Element::decode(&mut fields)?.whole)?;
    }
    fields.finish().map(|()| (whole.whole, id))
}

/// A time, Unix seconds (RFC 5280 §4.1.2.5): to the second, in UTC. The library's own types start at 1970.
pub(super) fn time(reader: &mut SliceReader<'_>) -> der::Result<i64> {
    let Asn1Element { tag, content, .. } = Asn1Element::decode(reader)?;
    let text = std::str::from_utf8(content).ok();
    let time =
        text.filter(|text| text.strip_suffix('Z').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())));
    let time = match (tag, time) {
        (tag::UTC_TIME, Some(time)) if time.len() == 13 => {
            let century = if time < "50" { "20" } else { "19" };
            Some(format!("{century}{time}"))
        }
        (tag::GENERALIZED_TIME, Some(time)) if time.len() == 15 => Some(time.to_owned()),
        _ => None,
    };
    // Leap seconds are refused (RFC 5280 §4.1.2.5.2 forbids them): the library would change one into another second.
    let time = time.filter(|time| !time.ends_with("60Z"));
    let time = time.and_then(|time| DateTime::strptime("%Y%m%d%H%M%SZ", time).ok()).ok_or(ErrorKind::DateTime)?;
    Ok(EPOCH.duration_until(time).as_secs())
}

const EPOCH: DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

#[cfg(test)]
mod tests {
    use super::super::Certificate;
    use super::super::vectors::{CA1, LEAF1, LEAF2, der};
    use super::*;
    use crate::asn1::encode;

    #[test]
    fn times_are_to_the_second_and_from_any_year() {
        let read = |tag: u8, text: &str| time(&mut SliceReader::new(&encode(tag, text.as_bytes())).unwrap()).ok();
        for (tag, text, unix_s) in [
            (tag::UTC_TIME, "700101000000Z", 0),
            (tag::UTC_TIME, "691231235959Z", -1),
            (tag::UTC_TIME, "500101000000Z", -631_152_000),
            (tag::UTC_TIME, "491231235959Z", 2_524_607_999),
            (tag::GENERALIZED_TIME, "19500101000000Z", -631_152_000),
            (tag::GENERALIZED_TIME, "99991231235959Z", 253_402_300_799),
        ] {
            assert_eq!(read(tag, text), Some(unix_s), "{text}");
        }
        for (tag, text) in [
            (tag::UTC_TIME, "7001010000Z"),
            (tag::UTC_TIME, "700101000060Z"),
            (tag::UTC_TIME, "700229000000Z"),
            (tag::UTC_TIME, "700101240000Z"),
            (tag::UTC_TIME, "700101000000+0000"),
            (tag::UTC_TIME, "+00101000000Z"),
            (tag::UTC_TIME, "19700101000000Z"),
            (tag::GENERALIZED_TIME, "700101000000Z"),
            (tag::GENERALIZED_TIME, "19700101000000.5Z"),
            (tag::GENERALIZED_TIME, "19700101000000"),
            (tag::UTF8, "700101000000Z"),
        ] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }

    /// The values inside a value.
    fn inside(value: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = SliceReader::new(held(value)).unwrap();
        let mut parts = Vec::new();
        while !reader.is_finished() {
            parts.push(reader.tlv_bytes().unwrap().to_vec());
        }
        parts
    }

    fn held(value: &[u8]) -> &[u8] {
        Asn1Element::from_der(value).unwrap().content
    }

    /// `value` with `more` after its content at this place: the indices of values inside values.
    fn longer(value: &[u8], place: &[usize], more: &[u8]) -> Vec<u8> {
        let mut parts = inside(value);
        match place {
            [] => parts.push(more.to_vec()),
            [first, rest @ ..] => parts[*first] = longer(&parts[*first], rest, more),
        }
        encode(value[0], &parts.concat())
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
            assert!(CertificateOutline::read(held(&whole)).is_ok());
            let parts = inside(&whole);
            // The outer algorithm, which is not signed, with a length of two bytes; the whole with one of four.
            let content = held(&parts[1]);
            let long = [&[0x30, 0x81, u8::try_from(content.len()).unwrap()], content].concat();
            let rebuilt = encode(tag::SEQUENCE, &[&parts[0][..], &long, &parts[2]].concat());
            assert!(refused(&rebuilt).contains("not minimal"), "{}", refused(&rebuilt));
            let content = held(&whole);
            let length = u16::try_from(content.len()).unwrap().to_be_bytes();
            assert!(Certificate::from_der(&[&[0x30, 0x83, 0], &length[..], content].concat()).is_err());
            // The serial number with a needless leading zero.
            let mut body = inside(&parts[0]);
            let serial = held(&body[1]);
            body[1] = encode(tag::INTEGER, &[b"\0", serial].concat());
            let body = encode(tag::SEQUENCE, &body.concat());
            let rebuilt = encode(tag::SEQUENCE, &[&body[..], &parts[1], &parts[2]].concat());
            assert!(refused(&rebuilt).contains("number that is not minimal"), "{}", refused(&rebuilt));
        }
    }

    /// `der` does not check the values inside them.
    #[test]
    fn what_parameters_and_values_of_names_hold_is_strict_too() {
        let whole = der(LEAF1);
        let parts = inside(&whole);
        for (inner, good) in [(&b"\x30\x03\x02\x01\x14"[..], true), (b"\x30\x04\x02\x02\x00\x14", false)] {
            let algorithm = [&inside(&parts[1])[0][..], inner].concat();
            let algorithm = encode(tag::SEQUENCE, &algorithm);
            let mut body = inside(&parts[0]);
            body[2].clone_from(&algorithm);
            let rebuilt = [&encode(tag::SEQUENCE, &body.concat())[..], &algorithm, &parts[2]].concat();
            assert_eq!(Certificate::from_der(&encode(tag::SEQUENCE, &rebuilt)).is_ok(), good, "{inner:02x?}");
            let attribute = encode(tag::SEQUENCE, &[b"\x06\x03\x55\x04\x03", inner].concat());
            body = inside(&parts[0]);
            body[5] = encode(tag::SEQUENCE, &encode(tag::SET, &attribute));
            let rebuilt = [&encode(tag::SEQUENCE, &body.concat())[..], &parts[1], &parts[2]].concat();
            assert_eq!(Certificate::from_der(&encode(tag::SEQUENCE, &rebuilt)).is_ok(), good, "{inner:02x?}");
        }
    }
}
