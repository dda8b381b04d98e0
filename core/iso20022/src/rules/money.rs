//! Amounts: the number of decimals of a currency, and the limits of a scheme.

use bankchannel_foundation::model::Decimal;

use super::{Finding, Rule};

/// The currencies of ISO 4217 in which one can pay: without metals, funds, tests and none (list of 2026; BGN ended with
/// 2025, ANG with March 2025).
const CURRENCIES: &str = "\
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW \
    CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL \
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA \
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD \
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD \
    USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";
/// Currencies without decimals (ISO 4217).
const WITHOUT: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
/// Currencies with three decimals.
const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Currencies with four decimals.
const FOUR: &str = "CLF UYW";

/// The number of decimals of a currency; 2 for unknown currencies.
pub fn digits(currency: &str) -> usize {
    let listed = |table: &str| table.split_ascii_whitespace().any(|known| known == currency);
    if listed(WITHOUT) {
        0
    } else if listed(THREE) {
        3
    } else if listed(FOUR) {
        4
    } else {
        2
    }
}

/// The problem with a currency, if it is none of ISO 4217.
pub fn check_currency(currency: &str) -> Option<Finding> {
    if CURRENCIES.split_ascii_whitespace().any(|known| known == currency) {
        return None;
    }
    let change = "write three capital letters such as EUR";
    Some(
        Finding::error(Rule::Currency, "is not a currency code of ISO 4217 in which one can pay", change)
            .reason("AM11")
            .value(currency),
    )
}

/// An amount with the currency's decimals: `1.5` EUR is `1.50`; `None` if digits would be lost.
pub fn written(amount: &Decimal, currency: &str) -> Option<String> {
    let digits = digits(currency);
    let (whole, fraction) = amount.as_str().split_once('.').unwrap_or((amount.as_str(), ""));
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > digits {
        return None;
    }
    let (sign, size) = whole.strip_prefix('-').map_or(("", whole), |size| ("-", size));
    let size = size.trim_start_matches('0');
    let size = if size.is_empty() { "0" } else { size };
    let point = if digits == 0 { "" } else { "." };
    Some(format!("{sign}{size}{point}{fraction:0<digits$}"))
}

/// The problem with the amount of a payment; `sepa` for payments of the SEPA schemes.
pub fn check(amount: &Decimal, currency: &str, sepa: bool) -> Option<Finding> {
    let text = amount.as_str();
    let zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'));
    let found = if text.starts_with('-') {
        Finding::error(
            Rule::Amount,
            "the amount has a minus",
            "an amount must be above zero; reclaim money in another way",
        )
        .reason("AM12")
    } else if zero {
        Finding::error(Rule::Amount, "the amount is zero", "give an amount, or leave the payment out").reason("AM01")
    } else if written(amount, currency).is_none() {
        let message = format!("{currency} has {} decimals, the amount has more", digits(currency));
        Finding::error(Rule::Amount, message, "round it in your own program: amounts are never rounded here")
            .reason("CH20")
    } else if sepa && text.split('.').next().unwrap_or(text).trim_start_matches('0').len() > 9 {
        let message = "the amount is above 999999999.99, the SEPA maximum";
        Finding::error(Rule::Amount, message, "split it, or pay in another way").reason("AM02")
    } else {
        return None;
    };
    Some(found.value(text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::new(text).unwrap()
    }

    /// Case ISO-013.
    #[test]
    fn digits_of_the_currency() {
        for (amount, currency, wanted) in [
            ("1.000", "EUR", Some("1.00")),
            ("1.5", "EUR", Some("1.50")),
            ("5", "JPY", Some("5")),
            ("5.0", "JPY", Some("5")),
            ("5.5", "JPY", None),
            ("1.234", "KWD", Some("1.234")),
            ("007", "EUR", Some("7.00")),
            ("0.1", "EUR", Some("0.10")),
        ] {
            assert_eq!(written(&decimal(amount), currency).as_deref(), wanted, "{amount} {currency}");
        }
    }

    /// Case ISO-012.
    #[test]
    fn four_errors() {
        for (amount, reason) in
            [("0", "AM01"), ("0.00", "AM01"), ("-1", "AM12"), ("1.234", "CH20"), ("1000000000.00", "AM02")]
        {
            assert_eq!(check(&decimal(amount), "EUR", true).unwrap().reason.as_deref(), Some(reason), "{amount}");
        }
        assert_eq!(check(&decimal("999999999.99"), "EUR", true), None);
        assert_eq!(check(&decimal("1000000000.00"), "EUR", false), None);
    }
}
