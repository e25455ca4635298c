//! A text with many statements, cut where they end: at a `;` that stands in no string and no comment, and behind which the statement is whole.

use sql::lexer::{TokenKind, tokenize};

/// The statements with their `;`, the last one also without. Comments stay in front of what they comment on.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut begin = 0;
    for token in tokenize(text).tokens {
        if token.kind == TokenKind::Semicolon && is_whole(&text[begin..token.span.end]) {
            found.push(text[begin..token.span.end].trim().to_owned());
            begin = token.span.end;
        }
    }
    let rest = text[begin..].trim();
    if has_statement(rest) {
        found.push(rest.to_owned());
    }
    found
}

/// Whether the line is to be run: it ends with `;` and needs nothing more, or is a command that needs no `;`.
pub(super) fn is_complete(text: &str) -> bool {
    let trimmed = text.trim();
    if trimmed.is_empty() || command(trimmed).is_some() {
        return true;
    }
    let tokens = tokenize(trimmed).tokens;
    let last = tokens.iter().rev().find(|token| token.kind != TokenKind::Eof);
    last.is_some_and(|token| token.kind == TokenKind::Semicolon) && is_whole(trimmed)
}

/// What the shell does itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Help,
    Quit,
    Clear,
}

/// The command that a text is.
pub(super) fn command(text: &str) -> Option<Command> {
    let words: Vec<String> = tokenize(text)
        .tokens
        .iter()
        .filter(|token| !matches!(token.kind, TokenKind::Semicolon | TokenKind::Eof))
        .map(|token| token.span.slice(text).to_uppercase())
        .collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["HELP"] => Some(Command::Help),
        ["QUIT" | "EXIT"] => Some(Command::Quit),
        ["CLEAR"] => Some(Command::Clear),
        _ => None,
    }
}

/// Whether a `;` at the end of this ends the statement: that of `EXECUTE STATEMENT SET BEGIN INSERT ...;` does not.
fn is_whole(text: &str) -> bool {
    match sql::parser::parse_script(text) {
        Ok(_) => true,
        Err(error) => !error.incomplete || !text.to_uppercase().contains("BEGIN"),
    }
}

/// Whether anything but comments stands there.
fn has_statement(text: &str) -> bool {
    tokenize(text).tokens.iter().any(|token| token.kind != TokenKind::Eof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_end_where_they_are_whole() {
        let text = "-- first; comment\nSELECT ';' ;\n\nEXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END;\nSELECT 2\n-- end";
        let found = split(text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[0], "-- first; comment\nSELECT ';' ;");
        assert!(found[1].ends_with("END;"));
        assert!(found[2].starts_with("SELECT 2"));
        assert_eq!(split("SELECT nonsense from from; SHOW TABLES;").len(), 2);
        assert!(split(" -- nothing\n").is_empty());
    }

    #[test]
    fn a_line_is_run_when_it_ends_with_a_semicolon() {
        for (text, complete) in [
            ("SELECT 1", false),
            ("SELECT 1;", true),
            ("SELECT ';", false),
            ("help", true),
            ("quit;", true),
            ("", true),
            ("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;", false),
        ] {
            assert_eq!(is_complete(text), complete, "{text}");
        }
        assert_eq!(command("Exit ;"), Some(Command::Quit));
        assert_eq!(command("SELECT 1"), None);
    }
}
