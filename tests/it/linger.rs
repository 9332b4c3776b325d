//! A thread that stays awake on its handle: it shares hops, and is in nobody's way. It would stay for ever here, so that
//! what it is in the way of never happens. Each test runs in a child: half of the processors may linger, and that is
//! one here.

use crate::exit::in_child;
use crate::support::{SOON, TellsDrop, block_on};
use aiofile::{Aio, Pool};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

const FOR_EVER: Duration = Duration::MAX;
const CALLS: usize = 1000;

/// A pool over threads of its own, and the number of jobs that it has given them.
fn counted(linger: Duration) -> (Pool, Arc<AtomicUsize>) {
    let jobs = Arc::new(AtomicUsize::new(0));
    let counter = jobs.clone();
    let pool = Pool::from_fn(move |job| {
        counter.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || job.run());
    });
    (pool.linger(linger), jobs)
}

fn processors() -> usize {
    thread::available_parallelism().unwrap().get()
}

/// A test in a process of its own.
macro_rules! alone {
    ($name:ident, $body:block) => {
        mod $name {
            use super::*;

            #[test]
            fn in_a_child() {
                in_child(concat!("linger::", stringify!($name), "::alone"));
            }

            #[test]
            #[ignore = "a child of the test above"]
            fn alone() $body
        }
    };
}

/// Quick calls, one behind the other, until a thread lingers.
fn lingering<T: Send + 'static>(handle: &Aio<T>) {
    let start = Instant::now();
    let pool = handle.pool();
    while running(pool) == 0 || running(pool) != still_running(pool) {
        assert!(start.elapsed() < SOON, "no thread lingers: {pool:?}");
        for _ in 0..100 {
            block_on(handle.with(|_| ()));
        }
    }
}

fn running(pool: &Pool) -> usize {
    let text = format!("{pool:?}");
    let jobs = text.split("jobs: ").nth(1).unwrap();
    jobs[..jobs.find(',').unwrap()].parse().unwrap()
}

fn assert_ends(pool: &Pool) {
    let start = Instant::now();
    while running(pool) > 0 {
        assert!(start.elapsed() < SOON, "{pool:?}");
        thread::yield_now();
    }
}

/// A drain that has nothing to do and does not linger is gone soon.
fn still_running(pool: &Pool) -> usize {
    thread::sleep(Duration::from_millis(20));
    running(pool)
}

alone!(calls_one_behind_the_other_share_hops, {
    if processors() == 1 {
        return;
    }
    let (pool, jobs) = counted(FOR_EVER);
    let handle = Aio::on(&pool, 0);
    for _ in 0..CALLS {
        block_on(handle.with(|n| *n += 1));
    }
    assert_eq!(block_on(handle.with(|n| *n)), CALLS);
    assert!(jobs.load(Ordering::SeqCst) < CALLS / 2, "{jobs:?}");
});

alone!(nobody_lingers_where_it_is_switched_off, {
    let (pool, jobs) = counted(Duration::ZERO);
    let handle = Aio::on(&pool, ());
    for _ in 0..CALLS {
        block_on(handle.with(|()| ()));
        assert_ends(&pool);
    }
    assert_eq!(jobs.load(Ordering::SeqCst), CALLS, "each call had a job of its own");
});

alone!(a_thread_that_lingers_makes_way, {
    if processors() == 1 {
        return;
    }
    let one = Pool::new(1).linger(FOR_EVER);
    let handle = Aio::on(&one, ());
    lingering(&handle);
    assert_eq!(block_on(Aio::on(&one, 7).with(|n| *n)), 7, "to another handle");
    lingering(&handle);
    assert_eq!(block_on(one.run(|| 7)), 7, "to a job");

    let (dropped, drops) = mpsc::channel();
    let other = Aio::on(&one, TellsDrop(dropped));
    lingering(&other);
    drop(other);
    drops.recv_timeout(SOON).expect("to the drop of its value");

    lingering(&handle);
    assert!(block_on(one.shutdown(SOON)).is_empty(), "to a shutdown");
    assert!(block_on(handle.with(|()| ()).checked()).unwrap_err().is_refused());
});

alone!(calls_that_take_long_are_not_waited_for, {
    let (pool, _) = counted(FOR_EVER);
    let handle = Aio::on(&pool, ());
    for _ in 0..50 {
        block_on(handle.with(|()| thread::sleep(Duration::from_millis(1))));
    }
    assert_ends(&pool);
});

alone!(a_thread_that_lingers_does_not_hold_up_the_end_of_the_process, {
    if processors() == 1 {
        return;
    }
    let pool = Pool::default().linger(FOR_EVER);
    let handle = Aio::on(&pool, ());
    lingering(&handle);
    Pool::set_exit_deadline(FOR_EVER);
    std::mem::forget(handle); // not even its drop is told
});

alone!(half_of_the_processors_linger_at_most, {
    let most = processors() / 2;
    let handles: Vec<_> = (0..most).map(|_| Aio::on(&Pool::default().linger(FOR_EVER), ())).collect();
    handles.iter().for_each(lingering);
    let (pool, _) = counted(FOR_EVER);
    let one_more = Aio::on(&pool, ());
    for _ in 0..CALLS {
        block_on(one_more.with(|()| ()));
    }
    assert_ends(&pool);
    assert!(handles.iter().all(|handle| running(handle.pool()) == 1), "the others do");
});

alone!(nobody_lingers_where_nothing_follows, {
    if processors() == 1 {
        return;
    }
    let pool = Pool::default().linger(FOR_EVER);
    let handle = Aio::on(&pool, Vec::new());
    lingering(&handle);
    let mut writer = handle.clone().writer();
    block_on(writer.write_all(b"nobody awaits the drain of this")).unwrap();
    assert_ends(&pool);

    lingering(&handle);
    block_on(handle.close());
    assert_ends(&pool);
});

#[cfg(target_os = "linux")]
alone!(nobody_lingers_where_there_is_one_processor, {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;
    let all = sched_getaffinity(Pid::from_raw(0)).unwrap();
    let first = (0..CpuSet::count()).find(|cpu| all.is_set(*cpu).unwrap()).unwrap();
    let mut one = CpuSet::new();
    one.set(first).unwrap();
    sched_setaffinity(Pid::from_raw(0), &one).unwrap();
    assert_eq!(processors(), 1);

    let (pool, _) = counted(FOR_EVER);
    let handle = Aio::on(&pool, ());
    for _ in 0..CALLS {
        block_on(handle.with(|()| ()));
    }
    assert_ends(&pool);
});
