//! Structs by their fields, which may stand among another struct's.

use super::{Boundary, Field, ObjectReader, ObjectWriter, Reader, Shape, Writer};
use crate::Error;

/// A struct of the model. Derived with [`Boundary`]; with `#[boundary(flatten)]` on a field of its type, its fields stand
/// among the outer struct's. A name that occurs twice there does not compile:
///
/// ```compile_fail,E0080
/// use bankchannel_foundation::Boundary;
///
/// /// Where to connect.
/// #[derive(Boundary)]
/// struct Connection {
///     /// A proxy's URL.
///     proxy: Option<String>,
/// }
///
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
    /// The fields in order, those of flattened structs in their places.
    const FIELDS: &'static [Field];

    /// Takes the fields out of an object, which may have others.
    ///
    /// # Errors
    /// `input.*` rows with the field's path.
    fn take(object: &mut ObjectReader<'_>, reader: &mut Reader<'_>) -> Result<Self, Error>;

    /// Puts the fields into an object, which may have others.
    fn put(self, object: &mut ObjectWriter, writer: &mut Writer);
}

/// The fields of all parts, in their order.
///
/// # Panics
/// When two fields have one name, on the boundary or on the wire; and when there are not `N`.
#[must_use]
pub const fn joined<const N: usize>(parts: &[&[Field]]) -> [Field; N] {
    const NONE: Field = Field {
        name: "",
        wire: "",
        aliases: &[],
        doc: "",
        shape: &Shape::Bool,
        wire_shape: &Shape::Bool,
        optional: false,
        wire_optional: false,
        profile: false,
        off_wire: false,
    };
    let mut all = [NONE; N];
    let (mut count, mut part) = (0, 0);
    while part < parts.len() {
        let mut own = 0;
        while own < parts[part].len() {
            let field = parts[part][own];
            let mut earlier = 0;
            while earlier < count {
                assert!(!clash(&all[earlier], &field), "two fields have the same name, on the boundary or on the wire");
                earlier += 1;
            }
            all[count] = field;
            (count, own) = (count + 1, own + 1);
        }
        part += 1;
    }
    assert!(count == N, "the count of fields is wrong");
    all
}

const fn clash(one: &Field, other: &Field) -> bool {
    if same(one.name, other.name) || is_read_from(one, other.wire) {
        return true;
    }
    let mut at = 0;
    while at < other.aliases.len() {
        if is_read_from(one, other.aliases[at]) {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether the field is read from a wire member of this name.
const fn is_read_from(field: &Field, wire: &str) -> bool {
    let mut at = 0;
    while at < field.aliases.len() {
        if same(field.aliases[at], wire) {
            return true;
        }
        at += 1;
    }
    same(field.wire, wire)
}

/// `==`, which is not `const`.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
