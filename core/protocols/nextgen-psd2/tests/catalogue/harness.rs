//! Carries messages from one end to the other without a network.

use bankchannel_foundation::{
    Boundary, Exchange, Operation,
    message::{Body, InRequest, InResponse, OutRequest, OutResponse, Segment, percent_decode},
    model::{read_boundary, write_boundary},
    operation::Route,
};
use bankchannel_nextgen_psd2::{Credentials, Psd2, RESPONSE_HEADERS, signing::SigningDialect};
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
                $each::<bankchannel_nextgen_psd2::operations::$d subject::$d file::$d name>($($args)*)
            };
            (@local $d($d rest:tt)*) => {};
        }
        bankchannel_nextgen_psd2::for_each_operation!(call);
    }};
}
pub(crate) use each_exchange;

/// An exchange of this protocol.
pub(crate) trait PsdExchange: Exchange<Codec = Psd2> {}
impl<O: Exchange<Codec = Psd2>> PsdExchange for O {}

pub(crate) fn route<O: Operation>() -> &'static Route {
    const { &O::DECLARATION }.route.as_ref().unwrap()
}

/// Credentials for a bank that has the operation.
pub(crate) fn credentials<O: PsdExchange>() -> Credentials {
    let dialect = if O::TERMS.dialects.contains(&"era") { SigningDialect::Era } else { SigningDialect::Bg };
    Credentials { dialect, ..Credentials::default() }
}

pub(crate) fn bytes(body: &Body) -> Bytes {
    let mut out = Vec::new();
    for segment in body.segments() {
        let Segment::Literal(bytes) = segment else { panic!("no content in this protocol") };
        out.extend_from_slice(bytes);
    }
    out.into()
}

/// A header of a request that is to be sent.
pub(crate) fn header<'a>(sent: &'a OutRequest, name: &str) -> Option<&'a str> {
    sent.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.expose())
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
    let headers = sent.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.expose().to_owned()));
    InRequest {
        path: parameters,
        query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
        headers: headers.collect(),
        body: bytes(&sent.body),
        content: None,
    }
}

/// The answer as a client has it whose transport keeps the headers that the protocol reads.
pub(crate) fn answered(sent: &OutResponse) -> InResponse {
    let headers = sent.headers.iter().filter(|(name, _)| RESPONSE_HEADERS.contains(name)).cloned();
    InResponse { status: sent.status, headers: headers.collect(), body: bytes(&sent.body), ..InResponse::default() }
}

/// An answer with this status and body.
pub(crate) fn answer(status: u16, body: &str) -> InResponse {
    InResponse { status, body: body.to_owned().into(), ..InResponse::default() }
}

pub(crate) fn told<T: Boundary>(value: T) -> Value {
    write_boundary(value)
}

pub(crate) fn read<T: Boundary>(value: Value) -> T {
    let shown = value.to_string();
    read_boundary(value).unwrap_or_else(|error| panic!("{error} in {shown}"))
}
