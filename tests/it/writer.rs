//! Promises 4 and 5: a buffer never lies, and an error loses nothing.

use crate::support::{Gate, SOON, Steps, block_on, poll};
use aiofile::{Aio, Pool, Progress, Writer};
use std::future::poll_fn;
use std::io::{self, ErrorKind, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};

/// What a write does, when its turn comes.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error(i32),
    Kind(ErrorKind),
    Panic,
    Nothing,
}

/// A sink that takes at most so many bytes at a time, and fails from the nth call on, once or for ever.
#[derive(Clone)]
struct Scripted {
    taken: Taken,
    at_once: usize,
    calls: usize,
    fails_at: usize,
    for_ever: bool,
    fault: Fault,
    /// How often the fault was there.
    faults: Arc<Mutex<usize>>,
}

impl Write for Scripted {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.calls += 1;
        if self.calls == self.fails_at || (self.for_ever && self.calls > self.fails_at) {
            *self.faults.lock().unwrap() += 1;
            match self.fault {
                Fault::Error(number) => return Err(io::Error::from_raw_os_error(number)),
                Fault::Kind(kind) => return Err(kind.into()),
                Fault::Panic => panic!("scripted"),
                Fault::Nothing => return Ok(0),
            }
        }
        let count = data.len().min(self.at_once);
        self.taken.lock().unwrap().extend_from_slice(&data[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sink() -> Scripted {
    Scripted {
        taken: Arc::default(),
        at_once: usize::MAX,
        calls: 0,
        fails_at: 0,
        for_ever: false,
        fault: Fault::Nothing,
        faults: Arc::default(),
    }
}

type Taken = Arc<Mutex<Vec<u8>>>;

/// A writer on a pool that is stepped, and what its sink has taken.
fn stepped() -> (Steps, Writer<Aio<Scripted>>, Taken) {
    let (steps, pool) = Steps::new();
    let sink = sink();
    let taken = sink.taken.clone();
    (steps, Aio::on(&pool, sink).writer(), taken)
}

fn line(i: usize) -> Vec<u8> {
    format!("line {i:05}\n").into_bytes()
}

#[test]
fn everything_is_written_in_order() {
    let sink = sink();
    let taken = sink.taken.clone();
    let mut writer = Aio::new(sink).writer();
    let mut expect = Vec::new();
    block_on(async {
        for i in 0..20_000 {
            writer.write_all(&line(i)).await.unwrap();
            expect.extend(line(i));
        }
        let large = vec![b'x'; 9 << 20]; // more than there is room for
        writer.write_all(&large).await.unwrap();
        expect.extend(large);
        writer.flush().await.unwrap();
    });
    assert!(*taken.lock().unwrap() == expect);
    let all = expect.len() as u64;
    assert_eq!(writer.progress(), Progress { accepted: all, written: all, synced: 0 });
    drop(writer);
}

/// A pool that is stepped: what is accepted, what waits, and one job for all of it.
#[test]
fn writes_are_accepted_at_once_up_to_a_bound() {
    let (steps, mut writer, taken) = stepped();
    let mut accepted = 0;
    while let Poll::Ready(count) = poll(&mut pin!(writer.write(&[b'x'; 1000]))) {
        accepted += count.unwrap();
    }
    assert_eq!((accepted, steps.taken()), (512 << 10, 1));
    let progress = Progress { accepted: 512 << 10, written: 0, synced: 0 };
    assert_eq!((writer.progress(), taken.lock().unwrap().len()), (progress, 0));
    assert!(poll(&mut pin!(writer.flush())).is_pending(), "no Ok while a byte is unwritten");
    steps.run_one();
    assert_eq!((writer.progress().written, steps.waiting()), (512 << 10, 0));
    assert!(poll(&mut pin!(writer.write(b"room again"))).is_ready());
    steps.run_all();
    let flush = writer.flush();
    let mut flush = pin!(flush);
    while poll(&mut flush).is_pending() {
        steps.run_one();
    }
}

/// A writer that fills the room, and again when it is taken, has more of it, up to a bound. A value that is stuck is given no
/// more than the first.
#[test]
fn there_is_more_room_where_it_is_used() {
    struct Slow(mpsc::SyncSender<usize>, mpsc::Receiver<()>);
    impl Write for Slow {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(data.len()); // nobody listens, at the end
            let _ = self.1.recv();
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let ((begun, writes), (go_on, goes_on)) = (mpsc::sync_channel(0), mpsc::channel());
    let mut writer = Aio::on(&Pool::new(1), Slow(begun, goes_on)).writer();
    block_on(writer.write_all(b"first")).unwrap();
    assert_eq!(writes.recv_timeout(SOON), Ok(5));
    for room in [512 << 10, 4 << 20, 4 << 20] {
        let mut accepted = 0;
        while let Poll::Ready(count) = poll(&mut pin!(writer.write(&[b'x'; 1000]))) {
            accepted += count.unwrap();
        }
        assert_eq!(accepted, room);
        go_on.send(()).unwrap();
        assert_eq!(writes.recv_timeout(SOON), Ok(room));
    }
    drop((go_on, writes));
    block_on(writer.close()).unwrap();
    assert_eq!(writer.progress().written, 5 + (512 << 10) + 2 * (4 << 20));
}

/// SQLite's way: fail the first operation, the second, the third, ... once and for ever, with every kind of fault.
/// Each is surfaced with its number; no Ok is said while a byte is unwritten; nothing is lost or written twice.
#[test]
fn every_fault_at_every_place_is_surfaced_and_loses_nothing() {
    const LINES: usize = 12;
    let faults = [
        Fault::Error(5),
        Fault::Error(28),
        Fault::Error(122),
        Fault::Kind(ErrorKind::Interrupted),
        Fault::Kind(ErrorKind::WouldBlock),
        Fault::Panic,
        Fault::Nothing,
    ];
    let expect: Vec<u8> = (0..LINES).flat_map(line).collect();
    let one = Pool::new(1);
    let (mut injected, mut surfaced) = (0, 0);
    for fault in faults {
        for at_once in [1, 6, usize::MAX] {
            for for_ever in [false, true] {
                for fails_at in 1..60 {
                    if for_ever && matches!(fault, Fault::Kind(ErrorKind::Interrupted)) {
                        continue; // is retried, for ever
                    }
                    let sink = Scripted { at_once, fails_at, for_ever, fault, ..sink() };
                    let (taken, count) = (sink.taken.clone(), sink.faults.clone());
                    let told = run(Aio::on(&one, sink).writer(), &taken, for_ever, fault);
                    let count = *count.lock().unwrap();
                    injected += count;
                    surfaced += told;
                    let interrupted = matches!(fault, Fault::Kind(ErrorKind::Interrupted));
                    assert_eq!(told > 0, count > 0 && !interrupted, "{fault:?} at {fails_at}");
                    let taken = taken.lock().unwrap();
                    match count > 0 && for_ever {
                        true => assert!(expect.starts_with(&taken), "{fault:?} at {fails_at}"),
                        false => assert!(*taken == expect, "{fault:?} at {fails_at} of {at_once}"),
                    }
                }
            }
        }
    }
    assert!(injected > 2000 && surfaced > 1500, "{injected} faults, {surfaced} told");

    /// Writes the lines, and flushes until that works (or, for ever, three times). Gives how many faults it was told.
    fn run(mut writer: Writer<Aio<Scripted>>, taken: &Mutex<Vec<u8>>, for_ever: bool, fault: Fault) -> usize {
        let mut told = 0;
        let mut tell = |result: std::thread::Result<aiofile::Result<()>>,
                        taken: &Mutex<Vec<u8>>,
                        progress: Progress| {
            match result {
                Ok(Ok(())) => return true,
                Ok(Err(error)) => match fault {
                    Fault::Error(number) => assert_eq!(error.raw_os_error(), Some(number)),
                    Fault::Kind(kind) => assert_eq!(error.kind(), kind),
                    Fault::Nothing => assert_eq!(error.kind(), ErrorKind::WriteZero),
                    Fault::Panic => assert_eq!(error.to_string(), "write: an earlier write panicked"),
                },
                Err(payload) => assert_eq!(payload.downcast_ref(), Some(&"scripted")),
            }
            assert_eq!(progress.written, taken.lock().unwrap().len() as u64, "what it says is written, is");
            told += 1;
            false
        };
        let mut caught = |writer: &mut Writer<Aio<Scripted>>, line: Option<&[u8]>| {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                block_on(async {
                    match line {
                        Some(line) => writer.write_all(line).await,
                        None => writer.flush().await,
                    }
                })
            }));
            tell(result, taken, writer.progress())
        };
        'lines: for i in 0..LINES {
            let line = line(i);
            loop {
                // All of a line is accepted or none of it: it is far smaller than the room.
                if caught(&mut writer, Some(&line)) {
                    break;
                }
                let mut flushes = 0;
                while !caught(&mut writer, None) {
                    flushes += 1;
                    if for_ever && flushes == 3 {
                        break 'lines;
                    }
                }
            }
        }
        let mut flushes = 0;
        while !caught(&mut writer, None) && flushes < 3 {
            flushes += 1;
        }
        let progress = writer.progress();
        if flushes == 0 || !for_ever {
            assert_eq!(progress.accepted, progress.written, "an Ok is the truth");
        }
        told
    }
}

