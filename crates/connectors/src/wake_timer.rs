//! Wakes tasks at a time: one thread for the whole process, for readers that wait for the clock and not for data.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::task::Waker;
use std::time::Instant;

/// Wakes `waker` at `instant`, or soon after.
pub(crate) fn wake_at(instant: Instant, waker: Waker) {
    static TIMER: OnceLock<Sender<Alarm>> = OnceLock::new();
    let timer = TIMER.get_or_init(|| {
        let (sender, receiver) = channel();
        let thread = std::thread::Builder::new().name("connector-timer".to_owned());
        thread.spawn(move || run(&receiver)).expect("a process that runs tasks can start one more thread");
        sender
    });
    timer.send(Alarm { instant, waker }).expect("the timer thread runs as long as the process");
}

struct Alarm {
    instant: Instant,
    waker: Waker,
}

fn run(alarms: &Receiver<Alarm>) {
    let mut waiting: BinaryHeap<Alarm> = BinaryHeap::new();
    loop {
        let now = Instant::now();
        while waiting.peek().is_some_and(|alarm| alarm.instant <= now) {
            waiting.pop().into_iter().for_each(|alarm| alarm.waker.wake());
        }
        let next = match waiting.peek() {
            Some(alarm) => alarms.recv_timeout(alarm.instant.saturating_duration_since(now)),
            None => alarms.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        match next {
            Ok(alarm) => waiting.push(alarm),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Self) -> bool {
        self.instant == other.instant
    }
}

impl Eq for Alarm {}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Alarm {
    /// The earliest alarm is the greatest, because the heap gives out the greatest.
    fn cmp(&self, other: &Self) -> Ordering {
        other.instant.cmp(&self.instant)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::SyncSender;
    use std::task::Wake;
    use std::time::Duration;

    use super::*;

    struct Report(SyncSender<u32>, u32);

    impl Wake for Report {
        fn wake(self: Arc<Self>) {
            self.0.send(self.1).expect("the test waits");
        }
    }

    #[test]
    fn alarms_go_off_in_the_order_of_their_times() {
        let (sender, receiver) = std::sync::mpsc::sync_channel(3);
        let start = Instant::now();
        for delay in [60, 20, 40] {
            let waker = Waker::from(Arc::new(Report(sender.clone(), delay)));
            wake_at(start + Duration::from_millis(u64::from(delay)), waker);
        }
        let order: Vec<u32> = (0..3).map(|_| receiver.recv().expect("the timer wakes each")).collect();
        assert_eq!(order, [20, 40, 60]);
        assert!(start.elapsed() >= Duration::from_millis(60));
    }
}
