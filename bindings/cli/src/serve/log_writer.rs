//! Writes the lines of the log from a thread of its own: no request waits for their reader.
//!
//! Lines that come while the thread writes, or within [`GATHER`] after it has, are written together: with a line for each request,
//! waking a thread for each is most of the log's cost.

use std::{
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

use crate::platform::enlarge_pipe_of_stderr;

/// The bytes that wait at most. Lines beyond them are dropped and counted.
const WAITING: usize = 4 * 1024 * 1024;
/// How long lines are gathered after some were written; the first one after a while is written at once.
const GATHER: Duration = Duration::from_millis(10);
/// How long an end waits until what waits is written.
const LAST: Duration = Duration::from_secs(1);
/// A buffer that has grown beyond this is given back.
const KEPT: usize = 1024 * 1024;
/// The capacity of a pipe that the lines are written to, as far as the system lets it have more than its usual 64 KiB.
const PIPE: usize = 1024 * 1024;

/// Takes lines, and writes them.
#[derive(Clone)]
pub(super) struct LogWriter {
    shared: Arc<SharedLines>,
    /// Where the system has no thread for it, each line is written by its caller.
    has_thread: bool,
}

struct SharedLines {
    lines: Mutex<WaitingLines>,
    changed: Condvar,
    dropped: AtomicU64,
}

#[derive(Default)]
struct WaitingLines {
    bytes: Vec<u8>,
    /// The thread waits to be woken.
    is_idle: bool,
    /// Nothing comes any more.
    is_ended: bool,
    /// All of it is written.
    is_done: bool,
}

impl SharedLines {
    fn lock(&self) -> MutexGuard<'_, WaitingLines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut sink: impl Write) {
        let mut taken = Vec::new();
        loop {
            let mut lines = self.lock();
            while lines.bytes.is_empty() && !lines.is_ended {
                lines.is_idle = true;
                lines = self.changed.wait(lines).unwrap_or_else(PoisonError::into_inner);
            }
            lines.is_idle = false;
            std::mem::swap(&mut lines.bytes, &mut taken);
            let is_over = lines.is_ended;
            drop(lines);
            // Their reader may have gone: an error has no reader either.
            let _ = sink.write_all(&taken).and_then(|()| sink.flush());
            taken.clear();
            taken.shrink_to(KEPT);
            let lines = self.lock();
            if is_over {
                break;
            }
            let gathered = self.changed.wait_timeout_while(lines, GATHER, |lines| !lines.is_ended);
            drop(gathered);
        }
        self.lock().is_done = true;
        self.changed.notify_all();
    }
}

impl LogWriter {
    /// Writes to stderr from now on.
    pub(super) fn to_stderr() -> Self {
        // What is gathered goes into a pipe at once: else its writer and its reader wake each other for every few lines.
        enlarge_pipe_of_stderr(PIPE);
        Self::begin(io::stderr())
    }

    /// Writes to the sink from now on.
    fn begin(sink: impl Write + Send + 'static) -> Self {
        let shared =
            Arc::new(SharedLines { lines: Mutex::default(), changed: Condvar::new(), dropped: AtomicU64::new(0) });
        let writing = Arc::clone(&shared);
        let has_thread = thread::Builder::new().name("log".to_owned()).spawn(move || writing.run(sink)).is_ok();
        Self { shared, has_thread }
    }

    /// The lines that were dropped since the start.
    pub(super) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }

    /// Writes what waits, within a second. What comes later is dropped.
    pub(super) fn end(&self) {
        if !self.has_thread {
            return;
        }
        let mut lines = self.shared.lock();
        lines.is_ended = true;
        self.shared.changed.notify_all();
        let ended = self.shared.changed.wait_timeout_while(lines, LAST, |lines| !lines.is_done);
        drop(ended);
    }
}

impl Write for &LogWriter {
    /// Takes one line, or more, as a whole.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if !self.has_thread {
            return io::stderr().write_all(line).map(|()| line.len());
        }
        let mut lines = self.shared.lock();
        if lines.is_ended || lines.bytes.len().saturating_add(line.len()) > WAITING {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        lines.bytes.extend_from_slice(line);
        if std::mem::take(&mut lines.is_idle) {
            self.shared.changed.notify_all();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Instant;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A reader that has stopped reading.
    struct Stuck;

    impl Write for Stuck {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            loop {
                thread::park();
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_lines_are_written_whole_and_those_of_each_thread_in_order() {
        const LINES: usize = 2000;
        let kept = Kept::default();
        let writer = LogWriter::begin(kept.clone());
        thread::scope(|scope| {
            for name in ["a", "b", "c"] {
                let mut own = &writer;
                scope.spawn(move || {
                    (0..LINES).for_each(|number| own.write_all(format!("{name} {number}\n").as_bytes()).unwrap())
                });
            }
        });
        writer.end();
        assert_eq!(writer.dropped(), 0);
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        for name in ["a ", "b ", "c "] {
            let numbers: Vec<usize> =
                text.lines().filter_map(|line| line.strip_prefix(name)).map(|number| number.parse().unwrap()).collect();
            assert_eq!(numbers, (0..LINES).collect::<Vec<_>>());
        }
        (&mut &writer).write_all(b"late\n").unwrap();
        assert_eq!(writer.dropped(), 1);
    }

    #[test]
    fn a_line_is_written_without_another_one() {
        let kept = Kept::default();
        let writer = LogWriter::begin(kept.clone());
        for line in ["one\n", "two\n"] {
            (&mut &writer).write_all(line.as_bytes()).unwrap();
            let until = Instant::now() + Duration::from_secs(30);
            while !String::from_utf8_lossy(&kept.0.lock().unwrap()).ends_with(line) {
                assert!(Instant::now() < until, "{line} waits");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    #[test]
    fn a_reader_that_has_stopped_holds_up_nobody() {
        let writer = LogWriter::begin(Stuck);
        let line = [b'x'; 1024];
        for _ in 0..3 * WAITING / line.len() {
            (&mut &writer).write_all(&line).unwrap();
        }
        assert!(writer.dropped() > 0, "what waits is bounded");
        writer.end();
    }
}
