//! RAND, RAND_INTEGER and UUID. With a seed, the numbers are those of `java.util.Random`.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};

use arrow_array::types::{Float64Type, Int32Type};
use dataflow::{Failure, TypeKind};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::Int;
use super::family::Nullability::OfArguments;
use super::family::signature;
use super::{FunctionDef, Kernel, loops};
use crate::operand::Operand;

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = |name, forms, doc, infer, compile| FunctionDef {
        deterministic: false,
        ..FunctionDef::new(name, forms, doc, infer, compile)
    };
    vec![
        new("RAND", &["RAND()", "RAND(<INTEGER>)"], "A random number from 0 to 1.", double, rand),
        new(
            "RAND_INTEGER",
            &["RAND_INTEGER(<INTEGER>)", "RAND_INTEGER(<INTEGER>, <INTEGER>)"],
            "A random integer below a bound.",
            integer,
            rand_integer,
        ),
        new("UUID", &["UUID()"], "A random UUID.", identifier, uuid),
    ]
}

fn double(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Int], 0, TypeKind::Double, OfArguments)
}

fn integer(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Int, Int], 1, TypeKind::Int, OfArguments)
}

fn identifier(args: &[Argument]) -> Option<Signature> {
    signature(args, &[], 0, TypeKind::Char { length: 36 }, OfArguments)
}

/// Java's linear congruential generator.
struct JavaRandom {
    state: u64,
}

impl JavaRandom {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;

    fn new(seed: i64) -> Self {
        Self { state: (seed as u64 ^ Self::MULTIPLIER) & Self::MASK }
    }

    /// The high bits of the next state.
    fn bits(&mut self, count: u32) -> i32 {
        self.state = self.state.wrapping_mul(Self::MULTIPLIER).wrapping_add(0xB) & Self::MASK;
        (self.state >> (48 - count)) as i32
    }

    fn double(&mut self) -> f64 {
        let high = i64::from(self.bits(26)) << 27;
        (high + i64::from(self.bits(27))) as f64 / (1u64 << 53) as f64
    }

    /// A number from 0 to `bound`, which is positive; all are equally likely.
    fn below(&mut self, bound: i32) -> i32 {
        if bound & (bound - 1) == 0 {
            return ((i64::from(bound) * i64::from(self.bits(31))) >> 31) as i32;
        }
        loop {
            let bits = self.bits(31);
            let value = bits % bound;
            if bits.wrapping_sub(value).wrapping_add(bound - 1) >= 0 {
                return value;
            }
        }
    }
}

/// 64 bits that differ from call to call.
fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Where the numbers of a call come from, which has a seed when it has `with_seed` arguments.
enum Numbers {
    /// One generator for all rows.
    Shared(Mutex<JavaRandom>),
    /// The seed is a column: each row has a generator of its own, and the first number of it.
    OfEach,
}

impl Numbers {
    fn of(call: &BoundCall<'_>, with_seed: usize) -> Numbers {
        let shared = |seed: i64| Numbers::Shared(Mutex::new(JavaRandom::new(seed)));
        match call.constant_int(0) {
            _ if call.args.len() != with_seed => shared(entropy() as i64),
            Some(seed) => shared(seed.into()),
            None => Numbers::OfEach,
        }
    }

    /// One number a row, none where `draw` gives none or the seed is NULL.
    fn draw<T>(
        &self,
        args: &[Operand],
        rows: usize,
        draw: impl Fn(&mut JavaRandom, usize) -> Result<Option<T>, Failure>,
    ) -> Result<Vec<Option<T>>, Failure> {
        match self {
            Numbers::Shared(random) => {
                let mut random = random.lock().unwrap_or_else(PoisonError::into_inner);
                (0..rows).map(|row| draw(&mut random, row)).collect()
            }
            Numbers::OfEach => (0..rows)
                .map(|row| match args[0].value::<Int32Type>(row) {
                    Some(seed) => draw(&mut JavaRandom::new(seed.into()), row),
                    None => Ok(None),
                })
                .collect(),
        }
    }
}

fn rand(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let numbers = Numbers::of(call, 1);
    Ok(Kernel::fallible(move |args, rows| {
        let values = numbers.draw(args, rows, |random, _| Ok(Some(random.double())))?;
        Ok(loops::primitives::<Float64Type>(rows, |row| values[row]))
    }))
}

fn rand_integer(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let numbers = Numbers::of(call, 2);
    let bound_at = call.args.len() - 1;
    Ok(Kernel::fallible(move |args, rows| {
        let values = numbers.draw(args, rows, |random, row| match args[bound_at].value::<Int32Type>(row) {
            None => Ok(None),
            Some(bound) if bound <= 0 => Err(Failure::user("bound must be positive")),
            Some(bound) => Ok(Some(random.below(bound))),
        })?;
        Ok(loops::primitives::<Int32Type>(rows, |row| values[row]))
    }))
}

/// Version 4: random but for the version and variant bits.
fn uuid(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|_, rows| {
        Ok(loops::texts(rows, |_, out| {
            let bits = u128::from(entropy()) << 64 | u128::from(entropy());
            let bits = bits & !(0xF000 << 64) | 0x4000 << 64;
            let bits = bits & !(0xC000 << 48) | 0x8000 << 48;
            let hex = format!("{bits:032x}");
            for (index, digit) in hex.chars().enumerate() {
                if matches!(index, 8 | 12 | 16 | 20) {
                    out.push('-');
                }
                out.push(digit);
            }
            Some(())
        }))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_javas() {
        let mut random = JavaRandom::new(42);
        assert_eq!(random.double(), 0.727_563_680_032_868_1);
        let mut random = JavaRandom::new(42);
        assert_eq!((random.below(10), random.below(10)), (0, 3));
    }
}
