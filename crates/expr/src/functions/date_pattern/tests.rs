//! Patterns against what Flink answers.

use super::*;
use crate::calendar::{MILLIS_PER_DAY, days_of};

fn at(year: i64, month: u32, day: u32, millis: i64) -> i64 {
    days_of(year, month, day) * MILLIS_PER_DAY + millis
}

fn written(pattern: &str, dialect: Dialect, millis: i64, nanos: i64) -> Result<String, String> {
    let zone = (dialect == Dialect::Simple).then_some(ZoneOffset { zone: Zone::UTC, utc_millis: millis });
    let mut out = String::new();
    DatePattern::parse(pattern, dialect)?.format(LocalTime { millis, nanos, zone }, &mut out)?;
    Ok(out)
}

#[test]
fn writes_as_date_time_formatter() {
    let afternoon = at(2024, 2, 9, 54_062_123);
    let cases = [
        (
            "E EEEE d dd D M MMM MMMM y yy yyyy h hh H k K a",
            "Fri Friday 9 09 40 2 Feb February 2024 24 2024 3 03 15 15 3 PM",
        ),
        ("S SS SSSSSS n A", "1 12 123456 123456000 54062123"),
        ("'at' HH:mm", "at 15:01"),
        ("w W e u Q q G", "6 2 6 2024 1 1 AD"),
        ("YYYY-ww", "2024-06"),
        ("L LL LLL LLLL c ccc", "2 02 Feb February 6 Fri"),
        ("[yyyy]", "2024"),
        ("yyyyy MMMMM", "02024 F"),
        ("''", "'"),
        ("", ""),
    ];
    for (pattern, text) in cases {
        assert_eq!(written(pattern, Dialect::Formatter, afternoon, 456_000).as_deref(), Ok(text), "{pattern}");
    }
    let error = |pattern| written(pattern, Dialect::Formatter, 0, 0).unwrap_err();
    assert_eq!(error("yyyy-MM-dd z"), "Unable to extract ZoneId from temporal 1970-01-01T00:00");
    assert_eq!(error("bad b"), "Unknown pattern letter: b");
    assert_eq!(error("yyyy#"), "Pattern includes reserved character: '#'");
}

#[test]
fn writes_as_simple_date_format() {
    let text = written("EEE u yyyy-MM-dd HH:mm:ss.SSS Z z XXX", Dialect::Simple, 0, 0);
    assert_eq!(text.as_deref(), Ok("Thu 4 1970-01-01 00:00:00.000 +0000 UTC Z"));
    assert_eq!(written("bad b", Dialect::Simple, 0, 0).unwrap_err(), "Illegal pattern character 'b'");
}

#[test]
fn reads_as_date_time_formatter() {
    let read = |text: &str, pattern| Some(DatePattern::parse(pattern, Dialect::Formatter).unwrap().read(text)?.millis);
    let leap_day = |millis| Some(at(2024, 2, 29, millis));
    assert_eq!(read("2024/02/29 10:11:12", "yyyy/MM/dd HH:mm:ss"), leap_day(36_672_000));
    assert_eq!(read("20240229", "yyyyMMdd"), leap_day(0));
    assert_eq!(read("2024-02-29T10:11:12Z", "yyyy-MM-dd'T'HH:mm:ss'Z'"), leap_day(36_672_000));
    assert_eq!(read("29 Feb 2024", "dd MMM yyyy"), leap_day(0));
    assert_eq!(read("10:11", "HH:mm"), Some(36_660_000));
    assert_eq!(read("2024-02-30", "yyyy-MM-dd"), leap_day(0));
    assert_eq!(read("2024-2-29 1:2:3", "yyyy-MM-dd HH:mm:ss"), leap_day(3_723_000));
    assert_eq!(read("2024-02-29 10:11:12 PM", "yyyy-MM-dd hh:mm:ss a"), leap_day(79_872_000));
    assert_eq!(read("2024-02-29 10:11:12.5", "yyyy-MM-dd HH:mm:ss.SSS"), leap_day(36_672_500));
    assert_eq!(read("2024-02-29 10:11:12.5", "yyyy-MM-dd HH:mm:ss[.S]"), leap_day(36_672_500));
    assert_eq!(read("2024-02-29 10:11:12", "yyyy-MM-dd HH:mm:ss[.S]"), leap_day(36_672_000));
    assert_eq!(read("2024-02-29 10:11:12+08:00", "yyyy-MM-dd HH:mm:ssXXX"), leap_day(36_672_000));
    assert_eq!(read("2024-02-29 10:11", "yyyy-MM-dd"), None);
    assert_eq!(read("2024-13-01", "yyyy-MM-dd"), None);
    assert_eq!(read("bad", "yyyy"), None);
}

#[test]
fn reads_as_simple_date_format() {
    let read = |text: &str, pattern| Some(DatePattern::parse(pattern, Dialect::Simple).unwrap().read(text)?.millis);
    assert_eq!(read("2024-02-30", "yyyy-MM-dd"), Some(at(2024, 3, 1, 0)));
    assert_eq!(read("2024-02-29 rest", "yyyy-MM-dd"), Some(at(2024, 2, 29, 0)));
    assert_eq!(read("24-2-9", "yy-M-d"), Some(at(2024, 2, 9, 0)));
    assert_eq!(read("1:2:3", "HH:mm:ss"), Some(3_723_000));
    assert_eq!(read("2024-02-29", "yyyy-MM-dd HH"), None);
    assert_eq!(read("29/02/2024", "dd/MM/yyyy"), Some(at(2024, 2, 29, 0)));
}
