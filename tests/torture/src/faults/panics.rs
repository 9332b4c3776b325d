//! Panics at every place: each comes to the task that awaits, within a second, with its payload; the handle, the pool
//! and everybody else go on.

use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Hung, Supplies, answer, block_on, until};
use aiofile::{Aio, Data, Pool};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any, resume_unwind};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

pub const PANICS: Fault = Fault {
    name: "panics",
    what: "panics in closures, methods, drops, wakers, arguments, results, suppliers, below Reader and Writer",
    needs: Needs::Nothing,
    limit: [90, 240],
    run: panics,
};

static FIRED: AtomicU64 = AtomicU64::new(0);

/// The payload, which has to come back as it is.
#[derive(Debug, PartialEq)]
struct Payload(u64);

fn fire() -> ! {
    panic_any(Payload(FIRED.fetch_add(1, Ordering::SeqCst)))
}

/// Panics in the one of its methods, or in its drop, and when that is over works on.
struct Bomb {
    at: &'static str,
    fired: bool,
}

impl Bomb {
    fn new(at: &'static str) -> Bomb {
        Bomb { at, fired: false }
    }

    fn step(&mut self, at: &str) {
        if self.at == at && !self.fired {
            self.fired = true;
            fire();
        }
    }

    fn method(&mut self, by: u8) -> u8 {
        self.step("method");
        by
    }
}

impl Read for Bomb {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.step("read");
        buffer.fill(b'r');
        Ok(buffer.len().min(100))
    }
}

impl Write for Bomb {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.step("write");
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.step("flush");
        Ok(())
    }
}

impl Seek for Bomb {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        self.step("seek");
        Ok(0)
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        self.step("drop");
    }
}

/// Bytes that panic when they travel, or when they have come.
struct Bytes(&'static str);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        if self.0 == "as_ref" { fire() } else { b"bytes" }
    }
}

impl Data for Bytes {
    type Owned = Bytes;

    fn into_owned(self) -> Bytes {
        if self.0 == "into_owned" { fire() } else { self }
    }
}

/// A waker that panics when it wakes.
struct BadWaker;

impl Wake for BadWaker {
    fn wake(self: Arc<Self>) {
        fire()
    }
}

/// The future waits behind the gate, which is then opened; it is not given up before it was woken.
fn wake_badly<F: Future>(gate: mpsc::Sender<()>, future: F) {
    let before = FIRED.load(Ordering::SeqCst);
    let waker = Waker::from(Arc::new(BadWaker));
    let mut future = pin!(future);
    let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending(), "it does not wait");
    drop(gate);
    until(Duration::from_secs(5), || FIRED.load(Ordering::SeqCst) > before);
}

/// Keeps the calls behind it waiting until it is dropped.
fn gate(bomb: &Aio<Bomb>) -> mpsc::Sender<()> {
    let (gate, wait) = mpsc::channel::<()>();
    drop(bomb.with(move |_| wait.recv()));
    gate
}

/// Who the panic comes to.
#[derive(Clone, Copy, PartialEq)]
enum To {
    Caller,
    /// Nobody was there for it.
    Nobody,
}

type Place = (&'static str, To, &'static str, fn(&Aio<Bomb>, &Pool));

