//! A bank's data on its customer (§4.6).

use bankchannel_foundation::model::{Boundary, Date};

/// A customer.
#[derive(Clone, Boundary)]
#[boundary(same_names)]
#[non_exhaustive]
pub struct BankCustomer {
    /// The full name.
    pub name: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The postal address.
    pub address: Option<String>,
    /// The date of birth.
    pub date_of_birth: Option<Date>,
}

bankchannel_foundation::redacted_debug!(BankCustomer);
