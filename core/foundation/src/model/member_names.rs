//! Names of members in `camelCase`, for a language that writes them so. Which members of a value are fields, the shape of
//! its type says: keys of maps and members of free objects stay as they are.

use std::borrow::Cow;

use super::{Field, Object, Shape, Value, reader::unknown_members};
use crate::Error;

/// How the fields of a value are to be named; they are named in the other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemberSpelling {
    /// As types read and write them.
    Declared,
    CamelCase,
}

impl MemberSpelling {
    /// A field's name as it is given, and as it is wanted.
    fn names(self, field: &Field) -> [&'static str; 2] {
        match self {
            Self::Declared => [field.camel, field.name],
            Self::CamelCase => [field.name, field.camel],
        }
    }
}

impl Value<'_> {
    /// Names the fields of a written value in `camelCase`. Members that are no fields stay as they are.
    pub fn name_in_camel_case(&mut self, shape: &'static Shape) {
        // Only an unknown member is an error, and of those the type has written none.
        let _ = self.rename_fields(shape, MemberSpelling::CamelCase);
    }

    /// Names the fields of a given value, which are in `camelCase`, as its type reads them.
    ///
    /// # Errors
    /// `input.unknown_field` for a member that is no field, also under the field's declared name.
    pub fn name_as_declared(&mut self, shape: &'static Shape) -> Result<(), Error> {
        self.rename_fields(shape, MemberSpelling::Declared)
    }

    fn rename_fields(&mut self, shape: &'static Shape, wanted: MemberSpelling) -> Result<(), Error> {
        match (self, shape) {
            (Value::Array(items), Shape::List(of)) if has_fields(of) => {
                items.iter_mut().try_for_each(|item| item.rename_fields(of, wanted))
            }
            (Value::Object(object), Shape::Map(of)) if has_fields(of) => {
                object.members_mut().try_for_each(|(_, value)| value.rename_fields(of, wanted))
            }
            (Value::Object(object), Shape::Struct(of)) => object.rename_members(of.fields, "", wanted),
            (Value::Object(object), Shape::Union(of)) => {
                let tag = object.get(of.tag).and_then(Value::as_str);
                match of.variants.iter().find(|variant| Some(variant.tag) == tag) {
                    Some(variant) => {
                        let fields = variant.shape.map_or(&[][..], Shape::fields);
                        object.rename_members(fields, of.tag, wanted)
                    }
                    // The type names the fault of the tag.
                    None => Ok(()),
                }
            }
            // The type names the fault of a value of another kind.
            _ => Ok(()),
        }
    }
}

impl Object<'_> {
    fn rename_members(&mut self, fields: &'static [Field], tag: &str, wanted: MemberSpelling) -> Result<(), Error> {
        let mut unknown = Vec::new();
        // A type writes its fields in their order.
        let mut next = 0;
        for (name, value) in self.members_mut().filter(|(name, _)| tag.is_empty() || **name != *tag) {
            let mut places = (next..fields.len()).chain(0..next);
            match places.find(|at| wanted.names(&fields[*at])[0] == name) {
                Some(at) => {
                    next = at + 1;
                    *name = Cow::Borrowed(wanted.names(&fields[at])[1]);
                    value.rename_fields(fields[at].shape, wanted)?;
                }
                None => unknown.push(name.clone().into_owned()),
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        Err(unknown_members(unknown.iter().map(String::as_str), fields.iter().map(|field| wanted.names(field)[0])))
    }
}

/// Whether a value of this shape may have fields.
fn has_fields(shape: &Shape) -> bool {
    match shape {
        Shape::Struct(_) | Shape::Union(_) => true,
        Shape::List(of) | Shape::Map(of) => has_fields(of),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Boundary, JsonObject};

    /// A side.
    #[derive(Boundary)]
    struct Side {
        /// Its name.
        full_name: Option<String>,
    }

    /// A way.
    #[derive(Boundary)]
    #[boundary(tag = "kind")]
    enum Way {
        /// With a side.
        BySide(Side),
        /// Without.
        Nothing,
    }

    /// All kinds of members.
    #[derive(Boundary)]
    struct Kinds {
        /// One.
        one_side: Option<Side>,
        /// Several.
        many_sides: Vec<Side>,
        /// By free keys.
        by_key: BTreeMap<String, Side>,
        /// A union.
        way_out: Option<Way>,
        /// Free members.
        free_members: Option<JsonObject>,
        /// A plain one.
        plain: Option<String>,
    }

    const DECLARED: &str = r#"{"one_side":{"full_name":"a"},"many_sides":[{"full_name":"b"},{}],"by_key":{"a_b":{"full_name":"c"}},"way_out":{"kind":"by_side","full_name":"d"},"free_members":{"x_y":1},"plain":"p"}"#;
    const CAMEL: &str = r#"{"oneSide":{"fullName":"a"},"manySides":[{"fullName":"b"},{}],"byKey":{"a_b":{"fullName":"c"}},"wayOut":{"kind":"by_side","fullName":"d"},"freeMembers":{"x_y":1},"plain":"p"}"#;

    fn value(json: &str) -> Value<'static> {
        serde_json::from_str::<serde_json::Value>(json).expect("JSON").into()
    }

    #[test]
    fn names_change_and_keys_stay() {
        let mut camel = value(DECLARED);
        camel.name_in_camel_case(Kinds::SHAPE);
        assert_eq!(camel.to_json(), CAMEL);
        camel.name_as_declared(Kinds::SHAPE).expect("all are fields");
        assert_eq!(camel.to_json(), DECLARED);
        // In any order.
        let mut other = value(r#"{"plain":"p","manySides":[],"oneSide":{}}"#);
        other.name_as_declared(Kinds::SHAPE).expect("all are fields");
        assert_eq!(other.to_json(), r#"{"plain":"p","many_sides":[],"one_side":{}}"#);
    }

    #[test]
    fn a_member_that_is_no_field_is_an_error_in_the_callers_names() {
        let error = |json: &str| value(json).name_as_declared(Kinds::SHAPE).expect_err("unknown").message().to_owned();
        assert_eq!(
            error(r#"{"oneSide":{"full_name":"a"}}"#),
            "there is no field `full_name`: did you mean `fullName`? The fields are: fullName"
        );
        assert_eq!(
            error(r#"{"wayOut":{"kind":"nothing","fullName":"a"}}"#),
            "there is no field `fullName`; the fields are: none"
        );
        assert!(
            error(r#"{"way_out":1,"x":2}"#)
                .starts_with("there are no fields `way_out`, `x`; the fields are: oneSide, ")
        );
        // Values of another kind are left to the type.
        for json in
            [r#"{"oneSide":1,"manySides":{},"byKey":[],"wayOut":{"kind":"none"}}"#, "[]", "1", r#"{"wayOut":{}}"#]
        {
            value(json).name_as_declared(Kinds::SHAPE).expect("nothing unknown");
        }
    }
}
