//! The WS Channel service.
//!
//! ```text
//!   pipeline    route → limits → session → body → typed request → handler → typed response → audit
//!   account/ session/ certs/ files/ pgp/ integrator/     one handler per operation
//!   banks       the banks: the simulator, later real channels
//!   notices     what people are told               keys    the keys of the data folder
//!   limits      rate limits                       auth    authentication
//!   gate        probes, malformed heads, a lost data folder        watch   whether the folders still exist
//! ```

mod account;
mod audit_heads;
mod auth;
mod banks;
mod banks_config;
mod certs;
mod challenges;
mod codes;
mod config;
mod control;
mod data;
mod fault;
mod files;
mod gate;
mod integrator;
mod keys;
mod limits;
mod metrics;
mod notices;
mod openapi;
pub mod operator;
mod options;
mod pgp;
mod pipeline;
mod reasons;
mod reload;
mod running;
mod seed;
mod service;
mod serving;
mod session;
mod upkeep;
mod watch;
mod work;

use bankchannel_ws_channel::PROTOCOL;

use bankchannel_server::counterpart::Counterpart;

pub use banks::{
    AccountBankConnection, BankChannel, BankError, BankFileDownload, CertificateCustomer, CertificateEnrolment,
    CertificateOfBank, CertificateOrder, CertificateProof, Channels, OutgoingFile, PendingBankAnswer, SigningMaterial,
    TrustedBankAuthority, UploadWaits,
};
pub use config::{BanksConfig, ReachedBankConfig, ServiceConfig};
pub use notices::{NoticeCommandSettings, SmtpSecurity, SmtpSettings, WebhookSettings};
pub use options::{ServiceOptions, ServiceReadiness};
pub use running::RunningService;

// What every handler takes and gives.
use fault::HandlerFault;
use service::{ServiceCall, WsChannelService};

/// The orders that only this kind of server has, their requests and answers.
pub mod orders {
    pub use crate::control::{
        AwaitHeldCall, CancelSimulatorOrder, DecidedSimulatorOrders, HeldOperation, HoldCall, ReleaseCall,
        ReleaseSimulatorOrder, Seed, SetLimits, SimulatorOrder,
    };
    pub use crate::limits::{OrderedServiceRates, ServiceRates};
    pub use crate::seed::{SeedAccount, SeedFile, SeedKey, SeededAccount, SeededAccounts, ServiceSeed};
}

/// The WS Channel service as a counterpart.
pub static DESCRIPTOR: Counterpart = Counterpart::declare::<RunningService>(
    "ws-channel",
    PROTOCOL,
    ("Service", "Service"),
    "An embedded WS Channel service",
    Some(openapi::describe),
);
