//! The data types of both sides (§4).

mod account;
mod answer;
mod consent;
mod customer;
mod headers;
pub mod keys;
mod money;
mod original_request;
mod texts;
mod time;
mod transaction;

pub use account::{AccountNature, AccountStatus, BankAccount};
pub use answer::HttpAnswer;
pub use consent::{AccountConsent, ConsentScope};
pub use customer::BankCustomer;
pub use headers::{OnBehalfOf, WithToken};
pub use money::{FeeAmount, SaltEdgeAmount};
pub use original_request::{
    ConfirmationParameters, ConfirmationPayload, ConfirmationRequested, TokenParameters, TokenPayload, TokenRequested,
};
pub use texts::{AccountId, CurrencyCode, SessionSecret};
pub use time::{DayOrInstant, Instant, MadeOn, with_colon};
pub use transaction::{BankTransaction, TransactionFee, TransactionStatus};
