//! `ProcessMetrics`: what a process says of itself under the names of Flink's `Status.JVM`, because dashboards and autoscalers ask for them. There is no JVM:
//! its heap stands for the resident memory, what has no counterpart is 0, and -1 a limit that there is not.

use std::time::{Duration, Instant};

use super::MetricGroup;

/// Clock ticks of `/proc/self/stat` in a second: the same on all architectures of Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// What stands still, by group below `Status.JVM`.
const WITHOUT_COUNTERPART: &[(&str, &[&str])] = &[
    ("ClassLoader", &["ClassesLoaded", "ClassesUnloaded"]),
    ("GarbageCollector.All", &["Count", "Time", "TimeMsPerSecond"]),
    ("GarbageCollector.G1_Young_Generation", &["Count", "Time", "TimeMsPerSecond"]),
    ("GarbageCollector.G1_Old_Generation", &["Count", "Time", "TimeMsPerSecond"]),
    ("Memory.Direct", &["Count", "MemoryUsed", "TotalCapacity"]),
    ("Memory.Mapped", &["Count", "MemoryUsed", "TotalCapacity"]),
    ("Memory.Metaspace", &["Used", "Committed"]),
    ("Memory.NonHeap", &["Used", "Committed"]),
];

/// A measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Below the role: `Status.JVM.CPU.Load`.
    pub path: String,
    /// Its value.
    pub value: f64,
    /// Whether it counts something.
    pub is_count: bool,
}

/// What a process measures of itself.
#[derive(Debug)]
pub struct ProcessMetrics {
    memory_limit: Option<u64>,
    /// When the processor time was looked at last, and what it was, seconds.
    last: (Instant, f64),
    load: f64,
}

/// The load is measured anew after so long.
const LOAD_SPAN: Duration = Duration::from_secs(1);

impl ProcessMetrics {
    /// Of this process. `memory_limit` is what it may use, bytes.
    pub fn new(memory_limit: Option<u64>) -> Self {
        Self { memory_limit, last: (Instant::now(), processor_seconds()), load: 0.0 }
    }

    /// All measurements; between two calls the load is measured.
    pub fn read(&mut self) -> Vec<Reading> {
        let (now, seconds) = (Instant::now(), processor_seconds());
        let passed = now.duration_since(self.last.0);
        if passed >= LOAD_SPAN {
            let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get()) as f64;
            self.load = ((seconds - self.last.1) / passed.as_secs_f64() / cores).clamp(0.0, 1.0);
            self.last = (now, seconds);
        }
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let open = std::fs::read_dir("/proc/self/fd").map_or(0.0, |entries| entries.count() as f64);
        let mut readings: Vec<Reading> = [
            ("CPU.Time", seconds * 1e9),
            ("Memory.Heap.Used", number_behind(&status, "VmRSS:") * 1024.0),
            ("Memory.Heap.Committed", number_behind(&status, "VmHWM:") * 1024.0),
            ("Memory.Heap.Max", self.memory_limit.map_or_else(physical_memory, |limit| limit as f64)),
            ("Memory.Metaspace.Max", -1.0),
            ("Memory.NonHeap.Max", -1.0),
            ("Threads.Count", number_behind(&status, "Threads:")),
            ("FileDescriptor.Open", open),
            ("FileDescriptor.Max", number_behind(&limits, "Max open files")),
        ]
        .into_iter()
        .map(|(name, value)| reading(name, value))
        .collect();
        for (group, names) in WITHOUT_COUNTERPART {
            readings.extend(names.iter().map(|name| reading(&format!("{group}.{name}"), 0.0)));
        }
        readings.push(Reading { is_count: false, ..reading("CPU.Load", self.load) });
        readings
    }

    /// All measurements as gauges below the group of the role.
    pub fn show(&mut self, role: &MetricGroup) {
        for Reading { path, value, .. } in self.read() {
            role.gauge(&path).set(value);
        }
    }
}

fn reading(name: &str, value: f64) -> Reading {
    Reading { path: format!("Status.JVM.{name}"), value, is_count: !name.ends_with("PerSecond") }
}

fn physical_memory() -> f64 {
    number_behind(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default(), "MemTotal:") * 1024.0
}

/// The number that follows a name at the beginning of a line; 0 without it.
fn number_behind(text: &str, name: &str) -> f64 {
    let rest = text.lines().find_map(|line| line.strip_prefix(name));
    rest.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or(0.0)
}

/// Of this process since its start, by itself and in the system.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name is in parentheses and may have any in it; the times are the 12th and 13th field behind it.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::Metrics;

    #[test]
    fn a_process_shows_what_it_uses() {
        let metrics = Metrics::new();
        let group = MetricGroup::jobmanager(&metrics, "h");
        ProcessMetrics::new(Some(1 << 30)).show(&group);
        let text = metrics.render();
        let value = |name: &str| -> f64 {
            let start = format!("flink_jobmanager_Status_JVM_{name}{{host=\"h\"}} ");
            let line = text.lines().find_map(|line| line.strip_prefix(&start));
            line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
        };
        assert!(value("Memory_Heap_Used") > 1e5 && value("Memory_Heap_Committed") >= value("Memory_Heap_Used"));
        assert_eq!(value("Memory_Heap_Max"), f64::from(1 << 30));
        assert!(value("Threads_Count") >= 1.0 && value("FileDescriptor_Open") >= 3.0);
        assert!(value("FileDescriptor_Max") >= value("FileDescriptor_Open"));
        assert_eq!((value("Memory_Metaspace_Max"), value("GarbageCollector_All_Count")), (-1.0, 0.0));
    }
}
