//! What a failure says, out of a stack trace as Flink's REST API has it.

/// The line that only says that a job is not restarted.
const SUPPRESSED: &str = "org.apache.flink.runtime.JobException:";

/// The causes of a failure on one line, without the names of Java's classes.
pub fn causes(stack_trace: &str) -> String {
    let causes: Vec<&str> = stack_trace
        .lines()
        .filter(|line| !line.starts_with(SUPPRESSED))
        .map(|line| without_classes(line.trim_start_matches("Caused by: ")))
        .collect();
    if causes.is_empty() { stack_trace.trim_end().to_owned() } else { causes.join(": ") }
}

fn without_classes(line: &str) -> &str {
    match line.split_once(": ") {
        Some((class, message)) if class.contains('.') && !class.contains(' ') => without_classes(message),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::causes;

    #[test]
    fn classes_are_left_out() {
        for (trace, said) in [
            ("a.B: c.d.E: no savepoint: the disk is full", "no savepoint: the disk is full"),
            ("a.B: first\nCaused by: c.D: second", "first: second"),
            ("org.apache.flink.runtime.JobException: Recovery is suppressed\nCaused by: c.D: why", "why"),
            ("org.apache.flink.runtime.JobException: alone", "org.apache.flink.runtime.JobException: alone"),
            ("plain text, with a.b in it: more", "plain text, with a.b in it: more"),
        ] {
            assert_eq!(causes(trace), said);
        }
    }
}
