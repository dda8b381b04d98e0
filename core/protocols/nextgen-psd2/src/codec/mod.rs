//! Writes and reads all exchanges of this protocol from their declarations (§1, §4). A request is written unsigned.
//!
//! A field's name on the wire shows where it is sent: `@PSU-ID` in that header, `?withBalance` in the query, `@` with
//! each of its inner fields in a separate header; a field that the route's path names is sent in the path; every other
//! field is a member of the JSON body.

mod answer;
mod body;
mod headers;
mod place;
mod target;
mod unread;

use std::collections::BTreeMap;

use bankchannel_foundation::{
    Error,
    error::row,
    message::{Body, Headers, InRequest, InResponse, JSON, OutRequest, OutResponse, is_visible},
    model::{Boundary, Field, Object, Reader, Representation, Shape, Value, Writer},
    operation::{Codec, Declaration, Exchange, FieldLocation, Operation, Route},
};

use crate::{
    NextGenPsd2Terms,
    answer::{BankRefusal, as_text, readable},
    signing::SigningDialect,
};
use place::is_body;
use unread::UnreadMembers;

/// The maximum nesting depth of a body (S-16).
pub const MAX_DEPTH: usize = 32;

/// The headers of answers that are read: those of fields, and the one that tells a web page from the bank's answer.
pub const RESPONSE_HEADERS: &[&str] = &["X-Request-ID", "ASPSP-SCA-Approach", "Location", "Content-Type"];

/// The field of each response for what of the answer is in no other.
const UNREAD: &str = "unread";

/// A bank's deviations from the usual format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BankConventions {
    /// Renamed headers: the name in this protocol, in any case, and the bank's name.
    pub header_names: BTreeMap<String, String>,
    /// The bank's dialect.
    pub dialect: SigningDialect,
}

/// The codec of this protocol.
#[derive(Debug)]
pub struct NextGenPsd2Codec;

impl NextGenPsd2Codec {
    /// Whether requests of this shape have a field for this header. The header's name may have any case.
    #[must_use]
    pub fn has_header(shape: &'static Shape, name: &str) -> bool {
        headers::has(shape.fields(), name)
    }

    /// The error for a bank's failure answer, for callers that know the bank: with its outcome, and with the link for
    /// the bank's customer if it is safe to send a customer there.
    #[must_use]
    pub fn refused<O: Operation>(answer: &InResponse, base_url: &str, allowed_hosts: &[String]) -> Error {
        answer::refused(route::<O>(), answer, base_url, allowed_hosts)
    }

    /// Whether a bank has answered for good, though with a status after which HTTP permits to ask again: its own code
    /// says that it refuses, such as `ACCESS_EXCEEDED`. Each further request may count against a limit.
    #[must_use]
    pub fn is_final(answer: &InResponse) -> bool {
        BankRefusal::read(answer.status, &answer.body).is_final()
    }
}

impl Codec for NextGenPsd2Codec {
    type Credentials = BankConventions;
    type Terms = NextGenPsd2Terms;

    fn encode_request<O: Exchange<Codec = Self>>(
        request: O::Request,
        with: &BankConventions,
    ) -> Result<OutRequest, Error> {
        let route = route::<O>();
        speaks(O::DECLARATION.name, &O::TERMS, with.dialect)?;
        let mut fields = written(request);
        let shape = O::Request::SHAPE.fields();
        let target = target::write(route, shape, &mut fields)?;
        let has_body = shape.iter().any(|field| is_body(field, route));
        let mut headers = Headers::default();
        if has_body {
            headers.push("Content-Type", JSON);
        }
        headers.push("Accept", JSON);
        headers::write_request(shape, &mut fields, &with.header_names, &mut headers)?;
        let body = if has_body { Body::json(fields) } else { Body::empty() };
        Ok(OutRequest { method: route.method.as_str().to_owned(), target, headers, body })
    }

