//! A body as it leaves: literal text and base64 of content, produced while it is sent.

use std::{
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
                let file = File::open(path).map_err(unreadable)?;
                let metadata = file.metadata().map_err(unreadable)?;
                if !metadata.is_file() {
                    return Err(unreadable(std::io::Error::other("it is not a regular file")));
                }
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

    /// Gives out the source's bytes as they travel; an error of the receiver (it is gone) ends it.
    fn run(self, give: &mut impl FnMut(Bytes) -> Result<(), Error>) -> Result<(), Error> {
        match self {
            Self::Literal(bytes) => give(bytes),
            Self::Memory(bytes) => bytes.chunks(STEP).try_for_each(|step| give(encode(step))),
            Self::Reader(file, size) => read(file, size, give),
            Self::Pieces(next, size) => gather(next, size, give),
        }
    }
}

fn read(mut file: File, size: u64, give: &mut impl FnMut(Bytes) -> Result<(), Error>) -> Result<(), Error> {
    let changed =
        |why: &str| Error::because(&row::CONTENT_UNREADABLE, format!("the file {why} while it was being sent"));
    let mut buffer = vec![0; STEP];
    let mut left = size;
    while left > 0 {
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut buffer[..want]).map_err(|_| changed("became shorter or unreadable"))?;
        left -= want as u64;
        let step = encode(&buffer[..want]);
        if left == 0 && !matches!(file.read(&mut buffer[..1]), Ok(0)) {
            // Noticed before the last step leaves: a body that is never complete is never carried out.
            return Err(changed("became longer"));
        }
        give(step)?;
    }
    Ok(())
}

/// Encodes pieces of any size. Where their size together was promised, the last of them leaves only when it is true.
fn gather(
    mut next: PieceSource,
    size: Option<u64>,
    give: &mut impl FnMut(Bytes) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut carry = BytesMut::new();
    let mut seen = 0u64;
    while let Some(mut piece) = next()? {
        seen += piece.len() as u64;
        if size.is_some_and(|size| seen > size) {
            return Err(Error::because(&row::CONTENT_UNREADABLE, "the content is longer than was promised"));
        }
        while carry.is_empty() && piece.len() > STEP {
            give(encode(&piece.split_to(STEP)))?;
        }
        carry.extend_from_slice(&piece);
        while carry.len() > STEP {
            give(encode(&carry.split_to(STEP)))?;
        }
    }
    if size.is_some_and(|size| seen < size) {
        return Err(Error::because(&row::CONTENT_UNREADABLE, "the content is shorter than was promised"));
    }
    if carry.is_empty() { Ok(()) } else { give(encode(&carry)) }
}

fn encode(step: &[u8]) -> Bytes {
    let mut out = vec![0; step.len().div_ceil(3) * 4];
    let written = STANDARD.encode_slice(step, &mut out).unwrap_or(0);
    debug_assert_eq!(written, out.len(), "base64 with padding has a known length");
    out.into()
}

/// Reads and encodes on a thread that may block, a few steps ahead of the network.
fn produce(sources: Vec<Source>) -> mpsc::Receiver<Result<Bytes, Error>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        // The receiver is dropped when the request ends early: then there is nobody to tell.
        let mut give = |bytes| sender.blocking_send(Ok(bytes)).map_err(|_| Error::new(&row::CANCELLED));
        for source in sources {
            if let Err(error) = source.run(&mut give) {
                let _ = sender.blocking_send(Err(error));
                return;
            }
        }
    });
    receiver
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