#[test]
fn a_dropped_writer_writes_what_it_has_accepted() {
    let (steps, pool) = Steps::new();
    let sink = sink();
    let taken = sink.taken.clone();
    let mut writer = Aio::on(&pool, sink).writer();
    block_on(writer.write_all(b"accepted")).unwrap();
    drop(writer);
    steps.run_all();
    assert_eq!(*taken.lock().unwrap(), b"accepted");
}

#[test]
fn an_abandoned_flush_and_an_abandoned_write_lose_nothing() {
    let (steps, pool) = Steps::new();
    let sink = sink();
    let taken = sink.taken.clone();
    let mut writer = Aio::on(&pool, sink).writer();
    block_on(writer.write_all(b"one ")).unwrap();
    assert!(poll(&mut pin!(writer.flush())).is_pending());
    block_on(writer.write_all(b"two")).unwrap();
    assert!(poll(&mut pin!(writer.flush())).is_pending());
    steps.run_all();
    assert!(poll(&mut pin!(writer.flush())).is_pending(), "the value's own flush");
    steps.run_all();
    assert!(poll(&mut pin!(writer.flush())).is_ready());
    assert_eq!(*taken.lock().unwrap(), b"one two");
}

#[test]
fn the_order_with_other_clones_is_the_order_made() {
    let (steps, pool) = Steps::new();
    let list = Aio::on(&pool, Vec::new());
    let mut writer = list.clone().writer();
    drop(list.write_all("1"));
    block_on(writer.write_all(b"2")).unwrap();
    drop(list.write_all("3"));
    drop(writer);
    let all = list.finish(|list| list);
    steps.run_all();
    assert_eq!(block_on(all), b"123");
}

