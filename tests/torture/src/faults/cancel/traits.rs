//! Cancelled through the I/O traits of tokio and of futures: begun by a poll, and given up.

use super::{Cutter, on_all_pools};
use crate::fault::{Fault, Needs, Run, Wrong};
use crate::support::{Supplies, block_on};
use aiofile::{File, OpenOptions, Pool};
use futures_lite::{AsyncReadExt as _, AsyncSeekExt as _, AsyncWriteExt as _};
use std::fs;
use std::io::SeekFrom;
use std::path::Path;

pub const TRAITS: Fault = Fault {
    name: "cancel-traits",
    what: "AsyncRead, AsyncWrite and AsyncSeek of tokio and of futures, on a File, dropped after k polls",
    needs: Needs::Nothing,
    limit: [90, 400],
    run: traits,
};

fn open(pool: &Pool, path: &Path) -> File {
    block_on(OpenOptions::new().read(true).write(true).pool(pool).open(path)).expect("it is there")
}

fn traits(run: &mut Run) {
    let content = run.random.bytes(8 << 10);
    let (read, written) = (run.dir().join("read"), run.dir().join("written"));
    fs::write(&read, &content).expect("a file");
    on_all_pools(run, run.times(2_500, 50_000), |run, pool, cutter| {
        let file = open(pool, &read);
        reads(run, cutter, file, &content);
        fs::write(&written, "").expect("a file");
        let file = open(pool, &written);
        let expect = writes(cutter, file.clone());
        block_on(file.close()).expect("nobody else has it");
        check_lines(run, &fs::read_to_string(&written).expect("text"), &expect);
    });
    control(run, &read);
}

/// Reads and seeks by either trait; what was given up has not been.
fn reads(run: &mut Run, cutter: &mut Cutter, mut file: File, content: &[u8]) {
    let mut at = 0;
    for _ in 0..300 {
        let mut buffer = vec![0; 1 + cutter.random.below(60)];
        if at + buffer.len() > content.len() {
            block_on(file.rewind()).expect("a rewind");
            at = 0;
        }
        let count = match cutter.random.below(6) {
            0 => cutter.cut(tokio::io::AsyncReadExt::read(&mut file, &mut buffer)),
            1 => cutter.cut((&mut file as &mut (dyn futures_lite::AsyncRead + Unpin)).read(&mut buffer)),
            // Typed calls in between find the file where the traits left it.
            2 => cutter.cut(File::read(&file, &mut buffer)).map(|read| read.map_err(Into::into)),
            3 => {
                let position = block_on(File::stream_position(&file)).expect("a position");
                run.wrong(Wrong::Lost, position.abs_diff(at as u64), || {
                    format!("at {position} instead of {at}")
                });
                None
            }
            4 => {
                let to = cutter.random.below(content.len() - 60);
                let polls = cutter.dropped[0];
                let to_start = SeekFrom::Start(to as u64);
                let seek =
                    cutter.cut((&mut file as &mut (dyn futures_lite::AsyncSeek + Unpin)).seek(to_start));
                // It begins with its first poll, and then it is made.
                if seek.is_some() || cutter.dropped[0] == polls {
                    at = to;
                }
                None
            }
            _ => Some(block_on(tokio::io::AsyncReadExt::read(&mut file, &mut buffer))),
        };
        if let Some(count) = count {
            let got = &buffer[..count.expect("a read")];
            run.check_bytes(got, &content[at..][..got.len()], || format!("read at {at}"));
            at += got.len();
        }
    }
}

/// Lines, each another, so that none is taken for one that was given up; and whether each must be there in the end. One that
/// was given up may be: it has begun if nothing else was on its way.
fn writes(cutter: &mut Cutter, mut file: File) -> Vec<(String, bool)> {
    let mut expect = Vec::new();
    for number in 0..300 {
        let line = format!("line {number:04}\n");
        let bytes = line.as_bytes();
        let written = match cutter.random.below(4) {
            0 => cutter.cut(tokio::io::AsyncWriteExt::write(&mut file, bytes)),
            1 => cutter.cut((&mut file as &mut (dyn futures_lite::AsyncWrite + Unpin)).write(bytes)),
            2 => Some(block_on(tokio::io::AsyncWriteExt::write(&mut file, bytes))),
            _ => {
                drop(cutter.cut(tokio::io::AsyncWriteExt::flush(&mut file)));
                continue;
            }
        };
        expect.push((line, written.is_some()));
    }
    block_on(tokio::io::AsyncWriteExt::flush(&mut file)).expect("a flush");
    expect
}

/// Each line that must be there, once and in order; of the others each once at most.
fn check_lines(run: &mut Run, got: &str, expect: &[(String, bool)]) {
    let mut lines = got.split_inclusive('\n').peekable();
    for (line, must) in expect {
        let there = lines.next_if_eq(&line.as_str()).is_some();
        run.check(there || !must, Wrong::Lost, || format!("{line:?}"));
    }
    let more = lines.count() as u64;
    run.wrong(Wrong::Doubled, more, || format!("of {} writes", expect.len()));
}

/// tokio's own file: a read that was given up, and the std file after it.
fn control(run: &mut Run, path: &Path) {
    use std::io::Seek;
    use tokio::io::AsyncReadExt;
    let supplies = Supplies::new();
    let mut cutter = Cutter::new(1);
    let mut lost = 0;
    supplies.block_on(async {
        while cutter.count() < 100 {
            let mut file = tokio::fs::File::open(path).await.expect("it is there");
            drop(cutter.cut(file.read(&mut [0; 50])));
            let clone = file.try_clone().await.expect("a descriptor");
            lost += u64::from(clone.into_std().await.stream_position().expect("a position") > 0);
        }
    });
    run.control(lost, format!("tokio: bytes skipped after a cancelled read {lost} times"));
}
