//! Every field reaches the wire, and both ends read the same.

use std::collections::BTreeSet;

use bankchannel_foundation::model::{Field, Shape};
use serde_json::{Value, json};

use crate::{
    exchange::{AnyExchange, exchanges},
    messages::{answered, arrived, split},
    particular::{self, Particular, is_marked},
    sample::{Random, sample},
};

/// Enough to have each optional field both given and left out, in most combinations.
const SEEDS: u64 = 200;

fn own(exchange: &dyn AnyExchange) -> &'static dyn Particular {
    particular::of(exchange.entry().declaration.protocol)
}

fn request(exchange: &dyn AnyExchange, seed: u64, whole: bool) -> Value {
    sample(exchange.entry().request, &mut Random::seeded(seed), whole, own(exchange))
}

fn response(exchange: &dyn AnyExchange, seed: u64, whole: bool) -> Value {
    sample(exchange.entry().response, &mut Random::seeded(seed), whole, own(exchange))
}

#[test]
fn every_field_reaches_the_wire_or_says_why_not() {
    for exchange in exchanges() {
        let Some(with) = own(exchange).credentials(exchange).pop() else { panic!("{} of no dialect", exchange.name()) };
        let sent = exchange.encode_request(request(exchange, 7, true), &*with).unwrap();
        let message = arrived(exchange.route(), &sent);
        let mut seen: BTreeSet<String> = message.path.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mark = if marks_places(exchange) { "?" } else { "" };
        seen.extend(message.query.iter().map(|(name, _)| format!("{mark}{name}")));
        seen.extend(sent.headers.iter().map(|header| format!("@{}", header.name.to_ascii_lowercase())));
        keys(&own(exchange).parsed(&message.body), &mut seen);
        assert_seen(exchange.name(), exchange.entry().request, &seen);

        let sent = answered(&exchange.encode_response(response(exchange, 7, true)));
        let mut seen: BTreeSet<String> =
            sent.headers.iter().map(|header| format!("@{}", header.name.to_ascii_lowercase())).collect();
        keys(&own(exchange).parsed(&sent.body), &mut seen);
        assert_seen(exchange.name(), exchange.entry().response, &seen);
    }
}

/// Whether names on this protocol's wire tell where a field travels: `@` in a header, `?` in the query.
fn marks_places(exchange: &dyn AnyExchange) -> bool {
    let protocol = exchange.entry().declaration.protocol;
    let same = exchanges().map(AnyExchange::entry).filter(|entry| entry.declaration.protocol == protocol);
    same.flat_map(|entry| entry.request.fields()).any(is_marked)
}

fn assert_seen(operation: &str, shape: &Shape, seen: &BTreeSet<String>) {
    match shape {
        Shape::Struct(shape) => {
            for field in shape.fields {
                let wanted = match field.wire.rsplit_once('.') {
                    // `meta.time` is in the member `meta`.
                    Some((_, name)) => name.to_owned(),
                    None if field.wire.starts_with('@') => field.wire.to_ascii_lowercase(),
                    None => field.wire.to_owned(),
                };
                if field.off_wire {
                    assert!(
                        field.doc.replace('\n', " ").contains("Does not travel: "),
                        "{operation}: {} does not say why",
                        field.name
                    );
                    // Nor does anything in it.
                    continue;
                }
                if field.wire != "@" {
                    assert!(seen.contains(&wanted), "{operation}: {wanted} does not travel: {seen:?}");
                }
                assert_seen(operation, field.shape, seen);
            }
        }
        Shape::List(of) | Shape::Map(of) => assert_seen(operation, of, seen),
        _ => {}
    }
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
    for exchange in exchanges() {
        for seed in 0..SEEDS {
            let value = request(exchange, seed, false);
            let mut given = exchange.told_request(value.clone());
            own(exchange).settle_request(exchange.name(), &mut given.0);
            for with in own(exchange).credentials(exchange) {
                let sent = exchange.encode_request(value.clone(), &*with).unwrap();
                assert_eq!(sent.method, exchange.route().method.as_str());
                let back = exchange
                    .decode_request(arrived(exchange.route(), &sent))
                    .unwrap_or_else(|error| panic!("{}: {error} in {value}", exchange.name()));
                assert_eq!(back, given, "{}, seed {seed}", exchange.name());
            }
        }
    }
}

#[test]
fn responses_come_back_as_they_went() {
    for exchange in exchanges() {
        for seed in 0..SEEDS {
            let value = response(exchange, seed, false);
            let mut given = exchange.told_response(value.clone());
            own(exchange).settle_response(&mut given.0);
            let sent = exchange.encode_response(value.clone());
            assert_eq!(sent.status, exchange.route().success);
            let back = exchange
                .decode_response(answered(&sent))
                .unwrap_or_else(|error| panic!("{}: {error} in {value}", exchange.name()));
            assert_eq!(back, given, "{}, seed {seed}", exchange.name());
        }
    }
}

/// Unknown members, parameters and headers are ignored, null means absent (WS Channel §1.4; NextGenPSD2 T-121, S-16).
#[test]
fn servers_pass_over_what_they_do_not_know() {
    for (exchange, whole) in exchanges().flat_map(|exchange| [(exchange, true), (exchange, false)]) {
        let fields = exchange.entry().request.fields();
        for with in own(exchange).credentials(exchange) {
            let value = request(exchange, 3, whole);
            let mut given = exchange.told_request(value.clone());
            own(exchange).settle_request(exchange.name(), &mut given.0);
            let mut sent = exchange.encode_request(value, &*with).unwrap();
            sent.headers.push("x-unheard", "of");
            let mut message = arrived(exchange.route(), &sent);
            if !message.body.is_empty() {
                let is_in_body = |field: &&Field| !exchange.route().path.contains(field.wire);
                message.body = own(exchange).with_unknown(&message.body, &mut fields.iter().filter(is_in_body));
            }
            message.query.push(("Unheard".into(), "of".into()));
            assert_eq!(exchange.decode_request(message).unwrap(), given, "{}", exchange.name());
        }
    }
}

/// Absent values are left out: never null, never empty (WS Channel §1.5).
#[test]
fn answers_are_tidy() {
    for exchange in exchanges() {
        let mut least = response(exchange, 1, true);
        let fields = exchange.entry().response.fields();
        let is_absent = |field: &&Field| field.optional || own(exchange).is_left_out_empty(field);
        for field in fields.iter().filter(is_absent) {
            if field.optional {
                least.as_object_mut().unwrap().remove(field.name);
            } else {
                least[field.name] = json!({});
            }
        }
        let sparse = exchange.encode_response(least);
        let body = own(exchange).parsed(&split(&sparse.body).0);
        assert!(sparse.headers.is_empty(), "{}", exchange.name());
        for field in fields.iter().filter(is_absent) {
            assert!(body.get(field.wire).is_none(), "{}: {} is written though absent", exchange.name(), field.wire);
        }
    }
}

#[test]
fn no_answer_of_failure_is_taken_for_success() {
    const LINK: &[u8] = br#"{"_links":{"scaRedirect":{"href":"https://bank.example/tap","verbs":["GET"]}}}"#;
    for exchange in exchanges() {
        let success = answered(&exchange.encode_response(response(exchange, 1, true)));
        for status in [100, 199, 300, 302, 304, 400, 418, 500, 599] {
            for body in [success.body.clone(), LINK.into()] {
                let mut failure = success.clone();
                (failure.message.status, failure.message.body) = (status, body);
                let error = exchange.decode_response(failure).unwrap_err();
                assert_eq!(error.http_status(), Some(status), "{}", exchange.name());
            }
        }
    }
}
