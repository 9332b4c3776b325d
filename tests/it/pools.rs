//! Promises 9 and 10: refusal is an answer, never a hang; a pool is bounded.

use crate::support::{Gate, SOON, Steps, block_on, poll};
use aiofile::{Aio, Pool};
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The peak of how many run at once.
#[derive(Default)]
struct Peak {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Peak {
    fn during<R>(&self, f: impl FnOnce() -> R) -> R {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let result = f();
        self.now.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

#[test]
fn a_pool_runs_as_many_as_its_limit_and_no_more() {
    const LIMIT: usize = 3;
    let pool = Pool::new(LIMIT);
    let (gate, peak) = (Gate::new(), Arc::new(Peak::default()));
    let calls: Vec<_> = (0..20)
        .map(|i| {
            let (gate, peak) = (gate.clone(), peak.clone());
            pool.run(move || {
                peak.during(|| gate.pass());
                i
            })
        })
        .collect();
    gate.wait_for(LIMIT); // so many do run at once
    gate.open();
    block_on(async {
        for (i, call) in calls.into_iter().enumerate() {
            assert_eq!(call.await, i);
        }
    });
    assert_eq!(peak.most.load(Ordering::SeqCst), LIMIT);
}

#[test]
fn what_waits_in_a_pool_runs_in_the_order_in_which_it_came() {
    let (steps, supply) = Steps::new();
    let pool = supply.limit(1);
    let log = Arc::new(std::sync::Mutex::new(Vec::new()));
    for i in 0..100 {
        let log = log.clone();
        drop(pool.run(move || log.lock().unwrap().push(i)));
    }
    assert_eq!(steps.taken(), 1, "the others wait in the pool");
    steps.run_all();
    assert!(log.lock().unwrap().iter().copied().eq(0..100));
    assert_eq!(steps.taken(), 1, "one job does them all");
}

#[test]
#[should_panic(expected = "0 jobs at once")]
fn a_pool_of_nothing_is_refused() {
    Pool::new(0);
}

fn panic_text(future: impl Future) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(future)));
    *caught.err().expect("it panics").downcast::<String>().expect("with a text")
}

/// Every way in which a call can be refused, in the three ways in which it can be asked.
fn assert_refused(handle: &Aio<Vec<u8>>, text: &str) {
    assert!(block_on(handle.with(|_| ()).checked()).unwrap_err().is_refused());
    assert_eq!(panic_text(handle.with(|_| ())), format!("aiofile: {text}"));
    let error = block_on(handle.write_all("x")).unwrap_err();
    assert_eq!(error.to_string(), format!("write: {text}"));
    assert!(error.call_error().unwrap().is_refused());
}

#[test]
fn a_pool_that_drops_its_job_at_once_refuses() {
    let handle = Aio::on(&Pool::from_fn(drop), Vec::new());
    assert_refused(&handle, "the pool has no thread to run the call on");
}

/// As tokio's does when it can have no thread: the job is refused, whatever becomes of it, and takes no other's place.
#[test]
fn a_job_that_a_pool_keeps_and_panics_over_is_refused() {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (keep, panics) = (kept.clone(), Arc::new(AtomicBool::new(true)));
    let panicking = panics.clone();
    let pool = Pool::from_fn(move |job| {
        keep.lock().unwrap().push(job);
        assert!(!panicking.load(Ordering::SeqCst), "no thread for you");
    });
    let refused = block_on(pool.run(|| unreachable!("it was refused")).checked()).unwrap_err();
    assert!(refused.is_refused(), "{refused}");
    panics.store(false, Ordering::SeqCst);
    let mut next = pool.run(|| 7); // has the place of the other one
    let jobs = std::mem::take(&mut *kept.lock().unwrap());
    let [dead, alive] = <[aiofile::Job; 2]>::try_from(jobs).unwrap();
    dead.run();
    assert!(poll(&mut next).is_pending());
    alive.run();
    assert_eq!(block_on(next), 7);
    let end = block_on(pool.shutdown(SOON));
    assert!(end.is_empty(), "{end:?}");
}

#[test]
fn a_pool_that_panics_refuses() {
    let handle = Aio::on(&Pool::from_fn(|_| panic!("no thread for you")), Vec::new());
    assert_refused(&handle, "the pool has no thread to run the call on");
}

