//! The sandbox bank under control: what is its own of the control interface (§4.5).
//!
//! ```text
//!   POST seed                            {"psus": […]}: new customers
//!   POST sandbox/psu                     one of them
//!   POST sandbox/consents/{id}/revoke    the customer withdraws a consent
//!   POST sandbox/certs/{serial}/block    the bank blocks a certificate, by its serial number in hex
//!   POST sandbox/certs/{serial}/revoke   its issuer revokes it
//!   POST sandbox/explain                 explains a raw request (message/http); the bank itself has this path too
//! ```

use std::sync::Arc;

use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    limits::Rates,
    pipeline::Pipeline,
    service::Bank,
    state::{NewPsu, State},
};
use crate::http::control::{Control, Controlled, Controlling, Further, parsed, read};

/// A bank under control.
pub(crate) struct Target {
    pipeline: Arc<Pipeline>,
    control: Arc<Control>,
}

impl Target {
    /// The bank of this pipeline, where it may be controlled.
    pub(crate) fn of(pipeline: Arc<Pipeline>) -> Option<Self> {
        let control = pipeline.bank.control.clone()?;
        Some(Self { pipeline, control })
    }

    fn bank(&self) -> &Bank {
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

    fn list(&self, add: impl FnOnce(&State) -> Result<()>) -> Result<Value> {
        add(&self.bank().state)?;
        self.bank().refresh_lists();
        Ok(json!({}))
    }
}

/// Customers to take in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    psus: Vec<NewPsu>,
}

impl Controlled for Target {
    fn clock(&self) -> &SystemClock {
        &self.bank().clock
    }

    fn reset_clock(&self) {
        match self.bank().config.clock_ms {
            Some(ms) => self.clock().set_ms(ms),
            None => self.clock().run(),
        }
    }

    fn control(&self) -> &Control {
        &self.control
    }

    fn outbox(&self) -> Vec<Value> {
        Vec::new()
    }

    fn reset(&self) -> Controlling<'_> {
        Box::pin(async move {
            let bank = self.bank();
            bank.state.reset();
            bank.refresh_lists();
            bank.records.forget();
            bank.limits.change(Rates::default());
            Ok(json!({}))
        })
    }

    fn seed(&self, request: Value) -> Controlling<'_> {
        Box::pin(async move {
            let Seed { psus } = read(request)?;
            let count = psus.len();
            self.bank().state.add_psus(psus)?;
            Ok(json!({ "psus": count }))
        })
    }

    fn limits(&self, request: Value) -> Result<Value> {
        let rates: Rates = read(request)?;
        self.bank().limits.change(rates);
        serde_json::to_value(rates).map_err(|why| Error::because(&row::INTERNAL, why.to_string()))
    }

    fn further(&self, asked: Further) -> Option<Controlling<'_>> {
        if asked.method != Method::POST {
            return None;
        }
        let parts: Vec<&str> = asked.path.split('/').collect();
        let done = match parts[..] {
            ["explain"] => {
                return Some(Box::pin(async move {
                    let explained = self.pipeline.explain(asked.body, &asked.headers).await;
                    explained
                        .ok_or_else(|| Error::because(&row::TIMED_OUT, "the bank explains other requests: try again"))
                }));
            }
            ["psu"] => self.add_psu(&asked.body),
            ["consents", id, "revoke"] => self.revoke_consent(id),
            ["certs", serial, "block"] => self.list(|state| state.block(serial)),
            ["certs", serial, "revoke"] => self.list(|state| state.revoke_certificate(serial)),
            _ => return None,
        };
        Some(Box::pin(std::future::ready(done)))
    }
}
