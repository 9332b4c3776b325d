//! Waking without being drawn into a panic of the one who is woken.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

/// Wakes, where there is somebody to wake. A waker is its executor's: its panic must not end a drain in the middle.
pub(crate) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake())).map_err(mem::forget);
    }
}
