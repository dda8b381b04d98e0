//! How many requests the bank has had at once, so that a test can see that a client keeps to a limit.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde::Deserialize;
use serde_json::{Value, json};

/// Asks for the numbers; `forget`: and begins anew.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadOrder {
    #[serde(default)]
    forget: bool,
}

/// Requests of one service of a family.
#[derive(Default)]
struct ServiceLoad {
    now: usize,
    most: usize,
}

/// The requests at once, by family and service.
#[derive(Default)]
pub(crate) struct BankLoad(Mutex<BTreeMap<String, ServiceLoad>>);

/// A request that is being answered.
pub(crate) struct LoadedRequest<'l> {
    load: &'l BankLoad,
    service: String,
}

impl BankLoad {
    /// Counts a request until what is returned is dropped.
    pub(crate) fn begin(&self, service: String) -> LoadedRequest<'_> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.entry(service.clone()).or_default();
        one.now += 1;
        one.most = one.most.max(one.now);
        LoadedRequest { load: self, service }
    }

    /// The most at once.
    pub(crate) fn most(&self, order: &LoadOrder) -> Value {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most: BTreeMap<&String, usize> = all.iter().map(|(service, load)| (service, load.most)).collect();
        let most = json!({ "most_at_once": most });
        if order.forget {
            all.values_mut().for_each(|load| load.most = load.now);
        }
        most
    }
}

impl Drop for LoadedRequest<'_> {
    fn drop(&mut self) {
        let mut all = self.load.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = all.get_mut(&self.service) {
            one.now -= 1;
        }
    }
}
