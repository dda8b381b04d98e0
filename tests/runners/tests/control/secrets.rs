//! Secrets of orders: hidden in every language, and given themselves over HTTP.

use std::collections::BTreeSet;

use bankchannel_counterparts::COUNTERPARTS;
use bankchannel_foundation::model::Shape;
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

/// The places of the secrets in a shape.
fn places(shape: &Shape, place: &str, found: &mut BTreeSet<String>) {
    match shape {
        Shape::Secret(_) => drop(found.insert(place.to_owned())),
        Shape::List(of) | Shape::Map(of) => places(of, place, found),
        Shape::Struct(of) => of.fields.iter().for_each(|field| {
            let below = if place.is_empty() { field.name.to_owned() } else { format!("{place}.{}", field.name) };
            places(field.shape, &below, found);
        }),
        _ => {}
    }
}

/// The request with a reference in the place of the secret.
fn referring(request: &Value, reference: &Value) -> Value {
    serde_json::from_str(&request.to_string().replace(&json!(PLACE).to_string(), &reference.to_string())).unwrap()
}

#[test]
fn every_secret_of_an_order_is_known_here() {
    let known: BTreeSet<(String, String)> =
        secrets().iter().map(|(kind, order, place, _)| (format!("{kind} {order}"), (*place).to_owned())).collect();
    let mut declared = BTreeSet::new();
    for counterpart in COUNTERPARTS {
        for order in counterpart.orders() {
            let mut found = BTreeSet::new();
            places(order.request, "", &mut found);
            let path = order.declaration.hosted.as_ref().unwrap().path.replace("{session_secret}", "s-1");
            declared.extend(found.into_iter().map(|place| (format!("{} {path}", counterpart.kind), place)));
        }
    }
    assert_eq!(declared, known);
    // Secrets of answers are hidden, too.
    let seed =
        COUNTERPARTS.iter().flat_map(|one| one.orders()).find(|one| one.declaration.name == "ws_channel_service.seed");
    let mut answered = BTreeSet::new();
    places(seed.unwrap().response, "", &mut answered);
    assert_eq!(answered.into_iter().collect::<Vec<_>>(), ["accounts.id_tokens"]);
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