#[test]
fn a_pool_that_is_shut_down_refuses() {
    let pool = Pool::new(2);
    let handle = Aio::on(&pool, Vec::new());
    assert!(block_on(pool.shutdown(SOON)).is_empty());
    assert_refused(&handle, "the pool is shut down");
}

#[cfg(feature = "tokio")]
#[test]
fn a_runtime_that_is_gone_refuses() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let handle = Aio::on(&Pool::tokio(runtime.handle().clone()), Vec::new());
    block_on(handle.write_all("accepted")).unwrap();
    drop(runtime);
    assert_refused(&handle, "the pool has no thread to run the call on");
}

#[cfg(feature = "tokio")]
#[test]
fn what_a_runtime_had_accepted_is_run_when_it_shuts_down() {
    let gate = Gate::new();
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let pool = Pool::tokio(runtime.handle().clone());
    let pass = gate.clone();
    let busy = pool.run(move || pass.pass());
    gate.wait_for(1);
    let handle = Aio::on(&pool, Vec::new());
    let write = handle.write_all("accepted");
    runtime.shutdown_background();
    gate.open(); // tokio's worker comes back, and drops what waits
    block_on(busy);
    block_on(write).unwrap();
}

/// A call made is a call run: what a pool took and then lost is run by the embedded threads.
#[test]
fn a_job_that_is_lost_is_run_all_the_same() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Vec::new());
    drop(list.write_all("abandoned, "));
    let write = list.write_all("awaited");
    let run = pool.run(|| "run");
    steps.lose_one();
    steps.lose_one();
    block_on(write).unwrap();
    assert_eq!(block_on(run), "run");
    let all = list.finish(|list| list);
    steps.run_all();
    assert_eq!(block_on(all), b"abandoned, awaited");
}

#[test]
fn a_limited_pool_that_loses_its_worker_runs_what_waits() {
    let (steps, supply) = Steps::new();
    let pool = supply.limit(1);
    let calls: Vec<_> = (0..10).map(|i| pool.run(move || i)).collect();
    steps.lose_one();
    steps.run_all();
    for (i, call) in calls.into_iter().enumerate() {
        assert_eq!(block_on(call), i);
    }
}

/// A supply that refuses one job while another of the pool runs: the refused work waits for that one.
#[test]
fn a_refused_job_waits_for_a_running_one() {
    let first = AtomicUsize::new(0);
    let pool = Pool::from_fn(move |job| {
        if first.fetch_add(1, Ordering::SeqCst) == 0 {
            std::thread::spawn(move || job.run());
        }
    });
    let gate = Gate::new();
    let pass = gate.clone();
    let running = pool.run(move || pass.pass());
    gate.wait_for(1);
    let waits = pool.run(|| "in the end");
    gate.open();
    block_on(running);
    assert_eq!(block_on(waits), "in the end");
}

/// tokio and `blocking`: a job that waits for a job deadlocks a full pool. Here the thread that waits
/// runs what it waits for.
#[test]
fn a_job_that_waits_for_a_job_of_its_full_pool_gets_its_answer() {
    for limit in 1..=8 {
        let pool = Pool::new(limit);
        let nested: Vec<_> = (0..limit * 3)
            .map(|i| {
                let inner = pool.clone();
                let list = Aio::on(&pool, vec![i]);
                pool.run(move || {
                    let from_pool = block_on(inner.run(move || i));
                    let from_handle = block_on(list.with(|list| list[0]));
                    block_on(list.finish(move |list| list[0] + from_pool + from_handle))
                })
            })
            .collect();
        for (i, call) in nested.into_iter().enumerate() {
            assert_eq!(block_on(call), 3 * i);
        }
    }
}

/// The limit is the supply's own, of which the pool knows nothing: tokio hangs here.
#[cfg(feature = "tokio")]
#[test]
fn a_job_that_waits_for_a_job_of_a_full_runtime_gets_its_answer() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    let pool = Pool::tokio(runtime.handle().clone());
    let inner = pool.clone();
    let list = Aio::on(&pool, vec![1]);
    let sum = block_on(pool.run(move || {
        block_on(inner.run(|| 2))
            + block_on(list.with(|list| list[0]))
            + block_on(list.finish(|list| list[0]))
    }));
    assert_eq!(sum, 4);
}

