//! `KeyArena`: byte strings by dense slot: keys of a table, sort keys of rows.

/// Keys one behind the other. Bytes of removed variable-length keys stay until they are the greater part.
#[derive(Debug)]
pub enum KeyArena {
    /// All of one length.
    Fixed {
        /// The length.
        width: usize,
        /// One behind the other.
        bytes: Vec<u8>,
    },
    /// Of any length.
    Variable {
        /// One behind the other.
        bytes: Vec<u8>,
        /// Where each is, and its length.
        places: Vec<(usize, u32)>,
        /// Bytes of those that were removed.
        garbage: usize,
    },
}

impl KeyArena {
    /// For strings of this length.
    pub fn fixed(width: usize) -> Self {
        KeyArena::Fixed { width, bytes: Vec::new() }
    }

    /// For strings of any length.
    pub fn variable() -> Self {
        KeyArena::Variable { bytes: Vec::new(), places: Vec::new(), garbage: 0 }
    }

    /// The bytes of a slot in use.
    #[inline]
    pub fn get(&self, slot: u32) -> &[u8] {
        match self {
            KeyArena::Fixed { width, bytes } => &bytes[slot as usize * width..(slot as usize + 1) * width],
            KeyArena::Variable { bytes, places, .. } => {
                let (start, length) = places[slot as usize];
                &bytes[start..start + length as usize]
            }
        }
    }

    /// Puts a key at a slot that is free.
    pub fn put(&mut self, slot: u32, key: &[u8]) {
        match self {
            KeyArena::Fixed { width, bytes } => {
                let start = slot as usize * *width;
                if start == bytes.len() {
                    bytes.extend_from_slice(key);
                } else {
                    bytes.resize(bytes.len().max(start + *width), 0);
                    bytes[start..start + *width].copy_from_slice(key);
                }
            }
            KeyArena::Variable { bytes, places, .. } => {
                let place = (bytes.len(), key.len() as u32);
                bytes.extend_from_slice(key);
                if slot as usize >= places.len() {
                    places.resize(slot as usize + 1, (0, 0));
                }
                places[slot as usize] = place;
            }
        }
    }

    /// The key of this slot, if it has one, is needed no more.
    pub fn remove(&mut self, slot: u32) {
        let KeyArena::Variable { bytes, places, garbage } = self else { return };
        let Some(place) = places.get_mut(slot as usize) else { return };
        *garbage += place.1 as usize;
        *place = (0, 0);
        if *garbage > 1 << 16 && *garbage > bytes.len() / 2 {
            let mut compact = Vec::with_capacity(bytes.len() - *garbage);
            for (start, length) in places {
                let from = *start;
                *start = compact.len();
                compact.extend_from_slice(&bytes[from..from + *length as usize]);
            }
            *bytes = compact;
            *garbage = 0;
        }
    }

    /// Bytes that it holds, about.
    pub fn memory_size(&self) -> usize {
        match self {
            KeyArena::Fixed { bytes, .. } => bytes.capacity(),
            KeyArena::Variable { bytes, places, .. } => {
                bytes.capacity() + places.capacity() * size_of::<(usize, u32)>()
            }
        }
    }
}
