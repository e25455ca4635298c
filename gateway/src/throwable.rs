//! `Throwable`: an error as Flink's clients expect it, a chain of Java exceptions.
//!
//! The clients show the innermost cause, by its class and message, and some look for words in the text; so classes and messages are Flink's
//! where Flink has them. The frames of a stack trace would be of no use: each exception has one, because the clients' parsers want them.

use std::fmt;

/// The one frame of each exception.
const FRAME: &str = "\tat flinkrs.SqlGateway.run(SqlGateway.java)\n";

/// An exception and its causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throwable {
    class: String,
    message: String,
    cause: Option<Box<Throwable>>,
}

impl Throwable {
    /// An exception without a cause.
    pub fn new(class: impl Into<String>, message: impl Into<String>) -> Self {
        Self { class: class.into(), message: message.into(), cause: None }
    }

    /// `org.apache.flink.table.gateway.api.utils.SqlGatewayException`
    pub fn gateway(message: impl Into<String>) -> Self {
        Self::new("org.apache.flink.table.gateway.api.utils.SqlGatewayException", message)
    }

    /// `org.apache.flink.table.gateway.service.utils.SqlExecutionException`
    pub fn execution(message: impl Into<String>) -> Self {
        Self::new("org.apache.flink.table.gateway.service.utils.SqlExecutionException", message)
    }

    /// `java.lang.UnsupportedOperationException`
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new("java.lang.UnsupportedOperationException", message)
    }

    /// The chain that a stack trace shows: its first line, and those with `Caused by:`. Lines between them belong to the message before.
    pub fn from_stack_trace(trace: &str) -> Self {
        let mut chain: Vec<(String, String)> = Vec::new();
        for line in trace.lines().filter(|line| !line.starts_with("\tat ") && !line.starts_with("\t... ")) {
            let begins = line.strip_prefix("Caused by: ");
            match (begins, chain.last_mut()) {
                (None, Some((_, message))) => {
                    message.push('\n');
                    message.push_str(line);
                }
                (begins, _) => chain.push(class_and_message(begins.unwrap_or(line))),
            }
        }
        let link = |cause: Option<Throwable>, (class, message): (String, String)| {
            Some(Throwable { class, message: message.trim_end().to_owned(), cause: cause.map(Box::new) })
        };
        chain.into_iter().rev().fold(None, link).unwrap_or_else(|| Self::new("java.lang.RuntimeException", trace))
    }

    /// This exception, with `cause` behind its innermost cause.
    #[must_use]
    pub fn caused_by(mut self, cause: Throwable) -> Self {
        let mut last = &mut self;
        while last.cause.is_some() {
            last = last.cause.as_mut().expect("it was just seen");
        }
        last.cause = Some(Box::new(cause));
        self
    }

    /// `class: message`, as `toString()` has it.
    pub fn headline(&self) -> String {
        if self.message.is_empty() { self.class.clone() } else { format!("{}: {}", self.class, self.message) }
    }

    /// The innermost cause.
    pub fn root(&self) -> &Throwable {
        let mut last = self;
        while let Some(cause) = &last.cause {
            last = cause;
        }
        last
    }

    /// As Java prints it, with an end of line behind each line.
    pub fn stack_trace(&self) -> String {
        let mut text = format!("{}\n{FRAME}", self.headline());
        let mut next = self.cause.as_deref();
        while let Some(cause) = next {
            text.push_str(&format!("Caused by: {}\n{FRAME}\t... 1 more\n", cause.headline()));
            next = cause.cause.as_deref();
        }
        text
    }
}

impl fmt::Display for Throwable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root().headline())
    }
}

impl std::error::Error for Throwable {}

fn class_and_message(line: &str) -> (String, String) {
    let (class, message) = line.split_once(": ").unwrap_or((line, ""));
    if class.contains('.') && !class.contains(' ') {
        (class.to_owned(), message.to_owned())
    } else {
        ("java.lang.RuntimeException".to_owned(), line.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_is_read_back() {
        let error = Throwable::gateway("Failed to fetchResults.")
            .caused_by(Throwable::execution("Failed to execute the operation 1."))
            .caused_by(Throwable::new("a.B", "two\nlines"));
        let trace = error.stack_trace();
        let end = "Caused by: a.B: two\nlines\n\tat flinkrs.SqlGateway.run(SqlGateway.java)\n\t... 1 more\n";
        assert!(trace.ends_with(end), "{trace}");
        assert_eq!(Throwable::from_stack_trace(&trace), error);
        assert_eq!(error.to_string(), "a.B: two\nlines");
    }

    #[test]
    fn a_text_without_a_class_is_a_runtime_exception() {
        assert_eq!(
            Throwable::from_stack_trace("it broke: badly").headline(),
            "java.lang.RuntimeException: it broke: badly"
        );
        assert_eq!(Throwable::from_stack_trace("").headline(), "java.lang.RuntimeException");
    }
}
