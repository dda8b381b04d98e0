//! A request as a file.

use bankchannel::{
    message::{MAX_BODY, MAX_HEAD, MalformedRequest, Request},
    nextgen_psd2::http::check_of,
};
use clap::ArgMatches;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{fields::argument_of, read_bytes},
    output,
};

/// The largest file that can hold a request, in bytes.
const MAX: u64 = (MAX_HEAD + MAX_BODY) as u64;

fn bytes(matches: &ArgMatches) -> CommandOutcome<Vec<u8>> {
    read_bytes("FILE", path(matches), MAX)
}

/// The request in the file; or the reason why a bank could not read it, which is a verdict when verifying. A fault of
/// the file alone is not a verdict.
pub(super) fn checked(matches: &ArgMatches) -> CommandOutcome<Result<Request, MalformedRequest>> {
    let (request, missing) = match Request::parse_dump(&bytes(matches)?) {
        Ok(read) => read,
        Err(fault) if check_of(&fault).is_none() => return Err(no_request(matches, &fault)),
        Err(fault) => return Ok(Err(fault)),
    };
    if missing > 0 {
        let bytes = if missing == 1 { "1 byte" } else { "2 bytes" };
        output::print_note(&format!(
            "warning: the body has {bytes} less than Content-Length says: its last line end may have been lost when it was pasted; \
             Digest then covers the body with that line end"
        ));
    }
    Ok(Ok(request))
}

/// The complete request in the file, and the file's bytes.
pub(super) fn read(matches: &ArgMatches) -> CommandOutcome<(Request, Vec<u8>)> {
    let bytes = bytes(matches)?;
    let request = Request::parse(&bytes).map_err(|fault| no_request(matches, &fault))?;
    Ok((request, bytes))
}

fn no_request(matches: &ArgMatches, fault: &MalformedRequest) -> CommandFailure {
    CommandFailure::usage(format!(
        "{}: {fault}; a request file is `METHOD /path HTTP/1.1`, headers, an empty line, the body",
        path(matches)
    ))
}

fn path(matches: &ArgMatches) -> &str {
    argument_of(matches).unwrap_or_default()
}
