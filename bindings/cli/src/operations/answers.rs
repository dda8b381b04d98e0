//! Answers to what a flow asks in its middle: from the options, the environment, or the person at the terminal.

use std::{
    future::{self, Future},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bankchannel::{Answer, Asker, CancellationToken, Error, Question, Result, Secret};
use bankchannel_foundation::error::row;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{bank, log::Log, signer};
use crate::{
    exit::Failure,
    options::kebab,
    output::{progress::Progress, prompt},
};

/// Who answers.
pub(super) struct Answers {
    /// Kinds of questions, with the environment's variable for the answer.
    pub(super) codes: &'static [(&'static str, &'static str)],
    /// `admin` or `data`: the environment's codes may differ by it.
    pub(super) mode: String,
    /// Which of the environment's codes were given: none is given twice, whatever it is asked for as.
    pub(super) given: Mutex<Vec<&'static str>>,
    /// Whether nobody may be asked.
    pub(super) noninteractive: bool,
    /// Who signs with a key that is elsewhere.
    pub(super) signer: Option<String>,
    /// Who answers for the bank.
    pub(super) bank: Option<String>,
    /// What is shown meanwhile.
    pub(super) progress: Arc<Progress>,
    /// What `--verbose` shows: before a question, so that it is read in its order.
    pub(super) log: Log,
    /// The call, which ends with a prompt that was interrupted.
    pub(super) cancel: CancellationToken,
    /// Whether one was.
    pub(super) interrupted: Arc<AtomicBool>,
}

impl Asker for Answers {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<Answer>> + Send + '_>> {
        if let (Some(request), Some(command)) = (&question.request, &self.bank) {
            // Callbacks go out meanwhile.
            let (command, kind, request) = (command.clone(), question.kind, request.to_json());
            return Box::pin(ask_bank_command(command, kind, request));
        }
        // Only one call runs in this program, and it waits for this answer: nothing is held up by waiting for a person.
        Box::pin(future::ready(self.answer(&question)))
    }
}

/// Has the user's program answer for the bank.
pub(crate) async fn ask_bank_command(command: String, kind: &'static str, request: String) -> Result<Answer> {
    let answer = tokio::task::spawn_blocking(move || bank::answer(&command, kind, &request));
    answer.await.map_err(|_| Error::because(&row::INTERNAL, "waiting for the bank's program failed"))?
}

impl Answers {
    fn answer(&self, question: &Question) -> Result<Answer> {
        self.log.show_beside(&self.progress);
        if let (Some(wanted), Some(command)) = (&question.signature, &self.signer) {
            // It may ask for a PIN.
            return self.progress.aside(|| signer::sign(command, wanted));
        }
        if question.request.is_some() {
            let why = "is a question to the bank's own code, which is not connected: give --bank-command (`work` also \
                       takes --bank URL)";
            let error = Error::because(&row::MISSING_FIELD, format!("{} {why}", question.kind));
            return Err(error.with("field", question.kind));
        }
        let is_code = question.kind.ends_with("_code");
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        // A new authenticator's code cannot be known beforehand.
        if question.secret.is_none()
            && let Some(variable) = variable(self.codes, question.kind).filter(|variable| !given.contains(variable))
            && let Some(code) = environments_code(&self.mode, variable)
        {
            given.push(variable);
            return Ok(Secret::new(code));
        }
        if !prompt::possible(self.noninteractive) {
            let hint = if question.signature.is_some() {
                "give --signer".to_owned()
            } else if question.secret.is_some() {
                "run it at a terminal, where the new key is shown".to_owned()
            } else if is_code {
                match variables(self.codes).split_last() {
                    Some((last, others)) => format!("give --code, or {} or {last}", others.join(", ")),
                    None => "give --code".to_owned(),
                }
            } else {
                format!("give --{}", kebab(question.kind))
            };
            return Err(Error::invalid_field(
                question.kind,
                format!("is needed, and the command cannot ask for it: {hint}"),
            ));
        }
        self.progress.aside(|| ask(question)).map_err(|failure| match failure {
            Failure::Interrupted => {
                self.interrupted.store(true, Ordering::SeqCst);
                self.cancel.cancel();
                Error::new(&row::CANCELLED)
            }
            Failure::Usage(text) => Error::invalid_field(question.kind, text),
            _ => Error::invalid_field(question.kind, "cannot be asked for"),
        })
    }
}

/// A code that the environment has: `PREFIX_{ADMIN,DATA}_MFA_CODE`, then without the mode (docs/protocols/ws-channel.md §8.1).
pub(super) fn environments_code(mode: &str, variable: &str) -> Option<String> {
    let of_mode = variable.replacen('_', &format!("_{}_", mode.to_uppercase()), 1);
    let value = |variable: &str| std::env::var(variable).ok().filter(|code| !code.is_empty());
    value(&of_mode).or_else(|| value(variable))
}

/// The variable that a kind of code comes from: one may serve several kinds.
pub(super) fn variable(codes: &'static [(&'static str, &'static str)], kind: &str) -> Option<&'static str> {
    codes.iter().find(|(own, _)| *own == kind).map(|(_, variable)| *variable)
}

/// All variables of codes, each once.
pub(super) fn variables(codes: &'static [(&'static str, &'static str)]) -> Vec<&'static str> {
    let mut variables: Vec<_> = codes.iter().map(|(_, variable)| *variable).collect();
    variables.dedup();
    variables
}

fn ask(question: &Question) -> Result<Answer, Failure> {
    if let Some(secret) = &question.secret {
        prompt::show(&format!("key: {}\n", secret.expose()));
    }
    if let Some(wanted) = &question.signature {
        let digest = STANDARD.encode(&wanted.digest);
        prompt::show(&format!("algorithm: {}\nkey: {}\ndigest: {digest}\n", wanted.algorithm, wanted.key_fingerprint));
    }
    let answer = if !question.choices.is_empty() {
        prompt::choice(&question.text, &question.choices)
    } else if question.kind.ends_with("_code") {
        prompt::secret(&question.text)
    } else {
        prompt::line(&question.text)
    };
    answer.map(Secret::new)
}
