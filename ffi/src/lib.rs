//! The C ABI of bankchannel: a thin layer over `core/bridge`, and the only part with unsafe code.
//!
//! The contract is `docs/c-abi.md`; the header `include/bankchannel.h` is generated from these files.
//!
//! ```text
//!   library   versions, catalogue          call     begin, resume, one-shot, local
//!   client    a protocol's client          options  the options of a call
//!   server    an embedded counterpart      cancel   stops calls, from any thread
//!   error     errors with all details      bytes    memory that the library returns
//!   guard     every entry point goes through it: panics caught, errors handed over
//!   input     inputs: NULL, size and UTF-8 checked            log   log records of a call
//!   compute   operations that only compute, at the least cost
//!   command   the command line, in the calling process
//!   platform  paths, as each operating system has them
//! ```

#[path = "../../bindings/at_exit.rs"]
mod at_exit;
mod bytes;
mod call;
mod cancel;
mod client;
mod command;
mod compute;
mod error;
mod guard;
mod input;
mod library;
mod log;
mod options;
mod platform;
mod server;
mod status;

pub use bytes::{BankchannelBytes, BankchannelOwner, bankchannel_bytes_free};
pub use call::{
    BankchannelCall, bankchannel_call, bankchannel_call_begin, bankchannel_call_free, bankchannel_call_resume,
    bankchannel_local,
};
pub use cancel::{BankchannelCancel, bankchannel_cancel_free, bankchannel_cancel_new, bankchannel_cancel_now};
pub use client::{BankchannelClient, bankchannel_client_free, bankchannel_client_new};
pub use command::bankchannel_command;
pub use compute::{BankchannelAnswer, bankchannel_compute};
pub use error::{
    BankchannelError, bankchannel_error_category, bankchannel_error_code, bankchannel_error_free,
    bankchannel_error_json, bankchannel_error_message,
};
pub use library::{BANKCHANNEL_ABI_VERSION, bankchannel_abi_version, bankchannel_catalogue, bankchannel_version};
pub use log::bankchannel_call_log;
pub use options::{BankchannelCallOptions, bankchannel_call_options_init};
pub use server::{
    BankchannelServer, bankchannel_server_control, bankchannel_server_free, bankchannel_server_info,
    bankchannel_server_start, bankchannel_server_stop,
};
pub use status::{BankchannelCategory, BankchannelContent, BankchannelReply, BankchannelStatus};
