//! The `flinkrs` command: parses the command line, runs one command, turns its outcome into an exit code.

use std::process::ExitCode;

use clap::Parser;
use client::args::Arguments;
use client::output::{self, OutputClosed};
use client::{commands, flink_options};

/// Arrow buffers come and go by the million: mimalloc keeps that cheap and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words = match flink_options::rewrite(std::env::args_os()) {
        Ok(words) => words,
        Err(problem) => return failed(&problem),
    };
    let arguments = match Arguments::try_parse_from(words) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Nothing is to be done when the terminal is gone.
            error.print().ok();
            // As Flink's: a mistake on the command line is a failure like any other.
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match commands::run(arguments) {
        Ok(code) => code,
        Err(error) if error.chain().any(|cause| cause.is::<OutputClosed>()) => output::CLOSED_PIPE.into(),
        Err(error) => failed(&commands::one_line(&error)),
    }
}

fn failed(problem: &str) -> ExitCode {
    output::write_remark(format_args!("error: {problem}"));
    ExitCode::FAILURE
}
