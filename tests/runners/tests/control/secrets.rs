//! Secrets of orders: hidden in every language, and given themselves over HTTP. Files that orders name: not over HTTP.

use std::collections::BTreeSet;

use bankchannel_counterparts::{COUNTERPARTS, EmbeddedServer};
use bankchannel_foundation::model::{Field, Shape};
use reqwest::Method;
use serde_json::{Value, json};

use super::interface::{ControlledServer, is_common};

/// A reference stands here.
const PLACE: &str = "the secret";

/// Each secret of a request, with a request that has it.
fn secrets() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let way = |member: &str, value: Value| {
        let mut way = json!({"code": "login", "mode": "embedded"});
        way[member] = value;
        json!({"authorization_types": [way]})
    };
    let customer = json!({"user_id": "u", "login": "l", "password": PLACE, "customer": {"name": "N"}, "accounts": []});
    let hub = "salt-edge-hub";
    vec![
        (
            "ws-channel",
            "seed",
            "accounts.password",
            json!({"accounts": [{"email": "a@example.test", "password": PLACE}]}),
        ),
        ("nextgen-psd2-bank", "seed", "psus.personal_identifier", json!({"psus": [psu()]})),
        ("nextgen-psd2-bank", "psu", "personal_identifier", psu()),
        ("salt-edge-connector", "seed", "customers.password", json!({"customers": [customer]})),
        (hub, "sessions/s-1", "credentials", json!({"credentials": {"pin": PLACE}})),
        (hub, "requests", "credentials", json!({"operation": "create_token", "credentials": {"pin": PLACE}})),
        (hub, "requests", "access_token", json!({"operation": "fetch_accounts", "access_token": PLACE})),
        (hub, "enrolments", "credentials", json!({"credentials": {"pin": PLACE}})),
        (hub, "enrolments", "access_token", json!({"access_token": PLACE})),
        (hub, "check", "authorization_types.right", way("right", json!({"pin": PLACE}))),
        (hub, "check", "authorization_types.wrong", way("wrong", json!({"pin": PLACE}))),
        (hub, "check", "authorization_types.right_code", way("right_code", json!(PLACE))),
    ]
}

fn psu() -> Value {
    json!({"name": "Kari Nordmann", "personal_identifier": PLACE})
}

/// Each member that names a file which is opened, with a request that has it.
fn files() -> Vec<(&'static str, &'static str, &'static str, Value)> {
    let check = |member: &str| json!({"authorization_types": [], member: PLACE});
    let way = json!({"code": "login", "mode": "embedded", "right": {}, "code_field": "sms", "codes_file": PLACE});
    let hub = "salt-edge-hub";
    vec![
        (hub, "connector", "ca_file", json!({"url": "https://localhost:1", "ca_file": PLACE})),
        (hub, "check", "ca_file", check("ca_file")),
        (hub, "check", "hub_folder", check("hub_folder")),
        (hub, "check", "connector_public_key_file", check("connector_public_key_file")),
        (hub, "check", "authorization_types.codes_file", json!({"authorization_types": [way]})),
    ]
}

/// The places of the fields that are meant, in a shape.
fn places(shape: &Shape, place: &str, is_meant: fn(&Field) -> bool, found: &mut BTreeSet<String>) {
    match shape {
        Shape::List(of) | Shape::Map(of) => places(of, place, is_meant, found),
        Shape::Struct(of) => of.fields.iter().for_each(|field| {
            let below = if place.is_empty() { field.name.to_owned() } else { format!("{place}.{}", field.name) };
            if is_meant(field) {
                found.insert(below.clone());
            }
            places(field.shape, &below, is_meant, found);
        }),
        _ => {}
    }
}

/// Whether a field is a secret, or a list or map of secrets.
fn is_secret(field: &Field) -> bool {
    let mut shape = field.shape;
    while let Shape::List(of) | Shape::Map(of) = shape {
        shape = of;
    }
    matches!(shape, Shape::Secret(_))
}

/// Whether a field of a request names a file that is opened: by its declaration, or by its name.
fn names_a_file(field: &Field) -> bool {
    let ends = ["_file", "_folder", "_dir", "_path"];
    field.opens_file || ends.iter().any(|end| field.name.ends_with(end))
}

/// The places of the fields that are meant, in the requests of all orders.
fn declared(is_meant: fn(&Field) -> bool) -> BTreeSet<(String, String)> {
    let mut declared = BTreeSet::new();
    for counterpart in COUNTERPARTS {
        for order in counterpart.orders() {
            let mut found = BTreeSet::new();
            places(order.request, "", is_meant, &mut found);
            let path = order.declaration.hosted.as_ref().unwrap().path.replace("{session_secret}", "s-1");
            declared.extend(found.into_iter().map(|place| (format!("{} {path}", counterpart.kind), place)));
        }
    }
    declared
}

fn named(table: &[(&str, &str, &str, Value)]) -> BTreeSet<(String, String)> {
    table.iter().map(|(kind, order, place, _)| (format!("{kind} {order}"), (*place).to_owned())).collect()
}