#[test]
fn a_writer_on_a_closed_handle_or_a_pool_that_is_shut_says_so() {
    let list = Aio::new(Vec::<u8>::new());
    let mut writer = list.clone().writer();
    block_on(list.close());
    let error = block_on(async {
        writer.write_all(b"x").await?;
        writer.flush().await
    });
    assert!(error.unwrap_err().call_error().unwrap().is_closed());

    let pool = Pool::new(1);
    let mut writer = Aio::on(&pool, Vec::<u8>::new()).writer();
    block_on(pool.shutdown(crate::support::SOON));
    let error = block_on(async {
        writer.write_all(b"x").await?;
        writer.flush().await
    });
    assert!(error.unwrap_err().call_error().unwrap().is_refused());
}

#[test]
fn a_writer_on_a_file_syncs_and_closes_and_names_its_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    block_on(async {
        let mut writer = aiofile::open(&path, "w").await?.writer();
        writer.write_all(b"12345").await?;
        writer.sync().await?;
        assert_eq!(writer.progress(), Progress { accepted: 5, written: 5, synced: 5 });
        writer.write_all(b"67").await?;
        writer.close().await?;
        assert_eq!(std::fs::read(&path).unwrap(), b"1234567");
        assert!(writer.write_all(b"late").await.is_ok(), "accepted, as the pool does not know yet");
        assert!(writer.flush().await.unwrap_err().call_error().unwrap().is_closed());

        let mut reader_only = aiofile::open(&path, "r").await?.writer();
        reader_only.write_all(b"x").await?;
        let error = reader_only.close().await.unwrap_err();
        assert_eq!((error.path(), error.operation()), (Some(path.as_path()), aiofile::Operation::Write));
        let file = aiofile::open(&path, "a").await?.writer().into_inner().await?;
        file.write_all("8").await?;
        file.close().await
    })
    .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"12345678");
}

#[test]
fn a_panic_of_the_values_flush_is_the_callers_and_the_writer_goes_on() {
    struct PanicsOnce(bool);
    impl Write for PanicsOnce {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            assert!(std::mem::replace(&mut self.0, true), "scripted");
            Ok(())
        }
    }
    let mut writer = Aio::new(PanicsOnce(false)).writer();
    block_on(writer.write_all(b"x")).unwrap();
    let flush = std::panic::AssertUnwindSafe(|| block_on(writer.flush()));
    assert_eq!(std::panic::catch_unwind(flush).unwrap_err().downcast_ref::<&str>(), Some(&"scripted"));
    block_on(writer.flush()).unwrap();
}

