//! `Reader`: reads ahead, and still nothing is lost, doubled or in the wrong place.

use crate::support::{Steps, block_on, poll};
use aiofile::{Aio, File, Result};
use std::io::{self, Cursor, ErrorKind, Read, SeekFrom, Write};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

fn file(content: &[u8]) -> (tempfile::TempDir, File) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    std::fs::write(&path, content).unwrap();
    let file = block_on(aiofile::open(&path, "r+")).unwrap();
    (dir, file)
}

/// Bytes that tell where they stand.
fn content(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

fn lines_of(text: &[u8]) -> Vec<std::result::Result<String, String>> {
    let mut lines = Aio::new(Cursor::new(text.to_vec())).reader().lines();
    block_on(async {
        let mut all = Vec::new();
        loop {
            match lines.next_line().await {
                Ok(Some(line)) => all.push(Ok(line)),
                Ok(None) => return all,
                Err(error) => all.push(Err(error.to_string())),
            }
        }
    })
}

#[test]
fn lines_are_those_of_std() {
    let mut long = vec![b'x'; 300_000];
    long.extend(b"\nend");
    let texts: [&[u8]; 9] =
        [b"", b"\n", b"a", b"a\n", b"a\nb", b"a\r\nb\r\n", b"\n\na\n\n", b"a\rb\r\r\n\r", &long];
    for text in texts {
        let std: Vec<_> = io::BufRead::lines(text).map(|line| Ok(line.unwrap())).collect();
        assert_eq!(lines_of(text), std, "{:?}", String::from_utf8_lossy(&text[..text.len().min(20)]));
    }
}

#[test]
fn a_line_that_is_no_text_says_where_and_the_next_one_follows() {
    let wrong = "read: not UTF-8 at byte 8 of the text";
    let lines = lines_of(b"good\r\nab\xff\ngood again");
    assert_eq!(lines, [Ok("good".into()), Err(wrong.into()), Ok("good again".into())]);
}

#[test]
fn a_line_that_is_too_long_is_an_error_and_the_next_one_follows() {
    let mut text = b"12345\r\n123456\n12345\n".to_vec();
    text.extend(vec![b'x'; 500_000]);
    text.extend(b"\n12345");
    let mut lines = Aio::new(Cursor::new(text)).reader().lines().max_len(5);
    block_on(async {
        assert_eq!(lines.next_line().await?.as_deref(), Some("12345"));
        let error = lines.next_line().await.unwrap_err().to_string();
        assert_eq!(error, "read: the line at byte 7 is longer than 5 bytes");
        assert_eq!(lines.next_line().await?.as_deref(), Some("12345"));
        let error = lines.next_line().await.unwrap_err().to_string();
        assert_eq!(error, "read: the line at byte 20 is longer than 5 bytes");
        assert_eq!(lines.next_line().await?.as_deref(), Some("12345"));
        assert_eq!(lines.next_line().await?, None);
        Result::Ok(())
    })
    .unwrap();
}

#[test]
fn a_reader_reads_everything_in_every_way() {
    let expect = content(3_000_000);
    let (_dir, file) = file(&expect);
    let mut reader = file.clone().reader();
    block_on(async {
        let mut all = vec![0; 10];
        reader.read_exact(&mut all).await?;
        assert!(reader.read_until(7, &mut all).await? > 0);
        assert_eq!(all.last(), Some(&7));
        let here = reader.fill_buf().await?.len();
        all.extend_from_slice(&reader.buffer()[..here / 2]);
        reader.consume(here / 2);
        let mut some = [0; 1000];
        let read = reader.read(&mut some).await?;
        all.extend_from_slice(&some[..read]);
        assert_eq!(reader.read(&mut []).await?, 0);
        reader.read_to_end(&mut all).await?;
        assert!(all == expect);
        assert!(reader.fill_buf().await?.is_empty());
        assert_eq!(reader.read_exact(&mut [0]).await.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        Result::Ok(())
    })
    .unwrap();
}

/// What was read ahead goes back: the file stands where its reader stopped, whoever comes next.
#[test]
fn a_reader_leaves_the_file_where_it_stopped() {
    let expect = content(2_000_000);
    for consumed in [0, 1, 1000, 131_072, 131_073, 700_000, 2_000_000] {
        for way in ["into_inner", "drop", "seek"] {
            let (_dir, file) = file(&expect);
            block_on(async {
                let mut reader = file.clone().reader();
                let mut start = vec![0; consumed];
                reader.read_exact(&mut start).await?;
                match way {
                    "into_inner" => drop(reader.into_inner()),
                    "drop" => drop(reader),
                    _ => assert_eq!(reader.seek(SeekFrom::Current(0)).await?, consumed as u64),
                }
                assert_eq!(file.stream_position().await?, consumed as u64, "{way}");
                let mut rest = Vec::new();
                file.read_to_end(&mut rest).await?;
                assert!(start == expect[..consumed] && rest == expect[consumed..], "{way} at {consumed}");
                Result::Ok(())
            })
            .unwrap();
        }
    }
}

#[test]
fn a_seek_is_from_where_the_caller_is() {
    let expect = content(1_000_000);
    let (_dir, file) = file(&expect);
    let mut reader = file.reader();
    block_on(async {
        let mut at = 0_i64;
        for by in [5, 100_000, -50_000, 300_000, -1, 0] {
            at += by;
            assert_eq!(reader.seek(SeekFrom::Current(by)).await?, at as u64);
            let mut three = [0; 3];
            reader.read_exact(&mut three).await?;
            assert_eq!(three, expect[at as usize..][..3]);
            at += 3;
        }
        reader.seek(SeekFrom::End(0)).await?;
        assert!(reader.fill_buf().await?.is_empty());
        reader.seek(SeekFrom::Start(0)).await?;
        assert_eq!(reader.fill_buf().await?[..3], expect[..3], "the end is not for ever");
        Result::Ok(())
    })
    .unwrap();
}

/// A pipe cannot be put back: its bytes wait for the next reader of the handle.
#[test]
fn a_reader_of_a_pipe_leaves_the_rest_to_the_next() {
    let (pipe, mut writer) = io::pipe().unwrap();
    let expect = content(20_000);
    writer.write_all(&expect).unwrap();
    drop(writer);
    let pipe = Aio::new(pipe);
    let mut all = Vec::new();
    block_on(async {
        for _ in 0..5 {
            let mut reader = pipe.clone().reader();
            let mut some = [0; 1000];
            reader.read_exact(&mut some).await?;
            all.extend(some);
        }
        pipe.read_to_end(&mut all).await?;
        Result::Ok(())
    })
    .unwrap();
    assert!(all == expect);
}

/// The reads ahead share hops, and grow only when the caller comes back for more.
#[test]
fn reads_ahead_are_batched_and_grow() {
    let (steps, pool) = Steps::new();
    let mut reader = Aio::on(&pool, Cursor::new(content(3 << 20))).reader();
    let mut hops = Vec::new();
    for _ in 0..24 {
        let before = steps.taken();
        loop {
            match poll(&mut pin!(reader.fill_buf())) {
                Poll::Ready(here) => {
                    let here = here.unwrap().len();
                    assert_eq!(here, 128 << 10);
                    break;
                }
                Poll::Pending => steps.run_one(),
            }
        }
        reader.consume(128 << 10);
        hops.push(steps.taken() - before);
    }
    assert_eq!(hops[0], 1);
    assert!(hops.iter().sum::<usize>() < 10, "{hops:?}");
    steps.run_all();
}

#[test]
fn how_far_ahead_can_be_set() {
    struct Counts(Arc<AtomicUsize>);
    impl Read for Counts {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(buffer.len())
        }
    }
    for (bytes, expect) in [(0, 1), (128 << 10, 1), (300_000, 3), (1 << 20, 8), (4 << 20, 32)] {
        let (steps, pool) = Steps::new();
        let reads = Arc::new(AtomicUsize::new(0));
        let mut reader = Aio::on(&pool, Counts(reads.clone())).reader().read_ahead(bytes);
        let (mut pieces, mut most) = (0, 0);
        for _ in 0..100 {
            while poll(&mut pin!(reader.fill_buf())).is_pending() {
                steps.run_one();
            }
            steps.run_all();
            most = most.max(reads.load(Ordering::SeqCst) - pieces);
            reader.consume(reader.buffer().len());
            pieces += 1;
        }
        assert_eq!(most, expect, "{bytes} bytes");
    }
}

/// An error comes in its place, and once; what comes after it is read.
#[test]
fn an_error_comes_between_the_bytes_before_it_and_those_behind() {
    struct Fails(u8);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0 += 1;
            match self.0 {
                3 => Err(io::Error::from_raw_os_error(5)),
                6.. => Ok(0),
                call => {
                    buffer[0] = call;
                    Ok(1)
                }
            }
        }
    }
    let mut reader = Aio::new(Fails(0)).reader();
    block_on(async {
        let mut all = Vec::new();
        assert_eq!(reader.read_to_end(&mut all).await.unwrap_err().raw_os_error(), Some(5));
        assert_eq!(all, [1, 2]);
        reader.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, [1, 2, 4, 5]);
    });
}

