//! Cancelled reads: the bytes of one are there for the next, and the file is where its caller left it.

use super::{Cutter, on_all_pools};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on, within};
use aiofile::{Aio, File, OpenOptions, Pool, Reader};
use std::fs;
use std::io::{self, IoSliceMut, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

pub const FILE_READS: Fault = Fault {
    name: "cancel-file-reads",
    what: "reads and seeks of a File dropped after k polls, then read on, into_std, try_clone",
    needs: Needs::Nothing,
    limit: [60, 400],
    run: file_reads,
};

pub const VALUE_READS: Fault = Fault {
    name: "cancel-value-reads",
    what: "typed reads of an Aio that cannot seek, and of a pipe, dropped after k polls",
    needs: Needs::Nothing,
    limit: [60, 400],
    run: value_reads,
};

pub const READER: Fault = Fault {
    name: "cancel-reader",
    what: "a Reader's reads, seeks and lines dropped after k polls, and Readers dropped with what they read ahead",
    needs: Needs::Nothing,
    limit: [60, 400],
    run: readers,
};

/// What is read, and how far it was.
struct Place<'c> {
    content: &'c [u8],
    at: usize,
}

impl Place<'_> {
    fn expect(&self, count: usize) -> &[u8] {
        let at = self.at.min(self.content.len());
        &self.content[at..][..count.min(self.content.len() - at)]
    }

    /// Takes bytes that were read; tells how far off they are.
    fn got(&mut self, run: &mut Run, bytes: &[u8], what: impl FnOnce() -> String) {
        if bytes != self.expect(bytes.len()) {
            let found = self.content.windows(bytes.len().max(1)).position(|window| window == bytes);
            let found = found.unwrap_or(self.at);
            let wrong = if found < self.at { Wrong::Doubled } else { Wrong::Lost };
            let note = || format!("read from {found} instead of {}: {}", self.at, what());
            run.wrong(wrong, found.abs_diff(self.at).max(1) as u64, note);
            self.at = found;
        }
        self.at += bytes.len();
    }

    fn is_at(&mut self, run: &mut Run, position: u64, what: impl FnOnce() -> String) {
        let position = position as usize;
        let wrong = if position < self.at { Wrong::Doubled } else { Wrong::Lost };
        let note = || format!("at {position} instead of {}: {}", self.at, what());
        run.wrong(wrong, position.abs_diff(self.at) as u64, note);
        self.at = position;
    }
}

fn open(pool: &Pool, path: &Path) -> File {
    block_on(OpenOptions::new().read(true).write(true).pool(pool).open(path)).expect("it is there")
}

fn file_reads(run: &mut Run) {
    let content = run.random.bytes(8 << 10);
    let path = run.dir().join("content");
    fs::write(&path, &content).expect("a file");
    on_all_pools(run, run.times(10_000, 200_000), |run, pool, cutter| {
        let file = open(pool, &path);
        let mut place = Place { content: &content, at: 0 };
        for _ in 0..300 {
            read_or_seek(run, cutter, &file, &mut place);
        }
        leave(run, cutter, file, place);
    });
    control_tokio(run, &path);
}

