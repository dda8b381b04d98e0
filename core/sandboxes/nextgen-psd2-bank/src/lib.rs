//! A sandbox bank for third parties: the server side of NextGenPSD2.
//!
//! ```text
//!   running       start, readiness, stop            options, config     start options, raw and validated
//!   tls           client certificates               certificates        the data folder's authority, its certificates
//!   pipeline      request ─► checks V01–V37 ─► handler ─► answer, or refusal with explanation
//!   users/ consents/ authorisations/ accounts/      one handler per operation
//!   state         customers, consents, authorisations, used request ids
//!   web, customer, pages    the customer's page and the handling of its answer, the page of requests
//!   control       commands of tests                 limits, records     rate limits, the latest requests
//! ```
//!
//! Section numbers and ids of checks are those of docs/protocols/nextgen-psd2.md.

mod accounts;
mod authorisations;
mod certificates;
mod config;
mod consents;
mod control;
mod customer;
mod limits;
mod links;
mod openapi;
mod options;
mod pages;
mod pipeline;
mod records;
mod refusal;
mod running;
mod service;
mod state;
mod tls;
mod users;
mod web;

use bankchannel_nextgen_psd2::PROTOCOL;

use bankchannel_server::counterpart::Counterpart;

pub use options::{BankOptions, BankReadiness};
pub use running::RunningBank;

// What every handler takes and gives.
use refusal::SandboxRefusal;
use service::{BankCall, SandboxBank};

/// The orders that only this kind of server has, their requests and answers.
pub mod orders {
    pub use crate::control::{
        AddPsu, AddedPsus, BankExplanation, BlockCertificate, CertificateBySerial, ConsentOrder, ExplainRequest,
        NewPsus, RawMessage, RevokeCertificate, RevokeConsent, Seed, SetLimits,
    };
    pub use crate::limits::{BankRates, OrderedBankRates};
    pub use crate::state::{NewPsu, NewPsuAccount};
}

/// The sandbox bank's entry in the list of counterparts.
pub static DESCRIPTOR: Counterpart = Counterpart::declare::<RunningBank>(
    "nextgen-psd2-bank",
    PROTOCOL,
    ("NextGenPsd2Bank", "Bank"),
    "An embedded NextGenPSD2 sandbox bank",
    Some(openapi::describe),
);
