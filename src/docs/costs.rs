//! What a call costs: hops, copies and allocations of every public operation.
//!
//! # A hop
//!
//! To hand work to a thread that sleeps, and to be woken when it is done, takes 15 to 40 µs on a machine whose processors
//! rest when they are idle, 4 to 10 µs elsewhere: more than most calls of a file take themselves (a read of 4 KiB from the
//! system's cache: 0.5 µs). So the crate saves hops, in four ways, which need nothing of you:
//!
//! | | a call then costs |
//! |---|---|
//! | What the system does without waiting is done at once (Linux): reads of at most 64 KiB from its cache, opens for reading, `fs::read` of a small file. [`Pool::inline`](crate::Pool::inline) | what std's does |
//! | A thread stays awake on its handle for 100 µs after a quick call, and the caller for 5 µs. [`Pool::linger`](crate::Pool::linger) | 0.3 to 0.7 µs more than the work |
//! | Calls that are made while another one of the handle waits or runs share its hop. | 0.2 to 0.4 µs more than the work |
//! | Functions of [`fs`](crate::fs) do their whole work in one: `read`, `write`, `copy`, 1,024 entries of a directory. | one hop for all of it |
//!
//! And one which you ask for: [`Pool::tokio_in_place`](crate::Pool) (feature `tokio`) runs calls where they are made.
//!
//! # What each operation costs
//!
//! "At once" stands for no hop, where the data is in the cache, on Linux. An allocation is one of the allocator's, besides
//! the buffers that you ask for.
//!
//! | operation | hops | copies of the data | allocations |
//! |---|---|---|---|
//! | [`Aio::with`](crate::Aio::with), [`call`](crate::Aio::call), [`finish`](crate::Aio::finish), a method of [`proxy!`](crate::proxy) | 1, shared with what waits | 0: arguments travel | 1 |
//! | [`unblock`](crate::unblock), [`Pool::run`](crate::Pool::run) | 1 | 0 | 1 |
//! | `write`, `write_all` of owned data: `Vec<u8>`, `String`, `[u8; N]`, `Arc<[u8]>`, `Bytes` | 1, shared | 0 | 1 |
//! | the same, borrowed | 1, shared | 1: the write goes on even if its caller does not | 2 |
//! | [`File::read`](crate::File::read), [`read_exact`](crate::File::read_exact), `read_at` at once | 0 | 0: into your buffer | 0 |
//! | the same otherwise, and those of [`Aio`](crate::Aio) | 1, shared | 1 | 2 |
//! | `read_at`, `write_at` and their kind | 1 each, in parallel | as above | as above |
//! | `read_to_end`, `read_to_string` into an empty buffer | 1 | 0: the buffer is yours then | 1 |
//! | `seek`, `set_len`, `metadata`, `sync_all`, ... | 1, shared | – | 1 (and 2 for the first sync of a file) |
//! | [`open`](crate::open) for reading, at once | 0 | – | 6: the handle and its path |
//! | [`open`](crate::open) otherwise | 1 | – | 7 |
//! | dropping a [`File`](crate::File) | 1, for which nobody waits | – | 0 |
//! | [`fs::read`](crate::fs::read) at once | 0 | 0 | 1: the content |
//! | [`fs`](crate::fs), else | 1 | 0 | 2 |
//! | [`read_dir`](crate::fs::read_dir), [`walk`](crate::fs::walk) | 1 for 1,024 entries, made ahead | – | 1 for 1,024 entries, and std's |
//! | [`Writer::write`](crate::Writer::write) | 1 for all that comes while the last one is written | 1 | 0: buffers are used again |
//! | [`Reader`](crate::Reader), its lines | 1 for up to 8 × 128 KiB, made ahead | 0 (`fill_buf`, and `read` of 64 KiB or more at once), 1 (`read`, a line) | 1 for 128 KiB; 1 a line |
//! | a method through [`AsyncFile`](crate::AsyncFile) | as of what it stands for | as of what it stands for | 1 more: the boxed future |
//!
//! An idle `Aio` takes some 120 bytes, a `File` 210 and its path. A waiting call holds no thread.
//!
//! # Which when
//!
//! - Many small writes, one after the other, by one task: a [`Writer`](crate::Writer). By many tasks: clones of the
//!   [`File`](crate::File), which share hops.
//! - Several steps that belong together: one [`with`](crate::Aio::with), which is one hop.
//! - Large buffers: owned ones, which are not copied. Reads of more than 64 KiB: a [`Reader`](crate::Reader), or
//!   [`call`](crate::Aio::call) and [`with`](crate::Aio::with), which give the buffer back.
//! - Whole small files: [`fs::read`](crate::fs::read) and [`fs::write`](crate::fs::write), not `open` and `close`.
//! - From one end to the other: a [`Reader`](crate::Reader), which reads ahead. Here and there: `read_at`.
//! - Calls that need not be awaited one by one: make them, then await. Those of one handle share a hop.
//!
//! ```
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! let log = aiofile::open(dir.path().join("log"), "w").await?;
//! let lines: Vec<_> = (0..100).map(|i| log.write_all(format!("line {i}\n"))).collect(); // one hop, or a few
//! for line in lines {
//!     line.await?; // each with its own error
//! }
//! # assert_eq!(std::fs::read_to_string(dir.path().join("log")).unwrap().lines().count(), 100);
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```
//!
//! The figures are those of `benches/`, on two processors and ext4, side by side with std and with other crates; its README
//! says how to run them.
