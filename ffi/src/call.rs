//! Calls: in one step, or resumed at each of their events.

use std::{
    ffi::c_char,
    sync::{Mutex, MutexGuard, TryLockError},
};

use ::bytes::Bytes;
use bankchannel_bridge::{
    BridgeCall, BridgeClient, CallEvent, CallParameters, CallReply, Content, ContentTransfer, Error, Secret, Value,
    local, operations, parse_json, row, with_request_id,
};

use crate::{
    BankchannelBytes, BankchannelCallOptions, BankchannelClient, BankchannelError, BankchannelReply, BankchannelStatus,
    guard::{EntryFailure, exchanging, guard, misuse, quietly},
    input::{buffer, handle, place, text},
    options,
};

/// A running call. One thread at a time may use it, not always the same.
pub struct BankchannelCall {
    state: Mutex<State>,
    process: u32,
}

pub(crate) struct State {
    pub(crate) call: BridgeCall,
    last: BankchannelStatus,
    gives_content: bool,
}

impl BankchannelCall {
    /// Whether this process started it. In the child of a fork it may be locked for ever, by a thread that the child
    /// does not have.
    pub(crate) fn is_here(&self) -> bool {
        self.process == std::process::id()
    }

    /// Locks the call for the calling thread, without waiting for another one.
    pub(crate) fn state(&self) -> Result<MutexGuard<'_, State>, EntryFailure> {
        if !self.is_here() {
            return Err(Error::because(&row::FORKED, "this call was begun by the parent process").into());
        }
        match self.state.try_lock() {
            Ok(state) => Ok(state),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => Err(misuse("call", "is in use by another thread")),
        }
    }
}

