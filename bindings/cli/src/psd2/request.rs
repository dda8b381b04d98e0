//! A request as a file.

use bankchannel::nextgen_psd2::http::{MAX_BODY, MAX_HEAD, Request};
use clap::{Arg, ArgMatches, ValueHint};

use crate::{
    exit::{Failure, Outcome},
    options::read_bytes,
};

/// The largest file that can hold a request, in bytes.
const MAX: u64 = (MAX_HEAD + MAX_BODY) as u64;

/// The argument.
pub(super) fn argument(help: &'static str) -> Arg {
    Arg::new("file").value_name("FILE").required(true).value_hint(ValueHint::FilePath).help(help)
}

/// The file's bytes.
pub(super) fn bytes(matches: &ArgMatches) -> Outcome<Vec<u8>> {
    read_bytes("FILE", path(matches), MAX)
}

/// The request in it.
pub(super) fn read(matches: &ArgMatches) -> Outcome<Request> {
    Request::parse(&bytes(matches)?).map_err(|fault| {
        Failure::usage(format!(
            "{}: {fault}; a request file is `METHOD /path HTTP/1.1`, headers, an empty line, the body",
            path(matches)
        ))
    })
}

fn path(matches: &ArgMatches) -> &str {
    matches.get_one::<String>("file").map(String::as_str).unwrap_or_default()
}
