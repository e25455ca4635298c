//! The keys of one batch, encoded and hashed, and what is known of all keys of an operator from their types.

use dataflow::binary_row::{EncodedKeys, KeyEncoder, UnsupportedKey};
use dataflow::{Batch, RowType, TypeKind};

use crate::hash::{hash_bytes, hash_word};

/// How the keys of an operator lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyLayout {
    /// One column of at most 8 bytes: 8 bytes of null bits, then the value.
    Word,
    /// Every key has this many bytes.
    Fixed(usize),
    /// Keys differ in length.
    Variable,
}

/// Encodes the keys of one batch after the other; the buffers are reused.
#[derive(Debug)]
pub struct KeyBatch {
    encoder: KeyEncoder,
    layout: KeyLayout,
    keys: EncodedKeys,
    hashes: Vec<u64>,
}

impl KeyBatch {
    /// For these columns of rows of this type.
    pub fn new(row_type: &RowType, columns: &[usize]) -> Result<Self, UnsupportedKey> {
        Ok(Self {
            encoder: KeyEncoder::new(row_type, columns)?,
            layout: layout_of(&row_type.project(columns)),
            keys: EncodedKeys::default(),
            hashes: Vec::new(),
        })
    }

    /// Takes the keys of a batch in place of the last one's.
    pub fn encode(&mut self, batch: &Batch) {
        self.encoder.encode(batch, &mut self.keys);
        self.hashes.clear();
        let Self { keys, hashes, .. } = self;
        match self.layout {
            KeyLayout::Word => hashes.extend((0..keys.len()).map(|row| hash_word(word_of(keys.get(row))))),
            _ => hashes.extend((0..keys.len()).map(|row| hash_bytes(keys.get(row)))),
        }
    }

    /// Number of keys.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// One key.
    #[inline]
    pub fn get(&self, row: usize) -> &[u8] {
        self.keys.get(row)
    }

    #[inline]
    pub(crate) fn hash(&self, row: usize) -> u64 {
        self.hashes[row]
    }

    pub(crate) fn layout(&self) -> KeyLayout {
        self.layout
    }
}

/// The value of a key of layout `Word`.
#[inline]
pub(crate) fn word_of(key: &[u8]) -> u64 {
    u64::from_le_bytes(*key[8..].first_chunk().expect("a key of one column has 16 bytes"))
}

/// Whether a key of layout `Word` is NULL.
#[inline]
pub(crate) fn word_is_null(key: &[u8]) -> bool {
    key[1] != 0
}

fn layout_of(keys: &RowType) -> KeyLayout {
    let fixed = keys.fields.iter().all(|field| match &field.ty.kind {
        TypeKind::Char { .. }
        | TypeKind::Varchar { .. }
        | TypeKind::Binary { .. }
        | TypeKind::Varbinary { .. }
        | TypeKind::Array(_)
        | TypeKind::Map(..)
        | TypeKind::Multiset(_)
        | TypeKind::Row(_) => false,
        TypeKind::Decimal { precision, .. } => *precision <= 18,
        TypeKind::Timestamp { precision, .. } | TypeKind::TimestampLtz { precision, .. } => *precision <= 3,
        _ => true,
    });
    let columns = keys.len();
    match (fixed, columns) {
        (true, 1) => KeyLayout::Word,
        (true, _) => KeyLayout::Fixed((columns + 63 + 8) / 64 * 8 + 8 * columns),
        (false, _) => KeyLayout::Variable,
    }
}
