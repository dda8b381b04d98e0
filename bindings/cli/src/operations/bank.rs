//! `--bank-command COMMAND`: a program of the user that answers for the bank.

use std::time::Duration;

use bankchannel::{Error, Result, Secret};

use super::program;

/// The variable with the question's name; the fields are on stdin.
const QUESTION: &str = "BANKCHANNEL_QUESTION";
/// The largest answer, in bytes: a year of transactions.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// Time limit: the same as an engine's limit for the bank's code.
const LIMIT: Duration = Duration::from_secs(4 * 60);

/// Runs the program for a question of this kind, such as `bank.list_accounts`.
pub(super) fn answer(command: &str, kind: &str, request: &str) -> Result<Secret> {
    let failed = |why: String| Error::invalid_field("bank-command", why);
    let name = kind.split_once('.').map_or(kind, |(_, name)| name);
    let answer =
        program::run(command, &[(QUESTION, name)], request.as_bytes(), MAX_ANSWER, Some(LIMIT)).map_err(failed)?;
    if answer.len() > MAX_ANSWER {
        return Err(failed(format!("answered more than {MAX_ANSWER} bytes")));
    }
    String::from_utf8(answer).map(Secret::new).map_err(|_| failed("answered text that is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_gets_the_question_and_answers_it() {
        let told = "printf '%s ' \"$BANKCHANNEL_QUESTION\"; cat";
        assert_eq!(answer(told, "bank.refresh", "{}").expect("it answers").expose(), "refresh {}");
        let error = answer("exit 3", "bank.refresh", "{}").expect_err("it fails");
        assert!(error.message().contains("exit status: 3"), "{error}");
    }
}