/// An executor that runs inside a job must not be blocked by the calls that it polls.
#[test]
fn a_job_that_is_an_executor_goes_on_while_its_calls_wait() {
    let (reader, writer) = std::io::pipe().unwrap();
    let reader = Aio::new(reader);
    let second = block_on(aiofile::unblock(move || {
        let mut buffer = [0; 1];
        let mut stuck = reader.read(&mut buffer);
        assert!(poll(&mut stuck).is_pending());
        let second = block_on(aiofile::unblock(|| "goes on"));
        drop(writer);
        assert_eq!(block_on(stuck).unwrap(), 0);
        second
    }));
    assert_eq!(second, "goes on");
}

#[test]
fn a_job_that_waits_ten_deep_gets_its_answer() {
    fn down(pool: Pool, depth: usize) -> usize {
        match depth {
            0 => 0,
            depth => 1 + block_on(pool.clone().run(move || down(pool, depth - 1))),
        }
    }
    let pool = Pool::new(1);
    let inner = pool.clone();
    assert_eq!(block_on(pool.run(move || down(inner, 10))), 10);
}

#[test]
fn a_closure_that_waits_for_its_own_handle_is_told() {
    let handle = Aio::new(Vec::new());
    let own = handle.clone();
    let (checked, text, typed) = block_on(handle.with(move |_| {
        let checked = block_on(own.with(|_| ()).checked());
        let text = panic_text(own.with(|_| ()));
        let typed = block_on(own.write_all("written later"));
        (checked, text, typed)
    }));
    assert!(checked.unwrap_err().is_deadlock());
    assert_eq!(
        text,
        "aiofile: a closure that runs on a handle cannot wait for another call of the same handle"
    );
    assert_eq!(typed.unwrap_err().kind(), std::io::ErrorKind::Deadlock);
    assert_eq!(block_on(handle.finish(|list| list)), b"written later", "the wait is refused, not the call");
}

/// The wait goes in a circle over two handles and one thread.
#[test]
fn a_circle_of_two_handles_on_one_thread_is_told() {
    let one = Pool::new(1);
    let (left, right) = (Aio::on(&one, ()), Aio::on(&one, ()));
    let back = left.clone();
    let told = block_on(left.with(move |_| {
        block_on(right.with(move |_| block_on(back.with(|_| ()).checked()).unwrap_err().is_deadlock()))
    }));
    assert!(told);
}

#[test]
fn shutdown_waits_for_what_was_accepted_and_names_what_is_stuck() {
    let pool = Pool::new(1);
    let gate = Gate::new();
    let handle = Aio::on(&pool, Vec::<u8>::new());
    let pass = gate.clone();
    let stuck = handle.with(move |_| pass.pass());
    let waits = [handle.write_all("a"), handle.write_all("b")];
    let queued = pool.run(|| ());
    gate.wait_for(1);

    let report = block_on(pool.shutdown(Duration::from_millis(5)));
    assert_eq!(report.len(), 2, "{report:?}");
    assert!(report[0].operation().contains("shutdown_waits_for_what_was_accepted"), "{report:?}");
    assert_eq!((report[0].waiting(), report[1].waiting()), (2, 0));
    assert!(report[0].to_string().ends_with("(2 waiting behind it)"), "{}", report[0]);

    gate.open();
    assert!(block_on(pool.shutdown(SOON)).is_empty());
    block_on(async {
        stuck.await;
        for write in waits {
            write.await.unwrap();
        }
        queued.await;
    });
}

#[test]
fn a_stuck_drop_is_named_by_its_type() {
    struct Stuck(Gate);
    impl Drop for Stuck {
        fn drop(&mut self) {
            self.0.pass();
        }
    }
    let (gate, pool) = (Gate::new(), Pool::new(1));
    drop(Aio::on(&pool, Stuck(gate.clone())));
    gate.wait_for(1);
    let report = block_on(pool.shutdown(Duration::from_millis(5)));
    let [stuck] = &report[..] else { panic!("{report:?}") };
    assert!(stuck.operation().starts_with("drop ") && stuck.operation().ends_with("::Stuck"), "{stuck}");
    gate.open();
    assert!(block_on(pool.shutdown(SOON)).is_empty());
}

