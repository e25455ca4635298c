//! Keyed state: hash tables over encoded keys, and timers.
