//! The line editor at a terminal: history, completion, colours, statements over many lines. Ctrl-C drops a line or cancels a query, Ctrl-D ends.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Context;
use nu_ansi_term::{Color, Style};
use reedline::{
    ColumnarMenu, Completer, CompletionResult, Emacs, FileBackedHistory, Highlighter, KeyCode, KeyModifiers,
    MenuBuilder, Prompt, PromptEditMode, PromptHistorySearch, Reedline, ReedlineEvent, ReedlineMenu, Signal, Span,
    StyledText, Suggestion, ValidationResult, Validator, default_emacs_keybindings,
};
use sql::lexer::{TokenKind, tokenize};
use tokio::runtime::Handle;

use super::gateway_session::GatewaySession;
use super::runner::Runner;
use super::statements;
use crate::output::say;

const HISTORY_SIZE: usize = 10_000;
const MENU: &str = "completion";

/// Reads and runs statements until the user leaves.
pub(super) fn run(runner: &mut Runner, runtime: &Handle, history: &Path) -> anyhow::Result<()> {
    let mut editor = editor(runner.session().clone(), runtime, history)?;
    say!("Command history file path: {}\nType HELP; for help, QUIT; to leave.\n", history.display());
    loop {
        match editor.read_line(&SqlPrompt).context("cannot read from the terminal")? {
            Signal::Success(text) => {
                for statement in statements::split(&text) {
                    match runtime.block_on(runner.run(&statement)) {
                        Ok(true) => {}
                        Ok(false) => return Ok(()),
                        Err(error) => {
                            runner.failed(&error);
                            break;
                        }
                    }
                }
            }
            Signal::CtrlD => return Ok(()),
            _ => {}
        }
    }
}

fn editor(session: GatewaySession, runtime: &Handle, history: &Path) -> anyhow::Result<Reedline> {
    let history = FileBackedHistory::with_file(HISTORY_SIZE, history.to_owned())
        .with_context(|| format!("cannot use the history file {}; name another with --history", history.display()))?;
    let mut keys = default_emacs_keybindings();
    let complete = ReedlineEvent::UntilFound(vec![ReedlineEvent::Menu(MENU.to_owned()), ReedlineEvent::MenuNext]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, complete);
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let menu = ReedlineMenu::EngineCompleter(Box::new(ColumnarMenu::default().with_name(MENU).with_marker("")));
    Ok(Reedline::create()
        .with_history(Box::new(history))
        .with_validator(Box::new(SqlValidator))
        .with_highlighter(Box::new(SqlHighlighter))
        .with_completer(Box::new(SqlCompleter { session, runtime: runtime.clone() }))
        .with_menu(menu)
        .with_edit_mode(Box::new(Emacs::new(keys))))
}

/// `Flink SQL> `
struct SqlPrompt;

impl Prompt for SqlPrompt {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed("Flink SQL> ")
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        Cow::Owned(format!("(history: {}) ", search.term))
    }
}

/// Enter goes on to the next line until the statement is whole.
struct SqlValidator;

impl Validator for SqlValidator {
    fn validate(&self, line: &str) -> ValidationResult {
        if statements::is_complete(line) { ValidationResult::Complete } else { ValidationResult::Incomplete }
    }
}

/// Colours keywords, texts, numbers and comments.
struct SqlHighlighter;

impl Highlighter for SqlHighlighter {
    fn highlight(&self, line: &str, _: usize) -> StyledText {
        let mut styled = StyledText::new();
        for (style, text) in pieces(line) {
            styled.push((style, text.to_owned()));
        }
        styled
    }
}

/// The line in pieces of one style each. What lies between tokens is blank or a comment.
fn pieces(line: &str) -> Vec<(Style, &str)> {
    let comment = Style::new().fg(Color::DarkGray);
    let mut pieces = Vec::new();
    let mut end = 0;
    for token in tokenize(line).tokens {
        let (from, to) = (token.span.start.max(end), token.span.end.max(end));
        if from > end {
            pieces.push((comment, &line[end..from]));
        }
        let text = &line[from..to];
        if !text.is_empty() {
            pieces.push((style_of(&token.kind, text), text));
        }
        end = to;
    }
    if end < line.len() {
        pieces.push((comment, &line[end..]));
    }
    pieces
}

fn style_of(kind: &TokenKind, text: &str) -> Style {
    match kind {
        TokenKind::Word if sql::lexer::keywords::is_reserved(text) => Style::new().fg(Color::Blue).bold(),
        TokenKind::String { .. } => Style::new().fg(Color::Green),
        TokenKind::QuotedIdent(_) => Style::new().fg(Color::Cyan),
        TokenKind::Exact | TokenKind::Approximate => Style::new().fg(Color::Yellow),
        TokenKind::HintBegin => Style::new().fg(Color::Purple),
        _ => Style::new(),
    }
}

/// Asks the gateway.
struct SqlCompleter {
    session: GatewaySession,
    runtime: Handle,
}

impl Completer for SqlCompleter {
    fn complete(&mut self, line: &str, position: usize) -> CompletionResult {
        let before = &line[..position];
        let is_name_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '`');
        let begin = before.rfind(|c: char| !is_name_part(c));
        let begin = begin.map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
        let candidates = self.runtime.block_on(self.session.complete(line, before.chars().count()));
        let suggestion = |value: String| Suggestion {
            value,
            span: Span::new(begin, position),
            append_whitespace: true,
            ..Suggestion::default()
        };
        // Without an answer there is nothing to propose; the next statement will say what is wrong.
        CompletionResult::fresh(candidates.unwrap_or_default().into_iter().map(suggestion).collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_up_the_line() {
        for line in ["SELECT 'a;b' AS `c` -- d\n, 1.5 FROM t;", "", "SELECT 'open", "/* c */ x", "ä = 'ö'"] {
            let text: String = pieces(line).iter().map(|(_, text)| *text).collect();
            assert_eq!(text, line);
        }
        let styled = pieces("SELECT 'a' -- c");
        assert_eq!(styled[0], (Style::new().fg(Color::Blue).bold(), "SELECT"));
        assert!(styled.iter().any(|(style, text)| *text == "'a'" && *style == Style::new().fg(Color::Green)));
    }
}
