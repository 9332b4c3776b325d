//! `Pool`: how many jobs run at once, what waits, what is stuck, over a supply of threads.

#[cfg_attr(aiofile_shuttle, path = "../tests/models/src/stubs/blocking.rs")]
mod blocking;
#[cfg_attr(any(aiofile_shuttle, miri), path = "../tests/models/src/stubs/exit.rs")]
mod exit;
mod job;
mod nested;
mod stuck;
#[cfg(feature = "tokio")]
#[cfg_attr(aiofile_shuttle, path = "../tests/models/src/stubs/tokio.rs")]
mod tokio;

use crate::call::{self, Call, Plain};
use crate::coop;
use crate::lock::lock;
use crate::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::sync::{Condvar, Instant, Mutex};
pub use job::Job;
pub(crate) use job::{is_in_place, on_job_thread};
pub(crate) use nested::{Wait, end_waits, help, wait_for};
use slab::Slab;
use std::collections::VecDeque;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
pub use stuck::Stuck;

/// Where blocking work runs: a policy (how many at once, a queue, a shutdown) over a supply of threads.
///
/// A clone is another handle on the same pool. [`Aio::new`](crate::Aio::new) uses [`Pool::default`], the
/// pool of the process, over the threads of the [`blocking`](https://docs.rs/blocking/1.6.2) crate: they
/// grow on demand (500 at most, or `BLOCKING_MAX_THREADS`) and leave a second after their last job.
///
/// ```
/// use aiofile::Pool;
///
/// let five = Pool::new(5); // at most five jobs at once, as ThreadPoolExecutor(max_workers=5)
/// let sum = pollster::block_on(five.run(|| (1..=10).sum::<u32>()));
/// assert_eq!(sum, 55);
/// ```
///
/// # A job that waits for a job
///
/// A closure on a pool thread may wait for other calls, also of the same pool, also when every thread of it is
/// taken: what a job waits for gets a thread beyond the limit where it would have to wait in the pool's queue,
/// and where a supply of threads has not started it for 50 ms; it is a thread of its own, outside of a tokio
/// runtime, say. A job that waits does not count as one that runs.
///
/// A wait that could never end is refused: for a call of the handle that the closure runs on, or for one that
/// waits for it in turn. See [`CallError::is_deadlock`](crate::CallError::is_deadlock).
///
/// # The end of the process
///
/// A normal end (`main` returns, `std::process::exit`) waits until every accepted call has run and every
/// dropped handle is closed, but no longer than [`Pool::set_exit_deadline`] says. Typed calls that
/// change nothing (reads, opens, seeks, locks, metadata, listings) are not waited for, nor is the closure that calls `exit`. A signal or `abort` ends a process without notice,
/// here as everywhere.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

type Supply = Arc<dyn Fn(Job) + Send + Sync>;

/// How many jobs have ended: when one has, what was kept for lack of a thread is tried again.
static ENDED: AtomicUsize = AtomicUsize::new(0);

/// Runs what may block on the thread that asks for it, if it is one that allows it; says whether it did.
type InPlace = fn(&mut dyn FnMut()) -> bool;

/// Longer than it takes to wake a thread: a caller that sleeps comes back in time.
const LINGER: Duration = Duration::from_micros(100);

struct Inner {
    supply: Supply,
    limit: usize,
    /// How long a drain that has nothing to do stays awake.
    linger: Duration,
    /// Whether what cannot block is done at once, on the thread that asks for it.
    inline: bool,
    in_place: Option<InPlace>,
    state: Mutex<State>,
    /// The length of the queue, for drains that could make room: read without the lock.
    waiting: AtomicUsize,
    /// As `closed` in the state, to be read without the lock.
    shut_down: AtomicBool,
    /// Works that are about to be submitted, behind which others may already have put their calls.
    expected: AtomicUsize,
    /// Signalled when the last work of a closed pool has ended.
    quiet: Condvar,
    /// When the supply was last found to have no thread for what a job waits for.
    full_since: Mutex<Option<Instant>>,
}

