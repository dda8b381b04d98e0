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
pub use consent::{AccountConsent, AccountConsentFields, ConsentScope};
pub use customer::BankCustomer;
pub use headers::{OnBehalfOf, OnBehalfOfFields, WithToken, WithTokenFields};
pub use money::{FeeAmount, SaltEdgeAmount};
pub use original_request::{
    ConfirmationParameters, ConfirmationParametersFields, ConfirmationPayload, ConfirmationPayloadFields,
    ConfirmationRequested, ConfirmationRequestedFields, TokenParameters, TokenParametersFields, TokenPayload,
    TokenPayloadFields, TokenRequested, TokenRequestedFields,
};
pub use texts::{AccountId, CurrencyCode, SessionSecret};
pub use time::{DayOrInstant, Instant, MadeOn, with_colon};
pub use transaction::{BankTransaction, BankTransactionFields, TransactionFee, TransactionStatus};
