//! Signals, process groups, the terminal, limits.

#![allow(unsafe_code)] // `signal` and `_exit` are C, and the environment is the process's: this is the one place.

mod supervisor;

use std::{
    ffi::c_int,
    fs::{File, OpenOptions},
    future::pending,
    io,
    os::{
        fd::{BorrowedFd, IntoRawFd as _},
        unix::process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command},
};

use rustix::{
    fs::{Mode, OFlags, fcntl_getfl, fcntl_setfl, open},
    io::fcntl_getfd,
    process::{Pid, Resource, Rlimit, getrlimit, kill_process_group, setrlimit},
    stdio::{stderr, stdin, stdout},
    termios::{OptionalActions, Termios, tcgetattr, tcsetattr},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::ServiceSignal;
pub(crate) use supervisor::SupervisorSocket;

/// A shell's exit code for a program ended by a signal is this plus the signal's number.
const BY_SIGNAL: i32 = 128;
/// The program's terminal, even if its streams are redirected.
const TERMINAL: &str = "/dev/tty";

/// The variable with the user's folder.
pub(crate) const HOME_VARIABLE: &str = "HOME";
/// The keys that end the input at a terminal.
pub(crate) const END_OF_INPUT: &str = "Ctrl-D";
/// Whether Ctrl-C at a prompt for a secret is a key that the prompt reads, and no signal.
pub(crate) const PROMPT_READS_CTRL_C: bool = true;

/// The signals of a service: to end gracefully, and to reload. Created before the service is ready, so that none is missed: one
/// that comes before it is waited for is found then.
pub(crate) struct ServiceSignals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if it was ignored at the start (`nohup`): it stays ignored. A terminal that is closed ends nothing.
    hangup: Option<Signal>,
}

impl ServiceSignals {
    /// Listens for SIGINT, SIGTERM and SIGHUP.
    pub(crate) fn listen() -> io::Result<Self> {
        let hangup = SignalKind::hangup();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if is_ignored(hangup.as_raw_value()) { None } else { Some(signal(hangup)?) },
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> ServiceSignal {
        let Self { interrupt, terminate, hangup } = self;
        let reload = async {
            match hangup {
                Some(hangup) => hangup.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = interrupt.recv() => ServiceSignal::Stop,
            _ = terminate.recv() => ServiceSignal::Stop,
            _ = reload => ServiceSignal::Reload,
        }
    }

    /// Waits for one to end. One to reload stays, until it is waited for.
    pub(crate) async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// A signal that cancels a call or ends the program.
pub(crate) struct Interrupt {
    signal: Signal,
    kind: SignalKind,
}

impl Interrupt {
    /// Listens for those of every command: SIGINT and SIGTERM. Called in a runtime; one that cannot be listened for ends the
    /// program by default.
    pub(crate) fn usual() -> Vec<Self> {
        listen([SignalKind::interrupt(), SignalKind::terminate()].into_iter())
    }

    /// Listens for the others that end a program by default: SIGHUP and SIGQUIT.
    pub(crate) fn others() -> Vec<Self> {
        // A signal that was ignored at the start (`nohup`) stays ignored.
        let may_end = |kind: &SignalKind| !is_ignored(kind.as_raw_value());
        listen([SignalKind::hangup(), SignalKind::quit()].into_iter().filter(may_end))
    }

    /// Waits for it. False if it can come no more.
    pub(crate) async fn came(&mut self) -> bool {
        self.signal.recv().await.is_some()
    }

    /// The exit code of a program that it ends.
    pub(crate) fn exit_code(&self) -> i32 {
        BY_SIGNAL + self.kind.as_raw_value()
    }
}

fn listen(kinds: impl Iterator<Item = SignalKind>) -> Vec<Interrupt> {
    kinds.filter_map(|kind| signal(kind).ok().map(|signal| Interrupt { signal, kind })).collect()
}

/// Whether this process was started with the signal ignored. Only Linux tells: on macOS, none is.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (signal - 1)) != 0
}

/// A command for the user's shell.
pub(crate) fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]);
    shell
}

/// The value of a variable as one argument in a command for the shell.
pub(crate) fn shell_argument(variable: &str) -> String {
    format!("\"${variable}\"")
}

/// Whether a value stays one argument by [`shell_argument`].
pub(crate) const fn can_be_argument(_value: &str) -> bool {
    true
}

/// A program with all that it starts, which can be killed together. Ctrl-C does not reach it, and it cannot read from the
/// terminal.
#[derive(Clone)]
pub(crate) struct ProgramGroup(Option<Pid>);

impl ProgramGroup {
    /// Starts the program.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let child = command.process_group(0).spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok((child, Self(group)))
    }

    /// Kills it. The program itself was not waited for, so that its number cannot belong to another one.
    pub(crate) fn kill(&self) {
        // An error means that the group has ended.
        let _ = self.0.map(|group| kill_process_group(group, rustix::process::Signal::KILL));
    }

    /// Lets those go on that the program has started and left.
    pub(crate) const fn release(&self) {}
}

