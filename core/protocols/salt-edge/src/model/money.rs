//! Amounts: exact, as text on the wire, except for fees; some peers send numbers (§4, 10.5).

use bankchannel_foundation::{
    Boundary, Error,
    model::{Decimal, Dialect, NUMBER, Reader, Shape, Value, Writer},
};
use serde_json::Number;

/// An amount of money in an account's or a transaction's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money(pub Decimal);

/// The amount of a fee: a number on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeeAmount(pub Decimal);

impl Boundary for Money {
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
    const WIRE_SHAPE: &'static Shape = NUMBER;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        read(value, reader).map(Self)
    }

    fn write(self, writer: &mut Writer) -> Value<'static> {
        let number: Option<Number> = serde_json::from_str(self.0.as_str()).ok();
        match (writer.dialect(), number) {
            (Dialect::Wire, Some(number)) => Value::Number(number),
            _ => self.0.write(writer),
        }
    }
}

fn read(value: Value<'_>, reader: &Reader<'_>) -> Result<Decimal, Error> {
    let text = match value {
        Value::Number(number) if reader.dialect() == Dialect::Wire => number.to_string().into(),
        other => reader.text(other)?,
    };
    Decimal::new(&text).map_err(|_| {
        reader.invalid("must be a decimal number as a string, such as \"1450.05\", with at most 18 digits")
    })
}
