//! Amounts: exact, and text on the wire, except for fees; some peers send numbers (§4, 10.5).

use bankchannel_foundation::{
    Error,
    model::{Boundary, Decimal, Reader, Representation, Shape, Value, Writer},
};
use serde_json::Number;

/// An amount of money in an account's or a transaction's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaltEdgeAmount(pub Decimal);

/// The amount of a fee: a number on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeAmount(pub Decimal);

bankchannel_foundation::text_field!(SaltEdgeAmount, FeeAmount);

impl Boundary for SaltEdgeAmount {
    const SHAPE: &'static Shape = Decimal::SHAPE;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        read(value, reader).map(Self)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        self.0.write(writer)
    }
}

impl Boundary for FeeAmount {
    const SHAPE: &'static Shape = Decimal::SHAPE;
    const WIRE_SHAPE: &'static Shape = &Shape::Number;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let amount = read(value, reader)?;
        match number(amount.as_str()) {
            Some(_) => Ok(Self(amount)),
            None => Err(reader.invalid(format!("has more than {EXACT} digits, which a JSON number does not hold"))),
        }
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        match (writer.representation(), number(self.0.as_str())) {
            (Representation::Wire, Some(number)) => Value::Number(number),
            _ => self.0.write(writer),
        }
    }
}

/// The maximum number of digits that every reader of a JSON number keeps exactly.
const EXACT: usize = 15;

/// An amount as a JSON number; `None` if it has more digits than that.
fn number(amount: &str) -> Option<Number> {
    let (sign, unsigned) = amount.strip_prefix('-').map_or(("", amount), |unsigned| ("-", unsigned));
    let bare = unsigned.trim_start_matches('0');
    let zero = if bare.is_empty() || bare.starts_with('.') { "0" } else { "" };
    let text = format!("{sign}{zero}{bare}");
    if digits(&text) > EXACT { None } else { serde_json::from_str(&text).ok() }
}

fn digits(number: &str) -> usize {
    number.bytes().filter(u8::is_ascii_digit).count()
}

fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Decimal, Error> {
    let value = match value {
        Value::Number(number) if reader.representation() == Representation::Wire => {
            let text = number.to_string();
            if digits(&text) > EXACT {
                let why = format!("is a number of more than {EXACT} digits, which is not exact: send text");
                return Err(reader.invalid(why));
            }
            text.into()
        }
        other => other,
    };
    Decimal::read(value, reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_stays_what_it_is_or_is_refused() {
        let written = |amount: &str| {
            let fee = FeeAmount::read(amount.to_owned().into(), &mut Reader::new(Representation::Boundary)).ok()?;
            Some(fee.write(&mut Writer::new(Representation::Wire)).to_json())
        };
        for (amount, wanted) in [("0.25", "0.25"), ("007.5", "7.5"), ("-12", "-12"), ("0", "0"), ("-0.10", "-0.1")] {
            assert_eq!(written(amount).as_deref(), Some(wanted), "{amount}");
        }
        assert_eq!(written("1234567890123456.78"), None);
        let read = |text: &str| {
            let value = bankchannel_foundation::json::parse_text(text, 2).ok()?;
            SaltEdgeAmount::read(value, &mut Reader::new(Representation::Wire)).ok().map(|money| money.0.to_string())
        };
        assert_eq!(read("5000.5").as_deref(), Some("5000.5"));
        assert_eq!(read("1234567890123456.78"), None);
        assert_eq!(read("\"1234567890123456.78\"").as_deref(), Some("1234567890123456.78"));
    }
}
