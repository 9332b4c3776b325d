//! Ordering, cancellation, closing: what runs when, what ends it, and what is certain then.
//!
//! # Ordering
//!
//! A call is queued by making it, not by polling it. To await it only waits.
//!
//! | calls | run |
//! |---|---|
//! | of one handle, and of its clones | one at a time, in the order made, whichever task made them |
//! | of two handles; of a file and its `try_clone`, which has a queue of its own | in no order |
//! | `read_at`, `write_at` and their kind (Unix); locks | beside the file's queue, in parallel, in no order |
//! | of a [`Writer`](crate::Writer), and of a clone of its handle | in no order, until a `flush` makes one |
//! | the functions of [`fs`](crate::fs), [`unblock`](crate::unblock), [`Pool::run`](crate::Pool::run) | in no order, as many at once as the pool lets |
//!
//! Where there is no order, awaiting one before making the next makes one. What must not be taken apart is one closure:
//!
//! ```
//! # use std::io::{Seek, SeekFrom, Write};
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("x");
//! let file = aiofile::open(&path, "w").await?;
//! let first = file.write_all("one, "); // runs from here on
//! let second = file.write_all("two");
//! second.await?;
//! first.await?; // in whatever order they are awaited
//!
//! // Two calls, between which another task's write may come:
//! file.seek(SeekFrom::Start(5)).await?;
//! file.write_all("2!!").await?;
//! // One:
//! file.with(|file| { file.seek(SeekFrom::Start(5))?; file.write_all(b"two") }).await?;
//! # assert_eq!(std::fs::read(&path)?, b"one, two");
//! # Ok::<_, std::io::Error>(()) }).unwrap()
//! ```
//!
//! A loop over many calls needs no `join_all`: all of them run from when they were made, and the loop gets their
//! results in its own order.
//!
//! ```
//! # use aiofile::fs;
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! # let paths = ["a", "b", "c"].map(|name| dir.path().join(name));
//! # for path in &paths { std::fs::write(path, "text").unwrap(); }
//! let calls: Vec<_> = paths.iter().map(fs::read).collect();
//! for call in calls {
//!     assert_eq!(call.await?, b"text");
//! }
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```
//!
//! What is an `async fn` begins when it is first polled: the methods of [`Reader`](crate::Reader),
//! `Writer` and [`ReadDir`](crate::fs::ReadDir), and the functions that you write.
//!
//! # Cancellation
//!
//! To stop waiting is to *abandon* a call: it runs all the same. To *cancel* it is to take it back before it starts.
//!
//! | what is done | what becomes of the work |
//! |---|---|
//! | a [`Call`](crate::Call) is dropped: by `timeout`, `select!`, the `abort` of its task | it runs; what it gives is dropped on a pool thread; an error of it is lost (but a failed sync stays failed) |
//! | [`cancel`](crate::Call::cancel) gives `true` | it does not run; its closure is dropped; to await it is an error |
//! | `cancel` gives `false` | it has started, or ended: it can still be awaited |
//! | a typed read is dropped (`read`, `read_exact`, ...; they have no `cancel`) | not started, it is left out; else its bytes are there for the next read, unless a call that was made later has used the value by then |
//! | a `lock` is dropped | a lock that is acquired later is given back at once |
//! | an `open` is dropped | the file is opened (made, emptied), and closed on the pool |
//! | a future of a `Writer` is dropped | a `write` is accepted or not at all; of a `write_all`, [`progress`](crate::Writer::progress) knows how much; the rest loses nothing |
//! | a future of a `Reader`, of `Lines`, of `ReadDir` is dropped | nothing is lost |
//! | a [`Call::from_future`](crate::Call::from_future) is dropped | it stops |
//!
//! A timeout that takes the write back if it can, and waits if it cannot:
//!
//! ```
//! # use aiofile::{OpenOptions, Pool};
//! # use std::time::Duration;
//! # use tokio::time::timeout;
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("x");
//! # let pool = Pool::new(1);
//! # let file = OpenOptions::new().write(true).create(true).pool(&pool).open(&path).await?;
//! # let (resume, wait) = std::sync::mpsc::channel::<()>();
//! # let busy = pool.run(move || wait.recv());
//! let mut write = file.write_all("too late");
//! if timeout(Duration::from_millis(10), &mut write).await.is_err() && !write.cancel() {
//!     write.await?;
//! }
//! # resume.send(()).unwrap();
//! # busy.await.unwrap();
//! # file.close().await?;
//! # assert_eq!(std::fs::read(&path).unwrap(), b"");
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```
//!
//! # Closing
//!
//! A value is dropped on a pool thread when its last handle is, behind all calls that were made. Whoever wants to know
//! when, or how it went, closes it:
//!
//! | | gives | does |
//! |---|---|---|
//! | [`File::close`](crate::File::close) | `Result<()>` | close(2), with its error; also waits for what runs beside the queue. [`ResourceBusy`](std::io::ErrorKind::ResourceBusy) while a `lock` waits, or [`as_std`](crate::File::as_std) is held: then it stays open |
//! | [`Writer::close`](crate::Writer::close) | `Result<()>` | writes what is accepted, flushes the value, closes it. On an error of the first two it stays open: close it again |
//! | [`AsyncFile::close`](crate::AsyncFile::close) | `Result<()>` | as `File::close`; of an `Aio`, flushes the value and drops it |
//! | [`Aio::close`](crate::Aio::close) | `()` | drops the value. A drop has no error that it could give |
//! | [`finish`](crate::Aio::finish) | what the method gives | for types whose last step can fail: `finish(BufWriter::into_inner)`, `finish(GzEncoder::finish)` |
//! | [`Reader`](crate::Reader) | | has no `close`: `reader.into_inner().close()`. Dropped, it gives back what it had read ahead |
//!
//! Closed through one handle, it is closed for all: the calls that were made before have run, a later one is an
//! [error](crate::docs::errors). To close a `Writer` or an `Aio` twice is none.
//!
//! ```
//! use aiofile::Aio;
//! use std::io::{BufWriter, Write};
//!
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! # let path = dir.path().join("x");
//! # std::fs::write(&path, "").unwrap();
//! let out = Aio::new(BufWriter::new(std::fs::File::open(&path)?)); // not for writing
//! let late = out.clone();
//! out.call(Write::write_all, (b"in the buffer",)).await?;
//! let error = out.finish(BufWriter::into_inner).await.unwrap_err(); // `close` would have dropped it
//! assert!(error.error().raw_os_error().is_some());
//!
//! assert!(late.is_closed());
//! let error = late.write_all("later").await.unwrap_err();
//! assert_eq!(error.to_string(), "write: the handle is closed");
//! # Ok::<_, std::io::Error>(()) }).unwrap()
//! ```
//!
//! # The end of the process
//!
//! | it ends by | calls that were made |
//! |---|---|
//! | `main` returns, `std::process::exit` | are run before, and values are dropped: whatever writes or changes something, and every `with`, `call`, `finish`, `run`, `unblock`. For 30 s at most ([`Pool::set_exit_deadline`](crate::Pool::set_exit_deadline)); what is lost then is named on standard error |
//! | the same, for typed reads, `open`, `lock` and what else changes nothing | are not waited for: a stuck one holds nothing up |
//! | the end of a tokio runtime | run; if need be on other threads: [pools](crate::docs::pools#the-threads-of-a-tokio-runtime) |
//! | a signal, `abort` | are lost, if they have not ended; so is what was not synced in a power cut |
