//! The pair of sockets that wakes an event loop: what is written into one end can be read from the other.

#[cfg(unix)]
pub(crate) use unix::{Socket, number, pair};
#[cfg(windows)]
pub(crate) use windows::{Socket, number, pair};

#[cfg(unix)]
mod unix {
    use std::{
        io,
        os::{fd::AsRawFd, unix::net::UnixStream},
    };

    pub(crate) type Socket = UnixStream;

    pub(crate) fn pair() -> io::Result<(Socket, Socket)> {
        UnixStream::pair()
    }

    /// The file descriptor.
    pub(crate) fn number(socket: &Socket) -> i64 {
        socket.as_raw_fd().into()
    }
}

#[cfg(windows)]
mod windows {
    use std::{
        io,
        net::{Ipv4Addr, TcpListener, TcpStream},
        os::windows::io::AsRawSocket,
    };

    pub(crate) type Socket = TcpStream;

    pub(crate) fn pair() -> io::Result<(Socket, Socket)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let wake = TcpStream::connect(listener.local_addr()?)?;
        let own = wake.local_addr()?;
        loop {
            // Another program may have connected first.
            let (readable, peer) = listener.accept()?;
            if peer == own {
                // A byte does not wait until the one before it is acknowledged.
                wake.set_nodelay(true)?;
                return Ok((readable, wake));
            }
        }
    }

    /// The handle, which has as many bits as a number of Python's `select`.
    pub(crate) fn number(socket: &Socket) -> i64 {
        socket.as_raw_socket().cast_signed()
    }
}