/// Runs an operation by its name (`ws_channel.list_files`) in one step: request and response are JSON. The response's
/// content, if received in memory, goes to `content`; otherwise that becomes all zero. `content` may be NULL if the
/// operation's response has no content, or if it goes to a file. A call that asks a question fails, and one whose
/// options request log records or progress is refused: use `bankchannel_call_begin` instead.
///
/// # Safety
/// Handles were not freed; buffers have as many bytes as their sizes say; `options` is NULL or as its documentation
/// requires; `json`, `content` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_call(
    client: *const BankchannelClient,
    name: *const c_char,
    name_size: usize,
    request: *const c_char,
    request_size: usize,
    options: *const BankchannelCallOptions,
    json: *mut BankchannelBytes,
    content: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        // SAFETY: as the caller promises.
        let parameters = unsafe { in_one_go(options) }?;
        if parameters.log {
            return Err(misuse("log", "needs a call that is resumed: use bankchannel_call_begin"));
        }
        if parameters.progress || parameters.hooks {
            let option = if parameters.progress { "progress" } else { "hooks" };
            return Err(misuse(option, "needs a call that is resumed: use bankchannel_call_begin"));
        }
        // SAFETY: as the caller promises.
        let (client, name, request) = unsafe { what(client, name, name_size, request, request_size) }?;
        if gives_content(name, &parameters.destination) {
            place("content", content)?;
        }
        let request = request?;
        if operations::is_local(name) {
            let work = || client.local(name, request, given(parameters.content));
            let value = with_request_id(parameters.request_id, work)?;
            let value = if parameters.with_response { bankchannel_bridge::with_exchanges(value, &[]) } else { value };
            // SAFETY: the caller promises that both may be written, if not NULL.
            return unsafe { hand_over(CallEvent::Response { value, content: None }, json, content) };
        }
        exchanging(|| {
            let mut call = BridgeCall::begin(client, name, request, parameters);
            let mut event = call.resume(CallReply::Go)?;
            while let CallEvent::Ask(question) = event {
                event = call.resume(CallReply::Fail(question.unanswered()))?;
            }
            let event = call.with_exchanges(event);
            // SAFETY: the caller promises that both may be written, if not NULL.
            unsafe { hand_over(event, json, content) }
        })
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Runs an operation that only computes, without a client: no network, no other thread, no time limit and no log,
/// whatever the options say about these. It returns no content: `content` may be NULL.
///
/// # Safety
/// As `bankchannel_call`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_local(
    name: *const c_char,
    name_size: usize,
    request: *const c_char,
    request_size: usize,
    options: *const BankchannelCallOptions,
    json: *mut BankchannelBytes,
    content: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        // SAFETY: as the caller promises.
        let parameters = unsafe { in_one_go(options) }?;
        // SAFETY: as the caller promises.
        let (name, request) = unsafe { (text("name", name, name_size)?, text("request", request, request_size)?) };
        let work = || local(name, parse_json(request)?, given(parameters.content));
        let value = with_request_id(parameters.request_id, work)?;
        // SAFETY: the caller promises that both may be written, if not NULL.
        unsafe { hand_over(CallEvent::Response { value, content: None }, json, content) }
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Starts a call that `bankchannel_call_resume` continues. Only invalid arguments fail here: the first resume reports
/// problems of the request itself.
///
/// # Safety
/// As `bankchannel_call`; `call` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_call_begin(
    client: *const BankchannelClient,
    name: *const c_char,
    name_size: usize,
    request: *const c_char,
    request_size: usize,
    options: *const BankchannelCallOptions,
    call: *mut *mut BankchannelCall,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("call", call)?;
        // SAFETY: as the caller promises.
        let parameters = unsafe { options::read(options) }?;
        // SAFETY: as the caller promises.
        let (client, name, request) = unsafe { what(client, name, name_size, request, request_size) }?;
        let gives_content = gives_content(name, &parameters.destination);
        let begun = match request {
            Ok(request) => BridgeCall::begin(client, name, request, parameters),
            Err(error) => BridgeCall::failed(error),
        };
        let state = State { call: begun, last: BankchannelStatus::Ok, gives_content };
        let made = Box::into_raw(Box::new(BankchannelCall { state: Mutex::new(state), process: std::process::id() }));
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { call.write(made) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Continues with a reply (one of `BankchannelReply`; the first is `BANKCHANNEL_REPLY_GO`) and waits for the next
/// event.
///
/// `OK`: the response is in `json`, its content, if received in memory, in `content`; the call has ended.
/// `ASK`: the question is in `json`. `WANT_PIECE`: nothing is in either. `PIECE`: it is in `content`.
/// `PROGRESS`: the progress of the call is in `json`.
/// `ERROR`: the call has ended. `MISUSE`: nothing happened.
/// An unused output becomes all zero, except after `ERROR` and `MISUSE`, which write nothing. `content` may be NULL
/// if it may be NULL for `bankchannel_call`.
///
/// # Safety
/// `call` is NULL or a call that was not freed; `data` has `data_size` bytes; `json`, `content` and `error` are NULL
/// or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_call_resume(
    call: *mut BankchannelCall,
    reply: u32,
    data: *const c_char,
    data_size: usize,
    json: *mut BankchannelBytes,
    content: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        // SAFETY: as the caller promises.
        let mut state = unsafe { handle("call", call) }?.state()?;
        if state.gives_content {
            place("content", content)?;
        }
        // SAFETY: as the caller promises.
        let reply = unsafe { read_reply(state.last, reply, data, data_size) }?;
        let resumed = exchanging(|| state.call.resume(reply).map_err(EntryFailure::from));
        let event = resumed.map_err(|failure| match failure {
            // Only a reply that does not match is misuse; other errors, such as a fork, end the call.
            EntryFailure::Failed(error) if error.code() == row::INVALID_FIELD.code => EntryFailure::Misuse(error),
            other => other,
        })?;
        let event = state.call.with_exchanges(event);
        let handed = exchanging(|| {
            // SAFETY: the caller promises that both may be written, if not NULL.
            unsafe { hand_over(event, json, content) }
        });
        state.last = *handed.as_ref().unwrap_or(&BankchannelStatus::Error);
        handed
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

/// Frees a call; if it still runs, it is cancelled. NULL is allowed.
///
/// # Safety
/// `call` is NULL or a call that was not freed and that no other thread uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_call_free(call: *mut BankchannelCall) {
    quietly(|| {
        if !call.is_null() {
            // SAFETY: calls are made with `Box::into_raw`, and the caller frees each once.
            drop(unsafe { Box::from_raw(call) });
        }
    });
}

/// Reads client, operation and request. A request that cannot be parsed is not misuse.
///
/// # Safety
/// As `bankchannel_call`.
unsafe fn what<'a>(
    client: *const BankchannelClient,
    name: *const c_char,
    name_size: usize,
    request: *const c_char,
    request_size: usize,
) -> Result<(&'a BridgeClient, &'a str, Result<Value<'a>, Error>), EntryFailure> {
    // SAFETY: as the caller promises.
    unsafe {
        let client = handle("client", client)?;
        let name = text("name", name, name_size)?;
        let request = text("request", request, request_size)?;
        Ok((&client.client, name, parse_json(request)))
    }
}

