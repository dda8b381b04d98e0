//! The questions of a connector to the bank's own code: eight, one file each.

pub mod authenticate;
pub mod confirm;
pub mod get_customer;
pub mod list_accounts;
pub mod list_transactions;
pub mod notice;
pub mod reconnect;
pub mod refresh;
mod step;

use bankchannel_foundation::question::{Interface, QuestionEntry};
pub use step::{Approved, CodeNeeded, GoesOn, Redirected, RefusedByBank, Step};

/// Passes the list of questions to a macro: file and type of each.
#[macro_export]
macro_rules! for_each_bank_question {
    ($callback:path) => {
        $callback! {
            authenticate::Authenticate;
            confirm::Confirm;
            reconnect::Reconnect;
            refresh::Refresh;
            list_accounts::ListAccounts;
            list_transactions::ListTransactions;
            get_customer::GetCustomer;
            notice::Notice;
        }
    };
}

macro_rules! entries {
    ($($file:ident::$name:ident;)+) => {
        /// The questions of a connector to the bank's code.
        pub static BANK: Interface = Interface {
            name: "SaltEdgeBank",
            option: "bank",
            what: "A bank's own code, as a connector to Salt Edge asks it.",
            questions: &[$(QuestionEntry::for_question::<$file::$name>()),+],
        };
    };
}
for_each_bank_question!(entries);
