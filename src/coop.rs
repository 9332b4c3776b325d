//! What ends at once gives way to other tasks now and then, as what has to wait does by itself.

use std::cell::Cell;

/// How much may be done at once on a thread between two times of giving way, in bytes: about 15 µs of copying. tokio looks at
/// its timers and sockets after 61 tasks only, so that each of them has to be short for all to be in time; to give way costs
/// 0.2 µs.
const BUDGET: usize = 128 << 10;
/// What a call costs besides, as if it were copied.
const CALL: usize = 8 << 10;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(BUDGET) };
}

/// So many bytes were read or written at once, on this thread. Says whether it is time to give way.
pub(crate) fn spend(bytes: usize) -> bool {
    LEFT.with(|left| {
        let after = left.get().checked_sub(CALL + bytes);
        left.set(after.unwrap_or(BUDGET));
        after.is_none()
    })
}

/// The other tasks of this thread have another one now: there is nobody to give way to.
pub(crate) fn renew() {
    LEFT.with(|left| left.set(BUDGET));
}
