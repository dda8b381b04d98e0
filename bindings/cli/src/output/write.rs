//! The two streams. Text output cannot control a terminal, whatever its source. A closed reader is not reported and
//! changes nothing else: the command continues to its own exit code.

use std::io::{self, IsTerminal, Write};

use super::table::printable;

/// Writes a line to stdout.
pub(crate) fn line(text: &str) {
    settle(write(&mut io::stdout().lock(), &[printable(text).as_bytes(), b"\n"]));
}

/// Writes bytes to stdout as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    settle(write(&mut io::stdout().lock(), &[bytes]));
}

/// Standard output as a writer, of bytes as they are.
pub(crate) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        bytes(written);
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes a line to stderr: progress, warnings, errors.
pub(crate) fn print_note(text: &str) {
    // If even stderr is closed, nothing can be done.
    let _ = write(&mut io::stderr().lock(), &[printable(text).as_bytes(), b"\n"]);
}

/// Writes to stderr without ending the line.
pub(crate) fn partial(text: &str) {
    let _ = write(&mut io::stderr().lock(), &[printable(text).as_bytes()]);
}

/// Whether stdout is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether stderr is a terminal.
pub(crate) fn error_is_terminal() -> bool {
    io::stderr().is_terminal()
}

fn write(stream: &mut impl Write, parts: &[&[u8]]) -> io::Result<()> {
    for part in parts {
        let mut rest = *part;
        while !rest.is_empty() {
            // A write that fails has taken nothing of it.
            match waited(|| stream.write(rest))? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => rest = &rest[written..],
            }
        }
    }
    waited(|| stream.flush())
}

/// Repeats what fails because another program with the same pipe has just set that writes do not wait.
fn waited<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => crate::platform::wait_for_streams(),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// Ends the process at once, with the console as it was.
pub(crate) fn end_process(code: i32) -> ! {
    crate::platform::end_console();
    crate::platform::end_process(code)
}

fn settle(written: io::Result<()>) {
    if let Err(why) = written
        && why.kind() != io::ErrorKind::BrokenPipe
    {
        print_note(&format!("error: the output cannot be written: {why}"));
        end_process(i32::from(crate::exit::FAILED));
    }
}
