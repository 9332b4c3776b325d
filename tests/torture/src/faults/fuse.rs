//! A file system whose Nth operation fails, once or for ever, or is short: {open, write, read, ftruncate, fsync, close} ×
//! {EIO, ENOSPC, EDQUOT, EINTR} × N.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::fusefs::{Fault as Kind, Faulty, Op, Plan, SLOW};
use crate::support::{Supplies, block_on};
use aiofile::{Error, OpenOptions, Pool};
use std::io::Write;
use std::time::Instant;

pub const FUSE: Fault = Fault {
    name: "fuse",
    what: "open, write, read, ftruncate, fsync, close fail at the Nth time or are short, on a FUSE file system",
    needs: Needs::Fuse,
    limit: [90, 300],
    run: fuse,
};

const ERRNOS: [i32; 4] = [libc::EIO, libc::ENOSPC, libc::EDQUOT, libc::EINTR];
const PARTS: usize = 24;

fn fuse(run: &mut Run) {
    let disk = Faulty::mount(&run.dir().join("faulty"));
    let supplies = Supplies::new();
    for pool in supplies.pools() {
        let places = if run.quick { vec![1, 2, 3, 10, 20] } else { (1..=20).collect() };
        for first in places {
            for fault in ERRNOS.map(Kind::Errno).into_iter().chain([1, 3, 1000].map(Kind::Short)) {
                for last in [first, u64::MAX] {
                    let plan = |op| Plan { op, fault, first, last };
                    write_parts(run, &disk, &pool, plan(Op::Write));
                    write_buffered(run, &disk, &pool, plan(Op::Write));
                    read_parts(run, &disk, &pool, plan(Op::Read));
                    if let Kind::Errno(errno) = fault {
                        syncs(run, &disk, &pool, plan(Op::Fsync), errno);
                        closes(run, &disk, &pool, plan(Op::Flush), errno);
                        others(run, &disk, &pool, plan(Op::SetLen), errno);
                        others(run, &disk, &pool, plan(Op::Open), errno);
                    }
                }
            }
        }
    }
    control(run, &disk);
    slow_opens(run, &disk);
}

/// A file system that asks a process for each open: not on the thread that asks us, though the name is in the cache.
fn slow_opens(run: &mut Run, disk: &Faulty) {
    disk.begin(b"content", Plan { op: Op::Open, fault: Kind::Slow, first: 1, last: u64::MAX });
    for round in 0..4 {
        std::fs::metadata(disk.path()).expect("it is there"); // the name is in the cache
        let begun = Instant::now();
        let (made, whole) = if round % 2 == 0 {
            let open = aiofile::open(disk.path(), "r");
            let made = begun.elapsed();
            block_on(async { open.await?.close().await }).expect("it opens");
            (made, begun.elapsed())
        } else {
            let read = aiofile::fs::read(disk.path());
            let made = begun.elapsed();
            assert_eq!(block_on(read).expect("it opens"), b"content");
            (made, begun.elapsed())
        };
        run.check(made < SLOW / 2, Wrong::Other, || format!("the async thread was held up for {made:?}"));
        run.check(whole >= SLOW, Wrong::Other, || format!("the open took {whole:?} alone"));
    }
    run.injected(disk.hits());
}

fn options(pool: &Pool) -> OpenOptions {
    OpenOptions::new().read(true).write(true).pool(pool).clone()
}

fn part(number: usize) -> Vec<u8> {
    format!("part {number:02}\n").into_bytes()
}

/// An interrupted call is made again by what makes many.
fn is_retried(plan: Plan) -> bool {
    matches!(plan.fault, Kind::Errno(libc::EINTR))
}

fn errors_expected(plan: Plan, hits: u64) -> u64 {
    match plan.fault {
        Kind::Errno(_) if !is_retried(plan) => hits,
        _ => 0,
    }
}

fn has_errno(run: &mut Run, plan: Plan, error: &Error) {
    let right = matches!(plan.fault, Kind::Errno(number) if error.raw_os_error() == Some(number));
    run.check(right, Wrong::Other, || format!("{plan:?}: {error:?}"));
}

/// EINTR for ever is retried for ever, and proves nothing.
fn is_endless(plan: Plan) -> bool {
    is_retried(plan) && plan.last > plan.first
}

