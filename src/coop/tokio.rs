//! On tokio a task that wakes itself has another worker woken, to take it over, and the timers and sockets are looked at after
//! 61 turns only. One that yields in tokio's own way is put off until they have been looked at.

use std::pin::pin;
use std::task::Context;
use tokio::task::yield_now;

pub(super) fn wake_later(cx: &mut Context<'_>) {
    // Its first poll hands the waker over; on another executor, it wakes it.
    if pin!(yield_now()).poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}
