//! Calls: what the way to a thread and back costs, whatever is done there.

use crate::measure::Case;
use crate::work::{Bench, Hop, deadpool, in_turn, pollster, share, thread};
use aiofile::{Aio, Pool};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// What one call does with its number.
type Step = fn(u64) -> u64;

fn nothing(i: u64) -> u64 {
    black_box(i)
}

/// A disk that takes 200 µs.
fn sleep(i: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(200));
    i
}

pub fn one_task(bench: &Bench) -> Case<'_> {
    let calls = bench.times(20_000);
    let case = Case::new("a call that does nothing, awaited, one task", calls);
    let runtime = bench.tokio.handle();
    let on = |pool: Pool| {
        let handle = Aio::on(&pool, ());
        bench.tokio(1, move |_| {
            let handle = handle.clone();
            in_turn(0..calls, move |i| handle.with(move |_| nothing(i)))
        })
    };
    let case = contenders(case, bench, nothing, calls, 1, 1)
        .ours("aiofile, Pool::tokio", on(Pool::tokio(runtime.clone())))
        .ours("aiofile, tokio_in_place", on(Pool::tokio_in_place(runtime.clone())));
    alone(case, nothing, calls)
}

/// They meet in one mailbox.
pub fn one_handle(bench: &Bench) -> Case<'_> {
    let calls = bench.times(20_480);
    let case = Case::new("a call that does nothing, 128 tasks on one handle", calls);
    contenders(case, bench, nothing, calls, 128, 1)
}

/// They do not.
pub fn many_handles(bench: &Bench) -> Case<'_> {
    let calls = bench.times(20_480);
    let case = Case::new("a call that does nothing, 128 tasks, a handle each", calls);
    contenders(case, bench, nothing, calls, 128, 128)
}

/// Spinning for the end of such a call would only cost CPU time.
pub fn slow(bench: &Bench) -> Case<'_> {
    let calls = bench.times(1000);
    let case = Case::new("a call that sleeps for 200 µs, one task", calls)
        .std("std", thread(move || (0..calls).map(sleep).sum()));
    alone(contenders(case, bench, sleep, calls, 1, 1), sleep, calls)
}

/// So many calls by so many tasks, which share so many handles; each task awaits one call after the other.
fn contenders<'a>(
    case: Case<'a>,
    bench: &'a Bench,
    step: Step,
    calls: u64,
    tasks: u64,
    handles: u64,
) -> Case<'a> {
    let of_task = move |task| share(calls, tasks, task);
    let per_call = move |hop: Hop| move |task| in_turn(of_task(task), move |i| hop.run(move || step(i)));
    let ours: Vec<_> = (0..handles).map(Aio::new).collect();
    let ours = move |task| {
        let handle = ours[(task % handles) as usize].clone();
        in_turn(of_task(task), move |i| handle.with(move |_| step(i)))
    };
    let locked = |handle| Arc::new(bench.tokio.block_on(deadpool(handle)));
    let locked: Vec<_> = (0..handles).map(locked).collect();
    let on_deadpool = move |task| {
        let handle = Arc::clone(&locked[(task % handles) as usize]);
        async move {
            let mut sum = 0;
            for i in of_task(task) {
                sum += handle.interact(move |_| step(i)).await.expect("a call");
            }
            sum
        }
    };
    let unblock = move |task| async move {
        let mut handle = blocking::Unblock::new(());
        let mut sum = 0;
        for i in of_task(task) {
            sum += handle.with_mut(move |_| step(i)).await;
        }
        sum
    };
    let case = case
        .peer("spawn_blocking", bench.tokio(tasks, per_call(Hop::Tokio)))
        .ours("aiofile", bench.tokio(tasks, ours))
        .peer("blocking::unblock", bench.tokio(tasks, per_call(Hop::Smol)))
        .peer("deadpool-sync", bench.tokio(tasks, on_deadpool))
        .peer("compio", bench.compio(tasks, per_call(Hop::Compio)));
    // Nobody shares an `Unblock`.
    if handles < tasks { case } else { case.peer("Unblock", bench.tokio(tasks, unblock)) }
}

/// Ours, without a runtime.
fn alone(case: Case<'_>, step: Step, calls: u64) -> Case<'_> {
    let handle = Aio::new(());
    let calls = move |_| {
        let handle = handle.clone();
        in_turn(0..calls, move |i| handle.with(move |_| step(i)))
    };
    case.ours("aiofile", pollster(calls))
}
