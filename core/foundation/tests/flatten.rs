//! A flattened struct behaves as if its fields were written out: compared with a struct that writes them out.

use bankchannel_foundation::{
    Error, Secret,
    model::{Boundary, Content, Fields, Profile, Reader, Representation, Value, Writer, joined, schema},
};
use serde_json::json;

/// Where.
#[derive(Debug, Clone, PartialEq, Boundary)]
#[boundary(flattened)]
struct Place {
    /// The city.
    #[boundary(profile)]
    city: String,
    /// The street.
    #[boundary(wire = "STREET", alias = "Strasse")]
    street: Option<String>,
}

/// Where, and how to get in.
#[derive(Debug, Clone, Boundary)]
#[boundary(flattened)]
struct Door {
    #[boundary(flatten)]
    place: Place,
    /// The code of the door.
    code: Secret,
    /// A hint, for people only.
    #[boundary(off_wire)]
    hint: Option<String>,
}

/// A parcel.
#[derive(Debug, Clone, Boundary)]
struct Parcel {
    /// Its number.
    number: u32,
    #[boundary(flatten)]
    door: Door,
    #[boundary(flatten)]
    nothing: Nothing,
    /// Its content.
    goods: Content,
    /// Whether it is urgent.
    urgent: Option<bool>,
}

/// No fields.
#[derive(Debug, Clone, Boundary)]
#[boundary(flattened)]
struct Nothing;

mod written_out {
    use super::{Boundary, Content, Secret};

    /// A parcel.
    #[derive(Debug, Clone, Boundary)]
    pub(super) struct Parcel {
        /// Its number.
        number: u32,
        /// The city.
        #[boundary(profile)]
        city: String,
        /// The street.
        #[boundary(wire = "STREET", alias = "Strasse")]
        street: Option<String>,
        /// The code of the door.
        code: Secret,
        /// A hint, for people only.
        #[boundary(off_wire)]
        hint: Option<String>,
        /// Its content.
        goods: Content,
        /// Whether it is urgent.
        urgent: Option<bool>,
    }
}

/// One of two.
#[derive(Debug, Clone, Boundary)]
#[boundary(tag = "kind")]
enum Sending {
    /// A parcel.
    Parcel(Parcel),
    /// Nothing yet.
    Nothing,
}

struct Home;

impl Profile for Home {
    fn value(&self, field: &str) -> Option<Value<'static>> {
        (field == "city").then(|| "Oslo".into())
    }
}

/// Reads with content alongside the JSON, and writes the result.
fn again<T: Boundary>(
    given: &serde_json::Value,
    from: Representation,
    to: Representation,
) -> Result<(String, bool), Error> {
    let mut reader = Reader::new(from).with_profile(&Home).with_content(Some(Content::from(b"abc".to_vec())));
    let mut writer = Writer::new(to);
    let written = T::read(given.clone().into(), &mut reader)?.write(&mut writer);
    Ok((written.to_json(), writer.content().is_some()))
}

#[test]
fn shape_and_schema_are_those_of_fields_written_out() {
    let show = |fields: &[bankchannel_foundation::model::Field]| format!("{fields:#?}");
    assert_eq!(show(Parcel::FIELDS), show(written_out::Parcel::SHAPE.fields()));
    assert!(Parcel::SHAPE.content_field().is_some());
    for representation in [Representation::Boundary, Representation::Wire] {
        assert_eq!(
            schema::schema(Parcel::SHAPE, representation),
            schema::schema(written_out::Parcel::SHAPE, representation)
        );
    }
}

#[test]
fn messages_and_errors_are_those_of_fields_written_out() {
    let boundary = [
        json!({"number": 1, "city": "Bergen", "street": "Gata 1", "code": "1234", "hint": "red", "urgent": true}),
        json!({"code": "1234", "number": 1}),
        json!({}),
        json!({"number": 1, "code": {"file": "/nowhere"}}),
        json!({"number": 1, "code": "1", "street": 7}),
        json!({"number": 1, "code": "1", "place": {}}),
        json!({"number": 1, "code": "1", "door": {}, "streeet": 7}),
    ];
    let wire = [
        json!({"Number": 1, "City": "Bergen", "STREET": "Gata 1", "Code": "1234", "Hint": "not read", "More": [], "Goods": "YWJj"}),
        json!({"Number": 1, "City": "Bergen", "STREET": "", "Strasse": "Gata 1", "Code": "1234", "Goods": "YWJj"}),
        json!({"Number": 1, "City": "Bergen", "STREET": "Gata 2", "Strasse": "Gata 1", "Code": "1234", "Goods": "YWJj"}),
        json!({"Number": 1, "Code": "1234"}),
        json!({"Number": 1, "City": {}, "Code": "1234"}),
    ];
    let of = |representation, all: &[serde_json::Value]| {
        all.iter().map(|given| (representation, given.clone())).collect::<Vec<_>>()
    };
    let (mut read, mut refused) = (0, 0);
    for (from, given) in [of(Representation::Boundary, &boundary), of(Representation::Wire, &wire)].concat() {
        for to in [Representation::Boundary, Representation::Wire] {
            let (flat, out) = (again::<Parcel>(&given, from, to), again::<written_out::Parcel>(&given, from, to));
            assert_eq!(format!("{flat:?}"), format!("{out:?}"), "{given}");
            *if flat.is_ok() { &mut read } else { &mut refused } += 1;
        }
    }
    assert_eq!((read, refused), (8, 16), "both happen");
}

#[test]
fn errors_name_the_field_without_its_group() {
    let refused = |given: serde_json::Value| {
        again::<Parcel>(&given, Representation::Boundary, Representation::Boundary).unwrap_err()
    };
    assert_eq!(refused(json!({})).detail("field"), Some("number, code"));
    assert_eq!(refused(json!({"number": 1, "code": "1", "street": 7})).detail("field"), Some("street"));
    let unknown = refused(json!({"number": 1, "code": "1", "door": {}}));
    assert_eq!(unknown.detail("field"), Some("door"));
    assert!(unknown.message().ends_with("number, city, street, code, hint, goods, urgent"), "{unknown}");
}

#[test]
fn a_union_and_an_empty_struct_take_flattened_fields() {
    let given = json!({"kind": "parcel", "number": 1, "city": "Bergen", "code": "1234"});
    let (written, _) = again::<Sending>(&given, Representation::Boundary, Representation::Boundary).unwrap();
    assert!(written.starts_with(r#"{"kind":"parcel","number":1,"city":"Bergen""#), "{written}");
    assert!(
        again::<Sending>(&json!({"kind": "nothing", "city": "x"}), Representation::Boundary, Representation::Wire)
            .is_err()
    );
    assert_eq!(again::<Nothing>(&json!({}), Representation::Wire, Representation::Wire).unwrap().0, "{}");
}

#[test]
#[should_panic(expected = "two fields have the same name")]
fn a_name_on_the_boundary_occurs_once() {
    let _ = joined::<4>(&[Place::FIELDS, Place::FIELDS]);
}

#[test]
#[should_panic(expected = "two fields have the same name")]
fn a_name_on_the_wire_occurs_once() {
    /// Another.
    #[derive(Boundary)]
    struct Other {
        /// The same place, by its other name.
        #[boundary(alias = "Strasse")]
        _road: Option<String>,
    }
    let _ = joined::<3>(&[Place::FIELDS, Other::FIELDS]);
}
