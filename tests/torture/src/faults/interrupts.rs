//! Signals that interrupt system calls, all the time: loops go on, single calls say so, no byte is lost.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on};
use crate::sys;
use aiofile::{Aio, Pool};
use nix::sys::signal::Signal;
use std::io::{self, ErrorKind, PipeReader, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

pub const STORM: Fault = Fault {
    name: "eintr-storm",
    what: "signals without SA_RESTART to every thread, while pipes are read and written",
    needs: Needs::Nothing,
    limit: [90, 240],
    run: storm,
};

fn storm(run: &mut Run) {
    sys::interrupt_by(Signal::SIGUSR1);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let storm = thread::spawn(move || {
        while !stopped.load(Ordering::Relaxed) {
            sys::signal_other_threads(Signal::SIGUSR1);
            thread::sleep(Duration::from_micros(200));
        }
    });
    let supplies = Supplies::new();
    let before = sys::interruptions();
    for round in 0..run.times(8, 60) {
        let content = run.random.bytes(300_000);
        let pool = &supplies.pools()[round as usize % 2];
        for way in READS {
            read(run, pool, *way, &content);
        }
        for way in WRITES {
            write(run, pool, *way, &content);
        }
    }
    run.injected(sys::interruptions() - before);
    // Else the storm was elsewhere than in our calls.
    run.check(TOLD.load(Ordering::Relaxed) > 0, Wrong::Silent, || "no read was ever interrupted".into());
    control(run, &supplies);
    stop.store(true, Ordering::Relaxed);
    storm.join().expect("no panic");
}

/// Something slow at the other end, so that the calls wait in the kernel.
fn feed(content: &[u8]) -> (PipeReader, thread::JoinHandle<()>) {
    let (pipe, mut to) = io::pipe().expect("a pipe");
    let content = content.to_vec();
    let feeder = thread::spawn(move || {
        for (i, part) in content.chunks(20_000).enumerate() {
            to.write_all(part).expect("it is read");
            if i % 4 == 0 {
                thread::sleep(Duration::from_millis(2));
            }
        }
    });
    (pipe, feeder)
}

/// How often a single read said that it was interrupted.
static TOLD: AtomicU64 = AtomicU64::new(0);

type ReadWay = (&'static str, fn(Aio<PipeReader>) -> io::Result<Vec<u8>>);

const READS: &[ReadWay] = &[
    ("read", |pipe| {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 5000]);
        loop {
            // A single call says that it was interrupted, as std's does.
            match block_on(pipe.read(&mut buffer)) {
                Ok(0) => return Ok(all),
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    TOLD.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }),
    ("read_to_end", |pipe| {
        let mut all = Vec::new();
        block_on(pipe.read_to_end(&mut all))?;
        Ok(all)
    }),
    ("Reader, read_to_end", |pipe| {
        let mut all = Vec::new();
        block_on(pipe.reader().read_to_end(&mut all))?;
        Ok(all)
    }),
    ("Reader, read_until", |pipe| {
        let (mut reader, mut all) = (pipe.reader(), Vec::new());
        while block_on(reader.read_until(7, &mut all))? > 0 {}
        Ok(all)
    }),
    ("Reader, split", |pipe| {
        let (mut parts, mut all) = (pipe.reader().split(7), Vec::new());
        while let Some(part) = block_on(parts.next_part())? {
            all.extend(part);
            all.push(7);
        }
        Ok(all)
    }),
];

fn read(run: &mut Run, pool: &Pool, (name, way): ReadWay, content: &[u8]) {
    let mut content = content.to_vec();
    content.push(7);
    let (pipe, feeder) = feed(&content);
    match way(Aio::on(pool, pipe)) {
        Ok(all) => run.check_bytes(&all, &content, || name.into()),
        Err(error) => run.wrong(Wrong::Other, 1, || format!("{name}: {error:?}")),
    }
    feeder.join().expect("no panic");
}

type WriteWay = (&'static str, fn(Aio<io::PipeWriter>, &[u8]) -> aiofile::Result<()>);

const WRITES: &[WriteWay] = &[
    ("write_all", |pipe, content| block_on(pipe.write_all(content))),
    ("Writer", |pipe, content| {
        let mut writer = pipe.writer();
        block_on(async {
            for part in content.chunks(700) {
                writer.write_all(part).await?;
            }
            writer.flush().await
        })
    }),
];

/// What comes out at the slow end of a pipe.
fn drain(mut pipe: PipeReader) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let (mut all, mut buffer) = (Vec::new(), vec![0; 30_000]);
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return all,
                Ok(count) => all.extend_from_slice(&buffer[..count]),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted),
            }
            thread::sleep(Duration::from_micros(300));
        }
    })
}

fn write(run: &mut Run, pool: &Pool, (name, way): WriteWay, content: &[u8]) {
    let (pipe, to) = io::pipe().expect("a pipe");
    let drain = drain(pipe);
    let result = way(Aio::on(pool, to), content);
    run.check(result.is_ok(), Wrong::Other, || format!("{name}: {result:?}"));
    run.check_bytes(&drain.join().expect("no panic"), content, || name.into());
}

/// `Unblock`, whose pipe does not make an interrupted write again: how many of its accepted bytes never come.
fn control(run: &mut Run, supplies: &Supplies) {
    use futures_lite::AsyncWriteExt;
    let content = run.random.bytes(300_000);
    let (mut rounds, mut short) = (0, 0);
    while run.goes_on(rounds, short, 10) {
        rounds += 1;
        let (pipe, to) = io::pipe().expect("a pipe");
        let drain = drain(pipe);
        supplies.block_on(async {
            let mut unblock = blocking::Unblock::new(to);
            let _ = unblock.write_all(&content).await; // Ok, as a rule
            let _ = unblock.flush().await;
            let _ = unblock.flush().await;
            let _ = unblock.close().await;
        });
        short += u64::from(drain.join().expect("no panic").len() < content.len());
    }
    run.control(short, format!("Unblock: accepted bytes lost by an interrupted write {short} of {rounds}"));
}
