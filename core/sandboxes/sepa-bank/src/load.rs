//! How many requests the bank has had at once, so that a test can see that a client keeps to a limit.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Requests of one service of a family.
#[derive(Default)]
struct ServiceLoad {
    now: usize,
    max: usize,
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
    /// Counts a request until the returned guard is dropped.
    pub(crate) fn begin(&self, service: String) -> LoadedRequest<'_> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let one = all.entry(service.clone()).or_default();
        one.now += 1;
        one.max = one.max.max(one.now);
        LoadedRequest { load: self, service }
    }

    /// The most at once; with `forget` the counting restarts after that.
    pub(crate) fn max(&self, forget: bool) -> BTreeMap<String, u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let max = all.iter().map(|(service, load)| (service.clone(), load.max as u64)).collect();
        if forget {
            all.values_mut().for_each(|load| load.max = load.now);
        }
        max
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
