//! One exchange: credentials, limits, effects on the session, and at most one renewal of it.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    CallOutcome, Category, Error, Result, Secret,
    error::row,
    json,
    message::{InResponse, OutRequest},
    model::Value,
    operation::{Declaration, Exchange, Repeat},
    redact::redact_words,
};
use bankchannel_ws_channel::{
    KEY_HEADER, MAX_DEPTH, TOKEN_HEADER, WsChannelCodec,
    challenge::encrypt_password,
    errors,
    login::LoginState,
    model::{Email, Mode},
    operations::session::{
        init_login::{InitLogin, InitLoginRequest},
        login::{Login, LoginRequest},
    },
};

use super::{Session, WsChannel, effects::SessionEffect};
use crate::{
    CallOptions, LogLevel, LogLine, call,
    client::{
        ProtocolClient as _,
        exchange::{ExchangeCall, ExchangeRules, named},
    },
};

impl WsChannel {
    /// Carries out one exchange.
    ///
    /// # Errors
    /// Any error; each has its outcome and names the operation.
    pub async fn exchange<O>(&self, request: O::Request, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = WsChannelCodec>,
    {
        let effect = SessionEffect::from_request(&request as &dyn Any);
        self.exchange_as::<O>(request, effect, options).await
    }

    async fn exchange_as<O>(
        &self,
        request: O::Request,
        effect: SessionEffect,
        options: &CallOptions,
    ) -> Result<O::Response>
    where
        O: Exchange<Codec = WsChannelCodec>,
    {
        named::<O, _>(options, Self::REQUEST_ID, self.attempt::<O>(request, effect, options)).await
    }

    async fn attempt<O>(&self, request: O::Request, effect: SessionEffect, options: &CallOptions) -> Result<O::Response>
    where
        O: Exchange<Codec = WsChannelCodec>,
    {
        let (declaration, needs_session) = const { (&O::DECLARATION, O::TERMS.needs_session()) };
        let mut turn = SessionTurn::begin(self, declaration, needs_session, &effect, options).await?;
        let message = O::encode_request(request, &turn.session.credentials());
        turn.before_sending();
        let mut message = message?;
        loop {
            let since = Instant::now();
            let sent = async {
                let mut run = turn.call.run(&self.0.transport, &mut message, ExchangeRules::default()).await?;
                let answer = run.unsealed(&message).await;
                run.keep(answer.and_then(|answer| receive::<O>(answer, options))).await
            };
            let noted = sent.await.and_then(|answer| self.take_note(&effect, &answer, since).map(|()| answer));
            match noted {
                Ok(answer) => return Ok(answer),
                Err(error) => turn.renew_after(error, &mut message).await?,
            }
        }
    }

    /// The time limit of an exchange: from the settings, or its own.
    pub(super) fn limit(&self, own_s: u32) -> Duration {
        call::limit(self.0.settings.connection.exchange_limit(), own_s)
    }

    /// The time limit of a flow, if the settings have one.
    pub(super) fn flow_limit(&self) -> Option<Duration> {
        call::nonzero_limit(self.0.settings.flow_timeout_s)
    }

    /// Whether the session may be renewed with the settings' password: only if it belongs to the same user.
    pub(super) fn can_renew(&self, session: &Session) -> bool {
        let settings = &self.0.settings;
        settings.renew_session == Some(true)
            && settings.password.is_some()
            && session.mode.or(settings.mode) == Some(Mode::Data)
            && settings.email.is_some()
            && (session.email.is_none() || session.email == settings.email)
    }

    /// Logs in again in data mode as the user of the ended session, and replaces it; the first time, as the user of the
    /// settings. There is one renewal at a time:
    /// calls that notice the end together, or start meanwhile, wait for it and use its result; if it breaks off, the
    /// next of them tries. Nothing is renewed after a logout or another user's login in the meantime, or after the
    /// service has refused the login.
    fn renew<'a>(
        &'a self,
        ended: &'a Session,
        generation: u64,
        deadline: Instant,
        options: &'a CallOptions,
    ) -> Pin<Box<dyn Future<Output = Result<Arc<Session>>> + Send + 'a>> {
        Box::pin(async move {
            let _one = options.until(deadline).race(self.0.renewing.lock()).await?;
            let missing = |what: &str| {
                Error::because(&row::CONFIGURATION, format!("{what} is needed to renew the session"))
                    .with("field", what)
            };
            let email = ended.email.clone().or_else(|| self.0.settings.email.clone());
            let email = email.ok_or_else(|| missing("email"))?;
            let (held, now) = self.held();
            let token = |session: &Session| session.id_token.as_ref().map(|token| token.expose().to_owned());
            let is_newer = held.is_logged_in() && token(&held) != token(ended);
            if is_newer && held.email.as_ref() == Some(&email) && held.mode == Some(Mode::Data) && !held.is_expired() {
                return Ok(held);
            }
            if now != generation || !(held.is_logged_in() || held.has_ended() || held.is_fresh(now)) {
                return Err(session_gone());
            }
            let password = self.0.settings.password.clone().ok_or_else(|| missing("password"))?;
            let renewed = self.log_in_data(email, &password, generation, deadline, options).await;
            if renewed.as_ref().err().is_some_and(is_final) {
                self.forget_if(generation);
            }
            renewed.map(Arc::new)
        })
    }

    async fn log_in_data(
        &self,
        email: Email,
        password: &Secret,
        generation: u64,
        deadline: Instant,
        options: &CallOptions,
    ) -> Result<Session> {
        let key = self.0.settings.public_key()?;
        let request = InitLoginRequest::new(email.clone(), Mode::Data);
        let challenge = self.exchange::<InitLogin>(request, &options.until(deadline)).await?.challenge;
        let encrypted = encrypt_password(password, &challenge, &key)?;
        let request = LoginRequest::new(email.clone(), Mode::Data, challenge, encrypted);
        // The effect on the session is applied here, not as for a login by the caller.
        let since = Instant::now();
        let answer = self.exchange_as::<Login>(request, SessionEffect::None, &options.until(deadline)).await?;
        let state = LoginState::from_answer(answer, self.held().0.api_key.as_ref());
        if state.is_err() {
            // An answer that must not be trusted is not requested again.
            self.forget_if(generation);
        }
        match state? {
            LoginState::Authenticated(given) => {
                let mut renewed = Session::default();
                let is_kept = self.replace_if(generation, |session| {
                    session.logged_in(given, email, Mode::Data, since);
                    renewed = session.clone();
                });
                if is_kept { Ok(renewed) } else { Err(session_gone()) }
            }
            _ => Err(Error::because(&errors::LOGIN_FAILED, "The login needs a code; use `log_in`, which asks for it.")),
        }
    }
}

