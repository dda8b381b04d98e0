//! Path objects, bytes, dates and times in a request, whose form on the boundary depends on their field: a path in the
//! place of a secret names the file that has it, elsewhere it is its text; bytes are base64 text; a day is no time.

use bankchannel::model::{Field, Shape};
use bankchannel_bridge::{Object, Value};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// The member that marks a path in a value that is not placed yet.
const PATH: &str = "\0path";
/// The members that mark bytes: their base64 text, and their class.
const BYTES: &str = "\0bytes";
const CLASS: &str = "\0class";

/// The members that mark a date or a time: its text, and its kind.
const MOMENT: &str = "\0moment";
const KIND: &str = "\0kind";

/// The kinds of dates and times.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MomentKind {
    /// A day.
    Day,
    /// A time with its zone.
    Time,
    /// A time without a zone.
    LocalTime,
}

impl MomentKind {
    const ALL: [Self; 3] = [Self::Day, Self::Time, Self::LocalTime];

    fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Time => "time",
            Self::LocalTime => "local time",
        }
    }

    /// The advice where the field wants another kind.
    fn misplaced(self, shape: Option<&Shape>) -> Option<&'static str> {
        match (self, shape) {
            (Self::Time | Self::LocalTime, Some(Shape::Date)) => {
                Some("must be a date, not a datetime: give its day, as its method date() does")
            }
            (Self::Day, Some(Shape::Timestamp)) => {
                Some("must be a datetime with a time zone, such as datetime.now(timezone.utc), not a date")
            }
            (Self::LocalTime, _) => Some("must have a time zone, such as datetime.now(timezone.utc)"),
            _ => None,
        }
    }
}

/// Why a marked value cannot be used, and its place below the value.
pub(crate) struct Misplaced {
    pub(crate) place: String,
    pub(crate) why: String,
}

/// A path, until its field is known.
pub(crate) fn path(text: String) -> Value<'static> {
    mark([(PATH, text)])
}

/// Bytes, until their field is known.
pub(crate) fn bytes(bytes: &[u8], class: String) -> Value<'static> {
    mark([(BYTES, STANDARD.encode(bytes)), (CLASS, class)])
}

/// A date or a time, until its field is known.
pub(crate) fn moment(text: String, kind: MomentKind) -> Value<'static> {
    mark([(MOMENT, text), (KIND, kind.name().to_owned())])
}

fn mark<const N: usize>(members: [(&'static str, String); N]) -> Value<'static> {
    Value::Object(members.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
}

fn placed(members: Object<'static>, fields: &[Field]) -> Result<Object<'static>, Misplaced> {
    let shape_of = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.shape);
    let each = members.into_iter().map(|(name, value)| {
        let value = settled(value, shape_of(&name)).map_err(|fault| fault.below(&format!(".{name}")))?;
        Ok((name, value))
    });
    each.collect()
}

/// Gives each marked value in a value its form.
///
/// # Errors
/// Bytes in a field that takes none; a date where a time is wanted, and the reverse.
pub(crate) fn settled(value: Value<'static>, shape: Option<&Shape>) -> Result<Value<'static>, Misplaced> {
    match value {
        Value::Array(values) => {
            let of = if let Some(Shape::List(of)) = shape { Some(*of) } else { None };
            let each = values.into_iter().enumerate();
            let each = each.map(|(at, value)| settled(value, of).map_err(|fault| fault.below(&format!("[{at}]"))));
            each.collect()
        }
        Value::Object(members) if members.get(MOMENT).is_some() => {
            let kind = members.get(KIND).and_then(Value::as_str).unwrap_or_default();
            let kind = MomentKind::ALL.into_iter().find(|one| one.name() == kind);
            match kind.and_then(|kind| kind.misplaced(shape)) {
                Some(why) => Err(Misplaced { place: String::new(), why: why.to_owned() }),
                None => Ok(members.get(MOMENT).cloned().unwrap_or_default()),
            }
        }
        Value::Object(members) => match (members.get(PATH), members.get(BYTES), shape) {
            (Some(_), _, Some(Shape::Secret(_))) => Ok(renamed(members, "file")),
            (Some(path), ..) => Ok(path.clone()),
            (_, Some(bytes), Some(Shape::Bytes)) => Ok(bytes.clone()),
            (_, Some(_), _) => {
                let class = members.get(CLASS).and_then(Value::as_str).unwrap_or_default();
                Err(Misplaced { place: String::new(), why: format!("cannot be a {class}") })
            }
            (None, None, Some(Shape::Map(of))) => {
                let each = members.into_iter().map(|(name, value)| {
                    let value = settled(value, Some(of)).map_err(|fault| fault.below(&format!(".{name}")))?;
                    Ok((name, value))
                });
                each.collect::<Result<_, _>>().map(Value::Object)
            }
            (None, None, shape) => {
                let fields = fields_of(&members, shape);
                placed(members, fields).map(Value::Object)
            }
        },
        scalar => Ok(scalar),
    }
}

/// The fields that a struct, or the alternative of a union that the object names, may have.
fn fields_of<'s>(members: &Object<'_>, shape: Option<&'s Shape>) -> &'s [Field] {
    match shape {
        Some(Shape::Union(union)) => {
            let tag = members.get(union.tag).and_then(Value::as_str);
            let chosen = union.variants.iter().find(|variant| Some(variant.tag) == tag);
            chosen.and_then(|variant| variant.shape).map_or(&[], Shape::fields)
        }
        Some(shape) => shape.fields(),
        None => &[],
    }
}

fn renamed(members: Object<'static>, name: &'static str) -> Value<'static> {
    Value::Object(members.into_iter().map(|(_, value)| (name.into(), value)).collect())
}

impl Misplaced {
    fn below(self, outer: &str) -> Self {
        Self { place: format!("{outer}{}", self.place), ..self }
    }
}
