//! `bankchannel salt-edge`: JWTs of Salt Edge verified and signed on this machine, and a connector's reports and
//! questions to the hub.
//!
//! ```text
//!   jwt         verify, sign
//!   work        continuous work, the bank behind a URL; pending callbacks
//! ```

mod jwt;
mod work;

use crate::operations::Handwritten;

/// Their group, which also has a command for each exchange with the hub and each flow over the connector's store.
const GROUP: &str = "salt-edge";

/// The commands.
pub(crate) const COMMANDS: &[Handwritten] = &[
    Handwritten { group: GROUP, name: "verify", command: jwt::verify_command, run: jwt::verify },
    Handwritten { group: GROUP, name: "sign", command: jwt::sign_command, run: jwt::sign },
    Handwritten { group: GROUP, name: "outbox", command: work::outbox_command, run: work::outbox },
    Handwritten { group: GROUP, name: "work", command: work::command, run: work::run },
];