/// Whether another renewal would fail in the same way: the service has refused the login, or needs input from a person.
/// Repeated attempts with a wrong password would lock the account.
fn is_final(error: &Error) -> bool {
    error.category() == Category::Authentication
}

/// The error of a call whose session was refused and not renewed. After a cancellation or at the time limit the error
/// reports that, and not a missing login; its outcome is that of the refused call.
fn not_renewed(refused: Error, why: Error) -> Error {
    let code = why.code();
    let told = match (why.category(), refused.outcome()) {
        (Category::Cancelled | Category::TimedOut, Some(outcome)) => why.with_outcome(outcome),
        _ => refused,
    };
    told.with("renewal", code)
}

/// The session of one exchange, which may be renewed once for it. What does not depend on types, so that it is compiled
/// once.
struct SessionTurn<'a> {
    client: &'a WsChannel,
    call: ExchangeCall<'a>,
    effect: &'a SessionEffect,
    session: Arc<Session>,
    generation: u64,
    needs_session: bool,
    may_renew: bool,
}

impl<'a> SessionTurn<'a> {
    /// Takes the client's session, renewed if it has ended.
    ///
    /// # Errors
    /// Those of the renewal; `ws_channel.session_expired` where it may not be renewed. This exchange itself was not sent.
    async fn begin(
        client: &'a WsChannel,
        declaration: &'static Declaration,
        needs_session: bool,
        effect: &'a SessionEffect,
        options: &'a CallOptions,
    ) -> Result<Self> {
        let call = ExchangeCall::begin(declaration, options, client.0.settings.connection.exchange_limit())?;
        let (session, generation) = client.held();
        let may_renew = needs_session && !effect.is_log_out() && client.can_renew(&session);
        let mut turn = Self { client, call, effect, session, generation, needs_session, may_renew };
        let session = &turn.session;
        if may_renew && (session.is_expired() || session.has_ended() || session.is_fresh(generation)) {
            turn.may_renew = false;
            let renewed = client.renew(session, generation, turn.call.deadline, options).await;
            turn.session = renewed.map_err(|error| error.with_outcome(CallOutcome::NotSent))?;
        } else if needs_session && !effect.is_log_out() && session.is_expired() {
            return Err(session_gone());
        }
        Ok(turn)
    }