/// Gives its turn as a byte, but for the turns in which something else happens.
struct Turns(u8, fn(u8) -> Option<io::Result<usize>>);

impl Read for Turns {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 += 1;
        buffer[0] = self.0;
        (self.1)(self.0).unwrap_or(Ok(if self.0 < 6 { 1 } else { 0 }))
    }
}

#[test]
fn a_panic_is_the_callers_and_the_reader_goes_on() {
    let mut reader = Aio::new(Turns(0, |turn| (turn == 2).then(|| panic!("scripted")))).reader();
    let mut read = || {
        let mut one = [0];
        let read = std::panic::AssertUnwindSafe(|| block_on(reader.read(&mut one)).unwrap());
        std::panic::catch_unwind(read).map(|count| one[..count].to_vec()).map_err(|_| "a panic")
    };
    let all: Vec<_> = std::iter::repeat_with(&mut read).take(6).collect();
    assert_eq!(all, [Ok(vec![1]), Err("a panic"), Ok(vec![3]), Ok(vec![4]), Ok(vec![5]), Ok(vec![])]);
}

/// As std: a single read tells of a signal, the loops go on.
#[test]
fn an_interrupted_read_is_made_again_by_the_loops() {
    let interrupted = || Turns(0, |turn| (turn == 2).then(|| Err(ErrorKind::Interrupted.into())));
    let reader = || Aio::new(interrupted()).reader();
    block_on(async {
        let (mut all, mut std) = (Vec::new(), Vec::new());
        io::BufReader::new(interrupted()).read_to_end(&mut std).unwrap();
        reader().read_to_end(&mut all).await?;
        assert_eq!((&all, &std), (&vec![1, 3, 4, 5], &vec![1, 3, 4, 5]));
        let mut four = [0; 4];
        reader().read_exact(&mut four).await?;
        reader().read_until(5, &mut all).await?;
        assert_eq!((&four, &all[4..]), (&[1, 3, 4, 5], &[1, 3, 4, 5][..]));
        assert_eq!(reader().chunks(9).next_chunk().await?, Some(vec![1, 3, 4, 5]));
        assert_eq!(reader().lines().next_line().await?.unwrap(), "\u{1}\u{3}\u{4}\u{5}");
        let mut to = Aio::new(Vec::new()).writer();
        assert_eq!(aiofile::copy(&mut reader(), &mut to).await?, 4);
        let mut single = reader();
        assert_eq!(single.read(&mut four).await?, 1);
        assert_eq!(single.read(&mut four).await.unwrap_err().kind(), ErrorKind::Interrupted);
        Result::Ok(())
    })
    .unwrap();
}

