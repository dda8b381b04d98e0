//! The WS Channel service under control: what is its own of the control interface.

use std::sync::Arc;

use bankchannel_foundation::{Error, Result, clock::SystemClock, error::row, operation::Entry};
use bankchannel_ws_channel::CATALOGUE;
use serde_json::{Value, json};

use super::{
    data::{storage, unusable},
    limits::Rates,
    outbox, seed,
    service::Service,
};
use crate::http::control::{Control, Controlled, Controlling, read};

/// A service under control.
pub(crate) struct Target {
    pub(crate) service: Arc<Service>,
    pub(crate) control: Arc<Control>,
}

impl Controlled for Target {
    fn clock(&self) -> &SystemClock {
        &self.service.clock
    }

    fn control(&self) -> &Control {
        &self.control
    }

    fn catalogue(&self) -> &'static [Entry] {
        CATALOGUE
    }

    fn outbox(&self) -> Vec<Value> {
        self.service.outbox.recent()
    }

    fn reset(&self) -> Controlling<'_> {
        Box::pin(async move {
            let service = &self.service;
            let content = service.store.erase_all().await.map_err(storage)?;
            service.store.discard_content(&service.files_folder(), &content).await.map_err(storage)?;
            service.outbox.forget().await.map_err(|why| unusable(&service.data.join(outbox::FILE), &why))?;
            service.limits.change(Rates::of(&service.config));
            Ok(json!({}))
        })
    }

    fn seed(&self, request: Value) -> Controlling<'_> {
        Box::pin(async move { seed::plant(&self.service, read(request)?).await })
    }

    fn limits(&self, request: Value) -> Result<Value> {
        let rates: Rates = read(request)?;
        self.service.limits.change(rates);
        serde_json::to_value(rates).map_err(|why| Error::because(&row::INTERNAL, why.to_string()))
    }
}