/// Where it panics, whom it comes to, what the value panics in, and what is done.
const PLACES: &[Place] = &[
    ("with", To::Caller, "", |bomb, _| block_on(bomb.with(|_| fire()))),
    ("checked", To::Caller, "", |bomb, _| {
        let error = block_on(bomb.with(|_| fire()).checked()).expect_err("it panicked");
        resume_unwind(error.into_panic().expect("a panic"))
    }),
    ("call", To::Caller, "method", |bomb, _| {
        block_on(bomb.call(Bomb::method, (1,)));
    }),
    ("method", To::Caller, "method", |bomb, _| {
        block_on(bomb.method(Bomb::method)(1));
    }),
    ("wait", To::Caller, "method", |bomb, _| {
        bomb.call(Bomb::method, (1,)).wait();
    }),
    ("finish", To::Caller, "", |_, pool| block_on(Aio::on(pool, ()).finish(|()| fire()))),
    ("run", To::Caller, "", |_, pool| block_on(pool.run(|| fire()))),
    ("unblock", To::Caller, "", |_, _| block_on(aiofile::unblock(|| fire()))),
    ("map", To::Caller, "", |bomb, _| block_on(bomb.with(|_| ()).map(|()| fire()))),
    ("read", To::Caller, "read", |bomb, _| drop(block_on(bomb.read(&mut [0; 9])))),
    ("read_exact", To::Caller, "read", |bomb, _| drop(block_on(bomb.read_exact(&mut [0; 9])))),
    ("read_to_end", To::Caller, "read", |bomb, _| drop(block_on(bomb.read_to_end(&mut Vec::new())))),
    ("write", To::Caller, "write", |bomb, _| drop(block_on(bomb.write("x")))),
    ("write_all", To::Caller, "write", |bomb, _| drop(block_on(bomb.write_all("x")))),
    ("flush", To::Caller, "flush", |bomb, _| drop(block_on(bomb.flush()))),
    ("seek", To::Caller, "seek", |bomb, _| drop(block_on(bomb.seek(SeekFrom::Start(1))))),
    ("stream_position", To::Caller, "seek", |bomb, _| drop(block_on(bomb.stream_position()))),
    ("dyn", To::Caller, "write", |bomb, _| {
        let file: &dyn aiofile::AsyncFile = bomb;
        drop(block_on(file.write_all(b"x")))
    }),
    ("Writer", To::Caller, "write", |bomb, _| {
        let mut writer = bomb.clone().writer();
        let result = catch_unwind(AssertUnwindSafe(|| {
            block_on(async {
                writer.write_all(b"x").await?;
                writer.flush().await
            })
        }));
        // It is told once more as an error, and then goes on.
        let told = block_on(writer.flush());
        let flushed = if told.is_err() { block_on(writer.flush()) } else { told };
        assert!(flushed.is_ok(), "the Writer is dead: {flushed:?}");
        assert_eq!(writer.progress().written, 1);
        result.map(drop).unwrap_or_else(|payload| resume_unwind(payload))
    }),
    ("Writer's flush", To::Caller, "flush", |bomb, _| {
        let mut writer = bomb.clone().writer();
        let result = catch_unwind(AssertUnwindSafe(|| block_on(writer.flush())));
        block_on(writer.flush()).expect("the Writer goes on");
        result.map(drop).unwrap_or_else(|payload| resume_unwind(payload))
    }),
    ("Writer's waker", To::Nobody, "", |bomb, _| {
        let gate = gate(bomb);
        let mut writer = bomb.clone().writer();
        block_on(writer.write_all(b"accepted")).expect("room");
        wake_badly(gate, writer.flush());
        let flushed = crate::support::within(Duration::from_secs(1), writer.flush());
        flushed.unwrap_or_else(|| panic_any(Hung)).expect("the Writer goes on");
        assert_eq!(writer.progress().written, 8, "accepted bytes are lost");
    }),
    ("Reader", To::Caller, "read", |bomb, _| {
        let mut reader = bomb.clone().reader();
        let result = catch_unwind(AssertUnwindSafe(|| block_on(reader.read(&mut [0; 9]))));
        assert_eq!(block_on(reader.read(&mut [0; 9])).expect("the Reader goes on"), 9);
        result.map(drop).unwrap_or_else(|payload| resume_unwind(payload))
    }),
    ("waker", To::Nobody, "", |bomb, _| {
        wake_badly(gate(bomb), bomb.with(|_| ()));
    }),
    ("abandoned call", To::Nobody, "", |bomb, _| drop(bomb.with(|_| fire()))),
    ("abandoned run", To::Nobody, "", |_, pool| drop(pool.run(|| fire()))),
    ("abandoned result", To::Nobody, "", |bomb, _| drop(bomb.with(|_| Bomb::new("drop")))),
    ("abandoned result, ended", To::Nobody, "", |bomb, _| {
        let result = bomb.with(|_| Bomb::new("drop"));
        block_on(bomb.with(|_| ()));
        drop(result);
    }),
    ("payload's drop", To::Nobody, "", |bomb, _| drop(bomb.with(|_| panic_any(Bomb::new("drop"))))),
    ("value's drop", To::Nobody, "", |_, pool| drop(Aio::on(pool, Bomb::new("drop")))),
    ("close", To::Caller, "", |_, pool| block_on(Aio::on(pool, Bomb::new("drop")).close())),
    ("cancel", To::Caller, "", |bomb, _| {
        let _gate = gate(bomb);
        let argument = Bomb::new("drop");
        bomb.with(move |_| drop(argument)).cancel();
    }),
    ("into_owned", To::Caller, "", |bomb, _| drop(bomb.write_all(Bytes("into_owned")))),
    ("as_ref", To::Caller, "", |bomb, _| drop(block_on(bomb.write_all(Bytes("as_ref"))))),
    ("supply", To::Nobody, "", |_, _| {
        let pool = Pool::from_fn(|_| fire());
        let refused = block_on(pool.run(|| ()).checked()).expect_err("no thread");
        assert!(refused.is_refused(), "{refused}");
    }),
    ("refused argument", To::Nobody, "", |_, _| {
        let argument = Bomb::new("drop");
        let refused = Pool::from_fn(drop).run(move || drop(argument));
        assert!(block_on(refused.checked()).expect_err("no thread").is_refused());
    }),
    ("progress of a copy", To::Caller, "", |_, _| {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("from"), "content").expect("a file");
        let copy = aiofile::fs::copy_with(dir.path().join("from"), dir.path().join("to"), |_, _| fire());
        drop(block_on(copy));
    }),
];

