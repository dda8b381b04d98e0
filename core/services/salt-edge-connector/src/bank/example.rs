//! The example bank's answers. It stores no sessions: a code is derived from the session's id, so that a restarted
//! connector can continue.

use std::{
    collections::VecDeque,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
};

use bankchannel::salt_edge_connector::{
    SaltEdgeBank,
    questions::{
        Approved, CodeNeeded, GoesOn, Redirected, RefusedByBank, Step,
        authenticate::AuthenticateQuestion,
        confirm::ConfirmQuestion,
        get_customer::{GetCustomerAnswer, GetCustomerQuestion},
        list_accounts::{ListAccountsAnswer, ListAccountsQuestion},
        list_transactions::{ListTransactionsAnswer, ListTransactionsQuestion},
        notice::{NoticeAnswer, NoticeQuestion},
        reconnect::ReconnectQuestion,
        refresh::RefreshQuestion,
    },
};
use bankchannel_crypto::digest::{constant_time_eq, hex, hmac_sha256};
use bankchannel_foundation::{
    Error, Result, Secret,
    clock::{Clock as _, SystemClock},
    error::row,
    model::Timestamp,
};
use bankchannel_salt_edge::class::{FailureClass, of_connector as class};
use bankchannel_server::private::append_own;
use bankchannel_transport::background;
use serde_json::{Value, json};

use super::{
    data::{self, ExampleCustomer, NewCustomers},
    page::PATH,
};

/// The file of sent codes, in the data folder.
const OUTBOX: &str = "outbox.jsonl";
/// The number of sent codes kept in memory.
const REMEMBERED: usize = 1000;
/// The maximum number of customers.
const CUSTOMERS: usize = 10_000;
/// The authentication methods: redirect to a page; login and password; the same with a code.
const REDIRECT: &str = "oauth";
const PASSWORD: &str = "login_password";
const CODE: &str = "login_password_sms";
/// The field for a code.
const FIELD: &str = "sms";
/// How long a signed-in customer may take to decide, in seconds.
const TICKET_S: i64 = 900;

/// The example bank.
pub(crate) struct ExampleBank {
    customers: RwLock<Vec<Arc<ExampleCustomer>>>,
    secret: Secret,
    outbox: PathBuf,
    sent: Mutex<VecDeque<Value>>,
    clock: Arc<SystemClock>,
    /// The URL where browsers reach its page.
    origin: OnceLock<String>,
}

impl ExampleBank {
    /// Creates a bank that writes codes into this folder.
    ///
    /// # Errors
    /// `internal`.
    pub(crate) fn new(data: &Path, secret: Secret, clock: Arc<SystemClock>) -> Result<Self> {
        Ok(Self {
            customers: RwLock::new(data::first()?.into_iter().map(Arc::new).collect()),
            secret,
            outbox: data.join(OUTBOX),
            sent: Mutex::default(),
            clock,
            origin: OnceLock::new(),
        })
    }

    /// Sets the URL where browsers reach its page.
    pub(crate) fn reachable_at(&self, origin: String) {
        let _ = self.origin.set(origin);
    }

    pub(super) fn origin(&self) -> &str {
        self.origin.get().map_or("", String::as_str)
    }

