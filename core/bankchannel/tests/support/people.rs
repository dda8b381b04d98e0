//! The users of the tests and their keys.

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

use bankchannel::{
    CallAnswer, CallAsker, Error, Question, Result, Secret,
    ws_channel::{ApiKey, Email, IdToken, Mode, Session, WsChannel, WsChannelSettings},
};
use bankchannel_crypto::rsa;

use super::Server;

pub const EMAIL: &str = "user@example.test";
pub const PHONE: &str = "+358401234567";
/// The sample of docs/protocols/ws-channel.md, §3.1.
pub const PASSWORD: &str = "Toddler_..123456789012345";
pub const API_KEY: &str = "4vN6hGHrav31smM0Ha1k15MDlZKOEGn43UToWTt2";

/// The service's key pair, made once per test program.
pub fn key() -> &'static rsa::RsaPrivateKey {
    static KEY: OnceLock<rsa::RsaPrivateKey> = OnceLock::new();
    KEY.get_or_init(|| rsa::RsaPrivateKey::generate(2048).unwrap())
}

/// A user's armored signing key, made once per test program.
pub fn private_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| {
        let request = serde_json::json!({"name": "Example User", "email": EMAIL, "algorithm": "ed25519"});
        let made = bankchannel::call_local("ws_channel.generate_key", request, None).unwrap();
        made["private_key"].as_str().unwrap().to_owned()
    })
}

pub fn settings(server: &Server) -> WsChannelSettings {
    WsChannelSettings {
        base_url: Some(server.base_url.clone()),
        public_key_pem: Some(key().public().to_spki_pem()),
        email: Some(Email::new(EMAIL).unwrap()),
        mode: Some(Mode::Data),
        ..WsChannelSettings::default()
    }
}

/// A client with a data session that is valid for an hour.
pub fn client(server: &Server) -> WsChannel {
    let client = WsChannel::new(settings(server)).unwrap();
    client.set_session(session("token-of-the-test", Mode::Data));
    client
}

pub fn session(token: &str, mode: Mode) -> Session {
    Session {
        api_key: Some(ApiKey::new(API_KEY).unwrap()),
        id_token: Some(IdToken::new(token).unwrap()),
        email: Some(Email::new(EMAIL).unwrap()),
        mode: Some(mode),
        ends: Some(Instant::now() + Duration::from_secs(3600)),
    }
}

/// Answers questions from a table and records them. A question that is not in the table is an error.
#[derive(Default)]
pub struct Answers {
    table: HashMap<&'static str, Vec<&'static str>>,
    asked: Mutex<Vec<Question>>,
}

impl Answers {
    /// Answers by kind; several answers for one kind are given in turn, the last one repeatedly.
    pub fn new(table: &[(&'static str, &[&'static str])]) -> Self {
        let table = table.iter().map(|(kind, answers)| (*kind, answers.to_vec())).collect();
        Self { table, asked: Mutex::default() }
    }

    pub fn asked(&self) -> Vec<Question> {
        self.asked.lock().unwrap().clone()
    }

    pub fn kinds(&self) -> Vec<&'static str> {
        self.asked().iter().map(|question| question.kind).collect()
    }
}

impl CallAsker for Answers {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        let before = self.kinds().iter().filter(|kind| **kind == question.kind).count();
        let found = self.table.get(question.kind).map(|answers| answers[before.min(answers.len() - 1)]);
        let kind = question.kind;
        self.asked.lock().unwrap().push(question);
        Box::pin(async move {
            found.map(Secret::new).ok_or_else(|| Error::invalid_field(kind, "was not expected by the test"))
        })
    }
}
