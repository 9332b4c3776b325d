//! A job: what a supply of threads runs; and what the thread of one is in the middle of.

use super::{Pool, Work};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::thread_local;
use std::cell::Cell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What [`Pool::from_fn`] gives to a supply of threads: to be run once, on a thread that may block.
///
/// A dropped job loses nothing: see [`Pool::from_fn`].
#[must_use = "a job that is dropped is refused"]
pub struct Job {
    pool: Pool,
    /// `None` once it runs.
    key: Option<usize>,
    /// No other job has it.
    number: u64,
}

/// How many works deep a thread is known to be.
const DEEP: usize = 16;

thread_local! {
    /// The works that this thread is in the middle of, the innermost last. A plain array, so that it has no
    /// destructor and can be read when the process ends.
    static WORKS: Cell<[usize; DEEP]> = const { Cell::new([0; DEEP]) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static IN_PLACE: Cell<bool> = const { Cell::new(false) };
    /// The job that this thread is handing over; cleared when the supply drops it at once.
    static HANDING: Cell<Option<u64>> = const { Cell::new(None) };
}

impl Job {
    /// Does the work, and goes on with what waits in the pool. Blocks for as long as that takes.
    pub fn run(mut self) {
        let mut next = self.key.take().filter(|key| self.pool.take_job(*key, self.number));
        while let Some(key) = next {
            if let Some(work) = self.pool.work(key) {
                run(work);
            }
            next = self.pool.done(key);
        }
    }

    /// Hands a work to a supply of threads; says whether it took it. One that panicked has not, unless the job runs:
    /// tokio's does when it can have no thread, and keeps the job, which must do nothing then.
    pub(super) fn spawn(pool: &Pool, key: usize, supply: &dyn Fn(Job)) -> bool {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let outer = HANDING.replace(Some(number));
        pool.set_job(key, number);
        let job = Job { pool: pool.clone(), key: Some(key), number };
        let panicked = catch_unwind(AssertUnwindSafe(|| supply(job)));
        // The payload of a supply's panic may itself panic when it is dropped: forget it.
        let has_panicked = panicked.map_err(std::mem::forget).is_err();
        let dropped = HANDING.replace(outer).is_none();
        !(dropped || has_panicked && pool.take_job(key, number))
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        if HANDING.get() == Some(self.number) {
            HANDING.set(None);
        } else if self.pool.take_job(key, self.number) {
            self.pool.lost(key);
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("pool", &self.pool).finish()
    }
}

/// Runs a work, with the thread in the middle of it.
pub(super) fn run(work: Arc<dyn Work>) {
    let depth = DEPTH.get();
    if depth < DEEP {
        let mut works = WORKS.get();
        works[depth] = work.id();
        WORKS.set(works);
    }
    DEPTH.set(depth + 1);
    work.run(); // which catches what panics
    DEPTH.set(depth);
}

/// The same, on the thread that asked for it: which goes on with what is its own.
pub(super) fn run_in_place(work: Arc<dyn Work>) {
    let outer = IN_PLACE.replace(true);
    run(work);
    IN_PLACE.set(outer);
}

/// Whether this thread runs a work of its own asking, and is wanted back.
pub(crate) fn is_in_place() -> bool {
    IN_PLACE.get()
}

pub(crate) fn on_job_thread() -> bool {
    DEPTH.get() > 0
}

/// The work that this thread is in the middle of.
pub(super) fn innermost() -> Option<usize> {
    all().last().copied()
}

pub(super) fn is_in_the_middle_of(work: usize) -> bool {
    all().contains(&work)
}

/// The works that this thread is in the middle of, the innermost last.
pub(super) fn all() -> Vec<usize> {
    WORKS.get()[..DEPTH.get().min(DEEP)].to_vec()
}
