//! Foreign bytes: any of them end in a value or an error, never in a panic.

use bankchannel_foundation::{
    Boundary,
    message::{InRequest, InResponse},
    model::Field,
};
use bankchannel_nextgen_psd2::RESPONSE_HEADERS;
use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value};

use crate::harness::{PsdExchange, each_exchange, route};

/// Every name that means something on this wire.
fn names() -> Vec<String> {
    fn all(fields: &'static [Field], into: &mut Vec<String>) {
        for field in fields {
            into.push(field.wire.to_owned());
            all(field.shape.fields(), into);
        }
    }
    fn collect<O: PsdExchange>(into: &mut Vec<String>) {
        all(O::Request::SHAPE.fields(), into);
        all(O::Response::SHAPE.fields(), into);
    }
    let mut names = vec!["href".to_owned(), "verbs".to_owned(), "iban".to_owned(), String::new()];
    each_exchange!(collect(&mut names));
    names
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        select(vec!["received", "valid", "allAccounts", "2026-12-31", "NOK", "/v1/x", "https://b.example/"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            vec((select(names()), inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn body() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        vec(any::<u8>(), 0..200).prop_map(Bytes::from),
        value().prop_map(|value| value.to_string().into()),
        vec((select(names()), value()), 0..20)
            .prop_map(|pairs| Value::Object(pairs.into_iter().collect()).to_string().into()),
    ]
}

fn decode<O: PsdExchange>(body: &Bytes, headers: &[(String, String)], texts: &[String], status: u16) {
    let mut texts = texts.iter().cycle();
    let path = route::<O>().path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let request = InRequest {
        path: path.map(|name| (name, texts.next().cloned().unwrap_or_default())).collect(),
        query: vec![("withBalance".into(), texts.next().cloned().unwrap_or_default())],
        headers: headers.to_vec(),
        body: body.clone(),
        content: None,
    };
    if let Err(error) = O::decode_request(request) {
        assert!(error.code().starts_with("input."), "{}: {error}", O::DECLARATION.name);
        let field = error.detail("field").unwrap_or_default();
        assert!(!field.contains(['@', '?']), "{field}");
    }
    let headers = RESPONSE_HEADERS.iter().map(|name| (*name, texts.next().cloned().unwrap_or_default()));
    let response = InResponse { status, headers: headers.collect(), body: body.clone(), ..InResponse::default() };
    if let Ok(response) = O::decode_response(response) {
        let _ = O::encode_response(response);
    }
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    let names: Vec<String> = names().iter().filter_map(|name| name.strip_prefix('@')).map(str::to_lowercase).collect();
    vec((select(names), prop_oneof![".{0,30}", "https://[a-z./@#]{0,20}", "true|PRIVATE|GET|7"]), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(
        body in body(),
        headers in headers(),
        texts in vec(".{0,30}", 1..8),
        status in prop_oneof![Just(200_u16), Just(201), Just(401), 100..600_u16],
    ) {
        each_exchange!(decode(&body, &headers, &texts, status));
    }
}
