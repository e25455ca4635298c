//! `Stabilization`: when a job of the reactive mode takes what has become of the slots. A pure machine, one a job. Times are ms since the epoch.

use std::time::Duration;

/// How long it waits for things to settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReactiveSettings {
    /// `jobmanager.adaptive-scheduler.submission.resource-stabilization-timeout`: of a job that does not run for want of slots.
    pub submission_stabilization: Duration,
    /// `jobmanager.adaptive-scheduler.executing.resource-stabilization-timeout`: of one that runs.
    pub executing_stabilization: Duration,
    /// `jobmanager.adaptive-scheduler.executing.cooldown-after-rescaling`.
    pub cooldown: Duration,
}

/// How a job and the slots look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resources {
    /// Whether the job waits for slots.
    pub is_waiting: bool,
    /// Slots that it could have.
    pub slots: u32,
    /// Whether it would run with other numbers of subtasks then.
    pub differs: bool,
}

/// Waits until it is worth to rescale a job.
#[derive(Debug, Clone)]
pub struct Stabilization {
    settings: ReactiveSettings,
    slots: Option<u32>,
    slots_since: i64,
    rescaled_at: Option<i64>,
}

impl Stabilization {
    /// For a job that was never rescaled.
    pub fn new(settings: ReactiveSettings) -> Self {
        Stabilization { settings, slots: None, slots_since: 0, rescaled_at: None }
    }

    /// Whether to rescale now. Asked again and again.
    pub fn is_due(&mut self, resources: Resources, now: i64) -> bool {
        if self.slots != Some(resources.slots) {
            self.slots = Some(resources.slots);
            self.slots_since = now;
        }
        if !resources.differs || resources.slots == 0 {
            return false;
        }
        let passed =
            |since: i64, wanted: Duration| now - since >= i64::try_from(wanted.as_millis()).unwrap_or(i64::MAX);
        let due = if resources.is_waiting {
            passed(self.slots_since, self.settings.submission_stabilization)
        } else {
            passed(self.slots_since, self.settings.executing_stabilization)
                && self.rescaled_at.is_none_or(|at| passed(at, self.settings.cooldown))
        };
        if due {
            self.rescaled_at = Some(now);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_takes_slots_when_they_have_been_there_for_a_while_and_runs_with_fewer_at_once() {
        let settings = ReactiveSettings {
            submission_stabilization: Duration::ZERO,
            executing_stabilization: Duration::from_millis(100),
            cooldown: Duration::from_millis(500),
        };
        let mut job = Stabilization::new(settings);
        let running = |slots, differs| Resources { is_waiting: false, slots, differs };
        let waiting = |slots, differs| Resources { is_waiting: true, slots, differs };
        let table = [
            (0, running(2, false), false),
            (10, running(4, true), false),
            (90, running(6, true), false),
            (150, running(6, true), false),
            (190, running(6, true), true),
            (200, running(6, false), false),
            // Another one comes soon after that, and has to wait for the end of the pause.
            (250, running(8, true), false),
            (600, running(8, true), false),
            (690, running(8, true), true),
            (700, waiting(0, true), false),
            (720, waiting(4, true), true),
        ];
        for (now, resources, due) in table {
            assert_eq!(job.is_due(resources, now), due, "at {now}: {resources:?}");
        }
    }
}
