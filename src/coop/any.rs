//! Of any executor it is known that a task which wakes itself has its turn again, and hoped that others have theirs first.

use std::task::Context;

pub(super) fn wake_later(cx: &mut Context<'_>) {
    cx.waker().wake_by_ref();
}
