//! SET and RESET.

use common::config::shown;

use super::{Outcome, Session};
use crate::ast::{KeyValue, Text};
use crate::error::SqlError;

impl Session {
    pub(super) fn set(&mut self, pair: Option<&KeyValue>) -> Result<Outcome, SqlError> {
        let Some(pair) = pair else {
            let row = |(key, value): (&String, &String)| vec![Some(key.clone()), Some(shown(key, value).to_owned())];
            return Ok(Outcome::table(&["key", "value"], self.config.iter().map(row).collect()));
        };
        let (key, value) = (&pair.key.value, &pair.value.value);
        if key == "execution.runtime-mode" && value.eq_ignore_ascii_case("batch") {
            return Err(SqlError::unsupported("execution.runtime-mode 'batch' is not supported", pair.value.span)
                .with_hint("bounded tables are read to their end in 'streaming' mode too"));
        }
        self.config.insert(key.clone(), value.clone());
        Ok(Outcome::Done)
    }

    pub(super) fn reset(&mut self, key: Option<&Text>) -> Outcome {
        match key {
            None => self.config = self.initial.clone(),
            Some(key) => match self.initial.get(&key.value) {
                Some(value) => {
                    self.config.insert(key.value.clone(), value.clone());
                }
                None => {
                    self.config.remove(&key.value);
                }
            },
        }
        Outcome::Done
    }
}
