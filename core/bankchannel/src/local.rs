//! Operations that only compute: on the caller's own thread, without a client.

use std::io::Read;

use bankchannel_foundation::{
    Error, Result,
    clock::SystemClock,
    error::row,
    model::{Boundary, Content, IntoRequest, OpenContent, PieceSource, Profile, Reader, Representation, Shape, Value},
    open_regular,
    operation::{Local, LocalContext},
    shown,
};
use bytes::Bytes;

use crate::by_name::{CallDone, done};

/// Carries out a local operation from its request's boundary form.
pub(crate) fn carry_out<O: Local>(
    request: Value<'_>,
    attached: Option<Content>,
    profile: Option<&dyn Profile>,
) -> Result<CallDone<Value<'static>>> {
    compute::<O>(request, attached, profile).map_err(|error| error.in_operation(const { O::DECLARATION.name }))
}

/// Carries out a local operation for a typed method; the client completes the request and caches the parsed keys and
/// certificates.
pub(crate) fn run_request<O: Local>(
    request: impl IntoRequest<O::Request>,
    client: Option<&dyn Profile>,
) -> Result<O::Response> {
    request
        .into_request(|fields, content| read::<O>(fields, content, client))
        .and_then(|request| run::<O>(request, client))
        .map_err(|error| error.in_operation(const { O::DECLARATION.name }))
}

fn compute<O: Local>(
    request: Value<'_>,
    attached: Option<Content>,
    profile: Option<&dyn Profile>,
) -> Result<CallDone<Value<'static>>> {
    run::<O>(read::<O>(request, attached, profile)?, profile).map(done)
}

fn run<O: Local>(request: O::Request, profile: Option<&dyn Profile>) -> Result<O::Response> {
    let clock = SystemClock::default();
    O::run(request, LocalContext::new(&clock).of_client(profile).opening(&open))
}

/// Reads the request.
fn read<O: Local>(
    mut request: Value<'_>,
    attached: Option<Content>,
    profile: Option<&dyn Profile>,
) -> Result<O::Request> {
    let content = match attached {
        Some(content) => Some(content),
        None => named_content(O::Request::SHAPE, &mut request)?,
    };
    let mut reader = Reader::new(Representation::Boundary).with_content(content);
    if let Some(profile) = profile {
        reader = reader.with_profile(profile);
    }
    let request = O::Request::read(request, &mut reader)?;
    content_is_used(&reader)?;
    Ok(request)
}

/// Takes the content that the JSON itself contains or names.
fn named_content(shape: &'static Shape, request: &mut Value<'_>) -> Result<Option<Content>> {
    let Some(field) = shape.content_field() else { return Ok(None) };
    let named = request.as_object_mut().and_then(|fields| fields.remove(field.name)).filter(|value| !value.is_null());
    named.map(|value| Content::read(value, &mut Reader::new(Representation::Boundary))).transpose()
}

/// Opens content for one read from the beginning.
pub(crate) fn open(content: Content) -> Result<OpenContent> {
    match content {
        Content::Bytes(bytes) => Ok(OpenContent::Bytes(bytes)),
        Content::File { path, .. } => {
            let unreadable = |why: std::io::Error| {
                Error::because(&row::CONTENT_UNREADABLE, shown::unreadable_content(&path, &why)).with_source(why)
            };
            let (file, _) = open_regular(&path).map_err(unreadable)?;
            Ok(OpenContent::File(file))
        }
        Content::Pieces(pieces) => match pieces.take() {
            Some(source) => Ok(OpenContent::Other(Box::new(PieceReader { source, rest: Bytes::new() }))),
            None => {
                Err(Error::because(&row::CONTENT_UNREADABLE, "the content was read before and can be read only once"))
            }
        },
        Content::Delivered { .. } => {
            Err(Error::because(&row::CONTENT_UNREADABLE, "the content was already delivered to its destination"))
        }
    }
}

struct PieceReader {
    source: PieceSource,
    rest: Bytes,
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.rest.is_empty() {
            match (self.source)().map_err(|why| std::io::Error::other(why.to_string()))? {
                Some(piece) => self.rest = piece,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.rest.len());
        buffer[..count].copy_from_slice(&self.rest.split_to(count));
        Ok(count)
    }
}

/// Refuses content that the request has no field for. Compiled once, not for each request.
///
/// # Errors
/// `input.invalid_field` for `content`.
#[inline(never)]
pub(crate) fn content_is_used(reader: &Reader<'_>) -> Result<()> {
    if reader.has_content() {
        return Err(Error::invalid_field("content", "was given, but this operation takes none"));
    }
    Ok(())
}

/// Generates, from a module's list of operations that only compute, the table of functions by name and its typed functions.
macro_rules! module_of_local_operations {
    ($(local $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of the module's list, with its implementation.
        pub(crate) static OPERATIONS: &[$crate::protocol::CallableOperation] =
            &[$($crate::protocol::CallableOperation::local::<operations::$subject::$file::$name>()),+];

        // The types of the operations.
        $(
            #[allow(ambiguous_glob_reexports)]
            pub use operations::$subject::$file::*;
        )+

        $(
            #[doc = operations::$subject::$file::method_doc!()]
            #[doc = concat!("\n\nTakes the request of [`", stringify!($name), "`], its builder or its JSON.")]
            ///
            /// # Errors
            #[doc = concat!("Those of its own (`bankchannel catalogue --json`, or the reference under `", stringify!($file), "`); `input.*`, each naming its field.")]
            pub fn $file(
                request: impl $crate::model::IntoRequest<<operations::$subject::$file::$name as $crate::operation::Operation>::Request>,
            ) -> $crate::Result<<operations::$subject::$file::$name as $crate::operation::Operation>::Response> {
                $crate::local::run_request::<operations::$subject::$file::$name>(request, None)
            }
        )+
    };
}

#[cfg(feature = "iso20022")]
pub(crate) use module_of_local_operations;
