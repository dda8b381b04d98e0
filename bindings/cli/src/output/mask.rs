//! Hides secrets in output for people: terminals are logged, recorded and visible to others. `--json` shows them.

use bankchannel_foundation::model::Shape;
use serde_json::Value;

/// The text shown instead of a secret.
const HIDDEN: &str = "(hidden: --json shows it)";

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

#[cfg(test)]
mod tests {
    use bankchannel::{model::Boundary as _, ws_channel::LoginResponse};
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_hidden_and_the_rest_is_not() {
        let mut response =
            json!({"id_token": "planted", "api_key": "planted", "expires_in": 3600, "response_text": "OK"});
        secrets(&mut response, LoginResponse::SHAPE);
        assert_eq!(response, json!({"id_token": HIDDEN, "api_key": HIDDEN, "expires_in": 3600, "response_text": "OK"}));
    }
}
