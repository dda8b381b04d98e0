//! A body as it leaves: literal text and base64 of content, produced while it is sent.

use std::{
    collections::VecDeque,
    fs::File,
    io::Read,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bankchannel_foundation::{
    Content, Error, Outcome,
    error::row,
    message::{Body, Segment},
    model::PieceSource,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use crate::Observer;

/// Bytes of content encoded at a time: a multiple of three, so that base64 needs no padding in the middle.
const STEP: usize = 96 * 1024;
/// How many encoded steps wait to be sent.
const AHEAD: usize = 4;

/// A message body as an HTTP body: what a client sends and a server answers.
pub struct SegmentBody {
    frames: Frames,
    length: Option<u64>,
    started: Arc<AtomicBool>,
    given: u64,
    observer: Option<Arc<dyn Observer>>,
}

impl SegmentBody {
    /// Opens what the body is made of, so that a file that cannot be read fails before anything is sent. Needs a tokio
    /// runtime. `started` becomes true when the first byte is asked for.
    ///
    /// # Errors
    /// `input.content_unreadable`.
    pub fn open(body: &Body, started: Arc<AtomicBool>) -> Result<Self, Error> {
        let mut sources = Vec::new();
        let mut length = Some(0u64);
        for segment in body.segments() {
            let (source, size) = Source::open(segment)?;
            length = length.zip(size).map(|(sum, size)| sum + size);
            sources.push(source);
        }
        let frames = match <[Source; 1]>::try_from(sources) {
            Ok([Source::Literal(bytes)]) => Frames::One(Some(bytes)),
            Ok(one) => Frames::Many(produce(one.into())),
            Err(none) if none.is_empty() => Frames::One(None),
            Err(many) => Frames::Many(produce(many)),
        };
        Ok(Self { frames, length, started, given: 0, observer: None })
    }

    /// Tells this observer of every byte that leaves.
    #[must_use]
    pub fn observed_by(mut self, observer: Option<Arc<dyn Observer>>) -> Self {
        self.observer = observer;
        self
    }

    /// The length in bytes, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }
}

enum Source {
    Literal(Bytes),
    Memory(Bytes),
    Reader(File, u64),
    Pieces(PieceSource, Option<u64>),
}

impl Source {
    /// The source and its length on the wire, where that is known.
    fn open(segment: &Segment) -> Result<(Self, Option<u64>), Error> {
        let encoded = |size: u64| Some(size.div_ceil(3) * 4);
        match segment {
            Segment::Literal(bytes) => Ok((Self::Literal(bytes.clone()), Some(bytes.len() as u64))),
            Segment::Base64(Content::Bytes(bytes)) => Ok((Self::Memory(bytes.clone()), encoded(bytes.len() as u64))),
            Segment::Base64(Content::File { path, .. }) => {
                let unreadable = |why: std::io::Error| {
                    Error::because(&row::CONTENT_UNREADABLE, format!("{} cannot be read: {why}", path.display()))
                        .with_outcome(Outcome::NotSent)
                };
                let regular = |metadata: std::fs::Metadata| {
                    let why = || std::io::Error::other("it is not a regular file");
                    if metadata.is_file() { Ok(metadata) } else { Err(unreadable(why())) }
                };
                // Before it is opened: opening a pipe may wait for ever, and this is a thread that drives connections.
                regular(std::fs::metadata(path).map_err(unreadable)?)?;
                let file = File::open(path).map_err(unreadable)?;
                let metadata = regular(file.metadata().map_err(unreadable)?)?;
                Ok((Self::Reader(file, metadata.len()), encoded(metadata.len())))
            }
            Segment::Base64(Content::Pieces(pieces)) => {
                let source = pieces.take().ok_or_else(|| {
                    Error::because(&row::CONTENT_UNREADABLE, "the content was read before and can be read only once")
                        .with_outcome(Outcome::NotSent)
                })?;
                Ok((Self::Pieces(source, pieces.size()), pieces.size().and_then(encoded)))
            }
            Segment::Base64(Content::Delivered { .. }) => {
                Err(Error::because(&row::CONTENT_UNREADABLE, "the content was delivered elsewhere")
                    .with_outcome(Outcome::NotSent))
            }
        }
    }

    /// The next of the source's bytes as they travel; `None` at its end.
    fn step(&mut self, buffer: &mut Vec<u8>, gathered: &mut Gathered) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Literal(bytes) => Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
            Self::Memory(bytes) if bytes.is_empty() => Ok(None),
            Self::Memory(bytes) => Ok(Some(encode(&bytes.split_to(bytes.len().min(STEP))))),
            Self::Reader(file, left) => read(file, left, buffer),
            Self::Pieces(next, size) => gather(next, *size, gathered),
        }
    }
}

/// `left` counts down to the end of the file.
fn read(file: &mut File, left: &mut u64, buffer: &mut Vec<u8>) -> Result<Option<Bytes>, Error> {
    let changed =
        |why: &str| Error::because(&row::CONTENT_UNREADABLE, format!("the file {why} while it was being sent"));
    if *left == 0 {
        return Ok(None);
    }
    buffer.resize(STEP, 0);
    let want = STEP.min(usize::try_from(*left).unwrap_or(usize::MAX));
    file.read_exact(&mut buffer[..want]).map_err(|_| changed("became shorter or unreadable"))?;
    *left -= want as u64;
    let step = encode(&buffer[..want]);
    if *left == 0 && !matches!(file.read(&mut buffer[..1]), Ok(0)) {
        // Noticed before the last step leaves: a body that is never complete is never carried out.
        return Err(changed("became longer"));
    }
    Ok(Some(step))
}

