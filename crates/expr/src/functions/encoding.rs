//! Text and bytes in other forms: BASE64, hexadecimal, binary, character sets, hashes, URLs.

use std::fmt::Write;
use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::BinaryBuilder;
use arrow_array::types::{Int32Type, Int64Type};
use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use dataflow::{Failure, TypeKind};
use md5::{Digest, Md5};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::call::{Argument, BoundCall, Signature};
use super::family::Family::{Bytes, Int, Long, Text};
use super::family::Nullability::{Always, OfArguments};
use super::family::signature;
use super::{FunctionDef, Kernel, loops, url};
use crate::operand::Operand;
use crate::types::{is_binary, is_character};

/// Java's decoder does not ask for padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

type Infer = fn(&[Argument]) -> Option<Signature>;

/// The hashes, and their types by the length of the hexadecimal text.
const HASHES: &[(&str, &[&str], &str, Infer)] = &[
    ("MD5", &["MD5(<CHARACTER>)", "MD5(<BINARY>)"], "The MD5 hash, in hexadecimal.", hash_type::<32>),
    ("SHA1", &["SHA1(<CHARACTER>)", "SHA1(<BINARY>)"], "The SHA-1 hash, in hexadecimal.", hash_type::<40>),
    ("SHA224", &["SHA224(<CHARACTER>)", "SHA224(<BINARY>)"], "The SHA-224 hash, in hexadecimal.", hash_type::<56>),
    ("SHA256", &["SHA256(<CHARACTER>)", "SHA256(<BINARY>)"], "The SHA-256 hash, in hexadecimal.", hash_type::<64>),
    ("SHA384", &["SHA384(<CHARACTER>)", "SHA384(<BINARY>)"], "The SHA-384 hash, in hexadecimal.", hash_type::<96>),
    ("SHA512", &["SHA512(<CHARACTER>)", "SHA512(<BINARY>)"], "The SHA-512 hash, in hexadecimal.", hash_type::<128>),
];

/// The family.
pub(super) fn functions() -> Vec<FunctionDef> {
    let new = FunctionDef::new;
    let mut all = vec![
        new(
            "TO_BASE64",
            &["TO_BASE64(<CHARACTER>)", "TO_BASE64(<BINARY>)"],
            "Text or bytes in BASE64.",
            to_text,
            to_base64,
        ),
        new("FROM_BASE64", &["FROM_BASE64(<CHARACTER>)"], "Text from BASE64.", text_to_text, from_base64),
        new("HEX", &["HEX(<INTEGER>)", "HEX(<CHARACTER>)"], "In hexadecimal.", hex_types, hex),
        new("UNHEX", &["UNHEX(<CHARACTER>)"], "Bytes from hexadecimal.", unhex_types, unhex),
        new("BIN", &["BIN(<INTEGER>)"], "In binary.", bin_types, bin),
        new(
            "ENCODE",
            &["ENCODE(<CHARACTER>, <CHARACTER>)"],
            "The bytes of a text in a character set.",
            encoded,
            encode,
        ),
        new("DECODE", &["DECODE(<BINARY>, <CHARACTER>)"], "The text of bytes in a character set.", decoded, decode),
        new(
            "SHA2",
            &["SHA2(<CHARACTER>, <INTEGER>)"],
            "The SHA-2 hash of so many bits, in hexadecimal.",
            sha2_types,
            sha2_of,
        ),
        new("URL_ENCODE", &["URL_ENCODE(<CHARACTER>)"], "Escaped for a URL.", url_type, url_encode),
        new("URL_DECODE", &["URL_DECODE(<CHARACTER>)"], "Without the escapes of a URL.", url_type, url_decode),
        new("PARSE_URL", PARSE_URL, "A part of a URL.", url_parts, parse_url),
    ];
    all.extend(HASHES.iter().map(|(name, forms, doc, infer)| new(name, forms, doc, *infer, hash)));
    all
}

const PARSE_URL: &[&str] = &["PARSE_URL(<CHARACTER>, <CHARACTER>)", "PARSE_URL(<CHARACTER>, <CHARACTER>, <CHARACTER>)"];

fn to_text(args: &[Argument]) -> Option<Signature> {
    text_to_text(args).or_else(|| signature(args, &[Bytes], 1, TypeKind::STRING, OfArguments))
}

fn text_to_text(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::STRING, OfArguments)
}

fn hex_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Long], 1, TypeKind::STRING, OfArguments).or_else(|| text_to_text(args))
}

fn unhex_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::BYTES, Always)
}

fn bin_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Long], 1, TypeKind::STRING, OfArguments)
}

fn encoded(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text], 2, TypeKind::BYTES, OfArguments)
}

