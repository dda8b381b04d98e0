//! The type model through the derive macro: both representations, every error naming its field, schemas.

use std::{borrow::Cow, collections::BTreeMap};

use bankchannel_foundation::{
    Error, Secret,
    model::{
        Boundary, Content, Date, Decimal, Profile, Reader, Representation, Timestamp, Writer, read_boundary, read_sent,
        schema, write_boundary,
    },
};
use serde_json::{Value, json};

/// Eight digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, pattern = "^[0-9]{8}$", max_bytes = 8, example = "12345678", check = check_number)]
pub struct Number(String);

fn check_number(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be eight digits")
    }
}

/// What may be asked for.
#[derive(Debug, Clone, PartialEq, Boundary)]
enum Wish {
    /// The first.
    #[boundary("ONE")]
    One,
    /// The second.
    NumberTwo,
}

/// What may be answered.
#[derive(Debug, Clone, PartialEq, Boundary)]
#[boundary(open)]
enum State {
    /// Fresh.
    #[boundary("NEW")]
    New,
    /// The peer's own.
    Other(String),
}

/// A part of the whole.
#[derive(Debug, Clone, Boundary)]
struct Part {
    /// How many.
    count: u32,
    /// When.
    at: Option<Timestamp>,
}

/// Either of two.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "kind")]
enum Either {
    /// A part.
    Part(Part),
    /// Nothing more.
    Nothing,
}

/// The whole.
#[derive(Debug, Clone, Boundary)]
struct Whole {
    /// Who.
    #[boundary(profile)]
    number: Number,
    /// What.
    wish: Option<Wish>,
    /// How it stands.
    state: Option<State>,
    /// Its parts.
    parts: Option<Vec<Part>>,
    /// How much.
    amount: Option<Decimal>,
    /// On which day.
    day: Option<Date>,
    /// By name.
    named: Option<BTreeMap<String, u32>>,
    /// One or the other.
    either: Option<Either>,
    /// Not for showing.
    #[boundary(wire = "PASS", alias = "Pass")]
    password: Option<Secret>,
    /// Only here.
    #[boundary(off_wire)]
    note: Option<String>,
    /// Whether.
    really: Option<bool>,
}

fn error(value: Value) -> Error {
    read_boundary::<Whole>(value).map(drop).expect_err("refused")
}

#[test]
fn errors_name_the_field_and_say_what_it_must_be() {
    for (given, field, says) in [
        (json!({}), "number", "is missing"),
        (json!({"number": "123"}), "number", "eight digits"),
        (json!({"number": 12345678}), "number", "a string, not a number"),
        (json!({"number": "12345678", "wish": "THREE"}), "wish", "(5 characters) is not one of ONE, number_two"),
        (json!({"number": "12345678", "wish": "one"}), "wish", "`one` is not one of"),
        (json!({"number": "12345678", "wish": "nunber_to"}), "wish", "`nunber_to` is not one of"),
        (json!({"number": "12345678", "parts": [{"count": 1}, {"count": -1}]}), "parts[1].count", "whole number"),
        (json!({"number": "12345678", "parts": [{"count": 1}, {}]}), "parts[1].count", "is missing"),
        (json!({"number": "12345678", "amount": 1.5}), "amount", "a string, not a number"),
        (json!({"number": "12345678", "amount": "1,5"}), "amount", "decimal"),
        (json!({"number": "12345678", "day": "2026-13-01"}), "day", "a date"),
        (json!({"number": "12345678", "named": {"a": "b"}}), "named.a", "whole number"),
        (json!({"number": "12345678", "either": {"kind": "third"}}), "either", "part, nothing"),
        (json!({"number": "12345678", "either": {"count": 1}}), "either.kind", "is missing"),
        (json!({"number": "12345678", "either": {"kind": 7}}), "either.kind", "a string, not a number"),
        (json!({"number": "12345678", "either": {"kind": "nothing", "count": 1}}), "count", "no field `count`"),
        (json!({"number": "12345678", "password": {"env": "BANKCHANNEL_NO_SUCH_VARIABLE"}}), "password", "not set"),
        (json!({"number": "12345678", "password": {"file": "/nowhere/at/all"}}), "password", "/nowhere/at/all"),
        (json!({"number": "12345678", "password": {"file": "/dev/zero"}}), "password", "not a regular file"),
        (json!({"number": "12345678", "really": "true"}), "really", "true or false"),
        (json!({"number": "12345678", "wihs": "ONE"}), "wihs", "number, wish, state"),
    ] {
        let error = error(given.clone());
        assert_eq!(error.detail("field"), Some(field), "{given}: {error}");
        assert!(error.message().contains(says), "{given}: {error}");
        assert_eq!(error.category().as_str(), "invalid_input");
    }
    assert!(error(json!([])).message().contains("an object, not a list"));
}

#[test]
fn the_boundary_form_round_trips() {
    let given = json!({
        "number": "12345678", "wish": "number_two", "state": "ODD", "parts": [{"count": 3, "at": "2026-11-20T08:00:00.000+02:00"}],
        "amount": "1450.05", "day": "2026-11-20", "named": {"a": 1}, "either": {"kind": "part", "count": 2}, "note": "n", "really": true,
    });
    let whole: Whole = read_boundary(given.clone()).expect("reads");
    assert_eq!(whole.state, Some(State::Other("ODD".into())));
    assert_eq!(write_boundary(whole), given);
}

