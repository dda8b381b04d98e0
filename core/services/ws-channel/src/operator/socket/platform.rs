//! What differs between systems: a socket with a path, which only its owner can open. Windows has none that a file's access list
//! guards and both ends know each other by: there the operator's commands need a stopped service.

#[cfg(unix)]
pub(super) use unix::{AdminListener, AdminStream, connect};
#[cfg(windows)]
pub(super) use windows::{AdminListener, AdminStream, connect};

#[cfg(unix)]
mod unix {
    use std::{fs, io, os::unix::fs::PermissionsExt as _, path::Path};

    use tokio::net::UnixListener;
    pub(in super::super) use tokio::net::UnixStream as AdminStream;

    /// Waits for the operator.
    pub(in super::super) struct AdminListener(UnixListener);

    impl AdminListener {
        pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
            let listener = UnixListener::bind(path)?;
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
            Ok(Self(listener))
        }

        pub(in super::super) async fn accept(&self) -> io::Result<AdminStream> {
            self.0.accept().await.map(|(stream, _)| stream)
        }
    }

    pub(in super::super) async fn connect(path: &Path) -> io::Result<AdminStream> {
        AdminStream::connect(path).await
    }
}

#[cfg(windows)]
mod windows {
    use std::{
        io::{self, ErrorKind},
        path::Path,
    };

    pub(in super::super) use tokio::io::DuplexStream as AdminStream;

    /// There is none.
    pub(in super::super) enum AdminListener {}

    impl AdminListener {
        pub(in super::super) fn open(_path: &Path) -> io::Result<Self> {
            Err(io::Error::new(ErrorKind::Unsupported, "there is none on Windows"))
        }

        pub(in super::super) async fn accept(&self) -> io::Result<AdminStream> {
            match *self {}
        }
    }

    pub(in super::super) async fn connect(_path: &Path) -> io::Result<AdminStream> {
        Err(ErrorKind::Unsupported.into())
    }
}
