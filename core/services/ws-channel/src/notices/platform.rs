//! What differs between systems: a command and what it starts are a group on Unix. On Windows only the command itself is ended.

#[cfg(unix)]
pub(super) use unix::{end_group, lead_a_group};
#[cfg(windows)]
pub(super) use windows::{end_group, lead_a_group};

#[cfg(unix)]
mod unix {
    use rustix::process::{Pid, Signal, kill_process_group};
    use tokio::process::Command;

    /// Makes a command the first of a group.
    pub(in super::super) fn lead_a_group(command: &mut Command) {
        command.process_group(0);
    }

    /// Ends a command with everything that it has started.
    pub(in super::super) fn end_group(leader: Option<u32>) {
        if let Some(leader) = leader.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(windows)]
mod windows {
    use tokio::process::Command;

    pub(in super::super) fn lead_a_group(_: &mut Command) {}

    /// The command itself is ended when it is dropped.
    pub(in super::super) fn end_group(_: Option<u32>) {}
}
