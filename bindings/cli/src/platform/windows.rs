//! Events of the console, jobs, code pages.

#![allow(unsafe_code)] // The standard library has no jobs and no modes of consoles: this is the one place that calls the system.

use std::{
    fs::{File, OpenOptions},
    io,
    os::windows::{
        io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle},
        process::CommandExt as _,
    },
    path::{Component, Path, PathBuf, Prefix},
    process::{Child, Command},
    ptr::null,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
};
use windows_sys::Win32::{
    Foundation::{HANDLE, INVALID_HANDLE_VALUE},
    System::{
        Console::{GetConsoleMode, GetConsoleOutputCP, SetConsoleMode, SetConsoleOutputCP},
        Diagnostics::ToolHelp::{
            CreateToolhelp32Snapshot, TH32CS_SNAPTHREAD, THREADENTRY32, Thread32First, Thread32Next,
        },
        JobObjects::{
            AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
            JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
            TerminateJobObject,
        },
        Threading::{CREATE_NEW_PROCESS_GROUP, CREATE_SUSPENDED, OpenThread, ResumeThread, THREAD_SUSPEND_RESUME},
    },
};

use super::ServiceSignal;

/// The exit codes that scripts know from Unix: of a program ended by Ctrl-C, and of one ended by another event.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;
/// The exit code of a killed program.
const KILLED: u32 = 1;
/// The console that the program reads from and writes to, even if its streams are redirected.
const CONSOLE_INPUT: &str = "CONIN$";
const CONSOLE_OUTPUT: &str = "CONOUT$";
/// The code page of UTF-8.
const UTF_8: u32 = 65001;

/// The variable with the user's folder.
pub(crate) const HOME_VARIABLE: &str = "USERPROFILE";
/// The keys that end the input at a terminal.
pub(crate) const END_OF_INPUT: &str = "Ctrl-Z and Enter";
/// Whether Ctrl-C at a prompt for a secret is a key that the prompt reads, and no signal.
pub(crate) const PROMPT_READS_CTRL_C: bool = false;

/// Events that end a service gracefully. Created before the service is ready, so that none is missed. When the console
/// closes or the system shuts down, Windows grants a few seconds.
pub(crate) struct ServiceSignals {
    ctrl_c: CtrlC,
    ctrl_break: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

impl ServiceSignals {
    /// Listens for them.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { ctrl_c: ctrl_c()?, ctrl_break: ctrl_break()?, close: ctrl_close()?, shutdown: ctrl_shutdown()? })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> ServiceSignal {
        self.stop().await;
        ServiceSignal::Stop
    }

    /// Waits for one.
    pub(crate) async fn stop(&mut self) {
        tokio::select! {
            _ = self.ctrl_c.recv() => {}
            _ = self.ctrl_break.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}

/// An event that cancels a call or ends the program.
pub(crate) enum Interrupt {
    CtrlC(CtrlC),
    CtrlBreak(CtrlBreak),
    Close(CtrlClose),
    Shutdown(CtrlShutdown),
}

impl Interrupt {
    /// Listens for them. Called in a runtime; one that cannot be listened for ends the program by default.
    pub(crate) fn usual() -> Vec<Self> {
        let all = [
            ctrl_c().map(Self::CtrlC),
            ctrl_break().map(Self::CtrlBreak),
            ctrl_close().map(Self::Close),
            ctrl_shutdown().map(Self::Shutdown),
        ];
        all.into_iter().flatten().collect()
    }

    /// There are no others.
    pub(crate) const fn others() -> Vec<Self> {
        Vec::new()
    }

    /// Waits for it. False if it can come no more.
    pub(crate) async fn came(&mut self) -> bool {
        let came = match self {
            Self::CtrlC(event) => event.recv().await,
            Self::CtrlBreak(event) => event.recv().await,
            Self::Close(event) => event.recv().await,
            Self::Shutdown(event) => event.recv().await,
        };
        came.is_some()
    }

    /// The exit code of a program that it ends.
    pub(crate) const fn exit_code(&self) -> i32 {
        match self {
            Self::CtrlC(_) => INTERRUPTED,
            Self::CtrlBreak(_) | Self::Close(_) | Self::Shutdown(_) => TERMINATED,
        }
    }
}

/// A command for the user's shell.
pub(crate) fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd.exe");
    // With /S, the first and the last quote are removed and the rest is the command as it stands. /D: without AutoRun.
    // /V:OFF: `!` is a character like others.
    shell.args(["/D", "/V:OFF", "/S", "/C"]).raw_arg(format!("\"{command}\""));
    shell
}

/// The value of a variable as one argument in a command for the shell.
pub(crate) fn shell_argument(variable: &str) -> String {
    format!("\"%{variable}%\"")
}

/// Whether a value stays one argument by [`shell_argument`]: the shell inserts it before it reads the line, and no character
/// but a quote or a line end is special between quotes, and a backslash at the end would keep the quote after it.
pub(crate) fn can_be_argument(value: &str) -> bool {
    !value.ends_with('\\') && !value.contains(|letter: char| letter == '"' || letter.is_control())
}

/// A program with all that it starts, which can be killed together. Ctrl-C does not reach it.
#[derive(Clone)]
pub(crate) struct ProgramGroup(Arc<OwnedHandle>);

impl ProgramGroup {
    /// Starts the program. It runs once it is in the group: it can start nothing outside.
    pub(crate) fn spawn(command: &mut Command) -> io::Result<(Child, Self)> {
        let group = Self::new()?;
        let mut child = command.creation_flags(CREATE_NEW_PROCESS_GROUP | CREATE_SUSPENDED).spawn()?;
        if let Err(why) = group.take(&child).and_then(|()| resume(child.id())) {
            // It has not run yet.
            let _ = child.kill().and_then(|()| child.wait());
            return Err(why);
        }
        Ok((child, group))
    }

