//! The limit of the process's open files and connections.

use crate::{output, platform};

/// The limit that a service needs: for every connection that it admits, as many uploads, and its own files.
const WANTED: u64 = 4096;

/// Raises the limit on open files to the need of a service, as far as the system allows; warns if that is not enough.
/// Many systems start a process with 1024.
pub(super) fn raise() {
    let now = platform::raise_open_files(WANTED);
    if now < WANTED {
        output::print_note(&format!(
            "warning: this process may open {now} files, but needs {WANTED} to serve all connections that it admits: \
             raise the hard limit (ulimit -Hn, or LimitNOFILE= of its systemd unit)"
        ));
    }
}
