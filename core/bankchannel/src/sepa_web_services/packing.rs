//! The content of an upload on its way into a message: measured, compressed by the bank's rule, kept for being read
//! twice.

use std::io::{BufRead as _, BufReader, Read, Write as _};

use bankchannel_foundation::{CallOutcome, Error, Result, error::row, model::Content};
use bankchannel_sepa_web_services::{
    errors,
    profile::{ChannelProfile, CompressionRule},
};
use flate2::{Compression, write::GzEncoder};

use crate::client::source::{UploadSource, UploadSpool, unspooled};

/// Compressed content up to this size stays in memory, bytes.
const IN_MEMORY: usize = 8 * 1024 * 1024;
/// Bytes read at a time.
const STEP: usize = 64 * 1024;
/// The bytes looked at for the beginning of an XML file.
const BEGINNING: usize = 64;

/// Content as it is sent.
pub(super) struct PackedContent {
    pub(super) source: UploadSource,
    /// Whether it is compressed.
    pub(super) compressed: bool,
    /// The content's file name, if it is a file.
    pub(super) name: Option<String>,
}

/// Packs content by the bank's rule; `wanted` is the caller's choice. Blocks.
///
/// # Errors
/// `input.content_unreadable`, `sepa_web_services.content_refused`.
pub(super) fn pack(content: Content, wanted: Option<bool>, profile: &ChannelProfile) -> Result<PackedContent> {
    let source = UploadSource::open(content)?;
    let name = source.name().map(str::to_owned);
    let size = source.size();
    if size == 0 {
        return Err(refused("the content is empty"));
    }
    if let Some(max) = profile.max_file_bytes.filter(|max| size > *max) {
        let text = format!("the content has {size} bytes, and the bank takes files of at most {max}");
        return Err(refused(&text).with("limit_bytes", max));
    }
    let unreadable = |why: std::io::Error| {
        let text = format!("the content cannot be read: {why}");
        Error::because(&row::CONTENT_UNREADABLE, text).with_outcome(CallOutcome::NotSent).with_io_source(&why)
    };
    let mut reader = BufReader::with_capacity(STEP, source.reader()?);
    let begin = reader.fill_buf().map_err(unreadable)?;
    let is_xml = is_xml(&begin[..begin.len().min(BEGINNING)]);
    if !is_compressed(profile, wanted, is_xml)? {
        return Ok(PackedContent { source, compressed: false, name });
    }
    let mut encoder = GzEncoder::new(UploadSpool::new(IN_MEMORY), Compression::default());
    let mut piece = vec![0; STEP];
    loop {
        let read = reader.read(&mut piece).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        encoder.write_all(&piece[..read]).map_err(|why| unspooled(&why))?;
    }
    source.check_unchanged()?;
    let packed = encoder.finish().map_err(|why| unspooled(&why))?.finish()?;
    if let Some(max) = profile.max_packed_bytes.filter(|max| packed.size() > *max) {
        let text = format!("compressed, the content has {} bytes, and the bank takes at most {max}", packed.size());
        return Err(refused(&text).with("limit_bytes", max));
    }
    Ok(PackedContent { source: packed, compressed: true, name })
}

fn refused(why: &str) -> Error {
    Error::because(&errors::CONTENT_REFUSED, why).with("field", "content").with_outcome(CallOutcome::NotSent)
}

/// Whether content is compressed.
fn is_compressed(profile: &ChannelProfile, wanted: Option<bool>, is_xml: bool) -> Result<bool> {
    let no = |why: &str| Err(refused(why).with("field", "compress"));
    match (profile.compression, wanted) {
        (Some(CompressionRule::Required), Some(false)) => no("the bank takes compressed files only"),
        (Some(CompressionRule::Required), _) => Ok(true),
        (Some(CompressionRule::XmlFiles), Some(true)) if !is_xml => no("the bank takes only XML files compressed"),
        (Some(CompressionRule::XmlFiles), wanted) => Ok(wanted.unwrap_or(is_xml)),
        (Some(CompressionRule::None), Some(true)) => no("the bank takes no compressed files"),
        // A profile that says nothing leaves it to the caller.
        (None, wanted) => Ok(wanted.unwrap_or_default()),
        (Some(_), _) => Ok(false),
    }
}

/// Whether bytes begin as an XML file does.
fn is_xml(begin: &[u8]) -> bool {
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
    begin.trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bankchannel_sepa_web_services::profile::named;

    use super::*;

    fn packed(bank: &str, content: &[u8], wanted: Option<bool>) -> Result<PackedContent> {
        pack(Content::from(content.to_vec()), wanted, named(bank).unwrap())
    }

    fn bytes_of(source: &UploadSource) -> Vec<u8> {
        let mut all = Vec::new();
        source.reader().unwrap().read_to_end(&mut all).unwrap();
        all
    }

    #[test]
    fn t32_each_bank_has_its_rule() {
        let (xml, other) = (b"\xef\xbb\xbf <Document/>".to_vec(), b"T00322".to_vec());
        for (bank, content, wanted, compressed) in [
            ("op", &xml, None, Ok(true)),
            ("op", &other, Some(true), Ok(true)),
            ("op", &xml, Some(false), Err("compressed files only")),
            ("nordea", &xml, None, Ok(true)),
            ("nordea", &xml, Some(false), Ok(false)),
            ("nordea", &other, None, Ok(false)),
            ("nordea", &other, Some(true), Err("only XML")),
            ("pop", &xml, None, Ok(false)),
            ("pop", &xml, Some(true), Err("no compressed")),
        ] {
            match (packed(bank, content, wanted), compressed) {
                (Ok(packed), Ok(compressed)) => {
                    assert_eq!(packed.compressed, compressed, "{bank}");
                    let sent = bytes_of(&packed.source);
                    assert_eq!(sent.starts_with(&[0x1f, 0x8b]), compressed, "{bank}");
                    if compressed {
                        let mut plain = Vec::new();
                        flate2::read::GzDecoder::new(&sent[..]).read_to_end(&mut plain).unwrap();
                        assert_eq!(&plain, content);
                    } else {
                        assert_eq!(&sent, content);
                    }
                }
                (Err(error), Err(why)) => {
                    assert_eq!(
                        (error.code(), error.outcome()),
                        ("sepa_web_services.content_refused", Some(CallOutcome::NotSent))
                    );
                    assert!(error.message().contains(why), "{error}");
                }
                _ => panic!("{bank}, {wanted:?}"),
            }
        }
    }

    #[test]
    fn t32_limits_are_those_of_the_bank() {
        assert!(packed("op", b"", None).err().unwrap().message().contains("empty"));
        let mut profile = named("op").unwrap().clone();
        profile.max_file_bytes = Some(100);
        let large = pack(Content::from(vec![b'x'; 101]), None, &profile).err().unwrap();
        assert!(large.message().contains("at most 100"), "{large}");
        profile.max_packed_bytes = Some(30);
        let unpackable: Vec<u8> = (0..100u8).map(|at| at.wrapping_mul(97)).collect();
        let packed = pack(Content::from(unpackable), None, &profile).err().unwrap();
        assert!(packed.message().contains("compressed") && packed.message().contains("30"), "{packed}");
    }
}
