//! The part of the control interface that is specific to the sandbox bank (§4.5).
//!
//! ```text
//!   POST seed                            {"psus": […]}: new customers
//!   POST sandbox/psu                     one new customer
//!   POST sandbox/consents/{id}/revoke    the customer withdraws a consent
//!   POST sandbox/certs/{serial}/block    the bank blocks a certificate, by its serial number in hex
//!   POST sandbox/certs/{serial}/revoke   its issuer revokes it
//!   POST sandbox/explain                 explains a raw request (message/http); the bank itself has this path too
//! ```

use std::sync::Arc;

use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row, operation::CatalogueEntry};
use bankchannel_nextgen_psd2::CATALOGUE;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    limits::BankRates,
    pipeline::BankPipeline,
    service::SandboxBank,
    state::{BankState, NewPsu},
    web::RAW_MAX,
};
use bankchannel_server::http::control::{
    ControlFuture, ControlRequest, ControlState, ControlTarget, MAX_BODY, no_members, parsed, read,
};

/// A bank as a target of the control interface.
pub(crate) struct BankControlTarget {
    pipeline: Arc<BankPipeline>,
    control: Arc<ControlState>,
}

impl BankControlTarget {
    /// The bank of this pipeline.
    pub(crate) fn new(pipeline: &Arc<BankPipeline>) -> Self {
        Self { pipeline: Arc::clone(pipeline), control: pipeline.bank.control.clone().unwrap_or_default() }
    }

    fn bank(&self) -> &SandboxBank {
        &self.pipeline.bank
    }

    fn add_psu(&self, body: &[u8]) -> Result<Value> {
        let body = parsed(body).map_err(|why| Error::because(&row::INVALID_JSON, why))?;
        self.bank().state.add_psus(vec![read(body)?])?;
        Ok(json!({}))
    }

    fn revoke_consent(&self, id: &str) -> Result<Value> {
        let bank = self.bank();
        let done = bank.state.revoke_by_psu(id, bank.now_s());
        done.map_err(|problem| Error::invalid_field("id", problem.text()))?;
        Ok(json!({}))
    }

    fn list(&self, add: impl FnOnce(&BankState) -> Result<()>) -> Result<Value> {
        add(&self.bank().state)?;
        self.bank().refresh_lists();
        Ok(json!({}))
    }
}

/// A command: the part of the path after `sandbox/`.
enum BankCommand<'a> {
    Explain,
    Psu,
    RevokeConsent(&'a str),
    Block(&'a str),
    Revoke(&'a str),
}

impl<'a> BankCommand<'a> {
    fn from_path(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["explain"] => Some(Self::Explain),
            ["psu"] => Some(Self::Psu),
            ["consents", id, "revoke"] => Some(Self::RevokeConsent(id)),
            ["certs", serial, "block"] => Some(Self::Block(serial)),
            ["certs", serial, "revoke"] => Some(Self::Revoke(serial)),
            _ => None,
        }
    }
}

/// Customers to add.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BankSeed {
    psus: Vec<NewPsu>,
}

impl ControlTarget for BankControlTarget {
    fn clock(&self) -> &SystemClock {
        &self.bank().clock
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn reset(&self) -> ControlFuture<'_> {
        Box::pin(async move {
            let bank = self.bank();
            bank.state.reset();
            bank.refresh_lists();
            bank.records.forget();
            bank.limits.change(BankRates::default());
            Ok(json!({}))
        })
    }

    fn seed(&self, request: Value) -> ControlFuture<'_> {
        Box::pin(async move {
            let BankSeed { psus } = read(request)?;
            let count = psus.len();
            self.bank().state.add_psus(psus)?;
            Ok(json!({ "psus": count }))
        })
    }

    fn limits(&self, request: Value) -> Result<Value> {
        let rates: BankRates = read(request)?;
        self.bank().limits.change(rates);
        serde_json::to_value(rates).map_err(Error::internal)
    }

    fn own_orders(&self) -> &'static [&'static str] {
        &["explain", "psu", "consents/{id}/revoke", "certs/{serial}/block", "certs/{serial}/revoke"]
    }

    fn takes(&self, path: &str) -> Option<usize> {
        BankCommand::from_path(path).map(|order| if matches!(order, BankCommand::Explain) { RAW_MAX } else { MAX_BODY })
    }

    fn handle_order(&self, asked: ControlRequest) -> Option<ControlFuture<'_>> {
        let without_members =
            |body: &[u8]| no_members(parsed(body).map_err(|why| Error::because(&row::INVALID_JSON, why))?);
        let done = match BankCommand::from_path(&asked.path)? {
            BankCommand::Explain => {
                return Some(Box::pin(async move {
                    let explained = self.pipeline.explain(asked.body, &asked.headers).await;
                    explained
                        .ok_or_else(|| Error::because(&row::UNAVAILABLE, "the bank explains other requests: try again"))
                }));
            }
            BankCommand::Psu => self.add_psu(&asked.body),
            BankCommand::RevokeConsent(id) => without_members(&asked.body).and_then(|()| self.revoke_consent(id)),
            BankCommand::Block(serial) => {
                without_members(&asked.body).and_then(|()| self.list(|state| state.block(serial)))
            }
            BankCommand::Revoke(serial) => {
                without_members(&asked.body).and_then(|()| self.list(|state| state.revoke_certificate(serial)))
            }
        };
        Some(Box::pin(std::future::ready(done)))
    }
}
