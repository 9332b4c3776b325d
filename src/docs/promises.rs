//! What is promised, what would fail if it broke, and what is not promised.
//!
//! `tests/it` is run by `cargo test`; `tests/torture` injects faults, each beside a control (std, or another crate) which
//! shows that the fault was there; `tests/models` runs the innermost parts in every order of threads that a scheduler
//! comes upon; `tests/fuzz` has sequences of calls made up that reach what none before them did.
//!
//! | promise | `tests/it` | `tests/torture`, `tests/models`, `tests/fuzz` |
//! |---|---|---|
//! | Any method, without a list; nothing that could block runs on the async thread | `forwarding`, `proxy`, `coverage`, `inline`; `examples/integrations`: 40 types that nobody here wrote | |
//! | Queued when made, in order; a burst shares a hop | `order`, `calls`, `in_place`, `linger`, `model` | random and fuzzed sequences against std; models of the mailbox |
//! | A call made is a call run; no byte of a read is lost | `calls`, `abandoned_reads`, `cancelled` (50,000 waits given up), `io_traits` | 1,000,000 waits given up |
//! | `Ok` means done | `file`, `io_traits` | SIGKILL in the middle of writes |
//! | A buffer never lies | `writer`, `streams` | scripted and real faults of every write, once and for ever; models of the pipe |
//! | A failed sync stays failed | `file`, `lanes` | a sync that really fails, also given up, also on a clone; power cuts |
//! | Drop is safe; a normal end waits | `drops`, `exit` | every way to end a process, with work queued |
//! | A panic is the caller's | `panics`, `io_traits`, `reader`, `writer` | panics at every place, of wakers too |
//! | Refusal is an answer | `pools`, `nested`, `exit` | no threads (`RLIMIT_NPROC`), full pools, stuck calls; models of the pool |
//! | Bounded | `pools`, `linger`; `tests/allocations.rs` | 200,000 calls queued; descriptors and threads before and after |
//! | Any executor | `executors`: tokio (both), smol, pollster, ten lines | |
//! | No `unsafe`, but for one line | the lint `unsafe_code`, and its one exception in `pool/exit.rs` | |
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
