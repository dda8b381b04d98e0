//! The command line as a face: a process per call, its session in a settings file as for a user.
//!
//! ```text
//!   open   a settings file in its own folder (0700, 0600), in wscli's keys; of another protocol, its settings as JSON
//!   call   `bankchannel GROUP COMMAND --option=…` if there is such a command, else `bankchannel call NAME @FILE`
//! ```

use std::{
    collections::BTreeMap,
    future::Future,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    pin::Pin,
    process::Stdio,
    time::Duration,
};

use bankchannel::{
    operation::{CatalogueEntry, OperationKind},
    protocols::Protocol,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, process::Command};

use super::{Face, arguments, built};
use crate::world::Outcome;

/// How long a process may take.
const PATIENCE: Duration = Duration::from_secs(150);

/// Settings of a client, and their keys in the settings file.
const KEYS: &[(&str, &str)] = &[
    ("base_url", "baseurl"),
    ("public_key_file", "publickeyfile"),
    ("public_key_pem", "publickeypem"),
    ("email", "email"),
    ("mode", "mode"),
    ("password", "password"),
    ("name", "name"),
    ("company", "company"),
    ("phone", "phone"),
    ("api_key", "apikey"),
    ("bank", "bank"),
    ("ca_file", "cafile"),
    ("proxy", "proxy"),
    ("environment", "environment"),
    ("id_token", "idtoken"),
];

/// The command line.
#[derive(Default)]
pub struct Cli {
    clients: BTreeMap<String, Client>,
}

struct Client {
    folder: tempfile::TempDir,
    seal_key: Value,
    protocol: &'static Protocol,
}

impl Client {
    fn file(&self) -> PathBuf {
        self.folder.path().join(if has_sessions(self.protocol) { "wscli/settings.yaml" } else { "wscli/settings.json" })
    }

    /// A call that only validates the settings: a required field is missing, so that nothing is sent.
    fn probe(&self) -> Value {
        let local = self.protocol.callables().find(|found| found.entry.declaration.kind == OperationKind::Local);
        let any = local.or_else(|| self.protocol.callables().next());
        let name = any.map_or("", |found| found.entry.declaration.name);
        json!({"name": name, "request": {}, "timeout_ms": -1})
    }

    fn scratch(&self, name: &str, bytes: &[u8]) -> Outcome<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).map_err(|why| why.to_string())?;
        Ok(path)
    }
}

impl Face for Cli {
    fn name(&self) -> &str {
        "cli"
    }

    fn send(&mut self, request: Value) -> Pin<Box<dyn Future<Output = Outcome<Value>> + Send + '_>> {
        Box::pin(async move {
            let name = request["client"].as_str().unwrap_or("main").to_owned();
            match request["op"].as_str() {
                Some("open") => match open(&request["settings"])? {
                    Opened::Client(client) => {
                        // A process reads its settings when it runs: this reports their errors now.
                        let seen = call(&client, &client.probe()).await?;
                        let wrong = seen["error"]["category"] == "configuration";
                        self.clients.insert(name, client);
                        Ok(if wrong { seen } else { json!({"ok": true}) })
                    }
                    Opened::NotApplicable(why) => Ok(json!({"not_applicable": why})),
                },
                Some("call") => {
                    let client = self.clients.get(&name).ok_or_else(|| format!("no client `{name}` was opened"))?;
                    call(client, &request).await
                }
                other => Err(format!("unknown op {other:?}")),
            }
        })
    }

    fn reset(&mut self) -> Pin<Box<dyn Future<Output = Outcome<()>> + Send + '_>> {
        self.clients.clear();
        Box::pin(async { Ok(()) })
    }
}

enum Opened {
    Client(Client),
    NotApplicable(String),
}

/// Whether the settings are those of `wscli`, with the session; other protocols have a JSON file.
fn has_sessions(protocol: &Protocol) -> bool {
    protocol.sessions.is_some()
}

fn open(settings: &Value) -> Outcome<Opened> {
    let named = settings["protocol"].as_str();
    let protocol =
        named.map_or_else(|| bankchannel::protocols::PROTOCOLS.first().copied(), bankchannel::protocols::protocol);
    let protocol = protocol.ok_or_else(|| format!("there is no protocol {named:?}"))?;
    if !has_sessions(protocol) {
        return file(settings.to_string(), Value::Null, protocol).map(Opened::Client);
    }
    let mut text = String::from("settings:\n");
    for (name, value) in settings.as_object().into_iter().flatten() {
        match KEYS.iter().find(|(setting, _)| setting == name) {
            // A JSON text is a YAML text in double quotes.
            Some((_, key)) => text.push_str(&format!("  {key}: {value}\n")),
            None if name == "seal_key" => {}
            None => return Ok(Opened::NotApplicable(format!("the command line has no setting `{name}`"))),
        }
    }
    if settings["id_token"].is_string() && settings["mode"].is_string() {
        text.push_str(&format!("  idtokenmode: {}\n", settings["mode"]));
    }
    file(text, settings["seal_key"].clone(), protocol).map(Opened::Client)
}

