//! A job: what a supply of threads runs; and what a thread in the middle of one may wait for.

use super::{Pool, watch::watch};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What [`Pool::from_fn`] gives to a supply of threads: to be run once, on a thread that may block.
///
/// A dropped job loses nothing: see [`Pool::from_fn`].
#[must_use = "a job that is dropped is refused"]
pub struct Job {
    pool: Pool,
    /// `None` once it runs.
    key: Option<usize>,
}

thread_local! {
    /// The works that this thread is in the middle of, the innermost last.
    static FRAMES: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
    /// Their number: has no destructor, so it can be read when the process ends.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// The job that this thread is handing over; cleared when the supply drops it at once.
    static HANDING: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

struct Frame {
    pool: Pool,
    work: usize,
}

impl Job {
    /// Does the work, and goes on with what waits in the pool. Blocks for as long as that takes.
    pub fn run(mut self) {
        let mut next = self.key.take();
        while let Some(key) = next {
            if let Some(work) = self.pool.work(key) {
                let _frame = enter(&self.pool, work.id());
                work.run();
            }
            next = self.pool.done(key);
        }
    }

    /// Hands a work to the supply; says whether the supply took it.
    pub(super) fn spawn(pool: &Pool, key: usize) -> bool {
        let outer = HANDING.replace(Some((pool.address(), key)));
        let job = Job { pool: pool.clone(), key: Some(key) };
        let panicked = catch_unwind(AssertUnwindSafe(|| (pool.0.supply)(job)));
        // The payload of a supply's panic may itself panic when it is dropped: forget it.
        if let Err(payload) = panicked {
            std::mem::forget(payload);
        }
        HANDING.replace(outer).is_some()
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let this = Some((self.pool.address(), key));
        if HANDING.try_with(|handing| handing.get() == this && handing.take().is_some()) != Ok(true) {
            self.pool.lost(key);
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("pool", &self.pool).finish()
    }
}

/// Marks the thread as being in the middle of a work, until it is dropped.
fn enter(pool: &Pool, work: usize) -> impl Drop {
    struct Entered;
    impl Drop for Entered {
        fn drop(&mut self) {
            DEPTH.set(depth() - 1);
            FRAMES.with_borrow_mut(Vec::pop);
        }
    }
    DEPTH.set(depth() + 1);
    FRAMES.with_borrow_mut(|frames| frames.push(Frame { pool: pool.clone(), work }));
    Entered
}

/// How many works this thread is in the middle of.
pub(super) fn depth() -> usize {
    DEPTH.get()
}

pub(crate) fn on_job_thread() -> bool {
    depth() > 0
}

/// What became of a thread's wait for a work.
pub(crate) enum Help {
    /// The thread is in the middle of that very work: the wait could not end.
    Deadlock,
    /// The work has been run here.
    Given,
    /// The work will come about without this thread.
    NotNeeded,
}

/// Sees to it that a work which this thread is about to wait for can come about: a full pool must not wait
/// for itself.
pub(crate) fn help(work: usize) -> Help {
    let pool = FRAMES.with_borrow(|frames| {
        let own = frames.iter().any(|frame| frame.work == work);
        if own { None } else { frames.last().map(|frame| frame.pool.clone()) }
    });
    let Some(pool) = pool else { return Help::Deadlock };
    match pool.find(work) {
        Some((work, true)) => {
            let _frame = enter(&pool, work.id());
            work.run();
            Help::Given
        }
        Some((work, false)) if !work.has_started() => {
            watch(work);
            Help::NotNeeded
        }
        _ => Help::NotNeeded,
    }
}
