//! Errors do not repeat a value that was given in the wrong place: secrets and file texts are planted into every field
//! of every operation and setting, in every wrong form, and all errors are searched for them.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeMap, time::Duration};

use bankchannel::{
    CallOptions, Client, Settings, catalogue,
    model::{Field, Shape, Value as Given},
    protocols::PROTOCOLS,
};
use serde_json::{Map, Value, json};

/// The planted text, and the part of it that must not appear anywhere. The flag: whether it could be the name of a file
/// or of a field, as a single word can.
const PLANTED: [(&str, &str, bool); 8] = [
    ("<Document><IBAN>FI2112345600000785</IBAN></Document>", "FI2112345600000785", false),
    ("-----BEGIN PRIVATE KEY-----\nPlantedKeyLine\n-----END PRIVATE KEY-----\n", "PlantedKeyLine", false),
    ("the planted phrase itself", "planted phrase", false),
    ("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2", "4vN6hGHrav31", false),
    ("planted.person@example.test", "planted.person", false),
    ("+358409998877", "358409998877", false),
    ("Planted_Password_..4711", "Planted_Password", true),
    ("JBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP", true),
];

/// The number of these, from the first, that are the text of a file or of a key.
const DOCUMENTS: usize = 2;

/// The planted text in right and wrong forms. A word that may be a field's name is not used as a field name, since an
/// error may name an unknown field.
fn forms(planted: &str, may_be_name: bool) -> Vec<Value> {
    let mut forms = vec![
        json!(planted),
        json!([planted]),
        json!({ "file": planted }),
        json!({ "env": planted }),
        json!({ "path": planted }),
        json!({ "base64": planted }),
        json!({ "file": planted, "env": planted }),
        json!({ "file": { "env": planted } }),
    ];
    if !may_be_name {
        forms.push(json!({ planted: "x" }));
    }
    forms
}

/// A valid value for the shape.
fn example(shape: &'static Shape) -> Value {
    match shape {
        Shape::Bool => json!(false),
        Shape::Integer { min, .. } => json!((*min).max(1)),
        Shape::Seconds => json!(2.5),
        Shape::Decimal => json!("1.00"),
        Shape::Number => json!(0.25),
        Shape::Json | Shape::AnyJson => json!({ "NAME": "x" }),
        Shape::Date => json!("2026-11-20"),
        Shape::Timestamp => json!("2026-11-20T08:00:00Z"),
        Shape::Text(text) | Shape::Secret(text) if text.example.is_empty() => json!("Example_Text_..2026"),
        Shape::Text(text) | Shape::Secret(text) => json!(text.example),
        Shape::Content => json!({ "base64": "" }),
        Shape::Bytes => json!("AP+A"),
        Shape::Enum(shape) => json!(shape.values[0].value),
        Shape::List(of) => json!([example(of)]),
        Shape::Map(of) => json!({ "NAME": example(of) }),
        Shape::Struct(shape) => Value::Object(needed(shape.fields)),
        Shape::Union(shape) => {
            let variant = &shape.variants[0];
            let mut made = variant.shape.map_or_else(Map::new, |of| needed(of.fields()));
            made.insert(shape.tag.to_owned(), json!(variant.tag));
            Value::Object(made)
        }
    }
}

/// The required fields.
fn needed(fields: &'static [Field]) -> Map<String, Value> {
    let all = fields.iter().filter(|field| !field.optional || field.profile);
    all.map(|field| (field.name.to_owned(), example(field.shape))).collect()
}

/// Receives the field's name, its shape and the request.
type Planting<'a> = dyn FnMut(&str, &'static Shape, Map<String, Value>) + 'a;

/// Requests in which one field, at any depth, has this value.
fn planted_into(fields: &'static [Field], value: &Value, with: &mut Planting<'_>) {
    for field in fields {
        let mut put = |shape: &'static Shape, inner: Value| {
            let mut request = needed(fields);
            request.insert(field.name.to_owned(), inner);
            with(field.name, shape, request);
        };
        put(field.shape, value.clone());
        match field.shape {
            Shape::List(of @ Shape::Struct(_)) => {
                planted_into(of.fields(), value, &mut |_, shape, inner| put(shape, json!([inner])));
            }
            Shape::List(of) => put(of, json!([value])),
            Shape::Map(of) => put(of, json!({ "NAME": value })),
            Shape::Struct(shape) => {
                planted_into(shape.fields, value, &mut |_, shape, inner| put(shape, Value::Object(inner)));
            }
            _ => {}
        }
    }
}

