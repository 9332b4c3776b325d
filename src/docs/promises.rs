//! What is promised, what would fail if it broke, and what is not promised.
//!
//! `tests/it` is run by `cargo test`; `tests/torture` injects faults, each beside a control (std, or another crate) which
//! shows that the fault was there; `tests/models` runs the innermost parts in every order of threads that a scheduler
//! comes upon; `tests/fuzz` has sequences of calls made up that reach what none before them did.
//!
//! The figures of faults are those of the full run of `tests/torture` (`-- all`: 3 million), with nothing lost, doubled, silent or hung.
//!
//! | promise | `tests/it` | `tests/torture`, `tests/models`, `tests/fuzz` | figure |
//! |---|---|---|---|
//! | Any method, without a list; nothing that could block runs on the async thread | `forwarding`, `proxy`, `coverage`, `inline`; `examples/integrations` | `fuse`: an open that takes 500 ms | 40 types that nobody here wrote |
//! | Queued when made, in order; a burst shares a hop | `order`, `calls`, `in_place`, `linger`, `model` | `model`, fuzzed sequences; models of the mailbox | 30,000 random sequences as std's; 2,000 schedules of each of 27 models in CI, 200,000 for 37 planted mistakes, each of which is seen |
//! | A call made is a call run; no byte of a read is lost | `calls`, `abandoned_reads`, `cancelled`, `reader`, `io_traits` | `cancel-...` | 1,000,000 waits given up |
//! | `Ok` means done | `file`, `io_traits` | `scripted-calls`, `interposed-methods`, `sigkill` | 40,000 injected errors, each told with its number; 1,000 kills |
//! | A buffer never lies | `writer`, `streams` | `scripted-writer`, `rlimit-fsize`, `full-tmpfs`, `fuse`, `eintr-storm`; models of the pipe | 100,000 faults, once and for ever |
//! | A failed sync stays failed | `file`, `lanes` | `sync-latch`, `failing-fsync`, `power-cut` | 1,000 of 1,000 stay failed; 1,000 power cuts |
//! | Drop is safe; a normal end waits | `drops`, `exit` | `exit-...`: five ways to end with work queued | 1,000 ends of each |
//! | A panic is the caller's | `panics`, `io_traits`, `reader`, `writer` | `panics`: at every place, of wakers too | 2,000 panics |
//! | Refusal is an answer | `pools`, `nested`, `exit` | `no-threads`, `nested-waits`, `stuck-operations`; models of the pool | 12,000 refusals; an answer within 1 s |
//! | Bounded | `pools`, `linger`; `tests/allocations.rs` | `burst`: descriptors and threads before and after | 200,000 calls queued take less than 64 MiB |
//! | Any executor | `executors`, `io_traits` | | tokio (both), smol, pollster, ten lines |
//! | No `unsafe`, but for one line | the lint `unsafe_code`, and its one exception in `pool/exit.rs` | | 1 line |
//!
//! # What is not promised
//!
//! - A signal, `abort` or a power cut loses what was accepted and not written, or written and not synced, here as
//!   everywhere. [`File::sync_all`](crate::File::sync_all) is what survives a power cut.
//! - An error that the system does not report: a write that is lost on its way to the disk, without a sync; on Windows, any
//!   error of a close.
//! - Work that is stuck in the system (a network that is gone, a pipe without its other end) cannot be stopped by anybody. It
//!   costs a thread, and is named by [`Pool::shutdown`](crate::Pool::shutdown); the end of the process does not wait for it
//!   longer than its deadline.
//! - Windows and macOS: the library compiles for both, and is untested. Network file systems are untested, but for FUSE: opens
//!   at once are not tried on them, by the type that `/proc/self/mountinfo` gives, and reads at once they refuse themselves.
//! - A sync in a closure ([`with`](crate::Aio::with), [`call`](crate::Aio::call)): its error is the closure's, and forgotten.
//!   What stays failed is [`sync_all`](crate::File::sync_all), [`sync_data`](crate::File::sync_data).
//! - Order between what runs beside a file's queue (`read_at`, `write_at`, locks) and anything else; between a
//!   call of another handle and what a [`Writer`](crate::Writer) accepts after it (what was accepted before it comes before it);
//!   between two descriptors of one file.
//! - That opening or reading a file at once takes no longer than a moment: the system promises not to wait for the disk, but
//!   may have to find memory. [`Pool::inline`](crate::Pool::inline) switches it off.