/// A client with this settings file, readable by its owner only.
fn file(text: String, seal_key: Value, protocol: &'static Protocol) -> Outcome<Client> {
    let failed = |why: std::io::Error| why.to_string();
    let folder = tempfile::tempdir().map_err(failed)?;
    let client = Client { folder, seal_key, protocol };
    let file = client.file();
    let parent = file.parent().unwrap_or(Path::new("/"));
    std::fs::DirBuilder::new().mode(0o700).create(parent).map_err(failed)?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(&file).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)?;
    Ok(client)
}

async fn call(client: &Client, request: &Value) -> Outcome<Value> {
    let mut given = request["request"].clone();
    let name = request["name"].as_str().unwrap_or_default();
    let entry = bankchannel::find(name).ok_or_else(|| format!("there is no operation {name}"))?;
    let sealed = entry.request.fields().iter().any(|field| field.name == "seal_key");
    if sealed && given["seal_key"].is_null() && !client.seal_key.is_null() {
        given["seal_key"] = client.seal_key.clone();
    }
    let mut shared: Vec<String> = vec!["--json".into(), "--noninteractive".into()];
    // The operations of a module of functions have no settings.
    if bankchannel::protocols::protocol(entry.declaration.protocol).is_some_and(|protocol| protocol.client.is_some()) {
        let option = if has_sessions(client.protocol) { "-c" } else { "--settings" };
        shared.extend([option.to_owned(), client.file().display().to_string()]);
    }
    shared.extend(signer(&request["answers"]).map(|command| format!("--signer={command}")));
    shared.extend(bank(client, entry, &request["answers"])?.map(|command| format!("--bank-command={command}")));
    match request["timeout_ms"].as_i64() {
        None | Some(-1) => {}
        Some(limit) if limit > 0 && limit % 1000 == 0 => shared.push(format!("--timeout={}", limit / 1000)),
        Some(_) => {
            return Ok(
                json!({"not_applicable": "the command line takes a limit in whole seconds, and 0 is the operation's own"}),
            );
        }
    }
    let output = request["destination"]["path"].as_str();
    if request["destination"]["pieces"] == true {
        return Ok(json!({"not_applicable": "the command line writes an answer's file whole"}));
    }
    shared.extend(output.map(|path| format!("--output={path}")));
    let environment = match environment(&request["answers"]) {
        Ok(environment) => environment,
        Err(why) => return Ok(json!({"not_applicable": why})),
    };
    let content = content(client, &request["content"])?;
    let bare = {
        let file = client.scratch("request.json", given.to_string().as_bytes())?;
        let mut all = vec!["call".to_owned(), name.to_owned(), format!("@{}", file.display())];
        all.extend(content.iter().map(|path| format!("--content={}", path.display())));
        all
    };
    let run = Run {
        client,
        shared: &shared,
        environment: &environment,
        cancel_after_ms: request["cancel_after_ms"].as_u64(),
    };
    let typed = arguments::typed(entry, &given, content.as_deref());
    if let Some(typed) = typed {
        let ended = run.run(&typed).await?;
        // If clap refuses an option, or an error names options, the library's own error is checked too.
        let refused_by_options = ended.code != Some(0) && (ended.json.is_none() || is_about_options(&ended));
        if !refused_by_options {
            return answer(ended, output);
        }
        let same = answer(run.run(&bare).await?, output)?;
        return if same.get("error").is_some() {
            Ok(same)
        } else {
            Err(format!("bankchannel {} refused what `call` accepts: {}", typed[..2].join(" "), ended.told))
        };
    }
    answer(run.run(&bare).await?, output)
}

fn is_about_options(ended: &Ended) -> bool {
    ended.json.as_ref().is_some_and(|json| {
        let error = &json["error"];
        error["code"] == "input.invalid_field" && error["operation"].is_null() && error["context"]["field"].is_null()
    })
}

struct Run<'a> {
    client: &'a Client,
    shared: &'a [String],
    environment: &'a [(String, String)],
    cancel_after_ms: Option<u64>,
}

struct Ended {
    json: Option<Value>,
    code: Option<i32>,
    told: String,
}

impl Run<'_> {
    async fn run(&self, arguments: &[String]) -> Outcome<Ended> {
        let program = built().join("bankchannel");
        let mut child = Command::new(&program)
            .args(arguments)
            .args(self.shared)
            .env_clear()
            .env("HOME", self.client.folder.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| format!("{} does not start: {why}", program.display()))?;
        if let Some(mut input) = child.stdin.take() {
            let _ = input.shutdown().await;
        }
        if let (Some(after), Some(id)) = (self.cancel_after_ms, child.id()) {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                let _ = Command::new("kill").args(["-INT", &id.to_string()]).status().await;
            });
        }
        let output = tokio::time::timeout(PATIENCE, child.wait_with_output())
            .await
            .map_err(|_| format!("bankchannel {} did not end", arguments.first().map_or("", String::as_str)))?
            .map_err(|why| why.to_string())?;
        let json = serde_json::from_slice(&output.stdout).ok();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Ended { json, code: output.status.code(), told })
    }
}

