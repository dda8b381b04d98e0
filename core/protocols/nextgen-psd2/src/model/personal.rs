//! Texts that identify a customer: checked on input and never shown.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{borrow::Cow, net::IpAddr};

use bankchannel_foundation::{Secret, model::Boundary};

/// The maximum length of a customer's identifier, in characters (§1.2).
const ID_CHARS: usize = 256;

/// The bank's identifier of a customer, as known to this third party: 1 to 256 characters without control
/// characters (§1.2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, personal, max_bytes = 4 * ID_CHARS, example = "psu-7f3a91", check = identifier)]
pub struct PsuId(String);

/// The identifier of a customer's corporate agreement: 1 to 256 characters without control characters (§1.3).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, personal, max_bytes = 4 * ID_CHARS, example = "corp-42", check = identifier)]
pub struct PsuCorporateId(String);

/// The session of a customer with a third party, from the bank's redirect (§4.5).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(
    text,
    personal,
    pattern = "^[!-~]{1,1024}$",
    max_bytes = 1024,
    example = "0f6a2c1e-93b4-4b1e-8b0a-5f1d2a7c9e44",
    check = check_tpp_session_id
)]
pub struct TppSessionId(String);

fn check_tpp_session_id(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must be visible ASCII characters without spaces")
    }
}

/// An IP address, version 4 or 6, without a port.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(text, personal, max_bytes = 64, example = "192.0.2.7", check = check_ip_address)]
pub struct IpAddress(String);

fn check_ip_address(text: &str) -> Result<Cow<'_, str>, &'static str> {
    match text.parse::<IpAddr>() {
        Ok(_) => Ok(Cow::Borrowed(text)),
        Err(_) => Err("must be an IP address, such as 192.0.2.7 or 2001:db8::7"),
    }
}

/// A location in the format of the Berlin Group: `GEO:` with latitude and longitude in degrees, six decimals each.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(
    text,
    personal,
    pattern = "^GEO:-?[0-9]{1,2}\\.[0-9]{6};-?[0-9]{1,3}\\.[0-9]{6}$",
    max_bytes = 32,
    example = "GEO:63.430515;10.395053",
    check = check_geo_location
)]
pub struct GeoLocation(String);

fn check_geo_location(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if is_location(text) { Ok(Cow::Borrowed(text)) } else { Err("must be a place such as GEO:63.430515;10.395053") }
}

/// A hashed personal identifier: base64 of its SHA-256, from `hash_identifier`. Trying all numbers reverses it.
#[derive(Debug, Clone, Boundary)]
#[boundary(
    text,
    pattern = "^[A-Za-z0-9+/]{43}=$",
    max_bytes = 256,
    example = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=",
    check = check_hashed_identifier
)]
pub struct HashedIdentifier(Secret);

fn check_hashed_identifier(text: &str) -> Result<Cow<'_, str>, &'static str> {
    match STANDARD.decode(text.as_bytes()).ok() {
        Some(hash) if hash.len() == 32 => Ok(Cow::Borrowed(text)),
        _ => Err("must be the base64 of 32 bytes: 44 characters, the last one `=`"),
    }
}

fn identifier(text: &str) -> Result<Cow<'_, str>, &'static str> {
    if text.chars().any(char::is_control) {
        Err("must not have control characters")
    } else if (1..=ID_CHARS).contains(&text.chars().count()) {
        Ok(Cow::Borrowed(text))
    } else {
        Err("must have 1 to 256 characters")
    }
}

fn is_location(text: &str) -> bool {
    let degrees = |text: &str, max: usize| {
        text.strip_prefix('-').unwrap_or(text).split_once('.').is_some_and(|(whole, decimals)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            (1..=max).contains(&whole.len()) && digits(whole) && decimals.len() == 6 && digits(decimals)
        })
    };
    text.strip_prefix("GEO:")
        .and_then(|place| place.split_once(';'))
        .is_some_and(|(latitude, longitude)| degrees(latitude, 2) && degrees(longitude, 3))
}