/// One call, cut or awaited.
fn read_or_seek(run: &mut Run, cutter: &mut Cutter, file: &File, place: &mut Place<'_>) {
    let op = cutter.random.below(16);
    let mut buffer = vec![0; 1 + cutter.random.below(60)];
    if place.at + buffer.len() > place.content.len() {
        block_on(file.rewind()).expect("a rewind");
        place.at = 0;
    }
    let what = || format!("operation {op}");
    match op {
        0..=3 => {
            if let Some(count) = cutter.cut(file.read(&mut buffer)) {
                place.got(run, &buffer[..count.expect("a read")], what);
            }
        }
        4 | 5 => {
            if let Some(read) = cutter.cut(file.read_exact(&mut buffer)) {
                read.expect("a read");
                place.got(run, &buffer, what);
            }
        }
        6 => {
            let (mut one, mut two) = ([0; 7], vec![0; 9]);
            let mut slices = [IoSliceMut::new(&mut one), IoSliceMut::new(&mut two)];
            if let Some(count) = cutter.cut(file.read_vectored(&mut slices)) {
                place.got(run, &[&one[..], &two].concat()[..count.expect("a read")], what);
            }
        }
        7 if cutter.random.one_in(8) => {
            let mut rest = Vec::new();
            if let Some(read) = cutter.cut(file.read_to_end(&mut rest)) {
                read.expect("a read");
                place.got(run, &rest, what);
            }
        }
        // A call made is a call run: wherever it was cut, the position is that.
        8 => {
            let to = cutter.random.below(place.content.len() / 2);
            let _ = cutter.cut(file.seek(SeekFrom::Start(to as u64)));
            place.at = to;
        }
        9 => {
            let by = cutter.random.below(40).min(place.at) as i64;
            let _ = cutter.cut(file.seek_relative(-by));
            place.at -= by as usize;
        }
        10 => {
            if let Some(position) = cutter.cut(file.stream_position()) {
                place.is_at(run, position.expect("a position"), what);
            }
        }
        11 => {
            if let Some(position) = cutter.cut(file.with(|file| file.stream_position())) {
                place.is_at(run, position.expect("a position"), what);
            }
        }
        12 => {
            let at = cutter.random.below(place.content.len() - 60);
            if let Some(count) = cutter.cut(file.read_at(&mut buffer, at as u64)) {
                let count = count.expect("a read");
                run.check_bytes(&buffer[..count], &place.content[at..][..count], what);
            }
        }
        13 => {
            if let Some(metadata) = cutter.cut(file.metadata()) {
                let len = metadata.expect("metadata").len();
                run.check(len == place.content.len() as u64, Wrong::Other, || format!("{len} bytes long"));
            }
        }
        _ => {
            let count = block_on(file.read(&mut buffer)).expect("a read");
            place.got(run, &buffer[..count], what);
        }
    }
}

/// The ways out: whoever has the file next finds it where its caller left it.
fn leave(run: &mut Run, cutter: &mut Cutter, file: File, mut place: Place<'_>) {
    match cutter.random.below(3) {
        0 => {
            let mut std = block_on(file.into_std()).expect("nobody else has it");
            place.is_at(run, std.stream_position().expect("a position"), || "into_std".into());
        }
        1 => {
            let clone = block_on(file.try_clone()).expect("a descriptor");
            let position = block_on(clone.stream_position()).expect("a position");
            place.is_at(run, position, || "try_clone".into());
        }
        _ => {
            let mut buffer = [0; 50];
            let (result, buffer) = {
                let clone = file.clone();
                drop(file);
                let _ = &mut buffer;
                block_on(clone.call(Read::read, (buffer,)))
            };
            place.got(run, &buffer[..result.expect("a read")], || "call".into());
        }
    }
}

/// tokio: cancel a read, take the std file; how often its position is not where the caller left it.
fn control_tokio(run: &mut Run, path: &Path) {
    use tokio::io::AsyncReadExt;
    let supplies = Supplies::new();
    let (mut cut, mut lost) = (0, 0);
    supplies.block_on(async {
        let mut cutter = Cutter::new(1);
        while cutter.count() < 500 {
            let mut file = tokio::fs::File::open(path).await.expect("it is there");
            let before = cutter.count();
            let read = cutter.cut(file.read(&mut [0; 50]));
            if read.is_none() && cutter.count() > before {
                let mut std = file.into_std().await;
                cut += 1;
                lost += u64::from(std.stream_position().expect("a position") != 0);
            }
        }
    });
    run.control(lost, format!("tokio: into_std after a cancelled read skips bytes {lost} of {cut}"));
}

/// Gives bytes that tell where they stand, some at a time, and cannot seek.
struct Stream {
    content: Vec<u8>,
    at: usize,
    turn: usize,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn = self.turn * 5 % 97 + 1;
        let mut few = buffer.len().min(self.turn);
        let _ = few;
        few = (&self.content[self.at..]).read(&mut buffer[..few])?;
        self.at += few;
        Ok(few)
    }
}

