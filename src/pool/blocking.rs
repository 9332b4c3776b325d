//! The embedded supply of threads: workers on the threads of the `blocking` crate.
//!
//! A worker takes one job after another and leaves when none has come for a while. `blocking` itself is
//! asked only for a further thread, and only after a trial has shown that the system gives one: 1.6.2
//! spins for ever, with its lock held, when it is refused a thread (`Executor::grow_pool`).

use super::Job;
use crate::lock::lock;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long a worker waits for its next job.
const KEEP_ALIVE: Duration = Duration::from_millis(500);

static WORKERS: Mutex<Workers> = Mutex::new(Workers { idle: 0, jobs: VecDeque::new() });
static JOB_CAME: Condvar = Condvar::new();
/// One trial at a time: two that succeed on the system's last thread would be one too many.
static TRIAL: Mutex<()> = Mutex::new(());

struct Workers {
    idle: usize,
    /// Never more than there are idle workers.
    jobs: VecDeque<Job>,
}

/// Gives the job to an idle worker or a new one; drops it, which refuses it, when there is no thread.
pub(super) fn spawn(job: Job) {
    let mut workers = lock(&WORKERS);
    if workers.jobs.len() < workers.idle {
        workers.jobs.push_back(job);
        drop(workers);
        JOB_CAME.notify_one();
        return;
    }
    drop(workers);
    let _one_at_a_time = lock(&TRIAL);
    if a_thread_can_start() {
        blocking::unblock(move || work(job)).detach();
    }
}

/// How many threads `blocking` runs at most (`Executor::max_threads`). A pool that knows of it has a queue of
/// its own for what comes beyond, and can help those who wait for it.
pub(super) fn max_threads() -> usize {
    let set = std::env::var("BLOCKING_MAX_THREADS").ok();
    set.and_then(|text| text.parse().ok()).map_or(500, |threads: usize| threads.clamp(1, 10_000))
}

fn a_thread_can_start() -> bool {
    let trial = std::thread::Builder::new().name("aiofile-trial".into()).spawn(|| ());
    trial.is_ok_and(|thread| thread.join().is_ok())
}

fn work(first: Job) {
    let mut next = Some(first);
    while let Some(job) = next {
        job.run();
        next = wait_for_job();
    }
}

fn wait_for_job() -> Option<Job> {
    let mut workers = lock(&WORKERS);
    workers.idle += 1;
    let nothing_to_do = |workers: &mut Workers| workers.jobs.is_empty();
    (workers, _) = JOB_CAME
        .wait_timeout_while(workers, KEEP_ALIVE, nothing_to_do)
        .unwrap_or_else(PoisonError::into_inner);
    workers.idle -= 1;
    workers.jobs.pop_front()
}
