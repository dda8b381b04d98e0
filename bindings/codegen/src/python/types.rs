//! Python: types of requests and results as records, literals and unions.

use bankchannel::model::{EnumShape, Field, Shape, UnionShape};

use crate::{
    model::{ProtocolModel, holds_secrets, is_path},
    named_types::Named,
    names::{pascal, python},
    text::{Out, plain},
};

pub(crate) fn names(out: &mut Out, shape: &EnumShape) {
    let values: Vec<String> = shape.values.iter().map(|value| format!("{:?}", value.value)).collect();
    let literal = format!("Literal[{}]", values.join(", "));
    out.export(shape.name);
    out.blank();
    out.blank();
    out.line(if shape.open {
        format!("{} = Union[{literal}, str]", shape.name)
    } else {
        format!("{} = {literal}", shape.name)
    });
    let mut doc = plain(shape.doc);
    for value in shape.values {
        doc.push_str(&format!("\n  `{}`: {}", value.value, plain(value.doc)));
    }
    if shape.open {
        doc.push_str("\n  Any other text: a value that this version does not know.");
    }
    out.docstring("", &doc);
}

/// A class of output or input values. The native half, which reads the same declaration, turns an answer into one.
pub(crate) fn record(
    out: &mut Out,
    name: &str,
    doc: &str,
    tag: Option<(&str, &str)>,
    fields: &[Field],
    typed: fn(&Field) -> String,
) {
    out.export(name);
    out.blank();
    out.blank();
    out.line(format!("class {name}(Record):"));
    out.docstring("    ", doc);
    out.blank();
    out.line("    __slots__ = ()");
    let all = tag.iter().map(|(tag, _)| *tag).chain(fields.iter().map(|field| field.name));
    out.line(format!("    __match_args__ = {}", tuple(all)));
    let secret: Vec<&str> = fields.iter().filter(|field| holds_secrets(field.shape)).map(|field| field.name).collect();
    if !secret.is_empty() {
        out.line(format!("    _secret: ClassVar = frozenset({})", tuple(secret.into_iter())));
    }
    if tag.is_some() || !fields.is_empty() {
        out.blank();
    }
    if let Some((tag, value)) = tag {
        out.line(format!("    {}: Literal[{value:?}] = {value:?}", python(tag)));
    }
    // Fields without a default come first: the keyword-only constructor accepts any order, but it is easier to read.
    for field in fields {
        let optional = if field.optional { " | None = None" } else { "" };
        let kind = unshadowed(&typed(field), fields);
        out.line(format!("    {}: {kind}{optional}", python(field.name)));
        out.docstring("    ", &plain(field.doc));
    }
}

/// Types that a class hides from its own annotations if it has a field of this name: type checkers look there first.
const SHADOWED: [(&str, &str); 2] = [("bytes", "builtins.bytes"), ("date", "dt.date")];

/// The type by a name that no field of the class hides.
fn unshadowed(kind: &str, fields: &[Field]) -> String {
    let hidden = |name: &str| kind == name && fields.iter().any(|field| field.name == name);
    let other = SHADOWED.iter().find(|(name, _)| hidden(name));
    other.map_or_else(|| kind.to_owned(), |(_, other)| (*other).to_owned())
}

/// Whether a class of the protocol hides a type of this name that it uses.
pub(super) fn shadows(protocol: &ProtocolModel, name: &str) -> bool {
    protocol.types.iter().any(|named| {
        let Named::Struct(shape) = named else { return false };
        let uses = |field: &Field| output_type(field.shape) == name;
        shape.fields.iter().any(uses) && shape.fields.iter().any(|field| field.name == name)
    })
}

fn tuple<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("{:?}", python(name))).collect();
    match names.as_slice() {
        [one] => format!("({one},)"),
        _ => format!("({})", names.join(", ")),
    }
}

