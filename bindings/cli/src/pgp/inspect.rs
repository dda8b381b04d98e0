//! `pgp inspect`: the content of a key file.

use std::time::SystemTime;

use bankchannel_openpgp::{inspect, limits::MAX_PRIVATE_KEY_BYTES, without_leading_text};
use clap::{ArgMatches, Command};
use serde_json::json;
use zeroize::Zeroizing;

use super::failure_in_file;
use crate::{
    exit::CommandOutcome,
    operations::Spec,
    options::{file_argument, format, read_text},
};

pub(super) fn arguments(command: Command) -> Command {
    command.arg(file_argument("file", "An armored public or private key; text before it is ignored; - for stdin"))
}

pub(super) fn run(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let path = matches.get_one::<String>("file").map(String::as_str).unwrap_or_default();
    let text = Zeroizing::new(read_text("FILE", path, MAX_PRIVATE_KEY_BYTES as u64)?);
    let info = inspect(without_leading_text(text.as_bytes()), SystemTime::now()).map_err(failure_in_file(path))?;
    let time = |time: SystemTime| jiff::Timestamp::try_from(time).ok().map(|time| time.to_string());
    format(matches).show(&json!({
        "fingerprint": info.fingerprint,
        "key_id": info.key_id,
        "pgp_key_id": info.short_id,
        "user_ids": info.user_ids,
        "algorithm": info.algorithm,
        "created": time(info.created),
        "expires": info.expires.and_then(time),
        "revoked": info.revoked,
        "can_sign": info.can_sign,
        "can_encrypt": info.can_encrypt,
        "private_key": info.secret,
        "locked": info.locked,
    }));
    Ok(())
}
