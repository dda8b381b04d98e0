//! What a bank knows of its customer (§4.6).

use bankchannel_foundation::{Boundary, model::Date};

/// A customer.
#[derive(Debug, Clone, Boundary)]
#[boundary(same_names)]
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
