//! The user's programs that run with a time limit, so that the end of this process ends them.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::platform::ProgramGroup;

static PROGRAMS: Mutex<ChildPrograms> = Mutex::new(ChildPrograms { groups: BTreeMap::new(), is_ending: false });

pub(crate) struct ChildPrograms {
    /// Their groups, by the process ids of the programs. A group is removed once its program was waited for, so that its
    /// number cannot belong to another process.
    pub(crate) groups: BTreeMap<u32, ProgramGroup>,
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
    programs.groups.values().for_each(ProgramGroup::kill);
}
