//! `Reader` and `Writer` at home in tokio and in futures; parts, copies and pipes.

use crate::support::{Gate, Steps, block_on, poll};
use aiofile::{Aio, Result};
use futures_lite::StreamExt;
use std::future::Future;
use std::io::{self, Cursor, IoSlice, Read, Seek, SeekFrom, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

fn dir_with(content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("from");
    std::fs::write(&path, content).unwrap();
    (dir, path)
}

/// A sink that can be looked at, and whose flush waits at a gate if there is one.
#[derive(Clone, Default)]
struct Sink {
    taken: Arc<Mutex<Vec<u8>>>,
    writes: Arc<Mutex<usize>>,
    flushes: Arc<Mutex<usize>>,
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        *self.writes.lock().unwrap() += 1;
        self.taken.lock().unwrap().extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        *self.flushes.lock().unwrap() += 1;
        Ok(())
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.taken.lock().unwrap().extend_from_slice(format!("<{to:?}>").as_bytes());
        Ok(0)
    }
}

#[test]
fn a_reader_gives_parts_as_streams() {
    block_on(async {
        let text = || Aio::new(Cursor::new(b"one\ntwo\nthree".to_vec())).reader();
        let lines: Vec<String> = text().lines().try_collect().await?;
        assert_eq!(lines, ["one", "two", "three"]);
        let parts: Vec<Vec<u8>> = text().split(b't').try_collect().await?;
        assert_eq!(parts, [&b"one\n"[..], b"wo\n", b"hree"]);
        for size in [1, 4, 13, 14, 131_071, 131_072, 500_000] {
            let expect = content(300_001);
            let chunks: Vec<Vec<u8>> =
                Aio::new(Cursor::new(expect.clone())).reader().chunks(size).try_collect().await?;
            assert_eq!(chunks, expect.chunks(size).map(<[u8]>::to_vec).collect::<Vec<_>>());
        }
        Result::Ok(())
    })
    .unwrap();
}

#[test]
fn a_directory_is_a_stream_of_its_entries() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    for i in 0..2000 {
        std::fs::write(dir.path().join(format!("sub/{i:04}")), "").unwrap();
    }
    block_on(async {
        let entries = aiofile::fs::read_dir(dir.path().join("sub")).await?;
        let mut names: Vec<_> =
            entries.map(|entry| entry.map(|entry| entry.file_name())).try_collect().await?;
        names.sort();
        assert_eq!(names, (0..2000).map(|i| format!("{i:04}").into()).collect::<Vec<std::ffi::OsString>>());
        assert_eq!(aiofile::fs::walk(dir.path()).await?.count().await, 2001);
        Result::Ok(())
    })
    .unwrap();
}

#[test]
fn a_part_that_is_too_long_is_an_error_and_the_next_one_follows() {
    let mut parts = Aio::new(&b"12345,123456,,1"[..]).reader().split(b',').max_len(5);
    let mut all = Vec::new();
    block_on(async {
        while let Some(part) = parts.next().await {
            all.push(part.map_err(|error| error.to_string()));
        }
    });
    let error = "read: the part at byte 6 is longer than 5 bytes".to_owned();
    assert_eq!(all, [Ok(b"12345".to_vec()), Err(error), Ok(vec![]), Ok(b"1".to_vec())]);
}

/// Nor is the last one longer, which has no end.
#[test]
fn the_last_part_is_not_too_long_either() {
    for (most, fits) in [(2, false), (3, true)] {
        let mut parts = Aio::new(&b"abc"[..]).reader().split(b',').max_len(most);
        let mut lines = Aio::new(&b"abc"[..]).reader().lines().max_len(most);
        block_on(async {
            let (part, line) = (parts.next_part().await, lines.next_line().await);
            assert_eq!((part.is_ok(), line.is_ok()), (fits, fits), "{part:?}, {line:?}");
            assert_eq!((parts.next_part().await?, lines.next_line().await?), (None, None));
            Result::Ok(())
        })
        .unwrap();
    }
}

