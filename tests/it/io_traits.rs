//! The traits of futures-io and of tokio, on handles that buffer nothing: the same tests for both.

use crate::support::{Gate, Steps, block_on, poll};
use aiofile::{Aio, File, Pool};
use std::future::Future;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// What each call of a value was.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn entries(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A sink that tells its calls, takes at most so many bytes with each, and fails where it is told to.
struct Sink {
    log: Log,
    at_once: usize,
    fails: Option<i32>,
}

impl Write for Sink {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if let Some(number) = self.fails.take() {
            self.log.0.lock().unwrap().push(format!("error {number}"));
            return Err(io::Error::from_raw_os_error(number));
        }
        let count = data.len().min(self.at_once);
        self.log.0.lock().unwrap().push(String::from_utf8_lossy(&data[..count]).into_owned());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.log.0.lock().unwrap().push("flush".into());
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.log.0.lock().unwrap().push("drop".into());
    }
}

fn sink(pool: &Pool, at_once: usize, fails: Option<i32>) -> (Log, Aio<Sink>) {
    let log = Log::default();
    (log.clone(), Aio::on(pool, Sink { log, at_once, fails }))
}

fn file(content: &[u8]) -> (tempfile::TempDir, File) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), content).unwrap();
    let file = block_on(aiofile::open(dir.path().join("file"), "r+")).unwrap();
    (dir, file)
}

/// Polls a future once more for each step of the pool, until it is done.
fn step<F: Future>(steps: &Steps, future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        match poll(&mut future) {
            Poll::Ready(output) => return output,
            Poll::Pending => steps.run_one(),
        }
    }
}

/// Gives a future up after one poll, in which it had to wait.
fn give_up<F: Future>(future: F) {
    assert!(poll(&mut pin!(future)).is_pending());
}

/// Keeps a handle busy until the gate is opened.
fn busy<T: Send + 'static>(handle: &Aio<T>) -> Gate {
    let gate = Gate::new();
    let passing = gate.clone();
    drop(handle.with(move |_| passing.pass()));
    gate
}

