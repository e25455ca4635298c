//! Any text is a tree, which can be written and parsed again, or an error with a place on the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sql::parser::{parse_script, parse_statement};

fuzz_target!(|text: &str| {
    match parse_script(text) {
        Ok(statements) => {
            for statement in statements {
                let again = statement.to_string();
                assert!(parse_statement(&again).is_ok(), "{text:?} is written as {again:?}");
            }
        }
        Err(error) => {
            assert!(error.span.start <= error.span.end && error.span.end <= text.len(), "{error:?}");
            assert!(!error.render(text).is_empty());
        }
    }
});
