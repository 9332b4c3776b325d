//! A tokio runtime as the supply of threads.

use super::Job;
use tokio::runtime::Handle;

/// A runtime that has been shut down drops the job, which refuses it; one that is shut down later drops
/// what has not started, which the embedded threads then run.
pub(super) fn supply(handle: Handle) -> impl Fn(Job) + Send + Sync {
    move |job| drop(handle.spawn_blocking(move || job.run()))
}
