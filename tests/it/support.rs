//! A pool that is stepped by hand, values that tell what happens to them, and a ten-line executor.

use aiofile::{Job, Pool};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

/// What must never take long fails after this long, instead of hanging the run.
pub const SOON: Duration = Duration::from_secs(if cfg!(miri) { 600 } else { 20 });

/// A supply of threads that runs nothing until it is told to, on a thread of its own for each job. What is
/// left when it is dropped is run then.
#[derive(Default)]
pub struct Steps {
    jobs: Arc<Mutex<VecDeque<Job>>>,
    taken: Arc<AtomicUsize>,
}

impl Steps {
    pub fn new() -> (Steps, Pool) {
        let steps = Steps::default();
        let (jobs, taken) = (steps.jobs.clone(), steps.taken.clone());
        let pool = Pool::from_fn(move |job| {
            taken.fetch_add(1, Ordering::SeqCst);
            jobs.lock().unwrap().push_back(job);
        });
        (steps, pool.inline(false))
    }

    /// How many jobs were ever handed over.
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::SeqCst)
    }

    pub fn waiting(&self) -> usize {
        self.jobs.lock().unwrap().len()
    }

    /// Runs the next job to its end.
    pub fn run_one(&self) {
        let job = self.jobs.lock().unwrap().pop_front().expect("a job waits");
        thread::spawn(move || job.run()).join().expect("a job does not panic");
    }

    /// Runs until no job waits.
    pub fn run_all(&self) {
        while self.waiting() > 0 {
            self.run_one();
        }
    }

    /// Puts the first job last, and runs the one that is first then.
    pub fn rotate(&self) {
        let mut jobs = self.jobs.lock().unwrap();
        jobs.rotate_left(1);
        drop(jobs);
        self.run_one();
    }

    /// Loses the next job, as a runtime does that shuts down.
    pub fn lose_one(&self) {
        let job = self.jobs.lock().unwrap().pop_front().expect("a job waits");
        drop(job);
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.run_all();
        }
    }
}

/// Polls once; and once more if all that it does is to give way to other tasks.
pub fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    let mut future = pin!(future);
    let gives_way = Arc::new(GivesWay(thread::current().id(), AtomicBool::new(false)));
    let waker = Waker::from(gives_way.clone());
    let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
    match gives_way.1.load(Ordering::SeqCst) {
        true if polled.is_pending() => future.poll(&mut Context::from_waker(Waker::noop())),
        _ => polled,
    }
}

/// Whether the task was woken by itself.
struct GivesWay(ThreadId, AtomicBool);

impl Wake for GivesWay {
    fn wake(self: Arc<Self>) {
        self.1.fetch_or(thread::current().id() == self.0, Ordering::SeqCst);
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// An executor in ten lines: what any runtime does, and no more. Fails when the answer does not come.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let start = Instant::now();
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(start.elapsed() < SOON, "no answer within {SOON:?}");
        thread::park_timeout(Duration::from_secs(1));
    }
}

/// Awaits, and steps the pool where that has to be done by hand.
pub fn wait<F: Future + Unpin>(steps: Option<&Steps>, mut future: F) -> F::Output {
    if let Some(steps) = steps {
        loop {
            if let Poll::Ready(output) = poll(&mut future) {
                return output;
            }
            if steps.waiting() == 0 {
                break; // a file that came back from std is on the pool of the process
            }
            steps.run_one();
        }
    }
    block_on(future)
}

/// A gate that a closure on the pool waits at, and that says when somebody waits.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<Waiting>, Condvar)>);

#[derive(Default)]
struct Waiting {
    arrived: usize,
    open: bool,
}

impl Gate {
    pub fn new() -> Gate {
        Gate::default()
    }

    /// Waits, on a pool thread, until the gate is open.
    pub fn pass(&self) {
        let (waiting, changed) = &*self.0;
        let mut waiting = waiting.lock().unwrap();
        waiting.arrived += 1;
        changed.notify_all();
        let (waiting, timeout) = changed.wait_timeout_while(waiting, SOON, |waiting| !waiting.open).unwrap();
        drop(waiting);
        assert!(!timeout.timed_out(), "the gate was not opened");
    }

    /// Waits until so many have come to the gate.
    pub fn wait_for(&self, arrivals: usize) {
        let (waiting, changed) = &*self.0;
        let guard = waiting.lock().unwrap();
        let (waiting, timeout) =
            changed.wait_timeout_while(guard, SOON, |waiting| waiting.arrived < arrivals).unwrap();
        assert!(!timeout.timed_out(), "{} of {arrivals} came", waiting.arrived);
    }

    pub fn open(&self) {
        let (waiting, changed) = &*self.0;
        waiting.lock().unwrap().open = true;
        changed.notify_all();
    }
}

/// Tells which thread dropped it.
pub struct TellsDrop(pub std::sync::mpsc::Sender<ThreadId>);

impl Drop for TellsDrop {
    fn drop(&mut self) {
        let _ = self.0.send(thread::current().id());
    }
}

/// The threads of this process that the library runs jobs on.
#[cfg(target_os = "linux")]
pub fn pool_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("comm")).ok();
    tasks.flatten().filter_map(name).filter(|name| name.starts_with("blocking-")).count()
}
