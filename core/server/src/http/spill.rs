//! Large responses that a client reads slowly: after a moment they wait in a file instead of memory.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, Weak},
    task::{Context, Poll},
    time::Duration,
};

use bankchannel_foundation::{Error, error::row};
use bankchannel_transport::background;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Responses up to this size stay in memory.
pub const IN_MEMORY: usize = 64 * 1024;
/// Part that is handed on at once: copied, so that it does not keep the whole response in memory.
const PART: usize = 16 * 1024;
/// How long a client has to read a response before it is moved to a file: few are in memory at any moment.
const PATIENCE: Duration = Duration::from_millis(100);

/// A large response being sent.
pub struct SpillingBody {
    rest: Arc<Mutex<SpilledRest>>,
}

enum SpilledRest {
    Memory(Bytes),
    /// An open file, and the number of bytes left in it.
    File(File, u64),
}

impl SpilledRest {
    fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, left) => *left,
        }
    }

    fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        match self {
            Self::Memory(bytes) if bytes.is_empty() => Ok(None),
            Self::Memory(bytes) => {
                let part = bytes.split_to(bytes.len().min(PART));
                Ok(Some(Bytes::copy_from_slice(&part)))
            }
            Self::File(_, 0) => Ok(None),
            Self::File(file, left) => {
                let mut part = vec![0; usize::try_from(*left).unwrap_or(PART).min(PART)];
                file.read_exact(&mut part)?;
                *left -= part.len() as u64;
                Ok(Some(part.into()))
            }
        }
    }
}

impl SpillingBody {
    /// Starts sending these bytes; the part not read soon moves to an unnamed file in this folder. Needs a tokio
    /// runtime.
    pub fn begin(bytes: Bytes, folder: PathBuf) -> Self {
        let rest = Arc::new(Mutex::new(SpilledRest::Memory(bytes)));
        let weak = Arc::downgrade(&rest);
        background::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            let spilled = background::blocking(move || spill(&weak, &folder)).await;
            if let Ok(Err(why)) = spilled {
                tracing::warn!(%why, "a slow client's answer stays in memory");
            }
        });
        Self { rest }
    }
}

/// Moves the rest to a file; does nothing if the response is done.
fn spill(rest: &Weak<Mutex<SpilledRest>>, folder: &std::path::Path) -> std::io::Result<()> {
    let Some(rest) = rest.upgrade() else { return Ok(()) };
    let mut rest = rest.lock().unwrap_or_else(PoisonError::into_inner);
    let SpilledRest::Memory(bytes) = &*rest else { return Ok(()) };
    if bytes.len() <= PART {
        return Ok(());
    }
    let mut file = tempfile::tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    let left = bytes.len() as u64;
    *rest = SpilledRest::File(file, left);
    Ok(())
}

impl Body for SpillingBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let part = self.rest.lock().unwrap_or_else(PoisonError::into_inner).next();
        let part = part.map_err(|why| Error::because(&row::STORAGE, format!("a spooled answer cannot be read: {why}")));
        Poll::Ready(part.transpose().map(|part| part.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner).len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.lock().unwrap_or_else(PoisonError::into_inner).len())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn what_is_not_taken_goes_into_a_file_and_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let whole: Vec<u8> = (0..10 * PART + 7).map(|n| (n % 251) as u8).collect();
        let given = Bytes::from(whole.clone());
        let mut slow = SpillingBody::begin(given.clone(), folder.path().to_owned());
        let first = slow.frame().await.unwrap().unwrap().into_data().unwrap();
        while !given.is_unique() {
            tokio::time::sleep(PATIENCE / 4).await;
        }
        assert!(
            matches!(&*slow.rest.lock().unwrap(), SpilledRest::File(_, left) if *left == (whole.len() - PART) as u64)
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it has no name");
        let rest = slow.collect().await.unwrap().to_bytes();
        assert_eq!([&first[..], &rest[..]].concat(), whole);
        let quick = SpillingBody::begin(given, folder.path().to_owned());
        assert_eq!(quick.collect().await.unwrap().to_bytes(), whole);
    }
}