impl Inner {
    fn over(supply: Supply) -> Self {
        Inner {
            supply,
            limit: usize::MAX,
            linger: LINGER,
            inline: true,
            in_place: None,
            state: Mutex::default(),
            waiting: AtomicUsize::new(0),
            shut_down: AtomicBool::new(false),
            expected: AtomicUsize::new(0),
            quiet: Condvar::new(),
            full_since: Mutex::new(None),
        }
    }

    /// The same settings, with nothing in it.
    fn like(&self) -> Self {
        let Inner { limit, linger, inline, in_place, .. } = *self;
        Inner { limit, linger, inline, in_place, ..Inner::over(Arc::clone(&self.supply)) }
    }
}

#[derive(Default)]
struct State {
    closed: bool,
    /// Jobs that the supply holds or runs.
    jobs: usize,
    /// The keys of works that wait for one of them.
    queue: VecDeque<usize>,
    /// Every work that was accepted and has not ended.
    works: Slab<Accepted>,
}

/// That a work is going to be submitted.
pub(crate) struct Expected<'p>(&'p Pool);

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        self.0.0.expected.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Accepted {
    work: Arc<dyn Work>,
    /// The number of the job that is to run it, or to be refused; 0 once it is known which.
    job: u64,
}

/// What a pool runs: the drain of a mailbox, or one closure. To run it a second time does nothing.
pub(crate) trait Work: Send + Sync {
    /// The same for all works of one handle, and another for every other handle that lives.
    fn id(&self) -> usize;
    fn run(self: Arc<Self>);
    /// Answers all who wait in it, without running it.
    fn refuse(self: Arc<Self>, why: Refusal);
    /// Whether a normal end of the process has to wait for it.
    fn holds_exit(&self) -> bool;
    /// What it is at, unless it has ended.
    fn stuck(&self) -> Option<Stuck>;
    fn has_started(&self) -> bool;
}

/// Why a pool did not take a work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    ShutDown,
    NoThread,
}

/// What becomes of a work that the supply refuses while no other job of the pool runs.
#[derive(Clone, Copy, PartialEq)]
enum Otherwise {
    /// It is new: those who wait in it are told.
    Refuse,
    /// It was accepted before: the embedded threads run it.
    Rescue,
    /// It waits for the next job.
    Keep,
}

impl Pool {
    /// A pool that runs at most `limit` jobs at once, on the embedded threads. What has to wait, waits in
    /// the pool's own queue, in the order in which it came, and holds no thread.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    #[doc(alias = "ThreadPoolExecutor")]
    pub fn new(limit: usize) -> Pool {
        Pool::from_fn(blocking::spawn).limit(limit)
    }

    /// A pool over any other supply of threads. `spawn` gets a [`Job`] and passes it to some thread that
    /// calls [`Job::run`].
    ///
    /// A job that `spawn` drops, or panics over, is refused, and its calls say so. A job that is dropped
    /// later had been accepted, and a call made is a call run: it runs on the embedded threads instead.
    ///
    /// ```
    /// use aiofile::Pool;
    ///
    /// let pool = Pool::from_fn(|job| {
    ///     // Where no thread can be had, `job` is dropped here: refused.
    ///     let _ = std::thread::Builder::new().name("mine".into()).spawn(move || job.run());
    /// });
    /// let name = pollster::block_on(pool.run(|| std::thread::current().name().map(String::from)));
    /// assert_eq!(name.as_deref(), Some("mine"));
    /// ```
    pub fn from_fn(spawn: impl Fn(Job) + Send + Sync + 'static) -> Pool {
        Pool::build(Inner::over(Arc::new(spawn)))
    }

    /// A pool on the blocking threads of a tokio runtime (feature `tokio`).
    ///
    /// Calls that still wait when the runtime goes run on the embedded threads; calls made after that are
    /// refused. A call that runs, or is stuck, holds up the drop of a runtime, as tokio has it:
    /// [`shutdown_background`](::tokio::runtime::Runtime::shutdown_background) does not wait.
    #[cfg(feature = "tokio")]
    pub fn tokio(handle: ::tokio::runtime::Handle) -> Pool {
        Pool::from_fn(tokio::supply(handle))
    }

