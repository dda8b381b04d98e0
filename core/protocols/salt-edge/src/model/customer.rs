//! A bank's data on its customer (§4.6).

use std::fmt;

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

impl fmt::Debug for BankCustomer {
    /// Customer data is not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankCustomer").finish_non_exhaustive()
    }
}
