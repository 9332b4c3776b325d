//! Of the writer's pipe, and of reads that are abandoned.

use super::support::{TellsDrop, Told, any, poll, switch, threads};
use aiofile::{Aio, Writer};
use shuttle::future::block_on;
use shuttle::thread;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

/// Takes some of what it is given, or fails; by chance.
#[derive(Clone, Default)]
struct Sink {
    /// std's: there is no other thread between its lock and its unlock.
    taken: Arc<Mutex<Vec<u8>>>,
    failed: Arc<AtomicI32>,
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        switch();
        match any(6) {
            0 => {
                let number = 1 + self.failed.fetch_add(1, Ordering::Relaxed);
                Err(io::Error::from_raw_os_error(FIRST_ERROR + number))
            }
            1 => Err(ErrorKind::Interrupted.into()),
            2 => self.take(&data[..data.len().div_ceil(2)]),
            _ => self.take(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn take(&self, data: &[u8]) -> io::Result<usize> {
        self.taken.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }
}

/// A number that means nothing: not EINTR, which would be no error.
const FIRST_ERROR: i32 = 1000;

struct Writing {
    sink: Sink,
    writer: Writer<Aio<Sink>>,
    accepted: Vec<u8>,
    /// The number of the last error.
    told: i32,
}

impl Writing {
    fn new() -> Self {
        let sink = Sink::default();
        let writer = Aio::on(&threads(), sink.clone()).writer();
        Writing { sink, writer, accepted: Vec::new(), told: 0 }
    }

    fn note(&mut self, error: &aiofile::Error) {
        let number = error.raw_os_error().unwrap_or_else(|| panic!("{error}")) - FIRST_ERROR;
        assert!(number == self.told || number == self.told + 1, "one was not told");
        self.told = number;
    }

    fn write(&mut self, data: &[u8]) {
        match block_on(self.writer.write(data)) {
            Ok(accepted) => self.accepted.extend_from_slice(&data[..accepted]),
            Err(error) => self.note(&error),
        }
    }

    /// Says whether all was well.
    fn flush(&mut self) -> bool {
        match block_on(self.writer.flush()) {
            Ok(()) => {
                assert!(*self.sink.taken.lock().unwrap() == self.accepted, "flushed, and not written");
                assert_eq!(self.writer.progress().written, self.accepted.len() as u64);
                true
            }
            Err(error) => {
                self.note(&error);
                false
            }
        }
    }

    /// Nothing was lost or doubled, and each error was told.
    fn end(mut self) {
        while !self.flush() {}
        assert_eq!(self.told, self.sink.failed.load(Ordering::Relaxed));
        let taken = self.sink.taken;
        let accepted = self.accepted;
        drop(self.writer);
        assert!(*taken.lock().unwrap() == accepted);
    }
}

/// Whatever the value does, what was accepted arrives, in order, once; and no flush says so before. *Catches:* a
/// flush that does not wait for the last piece; a failure that loses what came after the piece that failed.
pub fn pipe() {
    let mut writing = Writing::new();
    for n in 0..4_u8 {
        writing.write(&[3 * n, 3 * n + 1, 3 * n + 2]);
        match any(3) {
            0 => drop(writing.flush()),
            // Abandoned. What it says is told by the next one, or has been.
            1 => {
                let flushed = poll(&mut pin!(writing.writer.flush()));
                if let std::task::Poll::Ready(Err(error)) = flushed {
                    writing.note(&error);
                }
            }
            _ => {}
        }
    }
    writing.end();
}

/// The same where there is no room: who waits for it is woken. *Catches:* a piece that is taken without waking who waits.
pub fn pipe_room() {
    let mut writing = Writing::new();
    for n in 0..3_u8 {
        writing.write(&vec![n; 40 << 10]);
        writing.write(&vec![n; 60 << 10]);
        writing.write(&vec![n; 60 << 10]);
    }
    writing.end();
}

/// What was accepted is written though the writer is gone. *Catches:* a drain that ends without the lock under which it
/// found nothing to write.
pub fn pipe_drop() {
    let dropped = Told::new();
    let tells = TellsDrop(dropped.clone());
    let sink = Arc::new(Mutex::new(Vec::new()));
    let mut writer = Aio::on(&threads(), Kept(Arc::clone(&sink), tells)).writer();
    for n in 0..3 {
        assert_eq!(block_on(writer.write(&[n])).unwrap(), 1);
    }
    drop(writer);
    dropped.wait_for(1);
    assert_eq!(*sink.lock().unwrap(), [0, 1, 2]);
}

/// Takes all it is given, and tells when it is dropped.
struct Kept(Arc<Mutex<Vec<u8>>>, #[allow(dead_code)] TellsDrop);

impl Write for Kept {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        switch();
        self.0.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives its bytes, one to three at a time; it cannot seek.
struct Source(u8);

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        switch();
        let count = (1 + any(3)).min(buffer.len()).min(usize::from(ALL - self.0));
        for place in &mut buffer[..count] {
            *place = self.0;
            self.0 += 1;
        }
        Ok(count)
    }
}

const ALL: u8 = 20;

/// The bytes of abandoned reads, which come back in any order, are there for the next ones, in order, each once.
/// *Catches:* bytes that are put together in the order in which they came back.
pub fn reads() {
    let aio = Aio::on(&threads(), Source(0));
    let mut got = Vec::new();
    let mut buffers = [[0; 4]; 4];
    thread::scope(|scope| {
        let [first, abandoned @ ..] = &mut buffers;
        let awaited = aio.read(first);
        let abandoned = abandoned.each_mut().map(|buffer| aio.read(buffer));
        for read in abandoned {
            scope.spawn(move || {
                switch();
                drop(read);
            });
        }
        let count = block_on(awaited).unwrap();
        got.extend_from_slice(&first[..count]);
    });
    loop {
        let mut buffer = [0; 4];
        match block_on(aio.read(&mut buffer)).unwrap() {
            0 => break,
            count => got.extend_from_slice(&buffer[..count]),
        }
    }
    assert_eq!(got, (0..ALL).collect::<Vec<_>>());
}
