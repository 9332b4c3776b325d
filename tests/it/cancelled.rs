//! Waits given up after any number of polls, in every kind of stream: 0 bytes lost, 0 doubled.

use crate::support::block_on;
use aiofile::{Aio, File, Fill, Handle, Pool, Reader};
use futures_lite::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use std::future::Future;
use std::io::{self, Cursor, Read, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How many waits are given up while they are pending, on each supply of threads: 26,000, and so 52,000 on both.
const READS: usize = 8_000;
const WRITES: usize = 8_000;
/// Slower: only a full buffer makes a `Writer` wait.
const WRITER_WRITES: usize = 2_000;

/// The same dice every time.
struct Dice(u32);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as usize % sides
    }
}

/// Counts the waits that were given up while they were pending.
struct GivesUp {
    dice: Dice,
    count: usize,
}

impl GivesUp {
    fn new() -> Self {
        GivesUp { dice: Dice(7), count: 0 }
    }

    /// Polls 0 to 5 times, or until the end, and gives up what is pending then; now and then it waits.
    fn poll<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        if self.dice.below(16) == 0 {
            return Some(block_on(future));
        }
        let polls = self.dice.below(6);
        for _ in 0..polls {
            if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return Some(output);
            }
        }
        self.count += usize::from(polls > 0);
        None
    }
}

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

/// Reads and writes a few bytes at a time, as a pipe or a socket.
#[derive(Clone)]
struct Few {
    from: Cursor<Vec<u8>>,
    to: Arc<Mutex<Vec<u8>>>,
    dice: Arc<Mutex<Dice>>,
    most: usize,
}

impl Few {
    fn new(content: &[u8], most: usize) -> Self {
        let from = Cursor::new(content.to_vec());
        Few { from, to: Arc::default(), dice: Arc::new(Mutex::new(Dice(1))), most }
    }

    fn few(&self, of: usize) -> usize {
        of.min(1 + self.dice.lock().unwrap().below(self.most))
    }
}

impl Read for Few {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let few = self.few(buffer.len());
        self.from.read(&mut buffer[..few])
    }
}

impl Write for Few {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let few = self.few(data.len());
        self.to.lock().unwrap().extend_from_slice(&data[..few]);
        Ok(few)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn file(pool: &Pool, content: &[u8]) -> (tempfile::TempDir, File) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), content).unwrap();
    let mut options = aiofile::OpenOptions::new();
    let opened = options.read(true).write(true).pool(pool).open(dir.path().join("file"));
    let file = block_on(opened).unwrap();
    (dir, file)
}

/// Every way of a `Reader` to read, and readers dropped in between.
fn read_with_readers<H>(handle: &H, expect: &[u8], gives_up: &mut GivesUp)
where
    H: Handle<Value: Read> + Clone,
{
    let mut got = Vec::new();
    while got.len() < expect.len() {
        let reader = Reader::new(handle.clone());
        match gives_up.dice.below(3) {
            0 => read_pieces(reader, expect.len(), &mut got, gives_up),
            1 => {
                let mut chunks = reader.chunks(1 + gives_up.dice.below(60));
                for _ in 0..gives_up.dice.below(60) {
                    let chunk = gives_up.poll(chunks.next_chunk());
                    got.extend(chunk.and_then(Result::unwrap).unwrap_or_default());
                }
            }
            _ => {
                let mut parts = reader.split(7);
                for _ in 0..gives_up.dice.below(60) {
                    if let Some(Some(part)) = gives_up.poll(parts.next_part()).map(Result::unwrap) {
                        got.extend(part);
                        got.extend((got.len() < expect.len()).then_some(7));
                    }
                }
            }
        }
    }
    assert!(got == expect, "{} of {} bytes", got.len(), expect.len());
}

fn read_pieces<H>(mut reader: Reader<H>, all: usize, got: &mut Vec<u8>, gives_up: &mut GivesUp)
where
    H: Handle<Value: Read>,
{
    for _ in 0..gives_up.dice.below(60) {
        let mut buffer = vec![0; (1 + gives_up.dice.below(60)).min(all - got.len())];
        match gives_up.dice.below(4) {
            0 => {
                let read = gives_up.poll(reader.read(&mut buffer));
                buffer.truncate(read.map_or(0, Result::unwrap));
            }
            1 => {
                let read = gives_up.poll(reader.read_exact(&mut buffer));
                buffer.truncate(read.map_or(0, |read| read.map(|()| usize::MAX).unwrap()));
            }
            2 => {
                buffer.clear();
                let read = gives_up.poll(reader.read_until(7, &mut buffer));
                assert_eq!(read.map_or(0, Result::unwrap), buffer.len(), "what was given up is taken back");
            }
            _ => {
                let here = gives_up.poll(reader.fill_buf());
                buffer = here.map_or(Vec::new(), |here| here.unwrap().to_vec());
                buffer.truncate(buffer.len().div_ceil(2));
                reader.consume(buffer.len());
            }
        }
        got.extend(buffer);
    }
}

