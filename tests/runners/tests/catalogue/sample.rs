//! Makes values from shapes: the boundary form of any request or response.

use bankchannel_foundation::model::{Field, Shape, StructShape};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::particular::Particular;

/// A small random number generator, so that a failing seed can be rerun.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// A valid value of this shape, a struct; `whole` leaves nothing out.
pub(crate) fn sample(shape: &Shape, random: &mut Random, whole: bool, own: &dyn Particular) -> Value {
    let Shape::Struct(shape) = shape else { panic!("requests and responses are structs") };
    Value::Object(Sampler { random, whole, own }.object(shape))
}

struct Sampler<'a> {
    random: &'a mut Random,
    whole: bool,
    own: &'a dyn Particular,
}

impl Sampler<'_> {
    fn object(&mut self, shape: &StructShape) -> Map<String, Value> {
        let mut members = Map::new();
        for field in shape.fields {
            if self.whole || !field.optional || self.own.needs(field) || self.random.below(2) == 1 {
                members.insert(field.name.to_owned(), self.value(field, field.shape));
            }
        }
        members
    }

    /// A value of the field, or of an element of it.
    fn value(&mut self, field: &Field, shape: &Shape) -> Value {
        if let Some(value) = self.own.sample(field, shape, self.random, self.whole) {
            return value;
        }
        let random = &mut *self.random;
        match shape {
            Shape::Bool => json!(random.below(2) == 1),
            Shape::Integer { min, max } => {
                let span = usize::try_from(max - min).unwrap_or(usize::MAX - 1);
                json!(min + random.below(span + 1) as i64)
            }
            Shape::Seconds => json!(2.5),
            Shape::Decimal => json!(["1450.05", "-0.10", "7"][random.below(3)]),
            Shape::Number => json!(0.25),
            Shape::Json | Shape::AnyJson => json!({"key": [text(random, false), {"x": null}], "n": 1}),
            Shape::Date => json!("2026-11-20"),
            Shape::Timestamp => json!(["2026-11-20T08:00:00.000+02:00", "2017-10-28T06:30:08Z"][random.below(2)]),
            Shape::Text(shape) if shape.name == "Text" => json!(text(random, field.wire.starts_with('@'))),
            Shape::Secret(shape) if shape.name == "Secret" => json!(text(random, field.wire.starts_with('@'))),
            Shape::Text(shape) | Shape::Secret(shape) => {
                assert!(!shape.example.is_empty(), "{} has no example", shape.name);
                json!(shape.example)
            }
            Shape::Content => {
                let bytes: Vec<u8> = (0..random.below(100)).map(|_| random.below(256) as u8).collect();
                json!({"base64": STANDARD.encode(bytes)})
            }
            Shape::Bytes => json!(STANDARD.encode([0, 255, 128])),
            Shape::Enum(shape) => {
                let at = random.below(shape.values.len() + usize::from(shape.open));
                json!(shape.values.get(at).map_or("A value of tomorrow", |value| value.value))
            }
            Shape::List(of) => {
                let count = if self.whole { 1 + random.below(2) } else { random.below(3) };
                (0..count).map(|_| self.value(field, of)).collect()
            }
            Shape::Map(of) => json!({"key": self.value(field, of), "scaRedirect": self.value(field, of)}),
            Shape::Struct(shape) => Value::Object(self.object(shape)),
            Shape::Union(shape) => {
                let variant = &shape.variants[random.below(shape.variants.len())];
                let mut map = Map::new();
                map.insert(shape.tag.into(), json!(variant.tag));
                if let Some(Value::Object(fields)) = variant.shape.map(|of| self.value(field, of)) {
                    map.extend(fields);
                }
                Value::Object(map)
            }
        }
    }
}

/// Text of letters that need care in paths, queries and JSON; in a header, of permitted ones, and without the comma
/// that separates a list.
pub(crate) fn text(random: &mut Random, in_header: bool) -> String {
    const LETTERS: [char; 17] = ['a', 'Z', '0', ' ', '"', '\\', '/', '%', '+', '&', '=', '?', '!', '|', 'ä', '€', '𝄞'];
    let mut letters = |bound: usize| -> String {
        let count = random.below(20);
        (0..=count).map(|_| LETTERS[random.below(bound)]).collect()
    };
    // Spaces around a header's value are not part of it.
    if in_header { format!("x{}y", letters(14)) } else { letters(LETTERS.len()) }
}
