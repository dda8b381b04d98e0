//! The declaration of an operation: declared once, reached everywhere.

use std::{any::Any, io::Read as _, sync::Arc};

use bytes::Bytes;

use crate::{
    ClientCache, Content, Error,
    clock::Clock,
    error::{Row, row},
    message::{InRequest, InResponse, Method, OutRequest, OutResponse},
    model::{Boundary, OpenContent, Shape},
};

/// One operation of one protocol: its types and everything that is known about it beforehand.
pub trait Operation: Send + Sync + 'static {
    /// What a caller gives.
    type Request: Boundary;
    /// What a caller gets.
    type Response: Boundary;
    /// Name, documentation, errors, and where it has one, its HTTP route.
    const DECLARATION: Declaration;
}

/// An operation that is one HTTP exchange: four functions connect its boundary form with its wire form.
///
/// They are those of the protocol's codec, unless an operation writes its own in their place.
pub trait Exchange: Operation + Sized {
    /// How the protocol writes and reads messages.
    type Codec: Codec;
    /// What the protocol says of this exchange beyond its route: who may call it, say.
    const TERMS: <Self::Codec as Codec>::Terms;

    /// Typed request → message (client).
    ///
    /// # Errors
    /// When credentials are missing or the request cannot be written.
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
    /// The peer's refusal, or `peer.*` when the answer breaks the protocol.
    fn decode_response(message: InResponse) -> Result<Self::Response, Error> {
        Self::Codec::decode_response::<Self>(message)
    }
}

/// An operation that computes only: synchronous in every language, no network.
pub trait Local: Operation {
    /// Carries it out.
    ///
    /// # Errors
    /// Those of the declaration, and `input.*`.
    fn run(request: Self::Request, with: LocalContext<'_>) -> Result<Self::Response, Error>;
}

/// What a local operation is given besides its request.
#[non_exhaustive]
pub struct LocalContext<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Where the client keeps what it has read; without a client nothing is kept.
    pub cache: Option<&'a ClientCache>,
    /// Opens content that is not in memory, such as a file.
    pub open: OpenFunction<'a>,
}

/// Opens content for reading it once.
pub type OpenFunction<'a> = &'a dyn Fn(Content) -> Result<OpenContent, Error>;

impl std::fmt::Debug for LocalContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalContext").finish_non_exhaustive()
    }
}

impl<'a> LocalContext<'a> {
    /// At this time; without a cache, and opening no files.
    #[must_use]
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, cache: None, open: &only_in_memory }
    }

    /// With a client's cache.
    #[must_use]
    pub fn with_cache(mut self, cache: impl Into<Option<&'a ClientCache>>) -> Self {
        self.cache = cache.into();
        self
    }

    /// With what opens content that the request names.
    #[must_use]
    pub fn opening(mut self, open: OpenFunction<'a>) -> Self {
        self.open = open;
        self
    }

    /// What the client keeps of what has this SHA-256, or what is made now: see [`ClientCache::get_or_make`].
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or_make<T, E>(&self, of: [u8; 32], make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        match self.cache {
            Some(kept) => kept.get_or_make(of, make),
            None => make().map(Arc::new),
        }
    }

    /// The time, as the standard library has it.
    #[must_use]
    pub fn now(&self) -> std::time::SystemTime {
        let ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms)
    }

    /// The content of a request, to be read once.
    ///
    /// # Errors
    /// `input.content_unreadable` for content that cannot be opened.
    pub fn open_content(&self, given: Content) -> Result<OpenContent, Error> {
        match given {
            Content::Bytes(bytes) => Ok(OpenContent::Bytes(bytes)),
            named => (self.open)(named),
        }
    }

    /// The same, whole: what is in memory is not copied. Of longer content, one byte more than `max` is read, and no more.
    ///
    /// # Errors
    /// `input.content_unreadable`.
    pub fn whole_content(&self, given: Content, max: usize) -> Result<Bytes, Error> {
        if let Content::Bytes(bytes) = given {
            return Ok(bytes);
        }
        let mut bytes = Vec::new();
        let read = self.open_content(given)?.take(max as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|why| {
            Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")).with_source(why)
        })?;
        Ok(bytes.into())
    }
}

