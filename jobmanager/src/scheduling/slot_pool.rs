//! `SlotPool`: which slots of which TaskManagers belong to which job. A pure machine of the resource manager.
//!
//! A request is met as a whole or not at all; requests that fit are met in the order in which they came, and one that does not fit yet
//! holds no other back. All vertices of a job share its slots (Flink's default slot sharing group), so a job asks once, for as many slots as
//! its widest vertex has subtasks.

use std::collections::HashSet;
use std::time::Duration;

use dataflow::JobId;
use indexmap::IndexMap;

/// What happens to slots. Times are ms since the epoch.
#[derive(Debug, Clone, PartialEq)]
pub enum SlotEvent {
    /// A TaskManager offers slots.
    TaskManagerAdded {
        /// Its name.
        resource_id: String,
        /// How many.
        slots: u32,
    },
    /// A TaskManager is gone, and its slots with it.
    TaskManagerRemoved {
        /// Its name.
        resource_id: String,
    },
    /// A job has run in these slots under an earlier JobManager: they are its own as soon as their TaskManagers offer them.
    Claimed {
        /// The job.
        job: JobId,
        /// TaskManager and index of each.
        slots: Vec<(String, u32)>,
    },
    /// A TaskManager is to be left: its slots are given to nobody any more.
    Drained {
        /// Its name.
        resource_id: String,
    },
    /// A job needs slots.
    Requested {
        /// The job.
        job: JobId,
        /// How many.
        count: u32,
        /// How long it waits for them (`slot.request.timeout`).
        timeout: Duration,
    },
    /// A job gives up all its slots and its requests.
    Released {
        /// The job.
        job: JobId,
    },
    /// Time has passed.
    Tick,
}

/// What follows.
#[derive(Debug, Clone, PartialEq)]
pub enum SlotCommand {
    /// A request is met.
    Grant {
        /// The job.
        job: JobId,
        /// TaskManager and index of each slot.
        slots: Vec<(String, u32)>,
    },
    /// A request was not met in time.
    TimedOut {
        /// The job.
        job: JobId,
        /// How many slots it needed.
        needed: u32,
        /// How many there are.
        total: u32,
        /// How many of them are free.
        free: u32,
    },
}

/// How many slots there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlotUsage {
    /// All.
    pub total: u32,
    /// Those that no job has.
    pub free: u32,
}

#[derive(Debug)]
struct PendingRequest {
    job: JobId,
    count: u32,
    deadline: i64,
}

/// The slots of a cluster.
#[derive(Debug, Default)]
pub struct SlotPool {
    /// Owner of each slot, by TaskManager in the order of registration.
    owners: IndexMap<String, Vec<Option<JobId>>>,
    /// Of TaskManagers that have not offered their slots yet.
    claims: IndexMap<(String, u32), JobId>,
    /// TaskManagers that are to be left.
    drained: HashSet<String>,
    pending: Vec<PendingRequest>,
}

