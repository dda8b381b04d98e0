//! A program of the user's, which is asked something and answers.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

/// Runs a command with what it is asked on its standard input, and gives what it answers on its standard output: one byte more than
/// `max` at most.
///
/// # Errors
/// Why there is no answer.
pub(crate) fn run(command: &str, environment: &[(&str, &str)], asked: &[u8], max: usize) -> Result<Vec<u8>, String> {
    // Its stderr is the user's: it may ask for a PIN there, or say what is wrong.
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| format!("cannot be started: {why}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that knows what it is asked from elsewhere need not read it; what it answers decides.
        let _ = stdin.write_all(asked);
    }
    let mut answer = Vec::new();
    let read = child.stdout.take().map(|stdout| stdout.take(max as u64 + 1).read_to_end(&mut answer)).transpose();
    let ended = child.wait().map_err(|why| format!("cannot be waited for: {why}"))?;
    read.map_err(|why| format!("its answer cannot be read: {why}"))?;
    // One that would have written on ends by the broken pipe.
    if !ended.success() && answer.len() <= max {
        return Err(format!("failed ({ended})"));
    }
    Ok(answer)
}