#[test]
fn the_wire_has_its_own_names_and_tolerances() {
    let read = |value: Value| Whole::read(value.into(), &mut Reader::new(Representation::Wire));
    let whole = read(json!({"Number": "12345678", "Wish": null, "State": "", "Pass": "p", "Really": "true", "Unknown": [], "Parts": [{"Count": "3"}]}))
        .expect("reads");
    assert_eq!((whole.wish, whole.state, whole.really), (None, None, Some(true)));
    assert_eq!(whole.password.as_ref().map(Secret::expose), Some("p"));
    assert_eq!(whole.parts.expect("parts")[0].count, 3);
    assert!(read(json!({"Number": "12345678", "PASS": "p", "Pass": "p"})).is_ok());
    assert_eq!(
        read(json!({"Number": "12345678", "PASS": "p", "Pass": "q"})).expect_err("differ").detail("field"),
        Some("PASS")
    );
    // A secret is never taken from a file because a peer says so.
    assert!(read(json!({"Number": "12345678", "PASS": {"file": "/etc/hostname"}})).is_err());
    let written = read_boundary::<Whole>(json!({"number": "12345678", "note": "stays", "password": "x"}))
        .expect("reads")
        .write(&mut Writer::new(Representation::Wire));
    assert_eq!(Value::from(written), json!({"Number": "12345678", "PASS": "x"}));
}

#[test]
fn what_is_left_out_comes_from_the_profile() {
    struct Known;
    impl Profile for Known {
        fn value(&self, field: &str) -> Option<bankchannel_foundation::model::Value<'static>> {
            (field == "number").then(|| "87654321".into())
        }
    }
    let read =
        |value: Value| Whole::read(value.into(), &mut Reader::new(Representation::Boundary).with_profile(&Known));
    assert_eq!(read(json!({})).expect("reads").number.as_str(), "87654321");
    assert_eq!(read(json!({"number": "12345678"})).expect("reads").number.as_str(), "12345678");
    assert!(read(json!({"number": "1"})).is_err(), "a wrong value is not replaced by the profile's");
}

#[test]
fn secrets_are_never_shown() {
    let whole: Whole = read_boundary(json!({"number": "12345678", "password": "hunter2hunter2"})).expect("reads");
    assert!(!format!("{whole:?}").contains("hunter2"));
    for misplaced in [
        json!({"number": "hunter2hunter2"}),
        json!({"number": "12345678", "wish": "hunter2hunter2"}),
        json!({"number": "12345678", "either": {"kind": "hunter2hunter2"}}),
    ] {
        let error = error(misplaced);
        assert!(!error.to_string().contains("hunter2"), "a secret in the wrong field is not repeated: {error}");
    }
}

#[test]
fn content_comes_beside_the_json_or_in_it() {
    /// With content.
    #[derive(Debug, Boundary)]
    struct Sent {
        /// The file.
        file: Content,
    }
    let read = |value: Value, content: Option<Content>| {
        Sent::read(value.into(), &mut Reader::new(Representation::Boundary).with_content(content))
    };
    let beside = read(json!({}), Some(Content::from(b"abc".to_vec()))).expect("reads");
    assert_eq!(beside.file.known_size(), Some(3));
    assert!(
        matches!(read(json!({"file": {"base64": "YWJj"}}), None).expect("reads").file, Content::Bytes(bytes) if &*bytes == b"abc")
    );
    let named = read(json!({"file": {"path": "x"}}), None).expect("reads").file;
    assert!(matches!(named, Content::File { size: None, .. }));
    assert_eq!(named.known_size(), None, "it was not looked at yet");
    for (value, content) in [
        (json!({}), None),
        (json!({"file": {"base64": "a-_="}}), None),
        (json!({"file": {"base64": "YWJj", "path": "x"}}), None),
        (json!({"file": "YWJj"}), None),
        (json!({"file": {"path": "x"}}), Some(Content::from(vec![]))),
    ] {
        assert_eq!(
            read(value, content).expect_err("refused").detail("field").map(|f| f.split('.').next().unwrap_or(f)),
            Some("file")
        );
    }
}

#[test]
fn the_schema_says_what_the_reader_does() {
    let schema = schema::schema(Whole::SHAPE, Representation::Boundary);
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema.get("required"), None, "the one required field may come from the profile");
    assert_eq!(schema["properties"]["wish"]["enum"], json!(["ONE", "number_two"]));
    assert_eq!(schema["properties"]["state"].get("enum"), None, "an open enum takes what a peer sends");
    assert_eq!(schema["properties"]["parts"]["items"]["required"], json!(["count"]));
    assert_eq!(schema["properties"]["either"]["oneOf"][0]["properties"]["kind"]["const"], "part");
    let wire = bankchannel_foundation::model::schema::schema(Whole::SHAPE, Representation::Wire);
    assert_eq!(wire["required"], json!(["Number"]));
    assert!(wire["properties"].get("Note").is_none() && wire["properties"].get("PASS").is_some());
}

#[test]
fn a_message_over_a_connection_names_no_file() {
    /// What may name a file.
    #[derive(Debug, Boundary)]
    #[allow(dead_code)]
    struct NamesFile {
        /// A file.
        #[boundary(opens_file)]
        list_file: Option<String>,
        /// Content.
        content: Content,
    }
    let named = |list: Value, content: Value| json!({"list_file": list, "content": content});
    let bytes = || json!({"base64": "YWJj"});
    for (request, field) in [
        (named(json!("/no/such"), bytes()), "list_file"),
        (named(json!(7), bytes()), "list_file"),
        (named(Value::Null, json!({"path": "/no/such"})), "content"),
    ] {
        let refused = read_sent::<NamesFile>(request).expect_err("refused");
        assert_eq!(refused.detail("field"), Some(field));
        assert!(refused.message().contains("no file is opened"), "{refused}");
        assert!(!refused.message().contains("such"), "{refused}");
    }
    read_sent::<NamesFile>(named(Value::Null, bytes())).expect("reads");
    read_boundary::<NamesFile>(named(json!("/no/such"), json!({"path": "/no/such"}))).expect("reads");
}
