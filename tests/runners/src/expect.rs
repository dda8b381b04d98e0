//! Matches results: a value matches if everything expected of it holds.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use regex_lite::Regex;
use serde_json::Value;

/// Whether `found` matches `wanted`. Objects may have additional members. An object with one key that begins with `$`
/// is a matcher; `tests/scenarios/README.md` lists them.
///
/// # Errors
/// The place and the difference.
pub fn matches(wanted: &Value, found: &Value) -> Result<(), String> {
    if let Some((name, argument)) = matcher(wanted) {
        return special(name, argument, found);
    }
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(_)) => wanted
            .iter()
            .try_for_each(|(name, value)| matches(value, &found[name]).map_err(|why| format!(".{name}{why}"))),
        (Value::Array(wanted), Value::Array(items)) => {
            if wanted.len() != items.len() {
                return Err(format!(": {} elements instead of {}", items.len(), wanted.len()));
            }
            wanted
                .iter()
                .zip(items)
                .enumerate()
                .try_for_each(|(n, (w, f))| matches(w, f).map_err(|why| format!("[{n}]{why}")))
        }
        _ if wanted == found => Ok(()),
        _ => Err(format!(": {} instead of {}", shown(found), shown(wanted))),
    }
}

fn matcher(wanted: &Value) -> Option<(&str, &Value)> {
    let map = wanted.as_object()?;
    let (name, argument) = map.iter().next()?;
    (map.len() == 1 && name.starts_with('$')).then_some((name, argument))
}

fn special(name: &str, argument: &Value, found: &Value) -> Result<(), String> {
    let fail = || Err(format!(": {} is not {name} {}", shown(found), shown(argument)));
    let text = found.as_str().unwrap_or_default();
    let holds = match name {
        "$any" => !found.is_null(),
        "$absent" => found.is_null(),
        "$regex" => {
            let pattern = Regex::new(argument.as_str().unwrap_or_default()).map_err(|why| format!(": {why}"))?;
            found.is_string() && pattern.is_match(text)
        }
        "$length" => found.is_string() && argument.as_u64() == Some(text.chars().count() as u64),
        "$size" => found.as_array().is_some_and(|items| argument.as_u64() == Some(items.len() as u64)),
        "$not" => matches(argument, found).is_err(),
        "$one_of" => {
            argument.as_array().is_some_and(|options| options.iter().any(|option| matches(option, found).is_ok()))
        }
        "$all" => argument.as_array().is_some_and(|all| all.iter().all(|one| matches(one, found).is_ok())),
        "$has" => {
            let wanted = argument.as_array().map_or_else(|| vec![argument], |many| many.iter().collect());
            let items = found.as_array().ok_or(": is not a list")?;
            wanted.iter().all(|one| items.iter().any(|item| matches(one, item).is_ok()))
        }
        "$has_no" => found.as_array().is_some_and(|items| !items.iter().any(|item| matches(argument, item).is_ok())),
        "$every" => found.as_array().is_some_and(|items| items.iter().all(|item| matches(argument, item).is_ok())),
        "$contains" => found.is_string() && argument.as_str().is_some_and(|part| text.contains(part)),
        "$base64" => {
            let decoded = STANDARD.decode(text).map_err(|_| format!(": {} is not base64", shown(found)))?;
            return matches(argument, &Value::String(String::from_utf8_lossy(&decoded).into_owned()));
        }
        "$count" => {
            let items = found.as_array().ok_or(": is not a list")?;
            let count = items.iter().filter(|item| matches(&argument["of"], item).is_ok()).count();
            if argument["is"].as_u64() != Some(count as u64) {
                return Err(format!(": {count} instead of {} elements are {}", argument["is"], shown(&argument["of"])));
            }
            true
        }
        "$members" => {
            let mut names: Vec<&str> = found.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
            let mut wanted: Vec<&str> = argument.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            names.sort_unstable();
            wanted.sort_unstable();
            names == wanted
        }
        _ => return Err(format!(": there is no matcher {name}")),
    };
    if holds { Ok(()) } else { fail() }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > 300 { text.chars().take(300).chain("…".chars()).collect() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_expected_must_hold_and_the_rest_is_free() {
        assert!(matches(&json!({"a": 1}), &json!({"a": 1, "b": 2})).is_ok());
        assert!(matches(&json!({"a": {"$absent": true}}), &json!({"b": 2})).is_ok());
        assert!(matches(&json!({"$has": [{"t": "x"}]}), &json!([{"t": "y"}, {"t": "x"}])).is_ok());
        assert!(matches(&json!({"$base64": {"$contains": "ell"}}), &json!("aGVsbG8=")).is_ok());
        for (wanted, found) in [
            (json!({"a": 1}), json!({"a": 2})),
            (json!({"$any": true}), json!(null)),
            (json!({"$regex": "^x"}), json!("y")),
            (json!([1]), json!([1, 2])),
            (json!({"$nonsense": 1}), json!(1)),
        ] {
            assert!(matches(&wanted, &found).is_err(), "{wanted} {found}");
        }
    }
}
