//! Hides secrets in output for people: terminals are logged, recorded and visible to others. `--json` shows them.

use bankchannel_foundation::model::Shape;
use serde_json::Value;

/// The text shown instead of a secret.
const HIDDEN: &str = "(hidden: --json shows it)";
/// Characters of a key that are shown, enough to tell keys apart.
const SHOWN: usize = 4;

/// Hides the secrets of a response.
pub(crate) fn secrets(value: &mut Value, shape: &Shape) {
    match (shape, value) {
        (Shape::Secret(_), Value::String(text)) => HIDDEN.clone_into(text),
        (Shape::List(of), Value::Array(items)) => items.iter_mut().for_each(|item| secrets(item, of)),
        (Shape::Map(of), Value::Object(members)) => members.values_mut().for_each(|member| secrets(member, of)),
        (Shape::Union(shape), value @ Value::Object(_)) => {
            let tag = value.get(shape.tag).and_then(Value::as_str).map(str::to_owned);
            let found = shape.variants.iter().find(|variant| Some(variant.tag) == tag.as_deref());
            if let Some(of) = found.and_then(|variant| variant.shape) {
                secrets(value, of);
            }
        }
        (Shape::Struct(shape), Value::Object(members)) => {
            for field in shape.fields {
                if let Some(member) = members.get_mut(field.name) {
                    secrets(member, field.shape);
                }
            }
        }
        _ => {}
    }
}

/// Shortens the API key of a record, or of each record of a list.
pub(crate) fn api_keys(shown: &mut Value) {
    let records = match shown {
        Value::Array(records) => records.iter_mut(),
        one => std::slice::from_mut(one).iter_mut(),
    };
    for record in records {
        if let Some(Value::String(key)) = record.get_mut("api_key")
            && let Some((end, _)) = key.char_indices().nth(SHOWN)
        {
            key.truncate(end);
            key.push('…');
        }
    }
}

#[cfg(test)]
mod tests {
    use bankchannel::{model::Boundary as _, ws_channel::LoginResponse};
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_and_keys_are_hidden_and_the_rest_is_not() {
        let mut response =
            json!({"id_token": "planted", "api_key": "planted", "expires_in": 3600, "response_text": "OK"});
        secrets(&mut response, LoginResponse::SHAPE);
        assert_eq!(response, json!({"id_token": HIDDEN, "api_key": HIDDEN, "expires_in": 3600, "response_text": "OK"}));
        let mut records = json!([{"api_key": "4vN6hGHrav31smM0"}, {"api_key": "0"}, {}]);
        api_keys(&mut records);
        assert_eq!(records, json!([{"api_key": "4vN6…"}, {"api_key": "0"}, {}]));
        let mut record = json!({"api_key": "4vN6hGHrav31smM0"});
        api_keys(&mut record);
        assert_eq!(record, json!({"api_key": "4vN6…"}));
    }
}
