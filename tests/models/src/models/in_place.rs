//! Of calls that are run where they are made.

use super::support::{TellsDrop, Told, any, switch};
use aiofile::{Aio, Pool};
use shuttle::current::{me, set_label_for_task};
use shuttle::future::block_on;
use shuttle::thread::{self, ThreadId};
use std::mem;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Runtime;

fn pool() -> Pool {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let new = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    Pool::tokio_in_place(RUNTIME.get_or_init(new).handle().clone())
}

/// What this thread does is done by a task of the runtime, or not.
fn set_task(is_task: bool) {
    set_label_for_task(me(), Arc::new(AtomicBool::new(is_task)));
}

struct Ran {
    busy: bool,
    calls: Vec<(usize, usize, ThreadId)>,
    #[allow(dead_code)]
    dropped: TellsDrop,
}

/// Calls of two tasks, in place, and of one that is none: one at a time, each one's in their order, all of them answered; and
/// the value is dropped elsewhere. *Catches:* a call in place that does not go on with what has waited for its job.
pub fn in_place() {
    let pool = pool();
    let pool = if any(2) == 0 { pool.limit(1) } else { pool };
    let dropped = Told::new();
    let aio = Aio::on(&pool, Ran { busy: false, calls: Vec::new(), dropped: TellsDrop(dropped.clone()) });
    let callers = [0, 1, 2].map(|caller| {
        let aio = aio.clone();
        let beside = Aio::on(&pool, 7);
        thread::spawn(move || {
            set_task(caller < 2);
            let calls: Vec<_> = (0..3)
                .map(|n| {
                    let beside = (any(3) == 0).then(|| beside.clone());
                    let call = aio.with(move |ran| {
                        assert!(!mem::replace(&mut ran.busy, true), "two calls at once");
                        switch();
                        if let Some(beside) = beside {
                            assert_eq!(block_on(beside.with(|seven| *seven)), 7);
                        }
                        ran.busy = false;
                        ran.calls.push((caller, n, thread::current().id()));
                        n
                    });
                    (n, call)
                })
                .collect();
            drop(aio);
            for (n, call) in calls {
                assert_eq!(block_on(call), n);
            }
            drop(beside);
            thread::current().id()
        })
    });
    let ids = callers.map(|caller| caller.join().unwrap());
    let ran = block_on(aio.with(|ran| mem::take(&mut ran.calls)));
    assert_eq!(ran.len(), 9);
    for caller in 0..3 {
        let own: Vec<_> = ran.iter().filter(|(by, ..)| *by == caller).map(|(_, n, _)| *n).collect();
        assert_eq!(own, [0, 1, 2]);
    }
    assert!(ran.iter().all(|(.., by)| *by != ids[2]), "in place, and not in a task");
    if any(2) == 0 {
        set_task(true);
    }
    drop(aio);
    let (_, by) = dropped.wait_for(1)[0];
    assert!(!ids.contains(&by) && by != thread::current().id());
    set_task(false);
    assert!(block_on(pool.shutdown(Duration::MAX)).is_empty());
}