/// The request with a reference in the place of the secret.
fn referring(request: &Value, reference: &Value) -> Value {
    serde_json::from_str(&request.to_string().replace(&json!(PLACE).to_string(), &reference.to_string())).unwrap()
}

#[test]
fn every_secret_of_an_order_is_known_here() {
    assert_eq!(declared(is_secret), named(&secrets()));
    // Secrets of answers are hidden, too.
    let seed =
        COUNTERPARTS.iter().flat_map(|one| one.orders()).find(|one| one.declaration.name == "ws_channel_service.seed");
    let mut answered = BTreeSet::new();
    places(seed.unwrap().response, "", is_secret, &mut answered);
    assert_eq!(answered.into_iter().collect::<Vec<_>>(), ["accounts.id_tokens"]);
}

#[test]
fn every_file_that_an_order_names_is_known_here() {
    assert_eq!(declared(names_a_file), named(&files()));
    assert_eq!(declared(|field| field.opens_file), named(&files()), "each is declared with `opens_file`");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_no_file_that_an_order_names_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let planted = folder.path().join("planted");
    std::fs::write(&planted, "planted-content").unwrap();
    let server = ControlledServer::start("salt-edge-hub", json!({})).await;
    for (kind, order, place, request) in files() {
        assert_eq!(kind, "salt-edge-hub");
        // A file that is opened would be found, or missed.
        for path in [planted.to_str().unwrap(), "/no/such/file"] {
            let request = referring(&request, &json!(path)).to_string().into_bytes();
            let (status, _, answer) = server.send(Method::POST, &format!("sandbox/{order}"), request).await;
            let said = answer["error"]["message"].as_str().unwrap_or_default();
            assert!(status == 400 && said.contains("no file is opened"), "{order} {place}: {status} {answer}");
            let field = answer["error"]["context"]["field"].as_str().unwrap_or_default();
            assert!(field.ends_with(place.rsplit('.').next().unwrap()), "{order} {place}: {answer}");
            assert!(!said.contains("planted") && !said.contains("no/such"), "{answer}");
        }
    }
    // The program that runs the server may name its own files.
    let (_, order, _, request) = files().swap_remove(0);
    let absent = server.server.control(order, referring(&request, &json!("/no/such/file"))).await.unwrap_err();
    assert!(absent.message().contains("ca_file") && !absent.message().contains("no file is opened"), "{absent}");
    server.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_http_no_secret_is_taken_from_a_file_or_a_variable() {
    let folder = tempfile::tempdir().unwrap();
    let planted = folder.path().join("planted");
    std::fs::write(&planted, "planted-content").unwrap();
    for kind in secrets().iter().map(|(kind, ..)| *kind).collect::<BTreeSet<_>>() {
        let server = ControlledServer::start(kind, json!({})).await;
        for (_, order, place, request) in secrets().iter().filter(|(of, ..)| *of == kind) {
            let path = if is_common(order) { (*order).to_owned() } else { format!("sandbox/{order}") };
            // A file that is opened would be found, or missed.
            for reference in [json!({"file": planted}), json!({"file": "/no/such/file"}), json!({"env": "PATH"})] {
                let request = referring(request, &reference);
                let (status, _, answer) = server.send(Method::POST, &path, request.to_string().into_bytes()).await;
                let said = answer["error"]["message"].as_str().unwrap_or_default();
                assert!(status == 400 && said.contains("must be the value itself"), "{kind} {path}: {status} {answer}");
                let field = answer["error"]["context"]["field"].as_str().unwrap_or_default();
                assert!(field.contains(place.rsplit('.').next().unwrap()), "{kind} {path}: {answer}");
                assert!(!said.contains("planted") && !said.contains("no/such"), "{answer}");
            }
            // The program that runs the server may name its own files.
            let absent = server.server.control(order, referring(request, &json!({"file": "/no/such/file"}))).await;
            let refused = absent.unwrap_err();
            assert!(!refused.message().contains("must be the value itself"), "{kind} {order}: {refused}");
        }
        server.server.stop().await;
    }
}

/// What an order over HTTP cannot name: the hub's option has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hub_trusts_the_authorities_that_it_was_started_with() {
    // Any server with an authority of its own stands for the connector.
    let peer = EmbeddedServer::start("sepa-bank", json!({})).await.unwrap();
    let told = peer.readiness();
    for (further, is_trusted) in [(json!({"connector_ca_file": told["ca_file"]}), true), (json!({}), false)] {
        let hub = ControlledServer::start("salt-edge-hub", further).await;
        let order = async |path: &str, request: Value| {
            let (status, _, answer) = hub.send(Method::POST, path, request.to_string().into_bytes()).await;
            (status, answer)
        };
        let (status, answer) = order("sandbox/connector", json!({"url": told["base_url"]})).await;
        assert_eq!(status, 200, "{answer}");
        let (status, answer) = order("sandbox/enrolments", json!({})).await;
        if is_trusted {
            assert!(status == 200 && answer["answers"][0]["status"].as_u64() >= Some(400), "{status} {answer}");
        } else {
            let code = answer["error"]["code"].as_str().unwrap_or_default();
            assert!(status != 200 && code.starts_with("transport."), "{status} {answer}");
        }
        hub.server.stop().await;
    }
    peer.stop().await;
}
