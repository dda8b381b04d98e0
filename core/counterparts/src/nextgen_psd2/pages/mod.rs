//! The bank's pages for browsers: HTML without anything from elsewhere, each with the headers that keep it so.
//!
//! ```text
//!   sca        the customer's page: who asks for what, approve or refuse        form      what it sends back
//!   requests   the latest requests, live, with what is wrong about them
//! ```
//!
//! Escaping, documents and headers are `http/page.rs`. They take plain values of their own, know nothing of the bank's state, and run no script but the one of `requests`.

mod form;
mod requests;
mod sca;

pub(crate) use form::Form;
pub(crate) use requests::{RequestsPage, Window, after};
pub(crate) use sca::{AccountChoice, Capacity, Customer, Dead, Notice, Purpose, ScaPage, answered, dead, redirect};
