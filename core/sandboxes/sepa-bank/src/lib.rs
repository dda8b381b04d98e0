//! A sandbox bank of SEPA Web Services: four banks' dialects of the file and the certificate service, for developers
//! without a bank at hand.
//!
//! ```text
//!   running      start, readiness, stop             options        start options, and the readiness
//!   certificates authorities, the bank's signers, the customers' pairs: files in the data folder
//!   pipeline     HTTP ─► examination: checks S2 to S23 ─► handler ─► answer, signed in the family's dialect
//!   files/ users/    one handler per operation     certificate_service/   codes, requests, certificates
//!   pki_factory/     Danske's certificate service, whose messages are others
//!   dialect      how each family writes            answer         documents and envelopes, written and signed
//!   state        customers, files, used ids; a journal that survives a kill
//!   chaos        ordered faults                    control        commands of tests
//! ```
//!
//! Ids of steps (S7) are those of docs/protocols/sepa-web-services.md, section 9.

mod answer;
mod certificate_service;
mod certificates;
mod chaos;
mod control;
mod dialect;
mod examination;
mod files;
mod held;
mod load;
mod options;
pub mod orders;
mod pipeline;
mod pki_factory;
mod received;
mod reply;
mod request_schema;
mod running;
mod service;
mod state;
mod users;

use bankchannel_sepa_web_services::PROTOCOL;
use bankchannel_server::counterpart::Counterpart;

pub use options::{
    SepaBankClientSettings, SepaBankClients, SepaBankCustomer, SepaBankFamilies, SepaBankFamily, SepaBankOptions,
    SepaBankReadiness,
};
pub use running::RunningSepaBank;

/// The sandbox bank's entry in the list of counterparts.
pub static DESCRIPTOR: Counterpart = Counterpart::declare::<RunningSepaBank>(
    "sepa-bank",
    PROTOCOL,
    ("SepaBank", "Bank"),
    "An embedded sandbox bank of SEPA Web Services",
    None,
);
