//! PHP: a request's fields as parameters, and as the array that is passed on.

use bankchannel::model::{Field, Shape, StructShape};

use crate::{
    model::holds_secrets,
    text::{Out, plain},
};

use super::{
    source::quoted,
    types::{self, Side},
};

/// Required parameters come first, as PHP requires.
pub(super) fn ordered(shape: &'static StructShape) -> Vec<&'static Field> {
    let (optional, mut all): (Vec<&Field>, Vec<&Field>) =
        shape.fields.iter().partition(|field| field.optional || field.profile);
    all.extend(optional);
    all
}

pub(crate) fn parameter(field: &Field, optional: bool) -> String {
    let secret = if is_sensitive(field) { "#[\\SensitiveParameter] " } else { "" };
    let default = if optional { " = null" } else { "" };
    format!("{secret}{} ${}{default}", types::given(field, optional), field.camel)
}

/// Whether PHP must hide a value in its traces, which end up in logs and pages: secrets, and values that identify the
/// customer or a session.
fn is_sensitive(field: &Field) -> bool {
    const PERSONAL: [&str; 4] = ["psu_id", "psu_corporate_id", "psu_personal_identifier", "tpp_session_id"];
    holds_secrets(field.shape) || PERSONAL.contains(&field.name)
}

pub(crate) fn parameter_doc(field: &Field) -> String {
    let mut doc = plain(field.doc).replace("\n\n", " ");
    if field.profile {
        doc.push_str(" Left out, the client's own setting.");
    }
    let optional = if field.optional || field.profile { "|null" } else { "" };
    format!("\n@param {}{optional} ${} {doc}", types::documented_field(field, Side::In), field.camel)
}

/// The array of a request's fields, between the given texts.
pub(crate) fn fields(out: &mut Out, before: &str, shape: &'static StructShape, after: &str) {
    fields_as(out, before, shape, after, |field| {
        types::encoded_field(field, &format!("${}", field.camel), field.optional || field.profile, Side::In)
    });
}

/// The same, with each value written by `encoded`.
pub(crate) fn fields_as(
    out: &mut Out,
    before: &str,
    shape: &'static StructShape,
    after: &str,
    encoded: impl Fn(&Field) -> String,
) {
    out.line(format!("{before}["));
    for field in shape.fields.iter().filter(|field| !matches!(field.shape, Shape::Content)) {
        out.line(format!("            {} => {},", quoted(field.name), encoded(field)));
    }
    out.line(format!("        ]{after}"));
}