/// What an executor does to its waker is its concern: nothing is lost, and the next wait ends.
#[test]
fn a_waker_that_panics_loses_nothing() {
    struct Panics(Mutex<usize>);
    impl std::task::Wake for Panics {
        fn wake(self: Arc<Self>) {
            *self.0.lock().unwrap() += 1;
            panic!("a waker");
        }
    }
    let (steps, pool) = Steps::new();
    let sink = sink();
    let taken = sink.taken.clone();
    let mut writer = Aio::on(&pool, sink).writer();
    let panics = Arc::new(Panics(Mutex::new(0)));
    let waker = std::task::Waker::from(panics.clone());
    let cx = &mut Context::from_waker(&waker);
    assert!(poll(&mut pin!(writer.write(b"accepted"))).is_ready());
    assert!(writer.poll_flush(cx).is_pending());
    steps.run_one();
    assert_eq!((taken.lock().unwrap().as_slice(), *panics.0.lock().unwrap()), (&b"accepted"[..], 1));
    assert!(writer.poll_flush(cx).is_pending(), "for the value's own flush");
    steps.run_one();
    assert!(writer.poll_flush(cx).is_ready());
}

/// What the value says of an error, beyond its kind, comes through whole; and an "interrupted" of its own is not retried
/// for ever.
#[test]
fn an_error_of_the_values_own_comes_through_whole() {
    #[derive(Debug)]
    struct Far(u32);
    impl std::fmt::Display for Far {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "far away: {}", self.0)
        }
    }
    impl std::error::Error for Far {}
    struct Fails(ErrorKind);
    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::new(self.0, Far(7)))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    impl io::Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(self.0, Far(8)))
        }
    }
    for kind in [ErrorKind::NotFound, ErrorKind::Interrupted] {
        let far = |error: &aiofile::Error| {
            let inner = error.io_error().get_ref();
            (error.kind(), inner.and_then(|error| error.downcast_ref()).map(|Far(number)| *number))
        };
        let mut writer = Aio::new(Fails(kind)).writer();
        block_on(writer.write_all(b"x")).unwrap();
        let error = block_on(writer.flush()).unwrap_err();
        assert_eq!(far(&error), (kind, Some(7)));
        let again = block_on(writer.write_all(b"y")).unwrap_err();
        assert_eq!(
            (again.kind(), again.to_string()),
            (kind, error.to_string()),
            "as long as nothing else was done"
        );
        let error = block_on(Aio::new(Fails(kind)).reader().read_to_end(&mut Vec::new())).unwrap_err();
        assert_eq!(far(&error), (kind, Some(8)));
    }
}

