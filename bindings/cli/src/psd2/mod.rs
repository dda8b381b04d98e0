//! `bankchannel psd2`: requests of a third party to NextGenPSD2 banks: sent, or signed, verified and explained on this machine.
//!
//! ```text
//!   make_certificates   an authority and third parties for tests
//!   sign                request file ─► signed request
//!   verification        signed request ─► verdict and reasons
//!   psu_hash, certificate   an identifier's hash; a certificate shown
//! ```

mod certificate;
mod client_options;

mod make_certificates;
mod psu_hash;
mod request;
mod sign;
mod verification;

use bankchannel::nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings};

use crate::{
    exit::CommandOutcome,
    operations::{CommandCode, no_arguments},
};

pub(crate) use client_options::CLIENT;

/// Their group, which also has a command for each operation at a bank.
const GROUP: &str = "psd2";

/// What its commands do of their own.
pub(crate) const CODES: &[CommandCode] = &[
    CommandCode::whole(GROUP, "make-certificates", make_certificates::arguments, make_certificates::run),
    CommandCode::whole(GROUP, "sign", sign::arguments, sign::run),
    CommandCode::whole(GROUP, "verify", no_arguments, verification::verify),
    CommandCode::whole(GROUP, "explain", no_arguments, verification::explain),
    CommandCode::whole(GROUP, "psu-hash", psu_hash::arguments, psu_hash::run),
    CommandCode::output(GROUP, "key-id", certificate::key_ids),
    CommandCode::output(GROUP, "inspect", certificate::inspected),
];

/// A client without settings: every command passes all values itself.
fn client() -> CommandOutcome<NextGenPsd2> {
    Ok(NextGenPsd2::new(NextGenPsd2Settings::default())?)
}
