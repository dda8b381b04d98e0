//! `bankchannel salt-edge`: JWTs of Salt Edge verified and signed on this machine, and a connector's reports and
//! questions to the hub.
//!
//! ```text
//!   jwt         verify, sign
//!   work        continuous work, the bank behind a URL; pending callbacks
//! ```

mod jwt;
mod work;

use crate::operations::CommandCode;

/// Their group, which also has a command for each exchange with the hub and each flow over the connector's store.
const GROUP: &str = "salt-edge";

/// What its commands do of their own.
pub(crate) const CODES: &[CommandCode] = &[
    CommandCode::whole(GROUP, "verify", jwt::verify_arguments, jwt::verify),
    CommandCode::whole(GROUP, "sign", jwt::sign_arguments, jwt::sign),
    CommandCode::whole(GROUP, "outbox", work::outbox_arguments, work::outbox),
    CommandCode::whole(GROUP, "work", work::arguments, work::run),
];
