//! `WatermarkValve`: combines the watermarks of a task's channels. Flink's `StatusWatermarkValve`, as a pure machine.
//!
//! The lowest watermark of the channels that count is let through, and never goes back. A channel counts while it is active and *aligned*: one
//! that was idle counts again only when it has caught up with what was let through. When all channels are idle, so is the output.

use dataflow::{MIN_WATERMARK, WatermarkStatus};

/// What a valve lets through, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    Watermark(i64),
    Status(WatermarkStatus),
}

#[derive(Debug, Clone, Copy)]
struct Channel {
    watermark: i64,
    state: ChannelState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ChannelState {
    Aligned,
    /// Active again after having been idle, and behind.
    CatchingUp,
    Idle,
    /// Nothing follows; it holds nothing back.
    Ended,
}

/// The watermarks of the channels of one task.
#[derive(Debug)]
pub(crate) struct WatermarkValve {
    channels: Vec<Channel>,
    output: i64,
    status: WatermarkStatus,
}

impl WatermarkValve {
    /// A valve of active channels that have had no watermark.
    pub(crate) fn new(channels: usize) -> Self {
        let channel = Channel { watermark: MIN_WATERMARK, state: ChannelState::Aligned };
        Self { channels: vec![channel; channels], output: MIN_WATERMARK, status: WatermarkStatus::Active }
    }

    /// A channel has got a watermark.
    pub(crate) fn on_watermark(&mut self, channel: usize, watermark: i64) -> Vec<Passed> {
        let output = self.output;
        let channel = &mut self.channels[channel];
        if watermark <= channel.watermark || !channel.is_active() {
            return Vec::new();
        }
        channel.watermark = watermark;
        if channel.state == ChannelState::CatchingUp && watermark >= output {
            channel.state = ChannelState::Aligned;
        }
        self.advance().into_iter().collect()
    }

    /// A channel has become idle or active.
    pub(crate) fn on_status(&mut self, channel: usize, status: WatermarkStatus) -> Vec<Passed> {
        let state = &mut self.channels[channel];
        match (status, state.state) {
            (WatermarkStatus::Idle, ChannelState::Aligned | ChannelState::CatchingUp) => {
                state.state = ChannelState::Idle;
                self.after_loss(channel)
            }
            (WatermarkStatus::Active, ChannelState::Idle) => {
                let caught_up = state.watermark >= self.output;
                state.state = if caught_up { ChannelState::Aligned } else { ChannelState::CatchingUp };
                let was = std::mem::replace(&mut self.status, WatermarkStatus::Active);
                if was == WatermarkStatus::Idle { vec![Passed::Status(WatermarkStatus::Active)] } else { Vec::new() }
            }
            _ => Vec::new(),
        }
    }

    /// A channel has ended.
    pub(crate) fn on_end(&mut self, channel: usize) -> Vec<Passed> {
        if self.channels[channel].state == ChannelState::Ended {
            return Vec::new();
        }
        self.channels[channel].state = ChannelState::Ended;
        // The end of the last channel is the end of the task: nothing is to be said about time any more.
        if self.channels.iter().all(|channel| channel.state == ChannelState::Ended) {
            return Vec::new();
        }
        self.after_loss(channel)
    }

    /// A channel counts no more.
    fn after_loss(&mut self, lost: usize) -> Vec<Passed> {
        if self.channels.iter().any(Channel::is_active) {
            return self.advance().into_iter().collect();
        }
        if self.status == WatermarkStatus::Idle {
            return Vec::new();
        }
        self.status = WatermarkStatus::Idle;
        let mut passed = Vec::new();
        // The last active channel has held back what others had reached before they became idle.
        if self.channels[lost].watermark <= self.output {
            let reached = self.channels.iter().filter(|c| c.state != ChannelState::Ended).map(|c| c.watermark).max();
            if let Some(reached) = reached.filter(|reached| *reached > self.output) {
                self.output = reached;
                passed.push(Passed::Watermark(reached));
            }
        }
        passed.push(Passed::Status(WatermarkStatus::Idle));
        passed
    }

