//! Tenants: one API key each (docs/protocols/ws-channel.md §4).

use crate::engine::text_enum;

/// One API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The key.
    pub api_key: String,
    /// The owner's address; may name an address that has not registered yet.
    pub owner_email: Option<String>,
    /// Made by the operator, not by a registration.
    pub minted_by_operator: bool,
    /// Requests with it are served.
    pub enabled: bool,
    /// File operations are served.
    pub transfer_enabled: bool,
    /// New mode users start active, without verification.
    pub waiver: bool,
    /// Name of the rate limits that apply.
    pub rate_class: String,
    /// Unix ms.
    pub created: i64,
}

/// A key made by the operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTenant {
    /// The key.
    pub api_key: String,
    /// Who becomes its owner by registering with it.
    pub owner_email: Option<String>,
    /// File operations are served.
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
    /// Serve it or not.
    Enabled(bool),
    /// Serve file operations or not.
    TransferEnabled(bool),
    /// Waive verification of new mode users or not.
    Waiver(bool),
    /// Other rate limits.
    RateClass(String),
    /// Another owner; `None`: nobody.
    Owner(Option<String>),
}

text_enum! {
    /// State of an entitlement; both others than `Active` deny.
    pub enum EntitlementState {
        /// Never given, or taken away.
        Missing = "missing",
        /// Given.
        Active = "active",
        /// Given, and held back.
        Suspended = "suspended",
    }
}

/// What a tenant may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Product, e.g. `bank-simulator`.
    pub product: String,
    /// State.
    pub state: EntitlementState,
    /// Unix ms.
    pub changed: i64,
}
