//! Base64 with padding and without line feeds: how JSON and CSV hold BYTES.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the encoding of `bytes`.
pub(crate) fn push_base64(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, &byte| group << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let sextet = group >> (18 - 6 * position) & 63;
            out.push(if position <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
}

/// Decodes into `out`, replacing it; blanks between groups of four are skipped. False when it is not valid.
pub(crate) fn decode_base64(text: &[u8], out: &mut Vec<u8>) -> bool {
    out.clear();
    let mut group = 0u32;
    let mut filled = 0;
    let mut padding = 0;
    for &byte in text {
        if filled == 0 && byte <= b' ' {
            continue;
        }
        let sextet = match byte {
            b'=' if filled >= 2 => {
                padding += 1;
                0
            }
            _ if padding > 0 => return false,
            _ => match sextet(byte) {
                Some(sextet) => sextet,
                None => return false,
            },
        };
        group = group << 6 | u32::from(sextet);
        filled += 1;
        if filled == 4 {
            out.extend_from_slice(&group.to_be_bytes()[1..4 - padding]);
            (group, filled) = (0, 0);
        }
    }
    filled == 0
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_not_base64_is_refused() {
        let mut out = Vec::new();
        assert!(decode_base64(b"aGk=\n", &mut out));
        assert_eq!(out, b"hi");
        for text in [&b"aGk"[..], b"aG k=", b"!", b"a===", b"aGk=aGk=", b"not base64!"] {
            assert!(!decode_base64(text, &mut out), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn encode_then_decode(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let (mut text, mut back) = (String::new(), Vec::new());
            push_base64(&mut text, &bytes);
            prop_assert!(decode_base64(text.as_bytes(), &mut back));
            prop_assert_eq!(back, bytes);
        }
    }
}
