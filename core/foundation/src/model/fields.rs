//! Structs by their fields, which can be flattened into another struct's.

use super::{Boundary, Field, ObjectReader, ObjectWriter, Reader, Writer};
use crate::Error;

/// A struct of the model. Derived with [`Boundary`]; with `#[boundary(flatten)]` on a field of its type, its fields are
/// inlined into the outer struct. A name that occurs twice there does not compile:
///
/// ```compile_fail,E0080
/// # use bankchannel_foundation::model::Boundary;
/// /// How to connect.
/// #[derive(Boundary)]
/// #[boundary(flattened)]
/// struct Connection {
///     /// A proxy's URL.
///     proxy: Option<String>,
/// }
/// /// A client's settings.
/// #[derive(Boundary)]
/// struct Settings {
///     #[boundary(flatten)]
///     connection: Connection,
///     /// A second one.
///     proxy: Option<String>,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no fields to flatten: it is not a struct that derives `Boundary`"
)]
pub trait Fields: Boundary {
    /// The fields in order; a flattened struct's fields are in its place.
    const FIELDS: &'static [Field];

    /// Takes the fields out of an object, which may have other members.
    ///
    /// # Errors
    /// `input.*` rows with the field's path.
    fn take(object: &mut ObjectReader<'_>, reader: &mut Reader<'_>) -> Result<Self, Error>;

    /// Puts the fields into an object, which may have other members.
    fn put(self, object: &mut ObjectWriter, writer: &mut Writer);
}

/// The fields of all parts, in order.
///
/// # Panics
/// If two fields have the same name, on the boundary or on the wire; if the first part is empty; if there are not `N`
/// fields.
#[must_use]
pub const fn joined<const N: usize>(parts: &[&[Field]]) -> [Field; N] {
    let mut all = [parts[0][0]; N];
    let (mut count, mut parts) = (0, parts);
    while let [part, further @ ..] = parts {
        let mut part = *part;
        while let [field, after @ ..] = part {
            let is_new = !clashes(field, all.split_at(count).0);
            assert!(is_new, "two fields have the same name, on the boundary or on the wire");
            all[count] = *field;
            (count, part) = (count + 1, after);
        }
        parts = further;
    }
    assert!(count == N, "the count of fields is wrong");
    all
}

/// The field of this name, for a builder's method; at compile time.
///
/// # Panics
/// If there is none.
#[must_use]
pub const fn field_named(fields: &'static [Field], name: &str) -> &'static Field {
    let mut left = fields;
    while let [field, further @ ..] = left {
        if is_same(field.name.as_bytes(), name.as_bytes()) {
            return field;
        }
        left = further;
    }
    panic!("the flattened struct does not have the field")
}

const fn clashes(field: &Field, mut others: &[Field]) -> bool {
    while let [other, further @ ..] = others {
        if is_same(other.name.as_bytes(), field.name.as_bytes())
            || is_read_from(other, &[field.wire])
            || is_read_from(other, field.aliases)
        {
            return true;
        }
        others = further;
    }
    false
}

/// Whether the field is read from a wire member of one of these names.
const fn is_read_from(field: &Field, names: &[&str]) -> bool {
    let [name, further @ ..] = names else { return false };
    is_one_of(name, &[field.wire]) || is_one_of(name, field.aliases) || is_read_from(field, further)
}

const fn is_one_of(name: &str, names: &[&str]) -> bool {
    let [one, further @ ..] = names else { return false };
    is_same(one.as_bytes(), name.as_bytes()) || is_one_of(name, further)
}

/// `==`, which is not `const` for texts.
const fn is_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, rest @ ..], [b, others @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (rest, others);
    }
    one.len() == other.len()
}
