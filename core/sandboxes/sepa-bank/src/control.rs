//! The bank as a target of the control interface (§9.6); its orders stand in [`orders`](super::orders).

use std::{any::Any, sync::Arc};

use bankchannel_foundation::{Result, clock::SystemClock, operation::CatalogueEntry};
use bankchannel_sepa_web_services::CATALOGUE;
use bankchannel_server::{
    http::control::{ControlState, ControlTarget},
    orders::CallableOrder,
};
use futures_util::future::BoxFuture;

use super::{orders, service::SandboxSepaBank};

/// A bank as a target of the control interface.
pub(crate) struct SepaBankControlTarget {
    bank: Arc<SandboxSepaBank>,
    control: Arc<ControlState>,
}

impl SepaBankControlTarget {
    pub(crate) fn new(bank: &Arc<SandboxSepaBank>) -> Self {
        Self { bank: Arc::clone(bank), control: bank.control.clone().unwrap_or_default() }
    }
}

impl ControlTarget for SepaBankControlTarget {
    fn clock(&self) -> &SystemClock {
        &self.bank.scenario_clock
    }

    fn reset_clock(&self) {
        self.clock().reset();
        self.bank.message_clock.reset();
    }

    fn control(&self) -> &ControlState {
        &self.control
    }

    fn catalogue(&self) -> &'static [CatalogueEntry] {
        CATALOGUE
    }

    fn reset(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.bank.faults.forget();
            self.bank.held.release();
            self.bank.state.reset()
        })
    }

    fn orders(&self) -> &'static [&'static [CallableOrder]] {
        orders::ALL
    }

    fn host(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.bank) as Arc<dyn Any + Send + Sync>
    }
}
