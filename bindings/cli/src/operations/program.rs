//! Runs a program of the user, with a question on stdin and the answer on stdout.

use std::{
    io::{self, Read as _, Write as _},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use crate::{
    child_programs::programs,
    output::interrupt,
    platform::{self, ProgramGroup},
};

/// The interval of checks whether a program has ended after its answer.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// Time limit for the end of a killed program.
const UNKILLABLE: Duration = Duration::from_secs(5);

/// Runs a command. It reads `asked` on its standard input and answers on its standard output; at most one byte more
/// than `max` of the answer is kept.
///
/// With a limit, the program and all its child processes are killed at that time. Without one it may take any time, and
/// may use the terminal, such as to ask for a PIN.
///
/// # Errors
/// The reason for the missing answer.
pub(crate) fn run(
    command: &str,
    environment: &[(&str, &str)],
    asked: &[u8],
    max: usize,
    limit: Option<Duration>,
) -> Result<Vec<u8>, String> {
    let mut shell = platform::shell(command);
    // Its stderr is the user's: it may ask for a PIN there, or print errors.
    shell.envs(environment.iter().copied()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let Some(limit) = limit else {
        let mut child = shell.spawn().map_err(not_started)?;
        let answer = exchange(&mut child, asked, max);
        let ended = child.wait().map_err(|why| format!("was started, but its end cannot be observed: {why}"))?;
        return judged(answer, ended, max);
    };
    interrupt::ends_by_signal();
    let until = Instant::now() + limit;
    let (mut child, group) = start_group(&mut shell)?;
    let (done, is_done) = channel::<()>();
    let answer = thread::scope(|scope| {
        let group = &group;
        scope.spawn(move || {
            if is_done.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                group.kill();
            }
        });
        let answer = exchange(&mut child, asked, max);
        drop(done);
        answer
    });
    loop {
        let is_late = Instant::now() >= until;
        if let Some(ended) = ended(&mut child, &group, is_late) {
            return match ended {
                _ if is_late => Err(format!("has not ended within {} s and was killed", limit.as_secs())),
                Ok(ended) => judged(answer, ended, max),
                Err(why) => Err(format!("was started, but its end cannot be observed: {why}")),
            };
        }
        // It is blocked in the kernel, such as on a lost disk.
        if Instant::now() >= until + UNKILLABLE {
            return Err(format!("has not ended within {} s and cannot be killed", limit.as_secs()));
        }
        thread::sleep(LOOK_AGAIN);
    }
}

/// The exit status of a program that has ended. A late one is killed.
fn ended(child: &mut Child, group: &ProgramGroup, is_late: bool) -> Option<io::Result<ExitStatus>> {
    let mut programs = programs();
    let ended = child.try_wait().transpose();
    match ended {
        None if is_late => group.kill(),
        None => {}
        Some(_) => {
            if !is_late {
                group.release();
            }
            programs.groups.remove(&child.id());
        }
    }
    let is_killed = ended.is_some() && programs.is_ending;
    drop(programs);
    if is_killed {
        // It was killed together with this process, which ends now: its output must not count as its answer.
        loop {
            thread::park();
        }
    }
    ended
}

/// Starts the program in a group, so that all of it can be killed.
fn start_group(shell: &mut Command) -> Result<(Child, ProgramGroup), String> {
    let mut programs = programs();
    if programs.is_ending {
        return Err("was not started: the command is ending".to_owned());
    }
    let (child, group) = ProgramGroup::spawn(shell).map_err(not_started)?;
    programs.groups.insert(child.id(), group.clone());
    Ok((child, group))
}

fn not_started(why: io::Error) -> String {
    format!("cannot be started: {why}")
}

/// Sends the question and reads the answer.
fn exchange(child: &mut Child, asked: &[u8], max: usize) -> Result<Vec<u8>, String> {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that gets its question elsewhere need not read it; only its answer counts.
        let _ = stdin.write_all(asked);
    }
    let mut answer = Vec::new();
    let read = child.stdout.take().map(|stdout| stdout.take(max as u64 + 1).read_to_end(&mut answer)).transpose();
    read.map_err(|why| format!("its answer cannot be read: {why}"))?;
    Ok(answer)
}

/// The answer of a program that succeeded. A program that writes too much ends by the broken pipe.
fn judged(answer: Result<Vec<u8>, String>, ended: ExitStatus, max: usize) -> Result<Vec<u8>, String> {
    let answer = answer?;
    if !ended.success() && answer.len() <= max {
        return Err(format!("failed ({ended})"));
    }
    Ok(answer)
}

#[cfg(all(test, unix))] // The commands are those of /bin/sh.
mod tests {
    use super::*;

    const SHORT: Option<Duration> = Some(Duration::from_millis(300));

    #[test]
    fn one_that_does_not_end_is_killed_with_what_it_has_started() {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, command) in
            ["sleep 60", "exec sleep 60 >&-", "sleep 60 & sleep 60", "sleep 60 & echo started"].iter().enumerate()
        {
            let begun = Instant::now();
            let file = folder.path().join(format!("pid-{number}"));
            let script = format!("echo $$ > {}; {command}", file.display());
            let error = run(&script, &[], b"", 1024, SHORT).expect_err("it is killed");
            assert!(error.contains("killed"), "{command}: {error}");
            assert!(begun.elapsed() < Duration::from_secs(30), "{command}");
            let group = std::fs::read_to_string(file).expect("its id").trim().parse().expect("a number");
            // Its child processes are reaped by another process, eventually.
            while !platform::is_group_gone(group) {
                assert!(begun.elapsed() < Duration::from_secs(30), "{command}: something of it lives on");
                thread::sleep(LOOK_AGAIN);
            }
        }
    }

    #[test]
    fn one_that_ends_in_time_has_answered() {
        assert_eq!(run("cat", &[], b"asked", 1024, SHORT.map(|short| short * 100)).as_deref(), Ok(&b"asked"[..]));
        assert!(run("yes", &[], b"", 1024, SHORT.map(|short| short * 100)).is_ok_and(|answer| answer.len() == 1025));
        assert!(run("exit 3", &[], b"", 1024, SHORT.map(|short| short * 100)).is_err());
    }
}