    /// The same, but for calls that a task makes on a worker of a multi-thread runtime: those are run where they are
    /// made, at once, by [`block_in_place`](::tokio::task::block_in_place) (feature `tokio`).
    ///
    /// There is no hop: a call costs what its work does, and some ten ns. The price: the task itself stands still until
    /// the work is done, with all other futures in it (those that `join!` or `select!` hold beside it), and no time-out
    /// of the same task comes through; tokio takes the other tasks of the worker to another thread. Order and all other
    /// promises are as before. Where a call finds others in front of it, running elsewhere, it waits as any other.
    ///
    /// # Panics
    ///
    /// A call made inside a [`LocalSet`](::tokio::task::LocalSet) that a multi-thread runtime runs: `block_in_place`
    /// does not work there. (In a task of a current-thread runtime, and outside of tasks, calls go to the blocking
    /// threads of `handle`.)
    #[cfg(feature = "tokio")]
    pub fn tokio_in_place(handle: ::tokio::runtime::Handle) -> Pool {
        Pool::build(Inner { in_place: Some(tokio::in_place), ..Inner::over(Arc::new(tokio::supply(handle))) })
    }

    /// Another pool over the same supply of threads, with a queue of its own and at most `limit` jobs at
    /// once: `Pool::tokio(handle).limit(8)`.
    ///
    /// # Panics
    ///
    /// If `limit` is 0.
    pub fn limit(&self, limit: usize) -> Pool {
        assert!(limit > 0, "aiofile: a pool that runs 0 jobs at once can run nothing");
        Pool::build(Inner { limit, ..self.0.like() })
    }

    /// Another pool over the same supply of threads, with a queue of its own, in which a thread stays awake on its
    /// handle for so long after a call, in case another one follows: 100 µs unless it is set; zero is never.
    ///
    /// To put a thread to sleep and to wake it costs 4 to 60 µs, which is more than most calls take. A thread lingers only
    /// where calls of a handle were quick (less than 20 µs) and came one behind the other, not where another handle
    /// waits for a thread, on half of the processors at most, and never where there is one processor.
    ///
    /// ```
    /// # use aiofile::Pool;
    /// # use std::time::Duration;
    /// // As little processor time as can be, where each call may take some µs longer:
    /// Pool::set_default(Pool::default().linger(Duration::ZERO));
    /// ```
    pub fn linger(&self, time: Duration) -> Pool {
        Pool::build(Inner { linger: time, ..self.0.like() })
    }

    /// Another pool over the same supply of threads, with a queue of its own, which says whether what the system promises
    /// to do without waiting is done at once, on the thread that asks for it: yes, unless it is set.
    ///
    /// On Linux these are reads of at most 64 KiB of a regular file from the system's cache
    /// ([preadv2(2)](https://man7.org/linux/man-pages/man2/preadv2.2.html) with `RWF_NOWAIT`), and opens for reading
    /// from its cache of names (openat2(2) with `RESOLVE_CACHED`), where the file system opens a file without asking a server or
    /// a process (by its type in `/proc/self/mountinfo`, which the first open of all reads, on the pool); elsewhere there are
    /// none. They take 1 to 7 µs, and a task that does nothing else gives way to others after about 25 µs, or 400 if none comes.
    pub fn inline(&self, inline: bool) -> Pool {
        Pool::build(Inner { inline, ..self.0.like() })
    }

    fn build(inner: Inner) -> Pool {
        let pool = Pool(Arc::new(inner));
        exit::watch(&pool);
        pool
    }

    /// Makes this the pool of the process: what [`Pool::default`] gives from now on. Handles that exist
    /// stay on the pool that they were made with.
    pub fn set_default(pool: Pool) {
        *lock(default_pool()) = pool;
    }

