//! `Rates`: what vertices did between two answers for the same job.

use std::collections::HashMap;

use dataflow::VertexId;
use jobmanager::rest::messages::{IoMetrics, JobDetails};

/// What a vertex did; shares are means over its subtasks, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// Share of the time in which it worked.
    pub busy: f64,
    /// Share of the time in which it waited for what is behind it.
    pub back_pressured: f64,
    /// Rows read a second, over all subtasks.
    pub read: f64,
    /// Rows written a second, over all subtasks.
    pub written: f64,
}

/// The newest rates of the vertices of one job.
#[derive(Debug, Default)]
pub struct Rates {
    last: HashMap<VertexId, IoMetrics>,
    rates: HashMap<VertexId, Rate>,
}

impl Rates {
    /// Takes an answer. TaskManagers report less often than is asked: a vertex that was not measured again keeps its rate.
    pub fn observe(&mut self, job: &JobDetails) {
        for vertex in &job.vertices {
            let before = self.last.get(&vertex.id).copied();
            if let Some(before) = before {
                let Some(rate) = rate(&before, &vertex.metrics, vertex.parallelism) else { continue };
                self.rates.insert(vertex.id, rate);
            }
            self.last.insert(vertex.id, vertex.metrics);
        }
    }

    /// The rate of a vertex, when it is known.
    pub fn of(&self, vertex: VertexId) -> Option<Rate> {
        self.rates.get(&vertex).copied()
    }
}

/// Counters that have become less were reset by a restart.
fn grown(before: f64, after: f64) -> f64 {
    if after >= before { after - before } else { after }
}

fn rate(before: &IoMetrics, after: &IoMetrics, parallelism: u32) -> Option<Rate> {
    let number = |value: f64| if value.is_finite() { value } else { 0.0 };
    let busy = grown(number(before.accumulated_busy_time), number(after.accumulated_busy_time));
    let pressed = grown(before.accumulated_backpressured_time as f64, after.accumulated_backpressured_time as f64);
    let idle = grown(before.accumulated_idle_time as f64, after.accumulated_idle_time as f64);
    // All of a subtask's time is one of the three.
    let measured = busy + pressed + idle;
    if measured <= 0.0 {
        return None;
    }
    let seconds = measured / 1000.0 / f64::from(parallelism.max(1));
    Some(Rate {
        busy: busy / measured,
        back_pressured: pressed / measured,
        read: grown(before.read_records as f64, after.read_records as f64) / seconds,
        written: grown(before.write_records as f64, after.write_records as f64) / seconds,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(busy: f64, pressed: u64, idle: u64, read: u64) -> IoMetrics {
        IoMetrics {
            accumulated_busy_time: busy,
            accumulated_backpressured_time: pressed,
            accumulated_idle_time: idle,
            read_records: read,
            ..IoMetrics::default()
        }
    }

    #[test]
    fn measured_time_is_the_time_that_has_passed() {
        // Two subtasks had 4 s between them: 2 s have passed.
        let rate = rate(&metrics(1000.0, 0, 1000, 100), &metrics(3000.0, 1000, 2000, 1100), 2).expect("measured");
        assert_eq!(rate, Rate { busy: 0.5, back_pressured: 0.25, read: 500.0, written: 0.0 });
    }

    #[test]
    fn what_was_not_measured_again_has_no_rate_and_a_restart_counts_anew() {
        let same = metrics(5.0, 5, 5, 5);
        assert_eq!(rate(&same, &same, 1), None);
        let restarted = rate(&metrics(9000.0, 0, 9000, 9999), &metrics(1000.0, 0, 1000, 50), 2).expect("measured");
        assert_eq!((restarted.busy, restarted.read), (0.5, 50.0));
    }
}
