//! What the operating system says about this machine and this process (Linux's `/proc`); 0 where it says nothing.

use common::config::{ConfigError, Configuration};
use dataflow::deployment::HardwareDescription;

/// Cores and memory, and the memory for state.
pub(crate) fn hardware(config: &Configuration) -> Result<HardwareDescription, ConfigError> {
    Ok(HardwareDescription {
        cpu_cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32),
        physical_memory: kilobytes("/proc/meminfo", "MemTotal:") * 1024,
        managed_memory: runtime::managed_memory(config)?.unwrap_or(runtime::DEFAULT_MANAGED_MEMORY),
    })
}

/// Resident memory of this process, bytes.
pub(crate) fn resident_memory() -> u64 {
    kilobytes("/proc/self/status", "VmRSS:") * 1024
}

/// A line `Name:   123 kB` of a file.
fn kilobytes(file: &str, name: &str) -> u64 {
    let Ok(text) = std::fs::read_to_string(file) else { return 0 };
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::config::Origin;

    #[test]
    fn linux_tells() {
        let config = Configuration::from_map([("taskmanager.memory.process.size", "1000 mb")], Origin::Program);
        let hardware = hardware(&config).unwrap();
        assert!(hardware.cpu_cores >= 1 && hardware.physical_memory > 1 << 20);
        assert_eq!(hardware.managed_memory, 400 << 20);
        assert!(resident_memory() > 100 << 10);
    }
}
