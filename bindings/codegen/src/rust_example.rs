//! Rust: a program for each operation, which the reference shows and a documentation test compiles.

use bankchannel::model::{Field, Shape, StructShape};
use serde_json::{Map, Value, json};

use crate::model::{OperationModel, ProtocolModel};

/// The program.
pub(crate) fn example(protocol: &ProtocolModel, operation: &OperationModel) -> String {
    let (module, class, name) = (protocol.module, protocol.class, operation.name);
    let request = built(operation.request)
        .unwrap_or_else(|| format!("serde_json::json!({})", Value::Object(needed(operation.request.fields))));
    let call = match (protocol.is_module(), operation.is_local()) {
        (true, _) => format!("let done = {name}(request)?;"),
        (false, true) => format!("let done = client.{name}(request)?;"),
        (false, false) => format!("let done = client.{name}(request).await?;"),
    };
    let begin = match (protocol.is_module(), operation.is_local()) {
        (true, _) => format!("fn {name}_example() -> bankchannel::Result<()> {{"),
        (false, true) => format!("fn {name}_example(client: &{class}) -> bankchannel::Result<()> {{"),
        (false, false) => format!("async fn {name}_example(client: &{class}) -> bankchannel::Result<()> {{"),
    };
    let path = if request.contains("Path::new") { "use std::path::Path;\n\n" } else { "" };
    format!(
        "{path}use bankchannel::{module}::*;\n\n{begin}\n    let request = {request};\n    {call}\n    \
         println!(\"{{done:?}}\");\n    Ok(())\n}}"
    )
}

/// The fields that a request must have and a client does not know.
fn required(fields: &'static [Field]) -> impl Iterator<Item = &'static Field> {
    fields.iter().filter(|field| !field.optional && !field.profile)
}

/// A struct's builder with its required fields; `None` if a builder cannot say it in a line.
fn built(shape: &StructShape) -> Option<String> {
    let mut text = format!("{}::builder()", shape.name);
    for field in required(shape.fields) {
        text.push_str(&format!("\n        .{}({})", field.name, expression(field.shape)?));
    }
    Some(text)
}

/// A value for a builder's method.
fn expression(shape: &'static Shape) -> Option<String> {
    Some(match shape {
        Shape::Bool => "true".into(),
        Shape::Integer { min, .. } => (*min).max(1).to_string(),
        Shape::Seconds => "std::time::Duration::from_secs(60)".into(),
        Shape::Decimal => "\"12.50\"".into(),
        Shape::Date => "\"2026-11-20\"".into(),
        Shape::Timestamp => "\"2026-11-20T08:00:00Z\"".into(),
        Shape::Text(text) => format!("{:?}", if text.example.is_empty() { "example" } else { text.example }),
        // A secret does not belong into a program.
        Shape::Secret(_) => "Path::new(\"secret.txt\")".into(),
        Shape::Content => "Path::new(\"payment.xml\")".into(),
        Shape::List(of @ (Shape::Text(_) | Shape::Struct(_))) => format!("[{}]", expression(of)?),
        Shape::Struct(shape) => indented(&built(shape)?),
        _ => return None,
    })
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}

/// The same in JSON.
fn needed(fields: &'static [Field]) -> Map<String, Value> {
    required(fields).map(|field| (field.name.to_owned(), value(field.shape))).collect()
}

fn value(shape: &'static Shape) -> Value {
    match shape {
        Shape::Bool => json!(true),
        Shape::Integer { min, .. } => json!((*min).max(1)),
        Shape::Seconds | Shape::Number => json!(60),
        Shape::Decimal => json!("12.50"),
        Shape::Date => json!("2026-11-20"),
        Shape::Timestamp => json!("2026-11-20T08:00:00Z"),
        Shape::Text(text) => json!(if text.example.is_empty() { "example" } else { text.example }),
        Shape::Secret(_) => json!({"file": "secret.txt"}),
        Shape::Content => json!({"path": "payment.xml"}),
        Shape::Bytes => json!("AP+A"),
        Shape::Enum(shape) => json!(shape.values[0].value),
        Shape::List(of) => json!([value(of)]),
        Shape::Map(of) => json!({ "NAME": value(of) }),
        Shape::Json | Shape::AnyJson => json!({}),
        Shape::Struct(shape) => Value::Object(needed(shape.fields)),
        Shape::Union(shape) => {
            let variant = &shape.variants[0];
            let mut made = variant.shape.map_or_else(Map::new, |of| needed(of.fields()));
            made.insert(shape.tag.to_owned(), json!(variant.tag));
            Value::Object(made)
        }
    }
}
