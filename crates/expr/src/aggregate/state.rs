//! Values of accumulators as bytes, for the state of the operators that hold them.
//!
//! | value | bytes |
//! |---|---|
//! | integers, counts | zigzag, then LEB128: 7 bits a byte, the lowest first, the high bit set on all but the last |
//! | FLOAT, DOUBLE | 4 or 8, little endian |
//! | BOOLEAN | 0 or 1 |
//! | text, encoded keys | length, LEB128, then the bytes |
//! | a value or none | 0, or 1 and the value |
//! | several values | how many, LEB128, then each |
//!
//! Changing any of it changes the format of state: the version byte that the operators write before it has to be raised.

use dataflow::Failure;

/// A value that can be written and read back.
pub(super) trait StateValue: Sized {
    /// Appends it.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes it off the input.
    fn read(input: &mut &[u8]) -> Result<Self, Failure>;

    /// Bytes that it holds outside itself.
    #[inline]
    fn heap_bytes(&self) -> usize {
        0
    }
}

/// The input is not what was written.
pub(super) fn damaged() -> Failure {
    Failure::internal("the state of an aggregate is damaged").fatal()
}

fn take<'a>(input: &mut &'a [u8], length: usize) -> Result<&'a [u8], Failure> {
    let (taken, rest) = input.split_at_checked(length).ok_or_else(damaged)?;
    *input = rest;
    Ok(taken)
}

fn write_unsigned(mut value: u128, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_unsigned(input: &mut &[u8]) -> Result<u128, Failure> {
    let (mut value, mut shift) = (0u128, 0);
    loop {
        let byte = take(input, 1)?[0];
        let bits = u128::from(byte & 0x7f);
        if shift >= u128::BITS || (bits << shift) >> shift != bits {
            return Err(damaged());
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok(value);
        }
        shift += 7;
    }
}

/// Appends how many values follow.
pub(super) fn write_length(length: usize, out: &mut Vec<u8>) {
    write_unsigned(length as u128, out);
}

/// How many values or bytes follow: each has a byte at least, so that a damaged length asks for no more memory than there is input.
pub(super) fn read_length(input: &mut &[u8]) -> Result<usize, Failure> {
    let length = usize::try_from(read_unsigned(input)?).map_err(|_| damaged())?;
    if length > input.len() { Err(damaged()) } else { Ok(length) }
}

/// Appends several values.
pub(super) fn write_all<T: StateValue>(values: &[T], out: &mut Vec<u8>) {
    write_length(values.len(), out);
    values.iter().for_each(|value| value.write(out));
}

/// Takes several values off the input.
pub(super) fn read_all<T: StateValue>(input: &mut &[u8]) -> Result<Vec<T>, Failure> {
    (0..read_length(input)?).map(|_| T::read(input)).collect()
}

/// Bytes of a column of slots, without what the slots hold outside.
#[inline]
pub(super) fn column_bytes<T>(slots: &Vec<T>) -> usize {
    slots.capacity() * size_of::<T>()
}

/// About what an entry of a map costs: maps are not full.
#[inline]
pub(super) fn entry_bytes<K>(heap_bytes: usize) -> usize {
    size_of::<(K, i64)>() * 3 / 2 + heap_bytes
}

macro_rules! integer {
    ($($native:ty),*) => {$(
        impl StateValue for $native {
            #[inline]
            fn write(&self, out: &mut Vec<u8>) {
                let value = i128::from(*self);
                write_unsigned(((value << 1) ^ (value >> 127)) as u128, out);
            }

            #[inline]
            fn read(input: &mut &[u8]) -> Result<Self, Failure> {
                let bits = read_unsigned(input)?;
                Self::try_from((bits >> 1) as i128 ^ -((bits & 1) as i128)).map_err(|_| damaged())
            }
        }
    )*};
}

integer!(i8, i16, i32, i64, i128);

macro_rules! float {
    ($($native:ty),*) => {$(
        impl StateValue for $native {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn read(input: &mut &[u8]) -> Result<Self, Failure> {
                let bytes = take(input, size_of::<Self>())?;
                Ok(Self::from_le_bytes(bytes.try_into().map_err(|_| damaged())?))
            }
        }
    )*};
}

float!(f32, f64);

impl StateValue for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push((*self).into());
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        match take(input, 1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(damaged()),
        }
    }
}

impl StateValue for Box<[u8]> {
    fn write(&self, out: &mut Vec<u8>) {
        write_length(self.len(), out);
        out.extend_from_slice(self);
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        let length = read_length(input)?;
        Ok(take(input, length)?.into())
    }

    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl StateValue for Box<str> {
    fn write(&self, out: &mut Vec<u8>) {
        write_length(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        let length = read_length(input)?;
        Ok(std::str::from_utf8(take(input, length)?).map_err(|_| damaged())?.into())
    }

    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl StateValue for String {
    fn write(&self, out: &mut Vec<u8>) {
        write_length(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        Ok(Box::<str>::read(input)?.into())
    }

    fn heap_bytes(&self) -> usize {
        self.len()
    }
}

impl<T: StateValue> StateValue for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut &[u8]) -> Result<Self, Failure> {
        bool::read(input)?.then(|| T::read(input)).transpose()
    }

    fn heap_bytes(&self) -> usize {
        self.as_ref().map_or(0, T::heap_bytes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip<T: StateValue + PartialEq + std::fmt::Debug>(value: T) {
        let mut bytes = Vec::new();
        value.write(&mut bytes);
        for length in 0..bytes.len() {
            assert!(T::read(&mut &bytes[..length]).is_err(), "cut after {length} bytes: {bytes:?}");
        }
        let mut input = bytes.as_slice();
        assert_eq!(T::read(&mut input).unwrap(), value);
        assert!(input.is_empty());
    }

    proptest! {
        #[test]
        fn values_come_back(
            small: i8, number: i64, large: i128, single in -1e30f32..1e30, double in -1e300f64..1e300, flag: bool, text: String,
            bytes: Vec<u8>,
        ) {
            round_trip(small);
            round_trip(number);
            round_trip(large);
            round_trip(single);
            round_trip(double);
            round_trip(Some(flag));
            round_trip(None::<i64>);
            round_trip(text.clone().into_boxed_str());
            round_trip(text);
            round_trip(bytes.into_boxed_slice());
        }

        #[test]
        fn anything_can_be_read(bytes: Vec<u8>) {
            let _ = read_all::<Option<String>>(&mut bytes.as_slice());
            let _ = read_all::<i32>(&mut bytes.as_slice());
        }
    }

    #[test]
    fn extremes_and_the_format() {
        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            round_trip(number);
        }
        round_trip(i128::MIN);
        round_trip(i128::MAX);
        let mut bytes = Vec::new();
        300i64.write(&mut bytes);
        (-1i32).write(&mut bytes);
        Some("é".to_owned()).write(&mut bytes);
        assert_eq!(bytes, [0xd8, 0x04, 0x01, 0x01, 0x02, 0xc3, 0xa9]);
        assert!(i8::read(&mut [0x80u8, 0x02].as_slice()).is_err(), "128 is no TINYINT");
    }
}
