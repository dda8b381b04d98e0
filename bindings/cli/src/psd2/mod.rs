//! `bankchannel psd2`: requests of a third party to NextGenPSD2 banks: sent, or signed, verified and explained on this machine.
//!
//! ```text
//!   make_certificates   an authority and third parties for tests
//!   sign                request file ─► signed request
//!   verification        signed request ─► verdict and reasons
//!   computing           single parts: signing string, digest, key id, …; psu_hash
//! ```

mod computing;
mod make_certificates;
mod psu_hash;
mod request;
mod sign;
mod verification;

use bankchannel::nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings};

use crate::{exit::CommandOutcome, operations::Handwritten};

pub(crate) use computing::COMPUTING;

/// Their group, which also has a command for each operation at a bank.
const GROUP: &str = "psd2";

/// The commands, besides those that compute single parts.
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten {
        group: GROUP,
        name: "make-certificates",
        command: make_certificates::command,
        run: make_certificates::run,
    },
    Handwritten { group: GROUP, name: "sign", command: sign::command, run: sign::run },
    Handwritten { group: GROUP, name: "verify", command: verification::verify_command, run: verification::verify },
    Handwritten { group: GROUP, name: "explain", command: verification::explain_command, run: verification::explain },
    Handwritten { group: GROUP, name: "psu-hash", command: psu_hash::command, run: psu_hash::run },
];

/// A client without settings: every command passes all values itself.
fn client() -> CommandOutcome<NextGenPsd2> {
    Ok(NextGenPsd2::new(NextGenPsd2Settings::default())?)
}
