//! Inputs against readers of OpenPGP keys, signatures and messages.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Hostile, counted, repeated};

const KEY: &str = include_str!("../../../fuzz/corpus/pgp_public_key/ed25519");
const SIGNATURE: &str = include_str!("../../../fuzz/corpus/pgp_signatures/ed25519");

pub(super) fn inputs(target: &str) -> Vec<Hostile> {
    let (label, real, sizes) = match target {
        "pgp_signatures" => ("SIGNATURE", SIGNATURE, &[11_000, 36_000][..]),
        "pgp_message" => ("MESSAGE", SIGNATURE, &[36_000, 600_000][..]),
        _ => ("PUBLIC KEY BLOCK", KEY, &[36_000][..]),
    };
    let armored = |packets: &[u8]| armor(label, packets);
    let real = packets(real);
    let mut found = Vec::new();
    for &size in sizes {
        let mut add = |what, packets: &[u8]| found.push((what, armored(packets)));
        // The input that stopped the service: unreadable headers, so that the library searches for a readable one.
        add("broken headers", &[&[0x89, 0, 0x89, 0, 0x10, 0][..], &vec![0x8a; size]].concat());
        add("broken headers after a packet", &[&real[..], &vec![0x8a; size]].concat());
        add("broken headers in turns", &[0x88, 0, 0x8a].repeat(size / 3));
        add("empty packets", &[0x88, 0].repeat(size / 2));
        add("packets again and again", &real.repeat(size / real.len()));
        add("parts", &[&[0xc2][..], &[0xe0, 0].repeat(size / 2)].concat());
        add("a packet without an end", &[&[0x8b][..], &vec![0x8a; size]].concat());
        add("zeros", &vec![0; size]);
        add("a recipient again and again", &[0xc1, 12, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0].repeat(size / 14));
        add("a compressed packet", &[&[0xa3, 1][..], &vec![0; size]].concat());
        found.push(("a long header line", lines(label, &format!("Comment: {}", "a".repeat(size)))));
        found.push(("many header lines", lines(label, &counted(size, |n| format!("Comment: {n}\n")))));
        found.push(("digits without line breaks", lines(label, &format!("\n{}", "A".repeat(size)))));
        found.push(("a digit a line", lines(label, &format!("\n{}", "A\n".repeat(size / 2)))));
        found.push(("many blocks", armor(label, &[0x88, 0]).repeat(size / 80)));
        found.push(("begins", repeated(&format!("-----BEGIN PGP {label}-----\n"), size)));
    }
    found.extend(signatures().into_iter().map(|(what, packets)| (what, armor("SIGNATURE", &packets))));
    if label == "PUBLIC KEY BLOCK" {
        found.extend(keys(&real).into_iter().map(|(what, packets)| (what, armor(label, &packets))));
    }
    if target == "pgp_verify" {
        // A complete key, with ten signatures that name it.
        let ten = armor("SIGNATURE", &packets(SIGNATURE).repeat(10));
        let with_signatures = |(what, key): Hostile| (what, [key, ten.clone()].concat());
        found.retain(|(_, input)| input.starts_with(b"-----BEGIN PGP PUBLIC"));
        found = found.into_iter().map(with_signatures).collect();
        found.push(("ten signatures", [KEY.as_bytes(), &ten].concat()));
        for (what, packets) in signatures() {
            found.push((what, [KEY.as_bytes(), &armor("SIGNATURE", &packets)].concat()));
        }
    }
    found
}

/// Complete signatures with much content.
fn signatures() -> Vec<Hostile> {
    let notation = |size: usize| {
        let name = vec![b'n'; size];
        [&[0x80, 0, 0, 0][..], &length(size), &length(0), &name].concat()
    };
    vec![
        ("many subpackets", signature(&subpacket(11, &[9]).repeat(4000), &[])),
        ("the most subpackets, ten times", signature(&subpacket(11, &[9]).repeat(30), &[]).repeat(10)),
        ("many issuers", signature(&subpacket(16, &[7; 8]).repeat(1000), &[])),
        ("many issuers, not hashed", signature(&[], &subpacket(16, &[7; 8]).repeat(1000))),
        ("a long notation", signature(&subpacket(20, &notation(30_000)), &[])),
        (
            "signatures in signatures",
            (0..200).fold(signature(&[], &[]), |inner, _| {
                if inner.len() > 60_000 { inner } else { signature(&[], &subpacket(32, &inner[3..])) }
            }),
        ),
        ("a regular expression", signature(&subpacket(6, &[&b"(a*)*".repeat(300)[..], b"\0"].concat()), &[])),
        ("a large number", packet(2, &[&[4, 0, 1, 8, 0, 0, 0, 0, 1, 2][..], &number(&[0xff; 8000])].concat())),
    ]
}

