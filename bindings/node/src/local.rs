//! Local operations, run synchronously, by the numbers of a client and of an operation.
//!
//! They take less time than Node-API needs to find the object of a method, or to copy a name. So client and operation
//! are identified by numbers here.

use std::{
    path::PathBuf,
    sync::{PoisonError, RwLock},
};

use bankchannel_bridge::{self as bridge, Content, Error, operations, row};
use bytes::Bytes;
use napi::{Either, bindgen_prelude::Buffer};
use napi_derive::napi;

use crate::{
    events::Events,
    names::{request_of, response_in},
    text::Text,
    thrown,
};

/// Clients by their numbers, and the free numbers.
static CLIENTS: RwLock<(Vec<Option<bridge::BridgeClient>>, Vec<u32>)> = RwLock::new((Vec::new(), Vec::new()));

/// The number of an operation: its index in the catalogue.
#[napi(catch_unwind)]
pub(crate) fn operation(name: String) -> napi::Result<u32> {
    let place = operations::all().position(|entry| entry.declaration.name == name);
    place.and_then(|place| u32::try_from(place).ok()).ok_or_else(|| thrown(&bridge::unknown_operation(&name)))
}

/// Runs a local operation synchronously, with a client or without. Content is bytes or the path of a file; `camel` says
/// that request and response have their members in `camelCase`.
#[napi(catch_unwind)]
pub(crate) fn local(
    client: Option<u32>,
    operation: u32,
    request: Text,
    content: Option<Either<Buffer, String>>,
    camel: bool,
) -> napi::Result<Text> {
    let (client, Some(operation)) = (client.map(of_number), operations::find_by_number(operation as usize)) else {
        return Err(thrown(&Error::new(&row::UNKNOWN_OPERATION)));
    };
    // The buffer is read in place: JavaScript cannot change it meanwhile.
    let content = content.map(|content| match content {
        Either::A(buffer) => Content::Bytes(Bytes::from_owner(buffer)),
        Either::B(path) => Content::from(PathBuf::from(path).as_path()),
    });
    let entry = camel.then_some(&operation.entry);
    let answer = request_of(&request.0, entry).and_then(|request| match client {
        Some(None) => Err(Error::new(&row::CLOSED)),
        client => operations::run_local(client.flatten().as_ref(), operation, request, content),
    });
    let answer = answer.map(|response| response_in(response, entry));
    answer.map(|answer| Text(answer.to_json())).map_err(|error| thrown(&error))
}

/// The same on a thread that may block; the end is reported under this number. Content may be kept for many calls.
#[napi(catch_unwind)]
#[allow(clippy::too_many_arguments)] // one for each argument from JavaScript
pub(crate) fn compute(
    client: Option<u32>,
    events: &Events,
    id: u32,
    name: String,
    request: String,
    content: Option<Either<Buffer, String>>,
    kept: Option<&KeptContent>,
    request_id: Option<String>,
    camel: bool,
) -> napi::Result<()> {
    let client = client.map(of_number);
    let entry = camel.then(|| operations::find(&name)).flatten();
    let content = content.map(copied).or_else(|| kept.map(KeptContent::content));
    let promise = events.promise(id);
    let work = move || {
        let work = || match client {
            Some(Some(client)) => client.local(&name, request_of(&request, entry)?, content),
            Some(None) => Err(Error::new(&row::CLOSED)),
            None => bridge::local(&name, request_of(&request, entry)?, content),
        };
        bridge::with_request_id(request_id, work).map(|response| response_in(response, entry))
    };
    bridge::apart(work, |done| promise.settle(done)).map_err(|error| thrown(&error))
}

/// Content for another thread: the program may change a buffer while it is read there.
pub(crate) fn copied(content: Either<Buffer, String>) -> Content {
    match content {
        Either::A(buffer) => Content::Bytes(Bytes::copy_from_slice(&buffer)),
        Either::B(path) => Content::from(PathBuf::from(path)),
    }
}

/// A copy of a buffer for many calls.
#[napi]
pub struct KeptContent(RwLock<Bytes>);

#[napi]
impl KeptContent {
    /// Copies the buffer.
    #[napi(constructor, catch_unwind)]
    pub fn new(content: Buffer) -> Self {
        Self(RwLock::new(Bytes::copy_from_slice(&content)))
    }

    /// Frees the memory as soon as no call reads it: JavaScript's garbage collector does not see its size.
    #[napi(catch_unwind)]
    pub fn release(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Bytes::new();
    }
}

impl KeptContent {
    fn content(&self) -> Content {
        Content::Bytes(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// The client of a number, unless it was closed.
fn of_number(number: u32) -> Option<bridge::BridgeClient> {
    CLIENTS.read().unwrap_or_else(PoisonError::into_inner).0.get(number as usize).cloned().flatten()
}

/// Gives a client a number.
pub(crate) fn enter(client: bridge::BridgeClient) -> u32 {
    let (clients, free) = &mut *CLIENTS.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(number) = free.pop() {
        clients[number as usize] = Some(client);
        return number;
    }
    clients.push(Some(client));
    u32::try_from(clients.len() - 1).unwrap_or(u32::MAX)
}

/// Frees the number.
pub(crate) fn leave(number: u32) {
    let left = {
        let (clients, free) = &mut *CLIENTS.write().unwrap_or_else(PoisonError::into_inner);
        let left = clients.get_mut(number as usize).and_then(Option::take);
        if left.is_some() {
            free.push(number);
        }
        left
    };
    // Its connections are closed after the lock is released.
    drop(left);
}
