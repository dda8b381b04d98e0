//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::output;

/// What a service wants: every connection that it admits, as many files on their way, and its own.
const WANTED: u64 = 4096;

/// Raises the limit on open files, as far as the system lets a process, to what a service wants; says so where that is not
/// enough. Many systems begin a process with 1024.
pub(super) fn raise() {
    let found = getrlimit(Resource::Nofile);
    let Some(soft) = found.current.filter(|soft| *soft < WANTED) else { return };
    let allowed = found.maximum.map_or(WANTED, |most| most.min(WANTED));
    let raised = allowed > soft
        && setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum: found.maximum }).is_ok();
    let now = if raised { allowed } else { soft };
    if now < WANTED {
        output::note(&format!(
            "warning: this process may open {now} files, but needs {WANTED} to serve all connections that it admits: \
             raise the hard limit (ulimit -Hn, or LimitNOFILE= of its systemd unit)"
        ));
    }
}
