//! A normal end of the process waits for accepted work. Holds the crate's one line of `unsafe`.

use super::{Inner, Pool, nested};
use crate::lock::lock;
use std::sync::{Arc, Mutex, Once, Weak};
use std::time::{Duration, Instant};

static POOLS: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());
static DEADLINE: Mutex<Duration> = Mutex::new(Duration::from_secs(30));

pub(super) fn set_deadline(deadline: Duration) {
    *lock(&DEADLINE) = deadline;
}

/// Has the end of the process wait for what this pool has accepted.
pub(super) fn watch(pool: &Pool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(register);
    let mut pools = lock(&POOLS);
    pools.retain(|pool| pool.strong_count() > 0);
    pools.push(Arc::downgrade(&pool.0));
}

#[cfg(any(unix, windows))]
#[allow(unsafe_code)]
fn register() {
    // SAFETY: `wait` is an `extern "C" fn()` that does not unwind, as atexit(3) asks; it touches no
    // thread-local that has a destructor. A full table (not 0) only means that the end does not wait.
    unsafe { libc::atexit(wait) };
}

#[cfg(not(any(unix, windows)))]
fn register() {}

extern "C" fn wait() {
    let start = Instant::now();
    let deadline = *lock(&DEADLINE);
    let mut pause = Duration::from_micros(50);
    loop {
        // In this order: what is expected becomes a work.
        let expecting = pools().iter().any(Pool::is_expecting);
        let held = held();
        if held.is_empty() && !expecting {
            return;
        }
        Pool::embedded().resume();
        if start.elapsed() >= deadline {
            let stuck: Vec<_> = held.iter().filter_map(|work| work.stuck()).map(|s| s.to_string()).collect();
            // A closed standard error must not turn the end into a panic.
            use std::io::Write;
            let _ = writeln!(
                std::io::stderr(),
                "aiofile: the process ended before accepted work was done: {}",
                stuck.join(", ")
            );
            return;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(1));
    }
}

/// The works that the end has to wait for. Not the one that ends the process, nor who waits for it: they cannot go
/// on.
fn held() -> Vec<Arc<dyn super::Work>> {
    let pools = pools();
    let works = pools.iter().flat_map(Pool::works);
    let works = works.filter(|work| work.holds_exit() && !nested::depends_on_this_thread(work.id()));
    let mut held: Vec<_> = works.collect();
    held.sort_by_key(|work| work.id());
    held.dedup_by_key(|work| work.id());
    held
}

/// All pools that there are.
pub(super) fn pools() -> Vec<Pool> {
    lock(&POOLS).iter().filter_map(Weak::upgrade).map(Pool).collect()
}
