//! What the spine is synchronised with: std's. Under `--cfg aiofile_shuttle` another file stands in for this one,
//! `tests/models/src/sync.rs`, so that the models run the very code of the spine in every order of its threads.

pub(crate) use std::sync::{Condvar, Mutex, MutexGuard, RwLock, atomic};
pub(crate) use std::time::Instant;
pub(crate) use std::{hint, thread, thread_local};
