//! Stores the transactions of many batches until the header in front of them is known.
//!
//! One unnamed file holds them all; memory holds the latest piece of each batch, and the list of its pieces in the
//! file. The memory is limited over all batches, so transfers may come in any order of batches.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// Maximum number of bytes that are in memory before they go to the file.
const MAX_IN_MEMORY: usize = 8 * 1024 * 1024;

/// The texts of several batches, each in the order of its pieces.
pub(super) struct BatchSpool {
    batches: Vec<SpooledBatch>,
    in_memory: usize,
    max_in_memory: usize,
    file: Option<File>,
    /// The length of the file.
    written: u64,
}

#[derive(Default)]
struct SpooledBatch {
    /// Its pieces in the file: start and length of each.
    pieces: Vec<(u64, u64)>,
    /// The text after them, in memory.
    tail: Vec<u8>,
}

impl BatchSpool {
    pub(super) fn new() -> Self {
        Self::with_memory(MAX_IN_MEMORY)
    }

    fn with_memory(max_in_memory: usize) -> Self {
        Self { batches: Vec::new(), in_memory: 0, max_in_memory, file: None, written: 0 }
    }

    /// A spool over a file that keeps nothing in memory.
    #[cfg(test)]
    pub(super) fn over(file: File) -> Self {
        Self { file: Some(file), ..Self::with_memory(0) }
    }

    /// Adds to the text of a batch; a batch is identified by its number, from 0.
    pub(super) fn add(&mut self, batch: usize, text: &[u8]) -> io::Result<()> {
        if self.batches.len() <= batch {
            self.batches.resize_with(batch + 1, SpooledBatch::default);
        }
        self.batches[batch].tail.extend_from_slice(text);
        self.in_memory += text.len();
        if self.in_memory > self.max_in_memory { self.spill() } else { Ok(()) }
    }

    /// The length of all texts together, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.written + self.in_memory as u64
    }

    /// Discards everything.
    pub(super) fn clear(&mut self) {
        *self = Self::with_memory(self.max_in_memory);
    }

    /// Writes the text of a batch.
    pub(super) fn copy(&mut self, batch: usize, out: &mut impl Write) -> io::Result<()> {
        let Some(batch) = self.batches.get(batch) else { return Ok(()) };
        if let Some(file) = &mut self.file {
            for (at, length) in &batch.pieces {
                file.seek(SeekFrom::Start(*at))?;
                if io::copy(&mut Read::by_ref(file).take(*length), out)? != *length {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the temporary file was cut"));
                }
            }
        }
        out.write_all(&batch.tail)
    }

    /// Moves the texts in memory to the file.
    fn spill(&mut self) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let mut out = io::BufWriter::new(file);
        for batch in self.batches.iter_mut().filter(|batch| !batch.tail.is_empty()) {
            out.write_all(&batch.tail)?;
            let length = batch.tail.len() as u64;
            match batch.pieces.last_mut() {
                // A piece right after the batch's previous one in the file is merged with it.
                Some((at, known)) if *at + *known == self.written => *known += length,
                _ => batch.pieces.push((self.written, length)),
            }
            self.written += length;
            // The memory is freed: another batch may need it next.
            batch.tail = Vec::new();
        }
        self.in_memory = 0;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the order of batches and the memory limit, each text is returned as it was added.
        #[test]
        fn texts_come_out_as_they_were_added(
            memory in 0..200_usize,
            adds in proptest::collection::vec((0..5_usize, proptest::collection::vec(any::<u8>(), 0..60)), 0..40),
        ) {
            let (mut spool, mut wanted) = (BatchSpool::with_memory(memory), vec![Vec::new(); 5]);
            for (batch, text) in &adds {
                spool.add(*batch, text).unwrap();
                wanted[*batch].extend_from_slice(text);
                prop_assert!(spool.in_memory <= memory);
            }
            prop_assert_eq!(spool.len(), adds.iter().map(|(_, text)| text.len() as u64).sum::<u64>());
            for (batch, wanted) in wanted.iter().enumerate() {
                let mut out = Vec::new();
                spool.copy(batch, &mut out).unwrap();
                prop_assert_eq!(&out, wanted);
            }
        }
    }
}
