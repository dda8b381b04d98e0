//! Names of certificates as text.

use x509_parser::der_parser::asn1_rs::ToDer;
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// Attribute types with a short name (RFC 4514 §3), by number; all others are written as numbers.
pub const SHORT_NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// The most specific common name, else the whole name (WS Channel sheet §2.13).
pub(super) fn display(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name().filter_map(|attribute| attribute.as_str().ok()).last();
    common.map_or_else(|| rfc4514(name), str::to_owned)
}

/// RFC 4514: the last component first.
fn rfc4514(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> =
        name.iter_rdn().map(|component| component.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let oid = attribute.attr_type().to_id_string();
    let short = SHORT_NAMES.iter().find(|(number, _)| *number == oid);
    match (short, attribute.as_str()) {
        (Some((_, short)), Ok(value)) => format!("{short}={}", escape(value)),
        // RFC 4514 §2.4: the hex form of the encoded value, for types without a name and strings not readable here.
        (short, _) => {
            let encoded = attribute.attr_value().to_der_vec_raw().unwrap_or_default();
            format!("{}=#{}", short.map_or(oid.as_str(), |(_, short)| short), crate::digest::hex(&encoded))
        }
    }
}

/// A value with the escapes of RFC 4514 §2.4.
pub fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (index, character) in value.chars().enumerate() {
        let escaped = match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => true,
            ' ' => index == 0 || index == last,
            '#' => index == 0,
            _ => false,
        };
        match character {
            '\0' => out.push_str("\\00"),
            _ if escaped => out.extend(['\\', character]),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    /// Examples of RFC 4514 §4.
    #[test]
    fn escapes() {
        assert_eq!(super::escape("James \"Jim\" Smith, III"), "James \\\"Jim\\\" Smith\\, III");
        assert_eq!(super::escape("# a "), "\\# a\\ ");
        assert_eq!(super::escape("Before\0After"), "Before\\00After");
        assert_eq!(super::escape(" "), "\\ ");
    }
}