impl SlotPool {
    /// A pool without slots.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event; the answer is what to tell which jobs.
    pub fn handle(&mut self, event: SlotEvent, now: i64) -> Vec<SlotCommand> {
        match event {
            SlotEvent::TaskManagerAdded { resource_id, slots } => {
                let claimed = |slot| self.claims.get(&(resource_id.clone(), slot)).copied();
                let owners = (0..slots).map(claimed).collect();
                self.claims.retain(|(claimed, _), _| *claimed != resource_id);
                self.owners.insert(resource_id, owners);
            }
            SlotEvent::TaskManagerRemoved { resource_id } => {
                self.owners.shift_remove(&resource_id);
                self.drained.remove(&resource_id);
                self.claims.retain(|(claimed, _), _| *claimed != resource_id);
            }
            SlotEvent::Drained { resource_id } => {
                self.drained.insert(resource_id);
            }
            SlotEvent::Claimed { job, slots } => {
                self.claims.extend(slots.into_iter().map(|slot| (slot, job)));
            }
            SlotEvent::Requested { job, count, timeout } => {
                let deadline = now.saturating_add(i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX));
                self.pending.push(PendingRequest { job, count, deadline });
            }
            SlotEvent::Released { job } => {
                self.pending.retain(|request| request.job != job);
                self.claims.retain(|_, claimant| *claimant != job);
                for owner in self.owners.values_mut().flatten().filter(|owner| **owner == Some(job)) {
                    *owner = None;
                }
            }
            SlotEvent::Tick => {}
        }
        let mut commands = self.grant();
        commands.extend(self.time_out(now));
        commands
    }

    /// How many slots there are.
    pub fn usage(&self) -> SlotUsage {
        let total = self.owners.values().map(Vec::len).sum::<usize>() as u32;
        let offered = self.owners.iter().filter(|(id, _)| !self.drained.contains(*id));
        let free = offered.flat_map(|(_, owners)| owners).filter(|owner| owner.is_none()).count() as u32;
        SlotUsage { total, free }
    }

    /// The owners of a TaskManager's slots.
    pub fn slots_of(&self, resource_id: &str) -> &[Option<JobId>] {
        self.owners.get(resource_id).map_or(&[], Vec::as_slice)
    }

    fn grant(&mut self) -> Vec<SlotCommand> {
        let mut commands = Vec::new();
        let mut waiting = Vec::new();
        for request in std::mem::take(&mut self.pending) {
            if self.usage().free < request.count {
                waiting.push(request);
                continue;
            }
            let mut slots = Vec::with_capacity(request.count as usize);
            for (resource_id, owners) in self.owners.iter_mut().filter(|(id, _)| !self.drained.contains(*id)) {
                for (index, owner) in owners.iter_mut().enumerate().filter(|(_, owner)| owner.is_none()) {
                    if slots.len() < request.count as usize {
                        *owner = Some(request.job);
                        slots.push((resource_id.clone(), index as u32));
                    }
                }
            }
            commands.push(SlotCommand::Grant { job: request.job, slots });
        }
        self.pending = waiting;
        commands
    }

    fn time_out(&mut self, now: i64) -> Vec<SlotCommand> {
        let SlotUsage { total, free } = self.usage();
        let (late, waiting) =
            std::mem::take(&mut self.pending).into_iter().partition(|request| request.deadline <= now);
        self.pending = waiting;
        let late: Vec<PendingRequest> = late;
        late.into_iter()
            .map(|request| SlotCommand::TimedOut { job: request.job, needed: request.count, total, free })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TIMEOUT: Duration = Duration::from_millis(100);

    fn added(resource_id: &str, slots: u32) -> SlotEvent {
        SlotEvent::TaskManagerAdded { resource_id: resource_id.to_owned(), slots }
    }

    fn requested(job: u128, count: u32) -> SlotEvent {
        SlotEvent::Requested { job: JobId(job), count, timeout: TIMEOUT }
    }

    fn released(job: u128) -> SlotEvent {
        SlotEvent::Released { job: JobId(job) }
    }

    /// Commands as text: `job=a0,a1` for a grant, `job!needed/free/total` for a timeout.
    fn run(pool: &mut SlotPool, event: SlotEvent, now: i64) -> Vec<String> {
        let text = |command| match command {
            SlotCommand::Grant { job, slots } => {
                let slots: Vec<String> = slots.into_iter().map(|(id, slot)| format!("{id}{slot}")).collect();
                format!("{}={}", job.0, slots.join(","))
            }
            SlotCommand::TimedOut { job, needed, total, free } => format!("{}!{needed}/{free}/{total}", job.0),
        };
        pool.handle(event, now).into_iter().map(text).collect()
    }

    #[test]
    fn requests_are_met_as_a_whole_and_wait_without_blocking_others() {
        let mut pool = SlotPool::new();
        let table: [(SlotEvent, i64, &[&str]); 9] = [
            (requested(1, 3), 0, &[]),
            (added("a", 2), 10, &[]),
            (requested(2, 1), 20, &["2=a0"]),
            (added("b", 2), 30, &["1=a1,b0,b1"]),
            (requested(3, 2), 40, &[]),
            (released(2), 50, &[]),
            (SlotEvent::TaskManagerRemoved { resource_id: "b".into() }, 60, &[]),
            (SlotEvent::Tick, 139, &[]),
            (SlotEvent::Tick, 140, &["3!2/1/2"]),
        ];
        for (event, now, expected) in table {
            assert_eq!(run(&mut pool, event.clone(), now), expected, "{event:?}");
        }
        assert_eq!(run(&mut pool, released(1), 200), Vec::<String>::new());
        assert_eq!(pool.usage(), SlotUsage { total: 2, free: 2 });
    }

    #[test]
    fn claimed_slots_go_to_nobody_else() {
        let mut pool = SlotPool::new();
        let slots = vec![("a".to_owned(), 1), ("b".to_owned(), 0)];
        run(&mut pool, SlotEvent::Claimed { job: JobId(7), slots }, 0);
        run(&mut pool, requested(1, 2), 0);
        assert_eq!(run(&mut pool, added("a", 2), 1), Vec::<String>::new());
        assert_eq!(pool.slots_of("a"), [None, Some(JobId(7))]);
        assert_eq!(run(&mut pool, released(7), 2), ["1=a0,a1"]);
        assert_eq!(run(&mut pool, added("b", 1), 3), Vec::<String>::new());
        assert_eq!(pool.slots_of("b"), [None]);
    }

    #[test]
    fn slots_of_a_task_manager_that_is_left_go_to_nobody() {
        let mut pool = SlotPool::new();
        run(&mut pool, added("a", 1), 0);
        run(&mut pool, added("b", 1), 0);
        run(&mut pool, SlotEvent::Drained { resource_id: "a".into() }, 1);
        assert_eq!(run(&mut pool, requested(1, 1), 2), ["1=b0"]);
        assert_eq!(run(&mut pool, requested(2, 1), 3), Vec::<String>::new());
        assert_eq!(pool.usage(), SlotUsage { total: 2, free: 0 });
        run(&mut pool, SlotEvent::TaskManagerRemoved { resource_id: "a".into() }, 4);
        assert_eq!(run(&mut pool, added("a", 1), 5), ["2=a0"], "it has come back");
    }

    #[test]
    fn a_job_that_gives_up_its_request_gets_nothing() {
        let mut pool = SlotPool::new();
        run(&mut pool, requested(1, 1), 0);
        run(&mut pool, released(1), 1);
        assert_eq!(run(&mut pool, added("a", 1), 2), Vec::<String>::new());
    }

    fn any_event() -> impl Strategy<Value = SlotEvent> {
        prop_oneof![
            ("[a-d]", 0u32..4).prop_map(|(id, slots)| added(&id, slots)),
            "[a-d]".prop_map(|resource_id| SlotEvent::TaskManagerRemoved { resource_id }),
            (0u128..4, 1u32..4).prop_map(|(job, count)| requested(job, count)),
            (0u128..4).prop_map(released),
            Just(SlotEvent::Tick),
        ]
    }

    proptest! {
        #[test]
        fn no_slot_has_two_owners(events in proptest::collection::vec(any_event(), 0..60)) {
            let mut pool = SlotPool::new();
            let mut owned: IndexMap<(String, u32), JobId> = IndexMap::new();
            for (now, event) in events.into_iter().enumerate() {
                match &event {
                    SlotEvent::TaskManagerAdded { resource_id, .. } | SlotEvent::TaskManagerRemoved { resource_id } =>
                        owned.retain(|(id, _), _| id != resource_id),
                    SlotEvent::Released { job } => owned.retain(|_, owner| owner != job),
                    SlotEvent::Requested { .. } | SlotEvent::Claimed { .. } | SlotEvent::Drained { .. } | SlotEvent::Tick => {}
                }
                for command in pool.handle(event, now as i64 * 10) {
                    if let SlotCommand::Grant { job, slots } = command {
                        for slot in slots {
                            prop_assert_eq!(owned.insert(slot, job), None);
                        }
                    }
                }
                let usage = pool.usage();
                prop_assert_eq!(usage.total - usage.free, owned.len() as u32);
            }
        }
    }
}
