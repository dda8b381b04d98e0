//! Where an answer's content goes.

use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, Hasher, RandomState},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use bankchannel_foundation::{Content, Error, Outcome, Result, error::row};
use bytes::Bytes;
use tokio::sync::mpsc;

/// Where an answer's content goes. A file appears under its name only when all of it is there and on disk; a partial
/// one is never left.
#[derive(Debug)]
pub struct Sink(Kind);

#[derive(Debug)]
enum Kind {
    Memory { bytes: Vec<u8>, limit: usize },
    File { path: PathBuf, replace: bool, partial: Option<Partial>, size: u64 },
    Pieces { sender: mpsc::Sender<Bytes>, size: u64 },
}

impl Sink {
    /// Into memory, up to a limit in bytes.
    #[must_use]
    pub fn memory(limit: usize) -> Self {
        Self(Kind::Memory { bytes: Vec::new(), limit })
    }

    /// Into a file; one that exists is replaced only when told so.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>, replace: bool) -> Self {
        Self(Kind::File { path: path.into(), replace, partial: None, size: 0 })
    }

    /// To a receiver, piece by piece. The pieces are good only if the call succeeds.
    #[must_use]
    pub fn pieces(sender: mpsc::Sender<Bytes>) -> Self {
        Self(Kind::Pieces { sender, size: 0 })
    }

    /// Sees, before anything is asked of the server, whether a file can be made: the folder is there, and the name is free.
    ///
    /// # Errors
    /// `input.invalid_field` with outcome `not_sent`.
    pub fn check(&self) -> Result<()> {
        let Kind::File { path, replace, .. } = &self.0 else { return Ok(()) };
        let refused = |why: String| Err(Error::invalid_field("destination", why).with_outcome(Outcome::NotSent));
        if path.file_name().is_none() {
            return refused(format!("{} does not name a file", path.display()));
        }
        if !directory_of(path).is_dir() {
            return refused(format!("{} is not a folder", directory_of(path).display()));
        }
        // A symbolic link counts as being there, wherever it points.
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_dir() => refused(format!("{} is a folder", path.display())),
            Ok(_) if !replace => refused(format!("{} exists already", path.display())),
            _ => Ok(()),
        }
    }

    /// What was taken so far, as the response will describe it.
    #[must_use]
    pub fn described(&mut self) -> Content {
        match &mut self.0 {
            Kind::Memory { bytes, .. } => Content::Bytes(std::mem::take(bytes).into()),
            Kind::File { path, size, .. } => Content::File { path: path.clone(), size: Some(*size) },
            Kind::Pieces { size, .. } => Content::Delivered { size: *size },
        }
    }

    /// Makes what was taken final: a file gets its name.
    ///
    /// # Errors
    /// `resource.storage` when the file cannot be written or exists already.
    pub async fn commit(&mut self) -> Result<()> {
        let Kind::File { path, replace, partial, .. } = &mut self.0 else { return Ok(()) };
        let (path, replace) = (path.clone(), *replace);
        let partial = match partial.take() {
            Some(partial) => partial,
            None => Partial::create(&path)?, // empty content is a file too
        };
        tokio::task::spawn_blocking(move || partial.name(&path, replace))
            .await
            .map_err(|_| Error::because(&row::INTERNAL, "writing the file was interrupted"))?
    }

    pub(crate) async fn write(&mut self, piece: &[u8]) -> Result<()> {
        match &mut self.0 {
            Kind::Memory { bytes, limit } => {
                if bytes.len() + piece.len() > *limit {
                    return Err(Error::because(
                        &row::ANSWER_TOO_LARGE,
                        format!("the content is larger than {limit} bytes; take it as a file"),
                    )
                    .with("limit_bytes", *limit));
                }
                bytes.extend_from_slice(piece);
            }
            Kind::File { path, partial, size, .. } => {
                let open = match partial {
                    Some(open) => open,
                    None => partial.insert(Partial::create(path)?),
                };
                open.file.write_all(piece).map_err(|why| unwritable(&open.path, &why))?;
                *size += piece.len() as u64;
            }
            Kind::Pieces { sender, size } => {
                sender.send(Bytes::copy_from_slice(piece)).await.map_err(|_| Error::new(&row::CANCELLED))?;
                *size += piece.len() as u64;
            }
        }
        Ok(())
    }

    /// Forgets what was taken, for another attempt; false where that is not possible.
    pub(crate) fn reset(&mut self) -> bool {
        match &mut self.0 {
            Kind::Memory { bytes, .. } => bytes.clear(),
            Kind::File { partial, size, .. } => {
                *partial = None;
                *size = 0;
            }
            Kind::Pieces { size, .. } => return *size == 0,
        }
        true
    }
}

/// A file being written under a name of its own; gone when it is dropped before it got its real one.
#[derive(Debug)]
struct Partial {
    file: File,
    path: PathBuf,
}

impl Partial {
    fn create(target: &Path) -> Result<Self> {
        let name = target.file_name().ok_or_else(|| Error::invalid_field("path", "must name a file"))?;
        let name = name.to_string_lossy();
        let mut tries = 1;
        loop {
            let path = target.with_file_name(partial_name(&name, random()));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Self { file, path }),
                Err(why) if why.kind() == ErrorKind::AlreadyExists && tries < NAME_TRIES => tries += 1,
                Err(why) => return Err(unwritable(&path, &why)),
            }
        }
    }

    fn name(self, target: &Path, replace: bool) -> Result<()> {
        self.file.sync_all().map_err(|why| unwritable(target, &why))?;
        if replace {
            fs::rename(&self.path, target).map_err(|why| unwritable(target, &why))?;
        } else {
            self.claim(target).map_err(|why| unwritable(target, &why))?;
        }
        File::open(directory_of(target))
            .and_then(|directory| directory.sync_all())
            .map_err(|why| unwritable(target, &why))
    }
}

impl Partial {
    /// Takes a name that is free. A link is made only where nothing is: neither a file nor somebody's symbolic link is
    /// overwritten.
    fn claim(&self, target: &Path) -> std::io::Result<()> {
        match fs::hard_link(&self.path, target) {
            Err(why) if matches!(why.kind(), ErrorKind::PermissionDenied | ErrorKind::Unsupported) => {
                // A file system without links: the name is taken by an empty file of ours, and that is replaced.
                OpenOptions::new().write(true).create_new(true).mode(0o600).open(target)?;
                fs::rename(&self.path, target).inspect_err(|_| drop(fs::remove_file(target)))
            }
            other => other,
        }
    }
}

/// How many bytes of a file's name its partial name repeats: together they stay below the 255 that file systems take.
const NAME_PART: usize = 200;
/// How many names are tried where somebody has left files of the same.
const NAME_TRIES: u32 = 8;

fn partial_name(name: &str, suffix: u64) -> String {
    let end = (0..=NAME_PART.min(name.len())).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    format!(".{}.{suffix:016x}.partial", &name[..end])
}

/// A number that another process, were it one of the same id, does not hit upon: the standard library's maps are seeded so.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

impl Drop for Partial {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn unwritable(path: &Path, why: &std::io::Error) -> Error {
    Error::because(&row::STORAGE, format!("{} cannot be written: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_names_differ_and_stay_short() {
        let long = "\u{e4}".repeat(127);
        assert!(partial_name(&long, random()).len() <= 255 && partial_name("a.dat", 1).starts_with(".a.dat."));
        assert_ne!(partial_name("a", random()), partial_name("a", random()));
    }
}
