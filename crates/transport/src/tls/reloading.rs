//! `Reloading`: something made of files, made again when they change.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tracing::{info, warn};

/// How often files are looked at: when something is wanted, and not more often than this.
const INTERVAL: Duration = Duration::from_secs(1);

type Stamp = Vec<Option<(SystemTime, u64)>>;
type Make<T, E> = Box<dyn Fn() -> Result<T, E> + Send + Sync>;

/// Something made of files. What was made last stays when the files cannot be used.
pub struct Reloading<T, E> {
    files: Vec<PathBuf>,
    make: Make<T, E>,
    state: Mutex<State<T>>,
}

struct State<T> {
    current: Arc<T>,
    stamp: Stamp,
    looked: Instant,
}

impl<T, E: std::fmt::Display> Reloading<T, E> {
    /// Makes it for the first time.
    pub fn new(files: Vec<PathBuf>, make: impl Fn() -> Result<T, E> + Send + Sync + 'static) -> Result<Self, E> {
        let stamp = stamp(&files);
        let current = Arc::new(make()?);
        let state = Mutex::new(State { current, stamp, looked: Instant::now() });
        Ok(Self { files, make: Box::new(make), state })
    }

    /// As the files are now.
    pub fn current(&self) -> Arc<T> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() >= INTERVAL {
            state.looked = Instant::now();
            let now = stamp(&self.files);
            if now != state.stamp {
                // Read once, also when it fails: what is half written changes again.
                state.stamp = now;
                match (self.make)() {
                    Ok(made) => {
                        info!("read again, because it has changed: {}", self.names());
                        state.current = Arc::new(made);
                    }
                    Err(problem) => warn!("what was read before stays in use: {problem}"),
                }
            }
        }
        state.current.clone()
    }

    fn names(&self) -> String {
        self.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", ")
    }
}

impl<T, E> std::fmt::Debug for Reloading<T, E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloading").field("files", &self.files).finish_non_exhaustive()
    }
}

fn stamp(files: &[PathBuf]) -> Stamp {
    let of = |file: &PathBuf| std::fs::metadata(file).and_then(|found| Ok((found.modified()?, found.len()))).ok();
    files.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_changed_is_read_again_and_what_is_broken_is_not_taken() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_owned();
        std::fs::write(&path, "1").unwrap();
        let read = path.clone();
        let number = Reloading::new(vec![path.clone()], move || {
            std::fs::read_to_string(&read).unwrap().parse::<u32>().map_err(|error| error.to_string())
        })
        .unwrap();
        let after = |text: &str| {
            std::fs::write(&path, text).unwrap();
            number.state.lock().unwrap().looked -= INTERVAL;
            *number.current()
        };
        assert_eq!(*number.current(), 1);
        assert_eq!(after("22"), 22);
        assert_eq!(after("nonsense"), 22);
        assert_eq!(after("333"), 333);
    }
}
