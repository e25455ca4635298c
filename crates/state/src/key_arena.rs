//! The bytes of keys, by slot.

/// Keys one behind the other. Bytes of removed variable-length keys stay until they are the greater part.
#[derive(Debug)]
pub(crate) enum KeyArena {
    Fixed { width: usize, bytes: Vec<u8> },
    Variable { bytes: Vec<u8>, places: Vec<(usize, u32)>, garbage: usize },
}

impl KeyArena {
    pub(crate) fn fixed(width: usize) -> Self {
        KeyArena::Fixed { width, bytes: Vec::new() }
    }

    pub(crate) fn variable() -> Self {
        KeyArena::Variable { bytes: Vec::new(), places: Vec::new(), garbage: 0 }
    }

    #[inline]
    pub(crate) fn get(&self, slot: u32) -> &[u8] {
        match self {
            KeyArena::Fixed { width, bytes } => &bytes[slot as usize * width..(slot as usize + 1) * width],
            KeyArena::Variable { bytes, places, .. } => {
                let (start, length) = places[slot as usize];
                &bytes[start..start + length as usize]
            }
        }
    }

    /// Puts a key at a slot that is free or the next one.
    pub(crate) fn put(&mut self, slot: u32, key: &[u8]) {
        match self {
            KeyArena::Fixed { width, bytes } => {
                let start = slot as usize * *width;
                if start == bytes.len() {
                    bytes.extend_from_slice(key);
                } else {
                    bytes[start..start + *width].copy_from_slice(key);
                }
            }
            KeyArena::Variable { bytes, places, .. } => {
                let place = (bytes.len(), key.len() as u32);
                bytes.extend_from_slice(key);
                if slot as usize == places.len() {
                    places.push(place);
                } else {
                    places[slot as usize] = place;
                }
            }
        }
    }

    /// The key of this slot is needed no more.
    pub(crate) fn remove(&mut self, slot: u32) {
        let KeyArena::Variable { bytes, places, garbage } = self else { return };
        *garbage += places[slot as usize].1 as usize;
        places[slot as usize] = (0, 0);
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

    pub(crate) fn memory_size(&self) -> usize {
        match self {
            KeyArena::Fixed { bytes, .. } => bytes.capacity(),
            KeyArena::Variable { bytes, places, .. } => {
                bytes.capacity() + places.capacity() * size_of::<(usize, u32)>()
            }
        }
    }
}
