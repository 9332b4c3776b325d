//! Closures that wait for other calls, of their own full pool, of their own handle, in a circle: an answer within a
//! second.

use crate::child::{self, Role};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{answer, block_on, poll};
use aiofile::{Aio, File, OpenOptions, Pool};
use std::io::Cursor;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub const NESTED: Fault = Fault {
    name: "nested-waits",
    what: "jobs that wait for jobs of their full pool, their own handle or a circle, in every form of call",
    needs: Needs::Nothing,
    limit: [120, 240],
    run: nested,
};

pub const ROLES: &[(&str, Role)] = &[("nested-peer", peer)];

/// What a job waits for; gives its number, whatever it is.
type Wait = (&'static str, fn(&Pool, PathBuf, usize) -> usize);

const WAITS: &[Wait] = &[
    ("run", |pool, _, i| block_on(pool.run(move || i))),
    ("with", |pool, _, i| block_on(Aio::on(pool, i).with(|i| *i))),
    ("finish", |pool, _, i| block_on(Aio::on(pool, i).finish(|i| i))),
    ("wait", |pool, _, i| Aio::on(pool, i).with(|i| *i).wait()),
    ("two deep", |pool, _, i| {
        let inner = pool.clone();
        block_on(pool.run(move || block_on(inner.run(move || i))))
    }),
    ("typed", |pool, _, i| {
        let list = Aio::on(pool, Vec::new());
        block_on(list.write_all(vec![0; i])).expect("a write");
        block_on(list.finish(|list| list.len()))
    }),
    ("file", |pool, path, i| {
        let file = open(pool, path);
        block_on(async {
            file.write_all_at(vec![0; i], 0).await?;
            file.lock().await?;
            file.unlock().await?;
            let len = file.metadata().await?.len();
            drop(file.write_all_at("late", 100));
            file.close().await?;
            aiofile::Result::Ok(len as usize)
        })
        .expect("a file")
    }),
    ("Writer", |pool, path, i| {
        let mut writer = open(pool, path).writer();
        block_on(async {
            writer.write_all(&vec![0; i]).await?;
            writer.flush().await?;
            let written = writer.progress().written as usize;
            writer.close().await?;
            aiofile::Result::Ok(written)
        })
        .expect("a file")
    }),
    ("Writer, for room", |pool, _, i| {
        let list = Aio::on(pool, Vec::new());
        let mut writer = list.clone().writer();
        block_on(writer.write_all(&vec![0; 9 << 20])).expect("room");
        block_on(writer.flush()).expect("a flush");
        block_on(list.finish(move |list| list.len() - (9 << 20) + i))
    }),
    ("Reader", |pool, _, i| {
        let mut reader = Aio::on(pool, Cursor::new(vec![0; i])).reader();
        block_on(reader.read_to_end(&mut Vec::new())).expect("a read")
    }),
    ("Lines", |pool, _, i| {
        let mut lines = Aio::on(pool, Cursor::new(format!("{i}\n").into_bytes())).reader().lines();
        block_on(lines.next_line()).expect("a line").expect("a line").parse().expect("a number")
    }),
];

fn open(pool: &Pool, path: PathBuf) -> File {
    let mut options = OpenOptions::new();
    block_on(options.read(true).write(true).create(true).truncate(true).pool(pool).open(path))
        .expect("a file")
}

fn nested(run: &mut Run) {
    for _ in 0..run.times(1, 5) {
        for wait in WAITS {
            // Where one hangs, the others would.
            let _ = (1..=8).try_for_each(|limit| full_pools(run, limit, wait));
        }
        circles(run);
    }
    let felt = (0..3).filter(|_| {
        let mut child = child::command("nested-peer", &[""; 0]).spawn().expect("a child");
        let hung = child::wait(&mut child, Duration::from_secs(1)).is_none();
        let _ = child.kill();
        let _ = child.wait();
        hung
    });
    let felt = felt.count() as u64;
    run.control(felt, format!("tokio: a job that waits for a job of a full pool hangs {felt} of 3"));
}

/// On each supply of threads; `None` if one of them hangs.
fn full_pools(run: &mut Run, limit: usize, wait: &Wait) -> Option<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(limit).build();
    let runtime = runtime.expect("a runtime");
    let tokio = full_pool(run, Pool::tokio(runtime.handle().clone()), "tokio", limit, wait);
    runtime.shutdown_background();
    full_pool(run, Pool::new(limit), "embedded", limit, wait).and(tokio)
}

/// Twice as many jobs as there are threads, each of which waits for others.
fn full_pool(run: &mut Run, outer: Pool, supply: &str, limit: usize, (name, wait): &Wait) -> Option<()> {
    let (wait, dir) = (*wait, run.dir().to_owned());
    let start = Instant::now();
    let sum = answer(Duration::from_secs(3), move || {
        let jobs: Vec<_> = (0..2 * limit)
            .map(|i| {
                let (inner, path) = (outer.clone(), dir.join(i.to_string()));
                outer.run(move || wait(&inner, path, i))
            })
            .collect();
        jobs.into_iter().map(block_on).sum::<usize>()
    });
    run.injected(2 * limit as u64);
    let time = start.elapsed();
    let what = || format!("{name} in a full pool of {limit}, {supply}: {sum:?} after {time:?}");
    run.check(sum.is_some() && time < Duration::from_secs(1), Wrong::Hung, what);
    run.check(sum.is_none_or(|sum| sum == limit * (2 * limit - 1)), Wrong::Other, what);
    sum.map(drop)
}

