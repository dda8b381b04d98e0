//! Runs wire scenarios: raw HTTP/1.1.

use serde_json::{Value, json};

pub use crate::connection::Answer;
use crate::{
    connection, expect,
    peers::{Peer, Sent},
    scenario::{Case, Suite},
    steps, template,
    world::{Outcome, World},
};

/// Sends one request on a separate connection and reads the whole answer.
///
/// # Errors
/// The failure.
pub async fn exchange(url: &str, method: &str, headers: &[(String, String)], body: &[u8]) -> Outcome<Answer> {
    connection::exchange(None, url, method, headers, body).await
}

/// Runs one case.
///
/// # Errors
/// The failed step, and the reason.
pub async fn run(suite: &Suite, case: &Case) -> Outcome<()> {
    let mut world = World::of_case(case, &suite.values).await?;
    let result = run_steps(suite, &mut world, &case.steps).await;
    world.stop().await;
    result
}

async fn run_steps(suite: &Suite, world: &mut World, steps: &[Value]) -> Outcome<()> {
    for (number, step) in steps.iter().enumerate() {
        Box::pin(one(suite, world, step)).await.map_err(|why| format!("step {}: {why}", number + 1))?;
    }
    Ok(())
}

async fn one(suite: &Suite, world: &mut World, step: &Value) -> Outcome<()> {
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
    if !step["request"].is_object() && step["send"].is_null() {
        return Err(format!("not a step: {step}"));
    }
    let times = step["repeat"].as_u64().unwrap_or(1);
    for _ in 0..times {
        let deadline =
            tokio::time::Instant::now() + std::time::Duration::from_secs(step["within_s"].as_u64().unwrap_or(0));
        loop {
            let result = match &step["request"] {
                Value::Null => send_once(world, step).await,
                request => request_once(world, request, step).await,
            };
            if result.is_ok() || tokio::time::Instant::now() >= deadline {
                result?;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

async fn request_once(world: &mut World, request: &Value, step: &Value) -> Outcome<()> {
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
    let url = format!("{}{path}", world.base_url());
    let tls = world.tls(Some(step["tpp"].as_u64().unwrap_or(1)))?;
    let answer = connection::exchange(tls.as_ref(), &url, method, &headers, &body).await?;
    judge(world, step, &answer, (method, path), &headers)
}

/// A whole request as text.
async fn send_once(world: &mut World, step: &Value) -> Outcome<()> {
    let filled = template::fill(world, &step["send"])?;
    let text = filled.as_str().ok_or("`send` is the text of a request")?;
    let text = if step["as_is"] == true { text.to_owned() } else { on_the_wire(text) };
    // As a browser, or as a third party: which presents a client certificate, over TLS.
    let tls = world.tls(if step["tpp"] == false { None } else { Some(step["tpp"].as_u64().unwrap_or(1)) })?;
    // If the body is large, a server may answer before it has read all of it.
    let end = text.find("\r\n\r\n").map_or(text.len(), |at| at + 4);
    let (head, body) = text.split_at(end);
    let answer = connection::send(tls.as_ref(), world.base_url(), head.as_bytes(), body.as_bytes()).await?;
    let mut words = head.split(['\r', '\n', ' ']);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let headers: Vec<(String, String)> = head
        .split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    judge(world, step, &answer, (method, path), &headers)
}

/// A request's text with its head's lines ended by CRLF, and with its body's length if the head has none.
fn on_the_wire(text: &str) -> String {
    let (head, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap_or((text.trim_end(), ""));
    let mut lines: Vec<&str> = head.lines().collect();
    let says = |name: &str| lines.iter().any(|line| line.to_ascii_lowercase().starts_with(name));
    let length = format!("Content-Length: {}", body.len());
    if !body.is_empty() && !says("content-length:") && !says("transfer-encoding:") {
        lines.push(&length);
    }
    format!("{}\r\n\r\n{body}", lines.join("\r\n"))
}

fn judge(
    world: &mut World,
    step: &Value,
    answer: &Answer,
    (method, path): (&str, &str),
    sent: &[(String, String)],
) -> Outcome<()> {
    let json: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    let text = if json.is_null() { Value::String(answer.text()) } else { Value::Null };
    let seen = json!({"status": answer.status, "headers": answer.headers, "body": json, "page": text});
    let told = |why: String| {
        let answered: String = answer.text().chars().take(600).collect();
        format!("{method} {path}: {why}\n  answered {} {answered}", answer.status)
    };
    let peer = world.peer().ok_or("a wire case has somebody to talk to")?;
    if method != "HEAD" {
        peer.check_answer(step, Sent { path, headers: sent }, answer).map_err(told)?;
    }
    check(&template::fill(world, &step["expect"])?, &seen, peer).map_err(told)?;
    template::save(world, &step["save"], &json).map_err(told)
}

/// The body's bytes: `json` unchanged, `raw` text, or `hex`.
fn body_of(request: &Value) -> Outcome<Vec<u8>> {
    match (&request["json"], request["raw"].as_str(), request["hex"].as_str()) {
        (_, Some(raw), _) => Ok(raw.as_bytes().to_vec()),
        (_, _, Some(hex)) => bankchannel_crypto::digest::from_hex(hex).ok_or_else(|| "hex is not hex".to_owned()),
        (Value::Null, None, None) => Ok(Vec::new()),
        (json, None, None) => Ok(json.to_string().into_bytes()),
    }
}

fn check(wanted: &Value, seen: &Value, peer: &dyn Peer) -> Outcome<()> {
    for (name, value) in wanted.as_object().into_iter().flatten() {
        let found = match name.as_str() {
            "status" | "headers" | "body" => &seen[name],
            other => peer.found(other, seen).ok_or_else(|| format!("`{other}` cannot be expected"))?,
        };
        expect::matches(value, found).map_err(|why| format!("{name}{why}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_over_the_wire_with_what_http_needs() {
        assert_eq!(on_the_wire("GET / HTTP/1.1\nHost: a\n\n"), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(
            on_the_wire("POST / HTTP/1.1\r\nHost: a\r\n\r\nb\n"),
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nb\n"
        );
        let whole = "POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 1\r\n\r\nbc";
        assert_eq!(on_the_wire(whole), whole);
    }
}
