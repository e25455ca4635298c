//! JSON_OBJECTAGG: the keys and values of a group as a JSON object, its keys in order. A key that comes twice is an error.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use dataflow::{Failure, LogicalType};

use super::fold::Fold;
use super::state::{StateValue, column_bytes, damaged, entry_bytes, read_length, write_length};
use crate::functions::json::write_json;
use crate::json::{key_order, write_text};

/// A key, which orders as Java orders strings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key(Box<str>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        key_order(&self.0, &other.0)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// The entries of each group, values as JSON.
pub(super) struct JsonMap {
    entries: Vec<BTreeMap<Key, Box<str>>>,
    map_bytes: usize,
    ty: LogicalType,
    /// ABSENT ON NULL: entries whose value is NULL are left out.
    absent: bool,
    /// What went wrong while rows were added.
    failure: Option<String>,
}

impl JsonMap {
    /// `ty` is that of the values.
    pub(super) fn new(ty: LogicalType, absent: bool) -> Self {
        Self { entries: Vec::new(), map_bytes: 0, ty, absent, failure: None }
    }

    fn insert(&mut self, group: usize, key: Key, value: Box<str>) {
        let bytes = entry_bytes::<Key>(key.0.len() + value.len());
        if self.entries[group].contains_key(&key) {
            let message = format!(
                "Key '{}' is already present. Duplicate keys are not allowed in JSON_OBJECTAGG. Please ensure that keys are unique.",
                key.0
            );
            self.failure.get_or_insert(message);
            return;
        }
        self.map_bytes += bytes;
        self.entries[group].insert(key, value);
    }

    fn take(&mut self, group: usize) -> BTreeMap<Key, Box<str>> {
        let entries = std::mem::take(&mut self.entries[group]);
        self.map_bytes -=
            entries.iter().map(|(key, value)| entry_bytes::<Key>(key.0.len() + value.len())).sum::<usize>();
        entries
    }
}

/// Keys and values.
pub(super) struct JsonMapInput<'a> {
    keys: &'a StringArray,
    values: &'a ArrayRef,
}

impl Fold for JsonMap {
    type Input<'a> = JsonMapInput<'a>;
    type Output = StringBuilder;

    const SKIPS_NULLS: bool = false;

    fn input<'a>(&self, args: &'a [ArrayRef]) -> Result<JsonMapInput<'a>, Failure> {
        match args {
            [keys, values, ..] => {
                let keys = keys.as_string_opt::<i32>();
                Ok(JsonMapInput {
                    keys: keys.ok_or_else(|| Failure::internal("a key of JSON_OBJECTAGG is not text, as planned"))?,
                    values,
                })
            }
            _ => Err(Failure::internal("JSON_OBJECTAGG has no two arguments")),
        }
    }

    fn resize(&mut self, groups: usize) {
        self.entries.resize_with(groups, BTreeMap::new);
    }

    fn add(&mut self, group: usize, input: &JsonMapInput<'_>, row: usize) {
        if input.keys.is_null(row) {
            self.failure.get_or_insert_with(|| "Key for JSON_OBJECTAGG must not be NULL".to_owned());
            return;
        }
        if self.absent && input.values.is_null(row) {
            return;
        }
        let mut value = String::new();
        write_json(input.values, row, &self.ty, &mut value);
        self.insert(group, Key(input.keys.value(row).into()), value.into());
    }

    fn retract(&mut self, group: usize, input: &JsonMapInput<'_>, row: usize) {
        if input.keys.is_valid(row) {
            let key = Key(input.keys.value(row).into());
            if let Some(value) = self.entries[group].remove(&key) {
                self.map_bytes -= entry_bytes::<Key>(key.0.len() + value.len());
            }
        }
    }

    fn output(&self, capacity: usize) -> StringBuilder {
        StringBuilder::with_capacity(capacity, capacity * 16)
    }

    fn append(&self, group: usize, output: &mut StringBuilder) {
        let mut text = String::from("{");
        for (key, value) in &self.entries[group] {
            if text.len() > 1 {
                text.push(',');
            }
            write_text(&key.0, &mut text);
            text.push(':');
            text.push_str(value);
        }
        text.push('}');
        output.append_value(&text);
    }

    fn finish(&self, mut output: StringBuilder) -> Result<ArrayRef, Failure> {
        match &self.failure {
            Some(message) => Err(Failure::user(message.clone()).fatal()),
            None => Ok(Arc::new(output.finish())),
        }
    }

    fn merge(&mut self, from: usize, into: usize) -> Result<(), Failure> {
        for (key, value) in self.entries[from].clone() {
            self.insert(into, key, value);
        }
        Ok(())
    }

    fn reset(&mut self, group: usize) {
        self.take(group);
    }

    fn write_state(&self, group: usize, out: &mut Vec<u8>) {
        write_length(self.entries[group].len(), out);
        for (key, value) in &self.entries[group] {
            key.0.write(out);
            value.write(out);
        }
    }

    fn read_state(&mut self, group: usize, input: &mut &[u8]) -> Result<(), Failure> {
        self.take(group);
        for _ in 0..read_length(input)? {
            let (key, value) = (Key(StateValue::read(input)?), Box::<str>::read(input)?);
            if self.entries[group].contains_key(&key) {
                return Err(damaged());
            }
            self.insert(group, key, value);
        }
        Ok(())
    }

    fn memory_size(&self) -> usize {
        column_bytes(&self.entries) + self.map_bytes
    }
}
