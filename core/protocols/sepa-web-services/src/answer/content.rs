//! V15: the content of a believed answer, decoded and unpacked piece by piece (A17).

use std::{
    io::{self, BufRead, Read},
    ops::Range,
};

use bankchannel_foundation::{
    CallOutcome, Error,
    message::{Base64Decoder, NotBase64, decode_base64},
    model::PieceSource,
};
use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status, bufread::GzDecoder};

use crate::errors;

/// How far content is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnpackingLimits {
    /// Largest content, bytes.
    pub bytes: u64,
    /// How many times larger it may be than the bytes that were sent, counted from the first MiB on.
    pub ratio: u64,
}

impl UnpackingLimits {
    /// Those of a client.
    pub const CLIENT: Self = Self { bytes: 512 * 1024 * 1024, ratio: 200 };
    /// Those of a bank.
    pub const BANK: Self = Self { bytes: 128 * 1024 * 1024, ratio: 200 };
}

/// From here on the ratio counts, bytes.
const RATIO_FROM: u64 = 1024 * 1024;
/// Characters of base64 that are decoded at a time: a multiple of four.
const STEP: usize = 64 * 1024;

/// Where content is in its document.
#[derive(Debug, Clone)]
pub(super) enum ContentPlace {
    /// In the document's text.
    Slice(Range<usize>),
    /// Not as it is written there: with other line ends.
    Text(String),
}

impl ContentPlace {
    /// The place of a text in its document.
    pub(super) fn find(text: &str, document: &str) -> Self {
        let begin = (text.as_ptr() as usize).wrapping_sub(document.as_ptr() as usize);
        match begin.checked_add(text.len()) {
            Some(end) if end <= document.len() => Self::Slice(begin..end),
            _ => Self::Text(text.to_owned()),
        }
    }
}

/// Longest explanation that is shown, in characters.
const EXPLANATION: usize = 1000;

/// The text of a short content; `None` if it is long, or no text.
pub(super) fn explanation(document: &Bytes, place: &ContentPlace) -> Option<String> {
    let encoded = match place {
        ContentPlace::Slice(range) => document.get(range.clone())?,
        ContentPlace::Text(text) => text.as_bytes(),
    };
    if encoded.len() > EXPLANATION * 4 {
        return None;
    }
    let text = String::from_utf8(decode_base64(str::from_utf8(encoded).ok()?).ok()?).ok()?;
    let shown: String = text.chars().filter(|one| !one.is_control()).take(EXPLANATION).collect();
    (!shown.is_empty()).then_some(shown)
}

/// Content in its document.
pub(super) struct AnswerContent {
    pub(super) text: Bytes,
    pub(super) place: ContentPlace,
}

impl AnswerContent {
    /// The content, unpacked. The first bytes decide how, and the announced method must fit them.
    pub(super) fn unpacked(
        self,
        compressed: bool,
        method: Option<&str>,
        limits: UnpackingLimits,
    ) -> Result<PieceSource, String> {
        let text = match self.place {
            ContentPlace::Slice(range) => self.text.slice(range),
            ContentPlace::Text(text) => text.into_bytes().into(),
        };
        unpack(text, compressed, method, limits)
    }
}

/// The content of base64 text, unpacked piece by piece.
///
/// # Errors
/// In words: it is not base64, or is not compressed as it was announced.
pub fn unpack(
    text: Bytes,
    compressed: bool,
    method: Option<&str>,
    limits: UnpackingLimits,
) -> Result<PieceSource, String> {
    let packed_bytes = text.len() as u64 / 4 * 3;
    let mut packed =
        Base64Text { text, decoder: Base64Decoder::default(), bytes: Vec::new(), taken: 0, is_broken: false };
    let first = packed.fill_buf().map_err(|why| why.to_string())?;
    let (is_gzip, is_zlib) = (first.starts_with(&[0x1f, 0x8b]), first.first() == Some(&0x78));
    let found = if first.starts_with(b"PK") { "a ZIP archive" } else { "something else" };
    let announced = method.map(str::to_ascii_uppercase).unwrap_or_default();
    let names_gzip = matches!(announced.as_str(), "GZIP" | "RFC1952");
    let (source, is_packed): (Box<dyn Read + Send>, bool) = match (compressed, is_gzip) {
        (true, true) => (Box::new(OneGzip { inside: GzDecoder::new(packed) }), true),
        (false, true) if names_gzip => (Box::new(OneGzip { inside: GzDecoder::new(packed) }), true),
        (true, false) if announced == "DEFLATE" => (Box::new(OneDeflate::new(packed, is_zlib)), true),
        (true, false) => {
            let method = if announced.is_empty() { "GZIP".to_owned() } else { announced };
            return Err(format!("the content is announced as {method} and is {found}"));
        }
        (false, _) => (Box::new(packed), false),
    };
    let ratio = if is_packed { limits.ratio } else { u64::MAX };
    Ok(pieces(source, packed_bytes.saturating_mul(ratio).max(RATIO_FROM), limits.bytes))
}