/// The start of a line whose end has not come is the reader's, whoever takes it.
#[test]
fn the_start_of_a_part_stays_with_the_reader() {
    struct Slowly(Vec<&'static [u8]>);
    impl Read for Slowly {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let part = self.0.remove(0);
            buffer[..part.len()].copy_from_slice(part);
            Ok(part.len())
        }
    }
    let handle = Aio::new(Slowly(vec![b"whole\nha", b"lf a l"]));
    block_on(async {
        let mut lines = handle.clone().reader().lines();
        assert_eq!(lines.next_line().await?.as_deref(), Some("whole"));
        lines.next_line().await.unwrap_err();
        assert_eq!(lines.get_mut().buffer(), b"half a l");
        lines.next_line().await.unwrap_err();
        let mut reader = lines.into_inner();
        assert_eq!(reader.buffer(), b"half a l");
        let mut three = [0; 3];
        reader.read_exact(&mut three).await?;
        let mut chunks = reader.chunks(100);
        chunks.next_chunk().await.unwrap_err();
        drop(chunks);
        let mut rest = [0; 5];
        handle.read_exact(&mut rest).await?;
        assert_eq!((&three, &rest), (b"hal", b"f a l"));
        Result::Ok(())
    })
    .unwrap();
}

/// What a read that takes many pieces had taken goes back, when it is given up.
#[test]
fn a_read_given_up_in_the_middle_gives_back_what_it_took() {
    for way in ["exact", "end", "until"] {
        let (pipe, mut other_end) = io::pipe().unwrap();
        let mut reader = Aio::new(pipe).reader();
        other_end.write_all(b"abc").unwrap();
        let mut kept = b"kept".to_vec();
        block_on(reader.fill_buf()).unwrap();
        let mut exact = [0; 6];
        let cx = &mut Context::from_waker(Waker::noop());
        let pending = match way {
            "exact" => pin!(reader.read_exact(&mut exact)).as_mut().poll(cx).is_pending(),
            "end" => pin!(reader.read_to_end(&mut kept)).as_mut().poll(cx).is_pending(),
            _ => pin!(reader.read_until(b'f', &mut kept)).as_mut().poll(cx).is_pending(),
        };
        assert!(pending);
        assert_eq!((kept.as_slice(), reader.buffer()), (&b"kept"[..], &b"abc"[..]), "{way}");
        other_end.write_all(b"def").unwrap();
        block_on(reader.read_exact(&mut exact)).unwrap();
        assert_eq!(&exact, b"abcdef");
    }
}

/// As `tail -f` needs it.
#[test]
fn the_end_is_not_for_ever() {
    let (_dir, path) = dir_with(b"one\n");
    block_on(async {
        let mut lines = aiofile::open(&path, "r").await?.reader().lines();
        let mut log = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        for expect in ["one", "two", "three"] {
            assert_eq!(lines.next_line().await?.as_deref(), Some(expect));
            assert_eq!(lines.next_line().await?, None);
            log.write_all(if expect == "one" { b"two\n" } else { b"three\n" }).unwrap();
        }
        Result::Ok(())
    })
    .unwrap();
}

/// The flush of earlier bytes, given up, is not taken for one of those that were accepted since.
#[test]
fn a_flush_given_up_does_not_stand_for_what_was_accepted_since() {
    let (steps, pool) = Steps::new();
    let sink = Sink::default();
    let mut writer = Aio::on(&pool, sink.clone()).writer();
    assert!(poll(&mut pin!(writer.write(b"early"))).is_ready());
    steps.run_one();
    assert!(poll(&mut pin!(writer.flush())).is_pending(), "the value's own flush is on its way");
    assert!(poll(&mut pin!(writer.write(b", late"))).is_ready());
    {
        let mut flush = pin!(writer.flush());
        while poll(&mut flush).is_pending() {
            steps.run_one();
        }
    }
    assert_eq!(
        (sink.taken.lock().unwrap().as_slice(), *sink.flushes.lock().unwrap()),
        (&b"early, late"[..], 2)
    );
}

