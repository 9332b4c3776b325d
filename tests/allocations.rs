//! What a call allocates: the one test program whose allocator counts, so it runs one test at a time.

#![allow(missing_docs)]

use aiofile::{Aio, Pool};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::io::{Cursor, Read, Write};
use std::sync::{Mutex, MutexGuard};

#[global_allocator]
static COUNTS: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

const CALLS: usize = 1000;

/// Allocations for each of `CALLS` calls, after as many to warm up; rounded down, as a thread or the test
/// harness may allocate once in between.
fn per_call(mut calls: impl FnMut()) -> f64 {
    calls();
    let before = COUNTS.stats();
    calls();
    let after = COUNTS.stats();
    let allocations = (after.allocations - before.allocations) + (after.reallocations - before.reallocations);
    allocations as f64 / CALLS as f64
}

fn awaited<F: Future>(mut call: impl FnMut() -> F) -> f64 {
    per_call(|| {
        pollster::block_on(async {
            for _ in 0..CALLS {
                call().await;
            }
        })
    })
}

/// DESIGN's aim: one allocation a call, whichever form it has.
#[test]
fn an_awaited_call_is_one_allocation() {
    let _alone = alone();
    let number = Aio::new(0_u64);
    let set = number.method(|n: &mut u64, to: u64| *n = to);
    let cursor = Aio::new(Cursor::new(vec![0; 64]));
    let pool = Pool::default();
    let table = [
        ("with", awaited(|| number.with(|n| *n += 1)), 1.0),
        ("call", awaited(|| number.call(u64::clone, ())), 1.0),
        ("call, lent", awaited(|| cursor.call(Write::write, (b"x",))), 1.0),
        ("call, given back", awaited(|| cursor.call(Read::read, ([0; 16],))), 1.0),
        ("method", awaited(|| set(1)), 1.0),
        ("checked", awaited(|| number.with(|n| *n).checked()), 1.0),
        ("run", awaited(|| pool.run(|| ())), 1.0),
        ("write_all, owned", awaited(|| cursor.write_all([0; 16])), 1.0),
        ("write_all, borrowed", awaited(|| cursor.write_all("x")), 2.0), // the call and the copy
        ("seek", awaited(|| cursor.rewind()), 1.0),
    ];
    for (form, measured, promised) in table {
        assert!(measured >= promised && measured < promised + 0.1, "{form}: {measured} for {promised}");
    }
}

#[test]
fn a_call_in_a_burst_is_one_allocation() {
    let _alone = alone();
    let number = Aio::new(0_u64);
    let mut waiting = Vec::with_capacity(CALLS);
    let measured = per_call(|| {
        waiting.extend((0..CALLS).map(|_| number.with(|n| *n += 1)));
        pollster::block_on(async {
            for call in waiting.drain(..) {
                call.await;
            }
        });
    });
    assert!((1.0..1.1).contains(&measured), "{measured}");
}

/// Bytes that stay allocated for a handle that does nothing.
#[test]
fn an_idle_handle_is_small() {
    let _alone = alone();
    const HANDLES: usize = 1000;
    let mut handles = Vec::with_capacity(HANDLES);
    let before = COUNTS.stats();
    for i in 0..HANDLES {
        handles.push(Aio::new(i as u32));
    }
    let after = COUNTS.stats();
    let live = |stats: stats_alloc::Stats| stats.bytes_allocated - stats.bytes_deallocated;
    let new = (live(after) - live(before)) / HANDLES;
    pollster::block_on(async {
        for handle in &handles {
            handle.with(|n| *n += 1).await;
        }
    });
    let used = (live(COUNTS.stats()) - live(before)) / HANDLES;
    assert!(new <= 200 && used <= 200, "{new} bytes, {used} after a call");
    println!("an idle handle: {new} bytes, {used} after a call");
}
