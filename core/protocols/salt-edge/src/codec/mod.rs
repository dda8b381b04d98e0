//! Writes and reads all exchanges of both protocols from their declarations (§1.5, §1.6, §2, §3).
//!
//! ```text
//!   request  = headers + data     `@Client-Id` is a header, every other field a member of `data`
//!              as it is signed: Authorization: Bearer JWT({"data": {…}, "exp": …}), no body
//!   answer   of a connector: its fields are members of the body
//!            of the hub:     {"data": {…}, "meta": {…}}; `meta.time` is a member of `meta`
//! ```
//!
//! The client's side writes a request with `data` as its body; the sender puts it into the JWT. The server's side has
//! already opened the JWT and provides `data` as the body.

mod answer;

use bankchannel_foundation::{
    Error, Secret,
    error::row,
    json,
    message::{Body, Headers, InRequest, InResponse, JSON, OutRequest, OutResponse, Segment, is_visible, is_web_page},
    model::{Boundary, Field, Object, Reader, Representation, Value, Writer},
    operation::{Codec, Exchange, Operation, Route},
};

use crate::{SaltEdgeTerms, ServingSide, model::Instant};

/// The maximum nesting depth of JSON.
pub const MAX_DEPTH: usize = 32;
/// The format of a text in a header.
const HEADER_TEXT: &str = "must be visible ASCII, without spaces around it";
/// The prefix of fields that are in the answer's `meta`.
const META: &str = "meta.";
/// The time of the hub's answer.
const TIME: &str = "meta.time";
/// The informational fields of success answers, which have no effect.
const ONLY_TOLD: [&str; 2] = [TIME, "revoked"];

/// The connector's credentials in each request to the hub.
#[derive(Debug, Clone, Default)]
pub struct HubCredentials {
    /// The provider's app id.
    pub app_id: Option<String>,
    /// Its app secret.
    pub app_secret: Option<Secret>,
}

/// The codec of both protocols.
#[derive(Debug)]
pub struct SaltEdge;

impl Codec for SaltEdge {
    type Credentials = HubCredentials;
    type Terms = SaltEdgeTerms;

    fn encode_request<O: Exchange<Codec = Self>>(
        request: O::Request,
        with: &HubCredentials,
    ) -> Result<OutRequest, Error> {
        let route = route::<O>()?;
        let mut data = written(request);
        let mut headers = Headers::default();
        headers.push("Content-Type", JSON);
        headers.push("Accept", JSON);
        if O::TERMS.served_by == ServingSide::Hub {
            let missing =
                |setting: &str| Error::invalid_setting(setting, "is missing: it identifies the provider at Salt Edge");
            let app_id = with.app_id.as_deref().ok_or_else(|| missing("app_id"))?;
            let app_secret = with.app_secret.as_ref().ok_or_else(|| missing("app_secret"))?;
            let wrong = |setting| move |_| Error::invalid_setting(setting, HEADER_TEXT);
            push(&mut headers, "App-Id", "app_id", app_id).map_err(wrong("app_id"))?;
            push(&mut headers, "App-Secret", "app_secret", app_secret.expose()).map_err(wrong("app_secret"))?;
        }
        for (field, name) in in_headers(O::Request::SHAPE.fields()) {
            let Some(value) = data.remove(field.wire) else { continue };
            let text = value.as_str().map_or_else(|| value.to_json(), str::to_owned);
            push(&mut headers, name, field.name, &text)?;
        }
        let method = route.method.as_str().to_owned();
        Ok(OutRequest { method, target: route.path.to_owned(), headers, body: Body::json(data) })
    }

    fn decode_request<O: Exchange<Codec = Self>>(message: InRequest<'_>) -> Result<O::Request, Error> {
        let Value::Object(data) = parsed(&message.body)? else {
            return Err(Error::because(&row::INVALID_JSON, "data must be an object"));
        };
        read_request::<O::Request>(data, message.headers)
    }

    fn encode_response<O: Exchange<Codec = Self>>(response: O::Response) -> OutResponse {
        let status = const { &O::DECLARATION }.route.as_ref().map_or(200, |route| route.success);
        let fields = written(response);
        if O::TERMS.served_by == ServingSide::Connector {
            return OutResponse::new(status, Body::json(fields));
        }
        let (mut data, mut meta) = (Object::new(), Object::new());
        for (name, value) in fields {
            match name.strip_prefix(META) {
                Some(name) => meta.push(name.to_owned(), value),
                None => data.push(name, value),
            }
        }
        let mut body = Object::with_capacity(2);
        body.push("data", data);
        body.push("meta", meta);
        OutResponse::new(status, Body::json(body))
    }

    fn decode_response<O: Exchange<Codec = Self>>(message: InResponse) -> Result<O::Response, Error> {
        let side = O::TERMS.served_by;
        if !(200..300).contains(&message.status) {
            return Err(answer::refused(side, &message));
        }
        let unreadable = |why: &str| answer::unreadable_answer(side, &message, why);
        // For an operation without answer fields, any success of the other side is accepted.
        let needs = O::Response::SHAPE.fields().iter().any(|field| !field.wire_optional);
        let body = match parsed(&message.body) {
            Ok(Value::Object(body)) => body,
            // Frameworks write `text/html` for the plain text of an acknowledgement, too.
            Err(_) if is_web_page(&message) && (needs || begins_as_markup(&message.body)) => {
                return Err(answer::page(side, &message));
            }
            _ if !needs => Object::new(),
            Ok(_) => return Err(unreadable("it is not a JSON object")),
            Err(fault) => return Err(unreadable(fault.message())),
        };
        let fields = match side {
            ServingSide::Connector => body,
            ServingSide::Hub => unwrapped(body, O::Response::SHAPE.fields()),
        };
        fitting(fields).map_err(|fault| unreadable(&format!("it has an invalid field: {}", fault.message())))
    }
}

