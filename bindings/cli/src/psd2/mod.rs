//! `bankchannel psd2`: requests of a third party to NextGenPSD2 banks: sent, or signed, verified and explained on this machine.
//!
//! ```text
//!   make_certificates   an authority and third parties for tests
//!   sign                request file ─► signed request           keys, signing_options: how banks differ
//!   verification        signed request ─► verdict and reasons
//!   settings            the options of operations at a bank, which come from the catalogue
//!   computing           single parts: signing string, digest, key id, …; psu_hash
//! ```

mod computing;
mod keys;
mod make_certificates;
mod psu_hash;
mod request;
mod settings;
mod sign;
mod signing_options;
mod verification;

use bankchannel::nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings};

use crate::{CommandOutcome, handwritten::Handwritten};

pub(crate) use computing::COMPUTING;
pub(crate) use settings::CLIENT;

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

pub(crate) const EXAMPLES: &str = "Examples:
  bankchannel psd2 make-certificates certs
  bankchannel psd2 sign --private-key certs/tpp1-qseal.key --certificate certs/tpp1-qseal.pem request.http > signed.http
  bankchannel psd2 verify --ca certs/ca.pem signed.http
  bankchannel psd2 explain --ca certs/ca.pem signed.http

A request file holds the request as it is sent: request line, headers, an empty line, the body. Lines of the head may end
in a line feed only. Content-Length gives the size of the body; without it the body is every byte after the empty line,
including a last line end that an editor adds.

At a bank, here the sandbox bank of `bankchannel serve nextgen-psd2-bank --data bank`:
  bankchannel psd2 verify-user --settings tpp1.json --psu-id psu-7f3a91 --psu-personal-identifier @hash.txt
  bankchannel psd2 update-bank-offered-consents --settings tpp1.json --redirect-uri https://tpp.example/cb
with tpp1.json: {\"base_url\": \"https://127.0.0.1:8443/api\", \"ca_file\": \"bank/ca.pem\", \"certificate_file\": \"bank/certificates/tpp1-qseal.pem\",
  \"private_key\": {\"file\": \"bank/certificates/tpp1-qseal.key\"}, \"client_certificate_file\": \"bank/certificates/tpp1-qwac.pem\",
  \"client_key\": {\"file\": \"bank/certificates/tpp1-qwac.key\"}}

Every operation of the library can also be called by its own name: `bankchannel call nextgen_psd2.sign_request …`.";

/// A client without settings: every command passes all values itself.
fn client() -> CommandOutcome<NextGenPsd2> {
    Ok(NextGenPsd2::new(NextGenPsd2Settings::default())?)
}
