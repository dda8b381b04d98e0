//! The limit of the process's open files and connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::output;

/// The limit that a service needs: for every connection that it admits, as many uploads, and its own files.
const WANTED: u64 = 4096;

/// Raises the limit on open files to the need of a service, as far as the system allows; warns if that is not enough.
/// Many systems start a process with 1024.
pub(super) fn raise() {
    let found = getrlimit(Resource::Nofile);
    let Some(soft) = found.current.filter(|soft| *soft < WANTED) else { return };
    let allowed = found.maximum.map_or(WANTED, |max| max.min(WANTED));
    let raised = allowed > soft
        && setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum: found.maximum }).is_ok();
    let now = if raised { allowed } else { soft };
    if now < WANTED {
        output::print_note(&format!(
            "warning: this process may open {now} files, but needs {WANTED} to serve all connections that it admits: \
             raise the hard limit (ulimit -Hn, or LimitNOFILE= of its systemd unit)"
        ));
    }
}
