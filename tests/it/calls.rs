//! Promise 3: a call made is a call run, unless it is taken back before it has started.

use crate::support::{Gate, Steps, block_on, poll};
use aiofile::{Aio, Pool};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;

/// `blocking`: dropping the task of an unstarted job cancelled it, 200 of 200. A dropped `Call` must have
/// run exactly once, whatever state it was dropped in.
#[test]
fn a_call_dropped_in_any_state_runs_once() {
    let (steps, pool) = Steps::new();
    let count = Aio::on(&pool, 0);

    drop(count.with(|count| *count += 1)); // never polled
    let mut polled = count.with(|count| *count += 1);
    assert!(poll(&mut polled).is_pending());
    drop(polled);
    let mut done = count.with(|count| *count += 1);
    steps.run_all();
    assert!(poll(&mut done).is_ready()); // taken
    let untaken = count.with(|count| *count += 1);
    steps.run_all();
    drop(untaken); // ended, not taken

    let mut total = count.with(|count| *count);
    steps.run_all();
    assert_eq!(poll(&mut total), Poll::Ready(4));
}

#[test]
fn a_call_dropped_while_it_runs_goes_on_to_its_end() {
    let gate = Gate::new();
    let (tell, told) = mpsc::channel();
    let handle = Aio::new(());
    let pass = gate.clone();
    let running = handle.with(move |_| {
        pass.pass();
        tell.send("done").unwrap();
    });
    gate.wait_for(1);
    drop(running);
    gate.open();
    assert_eq!(told.recv_timeout(crate::support::SOON), Ok("done"));
}

#[test]
fn cancel_takes_back_what_has_not_started() {
    let (steps, pool) = Steps::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let handle = Aio::on(&pool, runs.clone());
    let owned = Arc::new(());
    let argument = owned.clone();
    let mut call = handle.with(move |runs| {
        let _argument = argument;
        runs.fetch_add(1, Ordering::SeqCst)
    });
    assert!(call.cancel());
    assert_eq!(Arc::strong_count(&owned), 1, "its arguments are dropped here and now");
    assert!(!call.cancel(), "it is taken back already");
    steps.run_all();
    assert_eq!(runs.load(Ordering::SeqCst), 0);
    assert!(block_on(call.checked()).unwrap_err().is_cancelled());
}

#[test]
fn cancel_leaves_alone_what_has_started_or_ended() {
    let gate = Gate::new();
    let handle = Aio::new(7);
    let pass = gate.clone();
    let mut running = handle.with(move |n| {
        pass.pass();
        *n
    });
    gate.wait_for(1);
    assert!(!running.cancel());
    gate.open();
    assert_eq!(block_on(running), 7);

    let mut ended = handle.with(|n| *n);
    block_on(handle.with(|_| ()));
    assert!(!ended.cancel());
    assert_eq!(block_on(ended), 7);
}

#[test]
fn the_calls_around_a_cancelled_one_keep_their_order() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Vec::new());
    drop(list.with(|list| list.push(1)));
    let mut second = list.with(|list| list.push(2));
    drop(list.with(|list| list.push(3)));
    assert!(second.cancel());
    let mut all = list.with(|list| list.clone());
    steps.run_all();
    assert_eq!(poll(&mut all), Poll::Ready(vec![1, 3]));
}

#[test]
fn a_call_of_a_pool_can_be_dropped_and_cancelled_too() {
    let (steps, pool) = Steps::new();
    let (tell, told) = mpsc::channel();
    let also = tell.clone();
    drop(pool.run(move || tell.send("abandoned").unwrap()));
    let mut cancelled = pool.run(move || also.send("cancelled").unwrap());
    assert!(cancelled.cancel());
    steps.run_all();
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["abandoned"]);
}

/// The waker that was there at the last poll is the one to wake: a call may move from task to task.
#[test]
fn a_call_polled_from_two_tasks_wakes_the_last() {
    use std::task::{Context, Wake, Waker};
    struct Count(AtomicUsize);
    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let (steps, pool) = Steps::new();
    let (first, last) = (Arc::new(Count(0.into())), Arc::new(Count(0.into())));
    let mut call = pool.run(|| 1);
    for task in [&first, &last] {
        let waker = Waker::from(task.clone());
        assert!(Future::poll(std::pin::Pin::new(&mut call), &mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(Arc::strong_count(&first), 1, "the stale waker is gone");
    steps.run_all();
    assert_eq!((first.0.load(Ordering::SeqCst), last.0.load(Ordering::SeqCst)), (0, 1));
    assert_eq!(poll(&mut call), Poll::Ready(1));
}

#[test]
fn a_call_polled_after_its_end_panics_with_a_text() {
    let mut call = Pool::default().run(|| ());
    block_on(&mut call);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut call))).unwrap_err();
    let text = panic.downcast_ref::<&str>().unwrap();
    assert!(text.contains("polled after it had ended"), "{text}");
}

/// A call can be the last owner of the task that waits for it: no lock may be held when it is dropped.
#[test]
fn a_waker_that_owns_the_call_can_be_dropped() {
    use std::sync::Mutex;
    use std::task::{Context, Wake, Waker};
    struct Task(Mutex<Option<aiofile::Call<()>>>);
    impl Wake for Task {
        fn wake(self: Arc<Self>) {}
    }
    let (steps, pool) = Steps::new();
    let task = Arc::new(Task(Mutex::new(Some(pool.run(|| ())))));
    let waker = Waker::from(task.clone());
    let call = task.0.lock().unwrap().take();
    let mut call = call.unwrap();
    assert!(Future::poll(std::pin::Pin::new(&mut call), &mut Context::from_waker(&waker)).is_pending());
    *task.0.lock().unwrap() = Some(call);
    drop(waker);
    let weak = Arc::downgrade(&task);
    drop(task); // the cell's waker owns the task, which owns the call, which owns the cell
    assert!(weak.upgrade().is_some());
    steps.run_all();
    assert!(weak.upgrade().is_none(), "woken and gone, without a lock in the way");
}
