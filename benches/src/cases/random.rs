//! Reads of 4 KiB here and there, by one task and by many, from the page cache and from the disk.

use super::pages::{self, Buffer, PAGE};
use crate::measure::Case;
use crate::work::{Bench, Hop, deadpool, pollster, share, thread, threads};
use compio::buf::{IntoInner as _, IoBuf as _};
use compio::io::AsyncReadAtExt as _;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
use std::fs::File;
use std::io::SeekFrom;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

const SIZE: u64 = 256 << 20;
/// How many threads std has, where there are many tasks: what a disk has to be asked for at once.
const THREADS: u64 = 16;

pub fn cached(bench: &Bench, tasks: u64) -> Case<'_> {
    let path = pages::file(bench, bench.times(SIZE));
    let reads = bench.times(20_480);
    // All of it is in the cache, whatever another case has done.
    std::io::copy(&mut File::open(path).expect("the file"), &mut std::io::sink()).expect("read");
    let tasks_text = if tasks == 1 { "one task".into() } else { format!("{tasks} tasks") };
    let case = Case::new(format!("random reads of 4 KiB from the page cache, {tasks_text}"), reads);
    contenders(case, bench, path, reads, tasks)
}

pub fn cold(bench: &Bench) -> Case<'_> {
    let path = pages::file(bench, bench.times(SIZE));
    let reads = bench.times(4096);
    let file = File::open(path).expect("the file");
    file.sync_data().expect("what is dirty cannot be dropped");
    let drop_cache = move || {
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED).expect("the page cache, dropped");
    };
    // That it was dropped shows in what the process has read from the disk.
    let mut read_before = read_from_disk();
    let from_disk = move || {
        let now = read_from_disk();
        let read = now - std::mem::replace(&mut read_before, now);
        assert!(
            read >= reads * PAGE as u64 / 2,
            "{read} bytes came from the disk: the cache was not dropped"
        );
        0
    };
    let case = Case::new("random reads of 4 KiB with the page cache dropped, 16 tasks", reads);
    contenders(case, bench, path, reads, 16).before(drop_cache).after(from_disk)
}

fn contenders<'a>(case: Case<'a>, bench: &'a Bench, path: &'static Path, reads: u64, tasks: u64) -> Case<'a> {
    let pages = bench.times(SIZE) / PAGE as u64;
    let of_task = move |task| share(reads, tasks, task);
    // The same places for all contenders, whichever task reads them.
    let offset = move |read: u64| fastrand::Rng::with_seed(read).u64(..pages) * PAGE as u64;
    let open = move || File::open(path).expect("the file");
    let file: &'static File = Box::leak(Box::new(open()));

    let std = move |reads: Range<u64>| {
        let mut buffer = Buffer::new(PAGE);
        reads.fold(0, |sum, read| {
            file.read_exact_at(&mut buffer, offset(read)).expect("read");
            sum + pages::stamp(&buffer)
        })
    };
    let handle = aiofile::File::open(path).wait().expect("the file");
    let ours = move |task| {
        let handle = handle.clone();
        async move {
            let (mut sum, mut buffer) = (0, Buffer::new(PAGE));
            for read in of_task(task) {
                handle.read_exact_at(&mut buffer, offset(read)).await.expect("read");
                sum += pages::stamp(&buffer);
            }
            sum
        }
    };
    // It has no positional reads: a file for each task, which is sought. (async-fs has none either, and reads 8 MiB ahead
    // wherever it is sought to: it is left out.)
    let tokio = move |task| {
        let mut file = tokio::fs::File::from_std(open());
        async move {
            let (mut sum, mut buffer) = (0, Buffer::new(PAGE));
            for read in of_task(task) {
                file.seek(SeekFrom::Start(offset(read))).await.expect("seek");
                file.read_exact(&mut buffer).await.expect("read");
                sum += pages::stamp(&buffer);
            }
            sum
        }
    };
    let unblock = move |task| {
        let mut file = blocking::Unblock::new(open());
        async move {
            let (mut sum, mut buffer) = (0, Buffer::new(PAGE));
            for read in of_task(task) {
                buffer = file.with_mut(move |file| fill(file, buffer, offset(read))).await;
                sum += pages::stamp(&buffer);
            }
            sum
        }
    };
    let per_call = move |hop: Hop| {
        move |task| async move {
            let (mut sum, mut buffer) = (0, Buffer::new(PAGE));
            for read in of_task(task) {
                buffer = hop.run(move || fill(file, buffer, offset(read))).await;
                sum += pages::stamp(&buffer);
            }
            sum
        }
    };
    let on_deadpool = move |task| async move {
        let file = deadpool(open()).await;
        let (mut sum, mut buffer) = (0, Buffer::new(PAGE));
        for read in of_task(task) {
            let call = file.interact(move |file| fill(file, buffer, offset(read)));
            buffer = call.await.expect("a call");
            sum += pages::stamp(&buffer);
        }
        sum
    };
    let compio = move |task| async move {
        let file = compio::fs::File::open(path).await.expect("the file");
        let (mut sum, mut buffer) = (0, Buffer::new(PAGE));
        for read in of_task(task) {
            let fill = async |bytes: Vec<u8>, here| {
                let (result, filled) = file.read_exact_at(bytes.slice(here), offset(read)).await.into();
                result.expect("read");
                filled.into_inner()
            };
            buffer.fill_by(fill).await;
            sum += pages::stamp(&buffer);
        }
        sum
    };

    let case = case.std("std", thread(move || std(0..reads)));
    let ours_on_tokio = bench.tokio(tasks, ours.clone());
    let case = if tasks == 1 {
        case.ours("aiofile", ours_on_tokio).ours("aiofile", pollster(ours))
    } else {
        let more = threads(THREADS, move |thread| std(share(reads, THREADS, thread)));
        case.std("std", more).ours("aiofile", ours_on_tokio)
    };
    case.peer("tokio::fs", bench.tokio(tasks, tokio))
        .peer("Unblock", bench.tokio(tasks, unblock))
        .peer("spawn_blocking", bench.tokio(tasks, per_call(Hop::Tokio)))
        .peer("blocking::unblock", bench.tokio(tasks, per_call(Hop::Smol)))
        .peer("deadpool-sync", bench.tokio(tasks, on_deadpool))
        .peer("compio", bench.compio(tasks, compio))
}

fn fill(file: &File, mut buffer: Buffer, offset: u64) -> Buffer {
    file.read_exact_at(&mut buffer, offset).expect("read");
    buffer
}

/// What this process has had read from a disk so far, in bytes (/proc/self/io).
fn read_from_disk() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").expect("/proc/self/io");
    let line = io.lines().find_map(|line| line.strip_prefix("read_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).expect("read_bytes")
}
