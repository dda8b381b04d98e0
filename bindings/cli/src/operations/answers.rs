//! Answers to the questions of a flow: from the options, the environment, or the user at the terminal.

use std::{
    future::{self, Future},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bankchannel::{CallAnswer, CallAsker, CancellationToken, Error, Question, Result, Secret};
use bankchannel_foundation::error::row;
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{bank, log::Log, signer};
use crate::{
    exit::CommandFailure,
    options::kebab,
    output::{progress::ProgressLine, prompt},
};

/// The sources of answers.
pub(super) struct Answers {
    /// Kinds of questions, each with the environment variable of its answer.
    pub(super) codes: &'static [(&'static str, &'static str)],
    /// `admin` or `data`: the environment may have a code for each.
    pub(super) mode: String,
    /// The environment's codes that were used: none is used twice, even for another kind of question.
    pub(super) given: Mutex<Vec<&'static str>>,
    /// Whether the user must not be asked.
    pub(super) noninteractive: bool,
    /// The command that signs with an external key.
    pub(super) signer: Option<String>,
    /// The command that answers for the bank.
    pub(super) bank: Option<String>,
    /// The progress line.
    pub(super) progress: Arc<ProgressLine>,
    /// The log of `--verbose`: shown before a question, to keep the order.
    pub(super) log: Log,
    /// The token of the call: an interrupted prompt cancels it.
    pub(super) cancel: CancellationToken,
    /// Whether a prompt was interrupted.
    pub(super) interrupted: Arc<AtomicBool>,
}

impl CallAsker for Answers {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        if let (Some(request), Some(command)) = (&question.request, &self.bank) {
            // Callbacks are sent meanwhile.
            let (command, kind, request) = (command.clone(), question.kind, request.to_json());
            return Box::pin(ask_bank_command(command, kind, request));
        }
        // This program runs only one call, which waits for this answer: waiting for the user blocks nothing else.
        Box::pin(future::ready(self.answer(&question)))
    }
}

/// Runs the user's program to answer for the bank.
pub(crate) async fn ask_bank_command(command: String, kind: &'static str, request: String) -> Result<CallAnswer> {
    let answer = tokio::task::spawn_blocking(move || bank::answer(&command, kind, &request));
    answer.await.map_err(|_| Error::internal("waiting for the bank's program failed"))?
}

impl Answers {
    fn answer(&self, question: &Question) -> Result<CallAnswer> {
        self.log.show_beside(&self.progress);
        if let (Some(wanted), Some(command)) = (&question.signature, &self.signer) {
            // The program may ask for a PIN.
            return self.progress.aside(|| signer::sign(command, wanted));
        }
        if question.request.is_some() {
            let why = "is a question to the bank's own code, which is not connected: give --bank-command (`work` also \
                       takes --bank URL)";
            return Err(Error::missing_field(question.kind, format!("{} {why}", question.kind)));
        }
        let is_code = question.kind.ends_with("_code");
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        // The code of a new authenticator cannot be known in advance.
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
            CommandFailure::Interrupted => {
                self.interrupted.store(true, Ordering::SeqCst);
                self.cancel.cancel();
                Error::new(&row::CANCELLED)
            }
            CommandFailure::Usage(text) => Error::invalid_field(question.kind, text),
            _ => Error::invalid_field(question.kind, "cannot be asked for"),
        })
    }
}

/// A code from the environment: `PREFIX_{ADMIN,DATA}_MFA_CODE`, then without the mode (docs/protocols/ws-channel.md
/// §8.1).
pub(super) fn environments_code(mode: &str, variable: &str) -> Option<String> {
    let of_mode = variable.replacen('_', &format!("_{}_", mode.to_uppercase()), 1);
    let value = |variable: &str| std::env::var(variable).ok().filter(|code| !code.is_empty());
    value(&of_mode).or_else(|| value(variable))
}

/// The variable of a kind of code: one variable may serve several kinds.
pub(super) fn variable(codes: &'static [(&'static str, &'static str)], kind: &str) -> Option<&'static str> {
    codes.iter().find(|(own, _)| *own == kind).map(|(_, variable)| *variable)
}

/// All variables of codes, each once.
pub(super) fn variables(codes: &'static [(&'static str, &'static str)]) -> Vec<&'static str> {
    let mut variables: Vec<_> = codes.iter().map(|(_, variable)| *variable).collect();
    variables.dedup();
    variables
}

fn ask(question: &Question) -> Result<CallAnswer, CommandFailure> {
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
