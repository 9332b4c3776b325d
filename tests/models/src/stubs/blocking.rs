//! Stands in for the library's `src/pool/blocking.rs`: the embedded threads are the model's. How many of them it
//! refuses is a label of the model's main task.

use super::Job;
use shuttle::current::get_label_for_task;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

type Refusals = Arc<AtomicUsize>;

pub(super) fn spawn(job: Job) {
    let refusals = get_label_for_task::<Refusals>(0.into());
    let less = |refusals: usize| refusals.checked_sub(1);
    if refusals.is_some_and(|n| n.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()) {
        return drop(job);
    }
    shuttle::thread::spawn(move || job.run());
}

pub(super) fn max_threads() -> usize {
    500
}