macro_rules! contract {
    ($face:ident, $end:ident, $($io:ident)::+, $poll_read:expr) => {
        mod $face {
            use super::*;
            use $($io)::+::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

            #[test]
            fn a_write_that_is_done_is_in_the_value() {
                let (steps, pool) = Steps::new();
                let (log, mut sink) = sink(&pool, 3, None);
                assert_eq!(step(&steps, AsyncWriteExt::write(&mut sink, b"abcdef")).unwrap(), 3);
                assert_eq!(log.entries(), ["abc"]);
                step(&steps, AsyncWriteExt::write_all(&mut sink, b"defg")).unwrap();
                step(&steps, AsyncWriteExt::flush(&mut sink)).unwrap();
                assert_eq!(log.entries(), ["abc", "def", "g", "flush"]);
            }

            #[test]
            fn nothing_is_done_for_nothing() {
                let (steps, pool) = Steps::new();
                let (_, mut sink) = sink(&pool, 3, None);
                let mut source = Aio::on(&pool, Cursor::new(b"x"));
                assert_eq!(block_on(AsyncWriteExt::write(&mut sink, b"")).unwrap(), 0);
                assert_eq!(block_on(AsyncReadExt::read(&mut source, &mut [])).unwrap(), 0);
                assert_eq!(steps.taken(), 0, "not a hop");
            }

            /// Of a write that was given up, the rest is not: the same data is the same write.
            #[test]
            fn a_write_begun_and_given_again_is_written_once() {
                let (steps, pool) = Steps::new();
                let (log, mut sink) = sink(&pool, 3, None);
                give_up(AsyncWriteExt::write_all(&mut sink, b"same"));
                give_up(AsyncWriteExt::write_all(&mut sink, b"same"));
                step(&steps, AsyncWriteExt::write_all(&mut sink, b"same")).unwrap();
                assert_eq!(log.entries(), ["sam", "e"]);
                // A buffer in front of it may have more by then.
                give_up(AsyncWriteExt::write_all(&mut sink, b"ab"));
                step(&steps, AsyncWriteExt::write_all(&mut sink, b"abcd")).unwrap();
                assert_eq!(log.entries()[2..], ["ab", "cd"]);
            }

            #[test]
            fn a_write_given_up_for_another_is_written_before_it() {
                let (steps, pool) = Steps::new();
                let (log, mut sink) = sink(&pool, 9, None);
                give_up(AsyncWriteExt::write_all(&mut sink, b"one"));
                step(&steps, AsyncWriteExt::write_all(&mut sink, b"two")).unwrap();
                give_up(AsyncWriteExt::write_all(&mut sink, b"on"));
                step(&steps, AsyncWriteExt::flush(&mut sink)).unwrap();
                step(&steps, AsyncWriteExt::write_all(&mut sink, b"on")).unwrap();
                assert_eq!(log.entries(), ["one", "two", "on", "flush", "on"]);
            }

            #[test]
            fn the_error_of_a_write_given_up_comes_with_the_next_call_and_once() {
                let (steps, pool) = Steps::new();
                for next in ["write", "flush", "end"] {
                    let (log, mut sink) = sink(&pool, 9, Some(28));
                    give_up(AsyncWriteExt::write(&mut sink, b"lost"));
                    let error = match next {
                        "write" => step(&steps, AsyncWriteExt::write(&mut sink, b"next")).unwrap_err(),
                        "flush" => step(&steps, AsyncWriteExt::flush(&mut sink)).unwrap_err(),
                        _ => step(&steps, AsyncWriteExt::$end(&mut sink)).unwrap_err(),
                    };
                    assert_eq!(error.raw_os_error(), Some(28), "{next}");
                    assert_eq!(log.entries(), ["error 28"], "nothing else was done by then");
                    step(&steps, AsyncWriteExt::flush(&mut sink)).unwrap();
                    assert_eq!(log.entries(), ["error 28", "flush"]);
                    drop(sink);
                    steps.run_all();
                }
            }

            #[test]
            fn a_flush_given_up_does_not_stand_for_what_was_written_since() {
                let (steps, pool) = Steps::new();
                let (log, mut sink) = sink(&pool, 9, None);
                give_up(AsyncWriteExt::flush(&mut sink));
                let write = sink.write_all("later");
                step(&steps, AsyncWriteExt::flush(&mut sink)).unwrap();
                assert_eq!(log.entries(), ["flush", "later", "flush"]);
                block_on(write).unwrap();
                // But for what was there before, it does.
                give_up(AsyncWriteExt::flush(&mut sink));
                step(&steps, AsyncWriteExt::flush(&mut sink)).unwrap();
                assert_eq!(log.entries().len(), 4);
            }

            #[test]
            fn many_pieces_are_one_write() {
                let (log, mut sink) = sink(&Pool::default(), 9, None);
                let pieces = [io::IoSlice::new(b"ab"), io::IoSlice::new(b""), io::IoSlice::new(b"cde")];
                assert_eq!(block_on(AsyncWriteExt::write_vectored(&mut sink, &pieces)).unwrap(), 5);
                assert_eq!(log.entries(), ["abcde"]);
            }

            #[test]
            fn to_end_twice_is_no_error() {
                let (_dir, mut file) = file(b"");
                block_on(AsyncWriteExt::write_all(&mut file, b"end")).unwrap();
                block_on(AsyncWriteExt::$end(&mut file)).unwrap();
                block_on(AsyncWriteExt::$end(&mut file)).unwrap();
                let path = file.path().unwrap();
                assert_eq!(std::fs::read(path).unwrap(), b"end");
            }

            /// With a buffer in front, the error comes with the flush; the next one goes on where it was.
            #[test]
            fn a_writer_flushes_behind_an_error_and_ends_twice() {
                let (log, sink) = sink(&Pool::new(1), 3, Some(28));
                let mut writer = sink.writer();
                block_on(async {
                    assert_eq!(AsyncWriteExt::write(&mut writer, b"").await?, 0);
                    AsyncWriteExt::write_all(&mut writer, b"abcd").await?;
                    let error = AsyncWriteExt::flush(&mut writer).await.unwrap_err();
                    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
                    AsyncWriteExt::flush(&mut writer).await?;
                    AsyncWriteExt::$end(&mut writer).await?;
                    AsyncWriteExt::$end(&mut writer).await
                })
                .unwrap();
                let mut written = log.entries();
                written.retain(|entry| !["flush", "drop"].contains(&entry.as_str()));
                assert_eq!(written, ["error 28", "abc", "d"]);
            }

            #[test]
            fn a_reader_gives_what_there_is() {
                let mut reader = Aio::new(Cursor::new(b"0123456789".to_vec())).reader();
                let (mut some, mut rest) = ([0; 4], [0; 20]);
                block_on(async {
                    assert_eq!(AsyncReadExt::read(&mut reader, &mut []).await?, 0);
                    assert_eq!(AsyncReadExt::read(&mut reader, &mut some).await?, 4);
                    assert_eq!(AsyncReadExt::read(&mut reader, &mut rest).await?, 6);
                    assert_eq!((&some, &rest[..6]), (b"0123", &b"456789"[..]));
                    for _ in 0..2 {
                        assert_eq!(AsyncReadExt::read(&mut reader, &mut rest).await?, 0);
                    }
                    let error = AsyncReadExt::read_exact(&mut reader, &mut some).await.unwrap_err();
                    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
                    io::Result::Ok(())
                })
                .unwrap();
            }

            #[test]
            fn a_read_given_up_is_there_for_whoever_comes_next() {
                let content = b"0123456789";
                for next in ["read", "smaller", "position", "write", "seek", "own", "clone"] {
                    let (_dir, mut file) = file(content);
                    block_on(async {
                        AsyncReadExt::read_exact(&mut file, &mut [0; 2]).await.unwrap();
                        let gate = busy(&file);
                        give_up(AsyncReadExt::read(&mut file, &mut [0; 5]));
                        gate.open();
                        let mut two = [0; 2];
                        match next {
                            "read" => assert_eq!(AsyncReadExt::read(&mut file, &mut [0; 5]).await.unwrap(), 5),
                            "smaller" => {
                                assert_eq!(AsyncReadExt::read(&mut file, &mut two).await.unwrap(), 2);
                                assert_eq!(&two, b"23");
                                assert_eq!(file.stream_position().await.unwrap(), 4);
                            }
                            "position" => assert_eq!(file.stream_position().await.unwrap(), 2),
                            "write" => {
                                AsyncWriteExt::write_all(&mut file, b"xy").await.unwrap();
                                assert_eq!(std::fs::read(file.path().unwrap()).unwrap(), b"01xy456789");
                            }
                            "seek" => {
                                let to = AsyncSeekExt::seek(&mut file, SeekFrom::Current(1)).await.unwrap();
                                assert_eq!(to, 3);
                            }
                            "own" => {
                                file.read_exact(&mut two).await.unwrap();
                                assert_eq!(&two, b"23");
                            }
                            _ => {
                                // Its handle is still in the middle of the read; then it is gone.
                                let mut clone = file.clone();
                                drop(std::mem::replace(&mut file, clone.clone()));
                                AsyncReadExt::read_exact(&mut clone, &mut two).await.unwrap();
                                assert_eq!(&two, b"23");
                            }
                        }
                    });
                }
            }

            #[test]
            fn a_seek_given_up_and_overtaken_is_made_again() {
                let (_dir, mut file) = file(b"0123456789");
                block_on(async {
                    let gate = busy(&file);
                    give_up(AsyncSeekExt::seek(&mut file, SeekFrom::Start(7)));
                    gate.open();
                    assert_eq!(AsyncSeekExt::seek(&mut file, SeekFrom::Start(7)).await.unwrap(), 7);
                    let gate = busy(&file);
                    give_up(AsyncSeekExt::seek(&mut file, SeekFrom::Start(3)));
                    gate.open();
                    let mut two = [0; 2];
                    AsyncReadExt::read_exact(&mut file, &mut two).await.unwrap();
                    assert_eq!(&two, b"34");
                    assert_eq!(AsyncSeekExt::seek(&mut file, SeekFrom::Start(3)).await.unwrap(), 3);
                    AsyncReadExt::read_exact(&mut file, &mut two).await.unwrap();
                    assert_eq!(&two, b"34");
                    let error = AsyncSeekExt::seek(&mut file, SeekFrom::Current(-9)).await.unwrap_err();
                    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
                });
            }

            #[test]
            fn a_panic_is_the_callers_and_the_handle_goes_on() {
                struct Panics(u8);
                impl Panics {
                    fn turn(&mut self) -> u8 {
                        self.0 += 1;
                        assert!(self.0 % 2 == 0, "scripted");
                        self.0
                    }
                }
                impl Read for Panics {
                    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                        buffer[0] = self.turn();
                        Ok(1)
                    }
                }
                impl Write for Panics {
                    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
                        self.turn();
                        Ok(data.len())
                    }
                    fn flush(&mut self) -> io::Result<()> {
                        self.turn();
                        Ok(())
                    }
                }
                impl Seek for Panics {
                    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
                        Ok(self.turn().into())
                    }
                }
                let mut handle = Aio::new(Panics(0));
                macro_rules! panics_once {
                    ($operation:expr) => {
                        let result = std::panic::AssertUnwindSafe(|| drop(block_on($operation)));
                        let payload = std::panic::catch_unwind(result).unwrap_err();
                        assert_eq!(payload.downcast_ref::<&str>(), Some(&"scripted"));
                        block_on($operation).unwrap();
                    };
                }
                panics_once!(AsyncReadExt::read(&mut handle, &mut [0]));
                panics_once!(AsyncWriteExt::write(&mut handle, b"x"));
                panics_once!(AsyncWriteExt::flush(&mut handle));
                panics_once!(AsyncSeekExt::seek(&mut handle, SeekFrom::Start(0)));
            }

            /// Two tasks on one handle: a write takes the waiting read back, and wakes its task.
            #[test]
            fn a_reader_is_woken_when_a_write_takes_its_read_back() {
                let (steps, pool) = Steps::new();
                let mut handle = Aio::on(&pool, Cursor::new(b"0123456789".to_vec()));
                let woken = Arc::new(Woken::default());
                let waker = std::task::Waker::from(woken.clone());
                let cx = &mut std::task::Context::from_waker(&waker);
                let poll_read: fn(&mut Aio<_>, &mut std::task::Context<'_>) -> bool = $poll_read;
                assert!(poll_read(&mut handle, cx));
                give_up(AsyncWriteExt::write(&mut handle, b"ab"));
                assert_eq!(woken.0.load(std::sync::atomic::Ordering::SeqCst), 1);
                step(&steps, AsyncWriteExt::write(&mut handle, b"ab")).unwrap();
                let mut two = [0; 2];
                step(&steps, AsyncReadExt::read(&mut handle, &mut two)).unwrap();
                assert_eq!(&two, b"23", "behind what was written");
            }
        }
    };
}

#[derive(Default)]
struct Woken(std::sync::atomic::AtomicUsize);

impl std::task::Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

contract!(futures, close, futures_lite::io, |handle, cx| {
    futures_lite::AsyncRead::poll_read(std::pin::Pin::new(handle), cx, &mut [0; 2]).is_pending()
});

#[cfg(feature = "tokio")]
contract!(tokio_, shutdown, tokio::io, |handle, cx| {
    let (mut bytes, handle) = ([0; 2], std::pin::Pin::new(handle));
    tokio::io::AsyncRead::poll_read(handle, cx, &mut tokio::io::ReadBuf::new(&mut bytes)).is_pending()
});
