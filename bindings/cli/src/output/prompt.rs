//! Questions to the user at the terminal.

use std::io::{self, BufRead, IsTerminal, Write as _};

use super::interrupt::Asking;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    output, platform,
};

/// Whether the user can be asked: there is a terminal, and prompts are allowed.
pub(crate) fn possible(noninteractive: bool) -> bool {
    !noninteractive && io::stdin().is_terminal()
}

/// Asks for a secret; the input is not shown.
pub(crate) fn secret(question: &str) -> CommandOutcome<String> {
    let asking = Asking::secret();
    let answer = rpassword::prompt_password(format!("{}: ", plain(question)));
    drop(asking);
    match answer {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(why) if why.kind() == io::ErrorKind::Interrupted => Err(CommandFailure::Interrupted),
        Err(why) if why.kind() == io::ErrorKind::UnexpectedEof => Err(ended()),
        Err(why) => Err(CommandFailure::usage(format!("the terminal cannot be read: {why}"))),
    }
}

/// Asks for a text that is not secret.
pub(crate) fn line(question: &str) -> CommandOutcome<String> {
    let _asking = Asking::line();
    show(&format!("{}: ", plain(question)));
    stdin_line()
}

/// Asks for one of several answers, by number or by name.
pub(crate) fn choice(question: &str, choices: &[String]) -> CommandOutcome<String> {
    let _asking = Asking::line();
    let listed = choices.iter().enumerate().map(|(number, choice)| format!("  {}. {}\n", number + 1, plain(choice)));
    show(&format!("{}\n{}", plain(question), listed.collect::<String>()));
    loop {
        show(&format!("1-{}: ", choices.len()));
        let answer = stdin_line()?;
        let by_number = answer.parse::<usize>().ok().and_then(|number| choices.get(number.checked_sub(1)?));
        if let Some(chosen) = by_number.or_else(|| choices.iter().find(|choice| **choice == answer)) {
            return Ok(chosen.clone());
        }
    }
}

/// Shows a text to the user who is asked: on the terminal itself, since stderr may be a file.
pub(crate) fn show(text: &str) {
    let shown = platform::terminal_output().and_then(|mut terminal| terminal.write_all(text.as_bytes()));
    if shown.is_err() {
        output::partial(text);
    }
}

/// A question may contain text from a service: it becomes one line without control characters.
fn plain(text: &str) -> String {
    output::table::printable(&text.replace('\n', " ")).into_owned()
}

/// Reads one line of stdin, without its end.
pub(crate) fn stdin_line() -> CommandOutcome<String> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line) {
        Ok(0) => Err(ended()),
        Ok(_) => Ok(line.trim_end_matches(['\r', '\n']).to_owned()),
        Err(why) => Err(CommandFailure::usage(format!("the input cannot be read: {why}"))),
    }
}

fn ended() -> CommandFailure {
    CommandFailure::usage("the input ended before an answer came")
}
