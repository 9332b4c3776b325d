//! Promise 2: a call is queued when it is made, and one handle's calls run in the order in which they
//! were made.

use crate::support::{Gate, Steps, block_on, poll};
use aiofile::Aio;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// deadpool-sync reordered 40 of 50 rounds, and tokio's mutex is not strictly fair (tokio #8365). Order
/// must come from making the call, whichever task makes it.
#[test]
fn twenty_thousand_calls_of_64_tasks_run_in_the_order_made() {
    const TASKS: usize = 64;
    const CALLS: usize = if cfg!(miri) { 400 } else { 20_000 };
    let ran = Aio::new(Vec::with_capacity(CALLS));
    // The lock makes "the order in which they were made" something that the test knows.
    let made = Arc::new(Mutex::new(Vec::with_capacity(CALLS)));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let (ran, made) = (ran.clone(), made.clone());
                tokio::spawn(async move {
                    let mut calls = Vec::new();
                    for call in (task..CALLS).step_by(TASKS) {
                        {
                            let mut made = made.lock().unwrap();
                            calls.push(ran.with(move |ran| ran.push(call)));
                            made.push(call);
                        }
                        if call % 7 == 0 {
                            tokio::task::yield_now().await;
                        }
                    }
                    // Awaited backwards: polling has no say in the order.
                    for call in calls.into_iter().rev() {
                        call.await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    let ran = block_on(ran.finish(|ran| ran));
    assert_eq!(ran.len(), CALLS);
    assert!(ran == *made.lock().unwrap(), "the order run is not the order made");
    assert!(!ran.is_sorted(), "the tasks did not interleave, so nothing was shown");
}

#[test]
fn a_burst_of_1000_calls_is_one_job() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Vec::new());
    let calls: Vec<_> = (0..1000).map(|i| list.with(move |list: &mut Vec<_>| list.push(i))).collect();
    assert_eq!(steps.taken(), 1);
    steps.run_all();
    for mut call in calls {
        assert!(poll(&mut call).is_ready());
    }
    let mut list = list.with(|list| list.clone());
    steps.run_all();
    assert!(poll(&mut list).map(|list| list.into_iter().eq(0..1000)) == std::task::Poll::Ready(true));
    assert_eq!(steps.taken(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_waiting_calls_hold_one_thread() {
    // In a child process, so that no other test's threads are counted.
    crate::exit::in_child("order::child_counts_threads");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of a_thousand_waiting_calls_hold_one_thread"]
fn child_counts_threads() {
    let gate = Gate::new();
    let handle = Aio::new(());
    let first = handle.with({
        let gate = gate.clone();
        move |_| gate.pass()
    });
    let rest: Vec<_> = (0..1000).map(|_| handle.with(|_| ())).collect();
    gate.wait_for(1);
    assert_eq!(crate::support::pool_threads(), 1);
    gate.open();
    block_on(async {
        first.await;
        for call in rest {
            call.await;
        }
    });
    assert_eq!(crate::support::pool_threads(), 1);
}

#[test]
fn all_forms_of_call_share_one_order() {
    let (steps, pool) = Steps::new();
    let log = Aio::on(&pool, Vec::new());
    let bound = log.method(Vec::push);
    drop(log.with(|log| log.push(b'1')));
    drop(log.call(Vec::push, (b'2',)));
    drop(bound(b'3'));
    drop(log.write_all("4"));
    drop(log.clone().call(Write::write_all, (b"5",)));
    drop(bound);
    let mut all = log.finish(|log| log);
    steps.run_all();
    assert_eq!(poll(&mut all), std::task::Poll::Ready(b"12345".to_vec()));
}

/// Two handles on a pool of one thread must take turns, even when one of them never runs dry.
#[test]
fn a_busy_handle_leaves_room_for_another() {
    let one = aiofile::Pool::new(1);
    let gate = Gate::new();
    let order = Arc::new(Mutex::new(Vec::new()));
    let busy = Aio::on(&one, ());
    let other = Aio::on(&one, ());
    let note = |what: &'static str| {
        let order = order.clone();
        move |_: &mut ()| order.lock().unwrap().push(what)
    };
    let pass = gate.clone();
    let first = busy.with(move |_| pass.pass());
    gate.wait_for(1);
    // While the only worker is at the gate, the other handle queues, and then the busy one again.
    let theirs = other.with(note("other"));
    let ours = busy.with(note("busy"));
    gate.open();
    block_on(async {
        first.await;
        ours.await;
        theirs.await;
    });
    assert_eq!(*order.lock().unwrap(), ["other", "busy"]);
}
