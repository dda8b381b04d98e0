//! Makes values from shapes: the boundary form of any request or response.

use bankchannel_foundation::model::{EnumShape, Field, Shape, StructShape};
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
    of(shape, random, whole, false)
}

fn of(shape: &Shape, random: &mut Random, whole: bool, in_header: bool) -> Value {
    match shape {
        Shape::Bool => json!(random.below(2) == 1),
        Shape::Integer { min, max } => {
            let span = usize::try_from(max - min.max(&1)).unwrap_or(usize::MAX - 1);
            json!(min.max(&1) + random.below(span + 1) as i64)
        }
        Shape::Seconds => json!(2.5),
        Shape::Decimal => json!(["1450.05", "-0.10", "7"][random.below(3)]),
        Shape::Date => json!("2026-11-20"),
        Shape::Timestamp => json!(["2026-11-20T08:00:00.000+02:00", "2017-10-28T06:30:08Z"][random.below(2)]),
        Shape::Text(shape) if shape.name == "Text" => json!(text(random, in_header)),
        Shape::Text(shape) | Shape::Secret(shape) => {
            assert!(!shape.example.is_empty(), "{} has no example", shape.name);
            json!(shape.example)
        }
        Shape::Enum(shape) => {
            let at = random.below(shape.values.len() + usize::from(shape.open));
            json!(shape.values.get(at).map_or("A value of tomorrow", |value| value.value))
        }
        Shape::List(of_what) => {
            let count = if whole { 1 + random.below(2) } else { random.below(3) };
            (0..count).map(|_| of(of_what, random, whole, in_header)).collect()
        }
        Shape::Map(of_what) => json!({"scaRedirect": of(of_what, random, whole, in_header)}),
        Shape::Struct(shape) if shape.name == "AccountReference" => reference(random.below(6), random),
        Shape::Struct(shape) if shape.name == "ConsentAccess" => access(shape, random, whole),
        Shape::Struct(shape) => object(shape, random, whole),
        Shape::Content | Shape::Union(_) => panic!("there is none in this protocol's exchanges"),
    }
}

fn object(shape: &StructShape, random: &mut Random, whole: bool) -> Value {
    let keep = |field: &&Field, random: &mut Random| whole || !field.optional || random.below(2) == 1;
    let mut members = Map::new();
    for field in shape.fields {
        if keep(&field, random) {
            let in_header = field.wire.starts_with('@');
            members.insert(field.name.to_owned(), of(field.shape, random, whole, in_header));
        }
    }
    Value::Object(members)
}

/// An account by exactly one identifier.
fn reference(which: usize, random: &mut Random) -> Value {
    let name = ["iban", "bban", "pan", "masked_pan", "msisdn", "other"][which];
    json!({name: text(random, false), "currency": "NOK", "cash_account_type": "CACC"})
}

/// What may be asked for together (§4.1): accounts that are named, or all of them, or those that the customer chooses.
fn access(shape: &StructShape, random: &mut Random, whole: bool) -> Value {
    let references = |random: &mut Random| (0..6).map(|which| reference(which, random)).collect::<Value>();
    let selection = |name: &str, random: &mut Random| {
        let field = shape.fields.iter().find(|field| field.name == name).unwrap();
        let Shape::Enum(EnumShape { values, .. }) = field.shape else { panic!("{name}") };
        json!(values[random.below(values.len())].value)
    };
    let mut members = Map::new();
    let (lists, selections) = (whole || random.below(2) == 1, whole || random.below(2) == 1);
    if lists || !selections {
        let is_full = !selections && random.below(2) == 1;
        for name in ["accounts", "balances", "transactions"] {
            members.insert(name.into(), if is_full { references(random) } else { json!([]) });
        }
        let more = json!({"owner_name": references(random), "trusted_beneficiaries": references(random)});
        members.insert("additional_information".into(), more);
    }
    if selections {
        for name in ["available_accounts", "available_accounts_with_balance", "all_psd2"] {
            members.insert(name.into(), selection(name, random));
        }
    }
    if whole || random.below(2) == 1 {
        members.insert("restricted_to".into(), json!(["CACC", "SVGS"]));
    }
    Value::Object(members)
}

/// Text of letters that paths, queries and JSON must each treat with care; in a header, of those that may stand there, and
/// without the comma that parts a list.
fn text(random: &mut Random, in_header: bool) -> String {
    const LETTERS: [char; 16] = ['a', 'Z', '0', ' ', '"', '\\', '/', '%', '+', '&', '=', '?', 'ä', '€', '𝄞', '!'];
    let bound = if in_header { 12 } else { LETTERS.len() };
    let letters: String = (0..random.below(20)).map(|_| LETTERS[random.below(bound)]).collect();
    format!("x{letters}y")
}