#[test]
fn a_writer_takes_many_pieces_at_once_and_seeks_behind_what_it_has_accepted() {
    let sink = Sink::default();
    let mut writer = Aio::new(sink.clone()).writer();
    let cx = &mut Context::from_waker(Waker::noop());
    let pieces = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
    let accepted = writer.poll_write_vectored(cx, &pieces).map(|accepted| accepted.unwrap());
    assert_eq!(accepted, Poll::Ready(5));
    block_on(async {
        writer.seek(SeekFrom::Start(7)).await?;
        writer.write_all(b"f").await?;
        futures_lite::AsyncSeekExt::seek(&mut writer, SeekFrom::End(0)).await.unwrap();
        writer.close().await?;
        writer.close().await?; // and once more
        Result::Ok(())
    })
    .unwrap();
    assert_eq!(*sink.taken.lock().unwrap(), b"abcde<Start(7)>f<End(0)>");
    let error = block_on(async { writer.write_all(b"x").await.and(writer.flush().await) }).unwrap_err();
    assert!(error.call_error().unwrap().is_closed(), "{error}");
}

#[test]
fn close_says_what_is_unwritten_even_if_a_clone_has_closed_the_value() {
    let (steps, pool) = Steps::new();
    let handle = Aio::on(&pool, Sink::default());
    let mut writer = handle.clone().writer();
    let closed = handle.close();
    assert!(poll(&mut pin!(writer.write(b"too late"))).is_ready());
    steps.run_all();
    block_on(closed);
    assert!(block_on(writer.close()).unwrap_err().call_error().unwrap().is_closed());
}

#[test]
fn copy_goes_on_where_it_was_given_up_and_tells_how_far_it_is() {
    let expect = content(3_000_000);
    let (steps, pool) = Steps::new();
    let sink = Sink::default();
    let mut from = Aio::on(&pool, Cursor::new(expect.clone())).reader();
    let mut to = Aio::on(&pool, sink.clone()).writer();
    let (mut given_up, mut last) = (0, 0);
    while poll(&mut aiofile::copy(&mut from, &mut to).on_progress(|bytes| last = bytes)).is_pending() {
        given_up += 1;
        if steps.waiting() > 0 {
            steps.run_one();
        }
    }
    assert!(given_up > 5, "{given_up}");
    assert!(*sink.taken.lock().unwrap() == expect);
    assert_eq!((to.progress().written, *sink.flushes.lock().unwrap()), (expect.len() as u64, 1));
    assert!(last > 0 && last < expect.len() as u64, "of the last copy alone: {last}");
}

#[test]
fn a_copy_tells_whose_error_it_is() {
    let (_dir, path) = dir_with(b"x");
    block_on(async {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut to = aiofile::File::from_std(full).with_path("/dev/full").writer();
        let error = aiofile::copy(&mut aiofile::open(&path, "r").await?.reader(), &mut to).await.unwrap_err();
        assert_eq!(error.to_string(), r#"write "/dev/full": No space left on device (os error 28)"#);
        let mut from = aiofile::open(path.parent().unwrap(), "r").await?.reader();
        let error = aiofile::copy(&mut from, &mut Aio::new(Vec::new()).writer()).await.unwrap_err();
        assert_eq!(error.operation(), aiofile::Operation::Read);
        Result::Ok(())
    })
    .unwrap();
}

/// Everything that copies in futures and in tokio takes all four as they are.
#[test]
fn other_peoples_copies_take_them_as_they_are() {
    let expect = content(1_000_000);
    let (dir, path) = dir_with(&expect);
    let to = dir.path().join("to");
    block_on(async {
        use futures_lite::io::copy;
        let (from, into) = (aiofile::open(&path, "r").await?, aiofile::open(&to, "w").await?);
        assert_eq!(copy(from, into).await.unwrap(), 1_000_000);
        assert!(std::fs::read(&to).unwrap() == expect);
        let (from, into) = (aiofile::open(&path, "r").await?, aiofile::open(&to, "w").await?);
        let mut into = into.writer();
        assert_eq!(copy(from.reader(), &mut into).await.unwrap(), 1_000_000);
        futures_lite::AsyncWriteExt::close(&mut into).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == expect);
        let from = Aio::new(Cursor::new(expect.clone()));
        let into = Aio::new(Vec::new());
        copy(from, into.clone()).await.unwrap();
        assert!(into.finish(|into| into).await == expect);
        Result::Ok(())
    })
    .unwrap();
}

