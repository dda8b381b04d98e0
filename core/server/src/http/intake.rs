//! Reads request bodies: bounded in size, with their content spooled to memory or to a file.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{
    json::{ContentSplitter, SplitError},
    model::Content,
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::Instant;

use crate::private;

/// Content up to this size stays in memory.
const IN_MEMORY: usize = 2 * 1024 * 1024;
/// How long a client may pause within a body.
const PAUSE: Duration = Duration::from_secs(30);
/// Minimum average rate in bytes per second, after an allowance of one pause.
const LEAST_RATE: u64 = 4 * 1024;
/// How many bytes of a refused body are still read, so that the client receives the response instead of a reset.
const DRAIN_MAX: usize = 16 * 1024 * 1024;
/// Time limit for that.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// Why a body was refused.
#[derive(Debug)]
pub enum IntakeError {
    /// Larger than the limit.
    TooLarge,
    /// The content member is not base64.
    NotBase64,
    /// Not JSON.
    Malformed,
    /// The client disconnected or paused too long.
    Broken,
    /// The spool file cannot be written.
    Storage(std::io::Error),
}

/// A body: the JSON around the content, and the content.
pub struct TakenBody {
    /// The JSON.
    pub body: Bytes,
    /// The content, if there is one.
    pub content: Option<Content>,
    /// Removes the spool file at the end of the request.
    pub _spool: Option<SpoolFile>,
}

/// Reads a body without content.
pub async fn plain(mut body: Incoming, limit: usize) -> Result<TakenBody, IntakeError> {
    let mut taken = BytesMut::new();
    let pace = BodyPace::begin();
    while let Some(piece) = next(&mut body, pace.until(taken.len())).await? {
        if taken.len() + piece.len() > limit {
            drain(body).await;
            return Err(IntakeError::TooLarge);
        }
        taken.extend_from_slice(&piece);
    }
    Ok(TakenBody { body: taken.freeze(), content: None, _spool: None })
}

/// Reads a body whose member `member` is streamed out as content. `limit` bounds the whole body.
pub async fn with_content(
    mut body: Incoming,
    member: &'static str,
    limit: usize,
    rest_limit: usize,
    spool: &Path,
) -> Result<TakenBody, IntakeError> {
    let mut splitter = ContentSplitter::new(member, rest_limit);
    let mut content = ContentSpool { directory: spool, memory: Vec::new(), file: None, size: 0 };
    let mut total = 0;
    let pace = BodyPace::begin();
    while let Some(piece) = next(&mut body, pace.until(total)).await? {
        total += piece.len();
        let split = if total > limit { Err(SplitError::RestTooLarge) } else { splitter.push(&piece, &mut content) };
        if let Err(error) = split {
            drain(body).await;
            return Err(error.into());
        }
    }
    let (rest, found) = splitter.finish()?;
    let (content, spool) = content.finish();
    Ok(TakenBody { body: rest.into(), content: found.then_some(content), _spool: spool })
}

/// Reads a refused body to its end, within bounds, so that the client receives the response.
pub async fn drain(mut body: Incoming) {
    let read_on = async {
        let mut left = DRAIN_MAX;
        while let Ok(Some(piece)) = next(&mut body, Instant::now() + PAUSE).await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DRAIN_TIME, read_on).await;
}

/// The start of a body. A minimum rate, however small the pieces are, keeps every body finite in time.
struct BodyPace(Instant);

impl BodyPace {
    fn begin() -> Self {
        Self(Instant::now())
    }

    /// Deadline of the next piece after this many bytes.
    fn until(&self, taken: usize) -> Instant {
        let earned = Duration::from_millis((taken as u64).saturating_mul(1000) / LEAST_RATE);
        (self.0 + PAUSE + earned).min(Instant::now() + PAUSE)
    }
}

async fn next(body: &mut Incoming, until: Instant) -> Result<Option<Bytes>, IntakeError> {
    loop {
        match tokio::time::timeout_at(until, body.frame()).await {
            Err(_) | Ok(Some(Err(_))) => return Err(IntakeError::Broken),
            Ok(None) => return Ok(None),
            Ok(Some(Ok(frame))) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

impl From<SplitError> for IntakeError {
    fn from(error: SplitError) -> Self {
        match error {
            SplitError::NotBase64 => Self::NotBase64,
            SplitError::RestTooLarge => Self::TooLarge,
            SplitError::Malformed => Self::Malformed,
            SplitError::Sink(error) => Self::Storage(error),
        }
    }
}

/// Content being received: in memory first, in a file once it is large.
struct ContentSpool<'a> {
    directory: &'a Path,
    memory: Vec<u8>,
    file: Option<(File, SpoolFile)>,
    size: u64,
}

impl ContentSpool<'_> {
    fn finish(self) -> (Content, Option<SpoolFile>) {
        match self.file {
            None => (Content::Bytes(self.memory.into()), None),
            Some((file, guard)) => {
                drop(file);
                (Content::File { path: guard.0.clone(), size: Some(self.size) }, Some(guard))
            }
        }
    }
}

impl Write for ContentSpool<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.file.is_none() && self.memory.len() + bytes.len() > IN_MEMORY {
            let (mut file, guard) = SpoolFile::create(self.directory)?;
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some((file, guard));
        }
        let written = match &mut self.file {
            Some((file, _)) => file.write(bytes)?,
            None => self.memory.write(bytes)?,
        };
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The names of spool files: this, and so many random letters and digits.
const PREFIX: &str = "upload-";
const RANDOM: usize = 20;

/// A spool file; removed when dropped, unless it was moved away before.
pub struct SpoolFile(PathBuf);

impl SpoolFile {
    /// Whether a file of this name is one of these.
    pub fn is_name(name: &str) -> bool {
        let random = name.strip_prefix(PREFIX).unwrap_or_default();
        random.len() == RANDOM && random.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7'))
    }

    /// Whether a file of this size has room in the folder. It is allocated, not written, and removed.
    pub fn has_room(directory: &Path, bytes: u64) -> bool {
        let Ok((file, _removed)) = Self::create(directory) else { return false };
        private::has_room(&file, bytes)
    }

    fn create(directory: &Path) -> std::io::Result<(File, Self)> {
        let name = format!("{PREFIX}{}", random::base32_lower(RANDOM));
        let file = private::OpenFolder::open(directory, false)?.create(&name)?;
        Ok((file, Self(directory.join(name))))
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_is_no_body() {
        let now = Instant::now();
        let pace = BodyPace(now);
        assert!(pace.until(1) < now + PAUSE + Duration::from_secs(1));
        let later = pace.until(LEAST_RATE as usize * 3600);
        assert!(
            later >= now + PAUSE && later <= Instant::now() + PAUSE,
            "ahead of its pace it may still pause no longer"
        );
    }
}
