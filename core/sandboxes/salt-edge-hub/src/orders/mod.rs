//! The orders that only this hub has, by subject: declaration, types and handler of each in one file.

mod requests;
mod sessions;

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Reader, Shape, Value, Writer, read_boundary},
    operation::HostedForm,
};
use bankchannel_server::orders::CallableOrder;

pub use requests::{
    AskedConnector, CheckConnector, ConnectorAnswers, ConnectorCheckAnswer, ConnectorLocation, MakeRequest,
    SendRequests, SendingOrder, SetConnector, SignedRequest, SignedRequestHeader,
};
pub use sessions::{
    AnswerSession, BeginSession, CancelSession, HubSessionState, ListSessions, ListTokens, NamedSession, OrderAnswer,
    ReportAnswer, ReportAnswerOrder, SessionAnswer, SessionBegun, SessionCancel, SessionMessage, SessionNames,
    SessionOrder, TellSession, TokenAtHub, TokensAtHub,
};

pub use crate::{
    check::{CheckMode, CheckSettings, CheckWay},
    requests::PlayedRequest,
};

/// All of them.
pub(super) static ALL: &[&[CallableOrder]] = &[sessions::SESSION_ORDERS, requests::REQUEST_ORDERS];

/// The maximum size of an order, in bytes.
const ORDER_MAX: usize = 64 * 1024;

/// An order of the hub at this path.
const fn at(path: &'static str) -> HostedForm {
    HostedForm { max_bytes: ORDER_MAX, writes_nulls: true, ..HostedForm::at(path) }
}

/// A record's content, as the type that orders answer.
fn shown<T: Boundary>(record: serde_json::Value) -> Result<T> {
    read_boundary(record).map_err(|error: Error| Error::internal(error.message().to_owned()))
}

/// A message's content as it was: any JSON.
#[derive(Debug)]
pub struct RecordedJson(pub Value<'static>);

impl Boundary for RecordedJson {
    const SHAPE: &'static Shape = &Shape::AnyJson;

    fn read(value: Value<'_>, _: &mut Reader<'_>) -> Result<Self> {
        Ok(Self(value.into_owned()))
    }

    fn write(self, _: &mut Writer) -> Value<'static> {
        self.0
    }
}