    pub(super) fn sent(&self) -> Vec<Value> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub(super) fn reset(&self) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if let Ok(first) = data::first() {
            *self.customers.write().unwrap_or_else(PoisonError::into_inner) = first.into_iter().map(Arc::new).collect();
        }
    }

    pub(super) fn seed(&self, NewCustomers { customers: new }: NewCustomers) -> Result<u64> {
        let count = new.len();
        let mut customers = self.customers.write().unwrap_or_else(PoisonError::into_inner);
        if customers.len() + count > CUSTOMERS {
            return Err(Error::invalid_field("customers", format!("the example bank has {CUSTOMERS} at most")));
        }
        for customer in new {
            customers.retain(|known| known.user_id != customer.user_id && known.login != customer.login);
            customers.push(Arc::new(customer));
        }
        Ok(count as u64)
    }

    fn find(&self, wanted: impl Fn(&ExampleCustomer) -> bool) -> Option<Arc<ExampleCustomer>> {
        let customers = self.customers.read().unwrap_or_else(PoisonError::into_inner);
        customers.iter().find(|customer| wanted(customer)).cloned()
    }

    pub(super) fn customer(&self, user_id: &str) -> Option<Arc<ExampleCustomer>> {
        self.find(|customer| customer.user_id == user_id)
    }

    /// The customer with this login and password.
    pub(super) fn signed_in(&self, login: &str, password: &str) -> Option<Arc<ExampleCustomer>> {
        self.find(|customer| customer.login == login).filter(|customer| customer.has_password(password))
    }

    /// A ticket: proves for a limited time that the customer has signed in for the session.
    pub(super) fn ticket(&self, session_id: &str, user_id: &str) -> String {
        let until = self.clock.now_s() + TICKET_S;
        format!("{until}.{}", self.ticket_mac(session_id, user_id, until))
    }

    /// Whether a ticket is valid.
    pub(super) fn is_ticket(&self, ticket: &str, session_id: &str, user_id: &str) -> bool {
        let Some((until, mac)) = ticket.split_once('.') else { return false };
        let Ok(until) = until.parse::<i64>() else { return false };
        until > self.clock.now_s()
            && constant_time_eq(mac.as_bytes(), self.ticket_mac(session_id, user_id, until).as_bytes())
    }

    fn ticket_mac(&self, session_id: &str, user_id: &str, until: i64) -> String {
        let text = json!(["ticket", session_id, user_id, until]).to_string();
        hex(&hmac_sha256(self.secret.expose().as_bytes(), &[text.as_bytes()]))
    }

    /// The code of a session: six digits.
    fn code(&self, session_id: &str) -> String {
        let mac = hmac_sha256(self.secret.expose().as_bytes(), &[b"code\n", session_id.as_bytes()]);
        let number = mac.iter().take(4).fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", number % 1_000_000)
    }

    /// "Sends" a code: appends it to a file. A real bank would send it from there.
    async fn send(&self, customer: &ExampleCustomer, session_id: &str) -> Result<()> {
        let message = json!({
            "channel": "sms",
            "to": customer.customer.phone.clone().unwrap_or_else(|| customer.login.clone()),
            "session_id": session_id,
            "code": self.code(session_id),
            "at": Timestamp::from_ms(self.clock.now_ms()).as_str(),
        });
        let (file, line) = (self.outbox.clone(), format!("{message}\n"));
        let written = background::blocking(move || {
            let mut file = append_own(&file)?;
            file.write_all(line.as_bytes())
        });
        let written = written.await.map_err(Error::internal)?;
        written.map_err(|why| Error::because(&row::STORAGE, format!("the code could not be sent: {why}")))?;
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push_back(message);
        if sent.len() > REMEMBERED {
            sent.pop_front();
        }
        Ok(())
    }
}

fn refused(class: &FailureClass) -> RefusedByBank {
    RefusedByBank::new(class.name.to_owned())
}

fn approved(user_id: &str) -> Step {
    Step::Approved(Approved::new(user_id.to_owned()))
}

impl SaltEdgeBank for ExampleBank {
    async fn authenticate(&self, asked: AuthenticateQuestion) -> Result<Step> {
        let given = |field: &str| asked.credentials.get(field).map(Secret::expose).unwrap_or_default();
        let way = asked.authorization_type.as_deref().unwrap_or(REDIRECT);
        if way == REDIRECT {
            return Ok(Step::Redirect(Redirected::new(format!("{}{PATH}{}", self.origin(), asked.session_id))));
        }
        if ![PASSWORD, CODE].contains(&way) {
            return Ok(Step::Refused(refused(&class::INVALID_AUTHORIZATION_TYPE)));
        }
        let Some(customer) = self.signed_in(given("login"), given("password")) else {
            return Ok(Step::Refused(refused(&class::INVALID_CREDENTIALS)));
        };
        if way == PASSWORD {
            return Ok(approved(&customer.user_id));
        }
        self.send(&customer, &asked.session_id).await?;
        let mut made = CodeNeeded::new(FIELD.to_owned());
        made.instruction = Some("Enter the code that was sent to you".to_owned());
        made.user_id = Some(customer.user_id.clone());
        Ok(Step::CodeNeeded(made))
    }

