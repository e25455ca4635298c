//! Samples of what tasks are at: which operator of its chain the thread of each is in, or what it waits for.

use std::collections::HashMap;
use std::time::Duration;

use dataflow::ExecutionAttemptId;

use crate::metrics::Activity;

/// Samples a second.
const SAMPLES_PER_SECOND: u64 = 100;

/// How often a task was met at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampledPlace {
    /// The chain down to the operator, or what it waits for.
    pub frames: Vec<String>,
    /// Whether it was working there.
    pub working: bool,
    /// How often.
    pub count: u64,
}

/// The samples of a number of tasks.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    met: HashMap<ExecutionAttemptId, HashMap<Activity, u64>>,
}

impl Samples {
    pub(crate) fn add(&mut self, attempt: ExecutionAttemptId, activity: Activity) {
        *self.met.entry(attempt).or_default().entry(activity).or_default() += 1;
    }

    /// With the names of what the tasks were at; `parts` names the parts of a task's chain.
    pub(crate) fn named(
        self,
        parts: impl Fn(ExecutionAttemptId) -> Vec<String>,
    ) -> Vec<(ExecutionAttemptId, Vec<SampledPlace>)> {
        let task = |(attempt, met): (ExecutionAttemptId, HashMap<Activity, u64>)| {
            let parts = parts(attempt);
            let place = |(activity, count)| SampledPlace {
                frames: frames(activity, &parts),
                working: matches!(activity, Activity::Working(_)),
                count,
            };
            let mut places: Vec<SampledPlace> = met.into_iter().map(place).collect();
            places.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.frames.cmp(&b.frames)));
            (attempt, places)
        };
        self.met.into_iter().map(task).collect()
    }
}

/// The chain calls its operators one from the other: whoever is in the third is in the first and second too.
fn frames(activity: Activity, parts: &[String]) -> Vec<String> {
    match activity {
        Activity::Working(position) => parts.iter().take(position + 1).cloned().collect(),
        Activity::WaitingForInput | Activity::WaitingForOutput => vec![activity.name(parts).to_owned()],
    }
}

/// Pause between two samples.
pub(crate) const PAUSE: Duration = Duration::from_millis(1000 / SAMPLES_PER_SECOND);

#[cfg(test)]
mod tests {
    use dataflow::{JobId, VertexId};

    use super::*;

    #[test]
    fn places_are_named_by_the_chain_down_to_them() {
        let attempt = ExecutionAttemptId { job: JobId(1), vertex: VertexId(2), subtask: 0, attempt: 0 };
        let mut samples = Samples::default();
        for activity in [Activity::Working(1), Activity::WaitingForInput, Activity::Working(1), Activity::Working(9)] {
            samples.add(attempt, activity);
        }
        let parts = || ["source", "calc", "outputs"].map(str::to_owned).to_vec();
        let named = samples.named(|_| parts());
        let place = |frames: &[&str], working, count| SampledPlace {
            frames: frames.iter().map(|frame| (*frame).to_owned()).collect(),
            working,
            count,
        };
        let expected = [
            place(&["source", "calc"], true, 2),
            place(&["source", "calc", "outputs"], true, 1),
            place(&["waiting for input"], false, 1),
        ];
        assert_eq!(named, [(attempt, expected.to_vec())]);
    }
}
