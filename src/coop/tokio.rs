//! On tokio a task that wakes itself has another worker woken, to take it over, and the timers and sockets are looked at after
//! 61 turns only. One that yields in tokio's own way is put off until they have been looked at.

use std::future::poll_fn;
use std::pin::pin;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// What the wakers of tokio's tasks have in common, and no other waker has.
static TASKS: OnceLock<usize> = OnceLock::new();

pub(super) fn wake_later(cx: &mut Context<'_>) {
    // Whoever blocks in a task, as `Call::wait` does, never comes to where tokio looks: it is woken at once.
    let yields = match TASKS.get() {
        Some(tasks) => *tasks == kind(cx),
        None => {
            ask();
            false
        }
    };
    // The first poll hands the waker over; on another executor, it wakes it.
    if !yields || pin!(yield_now()).poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}

fn kind(cx: &Context<'_>) -> usize {
    ptr::from_ref(cx.waker().vtable()).addr()
}

/// Asks a task of the runtime that this thread is in.
fn ask() {
    static ASKED: AtomicBool = AtomicBool::new(false);
    /// A runtime may end without an answer.
    struct Asked;
    impl Drop for Asked {
        fn drop(&mut self) {
            ASKED.store(false, Ordering::Relaxed);
        }
    }

    if let Ok(runtime) = Handle::try_current()
        && !ASKED.swap(true, Ordering::Relaxed)
    {
        let asked = Asked;
        drop(runtime.spawn(poll_fn(move |cx| {
            let _until_then = &asked;
            let _is_known = TASKS.set(kind(cx));
            Poll::Ready(())
        })));
    }
}
