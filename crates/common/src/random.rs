//! Chance. Everything that draws lots is given a [`Random`], so that a test can repeat the draw.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, RngExt, SeedableRng};

/// A random number generator that a seed determines. Not for secrets.
#[derive(Debug, Clone)]
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    /// Different in every process.
    pub fn from_system() -> Self {
        Random(rand::make_rng())
    }

    /// The same numbers for the same seed, on every machine.
    pub fn from_seed(seed: u64) -> Self {
        Random(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A generator of its own for a part of the program, so that parts do not disturb one another's draws.
    pub fn fork(&mut self) -> Self {
        Random::from_seed(self.next_u64())
    }

    /// Any 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 inclusive to 1 exclusive.
    pub fn unit(&mut self) -> f64 {
        self.0.random()
    }

    /// A number from 0 to `bound` exclusive; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.0.random_range(0..bound) }
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn a_seed_determines_the_numbers() {
        let draw = |mut random: Random| [random.next_u64(), random.below(10), random.fork().next_u64()];
        assert_eq!(draw(Random::from_seed(7)), draw(Random::from_seed(7)));
        assert_ne!(draw(Random::from_seed(7)), draw(Random::from_seed(8)));
        assert_ne!(Random::from_system().next_u64(), Random::from_system().next_u64());
        let mut random = Random::from_seed(1);
        assert!((0..1000).all(|_| random.below(3) < 3 && (0.0..1.0).contains(&random.unit())));
        assert_eq!(random.below(0), 0);
    }
}
