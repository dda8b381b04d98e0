//! Requests of the hub, and answers to them.

pub mod answer_accounts;
pub mod answer_customer;
pub mod answer_done;
pub mod answer_error;
pub mod answer_transactions;
pub mod receive_request;
pub mod verify_client_jwt;
