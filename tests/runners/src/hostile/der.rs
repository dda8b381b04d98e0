//! Inputs against readers of certificates, revocation lists and keys in PEM, DER and PKCS#12.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Hostile, LARGE, counted, repeated};

pub(super) fn inputs(target: &str) -> Vec<Hostile> {
    let label = match target {
        "certificate" | "psd2_certificate_header" => "CERTIFICATE",
        "certificate_request" => "CERTIFICATE REQUEST",
        "revocation_list" => "X509 CRL",
        "rsa_public_key" => "PUBLIC KEY",
        "encrypted_key" => "ENCRYPTED PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    let shape = |der: Vec<u8>| if target == "pkcs12" { der } else { pem(label, &der) };
    let mut found = vec![
        ("sequences in sequences", shape(nested(0x30, LARGE / 8))),
        ("endless sequences in each other", shape([0x30, 0x80].repeat(LARGE / 4))),
        ("strings in strings", shape(nested(0x24, LARGE / 8))),
        ("many numbers", shape(element(0x30, &[2, 1, 1].repeat(LARGE / 6)))),
        ("many empty elements", shape(element(0x30, &[5, 0].repeat(LARGE / 4)))),
        ("a large number", shape(element(0x30, &element(2, &vec![0x7f; LARGE / 2])))),
        ("a long identifier", shape(element(0x30, &element(6, &vec![0x81; LARGE / 2])))),
        ("a length beyond the end", shape(vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0])),
    ];
    if target == "pkcs12" {
        return found;
    }
    if target == "encrypted_key" {
        // A tenth of the limit, and more than the limit: the former costs its share, the latter is refused unread.
        found.extend([1_000_000, 10_000_001, 0x7fff_ffff].map(|rounds| ("many rounds", pem(label, &derived(rounds)))));
    }
    found.extend([
        ("many blocks", repeated(&format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n"), LARGE)),
        ("begins", repeated(&format!("-----BEGIN {label}-----\n"), LARGE)),
        (
            "many header lines",
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", counted(LARGE, |n| format!("X-{n}: a\n")))
                .into_bytes(),
        ),
        (
            "a digit a line",
            format!("-----BEGIN {label}-----\n{}-----END {label}-----\n", "A\n".repeat(LARGE / 2)).into_bytes(),
        ),
        ("dashes", repeated("-", LARGE)),
    ]);
    for bytes in [512, 1024, 2048, 8192] {
        found.push(("a large RSA key", pem("PUBLIC KEY", &public_key(bytes, &[1, 0, 1]))));
        found
            .push(("a large RSA key with a large exponent", pem("PUBLIC KEY", &public_key(bytes, &vec![0x7f; bytes]))));
        found.push(("a large private RSA key", pem("RSA PRIVATE KEY", &private_key(bytes))));
        if label == "CERTIFICATE" {
            found.push((
                "a certificate with a large key",
                pem(label, &certificate(&public_key(bytes, &[1, 0, 1]), 1, 1)),
            ));
            found.push((
                "a certificate with a large exponent",
                pem(label, &certificate(&public_key(bytes, &vec![0x7f; bytes]), 1, 1)),
            ));
        }
    }
    if label == "CERTIFICATE" {
        let key = public_key(256, &[1, 0, 1]);
        for (names, extensions) in [(1500, 1), (1, 1500), (90, 1), (1, 120)] {
            found.push(("a certificate with many parts", pem(label, &certificate(&key, names, extensions))));
        }
    }
    if label == "X509 CRL" {
        for (what, entries, extensions) in [
            ("many entries", LARGE / 24, 0),
            ("entries with an extension", LARGE / 32, 1),
            ("entries with many extensions", LARGE / 700, 60),
            ("an entry with too many extensions", 1, LARGE / 16),
        ] {
            for order in SERIAL_ORDERS {
                found.push((what, pem(label, &revocation_list(entries, extensions, order))));
            }
        }
    }
    found
}

/// A private key with a passphrase, with this many rounds of PBKDF2 (RFC 8018 A.4).
fn derived(rounds: u32) -> Vec<u8> {
    let id = |rest: &[u8]| element(6, &[&[42, 134, 72, 134, 247, 13][..], rest].concat());
    let hash = element(0x30, &[id(&[2, 9]), vec![5, 0]].concat());
    let parameters = [element(4, &[7; 16]), integer(rounds), hash].concat();
    let derivation = element(0x30, &[id(&[1, 5, 12]), element(0x30, &parameters)].concat());
    let aes_256_cbc = element(6, &[96, 134, 72, 1, 101, 3, 4, 1, 42]);
    let cipher = element(0x30, &[aes_256_cbc, element(4, &[7; 16])].concat());
    let both = element(0x30, &[derivation, cipher].concat());
    element(0x30, &[element(0x30, &[id(&[1, 5, 13]), both].concat()), element(4, &[7; 32])].concat())
}

/// A formally valid certificate; its content and its signature are meaningless.
fn certificate(key: &[u8], names: usize, extensions: usize) -> Vec<u8> {
    let algorithm = element(0x30, &[element(6, &[42, 134, 72, 134, 247, 13, 1, 1, 11]), vec![5, 0]].concat());
    let part = |n: usize| {
        let value = element(0x0c, format!("name {n}").as_bytes());
        element(0x31, &element(0x30, &[element(6, &[0x55, 4, 3]), value].concat()))
    };
    let name = element(0x30, &(0..names).flat_map(part).collect::<Vec<u8>>());
    let time = element(0x17, b"260101000000Z");
    let extension = |n: usize| {
        let id = element(6, &[0x2a, 3, 0x80 | (n >> 7) as u8 | 0x80, (n & 0x7f) as u8]);
        element(0x30, &[id, element(4, &element(0x30, &[]))].concat())
    };
    let extensions = element(0xa3, &element(0x30, &(0..extensions).flat_map(extension).collect::<Vec<u8>>()));
    let inner = [
        element(0xa0, &[2, 1, 2]),
        vec![2, 1, 1],
        algorithm.clone(),
        name.clone(),
        element(0x30, &[time.clone(), time].concat()),
        name,
        key.to_vec(),
        extensions,
    ];
    element(0x30, &[element(0x30, &inner.concat()), algorithm, element(3, &[&[0][..], &[7; 256]].concat())].concat())
}

/// The serial number of an entry by its index and the number of entries: ascending, descending, always the same.
const SERIAL_ORDERS: [fn(usize, usize) -> usize; 3] = [|n, _| n, |n, entries| entries - n, |_, _| 1];

/// A formally valid revocation list, if its entries have few extensions; its signature is meaningless.
fn revocation_list(entries: usize, extensions: usize, order: fn(usize, usize) -> usize) -> Vec<u8> {
    let algorithm = element(0x30, &[element(6, &[42, 134, 72, 134, 247, 13, 1, 1, 11]), vec![5, 0]].concat());
    let time = element(0x17, b"260101000000Z");
    let extension = |n: usize| {
        let id = element(6, &[0x2a, 3, 0x80 | (n >> 7) as u8 | 0x80, (n & 0x7f) as u8]);
        element(0x30, &[id, element(4, &[])].concat())
    };
    let extensions: Vec<u8> = (0..extensions).flat_map(extension).collect();
    let extensions = if extensions.is_empty() { Vec::new() } else { element(0x30, &extensions) };
    let entry = |n: usize| {
        let serial = 0x0100_0000 + u32::try_from(order(n, entries)).expect("a short list");
        element(0x30, &[integer(serial), time.clone(), extensions.clone()].concat())
    };
    let name = element(0x30, &element(0x31, &element(0x30, &[6, 3, 0x55, 4, 3, 0x0c, 1, b'a'])));
    let inner = [
        vec![2, 1, 1],
        algorithm.clone(),
        name,
        time.clone(),
        element(0x30, &(0..entries).flat_map(entry).collect::<Vec<u8>>()),
    ];
    element(0x30, &[element(0x30, &inner.concat()), algorithm, element(3, &[&[0][..], &[7; 256]].concat())].concat())
}

/// An RSA public key with a modulus of this many bytes.
fn public_key(bytes: usize, exponent: &[u8]) -> Vec<u8> {
    let algorithm = element(0x30, &[element(6, &[42, 134, 72, 134, 247, 13, 1, 1, 1]), vec![5, 0]].concat());
    let numbers = [element(2, &modulus(bytes)), element(2, exponent)].concat();
    element(0x30, &[algorithm, element(3, &[&[0][..], &element(0x30, &numbers)].concat())].concat())
}

fn private_key(bytes: usize) -> Vec<u8> {
    let numbers = [modulus(bytes), vec![1, 0, 1], modulus(bytes), modulus(bytes / 2), modulus(bytes / 2)];
    let rest = [modulus(bytes / 2), modulus(bytes / 2), modulus(bytes / 2)];
    let numbers: Vec<u8> = numbers.iter().chain(&rest).flat_map(|number| element(2, number)).collect();
    element(0x30, &[vec![2, 1, 0], numbers].concat())
}

/// Odd, and of this length.
fn modulus(bytes: usize) -> Vec<u8> {
    [&[0][..], &vec![0xff; bytes]].concat()
}

/// A number in its shortest encoding.
fn integer(value: u32) -> Vec<u8> {
    let digits = u64::from(value).to_be_bytes();
    let start = digits.iter().position(|&digit| digit != 0).unwrap_or(7);
    let start = if digits[start] & 0x80 != 0 { start - 1 } else { start };
    element(2, &digits[start..])
}

fn nested(tag: u8, depth: usize) -> Vec<u8> {
    // From the inside: each is one longer than its content.
    let mut headers = Vec::with_capacity(depth);
    let mut length = 0usize;
    for _ in 0..depth {
        let header = header(tag, length);
        length += header.len();
        headers.push(header);
    }
    headers.into_iter().rev().flatten().collect()
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    [&header(tag, content.len())[..], content].concat()
}

fn header(tag: u8, length: usize) -> Vec<u8> {
    let digits = u32::try_from(length).expect("a short element").to_be_bytes();
    let used = digits.iter().position(|&digit| digit != 0).map_or(1, |first| 4 - first);
    if length < 0x80 { vec![tag, length as u8] } else { [&[tag, 0x80 | used as u8][..], &digits[4 - used..]].concat() }
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let digits = STANDARD.encode(der);
    let digits: Vec<&str> =
        digits.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", digits.join("\n")).into_bytes()
}