fn value_reads(run: &mut Run) {
    let content = run.random.bytes(20_000);
    on_all_pools(run, run.times(10_000, 200_000), |run, pool, cutter| {
        let stream = Stream { content: content.clone(), at: 0, turn: 1 };
        read_to_the_end(run, cutter, &Aio::on(pool, stream), &content);
        let (pipe, mut feed) = io::pipe().expect("a pipe");
        let fed = content.clone();
        let feeder = std::thread::spawn(move || io::Write::write_all(&mut feed, &fed));
        read_to_the_end(run, cutter, &Aio::on(pool, pipe), &content);
        feeder.join().expect("no panic").expect("it is read");
    });
    control_spawn_blocking(run, content);
}

fn read_to_the_end<T: Read + Send + 'static>(
    run: &mut Run,
    cutter: &mut Cutter,
    handle: &Aio<T>,
    content: &[u8],
) {
    let mut place = Place { content, at: 0 };
    let mut buffer = [0; 40];
    loop {
        let count = 1 + cutter.random.below(buffer.len());
        let buffer = &mut buffer[..count];
        let read = match cutter.random.below(5) {
            0 => Some(block_on(handle.read(buffer))),
            1 | 2 => cutter.cut(handle.read(buffer)),
            3 if place.at + count < content.len() => {
                cutter.cut(handle.read_exact(buffer)).map(|read| read.map(|()| count))
            }
            _ => cutter.cut(handle.read_vectored(&mut [IoSliceMut::new(buffer)])),
        };
        match read {
            Some(Ok(0)) => break,
            Some(read) => place.got(run, &buffer[..read.expect("a read")], || "typed read".into()),
            None => {}
        }
    }
    let missing = content.len() - place.at.min(content.len());
    run.wrong(Wrong::Lost, missing as u64, || "at the end".into());
}

/// What everybody writes first: the value in a mutex, and a closure on a blocking thread. How many bytes nobody got.
fn control_spawn_blocking(run: &mut Run, content: Vec<u8>) {
    let supplies = Supplies::new();
    let total = content.len();
    let stream = std::sync::Arc::new(std::sync::Mutex::new(Stream { content, at: 0, turn: 1 }));
    let mut got = 0;
    supplies.block_on(async {
        let mut cutter = Cutter::new(1);
        for i in 0.. {
            let stream = stream.clone();
            let read = tokio::task::spawn_blocking(move || {
                let mut buffer = [0; 40];
                stream.lock().expect("no panic").read(&mut buffer).expect("a read")
            });
            let count = if i % 2 == 0 { Some(read.await) } else { cutter.cut(read) };
            match count {
                Some(Ok(0)) => break,
                Some(count) => got += count.expect("no panic"),
                None => {}
            }
        }
    });
    let lost = (total - got) as u64;
    run.control(lost, format!("spawn_blocking: {lost} of {total} bytes lost by cancelled reads"));
}

fn readers(run: &mut Run) {
    let content = run.random.bytes(300_000);
    let path = run.dir().join("content");
    fs::write(&path, &content).expect("a file");
    let lines: Vec<_> = (0..4000).map(|i| format!("line {i}{}", ".".repeat(i % 50))).collect();
    let text = lines.join("\n").into_bytes();
    on_all_pools(run, run.times(7_500, 150_000), |run, pool, cutter| {
        let file = open(pool, &path);
        let mut place = Place { content: &content, at: 0 };
        for _ in 0..8 {
            let mut reader = file.clone().reader();
            for _ in 0..cutter.random.below(60) {
                if cutter.random.one_in(9) {
                    seek(run, cutter, &mut reader, &mut place);
                } else {
                    read_by(run, cutter, &mut reader, &mut place);
                }
            }
            if cutter.random.one_in(2) {
                drop(reader.into_inner());
            }
        }
        place.is_at(run, block_on(file.stream_position()).expect("a position"), || "the file itself".into());

        let stream = Aio::on(pool, Stream { content: content[..40_000].to_vec(), at: 0, turn: 1 });
        let mut place = Place { content: &content[..40_000], at: 0 };
        while place.at < place.content.len() {
            let mut reader = stream.clone().reader();
            for _ in 0..cutter.random.below(60) {
                read_by(run, cutter, &mut reader, &mut place);
            }
        }

        let mut read = Aio::on(pool, Stream { content: text.clone(), at: 0, turn: 1 }).reader().lines();
        for (i, expect) in lines.iter().enumerate() {
            let line = loop {
                if cutter.random.one_in(4) {
                    break block_on(read.next_line());
                }
                if let Some(line) = cutter.cut(read.next_line()) {
                    break line;
                }
            };
            let line = line.expect("text");
            run.check(line.as_ref() == Some(expect), Wrong::Lost, || format!("line {i}: {line:?}"));
        }
    });
    control_buf_reader(run, &path);
}

