//! The binary: runs the library and ends with the exit code of the answer.

use std::process::ExitCode;
use topup::core::environment::Environment;

fn main() -> ExitCode {
    ExitCode::from(topup::run(std::env::args_os(), Environment::from_process()))
}
