//! Carries messages from one end to the other without a network.

use bankchannel_foundation::{
    Boundary, Content, Exchange, Operation,
    message::{Body, InRequest, InResponse, OutRequest, OutResponse, Segment, percent_decode},
    model::{Dialect, Reader, Writer},
    operation::Route,
};
use bankchannel_ws_channel::{
    Credentials, Envelope,
    model::{ApiKey, IdToken},
};
use bytes::Bytes;
use serde_json::Value;

/// Calls `$each::<Operation>($args)` for every exchange.
macro_rules! each_exchange {
    ($each:ident ( $($args:tt)* )) => { each_exchange!(@with ($) $each ( $($args)* )) };
    (@with ($d:tt) $each:ident ( $($args:tt)* )) => {{
        macro_rules! call {
            ($d($d kind:ident $d subject:ident::$d file:ident::$d name:ident;)+) => {
                $d(call!(@$d kind $d subject $d file $d name);)+
            };
            (@exchange $d subject:ident $d file:ident $d name:ident) => {
                $each::<bankchannel_ws_channel::operations::$d subject::$d file::$d name>($($args)*)
            };
            (@local $d($d rest:tt)*) => {};
        }
        bankchannel_ws_channel::for_each_operation!(call);
    }};
}
pub(crate) use each_exchange;

/// An exchange of this protocol.
pub(crate) trait WsExchange: Exchange<Codec = Envelope> {}
impl<O: Exchange<Codec = Envelope>> WsExchange for O {}

pub(crate) fn credentials() -> Credentials {
    Credentials {
        api_key: Some(ApiKey::new("4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2").unwrap()),
        id_token: Some(IdToken::new("token").unwrap()),
    }
}

pub(crate) fn route<O: Operation>() -> &'static Route {
    const { &O::DECLARATION }.route.as_ref().unwrap()
}

/// The body as a peer has it after streaming the content out: JSON with an empty string, and the content.
pub(crate) fn split(body: &Body) -> (Bytes, Option<Content>) {
    let (mut json, mut content) = (Vec::new(), None);
    for segment in body.segments() {
        match segment {
            Segment::Literal(bytes) => json.extend_from_slice(bytes),
            Segment::Base64(found) => content = Some(found.clone()),
        }
    }
    (json.into(), content)
}

/// The request as a server has it when its router has taken the path apart.
pub(crate) fn arrived(route: &'static Route, sent: &OutRequest) -> InRequest {
    let (path, query) = sent.target.split_once('?').unwrap_or((&sent.target, ""));
    let (template, given): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
    assert_eq!(template.len(), given.len(), "{path} does not fit {}", route.path);
    let mut parameters = Vec::new();
    for (part, given) in template.into_iter().zip(given) {
        match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(name) => parameters.push((name, percent_decode(given).unwrap())),
            None => assert_eq!(part, given),
        }
    }
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        (percent_decode(name).unwrap(), percent_decode(value).unwrap())
    };
    let (body, content) = split(&sent.body);
    let query = query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    InRequest { path: parameters, query, headers: Vec::new(), body, content }
}

pub(crate) fn answered(sent: &OutResponse) -> InResponse {
    let (body, content) = split(&sent.body);
    InResponse { status: sent.status, content_type: "application/json".into(), body, content, ..InResponse::default() }
}

/// The boundary form, with the content's bytes.
pub(crate) fn told<T: Boundary>(value: T) -> (Value, Option<Bytes>) {
    let mut writer = Writer::new(Dialect::Boundary);
    let value = value.write(&mut writer).into();
    let bytes = writer.content().map(|content| match content {
        Content::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    });
    (value, bytes)
}

pub(crate) fn read<T: Boundary>(value: Value) -> T {
    let shown = value.to_string();
    T::read(value.into(), &mut Reader::new(Dialect::Boundary)).unwrap_or_else(|error| panic!("{error} in {shown}"))
}

/// An answer of the service with this status and body.
pub(crate) fn answer(status: u16, body: &str) -> InResponse {
    InResponse { status, body: body.to_owned().into(), ..InResponse::default() }
}
