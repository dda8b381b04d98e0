//! Orders that wait after their payee check until somebody releases or cancels them at the bank.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_crypto::digest;

use super::REFERENCE_CHARS;

/// How long after the first report the results of a payee that is checked late come, by the service's clock.
pub(super) const LATE_MS: i64 = 5000;

/// A decision about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OrderDecision {
    /// It is booked.
    Release,
    /// It is rejected.
    Cancel,
}

/// The orders that wait, by upload id. Kept in memory: the payments are in the journal, and wait again after a restart.
#[derive(Default)]
pub(super) struct WaitingOrders(Mutex<HashMap<String, HeldPaymentOrder>>);

struct HeldPaymentOrder {
    message_id: String,
    /// Until when its payees are still checked.
    is_late_until: Option<i64>,
    decision: Option<OrderDecision>,
}

impl WaitingOrders {
    /// Lets an order wait.
    pub(super) fn wait(&self, id: &str, message_id: String, is_late_until: Option<i64>) {
        let decision = self.decision(id);
        self.waiting().insert(id.to_owned(), HeldPaymentOrder { message_id, is_late_until, decision });
    }

    /// Whether there is something to do with a payment: it does not wait, it is decided, or its check is over.
    pub(super) fn is_due(&self, id: &str, now: i64) -> bool {
        self.waiting()
            .get(id)
            .is_none_or(|order| order.decision.is_some() || order.is_late_until.is_some_and(|until| until <= now))
    }

    /// Whether the payees of an order are still checked.
    pub(super) fn has_late(&self) -> bool {
        self.waiting().values().any(|order| order.is_late_until.is_some())
    }

    pub(super) fn decision(&self, id: &str) -> Option<OrderDecision> {
        self.waiting().get(id).and_then(|order| order.decision)
    }

    /// Decides about the order with this message id, or about all. Returns their message ids; none for orders whose payees
    /// are still checked.
    pub(super) fn decide(&self, message_id: Option<&str>, decision: OrderDecision) -> Vec<String> {
        let mut decided = Vec::new();
        for order in self.waiting().values_mut() {
            let is_meant = message_id.is_none_or(|wanted| wanted == order.message_id);
            if is_meant && order.is_late_until.is_none() && order.decision.is_none() {
                order.decision = Some(decision);
                decided.push(order.message_id.clone());
            }
        }
        decided.sort_unstable();
        decided
    }

    /// Removes an order that no longer waits.
    pub(super) fn forget(&self, id: &str) {
        self.waiting().remove(id);
    }

    /// Removes all but these: the others were settled by another instance, or erased.
    pub(super) fn keep(&self, there: &HashSet<String>) {
        self.waiting().retain(|id, _| there.contains(id));
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, HeldPaymentOrder>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reference of a report of an order's payee check: the same at each try.
pub(super) fn report_reference(upload: &str, kind: &str) -> String {
    let digest = digest::hex(&digest::sha256(format!("{kind} {upload}").as_bytes()));
    digest[..REFERENCE_CHARS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_waits_until_it_is_decided() {
        let orders = WaitingOrders::default();
        assert!(orders.is_due("a", 0), "it does not wait");
        orders.wait("a", "M1".into(), Some(5000));
        orders.wait("b", "M2".into(), None);
        assert!(!orders.is_due("a", 4999) && orders.is_due("a", 5000) && !orders.is_due("b", 9000));
        assert!(orders.has_late());
        assert_eq!(orders.decide(Some("M1"), OrderDecision::Release), [""; 0], "its payees are still checked");
        orders.wait("a", "M1".into(), None);
        assert_eq!(orders.decide(Some("M1"), OrderDecision::Cancel), ["M1"]);
        assert_eq!(orders.decide(None, OrderDecision::Release), ["M2"]);
        assert_eq!(orders.decide(None, OrderDecision::Release), [""; 0]);
        let decided = (orders.decision("a"), orders.decision("b"));
        assert_eq!(decided, (Some(OrderDecision::Cancel), Some(OrderDecision::Release)));
        assert!(orders.is_due("a", 0) && orders.is_due("b", 0) && !orders.has_late());
        orders.keep(&HashSet::from(["b".to_owned()]));
        assert_eq!(orders.decision("a"), None);
    }

    #[test]
    fn references_are_stable() {
        assert_eq!(report_reference("u", "done"), report_reference("u", "done"));
        assert_ne!(report_reference("u", "done"), report_reference("u", "running"));
        assert_eq!(report_reference("u", "done").len(), REFERENCE_CHARS);
    }
}