    /// A session that is to end is forgotten first, whatever the service answers: it must not be used further.
    fn before_sending(&mut self) {
        if self.effect.is_log_out() {
            self.client.replace(Session::forget);
            self.call.repeat = Repeat::Never;
        }
    }

    /// Renews the session once after an exchange that it was refused for; the message has its credentials then.
    ///
    /// # Errors
    /// The error of the exchange where no renewal is due or it fails; a cancellation or the time limit of the renewal.
    async fn renew_after(&mut self, error: Error, message: &mut OutRequest) -> Result<()> {
        let (client, options) = (self.client, self.call.options);
        client.note_failure(self.effect, &error);
        if !(self.needs_session && error.http_status() == Some(401)) {
            return Err(error);
        }
        client.note_refusal(self.session.id_token.as_ref());
        if !self.may_renew || !message.body.is_repeatable() {
            return Err(error);
        }
        self.may_renew = false;
        options.log_line(LogLevel::Info, "the service no longer accepts the session: it is renewed once");
        match client.renew(&self.session, self.generation, self.call.deadline, options).await {
            Ok(renewed) => self.session = renewed,
            Err(why) => return Err(not_renewed(error, why)),
        }
        replace_credentials(message, &self.session);
        Ok(())
    }
}

/// Decodes the service's answer.
fn receive<O: Exchange<Codec = WsChannelCodec>>(answer: InResponse, options: &CallOptions) -> Result<O::Response> {
    if options.is_logged() {
        options.log_line(LogLevel::Debug, answer_line(O::DECLARATION.name, &answer));
    }
    O::decode_response(answer)
}

/// The error when the session was ended or replaced by its own user during a call.
fn session_gone() -> Error {
    Error::new(&errors::SESSION_EXPIRED).with("class", "auth").with_outcome(CallOutcome::NotSent)
}

/// Replaces the old session's token and API key in a message with the new session's.
fn replace_credentials(message: &mut OutRequest, session: &Session) {
    let token = session.id_token.as_ref().map(|token| token.expose());
    let key = session.api_key.as_ref().map(|key| key.expose());
    for (name, secret) in [(TOKEN_HEADER, token), (KEY_HEADER, key)] {
        if let Some(secret) = secret.filter(|_| message.headers.count(name) > 0) {
            message.headers.remove(name);
            message.headers.push_secret(name, &Secret::new(secret));
        }
    }
}

/// The longest answer that is parsed for the log, in bytes.
const LOGGED_ANSWER_MAX: usize = 64 * 1024;

fn answer_line(operation: &str, answer: &InResponse) -> LogLine {
    let fields = (answer.body.len() <= LOGGED_ANSWER_MAX).then(|| json::parse(&answer.body, MAX_DEPTH).ok()).flatten();
    let text = |name: &str| {
        let found = fields.as_ref().and_then(|fields| fields.get(name)).and_then(Value::as_str)?;
        Some(redact_words(&found.chars().filter(|c| !c.is_control()).take(200).collect::<String>()))
    };
    let (code, words) = (text("ResponseCode"), text("ResponseText"));
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    LogLine::new(format!(
        "{operation}: HTTP {} ResponseCode {} ResponseText {}",
        answer.status,
        shown(&code),
        shown(&words)
    ))
    .with("http_status", answer.status)
    .with_some("peer_code", code)
}
