//! What differs between systems. Each has a module with the same items, and nothing else of this crate names a system; that of
//! files is [`bankchannel_private_files`].
//!
//! | here | Unix | Windows |
//! |---|---|---|
//! | [`ServiceSignals`], [`Interrupt`] | SIGINT, SIGTERM, SIGHUP, SIGQUIT | Ctrl-C, Ctrl-Break, the console closes, shutdown |
//! | [`ProgramGroup`] | a process group | a job |
//! | [`shell`] | `/bin/sh` | `cmd.exe` |
//! | [`terminal_output`], [`TerminalSettings`] | `/dev/tty`, termios | `CONOUT$`, the mode of `CONIN$` |
//! | [`begin_console`], [`end_console`], [`wait_for_streams`] | the standard streams wait | the console's code page is UTF-8 |
//! | [`end_process`] | nothing else runs before the end | what libraries have for it |
//! | [`begin_as_program`] | signals, closed streams | nothing: closed streams are no numbers that files could get |
//! | [`SupervisorSocket`] | `NOTIFY_SOCKET` | nothing: no supervisor asks |
//! | [`raise_open_files`] | `RLIMIT_NOFILE` | nothing: there is no such limit |
//! | [`enlarge_pipe_of_stderr`] | `F_SETPIPE_SZ`, on Linux | nothing: who has made the pipe has decided |
//! | [`home_folder`] | `$HOME` | `%USERPROFILE%` |

/// What a signal wants of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ServiceSignal {
    /// It ends.
    Stop,
    /// It reads its configuration again. There is none on Windows.
    #[cfg_attr(windows, allow(dead_code))]
    Reload,
}

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

#[cfg(all(test, unix))]
pub(crate) use system::is_group_gone;
pub(crate) use system::{
    END_OF_INPUT, HOME_VARIABLE, Interrupt, PROMPT_READS_CTRL_C, ProgramGroup, ServiceSignals, SupervisorSocket,
    TerminalSettings, begin_as_program, begin_console, can_be_argument, end_console, end_process,
    enlarge_pipe_of_stderr, home_folder, is_device_name, raise_open_files, shell, shell_argument, terminal_output,
    wait_for_streams,
};