fn panics(run: &mut Run) {
    let supplies = Supplies::new();
    for round in 0..run.times(3, 30) {
        // One thread each: a pool whose worker is gone answers no more.
        for pool in supplies.pools().map(|pool| pool.limit(1)) {
            for place in PLACES {
                one(run, &pool, place, round);
            }
        }
    }
    run.injected(FIRED.load(Ordering::SeqCst));
    let (dead, rounds) = control_unblock();
    run.control(dead, format!("Unblock: dead for ever after a panic {dead} of {rounds}"));
}

fn one(run: &mut Run, pool: &Pool, (name, to, at, act): &Place, round: u64) {
    let handle = Aio::on(pool, Bomb::new(at));
    let (here, there, act) = (handle.clone(), pool.clone(), *act);
    let before = FIRED.load(Ordering::SeqCst);
    let start = Instant::now();
    let result =
        answer(Duration::from_secs(10), move || catch_unwind(AssertUnwindSafe(|| act(&here, &there))));
    let Some(result) = result else {
        return run.wrong(Wrong::Hung, 1, || format!("{name}, round {round}"));
    };
    let soon = start.elapsed() < Duration::from_secs(1);
    run.check(soon, Wrong::Hung, || format!("{name}: answer after {:?}", start.elapsed()));
    // What was abandoned panics in its own time.
    let fired = until(Duration::from_secs(5), || FIRED.load(Ordering::SeqCst) > before);
    run.check(fired, Wrong::Other, || format!("{name}: it did not fire"));
    match (result, to) {
        (Ok(()), To::Nobody) => {}
        (Ok(()), To::Caller) => run.wrong(Wrong::Silent, 1, || (*name).into()),
        (Err(payload), To::Caller) if payload.is::<Payload>() => {}
        (Err(payload), _) => {
            let hung = payload.is::<Hung>();
            let wrong = if hung { Wrong::Hung } else { Wrong::Other };
            run.wrong(wrong, 1, || format!("{name}: {}", crate::support::last_panic()));
        }
    }
    let goes_on = block_on(handle.with(|_| 7).checked()).ok() == Some(7);
    run.check(goes_on, Wrong::Other, || format!("{name}: the handle is dead"));
    let goes_on = block_on(pool.run(|| 7).checked()).ok() == Some(7);
    run.check(goes_on, Wrong::Other, || format!("{name}: the pool is dead"));
}

fn control_unblock() -> (u64, u64) {
    const ROUNDS: u64 = 20;
    let dead = (0..ROUNDS).filter(|_| {
        let mut unblock = blocking::Unblock::new(Bomb::new("method"));
        let mut call =
            || catch_unwind(AssertUnwindSafe(|| block_on(unblock.with_mut(|bomb| bomb.method(1)))));
        let results = [call().is_err(), call().is_err(), call().is_err()];
        results == [true; 3]
    });
    (dead.count() as u64, ROUNDS)
}