fn write_parts(run: &mut Run, disk: &Faulty, pool: &Pool, plan: Plan) {
    if is_endless(plan) {
        return;
    }
    disk.begin(b"", plan);
    let file = block_on(options(pool).open(disk.path())).expect("it is there");
    let (mut expect, mut errors) = (Vec::new(), 0);
    for number in 0..PARTS {
        match block_on(file.write_all(part(number))) {
            Ok(()) => expect.extend(part(number)),
            Err(error) => {
                has_errno(run, plan, &error);
                errors += 1;
            }
        }
    }
    let (hits, wanted) = (disk.hits(), errors_expected(plan, disk.hits()));
    run.injected(hits);
    run.check(errors == wanted, Wrong::Silent, || format!("{errors} of {wanted} told, {plan:?}"));
    run.check_bytes(&disk.content(), &expect, || format!("write_all, {plan:?}"));
    block_on(file.close()).expect("closes do not fail");
}

fn write_buffered(run: &mut Run, disk: &Faulty, pool: &Pool, plan: Plan) {
    if is_endless(plan) {
        return;
    }
    disk.begin(b"", plan);
    let file = block_on(options(pool).open(disk.path())).expect("it is there");
    let mut writer = file.clone().writer();
    let mut expect = Vec::new();
    for number in 0..PARTS {
        let before = writer.progress().accepted;
        let result = block_on(async {
            writer.write_all(&part(number)).await?;
            writer.flush().await
        });
        expect.extend(&part(number)[..(writer.progress().accepted - before) as usize]);
        match result {
            Ok(()) => run.check_bytes(&disk.content(), &expect, || format!("flush is Ok, {plan:?}")),
            Err(error) => has_errno(run, plan, &error),
        }
    }
    run.injected(disk.hits());
    let for_ever = matches!(plan.fault, Kind::Errno(_)) && plan.last > plan.first && disk.hits() > 0;
    match block_on(writer.flush()) {
        Ok(()) => run.check_bytes(&disk.content(), &expect, || format!("in the end, {plan:?}")),
        Err(error) => run.check(for_ever, Wrong::Other, || format!("{plan:?}: {error:?}")),
    }
    let written = writer.progress().written as usize;
    run.check_bytes(&disk.content(), &expect[..written], || format!("what it says is written, {plan:?}"));
    drop(writer);
    let _ = block_on(file.close()); // what is written is no matter any more, but by whom is
}

fn read_parts(run: &mut Run, disk: &Faulty, pool: &Pool, plan: Plan) {
    let content: Vec<u8> = (0..PARTS).flat_map(part).collect();
    if is_endless(plan) {
        return;
    }
    disk.begin(&content, plan);
    let file = block_on(options(pool).open(disk.path())).expect("it is there");
    let (mut all, mut errors) = (Vec::new(), 0);
    // Some by the file, the rest by a Reader, which the errors do not end.
    for _ in 0..PARTS / 2 {
        let mut buffer = [0; 8];
        match block_on(file.read_exact(&mut buffer)) {
            Ok(()) => all.extend(buffer),
            Err(error) => {
                has_errno(run, plan, &error);
                errors += 1;
            }
        }
    }
    let mut reader = file.clone().reader();
    for _ in 0..PARTS {
        match block_on(reader.read_to_end(&mut all)) {
            Ok(_) => break,
            Err(error) => {
                has_errno(run, plan, &error);
                errors += 1;
            }
        }
    }
    let hits = disk.hits();
    run.injected(hits);
    let for_ever = plan.last > plan.first && errors_expected(plan, hits) > 0;
    run.check_bytes(&all, if for_ever { &content[..all.len()] } else { &content }, || {
        format!("read, {plan:?}")
    });
    // The file's reads, the Reader's of the rest, and the one that tells the end: what was read ahead behind it is nobody's. Nor
    // does anybody ask for what is on its way when one of them fails.
    let asked_for = PARTS as u64 / 2 + 2;
    let told = match errors_expected(plan, hits) {
        _ if plan.first > asked_for => errors == 0,
        _ if for_ever => errors > 0,
        expected => errors == expected,
    };
    run.check(told, Wrong::Silent, || format!("{errors} of {hits} told, {plan:?}"));
    drop(reader);
    block_on(file.close()).expect("closes do not fail");
}

