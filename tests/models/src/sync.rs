//! Stands in for the library's `src/sync.rs`: what shuttle schedules instead of std's, and a clock of chance.

pub(crate) use shuttle::hint;
use shuttle::rand::Rng;
pub(crate) use shuttle::sync::{Mutex, MutexGuard, RwLock, atomic};
use std::ops::Add;
use std::sync::LockResult;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The time that passes from one look at the clock to the next is up to chance: any wait may time out, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(u64);

/// In ns. It goes on from one schedule to the next: only differences matter.
static NOW: AtomicU64 = AtomicU64::new(0);

impl Instant {
    pub(crate) fn now() -> Self {
        const STEPS: [u64; 6] = [0, 100, 1_000, 6_000, 200_000, 60_000_000];
        pass(STEPS[shuttle::rand::thread_rng().gen_range(0..STEPS.len())]);
        Instant(NOW.load(Ordering::Relaxed))
    }

    pub(crate) fn elapsed(self) -> Duration {
        Instant::now().saturating_duration_since(self)
    }

    pub(crate) fn saturating_duration_since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    pub(crate) fn checked_add(self, more: Duration) -> Option<Self> {
        self.0.checked_add(u64::try_from(more.as_nanos()).ok()?).map(Instant)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, more: Duration) -> Instant {
        self.checked_add(more).expect("no model waits for centuries")
    }
}

fn pass(ns: u64) {
    NOW.fetch_add(ns, Ordering::Relaxed);
}

/// shuttle's own never times out. This one wakes for no reason, as a condition variable may, and the clock tells.
#[derive(Debug, Default)]
pub(crate) struct Condvar(shuttle::sync::Condvar);

#[allow(dead_code)] // not all of it is used with every feature
impl Condvar {
    pub(crate) const fn new() -> Self {
        Condvar(shuttle::sync::Condvar::new())
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.0.wait(guard)
    }

    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, ())> {
        assert_eq!(timeout, Duration::MAX, "a model waits for an end, not for a time");
        Ok((self.0.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner), ()))
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

pub(crate) mod thread {
    pub(crate) use shuttle::thread::Builder;
    use std::num::NonZero;
    use std::time::Duration;

    pub(crate) fn sleep(time: Duration) {
        super::pass(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 2));
        shuttle::thread::yield_now();
    }

    /// Enough for a drain to linger.
    pub(crate) fn available_parallelism() -> std::io::Result<NonZero<usize>> {
        Ok(NonZero::new(4).expect("it is not 0"))
    }
}

/// A thread-local `Cell`, with what std's has. (All threads of a model are one thread of the system.)
pub(crate) struct Local<T: 'static>(pub(crate) shuttle::thread::LocalKey<std::cell::Cell<T>>);

impl<T: Copy> Local<T> {
    pub(crate) fn get(&'static self) -> T {
        self.0.with(std::cell::Cell::get)
    }

    pub(crate) fn set(&'static self, value: T) {
        self.0.with(|cell| cell.set(value));
    }

    pub(crate) fn replace(&'static self, value: T) -> T {
        self.0.with(|cell| cell.replace(value))
    }
}

macro_rules! thread_locals {
    ($($(#[$attr:meta])* static $name:ident: Cell<$t:ty> = const { $init:expr };)*) => {$(
        $(#[$attr])*
        static $name: $crate::sync::Local<$t> = $crate::sync::Local(shuttle::thread::LocalKey {
            init: || -> Cell<$t> { $init },
            _p: std::marker::PhantomData,
        });
    )*};
}
pub(crate) use thread_locals as thread_local;