type Circle = (&'static str, fn() -> bool);

/// Waits that could never end; each says whether its answer is that.
const CIRCLES: &[Circle] = &[
    ("own handle, with", || {
        let handle = Aio::new(0);
        let inner = handle.clone();
        block_on(
            handle.with(move |_| {
                block_on(inner.with(|_| ()).checked()).is_err_and(|error| error.is_deadlock())
            }),
        )
    }),
    ("own handle, typed", || {
        let handle = Aio::new(Vec::new());
        let inner = handle.clone();
        block_on(handle.with(move |_| is_deadlock(block_on(inner.write_all("x")))))
    }),
    ("own handle, Writer", || {
        let handle = Aio::new(Vec::new());
        let mut writer = handle.clone().writer();
        block_on(handle.with(move |_| {
            is_deadlock(block_on(async {
                writer.write_all(b"x").await?;
                writer.flush().await
            }))
        }))
    }),
    ("own handle, Writer for room", || {
        let handle = Aio::new(Vec::new());
        let mut writer = handle.clone().writer();
        block_on(handle.with(move |_| is_deadlock(block_on(writer.write_all(&vec![0; 9 << 20])))))
    }),
    ("own handle, Reader", || {
        let handle = Aio::new(Cursor::new(vec![1; 9]));
        let mut reader = handle.clone().reader();
        block_on(handle.with(move |_| is_deadlock(block_on(reader.read(&mut [0; 9])).map(drop))))
    }),
    // Whoever closes a circle is told: the inner one or, if that was quicker, the outer one.
    ("a circle of two", || {
        let (one, two) = (Aio::new(0), Aio::new(0));
        let (back, on) = (one.clone(), two.clone());
        block_on(one.with(move |_| {
            let inner = on
                .with(move |_| block_on(back.with(|_| ()).checked()).is_err_and(|error| error.is_deadlock()));
            block_on(inner.checked()).unwrap_or_else(|error| error.is_deadlock())
        }))
    }),
    ("a circle of two, through a Writer", || {
        let (one, two) = (Aio::new(Vec::new()), Aio::new(0));
        let (mut back, on) = (one.clone().writer(), two.clone());
        block_on(one.with(move |_| {
            let inner = on.with(move |_| {
                is_deadlock(block_on(async {
                    back.write_all(b"x").await?;
                    back.flush().await
                }))
            });
            block_on(inner.checked()).unwrap_or_else(|error| error.is_deadlock())
        }))
    }),
];

/// Waits that do end: each says whether it did.
const NO_CIRCLES: &[Circle] = &[
    ("a wait that was given up", || {
        let (one, two) = (Aio::new(()), Aio::new(()));
        let (release, gate) = mpsc::channel::<()>();
        drop(two.with(move |()| gate.recv()));
        let busy = two.clone();
        // A job on the one waits for the other for a moment, and no longer.
        block_on(one.with(move |()| assert!(poll(&mut busy.with(|()| ())).is_pending())));
        drop(release);
        block_on(two.with(move |()| block_on(one.with(|()| ()).checked()).is_ok()))
    }),
    ("a wait of a Writer that was given up", || {
        let (one, two) = (Aio::new(()), Aio::new(Vec::new()));
        let (release, gate) = mpsc::channel::<()>();
        drop(two.with(move |_| gate.recv()));
        let mut writer = two.clone().writer();
        block_on(writer.write_all(b"x")).expect("room");
        let writer = block_on(one.with(move |()| {
            assert!(poll(&mut pin!(writer.flush())).is_pending());
            writer
        }));
        drop(release);
        let ended = block_on(two.with(move |_| block_on(one.with(|()| ()).checked()).is_ok()));
        drop(writer);
        ended
    }),
];

fn is_deadlock(result: aiofile::Result<()>) -> bool {
    result.is_err_and(|error| error.call_error().is_some_and(|error| error.is_deadlock()))
}

fn circles(run: &mut Run) {
    for (name, circle) in CIRCLES.iter().chain(NO_CIRCLES) {
        let start = Instant::now();
        let answer = answer(Duration::from_secs(2), *circle);
        run.injected(1);
        let soon = answer.is_some() && start.elapsed() < Duration::from_secs(1);
        run.check(soon, Wrong::Hung, || format!("{name}: no answer"));
        run.check(answer != Some(false), Wrong::Other, || format!("{name}: another answer"));
    }
}

fn peer(_: &[String]) -> ExitCode {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().max_blocking_threads(1).build().expect("a runtime");
    let handle = runtime.handle().clone();
    let inner = handle.clone();
    let job = handle.spawn_blocking(move || inner.block_on(inner.spawn_blocking(|| ())).expect("no panic"));
    runtime.block_on(job).expect("no panic");
    ExitCode::SUCCESS
}
