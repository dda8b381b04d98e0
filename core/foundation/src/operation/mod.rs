//! The declaration of an operation: declared once, available everywhere.

mod command;
mod hosted;
mod local;
mod operator;
mod route;

pub use bankchannel_macros::Operation;
pub use command::{
    Command, CommandField, CommandForm, CommandGroup, CommandInput, CommandOutput, FileForm, WatchedList,
};
pub use hosted::{HostedForm, RawRequest};
pub use local::{Local, LocalContext, OpenFunction};
pub use operator::{DataAccess, OperatorForm, OperatorOption, OptionForm};
pub use route::{FieldLocation, Parameters, Repeat, Route, path_parameter};

use crate::{
    Error,
    error::ErrorRow,
    message::{InRequest, InResponse, OutRequest, OutResponse},
    model::{Boundary, Shape},
};

/// One operation of a protocol: its types and its static description.
///
/// Its file has the request, the response, and a type for the operation itself, whose doc comment and attributes say all
/// the rest:
///
/// ```
/// # mod declare {
/// #     use bankchannel_foundation::{message::*, operation::*};
/// #     pub const fn exchange(name: &'static str, subject: &'static str) -> Declaration {
/// #         Declaration::new(OperationKind::Exchange, "doc-channel", subject, name)
/// #     }
/// #     pub const fn session(wire_name: &'static str, method: Method, path: &'static str) -> Route {
/// #         let (parameters, repeat, failures) = (Parameters::Body, Repeat::AfterRateLimit, &[400, 401]);
/// #         let (request_content, response_content) = (None, None);
/// #         let (success, audited, timeout_s) = (200, true, 30);
/// #         Route {
/// #             wire_name, method, path, parameters, success, failures, repeat, audited, timeout_s, request_content,
/// #             response_content,
/// #         }
/// #     }
/// # }
/// # mod errors {
/// #     bankchannel_foundation::error_rows! {
/// #         SESSION_REFUSED = "doc_channel.session_refused", Authentication, never, "It has ended.", "Log in again.";
/// #         KEY_REFUSED = "doc_channel.key_refused", PeerRefused, never, "The key is not accepted.", "Use another one.";
/// #     }
/// # }
/// # pub struct DocCodec;
/// # impl bankchannel_foundation::operation::Codec for DocCodec {
/// #     type Credentials = ();
/// #     type Terms = &'static str;
/// #     fn encode_request<O: Exchange<Codec = Self>>(_: O::Request, (): &()) -> Result<OutRequest, Error> { unreachable!() }
/// #     fn decode_request<O: Exchange<Codec = Self>>(_: InRequest<'_>) -> Result<O::Request, Error> { unreachable!() }
/// #     fn encode_response<O: Exchange<Codec = Self>>(_: O::Response) -> OutResponse { unreachable!() }
/// #     fn decode_response<O: Exchange<Codec = Self>>(_: InResponse) -> Result<O::Response, Error> { unreachable!() }
/// # }
/// # const SESSION_ERRORS: &[&ErrorRow] = &[&errors::SESSION_REFUSED];
/// # use bankchannel_foundation::message::{InRequest, InResponse, OutRequest, OutResponse};
/// use bankchannel_foundation::prelude::*;
///
/// /// The key.
/// #[derive(Debug, Clone, Boundary)]
/// #[non_exhaustive]
/// pub struct UploadKeyRequest {
///     /// One ASCII-armored public key.
///     pub pgp_key: String,
/// }
///
/// /// The key is registered.
/// #[derive(Debug, Clone, Boundary)]
/// #[non_exhaustive]
/// pub struct UploadKeyResponse {
///     /// The service's text.
///     pub response_text: String,
/// }
///
/// /// Register a PGP public key.
/// ///
/// /// Repeating it changes nothing.
/// #[derive(Debug, Operation)]
/// #[operation(UploadKeyRequest => UploadKeyResponse)]
/// #[declaration(..declare::exchange("doc_channel.upload_key", "pgp"))]
/// #[errors(..SESSION_ERRORS, errors::KEY_REFUSED)]
/// #[route(success: 201, ..declare::session("UploadKey", Method::Put, "/pgp"))]
/// #[exchange(DocCodec, "an administrator's session")]
/// pub struct UploadKey;
///
/// # fn main() {
/// let declaration = &UploadKey::DECLARATION;
/// assert_eq!(declaration.summary, "Register a PGP public key");
/// assert_eq!(declaration.doc, "Repeating it changes nothing.");
/// assert_eq!(declaration.errors, [&errors::SESSION_REFUSED, &errors::KEY_REFUSED]);
/// assert_eq!(declaration.route.as_ref().map(|route| (route.success, route.path)), Some((201, "/pgp")));
/// assert_eq!(UploadKey::TERMS, "an administrator's session");
/// # }
/// ```
///
/// Only `operation` and `declaration` are needed. `declaration` and `route` hold the members of a [`Declaration`] and of a
/// [`Route`], written as in a struct literal; the functions after `..` are the protocol's own, in its `declare.rs`. `errors`
/// holds single rows, and after `..` whole lists, in the order of the documentation. An operation that only computes has
/// neither `route` nor `exchange`, and implements [`Local`]. An exchange that overrides a function of its codec leaves out
/// `exchange`, and implements [`Exchange`].
pub trait Operation: Send + Sync + 'static {
    /// The caller's input.
    type Request: Boundary;
    /// The caller's result.
    type Response: Boundary;
    /// Name, documentation, errors, and the HTTP route if it has one.
    const DECLARATION: Declaration;
}