fn decoded(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Bytes, Text], 2, TypeKind::STRING, OfArguments)
}

fn hash_type<const LENGTH: u32>(args: &[Argument]) -> Option<Signature> {
    let result = TypeKind::Char { length: LENGTH };
    signature(args, &[Text], 1, result.clone(), OfArguments)
        .or_else(|| signature(args, &[Bytes], 1, result, OfArguments))
}

fn sha2_types(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Int], 2, TypeKind::Varchar { length: 128 }, OfArguments)
}

fn url_type(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text], 1, TypeKind::STRING, Always)
}

fn url_parts(args: &[Argument]) -> Option<Signature> {
    signature(args, &[Text, Text, Text], 2, TypeKind::STRING, Always)
}

fn push_hex(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

fn to_base64(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if is_binary(call.arg(0)?) {
        return Ok(Kernel::new(|args, rows| {
            let bytes = args[0].bytes();
            Ok(loops::texts(rows, |row, out| {
                STANDARD.encode_string(bytes.get(row)?, out);
                Some(())
            }))
        }));
    }
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::texts(rows, |row, out| {
            STANDARD.encode_string(text.get(row)?, out);
            Some(())
        }))
    }))
}

fn from_base64(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let text = args[0].text();
        let decoded = (0..rows).map(|row| text.get(row).map(decode_base64).transpose());
        let decoded = decoded.collect::<Result<Vec<Option<String>>, Failure>>()?;
        Ok(loops::slices(rows, |row| decoded[row].as_deref()))
    }))
}

/// Fails in Java's words, which name the bad byte in hexadecimal.
fn decode_base64(text: &str) -> Result<String, Failure> {
    let bytes = LENIENT.decode(text).map_err(|error| match error {
        base64::DecodeError::InvalidByte(_, byte) => Failure::user(format!("Illegal base64 character {byte:x}")),
        other => Failure::user(format!("Illegal base64 text: {other}")),
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn hex(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if *call.arg(0)? == TypeKind::BigInt {
        return Ok(Kernel::new(|args, rows| {
            Ok(loops::texts(rows, |row, out| {
                let _ = write!(out, "{:X}", args[0].value::<Int64Type>(row)?);
                Some(())
            }))
        }));
    }
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::texts(rows, |row, out| {
            text.get(row)?.bytes().for_each(|byte| {
                let _ = write!(out, "{byte:02X}");
            });
            Some(())
        }))
    }))
}

fn binaries(rows: usize, value: impl Fn(usize) -> Option<Vec<u8>>) -> ArrayRef {
    let mut builder = BinaryBuilder::new();
    (0..rows).for_each(|row| builder.append_option(value(row)));
    Arc::new(builder.finish())
}

fn unhex(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(binaries(rows, |row| unhex_text(text.get(row)?)))
    }))
}

/// Of an odd number of digits the first becomes a zero byte, as in Flink.
fn unhex_text(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<Vec<u8>>>()?;
    let (odd, pairs) = digits.split_at(digits.len() % 2);
    let first = odd.iter().map(|_| 0);
    Some(first.chain(pairs.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1])).collect())
}

fn bin(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        Ok(loops::texts(rows, |row, out| {
            let _ = write!(out, "{:b}", args[0].value::<Int64Type>(row)?);
            Some(())
        }))
    }))
}

/// A character set of Java's.
#[derive(Clone, Copy)]
enum Charset {
    Ascii,
    Latin1,
    Utf8,
    Utf16 { big: bool, mark: bool },
}

impl Charset {
    fn parse(name: &str) -> Result<Charset, Failure> {
        Ok(match name.to_ascii_uppercase().as_str() {
            "US-ASCII" | "ASCII" => Charset::Ascii,
            "ISO-8859-1" | "LATIN1" => Charset::Latin1,
            "UTF-8" | "UTF8" => Charset::Utf8,
            "UTF-16BE" => Charset::Utf16 { big: true, mark: false },
            "UTF-16LE" => Charset::Utf16 { big: false, mark: false },
            "UTF-16" => Charset::Utf16 { big: true, mark: true },
            _ => return Err(Failure::user(format!("Unsupported character set: {name}"))),
        })
    }

    /// A character that the set has not is a question mark.
    fn encode(self, text: &str) -> Vec<u8> {
        let narrow = |most: u32| {
            text.chars().map(move |c| if u32::from(c) <= most { u32::from(c) as u8 } else { b'?' }).collect()
        };
        match self {
            Charset::Ascii => narrow(0x7F),
            Charset::Latin1 => narrow(0xFF),
            Charset::Utf8 => text.as_bytes().to_vec(),
            Charset::Utf16 { big, mark } => {
                let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
                units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
            }
        }
    }

