//! Tenants: one API key each (docs/protocols/ws-channel.md §4).

use crate::engine::{StoredRow, text_enum};

/// One API key.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
#[row(alias = "t")]
pub struct ApiTenant {
    /// The key.
    pub api_key: String,
    /// The owner's address, which may not be registered yet.
    pub owner_email: Option<String>,
    /// Created by the operator, not by a registration.
    pub minted_by_operator: bool,
    /// Whether requests with it are accepted.
    pub enabled: bool,
    /// Whether file operations are accepted.
    pub transfer_enabled: bool,
    /// New mode users start active, without verification.
    pub waiver: bool,
    /// Name of the rate limits that apply.
    pub rate_class: String,
    /// Creation time, Unix ms.
    pub created: i64,
}

/// A key created by the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// The key.
    pub api_key: String,
    /// The address that becomes its owner by registering with it.
    pub owner_email: Option<String>,
    /// Whether file operations are accepted.
    pub transfer_enabled: bool,
    /// New mode users start active.
    pub waiver: bool,
    /// Name of the rate limits.
    pub rate_class: String,
    /// Now, Unix ms.
    pub now: i64,
}

/// One change of a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantChange {
    /// Accept requests with the key or not.
    Enabled(bool),
    /// Accept file operations or not.
    TransferEnabled(bool),
    /// Waive verification of new mode users or not.
    Waiver(bool),
    /// Other rate limits.
    RateClass(String),
    /// Another owner; `None`: no owner.
    Owner(Option<String>),
}

text_enum! {
    /// State of an entitlement; every state except `Active` denies access.
    pub enum EntitlementState {
        /// Never granted, or removed.
        Missing = "missing",
        /// Granted.
        Active = "active",
        /// Granted, but suspended.
        Suspended = "suspended",
    }
}

/// An entitlement of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, StoredRow)]
pub struct TenantEntitlement {
    /// Product, e.g. `bank-simulator`.
    pub product: String,
    /// State.
    pub state: EntitlementState,
    /// Last change, Unix ms.
    pub changed: i64,
}
