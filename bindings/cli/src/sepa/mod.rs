//! `bankchannel sepa`: the banks' own SOAP channel. Its commands come from the catalogue; what some of them print is here.

mod profiles;
mod verification;

use crate::operations::CommandCode;

/// What its commands do of their own.
pub(crate) const CODES: &[CommandCode] = &[
    CommandCode::output("sepa", "verify", verification::verified),
    CommandCode::output("sepa", "profiles", profiles::listed),
];