fn only_in_memory(_: Content) -> Result<OpenContent, Error> {
    Err(Error::because(&row::CONTENT_UNREADABLE, "the content was not opened before the call"))
}

/// How a protocol writes and reads messages, for any of its operations, from their declarations.
pub trait Codec: Sized {
    /// What proves who is asking: a session's tokens, a certificate.
    type Credentials: Sync;
    /// What is said of each exchange beyond its route.
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

/// What an operation is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    /// One HTTP exchange.
    Exchange,
    /// Computes only; no network.
    Local,
    /// Composed of other operations.
    Flow,
}

impl OperationKind {
    /// The name in the catalogue.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exchange => "exchange",
            Self::Local => "local",
            Self::Flow => "flow",
        }
    }
}

/// Everything that is known about an operation beforehand.
#[derive(Debug)]
pub struct Declaration {
    /// `ws_channel.list_files`.
    pub name: &'static str,
    /// `ws-channel`.
    pub protocol: &'static str,
    /// What it is about, `files`.
    pub subject: &'static str,
    /// The group of its command; the subject when left out.
    pub group: Option<&'static str>,
    /// The commands that run it, besides the one of its own name.
    pub commands: &'static [Command],
    /// Exchange, local or flow.
    pub kind: OperationKind,
    /// One line.
    pub summary: &'static str,
    /// The whole story: effects, what to beware of, source.
    pub doc: &'static str,
    /// Errors of its own, besides those any operation of its kind may give.
    pub errors: &'static [&'static Row],
    /// The HTTP side, for an exchange.
    pub route: Option<Route>,
    /// What it may ask its caller in its middle.
    pub asks: &'static [Ask],
    /// Where it answers one page of what may be too long for memory.
    pub pages: Option<Pages>,
    /// Where a list that it is given may be too long for memory.
    pub rows: Option<Rows>,
    /// Where its peers will remove it.
    pub deprecated: Option<Deprecated>,
}

impl Declaration {
    /// A declaration without a route, which asks nobody and stays, with the command of its own name in its subject's group. The
    /// errors are its own, besides those any operation of its kind may give.
    #[must_use]
    pub const fn new(
        kind: OperationKind,
        protocol: &'static str,
        subject: &'static str,
        name: &'static str,
        summary: &'static str,
        doc: &'static str,
        errors: &'static [&'static Row],
    ) -> Self {
        let (group, commands, route, asks, pages, rows, deprecated) = (None, &[], None, &[], None, None, None);
        Self {
            name,
            protocol,
            subject,
            group,
            commands,
            kind,
            summary,
            doc,
            errors,
            route,
            asks,
            pages,
            rows,
            deprecated,
        }
    }

    /// The object of the program's own that it may ask, by its interface's option.
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

/// A command, in the group of an operation that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// `login`.
    pub name: &'static str,
    /// The fields that make it run this operation when all are given; empty for the operation that it runs else. Of several
    /// operations the last one in the catalogue counts.
    pub given: &'static [&'static str],
}

impl Command {
    /// The command runs the operation unless the fields of another one are given.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name, given: &[] }
    }
}

/// What an operation may ask its caller in its middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// A code or a choice, which a person knows.
    Person,
    /// An object of the program's own, by its typed questions: see [`Interface`](crate::question::Interface).
    Object {
        /// The interface's option.
        option: &'static str,
    },
    /// A signature by a key that is elsewhere.
    Signature {
        /// The field of the request that names the key; `None` where it is the client's own.
        of: Option<&'static str>,
    },
}

