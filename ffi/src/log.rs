//! Log records of a call, taken by the caller's own thread.

use bankchannel_bridge::LogRecord;
use serde_json::{Value, json};

use crate::{
    BankchannelBytes, BankchannelCall, BankchannelError, BankchannelStatus,
    guard::guard,
    input::{handle, place},
};

/// Takes the call's log records since the last call of this function, oldest first, as a JSON array `[{"level":
/// "debug", "text": …, "fields": {…}}]`. `debug` is an exchange, without its secrets and contents; `info` a step of a flow; `warning`
/// something to check. Records are kept if the options have `log = 1`, at most 1000 of them (the oldest are dropped):
/// `fields` has the facts in
/// the text: `http_method`, `http_status`, `duration_ms`, `code`, `outcome`, `peer_code`, `request_id` (the peer's),
/// `x_request_id` (the caller's), `question`, `attempt`, `attempts`, `delay_ms`, each where it applies. Take records after every resume, and after the end. Otherwise, and in the child of a fork, the array is empty.
///
/// # Safety
/// `call` is NULL or a call that was not freed; `json` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn bankchannel_call_log(
    call: *mut BankchannelCall,
    json: *mut BankchannelBytes,
    error: *mut *mut BankchannelError,
) -> BankchannelStatus {
    let body = || {
        place("json", json)?;
        // SAFETY: as the caller promises.
        let call = unsafe { handle("call", call) }?;
        let records = if call.is_here() { call.state()?.call.drain_log() } else { Vec::new() };
        let text = records.iter().map(record).collect::<Value>().to_string();
        // SAFETY: not NULL, and the caller promises that it may be written.
        unsafe { json.write(BankchannelBytes::new(text)) };
        Ok(BankchannelStatus::Ok)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, body) }
}

fn record(record: &LogRecord) -> Value {
    json!({"level": record.level.as_str(), "text": record.line.text, "fields": record.fields_json()})
}
