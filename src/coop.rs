//! What ends at once gives way to other tasks now and then, as what has to wait does by itself.

#[cfg_attr(feature = "tokio", path = "coop/tokio.rs")]
#[cfg_attr(not(feature = "tokio"), path = "coop/any.rs")]
mod executor;

use std::cell::Cell;
use std::ptr;
use std::task::{Context, Poll};

/// How much may be done at once on a thread between two times of giving way, in bytes: about 25 µs of copying, where several
/// tasks take turns, so that all of them have theirs soon.
const SHORT: usize = 256 << 10;
/// The most, for a task that gives way time and again, and no other one comes: there may be nobody else. Then a runtime looks
/// for work, and wakes threads for it, which costs up to 10 µs.
const LONG: usize = 4 << 20;
/// What a call costs besides, as if it were copied, and a moment for which a caller stays awake.
const CALL: usize = 8 << 10;
/// What it costs to open a file, as if it were copied.
pub(crate) const OPEN: usize = 32 << 10;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(SHORT) };
    /// Who has had the last turn, by its waker; and how much it may do after it has given way.
    static LAST: Cell<(*const (), usize)> = const { Cell::new((ptr::null(), SHORT)) };
}

/// A task has its turn on this thread.
pub(crate) fn enter(cx: &Context<'_>) {
    let this = cx.waker().data();
    LAST.with(|last| {
        if last.get().0 != this {
            last.set((this, SHORT));
        }
    });
}

/// So many bytes were read or written at once, on this thread. Says whether it is time to [give way](give_way).
pub(crate) fn spend(bytes: usize) -> bool {
    LEFT.with(|left| {
        let after = left.get().checked_sub(CALL + bytes);
        left.set(after.unwrap_or(SHORT));
        after.is_none()
    })
}

/// A caller has stayed awake, on this thread, for so many moments.
pub(crate) fn stay(moments: usize) {
    LEFT.with(|left| left.set(left.get().saturating_sub(moments * CALL)));
}

/// [Spends](spend) so many bytes for a task, and has it give way when it is time.
pub(crate) fn poll_spend(cx: &mut Context<'_>, bytes: usize) -> Poll<()> {
    enter(cx);
    if !spend(bytes) {
        return Poll::Ready(());
    }
    give_way(cx);
    Poll::Pending
}

/// Has the task polled again, when others have had their turn.
pub(crate) fn give_way(cx: &mut Context<'_>) {
    enter(cx);
    LAST.with(|last| {
        let (this, budget) = last.get();
        LEFT.with(|left| left.set(budget));
        last.set((this, (2 * budget).min(LONG)));
    });
    executor::wake_later(cx);
}

/// The other tasks of this thread have another one now: there is nobody to give way to.
pub(crate) fn renew() {
    LEFT.with(|left| left.set(SHORT));
}

#[cfg(test)]
mod tests {
    use super::{CALL, LONG, SHORT, poll_spend};
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};

    struct Task;

    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }

    /// How many calls of no bytes there are until it is time to give way.
    fn calls(cx: &mut Context<'_>) -> usize {
        let mut calls = 1;
        while poll_spend(cx, 0).is_ready() {
            calls += 1;
        }
        calls
    }

    #[test]
    fn who_is_alone_gives_way_less_often_and_who_is_not_does_so_soon() {
        let (one, other) = (Waker::from(Arc::new(Task)), Waker::from(Arc::new(Task)));
        let (mut one, mut other) = (Context::from_waker(&one), Context::from_waker(&other));
        let (short, long) = (SHORT / CALL + 1, LONG / CALL + 1);
        let alone: Vec<_> = (0..9).map(|_| calls(&mut one)).collect();
        assert_eq!((alone[1], alone[8]), (short, long));
        assert!(alone[1..].is_sorted(), "{alone:?}");

        calls(&mut other); // what the one has left
        for turn in 0..9 {
            let mine = calls(if turn % 2 == 0 { &mut one } else { &mut other });
            assert!(mine <= short, "turn {turn}: {mine}");
        }
    }
}