    /// How long a normal end of the process waits for accepted work, in all: 30 seconds unless it is set.
    /// `Duration::ZERO` does not wait. Work that is not done by then is lost, and one line on standard
    /// error names it.
    pub fn set_exit_deadline(deadline: Duration) {
        exit::set_deadline(deadline);
    }

    /// Runs a closure on the pool: `loop.run_in_executor(executor, f)`.
    ///
    /// It is queued by this call, not by polling, and runs even if the returned [`Call`] is dropped.
    ///
    /// *Cost:* one hop, one allocation. *Panics* of the closure resume in the task that awaits; so does a text that says
    /// that the pool is shut down, or has no thread: see [`checked`](Call::checked).
    #[doc(alias("run_in_executor", "spawn_blocking", "to_thread"))]
    pub fn run<R, F>(&self, f: F) -> Call<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.run_as(Plain::of::<F>(), f)
    }

    pub(crate) fn run_as<P, F>(&self, policy: P, f: F) -> Call<P::Out>
    where
        P: call::Policy,
        F: FnOnce() -> P::Raw + Send + 'static,
    {
        if const { size_of::<F>() > call::LARGE } {
            self.submit_call(policy, Box::new(f))
        } else {
            self.submit_call(policy, f)
        }
    }

    fn submit_call<P, F>(&self, policy: P, f: F) -> Call<P::Out>
    where
        P: call::Policy,
        F: FnOnce() -> P::Raw + Send + 'static,
    {
        let (call, cell) = Call::made(policy, 0, f);
        self.submit_here(cell, None);
        call
    }

    /// Takes no new work from now on, and waits until all that was accepted is done, or until `timeout`
    /// has passed. Gives what is stuck: empty when everything is done. Stuck work is not interrupted; it
    /// goes on, and is done late or never.
    ///
    /// The pool is closed by this call, not by polling. A call that is made later is refused; a handle
    /// that is dropped later is still closed off the async thread.
    ///
    /// ```
    /// use aiofile::Pool;
    /// use std::{sync::mpsc, time::Duration};
    ///
    /// # pollster::block_on(async {
    /// let pool = Pool::new(2);
    /// let (resume, wait) = mpsc::channel::<()>();
    /// let slow = pool.run(move || wait.recv());
    ///
    /// let stuck = pool.shutdown(Duration::from_millis(10)).await;
    /// assert_eq!(stuck.len(), 1);
    ///
    /// resume.send(()).unwrap();
    /// slow.await.unwrap();
    /// assert!(pool.shutdown(Duration::from_secs(60)).await.is_empty());
    /// assert!(pool.run(|| ()).checked().await.unwrap_err().is_refused());
    /// # })
    /// ```
    pub fn shutdown(&self, timeout: Duration) -> Call<Vec<Stuck>> {
        lock(&self.0.state).closed = true;
        self.0.shut_down.store(true, Ordering::SeqCst);
        let pool = self.clone();
        let end = Instant::now().checked_add(timeout);
        let name = Plain::named(|| "shutdown");
        let (call, cell) = Call::made(name, 0, move || pool.wait_until_quiet(end));
        // Not on the embedded threads, all of which may be stuck; and the end of the process does not wait for it.
        let wait: Arc<dyn Work> = cell;
        let on_its_thread = Arc::clone(&wait);
        if !nested::on_a_thread_of_its_own("aiofile-shutdown", move || on_its_thread.run()) {
            wait.refuse(Refusal::NoThread);
        }
        call
    }

    /// Whether `shutdown` was called.
    pub(crate) fn is_shut_down(&self) -> bool {
        self.0.shut_down.load(Ordering::SeqCst)
    }

    fn wait_until_quiet(&self, end: Option<Instant>) -> Vec<Stuck> {
        let mut state = lock(&self.0.state);
        while !state.works.is_empty() || self.is_expecting() {
            let left = match end.map(|end| end.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => break,
                Some(left) => left,
                None => Duration::MAX,
            };
            state = match self.0.quiet.wait_timeout(state, left) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
        drop(state);
        self.works().iter().filter_map(|work| work.stuck()).collect()
    }

    /// The embedded threads without a limit or an end: what other pools fall back on.
    pub(crate) fn embedded() -> &'static Pool {
        static EMBEDDED: OnceLock<Pool> = OnceLock::new();
        EMBEDDED.get_or_init(|| Pool::from_fn(blocking::spawn))
    }

    /// Drops a value where it may block.
    pub(crate) fn dispose<R: Send + 'static>(value: R) {
        if std::mem::needs_drop::<R>() {
            drop(Pool::embedded().run(move || drop(value)));
        }
    }

    /// Accepts a work that is going to be submitted: no shutdown from now on refuses it, and the end of the process waits for
    /// it. `None` if the pool is shut down.
    pub(crate) fn expect(&self) -> Option<Expected<'_>> {
        self.0.expected.fetch_add(1, Ordering::SeqCst);
        let expected = Expected(self); // counted first: a shutdown comes before it, or sees it
        if !self.is_shut_down() {
            return Some(expected);
        }
        self.forget(expected);
        None
    }

    fn is_expecting(&self) -> bool {
        self.0.expected.load(Ordering::SeqCst) > 0
    }

    /// The work that was expected does not come.
    pub(crate) fn forget(&self, expected: Expected<'_>) {
        drop(expected);
        if self.is_shut_down() {
            self.signal_if_quiet(&lock(&self.0.state)); // to a shutdown that has seen it
        }
    }

    /// Takes a work, or answers those who wait in it.
    pub(crate) fn submit(&self, work: Arc<dyn Work>, expected: Option<Expected<'_>>) {
        self.take(work, expected, Otherwise::Refuse, Pool::hand_over);
    }

    /// The same for a work that its caller is going to wait for: it may be run where it is made.
    pub(crate) fn submit_here(&self, work: Arc<dyn Work>, expected: Option<Expected<'_>>) {
        let Some(in_place) = self.0.in_place else { return self.submit(work, expected) };
        let here = Arc::clone(&work);
        let start = |pool: &Pool, key, otherwise| pool.run_in_place(in_place, here, key, otherwise);
        self.take(work, expected, Otherwise::Refuse, start);
    }

    /// Takes the drop of a value that a pool did not take. Without a thread it waits until there is one.
    pub(crate) fn keep(work: Arc<dyn Work>) {
        Pool::embedded().take(work, None, Otherwise::Keep, Pool::hand_over);
    }

    fn take(
        &self,
        work: Arc<dyn Work>,
        expected: Option<Expected<'_>>,
        otherwise: Otherwise,
        start: impl FnOnce(&Pool, usize, Otherwise),
    ) {
        let mut state = lock(&self.0.state);
        if state.closed && expected.is_none() && otherwise == Otherwise::Refuse {
            drop(state);
            return work.refuse(Refusal::ShutDown);
        }
        let id = work.id();
        let key = state.works.insert(Accepted { work, job: 0 });
        drop(expected); // it is one of the works now, and nobody has looked in between
        if state.jobs < self.0.limit {
            state.jobs += 1;
            drop(state);
            start(self, key, otherwise);
        } else if nested::is_waited_for(id) {
            drop(state);
            self.run_beyond_the_limit(key);
        } else {
            self.queue(&mut state, key);
        }
    }

    /// Sees to it that a work which a job waits for is run, if it is one of this pool's; says whether it is.
    fn help(&self, id: usize) -> bool {
        let mut state = lock(&self.0.state);
        let of_id = |key: &usize| state.works.get(*key).is_some_and(|accepted| accepted.work.id() == id);
        if let Some(at) = state.queue.iter().position(of_id) {
            let key = state.queue.remove(at).expect("its position was found");
            self.0.waiting.store(state.queue.len(), Ordering::Relaxed);
            drop(state);
            self.run_beyond_the_limit(key);
            return true;
        }
        let mut works = state.works.iter().map(|(_, accepted)| &accepted.work);
        let work = works.find(|work| work.id() == id).cloned();
        drop(state);
        match work {
            Some(work) if !work.has_started() => nested::watch(self, work),
            Some(_) => {}
            None => return false,
        }
        true
    }

    /// Runs a work that a job waits for, which is not running itself.
    fn run_beyond_the_limit(&self, key: usize) {
        let pool = self.clone();
        let run = move || {
            if let Some(work) = pool.work(key) {
                job::run(work);
            }
            pool.remove(key);
        };
        if !nested::on_a_thread_of_its_own("aiofile-extra", run) {
            let mut state = lock(&self.0.state);
            if state.jobs > 0 {
                state.queue.push_front(key);
                self.0.waiting.store(state.queue.len(), Ordering::Relaxed);
            } else {
                state.jobs += 1;
                drop(state);
                self.hand_over(key, Otherwise::Rescue);
            }
        }
    }

    /// Puts a work that has had its turn behind those that wait.
    pub(crate) fn requeue(&self, work: Arc<dyn Work>) {
        self.take(work, None, Otherwise::Rescue, Pool::hand_over);
    }

    /// Whether something may be done at once, without a thread of the pool.
    pub(crate) fn is_inline(&self) -> bool {
        self.0.inline && !self.is_shut_down()
    }

    pub(crate) fn linger_time(&self) -> Duration {
        self.0.linger
    }

    /// Whether works wait for a job of this pool.
    pub(crate) fn is_crowded(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }

    fn queue(&self, state: &mut State, key: usize) {
        state.queue.push_back(key);
        self.0.waiting.store(state.queue.len(), Ordering::Relaxed);
    }

    /// Runs a work, for which a job has been counted, on this thread, where it allows that.
    fn run_in_place(&self, in_place: InPlace, work: Arc<dyn Work>, key: usize, otherwise: Otherwise) {
        let mut work = Some(work);
        if !in_place(&mut || work.take().into_iter().for_each(job::run_in_place)) {
            return self.hand_over(key, otherwise);
        }
        coop::renew();
        if let Some(next) = self.done(key) {
            self.hand_over(next, Otherwise::Rescue);
        }
    }

    /// Hands a work, for which a job has been counted, to the supply of threads.
    fn hand_over(&self, key: usize, otherwise: Otherwise) {
        let ended = ENDED.load(Ordering::SeqCst);
        let taken = Job::spawn(self, key, &*self.0.supply)
            || (otherwise == Otherwise::Rescue && Job::spawn(self, key, &blocking::spawn));
        if !taken {
            self.no_thread(key, otherwise);
            if otherwise == Otherwise::Keep && ended != ENDED.load(Ordering::SeqCst) {
                self.resume(); // the last job to end may have found nothing kept yet
            }
        }
    }

    /// No thread is to be had for a work, for which a job has been counted, nor for those behind it.
    fn no_thread(&self, mut key: usize, otherwise: Otherwise) {
        loop {
            let mut state = lock(&self.0.state);
            if state.jobs > 1 || otherwise == Otherwise::Keep {
                // Those that run, or come, will get to it.
                state.jobs -= 1;
                return self.queue(&mut state, key);
            }
            let work = state.works.try_remove(key);
            // What is kept stays where it is; what else waits was accepted, and is tried on the embedded threads.
            let next = if self.is_embedded() { None } else { state.queue.pop_front() };
            self.0.waiting.store(state.queue.len(), Ordering::Relaxed);
            if next.is_none() {
                state.jobs -= 1;
            }
            self.signal_if_quiet(&state);
            drop(state);
            if let Some(accepted) = work {
                accepted.work.refuse(Refusal::NoThread);
            }
            match next {
                Some(next) if !Job::spawn(self, next, &blocking::spawn) => key = next,
                _ => return,
            }
        }
    }

    fn is_embedded(&self) -> bool {
        Arc::ptr_eq(&self.0, &Pool::embedded().0)
    }

    fn work(&self, key: usize) -> Option<Arc<dyn Work>> {
        lock(&self.0.state).works.get(key).map(|accepted| Arc::clone(&accepted.work))
    }

    /// The work of this key is now this job's to run.
    fn set_job(&self, key: usize, job: u64) {
        if let Some(accepted) = lock(&self.0.state).works.get_mut(key) {
            accepted.job = job;
        }
    }

    /// Whether the work of this key was still that job's, which it is no more.
    fn take_job(&self, key: usize, job: u64) -> bool {
        let mut state = lock(&self.0.state);
        let accepted = state.works.get_mut(key).filter(|accepted| accepted.job == job);
        accepted.map(|accepted| accepted.job = 0).is_some()
    }

    fn works(&self) -> Vec<Arc<dyn Work>> {
        lock(&self.0.state).works.iter().map(|(_, accepted)| Arc::clone(&accepted.work)).collect()
    }

    /// A job has done this work: gives it the next one, or lets it go.
    fn done(&self, key: usize) -> Option<usize> {
        let mut state = lock(&self.0.state);
        let work = state.works.try_remove(key);
        let next = self.next(&mut state);
        self.signal_if_quiet(&state);
        drop(state);
        drop(work);
        if next.is_none() {
            ENDED.fetch_add(1, Ordering::SeqCst);
            Pool::embedded().resume();
        }
        next
    }

    /// Starts what was kept while there was no thread, now that one has ended its job.
    fn resume(&self) {
        if self.is_crowded() {
            let mut state = lock(&self.0.state);
            if state.jobs == 0
                && let Some(key) = state.queue.pop_front()
            {
                state.jobs += 1;
                self.0.waiting.store(state.queue.len(), Ordering::Relaxed);
                drop(state);
                self.hand_over(key, Otherwise::Keep);
            }
        }
    }

    fn next(&self, state: &mut State) -> Option<usize> {
        let next = state.queue.pop_front();
        match next {
            Some(_) => self.0.waiting.store(state.queue.len(), Ordering::Relaxed),
            None => state.jobs -= 1,
        }
        next
    }

    /// The supply dropped a job that it had accepted: the embedded threads take it over.
    fn lost(&self, key: usize) {
        if !Job::spawn(self, key, &blocking::spawn) {
            self.no_thread(key, Otherwise::Rescue);
        }
    }

    /// A work has ended elsewhere than in a job of this pool.
    fn remove(&self, key: usize) {
        let mut state = lock(&self.0.state);
        let work = state.works.try_remove(key);
        self.signal_if_quiet(&state);
        drop(state);
        drop(work);
    }

    fn signal_if_quiet(&self, state: &State) {
        if state.closed && state.works.is_empty() {
            self.0.quiet.notify_all();
        }
    }
}

