//! Jobs that wait for calls: each gets its answer or is told that there can be none. Most of these hung, or were told
//! wrongly, in a review of the first version, which ran what a job waits for inside the job that waits.

use crate::support::{Gate, SOON, Steps, block_on};
use aiofile::{Aio, Call, Pool};
use std::sync::mpsc;

/// The waiting job's closure must see nothing but the call it waits for: the next one of that handle waits for it.
#[test]
fn a_wait_for_one_call_is_no_wait_for_those_behind_it() {
    for behind in ["waits for the handle", "waits for the closure"] {
        let one = Pool::new(1);
        let (x, y) = (Aio::on(&one, ()), Aio::on(&one, ()));
        let (ready, go) = mpsc::channel::<Call<i32>>();
        let (feed, fed) = mpsc::channel();
        let waits = x.with(move |_| {
            let answer = go.recv().unwrap().wait();
            feed.send(7).unwrap();
            answer
        });
        let first = y.with(|_| 1);
        let back = x.clone();
        let second = y.with(move |_| match behind {
            "waits for the handle" => back.with(|_| 7).wait(),
            _ => fed.recv_timeout(SOON).unwrap(),
        });
        ready.send(first).unwrap();
        assert_eq!((block_on(waits), block_on(second)), (1, 7), "{behind}");
    }
}

/// A handle that gives its worker up to others, while a job waits for it, must not wait behind them.
#[test]
fn a_handle_that_a_job_waits_for_does_not_go_to_the_end_of_the_line() {
    let two = Pool::new(2);
    let (x, y) = (Aio::on(&two, ()), Aio::on(&two, ()));
    let (gate, started) = (Gate::new(), Gate::new());
    let pass = gate.clone();
    let first = y.with(move |_| pass.pass());
    gate.wait_for(1);
    let (y2, started2) = (y.clone(), started.clone());
    let waits = x.with(move |_| {
        let call = y2.with(|_| 5);
        let mut call = std::pin::pin!(call);
        assert!(crate::support::poll(&mut call).is_pending());
        started2.pass();
        block_on(call)
    });
    started.wait_for(1);
    let back = x.clone();
    let in_line = two.run(move || back.with(|_| 6).wait()); // in the pool's queue, and then waits for x
    started.open();
    gate.open();
    block_on(first);
    assert_eq!((block_on(waits), block_on(in_line)), (5, 6));
}

#[test]
fn a_job_waits_through_other_pools() {
    let (p, q) = (Pool::new(1), Pool::new(1));
    let (p1, q1) = (p.clone(), q.clone());
    assert_eq!(block_on(p.run(move || q1.run(move || p1.run(|| 3).wait()).wait())), 3);
}

#[cfg(feature = "tokio")]
#[test]
fn a_job_waits_three_deep_on_a_runtime_of_one_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let pool = Pool::tokio(runtime.handle().clone());
    let (p1, p2) = (pool.clone(), pool.clone());
    assert_eq!(block_on(pool.run(move || p1.run(move || p2.run(|| 3).wait() + 1).wait() + 1)), 5);
}

/// Waits that go in a circle over threads: the last one to wait is told, and the circle is open.
#[test]
fn a_circle_over_three_handles_is_told() {
    let pool = Pool::new(3);
    let handles = [(); 3].map(|()| Aio::on(&pool, ()));
    let all_run = Gate::new();
    let calls: Vec<_> = (0..3)
        .map(|i| {
            let (next, gate) = (handles[(i + 1) % 3].clone(), all_run.clone());
            handles[i].with(move |_| {
                gate.pass();
                next.with(|_| ()).checked().wait().map_err(|error| error.is_deadlock())
            })
        })
        .collect();
    all_run.wait_for(3);
    all_run.open();
    let answers: Vec<_> = calls.into_iter().map(block_on).collect();
    assert_eq!(answers.iter().filter(|answer| **answer == Err(true)).count(), 1, "{answers:?}");
}

/// Every thread of `blocking` is a job that waits, so that no embedded thread is left to help.
#[test]
fn jobs_that_wait_on_all_embedded_threads_get_their_answer() {
    let output =
        crate::exit::child("nested::child_with_two_threads").env("BLOCKING_MAX_THREADS", "2").output();
    crate::exit::assert_success(&output.unwrap());
}

#[test]
#[ignore = "the child of jobs_that_wait_on_all_embedded_threads_get_their_answer"]
fn child_with_two_threads() {
    let pool = Pool::new(8);
    let gate = Gate::new();
    let nested: Vec<_> = (0..2)
        .map(|i| {
            let (inner, gate) = (pool.clone(), gate.clone());
            pool.run(move || {
                gate.pass();
                inner.run(move || i).wait()
            })
        })
        .collect();
    gate.wait_for(2);
    // Nor has the end of a shutdown a thread to wait on.
    assert_eq!(block_on(pool.shutdown(std::time::Duration::from_millis(1))).len(), 2);
    gate.open();
    for (i, call) in nested.into_iter().enumerate() {
        let answer = block_on(call.checked());
        // The inner call was made after the shutdown.
        assert!(answer.unwrap_err().is_panic(), "{i}");
    }
    let open = Pool::new(8);
    let nested: Vec<_> = (0..2)
        .map(|i| {
            let inner = open.clone();
            open.run(move || inner.run(move || i).wait())
        })
        .collect();
    for (i, call) in nested.into_iter().enumerate() {
        assert_eq!(block_on(call), i);
    }
}

