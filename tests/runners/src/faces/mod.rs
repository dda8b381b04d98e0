//! The faces: every interface through which a program uses bankchannel.

mod arguments;
mod c;
mod cli;
mod process;
mod rust;

use std::{
    future::Future,
    io::Write as _,
    path::{Path, PathBuf},
    pin::Pin,
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

pub use c::C;
pub use cli::Cli;
pub use process::Driver;
pub use rust::Rust;

use crate::world::Outcome;

/// A face under test: takes requests of the driver protocol (`tests/scenarios/README.md`) and answers them.
pub trait Face: Send {
    /// Its name in reports.
    fn name(&self) -> &str;

    /// Carries out one request.
    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Outcome<Value>> + Send + '_>>;

    /// Drops every client.
    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Outcome<()>> + Send + '_>>;
}

/// The answer to a question: given beforehand by its kind; from the outbox, `{email, mode, purpose}`; or a signature of
/// the requested digest by the key in a file, `{"sign_with": PATH}`.
#[must_use]
pub fn answer(answers: &Value, outbox: &str, kind: &str, asked: Option<Asked<'_>>) -> Option<String> {
    match &answers[kind] {
        Value::String(text) => Some(text.clone()),
        Value::Object(wanted) if wanted.contains_key("sign_with") => signature(wanted["sign_with"].as_str()?, &asked?),
        Value::Object(wanted) => {
            let text = std::fs::read_to_string(outbox).ok()?;
            let messages: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            let found =
                messages.iter().rev().find(|message| wanted.iter().all(|(name, value)| message[name] == *value))?;
            found["code"].as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// A requested signature.
pub struct Asked<'a> {
    /// For example, `rsa_pkcs1_sha256`.
    pub algorithm: &'a str,
    /// The digest to sign.
    pub digest: Vec<u8>,
}

/// The work of a user's own signer: OpenSSL with the key in this file, over the digest; returns base64 of the raw
/// signature.
fn signature(key_file: &str, asked: &Asked<'_>) -> Option<String> {
    let mut child = Command::new("openssl")
        .args(signing_arguments(key_file, asked.algorithm))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(&asked.digest).ok()?;
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| STANDARD.encode(output.stdout))
}

/// OpenSSL's arguments for a signature of the digest on its standard input.
fn signing_arguments(key_file: &str, algorithm: &str) -> [String; 6] {
    let hash = algorithm.rsplit('_').next().unwrap_or_default();
    ["pkeyutl", "-sign", "-inkey", key_file, "-pkeyopt", &format!("digest:{hash}")].map(str::to_owned)
}

/// Every face, in the order of the reports.
pub const FACES: &[&str] = &["rust", "cli", "c", "php", "python", "python-async", "node"];

/// Starts a face.
///
/// # Errors
/// The missing part: the library or package of its language must be built before (`tests/run` does).
pub async fn start(name: &str) -> Outcome<Box<dyn Face>> {
    let root = root();
    let at = |path: &str| root.join(path).display().to_string();
    let library = ("BANKCHANNEL_LIBRARY", built().join("libbankchannel_c.so").display().to_string());
    let python = |arguments: &[&str]| {
        let script = std::iter::once(at("tests/runners/drivers/python/driver.py"));
        script.chain(arguments.iter().map(|argument| (*argument).to_owned())).collect::<Vec<_>>()
    };
    let packages =
        ("PYTHONPATH", foreign().map_or_else(|| at("bindings/python"), |folder| in_folder(&folder, "python")));
    let module: Vec<_> =
        foreign().map(|folder| ("BANKCHANNEL_NODE", in_folder(&folder, "node/index.mjs"))).into_iter().collect();
    Ok(match name {
        "rust" => Box::new(Rust::default()),
        "cli" => Box::new(Cli::default()),
        "c" => Box::new(C::start().await?),
        "php" => {
            let arguments = ["-d".to_owned(), "ffi.enable=1".to_owned(), at("tests/runners/drivers/php/driver.php")];
            Box::new(Driver::start(name, "php", &arguments, &[library]).await?)
        }
        "python" => Box::new(Driver::start(name, "python3", &python(&[]), &[packages]).await?),
        "python-async" => Box::new(Driver::start(name, "python3", &python(&["--async"]), &[packages]).await?),
        "node" => Box::new(Driver::start(name, "node", &[at("tests/runners/drivers/node/driver.mjs")], &module).await?),
        other => return Err(format!("there is no face `{other}`: there are {}", FACES.join(", "))),
    })
}

/// The root of the project.
#[must_use]
pub fn root() -> PathBuf {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    path.canonicalize().unwrap_or(path)
}

/// The folder with what was built for another platform, in place of cargo's and of this one's packages: `bankchannel`,
/// `libbankchannel_c.so`, `python`, `node`. `tests/platforms` makes it; its programs run in an emulator where they must.
fn foreign() -> Option<PathBuf> {
    std::env::var_os("BANKCHANNEL_FOREIGN").map(PathBuf::from)
}

/// Whether the other platform is Windows, whose shell runs a user's commands, and whose paths have backslashes.
pub(crate) fn is_foreign_windows() -> bool {
    foreign().is_some_and(|folder| folder.join("program.exe").exists())
}

fn in_folder(folder: &Path, name: &str) -> String {
    folder.join(name).display().to_string()
}

/// Cargo's output folder for the common profile, or the one for another platform.
#[must_use]
pub fn built() -> PathBuf {
    // Not `reports/../release`: the reports' folder may not exist yet.
    foreign().unwrap_or_else(|| crate::report::folder().with_file_name("release"))
}
