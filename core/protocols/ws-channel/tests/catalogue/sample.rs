//! Makes values from shapes: the boundary form of any request or response.

use bankchannel_foundation::model::{Shape, StructShape};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// A small generator of numbers, so that a failing seed can be run again.
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

/// A valid value of this shape; `whole` leaves nothing out.
pub(crate) fn sample(shape: &Shape, random: &mut Random, whole: bool) -> Value {
    match shape {
        Shape::Bool => json!(random.below(2) == 1),
        Shape::Integer { min, max } => {
            let span = usize::try_from(max - min).unwrap_or(usize::MAX - 1);
            json!(min + random.below(span + 1) as i64)
        }
        Shape::Seconds => json!(2.5),
        Shape::Decimal => json!("1450.05"),
        Shape::Date => json!("2026-11-20"),
        Shape::Timestamp => json!(["2026-11-20T08:00:00.000+02:00", "2017-10-28T06:30:08Z"][random.below(2)]),
        Shape::Text(shape) if shape.name == "Text" => json!(text(random)),
        Shape::Secret(shape) if shape.name == "Secret" => json!(text(random)),
        Shape::Text(shape) | Shape::Secret(shape) => {
            assert!(!shape.example.is_empty(), "{} has no example", shape.name);
            json!(shape.example)
        }
        Shape::Content => {
            let bytes: Vec<u8> = (0..random.below(100)).map(|_| random.below(256) as u8).collect();
            json!({"base64": STANDARD.encode(bytes)})
        }
        Shape::Enum(shape) => {
            let at = random.below(shape.values.len() + usize::from(shape.open));
            json!(shape.values.get(at).map_or("A value of tomorrow", |value| value.value))
        }
        Shape::List(of) => {
            let count = if whole { 1 + random.below(2) } else { random.below(3) };
            (0..count).map(|_| sample(of, random, whole)).collect()
        }
        Shape::Map(of) => json!({"key": sample(of, random, whole)}),
        Shape::Struct(shape) => Value::Object(object(shape, random, whole)),
        Shape::Union(shape) => {
            let variant = &shape.variants[random.below(shape.variants.len())];
            let mut map = Map::new();
            map.insert(shape.tag.into(), json!(variant.tag));
            if let Some(Value::Object(fields)) = variant.shape.map(|of| sample(of, random, whole)) {
                map.extend(fields);
            }
            Value::Object(map)
        }
    }
}

fn object(shape: &StructShape, random: &mut Random, whole: bool) -> Map<String, Value> {
    shape
        .fields
        .iter()
        .filter_map(|field| {
            let kept = whole || !field.optional || random.below(2) == 1;
            kept.then(|| (field.name.to_owned(), sample(field.shape, random, whole)))
        })
        .collect()
}

/// Text of letters that paths, queries and JSON must each treat with care.
fn text(random: &mut Random) -> String {
    const LETTERS: [char; 16] = ['a', 'Z', '0', ' ', '"', '\\', '/', '%', '+', '&', '=', '?', 'ä', '€', '𝄞', '|'];
    (0..=random.below(20)).map(|_| LETTERS[random.below(LETTERS.len())]).collect()
}
