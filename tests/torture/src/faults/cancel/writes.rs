//! Cancelled writes: a call made is a call run, in order, once; what a `Writer` accepted is written.

use super::{Cutter, on_all_pools};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on, until};
use aiofile::{Aio, File, Handle, OpenOptions, Pool, Writer};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const FILE_WRITES: Fault = Fault {
    name: "cancel-file-writes",
    what: "writes of a File dropped after k polls or taken back: each is there once, in the order made",
    needs: Needs::Nothing,
    limit: [60, 400],
    run: file_writes,
};

pub const VALUE_WRITES: Fault = Fault {
    name: "cancel-value-writes",
    what: "with, call, method and typed writes of an Aio dropped after k polls or taken back",
    needs: Needs::Nothing,
    limit: [60, 400],
    run: value_writes,
};

pub const WRITER: Fault = Fault {
    name: "cancel-writer",
    what: "a Writer's write, flush, sync, close and into_inner dropped after k polls",
    needs: Needs::Nothing,
    limit: [60, 400],
    run: writers,
};

/// Numbered records of 8 bytes.
fn record(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

/// Counts records that are missing, and those that are there twice or out of order.
fn check_records(run: &mut Run, got: &[u8], expect: &[u64], what: &str) {
    if got.len() == expect.len() * 8 && got.chunks(8).zip(expect).all(|(got, expect)| got == record(*expect))
    {
        return;
    }
    let numbers: Vec<u64> =
        got.chunks(8).map(|bytes| bytes.try_into().map_or(u64::MAX, u64::from_le_bytes)).collect();
    let lost = expect.iter().filter(|number| !numbers.contains(number)).count() as u64;
    let doubled = (numbers.len() as u64 + lost).saturating_sub(expect.len() as u64);
    run.wrong(Wrong::Lost, lost, || format!("of {} records, {what}", expect.len()));
    run.wrong(Wrong::Doubled, doubled, || format!("of {} records, {what}", expect.len()));
    run.check(lost + doubled > 0, Wrong::Other, || format!("records out of order, {what}"));
}

fn open(pool: &Pool, path: &Path) -> File {
    let mut options = OpenOptions::new();
    block_on(options.read(true).write(true).create(true).truncate(true).pool(pool).open(path))
        .expect("a file")
}

fn file_writes(run: &mut Run) {
    let (path, beside) = (run.dir().join("file"), run.dir().join("beside"));
    on_all_pools(run, run.times(7_500, 150_000), |run, pool, cutter| {
        let (file, slots) = (open(pool, &path), open(pool, &beside));
        let mut expect = Vec::new();
        for number in 0..500 {
            let bytes = record(number);
            match cutter.random.below(8) {
                0..=2 => drop(cutter.cut(file.write_all(bytes))),
                3 => drop(cutter.cut(file.write(bytes))),
                4 => drop(cutter.cut(file.write_vectored([&bytes[..4], &bytes[4..]]))),
                5 => drop(cutter.cut(file.with(move |file| file.write_all(&bytes)))),
                6 => {
                    let mut write = file.write_all(bytes);
                    cutter.pause();
                    if write.cancel() {
                        continue; // it has not been
                    }
                }
                _ => block_on(file.write_all(bytes)).expect("a write"),
            }
            expect.push(number);
            drop(cutter.cut(slots.write_all_at(bytes, number * 8)));
        }
        // The last call may be cut as well: another handle still finds all of it done.
        let clone = file.clone();
        let _ = cutter.cut(file.close());
        let _ = block_on(clone.close());
        check_records(run, &fs::read(&path).expect("it is there"), &expect, "File");
        block_on(slots.close()).expect("a close");
        let slots = fs::read(&beside).expect("it is there");
        let expect = expect.last().map_or(0, |last| last + 1);
        let missing = (0..expect)
            .filter(|i| slots.get(*i as usize * 8..).is_none_or(|at| !at.starts_with(&record(*i))));
        // Those that were taken back above left no record here either.
        let taken_back = 500 - slots.chunks(8).zip(0..).filter(|(bytes, i)| *bytes == record(*i)).count();
        let missing = missing.count().saturating_sub(taken_back) as u64;
        run.wrong(Wrong::Lost, missing, || "write_all_at".into());
    });
    control_task(run);
}

/// `blocking`'s task: dropped, it takes its job with it. How many of the writes were not made.
fn control_task(run: &mut Run) {
    const WRITES: u64 = 1000;
    let written = Arc::new(Mutex::new(0));
    let mut cutter = Cutter::new(1);
    for _ in 0..WRITES {
        let written = written.clone();
        cutter.cut(blocking::unblock(move || *written.lock().expect("no panic") += 1));
    }
    std::thread::sleep(Duration::from_millis(100));
    let lost = WRITES - *written.lock().expect("no panic");
    run.control(lost, format!("blocking's Task: {lost} of {WRITES} cancelled writes not made"));
}

fn value_writes(run: &mut Run) {
    on_all_pools(run, run.times(10_000, 200_000), |run, pool, cutter| {
        let handle = Aio::on(pool, Vec::<u8>::new());
        let mut expect = Vec::new();
        for number in 0..1000 {
            let bytes = record(number);
            match cutter.random.below(8) {
                0 | 1 => drop(cutter.cut(handle.write_all(bytes))),
                2 => drop(cutter.cut(handle.with(move |list| list.extend(bytes)))),
                3 => drop(cutter.cut(handle.call(Write::write_all, (bytes,)))),
                4 => drop(
                    cutter.cut(handle.method(|list: &mut Vec<u8>, bytes: [u8; 8]| list.extend(bytes))(bytes)),
                ),
                5 => drop(cutter.cut(handle.with(move |list| list.extend(bytes)).map(|()| "mapped"))),
                6 => {
                    let mut write = handle.write_all(bytes);
                    cutter.pause();
                    if write.cancel() {
                        continue;
                    }
                }
                _ => block_on(handle.write_all(bytes)).expect("a write"),
            }
            expect.push(number);
        }
        let all = block_on(handle.finish(|list| list));
        check_records(run, &all, &expect, "Aio");
    });
    control_task(run);
}

/// A sink that takes few bytes at a time, and its time.
#[derive(Clone, Default)]
struct Slow {
    taken: Arc<Mutex<Vec<u8>>>,
    turn: usize,
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn = self.turn * 5 % 97 + 1;
        if self.turn == 50 {
            std::thread::sleep(Duration::from_micros(20));
        }
        let count = bytes.len().min(self.turn * 100);
        self.taken.lock().expect("no panic").extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn writers(run: &mut Run) {
    let content = run.random.bytes(4 << 20);
    let path = run.dir().join("file");
    on_all_pools(run, run.times(7_500, 150_000), |run, pool, cutter| {
        let file = open(pool, &path);
        let mut writer = file.clone().writer();
        fill(run, cutter, &mut writer, &content);
        let accepted = end_of_file(run, cutter, writer, file, &content);
        run.check_bytes(&fs::read(&path).expect("it is there"), &content[..accepted], || {
            "Writer of a File".into()
        });

        let sink = Slow::default();
        let taken = sink.taken.clone();
        let handle = Aio::on(pool, sink);
        let mut writer = handle.clone().writer();
        fill(run, cutter, &mut writer, &content);
        let accepted = writer.progress().accepted as usize;
        if cutter.random.one_in(2) {
            drop(cutter.cut(writer.into_inner()));
        } else {
            drop(writer);
        }
        block_on(handle.close());
        let taken = taken.lock().expect("no panic");
        run.check_bytes(&taken, &content[..accepted], || "Writer of an Aio".into());
    });
    control_async_fs(run, &content[..1 << 20]);
}

/// Writes and flushes, cut and awaited; what is accepted is the beginning of the content.
fn fill<H: Handle<Value: Write>>(run: &mut Run, cutter: &mut Cutter, writer: &mut Writer<H>, content: &[u8]) {
    for _ in 0..60 {
        let accepted = writer.progress().accepted as usize;
        let large = cutter.random.one_in(10);
        let count = cutter.random.below(if large { 100_000 } else { 2_000 });
        let bytes = &content[accepted.min(content.len())..][..count.min(content.len() - accepted)];
        match cutter.random.below(8) {
            0 => drop(cutter.cut(writer.write(bytes))),
            1..=3 => drop(cutter.cut(writer.write_all(bytes))),
            4..=6 => {
                if let Some(flushed) = cutter.cut(writer.flush()) {
                    flushed.expect("a flush");
                    let progress = writer.progress();
                    let unwritten = progress.accepted - progress.written;
                    run.wrong(Wrong::Silent, unwritten, || "bytes unwritten after flush".into());
                }
            }
            _ => block_on(writer.write_all(bytes)).expect("a write"),
        }
    }
}

/// Every way to let go of a Writer; gives how much it had accepted.
fn end_of_file(
    run: &mut Run,
    cutter: &mut Cutter,
    mut writer: Writer<File>,
    file: File,
    content: &[u8],
) -> usize {
    if cutter.random.one_in(2) {
        let _ = cutter.cut(writer.sync());
        let bytes = &content[writer.progress().accepted as usize..][..10];
        let _ = cutter.cut(writer.write_all(bytes));
    }
    let accepted = writer.progress().accepted as usize;
    match cutter.random.below(4) {
        0 => block_on(writer.close()).expect("a close"),
        1 => drop(cutter.cut(writer.close())),
        2 => drop(cutter.cut(writer.into_inner())),
        _ => drop(writer),
    }
    // Behind all that was queued, whether it closes the file or finds it closed.
    let _ = block_on(file.clone().close());
    run.check(until(Duration::from_secs(5), || file.is_closed()), Wrong::Hung, || "it does not close".into());
    accepted
}

/// async-fs: writes that were accepted, a flush that was cancelled, a drop. How many bytes never came.
fn control_async_fs(run: &mut Run, content: &[u8]) {
    use futures_lite::AsyncWriteExt;
    let supplies = Supplies::new();
    let mut cutter = Cutter::new(1);
    let (mut files, mut lost) = (0, 0);
    while run.goes_on(files, lost as u64, 50) {
        let path = run.dir().join(format!("async-fs {files}"));
        files += 1;
        supplies.block_on(async {
            let mut file = async_fs::File::create(&path).await.expect("a file");
            file.write_all(content).await.expect("a write");
            drop(cutter.cut(file.flush()));
        });
        let arrived = || fs::metadata(&path).expect("it is there").len() as usize;
        until(Duration::from_millis(30), || arrived() == content.len());
        lost += content.len() - arrived();
    }
    let all = files as usize * content.len();
    run.control(
        lost as u64,
        format!("async-fs: {lost} of {all} accepted bytes lost by a cancelled flush and a drop"),
    );
}