fn answer(ended: Ended, output: Option<&str>) -> Outcome<Value> {
    let Some(mut json) = ended.json else {
        if ended.code == Some(0) && output.is_some() {
            return Ok(json!({"response": {}, "content": null}));
        }
        return Err(format!("bankchannel ended with {:?} and printed no JSON: {}", ended.code, ended.told));
    };
    if json.get("error").is_some() {
        return if ended.code == Some(0) { Err("an error with exit code 0".into()) } else { Ok(json) };
    }
    // Files that failed, and a file, signature or request found wrong, have a separate exit code, with the whole
    // response.
    let is_wrong = ["ok", "good", "valid"].iter().any(|verdict| json[verdict] == false);
    let any = |name: &str| json[name].as_u64().is_some_and(|count| count > 0);
    let failed = any("failed") || any("not_tried") || is_wrong;
    let expected = match json["verdict"].as_str() {
        Some("rejected") => 5,
        Some("partly_rejected") => 6,
        _ => i32::from(failed),
    };
    if ended.code != Some(expected) {
        return Err(format!("bankchannel ended with {:?} after {json}", ended.code));
    }
    let base64 =
        json.as_object_mut().into_iter().flatten().find_map(|(_, value)| value.as_object_mut()?.remove("base64"));
    Ok(json!({"response": json, "content": base64.map(|text| json!({"base64": text}))}))
}

/// The command of a user with an external key: OpenSSL with the key in a file, over the digest on its standard input.
fn signer(answers: &Value) -> Option<String> {
    let key_file = answers["signature"]["sign_with"].as_str()?;
    let words = super::signing_arguments(key_file, "rsa_pkcs1_sha256");
    Some(format!("openssl {}", words.join(" ")))
}

/// The prefix of the names of questions to a bank's code.
const BANK: &str = "bank.";

/// The command of a user whose bank is a program: prints the answer from a file for each question.
fn bank(client: &Client, entry: &CatalogueEntry, answers: &Value) -> Outcome<Option<String>> {
    if entry.declaration.asks_object().is_none() {
        return Ok(None);
    }
    let windows = super::is_foreign_windows();
    let mut cases = String::new();
    for (kind, answer) in answers.as_object().into_iter().flatten() {
        let Some(name) = kind.strip_prefix(BANK) else { continue };
        let text = answer.as_str().ok_or_else(|| format!("{kind}: the answer is no text"))?;
        let file = client.scratch(&format!("answer-{name}.json"), text.as_bytes())?.display().to_string();
        cases.push_str(&if windows {
            format!("if \"%BANKCHANNEL_QUESTION%\"==\"{name}\" (type \"{}\") else ", file.replace('/', "\\"))
        } else {
            format!("{name}) cat '{file}';; ")
        });
    }
    Ok(Some(if windows {
        format!("{cases}exit 1")
    } else {
        format!("case \"$BANKCHANNEL_QUESTION\" in {cases}*) exit 1;; esac")
    }))
}

/// Codes that a flow asks for are taken from the environment, as in a script (docs/protocols/ws-channel.md §8.1).
fn environment(answers: &Value) -> Result<Vec<(String, String)>, String> {
    let mut out: BTreeMap<&str, String> = BTreeMap::new();
    let asked = answers.as_object().into_iter().flatten();
    for (kind, value) in asked.filter(|(kind, value)| value["sign_with"].is_null() && !kind.starts_with(BANK)) {
        let variable = match kind.as_str() {
            "phone_code" => "ISECURE_PHONE_CODE",
            "email_code" => "ISECURE_EMAIL_CODE",
            "sms_code" | "totp_code" | "mfa_code" => "ISECURE_MFA_CODE",
            _ => return Err(format!("the command line asks for {kind} at a terminal only")),
        };
        let value = value.as_str().ok_or_else(|| format!("{kind} is not known before the process starts"))?;
        if out.insert(variable, value.to_owned()).is_some_and(|other| other != value) {
            return Err("two different codes of a second factor in one process".into());
        }
    }
    Ok(out.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The file with the content that goes with a call.
fn content(client: &Client, given: &Value) -> Outcome<Option<PathBuf>> {
    let decode = |text: &str| STANDARD.decode(text).map_err(|why| why.to_string());
    if let Some(path) = given["path"].as_str() {
        return Ok(Some(path.into()));
    }
    let bytes = if let Some(text) = given["base64"].as_str() {
        decode(text)?
    } else if let Some(pieces) = given["pieces"].as_array() {
        let pieces: Vec<Vec<u8>> = pieces.iter().filter_map(Value::as_str).map(decode).collect::<Outcome<_>>()?;
        pieces.concat()
    } else {
        return Ok(None);
    };
    client.scratch("content", &bytes).map(Some)
}
