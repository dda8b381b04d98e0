//! Files packed with gzip: one member or several, which are one content, read as they arrive.

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::GzDecoder;

use bankchannel_xml::XmlFault;

use super::members;
use super::packed::{CountedInput, UnpackState, UnpackedCount};

type Packed<'a> = BufReader<CountedInput<Box<dyn Read + 'a>>>;

/// The content of a gzip file.
pub(super) struct GzipContent<'a> {
    inside: Option<GzDecoder<Packed<'a>>>,
    taken: Rc<Cell<u64>>,
    count: UnpackedCount,
    notes: Rc<RefCell<Vec<String>>>,
}

/// The magic number of gzip.
const MAGIC: u8 = 0x1f;

impl<'a> GzipContent<'a> {
    /// `notes` receives the remark on bytes behind the end.
    pub(super) fn new(
        input: Box<dyn Read + 'a>,
        name: &str,
        state: &UnpackState,
        notes: &Rc<RefCell<Vec<String>>>,
    ) -> Self {
        let taken = Rc::new(Cell::new(0));
        let input = BufReader::new(CountedInput::new(input, &taken));
        let count = UnpackedCount::new(name.to_owned(), state.clone());
        Self { inside: Some(GzDecoder::new(input)), taken, count, notes: Rc::clone(notes) }
    }

    /// The name that the file gives its content.
    pub(super) fn own_name(&self) -> Option<&[u8]> {
        self.inside.as_ref()?.header()?.filename()
    }

    /// The fault of what is around it, or its own.
    fn broken(&self, why: io::Error) -> io::Error {
        if why.get_ref().is_some_and(|inner| inner.is::<XmlFault>()) {
            return why;
        }
        let what = match why.kind() {
            io::ErrorKind::UnexpectedEof => "is cut: the end of what gzip packed is missing",
            _ => "cannot be unpacked: what gzip packed is damaged",
        };
        self.count.fail(what, "transfer or export the file again")
    }

    /// Goes on with the next member; at the end of the file there is none.
    fn next_member(&mut self) -> io::Result<()> {
        let Some(ended) = self.inside.take() else { return Ok(()) };
        let mut input = ended.into_inner();
        let rest = match input.fill_buf() {
            Ok(rest) => rest,
            Err(why) => return Err(self.broken(why)),
        };
        match rest.first() {
            None => {}
            Some(&MAGIC) => self.inside = Some(GzDecoder::new(input)),
            Some(_) => {
                let note = format!(
                    "{}: there are bytes behind the end of what gzip packed; they are not read",
                    self.count.name
                );
                members::note(&self.notes, note);
            }
        }
        Ok(())
    }
}

impl Read for GzipContent<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(inside) = &mut self.inside {
            match inside.read(buffer) {
                Ok(0) if !buffer.is_empty() => self.next_member()?,
                Ok(read) => return self.count.add(read, self.taken.get()),
                Err(why) if why.kind() == io::ErrorKind::Interrupted => return Err(why),
                Err(why) => return Err(self.broken(why)),
            }
        }
        Ok(0)
    }
}