/// Whether a body begins as a page does, and no text.
fn begins_as_markup(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().starts_with(b"<")
}

/// The data of an unsigned request, as JSON text.
///
/// # Errors
/// `internal` for a message from another codec.
pub fn data_of(message: &OutRequest) -> Result<&str, Error> {
    match message.body.segments() {
        [Segment::Literal(bytes)] => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
    .ok_or_else(|| Error::internal("a request of this protocol has no data"))
}

/// Builds a typed request from the `data` of its JWT and from its headers.
///
/// # Errors
/// `input.*`, naming the field or header.
pub fn read_request<R: Boundary>(data: Object<'_>, headers: Option<&Headers>) -> Result<R, Error> {
    let shape = R::SHAPE.fields();
    let mut fields = data;
    for (field, name) in in_headers(shape) {
        // A member with a header field's name is ignored.
        fields.remove(field.wire);
        if let Some(text) = headers.map(|headers| one(headers, name)).transpose()?.flatten() {
            fields.push(field.wire, text.to_owned());
        }
    }
    R::read(Value::Object(fields), &mut Reader::new(Representation::Wire)).map_err(plainly)
}

/// The value of a header, if present.
///
/// # Errors
/// `input.invalid_field`: the header occurs twice or is not visible ASCII.
pub(crate) fn one<'h>(headers: &'h Headers, name: &str) -> Result<Option<&'h str>, Error> {
    if headers.count(name) > 1 {
        return Err(Error::invalid_field(name, "is sent twice"));
    }
    let Some(value) = headers.get(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = std::str::from_utf8(value).ok().filter(|_| is_visible(value));
    text.map(Some).ok_or_else(|| Error::invalid_field(name, "has characters that are not visible ASCII"))
}

/// The fields that are sent in headers, with the header names.
fn in_headers(shape: &'static [Field]) -> impl Iterator<Item = (&'static Field, &'static str)> {
    shape.iter().filter_map(|field| Some((field, field.wire.strip_prefix('@')?)))
}

/// Uses plain header names in an error: `Client-Id` instead of `@Client-Id`.
fn plainly(fault: Error) -> Error {
    let Some(named) = fault.detail("field").filter(|named| named.contains('@')) else { return fault };
    let (message, named) = (fault.message().replace('@', ""), named.replace('@', ""));
    Error::because(fault.row(), message).with("field", named)
}

fn push(headers: &mut Headers, name: &str, field: &str, text: &str) -> Result<(), Error> {
    let is_fine = !text.is_empty() && text.trim() == text && is_visible(text.as_bytes());
    if !is_fine {
        return Err(Error::invalid_field(field, HEADER_TEXT));
    }
    headers.push_secret(name, &Secret::new(text));
    Ok(())
}

/// Reads a success answer. An informational field with an invalid value is ignored, so that it does not turn a success
/// into a failure.
fn fitting<R: Boundary>(mut fields: Object<'_>) -> Result<R, Error> {
    for name in ONLY_TOLD {
        let Some(value) = fields.get(name).filter(|value| !value.is_null()).cloned() else { continue };
        let mut reader = Reader::new(Representation::Wire);
        let read = if name == TIME {
            Instant::read(value, &mut reader).map(drop)
        } else {
            bool::read(value, &mut reader).map(drop)
        };
        if read.is_err() {
            fields.remove(name);
        }
    }
    R::read(Value::Object(fields), &mut Reader::new(Representation::Wire))
}

/// The members of `data`, and those of `meta` with their prefix. Other members are ignored.
fn unwrapped<'a>(mut body: Object<'a>, shape: &'static [Field]) -> Object<'a> {
    let mut fields = match body.remove("data") {
        Some(Value::Object(data)) => data,
        _ => Object::new(),
    };
    // A member of `data` must not pass for one of `meta`; unknown members of `meta` are ignored.
    if let Some(Value::Object(mut meta)) = body.remove("meta") {
        for field in shape.iter() {
            let Some(name) = field.wire.strip_prefix(META) else { continue };
            fields.remove(field.wire);
            if let Some(value) = meta.remove(name) {
                fields.push(field.wire, value);
            }
        }
    }
    fields
}

fn route<O: Operation>() -> Result<&'static Route, Error> {
    let route = const { &O::DECLARATION }.route.as_ref();
    route.ok_or_else(|| Error::internal("an exchange is declared without a route"))
}

fn written(message: impl Boundary) -> Object<'static> {
    match message.write(&mut Writer::new(Representation::Wire)) {
        Value::Object(fields) => fields,
        _ => Object::new(),
    }
}

fn parsed(body: &[u8]) -> Result<Value<'_>, Error> {
    json::parse(body, MAX_DEPTH).map_err(|fault| Error::because(&row::INVALID_JSON, fault.to_string()))
}
