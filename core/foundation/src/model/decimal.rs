//! Exact decimal numbers: money is never a float.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    iter::Sum,
    ops::{Add, AddAssign, Neg, Sub, SubAssign},
    str::FromStr,
};

use super::{Boundary, Reader, Shape, Value, Writer};
use crate::Error;

/// The maximum number of digits of a decimal that is read: the limit of ISO 20022.
const DIGITS_MAX: usize = 18;

/// An exact decimal number such as `1450.05`, kept as it was written. A string on the boundary.
///
/// Two decimals are compared by value: `1.5` equals `1.50`. They add and subtract exactly, with as many decimals as the
/// longer one has:
///
/// ```
/// use bankchannel_foundation::model::Decimal;
///
/// let amounts: Vec<Decimal> = ["1450.05", "-0.05", "7"].iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
/// let sum: Decimal = amounts.iter().sum();
/// assert_eq!(sum.as_str(), "1457.00");
/// assert!(sum == Decimal::from(1457) && sum > Decimal::from_cents(145_699));
/// assert_eq!(sum.to_cents(), Some(145_700));
/// # Ok::<(), bankchannel_foundation::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decimal(String);

impl Decimal {
    /// Reads a decimal: an optional minus, digits, and optionally a point and digits; at most 18 digits.
    ///
    /// # Errors
    /// `input.invalid_field` if the text is not a decimal.
    pub fn new(text: &str) -> Result<Self, Error> {
        if well_formed(text) { Ok(Self(text.to_owned())) } else { Err(Error::invalid_field("decimal", MUST_BE)) }
    }

    /// A number of hundredths: `145005` is `1450.05`.
    #[must_use]
    pub fn from_cents(cents: i64) -> Self {
        Self(written(cents.into(), 2))
    }

    /// The number of hundredths; `None` if it has a part smaller than one, or is too large.
    #[must_use]
    pub fn to_cents(&self) -> Option<i64> {
        let (units, scale) = self.parts();
        let cents = match scale {
            0..=2 => units.checked_mul(10_i128.pow(2 - scale))?,
            _ => {
                let more = 10_i128.checked_pow(scale - 2)?;
                (units % more == 0).then_some(units / more)?
            }
        };
        i64::try_from(cents).ok()
    }

    /// The nearest number in double precision: for statistics, never for money.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.parts().0 == 0
    }

    /// Whether it is below zero.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.parts().0 < 0
    }

    /// The number without its sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { -self } else { self.clone() }
    }

    /// The exact sum; `None` if it has more than 38 digits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let (one, another, scale) = aligned(self.parts(), other.parts())?;
        Some(Self(written(one.checked_add(another)?, scale)))
    }

    /// The exact difference; `None` if it has more than 38 digits.
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let (one, another, scale) = aligned(self.parts(), other.parts())?;
        Some(Self(written(one.checked_sub(another)?, scale)))
    }

    /// The digits as a whole number, and how many of them are decimals. Every decimal fits: one that was read has 18
    /// digits, and a sum as many as [`checked_add`](Self::checked_add) allows.
    fn parts(&self) -> (i128, u32) {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let digits = whole.trim_start_matches('-').bytes().chain(fraction.bytes());
        let units = digits.fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
        let scale = u32::try_from(fraction.len()).unwrap_or_default();
        (if whole.starts_with('-') { -units } else { units }, scale)
    }

    /// The parts without zeros at the end: the same for equal numbers.
    fn shortest(&self) -> (i128, u32) {
        let (mut units, mut scale) = self.parts();
        while scale > 0 && units % 10 == 0 {
            (units, scale) = (units / 10, scale - 1);
        }
        (units, scale)
    }
}

/// Both numbers with the same number of decimals.
fn aligned(one: (i128, u32), another: (i128, u32)) -> Option<(i128, i128, u32)> {
    let scale = one.1.max(another.1);
    let to = |(units, own): (i128, u32)| units.checked_mul(10_i128.checked_pow(scale - own)?);
    Some((to(one)?, to(another)?, scale))
}

fn written(units: i128, scale: u32) -> String {
    let scale = usize::try_from(scale).unwrap_or_default();
    let digits = format!("{:0>1$}", units.unsigned_abs(), scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if units < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

/// Why a JSON number is none: programs keep it in binary, where most amounts are not exact.
const NOT_A_NUMBER: &str =
    "must be a string, not a number: write it as text, such as \"10.50\", for binary numbers are not exact";
const MUST_BE: &str = "must be a decimal number as a string, such as \"1450.05\", with at most 18 digits";

fn well_formed(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let count = match digits.split_once('.') {
        Some((whole, fraction)) if numeric(whole) && numeric(fraction) => whole.len() + fraction.len(),
        None if numeric(digits) => digits.len(),
        _ => return false,
    };
    count <= DIGITS_MAX
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.shortest() == other.shortest()
    }
}

impl Eq for Decimal {}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.shortest().hash(state);
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, another) = (self.parts(), other.parts());
        match aligned(one, another) {
            Some((one, another, _)) => one.cmp(&another),
            // Only a number that no common scale holds is so far from the other: the whole parts decide.
            None => {
                let whole = |(units, scale): (i128, u32)| units / 10_i128.checked_pow(scale).unwrap_or(i128::MAX);
                whole(one).cmp(&whole(another))
            }
        }
    }
}

