//! What a call allocates: the one test program whose allocator counts, so it runs one test at a time.

#![allow(missing_docs)]

use aiofile::{Aio, Pool};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::io::{Cursor, Read, Write};
use std::sync::{Mutex, MutexGuard};

#[global_allocator]
static COUNTS: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

const CALLS: usize = 1000;

/// Allocations for each of `CALLS` calls, after as many to warm up: the least of a few rounds, as a thread that comes or
/// goes, or the test harness, may allocate in between. (Some are left on a busy machine: what counts is whether it is one
/// for each call or two.)
fn per_call(mut calls: impl FnMut()) -> f64 {
    calls();
    let rounds = (0..5).map(|_| {
        let before = COUNTS.stats();
        calls();
        let after = COUNTS.stats();
        (after.allocations - before.allocations) + (after.reallocations - before.reallocations)
    });
    rounds.min().unwrap() as f64 / CALLS as f64
}

fn awaited<F: Future>(mut call: impl FnMut() -> F) -> f64 {
    per_call(|| {
        pollster::block_on(async {
            for _ in 0..CALLS {
                call().await;
            }
        })
    })
}

/// DESIGN's aim: one allocation a call, whichever form it has.
#[test]
fn an_awaited_call_is_one_allocation() {
    let _alone = alone();
    let number = Aio::new(0_u64);
    let set = number.method(|n: &mut u64, to: u64| *n = to);
    let cursor = Aio::new(Cursor::new(vec![0; 64]));
    let pool = Pool::default();
    let table = [
        ("with", awaited(|| number.with(|n| *n += 1)), 1.0),
        ("call", awaited(|| number.call(u64::clone, ())), 1.0),
        ("call, lent", awaited(|| cursor.call(Write::write, (b"x",))), 1.0),
        ("call, given back", awaited(|| cursor.call(Read::read, ([0; 16],))), 1.0),
        ("method", awaited(|| set(1)), 1.0),
        ("checked", awaited(|| number.with(|n| *n).checked()), 1.0),
        ("run", awaited(|| pool.run(|| ())), 1.0),
        ("write_all, owned", awaited(|| cursor.write_all([0; 16])), 1.0),
        ("write_all, borrowed", awaited(|| cursor.write_all("x")), 2.0), // the call and the copy
        ("seek", awaited(|| cursor.rewind()), 1.0),
    ];
    for (form, measured, promised) in table {
        assert!(measured >= promised && measured < promised + 0.5, "{form}: {measured} for {promised}");
    }
}

#[test]
fn a_call_in_a_burst_is_one_allocation() {
    let _alone = alone();
    let number = Aio::new(0_u64);
    let mut waiting = Vec::with_capacity(CALLS);
    let measured = per_call(|| {
        waiting.extend((0..CALLS).map(|_| number.with(|n| *n += 1)));
        pollster::block_on(async {
            for call in waiting.drain(..) {
                call.await;
            }
        });
    });
    assert!((1.0..1.5).contains(&measured), "{measured}");
}

/// A `Reader` reads into the buffers that its caller is done with: what is left is the call.
#[test]
fn a_reader_reuses_its_buffers() {
    let _alone = alone();
    let mut reader = Aio::new(std::io::repeat(7)).reader();
    let measured = per_call(|| {
        pollster::block_on(async {
            for _ in 0..CALLS {
                let read = reader.fill_buf().await.unwrap().len();
                reader.consume(read);
            }
        });
    });
    assert!((1.0..1.5).contains(&measured), "{measured}"); // a hop has one as well, now and then
    reader.into_inner().close().wait();
}

/// Bytes that stay allocated for a handle that does nothing: when it is new, and after a call. In the round with the least
/// of them that are some: what another test has left behind may be freed in between.
fn idle<H>(handles: usize, make: impl Fn() -> H, call: impl Fn(&H), close: impl Fn(H)) -> (usize, usize) {
    let live = || COUNTS.stats().bytes_allocated.wrapping_sub(COUNTS.stats().bytes_deallocated);
    let rounds = (0..5).map(|_| {
        let mut all = Vec::with_capacity(handles);
        let before = live();
        all.extend((0..handles).map(|_| make()));
        let new = live().wrapping_sub(before) / handles;
        all.iter().for_each(&call);
        let used = live().wrapping_sub(before) / handles;
        all.into_iter().for_each(&close);
        (new, used)
    });
    let some = rounds.filter(|(new, used)| *new >= 100 && *used >= 100);
    some.min().expect("some bytes")
}

#[test]
fn an_idle_handle_is_small() {
    let _alone = alone();
    let call = |handle: &Aio<u32>| handle.with(|n| *n += 1).wait();
    let (new, used) = idle(1000, || Aio::new(7), call, |handle| handle.close().wait());
    assert!(new <= 130 && used <= 130, "{new} bytes, {used} after a call");
}

/// The descriptor aside.
#[test]
fn an_idle_file_is_small() {
    let _alone = alone();
    let file = std::fs::File::open(env!("CARGO_MANIFEST_PATH")).unwrap();
    let make = || aiofile::File::from_std(file.try_clone().unwrap());
    let call = |file: &aiofile::File| assert!(file.metadata().wait().unwrap().is_file());
    let (new, used) = idle(400, make, call, |file| file.close().wait().unwrap());
    assert!(new <= 215 && used <= 215, "{new} bytes, {used} after a call");
}

/// What `docs::costs` says of files. "At once" is for Linux, and for file systems that tell what is in their cache.
#[cfg(target_os = "linux")]
#[test]
fn a_files_calls_allocate_what_the_docs_say() {
    use aiofile::OpenOptions;
    use nix::sys::statfs::{BTRFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC};
    let _alone = alone();
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, [7; 4096]).unwrap();
    let open = |pool: &Pool| OpenOptions::new().read(true).pool(pool).open(&path).wait().unwrap();
    let (here, there) = (Pool::default(), Pool::default().inline(false));
    let (at_once, by_hop) = (open(&here), open(&there));
    let kind = nix::sys::statfs::statfs(dir.path()).unwrap().filesystem_type();
    if ![EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC].contains(&kind) {
        return eprintln!("skipped: the target directory's file system does not say what is in its cache");
    }
    let read = |file: &aiofile::File| awaited(|| async { file.read(&mut [0; 1]).await.unwrap() });
    let read_at = |file: &aiofile::File| awaited(|| async { file.read_at(&mut [0; 1], 7).await.unwrap() });
    let open_on = |pool: &Pool| {
        let options = OpenOptions::new().read(true).pool(pool).clone();
        awaited(|| async { std::mem::forget(options.open(&path).await.unwrap()) })
    };
    let read_whole = || awaited(|| async { aiofile::fs::read(&path).await.unwrap() });
    let table = [
        ("read, at once", read(&at_once), 0.0),
        ("read, by a hop", read(&by_hop), 2.0),
        ("read_at, at once", read_at(&at_once), 0.0),
        ("read_at, by a hop", read_at(&by_hop), 2.0),
        ("fs::read, at once", read_whole(), 1.0),
        ("open, at once", open_on(&here), 6.0),
        ("open, by a hop", open_on(&there), 7.0),
    ];
    for (call, measured, promised) in table {
        assert!(measured >= promised && measured < promised + 0.5, "{call}: {measured} for {promised}");
    }
}
