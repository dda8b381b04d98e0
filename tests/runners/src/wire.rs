//! Raw HTTP/1.1: what is written is exactly what the case says, duplicates, odd paths and all.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    expect,
    scenario::{Case, Suite},
    steps, template,
    world::{Told, World},
};

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case; a name that came twice has its values joined by commas.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends one request on a connection of its own and reads the whole answer.
///
/// # Errors
/// What broke.
pub async fn exchange(url: &str, method: &str, headers: &[(String, String)], body: &[u8]) -> Told<Answer> {
    let rest = url.strip_prefix("http://").ok_or("only http:// is spoken here")?;
    let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let broke = |why: std::io::Error| format!("{method} {path}: {why}");
    let mut stream = TcpStream::connect(host).await.map_err(broke)?;
    stream.write_all(head.as_bytes()).await.map_err(broke)?;
    // A server that refuses a large body may answer and close before all of it is written.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.map_err(broke)?;
    parse(&answer)
}

fn parse(bytes: &[u8]) -> Told<Answer> {
    let end = bytes
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or("no answer, or one without an end of its head")?;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or("no HTTP status")?;
    let mut headers = BTreeMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        headers
            .entry(name.trim().to_ascii_lowercase())
            .and_modify(|held: &mut String| *held = format!("{held}, {}", value.trim()))
            .or_insert_with(|| value.trim().to_owned());
    }
    let body = &bytes[end + 4..];
    let chunked = headers.get("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let body = if chunked { unchunk(body)? } else { body.to_vec() };
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    if !body.is_empty() && length.is_some_and(|length: usize| length != body.len()) {
        return Err(format!("the answer has {} bytes, not the {length:?} it announced", body.len()));
    }
    Ok(Answer { status, headers, body })
}

fn unchunk(mut bytes: &[u8]) -> Told<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = bytes.windows(2).position(|window| window == b"\r\n").ok_or("a chunk without its size")?;
        let size = std::str::from_utf8(&bytes[..end]).ok().and_then(|hex| usize::from_str_radix(hex.trim(), 16).ok());
        let size = size.ok_or("a chunk without its size")?;
        if size == 0 {
            return Ok(out);
        }
        out.extend_from_slice(bytes.get(end + 2..end + 2 + size).ok_or("a chunk that breaks off")?);
        bytes = bytes.get(end + 4 + size..).ok_or("a chunk that breaks off")?;
    }
}

/// Runs one case.
///
/// # Errors
/// Which step failed, and why.
pub async fn run(suite: &Suite, case: &Case) -> Told<()> {
    let mut world = World::start(&case.config, &case.options).await?;
    world.values = template::given(&world, &suite.values, &case.values);
    let result = run_steps(suite, &mut world, &case.steps).await;
    world.stop().await;
    result
}

async fn run_steps(suite: &Suite, world: &mut World, steps: &[Value]) -> Told<()> {
    for (number, step) in steps.iter().enumerate() {
        Box::pin(one(suite, world, step)).await.map_err(|why| format!("step {}: {why}", number + 1))?;
    }
    Ok(())
}

async fn one(suite: &Suite, world: &mut World, step: &Value) -> Told<()> {
    if let Some(name) = step["use"].as_str() {
        let procedure = suite.procedures.get(name).ok_or_else(|| format!("there is no procedure `{name}`"))?;
        let before = steps::enter(world, step)?;
        let result = run_steps(suite, world, procedure).await.map_err(|why| format!("{name}, {why}"));
        steps::leave(world, before);
        return result;
    }
    if steps::common_step(world, step).await? {
        return Ok(());
    }
    let request = &step["request"];
    if !request.is_object() {
        return Err(format!("not a step: {step}"));
    }
    let times = step["repeat"].as_u64().unwrap_or(1);
    for _ in 0..times {
        let deadline =
            tokio::time::Instant::now() + std::time::Duration::from_secs(step["within_s"].as_u64().unwrap_or(0));
        loop {
            let result = request_once(world, request, step).await;
            if result.is_ok() || tokio::time::Instant::now() >= deadline {
                result?;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

async fn request_once(world: &mut World, request: &Value, step: &Value) -> Told<()> {
    let request = template::fill(world, request)?;
    let method = request["method"].as_str().unwrap_or("GET");
    let path = request["path"].as_str().ok_or("a request has a path")?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        match value {
            Value::Array(values) => {
                headers.extend(values.iter().filter_map(|v| Some((name.clone(), v.as_str()?.to_owned()))))
            }
            Value::String(text) => headers.push((name.clone(), text.clone())),
            _ => {}
        }
    }
    if let Some(session) = request["as"].as_str() {
        for (header, key) in [("authorization", "token"), ("x-api-key", "api_key")] {
            let value = world.values.get(&format!("{session}.{key}")).and_then(Value::as_str);
            headers.push((
                header.to_owned(),
                value.ok_or_else(|| format!("no session `{session}` was saved"))?.to_owned(),
            ));
        }
    }
    let body = body_of(&request)?;
    if !body.is_empty() && !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
        headers.push(("content-type".into(), "application/json".into()));
    }
    let answer = exchange(&format!("{}{path}", world.base_url), method, &headers, &body).await?;
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let seen = json!({"status": answer.status, "headers": answer.headers, "body": json});
    let told = |why: String| {
        let answered: String = answer.text().chars().take(600).collect();
        format!("{method} {path}: {why}\n  answered {} {answered}", answer.status)
    };
    if method != "HEAD" {
        envelope(&answer, &json).map_err(told)?;
    }
    check(&template::fill(world, &step["expect"])?, &seen).map_err(told)?;
    template::save(world, &step["save"], &json).map_err(told)
}

/// What holds for every answer there is (W14, W15).
fn envelope(answer: &Answer, json: &Value) -> Told<()> {
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
    let members = json.as_object().map_or(0, serde_json::Map::len);
    match code {
        "00" if answer.status / 100 != 2 => Err("code 00 with a failure's status".into()),
        "00" => Ok(()),
        _ if members != 3 || json["RequestId"].as_str() != Some(id) => {
            Err("a failure has three members, and the RequestId of the header".into())
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

/// The body's bytes: `json` as it is, `raw` text, or `hex`.
fn body_of(request: &Value) -> Told<Vec<u8>> {
    match (&request["json"], request["raw"].as_str(), request["hex"].as_str()) {
        (_, Some(raw), _) => Ok(raw.as_bytes().to_vec()),
        (_, _, Some(hex)) => bankchannel_crypto::digest::from_hex(hex).ok_or_else(|| "hex is not hex".to_owned()),
        (Value::Null, None, None) => Ok(Vec::new()),
        (json, None, None) => Ok(json.to_string().into_bytes()),
    }
}

fn check(wanted: &Value, seen: &Value) -> Told<()> {
    for (name, value) in wanted.as_object().into_iter().flatten() {
        let found = match name.as_str() {
            "status" | "headers" | "body" => &seen[name],
            "text" => &seen["body"]["ResponseText"],
            "code" => &seen["body"]["ResponseCode"],
            other => return Err(format!("`{other}` cannot be expected")),
        };
        expect::matches(value, found).map_err(|why| format!("{name}{why}"))?;
    }
    Ok(())
}