    fn advance(&mut self) -> Option<Passed> {
        let aligned = self.channels.iter().filter(|channel| channel.state == ChannelState::Aligned);
        let lowest = aligned.map(|channel| channel.watermark).min()?;
        if lowest <= self.output {
            return None;
        }
        self.output = lowest;
        Some(Passed::Watermark(lowest))
    }
}

impl Channel {
    fn is_active(&self) -> bool {
        matches!(self.state, ChannelState::Aligned | ChannelState::CatchingUp)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Event {
        Watermark(usize, i64),
        Idle(usize),
        Active(usize),
        End(usize),
    }
    use Event::{Active, End, Idle, Watermark};

    fn apply(valve: &mut WatermarkValve, event: Event) -> Vec<Passed> {
        match event {
            Watermark(channel, time) => valve.on_watermark(channel, time),
            Idle(channel) => valve.on_status(channel, WatermarkStatus::Idle),
            Active(channel) => valve.on_status(channel, WatermarkStatus::Active),
            End(channel) => valve.on_end(channel),
        }
    }

    fn text(passed: Vec<Passed>) -> String {
        let text = |passed: &Passed| match passed {
            Passed::Watermark(time) => time.to_string(),
            Passed::Status(status) => format!("{status:?}").to_lowercase(),
        };
        passed.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn table() {
        type Steps = &'static [(Event, &'static str)];
        let cases: &[(&str, usize, Steps)] = &[
            ("one channel", 1, &[(Watermark(0, 5), "5"), (Watermark(0, 4), ""), (Watermark(0, 6), "6")]),
            ("the lowest of two", 2, &[(Watermark(0, 5), ""), (Watermark(1, 3), "3"), (Watermark(1, 9), "5")]),
            (
                "an idle channel does not count",
                2,
                &[(Watermark(0, 5), ""), (Idle(1), "5"), (Watermark(0, 8), "8"), (Watermark(1, 9), "")],
            ),
            (
                "a channel that is behind catches up first",
                2,
                &[
                    (Watermark(0, 5), ""),
                    (Idle(1), "5"),
                    (Active(1), ""),
                    (Watermark(1, 3), ""),
                    (Watermark(0, 6), "6"),
                    (Watermark(1, 6), ""),
                    (Watermark(0, 9), ""),
                    (Watermark(1, 7), "7"),
                ],
            ),
            (
                "all idle, then active",
                2,
                &[
                    (Watermark(0, 5), ""),
                    (Watermark(1, 2), "2"),
                    (Idle(0), ""),
                    (Idle(1), "5 idle"),
                    (Active(1), "active"),
                    (Watermark(1, 6), "6"),
                ],
            ),
            (
                "all idle, the last one ahead",
                2,
                &[(Watermark(0, 2), ""), (Watermark(1, 5), "2"), (Idle(0), "5"), (Idle(1), "idle"), (Idle(1), "")],
            ),
            (
                "an ended channel holds nothing back",
                2,
                &[(Watermark(0, 5), ""), (End(1), "5"), (Watermark(0, 7), "7"), (End(0), "")],
            ),
            ("ended and idle", 2, &[(Watermark(0, 5), ""), (Idle(0), ""), (End(1), "5 idle")]),
        ];
        for (name, channels, steps) in cases {
            let mut valve = WatermarkValve::new(*channels);
            for (index, (event, expected)) in steps.iter().enumerate() {
                assert_eq!(text(apply(&mut valve, *event)), *expected, "{name}, step {index}: {event:?}");
            }
        }
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let event = prop_oneof![
            4 => (0usize..3, 0i64..50).prop_map(|(channel, time)| Watermark(channel, time)),
            1 => (0usize..3).prop_map(Idle),
            1 => (0usize..3).prop_map(Active),
        ];
        prop::collection::vec(event, 0..80)
    }

    proptest! {
        #[test]
        fn never_goes_back_nor_past_an_aligned_channel(events in events()) {
            let mut valve = WatermarkValve::new(3);
            let mut last = MIN_WATERMARK;
            let mut status = WatermarkStatus::Active;
            for event in events {
                for passed in apply(&mut valve, event) {
                    match passed {
                        Passed::Watermark(time) => {
                            prop_assert!(time > last);
                            prop_assert_eq!(status, WatermarkStatus::Active);
                            last = time;
                        }
                        Passed::Status(new) => {
                            prop_assert_ne!(new, status);
                            status = new;
                        }
                    }
                }
                let aligned = valve.channels.iter().filter(|c| c.state == ChannelState::Aligned);
                prop_assert!(aligned.map(|c| c.watermark).all(|watermark| watermark >= last));
                prop_assert_eq!(status == WatermarkStatus::Idle, !valve.channels.iter().any(Channel::is_active));
            }
        }
    }
}