/// Pieces taken from their source and not sent yet.
#[derive(Default)]
struct Gathered {
    carry: BytesMut,
    piece: Bytes,
    seen: u64,
    ended: bool,
}

/// Encodes pieces of any size. Where their size together was promised, the last of them leaves only when it is true.
fn gather(next: &mut PieceSource, size: Option<u64>, taken: &mut Gathered) -> Result<Option<Bytes>, Error> {
    loop {
        if taken.carry.is_empty() && taken.piece.len() > STEP {
            return Ok(Some(encode(&taken.piece.split_to(STEP))));
        }
        taken.carry.extend_from_slice(&std::mem::take(&mut taken.piece));
        if taken.carry.len() > STEP {
            return Ok(Some(encode(&taken.carry.split_to(STEP))));
        }
        if taken.ended {
            let last = std::mem::take(&mut taken.carry);
            return Ok((!last.is_empty()).then(|| encode(&last)));
        }
        match next()? {
            Some(piece) => {
                taken.seen += piece.len() as u64;
                if size.is_some_and(|size| taken.seen > size) {
                    return Err(Error::because(&row::CONTENT_UNREADABLE, "the content is longer than was promised"));
                }
                taken.piece = piece;
            }
            None if size.is_some_and(|size| taken.seen < size) => {
                return Err(Error::because(&row::CONTENT_UNREADABLE, "the content is shorter than was promised"));
            }
            None => taken.ended = true,
        }
    }
}

fn encode(step: &[u8]) -> Bytes {
    let mut out = vec![0; step.len().div_ceil(3) * 4];
    let written = STANDARD.encode_slice(step, &mut out).unwrap_or(0);
    debug_assert_eq!(written, out.len(), "base64 with padding has a known length");
    out.into()
}

/// Reads and encodes a few steps ahead of the network. Each step has a thread that may block to itself and gives it back:
/// a receiver that takes nothing holds none.
fn produce(sources: Vec<Source>) -> mpsc::Receiver<Result<Bytes, Error>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let mut production = Some(Production { sources: sources.into(), ..Production::default() });
    tokio::spawn(async move {
        // The receiver is dropped when the exchange ends early: then there is nobody to tell.
        while let (Some(mut producing), Ok(room)) = (production.take(), sender.reserve().await) {
            let stepped = tokio::task::spawn_blocking(move || (producing.step(), producing)).await;
            match stepped {
                Ok((Ok(Some(bytes)), producing)) => {
                    room.send(Ok(bytes));
                    production = Some(producing);
                }
                Ok((Ok(None), _)) => {}
                Ok((Err(error), _)) => room.send(Err(error)),
                Err(why) => room.send(Err(Error::because(&row::CONTENT_UNREADABLE, why.to_string()))),
            }
        }
    });
    receiver
}

/// How far a body has come.
#[derive(Default)]
struct Production {
    sources: VecDeque<Source>,
    buffer: Vec<u8>,
    gathered: Gathered,
}

impl Production {
    fn step(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(source) = self.sources.front_mut() {
            if let Some(bytes) = source.step(&mut self.buffer, &mut self.gathered)? {
                return Ok(Some(bytes));
            }
            self.sources.pop_front();
            self.gathered = Gathered::default();
        }
        Ok(None)
    }
}

enum Frames {
    One(Option<Bytes>),
    Many(mpsc::Receiver<Result<Bytes, Error>>),
}

impl http_body::Body for SegmentBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.started.store(true, Ordering::SeqCst);
        let polled = match &mut self.frames {
            Frames::One(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Frames::Many(receiver) => receiver.poll_recv(cx),
        };
        if let (Poll::Ready(Some(Ok(bytes))), true) = (&polled, self.observer.is_some()) {
            self.given += bytes.len() as u64;
            if let Some(observer) = &self.observer {
                observer.sent(self.given, self.length);
            }
        }
        polled.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.frames, Frames::One(None))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use http_body_util::BodyExt;

    use super::*;

    fn body(bytes: &Bytes) -> SegmentBody {
        let body = Body::json_with_content(serde_json::Map::new(), "C", Content::Bytes(bytes.clone()));
        SegmentBody::open(&body, Arc::default()).unwrap()
    }

    #[test]
    fn a_body_that_nobody_takes_holds_no_thread() {
        let runtime =
            tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).enable_time().build().unwrap();
        let bytes = Bytes::from(vec![7; STEP * (AHEAD + 3) + 1]);
        let both = async {
            let mut stalled = body(&bytes);
            stalled.frame().await.unwrap().unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            let taken = body(&bytes).collect().await.unwrap().to_bytes();
            drop(stalled);
            taken
        };
        let taken = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), both).await.unwrap() });
        assert_eq!(taken[..], *format!("{{\"C\":\"{}\"}}", STANDARD.encode(&bytes)).as_bytes());
    }
}