    /// An empty one. What is in it ends with this process, too: its handle is closed then.
    fn new() -> io::Result<Self> {
        // SAFETY: both pointers may be null: no security attributes, no name.
        let job = unsafe { CreateJobObjectW(null(), null()) };
        if job.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the handle was just created, and nothing else closes it.
        let group = Self(Arc::new(unsafe { OwnedHandle::from_raw_handle(job) }));
        group.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        Ok(group)
    }

    fn job(&self) -> HANDLE {
        self.0.as_raw_handle()
    }

    fn limit(&self, flags: JOB_OBJECT_LIMIT) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        let what = JobObjectExtendedLimitInformation;
        // SAFETY: the handle is open; the pointer and the size are those of the structure that this information has.
        done(unsafe {
            SetInformationJobObject(self.job(), what, (&raw const limits).cast(), size_of_val(&limits) as u32)
        })
    }

    fn take(&self, child: &Child) -> io::Result<()> {
        // SAFETY: both handles are open while they are borrowed.
        done(unsafe { AssignProcessToJobObject(self.job(), child.as_raw_handle()) })
    }

    /// Kills it.
    pub(crate) fn kill(&self) {
        // SAFETY: the handle is open. An error means that it has ended.
        let _ = unsafe { TerminateJobObject(self.job(), KILLED) };
    }

    /// Lets those go on that the program has started and left.
    pub(crate) fn release(&self) {
        // On failure they end with the group.
        let _ = self.limit(0);
    }
}

/// Lets a process run that was started suspended.
fn resume(process: u32) -> io::Result<()> {
    // SAFETY: there is no pointer.
    let threads = unsafe { CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0) };
    if threads == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just created, and nothing else closes it.
    let threads = unsafe { OwnedHandle::from_raw_handle(threads) };
    let mut thread = THREADENTRY32 { dwSize: size_of::<THREADENTRY32>() as u32, ..THREADENTRY32::default() };
    let mut resumed = 0;
    // SAFETY: the handle is open, and the structure says its size.
    let mut is_one = unsafe { Thread32First(threads.as_raw_handle(), &raw mut thread) } != 0;
    while is_one {
        if thread.th32OwnerProcessID == process {
            resume_thread(thread.th32ThreadID)?;
            resumed += 1;
        }
        // SAFETY: as above.
        is_one = unsafe { Thread32Next(threads.as_raw_handle(), &raw mut thread) } != 0;
    }
    if resumed == 0 { Err(io::Error::other("its thread cannot be found")) } else { Ok(()) }
}