/// An operation that is one HTTP exchange: four functions connect its boundary form with its wire form.
///
/// They are those of the protocol's codec, unless an operation overrides them.
pub trait Exchange: Operation + Sized {
    /// How the protocol writes and reads messages.
    type Codec: Codec;
    /// The protocol's terms for this exchange, in addition to its route: its permitted callers, for example.
    const TERMS: <Self::Codec as Codec>::Terms;

    /// Typed request → message (client).
    ///
    /// # Errors
    /// If credentials are missing or the request cannot be written.
    fn encode_request(request: Self::Request, with: &<Self::Codec as Codec>::Credentials) -> Result<OutRequest, Error> {
        Self::Codec::encode_request::<Self>(request, with)
    }

    /// Message → typed request (server). Errors are `input.*` with the wire's field names.
    ///
    /// # Errors
    /// `input.missing_field`, `input.invalid_field` or `input.invalid_json`.
    fn decode_request(message: InRequest<'_>) -> Result<Self::Request, Error> {
        Self::Codec::decode_request::<Self>(message)
    }

    /// Typed response → message (server).
    fn encode_response(response: Self::Response) -> OutResponse {
        Self::Codec::encode_response::<Self>(response)
    }

    /// Message → typed response (client).
    ///
    /// # Errors
    /// The peer's refusal, or `peer.*` if the answer breaks the protocol.
    fn decode_response(message: InResponse) -> Result<Self::Response, Error> {
        Self::Codec::decode_response::<Self>(message)
    }
}

/// How a protocol writes and reads the messages of all its operations, from their declarations.
pub trait Codec: Sized {
    /// Proof of the client's identity: a session's tokens, a certificate.
    type Credentials: Sync;
    /// Static data of each exchange, in addition to its route.
    type Terms: Sync + 'static;

    /// See [`Exchange::encode_request`].
    ///
    /// # Errors
    /// As there.
    fn encode_request<O: Exchange<Codec = Self>>(
        request: O::Request,
        with: &Self::Credentials,
    ) -> Result<OutRequest, Error>;

    /// See [`Exchange::decode_request`].
    ///
    /// # Errors
    /// As there.
    fn decode_request<O: Exchange<Codec = Self>>(message: InRequest<'_>) -> Result<O::Request, Error>;

    /// See [`Exchange::encode_response`].
    fn encode_response<O: Exchange<Codec = Self>>(response: O::Response) -> OutResponse;

    /// See [`Exchange::decode_response`].
    ///
    /// # Errors
    /// As there.
    fn decode_response<O: Exchange<Codec = Self>>(message: InResponse) -> Result<O::Response, Error>;
}

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// One HTTP exchange.
    Exchange,
    /// Only computes; no network.
    Local,
    /// Composed of other operations.
    Flow,
    /// An order to a running server, from whoever runs it; no client sends it.
    ServerOrder,
    /// A command of a service's operator; no client sends it.
    OperatorCommand,
}

impl OperationKind {
    /// The name in the catalogue.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Local => "local",
            Self::Flow => "flow",
            Self::ServerOrder => "server_order",
            Self::OperatorCommand => "operator_command",
        }
    }
}

/// The static description of an operation.
#[derive(Debug)]
pub struct Declaration {
    /// `ws_channel.list_files`.
    pub name: &'static str,
    /// `ws-channel`.
    pub protocol: &'static str,
    /// Its subject, `files`.
    pub subject: &'static str,
    /// The group of its command; if omitted, the subject.
    pub group: Option<&'static str>,
    /// The commands that run it, in addition to the one with its own name; and what that one needs besides.
    pub commands: &'static [Command],
    /// Exchange, local or flow.
    pub kind: OperationKind,
    /// One line.
    pub summary: &'static str,
    /// The full documentation: effects, caveats, source.
    pub doc: &'static str,
    /// Its specific errors, in addition to those common to operations of its kind.
    pub errors: &'static [&'static ErrorRow],
    /// The HTTP side, for an exchange.
    pub route: Option<Route>,
    /// How it reaches a server, for a server's order.
    pub hosted: Option<HostedForm>,
    /// How it is given, for a command of a service's operator.
    pub operator: Option<OperatorForm>,
    /// The questions that it may ask its caller while it runs.
    pub asks: &'static [Ask],
    /// Set if it answers one page of a result that may be too long for memory.
    pub pages: Option<Pages>,
    /// Set if a list in its request may be too long for memory.
    pub rows: Option<Rows>,
    /// Set if peers will remove it.
    pub deprecated: Option<Deprecated>,
    /// Whether a local operation may take long: files, new keys, keys in tokens. It has an awaitable form, too.
    pub takes_time: bool,
}