    fn decode_request<O: Exchange<Codec = Self>>(message: InRequest<'_>) -> Result<O::Request, Error> {
        let route = route::<O>();
        let shape = O::Request::SHAPE.fields();
        let mut fields = Object::new();
        if shape.iter().any(|field| is_body(field, route)) {
            let mut given = body::read(&message.body)?;
            // A member with a header field's name is ignored.
            for field in shape.iter().filter(|field| is_body(field, route)) {
                if let Some(value) = given.remove(field.wire) {
                    body::fits(field.wire_shape, &value, field.wire)?;
                    fields.push(field.wire, value);
                }
            }
        }
        if let Some(given) = message.headers {
            headers::read(shape, given, &mut fields)?;
        }
        target::read(shape, route, message.path, &message.query, &mut fields)?;
        O::Request::read(Value::Object(fields), &mut Reader::new(Representation::Wire)).map_err(place::plainly)
    }

    fn encode_response<O: Exchange<Codec = Self>>(response: O::Response) -> OutResponse {
        let route = route::<O>();
        let shape = O::Response::SHAPE.fields();
        let mut fields = written(response);
        let headers = headers::write_response(shape, &mut fields);
        let has_body = shape.iter().any(|field| is_body(field, route));
        if has_body {
            answer::tidy(shape, &mut fields);
        }
        let body = if has_body { Body::json(fields) } else { Body::empty() };
        OutResponse { status: route.success, headers, body }
    }

    fn decode_response<O: Exchange<Codec = Self>>(mut message: InResponse) -> Result<O::Response, Error> {
        let route = route::<O>();
        message.message.body = readable(&message.body);
        if !(200..300).contains(&message.status) {
            return Err(answer::refused(route, &message, "", &[]));
        }
        let shape = O::Response::SHAPE.fields();
        let mut unread = UnreadMembers::default();
        let mut fields = if shape.iter().any(|field| is_body(field, route)) {
            answer::read(&message)?
        } else {
            answer::read_needless(&message, &mut unread)?
        };
        answer::settle(shape, &mut fields, &mut unread);
        if let Some(unread) = unread.into_value() {
            fields.push(UNREAD, unread);
        }
        for field in shape {
            if let FieldLocation::Header(name) = FieldLocation::for_field(field, route)
                && let Some(value) = message.headers.get(name).filter(|value| is_visible(value))
            {
                fields.push(field.wire, headers::value(field, &as_text(value)));
            }
        }
        O::Response::read(Value::Object(fields), &mut Reader::new(Representation::Wire))
            .map_err(place::plainly)
            .map_err(|fault| {
                answer::unreadable_answer(&message, &format!("it has an invalid field: {}", fault.message()))
            })
    }
}

fn route<O: Operation>() -> &'static Route {
    let declaration: &'static Declaration = const { &O::DECLARATION };
    declaration.route.as_ref().expect("every exchange of this protocol is declared with a route")
}

/// The fields of a message in wire form.
fn written<T: Boundary>(message: T) -> Object<'static> {
    match message.write(&mut Writer::new(Representation::Wire)) {
        Value::Object(fields) => fields,
        _ => Object::new(),
    }
}

/// Checks that the bank's dialect has the operation.
fn speaks(name: &str, terms: &NextGenPsd2Terms, dialect: SigningDialect) -> Result<(), Error> {
    let own = match dialect {
        SigningDialect::Era => "era",
        SigningDialect::Bg => "bg",
    };
    if terms.dialects.contains(&own) {
        return Ok(());
    }
    let text = format!(
        "{name} is an operation of dialect {}, and this bank is set to {own}: set `signing.dialect`",
        terms.dialects.join(" and ")
    );
    Err(Error::because(&row::CONFIGURATION, text).with("field", "signing.dialect"))
}

/// The fields of a nested struct.
fn inner(field: &'static Field) -> &'static [Field] {
    field.wire_shape.fields()
}
