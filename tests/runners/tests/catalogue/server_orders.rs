//! The orders of every embedded server: declared, reachable over HTTP and from the program, strict.

use std::collections::BTreeSet;

use bankchannel_counterparts::{COUNTERPARTS, EmbeddedServer};
use bankchannel_foundation::{
    message::Method,
    model::Content,
    operation::{CatalogueEntry, OperationKind},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    particular,
    sample::{Random, sample},
};

fn paths(entry: &CatalogueEntry) -> (&'static str, bool) {
    let form = entry.declaration.hosted.as_ref().expect("an order has a form");
    (form.path, form.at_top)
}

#[test]
fn every_order_is_declared_whole() {
    let mut names = BTreeSet::new();
    for counterpart in COUNTERPARTS.iter().filter(|one| one.orders().count() > 0) {
        for entry in counterpart.orders() {
            let declaration = entry.declaration;
            assert_eq!(declaration.kind, OperationKind::ServerOrder, "{}", declaration.name);
            assert!(!declaration.summary.is_empty() && !declaration.doc.is_empty(), "{}", declaration.name);
            let is_common = declaration.name.starts_with("server.");
            assert!(names.insert(declaration.name) || is_common, "{} stands twice", declaration.name);
            let form = declaration.hosted.as_ref().expect("an order has a form");
            let members: Vec<&str> = entry.request.fields().iter().map(|field| field.name).collect();
            for name in form.path.split('/').filter_map(|part| part.strip_prefix('{')) {
                assert!(members.contains(&name.trim_end_matches('}')), "{}: {name}", declaration.name);
            }
            for name in
                form.given.iter().chain(&form.whole_request).chain(form.raw_request.iter().map(|raw| &raw.content))
            {
                assert!(members.contains(name), "{}: {name}", declaration.name);
            }
            if let Some(name) = form.whole_answer {
                assert!(entry.response.fields().iter().any(|field| field.name == name), "{}: {name}", declaration.name);
            }
            // No client sends an order: a catalogue of clients has none.
            assert!(bankchannel::catalogue().all(|known| known.declaration.name != declaration.name));
        }
        // Of several orders at a path one is the default.
        for (path, _) in counterpart.orders().map(paths) {
            let at_path = counterpart.orders().filter(|entry| paths(entry).0 == path);
            let defaults =
                at_path.filter(|entry| entry.declaration.hosted.as_ref().is_some_and(|form| form.given.is_empty()));
            assert_eq!(defaults.count(), 1, "{path}");
        }
    }
}

/// A program that gives a wrong member, in each way of giving an order.
#[tokio::test]
async fn no_order_takes_an_unknown_member() {
    for counterpart in COUNTERPARTS.iter().filter(|one| one.orders().count() > 0) {
        let server = EmbeddedServer::start(counterpart.kind, json!({"control": true})).await.unwrap();
        for entry in counterpart.orders() {
            let (name, form) = (entry.declaration.name, entry.declaration.hosted.as_ref().unwrap());
            let mut request = sample(entry.request, &mut Random::seeded(1), true, particular::of(""));
            if form.raw_request.is_some() {
                continue;
            }
            let list = form.whole_request.is_some_and(|list| request[list].is_array());
            if !request.is_object() {
                request = json!({});
            }
            request["nonsense_member"] = json!(1);
            let error = server.control(name, request.clone()).await.unwrap_err();
            assert_eq!(error.code(), "input.unknown_field", "{name} {error}");
            assert_eq!(error.context()["field"], "nonsense_member", "{name}");
            // The same at its path, by HTTP.
            let path = form.path.replace("{session_secret}", "any").replace("{id}", "any").replace("{serial}", "any");
            for name in form.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                request.as_object_mut().unwrap().remove(name);
            }
            if form.method == Method::Post && !list {
                let (status, body) = post(&server, &format!("sandbox/{path}"), &request).await;
                assert_eq!(
                    (status, body["error"]["code"].as_str()),
                    (400, Some("input.unknown_field")),
                    "{name} {body}"
                );
            }
        }
        for wrong in ["nonsense", "sandbox/nonsense", "clok", "sandbox/", ""] {
            let error = server.control(wrong, json!({})).await.unwrap_err();
            assert_eq!((error.code(), error.context()["field"].as_str()), ("input.invalid_field", "order"), "{wrong}");
            assert!(error.message().contains("there are: "), "{error}");
        }
        assert!(server.control("clok", json!({})).await.unwrap_err().message().contains("did you mean `clock`?"));
        let (status, body) = post(&server, "sandbox/nonsense", &json!({})).await;
        assert_eq!((status, body["error"]["context"]["field"].as_str()), (404, Some("order")));
        server.stop().await;
    }
}