/// An operation that answers one page: every language has an iterator over what stands on all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pages {
    /// The iterator's name, `statement_entries`.
    pub iterator: &'static str,
    /// What the iterator does, in one line.
    pub summary: &'static str,
    /// The request's field that says where a page begins; left out for the first.
    pub cursor: &'static str,
    /// The response's field with the next page's cursor; left out after the last.
    pub next: &'static str,
    /// The lists that are gone through: a list of the response, and in each of its members a list of items.
    pub items: [&'static str; 2],
}

/// A list that an operation takes as content too, one JSON object a line: every language takes an iterator for it, whose items are
/// written to a file as they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// The request's field with the list.
    pub list: &'static str,
    /// The request's field that says how content is written, and its value for JSON lines.
    pub format: (&'static str, &'static str),
}

/// An operation that its peers will remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprecated {
    /// Since when it is said so, in seconds since 1970.
    pub since_s: i64,
    /// The operation that does the same and stays.
    pub successor: &'static str,
}

/// The HTTP side of an exchange; the server's router and checks come from it.
#[derive(Debug)]
pub struct Route {
    /// The operation's name on the wire and in the protocol's own documents.
    pub wire_name: &'static str,
    /// The method.
    pub method: Method,
    /// The path below the base path; `{Name}` is a parameter.
    pub path: &'static str,
    /// Where what is neither in the path nor in the headers travels.
    pub parameters: Parameters,
    /// The status on success.
    pub success: u16,
    /// Every other status that the server may answer.
    pub failures: &'static [u16],
    /// Whether it may be sent again by itself.
    pub repeat: Repeat,
    /// Whether the server writes it into the audit trail.
    pub audited: bool,
    /// How long a client waits for the answer when it was not told, in seconds.
    pub timeout_s: u32,
    /// The member of the request that is streamed as content.
    pub request_content: Option<&'static str>,
    /// The member of the response that is streamed as content.
    pub response_content: Option<&'static str>,
}

/// Where an exchange's parameters travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameters {
    /// In the query.
    Query,
    /// In a JSON body.
    Body,
    /// In a JSON body; a server also takes them from the query.
    BodyOrQuery,
}

/// Whether an exchange may be sent again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// Safe: again after a network error, 408, 425, 429, 500, 502, 503 or 504.
    Safe,
    /// Has effects: again only after a 429, which says that nothing was done.
    AfterRateLimit,
    /// Never.
    Never,
}

/// A declaration with its shapes: what the catalogue holds of every operation.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The declaration.
    pub declaration: &'static Declaration,
    /// The request's shape.
    pub request: &'static Shape,
    /// The response's shape.
    pub response: &'static Shape,
}

impl Entry {
    /// The entry of an operation.
    #[must_use]
    pub const fn of<O: Operation>() -> Self {
        Self { declaration: &O::DECLARATION, request: O::Request::SHAPE, response: O::Response::SHAPE }
    }

    /// The name within its protocol: `list_files`.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.declaration.name.split_once('.').map_or(self.declaration.name, |(_, short)| short)
    }
}

/// From a protocol's list of operations: `CATALOGUE`, `TERMS` and `terms`. The type `Terms` of its codec is in scope.
#[macro_export]
macro_rules! operation_lists {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of this protocol.
        pub static CATALOGUE: &[$crate::operation::Entry] =
            &[$($crate::operation::Entry::of::<$subject::$file::$name>()),+];

        /// The terms of each, at its place in [`CATALOGUE`]; `None` of what is no exchange.
        pub static TERMS: &[Option<Terms>] = &[$($crate::operation_lists!(@terms $kind $subject::$file::$name)),+];

        /// The terms of the exchange of this name; `None` where there is no such exchange.
        #[must_use]
        pub fn terms(name: &str) -> Option<&'static Terms> {
            let at = CATALOGUE.iter().position(|entry| entry.declaration.name == name)?;
            TERMS[at].as_ref()
        }
    };
    (@terms exchange $op:path) => { Some(<$op as $crate::operation::Exchange>::TERMS) };
    (@terms local $op:path) => { None };
}
