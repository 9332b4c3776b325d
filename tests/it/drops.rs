//! Promise 7: the value is dropped on the pool, after all that was queued, and never on the async thread.

use crate::support::{SOON, Steps, TellsDrop, block_on, poll};
use aiofile::{Aio, Pool};
use std::sync::mpsc::{self, Receiver};
use std::thread::{self, ThreadId};

fn tells_drop() -> (TellsDrop, Receiver<ThreadId>) {
    let (tell, told) = mpsc::channel();
    (TellsDrop(tell), told)
}

fn assert_dropped_elsewhere(told: &Receiver<ThreadId>) {
    let thread = told.recv_timeout(SOON).expect("it is dropped");
    assert_ne!(thread, thread::current().id(), "on the async thread");
    assert!(told.try_recv().is_err(), "once");
}

/// `Unblock` drops an idle value on the caller's thread.
#[test]
fn an_idle_value_is_dropped_on_the_pool() {
    let (value, told) = tells_drop();
    drop(Aio::new(value));
    assert_dropped_elsewhere(&told);
}

#[test]
fn a_value_is_dropped_on_the_pool_in_every_state_of_a_call() {
    for state in ["queued", "ended", "taken", "abandoned", "cancelled", "panicked"] {
        let (steps, pool) = Steps::new();
        let (value, told) = tells_drop();
        let handle = Aio::on(&pool, value);
        let mut call = handle.with(move |_| assert_ne!(state, "panicked"));
        match state {
            "queued" => {}
            "cancelled" => assert!(call.cancel()),
            "abandoned" => drop(std::mem::replace(&mut call, handle.with(|_| ()))),
            "taken" => {
                steps.run_all();
                assert!(poll(&mut call).is_ready());
                call = handle.with(|_| ());
            }
            _ => steps.run_all(),
        }
        drop(handle);
        drop(call);
        steps.run_all();
        assert_dropped_elsewhere(&told);
    }
}

#[test]
fn only_the_last_handle_drops_the_value() {
    let (steps, pool) = Steps::new();
    let (value, told) = tells_drop();
    let handle = Aio::on(&pool, value);
    let clone = handle.clone();
    drop(handle);
    assert_eq!((steps.taken(), told.try_recv().is_ok()), (0, false));
    let bound = clone.method(|_: &TellsDrop| ());
    drop(clone);
    assert_eq!(steps.taken(), 0, "a bound method keeps the handle open");
    drop(bound);
    steps.run_all();
    assert_dropped_elsewhere(&told);
}

#[test]
fn a_value_is_dropped_after_the_calls_that_were_made() {
    struct Log(Vec<&'static str>, mpsc::Sender<Vec<&'static str>>);
    impl Drop for Log {
        fn drop(&mut self) {
            self.1.send(self.0.clone()).unwrap();
        }
    }
    let (tell, told) = mpsc::channel();
    let (steps, pool) = Steps::new();
    let log = Aio::on(&pool, Log(Vec::new(), tell));
    for word in ["one", "two", "three"] {
        drop(log.with(move |log| log.0.push(word)));
    }
    drop(log);
    steps.run_all();
    assert_eq!(told.try_recv(), Ok(vec!["one", "two", "three"]));
    assert_eq!(steps.taken(), 1, "calls and drop share one job");
}

/// `finish` may give the value itself: abandoned, it must not be dropped by whoever drops the call.
#[test]
fn an_abandoned_result_is_dropped_on_a_pool() {
    let (steps, pool) = Steps::new();
    for ended in [true, false] {
        let (value, told) = tells_drop();
        let call = Aio::on(&pool, value).finish(|value| value);
        if ended {
            steps.run_all();
        }
        drop(call);
        steps.run_all();
        assert_dropped_elsewhere(&told);
    }
}

#[test]
fn close_resolves_when_the_value_is_gone() {
    let (value, told) = tells_drop();
    let handle = Aio::new(value);
    let clone = handle.clone();
    block_on(handle.close());
    assert_ne!(told.try_recv().expect("it is gone"), thread::current().id());
    assert!(clone.is_closed());
    assert!(block_on(clone.with(|_| ()).checked()).unwrap_err().is_closed());
    block_on(clone.close()); // no error
    assert!(told.try_recv().is_err(), "once");
}

#[test]
fn a_closed_handle_panics_in_the_caller_with_a_text() {
    let handle = Aio::new(1);
    let clone = handle.clone();
    assert_eq!(block_on(handle.finish(|n| n)), 1);
    let panic = std::panic::catch_unwind(|| block_on(clone.with(|n| *n))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "aiofile: the handle is closed");
}

#[test]
fn a_value_is_dropped_off_the_async_thread_even_when_its_pool_is_gone() {
    let shut = Pool::new(1);
    let (value, told) = tells_drop();
    let handle = Aio::on(&shut, value);
    assert!(block_on(shut.shutdown(SOON)).is_empty());
    drop(handle);
    assert_dropped_elsewhere(&told);

    let refusing = Pool::from_fn(drop);
    let (value, told) = tells_drop();
    drop(Aio::on(&refusing, value));
    assert_dropped_elsewhere(&told);

    let (steps, losing) = Steps::new();
    let (value, told) = tells_drop();
    drop(Aio::on(&losing, value));
    steps.lose_one();
    assert_dropped_elsewhere(&told);
}

/// Values of every size and shape: nothing, much, not `Sync`, not sized.
#[test]
fn any_value_can_be_wrapped() {
    struct Nothing;
    let nothing = Aio::new(Nothing);
    block_on(nothing.with(|_: &mut Nothing| ()));
    drop(nothing);

    // Its maker needs the stack for it; the threads of the pool have the usual 2 MiB.
    let made = thread::Builder::new().stack_size(16 << 20).spawn(|| Aio::new([7_u8; 1 << 20])).unwrap();
    let much = made.join().unwrap();
    assert_eq!(block_on(much.with(|much| much.iter().map(|b| u64::from(*b)).sum::<u64>())), 7 << 20);
    block_on(much.clone().close());
    assert!(much.is_closed());
    // By value it crosses the stack, twice where nothing is optimised.
    assert_eq!(block_on(Aio::new([7_u8; 256 << 10]).finish(|much| much[100])), 7);
    let argument = block_on(Aio::new(()).call(|_: &(), bytes: [u8; 200 << 10]| bytes[9], ([9; 200 << 10],)));
    assert_eq!(argument, 9);

    let not_sync = Aio::new(std::cell::Cell::new(1));
    block_on(not_sync.call(std::cell::Cell::set, (2,)));
    assert_eq!(block_on(not_sync.call(std::cell::Cell::get, ())), 2);

    let (tell, told) = mpsc::channel::<u8>();
    let unsized_: Aio<Box<dyn FnMut(u8) + Send>> = Aio::new(Box::new(move |n| tell.send(n).unwrap()));
    block_on(unsized_.with(|f| f(3)));
    assert_eq!(told.recv(), Ok(3));
}