    fn decode(self, bytes: &[u8]) -> String {
        match self {
            Charset::Ascii => bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '\u{FFFD}' }).collect(),
            Charset::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Charset::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Charset::Utf16 { big, mark } => {
                let units = bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
                let units: Vec<u16> =
                    units.map(|p| if big { u16::from_be_bytes(p) } else { u16::from_le_bytes(p) }).collect();
                let text = String::from_utf16_lossy(&units);
                if mark { text.trim_start_matches('\u{FEFF}').to_owned() } else { text }
            }
        }
    }
}

fn encode(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let (text, charset) = (args[0].text(), args[1].text());
        let mut builder = BinaryBuilder::new();
        for row in 0..rows {
            match text.get(row).zip(charset.get(row)) {
                Some((text, charset)) => builder.append_value(Charset::parse(charset)?.encode(text)),
                None => builder.append_null(),
            }
        }
        Ok(Arc::new(builder.finish()))
    }))
}

fn decode(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::fallible(|args, rows| {
        let (bytes, charset) = (args[0].bytes(), args[1].text());
        let decoded = (0..rows).map(|row| match bytes.get(row).zip(charset.get(row)) {
            Some((bytes, charset)) => Ok(Some(Charset::parse(charset)?.decode(bytes))),
            None => Ok(None),
        });
        let decoded = decoded.collect::<Result<Vec<Option<String>>, Failure>>()?;
        Ok(loops::slices(rows, |row| decoded[row].as_deref()))
    }))
}

fn hex_digest<D: Digest>(bytes: &[u8], out: &mut String) {
    push_hex(&D::digest(bytes), out);
}

/// Of text, or of bytes.
fn hash_kernel(digest: fn(&[u8], &mut String), of_text: bool) -> Kernel {
    Kernel::new(move |args, rows| {
        Ok(loops::texts(rows, |row, out| {
            let bytes = if of_text { args[0].text().get(row)?.as_bytes() } else { args[0].bytes().get(row)? };
            digest(bytes, out);
            Some(())
        }))
    })
}

fn hash(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    let of_text = is_character(call.arg(0)?);
    let digest: fn(&[u8], &mut String) = match call.name {
        "MD5" => hex_digest::<Md5>,
        "SHA1" => hex_digest::<Sha1>,
        "SHA224" => hex_digest::<Sha224>,
        "SHA256" => hex_digest::<Sha256>,
        "SHA384" => hex_digest::<Sha384>,
        "SHA512" => hex_digest::<Sha512>,
        _ => return Err(call.no_kernel()),
    };
    Ok(hash_kernel(digest, of_text))
}

fn sha2_digest(bits: i32) -> Result<fn(&[u8], &mut String), Failure> {
    Ok(match bits {
        224 => hex_digest::<Sha224>,
        256 => hex_digest::<Sha256>,
        384 => hex_digest::<Sha384>,
        512 => hex_digest::<Sha512>,
        _ => return Err(Failure::user("Unsupported algorithm.").fatal()),
    })
}

fn sha2_of(call: &BoundCall<'_>) -> Result<Kernel, Failure> {
    if let Some(bits) = call.constant_int(1) {
        return Ok(hash_kernel(sha2_digest(bits)?, true));
    }
    Ok(Kernel::fallible(|args, rows| {
        let text = args[0].text();
        let mut failure = None;
        let digests = loops::texts(rows, |row, out| {
            let (text, bits) = (text.get(row)?, args[1].value::<Int32Type>(row)?);
            match sha2_digest(bits) {
                Ok(digest) => digest(text.as_bytes(), out),
                Err(error) => failure = Some(error),
            }
            Some(())
        });
        failure.map_or(Ok(digests), Err)
    }))
}

fn url_encode(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::mapped(text, rows, url::encode))
    }))
}

fn url_decode(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let text = args[0].text();
        Ok(loops::texts(rows, |row, out| {
            out.push_str(&url::decode(text.get(row)?)?);
            Some(())
        }))
    }))
}

fn parse_url(_: &BoundCall<'_>) -> Result<Kernel, Failure> {
    Ok(Kernel::new(|args, rows| {
        let (text, part) = (args[0].text(), args[1].text());
        let key = args.get(2).map(Operand::text);
        Ok(loops::slices(rows, |row| {
            let url = url::Url::parse(text.get(row)?)?;
            match (part.get(row)?, &key) {
                ("QUERY", Some(key)) => url.query_value(key.get(row)?),
                (_, Some(_)) => None,
                (part, None) => url.part(part),
            }
        }))
    }))
}
