//! Random numbers by event and purpose: what an event is like depends on its number alone, whoever makes it and whatever else is made.
//!
//! The sequence is SplitMix64 (Steele, Lea and Flood, 2014), begun at a hash of the two.

const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
const PURPOSE: u64 = 0xD1B5_4A32_D192_ED03;

/// The shortest random text.
const SHORTEST: u64 = 3;

/// One in thirteen characters of a text is a gap.
const CHARACTERS: &[u8; 338] = &characters();
const GAP: u8 = b' ';

const fn characters() -> [u8; 338] {
    let mut out = [GAP; 338];
    let mut index = 26;
    while index < 338 {
        out[index] = b'a' + (index % 26) as u8;
        index += 1;
    }
    out
}

/// The random numbers of one event for one purpose.
#[derive(Debug, Clone)]
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn new(event: u64, purpose: u64) -> Self {
        Self(mixed(event.wrapping_mul(GAMMA) ^ purpose.wrapping_mul(PURPOSE)))
    }

    pub(super) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mixed(self.0)
    }

    /// From 0 to `bound` exclusive; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// From 0 inclusive to 1 exclusive.
    pub(super) fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether it is not the one case out of `ratio`.
    pub(super) fn is_hot(&mut self, ratio: u64) -> bool {
        self.below(ratio) > 0
    }

    /// One of these.
    pub(super) fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len() as u64) as usize]
    }

    /// Appends 3 characters or more, but fewer than `longest`: small letters, between them now and then a gap.
    pub(super) fn text(&mut self, longest: u64, gap: u8, out: &mut Vec<u8>) {
        let length = (SHORTEST + self.below(longest.saturating_sub(SHORTEST))) as usize;
        let start = out.len();
        while out.len() < start + length {
            let mut word = self.next_u64();
            for _ in 0..4.min(start + length - out.len()) {
                let at = ((word & 0xFFFF) as usize * CHARACTERS.len()) >> 16;
                out.push(if CHARACTERS[at] == GAP { gap } else { CHARACTERS[at] });
                word >>= 16;
            }
        }
        // A text neither begins nor ends with a gap.
        for end in [start, start + length - 1] {
            if out[end] == gap {
                out[end] = b'a' + self.below(26) as u8;
            }
        }
    }

    /// Appends so many small letters.
    pub(super) fn letters(&mut self, length: usize, out: &mut Vec<u8>) {
        const LANES: u64 = 0x00FF_00FF_00FF_00FF;
        let start = out.len();
        while out.len() < start + length {
            // Eight bytes, each scaled to 0..26, in two sets of lanes that are wide enough for the products.
            let word = self.next_u64();
            let even = (((word & LANES) * 26) >> 8) & LANES;
            let odd = ((((word >> 8) & LANES) * 26) >> 8) & LANES;
            out.extend_from_slice(&((odd << 8 | even) + 0x6161_6161_6161_6161).to_le_bytes());
        }
        out.truncate(start + length);
    }

    /// Appends letters, so that they and the `current` bytes are about `average` bytes, a fifth more or less.
    pub(super) fn extra(&mut self, current: usize, average: u64, out: &mut Vec<u8>) {
        let wanted = average.saturating_sub(current as u64);
        let delta = (wanted + 2) / 5;
        let length = wanted - delta + self.below(2 * delta);
        self.letters(length as usize, out);
    }
}

fn mixed(state: u64) -> u64 {
    let state = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ state >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ state >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_lengths_and_characters_asked_for() {
        let mut gaps = 0;
        for event in 0..1_000 {
            let mut out = b"before".to_vec();
            Draw::new(event, 1).text(20, b'_', &mut out);
            let text = &out[6..];
            assert!((3..20).contains(&text.len()), "{} characters", text.len());
            assert!(text.iter().all(|byte| byte.is_ascii_lowercase() || *byte == b'_'));
            assert!(text[0] != b'_' && text[text.len() - 1] != b'_');
            gaps += text.iter().filter(|byte| **byte == b'_').count();
        }
        assert!(gaps > 300, "{gaps} gaps");
        let mut seen = [0; 26];
        let mut out = Vec::new();
        Draw::new(7, 2).letters(26_001, &mut out);
        out.iter().for_each(|byte| seen[usize::from(byte - b'a')] += 1);
        assert!(out.len() == 26_001 && seen.iter().all(|count| (800..1_200).contains(count)), "{seen:?}");
    }

    #[test]
    fn extras_fill_up_to_the_average() {
        let lengths: Vec<usize> = (0..2_000)
            .map(|event| {
                let mut out = Vec::new();
                Draw::new(event, 3).extra(32, 100, &mut out);
                out.len()
            })
            .collect();
        assert!(lengths.iter().all(|length| (54..82).contains(length)));
        let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
        assert!((66.0..70.0).contains(&mean), "{mean}");
        let mut none = Vec::new();
        Draw::new(1, 3).extra(101, 100, &mut none);
        assert!(none.is_empty());
    }
}
