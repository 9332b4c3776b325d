//! Pools: on which threads the work runs, how much at once, and until when.
//!
//! A [`Pool`](crate::Pool) is a limit, a queue and a shutdown, over a supply of threads. It starts no threads of its own.
//!
//! # Which pool
//!
//! | made by | its jobs run on |
//! |---|---|
//! | [`Aio::new`](crate::Aio::new), [`open`](crate::open), [`unblock`](crate::unblock), the functions of [`fs`](crate::fs) | the default pool |
//! | [`Aio::on`](crate::Aio::on)`(&pool, it)`, [`OpenOptions::pool`](crate::OpenOptions::pool)`(&pool)`, [`Pool::run`](crate::Pool::run) | the pool that is named |
//! | clones, `try_clone`, readers and writers of a handle | the handle's own |
//! | [`stdin`](crate::stdin()) and its kind; a [`lock`](crate::File::lock) that waits | embedded threads, which no pool of yours lacks then |
//!
//! The default pool is one for the process, until [`Pool::set_default`](crate::Pool::set_default) names another for the
//! handles that are made later. Its threads are the embedded ones, those of the
//! [`blocking`](https://docs.rs/blocking/1.6.2) crate, shared with smol and async-fs: they come on demand, 500 at most (or
//! `BLOCKING_MAX_THREADS`), and leave when they have nothing to do.
//!
//! # A pool of one's own
//!
//! ```
//! use aiofile::{Aio, OpenOptions, Pool};
//!
//! # pollster::block_on(async {
//! # let dir = tempfile::tempdir().unwrap();
//! let five = Pool::new(5); // ThreadPoolExecutor(max_workers=5)
//! let sum = five.run(|| (1..=10).sum::<u32>()).await;
//! let list = Aio::on(&five, vec![sum]);
//! let log = OpenOptions::new().append(true).create(true).pool(&five).open(dir.path().join("log")).await?;
//! # log.write_all("x").await?;
//! # assert_eq!(list.with(|list| list[0]).await, 55);
//! # aiofile::Result::Ok(()) }).unwrap()
//! ```
//!
//! It runs at most five jobs at once; the others wait in its queue, in the order in which they came, and hold no thread. A
//! job is one `run`, one positional call or one `fs` function, or all that waits for one handle: a handle has one job at
//! most, and goes to the end of the line after its turn. So five handles run at the same time, however many calls each
//! has.
//!
//! Two pools keep two kinds of work from waiting for each other: one for work that takes a processor, with as many jobs as
//! there is [parallelism](std::thread::available_parallelism), and one of 8 for a network drive that may hang, say.
//! [`Pool::limit`](crate::Pool::limit) makes another pool over the same supply; [`Pool::from_fn`](crate::Pool::from_fn)
//! one over any other, such as rayon's.
//!
//! # The threads of a tokio runtime
//!
//! With the feature `tokio`, a runtime's blocking threads are a supply. Calls that still wait when the runtime goes run
//! on the embedded threads; those that are made later are refused. A runtime that is dropped waits for what runs
//! on its threads, for a stuck read or open too; on the embedded threads these hold nothing up.
//!
//! ```
//! # #[cfg(feature = "tokio")] {
//! use aiofile::Pool;
//! use tokio::runtime::Runtime;
//!
//! let runtime = Runtime::new().unwrap();
//! Pool::set_default(Pool::tokio(runtime.handle().clone()).limit(64)); // first thing in `main`
//! assert_eq!(runtime.block_on(aiofile::unblock(|| 6 * 7)), 42);
//!
//! drop(runtime);
//! assert!(aiofile::unblock(|| 6 * 7).checked().wait().unwrap_err().is_refused());
//! # }
//! ```
//!
//! # Jobs that wait for jobs
//!
//! A closure on a pool thread may wait for other calls, also of its own pool, also when that is full: what it waits for
//! gets a thread beyond the limit, for the one that waits does not run. A wait that could never end is an
//! [error](crate::docs::errors#what-is-not-an-error-of-the-method): for a call of the handle that the closure runs
//! on, or in a circle.
//!
//! ```
//! use aiofile::Pool;
//!
//! let one = Pool::new(1);
//! let inner = one.clone();
//! assert_eq!(one.run(move || inner.run(|| 6).wait() * 7).wait(), 42);
//! ```
//!
//! # Shutdown
//!
//! [`Pool::shutdown`](crate::Pool::shutdown) takes no new work from when it is called, waits for all that was accepted,
//! and after its timeout names what is stuck:
//!
//! ```
//! use aiofile::{Aio, Pool};
//! use std::time::Duration;
//!
//! # pollster::block_on(async {
//! let pool = Pool::new(5);
//! let list = Aio::on(&pool, Vec::<u8>::new());
//! for stuck in pool.shutdown(Duration::from_secs(10)).await {
//!     eprintln!("not done: {stuck}"); // `read "/dev/tty" (3 waiting behind it)`
//! }
//!
//! assert!(pool.run(|| 1).checked().await.unwrap_err().is_refused()); // without `checked`, it panics
//! let error = list.write_all("x").await.unwrap_err();
//! assert_eq!(error.to_string(), "write: the pool is shut down");
//! # })
//! ```
//!
//! A call that is refused is an `Err` of a typed method, and a panic of `with`, `call`, `run` and `unblock`, unless they
//! are `checked()`. So it is where the system gives no thread. Stuck work is not interrupted. A handle that is dropped
//! later is closed all the same.
//!
//! # The end of the process
//!
//! A normal end waits for all pools, for 30 s in all; [`Pool::set_exit_deadline`](crate::Pool::set_exit_deadline) sets
//! another time, and zero does not wait. It does not wait for reads and opens:
//! [ordering](crate::docs::ordering#the-end-of-the-process).
//!
//! # Lingering
//!
//! A thread that has run quick calls of one handle, one behind the other, stays awake on it for 100 µs in case another
//! one comes: to sleep and be woken would take longer than the call. [`Pool::linger`](crate::Pool::linger) sets another
//! time; zero is never.
//!
//! ```
//! use aiofile::Pool;
//! use std::time::Duration;
//!
//! Pool::set_default(Pool::default().linger(Duration::ZERO));
//! Pool::set_exit_deadline(Duration::from_secs(5));
//! ```
