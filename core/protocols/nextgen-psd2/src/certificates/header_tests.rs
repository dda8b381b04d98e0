//! T-060 to T-063.
#![allow(clippy::unwrap_used)]

use super::super::vectors::{CA1, LEAF1, LEAF2, certificate, der};
use super::*;
use base64::engine::general_purpose::STANDARD;

fn lenient(value: &[u8]) -> ReadHeader {
    assert!(read_certificate_header(value, false).is_err());
    read_certificate_header(value, true).unwrap()
}

#[test]
fn every_form_that_is_written_is_read() {
    let leaf = certificate(LEAF2);
    let value = certificate_header(&leaf, CertForm::DerBase64);
    assert_eq!(value, LEAF2);
    for forgiving in [false, true] {
        let read = read_certificate_header(value.as_bytes(), forgiving).unwrap();
        assert!(read.certificate == leaf && read.warnings.is_empty());
    }
    for form in [CertForm::PemOneLine, CertForm::Base64Pem] {
        let value = certificate_header(&leaf, form);
        assert!(value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '));
        let read = lenient(value.as_bytes());
        assert_eq!((read.certificate, read.warnings.len()), (leaf.clone(), 1), "{form:?}");
    }
}

#[test]
fn other_forms_of_other_clients() {
    let leaf = certificate(LEAF1);
    let pem = leaf.to_pem();
    let percent = pem.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2b");
    for (value, warnings) in [
        (percent, 3),
        (pem.replace('\n', " "), 2),
        (pem.replace('\n', "\\n"), 2),
        (LEAF1.replace("MIIEXT", "MIIEXT "), 1),
        (STANDARD.encode(format!("subject=x\n{pem}").as_bytes()), 1),
    ] {
        let read = lenient(value.as_bytes());
        assert_eq!((read.certificate, read.warnings.len()), (leaf.clone(), warnings), "{value}");
    }
}

#[test]
fn what_is_not_one_certificate_is_refused() {
    let (one, ca) = (der(LEAF1), der(CA1));
    let pem = certificate(LEAF1).to_pem();
    let base64 = |bytes: &[u8]| STANDARD.encode(bytes);
    let follow = "bytes follow the certificate; give exactly one certificate";
    let (no_der, no_base64) = ("this is not a certificate in DER", "the certificate is not base64 of DER on one line");
    let (several, long) =
        ("there is more than one certificate; give exactly one", "the certificate has more than 8 KiB of base64");
    let is = |what: &str| format!("{no_base64}: it {what}");
    let markers = is("has PEM markers");
    let (url, percent) = (is("is base64url"), is("is percent-encoded"));
    // The results of a strict and of a lenient reader.
    for (value, strict, forgiving) in [
        (base64(&[&one[..], &ca].concat()), follow, follow),
        (base64(&[&one[..], b"\0"].concat()), follow, follow),
        (base64(&one[..one.len() - 1]), no_der, no_der),
        (base64(pem.repeat(2).as_bytes()), no_der, several),
        (pem.repeat(2).replace('\n', ""), &markers, several),
        (pem.replace("-----END CERTIFICATE-----\n", ""), &markers, "the PEM text has no end marker"),
        (base64(base64(pem.as_bytes()).as_bytes()), no_der, no_der),
        (LEAF1.trim_end_matches('=').to_owned(), no_base64, no_base64),
        (LEAF1.replace('+', "-"), &url, &url),
        // The same bytes, but with padding in the middle.
        (format!("{}{}", base64(&one[..10]), base64(&one[10..])), no_base64, no_base64),
        (format!("{LEAF1},{LEAF2}"), no_base64, no_base64),
        ("%4".to_owned(), &percent, "the certificate has a `%` without two hex digits"),
        (String::new(), no_der, no_der),
        ("A".repeat(9000), long, "the certificate has more than 6144 bytes"),
        ("A".repeat(1 << 20), long, long),
        ("\u{f8}".to_owned(), no_base64, no_base64),
    ] {
        for (mode, said) in [(false, strict), (true, forgiving)] {
            let fault = read_certificate_header(value.as_bytes(), mode).unwrap_err();
            assert_eq!(fault.to_string(), said, "{mode} {value}");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_answered(value: Vec<u8>, lenient: bool) {
        assert!(read_certificate_header(&value, lenient).is_err());
    }

    #[test]
    fn a_changed_byte_is_answered(index in 0usize..1488, byte: u8, lenient: bool) {
        let mut value = LEAF1.as_bytes().to_vec();
        let index = index % value.len();
        value[index] = byte;
        let _ = read_certificate_header(&value, lenient);
    }
}
