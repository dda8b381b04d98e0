//! The operator's access to a running service: a socket in the data folder that only the service's user can open.
//! Request and response are one line of JSON each.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_transport::background;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{api::AdminApi, command::OperatorCommand};

/// The socket below the data folder.
const FILE: &str = "admin.sock";
/// Size limit of a command, in bytes.
const MAX_COMMAND: u64 = 64 * 1024;
/// Size limit of a response, in bytes: a page of the audit trail.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;
/// Time limit for receiving a command.
const PAUSE: Duration = Duration::from_secs(10);

/// The admin socket of a running service.
pub(crate) struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl AdminSocket {
    /// Opens it. A service without a socket works too, but must be stopped before operator commands.
    pub(crate) fn open(data: &Path) -> Option<Self> {
        let path = data.join(FILE);
        // This process holds the data folder's lock, so an existing socket is stale.
        let _ = fs::remove_file(&path);
        let opened = UnixListener::bind(&path)
            .and_then(|listener| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map(|()| listener));
        match opened {
            Ok(listener) => Some(Self { listener, path }),
            Err(why) => {
                tracing::warn!(path = %path.display(), %why, "the operator's socket cannot be opened: admin commands need a stopped service");
                None
            }
        }
    }

    /// Serves the operator until `stop` is cancelled.
    pub(crate) fn serve(self, api: AdminApi, stop: CancellationToken) -> JoinHandle<()> {
        background::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => break,
                    accepted = self.listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) => {
                        let api = api.clone();
                        background::spawn(async move { answer(stream, &api).await });
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            let _ = fs::remove_file(&self.path);
        })
    }
}

async fn answer(mut stream: UnixStream, api: &AdminApi) {
    let mut given = Vec::new();
    let mut bounded = (&mut stream).take(MAX_COMMAND);
    if !matches!(tokio::time::timeout(PAUSE, bounded.read_to_end(&mut given)).await, Ok(Ok(_))) {
        return;
    }
    let done = match serde_json::from_slice::<OperatorCommand>(&given) {
        Ok(command) => api.carry_out(command).await,
        Err(why) => Err(Error::because(&row::INVALID_JSON, format!("the command cannot be read: {why}"))),
    };
    let told = match done {
        Ok(value) => json!({ "done": value }),
        Err(error) => json!({ "error": error.to_json() }),
    };
    // The client may have disconnected.
    let _ = stream.write_all(told.to_string().as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// The socket of the service that runs on a data folder, if one runs.
pub(crate) async fn of_running(data: &Path) -> Option<PathBuf> {
    let path = data.join(FILE);
    UnixStream::connect(&path).await.ok().map(|_| path)
}

/// Sends a command to a running service.
///
/// # Errors
/// The service's errors; `resource.storage` when the connection broke.
pub(crate) async fn ask(socket: &Path, command: &OperatorCommand) -> Result<Value> {
    let gone = |why: std::io::Error| {
        Error::because(&row::STORAGE, format!("the running service did not answer through {}: {why}", socket.display()))
    };
    let request = serde_json::to_vec(command).map_err(Error::internal)?;
    let mut stream = UnixStream::connect(socket).await.map_err(gone)?;
    stream.write_all(&request).await.map_err(gone)?;
    stream.shutdown().await.map_err(gone)?;
    let mut told = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut told).await.map_err(gone)?;
    let mut told: Value = serde_json::from_slice(&told).map_err(|why| gone(why.into()))?;
    let Some(refused) = told.get_mut("error").map(Value::take) else { return Ok(told["done"].take()) };
    let of_code = |code: &str| bankchannel::error_table().find(|row| row.code == code);
    let of_other_version = || gone(std::io::Error::other("it runs another version of this program: restart it"));
    Err(Error::from_json(refused, of_code).unwrap_or_else(of_other_version))
}
