//! A body as it is sent: literal text and base64 of content, produced while it is sent.

use std::{
    collections::VecDeque,
    fs::File,
    io::Read,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bankchannel_foundation::{
    CallOutcome, Error,
    error::row,
    message::{Body, Segment, SegmentEncoder, base64_length},
    model::{Content, PieceSource},
    open_regular, shown,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use tokio::sync::mpsc;

use crate::{SentTap, background, early_answer::BodyPacer, file_sink::interrupted};

/// Bytes of content encoded at a time: a multiple of three, so that base64 needs no padding in the middle.
const STEP: usize = 96 * 1024;
/// The same for content in memory: small enough that the allocator keeps and reuses the piece.
const MEMORY_STEP: usize = 48 * 1024;
/// From this many bytes on, a client looks for an early answer before each further piece.
const EARLY_ANSWER: u64 = 256 * 1024;
/// How far reading runs ahead of the network.
#[derive(Debug, Clone, Copy)]
struct ReadingPace {
    /// Bytes of content encoded at a time.
    step: usize,
    /// The number of encoded steps that wait to be sent.
    ahead: usize,
}

/// A client sends few bodies at once and wants them sent fast.
const FAST: ReadingPace = ReadingPace { step: STEP, ahead: 4 };
/// A server has one for each of its clients, and some of them receive nothing.
const SPARING: ReadingPace = ReadingPace { step: SPARING_STEP, ahead: 1 };
/// Bytes of content that a server encodes at a time: a multiple of three too.
const SPARING_STEP: usize = 12 * 1024;

/// A message body as an HTTP body: of a client's request or a server's answer.
pub struct SegmentBody {
    frames: BodyFrames,
    length: Option<u64>,
    started: Arc<AtomicBool>,
    given: u64,
    sent: Vec<SentTap>,
    client: Option<ClientSide>,
}

/// Additional state of a body that a client sends.
struct ClientSide {
    /// Becomes true with the last piece.
    whole: Arc<AtomicBool>,
    pacer: BodyPacer<Result<Bytes, Error>>,
}

impl SegmentBody {
    /// Opens the sources of the body, so that an unreadable file fails before anything is sent. Needs a tokio runtime.
    /// `started` becomes true when the first byte is requested.
    ///
    /// # Errors
    /// `input.content_unreadable`.
    pub fn open(body: &Body, started: Arc<AtomicBool>) -> Result<Self, Error> {
        Self::open_at(FAST, body, started)
    }

    /// The same for an answer: a receiver that takes nothing costs some ten KiB, however large the body is.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_sparing(body: &Body) -> Result<Self, Error> {
        Self::open_at(SPARING, body, Arc::default())
    }

    fn open_at(pace: ReadingPace, body: &Body, started: Arc<AtomicBool>) -> Result<Self, Error> {
        let (sources, length) = open_all(pace.step, body.segments())?;
        let frames = match <[SegmentSource; 1]>::try_from(sources) {
            Ok([SegmentSource::Memory(SegmentMemory::Literal(bytes))]) => BodyFrames::One(Some(bytes)),
            Ok(one) => BodyFrames::new(pace, one.into()),
            Err(none) if none.is_empty() => BodyFrames::One(None),
            Err(many) => BodyFrames::new(pace, many),
        };
        Ok(Self { frames, length, started, given: 0, sent: Vec::new(), client: None })
    }

    /// The same for a task that drives connections: files are opened on a thread for file work, because a disk may be
    /// slow to respond.
    pub(crate) async fn open_apart(body: &Body, started: Arc<AtomicBool>) -> Result<Self, Error> {
        if !body.segments().iter().any(Segment::has_file) {
            return Self::open(body, started);
        }
        let body = body.clone();
        let opened = background::blocking(move || Self::open(&body, started)).await;
        opened.map_err(|why| interrupted(why).with_outcome(CallOutcome::NotSent))?
    }

    /// Reports every sent byte.
    pub(crate) fn observed_by(mut self, sent: Vec<SentTap>) -> Self {
        self.sent = sent;
        self
    }

    /// `whole` becomes true when the last piece was taken; an early answer is checked for between pieces.
    pub(crate) fn sent_by_a_client(mut self, whole: Arc<AtomicBool>) -> Self {
        self.client = Some(ClientSide { whole, pacer: BodyPacer::default() });
        self
    }

    /// The length in bytes, if it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.length
    }
}

