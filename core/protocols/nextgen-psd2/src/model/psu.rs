//! A third party's data about the customer who is present (§1.3).

use std::borrow::Cow;

use bankchannel_foundation::{
    Error,
    model::{Boundary, Reader, Shape, Value, Writer},
};

use super::{GeoLocation, IpAddress};
use crate::signing::redirect_uri;

/// The address to which a bank redirects its customer or sends a message: an absolute `https` URI without user and
/// fragment; `http` only for this machine itself (§2.8).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Boundary)]
#[boundary(
    text,
    format = "uri",
    max_bytes = 2048,
    example = "https://tpp.example/cb?state=9d1f",
    check = check_tpp_uri
)]
pub struct TppUri(String);

fn check_tpp_uri(text: &str) -> Result<Cow<'_, str>, &'static str> {
    redirect_uri(text).map(|()| Cow::Borrowed(text))
}

/// The role in which a customer acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
pub enum CustomerContext {
    /// A private person.
    #[boundary(wire = "PRIVATE")]
    Private,
    /// A company.
    #[boundary(wire = "CORPORATE")]
    Corporate,
}

/// The method of a customer's request to the third party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum PsuHttpMethod {
    /// The customer read something.
    #[boundary("GET")]
    Get,
    /// The customer sent something.
    #[boundary("POST")]
    Post,
    /// The customer replaced something.
    #[boundary("PUT")]
    Put,
    /// The customer changed something.
    #[boundary("PATCH")]
    Patch,
    /// The customer deleted something.
    #[boundary("DELETE")]
    Delete,
}

/// A TCP port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port(pub u16);

bankchannel_foundation::field_of_itself!(Port);

impl bankchannel_foundation::model::IntoField<Port> for u16 {
    fn into_field(self, writer: &mut Writer) -> Value<'static> {
        Port(self).write(writer)
    }
}

impl Boundary for Port {
    const SHAPE: &'static Shape = &Shape::Integer { min: 0, max: 65_535 };

    fn read(value: Value<'_>, reader: &mut Reader<'_>) -> Result<Self, Error> {
        let port = u32::read(value, reader).ok().and_then(|port| u16::try_from(port).ok());
        port.map(Self).ok_or_else(|| reader.invalid("must be a whole number from 0 to 65535"))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        u32::from(self.0).into()
    }
}

/// The customer's request to the third party that caused the request to the bank. With it the request is exempt from
/// the limit of unattended requests.
#[derive(Clone, Default, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct PsuContext {
    /// The customer's IP address.
    #[boundary(wire = "@PSU-IP-Address")]
    pub ip_address: Option<IpAddress>,
    /// The customer's port.
    #[boundary(wire = "@PSU-IP-Port")]
    pub ip_port: Option<Port>,
    /// The browser or application.
    #[boundary(wire = "@PSU-User-Agent")]
    pub user_agent: Option<String>,
    /// The method.
    #[boundary(wire = "@PSU-Http-Method")]
    pub http_method: Option<PsuHttpMethod>,
    /// The media types that the customer accepts.
    #[boundary(wire = "@PSU-Accept")]
    pub accept: Option<String>,
    /// The character sets.
    #[boundary(wire = "@PSU-Accept-Charset")]
    pub accept_charset: Option<String>,
    /// The codings.
    #[boundary(wire = "@PSU-Accept-Encoding")]
    pub accept_encoding: Option<String>,
    /// The languages.
    #[boundary(wire = "@PSU-Accept-Language")]
    pub accept_language: Option<String>,
    /// The device. For the Berlin Group a UUID that stays the same until the application is reinstalled.
    #[boundary(wire = "@PSU-Device-ID")]
    pub device_id: Option<String>,
    /// The customer's location.
    #[boundary(wire = "@PSU-Geo-Location")]
    pub geo_location: Option<GeoLocation>,
}

bankchannel_foundation::redacted_debug!(PsuContext);
