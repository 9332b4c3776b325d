//! Of pools: their limit, their end, and supplies that fail them.

use super::support::{Told, any, switch, threads};
use aiofile::{Aio, CallError, Job, Pool};
use shuttle::current::{me, set_label_for_task};
use shuttle::future::block_on;
use shuttle::sync::mpsc;
use shuttle::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// What was run, and whether any of it too late, or too much at once.
#[derive(Clone, Default)]
struct Runs {
    ran: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    late: Arc<AtomicBool>,
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Runs {
    /// A closure that counts.
    fn one(&self) -> impl FnOnce() + Send + use<> {
        let runs = self.clone();
        move || {
            let now = runs.now.fetch_add(1, Ordering::Relaxed) + 1;
            runs.most.fetch_max(now, Ordering::Relaxed);
            runs.late.fetch_or(runs.over.load(Ordering::Relaxed), Ordering::Relaxed);
            switch();
            runs.ran.fetch_add(1, Ordering::Relaxed);
            runs.now.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn on(&self) -> impl FnOnce(&mut Last) + Send + use<> {
        let one = self.one();
        move |_| one()
    }

    fn ran(&self) -> usize {
        self.ran.load(Ordering::Relaxed)
    }
}

/// The value of a handle: tells that it was dropped.
struct Last(Told<()>);

impl Drop for Last {
    fn drop(&mut self) {
        self.0.tell(());
    }
}

fn is_run(answer: Result<(), CallError>) -> usize {
    match answer {
        Ok(()) => 1,
        Err(error) => {
            assert!(error.is_refused(), "{error}");
            0
        }
    }
}

/// Every call is run or refused, none is run once the shutdown is over, and the value is dropped all the same.
/// *Catches:* a pool that looks whether it is closed, and takes the work afterwards.
pub fn shutdown() {
    let pool = threads();
    let runs = Runs::default();
    let dropped = Told::new();
    let aio = Aio::on(&pool, Last(dropped.clone()));
    let callers = [0, 1].map(|_| {
        let (aio, pool, runs) = (aio.clone(), pool.clone(), runs.clone());
        thread::spawn(move || {
            let calls = [aio.with(runs.on()), pool.run(runs.one()), aio.with(runs.on())];
            calls.into_iter().map(|call| is_run(block_on(call.checked()))).sum::<usize>()
        })
    });
    drop(aio);
    assert!(block_on(pool.shutdown(Duration::MAX)).is_empty());
    runs.over.store(true, Ordering::Relaxed);
    let told: usize = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
    dropped.wait_for(1);
    assert_eq!(runs.ran(), told);
    assert!(!runs.late.load(Ordering::Relaxed), "run after the shutdown");
}

/// Who makes a call, and shuts the pool down then, has it run, also if a call of another task has the drain on its way for
/// both. *Catches:* a drain that is refused although others have put their calls behind it.
pub fn shutdown_after() {
    let pool = threads();
    let aio = Aio::on(&pool, ());
    let other = aio.clone();
    let other = thread::spawn(move || is_run(block_on(other.with(|()| ()).checked())));
    let call = aio.with(|()| ());
    let quiet = pool.shutdown(Duration::MAX);
    assert_eq!(is_run(block_on(call.checked())), 1, "made before the shutdown, and refused");
    assert!(block_on(quiet).is_empty());
    other.join().unwrap();
}

/// The threads that lose a job each. (std's mutex: there is no other thread between its lock and its unlock.)
type Losers = Arc<std::sync::Mutex<Vec<thread::JoinHandle<()>>>>;

/// A supply that takes a job, drops it at once, or drops it later. Says how many it dropped at once.
fn careless(refused: Arc<AtomicUsize>, losers: Losers) -> Pool {
    Pool::from_fn(move |job: Job| match any(3) {
        0 => {
            thread::spawn(move || job.run());
        }
        1 => {
            let loser = thread::spawn(move || drop(job));
            losers.lock().unwrap().push(loser);
        }
        _ => {
            refused.fetch_add(1, Ordering::Relaxed);
            drop(job);
        }
    })
}

/// However a supply loses its jobs, every call is answered: run, or refused where a job was refused. *Catches:* a job
/// that is lost in silence.
pub fn lost() {
    with_careless_supply(0);
}

/// The same where the embedded threads, too, refuse the first three jobs. *Catches:* a drop that is not kept for the
/// next thread, but made by its caller.
pub fn no_threads() {
    with_careless_supply(3);
}

fn with_careless_supply(refusals: usize) {
    set_label_for_task(me(), Arc::new(AtomicUsize::new(refusals)));
    let refused = Arc::new(AtomicUsize::new(0));
    let losers = Losers::default();
    let pool = careless(Arc::clone(&refused), Arc::clone(&losers));
    let pool = if any(2) == 0 { pool.limit(1) } else { pool };
    let runs = Runs::default();
    let dropped = Told::new();
    let aio = Aio::on(&pool, Last(dropped.clone()));
    let callers = [0, 1].map(|_| {
        let (aio, pool, runs) = (aio.clone(), pool.clone(), runs.clone());
        thread::spawn(move || {
            let calls = [aio.with(runs.on()), pool.run(runs.one())];
            let told = calls.into_iter().map(|call| is_run(block_on(call.checked()))).sum::<usize>();
            (told, thread::current().id())
        })
    });
    drop(aio);
    let callers = callers.map(|caller| caller.join().unwrap());
    let told: usize = callers.iter().map(|(told, _)| told).sum();
    assert_eq!(runs.ran(), told);
    if refusals == 0 && refused.load(Ordering::Relaxed) == 0 {
        assert_eq!(told, 4, "refused, though the supply refused nothing");
    }
    // A drop that found no thread is made when one has ended its job: one that ends later, see `kept`.
    while let Some(loser) = { losers.lock().unwrap().pop() } {
        loser.join().unwrap();
    }
    while refusals > 0 && block_on(aiofile::unblock(|| ()).checked()).is_err() {}
    let (_, by) = dropped.wait_for(1)[0];
    assert!(by != thread::current().id() && callers.iter().all(|(_, caller)| by != *caller));
}

/// A drop that finds no thread, at the moment in which the last job ends that could have made it: it must not be left
/// over. Fails: the drop is queued after that job has looked for one.
pub fn kept() {
    set_label_for_task(me(), Arc::new(AtomicUsize::new(1)));
    let dropped = Told::new();
    let aio = Aio::on(&Pool::from_fn(drop), Last(dropped.clone()));
    let dropper = thread::spawn(move || drop(aio));
    while block_on(aiofile::unblock(|| ()).checked()).is_err() {}
    dropper.join().unwrap();
    dropped.wait_for(1);
}

/// No more jobs at once than the limit says. *Catches:* a limit that is one too high.
pub fn limit() {
    let pool = threads().limit(2);
    let runs = Runs::default();
    let callers = [0, 1].map(|_| {
        let (pool, runs) = (pool.clone(), runs.clone());
        thread::spawn(move || {
            let aio = Aio::on(&pool, ());
            let one = runs.one();
            let calls = [aio.with(move |()| one()), pool.run(runs.one()), pool.run(runs.one())];
            calls.into_iter().for_each(block_on);
        })
    });
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    assert_eq!(runs.ran(), 6);
    assert!(runs.most.load(Ordering::Relaxed) <= 2, "more than 2 at once");
}

/// Two handles take turns on one thread: nothing is lost, nothing changes its place. *Catches:* a drain that goes to
/// the end of the line and is not to be called again.
pub fn crowd() {
    let pool = threads().limit(1);
    let callers = [0, 1].map(|_| {
        let aio = Aio::on(&pool, Vec::new());
        thread::spawn(move || {
            for n in 0..3 {
                drop(aio.with(move |ran| {
                    switch();
                    ran.push(n);
                }));
            }
            assert_eq!(block_on(aio.with(|ran| ran.clone())), [0, 1, 2]);
        })
    });
    callers.into_iter().for_each(|caller| caller.join().unwrap());
}

/// Two closures that wait for one another's handle, on a pool of one: an answer for both. *Catches:* a wait that is
/// noted after it was looked whether it leads to itself.
pub fn nested() {
    let pool = threads().limit(if any(2) == 0 { 1 } else { 2 });
    let (left, right) = (Aio::on(&pool, 0), Aio::on(&pool, 0));
    let outer = [(&left, &right), (&right, &left)].map(|(own, other)| {
        let other = other.clone();
        own.with(move |n| {
            *n += 1;
            block_on(other.with(|n| *n += 1).checked())
        })
    });
    for call in outer {
        if let Err(error) = block_on(call) {
            assert!(error.is_deadlock(), "{error}");
        }
    }
    // A wait that was refused took nothing back.
    assert_eq!((block_on(left.with(|n| *n)), block_on(right.with(|n| *n))), (2, 2));
}

/// A job that waits for another one, which its supply has in a queue behind it. *Catches:* a pool that leaves it there.
pub fn full_supply() {
    let (give, take) = mpsc::channel::<Job>();
    let worker = thread::spawn(move || {
        while let Ok(job) = take.recv() {
            job.run();
        }
    });
    let pool = {
        let give = std::sync::Mutex::new(give);
        Pool::from_fn(move |job| {
            let give = give.lock().unwrap().clone();
            let _ = give.send(job);
        })
    };
    let (left, right) = (Aio::on(&pool, ()), Aio::on(&pool, 7));
    let seven = left.with(move |()| block_on(right.with(|seven| *seven)));
    assert_eq!(block_on(seven), 7);
    drop((left, pool));
    worker.join().unwrap();
}