impl Declaration {
    /// A declaration without documentation, errors, route and questions, not deprecated, with one command: its own name
    /// in the group of its subject. The derive of [`Operation`] adds the documentation.
    #[must_use]
    pub const fn new(kind: OperationKind, protocol: &'static str, subject: &'static str, name: &'static str) -> Self {
        let (group, commands, route, asks, pages, rows, deprecated) = (None, &[], None, &[], None, None, None);
        Self {
            name,
            protocol,
            subject,
            group,
            commands,
            kind,
            summary: "",
            doc: "",
            errors: &[],
            route,
            hosted: None,
            operator: None,
            asks,
            pages,
            rows,
            deprecated,
            takes_time: false,
        }
    }

    /// The option of the interface whose object it may ask; `None` if it asks none.
    #[must_use]
    pub fn asks_object(&self) -> Option<&'static str> {
        self.asks.iter().find_map(|ask| match ask {
            Ask::Object { option } => Some(*option),
            Ask::Person | Ask::Signature { .. } => None,
        })
    }

    /// The group of its command.
    #[must_use]
    pub fn command_group(&self) -> &'static str {
        self.group.unwrap_or(self.subject)
    }
}

/// A question that an operation may ask its caller while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A code or a choice, which a person enters.
    Person,
    /// Typed questions to an object of the program: see [`Interface`](crate::question::Interface).
    Object {
        /// The option that holds the interface's object.
        option: &'static str,
    },
    /// A signature by an external key.
    Signature {
        /// The request's field that names the key; `None` for the client's own key.
        of: Option<&'static str>,
    },
}

/// An operation that answers one page: every language has an iterator over the items of all pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// The iterator's name, `statement_entries`.
    pub iterator: &'static str,
    /// The iterator's effect, in one line.
    pub summary: &'static str,
    /// The request's field with the start of a page; omitted for the first.
    pub cursor: &'static str,
    /// The response's field with the next page's cursor; omitted after the last.
    pub next: &'static str,
    /// The lists to iterate over: a list of the response; or such a list, and in each of its members a list of items.
    pub items: &'static [&'static str],
}

/// A list that an operation also accepts as content, one JSON object per line: every language accepts an iterator for
/// it and writes its items to a file as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// The request's field with the list.
    pub list: &'static str,
    /// The request's field for the format of the content, and its value for JSON lines.
    pub format: (&'static str, &'static str),
}

/// An operation that peers will remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecated {
    /// The time of its deprecation, in seconds since 1970.
    pub since_s: i64,
    /// The operation that replaces it.
    pub successor: &'static str,
}

/// A declaration with its shapes: the catalogue's entry of an operation.
#[derive(Debug, Clone, Copy)]
pub struct CatalogueEntry {
    /// The declaration.
    pub declaration: &'static Declaration,
    /// The request's shape.
    pub request: &'static Shape,
    /// The response's shape.
    pub response: &'static Shape,
}

impl CatalogueEntry {
    /// The entry of an operation.
    #[must_use]
    pub const fn for_operation<O: Operation>() -> Self {
        Self { declaration: &O::DECLARATION, request: O::Request::SHAPE, response: O::Response::SHAPE }
    }

    /// The name within its protocol: `list_files`.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.declaration.name.split_once('.').map_or(self.declaration.name, |(_, short)| short)
    }
}

/// Makes `CATALOGUE`, `TERMS` and `terms` from a protocol's list of operations. The type `Terms` of its codec must be
/// in scope.
#[macro_export]
macro_rules! operation_lists {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of this protocol.
        pub static CATALOGUE: &[$crate::operation::CatalogueEntry] =
            &[$($crate::operation::CatalogueEntry::for_operation::<$subject::$file::$name>()),+];

        /// The terms of each operation, at the same index as in [`CATALOGUE`]; `None` if it is not an exchange.
        pub static TERMS: &[Option<Terms>] = &[$($crate::operation_lists!(@terms $kind $subject::$file::$name)),+];

        /// The terms of the exchange with this name; `None` if there is no such exchange.
        #[must_use]
        pub fn terms(name: &str) -> Option<&'static Terms> {
            let at = CATALOGUE.iter().position(|entry| entry.declaration.name == name)?;
            TERMS[at].as_ref()
        }
    };
    (@terms exchange $op:path) => {{
        assert!(<$op as $crate::operation::Operation>::DECLARATION.route.is_some(), "an exchange needs its route");
        Some(<$op as $crate::operation::Exchange>::TERMS)
    }};
    (@terms local $op:path) => { None };
}