/// The handle's own reads, and those of the traits.
fn read_with_handles<H: AsyncRead + Clone + Unpin>(
    mut handle: H,
    read: impl for<'b> Fn(&H, &'b mut [u8]) -> Fill<'b, [u8], usize>,
    expect: &[u8],
    gives_up: &mut GivesUp,
) {
    let mut got = Vec::new();
    while got.len() < expect.len() {
        let mut buffer = vec![0; 1 + gives_up.dice.below(60)];
        let read = match gives_up.dice.below(8) {
            0 => {
                handle = handle.clone();
                continue;
            }
            1..4 => gives_up.poll(handle.read(&mut buffer)).map(Result::unwrap),
            _ => gives_up.poll(read(&handle, &mut buffer)).map(Result::unwrap),
        };
        got.extend_from_slice(&buffer[..read.unwrap_or(0)]);
    }
    assert!(got == expect, "{} of {} bytes", got.len(), expect.len());
}

/// What a `Writer` has accepted is written, once, and nothing else.
fn write_with_writers(handle: &Aio<Few>, expect: &[u8], gives_up: &mut GivesUp) {
    let mut at = 0;
    while at < expect.len() {
        let mut writer = handle.clone().writer();
        let begin = at;
        for _ in 0..gives_up.dice.below(60) {
            let most = if gives_up.dice.below(16) == 0 { 300_000 } else { 300 }; // now and then there is no room
            let data = &expect[at..][..gives_up.dice.below(most).min(expect.len() - at)];
            match gives_up.dice.below(4) {
                0 => drop(gives_up.poll(writer.flush()).map(Result::unwrap)),
                1 => drop(gives_up.poll(writer.write(data)).map(Result::unwrap)),
                _ => drop(gives_up.poll(writer.write_all(data)).map(Result::unwrap)),
            }
            at = begin + writer.progress().accepted as usize;
        }
    }
}

/// The traits' writes: what is given again is written once.
fn write_with_handles(mut handle: impl AsyncWrite + Unpin, expect: &[u8], gives_up: &mut GivesUp) {
    let mut at = 0;
    while at < expect.len() {
        let data = &expect[at..][..(1 + gives_up.dice.below(60)).min(expect.len() - at)];
        at += loop {
            if let Some(written) = gives_up.poll(handle.write(data)) {
                break written.unwrap();
            }
        };
    }
}

fn supplies_of_threads() -> Vec<Pool> {
    #[cfg(feature = "tokio")]
    {
        static RUNTIME: std::sync::OnceLock<tokio::runtime::Runtime> = std::sync::OnceLock::new();
        let runtime = RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().unwrap());
        vec![Pool::default(), Pool::tokio(runtime.handle().clone())]
    }
    #[cfg(not(feature = "tokio"))]
    vec![Pool::default()]
}

/// Runs a test on each supply until enough waits were given up: once as it is, where few have to wait, and then with
/// threads that go to sleep at once.
fn on_each_supply(count: usize, mut test: impl FnMut(&Pool, &[u8], &mut GivesUp)) {
    let expect = content(60_000);
    for pool in supplies_of_threads() {
        let mut gives_up = GivesUp::new();
        test(&pool, &expect, &mut gives_up);
        let pool = pool.linger(Duration::ZERO).inline(false);
        while gives_up.count < count {
            test(&pool, &expect, &mut gives_up);
        }
    }
}

#[test]
fn readers_lose_nothing() {
    on_each_supply(READS, |pool, expect, gives_up| {
        read_with_readers(&Aio::on(pool, Few::new(expect, 97)), expect, gives_up);
        let (_dir, file) = file(pool, expect);
        read_with_readers(&file, expect, gives_up);
    });
}

#[test]
fn reads_of_handles_lose_nothing() {
    on_each_supply(READS, |pool, expect, gives_up| {
        read_with_handles(
            Aio::on(pool, Few::new(expect, 97)),
            |aio, buffer| aio.read(buffer),
            expect,
            gives_up,
        );
        let (_dir, file) = file(pool, expect);
        read_with_handles(file, |file, buffer| file.read(buffer), expect, gives_up);
    });
}

#[test]
fn writers_lose_nothing() {
    on_each_supply(WRITER_WRITES, |pool, _, gives_up| {
        let expect = content(1_000_000);
        let few = Few::new(&[], 40_000);
        let handle = Aio::on(pool, few.clone());
        write_with_writers(&handle, &expect, gives_up);
        block_on(handle.flush()).unwrap();
        assert!(*few.to.lock().unwrap() == expect);
    });
}

#[test]
fn writes_of_handles_lose_nothing() {
    on_each_supply(WRITES, |pool, expect, gives_up| {
        let few = Few::new(&[], 97);
        write_with_handles(Aio::on(pool, few.clone()), expect, gives_up);
        assert!(*few.to.lock().unwrap() == expect);
        let (_dir, file) = file(pool, b"");
        let path = file.path().unwrap().to_owned();
        write_with_handles(file, expect, gives_up);
        assert!(std::fs::read(path).unwrap() == expect);
    });
}
