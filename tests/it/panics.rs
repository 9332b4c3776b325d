//! Promise 8: a panic is the caller's; the handle, its other callers and the pool go on.

use crate::support::{Steps, TellsDrop, block_on, poll};
use aiofile::{Aio, Pool};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;

/// What awaiting the future panics with.
fn payload<F: Future>(future: F) -> &'static str {
    let caught = catch_unwind(AssertUnwindSafe(|| block_on(future)));
    caught.err().expect("it panics").downcast_ref::<&'static str>().copied().expect("with its own payload")
}

struct Panics;

impl Panics {
    fn method(&mut self) {
        panic!("in call");
    }
}

impl Write for Panics {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        panic!("in write")
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// `Unblock` is dead for ever after a panic, deadpool-sync is poisoned, tokio-rusqlite closed. Here the
/// payload comes to its caller, and the next call is as if nothing had been.
#[test]
fn a_panic_comes_to_its_caller_and_to_nobody_else() {
    let handle = Aio::new(Panics);
    let before = handle.with(|_| "before");
    let panics = handle.with(|_| -> () { panic!("in with") });
    let behind = handle.with(|_| "behind");
    assert_eq!(payload(panics), "in with");
    assert_eq!(block_on(before), "before");
    assert_eq!(block_on(behind), "behind");

    assert_eq!(payload(handle.call(Panics::method, ())), "in call");
    assert_eq!(payload(handle.write_all("x")), "in write");
    assert_eq!(block_on(handle.with(|_| "next")), "next");
    assert_eq!(payload(aiofile::unblock(|| -> () { panic!("in unblock") })), "in unblock");
    assert_eq!(payload(handle.clone().finish(|_| -> () { panic!("in finish") })), "in finish");
    assert!(block_on(handle.with(|_| ()).checked()).unwrap_err().is_closed(), "finish took the value");
}

#[test]
fn checked_gives_a_panic_as_a_value() {
    let handle = Aio::new(());
    let error = block_on(handle.with(|_| -> () { panic!("{}", String::from("owned text")) }).checked());
    let error = error.unwrap_err();
    assert!(error.is_panic());
    assert_eq!(error.to_string(), "the call panicked: owned text");
    let payload = error.into_panic().unwrap();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "owned text");
}

#[test]
fn a_panic_of_an_abandoned_call_disturbs_nobody() {
    let (steps, pool) = Steps::new();
    let handle = Aio::on(&pool, ());
    drop(handle.with(|_| -> () { panic!("nobody hears") }));
    drop(pool.run(|| -> () { panic!("nobody hears") }));
    let mut next = handle.with(|_| "next");
    steps.run_all(); // fails if a job panics
    assert!(poll(&mut next).is_ready());
}

struct PanicsInDrop(#[allow(dead_code)] TellsDrop); // dropped after the panic

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_panic_in_the_drop_of_the_value_reaches_close_and_spares_the_pool() {
    let (tell, told) = mpsc::channel();
    let one = Pool::new(1);
    drop(Aio::on(&one, PanicsInDrop(TellsDrop(tell.clone()))));
    assert_eq!(block_on(one.run(|| "goes on")), "goes on");
    assert_eq!(payload(Aio::on(&one, PanicsInDrop(TellsDrop(tell))).close()), "in drop");
    assert_eq!(block_on(one.run(|| "goes on")), "goes on");
    assert_eq!(told.try_iter().count(), 2, "both were dropped");
}

/// A result that nobody takes is dropped on the pool, where its panic can hurt nobody.
#[test]
fn a_panic_in_the_drop_of_an_abandoned_result_spares_the_pool() {
    let (tell, told) = mpsc::channel();
    let (steps, pool) = Steps::new();
    let one = TellsDrop(tell);
    drop(pool.run(move || PanicsInDrop(one)));
    let mut next = pool.run(|| ());
    steps.run_all();
    assert!(poll(&mut next).is_ready());
    assert_eq!(told.try_iter().count(), 1);
}

#[test]
fn a_payload_that_panics_when_dropped_spares_the_pool() {
    let (tell, _told) = mpsc::channel();
    let (steps, pool) = Steps::new();
    let bomb = PanicsInDrop(TellsDrop(tell));
    drop(pool.run(move || -> () { std::panic::panic_any(bomb) }));
    let mut next = pool.run(|| ());
    steps.run_all();
    assert!(poll(&mut next).is_ready());
}

#[cfg(target_os = "linux")]
#[test]
fn a_thousand_panics_leave_the_number_of_threads_alone() {
    crate::exit::in_child("panics::child_counts_threads");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of a_thousand_panics_leave_the_number_of_threads_alone"]
fn child_counts_threads() {
    std::panic::set_hook(Box::new(|_| ()));
    let handle = Aio::new(());
    for _ in 0..1000 {
        assert!(block_on(handle.with(|_| -> () { panic!() }).checked()).unwrap_err().is_panic());
    }
    // A second worker may have been called while the first was on its way to being idle.
    let threads = crate::support::pool_threads();
    assert!((1..=3).contains(&threads), "{threads} threads");
}
