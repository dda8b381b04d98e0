//! The scope of a revocation list (RFC 5280 §5.2.4, §5.2.5): whether it is complete, and its distribution point.

use super::CertificateFault;
use super::extensions::CertificateExtensions;
use crate::asn1::{Asn1Element, Decode, Reader, SliceReader, element, only, strict, tag};

pub(super) const ISSUING_DISTRIBUTION_POINT: &[u8] = b"\x55\x1d\x1c";
const DELTA_CRL_INDICATOR: &[u8] = b"\x55\x1d\x1b";
/// Longest issuingDistributionPoint, bytes: its names are compared with each of a certificate's.
const MAX_POINT_BYTES: usize = 2048;
/// The tag of a distribution point's name, \[0\], and in it that of a full name, \[0\] again.
const POINT_NAME: u8 = 0xa0;
const FULL_NAME: u8 = 0xa0;

/// The names of the distribution point of a list that says with its extensions that it is complete; `None` if it names
/// no point.
pub(super) fn names_of_complete_list<'a>(
    extensions: &CertificateExtensions<'a>,
) -> Result<Option<&'a [u8]>, CertificateFault> {
    if extensions.get(DELTA_CRL_INDICATOR).is_some() {
        return Err("the revocation list has changes only (deltaCRLIndicator); give the complete list".into());
    }
    let Some(point) = extensions.get(ISSUING_DISTRIBUTION_POINT) else { return Ok(None) };
    if point.len() > MAX_POINT_BYTES {
        return Err("the revocation list has an issuingDistributionPoint of more than 2048 bytes".into());
    }
    strict(point)?;
    let mut fields = SliceReader::new(only(point, tag::SEQUENCE)?)?;
    let has_name = fields.peek_byte() == Some(POINT_NAME);
    let name = if has_name { Some(element(&mut fields, POINT_NAME)?.content) } else { None };
    if let Some(limit) = fields.peek_byte() {
        return Err(match limit {
            0x81 => "the revocation list has only users' certificates (onlyContainsUserCerts)",
            0x82 => "the revocation list has only authorities' certificates (onlyContainsCACerts)",
            0x83 => "the revocation list has only certificates revoked for some reasons (onlySomeReasons)",
            0x84 => "the revocation list has certificates of several issuers (indirectCRL)",
            0x85 => "the revocation list has only attribute certificates (onlyContainsAttributeCerts)",
            _ => "the revocation list's issuingDistributionPoint cannot be read",
        }
        .into());
    }
    let name = name.ok_or("the revocation list's issuingDistributionPoint is empty")?;
    let full = only(name, FULL_NAME).map_err(|_| "the revocation list's distribution point has no full name")?;
    Ok(Some(full))
}

/// Whether one of these names is one of a certificate's distribution points (its cRLDistributionPoints, §4.2.1.13).
pub(super) fn is_named(names: &[u8], points: &[u8]) -> der::Result<bool> {
    let names = values(names)?;
    let mut points = SliceReader::new(only(points, tag::SEQUENCE)?)?;
    while !points.is_finished() {
        let mut point = SliceReader::new(element(&mut points, tag::SEQUENCE)?.content)?;
        if point.peek_byte() != Some(POINT_NAME) {
            continue;
        }
        let name = element(&mut point, POINT_NAME)?.content;
        // A point of some reasons only or of another issuer says more, one named relative to its issuer less.
        if let (true, Ok(full)) = (point.is_finished(), only(name, FULL_NAME))
            && values(full)?.iter().any(|value| names.contains(value))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The values in a row.
fn values(bytes: &[u8]) -> der::Result<Vec<&[u8]>> {
    let mut reader = SliceReader::new(bytes)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(Asn1Element::decode(&mut reader)?.whole);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asn1::encode;

    /// A general name, of an address.
    fn uri(text: &str) -> Vec<u8> {
        encode(0x86, text.as_bytes())
    }

    /// A certificate's point with these names, and other fields after them.
    fn point(names: &[u8], more: &[u8]) -> Vec<u8> {
        encode(tag::SEQUENCE, &[encode(POINT_NAME, &encode(FULL_NAME, names)), more.to_vec()].concat())
    }

    #[test]
    fn one_name_in_common_is_enough() {
        let names = [uri("http://a.example/1"), uri("http://a.example/2")].concat();
        let relative = encode(tag::SEQUENCE, &encode(POINT_NAME, &encode(0xa1, b"")));
        let issuer_only = encode(tag::SEQUENCE, &encode(0xa2, b""));
        for (points, is_in) in [
            (vec![point(&names, b"")], true),
            (vec![point(&uri("http://a.example/2"), b"")], true),
            (vec![point(&uri("http://a.example/3"), b""), point(&uri("http://a.example/1"), b"")], true),
            (vec![relative.clone(), issuer_only.clone(), point(&uri("http://a.example/1"), b"")], true),
            (vec![], false),
            (vec![relative, issuer_only], false),
            (vec![point(&uri("http://a.example/3"), b"")], false),
            // Some reasons only; another issuer.
            (vec![point(&names, b"\x81\x02\x06\x40")], false),
            (vec![point(&names, b"\xa2\x00")], false),
        ] {
            assert_eq!(is_named(&names, &encode(tag::SEQUENCE, &points.concat())), Ok(is_in), "{points:02x?}");
        }
        for wrong in [&b""[..], b"\x30\x01", b"\x30\x02\x04\x00", b"\x30\x00\x00"] {
            assert!(is_named(&names, wrong).is_err(), "{wrong:02x?}");
        }
    }
}
