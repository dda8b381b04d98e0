//! The bytes of members as they are unpacked: within the limits, and compared with the directory of the archive.

use std::cell::{Cell, RefCell};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use bankchannel_xml::XmlFault;
use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::zip::ZipEntry;
use super::{MAX_MEMBERS, MAX_RATIO, RATIO_FROM, TOTAL_RATIO_FROM, UnpackLimits};

/// Something whose every byte can be read again.
pub(super) trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// An archive that several readers share.
pub(super) type ArchiveSource<'a> = Rc<RefCell<Box<dyn ReadSeek + 'a>>>;

/// A part of an archive.
pub(super) struct SourcePart<'a> {
    source: ArchiveSource<'a>,
    at: u64,
    left: u64,
}

impl<'a> SourcePart<'a> {
    pub(super) fn new(source: &ArchiveSource<'a>, at: u64, left: u64) -> Self {
        Self { source: Rc::clone(source), at, left }
    }
}

impl Read for SourcePart<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let mut source = self.source.borrow_mut();
        source.seek(SeekFrom::Start(self.at))?;
        let read = source.read(&mut buffer[..most])?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Counts the bytes that were taken from an input.
pub(super) struct CountedInput<R> {
    input: R,
    taken: Rc<Cell<u64>>,
}

impl<R> CountedInput<R> {
    pub(super) fn new(input: R, taken: &Rc<Cell<u64>>) -> Self {
        Self { input, taken: Rc::clone(taken) }
    }
}

impl<R: Read> Read for CountedInput<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.taken.set(self.taken.get() + read as u64);
        Ok(read)
    }
}

/// What all members of a file share, those of an archive inside included: how many there are, how much was unpacked of how
/// much, and the fault of the archive that ended the reading.
#[derive(Clone)]
pub(super) struct UnpackState {
    pub(super) limits: UnpackLimits,
    /// The bytes that were taken from the file itself.
    pub(super) taken: Rc<Cell<u64>>,
    unpacked: Rc<Cell<u64>>,
    members: Rc<Cell<u64>>,
    failure: Rc<RefCell<Option<XmlFault>>>,
}

impl UnpackState {
    pub(super) fn new(limits: UnpackLimits) -> Self {
        Self { limits, taken: Rc::default(), unpacked: Rc::default(), members: Rc::default(), failure: Rc::default() }
    }

    /// The state in which a member of the same file is unpacked once more, for itself.
    pub(super) fn anew(&self) -> Self {
        Self { taken: Rc::clone(&self.taken), ..Self::new(self.limits) }
    }

    /// Counts bytes that came out.
    fn add(&self, bytes: u64) -> Result<(), (String, &'static str)> {
        let total = self.unpacked.get().saturating_add(bytes);
        self.unpacked.set(total);
        if total > self.limits.unpacked {
            return Err(too_much(self.limits.unpacked));
        }
        if total > TOTAL_RATIO_FROM && total > self.taken.get().saturating_mul(MAX_RATIO) {
            let message = format!(
                "unpacks, with what came before it, to more than {MAX_RATIO} times the whole archive, the limit of the ratio"
            );
            return Err((message, SMALLER));
        }
        Ok(())
    }

    /// The fault of an archive with so many members, if they are too many together with those of the others.
    pub(super) fn too_many(&self, members: u64) -> Option<XmlFault> {
        let message = match self.members.get() {
            before if before.saturating_add(members) <= MAX_MEMBERS => return None,
            0 => format!("the archive has more than {MAX_MEMBERS} members, the limit of their number"),
            _ => format!(
                "the archive and those around it have more than {MAX_MEMBERS} members, the limit of their number"
            ),
        };
        Some(XmlFault::new(message, SMALLER))
    }

    /// Counts the members of an archive.
    pub(super) fn add_members(&self, members: u64) {
        self.members.set(self.members.get().saturating_add(members));
    }

    /// Keeps the first fault, and gives it as the error of an input.
    pub(super) fn fail(&self, fault: XmlFault) -> io::Error {
        self.failure.borrow_mut().get_or_insert_with(|| fault.clone());
        io::Error::new(io::ErrorKind::InvalidData, fault)
    }

    /// The fault of the archive that ended the reading.
    pub(super) fn failure(&self) -> Option<XmlFault> {
        self.failure.borrow().clone()
    }
}

const SMALLER: &str = "unpack it with care, and give the files in it";

fn too_much(limit: u64) -> (String, &'static str) {
    (format!("unpacks to more than {} bytes, the limit of all files of an archive", limit), SMALLER)
}

