//! The `flinkrs` command: parses the command line, runs one command, turns its outcome into an exit code.

use std::process::ExitCode;

use clap::Parser;
use client::args::Arguments;
use client::commands;

/// Arrow buffers come and go by the million: mimalloc keeps that cheap and gives memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match commands::run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", commands::one_line(&error));
            ExitCode::FAILURE
        }
    }
}