    async fn confirm(&self, asked: ConfirmQuestion) -> Result<Step> {
        let given = asked.credentials.get(FIELD).map(Secret::expose).unwrap_or_default();
        let is_right = constant_time_eq(given.trim().as_bytes(), self.code(&asked.session_id).as_bytes());
        match asked.user_id.filter(|_| is_right) {
            Some(user_id) => Ok(approved(&user_id)),
            None => Ok(Step::Refused(refused(&class::INVALID_CONFIRMATION_CODE))),
        }
    }

    async fn reconnect(&self, asked: ReconnectQuestion) -> Result<Step> {
        match self.customer(&asked.user_id) {
            Some(customer) => Ok(approved(&customer.user_id)),
            None => Ok(Step::Refused(refused(&class::CANNOT_RECONNECT_TOKEN))),
        }
    }

    /// The example bank keeps no copy of its data: a refresh has nothing to do.
    async fn refresh(&self, _: RefreshQuestion) -> Result<Step> {
        Ok(Step::Done(GoesOn {}))
    }

    async fn list_accounts(&self, asked: ListAccountsQuestion) -> Result<ListAccountsAnswer> {
        Ok(match self.customer(&asked.user_id) {
            Some(customer) => {
                let mut made = ListAccountsAnswer::new();
                made.accounts = Some(customer.accounts.clone());
                made
            }
            None => {
                let mut made = ListAccountsAnswer::new();
                made.refused = Some(refused(&class::USER_NOT_FOUND));
                made
            }
        })
    }

    async fn list_transactions(&self, asked: ListTransactionsQuestion) -> Result<ListTransactionsAnswer> {
        let customer = self.customer(&asked.user_id);
        let account = customer.iter().flat_map(|customer| &customer.accounts).find(|one| one.id == asked.account_id);
        let Some(account) = account else {
            let refused = Some(refused(&class::ACCOUNT_NOT_FOUND));
            let mut made = ListTransactionsAnswer::new();
            made.refused = refused;
            return Ok(made);
        };
        let transactions = data::transactions(
            account,
            day(asked.from_date.first_ms()),
            day(asked.to_date.last_ms()),
            day(self.clock.now_ms()),
        );
        let mut made = ListTransactionsAnswer::new();
        made.transactions = Some(transactions);
        Ok(made)
    }

    async fn get_customer(&self, asked: GetCustomerQuestion) -> Result<GetCustomerAnswer> {
        Ok(match self.customer(&asked.user_id) {
            Some(customer) => {
                let mut made = GetCustomerAnswer::new();
                made.customer = Some(customer.customer.clone());
                made
            }
            None => {
                let mut made = GetCustomerAnswer::new();
                made.refused = Some(refused(&class::USER_NOT_FOUND));
                made
            }
        })
    }

    async fn notice(&self, asked: NoticeQuestion) -> Result<NoticeAnswer> {
        tracing::info!(kind = ?asked.kind, "Salt Edge gives notice");
        Ok(NoticeAnswer {})
    }
}

/// The UTC date of an instant, limited to the range of the calendar.
fn day(ms: i64) -> jiff::civil::Date {
    let instant = jiff::Timestamp::from_millisecond(ms);
    instant.map_or(jiff::civil::Date::MAX, |instant| instant.to_zoned(jiff::tz::TimeZone::UTC).date())
}
