//! API keys and their switches, set by the operator.

use crate::cases;
use crate::samples::*;
use bankchannel_storage::ws_channel::*;

cases!(switches_and_entitlements_take_effect);

async fn switches_and_entitlements_take_effect(store: WsChannelStore) {
    tenant_with_customer(&store).await;
    let tenant = store.tenant(KEY).await.unwrap().unwrap();
    assert_eq!(tenant.owner_email.as_deref(), Some(OWNER));
    assert!(tenant.enabled && tenant.transfer_enabled && !tenant.waiver && !tenant.minted_by_operator);
    let changes = [
        TenantChange::Enabled(false),
        TenantChange::TransferEnabled(false),
        TenantChange::Waiver(true),
        TenantChange::RateClass("large".to_owned()),
        TenantChange::Owner(None),
    ];
    for change in changes {
        assert!(store.change_tenant(KEY, change.clone()).await.unwrap());
        assert!(!store.change_tenant("unknown", change).await.unwrap());
    }
    let tenant = store.tenants().await.unwrap().remove(0);
    assert!(!tenant.enabled && !tenant.transfer_enabled && tenant.waiver);
    assert_eq!((tenant.rate_class.as_str(), tenant.owner_email), ("large", None));

    let set = |state| store.set_entitlement(KEY, "bank-simulator", state, NOW);
    assert!(store.entitlements(KEY).await.unwrap().is_empty());
    assert!(set(EntitlementState::Active).await.unwrap());
    assert!(set(EntitlementState::Suspended).await.unwrap());
    let states: Vec<_> = store.entitlements(KEY).await.unwrap().into_iter().map(|e| e.state).collect();
    assert_eq!(states, [EntitlementState::Suspended]);
    assert!(set(EntitlementState::Missing).await.unwrap());
    assert!(store.entitlements(KEY).await.unwrap().is_empty());
    assert!(!store.set_entitlement("unknown", "p", EntitlementState::Active, NOW).await.unwrap());
    assert!(!store.invite("unknown", CUSTOMER, NOW).await.unwrap());
}
