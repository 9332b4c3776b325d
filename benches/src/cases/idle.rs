//! Memory: many handles that have been used, and wait.

use crate::alloc::Count;
use crate::measure::{Case, Unit};
use crate::work::{Bench, Outcome, Work, deadpool};
use compio::io::AsyncWriteAtExt as _;
use futures_lite::AsyncWriteExt as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::fs::File;
use std::io::Write;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

const HANDLES: usize = 10_000;
/// Takes what is written, and is there for everybody.
const PATH: &str = "/dev/null";

pub fn handles(bench: &Bench) -> Case<'_> {
    allow_descriptors();
    let std = async |mut file: File| {
        file.write_all(b"x").expect("write");
        file
    };
    let ours = async |file: File| {
        let file = aiofile::File::from_std(file);
        file.write_all("x").await.expect("write");
        file
    };
    let ours_bare = async |file: File| {
        let file = aiofile::Aio::new(file);
        file.write_all("x").await.expect("write");
        file
    };
    let tokio = async |file: File| {
        let mut file = tokio::fs::File::from_std(file);
        file.write_all(b"x").await.expect("write");
        file.flush().await.expect("flush");
        file
    };
    let async_fs = async |file: File| {
        let mut file = async_fs::File::from(file);
        file.write_all(b"x").await.expect("write");
        file.flush().await.expect("flush");
        file
    };
    let unblock = async |file: File| {
        let mut file = blocking::Unblock::new(file);
        file.write_all(b"x").await.expect("write");
        file.flush().await.expect("flush");
        file
    };
    let locked = async |file: File| {
        let file = deadpool(file).await;
        file.interact(|file| file.write_all(b"x")).await.expect("a call").expect("write");
        file
    };
    let compio = async |_| {
        let mut file = compio::fs::OpenOptions::new().write(true).open(PATH).await.expect("a file");
        file.write_all_at(b"x", 0).await.0.expect("write");
        file
    };
    Case::new("heap of a handle that was used and is idle, with the place that it lies in", HANDLES as u64)
        .unit(Unit::Bytes)
        .std("std", Work::new("a thread", move || pollster::block_on(heap(std))))
        .ours("aiofile File", on_tokio(bench, move || heap(ours)))
        .ours("aiofile Aio", on_tokio(bench, move || heap(ours_bare)))
        .peer("tokio::fs", on_tokio(bench, move || heap(tokio)))
        .peer("async-fs", on_tokio(bench, move || heap(async_fs)))
        .peer("Unblock", on_tokio(bench, move || heap(unblock)))
        .peer("deadpool-sync", on_tokio(bench, move || heap(locked)))
        .peer("compio", Work::new("compio", move || bench.compio.block_on(heap(compio))))
        .before(wait_for_closing)
}

fn on_tokio<'a, F: Future<Output = Outcome>>(bench: &'a Bench, heap: impl Fn() -> F + 'a) -> Work<'a> {
    Work::new("tokio", move || bench.tokio.block_on(heap()))
}

/// What lives for each of the handles, when all of them are there.
async fn heap<H>(make: impl AsyncFn(File) -> H) -> Outcome {
    let count = Count::start();
    let mut handles = Vec::with_capacity(HANDLES);
    for _ in 0..HANDLES {
        let file = File::options().write(true).open(PATH).expect(PATH);
        handles.push(make(file).await);
    }
    let bytes = count.end().live as f64 / HANDLES as f64;
    Outcome { answer: handles.len() as u64, figure: Some(bytes), ..Outcome::default() }
}

/// Each handle is a descriptor of its own.
fn allow_descriptors() {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("the limit");
    let wanted = HANDLES as u64 + 1000;
    if soft < wanted {
        setrlimit(Resource::RLIMIT_NOFILE, wanted, hard).expect("a limit of descriptors that can be raised");
    }
}

/// Dropped handles are closed by other threads.
fn wait_for_closing() {
    let open = || std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    while open() > 500 {
        std::thread::sleep(Duration::from_millis(10));
    }
}
