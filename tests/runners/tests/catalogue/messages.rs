//! Transfers messages from one end to the other without a network. The tests of each protocol use it too.
#![allow(dead_code)]

use bankchannel_foundation::{
    message::{Body, InRequest, InResponse, OutRequest, OutResponse, Response, Segment, percent_decode},
    model::{Boundary, Content, Reader, Representation, Writer},
    operation::{Exchange, Route, path_parameter},
};
use bytes::Bytes;
use serde_json::Value;

pub(crate) fn route<O: Exchange>() -> &'static Route {
    const { &O::DECLARATION }.route.as_ref().unwrap()
}

/// The body as received by a peer that streams the content out: the message with an empty string, and the
/// content.
pub(crate) fn split(body: &Body) -> (Bytes, Option<Content>) {
    let (mut json, mut content) = (Vec::new(), None);
    for segment in body.segments() {
        match segment {
            Segment::Literal(bytes) => json.extend_from_slice(bytes),
            Segment::Base64(found) => content = Some(found.clone()),
            Segment::Encoded(..) => panic!("an exchange is written before it is sealed"),
        }
    }
    (json.into(), content)
}

/// The request as received by a server whose router has parsed the path.
pub(crate) fn arrived<'a>(route: &'static Route, sent: &'a OutRequest) -> InRequest<'a> {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    let (template, given): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
    assert_eq!(template.len(), given.len(), "{path} does not fit {}", route.path);
    let mut parameters = Vec::new();
    for (part, given) in template.into_iter().zip(given) {
        match path_parameter(part) {
            Some(name) => parameters.push((name, percent_decode(given).unwrap())),
            None => assert_eq!(part, given),
        }
    }
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (percent_decode(name).unwrap(), percent_decode(value).unwrap())
    };
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    let (body, content) = split(&sent.body);
    InRequest { path: parameters, query, headers: Some(&sent.headers), body, content }
}

/// The answer as received by a client.
pub(crate) fn answered(sent: &OutResponse) -> InResponse {
    let (body, content) = split(&sent.body);
    let message = Response { status: sent.status, headers: sent.headers.clone(), body };
    InResponse { message, content, ..InResponse::default() }
}

/// An answer with this status and body.
pub(crate) fn answer(status: u16, body: &str) -> InResponse {
    InResponse::new(status, body.to_owned())
}

/// The boundary form, with the content's bytes.
pub(crate) fn boundary_form<T: Boundary>(value: T) -> (Value, Option<Bytes>) {
    let mut writer = Writer::new(Representation::Boundary);
    let value = value.write(&mut writer).into();
    let bytes = writer.content().map(|content| match content {
        Content::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    });
    (value, bytes)
}

pub(crate) fn read<T: Boundary>(value: Value) -> T {
    let shown = value.to_string();
    T::read(value.into(), &mut Reader::new(Representation::Boundary))
        .unwrap_or_else(|error| panic!("{error} in {shown}"))
}
