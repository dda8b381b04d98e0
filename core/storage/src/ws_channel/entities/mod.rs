//! Input and output types of the verbs: plain data with typed words.

pub(crate) mod account;
pub(crate) mod account_order;
pub(crate) mod audit;
pub(crate) mod bank_code;
pub(crate) mod bank_pause;
pub(crate) mod certificate;
pub(crate) mod code;
pub(crate) mod common;
pub(crate) mod file;
pub(crate) mod installation;
pub(crate) mod ledger;
pub(crate) mod link;
pub(crate) mod lockout;
pub(crate) mod maintenance;
pub(crate) mod notice;
pub(crate) mod pending;
pub(crate) mod pgp;
pub(crate) mod rights;
pub(crate) mod sample;
pub(crate) mod session;
pub(crate) mod tenant;