fn read_by<H: aiofile::Handle<Value: Read>>(
    run: &mut Run,
    cutter: &mut Cutter,
    reader: &mut Reader<H>,
    place: &mut Place<'_>,
) {
    let op = cutter.random.below(5);
    let what = || format!("Reader, operation {op}");
    let mut buffer = vec![0; 1 + cutter.random.below(3000)];
    match op {
        0 => {
            if let Some(read) = cutter.cut(reader.read(&mut buffer)) {
                place.got(run, &buffer[..read.expect("a read")], what);
            }
        }
        1 => {
            let cut = cutter.cut(reader.fill_buf()).map(|here| here.expect("a read").len());
            if let Some(here) = cut {
                let count = here.min(buffer.len());
                place.got(run, &reader.buffer()[..count], what);
                reader.consume(count);
            }
        }
        2 => {
            // Cut, it gives back what it had taken.
            let mut line = Vec::new();
            let _ = cutter.cut(reader.read_until(7, &mut line));
            place.got(run, &line, what);
        }
        3 => {
            if cutter.cut(reader.read_exact(&mut buffer)).is_some() {
                // At the end it fails, with the bytes in the buffer; no byte of the content is 0.
                let count = buffer.iter().take_while(|byte| **byte != 0).count();
                place.got(run, &buffer[..count], what);
            }
        }
        _ => {
            let read = within(Duration::from_secs(20), reader.read(&mut buffer)).expect("an answer");
            place.got(run, &buffer[..read.expect("a read")], what);
        }
    }
}

fn seek(run: &mut Run, cutter: &mut Cutter, reader: &mut Reader<File>, place: &mut Place<'_>) {
    let to = cutter.random.below(place.content.len());
    let by = to as i64 - place.at as i64;
    let by_start = cutter.random.one_in(2);
    let seek = if by_start { SeekFrom::Start(to as u64) } else { SeekFrom::Current(by) };
    let before = place.at;
    let unpolled = cutter.dropped[0];
    match cutter.cut(reader.seek(seek)) {
        Some(at) => {
            place.at = to;
            place.is_at(run, at.expect("a seek"), || "seek".into());
        }
        // It begins with its first poll.
        None if cutter.dropped[0] > unpolled => place.at = before,
        None => place.at = to,
    }
}

/// tokio's BufReader, taken apart: how many bytes it has read ahead, which nobody gets.
fn control_buf_reader(run: &mut Run, path: &Path) {
    use tokio::io::AsyncReadExt;
    let supplies = Supplies::new();
    let mut lost = 0;
    supplies.block_on(async {
        for _ in 0..100 {
            let file = tokio::fs::File::open(path).await.expect("it is there");
            let mut reader = tokio::io::BufReader::new(file);
            reader.read_exact(&mut [0; 10]).await.expect("a read");
            let mut std = reader.into_inner().into_std().await;
            lost += std.stream_position().expect("a position") - 10;
        }
    });
    run.control(lost, format!("tokio's BufReader, 100 taken apart: {lost} bytes read ahead and lost"));
}
