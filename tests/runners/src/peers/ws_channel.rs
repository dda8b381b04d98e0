//! The WS Channel service: how it is started, and the checks of each of its answers.

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use bankchannel_crypto::rsa;
use serde_json::{Value, json};

use super::{Peer, Sent, text};
use crate::{connection::Answer, world::Outcome};

/// If set to a PostgreSQL URL, the services of all cases keep their data there, each in its own schema.
pub const POSTGRES: &str = "BANKCHANNEL_SERVICE_POSTGRES";

/// Makes a schema and returns the URL for it.
///
/// # Errors
/// The output of `psql`.
pub fn schema_of_its_own(url: &str) -> Outcome<String> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let schema = format!("case_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("psql")
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-c", &format!("CREATE SCHEMA {schema}"), url])
        .output();
    let made = made.map_err(|why| format!("psql does not start: {why}"))?;
    if !made.status.success() {
        return Err(format!("psql: {}", String::from_utf8_lossy(&made.stderr)));
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{separator}options[search_path]={schema}"))
}

/// The service.
pub(super) struct Service;

impl Peer for Service {
    fn word(&self) -> &'static str {
        "service"
    }

    fn kind(&self) -> &'static str {
        "ws-channel"
    }

    fn options(&self, folder: &Path, config: &Value) -> Outcome<Value> {
        let mut table = config.as_object().cloned().unwrap_or_default();
        let key_file = folder.join("service-key.pem");
        write_private(&key_file, shared_rsa_key()).map_err(|why| why.to_string())?;
        table.entry("rsa_private_key").or_insert_with(|| json!(key_file));
        if let Ok(url) = std::env::var(POSTGRES) {
            table.insert("postgres_url".into(), json!(schema_of_its_own(&url)?));
        }
        let settings = toml::to_string(&table).map_err(|why| why.to_string())?;
        let config_file = folder.join("service.toml");
        std::fs::write(&config_file, settings).map_err(|why| why.to_string())?;
        Ok(json!({"data": folder.join("data"), "config": config_file, "control": true}))
    }

    fn values(&self, ready: &Value) -> Outcome<BTreeMap<String, Value>> {
        let pem = std::fs::read_to_string(text(ready, "public_key_file")).map_err(|why| why.to_string())?;
        Ok(BTreeMap::from([("public_key_pem".to_owned(), json!(pem))]))
    }

    fn fill(&self, ready: &Value, values: &BTreeMap<String, Value>, _: &Value, settings: &Value) -> Value {
        let mut all = settings.as_object().cloned().unwrap_or_default();
        all.entry("base_url").or_insert_with(|| ready["base_url"].clone());
        all.entry("public_key_pem").or_insert_with(|| values.get("public_key_pem").cloned().unwrap_or_default());
        Value::Object(all)
    }

    fn check_answer(&self, _: &Value, _: Sent<'_>, answer: &Answer) -> Outcome<()> {
        envelope(answer)
    }

    fn found<'a>(&self, name: &str, seen: &'a Value) -> Option<&'a Value> {
        match name {
            "text" => Some(&seen["body"]["ResponseText"]),
            "code" => Some(&seen["body"]["ResponseCode"]),
            _ => None,
        }
    }
}

/// One service key for all cases of a run: making one takes longer than most cases.
fn shared_rsa_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| rsa::RsaPrivateKey::generate(2048).expect("a key can be made").to_pkcs8_pem().to_string())
}

/// Writes a file readable by its owner only: the service accepts its key from no other.
fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// Checks every answer (W14, W15).
fn envelope(answer: &Answer) -> Outcome<()> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let header = |name: &str| answer.headers.get(name).map(String::as_str).unwrap_or_default();
    let id = header("x-request-id");
    if !is_uuid(id) {
        return Err(format!("the header x-request-id is {id:?}"));
    }
    if header("cache-control") != "no-store" {
        return Err("the header cache-control is not no-store".into());
    }
    if answer.headers.contains_key("content-encoding") {
        return Err("the answer has a content coding".into());
    }
    if answer.body.is_empty() {
        return if answer.status == 204 { Ok(()) } else { Err("the answer has no body".into()) };
    }
    if !header("content-type").starts_with("application/json") || !json.is_object() {
        return Err("the answer is not a JSON object".into());
    }
    let code = json["ResponseCode"].as_str().unwrap_or_default();
    if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_digit()) || !json["ResponseText"].is_string() {
        return Err("the answer has no ResponseCode of two digits, or no ResponseText".into());
    }
    if json.as_object().into_iter().flatten().any(|(_, value)| value.is_null()) {
        return Err("the answer has a null".into());
    }
    // Refusals of keys and signatures give the reason in one more member.
    let details = json.get("ResponseDetail").map_or(0, |detail| usize::from(detail.is_string()));
    let members = json.as_object().map_or(0, serde_json::Map::len) - details;
    match code {
        "00" if answer.status / 100 != 2 => Err("code 00 with a failure's status".into()),
        "00" => Ok(()),
        _ if members != 3 || json["RequestId"].as_str() != Some(id) => {
            Err("a failure has three members, ResponseDetail at most besides, and the RequestId of the header".into())
        }
        _ => Ok(()),
    }
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
        && groups[2].starts_with('4')
}