#[cfg(feature = "tokio")]
#[test]
fn tokios_copies_and_lines_take_them_as_they_are() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt, copy, copy_buf};
    let expect = content(1_000_000);
    let (dir, path) = dir_with(&expect);
    let to = dir.path().join("to");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (mut from, mut into) =
            (aiofile::open(&path, "r").await.unwrap(), aiofile::open(&to, "w").await.unwrap());
        assert_eq!(copy(&mut from, &mut into).await.unwrap(), 1_000_000);
        into.shutdown().await.unwrap();
        into.sync_all().await.expect("the handle stays open");
        assert!(std::fs::read(&to).unwrap() == expect);

        let mut from = aiofile::open(&path, "r").await.unwrap().reader();
        let mut into = aiofile::open(&to, "w").await.unwrap().writer();
        assert_eq!(copy_buf(&mut from, &mut into).await.unwrap(), 1_000_000);
        into.shutdown().await.unwrap();
        assert!(std::fs::read(&to).unwrap() == expect);
        into.rewind().await.unwrap();
        AsyncWriteExt::write_all(&mut into, b"line\n").await.unwrap();
        AsyncWriteExt::shutdown(&mut into).await.unwrap();
        assert_eq!(AsyncSeekExt::stream_position(&mut into).await.unwrap(), 5);

        from.rewind().await.unwrap();
        assert_eq!(AsyncSeekExt::seek(&mut from, SeekFrom::Current(0)).await.unwrap(), 0);
        let mut line = String::new();
        from.read_line(&mut line).await.unwrap();
        let mut five = [0; 5];
        AsyncReadExt::read_exact(&mut from, &mut five).await.unwrap();
        assert_eq!((line.as_bytes(), &five[..]), (&expect[..11], &expect[11..16]));
    });
}

/// A task on tokio that never has to wait gives way to the others all the same.
#[cfg(feature = "tokio")]
#[test]
fn reading_from_memory_respects_the_budget_of_tokio() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut reader = Aio::new(Cursor::new(content(100_000))).reader();
        reader.fill_buf().await.unwrap();
        let ran = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let other = ran.clone();
        tokio::spawn(async move { other.store(true, std::sync::atomic::Ordering::SeqCst) });
        let mut reads = 0;
        while !ran.load(std::sync::atomic::Ordering::SeqCst) {
            tokio::io::AsyncReadExt::read_exact(&mut reader, &mut [0]).await.unwrap();
            reads += 1;
        }
        assert!(reads <= 1000, "{reads} reads before the other task had its turn");
    });
}

/// The pipes of a child, as any other handle.
#[cfg(unix)]
#[test]
fn a_childs_pipes_are_handles() {
    use std::process::{Child, Command, Stdio};
    let mut child = Command::new("sort").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut to = Aio::new(child.stdin.take().unwrap()).writer();
    let from = Aio::new(child.stdout.take().unwrap()).reader();
    let child = Aio::new(child);
    block_on(async {
        for word in ["b", "c", "a"] {
            to.write_all(format!("{word}\n").as_bytes()).await?;
        }
        to.close().await?; // its input ends
        let sorted: Vec<String> = from.lines().try_collect().await?;
        assert_eq!(sorted, ["a", "b", "c"]);
        assert!(child.call(Child::wait, ()).await.unwrap().success());
        Result::Ok(())
    })
    .unwrap();
}

#[test]
fn the_standard_streams_are_each_one_handle() {
    let gate = Gate::new();
    let (passing, order) = (gate.clone(), Arc::new(Mutex::new(Vec::new())));
    let (first, second) = (order.clone(), order.clone());
    drop(aiofile::stderr().with(move |_| {
        passing.pass();
        first.lock().unwrap().push(1);
    }));
    let last = aiofile::stderr().with(move |_| second.lock().unwrap().push(2));
    gate.wait_for(1);
    gate.open();
    block_on(last);
    assert_eq!(*order.lock().unwrap(), [1, 2], "one queue for all handles");
}
