//! How the protocol writes and reads messages: every field is a member of a JSON object.

use bankchannel_foundation::{
    CallOutcome, Error,
    error::row,
    json,
    message::{Body, Headers, InRequest, InResponse, OutRequest, OutResponse},
    model::{Boundary, Object, Reader, Representation, Value, Writer},
    operation::{Codec, Exchange, Operation, Route},
};

use crate::errors;

const MAX_DEPTH: usize = 8;

/// The codec of this protocol.
#[derive(Debug)]
pub struct Plain;

impl Codec for Plain {
    type Credentials = ();
    type Terms = ();

    fn encode_request<O: Exchange<Codec = Self>>(request: O::Request, (): &()) -> Result<OutRequest, Error> {
        let route = route::<O>()?;
        Ok(OutRequest {
            method: route.method.as_str().to_owned(),
            target: route.path.to_owned(),
            headers: Headers::default(),
            body: Body::json(written(request)),
        })
    }

    fn decode_request<O: Exchange<Codec = Self>>(message: InRequest<'_>) -> Result<O::Request, Error> {
        O::Request::read(parsed(&message.body)?, &mut Reader::new(Representation::Wire))
    }

    fn encode_response<O: Exchange<Codec = Self>>(response: O::Response) -> OutResponse {
        let status = const { &O::DECLARATION }.route.as_ref().map_or(200, |route| route.success);
        OutResponse::new(status, Body::json(written(response)))
    }

    fn decode_response<O: Exchange<Codec = Self>>(message: InResponse) -> Result<O::Response, Error> {
        let body = parsed(&message.body);
        if !(200..300).contains(&message.status) {
            let text = body.ok().and_then(|body| body.get("text").and_then(Value::as_str).map(str::to_owned));
            let refused = Error::because(&errors::REFUSED, text.as_deref().unwrap_or(errors::REFUSED.text).to_owned());
            // A host that fails may have done it.
            let outcome = if message.status >= 500 { CallOutcome::Unknown } else { CallOutcome::Refused };
            return Err(refused.with_status(message.status).with_outcome(outcome));
        }
        O::Response::read(body?, &mut Reader::new(Representation::Wire))
    }
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