#[test]
fn what_a_writer_is_stuck_at_is_named() {
    struct Stuck(Gate);
    impl Write for Stuck {
        fn write(&mut self, data: &[u8]) -> std::io::Result<usize> {
            self.0.pass();
            Ok(data.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (gate, pool) = (Gate::new(), Pool::new(1));
    let mut writer = Aio::on(&pool, Stuck(gate.clone())).writer();
    block_on(writer.write_all(b"x")).unwrap();
    gate.wait_for(1);
    let report = block_on(pool.shutdown(Duration::from_millis(5)));
    assert_eq!(report.iter().map(|stuck| stuck.operation()).collect::<Vec<_>>(), ["write"]);
    gate.open();
    assert!(block_on(pool.shutdown(SOON)).is_empty());
    assert_eq!(writer.progress().written, 1);
}

#[test]
fn a_stuck_file_is_named_with_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("stuck.txt");
    let (steps, pool) = Steps::new();
    let open = aiofile::OpenOptions::new().write(true).create(true).pool(&pool).open(&path);
    let report = block_on(pool.shutdown(Duration::ZERO));
    assert_eq!(report[0].operation(), format!("open {path:?}"));
    steps.run_all();
    block_on(open).unwrap();
}

#[test]
fn handles_made_after_set_default_are_on_the_new_default() {
    crate::exit::in_child("pools::child_sets_the_default");
}

#[test]
#[ignore = "the child of handles_made_after_set_default_are_on_the_new_default"]
fn child_sets_the_default() {
    let (steps, pool) = Steps::new();
    let old = Aio::new(1);
    Pool::set_default(pool);
    let new = Aio::new(2);
    let mut call = new.with(|n| *n);
    assert!(poll(&mut call).is_pending());
    assert_eq!(steps.taken(), 1);
    assert_eq!(block_on(old.with(|n| *n)), 1, "a handle stays where it was made");
    steps.run_all();
    assert_eq!(block_on(call), 2);
}

/// `blocking` spins at 100 % CPU for ever when the system refuses its first thread; tokio panics in the
/// caller. The answer has to be an error, and the pool has to work again later.
#[cfg(target_os = "linux")]
#[test]
fn a_system_without_threads_is_an_error_and_not_for_ever() {
    // The limit on a user's processes does not bind root.
    crate::exit::as_nobody("pools::child_without_threads");
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of a_system_without_threads_is_an_error_and_not_for_ever"]
fn child_without_threads() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NPROC).unwrap();
    setrlimit(Resource::RLIMIT_NPROC, 1, hard).unwrap();
    assert!(std::thread::Builder::new().spawn(|| ()).is_err(), "the fault has to be there");

    let handle = Aio::new(Vec::new());
    assert_refused(&handle, "the pool has no thread to run the call on");
    let (value, told) = {
        let (tell, told) = std::sync::mpsc::channel();
        (crate::support::TellsDrop(tell), told)
    };
    drop(Aio::new(value));
    assert!(told.try_recv().is_err(), "not dropped here");

    setrlimit(Resource::RLIMIT_NPROC, soft, hard).unwrap();
    block_on(handle.write_all("works again")).unwrap();
    let dropped_on = told.recv_timeout(SOON).expect("dropped, now that there are threads");
    assert_ne!(dropped_on, std::thread::current().id());
}

#[cfg(target_os = "linux")]
#[test]
fn idle_threads_leave() {
    crate::exit::in_child("pools::child_watches_threads_leave");
}

/// 101 threads of `blocking` 1.7.0 stay for ever after a burst.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "the child of idle_threads_leave"]
fn child_watches_threads_leave() {
    use crate::support::pool_threads;
    let gate = Gate::new();
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let pass = gate.clone();
            aiofile::unblock(move || pass.pass())
        })
        .collect();
    gate.wait_for(50);
    assert_eq!(pool_threads(), 50);
    gate.open();
    block_on(async {
        for call in calls {
            call.await;
        }
    });
    let start = std::time::Instant::now();
    while pool_threads() > 0 {
        assert!(start.elapsed() < SOON, "{} threads stay", pool_threads());
        std::thread::yield_now();
    }
}

#[test]
fn a_job_may_be_run_where_it_is_handed_over() {
    let inline = Pool::from_fn(|job| job.run());
    let list = Aio::on(&inline, Vec::new());
    let write = list.write_all("at once");
    assert_eq!(block_on(list.with(|list| list.len())), 7);
    block_on(write).unwrap();
    list.with(|list| list.flush()).cancel();
}
