//! Cancellation at every await: futures are dropped after k polls, k = 0..5, and no byte is lost or comes twice.
//!
//! Only futures that were pending at each of their polls count, and of those only the ones that were polled.

mod other;
mod reads;
mod traits;
mod writes;

use crate::support::Random;
use aiofile::Pool;
pub use other::OTHER;
pub use reads::{FILE_READS, READER, VALUE_READS};
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
pub use traits::TRAITS;
pub use writes::{FILE_WRITES, VALUE_WRITES, WRITER};

/// Polls futures a few times, and drops them.
pub struct Cutter {
    pub random: Random,
    /// How many were dropped after so many polls.
    dropped: [u64; 6],
}

impl Cutter {
    fn new(seed: u64) -> Cutter {
        Cutter { random: Random::new(seed), dropped: [0; 6] }
    }

    /// Those that were polled, and pending.
    fn count(&self) -> u64 {
        self.dropped[1..].iter().sum()
    }

    /// The output, if it came within so many polls; else the future is dropped.
    fn cut<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let polls = self.random.below(self.dropped.len());
        {
            let mut future = pin!(future);
            for _ in 0..polls {
                let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                if let Poll::Ready(output) = polled {
                    return Some(output);
                }
                self.pause();
            }
        }
        self.dropped[polls] += 1;
        self.pause();
        None
    }

    /// A little while or none, so that the call is dropped queued, running or ended.
    fn pause(&mut self) {
        match self.random.below(8) {
            0..=4 => {}
            5 => std::thread::yield_now(),
            _ => {
                let (start, pause) = (Instant::now(), Duration::from_micros(self.random.below(20) as u64));
                while start.elapsed() < pause {
                    std::hint::spin_loop();
                }
            }
        }
    }
}

/// Cuts until so many were cut, on one kind of pool after the other.
fn on_all_pools(
    run: &mut crate::fault::Run,
    count: u64,
    mut f: impl FnMut(&mut crate::fault::Run, &Pool, &mut Cutter),
) {
    let supplies = crate::support::Supplies::new();
    let pools = supplies.all_pools();
    for pool in &pools {
        let mut cutter = Cutter::new(run.random.next());
        while cutter.count() < count / pools.len() as u64 {
            f(run, pool, &mut cutter);
        }
        run.injected(cutter.count());
    }
}
