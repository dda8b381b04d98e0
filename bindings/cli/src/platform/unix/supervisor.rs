//! The socket on which a supervisor, such as systemd, is told how a service stands.

use std::{
    env,
    ffi::OsStr,
    io,
    os::unix::{ffi::OsStrExt as _, net::UnixDatagram},
    time::Duration,
};

/// The variable with the socket's name: a path, or with `@` in front a name without a file.
const VARIABLE: &str = "NOTIFY_SOCKET";
/// How long a supervisor may leave a message unread that does not fit into its queue.
const UNREAD: Duration = Duration::from_secs(5);

/// A supervisor that wants to be told.
pub(crate) struct SupervisorSocket(UnixDatagram);

impl SupervisorSocket {
    /// The one that the environment names, if any. The variable is removed: programs that this process starts are not its
    /// service. With threads it stays, since one of them may read the environment; systemd passes over what other processes
    /// than the service's own tell (`NotifyAccess=main`).
    ///
    /// # Errors
    /// Those of the operating system, for a name that leads to no socket.
    pub(crate) fn take() -> io::Result<Option<Self>> {
        let Some(name) = env::var_os(VARIABLE).filter(|name| !name.is_empty()) else { return Ok(None) };
        if is_single_thread() {
            // SAFETY: no other thread is there to read the environment.
            unsafe { env::remove_var(VARIABLE) };
        }
        let socket = UnixDatagram::unbound()?;
        connect(&socket, &name)?;
        socket.set_write_timeout(Some(UNREAD))?;
        Ok(Some(Self(socket)))
    }

    /// Sends one message: lines of `NAME=VALUE`.
    ///
    /// # Errors
    /// Those of the operating system.
    pub(crate) fn tell(&self, message: &str) -> io::Result<()> {
        self.0.send(message.as_bytes()).map(drop)
    }
}

/// Only Linux tells; elsewhere there may be others.
fn is_single_thread() -> bool {
    std::fs::read_dir("/proc/self/task").is_ok_and(|threads| threads.count() == 1)
}

#[cfg(target_os = "linux")]
fn connect(socket: &UnixDatagram, name: &OsStr) -> io::Result<()> {
    use std::os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr};

    match name.as_bytes().strip_prefix(b"@") {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?),
        None => socket.connect(name),
    }
}

#[cfg(not(target_os = "linux"))]
fn connect(socket: &UnixDatagram, name: &OsStr) -> io::Result<()> {
    socket.connect(name)
}