impl FromStr for Decimal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Decimal {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl TryFrom<String> for Decimal {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::new(&text)
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.0
    }
}

macro_rules! from_whole {
    ($($whole:ty),+) => {$(
        impl From<$whole> for Decimal {
            fn from(whole: $whole) -> Self {
                Self(whole.to_string())
            }
        }
    )+};
}

from_whole!(i8, i16, i32, i64, u8, u16, u32, u64);

/// The operator of a checked method. Like those of integers it panics where the result does not fit: beyond 38 digits.
macro_rules! operator {
    ($operator:ident, $method:ident, $assign:ident, $assigning:ident, $checked:ident) => {
        impl $operator<&Decimal> for &Decimal {
            type Output = Decimal;

            fn $method(self, other: &Decimal) -> Decimal {
                self.$checked(other).expect("the result has more than 38 digits")
            }
        }

        impl $operator for Decimal {
            type Output = Decimal;

            fn $method(self, other: Self) -> Self {
                (&self).$method(&other)
            }
        }

        impl $assign for Decimal {
            fn $assigning(&mut self, other: Self) {
                *self = (&*self).$method(&other);
            }
        }
    };
}

operator!(Add, add, AddAssign, add_assign, checked_add);
operator!(Sub, sub, SubAssign, sub_assign, checked_sub);

impl Neg for &Decimal {
    type Output = Decimal;

    fn neg(self) -> Decimal {
        let (units, scale) = self.parts();
        Decimal(written(-units, scale))
    }
}

impl Neg for Decimal {
    type Output = Self;

    fn neg(self) -> Self {
        -&self
    }
}

impl Sum for Decimal {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::from(0), |sum, number| sum + number)
    }
}

impl<'a> Sum<&'a Self> for Decimal {
    fn sum<I: Iterator<Item = &'a Self>>(numbers: I) -> Self {
        numbers.fold(Self::from(0), |sum, number| &sum + number)
    }
}

impl Boundary for Decimal {
    const SHAPE: &'static Shape = &Shape::Decimal;

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let text = match value {
            Value::Number(_) => return Err(reader.invalid(NOT_A_NUMBER)),
            other => reader.text(other)?,
        };
        if well_formed(&text) { Ok(Self(text.into_owned())) } else { Err(reader.invalid(MUST_BE)) }
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0.into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal(text.to_owned())
    }

    #[test]
    fn cents_become_two_decimals_and_back() {
        assert_eq!(Decimal::from_cents(145_005).as_str(), "1450.05");
        assert_eq!(Decimal::from_cents(-7).as_str(), "-0.07");
        for (text, cents) in [("1450.05", Some(145_005)), ("-0.070", Some(-7)), ("7", Some(700)), ("0.001", None)] {
            assert_eq!(decimal(text).to_cents(), cents, "{text}");
        }
        assert_eq!(Decimal::from_cents(i64::MIN).to_cents(), Some(i64::MIN));
    }

    #[test]
    fn floats_in_disguise_are_refused() {
        for text in
            ["", ".", "1.", ".5", "1e3", "NaN", "1,5", "+1", "--1", "1234567890123456789", "12345678901234567.89"]
        {
            assert!(Decimal::new(text).is_err(), "{text}");
        }
        for text in ["123456789012345678", "-1234567890123456.78", "0.00"] {
            assert!(Decimal::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn equal_numbers_are_one_in_a_set_however_they_are_written() {
        let numbers: HashSet<Decimal> = ["1.5", "1.50", "01.5", "-0", "0.00", "15"].map(decimal).into();
        assert_eq!(numbers.len(), 3);
        assert!(decimal("-1") < decimal("-0.99") && decimal("0.1") > decimal("0.09"));
        assert!(decimal("123456789012345678") > decimal("0.123456789012345678"));
        assert_eq!(decimal("-0.50").abs().as_str(), "0.50");
        assert_eq!(format!("{:>6}|", decimal("1.5")), "   1.5|");
    }

    proptest! {
        /// Sums and orders are those of whole numbers of the smallest unit.
        #[test]
        fn arithmetic_is_exact(one in -1_000_000_000_000_i64..1_000_000_000_000, another in -1_000_000_000_000_i64..1_000_000_000_000) {
            let (a, b) = (Decimal::from_cents(one), Decimal::from_cents(another));
            prop_assert_eq!((&a + &b).to_cents(), Some(one + another));
            prop_assert_eq!((&a - &b).to_cents(), Some(one - another));
            prop_assert_eq!(a.cmp(&b), one.cmp(&another));
            let longer = decimal(&format!("{a}000"));
            prop_assert_eq!(&longer, &a);
            prop_assert_eq!(longer + b.clone() - b, a);
        }
    }
}