/// The fault of a file whose content is too many times larger than its packed form.
fn ratio(size: u64, packed: u64) -> Option<(String, &'static str)> {
    let is_bomb = size > RATIO_FROM && size > packed.saturating_mul(MAX_RATIO);
    is_bomb.then(|| (format!("unpacks to more than {MAX_RATIO} times its size, the limit of the ratio"), SMALLER))
}

/// The content of a member of a ZIP archive.
pub(super) struct ZipContent<'a> {
    inside: ZipStream<'a>,
    name: String,
    size: u64,
    crc: u32,
    out: u64,
    found: Crc,
    state: UnpackState,
}

enum ZipStream<'a> {
    Stored(SourcePart<'a>),
    Deflated(Box<DeflateDecoder<BufReader<SourcePart<'a>>>>),
}

impl<'a> ZipContent<'a> {
    /// # Errors
    /// The directory says that it cannot be read, or that it is too large: a fault of the archive. It says two lengths of a
    /// stored member: a fault of that member, which the state does not keep.
    pub(super) fn new(
        source: &ArchiveSource<'a>,
        entry: &ZipEntry,
        name: &str,
        state: &UnpackState,
    ) -> Result<Self, XmlFault> {
        let refused = |what: String, change: &str| {
            let fault = XmlFault::new(format!("{name} in the archive {what}"), change);
            drop(state.fail(fault.clone()));
            fault
        };
        if let Some((what, change)) = entry.refusal() {
            return Err(refused(what, change));
        }
        if entry.is_stored() && entry.packed != entry.size {
            return Err(wrong_length());
        }
        if let Some((what, change)) = ratio(entry.size, entry.packed) {
            return Err(refused(what, change));
        }
        if entry.size > state.limits.unpacked {
            let (what, change) = too_much(state.limits.unpacked);
            return Err(refused(what, change));
        }
        let at = entry.data(source).map_err(|(what, change)| refused(what, change))?;
        let part = SourcePart::new(source, at, entry.packed);
        let inside = match entry.is_stored() {
            true => ZipStream::Stored(part),
            false => ZipStream::Deflated(Box::new(DeflateDecoder::new(BufReader::new(part)))),
        };
        let (name, state) = (name.to_owned(), state.clone());
        Ok(Self { inside, name, size: entry.size, crc: entry.crc, out: 0, found: Crc::new(), state })
    }

    fn fail(&self, what: &str, change: &str) -> io::Error {
        self.state.fail(XmlFault::new(format!("{} in the archive {what}", self.name), change))
    }
}

const AGAIN: &str = "transfer or export the archive again";

/// The fault of a member whose length contradicts the directory.
fn wrong_length() -> XmlFault {
    XmlFault::new("its length is another than the directory of the archive says", AGAIN)
}

impl Read for ZipContent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let read = match &mut self.inside {
            ZipStream::Stored(part) => part.read(buffer),
            ZipStream::Deflated(stream) => stream.read(buffer),
        };
        let read = match read {
            Ok(read) => read,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => return Err(why),
            Err(_) => return Err(self.fail("cannot be unpacked: it is damaged", AGAIN)),
        };
        self.found.update(&buffer[..read]);
        self.out += read as u64;
        if self.out > self.size || (read == 0 && self.out < self.size) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, wrong_length()));
        }
        if read == 0 && self.found.sum() != self.crc {
            return Err(self.fail("has a wrong checksum (CRC): it is damaged", AGAIN));
        }
        match self.state.add(read as u64) {
            Err((what, change)) => Err(self.fail(&what, change)),
            Ok(()) => Ok(read),
        }
    }
}

/// Counts the bytes that come out of a gzip file against those that went in.
pub(super) struct UnpackedCount {
    pub(super) name: String,
    state: UnpackState,
    out: u64,
}

impl UnpackedCount {
    pub(super) fn new(name: String, state: UnpackState) -> Self {
        Self { name, state, out: 0 }
    }

    pub(super) fn add(&mut self, read: usize, packed: u64) -> io::Result<usize> {
        self.out += read as u64;
        let over = ratio(self.out, packed).map_or_else(|| self.state.add(read as u64), Err);
        match over {
            Err((what, change)) => Err(self.fail(&what, change)),
            Ok(()) => Ok(read),
        }
    }

    pub(super) fn fail(&self, what: &str, change: &str) -> io::Error {
        self.state.fail(XmlFault::new(format!("{} {what}", self.name), change))
    }
}
