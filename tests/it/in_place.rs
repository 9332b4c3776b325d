//! `Pool::tokio_in_place`: on a worker of a multi-thread runtime, where it is made; elsewhere on the blocking threads. In
//! order, and with every other promise.

use crate::support::{Gate, SOON, block_on, poll};
use aiofile::{Aio, OpenOptions, Pool};
use std::future::{Future, poll_fn};
use std::sync::mpsc;
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> (Runtime, Pool) {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let pool = Pool::tokio_in_place(runtime.handle().clone());
    (runtime, pool)
}

/// Runs a task on a worker.
fn task<R: Send + 'static>(runtime: &Runtime, future: impl Future<Output = R> + Send + 'static) -> R {
    runtime.block_on(runtime.spawn(future)).unwrap()
}

fn here() -> ThreadId {
    thread::current().id()
}

#[test]
fn a_call_on_a_worker_runs_where_it_is_made() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool, 1);
    task(&runtime, async move {
        let mut call = handle.with(|n| (*n, here()));
        assert_eq!(poll(&mut call), Poll::Ready((1, here())));
        let mut run = pool.run(here);
        assert_eq!(poll(&mut run), Poll::Ready(here()));
        assert_eq!(handle.with(|n| *n + 1).await, 2);
    });
}

/// tokio has given the other tasks of this thread to another one: to give way to nobody costs 100 µs there.
#[test]
fn a_task_of_calls_in_place_goes_through_in_one_poll() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool, 0);
    let polls = task(&runtime, async move {
        let mut calls = Box::pin(async {
            for _ in 0..1000 {
                handle.with(|n| *n += 1).await;
            }
        });
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            calls.as_mut().poll(cx)
        })
        .await;
        polls
    });
    assert_eq!(polls, 1);
}

/// It would never come back to its task.
#[test]
fn a_worker_does_not_linger() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool.linger(Duration::MAX), 0);
    let calls = task(&runtime, async move {
        for _ in 0..1000 {
            handle.with(|n| *n += 1).await;
        }
        handle.with(|n| *n).await
    });
    assert_eq!(calls, 1000);
}

/// What a `Writer` accepts is written by another thread, while its caller fills the next buffer.
#[test]
fn a_writer_does_not_write_in_place() {
    struct Threads(mpsc::Sender<ThreadId>);
    impl std::io::Write for Threads {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            self.0.send(here()).unwrap();
            Ok(data.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (runtime, pool) = runtime();
    let (tell, told) = mpsc::channel();
    let mut writer = Aio::on(&pool, Threads(tell)).writer();
    let caller = task(&runtime, async move {
        let caller = here();
        writer.write_all(b"a line\n").await.unwrap();
        assert_eq!(here(), caller, "accepted at once");
        writer.flush().await.unwrap();
        caller
    });
    assert_ne!(told.recv_timeout(SOON).unwrap(), caller);
}

#[test]
fn elsewhere_it_runs_on_the_blocking_threads() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool, ());
    assert_ne!(block_on(handle.with(|()| here())), here(), "no runtime");
    assert_ne!(runtime.block_on(handle.with(|()| here())), here(), "outside of a task");
    let current = Builder::new_current_thread().build().unwrap();
    let in_task = current.block_on(async { tokio::spawn(handle.with(|()| here())).await.unwrap() });
    assert_ne!(in_task, here(), "a task of a current-thread runtime");
}

#[test]
fn files_do_what_they_do_elsewhere() {
    let (runtime, pool) = runtime();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let open = OpenOptions::new().write(true).read(true).create(true).pool(&pool).clone();
    let at = path.clone();
    task(&runtime, async move {
        let file = open.open(&at).await?;
        for i in 0..100 {
            file.write_all(format!("line {i:02}\n")).await?;
        }
        file.rewind().await?;
        let mut text = String::new();
        file.read_to_string(&mut text).await?;
        assert_eq!(text.lines().count(), 100);
        let mut writer = file.clone().writer();
        writer.write_all(b"more").await?;
        writer.flush().await?;
        file.close().await
    })
    .unwrap();
    assert_eq!(std::fs::read(path).unwrap().len(), 804);
}

/// A call that finds another one running waits behind it, as everywhere.
#[test]
fn order_holds_between_workers_and_others() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool, Vec::new());
    let gate = Gate::new();
    let passing = gate.clone();
    let first = handle.with(move |list| {
        passing.pass();
        list.push(1);
    });
    gate.wait_for(1);
    let (behind, pending) = (handle.clone(), mpsc::channel());
    let second = runtime.spawn(async move {
        let mut call = behind.with(|list| list.push(2));
        pending.0.send(poll(&mut call).is_pending()).unwrap();
        call.await;
    });
    assert!(pending.1.recv_timeout(SOON).unwrap());
    let third = handle.with(|list| list.push(3));
    gate.open();
    block_on(async {
        third.await;
        first.await;
        second.await.unwrap();
    });
    assert_eq!(block_on(handle.with(|list| list.clone())), [1, 2, 3]);
}

/// What others have made in the meantime is theirs: the worker goes on with its task.
#[test]
fn a_worker_runs_no_calls_of_others() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool, ());
    let (made, wait) = mpsc::channel();
    let (own, other) = (handle.clone(), handle.clone());
    let (started, starts) = mpsc::channel();
    let worker = runtime.spawn(async move {
        let call = own.with(move |()| {
            started.send(()).unwrap();
            wait.recv_timeout(SOON).unwrap();
        });
        call.await;
    });
    starts.recv_timeout(SOON).unwrap();
    let gate = Gate::new();
    let passing = gate.clone();
    let mut others = other.with(move |()| passing.pass());
    made.send(()).unwrap();
    runtime.block_on(worker).unwrap();
    gate.wait_for(1);
    assert!(poll(&mut others).is_pending(), "the worker's task went on while the other one's call was held");
    gate.open();
    block_on(others);
}

#[test]
fn panics_waits_and_refusals_are_what_they_are_elsewhere() {
    let (runtime, pool) = runtime();
    let handle = Aio::on(&pool, 7);
    task(&runtime, async move {
        let error = handle.with(|_| panic!("scripted")).checked().await.unwrap_err();
        assert!(error.is_panic());
        let own = handle.clone();
        let waits = handle.with(move |_| own.with(|n| *n).checked().wait());
        assert!(waits.await.unwrap_err().is_deadlock());
        assert_eq!(handle.with(|n| *n).await, 7);
        assert!(pool.shutdown(SOON).await.is_empty());
        assert!(handle.with(|n| *n).checked().await.unwrap_err().is_refused());
    });
}

#[test]
fn a_value_is_dropped_on_a_blocking_thread() {
    struct Held(Gate);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.pass();
        }
    }
    let (runtime, pool) = runtime();
    let gate = Gate::new();
    let handle = Aio::on(&pool, Held(gate.clone()));
    task(&runtime, async move {
        handle.with(|_| ()).await;
        drop(handle); // which does not wait for the drop of the value
    });
    gate.wait_for(1);
    gate.open();
}

/// The limit of a pool is one of what runs in place, too.
#[test]
#[allow(clippy::async_yields_async)] // it is awaited where nothing runs in place
fn a_limit_holds() {
    let (runtime, pool) = runtime();
    let one = pool.limit(1);
    let gate = Gate::new();
    let passing = gate.clone();
    let held = one.run(move || passing.pass());
    gate.wait_for(1);
    let waits = task(&runtime, async move {
        let mut call = one.run(|| 7);
        assert!(poll(&mut call).is_pending());
        call
    });
    gate.open();
    block_on(held);
    assert_eq!(block_on(waits), 7);
}
