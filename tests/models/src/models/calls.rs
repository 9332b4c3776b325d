//! Of one call, and of many of one handle.

use super::support::{TellsDrop, Told, any, poll, switch, threads};
use aiofile::Aio;
use shuttle::future::block_on;
use shuttle::thread;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Default)]
struct Ran {
    busy: bool,
    calls: Vec<(usize, usize)>,
}

/// The calls of each task run in the order in which it made them, each once, one at a time; each task gets its own
/// answers. *Catches:* a drain that ends without the lock under which it found nothing to do.
pub fn order() {
    let aio = Aio::on(&threads(), Ran::default());
    let callers = [0, 1, 2].map(|caller| {
        let aio = aio.clone();
        thread::spawn(move || {
            let mut calls: Vec<_> = (0..3)
                .map(|n| {
                    let call = aio.with(move |ran| {
                        assert!(!mem::replace(&mut ran.busy, true), "two calls at once");
                        switch();
                        ran.busy = false;
                        ran.calls.push((caller, n));
                        n
                    });
                    (n, call)
                })
                .collect();
            drop(aio);
            if caller == 2 {
                calls.reverse();
            }
            block_on(async {
                for (n, call) in calls {
                    assert_eq!(call.await, n);
                }
            });
        })
    });
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    let ran = block_on(aio.with(|ran| mem::take(&mut ran.calls)));
    assert_eq!(ran.len(), 9);
    for caller in 0..3 {
        let own: Vec<_> = ran.iter().filter(|(by, _)| *by == caller).map(|(_, n)| *n).collect();
        assert_eq!(own, [0, 1, 2]);
    }
}

/// Who waits is woken, also when another waker was there before, and while drains linger and callers spin.
/// *Catches:* an end that takes the waker before the result is there; a drain that lingered in vain and does not look
/// once more.
pub fn wake() {
    let aio = Aio::on(&threads(), 0);
    let other = aio.clone();
    let other = thread::spawn(move || block_on(other.with(|n| *n += 1)));
    for _ in 0..3 {
        let mut call = aio.with(|n| {
            *n += 1;
            *n
        });
        if any(2) == 0 && poll(&mut call).is_ready() {
            continue;
        }
        assert!(block_on(call) > 0);
    }
    other.join().unwrap();
    assert_eq!(block_on(aio.with(|n| *n)), 4);
}

/// A call that is cancelled does not run, one that is not runs once; its closure is dropped in either case.
/// *Catches:* a start that looks, and then takes.
pub fn cancel() {
    let pool = threads();
    let aio = Aio::on(&pool, ());
    let busy = aio.with(|()| switch());
    let in_handle = Cancelled::new();
    let alone = Cancelled::new();
    let (f, g) = (in_handle.closure(), alone.closure());
    let one = in_handle.race(aio.with(move |()| f()));
    let two = alone.race(pool.run(g));
    one.join().unwrap();
    two.join().unwrap();
    block_on(busy);
    // Whatever was still to run has run by now.
    block_on(aio.close());
    assert!(block_on(pool.shutdown(std::time::Duration::MAX)).is_empty());
    in_handle.check();
    alone.check();
}

struct Cancelled {
    ran: Arc<AtomicUsize>,
    cancelled: Arc<AtomicUsize>,
    dropped: Told<()>,
}

impl Cancelled {
    fn new() -> Self {
        Cancelled { ran: Arc::default(), cancelled: Arc::default(), dropped: Told::new() }
    }

    fn closure(&self) -> impl FnOnce() -> i32 + Send + use<> {
        let (ran, tells) = (self.ran.clone(), TellsDrop(self.dropped.clone()));
        move || {
            drop(tells);
            ran.fetch_add(1, Ordering::Relaxed);
            7
        }
    }

    fn race(&self, mut call: aiofile::Call<i32>) -> thread::JoinHandle<()> {
        let cancelled = self.cancelled.clone();
        thread::spawn(move || {
            let was = call.cancel();
            cancelled.fetch_add(usize::from(was), Ordering::Relaxed);
            match block_on(call.checked()) {
                Ok(seven) => assert!(!was && seven == 7),
                Err(error) => assert!(was && error.is_cancelled(), "{error}"),
            }
        })
    }

    fn check(&self) {
        assert_eq!(self.ran.load(Ordering::Relaxed) + self.cancelled.load(Ordering::Relaxed), 1);
        self.dropped.wait_for(1);
    }
}

/// An abandoned call runs, and its result is dropped, on the pool. *Catches:* a call that is left out because nobody
/// waits; a result that is dropped by its caller.
pub fn abandon() {
    let pool = threads();
    let aio = Aio::on(&pool, ());
    let (ran, dropped) = (Arc::new(AtomicUsize::new(0)), Told::new());
    let (f, g) = {
        let closure = || {
            let (ran, result) = (ran.clone(), TellsDrop(dropped.clone()));
            move || {
                ran.fetch_add(1, Ordering::Relaxed);
                result
            }
        };
        (closure(), closure())
    };
    let in_handle = aio.with(move |()| f());
    let alone = pool.run(g);
    let abandoner = thread::spawn(move || {
        // Polled or not; where the result is there already, it is the caller's to drop.
        let mut abandoned = 0;
        for mut call in [in_handle, alone] {
            abandoned += usize::from(any(2) == 0 || poll(&mut call).is_pending());
        }
        (abandoned, thread::current().id())
    });
    let (abandoned, abandoner) = abandoner.join().unwrap();
    let dropped_by = dropped.wait_for(2);
    assert_eq!(ran.load(Ordering::Relaxed), 2);
    let main = thread::current().id();
    assert_eq!(dropped_by.iter().filter(|(_, by)| ![main, abandoner].contains(by)).count(), abandoned);
}
