//! The user's programs that run with a time limit, so that the end of this process ends them.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rustix::process::{Pid, Signal, kill_process_group};

static PROGRAMS: Mutex<ChildPrograms> = Mutex::new(ChildPrograms { groups: BTreeSet::new(), is_ending: false });

pub(crate) struct ChildPrograms {
    /// Their process groups. A group is removed once its leader was waited for, so that its number cannot belong to
    /// another process.
    pub(crate) groups: BTreeSet<i32>,
    /// Whether this process is about to end.
    pub(crate) is_ending: bool,
}

pub(crate) fn programs() -> MutexGuard<'static, ChildPrograms> {
    PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills all of them, and prevents new ones: this process is about to end. Ctrl-C does not reach their groups.
pub(crate) fn kill_all() {
    let mut programs = programs();
    programs.is_ending = true;
    programs.groups.iter().for_each(|group| kill(*group));
}

/// Kills the programs of a group.
pub(crate) fn kill(group: i32) {
    // An error means that the group has ended.
    let _ = Pid::from_raw(group).map(|group| kill_process_group(group, Signal::KILL));
}
