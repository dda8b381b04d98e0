//! Collects what of an answer is in no field of its response.

use bankchannel_foundation::model::{Object, Value};

/// The maximum number of members that are listed; all others are counted in a last one.
const MAX_LISTED: usize = 1000;
/// The maximum size of all listed paths and values together, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// A value of more bytes is listed by its parts.
const MAX_VALUE: usize = 4 * 1024;
/// The path of the last one.
const OTHERS: &str = "/…";
/// The path of a whole answer that has no members.
const WHOLE: &str = "/";

/// The unread members found so far, and the place of the reader in the answer.
#[derive(Default)]
pub(super) struct UnreadMembers {
    found: Vec<Object<'static>>,
    bytes: usize,
    others: u64,
    /// The reader's place, a JSON pointer.
    place: String,
}

impl UnreadMembers {
    /// Goes into a member; the result is for [`leave`](Self::leave).
    pub(super) fn enter(&mut self, name: &str) -> usize {
        let outside = self.place.len();
        self.place.push('/');
        for letter in name.chars() {
            match letter {
                '~' => self.place.push_str("~0"),
                '/' => self.place.push_str("~1"),
                letter => self.place.push(letter),
            }
        }
        outside
    }

    /// Goes back to where [`enter`](Self::enter) was called.
    pub(super) fn leave(&mut self, outside: usize) {
        self.place.truncate(outside);
    }

    /// Adds the value at the reader's place, unless it says nothing: null, or empty.
    pub(super) fn add(&mut self, value: &Value<'_>) {
        if says_nothing(value) {
            return;
        }
        if self.others > 0 {
            self.others += 1;
            return;
        }
        let text = value.to_json();
        match value {
            Value::Object(members) if text.len() > MAX_VALUE => {
                members.iter().for_each(|(name, value)| self.add_inside(name, value));
            }
            Value::Array(values) if text.len() > MAX_VALUE => {
                values.iter().enumerate().for_each(|(at, value)| self.add_inside(&at.to_string(), value));
            }
            _ => self.list((text.len() <= MAX_VALUE).then_some(text)),
        }
    }

    /// Adds a value inside the reader's place.
    fn add_inside(&mut self, name: &str, value: &Value<'_>) {
        let outside = self.enter(name);
        self.add(value);
        self.leave(outside);
    }

    /// Adds a value at a path inside the reader's place.
    pub(super) fn add_at(&mut self, path: &[String], value: &Value<'_>) {
        let outside = self.place.len();
        for name in path {
            self.enter(name);
        }
        self.add(value);
        self.leave(outside);
    }

    fn list(&mut self, value: Option<String>) {
        let bytes = self.bytes + self.place.len() + value.as_ref().map_or(0, String::len);
        if self.found.len() == MAX_LISTED || bytes > MAX_BYTES {
            self.others += 1;
            return;
        }
        self.bytes = bytes;
        let place = if self.place.is_empty() { WHOLE } else { &self.place };
        self.found.push(member(place.to_owned(), value, 1));
    }

    /// All of them, as [`UnreadMember`](crate::model::UnreadMember)s in wire form; `None` if there are none.
    pub(super) fn into_value(mut self) -> Option<Value<'static>> {
        if self.others > 0 {
            self.found.push(member(OTHERS.to_owned(), None, self.others));
        }
        (!self.found.is_empty()).then(|| self.found.into_iter().map(Value::Object).collect())
    }
}

fn member(path: String, value: Option<String>, count: u64) -> Object<'static> {
    let mut member = Object::new();
    member.push("path", path);
    if let Some(value) = value {
        member.push("value", value);
    }
    member.push("count", count);
    member
}

/// Whether a value is null or empty, all the way down.
pub(super) fn says_nothing(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(values) => values.iter().all(says_nothing),
        Value::Object(members) => members.iter().all(|(_, value)| says_nothing(value)),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn listed(answer: serde_json::Value) -> Vec<(String, Option<String>, u64)> {
        let mut unread = UnreadMembers::default();
        for (name, value) in answer.as_object().unwrap() {
            unread.add_inside(name, &value.clone().into());
        }
        let Some(Value::Array(found)) = unread.into_value() else { return Vec::new() };
        let text = |member: &Value<'_>, name: &str| member.get(name).and_then(Value::as_str).map(str::to_owned);
        let count = |member: &Value<'_>| member.get("count").unwrap().to_json().parse().unwrap();
        found.iter().map(|member| (text(member, "path").unwrap(), text(member, "value"), count(member))).collect()
    }

    #[test]
    fn a_member_is_listed_with_its_value() {
        let found = listed(json!({"a": {"b": [1, "x"]}, "c/d~e": true, "none": null, "empty": {"x": [""]}, "no": 0}));
        let listed = |path: &str, value: &str| (path.to_owned(), Some(value.to_owned()), 1);
        assert_eq!(found, [listed("/a", r#"{"b":[1,"x"]}"#), listed("/c~1d~0e", "true"), listed("/no", "0")]);
        assert!(super::UnreadMembers::default().into_value().is_none());
    }

    /// A large value is listed by its parts, and a large text without its value.
    #[test]
    fn the_list_is_bounded() {
        let found =
            listed(json!({"a": {"text": "x".repeat(MAX_VALUE), "b": [1, "y"], "c": "z".repeat(MAX_VALUE / 2)}}));
        let paths: Vec<_> = found.iter().map(|(path, value, _)| (path.as_str(), value.is_some())).collect();
        assert_eq!(paths, [("/a/text", false), ("/a/b", true), ("/a/c", true)]);

        let many: Vec<_> = (0..10_000).map(|at| json!({"n": at})).collect();
        let found = listed(json!({ "many": many }));
        assert_eq!(found.len(), MAX_LISTED + 1);
        assert_eq!(found[0], ("/many/0".to_owned(), Some(r#"{"n":0}"#.to_owned()), 1));
        assert_eq!(found[MAX_LISTED], (OTHERS.to_owned(), None, 9000));

        let long: serde_json::Map<_, _> = (0..100).map(|at| (format!("{at}"), json!("x".repeat(4000)))).collect();
        let found = listed(long.into());
        let bytes: usize =
            found.iter().map(|(path, value, _)| path.len() + value.as_ref().map_or(0, String::len)).sum();
        assert!(bytes <= MAX_BYTES + OTHERS.len(), "{bytes}");
        assert_eq!(found.iter().map(|(_, _, count)| count).sum::<u64>(), 100);
    }
}
