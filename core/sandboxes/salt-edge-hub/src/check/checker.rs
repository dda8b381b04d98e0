//! Common parts of the checks: send requests to the connector, wait for its reports, judge them.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use bankchannel_foundation::{Secret, model::Timestamp};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{
    super::{
        connector::ConnectorAnswer,
        records::{MessageDirection, RecordedMessage},
        requests::{MadeRequest, PlayedRequest},
        service::PlayedHub,
    },
    settings::{CheckMode, CheckSettings, CheckWay},
};

/// The default time to watch for a forbidden repetition of a report, in seconds.
const QUIET_S: u32 = 5;
/// The polling interval when waiting for a report.
const LOOK: Duration = Duration::from_millis(40);
/// How long a connector has to end a right after the hub answered its report.
const SETTLING: Duration = Duration::from_secs(3);

/// The result of a check that did not pass.
#[derive(Debug, Clone)]
pub(super) enum CheckFailure {
    Warning(String),
    Failed(String),
    NotRun(String),
}

/// The result of a check.
pub(super) type CheckLook<T = ()> = Result<T, CheckFailure>;

/// The check failed: the connector violates a requirement.
pub(super) fn failed<T>(why: impl Into<String>) -> CheckLook<T> {
    Err(CheckFailure::Failed(why.into()))
}

/// The check could not be run.
pub(super) fn not_run<T>(why: impl Into<String>) -> CheckLook<T> {
    Err(CheckFailure::NotRun(why.into()))
}

/// Acts for a customer whose browser was redirected to a page: takes the URL and whether to approve.
pub type ActingCustomer =
    dyn Fn(String, bool) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> + Send + Sync;

/// An ended session.
#[derive(Debug, Clone)]
pub(super) struct EndedSession {
    pub(super) session: String,
    /// `success` or `fail`.
    pub(super) status: String,
    pub(super) error_class: Option<String>,
}

/// Runs the checks.
pub(super) struct ConnectorChecker<'a> {
    pub(super) hub: &'a PlayedHub,
    pub(super) settings: &'a CheckSettings,
    pub(super) psu: Option<&'a ActingCustomer>,
    pub(super) patience: Duration,
    /// How long to watch for a forbidden repetition of a report.
    pub(super) quiet: Duration,
    /// A session with a token, shared by checks that only need one.
    token: OnceCell<CheckLook<String>>,
    /// The number of the last message before this run, and the number of sessions at that time.
    before: (u64, usize),
    /// The results for each error class that Salt Edge may answer.
    pub(super) reactions: OnceCell<Vec<CheckLook>>,
}

impl<'a> ConnectorChecker<'a> {
    pub(super) fn new(hub: &'a PlayedHub, settings: &'a CheckSettings, psu: Option<&'a ActingCustomer>) -> Self {
        let patience = Duration::from_secs(u64::from(settings.patience_s.unwrap_or(10)));
        let before = (hub.records.last(), hub.state.sessions().len());
        Self {
            before,
            quiet: Duration::from_secs(u64::from(settings.quiet_s.unwrap_or(QUIET_S))),
            hub,
            settings,
            psu,
            patience,
            token: OnceCell::new(),
            reactions: OnceCell::new(),
        }
    }

    /// The messages of this run that match.
    pub(super) fn records(&self, is_meant: impl Fn(&RecordedMessage) -> bool) -> Vec<RecordedMessage> {
        self.hub.records.all(|record| record.number > self.before.0 && is_meant(record))
    }

    /// The sessions of this run.
    pub(super) fn sessions(&self) -> Vec<String> {
        self.hub.state.sessions().into_iter().skip(self.before.1).collect()
    }

    /// The date this many days ago.
    pub(super) fn day(&self, ago: i64) -> String {
        let at = Timestamp::from_ms(self.hub.now_ms() - ago * 86_400_000);
        at.as_str().get(..10).unwrap_or_default().to_owned()
    }

    /// Builds and signs a request.
    pub(super) fn made(&self, order: &PlayedRequest) -> CheckLook<MadeRequest> {
        self.hub.made(order).or_else(|why| failed(format!("the request could not be made: {}", why.message())))
    }

    /// Sends a request as it is.
    pub(super) async fn send(&self, made: &MadeRequest) -> CheckLook<ConnectorAnswer> {
        self.hub.send(made).await.or_else(|why| failed(format!("the connector did not answer: {}", why.message())))
    }

    /// Builds a request and sends it.
    pub(super) async fn ask(&self, order: &PlayedRequest) -> CheckLook<ConnectorAnswer> {
        let made = self.made(order)?;
        self.send(&made).await
    }

    /// Sends a request that the connector must accept.
    pub(super) async fn taken(&self, order: &PlayedRequest) -> CheckLook<ConnectorAnswer> {
        let heard = self.ask(order).await?;
        if heard.status == 200 {
            return Ok(heard);
        }
        failed({
            let operation = order.operation.as_deref().unwrap_or_default();
            format!("{operation} must be answered 200, and was {}", answer_text(&heard))
        })
    }