fn resume_thread(id: u32) -> io::Result<()> {
    // SAFETY: there is no pointer.
    let thread = unsafe { OpenThread(THREAD_SUSPEND_RESUME, 0, id) };
    if thread.is_null() {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just created, and nothing else closes it.
    let thread = unsafe { OwnedHandle::from_raw_handle(thread) };
    // SAFETY: the handle is open.
    match unsafe { ResumeThread(thread.as_raw_handle()) } {
        u32::MAX => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// The outcome of a function that returns 0 on failure.
fn done(returned: i32) -> io::Result<()> {
    if returned == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The program's terminal, for writing.
pub(crate) fn terminal_output() -> io::Result<File> {
    OpenOptions::new().write(true).open(CONSOLE_OUTPUT)
}

fn console_input() -> io::Result<File> {
    // Modes can be changed only through a handle that may do both.
    OpenOptions::new().read(true).write(true).open(CONSOLE_INPUT)
}

/// The settings of the program's terminal.
pub(crate) struct TerminalSettings(u32);

impl TerminalSettings {
    /// The present ones. `None` without a terminal.
    pub(crate) fn current() -> Option<Self> {
        let (console, mut mode) = (console_input().ok()?, 0);
        // SAFETY: the handle is open, and the pointer is to a number of this function's own.
        done(unsafe { GetConsoleMode(console.as_raw_handle(), &raw mut mode) }).ok()?;
        Some(Self(mode))
    }

    /// Restores them.
    pub(crate) fn restore(&self) {
        if let Ok(console) = console_input() {
            // SAFETY: the handle is open. Without a terminal there is nothing to restore.
            let _ = unsafe { SetConsoleMode(console.as_raw_handle(), self.0) };
        }
    }
}

/// Here events have no handlers that were there before, and closed streams are no numbers that files could get.
pub(crate) const fn begin_as_program() {}

/// Ends the process, on any thread.
pub(crate) fn end_process(code: i32) -> ! {
    std::process::exit(code)
}

/// Here the standard streams always wait.
pub(crate) const fn wait_for_streams() {}

/// The console's code page before this program's, if that is another one.
static CODE_PAGE: AtomicU32 = AtomicU32::new(0);

/// Prepares the console for this program's text: what it writes to a pipe or to [`terminal_output`] is UTF-8.
pub(crate) fn begin_console() {
    // SAFETY: there is no pointer. 0 without a console.
    let before = unsafe { GetConsoleOutputCP() };
    // SAFETY: there is no pointer.
    if before != 0 && before != UTF_8 && unsafe { SetConsoleOutputCP(UTF_8) } != 0 {
        CODE_PAGE.store(before, Ordering::SeqCst);
    }
}

/// Restores the console.
pub(crate) fn end_console() {
    let before = CODE_PAGE.swap(0, Ordering::SeqCst);
    if before != 0 {
        // SAFETY: there is no pointer. A console that is gone needs nothing.
        let _ = unsafe { SetConsoleOutputCP(before) };
    }
}

/// Raises the limit on open files to this number. There is none.
pub(crate) const fn raise_open_files(wanted: u64) -> u64 {
    wanted
}

/// Lets a pipe on stderr hold so many bytes. Who has made it has decided.
pub(crate) const fn enlarge_pipe_of_stderr(_bytes: usize) {}

/// A supervisor that wants to be told. There is none.
pub(crate) enum SupervisorSocket {}

impl SupervisorSocket {
    /// None.
    ///
    /// # Errors
    /// None.
    pub(crate) const fn take() -> io::Result<Option<Self>> {
        Ok(None)
    }

    /// Sends one message.
    ///
    /// # Errors
    /// None.
    pub(crate) fn tell(&self, _message: &str) -> io::Result<()> {
        match *self {}
    }
}

/// The user's folder.
pub(crate) fn home_folder() -> Option<PathBuf> {
    std::env::home_dir().filter(|home| !home.as_os_str().is_empty())
}

/// Whether the name is a device's in whatever folder, such as `NUL`: the system knows its names.
pub(crate) fn is_device_name(path: &Path) -> bool {
    let absolute = std::path::absolute(path).unwrap_or_default();
    matches!(absolute.components().next(), Some(Component::Prefix(prefix)) if matches!(prefix.kind(), Prefix::DeviceNS(_)))
}

#[cfg(test)]
mod tests {
    use std::{
        process::Stdio,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    fn devices_are_known_by_their_names() {
        for name in ["NUL", "nul", "CON", r"\\.\pipe\name"] {
            assert!(is_device_name(Path::new(name)), "{name}");
        }
        for name in ["", "NULL", "folder", r"C:\folder\file.xml", r"\\?\C:\file", r"\\server\share\file"] {
            assert!(!is_device_name(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn a_command_is_passed_to_the_shell_as_it_stands() {
        let script = format!("echo a \"b c\" {}", shell_argument("GIVEN"));
        let ran = shell(&script).env("GIVEN", "d & echo ^|").output().unwrap();
        assert_eq!(String::from_utf8(ran.stdout).unwrap().trim_end(), "a \"b c\" \"d & echo ^|\"");
        assert!(
            can_be_argument("d & echo ^|")
                && !can_be_argument("a\" & b")
                && !can_be_argument("a\nb")
                && !can_be_argument("a\\")
        );
    }

    #[test]
    fn a_group_is_killed_with_what_it_has_started() {
        let begun = Instant::now();
        let mut command = shell("cmd.exe /D /C pause");
        let (mut child, group) = ProgramGroup::spawn(command.stdin(Stdio::piped()).stdout(Stdio::piped())).unwrap();
        // It waits for a key in a pipe that stays open.
        let _question = child.stdin.take();
        std::thread::sleep(Duration::from_millis(500));
        assert!(child.try_wait().unwrap().is_none());
        group.kill();
        // The pipe ends when the last program that writes to it has ended.
        std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
        assert!(!child.wait().unwrap().success());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }

    #[test]
    fn a_program_of_a_group_runs() {
        let (child, group) = ProgramGroup::spawn(shell("echo here").stdout(Stdio::piped())).unwrap();
        let ran = child.wait_with_output().unwrap();
        group.release();
        assert_eq!(String::from_utf8(ran.stdout).unwrap().trim_end(), "here");
    }
}
