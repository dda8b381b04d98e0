//! Foreign bytes: any of them end in a value or an error, never in a panic.

use bankchannel_foundation::{
    Boundary, Content,
    message::{InRequest, InResponse},
};
use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::harness::{WsExchange, each_exchange, route};

/// Every name that means something on this wire.
fn names() -> Vec<String> {
    fn collect<O: WsExchange>(into: &mut Vec<String>) {
        for field in O::Request::SHAPE.fields().iter().chain(O::Response::SHAPE.fields()) {
            into.push(field.wire.to_owned());
            into.extend(field.aliases.iter().map(|alias| (*alias).to_owned()));
        }
    }
    let mut names = vec!["ResponseCode".to_owned(), "RequestId".to_owned(), String::new()];
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
        select(vec![
            "00",
            "01",
            "77",
            "OK",
            "Login OK",
            "unknown",
            "3600",
            "Nov 20 06:00:00 2028 GMT",
            "admin",
            "data",
            "nordea"
        ])
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
        vec((select(names()), value()), 0..20).prop_map(|pairs| {
            let mut map: Map<String, Value> = pairs.into_iter().collect();
            map.entry("ResponseCode").or_insert(json!("00"));
            map.entry("ResponseText").or_insert(json!("OK"));
            Value::Object(map).to_string().into()
        }),
    ]
}

fn decode<O: WsExchange>(body: &Bytes, texts: &[String], status: u16, content: Option<&Content>) {
    let mut texts = texts.iter().cycle();
    let path = route::<O>().path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let path = path.map(|name| (name, texts.next().cloned().unwrap_or_default())).collect();
    let query = O::Request::SHAPE
        .fields()
        .iter()
        .map(|field| (field.wire.to_owned(), texts.next().cloned().unwrap_or_default()));
    let request = InRequest {
        path,
        query: query.collect(),
        body: body.clone(),
        content: content.cloned(),
        ..InRequest::default()
    };
    if let Err(error) = O::decode_request(request) {
        assert!(error.code().starts_with("input."), "{}: {error}", O::DECLARATION.name);
    }
    let response = InResponse { status, body: body.clone(), content: content.cloned(), ..InResponse::default() };
    let _ = O::decode_response(response);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(
        body in body(),
        texts in vec(".{0,30}", 1..8),
        status in prop_oneof![Just(200_u16), Just(201), Just(400), 100..600_u16],
        streamed in any::<bool>(),
    ) {
        let content = streamed.then(|| Content::from(vec![1, 2, 3]));
        each_exchange!(decode(&body, &texts, status, content.as_ref()));
    }
}
