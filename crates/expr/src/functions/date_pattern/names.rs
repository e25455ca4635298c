//! The English names that patterns write and read.

/// January first.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Monday first.
pub(super) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The first three letters.
pub(super) fn short(name: &str) -> &str {
    &name[..3]
}

/// Before and after noon.
pub(super) const HALVES: [&str; 2] = ["AM", "PM"];
