//! `flinkrs hash-password`: a line of the file of users (`security.rest.users-file`).

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, anyhow, ensure};
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;
use transport::users::hash;

use crate::args::HashPasswordArguments;
use crate::output::{remark, say};

/// Prints the line; a new token goes to standard error, so that only the line lands in a file.
pub(super) fn hash_password(arguments: &HashPasswordArguments) -> anyhow::Result<ExitCode> {
    let (name, role) = (arguments.name.as_str(), arguments.role);
    if arguments.token {
        let (token, line) = hash::line_of_new_token(name, role).map_err(|problem| anyhow!(problem))?;
        remark!("token: {token}");
        say!("{line}");
        return Ok(ExitCode::SUCCESS);
    }
    let password = if std::io::stdin().is_terminal() { typed()? } else { first_line()? };
    say!("{}", hash::line_of_password(name, role, &password).map_err(|problem| anyhow!(problem))?);
    Ok(ExitCode::SUCCESS)
}

fn first_line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A password that is typed twice, and not shown.
fn typed() -> anyhow::Result<String> {
    let password = hidden("Password: ")?;
    ensure!(hidden("Again: ")? == password, "these are two passwords");
    Ok(password)
}

fn hidden(prompt: &str) -> anyhow::Result<String> {
    // Without a terminal nobody would be asked.
    write!(std::io::stderr(), "{prompt}").ok();
    terminal::enable_raw_mode().context("cannot hide the password; give it on standard input")?;
    let text = keys();
    let shown_again = terminal::disable_raw_mode();
    remark!("");
    shown_again.context("the terminal stays hidden; 'stty sane' helps")?;
    text
}

fn keys() -> anyhow::Result<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Enter => return Ok(text),
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                return Err(anyhow!("nothing was entered"));
            }
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char(c) => text.push(c),
            _ => {}
        }
    }
}
