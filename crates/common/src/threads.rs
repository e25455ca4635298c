//! The threads of this process, as the system shows them.

use std::io;
use std::path::Path;

/// A thread at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its name, of which the system keeps 15 characters.
    pub name: String,
    /// Its number.
    pub id: u32,
    /// Java's word for what it does: `RUNNABLE`, `WAITING`, `BLOCKED` (by a disk) or `TERMINATED`.
    pub state: &'static str,
}

/// All threads of this process.
pub fn of_this_process() -> io::Result<Vec<Thread>> {
    // One may end while it is looked at.
    Ok(std::fs::read_dir("/proc/self/task")?.filter_map(|thread| look_at(&thread.ok()?.path())).collect())
}

fn look_at(folder: &Path) -> Option<Thread> {
    let name = std::fs::read_to_string(folder.join("comm")).ok()?.trim_end().to_owned();
    let stat = std::fs::read_to_string(folder.join("stat")).ok()?;
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    // The state follows the name, which is in parentheses and may have some in it.
    let state = match stat.rsplit_once(") ")?.1.chars().next()? {
        'R' => "RUNNABLE",
        'D' => "BLOCKED",
        'S' | 'I' => "WAITING",
        _ => "TERMINATED",
    };
    Some(Thread { name, id, state })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_found_by_its_name() {
        let (told, waiting) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("a (b) c".into()).spawn(move || waiting.recv().is_err()).unwrap();
        let find = || of_this_process().unwrap().into_iter().find(|thread| thread.name == "a (b) c");
        while find().is_none_or(|thread| thread.state != "WAITING") {
            std::thread::yield_now();
        }
        drop(told);
        assert!(thread.join().unwrap());
    }
}