/// A writer that is never at its end takes neither the value from others nor the thread.
#[test]
fn a_busy_writer_gives_way() {
    /// Each write lasts until there is more.
    struct Fed {
        accepted: Arc<AtomicUsize>,
        taken: usize,
        content: Arc<Mutex<Vec<u8>>>,
        stop: Arc<AtomicBool>,
    }
    impl Write for Fed {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.taken += data.len();
            while self.accepted.load(Ordering::Acquire) <= self.taken && !self.stop.load(Ordering::Acquire) {
                std::thread::yield_now();
            }
            self.content.lock().unwrap().extend_from_slice(data);
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    for threads in [1, 2] {
        let pool = Pool::new(threads);
        let (accepted, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let content = Arc::new(Mutex::new(Vec::new()));
        let sink = Fed { accepted: accepted.clone(), taken: 0, content: content.clone(), stop: stop.clone() };
        let file = Aio::on(&pool, sink);
        let mut writer = file.clone().writer();
        let feeder = std::thread::spawn({
            let stop = stop.clone();
            move || {
                let mut expect = Vec::new();
                for i in 0.. {
                    // The end is told only after something that no write has seen.
                    let last = stop.load(Ordering::Acquire);
                    block_on(writer.write_all(&line(i))).unwrap();
                    expect.extend(line(i));
                    accepted.store(expect.len(), Ordering::Release);
                    if last {
                        break;
                    }
                }
                block_on(writer.flush()).unwrap();
                expect
            }
        });
        let (done, answered) = std::sync::mpsc::channel();
        let asker = std::thread::spawn({
            let (file, other) = (file.clone(), Aio::on(&pool, 7));
            move || {
                for _ in 0..10 {
                    block_on(file.with(|sink| sink.taken));
                    assert_eq!(block_on(other.with(|seven| *seven)), 7);
                }
                done.send(()).unwrap();
            }
        });
        let answer = answered.recv_timeout(std::time::Duration::from_secs(30));
        stop.store(true, Ordering::Release);
        let expect = feeder.join().unwrap();
        answer.unwrap_or_else(|_| panic!("nobody else had a turn on {threads} threads"));
        asker.join().unwrap();
        assert!(*content.lock().unwrap() == expect, "all, in order");
    }
}

/// A drain gives way to those who came meanwhile, between what was accepted before and after them; and it goes on, also
/// when its pool takes nothing new any more.
#[test]
fn a_drain_that_gave_way_goes_on_where_it_was() {
    struct Gated(Vec<Gate>, Scripted);
    impl Write for Gated {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            if let Some(gate) = self.0.get(self.1.calls) {
                gate.pass();
            }
            self.1.write(data)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let (gates, sink, pool) = (vec![Gate::new(), Gate::new()], sink(), Pool::new(1));
    let taken = sink.taken.clone();
    let file = Aio::on(&pool, Gated(gates.clone(), sink));
    let mut writer = file.clone().writer();
    let calls = || file.with(|gated| gated.1.calls);
    block_on(writer.write_all(b"in the gate, ")).unwrap();
    gates[0].wait_for(1);
    block_on(writer.write_all(b"behind it, ")).unwrap();
    let first = calls();
    gates[0].open();
    gates[1].wait_for(1);
    block_on(writer.write_all(b"after the first")).unwrap();
    let second = calls();
    let mut shutdown = pool.shutdown(SOON);
    assert!(poll(&mut shutdown).is_pending());
    gates[1].open();
    assert!(block_on(shutdown).is_empty());
    assert_eq!((block_on(first), block_on(second)), (2, 3));
    assert_eq!(*taken.lock().unwrap(), b"in the gate, behind it, after the first");
    assert_eq!(writer.progress().written, 39);
}

/// A clone may close the value while a close flushes it: an error of that flush is told all the same.
#[test]
fn a_close_tells_the_error_of_its_flush_though_a_clone_has_closed() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(28))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (steps, pool) = Steps::new();
    let handle = Aio::on(&pool, io::BufWriter::new(Full));
    let mut writer = handle.clone().writer();
    assert!(poll(&mut pin!(writer.write_all(b"kept by the BufWriter"))).is_ready());
    steps.run_all();
    let error = {
        let mut close = pin!(writer.close());
        assert!(poll(&mut close).is_pending(), "it flushes");
        let other = handle.close();
        steps.run_all();
        block_on(other);
        block_on(close).unwrap_err()
    };
    assert_eq!(error.raw_os_error(), Some(28));
}

/// A waker is another's code and memory: it does not stay with what the pool goes on with.
#[test]
fn a_dropped_writer_keeps_no_waker() {
    struct Nobody;
    impl Wake for Nobody {
        fn wake(self: Arc<Self>) {}
    }
    let (steps, mut writer, _) = stepped();
    block_on(writer.write_all(b"to be written later")).unwrap();
    let waker = Arc::new(Nobody);
    let task = Waker::from(waker.clone());
    assert!(writer.poll_flush(&mut Context::from_waker(&task)).is_pending());
    drop(task);
    assert_eq!(Arc::strong_count(&waker), 2);
    drop(writer);
    assert_eq!(Arc::strong_count(&waker), 1);
    assert_eq!(steps.waiting(), 1, "and the bytes are still to be written");
}

#[test]
fn of_many_pieces_as_many_bytes_are_accepted_as_there_is_room_for() {
    let (steps, mut writer, taken) = stepped();
    let first = vec![b'.'; (512 << 10) - 10];
    block_on(writer.write_all(&first)).unwrap();
    let pieces = ["123456", "abcdef", "never"].map(|piece| io::IoSlice::new(piece.as_bytes()));
    let mut write = |pieces: &[_]| poll(&mut poll_fn(|cx| writer.poll_write_vectored(cx, pieces)));
    assert!(matches!(write(&pieces), Poll::Ready(Ok(10))));
    assert!(write(&pieces).is_pending());
    steps.run_all();
    let taken = taken.lock().unwrap();
    assert!(taken.starts_with(&first));
    assert_eq!(&taken[first.len()..], b"123456abcd");
}
