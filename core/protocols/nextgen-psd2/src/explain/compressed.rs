//! Bodies that were compressed on one side of the digest (§3.3, last table).
//!
//! A body that was sent compressed is inflated: the result does not depend on the compressor. In the opposite case, a
//! plain body with the digest of a compressed one, each program compresses differently; the output of zlib at its usual
//! levels is tried, that of other compressors is not found.

use std::io::{Read, Write as _};

use flate2::{
    Compression, Crc,
    read::{DeflateDecoder, GzDecoder, ZlibDecoder},
    write::ZlibEncoder,
};

use super::body_variants::MAX_BODY;
use crate::{http::Request, signing::parse_imf_fixdate};

/// The maximum size of a body that is compressed in search of its digest, in bytes.
const MAX_COMPRESSED: usize = 16 * 1024;
/// The maximum difference between the time in a gzip header and `Date`, in seconds.
const APART_S: i64 = 2;

/// Levels of the compressor in use. For most short bodies its level 9 produces the output of zlib at levels 5 to 9,
/// including zlib's default; its level 6 that of Node; its levels 6 and 1 those of zlib-ng.
const LEVELS: [u32; 3] = [9, 6, 1];
/// The first two bytes of the zlib format, by level.
const ZLIB: [[u8; 2]; 4] = [[0x78, 0x9c], [0x78, 0xda], [0x78, 0x5e], [0x78, 0x01]];
/// The operating systems in gzip headers: Unix, unknown, FAT, NTFS, macOS in two codes (zlib's and Apple's), TOPS-20.
const SYSTEMS: [u8; 7] = [3, 255, 0, 10, 19, 7, 11];
/// The operating systems of programs that write the time.
const DATED_BY: [u8; 2] = [3, 255];
/// The extra flags in gzip headers: none, slowest, fastest.
const FLAGS: [u8; 3] = [0, 2, 4];

const HEADER: usize = 2;
const CHECKSUM: usize = 4;

/// The inflated body with the name of its compression, if it is compressed.
pub(super) fn inflated(body: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let is_gzip = body.starts_with(&[0x1f, 0x8b]);
    let is_zlib = matches!(body, [first, second, ..] if first & 0xf == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0);
    let gzip = || is_gzip.then(|| read_within_limit(GzDecoder::new(body))).flatten();
    let zlib = || is_zlib.then(|| read_within_limit(ZlibDecoder::new(body))).flatten();
    let raw = || read_within_limit(DeflateDecoder::new(body));
    let found = [
        gzip().map(|out| ("the body before it was compressed (gzip)", out)),
        zlib().map(|out| ("the body before it was compressed (deflate)", out)),
        raw().map(|out| ("the body before it was compressed (deflate without zlib's header)", out)),
    ];
    found.into_iter().flatten().collect()
}

/// What `from` yields, unless it is nothing or larger than a body may be: no more than that is read.
fn read_within_limit(from: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    // A wrong checksum does not matter: the digest is the proof.
    let _ = from.take(MAX_BODY as u64 + 1).read_to_end(&mut out);
    (!out.is_empty() && out.len() <= MAX_BODY).then_some(out)
}

/// Calls `visit` with zlib's possible outputs for the body until it returns `true`, and returns the name of that
/// output.
pub(super) fn find(request: &Request, mut visit: impl FnMut(&[u8]) -> bool) -> Option<&'static str> {
    let body = request.body.as_ref();
    if body.is_empty() || body.len() > MAX_COMPRESSED {
        return None;
    }
    let heads = gzip_heads(request);
    for level in LEVELS {
        let Some(mut zlib) = compressed(body, level) else { continue };
        let deflated = zlib.get(HEADER..zlib.len().saturating_sub(CHECKSUM)).unwrap_or_default().to_vec();
        let mut crc = Crc::new();
        crc.update(body);
        let length = u32::try_from(body.len()).unwrap_or_default();
        let tail = [crc.sum().to_le_bytes(), length.to_le_bytes()].concat();
        for head in &heads {
            if visit(&[head.as_slice(), &deflated, &tail].concat()) {
                return Some("the body compressed with gzip");
            }
        }
        for header in ZLIB {
            if let Some(place) = zlib.get_mut(..HEADER) {
                place.copy_from_slice(&header);
            }
            if visit(&zlib) {
                return Some("the body compressed with deflate");
            }
        }
        if visit(&deflated) {
            return Some("the body compressed with deflate, without zlib's header");
        }
    }
    None
}