/// Whether content may be returned to the caller, so that an output for it is required.
fn gives_content(name: &str, destination: &ContentTransfer) -> bool {
    let is_file = matches!(destination, ContentTransfer::Path(_) | ContentTransfer::Replace(_));
    !is_file && operations::gives_content(name)
}

/// Content of an operation that only computes.
fn given(content: ContentTransfer) -> Option<Content> {
    match content {
        ContentTransfer::Bytes(bytes) => Some(Content::Bytes(bytes)),
        ContentTransfer::Path(path) => Some(Content::from(path.as_path())),
        ContentTransfer::Default | ContentTransfer::Replace(_) | ContentTransfer::Pieces => None,
    }
}

/// Options of a call that cannot be resumed.
///
/// # Safety
/// As [`options::read`].
unsafe fn in_one_go(options: *const BankchannelCallOptions) -> Result<CallParameters, EntryFailure> {
    // SAFETY: as the caller promises.
    let parameters = unsafe { options::read(options) }?;
    for (argument, transfer) in [("content_kind", &parameters.content), ("destination_kind", &parameters.destination)] {
        if matches!(transfer, ContentTransfer::Pieces) {
            return Err(misuse(argument, "PIECES needs a call that is resumed: use bankchannel_call_begin"));
        }
    }
    Ok(parameters)
}

/// # Safety
/// `data` has `size` bytes.
unsafe fn read_reply(
    last: BankchannelStatus,
    reply: u32,
    data: *const c_char,
    size: usize,
) -> Result<CallReply, EntryFailure> {
    Ok(match BankchannelReply::from_number(reply) {
        Some(BankchannelReply::Go) => CallReply::Go,
        Some(BankchannelReply::End) => CallReply::End,
        // SAFETY: as the caller promises.
        Some(BankchannelReply::Answer) => CallReply::Answer(Secret::new(unsafe { text("data", data, size) }?)),
        Some(BankchannelReply::Piece) => {
            // SAFETY: as the caller promises.
            let piece = unsafe { buffer("data", data, size) }?;
            if piece.is_empty() {
                return Err(misuse("data", "a piece has at least one byte; END says that there is no more"));
            }
            CallReply::Piece(Bytes::copy_from_slice(piece))
        }
        Some(BankchannelReply::Fail) => {
            // SAFETY: as the caller promises.
            let why = unsafe { text("data", data, size) }?;
            let row = if last == BankchannelStatus::WantPiece { &row::CONTENT_UNREADABLE } else { &row::CANCELLED };
            CallReply::Fail(if why.is_empty() { Error::new(row) } else { Error::because(row, why) })
        }
        None => return Err(misuse("reply", "is not a value of BankchannelReply")),
    })
}

/// # Safety
/// `json` may be written; `content` is NULL if there is none, or may be written.
unsafe fn hand_over(
    event: CallEvent,
    json: *mut BankchannelBytes,
    content: *mut BankchannelBytes,
) -> Result<BankchannelStatus, EntryFailure> {
    let (status, text, bytes) = match event {
        CallEvent::Response { value, content } => (BankchannelStatus::Ok, Some(value.to_json()), content),
        CallEvent::Ask(question) => (BankchannelStatus::Ask, Some(bankchannel_bridge::question_json(&question)), None),
        CallEvent::WantPiece => (BankchannelStatus::WantPiece, None, None),
        CallEvent::Piece(piece) => (BankchannelStatus::Piece, None, Some(piece)),
        CallEvent::Progress(progress) => {
            (BankchannelStatus::Progress, Some(bankchannel_bridge::progress_json(&progress)), None)
        }
        CallEvent::Exchange(stage) => {
            let json = bankchannel_bridge::exchange_json(&stage).to_string();
            (BankchannelStatus::Exchange, Some(json), None)
        }
        CallEvent::Failed(error) => return Err(error.into()),
    };
    // SAFETY: as the caller promises.
    unsafe {
        json.write(text.map_or(BankchannelBytes::NOTHING, BankchannelBytes::new));
        if !content.is_null() {
            content.write(bytes.map_or(BankchannelBytes::NOTHING, BankchannelBytes::new));
        }
    }
    Ok(status)
}
