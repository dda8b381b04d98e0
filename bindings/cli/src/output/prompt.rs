//! Questions to the person at the terminal.

use std::io::{self, BufRead, IsTerminal};

use crate::{
    exit::{Failure, Outcome},
    output,
};

/// Whether somebody can be asked: the terminal is there, and asking was not forbidden.
pub(crate) fn possible(noninteractive: bool) -> bool {
    !noninteractive && io::stdin().is_terminal()
}

/// Asks for a secret; what is typed is not shown.
pub(crate) fn secret(question: &str) -> Outcome<String> {
    rpassword::prompt_password(format!("{}: ", plain(question)))
        .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
        .map_err(|why| Failure::usage(format!("the terminal cannot be read: {why}")))
}

/// Asks for a text that is no secret.
pub(crate) fn line(question: &str) -> Outcome<String> {
    output::partial(&format!("{}: ", plain(question)));
    stdin_line()
}

/// Asks for one of several answers, by number or by name.
pub(crate) fn choice(question: &str, choices: &[String]) -> Outcome<String> {
    output::note(&plain(question));
    for (number, choice) in choices.iter().enumerate() {
        output::note(&format!("  {}. {}", number + 1, plain(choice)));
    }
    loop {
        output::partial(&format!("1-{}: ", choices.len()));
        let answer = stdin_line()?;
        let by_number = answer.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
        if let Some(chosen) = by_number.or_else(|| choices.iter().find(|choice| **choice == answer)) {
            return Ok(chosen.clone());
        }
    }
}

/// A question may hold what a service wrote.
fn plain(text: &str) -> String {
    output::table::printable(text.to_owned())
}

/// Reads one line of stdin, without its end.
pub(crate) fn stdin_line() -> Outcome<String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err(Failure::usage("the input ended before an answer came")),
        Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        Err(why) => Err(Failure::usage(format!("the input cannot be read: {why}"))),
    }
}