fn search(place: &str, secret: &str, error: &bankchannel::Error) {
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains(secret), "{place}: {shown}");
}

/// Whether a single word in this field may be the name of a file.
fn names_file(name: &str, shape: &Shape) -> bool {
    matches!(shape, Shape::Content)
        || name.ends_with("_file")
        || matches!(name, "directory" | "pkcs11" | "encryption_pkcs11" | "module" | "record_to" | "replay_from")
}

#[tokio::test]
async fn nothing_planted_into_a_request_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let settings = |value: Value| Client::new(Settings::read(Given::from(value)).unwrap()).unwrap();
    // Called by name, a local operation runs on any client.
    let ws_channel =
        settings(json!({"protocol": "ws-channel", "base_url": "http://127.0.0.1:9/v2", "environment": "test"}));
    let others = PROTOCOLS.iter().filter(|protocol| protocol.client.is_some() && protocol.name != "ws-channel");
    let others = others.map(|protocol| {
        // A client that sends needs a base URL.
        let mut given = json!({"protocol": protocol.name});
        if protocol.name == "salt-edge-hub" {
            given["base_url"] = json!("http://127.0.0.1:9");
        }
        (protocol.name, settings(given))
    });
    let others: BTreeMap<&str, Client> = others.collect();
    let (mut tried, mut failed) = (0_u32, 0_u32);
    for entry in catalogue() {
        let client = others.get(entry.declaration.protocol).unwrap_or(&ws_channel);
        // Making keys is slow, and other operations have the same fields.
        let slow = matches!(entry.short_name(), "make_certificates" | "generate_key");
        // Errors in payment data quote the wrong value, at most 40 characters of it. A whole file or a key must not
        // appear.
        let named = entry.declaration.protocol == bankchannel::iso20022::MODULE;
        for (planted, secret, may_be_file) in PLANTED.into_iter().take(if named { DOCUMENTS } else { PLANTED.len() }) {
            for value in forms(planted, may_be_file).into_iter().skip(usize::from(slow)) {
                let mut requests = Vec::new();
                planted_into(entry.request.fields(), &value, &mut |name, shape, request| {
                    if !(may_be_file && names_file(name, shape)) {
                        requests.push((name.to_owned(), request));
                    }
                });
                for (name, request) in requests {
                    let options = CallOptions { timeout: Some(Duration::from_millis(20)), ..CallOptions::default() };
                    let request = Given::from(Value::Object(request));
                    let called = client.call_values(entry.declaration.name, request, options).await;
                    tried += 1;
                    if let Err(error) = called {
                        failed += 1;
                        search(&format!("{} {name} {value}", entry.declaration.name), secret, &error);
                    }
                }
            }
        }
    }
    assert!(tried > 20_000 && failed > tried / 2, "{tried} calls, {failed} errors");
}

#[test]
fn nothing_planted_into_a_setting_is_repeated() {
    let mut failed = 0_u32;
    let clients = PROTOCOLS.iter().filter_map(|protocol| Some((protocol.name, protocol.client.as_ref()?.settings)));
    for (protocol, shape) in clients {
        for (planted, secret, may_be_file) in PLANTED {
            for value in forms(planted, may_be_file) {
                planted_into(shape.fields(), &value, &mut |name, shape, mut settings| {
                    if may_be_file && names_file(name, shape) {
                        return;
                    }
                    settings.insert("protocol".into(), json!(protocol));
                    let made = Settings::read(Given::from(Value::Object(settings))).and_then(Client::new);
                    if let Err(error) = made {
                        failed += 1;
                        search(&format!("{protocol} {name} {value}"), secret, &error);
                    }
                });
            }
        }
    }
    assert!(failed > 1_000, "{failed} errors");
}