enum SegmentSource {
    Memory(SegmentMemory),
    Reader(File, u64),
    Pieces(PieceSource, Option<u64>),
    Nested(Box<NestedSegments>),
}

/// Segments that travel encoded as a whole.
struct NestedSegments {
    inside: BodyProduction,
    /// `None` at the end.
    encoder: Option<Box<dyn SegmentEncoder>>,
    takes_time: bool,
}

impl NestedSegments {
    /// The next bytes as they travel; `None` at the end.
    fn step(&mut self) -> Result<Option<Bytes>, Error> {
        let mut out = Vec::new();
        while out.is_empty() {
            let Some(encoder) = &mut self.encoder else { return Ok(None) };
            let mut take = |encoded: &[u8]| out.extend_from_slice(encoded);
            match self.inside.next()? {
                Some(bytes) => encoder.push(&bytes, &mut take)?,
                None => {
                    encoder.end(&mut take)?;
                    self.encoder = None;
                }
            }
        }
        Ok(Some(out.into()))
    }
}

/// The sources of segments, and their length on the wire, if it is known.
fn open_all(step: usize, segments: &[Segment]) -> Result<(Vec<SegmentSource>, Option<u64>), Error> {
    let (mut sources, mut length) = (Vec::new(), Some(0u64));
    for segment in segments {
        let (source, size) = SegmentSource::open(step, segment)?;
        length = length.zip(size).map(|(sum, size)| sum + size);
        sources.push(source);
    }
    Ok((sources, length))
}

/// Data in memory.
enum SegmentMemory {
    /// As it travels.
    Literal(Bytes),
    /// To be encoded.
    Content(Bytes),
}

impl SegmentMemory {
    /// The next bytes as they travel; `None` at the end.
    fn step(&mut self) -> Option<Bytes> {
        match self {
            Self::Literal(bytes) => Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty()),
            Self::Content(bytes) if bytes.is_empty() => None,
            Self::Content(bytes) => Some(encode(&bytes.split_to(bytes.len().min(MEMORY_STEP)))),
        }
    }
}

impl SegmentSource {
    /// The source and its length on the wire, if it is known.
    fn open(step: usize, segment: &Segment) -> Result<(Self, Option<u64>), Error> {
        let encoded = |size: u64| Some(base64_length(size));
        match segment {
            Segment::Encoded(segments, encoding) => {
                let (sources, length) = open_all(step, segments)?;
                let encoder = Some(encoding.encoder()?);
                let (inside, takes_time) = (BodyProduction::new(step, sources), encoding.takes_time());
                let nested = NestedSegments { inside, encoder, takes_time };
                Ok((Self::Nested(Box::new(nested)), length.map(|bytes| encoding.encoded_length(bytes))))
            }
            Segment::Literal(bytes) => {
                Ok((Self::Memory(SegmentMemory::Literal(bytes.clone())), Some(bytes.len() as u64)))
            }
            Segment::Base64(Content::Bytes(bytes)) => {
                Ok((Self::Memory(SegmentMemory::Content(bytes.clone())), encoded(bytes.len() as u64)))
            }
            Segment::Base64(Content::File { path, .. }) => {
                let unreadable = |why: std::io::Error| {
                    Error::because(&row::CONTENT_UNREADABLE, shown::unreadable_content(path, &why))
                        .with_outcome(CallOutcome::NotSent)
                        .with_source(why)
                };
                let (file, metadata) = open_regular(path).map_err(unreadable)?;
                Ok((Self::Reader(file, metadata.len()), encoded(metadata.len())))
            }
            Segment::Base64(Content::Pieces(pieces)) => {
                let source = pieces.take().ok_or_else(|| {
                    Error::because(&row::CONTENT_UNREADABLE, "the content was read before and can be read only once")
                        .with_outcome(CallOutcome::NotSent)
                })?;
                Ok((Self::Pieces(source, pieces.size()), pieces.size().and_then(encoded)))
            }
            Segment::Base64(Content::Delivered { .. }) => {
                Err(Error::because(&row::CONTENT_UNREADABLE, "the content was already delivered to its destination")
                    .with_outcome(CallOutcome::NotSent))
            }
        }
    }