fn syncs(run: &mut Run, disk: &Faulty, pool: &Pool, plan: Plan, errno: i32) {
    // std makes an interrupted sync again.
    if errno == libc::EINTR {
        return;
    }
    disk.begin(b"", plan);
    let file = block_on(options(pool).open(disk.path())).expect("it is there");
    let clone = block_on(file.try_clone()).expect("a descriptor");
    let mut failed = false;
    for number in 0..PARTS as u64 {
        block_on(file.write_all("x")).expect("writes do not fail");
        let by = if number % 2 == 0 { &file } else { &clone };
        let result = if number % 3 == 0 { block_on(by.sync_data()) } else { block_on(by.sync_all()) };
        failed |= disk.hits() > 0;
        match result {
            Ok(()) => run.check(!failed, Wrong::Silent, || format!("sync {number}, {plan:?}")),
            Err(error) => {
                run.check(failed && error.raw_os_error() == Some(errno), Wrong::Other, || {
                    format!("{error:?}")
                });
            }
        }
    }
    for file in [file, clone] {
        block_on(file.close()).expect("closes do not fail");
    }
    run.injected(disk.hits());
}

fn closes(run: &mut Run, disk: &Faulty, pool: &Pool, plan: Plan, errno: i32) {
    disk.begin(b"", plan);
    for number in 1..=PARTS as u64 {
        let file = block_on(options(pool).open(disk.path())).expect("it is there");
        let result = match number % 2 {
            0 => block_on(file.close()),
            _ => block_on(file.writer().close()),
        };
        told_at(run, plan, errno, number, result, "close");
    }
    run.injected(disk.hits());
}

/// What fails by its number, which no loop hides.
fn told_at(run: &mut Run, plan: Plan, errno: i32, number: u64, result: Result<(), Error>, what: &str) {
    let fails = (plan.first..=plan.last).contains(&number);
    match result {
        Ok(()) => run.check(!fails, Wrong::Silent, || format!("{what} {number}, {plan:?}")),
        Err(error) => {
            let right = fails && error.raw_os_error() == Some(errno) && error.path().is_some();
            run.check(right, Wrong::Other, || format!("{what} {number}, {plan:?}: {error:?}"));
        }
    }
}

fn others(run: &mut Run, disk: &Faulty, pool: &Pool, plan: Plan, errno: i32) {
    // std makes these again when they are interrupted.
    if errno == libc::EINTR {
        return;
    }
    disk.begin(b"", plan);
    let mut file = None;
    for number in 1..=PARTS as u64 {
        if plan.op == Op::Open {
            let opened = block_on(options(pool).open(disk.path()));
            let closed = opened.and_then(|file| block_on(file.close()));
            told_at(run, plan, errno, number, closed, "open");
        } else {
            let open = || block_on(options(pool).open(disk.path())).expect("it is there");
            let file = file.get_or_insert_with(open);
            told_at(run, plan, errno, number, block_on(file.set_len(number)), "set_len");
        }
    }
    if let Some(file) = file {
        block_on(file.close()).expect("closes do not fail");
    }
    run.injected(disk.hits());
}

/// A failing close of std's file, and a failing sync made again.
fn control(run: &mut Run, disk: &Faulty) {
    let open = || std::fs::File::options().write(true).open(disk.path()).expect("it is there");
    let eio = Kind::Errno(libc::EIO);
    let mut silent = 0;
    for _ in 0..20 {
        disk.begin(b"", Plan { op: Op::Flush, fault: eio, first: 1, last: u64::MAX });
        let wrote = open().write_all(b"x").is_ok();
        silent += u64::from(wrote && disk.hits() == 1);
    }
    let mut second = 0;
    for _ in 0..20 {
        disk.begin(b"", Plan { op: Op::Fsync, fault: eio, first: 1, last: 1 });
        let file = open();
        second += u64::from(file.sync_all().is_err() && file.sync_all().is_ok());
    }
    let text = format!("std: close errors dropped {silent} of 20, Ok after a failed sync {second} of 20");
    run.control(silent.min(second), text);
}
