//! Many small files, each of them opened, read or written, and closed: whole jobs.

use crate::measure::Case;
use crate::work::{Bench, Hop, in_turn, pollster, share, thread, threads};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

const SIZE: usize = 1 << 10;
/// How many there are to read.
const FILES: u64 = 1000;

/// From the page cache.
pub fn read(bench: &Bench, tasks: u64) -> Case<'_> {
    let dir = bench.path("small");
    fs::create_dir_all(dir).expect("a directory");
    (0..FILES).for_each(|file| fs::write(name(dir, file), content(file)).expect("a file"));
    let reads = bench.times(10_000);
    let of_task = move |task| share(reads, tasks, task);
    let path = move |read: u64| name(dir, read % FILES);

    let std_read = move |read| number(&fs::read(path(read)).expect("a file"));
    let std = move |reads: Range<u64>| reads.map(std_read).sum();
    let ours = move |task| {
        let read = move |read| async move { number(&aiofile::fs::read(path(read)).await.expect("a file")) };
        in_turn(of_task(task), read)
    };
    let tokio = move |task| {
        let read = move |read| async move { number(&tokio::fs::read(path(read)).await.expect("a file")) };
        in_turn(of_task(task), read)
    };
    let async_fs = move |task| {
        let read = move |read| async move { number(&async_fs::read(path(read)).await.expect("a file")) };
        in_turn(of_task(task), read)
    };
    let compio = move |task| {
        let read = move |read| async move { number(&compio::fs::read(path(read)).await.expect("a file")) };
        in_turn(of_task(task), read)
    };
    let per_call =
        move |hop: Hop| move |task| in_turn(of_task(task), move |read| hop.run(move || std_read(read)));

    let tasks_text = if tasks == 1 { "one task".into() } else { format!("{tasks} tasks") };
    let case = Case::new(format!("files of 1 KiB opened, read and closed, {tasks_text}"), reads)
        .std("std", thread(move || std(0..reads)));
    let case = if tasks == 1 {
        case.ours("aiofile", bench.tokio(tasks, ours)).ours("aiofile", pollster(ours))
    } else {
        let more = threads(2, move |thread| std(share(reads, 2, thread)));
        case.std("std", more).ours("aiofile", bench.tokio(tasks, ours))
    };
    case.peer("tokio::fs", bench.tokio(tasks, tokio))
        .peer("async-fs", bench.tokio(tasks, async_fs))
        .peer("spawn_blocking", bench.tokio(tasks, per_call(Hop::Tokio)))
        .peer("blocking::unblock", bench.tokio(tasks, per_call(Hop::Smol)))
        .peer("compio", bench.compio(tasks, compio))
}

/// New ones, in a new directory each turn: to replace what a file had makes ext4 write it to the disk, and for an inode
/// that was freed in the last seconds it looks for another one, long.
pub fn written(bench: &Bench) -> Case<'_> {
    let dir = bench.path("written small");
    fs::create_dir(dir).expect("a directory");
    let writes = bench.times(2000);
    let turn: &'static AtomicU64 = Box::leak(Box::default());
    let path = move |write: u64| dir.join(format!("{}/file {write}", turn.load(Relaxed)));

    let std_write = move |write| fs::write(path(write), content(write)).map_or(0, |()| 1);
    let ours = move |_| {
        let write = move |write| async move {
            aiofile::fs::write(path(write), content(write)).await.map_or(0, |()| 1)
        };
        in_turn(0..writes, write)
    };
    let tokio = move |_| {
        let write =
            move |write| async move { tokio::fs::write(path(write), content(write)).await.map_or(0, |()| 1) };
        in_turn(0..writes, write)
    };
    let async_fs = move |_| {
        let write =
            move |write| async move { async_fs::write(path(write), content(write)).await.map_or(0, |()| 1) };
        in_turn(0..writes, write)
    };
    let compio = move |_| {
        let write = move |write| async move {
            compio::fs::write(path(write), content(write)).await.0.map_or(0, |()| 1)
        };
        in_turn(0..writes, write)
    };
    let per_call =
        move |hop: Hop| move |_| in_turn(0..writes, move |write| hop.run(move || std_write(write)));

    Case::new("new files of 1 KiB opened, written and closed, one task", writes)
        .std("std", thread(move || (0..writes).map(std_write).sum()))
        .ours("aiofile", bench.tokio(1, ours))
        .ours("aiofile", pollster(ours))
        .peer("tokio::fs", bench.tokio(1, tokio))
        .peer("async-fs", bench.tokio(1, async_fs))
        .peer("spawn_blocking", bench.tokio(1, per_call(Hop::Tokio)))
        .peer("blocking::unblock", bench.tokio(1, per_call(Hop::Smol)))
        .peer("compio", bench.compio(1, compio))
        .before(move || {
            let turn = turn.fetch_add(1, Relaxed) + 1;
            fs::create_dir(dir.join(turn.to_string())).expect("a directory");
        })
        .after(move || (0..writes).map(|file| number(&fs::read(path(file)).expect("a file"))).sum())
}

fn name(dir: &Path, file: u64) -> PathBuf {
    dir.join(format!("file {file}"))
}

fn content(file: u64) -> [u8; SIZE] {
    let mut content = [file as u8; SIZE];
    content[..8].copy_from_slice(&file.to_le_bytes());
    content
}

/// What a file says, if it is whole.
fn number(content: &[u8]) -> u64 {
    assert_eq!(content.len(), SIZE);
    u64::from_le_bytes(content[..8].try_into().expect("8 bytes")) + u64::from(content[SIZE - 1])
}