/// Reads a source in pieces, up to a limit that is a ratio of the bytes that were sent, and one in bytes.
fn pieces(mut source: Box<dyn Read + Send>, by_ratio: u64, by_bytes: u64) -> PieceSource {
    let mut seen = 0u64;
    let refused = |why: String| Error::because(&errors::ANSWER_CONTENT, why).with_outcome(CallOutcome::Accepted);
    Box::new(move || {
        let mut piece = vec![0; STEP];
        let read = source.read(&mut piece).map_err(|why| refused(format!("the content cannot be unpacked: {why}")))?;
        seen += read as u64;
        if seen > by_bytes {
            return Err(refused(format!("the content unpacks to more than {by_bytes} bytes")));
        }
        if seen > by_ratio {
            return Err(refused(
                "the content unpacks to far more than was sent: it may be made to fill memory".to_owned(),
            ));
        }
        piece.truncate(read);
        Ok((read > 0).then(|| piece.into()))
    })
}

/// The bytes of base64 with lines and blanks.
struct Base64Text {
    text: Bytes,
    decoder: Base64Decoder,
    /// Decoded bytes, and how many of them were taken.
    bytes: Vec<u8>,
    taken: usize,
    is_broken: bool,
}

impl BufRead for Base64Text {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.taken == self.bytes.len() && !self.text.is_empty() && !self.is_broken {
            self.bytes.clear();
            self.taken = 0;
            let step = self.text.split_to(self.text.len().min(STEP));
            let pushed = self.decoder.push(&step, &mut self.bytes);
            let ended = if self.text.is_empty() { self.decoder.finish() } else { Ok(()) };
            self.is_broken = pushed.and(ended).is_err();
        }
        if self.is_broken {
            // Also when it is asked again: the rest is missing.
            return Err(io::Error::new(io::ErrorKind::InvalidData, NotBase64));
        }
        Ok(&self.bytes[self.taken..])
    }

    fn consume(&mut self, count: usize) {
        self.taken = (self.taken + count).min(self.bytes.len());
    }
}

impl Read for Base64Text {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let found = self.fill_buf()?;
        let count = found.len().min(out.len());
        out[..count].copy_from_slice(&found[..count]);
        self.consume(count);
        Ok(count)
    }
}

/// One member of GZIP, with nothing behind it.
struct OneGzip<R> {
    inside: GzDecoder<R>,
}

impl<R: BufRead> Read for OneGzip<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inside.read(out)?;
        if read == 0 && !self.inside.get_mut().fill_buf()?.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "there are bytes behind its end"));
        }
        Ok(read)
    }
}

/// One stream of DEFLATE, as it is or in the format of zlib, with its end and nothing behind it. The decoders of flate2
/// take the end of their input for that of the stream, and leave the bytes behind it.
struct OneDeflate<R> {
    packed: R,
    inside: Decompress,
    has_ended: bool,
}

impl<R: BufRead> OneDeflate<R> {
    fn new(packed: R, is_zlib: bool) -> Self {
        Self { packed, inside: Decompress::new(is_zlib), has_ended: false }
    }
}