/// Keys with much content, or with numbers that take long.
fn keys(real: &[u8]) -> Vec<Hostile> {
    let own_signature =
        |kind: u8| packet(2, &[&[4, kind, 22, 8, 0, 0, 0, 0, 1, 2][..], &number(&[9]), &number(&[9])].concat());
    let subkey = |n: u8| {
        packet(14, &[&[4, 0, 0, 0, n, 22, 9, 43, 6, 1, 4, 1, 218, 71, 15, 1][..], &number(&[0x40; 33])].concat())
    };
    let user = |n: usize| packet(13, &[&b"user "[..], &vec![b'u'; 1900], n.to_string().as_bytes()].concat());
    let key_of =
        |algorithm: u8, numbers: &[Vec<u8>]| packet(6, &[&[4, 0, 0, 0, 1, algorithm][..], &numbers.concat()].concat());
    let huge = |bytes: usize| number(&vec![0xff; bytes]);
    let join = |parts: Vec<Vec<u8>>| [real.to_vec(), parts.concat()].concat();
    vec![
        ("many signatures of the key", join((0..240).map(|_| own_signature(0x13)).collect())),
        ("many signatures of others", join((0..240).map(|n| own_signature(0x10 + n % 4)).collect())),
        (
            "the most user ids, then signatures",
            join((0..9).map(user).chain((0..230).map(|_| own_signature(0x13))).collect()),
        ),
        (
            "the most subkeys, each with signatures",
            join((0..32).flat_map(|n| [subkey(n)].into_iter().chain((0..6).map(|_| own_signature(0x18)))).collect()),
        ),
        (
            "the most subkeys, then signatures",
            join((0..32).map(subkey).chain((0..200).map(|_| own_signature(0x18))).collect()),
        ),
        ("too many subkeys", join((0..250).map(subkey).collect())),
        (
            "a photograph, then signatures",
            join(
                [packet(17, &[&[255, 0, 0, 117, 48, 1][..], &[7; 29_999]].concat())]
                    .into_iter()
                    .chain((0..240).map(|_| own_signature(0x13)))
                    .collect(),
            ),
        ),
        ("large RSA numbers", key_of(1, &[huge(1000), huge(1000)])),
        ("the largest RSA numbers", key_of(1, &[huge(8000), huge(8000)])),
        ("large DSA numbers", key_of(17, &[huge(500), huge(500), huge(500), huge(500)])),
        ("the largest DSA numbers", key_of(17, &[huge(8000), huge(8000), huge(8000), huge(8000)])),
        (
            "RSA keys and what binds them",
            [
                key_of(1, &[huge(512), number(&[1, 0, 1])]),
                packet(13, b"u"),
                (0..200)
                    .flat_map(|_| packet(2, &[&[4, 0x13, 1, 8, 0, 0, 0, 0, 1, 2][..], &huge(100)].concat()))
                    .collect(),
            ]
            .concat(),
        ),
    ]
}

fn signature(hashed: &[u8], unhashed: &[u8]) -> Vec<u8> {
    let areas = [&length(hashed.len())[..], hashed, &length(unhashed.len()), unhashed].concat();
    packet(2, &[&[4, 0, 22, 8][..], &areas, &[1, 2], &number(&[9; 32]), &number(&[9; 32])].concat())
}

fn subpacket(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 1).expect("a short subpacket").to_be_bytes();
    let length = if content.len() < 191 { length[3..].to_vec() } else { [&[255][..], &length].concat() };
    [&length[..], &[kind], content].concat()
}

/// A packet in the old format with two octets of length, or in the new one.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len()).expect("a short packet").to_be_bytes();
    let header = if tag < 16 {
        [&[0x81 | tag << 2][..], &length].concat()
    } else {
        [&[0xc0 | tag, 255, 0, 0][..], &length].concat()
    };
    [&header[..], body].concat()
}

fn number(digits: &[u8]) -> Vec<u8> {
    let bits = digits.len() * 8 - digits.first().map_or(0, |digit| digit.leading_zeros() as usize);
    [&length(bits)[..], digits].concat()
}

fn length(of: usize) -> [u8; 2] {
    u16::try_from(of).expect("two octets of length").to_be_bytes()
}

fn armor(label: &str, packets: &[u8]) -> Vec<u8> {
    let digits = STANDARD.encode(packets);
    let digits: Vec<&str> =
        digits.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("base64")).collect();
    lines(label, &format!("\n{}", digits.join("\n")))
}

fn lines(label: &str, inside: &str) -> Vec<u8> {
    format!("-----BEGIN PGP {label}-----\n{inside}\n-----END PGP {label}-----\n").into_bytes()
}

/// The packets of a block of the corpus.
fn packets(armor: &str) -> Vec<u8> {
    let digits: String = armor
        .lines()
        .skip(1)
        .skip_while(|line| !line.is_empty())
        .take_while(|line| !line.starts_with(['=', '-']))
        .collect();
    STANDARD.decode(digits).expect("the corpus is armored")
}
