//! When a drain stays awake for the next call, and a caller for the answer.
//!
//! To sleep and be woken costs 4 to 60 µs, most calls of a file less than one. Where calls come one behind the other,
//! the drain lingers for the next one, and the caller spins for its answer: together, for each alone makes it worse (the two
//! threads are then on different processors, and the one that sleeps pays for it).

use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Instant, hint, thread};
use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::time::Duration;

/// How long a caller spins: longer than a hop between two threads that are awake, and much shorter than a sleep.
const SPIN: Duration = Duration::from_micros(5);
/// Calls that take longer than this on the average, in ns, gain nothing that is worth a processor.
const QUICK: u32 = 50_000;
/// Of those that take longer than this, the answer is not about to come.
const SOON: u32 = 10_000;
/// One call in so many is measured: the clock costs a tenth of the quickest ones.
const SAMPLE: u8 = 8;
/// After lingering in vain, so many times, twice as many drains do not linger as the time before.
const MOST_PENALTIES: u8 = 6;
/// Looks at the clock once in so many turns.
const TURNS: u32 = if cfg!(aiofile_shuttle) { 1 } else { 32 };

/// What is known of the pace at which calls come and run. (Small: every handle has one.)
#[derive(Default)]
pub(super) struct Pace {
    empty_since: Option<Moment>,
    /// What a call takes on the average, in ns: the value's part of it.
    run: u32,
    /// The calls until one is measured.
    unmeasured: u8,
    /// The last call came soon after the one before it.
    soon: bool,
    /// So many drains do not linger.
    skip: u8,
    penalty: u8,
}

impl Pace {
    /// A call comes, to a mailbox without a drain.
    pub(super) fn called(&mut self, linger: Duration) {
        self.soon = self.empty_since.take().is_some_and(|since| since.elapsed() < linger);
    }

    /// A call is to run. Says whether to measure it.
    pub(super) fn measures(&mut self) -> bool {
        let measures = self.unmeasured == 0;
        self.unmeasured = if measures { SAMPLE - 1 } else { self.unmeasured - 1 };
        measures
    }

    pub(super) fn measured(&mut self, took: Duration) {
        let took = u32::try_from(took.as_nanos()).unwrap_or(u32::MAX);
        self.run = self.run / 4 * 3 + took / 4;
    }

    /// The mailbox has run empty. Says whether to linger.
    pub(super) fn emptied(&mut self, now: Instant) -> bool {
        self.empty_since = Some(Moment::at(now));
        let lingers = self.soon && self.run < QUICK && self.skip == 0;
        self.skip = self.skip.saturating_sub(1);
        lingers
    }

    pub(super) fn lingered(&mut self, in_vain: bool) {
        self.soon = !in_vain;
        self.penalty = if in_vain { (self.penalty + 1).min(MOST_PENALTIES) } else { 0 };
        self.skip = if in_vain { 1 << self.penalty } else { 0 };
    }

    /// Whether the answer to a call that is next is about to come.
    pub(super) fn answers_soon(&self) -> bool {
        self.run < SOON
    }
}

/// An `Instant` in half of its bytes: in ns since the first of them, and 1.
struct Moment(NonZeroU64);

impl Moment {
    fn at(now: Instant) -> Moment {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        let since = now.saturating_duration_since(*FIRST.get_or_init(|| now)).as_nanos();
        Moment(NonZeroU64::MIN.saturating_add(u64::try_from(since).unwrap_or(u64::MAX)))
    }

    fn elapsed(self) -> Duration {
        Duration::from_nanos(Moment::at(Instant::now()).0.get().saturating_sub(self.0.get()))
    }
}

/// Leave to linger. There is none where it would take more than half of the processors.
pub(crate) struct Leave;

static LINGERING: AtomicUsize = AtomicUsize::new(0);

impl Leave {
    pub(crate) fn take() -> Option<Leave> {
        let before = LINGERING.fetch_add(1, Ordering::Relaxed);
        let leave = Leave; // gives the number back, also where it was too high
        (before < processors() / 2).then_some(leave)
    }

    /// Stays awake until it is told, or until it is time to go; says whether it was told.
    pub(crate) fn linger(self, told: &AtomicBool, until: Option<Instant>, stop: impl Fn() -> bool) -> bool {
        spin(told, || stop() || until.is_some_and(|until| Instant::now() >= until))
    }
}

impl Drop for Leave {
    fn drop(&mut self) {
        LINGERING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits a moment for an answer that is about to come; not where there is but one processor. Says for how long, in units of
/// about 0.7 µs.
pub(crate) fn spin_for(answer: &AtomicBool) -> usize {
    let mut looks = 0;
    if processors() > 1 {
        let start = Instant::now();
        spin(answer, || {
            looks += 1;
            start.elapsed() >= SPIN
        });
    }
    looks
}

fn spin(told: &AtomicBool, mut stop: impl FnMut() -> bool) -> bool {
    loop {
        for _ in 0..TURNS {
            if told.load(Ordering::Acquire) {
                return true;
            }
            hint::spin_loop();
        }
        if stop() {
            return false;
        }
    }
}

/// How many threads run at once, at most: one, also where there is a quota of one.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(|| thread::available_parallelism().map_or(1, usize::from))
}
