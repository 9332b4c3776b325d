//! A tokio runtime as the supply of threads.

use super::Job;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task;

/// A runtime that has been shut down drops the job, which refuses it; one that is shut down later drops
/// what has not started, which the embedded threads then run.
pub(super) fn supply(handle: Handle) -> impl Fn(Job) + Send + Sync {
    move |job| drop(handle.spawn_blocking(move || job.run()))
}

/// Runs what may block in the task that is polled on this thread, if its runtime can spare the thread; says whether it did.
pub(super) fn in_place(run: &mut dyn FnMut()) -> bool {
    let can = |runtime: Handle| runtime.runtime_flavor() == RuntimeFlavor::MultiThread;
    let here = task::try_id().is_some() && Handle::try_current().is_ok_and(can);
    if here {
        task::block_in_place(run);
    }
    here
}
