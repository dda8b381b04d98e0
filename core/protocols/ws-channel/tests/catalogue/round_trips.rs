//! Every field reaches the wire, and what was written is what is read, at both ends.

use std::collections::BTreeSet;

use bankchannel_foundation::{Boundary, model::Shape};
use serde_json::Value;

use crate::{
    harness::{WsExchange, answered, arrived, credentials, each_exchange, read, route, split, told},
    sample::{Random, sample},
};

/// Enough to see each optional field given and left out, in most combinations.
const SEEDS: u64 = 200;

#[test]
fn every_field_reaches_the_wire() {
    fn check<O: WsExchange>(count: &mut usize) {
        let name = O::DECLARATION.name;
        let mut random = Random::seeded(7);
        let request: O::Request = read(sample(O::Request::SHAPE, &mut random, true));
        let sent = O::encode_request(request, &credentials()).unwrap();
        let message = arrived(route::<O>(), &sent);
        let mut seen: BTreeSet<String> = message.path.iter().map(|(name, _)| (*name).to_owned()).collect();
        seen.extend(message.query.iter().map(|(name, _)| name.clone()));
        keys(&json(&message.body), &mut seen);
        for wanted in wire_names(O::Request::SHAPE) {
            assert!(seen.contains(wanted), "{name}: {wanted} of the request does not travel: {seen:?}");
        }
        let response: O::Response = read(sample(O::Response::SHAPE, &mut random, true));
        let mut seen = BTreeSet::new();
        keys(&json(&split(&O::encode_response(response).body).0), &mut seen);
        for wanted in wire_names(O::Response::SHAPE) {
            assert!(seen.contains(wanted), "{name}: {wanted} of the response does not travel: {seen:?}");
        }
        *count += 1;
    }
    let mut count = 0;
    each_exchange!(check(&mut count));
    assert_eq!(count, 29);
}

fn wire_names(shape: &Shape) -> Vec<&'static str> {
    match shape {
        Shape::Struct(shape) => shape
            .fields
            .iter()
            .filter(|field| !field.off_wire)
            .flat_map(|field| [field.wire].into_iter().chain(wire_names(field.shape)))
            .collect(),
        Shape::List(of) | Shape::Map(of) => wire_names(of),
        _ => Vec::new(),
    }
}

fn json(body: &[u8]) -> Value {
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
    fn check<O: WsExchange>() {
        for seed in 0..SEEDS {
            let value = sample(O::Request::SHAPE, &mut Random::seeded(seed), false);
            let given = told(read::<O::Request>(value.clone()));
            let sent = O::encode_request(read(value.clone()), &credentials()).unwrap();
            assert_eq!(sent.method, route::<O>().method);
            let back = O::decode_request(arrived(route::<O>(), &sent))
                .unwrap_or_else(|error| panic!("{}: {error} in {value}", O::DECLARATION.name));
            assert_eq!(told(back), given, "{}, seed {seed}", O::DECLARATION.name);
        }
    }
    each_exchange!(check());
}

#[test]
fn responses_come_back_as_they_went() {
    fn check<O: WsExchange>() {
        for seed in 0..SEEDS {
            let value = sample(O::Response::SHAPE, &mut Random::seeded(seed), false);
            let given = told(read::<O::Response>(value.clone()));
            let sent = O::encode_response(read(value.clone()));
            assert_eq!(sent.status, route::<O>().success);
            let back = O::decode_response(answered(&sent))
                .unwrap_or_else(|error| panic!("{}: {error} in {value}", O::DECLARATION.name));
            assert_eq!(told(back), given, "{}, seed {seed}", O::DECLARATION.name);
        }
    }
    each_exchange!(check());
}

/// §1.4: unknown keys are ignored, null is absent; §1.5: what is absent is left out, never null or empty.
#[test]
fn servers_are_tolerant_and_strict() {
    fn check<O: WsExchange>() {
        let value = sample(O::Request::SHAPE, &mut Random::seeded(3), false);
        let given = told(read::<O::Request>(value.clone()));
        let mut message = arrived(route::<O>(), &O::encode_request(read(value), &credentials()).unwrap());
        if !message.body.is_empty() {
            let mut body = json(&message.body);
            let map = body.as_object_mut().unwrap();
            map.insert("startDate".into(), Value::Null);
            map.insert("Unheard".into(), Value::String("of".into()));
            for field in O::Request::SHAPE
                .fields()
                .iter()
                .filter(|field| field.optional && !route::<O>().path.contains(field.wire))
            {
                map.entry(field.wire).or_insert(Value::Null);
            }
            message.body = body.to_string().into();
        }
        message.query.push(("Unheard".into(), "of".into()));
        assert_eq!(told(O::decode_request(message).unwrap()), given, "{}", O::DECLARATION.name);
        let sparse = O::encode_response(read(least(O::Response::SHAPE)));
        let body = json(&split(&sparse.body).0);
        for field in O::Response::SHAPE.fields().iter().filter(|field| field.optional) {
            assert!(body.get(field.wire).is_none(), "{}: {} is written though absent", O::DECLARATION.name, field.wire);
        }
    }
    each_exchange!(check());
}

/// A value without anything optional.
fn least(shape: &Shape) -> Value {
    let mut whole = sample(shape, &mut Random::seeded(1), true);
    for field in shape.fields().iter().filter(|field| field.optional) {
        whole.as_object_mut().unwrap().remove(field.name);
    }
    whole
}
