//! Finds the values of the fields that are read: a walk over the object, which checks the whole of it and copies nothing.

use std::collections::HashMap;

use dataflow::{LogicalType, RowType, TypeKind};

use super::scanner::{Kind, Malformed, Scanner, Token};
use super::text::unescape;

/// The fields of an object that are read.
#[derive(Debug)]
pub(in crate::formats) struct RowDecoder {
    pub(super) names: Vec<String>,
    pub(super) types: Vec<LogicalType>,
    pub(super) values: Vec<ValueDecoder>,
    /// By name; used when there are too many names to compare one by one.
    index: HashMap<Vec<u8>, usize>,
    /// The value found for each field of the current object.
    pub(in crate::formats) found: Vec<Option<Token>>,
    /// Where a name is looked for first: behind the one found last.
    next: usize,
}

/// How the values of a type are found within the document. Types without parts need nothing.
#[derive(Debug)]
pub(super) enum ValueDecoder {
    Leaf,
    Row(Box<RowDecoder>),
    Array(Box<ValueDecoder>),
    Map(Box<ValueDecoder>),
}

/// More names than this are looked up by hash.
const COMPARED_NAMES: usize = 12;

impl RowDecoder {
    pub(in crate::formats) fn new(row: &RowType) -> Self {
        let names: Vec<String> = row.fields.iter().map(|field| field.name.clone()).collect();
        let index = if names.len() > COMPARED_NAMES {
            names.iter().enumerate().map(|(index, name)| (name.clone().into_bytes(), index)).collect()
        } else {
            HashMap::new()
        };
        Self {
            types: row.fields.iter().map(|field| field.ty.clone()).collect(),
            values: row.fields.iter().map(|field| ValueDecoder::new(&field.ty)).collect(),
            found: vec![None; names.len()],
            names,
            index,
            next: 0,
        }
    }

    /// Walks over the object at the scanner and notes the values of the fields that are read. Returns how many there were.
    ///
    /// As Flink does, it stops looking once it has met as many as are read: of a repeated field the last one before that counts.
    pub(in crate::formats) fn find_fields(
        &mut self,
        scanner: &mut Scanner<'_>,
        record: &[u8],
    ) -> Result<usize, Malformed> {
        self.found.fill(None);
        self.next = 0;
        let mut matched = 0;
        let mut more = scanner.open(b'}');
        while more {
            let key = scanner.key()?;
            let index = if matched < self.names.len() { self.position(key, record) } else { None };
            let value = scanner.value()?;
            if let Some(index) = index {
                self.found[index] = Some(value);
                matched += 1;
            }
            more = scanner.another(b'}')?;
        }
        Ok(matched)
    }

    fn position(&mut self, key: Token, record: &[u8]) -> Option<usize> {
        let raw = key.text(record);
        if key.kind == (Kind::String { escaped: true }) {
            let mut name = String::new();
            return if unescape(raw, &mut name) { self.lookup(name.as_bytes()) } else { None };
        }
        if self.names.get(self.next).is_some_and(|name| name.as_bytes() == raw) {
            self.next += 1;
            return Some(self.next - 1);
        }
        let found = self.lookup(raw);
        if let Some(index) = found {
            self.next = index + 1;
        }
        found
    }

    fn lookup(&self, name: &[u8]) -> Option<usize> {
        if self.index.is_empty() {
            self.names.iter().position(|candidate| candidate.as_bytes() == name)
        } else {
            self.index.get(name).copied()
        }
    }
}

impl ValueDecoder {
    fn new(ty: &LogicalType) -> Self {
        match &ty.kind {
            TypeKind::Row(row) => ValueDecoder::Row(Box::new(RowDecoder::new(row))),
            TypeKind::Array(element) => ValueDecoder::Array(Box::new(ValueDecoder::new(element))),
            TypeKind::Map(_, value) => ValueDecoder::Map(Box::new(ValueDecoder::new(value))),
            TypeKind::Multiset(_) => ValueDecoder::Map(Box::new(ValueDecoder::Leaf)),
            _ => ValueDecoder::Leaf,
        }
    }
}
