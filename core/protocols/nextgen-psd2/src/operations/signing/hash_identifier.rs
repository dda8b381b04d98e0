//! The hash of a personal identifier (§1.2).

use bankchannel_crypto::digest::sha256;
use bankchannel_foundation::prelude::*;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::declare;

/// The number of digits of a Norwegian national identity number.
const DIGITS: usize = 11;

/// The personal identifier to hash.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct HashIdentifierRequest {
    /// The national identity number: 11 digits.
    pub personal_identifier: Secret,
}

/// The hash to send.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct HashIdentifierResponse {
    /// `PSUPersonalIdentifier`: base64 of the SHA-256 of the digits. Trying all numbers reverses it, so it is personal
    /// data.
    pub psu_personal_identifier: Secret,
}

/// Hash a personal identifier for the verification of a user.
///
/// The hash is not salted: treat it as the number itself.
#[derive(Debug, Operation)]
#[operation(HashIdentifierRequest => HashIdentifierResponse)]
#[declaration(commands: COMMANDS, ..declare::local("nextgen_psd2.hash_identifier"))]
pub struct HashIdentifier;

const EXAMPLES: &str = "Examples:\n  bankchannel psd2 psu-hash                    the command asks for it\n  bankchannel psd2 psu-hash < identifier.txt\n\nThe identifier is never an argument: an argument is visible to other users and stays in the shell's history.\nThe hash has no salt: an attacker who tries all numbers can reverse it. Protect the hash like the number itself.";

const COMMANDS: &[Command] = &[Command::named("psu-hash")
    .with_examples(EXAMPLES)
    .with_form(&CommandForm::new("Hash a personal identifier from stdin, for the verification of a user"))];

impl Local for HashIdentifier {
    fn run(request: HashIdentifierRequest, _: LocalContext<'_>) -> Result<HashIdentifierResponse, Error> {
        let digits = request.personal_identifier.expose();
        if digits.len() != DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::invalid_field("personal_identifier", "must be 11 digits, without spaces or hyphens"));
        }
        let hash = STANDARD.encode(sha256(digits.as_bytes()));
        Ok(HashIdentifierResponse { psu_personal_identifier: Secret::new(hash) })
    }
}
