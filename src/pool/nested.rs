//! A job that waits for a call: what it waits for must come about, however full its pool is.
//!
//! While the thread of a job waits for a work, the two are noted here. A work that is waited for and would have to
//! wait in a pool's queue gets a thread beyond the limit, since the one that waits does not run. A work that
//! a supply does not start for a while gets one too: how full a supply is, tokio's say, only the supply knows.
//! These threads are started for it: those of the supplies may all be waiting.

use super::{Pool, Work, exit, job};
use crate::lock::lock;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Instant, Mutex, thread};
use std::sync::Arc;
use std::time::Duration;

/// How long a supply may take to start what a job waits for.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long a supply that has taken longer is known to be full: what a job waits for next is not left to it.
const FULL: Duration = Duration::from_secs(1);

/// Who waits for what: the works of the job threads that wait, and those that they wait for.
static WAITS: Mutex<Vec<Edge>> = Mutex::new(Vec::new());
/// Their number, to be read without the lock.
static COUNT: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone, Copy, PartialEq)]
struct Edge {
    by: usize,
    what: usize,
    /// No other wait has it.
    number: usize,
}

/// A wait of a job for a work, until this is dropped.
pub(crate) struct Wait(Edge);

/// Notes that the job on this thread waits for a work, which it then has to [`help`]. `None`: the wait could not end, for
/// what is waited for waits for this job.
///
/// To be called under the lock that whoever ends the wait takes first, so that no wait is noted that has ended.
pub(crate) fn wait_for(what: usize) -> Option<Wait> {
    let by = job::innermost()?;
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let wait = Edge { by, what, number: NUMBER.fetch_add(1, Ordering::Relaxed) };
    {
        let mut waits = lock(&WAITS);
        if job::is_in_the_middle_of(what) || leads_to(&waits, what, by) {
            return None;
        }
        waits.push(wait);
        COUNT.store(waits.len(), Ordering::SeqCst);
    }
    Some(Wait(wait))
}

/// Sees to it that a work comes about for which a job waits.
pub(crate) fn help(what: usize) {
    // Whichever pool it is of; if of none yet, the pool will look here when it takes it.
    let _ = exit::pools().iter().any(|pool| pool.help(what));
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waits = lock(&WAITS);
        if let Some(at) = waits.iter().position(|other| *other == self.0) {
            waits.swap_remove(at);
        }
        COUNT.store(waits.len(), Ordering::SeqCst);
    }
}

/// The job on this thread has ended: it waits no more for what it has polled and given up, whoever has that now.
pub(crate) fn end_waits() {
    if COUNT.load(Ordering::SeqCst) > 0
        && let Some(by) = job::innermost()
    {
        let mut waits = lock(&WAITS);
        waits.retain(|wait| wait.by != by);
        COUNT.store(waits.len(), Ordering::SeqCst);
    }
}

/// Whether a job waits for the work of this id.
pub(super) fn is_waited_for(what: usize) -> bool {
    COUNT.load(Ordering::SeqCst) > 0 && lock(&WAITS).iter().any(|wait| wait.what == what)
}

/// Whether this thread is in the middle of the work, or of one that the work waits for.
pub(super) fn depends_on_this_thread(work: usize) -> bool {
    let waits = lock(&WAITS);
    job::is_in_the_middle_of(work) || job::all().iter().any(|own| leads_to(&waits, work, *own))
}

/// Whether the work `from` waits, itself or through others, for the work `to`.
fn leads_to(waits: &[Edge], from: usize, to: usize) -> bool {
    let mut reached = vec![from];
    let mut at = 0;
    while let Some(by) = reached.get(at).copied() {
        at += 1;
        for wait in waits.iter().filter(|wait| wait.by == by) {
            if wait.what == to {
                return true;
            }
            if !reached.contains(&wait.what) {
                reached.push(wait.what);
            }
        }
    }
    false
}

/// Runs what a thread of its own is needed for; says whether there is one.
pub(super) fn on_a_thread_of_its_own(name: &str, f: impl FnOnce() + Send + 'static) -> bool {
    thread::Builder::new().name(name.into()).spawn(f).is_ok()
}

static WATCHED: Mutex<Watched> = Mutex::new(Watched { watcher: false, works: Vec::new() });

struct Watched {
    /// There is a thread that looks after them.
    watcher: bool,
    /// In the order in which their time runs out.
    works: Vec<(Instant, Pool, Arc<dyn Work>)>,
}

/// Gives a work that the supply of a pool has, and has not started, a while to start.
pub(super) fn watch(pool: &Pool, work: Arc<dyn Work>) {
    let is_full = lock(&pool.0.full_since).is_some_and(|since| since.elapsed() < FULL);
    if is_full && run_elsewhere(&work) {
        return;
    }
    let mut watched = lock(&WATCHED);
    watched.works.push((Instant::now() + PATIENCE, pool.clone(), work));
    if !watched.watcher {
        watched.watcher = on_a_thread_of_its_own("aiofile-watch", look_after);
    }
}

fn look_after() {
    while let Some(due) = next_due() {
        thread::sleep(due.saturating_duration_since(Instant::now()));
        for (pool, work) in take_due() {
            if !work.has_started() {
                *lock(&pool.0.full_since) = Some(Instant::now());
                run_elsewhere(&work);
            }
        }
    }
}

/// Runs a work for which a job of the pool is on its way, and will find nothing to do; says whether there is a thread.
fn run_elsewhere(work: &Arc<dyn Work>) -> bool {
    let work = Arc::clone(work);
    on_a_thread_of_its_own("aiofile-extra", move || job::run(work))
}

/// When the next one is due; after the last one, nobody watches.
fn next_due() -> Option<Instant> {
    let mut watched = lock(&WATCHED);
    let due = watched.works.first().map(|(due, ..)| *due);
    watched.watcher = due.is_some();
    due
}

fn take_due() -> Vec<(Pool, Arc<dyn Work>)> {
    let mut watched = lock(&WATCHED);
    let now = Instant::now();
    let later = watched.works.partition_point(|(due, ..)| *due <= now);
    watched.works.drain(..later).map(|(_, pool, work)| (pool, work)).collect()
}
