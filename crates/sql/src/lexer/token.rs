//! What the lexer makes of the text: tokens with their places.

use crate::ast::Span;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of token. Words and numbers keep no text of their own: their span cuts it out of the source.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenKind {
    /// A keyword or an identifier without quotes; which of the two is the parser's decision.
    Word,
    /// `` `name` ``, decoded.
    QuotedIdent(String),
    /// An exact number.
    Exact,
    /// A number with an exponent.
    Approximate,
    /// A character string, decoded.
    String {
        /// The text.
        value: String,
        /// The character set of a prefixed literal.
        charset: Option<String>,
    },
    /// `X'1F'`
    Binary(Vec<u8>),
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `{`
    LeftBrace,
    /// `}`
    RightBrace,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// `.`
    Dot,
    /// `:`
    Colon,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `||`
    Concat,
    /// `|`
    Bar,
    /// `^`
    Caret,
    /// `$` standing alone
    Dollar,
    /// `?`
    Question,
    /// `=`
    Eq,
    /// `<>` or `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `=>`
    Arrow,
    /// `/*+`
    HintBegin,
    /// `*/` of a hint
    HintEnd,
    /// The place where the text stops falling into tokens.
    Invalid,
    /// The end of the text.
    Eof,
}

impl TokenKind {
    /// The characters of a token that is always written the same; nothing for the others.
    pub fn symbol(&self) -> Option<&'static str> {
        Some(match self {
            TokenKind::LeftParen => "(",
            TokenKind::RightParen => ")",
            TokenKind::LeftBracket => "[",
            TokenKind::RightBracket => "]",
            TokenKind::LeftBrace => "{",
            TokenKind::RightBrace => "}",
            TokenKind::Comma => ",",
            TokenKind::Semicolon => ";",
            TokenKind::Dot => ".",
            TokenKind::Colon => ":",
            TokenKind::Plus => "+",
            TokenKind::Minus => "-",
            TokenKind::Star => "*",
            TokenKind::Slash => "/",
            TokenKind::Percent => "%",
            TokenKind::Concat => "||",
            TokenKind::Bar => "|",
            TokenKind::Caret => "^",
            TokenKind::Dollar => "$",
            TokenKind::Question => "?",
            TokenKind::Eq => "=",
            TokenKind::NotEq => "<>",
            TokenKind::Lt => "<",
            TokenKind::LtEq => "<=",
            TokenKind::Gt => ">",
            TokenKind::GtEq => ">=",
            TokenKind::Arrow => "=>",
            TokenKind::HintBegin => "/*+",
            TokenKind::HintEnd => "*/",
            _ => return None,
        })
    }
}
