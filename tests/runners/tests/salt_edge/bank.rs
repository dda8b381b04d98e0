//! The bank's code for tests: gives prepared answers and records the questions. All values are invented.

use std::sync::{Arc, Mutex};

use bankchannel::{
    Error, Result,
    model::read_boundary,
    salt_edge_connector::{
        SaltEdgeBank,
        questions::{
            Step,
            authenticate::AuthenticateQuestion,
            confirm::ConfirmQuestion,
            get_customer::{GetCustomerAnswer, GetCustomerQuestion},
            list_accounts::{ListAccountsAnswer, ListAccountsQuestion},
            list_transactions::{ListTransactionsAnswer, ListTransactionsQuestion},
            notice::{NoticeAnswer, NoticeQuestion},
            reconnect::ReconnectQuestion,
            refresh::RefreshQuestion,
        },
    },
};
use serde_json::{Value, json};

/// A text in a bank's failure that must not reach anyone else.
pub(crate) const OWN_TEXT: &str = "the mainframe of cellar 3 is down";

type Doing = dyn Fn(&str, &Value) -> Option<Value> + Send + Sync;

/// A bank.
pub(crate) struct Bank {
    doing: Box<Doing>,
    asked: Mutex<Vec<(String, Value)>>,
}

impl Bank {
    /// A bank that answers with `doing`; `None` is a failure.
    pub(crate) fn new(doing: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { doing: Box::new(doing), asked: Mutex::default() })
    }

    /// A bank that approves everyone with the right password and code.
    pub(crate) fn usual() -> Arc<Self> {
        Self::new(|question, asked| Some(usual(question, asked)))
    }

    /// The recorded questions with this name.
    pub(crate) fn asked(&self, name: &str) -> Vec<Value> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(of, _)| of == name).map(|(_, request)| request.clone()).collect()
    }

    fn answer<T: bankchannel::model::Boundary>(&self, name: &str, request: Value) -> Result<T> {
        self.asked.lock().unwrap().push((name.to_owned(), request.clone()));
        match (self.doing)(name, &request) {
            Some(answer) => read_boundary(answer),
            None => Err(Error::invalid_field("bank", OWN_TEXT)),
        }
    }
}

/// The answers of the usual bank.
pub(crate) fn usual(question: &str, asked: &Value) -> Value {
    match question {
        "authenticate" if asked["authorization_type"] == "oauth" => {
            let url = format!("https://bank.example/approve?session={}", asked["session_id"].as_str().unwrap());
            json!({"outcome": "redirect", "redirect_url": url})
        }
        "authenticate" if asked["authorization_type"] == "login_password_sms" => {
            json!({"outcome": "code_needed", "field": "sms", "instruction": "The code from the SMS", "user_id": "u-7"})
        }
        "authenticate" if asked["credentials"]["password"] == "right" => {
            json!({"outcome": "approved", "user_id": "u-7"})
        }
        "authenticate" => json!({"outcome": "refused", "error_class": "InvalidCredentials"}),
        "confirm" if asked["credentials"]["sms"] == "123456" => json!({"outcome": "approved", "user_id": "u-7"}),
        "confirm" if asked["attempt"] == 1 => json!({"outcome": "code_needed", "field": "sms"}),
        "confirm" => json!({"outcome": "refused", "error_class": "InvalidConfirmationCode"}),
        "reconnect" => json!({"outcome": "approved", "user_id": asked["user_id"]}),
        "refresh" => json!({"outcome": "done"}),
        "list_accounts" => json!({"accounts": [account("a-1"), account("a-2")]}),
        "list_transactions" => json!({"transactions": [transaction("t-1", asked["account_id"].as_str().unwrap())]}),
        "get_customer" => json!({"customer": {"name": "Minna Meikäläinen"}}),
        _ => json!({}),
    }
}

pub(crate) fn account(id: &str) -> Value {
    json!({
        "id": id, "name": "Current account", "nature": "checking", "currency_code": "EUR", "balance": "12.34",
        "available_amount": "12.34", "payment_account": true,
    })
}

fn transaction(id: &str, account_id: &str) -> Value {
    json!({
        "id": id, "account_id": account_id, "amount": "-3.20", "currency_code": "EUR", "description": "Coffee",
        "made_on": "2026-11-20", "status": "posted",
    })
}

macro_rules! answers {
    ($($method:ident($question:ty) -> $answer:ty;)+) => {
        impl SaltEdgeBank for Bank {
            $(async fn $method(&self, question: $question) -> Result<$answer> {
                self.answer(stringify!($method), bankchannel::model::write_boundary(question))
            })+
        }
    };
}
answers! {
    authenticate(AuthenticateQuestion) -> Step;
    confirm(ConfirmQuestion) -> Step;
    reconnect(ReconnectQuestion) -> Step;
    refresh(RefreshQuestion) -> Step;
    list_accounts(ListAccountsQuestion) -> ListAccountsAnswer;
    list_transactions(ListTransactionsQuestion) -> ListTransactionsAnswer;
    get_customer(GetCustomerQuestion) -> GetCustomerAnswer;
    notice(NoticeQuestion) -> NoticeAnswer;
}