    /// Sends a request that must be refused with one of these classes and its status.
    pub(super) async fn refused(&self, what: &str, made: &MadeRequest, classes: &[(&str, u16)]) -> CheckLook {
        let heard = self.send(made).await?;
        judge(what, &heard, classes)
    }

    /// The same for a right that ends when the connector has heard the hub's answer to its report, which takes it a moment.
    pub(super) async fn soon_refused(&self, what: &str, order: &PlayedRequest, classes: &[(&str, u16)]) -> CheckLook {
        let until = Instant::now() + SETTLING.min(self.patience);
        loop {
            let look = self.refused(what, &self.made(order)?, classes).await;
            if look.is_ok() || Instant::now() >= until {
                return look;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until the session is in the wanted state and returns it; `None` after a timeout.
    pub(super) async fn wait(&self, session: &str, is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        let until = Instant::now() + self.patience;
        loop {
            let shown = self.hub.state.session_json(session)?;
            if is_wanted(&shown) {
                return Some(shown);
            }
            if Instant::now() >= until {
                return None;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits for a session's end.
    pub(super) async fn ended(&self, session: &str) -> CheckLook<EndedSession> {
        let Some(shown) = self.wait(session, |shown| shown["status"] != "open").await else {
            return failed(format!(
                "the session has not ended within {} s: a connector must report sessions/success or sessions/fail",
                self.patience.as_secs()
            ));
        };
        Ok(EndedSession {
            session: session.to_owned(),
            status: shown["status"].as_str().unwrap_or_default().to_owned(),
            error_class: shown["error_class"].as_str().map(str::to_owned),
        })
    }

    /// Waits for a session's end, which must be successful.
    pub(super) async fn succeeded(&self, session: &str) -> CheckLook {
        match self.ended(session).await? {
            ended if ended.status == "success" => Ok(()),
            ended => failed(format!("the session failed with {}", ended.error_class.unwrap_or_default())),
        }
    }

    /// Waits for a session's end, which must be a failure of this class.
    pub(super) async fn failed_with(&self, session: &str, classes: &[&str]) -> CheckLook {
        let ended = self.ended(session).await?;
        match ended.error_class.as_deref() {
            Some(class) if classes.contains(&class) => Ok(()),
            Some(class) => {
                failed(format!("the session must fail with {}, and failed with {class}", classes.join(" or ")))
            }
            None => failed(format!("the session must fail with {}, and succeeded", classes.join(" or "))),
        }
    }

    /// The request that starts an enrolment.
    pub(super) fn enrolment(&self, way: &CheckWay, given: Option<&BTreeMap<String, Secret>>) -> PlayedRequest {
        let mut credentials = given.cloned().unwrap_or_default();
        credentials.insert("authorization_type".to_owned(), way.code.as_str().into());
        PlayedRequest {
            credentials: Some(credentials),
            redirect_url: Some("https://third-party.example/back".to_owned()),
            ..PlayedRequest::for_operation("create_token")
        }
    }

    /// Starts an enrolment with valid input and returns its session.
    pub(super) async fn begin(&self, way: &CheckWay, change: impl FnOnce(&mut PlayedRequest)) -> CheckLook<String> {
        let mut order = self.enrolment(way, way.right.as_ref());
        change(&mut order);
        let session = order.session_secret.get_or_insert_with(PlayedHub::new_session).clone();
        self.taken(&order).await?;
        Ok(session)
    }

    /// An enrolment from start to success.
    pub(super) async fn enrol(&self, way: &CheckWay, change: impl FnOnce(&mut PlayedRequest)) -> CheckLook<String> {
        let session = self.begin(way, change).await?;
        self.go_through(way, &session).await?;
        self.succeeded(&session).await?;
        Ok(session)
    }

    /// The customer's part of an enrolment.
    pub(super) async fn go_through(&self, way: &CheckWay, session: &str) -> CheckLook {
        if way.mode == CheckMode::Redirect {
            let url = self.page(session).await?;
            return self.browse(url, true).await;
        }
        if let Some(field) = &way.code_field {
            let code = self.code(way, session).await?;
            self.taken(&self.confirmation(session, field, &code)).await?;
        }
        Ok(())
    }

    /// The page to which a session redirects the customer.
    pub(super) async fn page(&self, session: &str) -> CheckLook<String> {
        let has_page = |shown: &Value| shown["status"] != "open" || !last_update(shown)["redirect_url"].is_null();
        let shown = self.wait(session, has_page).await;
        let url = shown.and_then(|shown| last_update(&shown)["redirect_url"].as_str().map(str::to_owned));
        match url {
            Some(url) => Ok(url),
            None => {
                failed("a redirect session must report sessions/update with the status redirect and extra.redirect_url")
            }
        }
    }

    /// Lets the customer act on the bank's page.
    pub(super) async fn browse(&self, url: String, approves: bool) -> CheckLook {
        let Some(psu) = self.psu else {
            return not_run(
                "no customer answers: set psu_url, or give --psu COMMAND, which gets the URL and approve or deny",
            );
        };
        psu(url, approves).await.or_else(|why| failed(format!("the customer's program has not answered: {why}")))
    }

    /// Waits until a session asks for a code, and returns the right one.
    pub(super) async fn code(&self, way: &CheckWay, session: &str) -> CheckLook<String> {
        let asks =
            |shown: &Value| shown["status"] != "open" || last_update(shown)["status"] == "waiting_confirmation_code";
        let shown = self.wait(session, asks).await.unwrap_or_default();
        if last_update(&shown)["status"] != "waiting_confirmation_code" {
            return failed(
                "a session that needs a code must report sessions/update with the status waiting_confirmation_code",
            );
        }
        if let Some(code) = &way.right_code {
            return Ok(code.expose().to_owned());
        }
        let file = way.codes_file.as_deref().unwrap_or_default();
        let text = std::fs::read_to_string(file).or_else(|why| not_run(format!("{file}: {why}")))?;
        let last = text.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
        match last.as_ref().and_then(|line| line["code"].as_str()) {
            Some(code) => Ok(code.to_owned()),
            None => not_run(format!("{file} has no line of JSON with a code")),
        }
    }

    /// A customer's code, as Salt Edge forwards it.
    pub(super) fn confirmation(&self, session: &str, field: &str, code: &str) -> PlayedRequest {
        PlayedRequest {
            session_secret: Some(session.to_owned()),
            credentials: Some(BTreeMap::from([(field.to_owned(), code.into())])),
            ..PlayedRequest::for_operation("confirm_token")
        }
    }

    /// A session with a token, by the quickest configured method.
    pub(super) async fn token(&self) -> CheckLook<String> {
        self.token.get_or_init(|| self.new_token()).await.clone()
    }

    /// A new session with a token.
    pub(super) async fn new_token(&self) -> CheckLook<String> {
        let settings = self.settings;
        let with_page = settings.redirect().filter(|_| self.psu.is_some());
        let Some(way) = settings.quick().or_else(|| settings.with_code()).or(with_page) else {
            return not_run(
                "no token is available: name an embedded way to authenticate in the settings, or a redirect one with \
                 psu_url or --psu",
            );
        };
        let enrolled = self.enrol(way, |_| {}).await;
        enrolled.or_else(|verdict| match verdict {
            CheckFailure::Failed(why) => not_run(format!("no token is available: {why}")),
            other => Err(other),
        })
    }

    /// A request with the token of a session.
    pub(super) fn about(&self, operation: &str, session: &str) -> PlayedRequest {
        PlayedRequest { access_token_of: Some(session.to_owned()), ..PlayedRequest::for_operation(operation) }
    }

    /// The id of an account that the token covers.
    pub(super) async fn account(&self, session: &str) -> CheckLook<String> {
        let heard = self.taken(&self.about("fetch_accounts", session)).await?;
        match heard.body["data"][0]["id"].as_str() {
            Some(id) => Ok(id.to_owned()),
            None => not_run("the customer of the settings has no account"),
        }
    }

    /// The connector's reports about a session, oldest first.
    pub(super) fn callbacks(&self, session: &str) -> Vec<RecordedMessage> {
        self.hub.records.all(|record| {
            record.direction == MessageDirection::ToHub && record.session_secret.as_deref() == Some(session)
        })
    }

    /// Waits until the connector has sent this many reports about a session.
    pub(super) async fn wait_for_callbacks(&self, session: &str, count: usize) -> Option<Vec<RecordedMessage>> {
        let until = Instant::now() + self.patience;
        loop {
            let callbacks = self.callbacks(session);
            if callbacks.len() >= count {
                return Some(callbacks);
            }
            if Instant::now() >= until {
                return None;
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The latest update of an open session.
pub(super) fn last_update(shown: &Value) -> Value {
    shown["updates"].as_array().and_then(|updates| updates.last()).cloned().unwrap_or_default()
}

/// A connector's answer in short: status and error class.
pub(super) fn answer_text(heard: &ConnectorAnswer) -> String {
    match &heard.error_class {
        Some(class) => format!("{} {class}", heard.status),
        None => heard.status.to_string(),
    }
}

/// Checks that an answer is one of these refusals.
pub(super) fn judge(what: &str, heard: &ConnectorAnswer, classes: &[(&str, u16)]) -> CheckLook {
    let is_one =
        |(class, status): &(&str, u16)| heard.error_class.as_deref() == Some(*class) && heard.status == *status;
    if classes.iter().any(is_one) {
        return Ok(());
    }
    let wanted: Vec<String> = classes.iter().map(|(class, status)| format!("{status} {class}")).collect();
    let wanted = wanted.join(" or ");
    let has_class = classes.iter().any(|(class, _)| heard.error_class.as_deref() == Some(*class));
    if has_class {
        let why = format!("{what}: answered {}, and {wanted} is what the class goes with", answer_text(heard));
        return Err(CheckFailure::Warning(why));
    }
    failed(format!("{what}: must be refused with {wanted}, and was answered {}", answer_text(heard)))
}