    /// The source's next bytes as they travel; `None` at its end.
    fn step(
        &mut self,
        step: usize,
        buffer: &mut Vec<u8>,
        gathered: &mut GatheredPieces,
    ) -> Result<Option<Bytes>, Error> {
        match self {
            Self::Memory(memory) => Ok(memory.step()),
            Self::Reader(file, left) => read(step, file, left, buffer),
            Self::Pieces(next, size) => gather(step, next, *size, gathered),
            Self::Nested(nested) => nested.step(),
        }
    }

    /// Whether all of it is in memory, and takes no time to encode.
    fn is_in_memory(&self) -> bool {
        match self {
            Self::Memory(_) => true,
            Self::Reader(..) | Self::Pieces(..) => false,
            Self::Nested(nested) => !nested.takes_time && nested.inside.sources.iter().all(Self::is_in_memory),
        }
    }
}

/// `left` counts down to the end of the file.
fn read(step: usize, file: &mut File, left: &mut u64, buffer: &mut Vec<u8>) -> Result<Option<Bytes>, Error> {
    let changed =
        |why: &str| Error::because(&row::CONTENT_UNREADABLE, format!("the file {why} while it was being sent"));
    if *left == 0 {
        return Ok(None);
    }
    buffer.resize(step, 0);
    let want = step.min(usize::try_from(*left).unwrap_or(usize::MAX));
    file.read_exact(&mut buffer[..want]).map_err(|_| changed("became shorter or unreadable"))?;
    *left -= want as u64;
    let encoded = encode(&buffer[..want]);
    if *left == 0 && !matches!(file.read(&mut buffer[..1]), Ok(0)) {
        // Detected before the last step is sent: an incomplete body is never executed.
        return Err(changed("became longer"));
    }
    Ok(Some(encoded))
}

/// Pieces taken from their source and not sent yet.
#[derive(Default)]
struct GatheredPieces {
    carry: BytesMut,
    piece: Bytes,
    seen: u64,
    ended: bool,
}

