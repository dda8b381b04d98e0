//! Foreign bytes: any input ends in a value or an error, never in a panic.

use std::sync::LazyLock;

use bankchannel_foundation::{
    message::{Headers, InRequest, InResponse, Response},
    model::{Content, Field, Shape},
};
use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value};

use crate::{
    exchange::{AnyExchange, exchanges},
    messages::{arrived, split},
    particular::{self, Particular},
    sample::{Random, sample},
};

/// Every name with a meaning on a wire.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut names = ["ResponseCode", "RequestId", "href", "verbs", ""].map(str::to_owned).to_vec();
    each_field(&mut |field| {
        names.push(field.wire.to_owned());
        names.extend(field.aliases.iter().map(|alias| (*alias).to_owned()));
    });
    names
});

/// Texts with a meaning in some place.
static TEXTS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut texts = vec!["00", "01", "77", "OK", "Login OK", "unknown", "3600", "Nov 20 06:00:00 2028 GMT"];
    texts.extend(["2026-12-31", "NOK", "allAccounts", "/v1/x", "https://b.example/"]);
    each_field(&mut |field| match field.wire_shape {
        Shape::Enum(shape) => texts.extend(shape.values.iter().map(|value| value.value)),
        Shape::Text(shape) | Shape::Secret(shape) => texts.push(shape.example),
        _ => {}
    });
    texts.sort_unstable();
    texts.dedup();
    texts
});

/// The request and the success of each exchange as they travel.
static BODIES: LazyLock<Vec<(Bytes, Bytes)>> = LazyLock::new(|| {
    let bodies = |exchange: &dyn AnyExchange| {
        let (entry, own) = (exchange.entry(), particular::of(exchange.entry().declaration.protocol));
        let request = sample(entry.request, &mut Random::seeded(1), true, own);
        let with = own.credentials(exchange).remove(0);
        let sent = exchange.encode_request(request, &*with).unwrap();
        let response = exchange.encode_response(sample(entry.response, &mut Random::seeded(1), true, own));
        (arrived(exchange.route(), &sent).body, split(&response.body).0)
    };
    exchanges().map(bodies).collect()
});

fn each_field(take: &mut impl FnMut(&'static Field)) {
    fn all(shape: &'static Shape, take: &mut impl FnMut(&'static Field)) {
        match shape {
            Shape::List(of) | Shape::Map(of) => all(of, take),
            _ => shape.fields().iter().for_each(|field| {
                take(field);
                all(field.wire_shape, take);
            }),
        }
    }
    for entry in exchanges().map(AnyExchange::entry) {
        all(entry.request, take);
        all(entry.response, take);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        select(&**TEXTS).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((select(&**NAMES), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A body of a message.
#[derive(Clone, Debug)]
enum Foreign {
    Whole(Bytes),
    /// The exchange's own body with these members.
    Changed(Map<String, Value>),
}

impl Foreign {
    fn body(&self, body: &[u8], own: &dyn Particular) -> Bytes {
        match self {
            Self::Whole(bytes) => bytes.clone(),
            Self::Changed(members) => own.changed(body, members),
        }
    }
}

fn body() -> impl Strategy<Value = Foreign> {
    prop_oneof![
        vec(any::<u8>(), 0..200).prop_map(|bytes| Foreign::Whole(bytes.into())),
        value().prop_map(|value| Foreign::Whole(value.to_string().into())),
        vec((select(&**NAMES), value()), 0..20)
            .prop_map(|pairs| Foreign::Whole(Value::Object(pairs.into_iter().collect()).to_string().into())),
        vec((select(&**NAMES), value()), 0..20).prop_map(|pairs| Foreign::Changed(pairs.into_iter().collect())),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let mut names: Vec<String> =
        NAMES.iter().filter_map(|name| name.strip_prefix('@')).map(str::to_lowercase).collect();
    names.push("authorization".into());
    vec((select(names), prop_oneof![".{0,30}", "https://[a-z./@#]{0,20}", "true|PRIVATE|GET|7"]), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(
        body in body(),
        headers in headers(),
        texts in vec(".{0,30}", 1..8),
        status in prop_oneof![Just(200_u16), Just(201), Just(400), Just(401), 100..600_u16],
        streamed in any::<bool>(),
    ) {
        let content = streamed.then(|| Content::from(vec![1, 2, 3]));
        for (exchange, (request, response)) in exchanges().zip(&*BODIES) {
            let own = particular::of(exchange.entry().declaration.protocol);
            decode(exchange, (body.body(request, own), body.body(response, own)), &headers, &texts, status, content.as_ref());
        }
    }
}

fn decode(
    exchange: &dyn AnyExchange,
    (request, response): (Bytes, Bytes),
    headers: &[(String, String)],
    texts: &[String],
    status: u16,
    content: Option<&Content>,
) {
    let (entry, mut texts) = (exchange.entry(), texts.iter().cycle());
    let mut text = || texts.next().cloned().unwrap_or_default();
    let path = exchange.route().path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let query = entry.request.fields().iter().map(|field| field.wire.trim_start_matches('?').to_owned());
    let sent: Headers = headers.iter().cloned().collect();
    let request = InRequest {
        path: path.map(|name| (name, text())).collect(),
        query: query.map(|name| (name, text())).collect(),
        headers: Some(&sent),
        body: request,
        content: content.cloned(),
    };
    if let Err(error) = exchange.decode_request(request) {
        assert!(error.code().starts_with("input."), "{}: {error}", exchange.name());
        let field = error.detail("field").unwrap_or_default();
        assert!(!field.contains(['@', '?']), "{field}");
    }
    let names = entry.response.fields().iter().filter_map(|field| field.wire.strip_prefix('@'));
    let headers = names.map(|name| (name, text())).collect();
    let message = Response { status, headers, body: response };
    let message = InResponse { message, content: content.cloned(), ..InResponse::default() };
    let _ = exchange.decode_response(message.clone());
    let _ = exchange.encode_again(message);
}
