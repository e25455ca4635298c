//! Tables and random runs of the barrier aligner.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataflow::CheckpointBarrier;
use dataflow::checkpoint::{Alignment, SnapshotKind};
use proptest::prelude::*;

use super::barrier_aligner::{AlignerCommand, AlignerEvent, BarrierAligner};
use super::testing::barrier as barrier_of;

const ALIGNED: Alignment = Alignment::Aligned { timeout_ms: None };
const TIMED: Alignment = Alignment::Aligned { timeout_ms: Some(100) };

fn barrier(id: u64, alignment: Alignment) -> Arc<CheckpointBarrier> {
    Arc::new(barrier_of(id, SnapshotKind::Checkpoint, alignment))
}

fn at(channel: usize, id: u64, alignment: Alignment) -> AlignerEvent {
    AlignerEvent::Barrier(channel, barrier(id, alignment))
}

fn text(commands: &[AlignerCommand]) -> String {
    let text = |command: &AlignerCommand| match command {
        AlignerCommand::Block(channel) => format!("block {channel}"),
        AlignerCommand::OpenAll => "open".to_owned(),
        AlignerCommand::Take(barrier) => match barrier.options.alignment {
            Alignment::Unaligned => format!("take {} unaligned", barrier.checkpoint_id),
            _ => format!("take {}", barrier.checkpoint_id),
        },
        AlignerCommand::Complete { checkpoint_id, alignment_ms, .. } => {
            format!("complete {checkpoint_id} after {alignment_ms}")
        }
        AlignerCommand::Decline { checkpoint_id, .. } => format!("decline {checkpoint_id}"),
    };
    commands.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Events with the time (ms after the trigger) and what they lead to.
type Steps = Vec<(i64, AlignerEvent, &'static str)>;

fn check(name: &str, channels: usize, steps: Steps) {
    let mut aligner = BarrierAligner::new(channels);
    for (index, (time, event, expected)) in steps.into_iter().enumerate() {
        let shown = format!("{event:?}");
        assert_eq!(text(&aligner.handle(event, 1_000 + time)), expected, "{name}, step {index}: {shown}");
    }
}

#[test]
fn aligned() {
    use AlignerEvent::{Aborted, Ended, Trigger};
    check("one channel", 1, vec![(5, at(0, 1, ALIGNED), "block 0, open, take 1, complete 1 after 0")]);
    check(
        "two channels, twice",
        2,
        vec![
            (5, at(1, 1, ALIGNED), "block 1"),
            (9, at(0, 1, ALIGNED), "block 0, open, take 1, complete 1 after 4"),
            (10, at(0, 2, ALIGNED), "block 0"),
            (10, at(1, 2, ALIGNED), "block 1, open, take 2, complete 2 after 0"),
        ],
    );
    check(
        "a channel that ends has its barrier",
        3,
        vec![
            (0, Ended(2), ""),
            (0, at(0, 1, ALIGNED), "block 0"),
            (3, Ended(1), "open, take 1, complete 1 after 3"),
            (4, at(0, 2, ALIGNED), "block 0, open, take 2, complete 2 after 0"),
        ],
    );
    check(
        "a newer one makes an end of the older",
        2,
        vec![
            (0, at(0, 1, ALIGNED), "block 0"),
            (1, at(1, 2, ALIGNED), "open, decline 1, block 1"),
            (2, at(1, 1, ALIGNED), ""),
            (3, at(0, 2, ALIGNED), "block 0, open, take 2, complete 2 after 2"),
            (4, at(0, 2, ALIGNED), ""),
        ],
    );
    check(
        "aborted while it waits, and before it comes",
        2,
        vec![
            (0, at(0, 1, ALIGNED), "block 0"),
            (1, Aborted(1), "open"),
            (2, at(1, 1, ALIGNED), ""),
            (3, Aborted(2), ""),
            (4, at(0, 2, ALIGNED), ""),
            (5, at(0, 3, ALIGNED), "block 0"),
            (6, at(1, 3, ALIGNED), "block 1, open, take 3, complete 3 after 1"),
        ],
    );
    check(
        "triggered when its producers have ended",
        2,
        vec![
            (0, Ended(0), ""),
            (1, Trigger(barrier(1, ALIGNED)), ""),
            (2, Ended(1), "open, take 1, complete 1 after 1"),
            (3, Trigger(barrier(2, ALIGNED)), "open, take 2, complete 2 after 0"),
        ],
    );
}

#[test]
fn at_least_once_blocks_nothing() {
    check(
        "two channels",
        2,
        vec![
            (0, at(0, 1, Alignment::AtLeastOnce), ""),
            (7, at(1, 1, Alignment::AtLeastOnce), "take 1, complete 1 after 7"),
        ],
    );
}

#[test]
fn unaligned() {
    use AlignerEvent::{Aborted, Announced, Ended, Tick, Trigger};
    check(
        "taken with the first barrier, complete with the last",
        2,
        vec![
            (0, at(0, 1, Alignment::Unaligned), "take 1 unaligned"),
            (4, at(1, 1, Alignment::Unaligned), "complete 1 after 4"),
        ],
    );
    check(
        "an aligned one that waits too long",
        3,
        vec![
            (0, at(0, 1, TIMED), "block 0"),
            (99, Tick, ""),
            (100, Tick, "open, take 1 unaligned"),
            (101, at(1, 1, TIMED), ""),
            (102, Ended(2), "complete 1 after 102"),
        ],
    );
    check(
        "one that has become unaligned at its producer",
        2,
        vec![
            (0, at(0, 1, TIMED), "block 0"),
            (50, at(1, 1, Alignment::Unaligned), "open, take 1 unaligned, complete 1 after 50"),
        ],
    );
    check(
        "one that waits behind rows in all channels",
        2,
        vec![
            (0, Announced(barrier(1, TIMED)), ""),
            (100, Tick, "open, take 1 unaligned"),
            (101, at(0, 1, Alignment::Unaligned), ""),
            (101, at(1, 1, Alignment::Unaligned), "complete 1 after 1"),
            (300, Tick, ""),
        ],
    );
    check(
        "aborted",
        2,
        vec![
            (0, at(0, 1, Alignment::Unaligned), "take 1 unaligned"),
            (1, Aborted(1), ""),
            (2, at(1, 1, Alignment::Unaligned), ""),
            (3, Announced(barrier(2, TIMED)), ""),
            (4, Aborted(2), ""),
            (500, Tick, ""),
        ],
    );
    check(
        "triggered while rows of ended producers wait",
        1,
        vec![(0, Trigger(barrier(1, Alignment::Unaligned)), "take 1 unaligned"), (1, Ended(0), "complete 1 after 1")],
    );
}

#[derive(Debug, Clone)]
enum Move {
    Barrier(usize),
    End(usize),
    Abort(u64),
    Tick(i64),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        8 => (0usize..3).prop_map(Move::Barrier),
        1 => (0usize..3).prop_map(Move::End),
        1 => (1u64..8).prop_map(Move::Abort),
        2 => (0i64..60).prop_map(Move::Tick),
    ];
    prop::collection::vec(one, 0..60)
}

proptest! {
    /// Three channels bring the barriers of all checkpoints in order, at their own pace.
    #[test]
    fn every_checkpoint_is_taken_once_in_order(moves in moves(), kinds in prop::collection::vec(0usize..3, 8)) {
        let alignment = |id: u64| [ALIGNED, TIMED, Alignment::Unaligned][kinds[id as usize % 8]];
        let mut aligner = BarrierAligner::new(3);
        let (mut next, mut now) = ([1u64; 3], 1_000);
        let (mut blocked, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let (mut taken, mut complete) = (0, 0);
        for one in moves {
            let event = match one {
                Move::Barrier(channel) if !blocked.contains(&channel) && !ended.contains(&channel) => {
                    next[channel] += 1;
                    at(channel, next[channel] - 1, alignment(next[channel] - 1))
                }
                Move::End(channel) if !blocked.contains(&channel) && ended.len() < 2 => {
                    ended.insert(channel);
                    AlignerEvent::Ended(channel)
                }
                Move::Abort(id) => AlignerEvent::Aborted(id),
                Move::Tick(time) => {
                    now += time;
                    AlignerEvent::Tick
                }
                _ => continue,
            };
            for command in aligner.handle(event, now) {
                match command {
                    AlignerCommand::Block(channel) => prop_assert!(blocked.insert(channel)),
                    AlignerCommand::OpenAll => blocked.clear(),
                    AlignerCommand::Take(barrier) => {
                        prop_assert!(barrier.checkpoint_id > taken);
                        taken = barrier.checkpoint_id;
                        // What an aligned snapshot holds: everything before the barrier on every channel, and nothing behind it.
                        if barrier.options.alignment != Alignment::Unaligned {
                            let exact = |c: usize| ended.contains(&c) || next[c] == taken + 1;
                            prop_assert!((0..3).all(exact), "{next:?}");
                        }
                    }
                    AlignerCommand::Complete { checkpoint_id, .. } => {
                        prop_assert!(checkpoint_id == taken && checkpoint_id > complete);
                        complete = checkpoint_id;
                        prop_assert!((0..3).all(|c| ended.contains(&c) || next[c] > complete));
                    }
                    AlignerCommand::Decline { checkpoint_id, .. } => prop_assert!(checkpoint_id > complete),
                }
            }
            prop_assert_eq!(aligner.missing() > 0, aligner.waiting_for().is_some());
            // Nothing is blocked for good: while channels are blocked, one that is not can still bring its barrier.
            prop_assert!(blocked.is_empty() || (0..3).any(|c| !blocked.contains(&c) && !ended.contains(&c)));
        }
    }
}
