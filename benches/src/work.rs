//! The work of a contender, and what it runs on.

use deadpool_runtime::Runtime;
use deadpool_sync::SyncWrapper;
use std::fmt::Debug;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One contender's way to do the work of a case.
pub struct Work<'a> {
    /// What it runs on, for the table.
    pub on: String,
    pub run: Box<dyn FnMut() -> Outcome + 'a>,
}

/// What comes out of a turn.
#[derive(Clone, Copy, Default)]
pub struct Outcome {
    /// Has to be the same for all contenders of a case.
    pub answer: u64,
    /// What the case is about, where that is not the time that the work takes: nanoseconds or bytes.
    pub figure: Option<f64>,
    /// How many operations were done, where that is not fixed.
    pub operations: Option<u64>,
}

impl From<u64> for Outcome {
    fn from(answer: u64) -> Outcome {
        Outcome { answer, ..Outcome::default() }
    }
}

impl<'a> Work<'a> {
    pub fn new<O: Into<Outcome>>(on: impl Into<String>, mut run: impl FnMut() -> O + 'a) -> Work<'a> {
        Work { on: on.into(), run: Box::new(move || run().into()) }
    }
}

/// Blocking work on the one thread that measures: what std's rows run on, unless they say otherwise.
pub fn thread<'a>(run: impl FnMut() -> u64 + 'a) -> Work<'a> {
    Work::new("a thread", run)
}

/// Blocking work on so many threads, which are told their numbers. Their answers are added up.
pub fn threads<'a>(count: u64, run: impl Fn(u64) -> u64 + Sync + 'a) -> Work<'a> {
    Work::new(format!("{count} threads"), move || {
        std::thread::scope(|scope| {
            let run = &run;
            let threads: Vec<_> = (0..count).map(|number| scope.spawn(move || run(number))).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread")).fold(0, u64::wrapping_add)
        })
    })
}

/// A future without a runtime: `pollster::block_on`.
pub fn pollster<'a, F: Future<Output = u64>>(make: impl Fn(u64) -> F + 'a) -> Work<'a> {
    Work::new("pollster", move || pollster::block_on(make(0)))
}

/// Waits for all of the tasks, and adds up what they give.
async fn joined<E: Debug>(tasks: Vec<impl Future<Output = Result<u64, E>>>) -> u64 {
    let mut sum = 0_u64;
    for task in tasks {
        sum = sum.wrapping_add(task.await.expect("a task"));
    }
    sum
}

/// What the cases of a run share.
pub struct Bench {
    /// Where the files lie.
    dir: PathBuf,
    /// All work is divided by this.
    divisor: u64,
    pub tokio: tokio::runtime::Runtime,
    pub compio: compio::runtime::Runtime,
}

impl Bench {
    pub fn new(dir: &Path, divisor: u64) -> Bench {
        let tokio = tokio::runtime::Builder::new_multi_thread().enable_time().build().expect("tokio");
        let compio = compio::runtime::Runtime::new().expect("compio");
        Bench { dir: dir.to_owned(), divisor, tokio, compio }
    }

    /// A path for the files of a case. It is leaked: tasks want `'static`, and there are few.
    pub fn path(&self, name: &str) -> &'static Path {
        Box::leak(self.dir.join(name).into_boxed_path())
    }

    /// So many times, or fewer in a quick run.
    pub fn times(&self, times: u64) -> u64 {
        times / self.divisor
    }

    /// So many tasks on the workers of a tokio runtime, one worker a CPU.
    pub fn tokio<'a, F>(&'a self, tasks: u64, make: impl Fn(u64) -> F + 'a) -> Work<'a>
    where
        F: Future<Output = u64> + Send + 'static,
    {
        Work::new("tokio", move || {
            self.tokio
                .block_on(async { joined((0..tasks).map(|task| tokio::spawn(make(task))).collect()).await })
        })
    }

    /// So many tasks on compio's runtime, which is one thread.
    pub fn compio<'a, F>(&'a self, tasks: u64, make: impl Fn(u64) -> F + 'a) -> Work<'a>
    where
        F: Future<Output = u64> + 'static,
    {
        // Where io_uring is forbidden, as in many containers, it has threads instead.
        let on = if self.compio.driver_type().is_iouring() { "compio" } else { "compio, no io_uring" };
        Work::new(on, move || {
            self.compio.block_on(async {
                joined((0..tasks).map(|task| compio::runtime::spawn(make(task))).collect()).await
            })
        })
    }
}

/// What falls to one of so many parts.
pub fn share(whole: u64, parts: u64, part: u64) -> Range<u64> {
    whole * part / parts..whole * (part + 1) / parts
}

/// So many bytes, in words.
pub fn size(bytes: u64) -> String {
    match bytes {
        0x4000_0000.. => format!("{} GiB", bytes >> 30),
        0x10_0000.. => format!("{} MiB", bytes >> 20),
        _ => format!("{} KiB", bytes >> 10),
    }
}

/// A way to run one closure on a thread: what people do without a library of files.
#[derive(Clone, Copy)]
pub enum Hop {
    Tokio,
    Smol,
    Compio,
}

impl Hop {
    pub async fn run<R: Send + 'static>(self, f: impl FnOnce() -> R + Send + 'static) -> R {
        match self {
            Hop::Tokio => tokio::task::spawn_blocking(f).await.expect("a call"),
            Hop::Smol => blocking::unblock(f).await,
            Hop::Compio => compio::runtime::spawn_blocking(f).await.expect("a call"),
        }
    }
}

/// Awaits one call after the other, and adds up what they give.
pub async fn in_turn<F: Future<Output = u64>>(calls: Range<u64>, call: impl Fn(u64) -> F) -> u64 {
    let mut sum = 0_u64;
    for i in calls {
        sum = sum.wrapping_add(call(i).await);
    }
    sum
}

/// A value behind deadpool-sync's mutex.
pub async fn deadpool<T: Send + 'static>(value: T) -> SyncWrapper<T> {
    SyncWrapper::new(Runtime::Tokio1, || Ok::<_, ()>(value)).await.expect("a handle")
}
