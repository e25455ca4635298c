//! Which process of this machine holds a port or a lock, as `/proc` of Linux says; of processes of other users only root hears.

use std::fmt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) pid: u32,
    /// Its program, without its folder.
    program: String,
    /// What it does, when it is flinkrs.
    pub(super) role: Option<String>,
}

impl Owner {
    /// The process that listens at this port of any address.
    pub(super) fn of_port(port: u16) -> Option<Self> {
        let tables =
            ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
        let sockets: Vec<String> =
            tables.iter().flat_map(|table| listening(table, port)).map(|inode| format!("socket:[{inode}]")).collect();
        if sockets.is_empty() {
            return None;
        }
        let holds = |pid: &u32| {
            let handles = std::fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
            handles
                .filter_map(|handle| std::fs::read_link(handle.path()).ok())
                .any(|target| target.to_str().is_some_and(|target| sockets.iter().any(|socket| socket == target)))
        };
        let entries = std::fs::read_dir("/proc").ok()?.flatten();
        let pid = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()).find(holds)?;
        Self::of_process(pid)
    }

    /// The process that has locked this file, as RocksDB does.
    pub(super) fn of_lock(file: &Path) -> Option<Self> {
        let inode = std::fs::metadata(file).ok()?.ino();
        Self::of_process(locking(&std::fs::read_to_string("/proc/locks").ok()?, inode)?)
    }

    fn of_process(pid: u32) -> Option<Self> {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<String> =
            line.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let program = words.first()?.rsplit('/').next()?.to_owned();
        let role = (program == "flinkrs").then(|| words.get(1).cloned()).flatten();
        Some(Self { pid, program, role })
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.role {
            Some(role) => write!(f, "'flinkrs {role}' (process {})", self.pid),
            None => write!(f, "'{}' (process {})", self.program, self.pid),
        }
    }
}

/// The sockets that listen at a port, in a table of the kernel: local address, remote one, state, and further on the inode.
fn listening(table: &str, port: u16) -> impl Iterator<Item = &str> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).filter_map(move |line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let local = fields.get(1)?.rsplit_once(':')?.1;
        let is_it = u16::from_str_radix(local, 16).ok()? == port && *fields.get(3)? == LISTEN;
        is_it.then(|| fields.get(9).copied()).flatten()
    })
}

/// The process that holds a POSIX lock on the file with this inode.
fn locking(locks: &str, inode: u64) -> Option<u32> {
    locks.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [_, "POSIX", _, _, pid, file, ..] = fields[..] else { return None };
        (file.rsplit(':').next()?.parse::<u64>().ok()? == inode).then(|| pid.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_the_kernel_are_read() {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
                   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n   \
                   1: 0100007F:1F91 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1\n";
        assert_eq!(listening(tcp, 8081).collect::<Vec<_>>(), ["4711"]);
        assert_eq!(listening(tcp, 8082).count(), 0);
        let locks = "1: FLOCK  ADVISORY  WRITE 10 00:1a:77 0 EOF\n2: POSIX  ADVISORY  WRITE 1234 08:01:77 0 EOF\n";
        assert_eq!((locking(locks, 77), locking(locks, 78)), (Some(1234), None));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_own_port_is_ones_own() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let owner = Owner::of_port(listener.local_addr().expect("an address").port()).expect("it is this process");
        assert_eq!((owner.pid, owner.role), (std::process::id(), None));
    }
}