/// Encodes pieces of any size. If their total size was announced, the last one is sent only if the total is right.
fn gather(
    step: usize,
    next: &mut PieceSource,
    size: Option<u64>,
    taken: &mut GatheredPieces,
) -> Result<Option<Bytes>, Error> {
    loop {
        if taken.carry.is_empty() && taken.piece.len() > step {
            return Ok(Some(encode(&taken.piece.split_to(step))));
        }
        taken.carry.extend_from_slice(&std::mem::take(&mut taken.piece));
        if taken.carry.len() > step {
            return Ok(Some(encode(&taken.carry.split_to(step))));
        }
        if taken.ended {
            let last = std::mem::take(&mut taken.carry);
            return Ok((!last.is_empty()).then(|| encode(&last)));
        }
        match next()? {
            Some(piece) => {
                taken.seen += piece.len() as u64;
                if size.is_some_and(|size| taken.seen > size) {
                    return Err(Error::because(
                        &row::CONTENT_UNREADABLE,
                        "the content is longer than its declared size",
                    ));
                }
                taken.piece = piece;
            }
            None if size.is_some_and(|size| taken.seen < size) => {
                return Err(Error::because(&row::CONTENT_UNREADABLE, "the content is shorter than its declared size"));
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

/// Reads and encodes a few steps ahead of the network. Each step uses a blocking thread and returns it: a receiver that
/// takes nothing holds none.
fn produce(pace: ReadingPace, sources: Vec<SegmentSource>) -> mpsc::Receiver<Result<Bytes, Error>> {
    let (sender, receiver) = mpsc::channel(pace.ahead);
    let mut production = Some(BodyProduction::new(pace.step, sources));
    tokio::spawn(async move {
        // The receiver is dropped when the exchange ends early: then there is nothing to report.
        while let (Some(mut producing), Ok(room)) = (production.take(), sender.reserve().await) {
            let stepped = background::blocking(move || (producing.next(), producing)).await;
            match stepped {
                Ok((Ok(Some(bytes)), producing)) => {
                    room.send(Ok(bytes));
                    production = Some(producing);
                }
                Ok((Ok(None), _)) => {}
                Ok((Err(error), _)) => room.send(Err(error)),
                Err(why) => room.send(Err(why.error("reading the content was aborted"))),
            }
        }
    });
    receiver
}

/// The progress of producing a body.
#[derive(Default)]
struct BodyProduction {
    step: usize,
    sources: VecDeque<SegmentSource>,
    buffer: Vec<u8>,
    gathered: GatheredPieces,
}

impl BodyProduction {
    fn new(step: usize, sources: Vec<SegmentSource>) -> Self {
        Self { step, sources: sources.into(), ..Self::default() }
    }

    fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while let Some(source) = self.sources.front_mut() {
            if let Some(bytes) = source.step(self.step, &mut self.buffer, &mut self.gathered)? {
                return Ok(Some(bytes));
            }
            self.sources.pop_front();
            self.gathered = GatheredPieces::default();
        }
        Ok(None)
    }
}

enum BodyFrames {
    One(Option<Bytes>),
    /// Everything is in memory: a step takes microseconds, less than a thread switch. The mutex is never locked: it makes
    /// the body one that threads may share, as the HTTP library wants it.
    Here(Mutex<BodyProduction>),
    Many(mpsc::Receiver<Result<Bytes, Error>>),
}

impl BodyFrames {
    fn new(pace: ReadingPace, sources: Vec<SegmentSource>) -> Self {
        if sources.iter().all(SegmentSource::is_in_memory) {
            Self::Here(Mutex::new(BodyProduction::new(pace.step, sources)))
        } else {
            Self::Many(produce(pace, sources))
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match self {
            Self::One(bytes) => Poll::Ready(bytes.take().map(Ok)),
            Self::Here(production) => {
                let production = production.get_mut().unwrap_or_else(PoisonError::into_inner);
                Poll::Ready(production.next().transpose())
            }
            Self::Many(receiver) => receiver.poll_recv(cx),
        }
    }
}

impl http_body::Body for SegmentBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let this = &mut *self;
        this.started.store(true, Ordering::SeqCst);
        let polled = match &mut this.client {
            Some(client) if this.given >= EARLY_ANSWER => client.pacer.poll(cx, |cx| this.frames.poll(cx)),
            _ => this.frames.poll(cx),
        };
        if let Poll::Ready(Some(Ok(bytes))) = &polled {
            this.given += bytes.len() as u64;
            for sent in &this.sent {
                sent(this.given, this.length);
            }
        }
        if let (Some(client), Poll::Ready(piece)) = (&this.client, &polled) {
            let is_last = match piece {
                Some(Ok(_)) => this.length == Some(this.given),
                Some(Err(_)) => false,
                None => true,
            };
            if is_last {
                client.whole.store(true, Ordering::SeqCst);
            }
        }
        polled.map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.frames, BodyFrames::One(None))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests;
