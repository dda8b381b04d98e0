//! The program `bankchannel`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(bankchannel_command::run_command(std::env::args_os().collect()))
}
