//! What people expect of a future here: `map`, `ready`, `from_future`, `wait`.

use crate::support::{Gate, Steps, block_on, poll};
use aiofile::{Aio, Call, Pool};
use std::sync::Arc;
use std::task::Poll;

#[test]
fn map_changes_the_result_in_the_task_that_awaits() {
    let here = std::thread::current().id();
    let call = Aio::new(7).with(|n| *n).map(move |n| (n * 2, std::thread::current().id() == here));
    assert_eq!(block_on(call), (14, true));
    assert_eq!(block_on(Call::ready(1).map(|n| n + 1).map(|n| n + 1)), 3);
}

#[test]
fn a_mapped_call_is_cancelled_abandoned_and_checked_like_its_own() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Vec::new());
    let mut cancelled = list.call(Vec::push, (1,)).map(|()| "never");
    assert!(cancelled.cancel());
    let (never, called) = std::sync::mpsc::channel();
    drop(list.call(Vec::push, (2,)).map(move |()| never.send(()).unwrap())); // runs, but for the `map`
    let panics = list.with(|_| -> () { panic!("in the call") }).map(|()| 1);
    let mut all = list.with(|list| list.clone());
    steps.run_all();
    assert_eq!(poll(&mut all), Poll::Ready(vec![2]));
    assert!(called.try_recv().is_err());
    assert!(block_on(cancelled.checked()).unwrap_err().is_cancelled());
    assert!(block_on(panics.checked()).unwrap_err().is_panic());
}

#[test]
fn ready_and_from_future_are_calls_like_any_other() {
    let mut ready = Call::ready(String::from("x"));
    assert!(!ready.cancel());
    assert_eq!(block_on(ready.checked()).unwrap(), "x");

    let owned = Arc::new(());
    let kept = owned.clone();
    let mut future = Call::from_future(async move {
        let _kept = kept;
        std::future::pending::<()>().await
    });
    assert!(poll(&mut future).is_pending());
    assert!(!future.cancel());
    drop(future);
    assert_eq!(Arc::strong_count(&owned), 1);
    assert_eq!(block_on(Call::from_future(async { Pool::default().run(|| 3).await })), 3);
}

#[test]
fn wait_blocks_until_the_end() {
    let gate = Gate::new();
    let handle = Aio::new(1);
    let pass = gate.clone();
    let call = handle.with(move |n| {
        pass.pass();
        *n
    });
    gate.wait_for(1);
    let waiter = std::thread::spawn(move || call.wait());
    gate.open();
    assert_eq!(waiter.join().unwrap(), 1);
    assert_eq!(Call::ready(2).wait(), 2);
    assert!(handle.with(|_| -> () { panic!() }).checked().wait().unwrap_err().is_panic());
}

#[test]
fn wait_is_refused_in_a_closure_on_its_own_handle() {
    let handle = Aio::new(());
    let own = handle.clone();
    let error = handle.with(move |_| own.with(|_| ()).wait()).checked().wait().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the call panicked: aiofile: a closure that runs on a handle cannot wait for another call of the same \
         handle"
    );
    let one = Pool::new(1);
    let inner = one.clone();
    assert_eq!(
        one.run(move || inner.run(|| 5).wait()).wait(),
        5,
        "another job of the same pool is no trouble"
    );
}