/// A stream that has a few bytes at a time, as a pipe or a socket has.
struct Few(Cursor<Vec<u8>>, usize);

impl Read for Few {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1 * 5 % 97;
        let few = buffer.len().min(1 + self.1);
        self.0.read(&mut buffer[..few])
    }
}

/// Any wait, dropped after a poll, and readers dropped in between: no byte is lost, none comes twice.
fn drop_at_random<T: Read + Send + 'static>(
    handle: &Aio<T>,
    expect: &[u8],
    random: &mut impl FnMut(usize) -> usize,
) -> usize {
    let (mut got, mut pending) = (Vec::new(), 0);
    'readers: loop {
        let mut reader = handle.clone().reader();
        for _ in 0..random(60) {
            let mut buffer = vec![0; 1 + random(60)];
            let polled = match random(8) {
                0 => Poll::Ready(block_on(reader.read(&mut buffer))),
                _ => poll(&mut pin!(reader.read(&mut buffer))),
            };
            match polled {
                Poll::Ready(read) => match read.unwrap() {
                    0 => break 'readers,
                    read => got.extend_from_slice(&buffer[..read]),
                },
                Poll::Pending => pending += 1,
            }
        }
    }
    assert!(got == expect, "{} of {} bytes", got.len(), expect.len());
    pending
}

fn random() -> impl FnMut(usize) -> usize {
    let mut state = 7_u32;
    move |below| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    }
}

/// A large buffer is filled itself, past the reader's own: wherever a wait or the reader is dropped, and with small reads in
/// between.
#[test]
fn large_reads_dropped_at_random_lose_nothing() {
    let mut random = random();
    let expect = content(3_000_000);
    let (_dir, file) = file(&expect);
    let mut pending = 0;
    while pending < 200 {
        block_on(file.rewind()).unwrap();
        let mut got = Vec::new();
        while got.len() < expect.len() {
            let mut reader = file.clone().reader();
            for _ in 0..random(8) {
                let size =
                    [1 + random(100), 65_536 + random(600_000)][random(2)].min(expect.len() - got.len());
                let mut buffer = vec![0; size];
                let polled = match random(4) {
                    0 => Poll::Ready(block_on(reader.read_exact(&mut buffer)).map(|()| size)),
                    1 => Poll::Ready(block_on(reader.read(&mut buffer))),
                    2 => poll(&mut pin!(reader.read(&mut buffer))),
                    _ => poll(&mut pin!(reader.read_exact(&mut buffer))).map_ok(|()| size),
                };
                match polled {
                    Poll::Ready(read) => got.extend_from_slice(&buffer[..read.unwrap()]),
                    Poll::Pending => pending += 1,
                }
            }
        }
        assert!(got == expect, "{} of {} bytes", got.len(), expect.len());
        assert_eq!(block_on(file.read(&mut [0])).unwrap(), 0);
    }
}

#[test]
fn waits_dropped_at_random_lose_nothing() {
    let mut random = random();
    let expect = content(60_000);
    let mut pending = 0;
    while pending < 10_000 {
        pending += drop_at_random(&Aio::new(Few(Cursor::new(expect.clone()), 1)), &expect, &mut random);
        let (_dir, file) = file(&expect);
        pending += drop_at_random(&file, &expect, &mut random);
    }
}