/// A program with types gives an order by its declared name: the answer is the declared response, in whatever form the
/// control interface gives it.
#[tokio::test]
async fn an_order_by_its_declared_name_answers_as_it_is_declared() {
    for counterpart in COUNTERPARTS.iter().filter(|one| one.orders().count() > 0) {
        let server = EmbeddedServer::start(counterpart.kind, json!({"control": true})).await.unwrap();
        let without_request = |entry: &&CatalogueEntry| {
            let blocks = ["sepa_bank.held"].contains(&entry.declaration.name);
            entry.request.fields().is_empty() && !blocks
        };
        for entry in counterpart.orders().filter(without_request) {
            let (name, form) = (entry.declaration.name, entry.declaration.hosted.as_ref().unwrap());
            let declared = server.declared_order(name, json!({}), None).await.unwrap();
            let fields: BTreeSet<&str> = entry.response.fields().iter().map(|field| field.name).collect();
            let answered = declared.as_object().unwrap();
            assert!(answered.keys().all(|member| fields.contains(member.as_str())), "{name}: {declared}");
            let required = entry.response.fields().iter().filter(|field| !field.optional);
            assert!(required.clone().all(|field| answered.contains_key(field.name)), "{name}: {declared}");
            let by_path = server.control(name, json!({})).await.unwrap();
            let whole = form.whole_answer.map_or(&declared, |member| &declared[member]);
            assert_eq!(without_nulls(by_path), without_nulls(whole.clone()), "{name}");
        }
        let error = server.declared_order("server.nonsense", json!({}), None).await.unwrap_err();
        assert_eq!(error.context()["field"], "order");
        server.stop().await;
    }
    let plain = EmbeddedServer::start("sepa-bank", json!({})).await.unwrap();
    let refused = plain.declared_order("server.clock", json!({"advance_s": 1}), None).await.unwrap_err();
    assert_eq!(refused.code(), "configuration.invalid");
    plain.stop().await;
}

/// Content is read for the program that gives it, and bounded.
#[tokio::test]
async fn content_of_an_order_is_bounded_wherever_it_is() {
    let bank = EmbeddedServer::start("nextgen-psd2-bank", json!({"control": true})).await.unwrap();
    let explain = |content: Content| bank.declared_order("nextgen_psd2_bank.explain", json!({}), Some(content));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("request.http");
    let raw = b"GET /v1/consents HTTP/1.1\r\nHost: bank.example\r\n\r\n";
    std::fs::write(&path, raw).unwrap();
    let (of_bytes, of_file) = (explain(Content::from(raw.to_vec())).await, explain(Content::from(&path)).await);
    assert_eq!(of_bytes.unwrap(), of_file.unwrap());
    std::fs::write(&path, vec![b'a'; 3 * 1024 * 1024]).unwrap();
    let too_large = vec![b'a'; 3 * 1024 * 1024];
    for content in [Content::from(too_large), Content::from(&path)] {
        assert_eq!(explain(content).await.unwrap_err().code(), "input.too_large");
    }
    let absent = explain(Content::from(folder.path().join("absent"))).await.unwrap_err();
    assert_eq!(absent.code(), "input.content_unreadable");
    bank.stop().await;
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

async fn post(server: &EmbeddedServer, path: &str, body: &Value) -> (u16, Value) {
    let url = server.readiness()["control_url"].as_str().unwrap().to_owned();
    let address = url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let body = body.to_string();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap())
}