/// Each alternative is a separate record with the tag as a literal.
pub(crate) fn union(out: &mut Out, shape: &UnionShape, typed: fn(&Field) -> String) -> Result<(), String> {
    let mut alternatives = Vec::new();
    for variant in shape.variants {
        let name = alternative(shape, variant.tag);
        let fields: &[Field] = match variant.shape {
            Some(Shape::Struct(of)) => of.fields,
            None => &[],
            Some(_) => return Err(format!("{}: an alternative must be a struct", shape.name)),
        };
        record(out, &name, &plain(variant.doc), Some((shape.tag, variant.tag)), fields, typed);
        alternatives.push((variant.tag, name));
    }
    let classes: Vec<&str> = alternatives.iter().map(|(_, name)| name.as_str()).collect();
    out.export(shape.name);
    out.blank();
    out.blank();
    out.line(format!("{} = Union[{}]", shape.name, classes.join(", ")));
    out.docstring("", &plain(shape.doc));
    // For the native half: the class of each alternative.
    let table: Vec<String> = alternatives.iter().map(|(tag, name)| format!("{tag:?}: {name}")).collect();
    out.line(format!("_{} = {{{}}}", shape.name, table.join(", ")));
    Ok(())
}

fn alternative(shape: &UnionShape, tag: &str) -> String {
    format!("{}{}", shape.name, pascal(tag))
}

/// The type of an output value.
pub(crate) fn output_type(shape: &Shape) -> String {
    match shape {
        Shape::Bool => "bool".into(),
        Shape::Integer { .. } => "int".into(),
        Shape::Seconds | Shape::Number => "float".into(),
        Shape::AnyJson => "object".into(),
        Shape::Json => "Mapping[str, object]".into(),
        Shape::Decimal => "Decimal".into(),
        Shape::Date => "date".into(),
        Shape::Timestamp => "datetime".into(),
        Shape::Text(_) => "str".into(),
        Shape::Secret(_) => "SecretText".into(),
        Shape::Content => "Received".into(),
        Shape::Bytes => "bytes".into(),
        Shape::Enum(shape) => shape.name.into(),
        Shape::List(of) => format!("tuple[{}, ...]", output_type(of)),
        Shape::Map(of) => format!("Mapping[str, {}]", output_type(of)),
        Shape::Struct(shape) => shape.name.into(),
        Shape::Union(shape) => shape.name.into(),
    }
}

/// The type of a value that a result has, and that a request takes: lists of any kind.
pub(super) fn both_ways_type(shape: &Shape) -> String {
    match shape {
        Shape::List(of) => format!("Sequence[{}]", both_ways_type(of)),
        Shape::Map(of) => format!("Mapping[str, {}]", both_ways_type(of)),
        other => output_type(other),
    }
}

/// The type of an input value.
pub(crate) fn input_type(shape: &Shape) -> String {
    match shape {
        Shape::Secret(_) => "Secret".into(),
        Shape::Content => "Content".into(),
        Shape::List(of) => format!("Sequence[{}]", input_type(of)),
        Shape::Map(of) => format!("Mapping[str, {}]", input_type(of)),
        other => output_type(other),
    }
}

/// The type of an input field; a field that names a file or a folder accepts a path object too.
pub(crate) fn given_type(field: &Field) -> String {
    if is_path(field) { "str | PathLike[str]".into() } else { input_type(field.shape) }
}

/// The type of a field of results.
pub(super) fn output_field(field: &Field) -> String {
    output_type(field.shape)
}

/// The type of a field of values that results have, and that requests take.
pub(super) fn both_ways_field(field: &Field) -> String {
    both_ways_type(field.shape)
}

/// A keyword parameter with `None` for "left out".
pub(crate) fn parameter(field: &Field) -> String {
    let given = given_type(field);
    let content = matches!(field.shape, Shape::Content);
    // Content may also be in the client's JSON; a typed method has no JSON, so content is required.
    if field.optional || (field.profile && !content) {
        format!("{}: {given} | None = None", python(field.name))
    } else {
        format!("{}: {given}", python(field.name))
    }
}

/// The same as a member of a `TypedDict` whose members are all optional.
pub(crate) fn member(field: &Field) -> String {
    format!("{}: {} | None", python(field.name), given_type(field))
}
