//! The bank's pages for browsers: HTML without external resources; headers enforce that.
//!
//! ```text
//!   sca        the customer's page: third party, request, approve or refuse     form      the submitted form
//!   requests   the latest requests, live, with their errors
//! ```
//!
//! Escaping, documents and headers are in `http/page.rs`. The pages take plain values of their own types and do not
//! depend on the bank's state. Only `requests` runs a script.

mod form;
mod requests;
mod sca;

pub(crate) use form::CustomerForm;
pub(crate) use requests::{RequestWindow, RequestsPage, after};
pub(crate) use sca::{
    AccessPurpose, AnsweringCustomer, CustomerCapacity, DeadLink, ListedAccount, ScaPage, ScaPageNotice, answered,
    dead, redirect,
};
