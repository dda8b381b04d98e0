//! Every field reaches the wire, and what was written is what is read, at both ends.

use std::collections::BTreeSet;

use bankchannel_foundation::{Boundary, model::Shape};
use serde_json::{Value, json};

use crate::{
    harness::{PsdExchange, answered, arrived, bytes, credentials, each_exchange, read, route, told},
    sample::{Random, sample},
};

/// Enough to see each optional field given and left out, in most combinations.
const SEEDS: u64 = 200;

#[test]
fn every_field_reaches_the_wire_or_says_why_not() {
    fn check<O: PsdExchange>(count: &mut usize) {
        let name = O::DECLARATION.name;
        let mut random = Random::seeded(7);
        let request: O::Request = read(sample(O::Request::SHAPE, &mut random, true));
        let message = arrived(route::<O>(), &O::encode_request(request, &credentials::<O>()).unwrap());
        let mut seen: BTreeSet<String> = message.path.iter().map(|(name, _)| (*name).to_owned()).collect();
        seen.extend(message.query.iter().map(|(name, _)| format!("?{name}")));
        seen.extend(message.headers.iter().map(|(name, _)| format!("@{name}")));
        keys(&parsed(&message.body), &mut seen);
        assert_seen(name, O::Request::SHAPE, &seen);

        let response: O::Response = read(sample(O::Response::SHAPE, &mut random, true));
        let sent = answered(&O::encode_response(response));
        let mut seen: BTreeSet<String> =
            sent.headers.iter().map(|(name, _)| format!("@{}", name.to_ascii_lowercase())).collect();
        keys(&parsed(&sent.body), &mut seen);
        assert_seen(name, O::Response::SHAPE, &seen);
        *count += 1;
    }
    let mut count = 0;
    each_exchange!(check(&mut count));
    assert_eq!(count, 11);
}

fn assert_seen(operation: &str, shape: &Shape, seen: &BTreeSet<String>) {
    match shape {
        Shape::Struct(shape) => {
            for field in shape.fields {
                let wanted =
                    if field.wire.starts_with('@') { field.wire.to_ascii_lowercase() } else { field.wire.into() };
                if field.off_wire {
                    assert!(
                        field.doc.replace('\n', " ").contains("Does not travel: "),
                        "{operation}: {} does not say why",
                        field.name
                    );
                } else if field.wire != "@" {
                    assert!(seen.contains(&wanted), "{operation}: {wanted} does not travel: {seen:?}");
                }
                assert_seen(operation, field.shape, seen);
            }
        }
        Shape::List(of) | Shape::Map(of) => assert_seen(operation, of, seen),
        _ => {}
    }
}

fn parsed(body: &[u8]) -> Value {
    if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() }
}

fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            into.insert(key.clone());
            keys(value, into);
        }),
        Value::Array(list) => list.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

#[test]
fn requests_come_back_as_they_went() {
    fn check<O: PsdExchange>() {
        for seed in 0..SEEDS {
            let value = sample(O::Request::SHAPE, &mut Random::seeded(seed), false);
            let mut given = told(read::<O::Request>(value.clone()));
            let sent = O::encode_request(read(value.clone()), &credentials::<O>()).unwrap();
            assert_eq!(sent.method, route::<O>().method);
            let back = O::decode_request(arrived(route::<O>(), &sent))
                .unwrap_or_else(|error| panic!("{}: {error} in {value}", O::DECLARATION.name));
            let members = given.as_object_mut().unwrap();
            // What a header cannot tell from absence.
            members.retain(|name, value| {
                !(name == "psu" && *value == json!({}) || name == "accept_fix" && *value == json!([]))
            });
            if O::DECLARATION.name == "nextgen_psd2.create_consent" {
                members.entry("combined_service_indicator").or_insert(json!(false));
            }
            assert_eq!(told(back), given, "{}, seed {seed}", O::DECLARATION.name);
        }
    }
    each_exchange!(check());
}

#[test]
fn responses_come_back_as_they_went() {
    fn check<O: PsdExchange>() {
        for seed in 0..SEEDS {
            let value = sample(O::Response::SHAPE, &mut Random::seeded(seed), false);
            let mut given = told(read::<O::Response>(value.clone()));
            let sent = O::encode_response(read(value.clone()));
            assert_eq!(sent.status, route::<O>().success);
            let back = O::decode_response(answered(&sent))
                .unwrap_or_else(|error| panic!("{}: {error} in {value}", O::DECLARATION.name));
            settle(&mut given);
            assert_eq!(told(back), given, "{}, seed {seed}", O::DECLARATION.name);
        }
    }
    each_exchange!(check());
}

/// What a client makes of links: no target of its own yet, and a method where none was said.
fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| name != "url" && name != "sca_redirect");
            members.values_mut().for_each(settle);
            if members.contains_key("href") && members["verbs"] == json!([]) {
                members.insert("verbs".into(), json!(["GET"]));
            }
        }
        Value::Array(values) => values.iter_mut().for_each(settle),
        _ => {}
    }
}

/// Unknown members, parameters and headers are ignored, null is absent (T-121, S-16).
#[test]
fn servers_pass_over_what_they_do_not_know() {
    fn check<O: PsdExchange>() {
        let value = sample(O::Request::SHAPE, &mut Random::seeded(3), true);
        let given = told(read::<O::Request>(value.clone()));
        let mut message = arrived(route::<O>(), &O::encode_request(read(value), &credentials::<O>()).unwrap());
        if !message.body.is_empty() {
            let mut body = parsed(&message.body);
            let members = body.as_object_mut().unwrap();
            members.insert("unheard".into(), json!({"of": [1]}));
            // Neither a header nor a parameter is taken from the body.
            members.insert("@PSU-ID".into(), json!("psu-of-another"));
            message.body = body.to_string().into();
        }
        message.query.push(("unheard".into(), "of".into()));
        message.headers.push(("x-unheard".into(), "of".into()));
        assert_eq!(told(O::decode_request(message).unwrap()), given, "{}", O::DECLARATION.name);
    }
    each_exchange!(check());
}

/// What is absent is left out: never null, never empty.
#[test]
fn answers_are_tidy() {
    fn check<O: PsdExchange>() {
        let mut whole = sample(O::Response::SHAPE, &mut Random::seeded(1), true);
        for field in O::Response::SHAPE.fields() {
            if field.optional {
                whole.as_object_mut().unwrap().remove(field.name);
            } else if field.name == "links" {
                whole["links"] = json!({});
            }
        }
        let sparse = O::encode_response(read(whole));
        let body = parsed(&bytes(&sparse.body));
        assert!(sparse.headers.is_empty(), "{}", O::DECLARATION.name);
        for field in O::Response::SHAPE.fields().iter().filter(|field| field.optional || field.name == "links") {
            assert!(body.get(field.wire).is_none(), "{}: {} is written though absent", O::DECLARATION.name, field.wire);
        }
    }
    each_exchange!(check());
}
