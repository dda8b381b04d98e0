//! The destination of a made file: a new file, whole or not at all, or a text.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use bankchannel_foundation::error::row;
use bankchannel_foundation::{Error, shown};
use bankchannel_private_files::{FileAccess, UnfinishedFile};
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::{MadePayment, PaymentMaker};

/// Largest file that is returned as text, in bytes.
const MAX_TEXT: u64 = 16 * 1024 * 1024;

/// A made file, and the SHA-256 of its bytes.
pub(crate) struct WrittenFile {
    pub(crate) made: MadePayment,
    /// Lower-case hex.
    pub(crate) sha256: String,
}

/// Writes the file to a path that does not exist yet, readable by its owner only: first next to it under another name,
/// which is renamed to the path when everything is on the disk.
pub(crate) fn to_new_file(maker: PaymentMaker, path: &Path) -> Result<WrittenFile, Error> {
    let failed = |why: &io::Error| not_written(path, why);
    is_free(path)?;
    let mut file = UnfinishedFile::beside(path, FileAccess::Owner).map_err(|(_, why)| failed(&why))?;
    let mut out = HashingWriter::new(BufWriter::new(file.file()));
    let made = maker.finish(&mut out)?;
    let sha256 = out.finish().map_err(|why| failed(&why))?;
    file.take_name(path).map_err(|why| failed(&why))?;
    Ok(WrittenFile { made, sha256 })
}

/// Refuses an existing path before the work is done; the check at the end is the decisive one.
pub(crate) fn is_free(path: &Path) -> Result<(), Error> {
    match path.symlink_metadata() {
        Ok(_) => Err(not_written(path, &io::ErrorKind::AlreadyExists.into())),
        Err(_) => Ok(()),
    }
}

fn not_written(path: &Path, why: &io::Error) -> Error {
    let shown = shown::path(path);
    let error = match why.kind() {
        io::ErrorKind::AlreadyExists => {
            let text = format!("{shown} exists already; a payment file is never overwritten");
            Error::because(&crate::errors::FILE_EXISTS, text).with("path", shown)
        }
        _ => Error::because(&row::STORAGE, format!("{shown} cannot be written: {why}")),
    };
    error.with("field", "path").with_io_source(why)
}

/// Returns the file as text.
pub(crate) fn to_text(maker: PaymentMaker) -> Result<(String, WrittenFile), Error> {
    if maker.size() > MAX_TEXT {
        let why = format!("must be given: the file has more than {MAX_TEXT} bytes, too many for an answer");
        return Err(Error::invalid_field("path", why));
    }
    let mut out = HashingWriter::new(Vec::new());
    let made = maker.finish(&mut out)?;
    let text = std::mem::take(&mut out.inner);
    let sha256 = HEXLOWER.encode(&out.hash.finalize());
    let text = String::from_utf8(text).map_err(|_| Error::internal("the file is not UTF-8"))?;
    Ok((text, WrittenFile { made, sha256 }))
}

/// Passes bytes on and hashes them.
struct HashingWriter<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> HashingWriter<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new() }
    }

    fn finish(mut self) -> io::Result<String> {
        self.inner.flush()?;
        Ok(HEXLOWER.encode(&self.hash.finalize()))
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