/// Possible gzip headers: without a time, or with about the time of the request, which few programs write.
fn gzip_heads(request: &Request) -> Vec<[u8; 10]> {
    let head = |time: u32, flags: u8, system: u8| {
        let [a, b, c, d] = time.to_le_bytes();
        [0x1f, 0x8b, 8, 0, a, b, c, d, flags, system]
    };
    let sent = request.headers.text("date").and_then(parse_imf_fixdate);
    let around = sent.into_iter().flat_map(|sent| (-APART_S..=APART_S).map(move |apart| sent.saturating_add(apart)));
    let times = around.filter_map(|time| u32::try_from(time).ok());
    let timeless = FLAGS.iter().flat_map(|flags| SYSTEMS.map(|system| head(0, *flags, system)));
    let dated = times
        .flat_map(|time| FLAGS.iter().flat_map(move |flags| DATED_BY.map(move |system| head(time, *flags, system))));
    timeless.chain(dated).collect()
}

/// Compresses to the zlib format.
fn compressed(body: &[u8], level: u32) -> Option<Vec<u8>> {
    let mut out = ZlibEncoder::new(Vec::with_capacity(body.len()), Compression::new(level));
    out.write_all(body).ok()?;
    out.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python's zlib 1.2.13 at its default level, and with `gzip.compress(body, mtime=0)`; hexadecimal.
    const BODY: &[u8] = include_bytes!("tests/vectors/compressed.json");
    const ZLIBS: &str = include_str!("tests/vectors/compressed.zlib.hex");
    const GZIP: &str = include_str!("tests/vectors/compressed.gzip.hex");

    fn bytes(hex: &str) -> Vec<u8> {
        data_encoding::HEXLOWER.decode(hex.trim().as_bytes()).unwrap()
    }

    fn request(body: &[u8]) -> Request {
        let mut request = Request::parse(b"POST / HTTP/1.1\nDate: Tue, 03 Mar 2026 10:15:30 GMT\n\n").unwrap();
        request.body = body.to_vec().into();
        request
    }

    #[test]
    fn what_was_compressed_is_inflated() {
        let zlib = bytes(ZLIBS);
        for (sent, name) in [
            (bytes(GZIP), "the body before it was compressed (gzip)"),
            (zlib.clone(), "the body before it was compressed (deflate)"),
            (zlib[2..zlib.len() - 4].to_vec(), "the body before it was compressed (deflate without zlib's header)"),
        ] {
            assert!(inflated(&sent).contains(&(name, BODY.to_vec())), "{name}");
        }
        assert!(inflated(BODY).is_empty() && inflated(b"").is_empty());
    }

    #[test]
    fn what_zlib_writes_is_found_from_the_plain_body() {
        let zlib = bytes(ZLIBS);
        let dated = |mut gzip: Vec<u8>| {
            gzip[4..8].copy_from_slice(&1_772_532_931_u32.to_le_bytes());
            gzip
        };
        for (hashed, name) in [
            (bytes(GZIP), "the body compressed with gzip"),
            (dated(bytes(GZIP)), "the body compressed with gzip"),
            (zlib.clone(), "the body compressed with deflate"),
            (zlib[2..zlib.len() - 4].to_vec(), "the body compressed with deflate, without zlib's header"),
        ] {
            assert_eq!(find(&request(BODY), |candidate| candidate == hashed), Some(name), "{name}");
        }
        assert_eq!(find(&request(BODY), |_| false), None);
        assert_eq!(find(&request(&[b'x'; MAX_COMPRESSED + 1]), |_| true), None);
    }

    /// Counts the bytes that were taken from it; it has no end.
    struct Endless<'a>(&'a mut usize);

    impl Read for Endless<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            into.fill(b'0');
            *self.0 += into.len();
            Ok(into.len())
        }
    }

    /// A few bytes that would expand to a huge body stop at the limit.
    #[test]
    fn a_bomb_is_not_unfolded() {
        let bomb = compressed(&vec![b'0'; 64 * MAX_BODY], 9).unwrap();
        assert!(bomb.len() < 32 * 1024);
        assert!(inflated(&bomb).is_empty());
        let mut taken = 0;
        assert_eq!(read_within_limit(Endless(&mut taken)), None);
        assert_eq!(taken, MAX_BODY + 1);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_answered(body: Vec<u8>) {
            let _ = inflated(&body);
            let framed = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &body].concat();
            let _ = inflated(&framed);
        }
    }
}
