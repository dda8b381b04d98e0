//! A minimal customer's browser for redirects: it opens a link or sends a form, and receives the next address.

use bankchannel_foundation::message::{percent_decode, percent_encode};
use serde_json::{Map, Value, json};

use crate::{
    connection::{self, Answer, parts},
    expect, template,
    world::{Outcome, World},
};

/// `{"visit": URL, "form": {…}, "headers": {…}, "expect": {"status", "location", "headers", "body"}, "save"}`.
///
/// # Errors
/// The mismatch.
pub async fn visit(world: &mut World, step: &Value) -> Outcome<()> {
    let filled = template::fill(world, &step["visit"])?;
    let url = filled.as_str().ok_or("`visit` is a URL")?;
    let form = template::fill(world, &step["form"])?;
    let mut headers = vec![
        ("accept".to_owned(), "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8".to_owned()),
        ("user-agent".to_owned(), "Mozilla/5.0 (scenario)".to_owned()),
    ];
    if form.is_object() {
        let (scheme, host, _) = parts(url)?;
        headers.push(("content-type".into(), "application/x-www-form-urlencoded".into()));
        headers.push(("origin".into(), format!("{scheme}://{host}")));
        headers.push(("sec-fetch-site".into(), "same-origin".into()));
    }
    for (name, value) in template::fill(world, &step["headers"])?.as_object().into_iter().flatten() {
        headers.retain(|(known, _)| known != name);
        headers.extend(value.as_str().map(|value| (name.clone(), value.to_owned())));
    }
    let (method, body) = if form.is_object() { ("POST", encoded(&form)) } else { ("GET", String::new()) };
    let tls = world.tls(None)?;
    let answer = connection::exchange(tls.as_ref(), url, method, &headers, body.as_bytes()).await?;
    let told = |why: String| {
        let answered: String = answer.text().chars().take(600).collect();
        format!("visit {url}: {why}\n  answered {} {} {answered}", answer.status, answer.header("location"))
    };
    let text = answer.text();
    let location = answer.headers.get("location").map_or(Value::Null, |location| json!(location));
    let seen = json!({
        "status": answer.status,
        "parameters": location.as_str().map(parameters),
        "location": location,
        "headers": answer.headers,
        "body": serde_json::from_str(&text).unwrap_or(Value::String(text)),
    });
    check_page(&answer).map_err(told)?;
    let wanted = template::fill(world, &step["expect"])?;
    if !wanted.is_null() {
        expect::matches(&wanted, &seen).map_err(told)?;
    }
    template::save(world, &step["save"], &seen).map_err(told)
}

/// Checks every answer that has a body, to third parties and to browsers.
///
/// # Errors
/// The violated rule.
pub fn check_page(answer: &Answer) -> Outcome<()> {
    if answer.header("cache-control") != "no-store" {
        return Err(format!("the header cache-control is {:?}, not no-store", answer.header("cache-control")));
    }
    if answer.headers.contains_key("content-encoding") {
        return Err("the answer has a content coding".into());
    }
    let kind = answer.header("content-type");
    if answer.body.is_empty() {
        return match answer.status {
            204 | 300..400 => Ok(()),
            status => Err(format!("the answer {status} has no body")),
        };
    }
    if kind.starts_with("application/json") {
        return match serde_json::from_slice::<Value>(&answer.body) {
            Ok(_) => Ok(()),
            Err(why) => Err(format!("the answer says that it is JSON, and is not: {why}")),
        };
    }
    if kind.starts_with("text/html") { Ok(()) } else { Err(format!("the answer is {kind:?}, neither JSON nor HTML")) }
}

/// A form as sent by a browser; a list is a name that is sent several times.
fn encoded(form: &Value) -> String {
    let each = |name: &str, value: &Value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{}={}", percent_encode(name), percent_encode(&text))
    };
    let mut pairs = Vec::new();
    for (name, value) in form.as_object().into_iter().flatten() {
        match value {
            Value::Array(values) => pairs.extend(values.iter().map(|value| each(name, value))),
            one => pairs.push(each(name, one)),
        }
    }
    pairs.join("&")
}

/// The parameters of a URL's query.
fn parameters(url: &str) -> Value {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let decoded =
        pairs.map(|(name, value)| (name.to_owned(), percent_decode(value).map_or(Value::Null, Value::String)));
    Value::Object(decoded.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_queries() {
        assert_eq!(encoded(&json!({"a": "x y&", "b": ["1", "2"], "c": true})), "a=x%20y%26&b=1&b=2&c=true");
        let found = parameters("https://tpp.example/cb?state=9d1f&psu-id=psu%201");
        assert_eq!(found, json!({"state": "9d1f", "psu-id": "psu 1"}));
        assert_eq!(parameters("https://tpp.example/cb"), json!({}));
    }
}
