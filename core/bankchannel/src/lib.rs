//! Talk to banks from code.
//!
//! ```text
//!   ws_channel::WsChannel    a client of the ISECure WS Channel: settings, the current session, connections
//!      .list_files(…)        a method per operation, typed
//!      .log_in(…) …          flows: several exchanges as one call, which may ask for a code while it runs
//!      .call_json(…)         the same by name, JSON in and out; the other languages use its variant `call_values`
//!   sepa_web_services::SepaWebServices  a client of the banks' own SOAP channel: files, certificates that renew
//!      .upload_file(…)       themselves, messages verified and explained
//!   nextgen_psd2::NextGenPsd2  a third party's client for NextGenPSD2 banks: signs, verifies, explains
//!   salt_edge_connector::SaltEdgeConnector  a bank's connector to Salt Edge PSD2 Compliance, its engine and its client
//!   salt_edge_hub::SaltEdgeHub  the other side of it
//!   iso20022                 payment files and statements: functions that only compute, without a client
//!   call_local(…)            operations that only compute, by name
//!   Client                   a client whose protocol is chosen at run time
//!   protocols                every protocol as one value: for generators and command lines
//!   catalogue()              every operation, with its schemas
//! ```
//!
//! A client is cheap to clone, and safe to use from many tasks at once. With an account of the real service it is
//! `WsChannel::new(WsChannelSettings::from_env()?)`, which reads `ISECURE_API_KEY`, `ISECURE_EMAIL`, `ISECURE_PASSWORD`,
//! `ISECURE_MODE` and `ISECURE_BANK`; a login that asks for codes is
//! `client.log_in_with(LogInRequest::builder(), &CallOptions::asking(|question| …))`.
//!
//! Every operation is a method that takes its request, the request's builder or JSON; the settings fill in fields that a
//! builder or JSON leaves out. Each has a second form that takes `CallOptions` too, such as `log_in_with`: answers to
//! questions, time limit, cancellation, progress, request id.
//!
//! Each protocol is a feature, all of them on by default: `iso20022`, `nextgen-psd2`, `salt-edge`, `sepa-web-services`,
//! `ws-channel` (which includes `iso20022`). A program that enables only the features it needs does not build the rest: only `ws-channel`
//! brings in OpenPGP, only `salt-edge` the database, and `iso20022` alone has no client, no TLS and no runtime. The feature `serde`
//! adds serde's traits to requests and results.

// Code that several protocols share has parts that a build with one of them does not need.
#![cfg_attr(
    not(all(
        feature = "iso20022",
        feature = "nextgen-psd2",
        feature = "salt-edge",
        feature = "sepa-web-services",
        feature = "ws-channel"
    )),
    allow(dead_code, unreachable_pub, unused_imports, unused_macros)
)]

mod by_name;
#[cfg(feature = "clients")]
mod call;
mod catalogue;
#[cfg(feature = "clients")]
mod client;
#[cfg(feature = "file-channels")]
mod file_channel;
#[cfg(feature = "iso20022")]
pub mod iso20022;
mod local;
#[cfg(feature = "nextgen-psd2")]
pub mod nextgen_psd2;
#[cfg(feature = "clients")]
mod observe;
#[cfg(feature = "clients")]
mod progress;
mod protocol;
pub mod protocols;
#[cfg(feature = "salt-edge")]
mod salt_edge;
#[cfg(feature = "salt-edge")]
pub mod salt_edge_connector;
#[cfg(feature = "salt-edge")]
pub mod salt_edge_hub;
#[cfg(feature = "sepa-web-services")]
pub mod sepa_web_services;
#[cfg(feature = "testing")]
#[path = "../../../tests/toy/client/mod.rs"]
pub mod toy;
#[cfg(feature = "ws-channel")]
pub mod ws_channel;

/// HTTP messages as data.
pub mod message {
    pub use bankchannel_foundation::message::{
        Body, Header, Headers, InRequest, InResponse, JSON, MAX_BODY, MAX_FIELD, MAX_FIELDS, MAX_HEAD, MalformedKind,
        MalformedRequest, Method, OutRequest, OutResponse, REQUEST_ID_MAX, Request, Response, SOAP, Segment,
        base64_length, has_control, is_request_id, is_token, is_visible, percent_decode, percent_encode,
        text_has_control, trace_id, trim,
    };
}

/// The model of types: what may cross the boundary between languages, its JSON form, its schema.
pub mod model {
    pub use bankchannel_foundation::model::{
        Boundary, CitedText, ContentPieces, Draft, EnumShape, EnumValue, Field, Fields, InlineBytes, IntoField,
        IntoRequest, JsonObject, Object, ObjectReader, ObjectWriter, OpenContent, PieceSource, Profile, Reader,
        Representation, Seconds, SecretField, Shape, StructShape, TextCheck, TextField, TextShape, UnionShape,
        UnionVariant, Value, Writer, cited, field_named, joined, read_boundary, schema, serde_form, shown_secret,
        tagged, write_boundary,
    };
}

pub use bankchannel_foundation::{
    CallOutcome, Category, Error, Result, Secret,
    clock::{Clock, SystemClock},
    error::Peer,
    jiff,
    model::{Content, Date, Decimal, Timestamp},
    operation,
};
#[cfg(feature = "clients")]
pub use bankchannel_transport::{CancellationToken, check_base_url};
pub use by_name::{CallDone, call_local, call_local_values, unknown as unknown_operation};
#[cfg(feature = "clients")]
pub use call::{
    CallAnswer, CallAsker, CallOptions, ContentDestination, HandOver, MEMORY_MAX, Question, SignatureRequest,
    TypedAnswer,
};
pub use catalogue::{catalogue, catalogue_json, entry_json, error_table, find, find_by_number};
#[cfg(feature = "clients")]
pub use client::{Client, ConnectionSettings, ItemStream, KeySources, Settings};
#[cfg(feature = "clients")]
pub use observe::{
    AnsweredExchange, AnsweredExchanges, CallLog, EXCHANGES_MAX, ExchangeHooks, LOG_RECORDS_MAX, LogLevel, LogLine,
    LogRecord, LogValue, RequestedExchange,
};
#[cfg(feature = "clients")]
pub use progress::{Progress, ProgressDirection, ProgressWatcher};

/// The version of this library.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
