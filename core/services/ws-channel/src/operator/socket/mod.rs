//! The operator's access to a running service: a socket in the data folder that only the service's user can open.
//! Request and response are one line of JSON each.

mod platform;

use std::{
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bankchannel_foundation::{Error, Result, error::row, operation::DataAccess};
use bankchannel_server::operator::CallableCommand;
use bankchannel_transport::background;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{OPERATOR_COMMANDS, api::AdminApi};
use platform::{AdminListener, AdminStream, connect};

/// The socket below the data folder.
const FILE: &str = "admin.sock";
/// Size limit of a command, in bytes.
const MAX_COMMAND: u64 = 64 * 1024;
/// Size limit of a response, in bytes: a page of the audit trail.
const MAX_ANSWER: u64 = 64 * 1024 * 1024;
/// How the refusal of a command begins that cannot be read; that of every version.
const UNREADABLE: &str = "the command cannot be read";
/// Time limit for receiving a command.
const PAUSE: Duration = Duration::from_secs(10);

/// The admin socket of a running service.
pub(crate) struct AdminSocket {
    listener: AdminListener,
    path: PathBuf,
}

impl AdminSocket {
    /// Opens it. A service without a socket works too, but must be stopped before operator commands.
    pub(crate) fn open(data: &Path) -> Option<Self> {
        let path = data.join(FILE);
        // This process holds the data folder's lock, so an existing socket is stale.
        let _ = fs::remove_file(&path);
        match AdminListener::open(&path) {
            Ok(listener) => Some(Self { listener, path }),
            Err(why) => {
                tracing::warn!(path = %path.display(), %why, "the operator's socket cannot be opened: admin commands need a stopped service");
                None
            }
        }
    }

    /// Serves the operator until `stop` is cancelled; each command gets an `api` of its own.
    pub(crate) fn serve(self, api: impl Fn() -> AdminApi + Send + 'static, stop: CancellationToken) -> JoinHandle<()> {
        background::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = stop.cancelled() => break,
                    accepted = self.listener.accept() => accepted,
                };
                match accepted {
                    Ok(stream) => {
                        let api = api();
                        background::spawn(async move { answer(stream, &api).await });
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
            let _ = fs::remove_file(&self.path);
        })
    }
}

async fn answer(mut stream: AdminStream, api: &AdminApi) {
    let mut given = Vec::new();
    let mut bounded = (&mut stream).take(MAX_COMMAND);
    if !matches!(tokio::time::timeout(PAUSE, bounded.read_to_end(&mut given)).await, Ok(Ok(_))) {
        return;
    }
    let told = match carried_out(&given, api).await {
        Ok(response) => json!({ "response": response }),
        Err(error) => json!({ "error": error.to_json() }),
    };
    // The client may have disconnected.
    let _ = stream.write_all(told.to_string().as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Carries out a command: `{"command": "ws_channel_operator.keys", "request": {…}}`.
async fn carried_out(given: &[u8], api: &AdminApi) -> Result<Value> {
    let unreadable = |why: &dyn Display| Error::because(&row::INVALID_JSON, format!("{UNREADABLE}: {why}"));
    let mut given: Value = serde_json::from_slice(given).map_err(|why| unreadable(&why))?;
    let name = given["command"].as_str().ok_or_else(|| unreadable(&"it has no name"))?;
    let command = CallableCommand::named(OPERATOR_COMMANDS, name)?;
    if matches!(command.form.access, DataAccess::None | DataAccess::Migrate) {
        return Err(Error::invalid_field("command", "is not carried out by a running service"));
    }
    command.carry_out(Arc::new(api.clone()), given["request"].take()).await
}

/// The socket of the service that runs on a data folder, if one runs.
pub(crate) async fn of_running(data: &Path) -> Option<PathBuf> {
    let path = data.join(FILE);
    connect(&path).await.ok().map(|_| path)
}

/// Sends a command to a running service.
///
/// # Errors
/// The service's errors; `input.too_large`; `resource.storage` when the connection broke or the service is of another
/// version.
pub(crate) async fn ask(socket: &Path, command: &CallableCommand, request: &Value) -> Result<Value> {
    let gone = |why: std::io::Error| {
        Error::because(&row::STORAGE, format!("the running service did not answer through {}: {why}", socket.display()))
    };
    let request = json!({ "command": command.entry.declaration.name, "request": request }).to_string();
    // The service reads no more, and what it has read would be no JSON.
    if request.len() as u64 > MAX_COMMAND {
        let why = format!("a command for a running service has at most {MAX_COMMAND} bytes");
        return Err(Error::because(&row::TOO_LARGE, why).with("limit_bytes", MAX_COMMAND));
    }
    let mut stream = connect(socket).await.map_err(gone)?;
    stream.write_all(request.as_bytes()).await.map_err(gone)?;
    stream.shutdown().await.map_err(gone)?;
    let mut told = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut told).await.map_err(gone)?;
    let mut told: Value = serde_json::from_slice(&told).map_err(|why| gone(why.into()))?;
    let of_other_version = || gone(std::io::Error::other("it runs another version of this program: restart it"));
    let Some(refused) = told.get_mut("error").map(Value::take) else {
        return told.get_mut("response").map(Value::take).ok_or_else(of_other_version);
    };
    let is_unread = refused["message"].as_str().is_some_and(|message| message.contains(UNREADABLE));
    let of_code = |code: &str| bankchannel::error_table().find(|row| row.code == code);
    Err(Error::from_json(refused, of_code).filter(|_| !is_unread).unwrap_or_else(of_other_version))
}
