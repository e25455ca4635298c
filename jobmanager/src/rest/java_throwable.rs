//! A failure as the bytes of Java's serialisation, which Flink's clients do not go without: a `SerializedThrowable` with a text for a stack trace and
//! no exception in it, so that they show the text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::messages::FailureCause;

/// The object up to its message: the descriptors of its classes, and that it has no cause.
const HEAD: &[u8] = b"\xac\xed\x00\x05\
    sr\x00\x29org.apache.flink.util.SerializedThrowable\x65\x16\x9d\xf5\x1f\xa7\x13\xf3\x02\x00\x03\
    L\x00\x19fullStringifiedStackTracet\x00\x12Ljava/lang/String;\
    L\x00\x16originalErrorClassNameq\x00\x7e\x00\x01\
    [\x00\x13serializedExceptiont\x00\x02[Bx\
    r\x00\x13java.lang.Exception\xd0\xfd\x1f\x3e\x1a\x3b\x1c\xc4\x02\x00\x00x\
    r\x00\x13java.lang.Throwable\xd5\xc6\x35\x27\x39\x77\xb8\xcb\x03\x00\x04\
    L\x00\x05causet\x00\x15Ljava/lang/Throwable;\
    L\x00\x0ddetailMessageq\x00\x7e\x00\x01\
    [\x00\x0astackTracet\x00\x1e[Ljava/lang/StackTraceElement;\
    L\x00\x14suppressedExceptionst\x00\x10Ljava/util/List;xpp";

/// Between its message and its own fields: no stack trace elements, no suppressed exceptions.
const MIDDLE: &[u8] =
    b"ur\x00\x1e[Ljava.lang.StackTraceElement;\x02\x46\x2a\x3c\x3c\xfd\x22\x39\x02\x00\x00xp\x00\x00\x00\x00\
    sr\x00\x1fjava.util.Collections$EmptyList\x7a\xb8\x17\xb4\x3c\xa7\x9e\xde\x02\x00\x00xpx";

/// No exception in it.
const TAIL: &[u8] = b"p";

/// A failure of a Java class, as clients read it. The first line of the stack trace is class and message.
pub(super) fn failure_cause(class: &str, stack_trace: String) -> FailureCause {
    let first_line = stack_trace.lines().next().unwrap_or_default();
    let mut bytes = HEAD.to_vec();
    text(first_line, &mut bytes);
    bytes.extend_from_slice(MIDDLE);
    text(&stack_trace, &mut bytes);
    text(class, &mut bytes);
    bytes.extend_from_slice(TAIL);
    FailureCause { class: class.to_owned(), stack_trace, serialized_throwable: STANDARD.encode(bytes) }
}

/// A string in Java's own UTF-8, in which every character of UTF-16 is encoded by itself.
fn text(text: &str, bytes: &mut Vec<u8>) {
    let mut encoded = Vec::with_capacity(text.len());
    for unit in text.encode_utf16() {
        let [low, middle, high] = [unit & 0x3f, unit >> 6 & 0x3f, unit >> 12].map(|bits| bits as u8);
        match unit {
            1..=0x7f => encoded.push(unit as u8),
            0 | 0x80..=0x7ff => encoded.extend([0xc0 | (unit >> 6) as u8, 0x80 | low]),
            _ => encoded.extend([0xe0 | high, 0x80 | middle, 0x80 | low]),
        }
    }
    match u16::try_from(encoded.len()) {
        Ok(length) => {
            bytes.push(b't');
            bytes.extend(length.to_be_bytes());
        }
        Err(_) => {
            bytes.push(b'|');
            bytes.extend((encoded.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(encoded);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java wrote of `new SerializedThrowable(new RuntimeException("MSG"))`, up to the exception in it.
    const OF_JAVA: &str = "rO0ABXNyAClvcmcuYXBhY2hlLmZsaW5rLnV0aWwuU2VyaWFsaXplZFRocm93YWJsZWUWnfUfpxPzAgADTAAZZnVsbFN0cmluZ2lmaWVkU3RhY2tUcmFjZXQAEkxqYXZhL2xhbmcvU3RyaW5nO0wAFm9yaWdpbmFsRXJyb3JDbGFzc05hbWVxAH4AAVsAE3NlcmlhbGl6ZWRFeGNlcHRpb250AAJbQnhyABNqYXZhLmxhbmcuRXhjZXB0aW9u0P0fPho7HMQCAAB4cgATamF2YS5sYW5nLlRocm93YWJsZdXGNSc5d7jLAwAETAAFY2F1c2V0ABVMamF2YS9sYW5nL1Rocm93YWJsZTtMAA1kZXRhaWxNZXNzYWdlcQB+AAFbAApzdGFja1RyYWNldAAeW0xqYXZhL2xhbmcvU3RhY2tUcmFjZUVsZW1lbnQ7TAAUc3VwcHJlc3NlZEV4Y2VwdGlvbnN0ABBMamF2YS91dGlsL0xpc3Q7eHBwdAAfamF2YS5sYW5nLlJ1bnRpbWVFeGNlcHRpb246IE1TR3VyAB5bTGphdmEubGFuZy5TdGFja1RyYWNlRWxlbWVudDsCRio8PP0iOQIAAHhwAAAAAHNyAB9qYXZhLnV0aWwuQ29sbGVjdGlvbnMkRW1wdHlMaXN0ergXtDynnt4CAAB4cHh0ACBqYXZhLmxhbmcuUnVudGltZUV4Y2VwdGlvbjogTVNHCnQAGmphdmEubGFuZy5SdW50aW1lRXhjZXB0aW9u";

    #[test]
    fn bytes_are_javas() {
        let stack_trace = "java.lang.RuntimeException: MSG\n".to_owned();
        let cause = failure_cause("java.lang.RuntimeException", stack_trace);
        let bytes = STANDARD.decode(&cause.serialized_throwable).unwrap();
        let (of_java, tail) = (STANDARD.decode(OF_JAVA).unwrap(), bytes.len() - TAIL.len());
        assert_eq!((&bytes[..tail], &bytes[tail..]), (&of_java[..], TAIL));
    }

    #[test]
    fn texts_are_in_javas_utf_8() {
        let mut bytes = Vec::new();
        text("a\0é€😀", &mut bytes);
        assert_eq!(bytes, b"t\x00\x0ea\xc0\x80\xc3\xa9\xe2\x82\xac\xed\xa0\xbd\xed\xb8\x80");
        let mut long = Vec::new();
        text(&"x".repeat(70_000), &mut long);
        assert_eq!((long[0], &long[1..9], long.len()), (b'|', &70_000u64.to_be_bytes()[..], 70_009));
    }
}