impl<R: BufRead> Read for OneDeflate<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let unreadable = |why| io::Error::new(io::ErrorKind::InvalidData, why);
        while !self.has_ended && !out.is_empty() {
            let input = self.packed.fill_buf()?;
            let is_torn = input.is_empty();
            let (taken, given) = (self.inside.total_in(), self.inside.total_out());
            let status = self.inside.decompress(input, out, FlushDecompress::None);
            let status = status.map_err(|_| unreadable("it is not DEFLATE"))?;
            let taken = usize::try_from(self.inside.total_in() - taken).unwrap_or(usize::MAX);
            let given = usize::try_from(self.inside.total_out() - given).unwrap_or(usize::MAX);
            self.packed.consume(taken);
            self.has_ended = status == Status::StreamEnd;
            if given > 0 {
                return Ok(given);
            }
            if is_torn && !self.has_ended {
                return Err(unreadable("its end is missing"));
            }
        }
        if self.has_ended && !self.packed.fill_buf()?.is_empty() {
            return Err(unreadable("there are bytes behind its end"));
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use flate2::{
        Compression,
        write::{DeflateEncoder, GzEncoder, ZlibEncoder},
    };

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn all(text: &str, compressed: bool, method: Option<&str>) -> Result<Vec<u8>, String> {
        let mut source = unpack(Bytes::copy_from_slice(text.as_bytes()), compressed, method, UnpackingLimits::CLIENT)?;
        let mut out = Vec::new();
        while let Some(piece) = source().map_err(|error| error.message().to_owned())? {
            out.extend_from_slice(&piece);
        }
        Ok(out)
    }

    fn wrapped(text: &str, width: usize, end: &str) -> String {
        text.as_bytes().chunks(width).map(|line| format!("{}{end}", std::str::from_utf8(line).unwrap())).collect()
    }

    #[test]
    fn t33_t35_bytes_stay_as_they_are_however_the_base64_is_laid_out() {
        for size in [0, 1, 2, 3, 57, 48 * 1024, 300_001] {
            let bytes: Vec<u8> = (0..size).map(|at| (at * 7 % 256) as u8).collect();
            for packed in [false, true] {
                let text = STANDARD.encode(if packed { gzip(&bytes) } else { bytes.clone() });
                for laid in [text.clone(), wrapped(&text, 60, "\n"), wrapped(&text, 76, "\r\n"), format!(" {text}\t")] {
                    assert_eq!(all(&laid, packed, packed.then_some("GZIP")).unwrap(), bytes, "{size} {packed}");
                }
            }
        }
        for dirty in ["QUJD*", "QUJ", "QQ==QUJD", "QUI=\nQUJD", "QUJD="] {
            assert!(all(dirty, false, None).unwrap_err().contains("base64"), "{dirty}");
        }
    }

    #[test]
    fn a17_the_first_bytes_decide_and_must_fit_what_was_announced() {
        let bytes = b"<Document/>".repeat(50);
        let (zlib, raw) = {
            let (mut zlib, mut raw) = (
                ZlibEncoder::new(Vec::new(), Compression::fast()),
                DeflateEncoder::new(Vec::new(), Compression::fast()),
            );
            zlib.write_all(&bytes).unwrap();
            raw.write_all(&bytes).unwrap();
            (zlib.finish().unwrap(), raw.finish().unwrap())
        };
        let gz = STANDARD.encode(gzip(&bytes));
        for (compressed, method) in
            [(true, Some("GZIP")), (true, Some("RFC1952")), (true, None), (true, Some("PKZIP")), (false, Some("GZIP"))]
        {
            assert_eq!(all(&gz, compressed, method).unwrap(), bytes, "{compressed} {method:?}");
        }
        assert_eq!(all(&gz, false, None).unwrap(), gzip(&bytes), "neither was announced: bytes as they are");
        for packed in [zlib, raw] {
            assert_eq!(all(&STANDARD.encode(packed), true, Some("DEFLATE")).unwrap(), bytes);
        }
        let zip = all(&STANDARD.encode(b"PK\x03\x04 and more"), true, Some("GZIP")).unwrap_err();
        assert!(zip.contains("GZIP") && zip.contains("ZIP archive"), "{zip}");
        assert!(all(&STANDARD.encode(&bytes), true, Some("GZIP")).unwrap_err().contains("something else"));
    }

    #[test]
    fn t34_a_bomb_a_tear_and_a_second_member_are_refused() {
        let good = gzip(&vec![b'x'; 100_000]);
        let mut trailing = good.clone();
        trailing.push(0);
        let doubled = [good.clone(), good.clone()].concat();
        let mut corrupt = good.clone();
        let middle = corrupt.len() / 2;
        corrupt[middle] ^= 0xff;
        for (packed, why) in [
            (trailing, "behind"),
            (doubled, "behind"),
            (corrupt, "unpacked"),
            (good[..good.len() - 9].to_vec(), "unpacked"),
        ] {
            let refused = all(&STANDARD.encode(packed), true, Some("GZIP")).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        let bytes = b"<Document/>".repeat(9000);
        let zlib = {
            let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
            zlib.write_all(&bytes).unwrap();
            zlib.finish().unwrap()
        };
        // The same stream without the two bytes before and the four behind it.
        let raw = zlib[2..zlib.len() - 4].to_vec();
        for (whole, cut) in [(zlib, 5), (raw, 1)] {
            let unpacked = |packed: &[u8]| all(&STANDARD.encode(packed), true, Some("DEFLATE"));
            assert_eq!(unpacked(&whole).unwrap(), bytes);
            for behind in [vec![0], whole.clone(), vec![b'x'; 200_000]] {
                let refused = unpacked(&[whole.clone(), behind].concat()).unwrap_err();
                assert!(refused.contains("behind its end"), "{refused}");
            }
            for torn in [&whole[..whole.len() - cut], &whole[..whole.len() / 2]] {
                let refused = unpacked(torn).unwrap_err();
                assert!(refused.contains("its end is missing"), "{refused}");
            }
            assert!(unpacked(&[whole[..20].to_vec(), vec![0xff; 40]].concat()).is_err());
        }
        // 64 MiB of zeros are 64 kB.
        let bomb = STANDARD.encode(gzip(&vec![0; 64 << 20]));
        assert!(all(&bomb, true, Some("GZIP")).unwrap_err().contains("far more"));
    }
}