/// Whether a process group has no process any more.
#[cfg(test)]
pub(crate) fn is_group_gone(group: i32) -> bool {
    rustix::process::test_kill_process_group(Pid::from_raw(group).expect("an id")).is_err()
}

/// The program's terminal, for writing.
pub(crate) fn terminal_output() -> io::Result<File> {
    OpenOptions::new().write(true).open(TERMINAL)
}

/// The settings of the program's terminal.
pub(crate) struct TerminalSettings(Termios);

impl TerminalSettings {
    /// The present ones. `None` without a terminal.
    pub(crate) fn current() -> Option<Self> {
        tcgetattr(File::open(TERMINAL).ok()?).ok().map(Self)
    }

    /// Restores them.
    pub(crate) fn restore(&self) {
        if let Ok(terminal) = File::open(TERMINAL) {
            // Without a terminal there is nothing to restore.
            let _ = tcsetattr(terminal, OptionalActions::Now, &self.0);
        }
    }
}

/// What a program does with a signal, as C has it: its default, or nothing. Anything else is the address of a handler.
type SignalAction = usize;
const DEFAULT: SignalAction = 0;
const IGNORED: SignalAction = 1;

unsafe extern "C" {
    /// Sets the action of a signal, and returns the former one.
    #[link_name = "signal"]
    fn signal_action(number: c_int, action: SignalAction) -> SignalAction;

    #[link_name = "_exit"]
    safe fn exit_at_once(code: c_int) -> !;
}

/// Ends the process, on any thread. What a program has registered for its end is left out: the data of an interpreter, in which this
/// library runs, would be freed under its own threads.
pub(crate) fn end_process(code: i32) -> ! {
    exit_at_once(code)
}

/// Gives signals and streams the state that they have when a program of Rust begins.
pub(crate) fn begin_as_program() {
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()] {
        // What this crate listens with calls the former handler too, and that of an interpreter may end the process. A signal that
        // was ignored at the start (`nohup`) stays ignored.
        if set_action(kind, DEFAULT) == IGNORED {
            set_action(kind, IGNORED);
        }
    }
    // A reader that has closed the pipe is told by the error of a write.
    set_action(SignalKind::pipe(), IGNORED);
    open_missing_streams();
}

fn set_action(kind: SignalKind, action: SignalAction) -> SignalAction {
    debug_assert!(action == DEFAULT || action == IGNORED);
    // SAFETY: neither action is a handler, which could be called at any instant.
    unsafe { signal_action(kind.as_raw_value(), action) }
}

/// Opens the null device for each closed standard stream. Otherwise the next file or connection would get the stream's number, and
/// what is printed would be written into it.
fn open_missing_streams() {
    for stream in streams() {
        if fcntl_getfd(stream).is_err()
            // Child programs have it, too.
            && let Ok(null) = open("/dev/null", OFlags::RDWR, Mode::empty())
        {
            // The lowest free number is that of the stream. It stays open.
            let _ = null.into_raw_fd();
        }
    }
}

fn streams() -> [BorrowedFd<'static>; 3] {
    [stdin(), stdout(), stderr()]
}

/// Prepares the console for this program's text.
pub(crate) fn begin_console() {
    wait_for_streams();
}

/// Lets reads and writes of the standard streams wait, as programs without an event loop expect. Another program with the same
/// pipe or terminal, such as Node, may have set that they fail.
pub(crate) fn wait_for_streams() {
    for stream in streams() {
        if let Ok(flags) = fcntl_getfl(stream)
            && flags.contains(OFlags::NONBLOCK)
        {
            // On failure a write says so.
            let _ = fcntl_setfl(stream, flags - OFlags::NONBLOCK);
        }
    }
}

/// Restores the console.
pub(crate) const fn end_console() {}

/// Raises the limit on open files to this number, as far as the system allows. Returns the limit, at most that number.
pub(crate) fn raise_open_files(wanted: u64) -> u64 {
    let found = getrlimit(Resource::Nofile);
    let Some(soft) = found.current.filter(|soft| *soft < wanted) else { return wanted };
    let allowed = found.maximum.map_or(wanted, |max| max.min(wanted));
    let raised = allowed > soft
        && setrlimit(Resource::Nofile, Rlimit { current: Some(allowed), maximum: found.maximum }).is_ok();
    if raised { allowed } else { soft }
}

/// Lets a pipe on stderr hold so many bytes, as far as the system allows: only Linux has a say in it.
pub(crate) fn enlarge_pipe_of_stderr(bytes: usize) {
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(io::stderr(), bytes);
    #[cfg(not(target_os = "linux"))]
    let _ = bytes;
}

/// The user's folder.
pub(crate) fn home_folder() -> Option<PathBuf> {
    std::env::var_os(HOME_VARIABLE).filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// Whether the name is a device's in whatever folder. Here devices are files, which say what they are.
pub(crate) const fn is_device_name(_path: &Path) -> bool {
    false
}
