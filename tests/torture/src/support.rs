//! Small things that all faults need.

use std::future::Future;
use std::panic::{self, AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

/// What must never take long has hung after this long.
pub const SOON: Duration = Duration::from_secs(20);

/// The payload of a panic over something that gave no answer.
pub struct Hung;

/// Numbers that a seed repeats: SplitMix64.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Bytes that tell where they stand, none of them 0.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| 1 + self.below(255) as u8).collect()
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread; panics with `Hung` when no answer comes.
pub fn block_on<F: Future>(future: F) -> F::Output {
    within(SOON, future).unwrap_or_else(|| panic_any(Hung))
}

/// Waits on this thread, so long.
pub fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let left = limit.checked_sub(start.elapsed())?;
        thread::park_timeout(left);
    }
}

/// Polls once, for nobody.
pub fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

/// What a function gives on a thread of its own, within this time; the thread of one that hangs stays.
pub fn answer<R: Send + 'static>(limit: Duration, f: impl FnOnce() -> R + Send + 'static) -> Option<R> {
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || drop(tell.send(catch_unwind(AssertUnwindSafe(f)))));
    let result = told.recv_timeout(limit).ok()?;
    let _ = thread.join();
    Some(result.unwrap_or_else(|payload| panic::resume_unwind(payload)))
}

/// Waits until something is so; `false` if it does not come about.
pub fn until(limit: Duration, mut there: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !there() {
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
    true
}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// Panics are part of the work: they are noted, and not printed.
pub fn record_panics() {
    panic::set_hook(Box::new(|info| {
        *LAST_PANIC.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = info.to_string();
    }));
}

pub fn last_panic() -> String {
    LAST_PANIC.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
}

/// A future's result or its panic, as text.
pub fn caught<R>(f: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(f)).map_err(|payload| {
        if payload.is::<Hung>() {
            panic_any(Hung);
        }
        let text = payload.downcast_ref::<&str>().map(|text| text.to_string());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a payload".into())
    })
}

/// The two supplies of threads: the embedded one, and a tokio runtime's.
pub struct Supplies {
    runtime: tokio::runtime::Runtime,
}

impl Supplies {
    pub fn new() -> Supplies {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
        Supplies { runtime: runtime.expect("a runtime") }
    }

    pub fn pools(&self) -> [aiofile::Pool; 2] {
        [aiofile::Pool::new(4), aiofile::Pool::tokio(self.runtime.handle().clone())]
    }

    /// The same, and each without what spares it hops: without lingering, and with no call done at once.
    pub fn all_pools(&self) -> [aiofile::Pool; 4] {
        let [embedded, tokio] = self.pools();
        let plain = |pool: &aiofile::Pool| pool.inline(false).linger(Duration::ZERO);
        [plain(&embedded), plain(&tokio), embedded, tokio]
    }

    /// Calls that are run where a task makes them.
    pub fn in_place(&self) -> aiofile::Pool {
        aiofile::Pool::tokio_in_place(self.runtime.handle().clone())
    }

    /// Does it here, or in a task of the runtime.
    pub fn act<R: Send + 'static>(&self, in_task: bool, f: impl FnOnce() -> R + Send + 'static) -> R {
        match in_task {
            false => f(),
            true => self.runtime.block_on(self.runtime.spawn(async { f() })).expect("it catches its panics"),
        }
    }

    /// For the controls.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}