/// What is said of a pool that is shut down holds for a handle that is busy, too.
#[test]
fn a_busy_handle_of_a_pool_that_is_shut_down_takes_no_call() {
    let pool = Pool::new(1);
    let list = Aio::on(&pool, Vec::new());
    let gate = Gate::new();
    let pass = gate.clone();
    let busy = list.with(move |_| pass.pass());
    gate.wait_for(1);
    let accepted = list.write_all("accepted");
    let shutdown = pool.shutdown(SOON);
    let late = list.with(|_| ());
    assert!(block_on(late.checked()).unwrap_err().is_refused());
    gate.open();
    block_on(busy);
    block_on(accepted).unwrap();
    assert!(block_on(shutdown).is_empty());
}

/// A pool that loses its supply stays what it was: its limit, its order, and the work that a shutdown waits for.
#[test]
fn work_that_is_lost_is_still_its_pools_own() {
    let (steps, supply) = Steps::new();
    let pool = supply.limit(1);
    let gate = Gate::new();
    let running = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let calls: Vec<_> = (0..8)
        .map(|i| {
            let (gate, running) = (gate.clone(), running.clone());
            pool.run(move || {
                let at_once = running.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                gate.pass();
                running.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                (i, at_once)
            })
        })
        .collect();
    steps.lose_one();
    gate.wait_for(1);
    assert_eq!(block_on(pool.shutdown(std::time::Duration::from_millis(1))).len(), 8);
    gate.open();
    assert!(block_on(pool.shutdown(SOON)).is_empty());
    for (i, call) in calls.into_iter().enumerate() {
        assert_eq!(block_on(call), (i, 0));
    }
}

/// Two handles wait for a thread to be closed on; what else needs one must not start them over and over.
#[cfg(target_os = "linux")]
#[test]
fn what_waits_for_a_thread_waits_in_peace() {
    crate::exit::as_nobody("nested::child_that_drops_without_threads");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of what_waits_for_a_thread_waits_in_peace"]
fn child_that_drops_without_threads() {
    use crate::support::{TellsDrop, pool_threads};
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (tell, told) = mpsc::channel();
    let one = Pool::new(1);
    let handles = [(); 2].map(|()| Aio::on(&one, TellsDrop(tell.clone())));
    let kept = tell.clone();
    let result = aiofile::unblock(move || TellsDrop(kept));
    block_on(aiofile::unblock(|| ()));
    let start = std::time::Instant::now();
    while pool_threads() > 0 {
        assert!(start.elapsed() < SOON, "the threads stay");
        std::thread::yield_now();
    }
    let (soft, hard) = getrlimit(Resource::RLIMIT_NPROC).unwrap();
    setrlimit(Resource::RLIMIT_NPROC, 1, hard).unwrap();
    assert!(std::thread::Builder::new().spawn(|| ()).is_err(), "the fault has to be there");
    drop(handles);
    drop(result); // has no thread to be dropped on
    setrlimit(Resource::RLIMIT_NPROC, soft, hard).unwrap();
    block_on(aiofile::unblock(|| ()));
    for _ in 0..3 {
        told.recv_timeout(SOON).expect("dropped, now that there are threads");
    }
}

/// A `Writer` waits by itself and not by a call: the pools know of it all the same.
#[test]
fn a_writer_in_a_job_gets_its_answer() {
    let one = Pool::new(1);
    let sink = Aio::on(&one, Vec::<u8>::new());
    let mut writer = sink.clone().writer();
    let large = vec![0; 10 << 20]; // more than there is room for
    block_on(one.run(move || {
        block_on(async {
            writer.write_all(b"x").await?;
            writer.flush().await?;
            writer.write_all(&large).await?;
            writer.flush().await
        })
    }))
    .unwrap();
    assert_eq!(block_on(sink.with(|sink| sink.len())), 1 + (10 << 20));
}

#[test]
fn a_writer_in_a_closure_on_its_own_handle_is_refused_and_loses_nothing() {
    let sink = Aio::new(Vec::<u8>::new());
    let mut writer = sink.clone().writer();
    let mut writer = block_on(sink.with(move |_| {
        block_on(async {
            writer.write_all(b"accepted").await.unwrap();
            for _ in 0..2 {
                let error = writer.flush().await.unwrap_err();
                assert!(error.call_error().unwrap().is_deadlock(), "{error}");
                assert_eq!(error.kind(), std::io::ErrorKind::Deadlock);
            }
        });
        writer
    }));
    block_on(writer.flush()).unwrap();
    assert_eq!(block_on(sink.with(|sink| sink.clone())), b"accepted");
}

/// What a job has polled and given up it does not wait for, whoever holds it afterwards.
#[test]
fn a_wait_that_a_job_has_given_up_is_none() {
    let (x, h) = (Aio::new(()), Aio::new(Vec::<u8>::new()));
    for what in ["a writer", "a call"] {
        let gate = Gate::new();
        let passing = gate.clone();
        drop(h.with(move |_| passing.pass()));
        let mut writer = h.clone().writer();
        block_on(writer.write_all(b"x")).unwrap();
        let mut call = h.with(|_| ());
        let held = block_on(x.with(move |()| {
            match what {
                "a writer" => assert!(crate::support::poll(&mut std::pin::pin!(writer.flush())).is_pending()),
                _ => assert!(crate::support::poll(&mut call).is_pending()),
            }
            (writer, call)
        }));
        gate.open();
        let back = x.clone();
        block_on(h.with(move |_| back.with(|()| ()).checked().wait())).expect(what);
        drop(held);
    }
}