fn default_pool() -> &'static Mutex<Pool> {
    static DEFAULT: OnceLock<Mutex<Pool>> = OnceLock::new();
    DEFAULT.get_or_init(|| Mutex::new(Pool::new(blocking::max_threads())))
}

/// The pool of the process: over the embedded threads, unless [`Pool::set_default`] named another.
impl Default for Pool {
    fn default() -> Pool {
        lock(default_pool()).clone()
    }
}

// A panic of a job stays with its call, and leaves the pool as it was.
impl UnwindSafe for Pool {}
impl RefUnwindSafe for Pool {}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.0.state);
        let mut debug = f.debug_struct("Pool");
        if self.0.limit < usize::MAX {
            debug.field("limit", &self.0.limit);
        }
        debug
            .field("jobs", &state.jobs)
            .field("waiting", &state.queue.len())
            .field("shut_down", &state.closed)
            .finish()
    }
}

/// Runs a closure on the process's pool: `loop.run_in_executor(None, f)`. See [`Pool::run`].
///
/// ```
/// let lines = pollster::block_on(aiofile::unblock(|| "a\nb\nc".lines().count()));
/// assert_eq!(lines, 3);
/// ```
#[doc(alias("run_in_executor", "spawn_blocking", "to_thread", "asyncify"))]
pub fn unblock<R, F>(f: F) -> Call<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    Pool::default().run(f)
}
