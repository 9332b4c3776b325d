//! Of calls made while a `Writer` on the same value goes on: its drain gives way to them.

use super::support::{any, switch, threads};
use aiofile::{Aio, CallError, Writer};
use shuttle::future::block_on;
use shuttle::thread;
use std::io::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PIECES: u8 = 12;

/// Takes all it is given.
struct Log(Arc<Shared>);

/// What all sides see of the log and its writer. (std's: there is no other thread between a lock and its unlock.)
#[derive(Default)]
struct Shared {
    taken: Mutex<Vec<u8>>,
    writes: AtomicUsize,
    /// What the writer has accepted.
    accepted: AtomicUsize,
}

impl Write for Log {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.writes.fetch_add(1, Ordering::Relaxed);
        switch();
        self.0.taken.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn len(&self) -> usize {
        self.taken.lock().unwrap().len()
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    fn writes(&self) -> usize {
        self.writes.load(Ordering::Relaxed)
    }

    /// Has a piece accepted.
    fn write(&self, writer: &mut Writer<Aio<Log>>, piece: u8) -> aiofile::Result<()> {
        assert_eq!(block_on(writer.write(&[piece]))?, 1);
        self.accepted.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Nothing has changed its place, and nothing is there twice.
    fn check(&self) {
        let taken = self.taken.lock().unwrap();
        assert!(taken.iter().copied().eq(0..taken.len() as u8), "{taken:?}");
    }
}

/// A call, and what it has to find.
struct Made {
    call: aiofile::Call<(usize, usize)>,
    least: usize,
    writes: usize,
}

impl Made {
    fn new(log: &Aio<Log>, shared: &Shared) -> Self {
        let least = shared.accepted();
        let call = log.with(|log| (log.0.len(), log.0.writes()));
        Made { call, least, writes: shared.writes() }
    }

    fn check(self) -> Result<(), CallError> {
        let (found, writes) = block_on(self.call.checked())?;
        assert!(self.least <= found, "before what was accepted before it: {found}, not {}", self.least);
        let meanwhile = writes.saturating_sub(self.writes);
        assert!(meanwhile <= FEW, "not yet after {meanwhile} writes");
        Ok(())
    }
}

/// A drain writes what it is at, and what was accepted before it gives way; behind a call that came too late for that,
/// and goes before the next one, all of this once more.
const FEW: usize = 3;

/// However a writer goes on, its clones have their turn soon, each after all that was accepted before; and so have other handles
/// of the pool. Nothing is lost, nothing changes its place. *Catches:* a drain that goes on in front of those to
/// whom it gives way; one that gives way before it has written what came before them; one that does not go on.
pub fn turns() {
    let pool = threads();
    let pool = if any(2) == 0 { pool.limit(1) } else { pool };
    let shared = Arc::new(Shared::default());
    let log = Aio::on(&pool, Log(Arc::clone(&shared)));
    let mut writer = log.clone().writer();
    let callers = [0, 1].map(|_| {
        let (log, shared, other) = (log.clone(), Arc::clone(&shared), Aio::on(&pool, 7));
        thread::spawn(move || {
            (0..any(20)).for_each(|_| switch());
            let first = Made::new(&log, &shared);
            switch();
            let second = Made::new(&log, &shared);
            assert_eq!(block_on(other.with(|seven| *seven)), 7);
            first.check().unwrap();
            second.check().unwrap();
        })
    });
    for piece in 0..PIECES {
        shared.write(&mut writer, piece).unwrap();
        switch();
    }
    if any(2) == 0 {
        block_on(writer.flush()).unwrap();
        assert_eq!(shared.len(), usize::from(PIECES), "flushed, and not written");
    }
    drop(writer);
    callers.into_iter().for_each(|caller| caller.join().unwrap());
    // After all that was accepted.
    assert_eq!(block_on(log.with(|log| log.0.len())), usize::from(PIECES));
    shared.check();
}

/// What was accepted before the pool is shut down is written, though the drain gives way once more; what is not written is
/// told, and each call is run or refused. *Catches:* a shutdown that refuses a drain which has given way.
pub fn turns_shutdown() {
    let pool = threads();
    let shared = Arc::new(Shared::default());
    let log = Aio::on(&pool, Log(Arc::clone(&shared)));
    let mut writer = log.clone().writer();
    let caller = {
        let (log, shared) = (log.clone(), Arc::clone(&shared));
        thread::spawn(move || {
            (0..any(20)).for_each(|_| switch());
            let made = [Made::new(&log, &shared), Made::new(&log, &shared)];
            // Best while the drain writes what comes before them.
            (0..50).take_while(|_| shared.writes() <= made[0].writes).for_each(|_| switch());
            (0..any(20)).for_each(|_| switch());
            let least = shared.accepted();
            assert!(block_on(pool.shutdown(Duration::MAX)).is_empty());
            assert!(least <= shared.len(), "accepted before the shutdown, and not written");
            for made in made {
                made.check().unwrap_or_else(|error| assert!(error.is_refused(), "{error}"));
            }
        })
    };
    let wrote = (0..PIECES).try_for_each(|piece| shared.write(&mut writer, piece));
    if wrote.and_then(|()| block_on(writer.flush())).is_ok() {
        assert_eq!(shared.len(), usize::from(PIECES), "flushed, and not written");
    }
    caller.join().unwrap();
    shared.check();
}

/// A clone that takes the value, or closes it, does so after all that was accepted before; what is not written then is told.
/// *Catches:* a drain that finds the handle closed, and does not say so.
pub fn turns_finish() {
    let shared = Arc::new(Shared::default());
    let log = Aio::on(&threads(), Log(Arc::clone(&shared)));
    let mut writer = log.clone().writer();
    let caller = {
        let (log, shared) = (log.clone(), Arc::clone(&shared));
        thread::spawn(move || {
            let made = Made::new(&log, &shared);
            made.check().unwrap_or_else(|error| assert!(error.is_closed(), "{error}"));
        })
    };
    let finisher = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            switch();
            let least = shared.accepted();
            let found = if any(2) == 0 {
                block_on(log.finish(|log| log.0.len()))
            } else {
                block_on(log.close());
                shared.len()
            };
            assert!(least <= found, "before what was accepted before it");
            found
        })
    };
    let wrote = (0..PIECES).try_for_each(|piece| {
        switch();
        shared.write(&mut writer, piece)
    });
    if wrote.and_then(|()| block_on(writer.flush())).is_ok() {
        assert_eq!(shared.len(), usize::from(PIECES), "flushed, and not written");
    }
    caller.join().unwrap();
    assert_eq!(finisher.join().unwrap(), shared.len(), "written to what is gone");
    shared.check();
}
