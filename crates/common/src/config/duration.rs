//! Durations as Flink's `TimeUtils` writes them: `10 s`, `1min`, `500` (milliseconds), and ISO-8601 `PT1M30S`.

use std::time::Duration;

/// Unit spellings and nanoseconds. Where Flink has a singular and a plural, both are here.
const UNITS: [(&[&str], u128); 7] = [
    (&["d", "day", "days"], 86_400_000_000_000),
    (&["h", "hour", "hours"], 3_600_000_000_000),
    (&["min", "m", "minute", "minutes"], 60_000_000_000),
    (&["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
    (&["ms", "milli", "millis", "millisecond", "milliseconds"], 1_000_000),
    // Both code points of the micro sign.
    (&["\u{b5}s", "\u{3bc}s", "micro", "micros", "microsecond", "microseconds"], 1_000),
    (&["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 1),
];

/// Parses Flink's text form; a number without a unit counts milliseconds. The error says what is wrong.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.starts_with(['P', 'p', '+', '-']) {
        return parse_iso(text);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return Err("it does not start with a number".to_owned());
    }
    let unit = text[digits..].trim().to_lowercase();
    let nanos = match unit.as_str() {
        "" => 1_000_000,
        unit => UNITS
            .iter()
            .find(|(names, _)| names.contains(&unit))
            .map(|(_, nanos)| *nanos)
            .ok_or_else(|| format!("'{unit}' is not a unit of time"))?,
    };
    let count: u128 = text[..digits].parse().map_err(|_| TOO_LONG.to_owned())?;
    from_nanos(count.checked_mul(nanos))
}

const TOO_LONG: &str = "it is longer than the longest duration";

fn from_nanos(nanos: Option<u128>) -> Result<Duration, String> {
    let nanos = nanos.ok_or(TOO_LONG)?;
    let seconds = u64::try_from(nanos / 1_000_000_000).ok().filter(|s| i64::try_from(*s).is_ok()).ok_or(TOO_LONG)?;
    Ok(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
}

/// ISO-8601 as `java.time.Duration.parse` reads it: `P[nD][T[nH][nM][n[.f]S]]`, without negative parts.
fn parse_iso(text: &str) -> Result<Duration, String> {
    let malformed = || "it is not an ISO-8601 duration".to_owned();
    let upper = text.trim_start_matches('+').to_ascii_uppercase();
    if upper.contains('-') {
        return Err("a negative duration makes no sense here".to_owned());
    }
    let body = upper.strip_prefix('P').ok_or_else(malformed)?;
    let (days, time) = match body.split_once('T') {
        Some((_, "")) => return Err(malformed()),
        Some((days, time)) => (days, time),
        None => (body, ""),
    };
    if days.is_empty() && time.is_empty() {
        return Err(malformed());
    }
    let mut total: u128 = 0;
    let mut add = |part: Option<u128>| -> Result<(), String> {
        total = part.and_then(|part| total.checked_add(part)).ok_or(TOO_LONG)?;
        Ok(())
    };
    if !days.is_empty() {
        let count: u128 = days.strip_suffix('D').and_then(|n| n.parse().ok()).ok_or_else(malformed)?;
        add(count.checked_mul(86_400_000_000_000))?;
    }
    let mut rest = time;
    for (unit, nanos) in [('H', 3_600_000_000_000u128), ('M', 60_000_000_000)] {
        if let Some((number, after)) = rest.split_once(unit) {
            add(number.parse::<u128>().map_err(|_| malformed())?.checked_mul(nanos))?;
            rest = after;
        }
    }
    if !rest.is_empty() {
        let number = rest.strip_suffix('S').ok_or_else(malformed)?;
        let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
        if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return Err(malformed());
        }
        let fraction: u128 = format!("{fraction:0<9}").parse().map_err(|_| malformed())?;
        let whole: u128 = whole.parse().map_err(|_| malformed())?;
        add(whole.checked_mul(1_000_000_000).and_then(|whole| whole.checked_add(fraction)))?;
    }
    from_nanos(Some(total))
}

/// Writes a duration in its largest exact unit, as Flink's `TimeUtils.formatWithHighestUnit` does: `90 s`, `200 ms`.
pub fn format_duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    if nanos == 0 {
        return "0 ms".to_owned();
    }
    let (names, unit) = UNITS.iter().find(|(_, unit)| nanos.is_multiple_of(*unit)).unwrap_or(&UNITS[6]);
    format!("{} {}", nanos / unit, names[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_flinks_forms() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("0", ms(0)),
            ("200", ms(200)),
            ("200 ms", ms(200)),
            ("10 s", ms(10_000)),
            ("10s", ms(10_000)),
            ("10 SEC", ms(10_000)),
            ("2 seconds", ms(2_000)),
            ("1min", ms(60_000)),
            ("1 m", ms(60_000)),
            ("3 minutes", ms(180_000)),
            ("2 h", ms(7_200_000)),
            ("1 day", ms(86_400_000)),
            ("7d", ms(7 * 86_400_000)),
            ("5 µs", Duration::from_micros(5)),
            ("5 μs", Duration::from_micros(5)),
            ("5 nanos", Duration::from_nanos(5)),
            ("PT10S", ms(10_000)),
            ("PT0.2S", ms(200)),
            ("pt7.5s", ms(7_500)),
            ("PT1H", ms(3_600_000)),
            ("PT1M30S", ms(90_000)),
            ("P1DT2H", ms(26 * 3_600_000)),
            ("P2D", ms(2 * 86_400_000)),
            ("PT720H", ms(720 * 3_600_000)),
        ] {
            assert_eq!(parse_duration(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "s",
            "-1 s",
            "1.5 s",
            "10 parsecs",
            "PT",
            "P",
            "PT-1S",
            "PT1S1M",
            "P1M",
            "PT1",
            "1 s 2",
            "99999999999999999999 d",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn formats_in_the_largest_exact_unit() {
        for (nanos, text) in
            [(0, "0 ms"), (1, "1 ns"), (200_000_000, "200 ms"), (90_000_000_000, "90 s"), (3_600_000_000_000, "1 h")]
        {
            assert_eq!(format_duration(Duration::from_nanos(nanos)), text);
        }
    }

    proptest! {
        #[test]
        fn format_reads_back(nanos: u64) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}") {
            let _ = parse_duration(&text);
        }
    }
}
